package calendar

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// newest returns the number of the newest version, 0 if there is none.
func newest(ctx context.Context, q db.Querier) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `select coalesce(max(version), 0) from calendar`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("newest calendar: %w", err)
	}
	return n, nil
}

// load returns the document of a version.
func load(ctx context.Context, q db.Querier, version int) (Document, error) {
	var raw []byte
	var d Document
	err := q.QueryRowContext(ctx, `select document from calendar where version = $1`, version).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errs.New(errs.NotFound, "calendar.error.no-such-version", nil)
	}
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		return d, fmt.Errorf("calendar %d: %w", version, err)
	}
	d.Spec.Version = name(version)
	return d, nil
}

// insert writes a version, unless somebody else has made the same number.
func insert(ctx context.Context, q db.Querier, v Version, d Document) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("calendar %d: %w", v.Number, err)
	}
	_, err = q.ExecContext(ctx, `
		insert into calendar (version, at, actor, reason, document) values ($1, $2, $3, $4, $5)`,
		v.Number, db.Instant(v.At), v.Actor, v.Reason, string(raw))
	if db.IsUnique(err) {
		return errChanged
	}
	if err != nil {
		return fmt.Errorf("calendar %d: %w", v.Number, err)
	}
	return nil
}

func versions(ctx context.Context, q db.Querier) ([]Version, error) {
	rows, err := q.QueryContext(ctx, `select version, at, actor, reason from calendar order by version desc`)
	all, err := db.Rows(rows, err, func(r *sql.Rows) (Version, error) {
		var v Version
		err := r.Scan(&v.Number, (*db.Instant)(&v.At), &v.Actor, &v.Reason)
		v.At = v.At.In(time.UTC)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("versions of the calendar: %w", err)
	}
	return all, nil
}
