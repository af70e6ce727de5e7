package procedure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/worktime"
)

// The kinds of events of this package. Their data are a [Published] and a
// [Closed].
const (
	EventPublished = "procedure.published"
	EventClosed    = "procedure.closed"
)

// Published is the data of an event about a new version.
type Published struct {
	Version  ID            `json:"version"`
	From     worktime.Date `json:"from"`
	Hash     string        `json:"hash"`
	Replaces ID            `json:"replaces,omitempty"`
}

// Closed is the data of an event about a procedure that was abolished.
type Closed struct {
	Version ID            `json:"version"`
	To      worktime.Date `json:"to"`
}

// Recorder writes events. Package event's Spine is one.
type Recorder interface {
	Record(ctx context.Context, tx *db.Tx, e event.Event) (event.Event, error)
}

// Units knows which units there are on a day. Package orgunit provides it.
type Units interface {
	Get(ctx context.Context, code string, on worktime.Date) (orgunit.Unit, error)
}

// Service keeps the catalogue. Published versions never change, so it holds
// those it has read in memory; which of them are in force it reads again when
// the catalogue has a new edition.
type Service struct {
	db     *db.DB
	events Recorder
	units  Units // nil: any unit will do
	now    func() time.Time

	mu       sync.Mutex
	shelf    *shelf // the newest edition known
	checked  time.Time
	contents map[ID]*Version // what was published; the days in force are the shelf's
}

// NewService returns the catalogue of the given store.
func NewService(d *db.DB, events Recorder, units Units, now func() time.Time) *Service {
	return &Service{db: d, events: events, units: units, now: now, contents: map[ID]*Version{}}
}

var errNotFound = errs.New(errs.NotFound, "procedure.error.not-found", nil)

// Today is the day of a catalogue that was not asked for another.
func (s *Service) Today() worktime.Date { return worktime.DateOf(s.now()) }

// Get returns a version by its id, whether in force or not.
func (s *Service) Get(ctx context.Context, id ID) (*Version, error) {
	sh, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return s.version(ctx, sh, id)
}

// AsOf returns the version of a procedure in force on a day.
func (s *Service) AsOf(ctx context.Context, code Code, on worktime.Date) (*Version, error) {
	sh, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range sh.codes[code] {
		if !on.Before(h.from) && (h.to.IsZero() || on.Before(h.to)) {
			return s.version(ctx, sh, h.id)
		}
	}
	return nil, errNotFound
}

// Versions returns every version of a procedure, the newest first.
func (s *Service) Versions(ctx context.Context, code Code) ([]*Version, error) {
	sh, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var all []*Version
	for _, h := range slices.Backward(sh.codes[code]) {
		v, err := s.version(ctx, sh, h.id)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return nil, errNotFound
	}
	return all, nil
}

// Filter narrows a list. What is empty does not.
type Filter struct {
	On        worktime.Date // zero: today
	Words     string        // every word must begin a word of the procedure, with or without accents
	Field     string        // code
	Unit      string        // code of a unit that takes part
	Level     Level
	Applicant ApplicantKind
	After     string // cursor of the page before
	Limit     int    // 0: 20
}

// maxPage bounds a page of a list.
const maxPage = 100

// Page is a part of a list, in the Vietnamese order of plain names.
type Page struct {
	Versions []*Version
	Next     string // cursor of the next page; empty on the last
}

// List returns the procedures in force on a day.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	sh, err := s.current(ctx)
	if err != nil {
		return Page{}, err
	}
	if f.On.IsZero() {
		f.On = s.Today()
	}
	if f.Limit <= 0 {
		f.Limit = 20
	}
	f.Limit = min(f.Limit, maxPage)
	if page, ok := sh.page(f); ok {
		return page, nil
	}
	ask := f
	ask.Limit++
	found, err := search(ctx, s.db, ask)
	if err != nil {
		return Page{}, err
	}
	var page Page
	if len(found) > f.Limit {
		found = found[:f.Limit]
		page.Next = found[f.Limit-1].cursor()
	}
	for _, p := range found {
		v, err := s.version(ctx, sh, p.id)
		if errs.KindOf(err) == errs.NotFound {
			continue // published a moment ago by another node; the next edition has it
		}
		if err != nil {
			return Page{}, err
		}
		page.Versions = append(page.Versions, v)
	}
	sh.keep(f, page)
	return page, nil
}

// Fields returns the branches of administration that have procedures on a day,
// sorted by their codes.
func (s *Service) Fields(ctx context.Context, on worktime.Date) ([]Field, error) {
	sh, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return sh.fieldsOn(ctx, s, on)
}

// Check is what publishing a file from a day would do.
type Check struct {
	Version  *Version // nil when there are faults; its ID and days are as they would be
	Findings []Finding
	Replaces *Version // the version it would end; nil for a new procedure
	Changes  []Change
	Refused  error // why it cannot be published although the file is in order
}

// Check reads a file and says what publishing it would do, and does nothing.
func (s *Service) Check(ctx context.Context, data []byte, from worktime.Date) (Check, error) {
	known, failed := s.known(ctx, from)
	v, findings := Parse(data, known)
	if err := failed(); err != nil {
		return Check{}, err
	}
	c := Check{Version: v, Findings: findings}
	if v == nil {
		return c, nil
	}
	former, ok, err := newest(ctx, s.db, v.Code)
	if err != nil {
		return Check{}, err
	}
	_, hash, err := v.Canonical()
	if err != nil {
		return Check{}, err
	}
	next, err := follow(former, ok, v.Code, from, hash)
	if errs.KindOf(err) == errs.Internal && err != nil {
		return Check{}, err
	}
	c.Refused = err
	next.put(v)
	if ok {
		if c.Replaces, err = s.Get(ctx, former.id); err != nil {
			return Check{}, err
		}
		c.Changes, err = Diff(&c.Replaces.Definition, &v.Definition)
	}
	return c, err
}

// known returns a test for unit codes on a day, and what went wrong in it.
func (s *Service) known(ctx context.Context, on worktime.Date) (func(string) bool, func() error) {
	if s.units == nil {
		return nil, func() error { return nil }
	}
	var failed error
	known := func(code string) bool {
		_, err := s.units.Get(ctx, code, on)
		if err != nil && errs.KindOf(err) != errs.NotFound {
			failed = err
		}
		return err == nil
	}
	return known, func() error { return failed }
}

// follow works out the head of the version after former, or why there can be
// none.
func follow(former head, exists bool, code Code, from worktime.Date, hash string) (head, error) {
	next := head{code: code, from: from, revision: 1, hash: hash}
	switch {
	case from.IsZero():
		return next, errs.Field("from", "procedure.error.from", nil)
	case !exists:
	case from.Before(former.from):
		return next, errs.Field("from", "procedure.error.from-before", errs.Args{"day": former.from.Time(0, 0)})
	case former.hash == hash && former.to.IsZero():
		return next, errs.New(errs.Conflict, "procedure.error.unchanged", nil)
	case from == former.from:
		next.revision = former.revision + 1
	}
	next.id = NewID(code, from, next.revision)
	return next, nil
}

// put names a version and sets its days.
func (h head) put(v *Version) {
	v.ID, v.From, v.To, v.Revision, v.Hash, v.PublishedAt, v.PublishedBy = h.id, h.from, h.to, h.revision, h.hash, h.at, h.by
}

// Publish makes a file the version in force from a day on, and ends the one
// before on that day. A file with faults is refused; see [Service.Check] for what
// they are.
func (s *Service) Publish(ctx context.Context, who actor.Actor, data []byte, from worktime.Date) (*Version, error) {
	if !mayEdit(who) {
		return nil, errs.New(errs.Forbidden, "procedure.error.forbidden", nil)
	}
	known, failed := s.known(ctx, from)
	v, _ := Parse(data, known)
	if err := failed(); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errs.New(errs.Invalid, "procedure.error.faulty", nil)
	}
	doc, hash, err := v.Canonical()
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		former, ok, err := newest(ctx, tx, v.Code)
		if err != nil {
			return err
		}
		next, err := follow(former, ok, v.Code, from, hash)
		if err != nil {
			return err
		}
		next.at, next.by = s.now(), who.ID
		next.put(v)
		if ok && (former.to.IsZero() || former.to.After(from)) {
			if err := end(ctx, tx, former.id, from); err != nil {
				return err
			}
		}
		if err := insert(ctx, tx, next, &v.Definition, doc); err != nil {
			return err
		}
		return s.tell(ctx, tx, who, v.Code, EventPublished, Published{Version: v.ID, From: from, Hash: hash, Replaces: former.id})
	})
	if db.IsUnique(err) {
		err = &errs.Error{Kind: errs.Conflict, Msg: "procedure.error.published-meanwhile", Err: err}
	}
	if err != nil {
		return nil, err
	}
	s.forget()
	return s.Get(ctx, v.ID)
}

// Close abolishes a procedure (bãi bỏ): from the day on there is none. It can be
// published again later.
func (s *Service) Close(ctx context.Context, who actor.Actor, code Code, on worktime.Date) error {
	if !mayEdit(who) {
		return errs.New(errs.Forbidden, "procedure.error.forbidden", nil)
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		former, ok, err := newest(ctx, tx, code)
		if err != nil {
			return err
		}
		if !ok || !former.to.IsZero() {
			return errNotFound
		}
		if on.Before(former.from) {
			return errs.Field("from", "procedure.error.from-before", errs.Args{"day": former.from.Time(0, 0)})
		}
		if err := end(ctx, tx, former.id, on); err != nil {
			return err
		}
		return s.tell(ctx, tx, who, code, EventClosed, Closed{former.id, on})
	})
	if err != nil {
		return err
	}
	s.forget()
	return nil
}

// tell records an event and the catalogue's new edition.
func (s *Service) tell(ctx context.Context, tx *db.Tx, who actor.Actor, code Code, kind string, data any) error {
	if err := nextEdition(ctx, tx); err != nil {
		return err
	}
	_, err := s.events.Record(ctx, tx, event.Event{
		At: s.now(), Actor: who.ID, Unit: who.Unit, Subject: "procedure:" + string(code), Kind: kind, Data: data,
	})
	if err != nil {
		return fmt.Errorf("tell %s of %s: %w", kind, code, err)
	}
	return nil
}

func mayEdit(who actor.Actor) bool { return who.ID == actor.SystemID || who.Can(actor.EditCatalogue) }
