package event_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/job"
)

var quiet = slog.New(slog.DiscardHandler)

// ledger is a store with its spine and sequencer.
type ledger struct {
	*event.Spine
	db  *db.DB
	seq *event.Sequencer
	key *event.Key
	now time.Time
}

func newLedger(t testing.TB, d *db.DB) *ledger {
	t.Helper()
	key, err := event.LoadOrCreateKey(filepath.Join(t.TempDir(), "log.key"), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{db: d, key: key, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return l.now }
	l.Spine = event.New(d, job.New(d, quiet, clock), nil, clock)
	l.seq = event.NewSequencer(d, key, quiet, clock)
	return l
}

func eachLedger(t *testing.T, test func(*testing.T, *ledger)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newLedger(t, d)) })
}

// record records n events.
func (l *ledger) record(t testing.TB, n int) []event.Event {
	t.Helper()
	var all []event.Event
	for i := range n {
		err := l.db.Tx(t.Context(), func(tx *db.Tx) error {
			e, err := l.Record(t.Context(), tx, event.Event{Actor: "an", Unit: "vpdk", Subject: fmt.Sprint("dossier:", i%3), Kind: "dossier.filed", Data: map[string]any{"number": i, "reason": "thiếu <giấy>"}})
			all = append(all, e)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sign takes in what is pending and signs, a minute later.
func (l *ledger) sign(t testing.TB) event.Checkpoint {
	t.Helper()
	for {
		n, err := l.seq.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	l.now = l.now.Add(time.Minute)
	c, err := l.seq.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (l *ledger) export(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if _, err := l.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		if _, err := l.Export(t.Context(), t.TempDir()); err == nil {
			t.Error("exported a log without a checkpoint")
		}
		l.record(t, 5)
		first := l.sign(t)
		if again := l.sign(t); again != first {
			t.Errorf("signed again although nothing grew: %+v", again)
		}
		l.record(t, 300) // more than one transaction takes
		second := l.sign(t)
		l.record(t, 1) // not signed: not in the copy
		dir := l.export(t)

		report, err := event.Verify(dir, event.Trust{Since: first.Note, Keys: []string{l.key.Public}})
		if err != nil {
			t.Fatal(err)
		}
		want := event.Report{Events: 305, Checkpoints: 2, Latest: second, Since: &first, Keys: []string{l.key.Public}}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		if n, err := l.Pending(t.Context()); n != 1 || err != nil {
			t.Errorf("Pending = %d, %v", n, err)
		}
		if _, err := l.Export(t.Context(), dir); err == nil {
			t.Error("exported over another copy")
		}
	})
}

// TestSameBytes compares the lines that both stores make of the same events.
func TestLeafBytes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		var e event.Event
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			var err error
			e, err = l.Record(t.Context(), tx, event.Event{At: time.Date(2026, 3, 2, 9, 30, 0, 1999, time.FixedZone("", 7*3600)), Actor: "an", Subject: "dossier:1", Kind: "dossier.filed",
				Data: json.RawMessage(`{ "z": [1, -2, true, null], "á": "<&>\u2028\t\"\\", "a": {"y": 9007199254740992, "x": {}} }`)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		l.sign(t)
		raw, err := os.ReadFile(filepath.Join(l.export(t), "events.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"id":"` + e.ID + `","at":"2026-03-02T02:30:00.000001Z","actor":"an","unit":"","subject":"dossier:1","kind":"dossier.filed","data":` +
			`{"a":{"x":{},"y":9007199254740992},"z":[1,-2,true,null],"á":"<&>\u2028\t\"\\"},"salt":"`
		if got := string(raw); !strings.HasPrefix(got, want) {
			t.Errorf("leaf:\n%s\nwant\n%s…", got, want)
		}
	})
}

// TestEveryByte changes each byte of each file of a copy, one at a time.
func TestEveryByte(t *testing.T) {
	l := newLedger(t, dbtest.SQLite(t))
	events := l.record(t, 2)
	l.sign(t)
	events = append(events, l.record(t, 1)...)
	l.sign(t)
	dir := l.export(t)
	verify := func() error { _, err := event.Verify(dir, event.Trust{}); return err }
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"events.jsonl", "leaves.txt", "checkpoints.txt", "checkpoint.txt", "keys.txt"} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			for _, flip := range []byte{0x01, 0x20} {
				changed := bytes.Clone(whole)
				changed[i] ^= flip
				if err := os.WriteFile(path, changed, 0o644); err != nil {
					t.Fatal(err)
				}
				err := verify()
				f, ok := errors.AsType[*event.Fault](err)
				if !ok {
					t.Fatalf("%s: byte %d changed, Verify = %v", name, i, err)
				}
				if name != "events.jsonl" {
					continue
				}
				if n := int64(bytes.Count(whole[:i], []byte("\n"))); f.Index != n || f.Event != events[n].ID && whole[i] != '\n' {
					t.Fatalf("byte %d of event %d changed, blamed: %v", i, n, f)
				}
			}
		}
		for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
			if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if err := verify(); err == nil {
				t.Errorf("%s: cut off at %d of %d, unnoticed", name, n, len(whole))
			}
		}
		if err := os.WriteFile(path, append(bytes.Clone(whole), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := verify(); err == nil {
			t.Errorf("%s: an empty line at the end, unnoticed", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := verify(); err == nil {
			t.Errorf("%s: removed, unnoticed", name)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := verify(); err != nil {
		t.Fatalf("restored: %v", err)
	}
}

// TestOrder removes, inserts and moves whole lines.
func TestOrder(t *testing.T) {
	l := newLedger(t, dbtest.SQLite(t))
	events := l.record(t, 6)
	l.sign(t)
	dir := l.export(t)
	path := filepath.Join(dir, "events.jsonl")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")[:6]
	forged := strings.Replace(lines[0], "vpdk", "xxxx", 1)
	for _, tt := range []struct {
		name  string
		lines []string
		index int64
		event string
		what  string
	}{
		{"removed", []string{lines[0], lines[1], lines[3], lines[4], lines[5]}, 2, events[2].ID, "removed"},
		{"the last removed", lines[:5], -1, "", "cut off"},
		{"inserted", []string{lines[0], forged, lines[1], lines[2], lines[3], lines[4], lines[5]}, 1, "", "inserted"},
		{"doubled", []string{lines[0], lines[0], lines[1], lines[2], lines[3], lines[4], lines[5]}, 1, "", "inserted"},
		{"appended", append(append([]string{}, lines...), forged), 6, "", "inserted at the end"},
		{"swapped", []string{lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]}, 1, events[1].ID, "order"},
		{"changed", []string{forged, lines[1], lines[2], lines[3], lines[4], lines[5]}, 0, events[0].ID, "changed"},
		{"too long", []string{lines[0][:20] + strings.Repeat("x", 2<<20) + lines[0][20:]}, 0, "", "too long"},
	} {
		if err := os.WriteFile(path, []byte(strings.Join(tt.lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := event.Verify(dir, event.Trust{})
		f, ok := errors.AsType[*event.Fault](err)
		if !ok || f.Index != tt.index || f.Event != tt.event || !strings.Contains(f.What, tt.what) {
			t.Errorf("%s: Verify = %v", tt.name, err)
		}
	}
}

// TestRewritten lets the owner of the key forge: a second log is grown under the
// same key and passed off as the first. Only a checkpoint kept from earlier can
// tell, and does.
func TestRewritten(t *testing.T) {
	l := newLedger(t, dbtest.SQLite(t))
	l.record(t, 4)
	kept := l.sign(t)

	other := dbtest.SQLite(t)
	forger := event.NewSequencer(other, l.key, quiet, func() time.Time { return l.now })
	spine := event.New(other, job.New(other, quiet, time.Now), nil, time.Now)
	f := &ledger{Spine: spine, db: other, seq: forger, key: l.key, now: l.now}
	f.record(t, 9)
	f.sign(t)
	dir := f.export(t)
	if _, err := event.Verify(dir, event.Trust{Keys: []string{l.key.Public}}); err != nil {
		t.Fatalf("the forged log does not agree with itself: %v", err)
	}
	if _, err := event.Verify(dir, event.Trust{Since: kept.Note}); err == nil || !strings.Contains(err.Error(), "rewritten") {
		t.Errorf("Verify since a kept checkpoint = %v", err)
	}

	// An older, shorter copy of the true log: cut off.
	short := l.export(t)
	l.record(t, 1)
	newer := l.sign(t)
	if _, err := event.Verify(short, event.Trust{Since: newer.Note}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("Verify of a shorter copy = %v", err)
	}
	if r, err := event.Verify(short, event.Trust{Since: kept.Note}); err != nil || r.Since.Size != 4 {
		t.Errorf("Verify since the same checkpoint = %+v, %v", r, err)
	}

	// A log signed by somebody else.
	stranger := newLedger(t, dbtest.SQLite(t))
	stranger.record(t, 4)
	stranger.sign(t)
	dir = stranger.export(t)
	if _, err := event.Verify(dir, event.Trust{Keys: []string{l.key.Public}}); err == nil {
		t.Error("a stranger's log passes under a trusted key")
	}
	if _, err := event.Verify(dir, event.Trust{Since: kept.Note}); err == nil {
		t.Error("a stranger's log passes since a kept checkpoint")
	}
}

// TestForgedTogether changes an event and the list of leaves alike: the root
// still tells.
func TestForgedTogether(t *testing.T) {
	l := newLedger(t, dbtest.SQLite(t))
	l.record(t, 4)
	l.sign(t)
	l.record(t, 4)
	l.sign(t)
	dir, other := l.export(t), newLedger(t, dbtest.SQLite(t))
	other.record(t, 8)
	other.sign(t)
	forged := other.export(t)
	for _, name := range []string{"events.jsonl", "leaves.txt"} {
		mine, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := os.ReadFile(filepath.Join(forged, name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(mine, []byte("\n"))
		lines[6] = bytes.SplitAfter(theirs, []byte("\n"))[6]
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Join(lines, nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := event.Verify(dir, event.Trust{})
	if err == nil || !strings.Contains(err.Error(), "first 8 events are not those") || !strings.Contains(err.Error(), "up to 4 they are") {
		t.Errorf("Verify = %v", err)
	}
}

// TestTwoSequencers lets several race over the same events while more are
// recorded: each event is in the log exactly once.
func TestTwoSequencers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		const clients, each = 4, 100
		ctx, stop := context.WithCancel(t.Context())
		var sequencers, recorders sync.WaitGroup
		for range 3 {
			sequencers.Go(func() {
				s := event.NewSequencer(d, l.key, quiet, time.Now)
				for ctx.Err() == nil {
					if _, err := s.Sequence(t.Context()); err != nil && !db.IsUnique(err) {
						t.Error(err)
						return
					}
					if _, err := s.Checkpoint(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range clients {
			recorders.Go(func() { l.record(t, each) })
		}
		recorders.Wait()
		stop()
		sequencers.Wait()
		l.sign(t)
		var recorded, leaves, pending int
		if err := d.QueryRowContext(t.Context(), `select (select count(*) from event), (select count(*) from event_leaf), (select count(*) from event_pending)`).Scan(&recorded, &leaves, &pending); err != nil {
			t.Fatal(err)
		}
		if recorded != clients*each || leaves != recorded || pending != 0 {
			t.Errorf("%d recorded, %d in the log, %d pending", recorded, leaves, pending)
		}
		report, err := event.Verify(l.export(t), event.Trust{})
		if err != nil || report.Events != clients*each {
			t.Errorf("Verify = %+v, %v", report, err)
		}
		t.Logf("%d checkpoints", report.Checkpoints)
	})
}

// TestRun starts a sequencer, and stops it before its first tick: nothing is left
// behind.
func TestRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		l.record(t, 3)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		l.seq.Run(ctx)
		c, err := l.Latest(t.Context())
		if err != nil || c.Size != 3 {
			t.Errorf("Latest = %+v, %v", c, err)
		}
	})
}

func TestProve(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLedger(t, d)
		if _, err := l.Latest(t.Context()); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Latest of an empty log = %v", err)
		}
		events := l.record(t, 11)
		if _, err := l.Prove(t.Context(), events[0].ID); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Prove before a checkpoint = %v", err)
		}
		l.sign(t)
		for i, e := range events {
			p, err := l.Prove(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(p) // as a page would give it
			if err != nil {
				t.Fatal(err)
			}
			var read event.Proof
			if err := json.Unmarshal(raw, &read); err != nil {
				t.Fatal(err)
			}
			got, c, err := read.Verify(l.key.Public)
			if err != nil || got.ID != e.ID || c.Size != 11 || read.Index != int64(i) {
				t.Errorf("proof of event %d: %+v, %+v, %v", i, got, c, err)
			}
			read.Leaf = strings.Replace(read.Leaf, "vpdk", "xxxx", 1)
			if _, _, err := read.Verify(l.key.Public); err == nil {
				t.Error("a changed event is still proven")
			}
			p.Index = (p.Index + 1) % 11
			if _, _, err := p.Verify(l.key.Public); err == nil {
				t.Error("proven at another index")
			}
		}
	})
}

func TestLoadOrCreateKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.key")
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[string]bool{}
	for range 8 { // nodes that start together over one folder
		wg.Go(func() {
			k, err := event.LoadOrCreateKey(path, "test.example/log")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[k.Public] = true
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("%d keys in one file", len(seen))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	for _, bad := range []string{"", "nonsense", "PRIVATE+KEY+a+b+c"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := event.LoadOrCreateKey(path, "x"); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
	if _, err := event.LoadOrCreateKey(filepath.Join(t.TempDir(), "k"), "no spaces allowed"); err == nil {
		t.Error("a name with spaces is accepted")
	}
}
