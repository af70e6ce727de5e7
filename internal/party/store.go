package party

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// columns of a party aliased p, as [scan] reads them.
const columns = `p.id, p.kind, p.number_kind, p.number, p.name, p.born, p.phone, p.email, p.address,
	p.verified_at, p.became, p.erased_at, p.created_at, p.version`

func scan(row interface{ Scan(...any) error }) (Party, error) {
	var p Party
	var became db.NullText
	err := row.Scan(&p.ID, &p.Kind, &p.Number.Kind, &p.Number.Value, &p.Name, &p.Born, &p.Phone, &p.Email, &p.Address,
		(*db.Instant)(&p.VerifiedAt), &became, (*db.Instant)(&p.ErasedAt), (*db.Instant)(&p.CreatedAt), &p.Version)
	p.Became = ID(became)
	return p, err
}

func get(ctx context.Context, q db.Querier, id ID) (Party, error) {
	p, err := scan(q.QueryRowContext(ctx, `select `+columns+` from party p where p.id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Party{}, errNotFound
	}
	if err != nil {
		return Party{}, fmt.Errorf("party %s: %w", id, err)
	}
	return p, nil
}

// verified returns the one party a number belongs to.
func verified(ctx context.Context, q db.Querier, number string) (Party, error) {
	p, err := scan(q.QueryRowContext(ctx, `
		select `+columns+` from party p
		where p.number = $1 and p.verified_at is not null and p.erased_at is null`, number))
	if errors.Is(err, sql.ErrNoRows) {
		return Party{}, errNotFound
	}
	if err != nil {
		return Party{}, fmt.Errorf("party by number: %w", err) // without the number: it is personal
	}
	return p, nil
}

func list(ctx context.Context, q db.Querier, query string, args ...any) ([]Party, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	found, err := db.Rows(rows, err, func(r *sql.Rows) (Party, error) { return scan(r) })
	if err != nil {
		return nil, fmt.Errorf("list parties: %w", err)
	}
	return found, nil
}

// sameAs returns a party and those that proved to be it.
func sameAs(ctx context.Context, q db.Querier, id ID) ([]Party, error) {
	return list(ctx, q, `select `+columns+` from party p where p.id = $1 or p.became = $1`, id)
}

func byIDs(ctx context.Context, q db.Querier, ids []string) ([]Party, error) {
	marks, args := make([]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), id
	}
	return list(ctx, q, `select `+columns+` from party p where p.id in (`+strings.Join(marks, ", ")+`)`, args...)
}

func byNumberOrPhone(ctx context.Context, q db.Querier, number, phone string, limit int) ([]Party, error) {
	return list(ctx, q, `
		select `+columns+` from party p
		where (p.number <> '' and p.number = $1 or p.phone <> '' and p.phone = $2) and p.became is null and p.erased_at is null
		order by p.verified_at is null, p.id limit $3`, number, phone, limit)
}

// byName finds parties whose name has a word beginning with each of words.
func byName(ctx context.Context, q db.Querier, words []string, limit int) ([]Party, error) {
	query := `select ` + columns + ` from party p where p.became is null and p.erased_at is null`
	var args []any
	for _, w := range words {
		from := []byte(w)
		// No UTF-8 text holds the byte FF, so it comes after all that begin with w.
		args = append(args, from, append(append([]byte(nil), from...), 0xff))
		query += fmt.Sprintf(` and p.id in (select party_id from party_word where word >= $%d and word < $%d)`, len(args)-1, len(args))
	}
	args = append(args, limit)
	return list(ctx, q, query+fmt.Sprintf(` order by p.verified_at is null, p.name, p.id limit $%d`, len(args)), args...)
}

func insert(ctx context.Context, q db.Querier, p Party) error {
	_, err := q.ExecContext(ctx, `
		insert into party (id, kind, number_kind, number, name, born, phone, email, address, verified_at, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Kind, p.Number.Kind, p.Number.Value, p.Name, p.Born, p.Phone, p.Email, p.Address,
		db.Instant(p.VerifiedAt), db.Instant(p.CreatedAt))
	if db.IsUnique(err) {
		return errChanged // the number was verified for another in this very moment
	}
	if err != nil {
		return fmt.Errorf("insert party: %w", err)
	}
	return setWords(ctx, q, p)
}

// save writes p if nobody else has since it was read.
func save(ctx context.Context, q db.Querier, p Party) error {
	res, err := q.ExecContext(ctx, `
		update party
		set kind = $1, number_kind = $2, number = $3, name = $4, born = $5, phone = $6, email = $7, address = $8,
			verified_at = $9, became = $10, erased_at = $11, version = version + 1
		where id = $12 and version = $13`,
		p.Kind, p.Number.Kind, p.Number.Value, p.Name, p.Born, p.Phone, p.Email, p.Address,
		db.Instant(p.VerifiedAt), db.NullText(p.Became), db.Instant(p.ErasedAt), p.ID, p.Version)
	if db.IsUnique(err) {
		return errChanged
	}
	if err != nil {
		return fmt.Errorf("save party %s: %w", p.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errChanged, err)
	}
	return setWords(ctx, q, p)
}

func setWords(ctx context.Context, q db.Querier, p Party) error {
	if _, err := q.ExecContext(ctx, `delete from party_word where party_id = $1`, p.ID); err != nil {
		return fmt.Errorf("words of party %s: %w", p.ID, err)
	}
	for _, w := range text.Words(p.Name) {
		_, err := q.ExecContext(ctx, `insert into party_word (word, party_id) values ($1, $2) on conflict (word, party_id) do nothing`, []byte(w), p.ID)
		if err != nil {
			return fmt.Errorf("words of party %s: %w", p.ID, err)
		}
	}
	return nil
}

func insertRepresentation(ctx context.Context, q db.Querier, r Representation, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		insert into party_representation (id, principal_id, agent_id, kind, valid_from, valid_to, document, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.ID, r.Principal, r.Agent, r.Kind, r.From, r.To, r.Document, db.Instant(at))
	if err != nil {
		return fmt.Errorf("insert representation: %w", err)
	}
	return nil
}

// representations returns those where the column (agent_id, principal_id or id) is the given value.
func representations(ctx context.Context, q db.Querier, column, value string) ([]Representation, error) {
	rows, err := q.QueryContext(ctx, `
		select id, principal_id, agent_id, kind, valid_from, valid_to, document
		from party_representation
		where `+column+` = $1
		order by valid_from, id`, value)
	found, err := db.Rows(rows, err, func(row *sql.Rows) (Representation, error) {
		var r Representation
		err := row.Scan(&r.ID, &r.Principal, &r.Agent, &r.Kind, &r.From, &r.To, &r.Document)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("representations: %w", err)
	}
	return found, nil
}

func endRepresentation(ctx context.Context, q db.Querier, id string, on worktime.Date) error {
	res, err := q.ExecContext(ctx, `
		update party_representation set valid_to = $1
		where id = $2 and valid_from <= $1 and (valid_to is null or valid_to > $1)`, on, id)
	if err != nil {
		return fmt.Errorf("end representation %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errChanged, err)
	}
	return nil
}

// forget ends what an erased party may do and blanks what it was based on.
func forget(ctx context.Context, q db.Querier, id ID, on worktime.Date) error {
	_, err := q.ExecContext(ctx, `
		update party_representation
		set document = '', valid_to = case when valid_from > $1 then valid_from when valid_to is null or valid_to > $1 then $1 else valid_to end
		where principal_id = $2 or agent_id = $2`, on, id)
	if err != nil {
		return fmt.Errorf("forget representations of %s: %w", id, err)
	}
	return nil
}
