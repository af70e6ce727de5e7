package job

import (
	"log/slog"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
)

type nightly struct{}

func (nightly) Kind() string { return "test.nightly" }

// TestDaily looks from one minute to another, in Vietnam's time: daily work is
// added once a day, at its time or as soon after as somebody looks.
func TestDaily(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var now time.Time
		q := New(d, slog.New(slog.DiscardHandler), func() time.Time { return now })
		q.Periodic([]Periodic{{Name: "nightly", Daily: "02:30", Args: func() Args { return nightly{} }}})
		for _, look := range []struct {
			at   string
			want int // jobs added so far
		}{
			{"2026-03-01T19:29:59Z", 0},      // 02:29:59 of 2 March in Vietnam
			{"2026-03-01T19:30:00Z", 1},      // on the dot
			{"2026-03-01T19:31:00Z", 1},      // not again
			{"2026-03-02T23:59:59+07:00", 1}, // not for the rest of the day
			{"2026-03-03T00:00:00+07:00", 1}, // nor before the next time
			{"2026-03-03T05:00:00+07:00", 2}, // nothing ran at 02:30: made up for
		} {
			var err error
			if now, err = time.Parse(time.RFC3339, look.at); err != nil {
				t.Fatal(err)
			}
			if err := q.addDaily(t.Context(), daily{}); err != nil {
				t.Fatal(err)
			}
			var got int
			if err := d.QueryRowContext(t.Context(), `select count(*) from river_job where kind = 'test.nightly'`).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != look.want {
				t.Errorf("at %s: added %d times, want %d", look.at, got, look.want)
			}
		}
	})
}

func TestWait(t *testing.T) {
	for _, tt := range []struct {
		failures   int
		least, top time.Duration
	}{
		{1, 1800 * time.Millisecond, 2200 * time.Millisecond},
		{2, 7200 * time.Millisecond, 8800 * time.Millisecond},
		{5, 460 * time.Second, 564 * time.Second},
		{12, longestWait * 9 / 10, longestWait * 11 / 10},
		{1000, longestWait * 9 / 10, longestWait * 11 / 10},
	} {
		if got := wait(tt.failures, 0); got != tt.least && got < tt.least {
			t.Errorf("wait(%d) = %v at the least", tt.failures, got)
		}
		if got := wait(tt.failures, 0.999999); got > tt.top || got < tt.least {
			t.Errorf("wait(%d) = %v at the most", tt.failures, got)
		}
	}
}
