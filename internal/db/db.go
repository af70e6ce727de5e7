// Package db is the store: one SQL text for SQLite and PostgreSQL.
//
// SQLite, the default, has one writer connection and a pool of readers. Writes
// that arrive together share one commit and so one fsync (see [DB.Tx]).
// PostgreSQL is reached through pgx's database/sql driver. Modules write
// portable SQL with $1 placeholders; moments go through [Instant].
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"modernc.org/sqlite"
)

// Dialect tells the two stores apart where one text cannot serve both.
type Dialect uint8

const (
	SQLite Dialect = iota
	PostgreSQL
)

// Querier runs SQL: a [DB] outside a transaction, a [Tx] inside one.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// DB is the store. Create it with [Open].
type DB struct {
	Dialect Dialect

	read  *sql.DB // SQLite: a pool that cannot write. PostgreSQL: the same as write
	write *sql.DB // SQLite: exactly one connection

	group *group // SQLite only: the queue of writers
	cache *stmts
}

// Open opens the store at address: "sqlite:PATH" or "postgres://…". It creates
// the SQLite file, but no tables; see package migrations.
func Open(ctx context.Context, address string) (*DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgreSQL(ctx, address)
	}
	return nil, fmt.Errorf("store address %q: want sqlite:PATH or postgres://…", redact(address))
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	dsn := func(extra ...string) string {
		pragmas := append([]string{"busy_timeout(10000)", "foreign_keys(1)", "temp_store(2)"}, extra...)
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()
	}
	// Without recursive_triggers a replace would pass by the triggers that refuse
	// to delete.
	write, err := sql.Open("sqlite", dsn("journal_mode(WAL)", "synchronous(FULL)", "recursive_triggers(1)", "cache_size(-65536)", "journal_size_limit(67108864)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn("query_only(1)", "cache_size(-16384)", "mmap_size(268435456)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	readers := max(4, 2*runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	d := &DB{Dialect: SQLite, read: read, write: write, cache: newStmts(write)}
	d.group = newGroup(write, d.cache)
	return d, nil
}

func openPostgreSQL(ctx context.Context, address string) (*DB, error) {
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redact(address), err)
	}
	pool.SetMaxOpenConns(32)
	pool.SetMaxIdleConns(32)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", redact(address), err), pool.Close())
	}
	return &DB{Dialect: PostgreSQL, read: pool, write: pool}, nil
}

// redact hides the password of a store's address.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}

// Close waits for the writers at work and closes the store.
func (d *DB) Close() error {
	if d.group == nil {
		return d.write.Close()
	}
	d.group.close()
	d.cache.close()
	return errors.Join(d.read.Close(), d.write.Close())
}

// Writer returns the pool that may write, for libraries that bring their own
// SQL (migrations, the job queue). On SQLite it has exactly one connection,
// which it shares with [DB.Tx]: never use it while holding a transaction.
func (d *DB) Writer() *sql.DB { return d.write }

// Ping reports whether the store answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// ExecContext runs one writing statement in a transaction of its own.
func (d *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	var res sql.Result
	err := d.Tx(ctx, func(tx *Tx) error {
		var err error
		res, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return res, err
}

// QueryContext reads rows. On SQLite it cannot write.
func (d *DB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.read.QueryContext(ctx, query, args...)
}

// QueryRowContext reads one row. On SQLite it cannot write.
func (d *DB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.read.QueryRowContext(ctx, query, args...)
}

// NewID returns a new identifier: a UUID of version 7, which sorts by time.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// IsUnique reports whether err says that a key or a unique column is taken.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqliteConstraintUnique || e.Code() == sqliteConstraintPrimaryKey
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

// SQLite's extended result codes, https://sqlite.org/rescode.html.
const (
	sqliteConstraintPrimaryKey = 1555
	sqliteConstraintUnique     = 2067
)

// Rows scans every row of a query into a slice. It closes rows.
func Rows[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
