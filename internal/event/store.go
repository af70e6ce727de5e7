package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// insert writes an event. A trigger puts it among those the log has not taken
// in yet, so that none can be forgotten.
func insert(ctx context.Context, tx *db.Tx, e Event, data, salt []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into event (id, at, actor, unit, subject, kind, data, salt)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, db.Instant(e.At), e.Actor, e.Unit, e.Subject, e.Kind, string(data), salt)
	if err != nil {
		return fmt.Errorf("record event %s: %w", e.Kind, err)
	}
	return nil
}

const columns = `id, at, actor, unit, subject, kind, data`

func scan(row interface{ Scan(...any) error }) (Stored, error) {
	var e Stored
	err := row.Scan(&e.ID, (*db.Instant)(&e.At), &e.Actor, &e.Unit, &e.Subject, &e.Kind, (*[]byte)(&e.Data))
	return e, err
}

func scanRows(rows *sql.Rows) (Stored, error) { return scan(rows) }

// Get returns one event.
func (s *Spine) Get(ctx context.Context, id string) (Stored, error) {
	e, err := scan(s.db.QueryRowContext(ctx, `select `+columns+` from event where id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Stored{}, &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: fmt.Errorf("event %s: %w", id, err)}
	}
	if err != nil {
		return Stored{}, fmt.Errorf("get event %s: %w", id, err)
	}
	return e, nil
}

// Timeline returns all that happened to a subject, in the order of time.
// Inside a transaction, q shows its own events too.
func (s *Spine) Timeline(ctx context.Context, q db.Querier, subject string) ([]Stored, error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from event where subject = $1 order by at, id`, subject)
	events, err := db.Rows(rows, err, scanRows)
	if err != nil {
		return nil, fmt.Errorf("timeline of %s: %w", subject, err)
	}
	return events, nil
}

// Filter chooses events. An empty field chooses all.
type Filter struct {
	Kind     string
	Actor    actor.ID
	Subject  string
	From, To time.Time // half-open

	// The next page begins where the last one ended: at its last event.
	BeforeAt time.Time
	BeforeID string
}

// List returns the events chosen by f, the newest first, at most limit.
func (s *Spine) List(ctx context.Context, f Filter, limit int) ([]Stored, error) {
	where, args := f.where()
	args = append(args, limit)
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf(`
		select %s from event where %s order by at desc, id desc limit $%d`, columns, where, len(args)), args...)
	events, err := db.Rows(rows, err, scanRows)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}

// where returns the condition of f, and the values of its placeholders.
func (f Filter) where() (string, []any) {
	conditions, args := []string{"true"}, []any{}
	and := func(column, operator string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf("%s %s $%d", column, operator, len(args)))
	}
	if f.Kind != "" {
		and("kind", "=", f.Kind)
	}
	if f.Actor != "" {
		and("actor", "=", f.Actor)
	}
	if f.Subject != "" {
		and("subject", "=", f.Subject)
	}
	if !f.From.IsZero() {
		and("at", ">=", db.Instant(f.From))
	}
	if !f.To.IsZero() {
		and("at", "<", db.Instant(f.To))
	}
	if f.BeforeID != "" {
		args = append(args, db.Instant(f.BeforeAt), f.BeforeID)
		conditions = append(conditions, fmt.Sprintf("(at, id) < ($%d, $%d)", len(args)-1, len(args)))
	}
	return strings.Join(conditions, " and "), args
}

// Pending returns how many events the log has not taken in yet.
func (s *Spine) Pending(ctx context.Context) (int64, error) {
	var n int64
	if err := s.db.QueryRowContext(ctx, `select count(*) from event_pending`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count pending events: %w", err)
	}
	return n, nil
}
