package orgunit

import (
	"context"
	"slices"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/worktime"
)

// plan is a set of changes worked out on the whole history before any of it is
// written, so that all faults are found together.
type plan struct {
	known   history
	entered []Unit
	ended   []ending
}

// ending closes a period that was open until was.
type ending struct {
	unit Unit
	was  worktime.Date
}

func newPlan(known []Unit) *plan { return &plan{known: newHistory(known)} }

func (p *plan) empty() bool { return len(p.entered) == 0 && len(p.ended) == 0 }

// note reports a fault of a field.
type note func(field, msg string, args errs.Args)

// enter makes u true from u.From. What is known already is not entered again.
func (p *plan) enter(u Unit, fault note) {
	old, ok := p.known.at(u.Code, u.From)
	switch {
	case ok && old.same(u) && (u.To.IsZero() || u.To == old.To):
		return
	case ok && old.same(u) && old.To.IsZero():
		p.end(old, u.To)
		return
	case ok && old.From == u.From:
		fault("code", "orgunit.error.already", errs.Args{"code": u.Code, "name": old.Name})
		return
	case ok:
		if u.To.IsZero() {
			u.To = old.To
		}
		p.end(old, u.From)
	}
	if !p.known.put(u) {
		fault("from", "orgunit.error.overlap", errs.Args{"code": u.Code})
		return
	}
	p.entered = append(p.entered, u)
}

// end closes a period. One that this plan entered itself is not in the store
// yet: it is entered closed.
func (p *plan) end(u Unit, on worktime.Date) {
	p.known.end(u.Code, u.From, on)
	was := u.To
	u.To = on
	i := slices.IndexFunc(p.entered, func(e Unit) bool { return e.Code == u.Code && e.From == u.From })
	if i >= 0 {
		p.entered[i] = u
		return
	}
	p.ended = append(p.ended, ending{u, was})
}

// verify reports units without the unit above them, and circles.
func (p *plan) verify(fault func(u Unit, field, msg string, args errs.Args)) {
	for _, u := range p.entered {
		if u.Parent == "" {
			continue
		}
		if _, ok := p.known.at(u.Parent, u.From); !ok {
			fault(u, "parent", "orgunit.error.parent", errs.Args{"code": u.Parent, "date": u.From.Time(0, 0)})
		} else if p.known.circular(u.Code, u.From) {
			fault(u, "parent", "orgunit.error.circle", nil)
		}
	}
	below := map[string][]Unit{}
	for _, periods := range p.known {
		for _, u := range periods {
			below[u.Parent] = append(below[u.Parent], u)
		}
	}
	for _, e := range p.ended {
		if _, ok := p.known.at(e.unit.Code, e.unit.To); ok {
			continue
		}
		left := 0
		for _, u := range below[e.unit.Code] {
			if u.InForce(e.unit.To) {
				left++
			}
		}
		if left > 0 {
			fault(e.unit, "code", "orgunit.error.has-children", errs.Args{"count": left})
		}
	}
}

// write carries the plan out. Periods end before their codes are used again.
func (p *plan) write(ctx context.Context, tx *db.Tx) error {
	for _, e := range p.ended {
		if err := end(ctx, tx, e.unit, e.was); err != nil {
			return err
		}
	}
	for _, u := range p.entered {
		if err := insert(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}
