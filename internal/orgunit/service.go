package orgunit

import (
	"context"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/worktime"
)

// The kinds of events of this package. Their data are an [Act], but for
// Imported, whose data are counts and the hash of the file.
const (
	Established = "orgunit.established"
	Changed     = "orgunit.changed"
	Abolished   = "orgunit.abolished"
	Imported    = "orgunit.imported"
)

// Act is the data of an event about one unit.
type Act struct {
	Code string        `json:"code"`
	On   worktime.Date `json:"on"`
	Next []string      `json:"next,omitempty"` // codes of the successors
}

// Service answers which units there are, and lets an administrator enter what a
// decree changed.
type Service struct {
	db     *db.DB
	events *event.Spine
	now    func() time.Time
}

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, now func() time.Time) *Service {
	return &Service{d, events, now}
}

// Get returns what code means on a day, or NotFound.
func (s *Service) Get(ctx context.Context, code string, on worktime.Date) (Unit, error) {
	return get(ctx, s.db, code, on)
}

// Children returns the units directly below parent on a day, in Vietnamese
// order; for an empty parent, those at the top.
func (s *Service) Children(ctx context.Context, parent string, on worktime.Date) ([]Unit, error) {
	return children(ctx, s.db, parent, on)
}

// Subtree returns the unit and all below it on a day.
func (s *Service) Subtree(ctx context.Context, code string, on worktime.Date) ([]Unit, error) {
	return subtree(ctx, s.db, code, on)
}

// InForce returns every unit of a day.
func (s *Service) InForce(ctx context.Context, on worktime.Date) ([]Unit, error) {
	return inForce(ctx, s.db, on)
}

// Codes returns the codes a grant reaches on a day: the unit's own, or, over a
// subtree, those of all units below it too. The empty unit with its subtree is
// the whole installation, and reaches what belongs to no unit as well. A unit no
// longer in force reaches nothing.
func (s *Service) Codes(ctx context.Context, unit string, whole bool, on worktime.Date) ([]string, error) {
	var units []Unit
	var err error
	var codes []string
	switch {
	case unit == "":
		codes = []string{""}
		if whole {
			units, err = inForce(ctx, s.db, on)
		}
	case whole:
		units, err = subtree(ctx, s.db, unit, on)
	default:
		var u Unit
		if u, err = get(ctx, s.db, unit, on); errs.KindOf(err) == errs.NotFound {
			return nil, nil
		}
		units = []Unit{u}
	}
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		codes = append(codes, u.Code)
	}
	return codes, nil
}

// Path returns the unit and those above it on a day, the topmost first.
func (s *Service) Path(ctx context.Context, code string, on worktime.Date) ([]Unit, error) {
	var path []Unit
	for code != "" && len(path) < maxDepth {
		u, err := get(ctx, s.db, code, on)
		if errs.KindOf(err) == errs.NotFound && len(path) > 0 {
			break // what stood above it is gone; the path begins here
		}
		if err != nil {
			return nil, err
		}
		path = append(path, u)
		code = u.Parent
	}
	slices.Reverse(path)
	return path, nil
}

// maxDepth bounds a walk upwards: province, office, branch, team and to spare.
const maxDepth = 16

// Search narrows a list of the units of a day.
type Search struct {
	Text  string // beginnings of words of the name or the code, accents or not
	On    worktime.Date
	Kinds []Kind // none: all
	Limit int    // none: 50
}

// Search returns the units that fit, in Vietnamese order.
func (s *Service) Search(ctx context.Context, q Search) ([]Unit, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	return search(ctx, s.db, q)
}

// Periods returns everything a code has ever meant, the earliest first.
func (s *Service) Periods(ctx context.Context, code string) ([]Unit, error) {
	return periods(ctx, s.db, code)
}

// Successors returns what became of a unit.
func (s *Service) Successors(ctx context.Context, u Unit) ([]Successor, error) {
	return successors(ctx, s.db, `code = $1 and valid_from = $2`, u.Code, u.From)
}

// Predecessors returns what a unit was made of.
func (s *Service) Predecessors(ctx context.Context, u Unit) ([]Successor, error) {
	return successors(ctx, s.db, `next_code = $1 and next_from = $2`, u.Code, u.From)
}

// Establish enters a unit from the day u.From. If its code was in force until
// then, with another meaning or another name, that period ends.
func (s *Service) Establish(ctx context.Context, who actor.Actor, u Unit) error {
	if !who.Can(actor.Administer) {
		return errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	u = u.tidy()
	var faults errs.Fields
	u.check(func(field, msg string) { faults.Add(field, msg, nil) })
	if err := faults.Err(); err != nil {
		return err
	}
	known, err := all(ctx, s.db)
	if err != nil {
		return err
	}
	p := newPlan(known)
	p.enter(u, func(field, msg string, args errs.Args) { faults.Add(field, msg, args) })
	if p.empty() {
		return faults.Err()
	}
	p.verify(func(_ Unit, field, msg string, args errs.Args) { faults.Add(field, msg, args) })
	if err := faults.Err(); err != nil {
		return err
	}
	kind := Established
	if len(p.ended) > 0 {
		kind = Changed
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := p.write(ctx, tx); err != nil {
			return err
		}
		return s.record(ctx, tx, who, kind, u.Code, Act{Code: u.Code, On: u.From})
	})
}

// Heir names what an abolished unit, or a part of it, becomes.
type Heir struct {
	Code  string
	Whole bool
}

// Abolish ends a unit on the given day, its first no longer in force, and says
// what becomes of it. The heirs must be in force on that day.
func (s *Service) Abolish(ctx context.Context, who actor.Actor, code string, on worktime.Date, heirs []Heir) error {
	if !who.Can(actor.Administer) {
		return errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	if on.IsZero() {
		return errs.Field("on", "orgunit.error.from", nil)
	}
	u, err := get(ctx, s.db, code, on.AddDays(-1))
	if err != nil {
		return err
	}
	below, err := children(ctx, s.db, code, on)
	if err != nil {
		return err
	}
	if len(below) > 0 {
		return errs.Field("on", "orgunit.error.has-children", errs.Args{"count": len(below)})
	}
	act := Act{Code: code, On: on}
	var next []Successor
	for _, h := range heirs {
		v, err := get(ctx, s.db, h.Code, on)
		if errs.KindOf(err) == errs.NotFound {
			return errs.Field("heirs", "orgunit.error.heir", errs.Args{"code": h.Code})
		}
		if err != nil {
			return err
		}
		next = append(next, Successor{code, u.From, v.Code, v.From, h.Whole})
		act.Next = append(act.Next, v.Code)
	}
	was := u.To
	u.To = on
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := end(ctx, tx, u, was); err != nil {
			return err
		}
		for _, n := range next {
			if err := insertSuccessor(ctx, tx, n); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, Abolished, code, act)
	})
}

func (s *Service) record(ctx context.Context, tx *db.Tx, who actor.Actor, kind, code string, data any) error {
	_, err := s.events.Record(ctx, tx, event.Event{
		At: s.now(), Actor: who.ID, Unit: who.Unit, Subject: "orgunit:" + code, Kind: kind, Data: data,
	})
	return err
}
