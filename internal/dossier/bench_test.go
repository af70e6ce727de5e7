package dossier_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
)

func BenchmarkFileAtOnce(b *testing.B) {
	stores := []string{"sqlite"}
	if os.Getenv("TEST_POSTGRES") != "" {
		stores = append(stores, "postgres")
	}
	for _, store := range stores {
		b.Run(store, func(b *testing.B) {
			d := dbtest.SQLite
			if store == "postgres" {
				d = dbtest.PostgreSQL
			}
			w := newWorld(b, d(b))
			var n atomic.Int64
			b.SetParallelism(16) // with two processors, 32 clients
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, err := w.FileAtOnce(b.Context(), an, w.application(), dossier.Filing{Key: fmt.Sprint(n.Add(1))})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "filings/s")
		})
	}
}
