// Package job does work in the background (việc chạy nền): what must happen
// after a fact became true, and what happens by the clock.
//
// A job is added in the transaction that needs it, so it exists exactly when
// the fact does. It runs at least once, and again after a failure, ever more
// patiently; one that gave up waits on the operator's page. River keeps the
// queue, in the same store.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
)

// Args is what a job needs to know: ids, never copies. Its Kind is stored with
// every job and never renamed.
type Args = river.JobArgs

const (
	maxAttempts  = 12              // with [patience], a good day
	timeout      = time.Minute     // of one attempt
	rescueAfter  = 2 * time.Minute // when an attempt's process must have died
	pollInterval = 100 * time.Millisecond
	workers      = 50 // jobs that run at the same time in one process
)

// Queue is the queue of jobs. Until [Queue.Start] it only takes them in.
type Queue struct {
	db     *db.DB
	log    *slog.Logger
	now    func() time.Time
	driver riverdriver.Driver[*sql.Tx]
	reader *river.Client[*sql.Tx] // looks at jobs and changes them, but does none

	workers *river.Workers
	daily   []Periodic
	timed   []*river.PeriodicJob
	running *river.Client[*sql.Tx] // nil until Start
}

// New returns a queue in the given store.
func New(d *db.DB, log *slog.Logger, now func() time.Time) *Queue {
	q := &Queue{db: d, log: log, now: now, driver: newDriver(d), workers: river.NewWorkers()}
	client, err := river.NewClient(q.driver, &river.Config{Logger: warnings(log)})
	if err != nil {
		panic(fmt.Sprintf("job queue: %v", err)) // the configuration above is constant
	}
	q.reader = client
	return q
}

// quiet is a driver that polls. Notifications would cost each writer a row on
// SQLite, and a lock at commit on PostgreSQL, to save a poll of a tenth of a
// second.
type quiet struct{ riverdriver.Driver[*sql.Tx] }

func (quiet) SupportsListener() bool     { return false }
func (quiet) SupportsListenNotify() bool { return false }

func newDriver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Dialect == db.SQLite {
		return quiet{riversqlite.New(d.Writer())}
	}
	return quiet{riverdatabasesql.New(d.Writer())}
}

// Add names the function that does the jobs of type T. Call it before Start; two
// functions for one kind are a mistake in the wiring.
func Add[T Args](q *Queue, work func(context.Context, T) error) {
	river.AddWorker(q.workers, river.WorkFunc(func(ctx context.Context, j *river.Job[T]) error {
		return work(actor.With(ctx, actor.System()), j.Args)
	}))
}

// Insert adds jobs in the caller's transaction, to be done as soon as it is
// committed.
func (q *Queue) Insert(ctx context.Context, tx *db.Tx, args ...Args) error {
	return q.InsertAt(ctx, tx, time.Time{}, args...)
}

// InsertAt adds jobs in the caller's transaction, to be done at the given
// moment. A job only wakes: its worker looks whether there is still something
// to do.
func (q *Queue) InsertAt(ctx context.Context, tx *db.Tx, at time.Time, args ...Args) error {
	if len(args) == 0 {
		return nil
	}
	if err := insert(ctx, tx, q.db.Dialect, at, args); err != nil {
		return fmt.Errorf("add jobs: %w", err)
	}
	return nil
}

// Start begins to work, until Stop or the end of ctx.
func (q *Queue) Start(ctx context.Context) error {
	if q.running != nil {
		return errors.New("job queue: started twice")
	}
	client, err := river.NewClient(q.driver, &river.Config{
		Logger:               warnings(q.log),
		ErrorHandler:         &reporter{q.log},
		Workers:              q.workers,
		PeriodicJobs:         q.timed,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown:        pollInterval / 5,
		FetchPollInterval:    pollInterval,
		JobTimeout:           timeout,
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          patience{q.now},
		MaxAttempts:          maxAttempts,
	})
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	q.running = client
	return nil
}

// Stop lets the jobs at work finish, for as long as ctx allows, and then
// cancels them; those will be tried again.
func (q *Queue) Stop(ctx context.Context) error {
	if q.running == nil {
		return nil
	}
	if err := q.running.Stop(ctx); err == nil {
		return nil
	}
	cancelled, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := q.running.StopAndCancel(cancelled); err != nil {
		return fmt.Errorf("stop the job queue: %w", err)
	}
	return nil
}
