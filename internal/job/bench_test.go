package job_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/job"
)

// BenchmarkWork does jobs that have nothing to do.
func BenchmarkWork(b *testing.B) {
	for _, store := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.PostgreSQL}} {
		b.Run(store.name, func(b *testing.B) {
			d := store.open(b)
			q := newQueue(d)
			var done atomic.Int64
			job.Add(q, func(context.Context, greet) error { done.Add(1); return nil })
			for left := b.N; left > 0; left -= 100 {
				many := make([]job.Args, min(left, 100))
				for i := range many {
					many[i] = greet{"an"}
				}
				if err := d.Tx(b.Context(), func(tx *db.Tx) error { return q.Insert(b.Context(), tx, many...) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			if err := q.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			for done.Load() < int64(b.N) {
				time.Sleep(time.Millisecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			b.StopTimer()
			if err := q.Stop(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
