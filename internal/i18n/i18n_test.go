package i18n_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/motcua/motcua/internal/i18n"
)

const vi, en = i18n.Vi, i18n.En

// load makes a bundle of two files, and fails the test on a missing key.
func load(t *testing.T, viJSON, enJSON string) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(source(viJSON, enJSON))
	if err != nil {
		t.Fatal(err)
	}
	b.Missing = func(lang i18n.Lang, key string) { t.Errorf("missing: %s %s", lang, key) }
	return b
}

func source(viJSON, enJSON string) fstest.MapFS {
	return fstest.MapFS{
		"messages/vi.json": {Data: []byte(viJSON)},
		"messages/en.json": {Data: []byte(enJSON)},
	}
}

func TestT(t *testing.T) {
	type named map[string]any // as errs.Args is
	b := load(t,
		`{"a.days": "còn {count} ngày", "a.hello": "Chào {name}", "a.b_html": "<b>{name}</b>", "a.plain": "Nộp"}`,
		`{"a.days": {"one": "{count} day left", "other": "{count} days left"}, "a.hello": "Hello {name}", "a.b_html": "<b>{name}</b>", "a.plain": "File"}`)
	for _, tt := range []struct {
		lang i18n.Lang
		key  string
		args []any
		want string
	}{
		{vi, "a.plain", nil, "Nộp"},
		{vi, "a.days", []any{"count", 1}, "còn 1 ngày"},
		{en, "a.days", []any{"count", 1}, "1 day left"},
		{en, "a.days", []any{"count", int64(1)}, "1 day left"},
		{en, "a.days", []any{"count", 0}, "0 days left"},
		{en, "a.days", []any{"count", 1234}, "1,234 days left"},
		{vi, "a.days", []any{"count", 1234}, "còn 1.234 ngày"},
		{en, "a.hello", []any{named{"name": "An"}}, "Hello An"},
		{vi, "a.hello", []any{map[string]string{"name": "{x}"}}, "Chào {x}"},
		{vi, "a.hello", []any{"name", time.Date(2022, 7, 21, 20, 0, 0, 0, time.UTC)}, "Chào 22/07/2022"},
		{vi, "a.b_html", []any{"name", "<i>"}, "<b>&lt;i&gt;</b>"},
	} {
		if got := b.T(tt.lang, tt.key, tt.args...); got != tt.want {
			t.Errorf("T(%s, %s, %v) = %q, want %q", tt.lang, tt.key, tt.args, got, tt.want)
		}
	}
	if got := b.HTML(en, "a.b_html", "name", "&"); got != "<b>&amp;</b>" {
		t.Errorf("HTML = %q", got)
	}
}

func TestTMissing(t *testing.T) {
	b := load(t, `{"a": "{x}"}`, `{"a": "{x}"}`)
	var missed []string
	b.Missing = func(lang i18n.Lang, key string) { missed = append(missed, string(lang)+" "+key) }
	if got := b.T(vi, "nope"); got != "⟦nope⟧" {
		t.Errorf("T of a missing key = %q", got)
	}
	if got := b.T(en, "a"); got != "⟦x⟧" {
		t.Errorf("T without its value = %q", got)
	}
	if got, want := strings.Join(missed, ", "), "vi nope, en a {x}"; got != want {
		t.Errorf("told of %q, want %q", got, want)
	}
	if b.Has(vi, "nope") || !b.Has(vi, "a") {
		t.Error("Has is wrong")
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, bad := range []string{``, `[]`, `{"a": "x", "a": "y"}`, `{"a": 1}`, `{"a": {"one": "x"}}`, `{"a": {"few": "x", "other": "y"}}`, `{"a": "x"`} {
		if _, err := i18n.Load(source(bad, `{}`)); err == nil {
			t.Errorf("Load accepts %s", bad)
		}
	}
	one := source(`{"a": "x"}`, `{"a": "x"}`)
	if _, err := i18n.Load(one, one); err == nil {
		t.Error("Load accepts one key from two places")
	}
}

func TestCheck(t *testing.T) {
	good := load(t, `{"a": "“{count}” tờ", "b_html": "<a href=\"/x\">Xem</a>"}`, `{"a": {"one": "1 page", "other": "{count} pages"}, "b_html": "<a href=\"/x\">See</a>"}`)
	if faults := good.Check(); len(faults) > 0 {
		t.Errorf("faults in good messages: %q", faults)
	}
	for name, tt := range map[string]struct{ vi, en, want string }{
		"missing in en":   {`{"a": "x"}`, `{}`, "en a: missing"},
		"missing in vi":   {`{}`, `{"a": "x"}`, "vi a: missing"},
		"variables":       {`{"a": "{x}"}`, `{"a": "{y}"}`, "variables"},
		"no form one":     {`{"a": "{count}"}`, `{"a": "{count} pages"}`, "no form one"},
		"no count":        {`{"a": "x"}`, `{"a": {"one": "x", "other": "y"}}`, "no {count}"},
		"plural in vi":    {`{"a": {"one": "x", "other": "{count}"}}`, `{"a": {"one": "x", "other": "{count}"}}`, "no plural"},
		"empty":           {`{"a": " "}`, `{"a": "x"}`, "empty"},
		"straight quotes": {`{"a": "x"}`, `{"a": "don't"}`, "straight"},
		"markup":          {`{"a": "<b>x</b>"}`, `{"a": "x"}`, "markup"},
		"decomposed":      {`{"a": "a\u0301"}`, `{"a": "x"}`, "NFC"},
		"braces":          {`{"a": "x}"}`, `{"a": "x"}`, "braces"},
	} {
		if faults := load(t, tt.vi, tt.en).Check(); !strings.Contains(strings.Join(faults, "\n"), tt.want) {
			t.Errorf("%s: faults %q, want one about %q", name, faults, tt.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for _, tt := range []struct {
		accept, cookie string
		want           i18n.Lang
	}{
		{"", "", vi},
		{"en-US,en;q=0.9", "", en},
		{"en;q=0.5,vi;q=0.8", "", vi},
		{"fr,en;q=0.4", "", en},
		{"fr", "", vi},
		{"en;q=0", "", vi},
		{"en", "vi", vi},
		{"vi", "en", en},
		{"en", "xx", en},
		{"\x00;;q=", "", vi},
	} {
		if got := i18n.Negotiate(tt.accept, tt.cookie); got != tt.want {
			t.Errorf("Negotiate(%q, %q) = %s, want %s", tt.accept, tt.cookie, got, tt.want)
		}
	}
}

func TestFormats(t *testing.T) {
	at := time.Date(2022, 7, 21, 10, 0, 0, 0, time.UTC) // 17:00 in Hà Nội
	early := time.Date(2026, 3, 1, 18, 5, 0, 0, time.UTC)
	const h, m, day = time.Hour, time.Minute, 8 * time.Hour
	for _, tt := range []struct{ got, want string }{
		{vi.Date(at), "21/07/2022"},
		{en.Date(at), "21 July 2022"},
		{vi.Date(early), "02/03/2026"},
		{en.Date(early), "2 March 2026"},
		{vi.LongDate(early), "ngày 2 tháng 3 năm 2026"},
		{vi.Month(at), "tháng 7/2022"},
		{en.Month(at), "July 2022"},
		{vi.Time(early), "01:05"},
		{vi.Moment(at), "17:00, 21/07/2022"},
		{en.Moment(at), "17:00, 21 July 2022"},
		{vi.LongMoment(at), "17 giờ 00 phút, ngày 21 tháng 7 năm 2022"},
		{en.LongMoment(at), "17:00 on 21 July 2022"},
		{vi.Weekday(at), "thứ Năm"},
		{vi.WeekdayDate(at), "thứ Năm, 21/07/2022"},
		{en.WeekdayDate(at), "Thursday, 21 July 2022"},
		{vi.Date(time.Time{}) + vi.Moment(time.Time{}) + vi.Weekday(time.Time{}), ""},
		{vi.Number(0), "0"},
		{vi.Number(1234567), "1.234.567"},
		{en.Number(-1234567), "−1,234,567"},
		{en.Number(-123), "−123"},
		{vi.Decimal(1234.5, 2), "1.234,5"},
		{en.Decimal(1234.5, 2), "1,234.5"},
		{en.Decimal(-0.001, 2), "0"},
		{vi.Percent(0.125), "12,5%"},
		{vi.Dong(1_000_000), "1.000.000 đồng"},
		{en.Dong(1_000_000), "VND 1,000,000"},
		{en.Size(1), "1 byte"},
		{vi.Size(900), "900 byte"},
		{vi.Size(20 << 10), "20 KB"},
		{vi.Size(1_258_291), "1,2 MB"},
		{en.Size(3 << 30), "3 GB"},
		{vi.Working(20*h, day), "2 ngày làm việc và 4 giờ làm việc"},
		{en.Working(8*h, day), "1 working day"},
		{en.Working(h+30*m, day), "1 working hour and 30 working minutes"},
		{en.Working(9*h+30*m, day), "1 working day and 1 working hour"},
		{vi.Working(0, day), "0 phút làm việc"},
		{vi.List(nil), ""},
		{vi.List([]string{"a"}), "a"},
		{vi.List([]string{"a", "b", "c"}), "a, b và c"},
		{en.List([]string{"a", "b"}), "a and b"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
