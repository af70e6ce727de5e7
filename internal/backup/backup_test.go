package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/job"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 123456000, time.UTC)

// stores makes a store of each kind.
var stores = map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.PostgreSQL}

// eachPair runs test from each kind of store to each.
func eachPair(t *testing.T, test func(t *testing.T, from, to *db.DB)) {
	for _, from := range []string{"sqlite", "postgres"} {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) { test(t, stores[from](t), stores[to](t)) })
		}
	}
}

func newInstallation(t *testing.T, d *db.DB) Installation {
	t.Helper()
	data := t.TempDir()
	files, err := blob.Open(t.Context(), "file://"+filepath.Join(data, "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	return Installation{DB: d, Files: files, Data: data}
}

// fill puts something of everything that could go wrong into an installation:
// the log with pending events, rows that refer to later rows of their table,
// nulls, empty bytes, Vietnamese, jobs in every state, files and keys.
func fill(t *testing.T, i Installation) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := i.DB.ExecContext(ctx, query, args...)
		must(err)
	}
	key, err := event.LoadOrCreateKey(filepath.Join(i.Data, "log.key"), "motcua.example/log")
	must(err)
	spine := event.New(i.DB, nil, nil, time.Now)
	record := func(many int) {
		must(i.DB.Tx(ctx, func(tx *db.Tx) error {
			for n := range many {
				_, err := spine.Record(ctx, tx, event.Event{At: now.Add(time.Duration(n) * time.Second), Actor: "an", Subject: "dossier:1", Kind: "dossier.filed", Data: map[string]any{"z": 1, "a": "chữ", "n": []int{1, 2}}})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	sequencer := event.NewSequencer(i.DB, key, slog.New(slog.DiscardHandler), func() time.Time { return now })
	record(250)
	_, err = sequencer.Sequence(ctx)
	must(err)
	_, err = sequencer.Checkpoint(ctx)
	must(err)
	record(7) // not in the log yet

	// The order of these ids is not that of the references.
	exec(`insert into party (id, kind, name, created_at, born) values ('b', 'person', 'Nguyễn Thị Ước "quoted" <&> \ \u0000', $1, '1990-02-28')`, db.Instant(now))
	exec(`insert into party (id, kind, name, created_at, became) values ('c', 'person', '', $1, 'b')`, db.Instant(now))
	exec(`insert into party (id, kind, name, created_at) values ('a', 'person', 'line
feed', $1)`, db.Instant(now.Add(time.Nanosecond)))
	exec(`update party set became = 'c' where id = 'a'`)
	exec(`insert into party_word (word, party_id) values ($1, 'b')`, []byte{0, 255, '\n'})
	exec(`insert into web_answer (key, request, status, content_type, location, body, at) values ('k', 'r', 9007199254740993, 't', '', $1, $2)`, []byte{}, db.Instant(now))
	exec(`insert into calendar (version, at, actor, reason, document) values (1, $1, 'an', '', $2)`, db.Instant(now), `{"days": [1.50, "ế"], "null": null}`)
	exec(`insert into calendar (version, at, actor, reason, document) values (2, $1, 'an', '', 'null')`, db.Instant(now))
	exec(`insert into orgunit (code, valid_from, kind, name, fold, sort_key) values ('H06', '2022-01-01', 'province', 'Tỉnh', 'tinh', $1)`, []byte("x"))
	exec(`insert into orgunit (code, valid_from, valid_to, kind, name, fold, sort_key) values ('H07', '2022-01-01', '2025-07-01', 'province', 'Tỉnh', 'tinh', $1)`, []byte("x"))
	exec(`insert into orgunit_successor (code, valid_from, next_code, next_from, whole) values ('H07', '2022-01-01', 'H06', '2022-01-01', true)`)
	exec(`update procedure_catalogue set edition = 42`)
	exec(`insert into job_done (key, at) select id, at from event`) // more than one statement's rows
	for n := range 3 {                                              // more than one chunk
		exec(`insert into web_answer (key, request, status, content_type, location, body, at) values ($1, 'r', 200, 't', $2, $3, $4)`, fmt.Sprint("large", n), strings.Repeat("k", chunkSize), []byte("b"), db.Instant(now))
	}
	fillJobs(t, i.DB, exec)

	for _, content := range []string{"", "a paper", strings.Repeat("x", 1<<20)} {
		must(i.Files.Put(ctx, blob.Key(fmt.Sprintf("%064d", len(content))), strings.NewReader(content)))
	}
	must(os.MkdirAll(filepath.Join(i.Data, "keys", "seal"), 0o700))
	must(os.WriteFile(filepath.Join(i.Data, "keys", "seal", "agency.pem"), []byte("secret"), 0o600))
	must(os.WriteFile(filepath.Join(i.Data, "other.txt"), []byte("not ours"), 0o600))
}

type task struct{ N int }

func (task) Kind() string { return "test.task" }

// fillJobs leaves three jobs that can still run, one that gave up, and two that
// are over.
func fillJobs(t *testing.T, d *db.DB, exec func(string, ...any)) {
	t.Helper()
	q := job.New(d, slog.New(slog.DiscardHandler), time.Now)
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for n := range 5 {
			if err := q.Insert(t.Context(), tx, task{n}); err != nil {
				return err
			}
		}
		return q.InsertAt(t.Context(), tx, now.AddDate(1, 0, 0), task{5})
	})
	if err != nil {
		t.Fatal(err)
	}
	first := `(select min(id) from river_job)`
	exec(`update river_job set state = 'running', attempt = 3 where id = ` + first)
	faults := `array['{"at":"2026-03-02T00:00:00Z","attempt":12,"error":"the partner is down","trace":""}'::jsonb]`
	if d.Dialect == db.SQLite {
		faults = `jsonb('[{"at":"2026-03-02T00:00:00Z","attempt":12,"error":"the partner is down","trace":""}]')`
	}
	exec(`update river_job set state = 'discarded', attempt = 12, finalized_at = '2026-03-02 01:02:03.456', errors = ` + faults + ` where id = ` + first + ` + 1`)
	exec(`update river_job set state = 'completed', finalized_at = '2026-03-02 01:02:03' where id = ` + first + ` + 2`)
	exec(`update river_job set state = 'cancelled', finalized_at = '2026-03-02 01:02:03' where id = ` + first + ` + 3`)
}

// dump returns the rows of every table, those of a table sorted.
func dump(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := d.Snapshot(t.Context(), func(q db.Querier) error {
		tables, err := readTables(t.Context(), q, d.Dialect)
		if err != nil {
			return err
		}
		for _, table := range tables {
			columns := slices.SortedFunc(slices.Values(table.Columns), func(a, b column) int { return strings.Compare(a.Name, b.Name) })
			table.Columns = columns
			err := eachRow(t.Context(), q, table, func(row []any) error {
				for i, v := range row {
					if s, ok := v.(string); ok && columns[i].Type == "jsonb" {
						row[i] = canonical(t, s)
					}
				}
				line, err := json.Marshal(row)
				all[table.Name] = append(all[table.Name], string(line))
				return err
			})
			if err != nil {
				return err
			}
			slices.Sort(all[table.Name])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func backUp(t *testing.T, from Installation) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := Create(t.Context(), from, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	eachPair(t, func(t *testing.T, d, e *db.DB) {
		from, to := newInstallation(t, d), newInstallation(t, e)
		fill(t, from)
		m, err := Restore(t.Context(), bytes.NewReader(backUp(t, from)), to)
		if err != nil {
			t.Fatal(err)
		}
		want := dump(t, d)
		if diff := cmp.Diff(want, dump(t, e)); diff != "" {
			t.Errorf("rows (-want +got):\n%.4000s", diff)
		}
		for _, table := range m.Tables {
			if int64(len(want[table.Name])) != table.Rows {
				t.Errorf("the manifest says %d rows of %s, want %d", table.Rows, table.Name, len(want[table.Name]))
			}
		}
		if n := len(want["event_pending"]); n != 7 {
			t.Errorf("%d pending events in the original", n)
		}
		sameFiles(t, from, to)
		sameJobs(t, e)
		goesOn(t, to)
	})
}

func sameFiles(t *testing.T, from, to Installation) {
	t.Helper()
	files := func(i Installation) map[string]string {
		all := map[string]string{}
		err := i.Files.Keys(t.Context(), func(key string) error {
			f, err := i.Files.Open(t.Context(), key)
			if err != nil {
				return err
			}
			defer f.Close()
			content, err := io.ReadAll(f)
			all[key] = string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want, got := files(from), files(to)
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 3 {
		t.Errorf("%d files (-want +got):\n%.1000s", len(want), diff)
	}
	for name, want := range map[string]bool{"log.key": true, "keys/seal/agency.pem": true, "other.txt": false} {
		a, _ := os.ReadFile(filepath.Join(from.Data, name))
		b, err := os.ReadFile(filepath.Join(to.Data, name))
		if (err == nil) != want || want && !bytes.Equal(a, b) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sameJobs holds that the queue goes on where it was: River itself reads it.
func sameJobs(t *testing.T, d *db.DB) {
	t.Helper()
	q := job.New(d, slog.New(slog.DiscardHandler), time.Now)
	dead, err := q.Dead(t.Context(), 0, 10)
	if err != nil || len(dead) != 1 {
		t.Fatalf("%d dead jobs, %v", len(dead), err)
	}
	if j := dead[0]; j.Error != "the partner is down" || j.Attempts != 12 || canonical(t, j.Args) != `{"N":1}` || !j.At.Equal(time.Date(2026, 3, 2, 1, 2, 3, 456e6, time.UTC)) {
		t.Errorf("dead job: %+v", j)
	}
	done := make(chan int, 10)
	job.Add(q, func(_ context.Context, a task) error { done <- a.N; return nil })
	if err := q.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	var ran []int
	for range 2 {
		select {
		case n := <-done:
			ran = append(ran, n)
		case <-time.After(10 * time.Second):
			t.Fatal("the restored jobs do not run")
		}
	}
	if err := q.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(ran); !slices.Equal(ran, []int{0, 4}) {
		t.Errorf("jobs %v ran, want 0, which was at work, and 4, which waited", ran)
	}
}

// goesOn holds that the restored log verifies, takes in what was pending, and is
// signed by the same key.
func goesOn(t *testing.T, i Installation) {
	t.Helper()
	key, err := event.LoadOrCreateKey(filepath.Join(i.Data, "log.key"), "motcua.example/log")
	if err != nil {
		t.Fatal(err)
	}
	spine := event.New(i.DB, nil, nil, time.Now)
	before, err := spine.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sequencer := event.NewSequencer(i.DB, key, slog.New(slog.DiscardHandler), func() time.Time { return now.Add(time.Hour) })
	if n, err := sequencer.Sequence(t.Context()); err != nil || n != 7 {
		t.Fatalf("%d pending events taken in, %v", n, err)
	}
	if _, err := sequencer.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if _, err := spine.Export(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	report, err := event.Verify(copied, event.Trust{Since: before.Note, Keys: []string{key.Public}})
	if err != nil || report.Events != 257 {
		t.Errorf("the restored log: %d events, %v", report.Events, err)
	}
	if _, err := i.DB.ExecContext(t.Context(), `delete from party where id = 'b'`); err == nil {
		t.Error("references are not checked any more")
	}
	if _, err := i.DB.ExecContext(t.Context(), `insert into party (id, kind, name, created_at, became) values ('d', 'person', '', $1, 'nobody')`, db.Instant(now)); err == nil {
		t.Error("references are not checked any more")
	}
}

// TestSnapshot holds that what is written while a backup runs is not in it.
func TestSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Snapshot(t.Context(), func(q db.Querier) error {
			count := func() (n int) {
				if err := q.QueryRowContext(t.Context(), `select count(*) from job_done`).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			before := count()
			if _, err := d.ExecContext(t.Context(), `insert into job_done (key, at) values ('k', $1)`, db.Instant(now)); err != nil {
				t.Fatal(err)
			}
			if after := count(); before != 0 || after != 0 {
				t.Errorf("%d rows before, %d after somebody wrote", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// members unpacks an archive, lets edit change it, and packs it again.
func members(t *testing.T, archive []byte, edit func(name string, content []byte) (string, []byte)) []byte {
	t.Helper()
	unzip, err := zstd.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	var out bytes.Buffer
	zip, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	from, to := tar.NewReader(unzip), tar.NewWriter(zip)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		name, content := edit(h.Name, content)
		if name == "" {
			continue
		}
		if err := to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(to.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefusesDamage(t *testing.T) {
	from := newInstallation(t, dbtest.SQLite(t))
	fill(t, from)
	whole := backUp(t, from)
	replace := func(in, old, new string) func(string, []byte) (string, []byte) {
		return func(name string, content []byte) (string, []byte) {
			if strings.HasPrefix(name, in) {
				content = bytes.ReplaceAll(content, []byte(old), []byte(new))
			}
			return name, content
		}
	}
	leaveOut := func(prefix string) func(string, []byte) (string, []byte) {
		return func(name string, content []byte) (string, []byte) {
			if strings.HasPrefix(name, prefix) {
				return "", nil
			}
			return name, content
		}
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, tt := range map[string]struct {
		archive []byte
		want    error
	}{
		"a flipped bit":        {flipped, ErrDamaged},
		"cut off":              {whole[:len(whole)-100], ErrDamaged},
		"something behind it":  {append(slices.Clone(whole), "more"...), ErrDamaged},
		"no backup":            {[]byte("a text"), ErrDamaged},
		"empty":                {nil, ErrDamaged},
		"a changed row":        {members(t, whole, replace("tables/party/", "1990", "1991")), ErrDamaged},
		"a missing table":      {members(t, whole, leaveOut("tables/web_answer/")), ErrDamaged},
		"a missing key":        {members(t, whole, leaveOut("data/log.key")), ErrDamaged},
		"a changed file":       {members(t, whole, replace("files/", "a paper", "b paper")), ErrDamaged},
		"a missing file":       {members(t, whole, leaveOut("files/00/00/"+fmt.Sprintf("%064d", 7))), ErrDamaged},
		"without its manifest": {members(t, whole, leaveOut("manifest.json")), ErrDamaged},
		"another schema":       {members(t, whole, replace("manifest.json", `"schema": "`, `"schema": "0`)), ErrSchema},
		"another format":       {members(t, whole, replace("manifest.json", `"format": 1`, `"format": 2`)), ErrSchema},
	} {
		t.Run(name, func(t *testing.T) {
			to := newInstallation(t, dbtest.SQLite(t))
			fresh := dump(t, to.DB)
			if _, err := Restore(t.Context(), bytes.NewReader(tt.archive), to); !errors.Is(err, tt.want) {
				t.Fatalf("Restore = %v, want %v", err, tt.want)
			}
			untouched(t, to, fresh)
		})
	}
}

// untouched holds that an installation is as it was.
func untouched(t *testing.T, i Installation, before map[string][]string) {
	t.Helper()
	if diff := cmp.Diff(before, dump(t, i.DB)); diff != "" {
		t.Errorf("the store was touched (-before +after):\n%.1000s", diff)
	}
	if keys, err := keyFiles(i.Data); err != nil || len(keys) > 0 {
		t.Errorf("keys: %v, %v", keys, err)
	}
}

// TestRefusesOthersData holds that nothing is ever written over.
func TestRefusesOthersData(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		from := newInstallation(t, dbtest.SQLite(t))
		fill(t, from)
		whole := backUp(t, from)
		to := newInstallation(t, d)
		if _, err := d.ExecContext(t.Context(), `insert into job_done (key, at) values ('k', $1)`, db.Instant(now)); err != nil {
			t.Fatal(err)
		}
		before := dump(t, d)
		if _, err := Restore(t.Context(), bytes.NewReader(whole), to); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("into a store with a row: %v", err)
		}
		untouched(t, to, before)
		if _, err := d.ExecContext(t.Context(), `delete from job_done`); err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(to.Data, "log.key")
		if err := os.WriteFile(key, []byte("another"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), bytes.NewReader(whole), to); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("over another key: %v", err)
		}
		if text, err := os.ReadFile(key); err != nil || string(text) != "another" {
			t.Errorf("the key was %q, %v", text, err)
		}
	})
}

// TestFailsWhole holds that a failure on the way leaves nothing, and a second
// try works: here a row that breaks a constraint, with hashes that fit.
func TestFailsWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		from := newInstallation(t, dbtest.SQLite(t))
		fill(t, from)
		if _, err := from.DB.ExecContext(t.Context(), `pragma ignore_check_constraints = on`); err != nil {
			t.Fatal(err)
		}
		if _, err := from.DB.ExecContext(t.Context(), `update party set kind = 'ghost' where id = 'b'`); err != nil {
			t.Fatal(err)
		}
		broken := backUp(t, from)
		if _, err := from.DB.ExecContext(t.Context(), `update party set kind = 'person' where id = 'b'`); err != nil {
			t.Fatal(err)
		}
		to := newInstallation(t, d)
		fresh := dump(t, d)
		if _, err := Restore(t.Context(), bytes.NewReader(broken), to); err == nil {
			t.Fatal("a row that breaks a constraint was restored")
		}
		untouched(t, to, fresh)
		if _, err := Restore(t.Context(), bytes.NewReader(backUp(t, from)), to); err != nil {
			t.Errorf("second try: %v", err)
		}
	})
}

// TestNewStore holds that a new store has rows only where seeded says, and that
// every table is known on both stores alike.
func TestNewStore(t *testing.T) {
	var both []map[string]string
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tables, err := readTables(t.Context(), d, d.Dialect)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkEmpty(t.Context(), d, tables); err != nil {
			t.Errorf("a new store: %v", err)
		}
		types := map[string]string{}
		for _, table := range tables {
			for _, c := range table.Columns {
				types[table.Name+"."+c.Name] = c.Type
			}
		}
		both = append(both, types)
	})
	if len(both) == 2 {
		if diff := cmp.Diff(both[0], both[1]); diff != "" {
			t.Errorf("columns (-sqlite +postgres):\n%s", diff)
		}
	}
}

func TestOrder(t *testing.T) {
	tables := []table{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	ordered, err := order(tables, map[string][]string{"a": {"b", "a"}, "b": {"c"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, t := range ordered {
		names = append(names, t.Name)
	}
	if !slices.Equal(names, []string{"c", "b", "a"}) {
		t.Errorf("order: %v", names)
	}
	if _, err := order(tables, map[string][]string{"a": {"b"}, "b": {"a"}}); err == nil {
		t.Error("a circle has an order")
	}
}
