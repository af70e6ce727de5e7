package db_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/motcua/motcua/internal/db"
)

// TestInstant holds that a moment comes back as it went, to the microsecond, and
// that the store's order is that of time.
func TestInstant(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if _, err := d.ExecContext(ctx, `create table moment (id text primary key, at timestamptz)`); err != nil {
			t.Fatal(err)
		}
		moments := rapid.Custom(func(r *rapid.T) time.Time {
			zone := time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(r, "zone"))
			return time.Unix(rapid.Int64Range(-2_000_000_000, 4_000_000_000).Draw(r, "second"), rapid.Int64Range(0, 999_999_999).Draw(r, "nanosecond")).In(zone)
		})
		rapid.Check(t, func(r *rapid.T) {
			a, b := moments.Draw(r, "a"), moments.Draw(r, "b")
			var backA, backB time.Time
			var ordered bool
			err := d.Tx(ctx, func(tx *db.Tx) error {
				if _, err := tx.ExecContext(ctx, `delete from moment`); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `insert into moment (id, at) values ('a', $1), ('b', $2)`, db.Instant(a), db.Instant(b)); err != nil {
					return err
				}
				return tx.QueryRowContext(ctx, `select a.at, b.at, a.at < b.at from moment a, moment b where a.id = 'a' and b.id = 'b'`).
					Scan((*db.Instant)(&backA), (*db.Instant)(&backB), &ordered)
			})
			if err != nil {
				r.Fatal(err)
			}
			a, b = a.Truncate(time.Microsecond), b.Truncate(time.Microsecond)
			if !backA.Equal(a) || !backB.Equal(b) || backA.Location() != time.UTC {
				r.Errorf("%v and %v came back as %v and %v", a, b, backA, backB)
			}
			if ordered != a.Before(b) {
				r.Errorf("%v before %v: %v", a, b, ordered)
			}
		})
		var none time.Time
		if err := d.QueryRowContext(ctx, `select null`).Scan((*db.Instant)(&none)); err != nil || !none.IsZero() {
			t.Errorf("null = %v, %v", none, err)
		}
		if v, err := (db.Instant{}).Value(); v != nil || err != nil {
			t.Errorf("the zero instant = %v, %v", v, err)
		}
	})
}

func TestNullText(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for _, want := range []string{"", "đất"} {
			var got string
			var null bool
			err := d.QueryRowContext(t.Context(), `select cast($1 as text), cast($1 as text) is null`, db.NullText(want)).Scan((*db.NullText)(&got), &null)
			if err != nil || got != want || null != (want == "") {
				t.Errorf("%q came back as %q, null %v, %v", want, got, null, err)
			}
		}
	})
}
