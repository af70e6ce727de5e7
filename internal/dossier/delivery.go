package dossier

import (
	"context"
	"errors"
	"slices"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// Deliveries lists the ways of delivery, in the order people read them.
func Deliveries() []Delivery { return []Delivery{PickUp, ByPost, Download} }

// ChooseDelivery says in a draft how the applicant wants the result. Like its
// answers, it is recorded only by filing.
func (s *Service) ChooseDelivery(ctx context.Context, by actor.Actor, seen Copy, how Delivery) (*Dossier, error) {
	if !slices.Contains(Deliveries(), how) {
		return nil, errs.Field("delivery", "dossier.error.delivery", nil)
	}
	f, err := s.filter(ctx, by)
	if err != nil {
		return nil, err
	}
	d, err := get(ctx, s.db, f, seen.ID)
	if err != nil {
		return nil, err
	}
	a := act(ActSaveAnswers)
	if d.Version != seen.Version {
		return nil, s.stale(ctx, d, seen.Version)
	}
	if _, ok := a.allows(by, f.parties, d); !ok {
		return nil, errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if !a.possible(d) {
		return nil, notNow(a, d)
	}
	d.Delivery = how
	d.Version++
	err = s.db.Tx(ctx, func(tx *db.Tx) error { return save(ctx, tx, d) })
	if errors.Is(err, errRaced) {
		return nil, s.raced(ctx, a, seen)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}
