package orgunit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// columns of a unit aliased u, as [scan] reads them.
const columns = `u.code, u.valid_from, u.valid_to, u.kind, u.parent, u.name, u.name_en, u.document`

func scan(row interface{ Scan(...any) error }) (Unit, error) {
	var u Unit
	err := row.Scan(&u.Code, &u.From, &u.To, &u.Kind, &u.Parent, &u.Name, &u.NameEN, &u.Document)
	return u, err
}

func scanRows(rows *sql.Rows) (Unit, error) { return scan(rows) }

// get returns what code means on a day.
func get(ctx context.Context, q db.Querier, code string, on worktime.Date) (Unit, error) {
	u, err := scan(q.QueryRowContext(ctx, `
		select `+columns+`
		from orgunit u
		where u.code = $1 and u.valid_from <= $2 and (u.valid_to is null or u.valid_to > $2)`, code, on))
	if errors.Is(err, sql.ErrNoRows) {
		return Unit{}, errNotFound
	}
	if err != nil {
		return Unit{}, fmt.Errorf("unit %s on %s: %w", code, on, err)
	}
	return u, nil
}

// list runs a query for units.
func list(ctx context.Context, q db.Querier, what, query string, args ...any) ([]Unit, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	units, err := db.Rows(rows, err, scanRows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return units, nil
}

func children(ctx context.Context, q db.Querier, parent string, on worktime.Date) ([]Unit, error) {
	return list(ctx, q, "units below "+parent, `
		select `+columns+`
		from orgunit u
		where u.parent = $1 and u.valid_from <= $2 and (u.valid_to is null or u.valid_to > $2)
		order by u.sort_key, u.code`, parent, on)
}

// subtree returns a unit and all below it. A circle, which the service refuses
// to enter, would end all the same: union drops what was seen.
func subtree(ctx context.Context, q db.Querier, root string, on worktime.Date) ([]Unit, error) {
	return list(ctx, q, "subtree of "+root, `
		with recursive below (code) as (
			select code from orgunit
			where code = $1 and valid_from <= $2 and (valid_to is null or valid_to > $2)
			union
			select c.code from orgunit c join below b on c.parent = b.code
			where c.valid_from <= $2 and (c.valid_to is null or c.valid_to > $2)
		)
		select `+columns+`
		from below b join orgunit u on u.code = b.code
		where u.valid_from <= $2 and (u.valid_to is null or u.valid_to > $2)
		order by u.sort_key, u.code`, root, on)
}

func inForce(ctx context.Context, q db.Querier, on worktime.Date) ([]Unit, error) {
	return list(ctx, q, "units on "+on.String(), `
		select `+columns+`
		from orgunit u
		where u.valid_from <= $1 and (u.valid_to is null or u.valid_to > $1)
		order by u.sort_key, u.code`, on)
}

func periods(ctx context.Context, q db.Querier, code string) ([]Unit, error) {
	return list(ctx, q, "periods of "+code, `
		select `+columns+` from orgunit u where u.code = $1 order by u.valid_from`, code)
}

func all(ctx context.Context, q db.Querier) ([]Unit, error) {
	return list(ctx, q, "all units", `select `+columns+` from orgunit u`)
}

// search finds units in force whose name or code has a word beginning with each
// of the given words. The whole list of a country is some ten thousand rows: a
// scan is fast enough, and needs no index that would differ between the stores.
func search(ctx context.Context, q db.Querier, s Search) ([]Unit, error) {
	query := `
		select ` + columns + `
		from orgunit u
		where u.valid_from <= $1 and (u.valid_to is null or u.valid_to > $1)`
	args := []any{s.On}
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	for _, w := range text.Words(s.Text) { // folded words hold no wildcard
		query += ` and (' ' || u.fold) like ` + arg("% "+w+"%")
	}
	if len(s.Kinds) > 0 {
		marks := make([]string, len(s.Kinds))
		for i, k := range s.Kinds {
			marks[i] = arg(string(k))
		}
		query += ` and u.kind in (` + strings.Join(marks, ", ") + `)`
	}
	query += ` order by u.sort_key, u.code limit ` + arg(s.Limit)
	return list(ctx, q, "search units", query, args...)
}

func insert(ctx context.Context, q db.Querier, u Unit) error {
	_, err := q.ExecContext(ctx, `
		insert into orgunit (code, valid_from, valid_to, kind, parent, name, name_en, fold, sort_key, document)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		u.Code, u.From, u.To, u.Kind, u.Parent, u.Name, u.NameEN,
		text.Fold(u.Name+" "+u.NameEN+" "+u.Code), text.SortKey(u.Name), u.Document)
	if db.IsUnique(err) {
		return errChanged
	}
	if err != nil {
		return fmt.Errorf("insert unit %s: %w", u.Code, err)
	}
	return nil
}

// end closes a period that was open until was, if it still is.
func end(ctx context.Context, q db.Querier, u Unit, was worktime.Date) error {
	res, err := q.ExecContext(ctx, `
		update orgunit set valid_to = $1
		where code = $2 and valid_from = $3 and valid_to is not distinct from $4`,
		u.To, u.Code, u.From, was)
	if err != nil {
		return fmt.Errorf("end unit %s: %w", u.Code, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errChanged, err)
	}
	return nil
}

func insertSuccessor(ctx context.Context, q db.Querier, s Successor) error {
	_, err := q.ExecContext(ctx, `
		insert into orgunit_successor (code, valid_from, next_code, next_from, whole)
		values ($1, $2, $3, $4, $5)
		on conflict (code, valid_from, next_code, next_from) do nothing`,
		s.Code, s.From, s.Next, s.Since, s.Whole)
	if err != nil {
		return fmt.Errorf("successor of %s: %w", s.Code, err)
	}
	return nil
}

func successors(ctx context.Context, q db.Querier, where string, code string, from worktime.Date) ([]Successor, error) {
	rows, err := q.QueryContext(ctx, `
		select code, valid_from, next_code, next_from, whole
		from orgunit_successor
		where `+where+`
		order by code, valid_from, next_code, next_from`, code, from)
	found, err := db.Rows(rows, err, func(r *sql.Rows) (Successor, error) {
		var s Successor
		err := r.Scan(&s.Code, &s.From, &s.Next, &s.Since, &s.Whole)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("successors of %s: %w", code, err)
	}
	return found, nil
}
