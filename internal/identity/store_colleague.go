package identity

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/worktime"
)

// marks names n arguments from the given one on: "$2, $3".
func marks(from, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("$%d", from+i)
	}
	return strings.Join(all, ", ")
}

func accountNames(ctx context.Context, q db.Querier, ids []actor.ID) (map[actor.ID]string, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	rows, err := q.QueryContext(ctx, `
		select id, name
		from identity_account
		where state <> 'erased' and id in (`+marks(1, len(ids))+`)`, args...)
	names := map[actor.ID]string{}
	_, err = db.Rows(rows, err, func(r *sql.Rows) (struct{}, error) {
		var id actor.ID
		var name string
		err := r.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("names of accounts: %w", err)
	}
	return names, nil
}

func colleagues(ctx context.Context, q db.Querier, unit string, roles []actor.Role, on worktime.Date) ([]Colleague, error) {
	args := []any{unit, on}
	for _, r := range roles {
		args = append(args, r)
	}
	rows, err := q.QueryContext(ctx, `
		select a.id, a.name
		from identity_account a
		where a.state = 'active' and exists (
			select 1 from identity_grant g
			where g.account = a.id and g.unit = $1 and g.valid_from <= $2 and (g.valid_to is null or g.valid_to > $2)
				and g.role in (`+marks(3, len(roles))+`))
		order by a.sort_key, a.id`, args...)
	all, err := db.Rows(rows, err, func(r *sql.Rows) (Colleague, error) {
		var c Colleague
		err := r.Scan(&c.ID, &c.Name)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("colleagues in %s: %w", unit, err)
	}
	return all, nil
}
