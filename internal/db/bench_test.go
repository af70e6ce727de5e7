package db_test

import (
	"testing"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
)

// BenchmarkWrite compares one row a commit, one at a time ("bare"), with the
// same from 32 writers at once through [db.DB.Tx].
func BenchmarkWrite(b *testing.B) {
	for _, store := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.PostgreSQL}} {
		report := func(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s") }
		b.Run(store.name+"/bare", func(b *testing.B) {
			d := store.open(b)
			create(b, d)
			stmt, err := d.Writer().Prepare(`insert into item (id) values ($1)`)
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			for b.Loop() {
				if _, err := stmt.Exec(db.NewID()); err != nil {
					b.Fatal(err)
				}
			}
			report(b)
		})
		b.Run(store.name+"/together", func(b *testing.B) {
			d := store.open(b)
			create(b, d)
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := add(b.Context(), d, db.NewID()); err != nil {
						b.Error(err)
						return
					}
				}
			})
			report(b)
		})
	}
}
