package calendar

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/worktime"
)

var errChanged = &errs.Error{Kind: errs.Conflict, Msg: "calendar.error.changed-meanwhile"}

// stale is how long a node may go on with a version that another node replaced.
const stale = time.Second

// Service answers which calendar is in force, and lets an administrator change
// it.
type Service struct {
	db     *db.DB
	events *event.Spine
	now    func() time.Time

	mu       sync.Mutex
	checked  time.Time                       // when the newest version was last looked up; guarded by mu
	version  int                             // guarded by mu
	document Document                        // of version; guarded by mu
	made     map[officeKey]worktime.Calendar // guarded by mu
}

// officeKey names the hours of a unit during a period; the zero key is the
// calendar's own hours.
type officeKey struct {
	unit string
	from worktime.Date
}

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, now func() time.Time) *Service {
	return &Service{db: d, events: events, now: now}
}

// Current returns the calendar of the installation, with its usual office hours.
func (s *Service) Current(ctx context.Context) (worktime.Calendar, error) {
	return s.On(ctx, "", s.today())
}

// On returns the newest calendar with the office hours and cut-off that the
// unit has on the given day.
func (s *Service) On(ctx context.Context, unit string, on worktime.Date) (worktime.Calendar, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(ctx); err != nil {
		return worktime.Calendar{}, err
	}
	office, own := s.document.office(unit, on)
	key := officeKey{office.Unit, office.From}
	if c, ok := s.made[key]; ok {
		return c, nil
	}
	spec := s.document.Spec
	if own {
		spec.Hours, spec.CutOff = office.Hours, office.CutOff
	}
	c, err := worktime.New(spec)
	if err != nil {
		return worktime.Calendar{}, fmt.Errorf("calendar %d for unit %s: %w", s.version, unit, err)
	}
	s.made[key] = c
	return c, nil
}

// refresh looks for a newer version than the one at hand. The caller holds mu.
func (s *Service) refresh(ctx context.Context) error {
	now := s.now()
	if s.made != nil && now.Sub(s.checked) < stale && !now.Before(s.checked) {
		return nil
	}
	n, err := newest(ctx, s.db)
	if err != nil {
		return err
	}
	if s.made == nil || n != s.version {
		d, err := document(ctx, s.db, n)
		if err != nil {
			return err
		}
		s.version, s.document, s.made = n, d, map[officeKey]worktime.Calendar{}
	}
	s.checked = now
	return nil
}

// document returns a version; version 0, before [Service.Seed], is the calendar
// built into the program.
func document(ctx context.Context, q db.Querier, version int) (Document, error) {
	if version == 0 {
		return Document{Spec: worktime.Default()}, nil
	}
	return load(ctx, q, version)
}

// Seed enters the holidays and swapped days the program knows as version 1 of a
// store that has no calendar yet.
func (s *Service) Seed(ctx context.Context) error {
	n, err := newest(ctx, s.db)
	if err != nil || n > 0 {
		return err
	}
	spec := worktime.Default()
	err = s.save(ctx, actor.System(), 1, spec.Version, Document{Spec: spec}, Change{})
	if errs.KindOf(err) == errs.Conflict {
		return nil // another node was first
	}
	return err
}

// At returns the document of a version; 0 is the newest.
func (s *Service) At(ctx context.Context, version int) (int, Document, error) {
	if version == 0 {
		n, err := newest(ctx, s.db)
		if err != nil {
			return 0, Document{}, err
		}
		version = n
	}
	d, err := document(ctx, s.db, version)
	return version, d, err
}

// Versions lists every version, the newest first.
func (s *Service) Versions(ctx context.Context) ([]Version, error) { return versions(ctx, s.db) }

// AddDay enters an exceptional day. Base is the version the change was decided
// on: if it is no longer the newest, the answer is Conflict.
func (s *Service) AddDay(ctx context.Context, who actor.Actor, base int, e worktime.Exception) error {
	return s.edit(ctx, who, base, e.Source, Change{Days: []worktime.Date{e.Date}}, func(d *Document) error { return d.add(e) })
}

// RemoveDay takes an exceptional day out, for the reason given.
func (s *Service) RemoveDay(ctx context.Context, who actor.Actor, base int, on worktime.Date, reason string) error {
	return s.edit(ctx, who, base, reason, Change{Days: []worktime.Date{on}}, func(d *Document) error { return d.remove(on) })
}

// AddYear lets deadlines reach into the year after the last one known. Its
// holidays are to be entered next.
func (s *Service) AddYear(ctx context.Context, who actor.Actor, base int) error {
	return s.edit(ctx, who, base, "", Change{}, func(d *Document) error {
		d.Spec.LastYear++
		return nil
	})
}

// SetOffice enters the office hours and the cut-off of a unit from a day on.
func (s *Service) SetOffice(ctx context.Context, who actor.Actor, base int, o Office) error {
	return s.edit(ctx, who, base, "", Change{Unit: o.Unit}, func(d *Document) error { return d.setOffice(o) })
}

// edit makes the next version out of base.
func (s *Service) edit(ctx context.Context, who actor.Actor, base int, reason string, change Change, apply func(*Document) error) error {
	if !who.Can(actor.Administer) {
		return errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	n, d, err := s.At(ctx, 0)
	if err != nil {
		return err
	}
	if n != base {
		return errChanged
	}
	if err := apply(&d); err != nil {
		return err
	}
	return s.save(ctx, who, n+1, reason, d, change)
}

// save writes a version with its event, and uses it from now on.
func (s *Service) save(ctx context.Context, who actor.Actor, version int, reason string, d Document, change Change) error {
	d.Spec.Version = name(version)
	if _, err := worktime.New(d.Spec); err != nil {
		return fmt.Errorf("calendar %d: %w", version, err)
	}
	change.Version = version
	now := s.now()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insert(ctx, tx, Version{version, now, string(who.ID), reason}, d); err != nil {
			return err
		}
		_, err := s.events.Record(ctx, tx, event.Event{
			At: now, Actor: who.ID, Unit: who.Unit, Subject: "calendar:statutory", Kind: Changed, Data: change,
		})
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked = time.Time{}
	return err
}

func (s *Service) today() worktime.Date { return worktime.DateOf(s.now()) }
