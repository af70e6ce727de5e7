package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/motcua/motcua/internal/errs"
)

// Proof shows that one event is in the log a checkpoint speaks of, without
// showing any other event. Whoever holds it needs only the log's public key.
type Proof struct {
	Index      int64       `json:"index"`      // the event's place in the log
	Leaf       string      `json:"leaf"`       // the event's line, salt included
	Hashes     []tlog.Hash `json:"hashes"`     // of its neighbours, on the way to the root
	Checkpoint string      `json:"checkpoint"` // the signed note
}

// Prove returns the proof that an event is in the log of the newest checkpoint.
// An event recorded within the last minute is not there yet: NotFound.
func (s *Spine) Prove(ctx context.Context, id string) (Proof, error) {
	last, err := latestCheckpoint(ctx, s.db)
	if err != nil {
		return Proof{}, fmt.Errorf("prove event %s: %w", id, err)
	}
	idx, err := leafIndex(ctx, s.db, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && idx >= last.Size {
		return Proof{}, &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: fmt.Errorf("event %s is not in the signed log", id)}
	}
	if err != nil {
		return Proof{}, fmt.Errorf("prove event %s: %w", id, err)
	}
	entries, err := logged(ctx, s.db, idx, idx+1)
	if err != nil {
		return Proof{}, err
	}
	if len(entries) != 1 {
		return Proof{}, fmt.Errorf("prove event %s: the store lacks it", id)
	}
	line, err := line(entries[0].Stored, entries[0].salt)
	if err != nil {
		return Proof{}, err
	}
	path, err := tlog.ProveRecord(last.Size, idx, newHashes(ctx, s.db))
	if err != nil {
		return Proof{}, fmt.Errorf("prove event %s: %w", id, err)
	}
	return Proof{Index: idx, Leaf: string(line), Hashes: path, Checkpoint: last.Note}, nil
}

// Verify checks the proof with the log's public keys and returns the event and
// the checkpoint.
func (p Proof) Verify(keys ...string) (Stored, Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, keys...)
	if err != nil {
		return Stored{}, Checkpoint{}, err
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, tlog.RecordHash([]byte(p.Leaf))); err != nil {
		return Stored{}, Checkpoint{}, fmt.Errorf("event %d of the log: %w", p.Index, err)
	}
	e, err := parseLine([]byte(p.Leaf))
	if err != nil {
		return Stored{}, Checkpoint{}, fmt.Errorf("event %d of the log: %w", p.Index, err)
	}
	return e, c, nil
}
