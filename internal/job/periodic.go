package job

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/worktime"
)

// Periodic is work that the clock asks for: after every interval, or once a day
// at a time of day in Vietnam. Package app holds the one table of them.
type Periodic struct {
	Name  string        // unique in the table, and kept
	Every time.Duration // counted from the start of the process; zero for daily work
	Daily string        // "02:30"; made up for if nothing ran at that time
	Args  func() Args
}

// Periodic sets the table of periodic work. Call it before Start; a mistake in
// the table panics.
func (q *Queue) Periodic(table []Periodic) {
	names := map[string]bool{}
	for _, p := range table {
		if p.Name == "" || names[p.Name] || p.Args == nil || (p.Every > 0) == (p.Daily != "") {
			panic(fmt.Sprintf("periodic job %q: wants a name of its own, arguments, and either Every or Daily", p.Name))
		}
		names[p.Name] = true
		if p.Daily == "" {
			q.timed = append(q.timed, river.NewPeriodicJob(river.PeriodicInterval(p.Every),
				func() (Args, *river.InsertOpts) { return p.Args(), nil }, &river.PeriodicJobOpts{ID: p.Name}))
			continue
		}
		if at, err := time.Parse("15:04", p.Daily); err != nil || at.Format("15:04") != p.Daily {
			panic(fmt.Sprintf("periodic job %q: %q is no time of day", p.Name, p.Daily))
		}
		q.daily = append(q.daily, p)
	}
	if len(q.daily) == 0 {
		return
	}
	Add(q, q.addDaily)
	q.timed = append(q.timed, river.NewPeriodicJob(river.PeriodicInterval(time.Minute),
		func() (Args, *river.InsertOpts) { return daily{}, nil }, &river.PeriodicJobOpts{ID: "daily", RunOnStart: true}))
}

// daily looks, once a minute, whether the time of some daily work has come.
type daily struct{}

// Kind implements [river.JobArgs].
func (daily) Kind() string { return "job.daily" }

// addDaily adds today's work that is due and was not added yet, whichever
// process was alive at its time.
func (q *Queue) addDaily(ctx context.Context, _ daily) error {
	now := q.now().In(worktime.Zone)
	for _, p := range q.daily {
		if now.Format("15:04") < p.Daily {
			continue
		}
		err := q.db.Tx(ctx, func(tx *db.Tx) error {
			first, err := q.Once(ctx, tx, "daily:"+p.Name+":"+now.Format(time.DateOnly))
			if err != nil || !first {
				return err
			}
			return q.Insert(ctx, tx, p.Args())
		})
		if err != nil {
			return fmt.Errorf("daily %s: %w", p.Name, err)
		}
	}
	return nil
}
