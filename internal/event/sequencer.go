package event

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/motcua/motcua/internal/db"
)

const (
	sequenceEvery   = 500 * time.Millisecond
	checkpointEvery = time.Minute
	yieldFor        = 20 * sequenceEvery // to a sequencer of another node
	sequenceLimit   = 256                // leaves in one transaction
)

// Sequencer takes recorded events into the log, just behind the commits, and
// signs its state each minute. Several nodes may run one: each position and each
// event has room for one leaf, so whoever comes second fails, writes nothing, and
// leaves the work to the first for a while.
type Sequencer struct {
	db  *db.DB
	key *Key
	log *slog.Logger
	now func() time.Time
}

// NewSequencer returns a sequencer that signs with the given key.
func NewSequencer(d *db.DB, key *Key, log *slog.Logger, now func() time.Time) *Sequencer {
	return &Sequencer{db: d, key: key, log: log, now: now}
}

// Run sequences and signs until ctx ends; then it takes in what is left, and
// signs a last time.
func (s *Sequencer) Run(ctx context.Context) {
	tick := time.NewTicker(sequenceEvery)
	defer tick.Stop()
	minute := time.NewTicker(checkpointEvery)
	defer minute.Stop()
	var yield time.Time
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			s.sequence(last)
			s.checkpoint(last)
			return
		case <-minute.C:
			s.checkpoint(ctx)
		case now := <-tick.C:
			if now.After(yield) && !s.sequence(ctx) {
				yield = now.Add(yieldFor + rand.N(yieldFor))
			}
		}
	}
}

// sequence takes in all that is pending. It reports false when another
// sequencer is at it.
func (s *Sequencer) sequence(ctx context.Context) bool {
	for {
		n, err := s.Sequence(ctx)
		switch {
		case db.IsUnique(err):
			return false
		case err != nil && ctx.Err() == nil:
			s.log.ErrorContext(ctx, "sequence events", "err", err)
			return true
		case n < sequenceLimit:
			return true
		}
	}
}

func (s *Sequencer) checkpoint(ctx context.Context) {
	if _, err := s.Checkpoint(ctx); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "sign the log", "err", err)
	}
}

// Sequence takes pending events into the log, in the order of their ids, as many
// as one transaction should hold. It returns how many.
func (s *Sequencer) Sequence(ctx context.Context) (int, error) {
	entries, err := pending(ctx, s.db, sequenceLimit)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	leaves := make([]tlog.Hash, len(entries))
	ids := make([]string, len(entries))
	for i, e := range entries {
		line, err := line(e.Stored, e.salt)
		if err != nil {
			return 0, err
		}
		ids[i], leaves[i] = e.ID, tlog.RecordHash(line)
	}
	return len(ids), s.db.Tx(ctx, func(tx *db.Tx) error {
		size, err := logSize(ctx, tx)
		if err != nil {
			return err
		}
		r := newHashes(ctx, tx)
		for i, h := range leaves {
			hashes, err := tlog.StoredHashesForRecordHash(size+int64(i), h, r)
			if err != nil {
				return err
			}
			r.grow(tlog.StoredHashIndex(0, size+int64(i)), hashes)
		}
		return appendLeaves(ctx, tx, size, ids, r)
	})
}

// Checkpoint signs the state of the log, if it grew since the last time, and
// returns the newest checkpoint.
func (s *Sequencer) Checkpoint(ctx context.Context) (Checkpoint, error) {
	size, err := logSize(ctx, s.db)
	if err != nil {
		return Checkpoint{}, err
	}
	last, err := latestCheckpoint(ctx, s.db)
	if err != nil {
		return Checkpoint{}, err
	}
	if last.Note != "" && last.Size >= size || size == 0 {
		return last, nil
	}
	root, err := tlog.TreeHash(size, newHashes(ctx, s.db))
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := s.key.sign(size, root, s.now())
	if err != nil {
		return Checkpoint{}, err
	}
	return c, saveCheckpoint(ctx, s.db, c, s.key.Public)
}
