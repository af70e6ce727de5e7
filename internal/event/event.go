// Package event is the spine: every lawful act (hành vi hành chính) is one row,
// written in the transaction that made it true, and never changed.
//
// Timelines, clocks, statistics, notices and messages to partners are read from
// events. Events name persons and papers by id; they hold no personal data (dữ
// liệu cá nhân) and no free text, so that a person's data can be erased and the
// record stays whole and verifiable. [CheckData] is the net under that rule.
//
// Just behind the commits a [Sequencer] takes every event into a Merkle log and
// signs its size and root each minute. Whoever keeps such a [Checkpoint] can tell
// from any later copy ([Spine.Export]) that nothing before it was changed
// ([Verify]); whoever holds a [Proof] can show one event without the others.
package event

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/job"
)

// Event is one act, to be recorded.
type Event struct {
	ID      string    // given by [Spine.Record]
	At      time.Time // when it was done; now if zero
	Actor   actor.ID  // who did it
	Unit    string    // the unit the actor acted for; empty for a citizen
	Subject string    // what it was done to: "dossier:<id>", "account:<id>", …
	Kind    string    // a constant of the module: "dossier.filed"; never renamed
	Data    any       // a struct or map of ids, codes, dates and whole numbers; nil for nothing
}

// Stored is an event as it was recorded.
type Stored struct {
	ID      string
	At      time.Time
	Actor   actor.ID
	Unit    string
	Subject string
	Kind    string
	Data    json.RawMessage
}

// Decode reads the event's data into v.
func (e Stored) Decode(v any) error {
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("data of event %s: %w", e.ID, err)
	}
	return nil
}

// Subscriber is who wants to be told of a kind of event: each has its own job,
// which is tried again alone. Package app holds the one table of them.
type Subscriber struct {
	Kind string
	Job  func(eventID string) job.Args
}

// Inserter adds jobs in the caller's transaction. A [job.Queue] is one.
type Inserter interface {
	Insert(ctx context.Context, tx *db.Tx, args ...job.Args) error
}

// Spine records events and reads them.
type Spine struct {
	db    *db.DB
	queue Inserter
	facts map[string][]func(string) job.Args
	now   func() time.Time
}

// New returns the spine of the given store, which tells the subscribers of
// facts.
func New(d *db.DB, q Inserter, facts []Subscriber, now func() time.Time) *Spine {
	s := &Spine{db: d, queue: q, facts: map[string][]func(string) job.Args{}, now: now}
	for _, f := range facts {
		if f.Kind == "" || f.Job == nil {
			panic("event: a subscriber without kind or job")
		}
		s.facts[f.Kind] = append(s.facts[f.Kind], f.Job)
	}
	return s
}

// Record writes an event in the caller's transaction, and with it a job for
// each subscriber. It returns the event with its id and time.
func (s *Spine) Record(ctx context.Context, tx *db.Tx, e Event) (Event, error) {
	if e.Actor == "" || e.Subject == "" || e.Kind == "" {
		return Event{}, fmt.Errorf("record event %q of %q: it wants an actor, a subject and a kind", e.Kind, e.Subject)
	}
	if e.At.IsZero() {
		e.At = s.now()
	}
	e.At = e.At.UTC().Truncate(time.Microsecond) // as the store keeps it
	e.ID = db.NewID()
	data, err := CheckData(e.Data)
	if err != nil {
		return Event{}, fmt.Errorf("record event %s: %w", e.Kind, err)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	if err := insert(ctx, tx, e, data, salt); err != nil {
		return Event{}, err
	}
	told := s.facts[e.Kind]
	if len(told) == 0 {
		return e, nil
	}
	jobs := make([]job.Args, len(told))
	for i, args := range told {
		jobs[i] = args(e.ID)
	}
	if err := s.queue.Insert(ctx, tx, jobs...); err != nil {
		return Event{}, fmt.Errorf("record event %s: %w", e.Kind, err)
	}
	return e, nil
}
