package job_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/job"
)

type greet struct {
	Who string `json:"who"`
}

func (greet) Kind() string { return "test.greet" }

type fail struct{}

func (fail) Kind() string { return "test.fail" }

func newQueue(d *db.DB) *job.Queue { return job.New(d, slog.New(slog.DiscardHandler), time.Now) }

func start(t *testing.T, q *job.Queue) {
	t.Helper()
	if err := q.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// eventually waits until ok, for ten seconds at the most.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

func TestInsert(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		var mu sync.Mutex
		greeted := map[string]actor.ID{}
		job.Add(q, func(ctx context.Context, g greet) error {
			mu.Lock()
			defer mu.Unlock()
			greeted[g.Who] = actor.From(ctx).ID
			return nil
		})
		start(t, q)
		undone := errors.New("undone")
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := q.Insert(t.Context(), tx, greet{"nobody"}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		began := time.Now()
		err = d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := q.Insert(t.Context(), tx); err != nil { // nothing to add is fine
				return err
			}
			if err := q.InsertAt(t.Context(), tx, time.Now().Add(time.Hour), greet{"later"}); err != nil {
				return err
			}
			return q.Insert(t.Context(), tx, greet{"an"}, greet{"bình"})
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]actor.ID{"an": actor.SystemID, "bình": actor.SystemID}
		eventually(t, "both greeted", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return cmp.Equal(greeted, want)
		})
		t.Logf("done %v after the insert", time.Since(began))
		eventually(t, "jobs completed", func() bool {
			counts, err := q.Counts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return cmp.Equal(counts, []job.Count{{Kind: "test.greet", State: "completed", Jobs: 2}, {Kind: "test.greet", State: "scheduled", Jobs: 1}})
		})
	})
}

func TestScheduled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		var done atomic.Bool
		job.Add(q, func(context.Context, greet) error { done.Store(true); return nil })
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			return q.InsertAt(t.Context(), tx, time.Now().Add(200*time.Millisecond), greet{"soon"})
		}); err != nil {
			t.Fatal(err)
		}
		start(t, q)
		eventually(t, "the hour struck", done.Load)
	})
}

// TestDead follows a job that fails: it is tried again, gives up, shows its
// error, and is done when an operator retries it.
func TestDead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var out lines
		q := job.New(d, slog.New(slog.NewTextHandler(&out, nil)), time.Now)
		var repaired atomic.Bool
		var attempts atomic.Int64
		job.Add(q, func(context.Context, fail) error {
			attempts.Add(1)
			if repaired.Load() {
				return nil
			}
			return errors.New("the partner is down")
		})
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return q.Insert(t.Context(), tx, fail{}, fail{}) }); err != nil {
			t.Fatal(err)
		}
		// As if eleven attempts were behind them.
		if _, err := d.ExecContext(t.Context(), `update river_job set attempt = 11`); err != nil {
			t.Fatal(err)
		}
		start(t, q)
		var dead []job.Dead
		eventually(t, "both gave up", func() bool {
			var err error
			if dead, err = q.Dead(t.Context(), 0, 10); err != nil {
				t.Fatal(err)
			}
			return len(dead) == 2
		})
		if d := dead[0]; d.Kind != "test.fail" || d.Error != "the partner is down" || d.Attempts != 12 || d.At.IsZero() || d.Args != "{}" {
			t.Errorf("dead job: %+v", d)
		}
		older, err := q.Dead(t.Context(), dead[0].ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dead[1:], older); diff != "" {
			t.Errorf("second page (-want +got):\n%s", diff)
		}
		if n := out.count("job gave up"); n != 2 {
			t.Errorf("%d lines in the log for two jobs that gave up", n)
		}

		repaired.Store(true)
		if err := q.Retry(t.Context(), dead[0].ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the retried job is done", func() bool { return attempts.Load() == 3 })
		if err := q.Retry(t.Context(), 999_999); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Retry of no job = %v", err)
		}
	})
}

func TestFailedJobIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		var attempts atomic.Int64
		job.Add(q, func(context.Context, fail) error {
			if attempts.Add(1) == 1 {
				panic("once")
			}
			return nil
		})
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return q.Insert(t.Context(), tx, fail{}) }); err != nil {
			t.Fatal(err)
		}
		start(t, q)
		eventually(t, "a second attempt", func() bool { return attempts.Load() == 2 })
	})
}

// TestStop holds that a job at work is waited for, then cancelled, and tried
// again by the next process.
func TestStop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		started := make(chan struct{})
		job.Add(q, func(ctx context.Context, _ greet) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		})
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return q.Insert(t.Context(), tx, greet{"an"}) }); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(context.Background()); err == nil {
			t.Error("started twice")
		}
		<-started
		patience, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(patience); err != nil {
			t.Fatal(err)
		}
		next := newQueue(d)
		var done atomic.Bool
		job.Add(next, func(context.Context, greet) error { done.Store(true); return nil })
		start(t, next)
		eventually(t, "the cancelled job is done", done.Load)
	})
}

func TestOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		var firsts atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := d.Tx(t.Context(), func(tx *db.Tx) error {
					first, err := q.Once(t.Context(), tx, "notice:1")
					if first {
						firsts.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if firsts.Load() != 1 {
			t.Errorf("%d were first", firsts.Load())
		}
		// What was undone was not done.
		undone := errors.New("undone")
		d.Tx(t.Context(), func(tx *db.Tx) error { q.Once(t.Context(), tx, "notice:2"); return undone })
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if first, err := q.Once(t.Context(), tx, "notice:2"); !first {
				t.Errorf("Once = false, %v after a rollback", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPeriodic(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := newQueue(d)
		var often, nightly atomic.Int64
		job.Add(q, func(_ context.Context, g greet) error {
			if g.Who == "nightly" {
				nightly.Add(1)
			} else {
				often.Add(1)
			}
			return nil
		})
		q.Periodic([]job.Periodic{
			{Name: "often", Every: 50 * time.Millisecond, Args: func() job.Args { return greet{"often"} }},
			{Name: "nightly", Daily: "00:00", Args: func() job.Args { return greet{"nightly"} }},
		})
		start(t, q)
		eventually(t, "two intervals and the night", func() bool { return often.Load() >= 2 && nightly.Load() == 1 })
	})
}

func TestPeriodicMistakes(t *testing.T) {
	q := newQueue(dbtest.SQLite(t))
	args := func() job.Args { return greet{} }
	for name, table := range map[string][]job.Periodic{
		"no name":        {{Every: time.Second, Args: args}},
		"two of a name":  {{Name: "a", Every: time.Second, Args: args}, {Name: "a", Every: time.Second, Args: args}},
		"neither":        {{Name: "a", Args: args}},
		"both":           {{Name: "a", Every: time.Second, Daily: "02:30", Args: args}},
		"no such time":   {{Name: "a", Daily: "25:00", Args: args}},
		"nothing to do":  {{Name: "a", Every: time.Second}},
		"not two digits": {{Name: "a", Daily: "2:30", Args: args}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			q.Periodic(table)
		}()
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}
