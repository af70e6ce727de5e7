package event

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/motcua/motcua/internal/errs"
)

// The files of a copy of the log.
const (
	eventsFile      = "events.jsonl"    // the leaves, one a line, in the order of the log
	leavesFile      = "leaves.txt"      // their hashes and the events' ids, one pair a line
	checkpointsFile = "checkpoints.txt" // all checkpoints, each followed by an empty line
	latestFile      = "checkpoint.txt"  // the newest one: the file to keep for later
	keysFile        = "keys.txt"        // the public keys that signed them
)

const exportPortion = 1000

// Export writes a copy of the log as it was at its newest checkpoint into dir,
// which must be empty or not yet exist. Events not yet signed are left for the
// next copy. It returns the checkpoint.
func (s *Spine) Export(ctx context.Context, dir string) (Checkpoint, error) {
	last, err := latestCheckpoint(ctx, s.db)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("export the log: %w", err)
	}
	if last.Note == "" {
		return Checkpoint{}, errors.New("export the log: no checkpoint was signed yet")
	}
	if err := s.export(ctx, dir, last); err != nil {
		return Checkpoint{}, fmt.Errorf("export the log: %w", err)
	}
	return last, nil
}

func (s *Spine) export(ctx context.Context, dir string, last Checkpoint) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		return errors.Join(fmt.Errorf("%s is not empty", dir), err)
	}
	keys, err := publicKeys(ctx, s.db)
	if err != nil {
		return err
	}
	events, leaves, checks := create(dir, eventsFile), create(dir, leavesFile), create(dir, checkpointsFile)
	err = errors.Join(s.exportLeaves(ctx, last.Size, events, leaves), s.exportCheckpoints(ctx, last.Size, checks))
	return errors.Join(err, events.close(), leaves.close(), checks.close(),
		write(dir, latestFile, last.Note), write(dir, keysFile, strings.Join(keys, "\n")+"\n"))
}

func (s *Spine) exportLeaves(ctx context.Context, size int64, events, leaves *file) error {
	for from := int64(0); from < size; from += exportPortion {
		to := min(from+exportPortion, size)
		entries, err := logged(ctx, s.db, from, to)
		if err != nil {
			return err
		}
		if int64(len(entries)) != to-from {
			return fmt.Errorf("the store lacks events of the log between %d and %d", from, to)
		}
		for _, e := range entries {
			line, err := line(e.Stored, e.salt)
			if err != nil {
				return err
			}
			fmt.Fprintf(events, "%s\n", line)
			fmt.Fprintf(leaves, "%s %s\n", tlog.RecordHash(line), e.ID)
		}
	}
	return nil
}

func (s *Spine) exportCheckpoints(ctx context.Context, size int64, out *file) error {
	for after := int64(-1); after < size; {
		portion, err := checkpoints(ctx, s.db, after, exportPortion)
		if err != nil || len(portion) == 0 {
			return err
		}
		for _, c := range portion {
			if after = c.size; c.size <= size {
				fmt.Fprintf(out, "%s\n", c.note)
			}
		}
	}
	return nil
}

// file is a file written through a buffer. Errors, that of creation included,
// stay until close.
type file struct {
	*bufio.Writer
	f   *os.File
	err error
}

func create(dir, name string) *file {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	return &file{Writer: bufio.NewWriterSize(f, 1<<16), f: f, err: err}
}

func (f *file) close() error {
	if f.err != nil {
		return f.err
	}
	return errors.Join(f.Flush(), f.f.Sync(), f.f.Close())
}

func write(dir, name, text string) error {
	f := create(dir, name)
	f.WriteString(text)
	return f.close()
}

// Latest returns the newest checkpoint.
func (s *Spine) Latest(ctx context.Context) (Checkpoint, error) {
	c, err := latestCheckpoint(ctx, s.db)
	if err == nil && c.Note == "" {
		err = &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: errors.New("no checkpoint was signed yet")}
	}
	return c, err
}

// Size returns how many events the log holds.
func (s *Spine) Size(ctx context.Context) (int64, error) { return logSize(ctx, s.db) }

// LastSigned returns when the newest checkpoint was signed, or the zero time.
func (s *Spine) LastSigned(ctx context.Context) (time.Time, error) {
	c, err := latestCheckpoint(ctx, s.db)
	return c.At, err
}

// Keys returns the public keys that signed checkpoints, the newest last.
func (s *Spine) Keys(ctx context.Context) ([]string, error) { return publicKeys(ctx, s.db) }
