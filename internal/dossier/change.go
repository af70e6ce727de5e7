package dossier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// change is an act being done: what is read, decided, and then written together.
type change struct {
	by   actor.Actor
	unit string // the actor acts for
	now  time.Time

	d        *Dossier // as it will be
	was      State
	v        *procedure.Version
	calendar worktime.Calendar
	happened []Entry

	fact   Fact
	note   string                              // free text, kept apart from the event
	before func(context.Context, *db.Tx) error // what the dossier must know before it is written; may be nil
	writes []func(context.Context, *db.Tx) error
}

// also adds something to be written with the act.
func (c *change) also(write func(context.Context, *db.Tx) error) { c.writes = append(c.writes, write) }

// do does the act with the copy that the actor saw. It reads and decides first;
// then all is written together, guarded against who wrote in between.
func (s *Service) do(ctx context.Context, by actor.Actor, seen Copy, name ActName, decide func(*change) error) (*Dossier, error) {
	a := act(name)
	d, unit, err := s.ready(ctx, by, seen, a)
	if err != nil {
		return nil, err
	}
	c, err := s.change(ctx, by, unit, d)
	if err != nil {
		return nil, err
	}
	if err := decide(c); err != nil {
		return nil, err
	}
	if c.d.State != c.was && !slices.Contains(a.To, c.d.State) {
		return nil, fmt.Errorf("act %s brings dossier %s from %s to %s", name, d.ID, c.was, c.d.State)
	}
	if err := s.write(ctx, a, c); errors.Is(err, errRaced) {
		return nil, s.raced(ctx, a, seen)
	} else if err != nil {
		return nil, err
	}
	return d, nil
}

// ready returns the dossier if the actor may do the act with that copy of it, and
// the unit they would act for.
func (s *Service) ready(ctx context.Context, by actor.Actor, seen Copy, a Act) (*Dossier, string, error) {
	f, err := s.filter(ctx, by)
	if err != nil {
		return nil, "", err
	}
	d, err := get(ctx, s.db, f, seen.ID)
	if err != nil {
		return nil, "", err
	}
	if !a.quiet && d.Version != seen.Version {
		return nil, "", s.stale(ctx, d, seen.Version)
	}
	unit, ok := a.allows(by, f.parties, d)
	if !ok {
		return nil, "", errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if !a.possible(d) {
		return nil, "", notNow(a, d)
	}
	return d, unit, nil
}

func notNow(a Act, d *Dossier) error {
	return errs.New(errs.Conflict, "dossier.error.not-now", errs.Args{"act": string(a.Name), "state": string(d.State)})
}

// change reads what decisions need.
func (s *Service) change(ctx context.Context, by actor.Actor, unit string, d *Dossier) (*change, error) {
	v, err := s.catalogue.Get(ctx, d.Procedure)
	if err != nil {
		return nil, fmt.Errorf("procedure of dossier %s: %w", d.ID, err)
	}
	cal, err := s.calendars.Current(ctx)
	if err != nil {
		return nil, err
	}
	c := &change{by: by, unit: unit, now: s.moment(), d: d, was: d.State, v: v, calendar: cal}
	if d.State != Draft {
		c.happened, err = s.happened(ctx, s.db, d.ID)
	}
	return c, err
}

// moment is now, as precise as the store keeps it.
func (s *Service) moment() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// write counts the clock anew and writes the dossier, what goes with it, and the
// one event of the act.
func (s *Service) write(ctx context.Context, a Act, c *change) error {
	d := c.d
	if !a.quiet {
		d.Version++
	}
	if d.Mastered() && a.Name != ActMarkSynced {
		d.Sync = Pending
	}
	c.describe()
	if !d.ReceivedAt.IsZero() && c.was.Open() {
		if err := c.recount(a); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if c.before != nil {
			if err := c.before(ctx, tx); err != nil {
				return err
			}
		}
		if err := save(ctx, tx, d); err != nil {
			return err
		}
		for _, w := range c.writes {
			if err := w(ctx, tx); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, a, c)
	})
}

// describe says in the event where the dossier stands after the act.
func (c *change) describe() {
	d := c.d
	c.fact.Version, c.fact.State, c.fact.Unit, c.fact.Pause = d.Version, d.State, d.Unit, d.Pause
	if stages := c.stages(); d.Stage >= 0 && d.Stage < len(stages) {
		c.fact.Stage = stages[d.Stage].ID
	}
	if c.note != "" {
		c.fact.Note = db.NewID()
	}
}

// recount brings the projection of the due date up to date.
func (c *change) recount(a Act) error {
	happened := append(slices.Clip(c.happened), Entry{At: c.now, Kind: a.Event, Fact: c.fact})
	clock, err := CountClock(c.calendar, c.stages(), c.d.Channel, happened, c.now)
	if err != nil {
		return unknownYear(err)
	}
	c.d.DueAt = clock.Due
	c.fact.Calendar = c.calendar.Version()
	if !clock.Due.IsZero() {
		c.fact.Due = clock.Due.In(worktime.Zone).Format(time.RFC3339)
	}
	return nil
}

// unknownYear tells that no deadline is guessed in a year whose holidays nobody
// entered.
func unknownYear(err error) error {
	if e, ok := errors.AsType[*worktime.YearError](err); ok {
		return &errs.Error{Kind: errs.Unavailable, Msg: "dossier.error.calendar-year", Args: errs.Args{"year": e.Year}, Err: err}
	}
	return err
}

// record writes the event, and the note it refers to.
func (s *Service) record(ctx context.Context, tx *db.Tx, a Act, c *change) error {
	if c.note != "" {
		if err := insertNote(ctx, tx, c.d, Note{ID: c.fact.Note, By: c.by.ID, At: c.now, Text: c.note}); err != nil {
			return err
		}
	}
	_, err := s.events.Record(ctx, tx, event.Event{At: c.now, Actor: c.by.ID, Unit: c.unit, Subject: c.d.ID.Subject(), Kind: a.Event, Data: c.fact})
	return err
}

// stale tells who acts on an old copy what has happened since.
func (s *Service) stale(ctx context.Context, d *Dossier, seen int64) error {
	all, err := s.happened(ctx, s.db, d.ID)
	if err != nil {
		return err
	}
	changes := slices.DeleteFunc(all, func(e Entry) bool { return e.Fact.Version <= seen })
	return &errs.Error{Kind: errs.Conflict, Msg: "dossier.error.changed-meanwhile", Err: &StaleError{Current: d, Changes: changes}}
}

// raced tells what won, when another write came between reading and writing.
func (s *Service) raced(ctx context.Context, a Act, seen Copy) error {
	d, err := get(ctx, s.db, filter{all: true}, seen.ID)
	if err != nil {
		return err
	}
	if a.quiet {
		return notNow(a, d)
	}
	return s.stale(ctx, d, seen.Version)
}

// happened returns the dossier's events as entries, without their notes.
func (s *Service) happened(ctx context.Context, q db.Querier, id ID) ([]Entry, error) {
	stored, err := s.events.Timeline(ctx, q, id.Subject())
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(stored))
	for i, e := range stored {
		entries[i] = Entry{Event: e.ID, At: e.At, Actor: e.Actor, Unit: e.Unit, Kind: e.Kind}
		if err := e.Decode(&entries[i].Fact); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// stages are the steps of the dossier's case.
func (c *change) stages() []procedure.Stage { return c.v.StagesOf(c.d.Case) }

// unitOf returns the unit meant by a reference of the procedure.
func unitOf(v *procedure.Version, d *Dossier, ref string) (string, error) {
	unit, ok := v.Unit(ref, func(question string) string { return d.Answers[question].Text() })
	if !ok {
		return "", errs.New(errs.Invalid, "dossier.error.unit-unknown", errs.Args{"unit": ref})
	}
	return unit, nil
}

// enter brings the dossier to the stage of index i. It goes to the stage's unit,
// but for what another authority does: then it stays with the unit that waits.
func (c *change) enter(i int) error {
	stage := c.stages()[i]
	c.d.Stage = i
	if stage.Step == procedure.FinancialDuty || stage.Step == procedure.Consultation {
		return nil
	}
	unit, err := unitOf(c.v, c.d, stage.Unit)
	if err != nil {
		return err
	}
	c.moveTo(unit)
	return nil
}

// moveTo puts the dossier into a unit's tray.
func (c *change) moveTo(unit string) {
	if unit != c.d.Unit {
		c.d.Unit, c.d.Assignee = unit, ""
	}
	c.also(func(ctx context.Context, tx *db.Tx) error { return insertUnits(ctx, tx, c.d, unit) })
}

// later returns the index of the first stage after the current one that is such
// a step.
func (c *change) later(step procedure.Step) (int, bool) {
	stages := c.stages()
	for i := c.d.Stage + 1; i < len(stages); i++ {
		if stages[i].Step == step {
			return i, true
		}
	}
	return 0, false
}

// last returns what happened last among the given acts.
func (c *change) last(names ...ActName) (Entry, bool) {
	for _, e := range slices.Backward(c.happened) {
		if slices.ContainsFunc(names, func(n ActName) bool { return act(n).Event == e.Kind }) {
			return e, true
		}
	}
	return Entry{}, false
}

// longestText bounds what people may write in one go, in bytes.
const longestText = 10_000

// words checks free text that an act needs.
func words(field, s string) (string, error) {
	s = tidy(s)
	switch {
	case s == "":
		return "", errs.Field(field, "dossier.error.text-missing", nil)
	case len(s) > longestText:
		return "", errs.Field(field, "dossier.error.text-long", nil)
	}
	return s, nil
}

// maybe is words for text that may be left out.
func maybe(field, s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	return words(field, s)
}
