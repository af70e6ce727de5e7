package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
)

// each runs test on stores with one table: item(id text primary key, n bigint).
func each(t *testing.T, test func(*testing.T, *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		create(t, d)
		test(t, d)
	})
}

func sqlite(t testing.TB) *db.DB {
	d := dbtest.SQLite(t)
	create(t, d)
	return d
}

func create(t testing.TB, d *db.DB) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), `create table item (id text primary key, n bigint not null default 0)`); err != nil {
		t.Fatal(err)
	}
}

func add(ctx context.Context, q db.Querier, id string) error {
	_, err := q.ExecContext(ctx, `insert into item (id) values ($1)`, id)
	return err
}

func has(t *testing.T, d *db.DB, id string) bool {
	t.Helper()
	var n int
	if err := d.QueryRowContext(t.Context(), `select count(*) from item where id = $1`, id).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 1
}

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	var n int
	if err := d.QueryRowContext(t.Context(), `select count(*) from item`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// together runs the callbacks in one batch: a first writer holds the store until
// all of them wait in the queue, in this order.
func together(t *testing.T, d *db.DB, fns ...func(*db.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := d.Tx(context.Background(), func(*db.Tx) error {
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	results := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					results[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			results[i] = errors.New("left by Goexit")
			results[i] = d.Tx(context.Background(), fn)
		})
		time.Sleep(2 * time.Millisecond) // one after the other into the queue
	}
	close(release)
	wg.Wait()
	return results
}

// TestNeighbours puts callbacks that fail in every way between callbacks that
// succeed: each undoes its own work and nobody else's.
func TestNeighbours(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		results := together(t, d,
			func(tx *db.Tx) error { return add(ctx, tx, "first") },
			func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "error"), errors.New("no")) },
			func(tx *db.Tx) error { return add(ctx, tx, "second") },
			func(tx *db.Tx) error { add(ctx, tx, "panic"); panic("no") },
			func(tx *db.Tx) error { return add(ctx, tx, "third") },
			func(tx *db.Tx) error { add(ctx, tx, "goexit"); runtime.Goexit(); return nil },
			func(tx *db.Tx) error { add(ctx, tx, "swallowed"); add(ctx, tx, "swallowed"); return nil },
			func(tx *db.Tx) error { return add(ctx, tx, "fourth") },
			func(tx *db.Tx) error { _, err := tx.QueryContext(ctx, `select id from item`); return err }, // leaks its rows
			func(tx *db.Tx) error { return add(ctx, tx, "fifth") },
		)
		for i, want := range []string{"", "no", "", "panic: no", "", "left by Goexit", "UNIQUE", "", "", ""} {
			if err := results[i]; (want == "") != (err == nil) || err != nil && !strings.Contains(strings.ToUpper(err.Error()), strings.ToUpper(want)) {
				t.Errorf("callback %d = %v, want %q", i, err, want)
			}
		}
		for _, id := range []string{"first", "second", "third", "fourth", "fifth"} {
			if !has(t, d, id) {
				t.Errorf("%s is lost", id)
			}
		}
		if n := count(t, d); n != 5 {
			t.Errorf("%d rows, want 5", n)
		}
	})
}

// TestOneCommit holds that callbacks that wait together share a commit: none is
// acknowledged while a later one of its batch is still at work.
func TestOneCommit(t *testing.T) {
	d := sqlite(t)
	ctx := t.Context()
	var acknowledged atomic.Int64
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { d.Tx(ctx, func(*db.Tx) error { close(held); <-release; return nil }) })
	<-held
	reached, finish := make(chan struct{}), make(chan struct{})
	for i := range 3 {
		wg.Go(func() {
			err := d.Tx(ctx, func(tx *db.Tx) error {
				if i == 2 {
					close(reached)
					<-finish
				}
				return add(ctx, tx, fmt.Sprint(i))
			})
			if err != nil {
				t.Error(err)
			}
			acknowledged.Add(1)
		})
		time.Sleep(5 * time.Millisecond)
	}
	close(release)
	<-reached
	time.Sleep(20 * time.Millisecond)
	if n := acknowledged.Load(); n != 0 || count(t, d) != 0 {
		t.Errorf("%d acknowledged and %d visible before the commit", n, count(t, d))
	}
	close(finish)
	wg.Wait()
	if n := acknowledged.Load(); n != 3 || count(t, d) != 3 {
		t.Errorf("%d acknowledged, %d visible", n, count(t, d))
	}
}

// TestCancelled gives requests up at each moment: before the queue, in the
// queue, and at work.
func TestCancelled(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		before, cancel := context.WithCancel(t.Context())
		cancel()
		ran := false
		if err := d.Tx(before, func(*db.Tx) error { ran = true; return nil }); !errors.Is(err, context.Canceled) || ran {
			t.Errorf("given up before: %v, ran %v", err, ran)
		}
	})
	d := sqlite(t)
	waiting, giveUp := context.WithCancel(t.Context())
	working, giveUpAtWork := context.WithCancel(t.Context())
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { d.Tx(t.Context(), func(*db.Tx) error { close(held); <-release; return nil }) })
	<-held
	results := make([]error, 3)
	ran := false
	for i, f := range []func() error{
		func() error {
			return d.Tx(t.Context(), func(tx *db.Tx) error { return add(t.Context(), tx, "neighbour") })
		},
		func() error { return d.Tx(waiting, func(tx *db.Tx) error { ran = true; return nil }) },
		func() error {
			return d.Tx(working, func(tx *db.Tx) error {
				giveUpAtWork() // what was begun is finished: a cancelled statement would take the neighbour along
				return add(working, tx, "at work")
			})
		},
	} {
		wg.Go(func() { results[i] = f() })
		time.Sleep(2 * time.Millisecond)
	}
	giveUp()
	close(release)
	wg.Wait()
	if results[0] != nil || !has(t, d, "neighbour") {
		t.Errorf("the neighbour: %v", results[0])
	}
	if !errors.Is(results[1], context.Canceled) || ran {
		t.Errorf("given up in the queue: %v, ran %v", results[1], ran)
	}
	if results[2] != nil || !has(t, d, "at work") {
		t.Errorf("given up at work: %v", results[2])
	}
}

// TestAutomaticRollback lets SQLite roll the whole transaction back by itself:
// nobody of the batch is told of success, and the next batch works.
func TestAutomaticRollback(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name  string
		spoil func(d *db.DB) func(*db.Tx) error
	}{
		{"or rollback", func(*db.DB) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				_, err := tx.ExecContext(ctx, `insert or rollback into item (id) values ('taken')`)
				return err
			}
		}},
		{"swallowed", func(*db.DB) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				tx.ExecContext(ctx, `insert or rollback into item (id) values ('taken')`)
				return nil
			}
		}},
		{"rollback by hand", func(*db.DB) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := tx.ExecContext(ctx, `rollback`); return err }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sqlite(t)
			if err := add(ctx, d, "taken"); err != nil {
				t.Fatal(err)
			}
			results := together(t, d,
				func(tx *db.Tx) error { return add(ctx, tx, "before") },
				tt.spoil(d),
				func(tx *db.Tx) error { return add(ctx, tx, "after") },
			)
			for i, err := range results {
				if err == nil {
					t.Errorf("callback %d was told of success", i)
				}
			}
			if n := count(t, d); n != 1 {
				t.Errorf("%d rows, want the one from before", n)
			}
			if err := add(ctx, d, "later"); err != nil {
				t.Errorf("the next transaction: %v", err)
			}
		})
	}
}

// TestFull fills the disk: what does not fit is undone, what fits later is kept.
func TestFull(t *testing.T) {
	d := sqlite(t)
	ctx := t.Context()
	var pages int
	if err := d.Writer().QueryRow(`pragma page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Writer().Exec(fmt.Sprintf(`pragma max_page_count = %d`, pages+4)); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 100_000)
	results := together(t, d,
		func(tx *db.Tx) error { return add(ctx, tx, "before") },
		func(tx *db.Tx) error { return add(ctx, tx, big) },
		func(tx *db.Tx) error { return add(ctx, tx, "after") },
	)
	if results[1] == nil || !strings.Contains(results[1].Error(), "full") {
		t.Errorf("a full disk = %v", results[1])
	}
	for i, id := range map[int]string{0: "before", 2: "after"} { // told the truth, whichever it was
		if (results[i] == nil) != has(t, d, id) {
			t.Errorf("%s: told %v, kept %v", id, results[i], has(t, d, id))
		}
	}
	if _, err := d.Writer().Exec(`pragma max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if err := add(ctx, d, big); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

// TestCommitFails violates a foreign key that is looked at only at the commit:
// SQLite keeps such a transaction open, and the writer must not stay in it.
func TestCommitFails(t *testing.T) {
	d := sqlite(t)
	ctx := t.Context()
	if _, err := d.ExecContext(ctx, `create table child (parent text not null references item (id) deferrable initially deferred)`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ExecContext(ctx, `insert into child (parent) values ('nobody')`); err == nil {
		t.Error("a broken reference was committed")
	}
	for range 3 {
		if err := add(ctx, d, db.NewID()); err != nil {
			t.Errorf("after a failed commit: %v", err)
		}
	}
	if n := count(t, d); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

// TestEnded holds that nothing runs after a statement that failed, on both
// stores.
func TestEnded(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for name, spoil := range map[string]func(*db.Tx) error{
			"exec":  func(tx *db.Tx) error { _, err := tx.ExecContext(ctx, `insert into nowhere values (1)`); return err },
			"query": func(tx *db.Tx) error { _, err := tx.QueryContext(ctx, `select * from nowhere`); return err },
			"row":   func(tx *db.Tx) error { return tx.QueryRowContext(ctx, `select * from nowhere`).Scan(new(int)) },
		} {
			err := d.Tx(ctx, func(tx *db.Tx) error {
				if err := add(ctx, tx, "work"); err != nil {
					t.Error(err)
				}
				spoiled := spoil(tx)
				if spoiled == nil {
					t.Errorf("%s: no error", name)
				}
				var one int
				_, queried := tx.QueryContext(ctx, `select 1`)
				for what, err := range map[string]error{
					"exec":  add(ctx, tx, "more"),
					"query": queried,
					"row":   tx.QueryRowContext(ctx, `select 1`).Scan(&one),
				} {
					if err == nil || !strings.Contains(err.Error(), "transaction has ended") || !errors.Is(err, spoiled) && name != "row" {
						t.Errorf("%s after a failed %s = %v", what, name, err)
					}
				}
				return nil // swallowed: the transaction fails all the same
			})
			if err == nil || has(t, d, "work") {
				t.Errorf("%s: Tx = %v, work kept %v", name, err, has(t, d, "work"))
			}
		}
		// No rows is an answer, not a failure.
		if err := d.Tx(ctx, func(tx *db.Tx) error {
			if err := tx.QueryRowContext(ctx, `select id from item where id = 'none'`).Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("no rows: %v", err)
			}
			return add(ctx, tx, "afterwards")
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	d := sqlite(t)
	if rows, err := d.QueryContext(t.Context(), `insert into item (id) values ('x') returning id`); err == nil {
		rows.Close()
		t.Error("a reader wrote")
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// TestClose closes the store under load: each writer is told the truth.
func TestClose(t *testing.T) {
	path := "sqlite:" + t.TempDir() + "/close.db"
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	create(t, d)
	var kept sync.Map
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 10_000 {
				id := fmt.Sprint(w, "-", i)
				if err := add(context.Background(), d, id); err != nil {
					if !strings.Contains(err.Error(), "closed") {
						t.Error(err)
					}
					return
				}
				kept.Store(id, true)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := d.Tx(t.Context(), func(*db.Tx) error { return nil }); err == nil {
		t.Error("a closed store works")
	}
	again, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	want := 0
	kept.Range(func(id, _ any) bool {
		want++
		if !has(t, again, id.(string)) {
			t.Errorf("%s was acknowledged and is lost", id)
		}
		return true
	})
	if n := count(t, again); n != want {
		t.Errorf("%d rows, %d acknowledged", n, want)
	}
}

// TestManyWriters lets 64 writers count as fast as they can, beside a library
// that uses the writer connection on its own: no update is lost, and nobody
// starves.
func TestManyWriters(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if err := add(t.Context(), d, "counter"); err != nil {
			t.Fatal(err)
		}
		var done [64]int64
		until := time.Now().Add(time.Second)
		var wg sync.WaitGroup
		var foreign atomic.Int64
		wg.Go(func() {
			for time.Now().Before(until) {
				if _, err := d.Writer().Exec(`update item set n = n + 1 where id = 'counter'`); err != nil {
					t.Error(err)
					return
				}
				foreign.Add(1)
			}
		})
		for w := range done {
			wg.Go(func() {
				for time.Now().Before(until) {
					if _, err := d.ExecContext(t.Context(), `update item set n = n + 1 where id = 'counter'`); err != nil {
						t.Error(err)
						return
					}
					done[w]++
				}
			})
		}
		wg.Wait()
		total, least := foreign.Load(), done[0]
		for _, n := range done {
			total, least = total+n, min(least, n)
		}
		var n int64
		if err := d.QueryRowContext(t.Context(), `select n from item where id = 'counter'`).Scan(&n); err != nil || n != total {
			t.Errorf("counted %d of %d, %v", n, total, err)
		}
		if foreign.Load() == 0 || least < total/64/10 {
			t.Errorf("of %d updates, one writer had %d and the library %d", total, least, foreign.Load())
		}
		t.Logf("%d updates/s, the slowest writer %d, the library %d", total, least, foreign.Load())
	})
}

func TestIsUnique(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if _, err := d.ExecContext(ctx, `create table named (id text primary key, name text unique, n bigint check (n > 0))`); err != nil {
			t.Fatal(err)
		}
		insert := func(id, name string, n int) error {
			_, err := d.ExecContext(ctx, `insert into named (id, name, n) values ($1, $2, $3)`, id, name, n)
			return err
		}
		if err := insert("1", "an", 1); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name string
			err  error
			want bool
		}{
			{"the same key", insert("1", "bình", 1), true},
			{"the same name", insert("2", "an", 1), true},
			{"wrapped", fmt.Errorf("save: %w", insert("2", "an", 1)), true},
			{"a broken check", insert("3", "chi", 0), false},
			{"nothing", nil, false},
		} {
			if tt.want && tt.err == nil || db.IsUnique(tt.err) != tt.want {
				t.Errorf("%s: IsUnique(%v) = %v", tt.name, tt.err, !tt.want)
			}
		}
	})
}

func TestOpen(t *testing.T) {
	for _, address := range []string{"", "mysql://x", "postgres://user:secret@127.0.0.1:1/none"} {
		_, err := db.Open(t.Context(), address)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) = %v", address, err)
		}
	}
	path := t.TempDir() + "/một cửa ?#%.db"
	d, err := db.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	create(t, d)
	if n := count(t, d); n != 0 {
		t.Error("not empty")
	}
}
