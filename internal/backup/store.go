package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/db"
)

// table is one table and how its rows are read and written.
type table struct {
	Name    string   `json:"table"`
	Columns []column `json:"columns"`

	where string // which rows are copied, and in which order; mostly empty
}

// column is one column. In the archive stand its name and type only.
type column struct {
	Name string `json:"name"`
	Type string `json:"type"` // text, bigint, boolean, date, timestamptz, jsonb or bytea

	read  string // the SQL that gives its portable form
	write string // the SQL that takes it back; $ is the value
}

// portable says, for each dialect and type, which SQL reads a column so that
// both stores give the same text, whole number or boolean.
var portable = map[db.Dialect]map[string]string{
	db.SQLite: {
		"text": "%s", "bigint": "%s", "boolean": "%s", "date": "cast(%s as text)",
		"timestamptz": "cast(%s as text)", "jsonb": "cast(%s as text)",
		"bytea": "case when %[1]s is not null then lower(hex(%[1]s)) end", // hex(null) is not null
	},
	db.PostgreSQL: {
		"text": "%s", "bigint": "%s", "boolean": "%s", "date": "to_char(%s, 'YYYY-MM-DD')",
		"timestamptz": `to_char(%s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
		"jsonb":       "cast(%s as text)", "bytea": "encode(%s, 'hex')",
	},
}

// The queue's moments, to the millisecond: on SQLite it keeps no more.
const (
	readSQLiteMoment     = `strftime('%Y-%m-%dT%H:%M:%f000Z', {})`
	writeSQLiteMoment    = `strftime('%Y-%m-%d %H:%M:%f', $)`
	readPostgreSQLMoment = `to_char({} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"000Z"')`
)

// jobs is the queue's table, whose columns differ between the stores. Jobs that
// are over are left behind; those at work will be begun anew. Their ids are new,
// in the same order: nothing refers to them.
func jobs(dialect db.Dialect) table {
	t := table{Name: "river_job", where: " where state not in ('completed', 'cancelled') order by id"}
	add := func(kind, read, write string, names ...string) {
		for _, name := range names {
			t.Columns = append(t.Columns, column{name, kind, strings.ReplaceAll(read, "{}", name), write})
		}
	}
	add("text", "{}", "$", "kind", "queue")
	add("bigint", "{}", "$", "attempt", "max_attempts", "priority")
	add("text", "case cast({} as text) when 'running' then 'available' else cast({} as text) end", "$", "state")
	if dialect == db.SQLite {
		add("timestamptz", readSQLiteMoment, writeSQLiteMoment, "created_at", "scheduled_at", "finalized_at")
		add("jsonb", "json({})", "jsonb($)", "args", "metadata", "tags", "errors")
		return t
	}
	add("timestamptz", readPostgreSQLMoment, "$", "created_at", "scheduled_at", "finalized_at")
	add("jsonb", "cast({} as text)", "$", "args", "metadata")
	add("jsonb", "cast(to_jsonb({}) as text)", "array(select jsonb_array_elements_text(cast($ as jsonb)))", "tags")
	add("jsonb", "cast(to_jsonb({}) as text)", "case when cast($ as jsonb) is not null then array(select jsonb_array_elements(cast($ as jsonb))) end", "errors")
	return t
}

// catalogue is how a store says what it holds: SQL that lists (table, column,
// type) and SQL that lists (table, table it refers to).
var catalogue = map[db.Dialect]struct{ columns, references string }{
	db.SQLite: {
		columns: `
			select m.name, c.name, c.type
			from sqlite_master m join pragma_table_info(m.name) c
			where m.type = 'table' and m.name not like 'sqlite\_%' escape '\'
			order by m.name, c.cid`,
		references: `
			select m.name, f."table"
			from sqlite_master m join pragma_foreign_key_list(m.name) f
			where m.type = 'table'
			order by 1, 2`,
	},
	db.PostgreSQL: {
		columns: `
			select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
			from pg_class c join pg_attribute a on a.attrelid = c.oid
			where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace and a.attnum > 0 and not a.attisdropped
			order by c.relname, a.attnum`,
		references: `
			select c.relname, f.relname
			from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
			where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace
			order by 1, 2`,
	},
}

// readTables lists the store's tables, each after those it refers to.
func readTables(ctx context.Context, q db.Querier, dialect db.Dialect) ([]table, error) {
	rows, err := q.QueryContext(ctx, catalogue[dialect].columns)
	columns, err := db.Rows(rows, err, func(rows *sql.Rows) (c struct {
		table string
		column
	}, err error) {
		return c, rows.Scan(&c.table, &c.Name, &c.Type)
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var tables []table
	for _, c := range columns {
		if c.table == "goose_db_version" || strings.HasPrefix(c.table, "river_") {
			continue // their libraries make and fill them; see jobs
		}
		c.Type = strings.Replace(strings.ToLower(c.Type), "timestamp with time zone", "timestamptz", 1)
		read, ok := portable[dialect][c.Type]
		if !ok {
			return nil, fmt.Errorf("column %s.%s is of type %s, which is not portable", c.table, c.Name, c.Type)
		}
		c.read, c.write = fmt.Sprintf(read, c.Name), "$"
		if len(tables) == 0 || tables[len(tables)-1].Name != c.table {
			tables = append(tables, table{Name: c.table})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, c.column)
	}
	references, err := readReferences(ctx, q, dialect)
	if err != nil {
		return nil, err
	}
	ordered, err := order(tables, references)
	return append(ordered, jobs(dialect)), err
}

// readReferences returns the tables each table refers to.
func readReferences(ctx context.Context, q db.Querier, dialect db.Dialect) (map[string][]string, error) {
	rows, err := q.QueryContext(ctx, catalogue[dialect].references)
	pairs, err := db.Rows(rows, err, func(rows *sql.Rows) (p [2]string, err error) {
		return p, rows.Scan(&p[0], &p[1])
	})
	if err != nil {
		return nil, fmt.Errorf("list references: %w", err)
	}
	references := map[string][]string{}
	for _, p := range pairs {
		references[p[0]] = append(references[p[0]], p[1])
	}
	return references, nil
}

// order puts tables after those they refer to. One that refers to itself needs
// no other.
func order(tables []table, references map[string][]string) ([]table, error) {
	done := map[string]bool{}
	var ordered []table
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, t := range tables {
			waits := slices.ContainsFunc(references[t.Name], func(to string) bool { return to != t.Name && !done[to] })
			if !done[t.Name] && !waits {
				done[t.Name] = true
				ordered = append(ordered, t)
			}
		}
		if len(ordered) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return ordered, nil
}

// eachRow calls fn with the portable form of each row: strings, whole numbers,
// booleans and nil. The row is valid until fn returns.
func eachRow(ctx context.Context, q db.Querier, t table, fn func(row []any) error) error {
	reads := make([]string, len(t.Columns))
	cells := make([]cell, len(t.Columns))
	pointers := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		reads[i], cells[i].kind, pointers[i] = c.read, c.Type, &cells[i]
	}
	rows, err := q.QueryContext(ctx, "select "+strings.Join(reads, ", ")+" from "+t.Name+t.where)
	if err != nil {
		return err
	}
	defer rows.Close()
	row := make([]any, len(t.Columns))
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		for i, c := range cells {
			row[i] = c.value
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// writer writes the rows of one table.
type writer struct {
	table      table
	one, many  *sql.Stmt
	batch      []any // values of the rows not yet written
	batchLimit int   // how many values fill it
}

func empty(ctx context.Context, tx *sql.Tx, t table) error {
	_, err := tx.ExecContext(ctx, "delete from "+t.Name)
	return err
}

func newWriter(ctx context.Context, tx *sql.Tx, t table) (*writer, error) {
	rows := max(1, min(100, 10_000/len(t.Columns))) // both stores bound the values of a statement
	one, err := tx.PrepareContext(ctx, insertText(t, 1))
	if err != nil {
		return nil, err
	}
	many, err := tx.PrepareContext(ctx, insertText(t, rows))
	if err != nil {
		return nil, errors.Join(err, one.Close())
	}
	return &writer{table: t, one: one, many: many, batchLimit: rows * len(t.Columns)}, nil
}

func insertText(t table, rows int) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	var text strings.Builder
	fmt.Fprintf(&text, "insert into %s (%s) values ", t.Name, strings.Join(names, ", "))
	for n := range rows {
		if n > 0 {
			text.WriteString(", ")
		}
		values := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			values[i] = strings.ReplaceAll(c.write, "$", fmt.Sprint("$", n*len(t.Columns)+i+1))
		}
		text.WriteString("(" + strings.Join(values, ", ") + ")")
	}
	return text.String()
}

// add writes a row, sooner or later.
func (w *writer) add(ctx context.Context, row []any) error {
	w.batch = append(w.batch, row...)
	if len(w.batch) < w.batchLimit {
		return nil
	}
	_, err := w.many.ExecContext(ctx, w.batch...)
	w.batch = w.batch[:0]
	return err
}

// close writes what is left.
func (w *writer) close(ctx context.Context) error {
	for row := range slices.Chunk(w.batch, len(w.table.Columns)) {
		if _, err := w.one.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return errors.Join(w.one.Close(), w.many.Close())
}

// deferReferences lets rows of a table refer to rows of the same table that come later,
// until the returned function checks them all.
func deferReferences(ctx context.Context, tx *sql.Tx, dialect db.Dialect) (check func() error, err error) {
	if dialect == db.SQLite {
		_, err := tx.ExecContext(ctx, `pragma defer_foreign_keys = on`) // checked at the commit
		return func() error { return nil }, err
	}
	rows, err := tx.QueryContext(ctx, `
		select conrelid::regclass::text, quote_ident(conname) from pg_constraint
		where contype = 'f' and conrelid = confrelid and not condeferrable and connamespace = current_schema()::regnamespace`)
	own, err := db.Rows(rows, err, func(rows *sql.Rows) (c [2]string, err error) {
		return c, rows.Scan(&c[0], &c[1])
	})
	if err != nil {
		return nil, err
	}
	alter := func(how string) error {
		for _, c := range own {
			if _, err := tx.ExecContext(ctx, "alter table "+c[0]+" alter constraint "+c[1]+" "+how); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error {
		if _, err := tx.ExecContext(ctx, `set constraints all immediate`); err != nil {
			return err
		}
		return alter("not deferrable")
	}, alter("deferrable initially deferred")
}

// seeded are the tables that migrations fill in a new store.
var seeded = []string{"procedure_catalogue"}

// checkEmpty returns an error if anybody has worked with the store.
func checkEmpty(ctx context.Context, q db.Querier, tables []table) error {
	for _, t := range tables {
		if slices.Contains(seeded, t.Name) {
			continue
		}
		var one int
		err := q.QueryRowContext(ctx, "select 1 from "+t.Name+" limit 1").Scan(&one)
		if err == nil {
			return fmt.Errorf("%w: table %s holds rows", ErrNotEmpty, t.Name)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}
