package event

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Trust is what a verifier knows from elsewhere. A copy alone shows that it
// agrees with itself; these show that it is the copy of that log, and that the
// log was not begun anew.
type Trust struct {
	Since string   // text of a checkpoint kept from earlier; empty for none
	Keys  []string // the log's public keys; none means to believe those in the copy
}

// Report says what was verified.
type Report struct {
	Events      int64
	Checkpoints int
	Latest      Checkpoint
	Since       *Checkpoint // the earlier one before which nothing was rewritten
	Keys        []string    // which signed
}

// Fault is what is wrong with a copy of the log, and where.
type Fault struct {
	Index int64  // of the event in the log, from 0; -1 when it is not about one event
	Event string // its id
	What  string
}

func (f *Fault) Error() string {
	switch {
	case f.Index < 0:
		return f.What
	case f.Event == "":
		return fmt.Sprintf("event at index %d: %s", f.Index, f.What)
	}
	return fmt.Sprintf("event at index %d, id %s: %s", f.Index, f.Event, f.What)
}

func fault(format string, args ...any) error {
	return &Fault{Index: -1, What: fmt.Sprintf(format, args...)}
}

// longestLine bounds a line of a copy, and so the memory that verifying takes.
const longestLine = 1 << 20

// Verify checks a copy made by [Spine.Export], with nothing but the copy and
// what the verifier trusts. It reads every event once and recomputes the root of
// the log at every checkpoint: each signature is valid, each root is that of the
// events before it, nothing follows the newest one, and the checkpoint kept from
// earlier speaks of the same events. An error about the copy is a [*Fault].
func Verify(dir string, trust Trust) (Report, error) {
	keys, err := trustedKeys(dir, trust.Keys)
	if err != nil {
		return Report{}, err
	}
	v := verifier{report: Report{Keys: keys}}
	if err := v.readSince(trust.Since); err != nil {
		return Report{}, err
	}
	events, err := openLines(dir, eventsFile)
	if err != nil {
		return Report{}, err
	}
	defer events.close()
	leaves, err := openLines(dir, leavesFile)
	if err != nil {
		return Report{}, err
	}
	defer leaves.close()
	notes, err := openLines(dir, checkpointsFile)
	if err != nil {
		return Report{}, err
	}
	defer notes.close()
	v.events, v.leaves, v.notes = events, leaves, notes
	if err := v.run(); err != nil {
		return Report{}, err
	}
	latest, err := os.ReadFile(filepath.Join(dir, latestFile))
	if err != nil {
		return Report{}, fault("%s is missing", latestFile)
	}
	if string(latest) != v.report.Latest.Note {
		return Report{}, fault("%s is not the last of %s", latestFile, checkpointsFile)
	}
	return v.report, nil
}

func trustedKeys(dir string, trusted []string) ([]string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, keysFile))
	if err != nil {
		return nil, fault("%s is missing", keysFile)
	}
	keys := strings.Fields(string(raw))
	if string(raw) != strings.Join(keys, "\n")+"\n" {
		return nil, fault("%s is malformed", keysFile)
	}
	for _, k := range keys {
		if v, err := note.NewVerifier(k); err != nil || !strings.HasPrefix(k, fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash())) {
			return nil, fault("%s is malformed", keysFile)
		}
		if len(trusted) > 0 && !slices.Contains(trusted, k) {
			return nil, fault("%s holds a key that is not trusted: %s", keysFile, k)
		}
	}
	return keys, nil
}

// verifier walks through a copy.
type verifier struct {
	events, leaves, notes *lines
	tree                  tree
	report                Report
}

func (v *verifier) readSince(text string) error {
	if text == "" {
		return nil
	}
	c, err := OpenCheckpoint(text, v.report.Keys...)
	if err != nil {
		return fault("the earlier checkpoint is not one of this log: %v", err)
	}
	v.report.Since = &c
	return nil
}

func (v *verifier) run() error {
	since := v.report.Since
	for {
		c, err := v.nextCheckpoint()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		last := v.report.Latest
		if last.Note != "" && c.Size <= last.Size {
			return fault("checkpoints do not stand in the order of their sizes: %d after %d", c.Size, last.Size)
		}
		if since != nil && since.Size >= last.Size && since.Size < c.Size {
			if err := v.check(*since); err != nil {
				return err
			}
		}
		if err := v.check(c); err != nil {
			return err
		}
		v.report.Latest = c
		v.report.Checkpoints++
	}
	last := v.report.Latest
	switch {
	case last.Note == "":
		return fault("%s holds no checkpoint", checkpointsFile)
	case since != nil && since.Size > last.Size:
		return fault("the copy ends at %d events, yet the earlier checkpoint speaks of %d: the end is cut off", last.Size, since.Size)
	case since != nil && since.Size == last.Size && since.Root != last.Root:
		return v.rewritten(*since)
	}
	if _, err := v.events.next(); !errors.Is(err, io.EOF) {
		return &Fault{Index: v.tree.size, What: "no checkpoint speaks of it: inserted at the end"}
	}
	if _, err := v.leaves.next(); !errors.Is(err, io.EOF) {
		return fault("%s goes on after the last event", leavesFile)
	}
	v.report.Events = v.tree.size
	return nil
}

// nextCheckpoint reads a note: its text, an empty line, its signatures, and an
// empty line.
func (v *verifier) nextCheckpoint() (Checkpoint, error) {
	var text strings.Builder
	for empty := 0; ; {
		line, err := v.notes.next()
		if errors.Is(err, io.EOF) && text.Len() == 0 {
			return Checkpoint{}, io.EOF
		}
		if err != nil {
			return Checkpoint{}, fault("%s is cut off or malformed", checkpointsFile)
		}
		if len(line) == 0 {
			if empty++; empty == 2 {
				break
			}
		}
		text.Write(line)
		text.WriteByte('\n')
		if text.Len() > longestLine {
			return Checkpoint{}, fault("%s is malformed", checkpointsFile)
		}
	}
	c, err := OpenCheckpoint(text.String(), v.report.Keys...)
	if err != nil {
		return Checkpoint{}, fault("a checkpoint after that of %d events is forged or damaged: %v", v.report.Latest.Size, err)
	}
	return c, nil
}

// check reads events up to the size of c and compares the roots.
func (v *verifier) check(c Checkpoint) error {
	for v.tree.size < c.Size {
		if err := v.readEvent(c); err != nil {
			return err
		}
	}
	if v.tree.root() != c.Root {
		return v.rewritten(c)
	}
	return nil
}

func (v *verifier) rewritten(c Checkpoint) error {
	return &Fault{Index: -1, What: fmt.Sprintf("history was rewritten: the first %d events are not those the checkpoint of %s was signed for; up to %d they are",
		c.Size, c.At.Format(time.RFC3339), v.report.Latest.Size)}
}

// readEvent adds one event to the tree. The list of leaves is not what proves an
// event; it tells which one does not fit.
func (v *verifier) readEvent(c Checkpoint) error {
	at := v.tree.size
	text, err := v.events.next()
	if errors.Is(err, io.EOF) {
		return fault("the copy ends after %d events, yet a checkpoint speaks of %d: the end is cut off", at, c.Size)
	}
	if err != nil {
		return &Fault{Index: at, What: "its line is cut off or too long"}
	}
	hash := tlog.RecordHash(text)
	listed, id, err := v.nextLeaf()
	if err != nil {
		return err
	}
	if hash != listed {
		return v.locate(at, hash, id, listed)
	}
	e, err := parseLine(text)
	if err != nil || e.ID != id {
		return &Fault{Index: at, Event: id, What: "unreadable, or its id in " + leavesFile + " is another"}
	}
	v.tree.add(hash)
	return nil
}

func (v *verifier) nextLeaf() (tlog.Hash, string, error) {
	at := v.tree.size
	line, err := v.leaves.next()
	if err != nil {
		return tlog.Hash{}, "", fault("%s ends or is damaged at line %d", leavesFile, at+1)
	}
	text, id, ok := strings.Cut(string(line), " ")
	hash, err := tlog.ParseHash(text)
	if !ok || err != nil || hash.String() != text {
		return tlog.Hash{}, "", fault("%s is malformed at line %d", leavesFile, at+1)
	}
	return hash, id, nil
}

// locate says what happened to the event at an index whose hash is not the
// listed one, by a look at the next.
func (v *verifier) locate(at int64, hash tlog.Hash, id string, listed tlog.Hash) error {
	var next tlog.Hash
	if text, err := v.events.next(); err == nil {
		next = tlog.RecordHash(text)
	}
	after, _, err := v.nextLeaf()
	moved := err == nil && hash == after
	switch {
	case moved && next == listed:
		return &Fault{at, id, "it stands in another order than in the log"}
	case moved:
		return &Fault{at, id, "it was removed"}
	case next == listed:
		return &Fault{at, "", "it was inserted"}
	}
	return &Fault{at, id, "its text was changed (or its line in " + leavesFile + ")"}
}

// lines reads a file line by line; each must end with a line feed.
type lines struct {
	f *os.File
	r *bufio.Reader
}

func openLines(dir, name string) (*lines, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, fault("%s is missing or unreadable", name)
	}
	return &lines{f, bufio.NewReaderSize(f, 1<<16)}, nil
}

func (l *lines) close() { l.f.Close() } // it was only read

// next returns the next line without its end. The bytes are valid until the
// next call.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) && len(long) < longestLine {
		line, err = l.r.ReadSlice('\n')
		long = append(long, line...)
	}
	if err == nil {
		return long[:len(long)-1], nil
	}
	if errors.Is(err, io.EOF) && len(long) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return nil, err
}
