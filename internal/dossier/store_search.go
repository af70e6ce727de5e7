package dossier

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/worktime"
)

// args are the values of a query; a condition adds its own and gets their names.
type args []any

func (a *args) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

func addAll[T any](a *args, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = a.add(v)
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// filter says which dossiers an actor may see. Every query for dossiers on
// somebody's behalf goes through [filter.sql]: lists, searches, exports,
// statistics and single ones.
type filter struct {
	all      bool     // everything: the system itself
	filed    bool     // everything filed: reading is granted for the whole installation
	account  actor.ID // what this account filed, if it is not an official's
	drafts   actor.ID // the drafts this account made
	parties  []string // their own
	units    []string // these units' own, once filed
	mandates []mandate
}

// mandate is what an inspector may read (phạm vi thanh tra): dossiers of units,
// filed in a period. A zero end is open.
type mandate struct {
	units    []string
	from, to worktime.Date
}

// newFilter returns what an actor may see who acts for the given parties.
func newFilter(by actor.Actor, parties []string) filter {
	if by.ID == actor.SystemID {
		return filter{all: true}
	}
	f := filter{drafts: by.ID, units: by.Units(actor.ReadDossier)}
	if by.Can(actor.FileDossier) {
		f.parties = parties
		if !by.Staff() {
			f.account = by.ID
		}
	}
	for _, g := range by.Grants {
		switch {
		case g.Role.Grants(actor.ReadDossier) && by.Can(actor.ReadDossier):
			// A grant over the whole installation names no unit, and reaches all.
			f.filed = f.filed || g.Unit == "" && len(g.Units) > 1
		case g.Role.Grants(actor.InspectDossier) && by.Can(actor.InspectDossier):
			from, err := bound(g.From)
			to, err2 := bound(g.To)
			if err == nil && err2 == nil && len(g.Units) > 0 {
				f.mandates = append(f.mandates, mandate{g.Units, from, to})
			}
		}
	}
	return f
}

func bound(s string) (worktime.Date, error) {
	if s == "" {
		return worktime.Date{}, nil
	}
	return worktime.ParseDate(s)
}

// sql is the condition on a dossier aliased d.
func (f filter) sql(a *args) string {
	if f.all {
		return "true"
	}
	may := []string{"false"}
	if f.drafts != "" {
		may = append(may, "d.created_by = "+a.add(f.drafts)+" and d.filed_at is null")
	}
	if f.account != "" {
		may = append(may, "d.created_by = "+a.add(f.account))
	}
	if len(f.parties) > 0 {
		may = append(may, "d.party in "+addAll(a, f.parties))
	}
	if f.filed {
		may = append(may, "d.filed_at is not null")
	} else if len(f.units) > 0 {
		may = append(may, "exists (select 1 from dossier_unit u where u.dossier_id = d.id and u.unit in "+addAll(a, f.units)+")")
	}
	for _, m := range f.mandates {
		c := "exists (select 1 from dossier_unit u where u.dossier_id = d.id and u.unit in " + addAll(a, m.units) + ")"
		if !m.from.IsZero() {
			c += " and d.filed_at >= " + a.add(db.Instant(m.from.Time(0, 0)))
		}
		if !m.to.IsZero() {
			c += " and d.filed_at < " + a.add(db.Instant(m.to.Time(0, 0)))
		}
		may = append(may, c)
	}
	return "(" + strings.Join(may, " or ") + ")"
}

// reach lists the units of all that an official may see; nil when the rest of
// the filter lets more through than that.
func (f filter) reach() []string {
	if f.all || f.filed || f.account != "" || len(f.parties) > 0 {
		return nil
	}
	units := append([]string(nil), f.units...)
	for _, m := range f.mandates {
		units = append(units, m.units...)
	}
	return units
}

// choice is a [Query] made ready: what is asked, by whom it may be seen, and
// where the page begins.
type choice struct {
	Query
	filter
	by     actor.ID
	units  []string // of the worklists of units
	today  worktime.Date
	now    time.Time
	cursor cursor
	limit  int
}

// cursor is where the page before ended.
type cursor struct {
	at     time.Time // of the order's first column
	phrase string    // instead of at, when searching
	id     string
}

// branches bounds how many units a list is merged from, each read from its index
// in order. With more, one index for all units is read and the rest left out.
const branches = 24

// list returns the dossiers chosen, in the order of their list.
func list(ctx context.Context, q db.Querier, c choice) ([]Dossier, []cursor, error) {
	var a args
	query, order := c.sql(&a)
	rows, err := q.QueryContext(ctx, query, a...)
	var ends []cursor
	found, err := db.Rows(rows, err, func(rows *sql.Rows) (Dossier, error) {
		var d Dossier
		dest := lightDest(&d)
		var phrase string
		if order == byPhrase {
			dest = append(dest, &phrase)
		}
		err := rows.Scan(dest...)
		ends = append(ends, order.end(&d, phrase))
		return d, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list dossiers: %w", err)
	}
	return found, ends, nil
}

// order is what a list is sorted by.
type order string

const (
	byDue    order = "d.due_order, d.id"
	byFiling order = "d.filed_at desc, d.id desc"
	byStart  order = "d.started_at desc, d.id desc"
	byPhrase order = "p.phrase, p.dossier_id"
)

func (o order) end(d *Dossier, phrase string) cursor {
	switch o {
	case byDue:
		return cursor{at: d.dueOrder, id: string(d.ID)}
	case byFiling:
		return cursor{at: d.FiledAt, id: string(d.ID)}
	case byPhrase:
		return cursor{phrase: phrase, id: string(d.ID)}
	}
	return cursor{at: d.StartedAt, id: string(d.ID)}
}

// after is the condition that a row comes after the cursor.
func (o order) after(a *args, c cursor) string {
	if c.id == "" {
		return ""
	}
	switch o {
	case byDue:
		return " and (d.due_order, d.id) > (" + a.add(db.Instant(c.at)) + ", " + a.add(c.id) + ")"
	case byFiling:
		return " and (d.filed_at, d.id) < (" + a.add(db.Instant(c.at)) + ", " + a.add(c.id) + ")"
	case byPhrase:
		return " and (p.phrase, p.dossier_id) > (" + a.add(c.phrase) + ", " + a.add(c.id) + ")"
	}
	return " and (d.started_at, d.id) < (" + a.add(db.Instant(c.at)) + ", " + a.add(c.id) + ")"
}

// sql is the whole query. Each list is driven by the index made for it.
func (c choice) sql(a *args) (string, order) {
	switch {
	case c.Text != "" && !isCode(c.Text):
		low, high := prefix(phrase(c.Text))
		return `select ` + light + `, p.phrase from dossier_phrase p cross join dossier d` +
			` where d.id = p.dossier_id and p.phrase >= ` + a.add(low) + ` and p.phrase < ` + a.add(high) +
			c.where(a) + byPhrase.after(a, c.cursor) + c.tail(a, byPhrase), byPhrase
	case c.View == Mine:
		return c.simple(a, "d.open and d.assignee = "+a.add(c.by), byDue), byDue
	case c.View == OfUnit || c.View == DueToday || c.View == Overdue:
		return c.worklist(a), byDue
	case c.View == ToRelay:
		return c.relays(a), byDue
	case c.View == Own:
		return c.simple(a, c.own(a), byStart), byStart
	}
	if units := c.reach(); c.Text == "" && len(c.States) == 0 && c.Procedure == "" && len(units) > 0 && len(units) <= branches {
		return c.newest(a, units), byFiling
	}
	return c.simple(a, "d.filed_at is not null", byFiling), byFiling
}

func (c choice) simple(a *args, condition string, o order) string {
	return `select ` + light + ` from dossier d where ` + condition + c.where(a) + o.after(a, c.cursor) + c.tail(a, o)
}

func (c choice) tail(a *args, o order) string {
	return ` order by ` + string(o) + ` limit ` + a.add(c.limit)
}

// own are the dossiers of who asks as a citizen.
func (c choice) own(a *args) string {
	condition := "d.created_by = " + a.add(c.by)
	if len(c.parties) > 0 {
		condition = "(" + condition + " or d.party in " + addAll(a, c.parties) + ")"
	}
	return condition
}

// relays are the dossiers with a proposed request that the desks must send.
func (c choice) relays(a *args) string {
	if len(c.units) == 0 {
		return c.simple(a, "false", byDue)
	}
	return c.simple(a, "d.state = 'in_processing' and d.supplement_id is not null and d.receiving_unit in "+addAll(a, c.units), byDue)
}

// worklist merges what lies in several units: each unit's part comes from its
// index in order, and only as many rows as a page has.
func (c choice) worklist(a *args) string {
	due := ""
	switch c.View {
	case DueToday:
		due = " and d.due_order >= " + a.add(db.Instant(c.today.Time(0, 0))) + " and d.due_order < " + a.add(db.Instant(c.today.AddDays(1).Time(0, 0)))
	case Overdue:
		due = " and d.due_order < " + a.add(db.Instant(c.now))
	}
	if len(c.units) == 0 {
		return c.simple(a, "false", byDue)
	}
	if len(c.units) > branches {
		return c.simple(a, "d.open and d.unit in "+addAll(a, c.units)+due, byDue)
	}
	parts := make([]string, len(c.units))
	for i, u := range c.units {
		parts[i] = `select * from (select d.id, d.due_order from dossier d where d.open and d.unit = ` + a.add(u) + due +
			c.where(a) + byDue.after(a, c.cursor) + c.tail(a, byDue) + `) as part` + fmt.Sprint(i)
	}
	return `select ` + light + ` from (select * from (` + strings.Join(parts, " union all ") + `) as parts order by due_order, id limit ` + a.add(c.limit) + `) as page
		join dossier d on d.id = page.id order by d.due_order, d.id`
}

// newest merges the newest of several units, a dossier that passed through more
// than one of them once.
func (c choice) newest(a *args, units []string) string {
	parts := make([]string, len(units))
	for i, u := range units {
		after := ""
		if c.cursor.id != "" {
			after = " and (u.filed_at, u.dossier_id) < (" + a.add(db.Instant(c.cursor.at)) + ", " + a.add(c.cursor.id) + ")"
		}
		parts[i] = `select * from (select u.dossier_id, u.filed_at from dossier_unit u cross join dossier d where d.id = u.dossier_id and u.unit = ` + a.add(u) + after +
			c.where(a) + ` order by u.filed_at desc, u.dossier_id desc limit ` + a.add(c.limit) + `) as part` + fmt.Sprint(i)
	}
	return `select ` + light + ` from (select * from (` + strings.Join(parts, " union ") + `) as parts order by filed_at desc, dossier_id desc limit ` + a.add(c.limit) + `) as page
		join dossier d on d.id = page.dossier_id order by d.filed_at desc, d.id desc`
}

// where are the conditions that any list may have, and who may see.
func (c choice) where(a *args) string {
	where := " and " + c.filter.sql(a)
	if len(c.States) == 1 {
		where += " and d.state = " + a.add(c.States[0])
	} else if len(c.States) > 1 {
		where += " and d.state in " + addAll(a, c.States)
	}
	if c.Procedure != "" {
		where += " and d.procedure_code = " + a.add(c.Procedure)
	}
	if c.Unit != "" {
		where += " and d.unit = " + a.add(c.Unit)
	}
	if len(c.Party) > 0 {
		where += " and d.party in " + addAll(a, c.Party)
	}
	if isCode(c.Text) {
		low, high := prefix(strings.ToUpper(strings.TrimSpace(c.Text)))
		where += " and d.code >= " + a.add(low) + " and d.code < " + a.add(high)
	}
	if !c.From.IsZero() {
		where += " and d.filed_at >= " + a.add(db.Instant(c.From.Time(0, 0)))
	}
	if !c.To.IsZero() {
		where += " and d.filed_at < " + a.add(db.Instant(c.To.Time(0, 0)))
	}
	return where
}

// countStates counts what is chosen, by state.
func countStates(ctx context.Context, q db.Querier, c choice) (map[State]int, error) {
	var a args
	condition := "d.filed_at is not null" + c.where(&a)
	rows, err := q.QueryContext(ctx, `select d.state, count(*) from dossier d where `+condition+` group by d.state`, a...)
	counts := map[State]int{}
	_, err = db.Rows(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var s State
		var n int
		err := rows.Scan(&s, &n)
		counts[s] = n
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("count dossiers: %w", err)
	}
	return counts, nil
}

// inTerms returns ids of dossiers whose clock runs or stands, after the given
// one: what must be counted again.
func inTerms(ctx context.Context, q db.Querier, after ID, limit int) ([]ID, error) {
	rows, err := q.QueryContext(ctx, `select id from dossier where open and received_at is not null and id > $1 order by id limit $2`, after, limit)
	return ids(rows, err, "dossiers being counted")
}

// nearlyDue returns ids of dossiers due before a moment for which no apology was
// drafted.
func nearlyDue(ctx context.Context, q db.Querier, before time.Time, limit int) ([]ID, error) {
	rows, err := q.QueryContext(ctx, `
		select id from dossier
		where open and due_order < $1 and received_at is not null and apology_drafted_at is null and state not in ('waiting_supplement', 'waiting_payment')
		order by due_order, id limit $2`, db.Instant(before), limit)
	return ids(rows, err, "dossiers nearly due")
}

// ofParty returns the ids of a party's dossiers.
func ofParty(ctx context.Context, q db.Querier, party string) ([]ID, error) {
	rows, err := q.QueryContext(ctx, `select id from dossier where party = $1 order by started_at, id`, party)
	return ids(rows, err, "dossiers of party "+party)
}

func ids(rows *sql.Rows, err error, what string) ([]ID, error) {
	all, err := db.Rows(rows, err, func(rows *sql.Rows) (ID, error) {
		var id ID
		return id, rows.Scan(&id)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}
