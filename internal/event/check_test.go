package event_test

import (
	"strings"
	"testing"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/event"
)

func TestCheckData(t *testing.T) {
	for _, tt := range []struct {
		name string
		data any
		want string
	}{
		{"nothing", nil, `{}`},
		{"sorted, unescaped", map[string]any{"b": 1, "a": "<&>"}, `{"a":"<&>","b":1}`},
		{"a struct", struct {
			Fee  int64  `json:"fee"`
			Case string `json:"case"`
		}{150_000_000, "ĐĐ"}, `{"case":"ĐĐ","fee":150000000}`},
		{"codes of dossiers and papers", map[string]string{"code": "000.00.15.H25-230216-0001", "symbol": "123/GCN-UBND", "article": "Điều 12 NĐ 101/2024/NĐ-CP"}, `{"article":"Điều 12 NĐ 101/2024/NĐ-CP","code":"000.00.15.H25-230216-0001","symbol":"123/GCN-UBND"}`},
		{"dates", map[string]string{"due": "2026-03-02T09:00:00+07:00", "day": "2026-03-02"}, `{"day":"2026-03-02","due":"2026-03-02T09:00:00+07:00"}`},
		{"an id that is all digits somewhere", map[string]string{"id": "01234567-0123-7012-8012-012345678901"}, `{"id":"01234567-0123-7012-8012-012345678901"}`},
	} {
		got, err := event.CheckData(tt.data)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: CheckData = %s, %v", tt.name, got, err)
		}
	}
	for _, tt := range []struct {
		name, want string
		data       any
	}{
		{"not an object", "object", []int{1}},
		{"a text", "object", "hello"},
		{"a fraction", "data.x", map[string]any{"x": 1.5}},
		{"too large a number", "data.x", map[string]any{"x": int64(1)<<53 + 1}},
		{"a zero byte", "data.x", map[string]any{"x": "a\x00b"}},
		{"a zero byte in a key", "data", map[string]any{"a\x00b": 1}},
		{"an identity number", "data.owner.number: an event holds no personal data", map[string]any{"owner": map[string]string{"number": "079201001234"}}},
		{"an old identity number", "data.x[1]", map[string]any{"x": []string{"", "CMND 212345678."}}},
		{"a telephone", "data.x", map[string]any{"x": "0912345678"}},
		{"a telephone abroad", "data.x", map[string]any{"x": "gọi +84912345678"}},
		{"an address of e-mail", "data.x", map[string]any{"x": "an.nguyen@example.vn"}},
		{"a number as a key", "data", map[string]any{"079201001234": true}},
		{"a story", "data.x: an event holds no free text", map[string]any{"x": strings.Repeat("lý do ", 60)}},
	} {
		got, err := event.CheckData(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: CheckData = %s, %v", tt.name, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), "079201001234") || strings.Contains(err.Error(), "0912")) {
			t.Errorf("%s: the error repeats what it refuses: %v", tt.name, err)
		}
	}
}

// FuzzCheckData holds that what is accepted is canonical: checking it again
// changes nothing.
func FuzzCheckData(f *testing.F) {
	f.Add(`{"b":1,"a":[true,null,"x\u2028"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		once, err := event.CheckData(raw(text))
		if err != nil {
			return
		}
		again, err := event.CheckData(raw(once))
		if err != nil || string(again) != string(once) {
			t.Errorf("%s became %s, %v", once, again, err)
		}
	})
}

type raw string

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// TestOnlyGrows tries to rewrite each table of the record by SQL.
func TestOnlyGrows(t *testing.T) {
	eachLedger(t, func(t *testing.T, l *ledger) {
		l.record(t, 1)
		l.sign(t)
		statements := []string{
			`update event set actor = 'binh'`, `delete from event`,
			`update event_leaf set idx = 7`, `delete from event_leaf`,
			`update event_hash set idx = 7`, `delete from event_hash`,
			`update event_checkpoint set size = 7`, `delete from event_checkpoint`,
		}
		if l.db.Dialect == db.SQLite {
			statements = append(statements,
				`replace into event (id, at, actor, subject, kind, data, salt) select id, at, 'binh', subject, kind, data, salt from event`,
				`replace into event_hash (idx, hash) select idx, x'00' from event_hash`)
		} else {
			statements = append(statements, `truncate event cascade`, `truncate event_leaf`, `truncate event_hash`, `truncate event_checkpoint`)
		}
		for _, s := range statements {
			if _, err := l.db.ExecContext(t.Context(), s); err == nil {
				t.Errorf("%s: done", s)
			}
		}
		if _, err := event.Verify(l.export(t), event.Trust{}); err != nil {
			t.Error(err)
		}
	})
}
