package dossier

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/worktime"
)

// TestListsUseIndexes asks SQLite how it would run each list. None may read the
// whole table of dossiers, or sort more than the page.
func TestListsUseIndexes(t *testing.T) {
	d := dbtest.SQLite(t)
	units := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprint("u", i))
		}
		return all
	}
	day := worktime.NewDate(2022, time.July, 4)
	official := func(n int) filter { return filter{drafts: "cuong", units: units(n)} }
	for name, c := range map[string]choice{
		"mine":              {Query: Query{View: Mine}, filter: official(1), by: "cuong"},
		"unit":              {Query: Query{View: OfUnit}, filter: official(1), units: units(1)},
		"few units":         {Query: Query{View: OfUnit}, filter: official(5), units: units(5)},
		"many units":        {Query: Query{View: OfUnit}, filter: official(40), units: units(40)},
		"due today":         {Query: Query{View: DueToday}, filter: official(2), units: units(2)},
		"overdue":           {Query: Query{View: Overdue}, filter: official(2), units: units(2)},
		"all of few":        {filter: official(3)},
		"all of many":       {filter: official(40)},
		"all":               {filter: filter{filed: true}},
		"state":             {Query: Query{States: []State{Filed}}, filter: official(1)},
		"procedure":         {Query: Query{Procedure: "1.004228"}, filter: official(1)},
		"own":               {Query: Query{View: Own}, filter: filter{account: "an", drafts: "an", parties: []string{"p1", "p2"}}, by: "an"},
		"search":            {Query: Query{Text: "nguyen van"}, filter: official(3)},
		"code":              {Query: Query{Text: "000.00.12"}, filter: official(3)},
		"later page of few": {filter: official(3), cursor: cursor{at: time.Now(), id: "x"}},
		"later page":        {Query: Query{View: OfUnit}, filter: official(5), units: units(5), cursor: cursor{at: time.Now(), id: "x"}},
	} {
		c.today, c.now, c.limit = day, day.Time(9, 0), 51
		var a args
		query, _ := c.sql(&a)
		rows, err := d.QueryContext(t.Context(), "explain query plan "+query, a...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, query)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN d") && !strings.Contains(detail, "USING INDEX") {
				t.Errorf("%s reads everything: %s", name, detail)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFilterOfTheWholeInstallation tells a grant over everything from one that
// reaches only what belongs to no unit.
func TestFilterOfTheWholeInstallation(t *testing.T) {
	for _, tt := range []struct {
		units []string
		want  bool
	}{{[]string{"", "a"}, true}, {[]string{""}, false}} {
		f := newFilter(actor.Actor{ID: "x", Grants: []actor.Grant{{Role: actor.Leader, Units: tt.units}}}, nil)
		if f.filed != tt.want {
			t.Errorf("%q: %t", tt.units, f.filed)
		}
	}
}

func TestSeries(t *testing.T) {
	day := worktime.NewDate(2026, time.June, 9)
	for template, want := range map[string]string{
		"000.00.12.H06-{yymmdd}-{nnnn}": "000.00.12.H06-260609- 4",
		"G09.20-{yyyymmdd}-{nnnnnnn}":   "G09.20-20260609- 7",
	} {
		before, digits := series(template, day)
		if got := fmt.Sprint(before, " ", digits); got != want || !templates.MatchString(template) {
			t.Errorf("%s makes %s, want %s", template, got, want)
		}
	}
	for _, bad := range []string{"", "H06-{nnnn}", "H06-{yymmdd}-{nnn}", "h06-{yymmdd}-{nnnn}", "H06-{yymmdd}-{nnnn}x"} {
		if templates.MatchString(bad) {
			t.Errorf("%q is taken for a template", bad)
		}
	}
}
