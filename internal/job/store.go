package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// insert adds the rows that River's own InsertMany would, in a tenth of the time:
// its text is prepared once, where River prepares a new one at each call. Times
// left out are the store's own.
func insert(ctx context.Context, tx *db.Tx, dialect db.Dialect, at time.Time, many []Args) error {
	state, scheduled := rivertype.JobStateAvailable, any(nil)
	if !at.IsZero() {
		state, scheduled = rivertype.JobStateScheduled, at
		if dialect == db.SQLite {
			scheduled = at.UTC().Format("2006-01-02 15:04:05.000") // River compares times as text
		}
	}
	var text strings.Builder
	text.WriteString("insert into river_job (kind, args, max_attempts, state, scheduled_at) values ")
	values := []any{maxAttempts, string(state), scheduled}
	for i, one := range many {
		args, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Kind(), err)
		}
		if i > 0 {
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "($%d, $%d, $1, $2, coalesce($3, current_timestamp))", len(values)+1, len(values)+2)
		values = append(values, one.Kind(), string(args))
	}
	_, err := tx.ExecContext(ctx, text.String(), values...)
	return err
}

// Once reports whether this is the first time that key is done, and notes it.
// A job runs at least once; what must not happen twice for the same fact asks
// here, in the transaction that does it.
func (q *Queue) Once(ctx context.Context, tx *db.Tx, key string) (bool, error) {
	res, err := tx.ExecContext(ctx, `
		insert into job_done (key, at) values ($1, $2) on conflict do nothing`,
		key, db.Instant(q.now()))
	if err != nil {
		return false, fmt.Errorf("once %s: %w", key, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Dead is a job that gave up. Error says why the last time; texts of errors
// hold no personal data.
type Dead struct {
	ID       int64
	Kind     string
	Args     string // JSON: ids only
	Attempts int
	At       time.Time // when it gave up
	Error    string
}

// Dead returns jobs that gave up, the newest first: those before the id of the
// last one seen, or from the start if before is zero.
func (q *Queue) Dead(ctx context.Context, before int64, limit int) ([]Dead, error) {
	params := river.NewJobListParams().States(rivertype.JobStateDiscarded).OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(limit)
	if before > 0 {
		params = params.Where("id < @before", river.NamedArgs{"before": before})
	}
	list, err := q.reader.JobList(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("list dead jobs: %w", err)
	}
	dead := make([]Dead, len(list.Jobs))
	for i, j := range list.Jobs {
		dead[i] = Dead{ID: j.ID, Kind: j.Kind, Args: string(j.EncodedArgs), Attempts: j.Attempt}
		if j.FinalizedAt != nil {
			dead[i].At = *j.FinalizedAt
		}
		if n := len(j.Errors); n > 0 {
			dead[i].Error = j.Errors[n-1].Error
		}
	}
	return dead, nil
}

// Retry lets a job that gave up be tried once more.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	_, err := q.reader.JobRetry(ctx, id)
	if errors.Is(err, river.ErrNotFound) || errors.Is(err, sql.ErrNoRows) {
		return &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: err}
	}
	if err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	return nil
}

// Count is how many jobs of a kind are in a state.
type Count struct {
	Kind  string
	State string // River's: available, running, retryable, scheduled, completed, discarded, …
	Jobs  int64
}

// Counts returns how many jobs there are, by kind and state.
func (q *Queue) Counts(ctx context.Context) ([]Count, error) {
	rows, err := q.db.QueryContext(ctx, `
		select kind, cast(state as text), count(*) from river_job group by kind, state order by kind, state`)
	counts, err := db.Rows(rows, err, func(rows *sql.Rows) (Count, error) {
		var c Count
		return c, rows.Scan(&c.Kind, &c.State, &c.Jobs)
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	return counts, nil
}
