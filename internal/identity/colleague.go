package identity

import (
	"context"
	"slices"

	"github.com/motcua/motcua/internal/actor"
)

// Colleague is an official as other officials know them.
type Colleague struct {
	ID   actor.ID
	Name string
}

// Names returns what people are called; those whose data were erased are left
// out.
func (s *Service) Names(ctx context.Context, ids ...actor.ID) (map[actor.ID]string, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 {
		return nil, nil
	}
	return accountNames(ctx, s.db, ids)
}

// Colleagues lists who may do p in a unit today by a role of that very unit, in
// Vietnamese order: among whom work is shared out.
func (s *Service) Colleagues(ctx context.Context, unit string, p actor.Permission) ([]Colleague, error) {
	var roles []actor.Role
	for _, r := range actor.Roles() {
		if r.Grants(p) {
			roles = append(roles, r)
		}
	}
	return colleagues(ctx, s.db, unit, roles, s.today())
}
