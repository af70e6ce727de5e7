package event_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/job"
)

// BenchmarkRecord records one event from each of 32 clients at a time, told to
// none and to three subscribers.
func BenchmarkRecord(b *testing.B) {
	for _, subscribers := range []int{0, 1, 3} {
		b.Run(map[int]string{0: "untold", 1: "one", 3: "three"}[subscribers], func(b *testing.B) {
			for _, store := range []struct {
				name string
				open func(testing.TB) *db.DB
			}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.PostgreSQL}} {
				b.Run(store.name, func(b *testing.B) {
					d := store.open(b)
					q := job.New(d, slog.New(slog.DiscardHandler), time.Now)
					var facts []event.Subscriber
					for range subscribers {
						facts = append(facts, event.Subscriber{Kind: "dossier.filed", Job: func(id string) job.Args { return tell{id} }})
					}
					s := event.New(d, q, facts, time.Now)
					b.SetParallelism(16)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							err := d.Tx(b.Context(), func(tx *db.Tx) error {
								_, err := s.Record(b.Context(), tx, event.Event{Actor: "an", Subject: "dossier:1", Kind: "dossier.filed", Data: map[string]int{"fee": 1}})
								return err
							})
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
				})
			}
		})
	}
}

// BenchmarkSequence takes recorded events into the log.
func BenchmarkSequence(b *testing.B) {
	for _, store := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.PostgreSQL}} {
		b.Run(store.name, func(b *testing.B) {
			l := newLedger(b, store.open(b))
			err := l.db.Tx(b.Context(), func(tx *db.Tx) error {
				for range b.N {
					if _, err := l.Record(b.Context(), tx, event.Event{Actor: "an", Subject: "dossier:1", Kind: "dossier.filed"}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			l.sign(b)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
