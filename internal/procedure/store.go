package procedure

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// head is a version without its definition: what may still change of it, its
// last day, and what finds it.
type head struct {
	id       ID
	code     Code
	from, to worktime.Date
	revision int
	hash     string
	at       time.Time
	by       actor.ID
}

const headColumns = `id, code, valid_from, valid_to, revision, hash, published_at, published_by`

func scanHead(rows *sql.Rows) (head, error) {
	var h head
	err := rows.Scan(&h.id, &h.code, &h.from, &h.to, &h.revision, &h.hash, (*db.Instant)(&h.at), &h.by)
	return h, err
}

// heads reads every version's head, each procedure's in the order of their days.
func heads(ctx context.Context, q db.Querier) ([]head, error) {
	rows, err := q.QueryContext(ctx, `select `+headColumns+` from procedure_version order by code, valid_from, revision`)
	all, err := db.Rows(rows, err, scanHead)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return all, nil
}

// newest reads the head of the version of code that begins last.
func newest(ctx context.Context, q db.Querier, code Code) (head, bool, error) {
	rows, err := q.QueryContext(ctx, `
		select `+headColumns+` from procedure_version
		where code = $1 order by valid_from desc, revision desc limit 1`, code)
	all, err := db.Rows(rows, err, scanHead)
	if err != nil {
		return head{}, false, fmt.Errorf("read procedure %s: %w", code, err)
	}
	if len(all) == 0 {
		return head{}, false, nil
	}
	return all[0], true, nil
}

// edition reads how often the catalogue has changed.
func edition(ctx context.Context, q db.Querier) (int64, error) {
	var n int64
	if err := q.QueryRowContext(ctx, `select edition from procedure_catalogue`).Scan(&n); err != nil {
		return 0, fmt.Errorf("read the catalogue's edition: %w", err)
	}
	return n, nil
}

// nextEdition tells every node that the catalogue has changed.
func nextEdition(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.ExecContext(ctx, `update procedure_catalogue set edition = edition + 1`); err != nil {
		return fmt.Errorf("count the catalogue's edition: %w", err)
	}
	return nil
}

// definition reads what a version says, and refuses it if it is not what was
// published.
func definition(ctx context.Context, q db.Querier, id ID) (Definition, error) {
	var raw, want string
	err := q.QueryRowContext(ctx, `select definition, hash from procedure_version where id = $1`, id).Scan(&raw, &want)
	if errors.Is(err, sql.ErrNoRows) {
		return Definition{}, errNotFound
	}
	if err != nil {
		return Definition{}, fmt.Errorf("read procedure %s: %w", id, err)
	}
	doc, hash, err := canonical([]byte(raw))
	if err != nil {
		return Definition{}, fmt.Errorf("read procedure %s: %w", id, err)
	}
	if hash != want {
		return Definition{}, fmt.Errorf("procedure %s was changed in the store: its hash is %s, published as %s", id, hash, want)
	}
	var d Definition
	if err := json.Unmarshal(doc, &d); err != nil {
		return Definition{}, fmt.Errorf("read procedure %s: %w", id, err)
	}
	return d, nil
}

// insert writes a new version and all that finds it.
func insert(ctx context.Context, tx *db.Tx, h head, d *Definition, doc []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into procedure_version (id, code, valid_from, valid_to, revision, hash, definition, field, sort_key, published_at, published_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.id, h.code, h.from, h.to, h.revision, h.hash, string(doc), d.Field.Code, text.SortKey(d.Plain.Vi), db.Instant(h.at), h.by)
	if err != nil {
		return fmt.Errorf("write procedure %s: %w", h.id, err)
	}
	for _, w := range searchWords(d) {
		if _, err := tx.ExecContext(ctx, `insert into procedure_word (word, version_id) values ($1, $2)`, w, h.id); err != nil {
			return fmt.Errorf("index procedure %s: %w", h.id, err)
		}
	}
	facets := [][2]string{}
	for _, u := range d.UnitCodes() {
		facets = append(facets, [2]string{"unit", u})
	}
	for _, a := range d.Applicants {
		facets = append(facets, [2]string{"applicant", string(a)})
	}
	for _, f := range facets {
		if _, err := tx.ExecContext(ctx, `insert into procedure_facet (version_id, facet, value) values ($1, $2, $3)`, h.id, f[0], f[1]); err != nil {
			return fmt.Errorf("index procedure %s: %w", h.id, err)
		}
	}
	for i, l := range d.Online {
		_, err := tx.ExecContext(ctx, `
			insert into procedure_level (version_id, place, level, valid_from, valid_to) values ($1, $2, $3, $4, $5)`,
			h.id, i, l.Level, l.From, l.To)
		if err != nil {
			return fmt.Errorf("index procedure %s: %w", h.id, err)
		}
	}
	return nil
}

// searchWords returns the folded words that find a procedure.
func searchWords(d *Definition) []string {
	var words []string
	said := []string{string(d.Code), d.Name.Vi, d.Name.En, d.Plain.Vi, d.Plain.En, d.Summary.Vi, d.Summary.En, d.Field.Name.Vi, d.Field.Name.En}
	for _, s := range append(said, d.Keywords...) {
		words = append(words, text.Words(s)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// end closes a version on the day to.
func end(ctx context.Context, tx *db.Tx, id ID, to worktime.Date) error {
	if _, err := tx.ExecContext(ctx, `update procedure_version set valid_to = $1 where id = $2`, to, id); err != nil {
		return fmt.Errorf("end procedure %s: %w", id, err)
	}
	return nil
}
