package db

import (
	"context"
	"database/sql"
	"fmt"
)

// Snapshot lets fn read the store as it is at one moment, however long that
// takes and whatever is written meanwhile. On SQLite the write-ahead log grows
// until fn returns.
func (d *DB) Snapshot(ctx context.Context, fn func(Querier) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if d.Dialect == PostgreSQL {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer tx.Rollback()
	return fn(tx)
}
