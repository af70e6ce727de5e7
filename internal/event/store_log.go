package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/motcua/motcua/internal/db"
)

// entry is an event with its salt.
type entry struct {
	Stored
	salt []byte
}

func scanEntry(rows *sql.Rows) (entry, error) {
	var e entry
	err := rows.Scan(&e.ID, (*db.Instant)(&e.At), &e.Actor, &e.Unit, &e.Subject, &e.Kind, (*[]byte)(&e.Data), &e.salt)
	return e, err
}

// pending returns events that are not in the log yet, in the order of their ids.
func pending(ctx context.Context, q db.Querier, limit int) ([]entry, error) {
	rows, err := q.QueryContext(ctx, `
		select e.id, e.at, e.actor, e.unit, e.subject, e.kind, e.data, e.salt
		from event_pending p join event e on e.id = p.event_id
		order by p.event_id limit $1`, limit)
	entries, err := db.Rows(rows, err, scanEntry)
	if err != nil {
		return nil, fmt.Errorf("read pending events: %w", err)
	}
	return entries, nil
}

// logged returns the events from the given index of the log on.
func logged(ctx context.Context, q db.Querier, from, to int64) ([]entry, error) {
	rows, err := q.QueryContext(ctx, `
		select e.id, e.at, e.actor, e.unit, e.subject, e.kind, e.data, e.salt
		from event_leaf l join event e on e.id = l.event_id
		where l.idx >= $1 and l.idx < $2 order by l.idx`, from, to)
	entries, err := db.Rows(rows, err, scanEntry)
	if err != nil {
		return nil, fmt.Errorf("read the log from %d: %w", from, err)
	}
	return entries, nil
}

// logSize returns how many leaves the log has.
func logSize(ctx context.Context, q db.Querier) (int64, error) {
	var size int64
	if err := q.QueryRowContext(ctx, `select coalesce(max(idx) + 1, 0) from event_leaf`).Scan(&size); err != nil {
		return 0, fmt.Errorf("size of the log: %w", err)
	}
	return size, nil
}

// leafIndex returns where in the log an event is.
func leafIndex(ctx context.Context, q db.Querier, id string) (int64, error) {
	var idx int64
	err := q.QueryRowContext(ctx, `select idx from event_leaf where event_id = $1`, id).Scan(&idx)
	return idx, err
}

// appendLeaves writes leaves and hashes, and takes the events off the list of
// those pending.
func appendLeaves(ctx context.Context, tx *db.Tx, size int64, ids []string, r *hashes) error {
	leaves := make([][]any, len(ids))
	done := make([][]any, len(ids))
	for i, id := range ids {
		leaves[i], done[i] = []any{size + int64(i), id}, []any{id}
	}
	nodes := make([][]any, len(r.added))
	for i, h := range r.added {
		nodes[i] = []any{r.first + int64(i), h[:]}
	}
	for _, step := range []struct {
		before, row, after string
		rows               [][]any
	}{
		{`insert into event_leaf (idx, event_id) values `, "(?, ?)", "", leaves},
		{`insert into event_hash (idx, hash) values `, "(?, ?)", "", nodes},
		{`delete from event_pending where event_id in (`, "?", ")", done},
	} {
		if err := execRows(ctx, tx, step.before, step.row, step.after, step.rows); err != nil {
			return fmt.Errorf("append to the log at %d: %w", size, err)
		}
	}
	return nil
}

// execRows runs one statement for many rows, in portions of a few sizes only, so
// that their texts stay prepared.
func execRows(ctx context.Context, tx *db.Tx, before, row, after string, rows [][]any) error {
	for len(rows) > 0 {
		n := 1
		for n < 64 && 4*n <= len(rows) {
			n *= 4
		}
		var text strings.Builder
		text.WriteString(before)
		var args []any
		for i, values := range rows[:n] {
			if i > 0 {
				text.WriteString(", ")
			}
			one := row
			for _, v := range values {
				args = append(args, v)
				one = strings.Replace(one, "?", fmt.Sprint("$", len(args)), 1)
			}
			text.WriteString(one)
		}
		text.WriteString(after)
		if _, err := tx.ExecContext(ctx, text.String(), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// hashes reads the stored hashes of the Merkle tree, and keeps those not yet
// stored.
type hashes struct {
	ctx   context.Context // of the one call it serves: tlog's interface has none
	q     db.Querier
	known map[int64]tlog.Hash
	first int64 // the index of added[0]
	added []tlog.Hash
}

func newHashes(ctx context.Context, q db.Querier) *hashes {
	return &hashes{ctx: ctx, q: q, known: map[int64]tlog.Hash{}}
}

// grow notes new hashes, the first of them at the given index.
func (r *hashes) grow(at int64, new []tlog.Hash) {
	if len(r.added) == 0 {
		r.first = at
	}
	r.added = append(r.added, new...)
}

// ReadHashes implements [tlog.HashReader].
func (r *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		if n := idx - r.first; len(r.added) > 0 && n >= 0 && n < int64(len(r.added)) {
			found[i] = r.added[n]
			continue
		}
		h, ok := r.known[idx]
		if !ok {
			var raw []byte
			if err := r.q.QueryRowContext(r.ctx, `select hash from event_hash where idx = $1`, idx).Scan(&raw); err != nil {
				return nil, fmt.Errorf("read hash %d of the log: %w", idx, err)
			}
			if len(raw) != tlog.HashSize {
				return nil, fmt.Errorf("hash %d of the log has %d bytes", idx, len(raw))
			}
			h = tlog.Hash(raw)
			r.known[idx] = h
		}
		found[i] = h
	}
	return found, nil
}

// saveCheckpoint stores a checkpoint and the key that signed it. Where another
// node signed the same size, its checkpoint stays.
func saveCheckpoint(ctx context.Context, d *db.DB, c Checkpoint, public string) error {
	err := d.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.ExecContext(ctx, `
			insert into event_key (public, since) values ($1, $2) on conflict do nothing`,
			public, db.Instant(c.At)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			insert into event_checkpoint (size, at, note) values ($1, $2, $3) on conflict do nothing`,
			c.Size, db.Instant(c.At), c.Note)
		return err
	})
	if err != nil {
		return fmt.Errorf("save checkpoint of %d: %w", c.Size, err)
	}
	return nil
}

// signed is a checkpoint's row.
type signed struct {
	size int64
	note string
}

// checkpoints returns those of a larger size than the given one, by size.
func checkpoints(ctx context.Context, q db.Querier, after int64, limit int) ([]signed, error) {
	rows, err := q.QueryContext(ctx, `
		select size, note from event_checkpoint where size > $1 order by size limit $2`, after, limit)
	all, err := db.Rows(rows, err, func(rows *sql.Rows) (signed, error) {
		var c signed
		return c, rows.Scan(&c.size, &c.note)
	})
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return all, nil
}

// latestCheckpoint returns the newest checkpoint, or the zero one where nothing
// was signed yet.
func latestCheckpoint(ctx context.Context, q db.Querier) (Checkpoint, error) {
	var text string
	err := q.QueryRowContext(ctx, `select note from event_checkpoint order by size desc limit 1`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("newest checkpoint: %w", err)
	}
	keys, err := publicKeys(ctx, q)
	if err != nil {
		return Checkpoint{}, err
	}
	return OpenCheckpoint(text, keys...)
}

// publicKeys returns the keys that signed checkpoints, the oldest first.
func publicKeys(ctx context.Context, q db.Querier) ([]string, error) {
	rows, err := q.QueryContext(ctx, `select public from event_key order by since, public`)
	keys, err := db.Rows(rows, err, func(rows *sql.Rows) (string, error) {
		var k string
		return k, rows.Scan(&k)
	})
	if err != nil {
		return nil, fmt.Errorf("keys of the log: %w", err)
	}
	return keys, nil
}
