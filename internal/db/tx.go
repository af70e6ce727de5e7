package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is a transaction. A statement that fails ends it: whatever follows fails
// too, on both stores, and the callback's work is undone.
type Tx struct {
	sql    *sql.Tx
	cache  *stmts // nil on PostgreSQL, whose driver keeps its own
	failed error
}

// errEnded is the answer to a statement after one that failed.
var errEnded = errors.New("transaction has ended: an earlier statement failed")

// Tx runs fn in a transaction and returns when its work is durable, or undone.
//
// On SQLite, callbacks that wait at the same time run one after another in one
// transaction, each in its own savepoint, and share one commit: if fn fails or
// panics only its own work is undone, and nobody is told of success before the
// commit. The shared transaction runs on a context no request can cancel, since
// a cancelled statement would roll the neighbours back; a request given up
// before its turn does not run.
//
// fn runs once at the most, does no input or output but SQL on tx, and never
// calls Tx itself.
func (d *DB) Tx(ctx context.Context, fn func(*Tx) error) error {
	if d.group != nil {
		return d.group.do(ctx, fn)
	}
	sqlTx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{sql: sqlTx}
	defer sqlTx.Rollback() // after a commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if tx.failed != nil {
		return tx.failed
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// ExecContext runs a statement that returns no rows.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.failed != nil {
		return nil, fmt.Errorf("%w: %w", errEnded, t.failed)
	}
	ctx = t.context(ctx)
	var res sql.Result
	var err error
	if s := t.stmt(ctx, query); s != nil {
		res, err = s.ExecContext(ctx, args...)
	} else {
		res, err = t.sql.ExecContext(ctx, query, args...)
	}
	t.failed = err
	return res, err
}

// QueryContext reads rows inside the transaction. Close them before the next
// statement.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t.failed != nil {
		return nil, fmt.Errorf("%w: %w", errEnded, t.failed)
	}
	ctx = t.context(ctx)
	var rows *sql.Rows
	var err error
	if s := t.stmt(ctx, query); s != nil {
		rows, err = s.QueryContext(ctx, args...)
	} else {
		rows, err = t.sql.QueryContext(ctx, query, args...)
	}
	t.failed = err
	return rows, err
}

// QueryRowContext reads one row inside the transaction.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if t.failed != nil {
		return t.sql.QueryRowContext(over{ctx, fmt.Errorf("%w: %w", errEnded, t.failed)}, query)
	}
	ctx = t.context(ctx)
	var row *sql.Row
	if s := t.stmt(ctx, query); s != nil {
		row = s.QueryRowContext(ctx, args...)
	} else {
		row = t.sql.QueryRowContext(ctx, query, args...)
	}
	t.failed = row.Err()
	return row
}

// over is a context that has ended, with an error of our own. database/sql looks
// at it before it touches the connection, and it is the only way to make a
// [sql.Row] that holds an error.
type over struct {
	context.Context
	err error
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (over) Done() <-chan struct{} { return closed }
func (o over) Err() error          { return o.err }

// context takes the power to cancel away where a transaction is shared.
func (t *Tx) context(ctx context.Context) context.Context {
	if t.cache != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (t *Tx) stmt(ctx context.Context, query string) *sql.Stmt {
	if t.cache == nil {
		return nil
	}
	if s := t.cache.get(query); s != nil {
		return t.sql.StmtContext(ctx, s)
	}
	return nil
}
