package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/db"
)

// answer is what was said the first time to a write with an Idempotency-Key.
type answer struct {
	key         string // who and which key
	request     string // hash of method, address and body
	status      int
	contentType string
	location    string
	body        []byte
}

// find returns the answer kept under key, or nil.
func find(ctx context.Context, q db.Querier, key string) (*answer, error) {
	a := answer{key: key}
	err := q.QueryRowContext(ctx, `
		select request, status, content_type, location, body from web_answer where key = $1`, key).
		Scan(&a.request, &a.status, &a.contentType, &a.location, &a.body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no answer yet is the usual case, not a failure
	}
	if err != nil {
		return nil, fmt.Errorf("find answer: %w", err)
	}
	return &a, nil
}

// keep stores an answer. If another node was faster, its answer stands.
func keep(ctx context.Context, q db.Querier, a answer, now time.Time) error {
	_, err := q.ExecContext(ctx, `
		insert into web_answer (key, request, status, content_type, location, body, at)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (key) do nothing`,
		a.key, a.request, a.status, a.contentType, a.location, a.body, db.Instant(now))
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// forget removes the answers given before t.
func forget(ctx context.Context, q db.Querier, t time.Time) error {
	_, err := q.ExecContext(ctx, `delete from web_answer where at < $1`, db.Instant(t))
	if err != nil {
		return fmt.Errorf("forget answers: %w", err)
	}
	return nil
}
