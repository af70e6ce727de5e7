package procedure

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/text"
)

// beyond sorts after every letter: a prefix stands for the words from itself to
// itself followed by beyond.
const beyond = "\U0010FFFF"

// maxWords bounds a search; nobody remembers more.
const maxWords = 12

// place is where a row stands in the list's order.
type place struct {
	key []byte
	id  ID
}

// cursor writes a place as text for an address.
func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString(append(append(append([]byte{}, p.key...), 0), p.id...))
}

// parseCursor reads a cursor. A text that is none begins the list anew.
func parseCursor(s string) (place, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || s == "" {
		return place{}, false
	}
	i := strings.LastIndexByte(string(raw), 0) // ids hold no zero byte, keys may
	if i < 0 {
		return place{}, false
	}
	return place{raw[:i], ID(raw[i+1:])}, true
}

// search lists the versions that fit a filter, in the order of their names, from
// its cursor on.
func search(ctx context.Context, q db.Querier, f Filter) ([]place, error) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	and(`v.valid_from <= ?`, f.On)
	and(`(v.valid_to is null or v.valid_to > ?)`, f.On)
	if f.Field != "" {
		and(`v.field = ?`, f.Field)
	}
	if f.Unit != "" {
		and(`v.id in (select version_id from procedure_facet where facet = 'unit' and value = ?)`, f.Unit)
	}
	if f.Applicant != "" {
		and(`v.id in (select version_id from procedure_facet where facet = 'applicant' and value = ?)`, f.Applicant)
	}
	if f.Level != "" {
		and(`v.id in (
			select version_id from procedure_level
			where level = ? and (valid_from is null or valid_from <= ?) and (valid_to is null or valid_to > ?))`, f.Level, f.On, f.On)
	}
	words := text.Words(f.Words)
	for _, w := range words[:min(len(words), maxWords)] {
		and(`v.id in (select version_id from procedure_word where word >= ? and word < ?)`, w, w+beyond)
	}
	if p, ok := parseCursor(f.After); ok {
		and(`(v.sort_key, v.id) > (?, ?)`, p.key, p.id)
	}
	args = append(args, f.Limit)
	rows, err := q.QueryContext(ctx, `
		select v.sort_key, v.id from procedure_version v
		where `+strings.Join(where, " and ")+`
		order by v.sort_key, v.id
		limit `+fmt.Sprintf("$%d", len(args)), args...)
	found, err := db.Rows(rows, err, func(rows *sql.Rows) (place, error) {
		var p place
		err := rows.Scan(&p.key, &p.id)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("search procedures: %w", err)
	}
	return found, nil
}
