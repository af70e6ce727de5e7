package officeweb

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/web"
)

// row is a dossier in a list.
type row struct {
	ID, Href, Code, Procedure, Applicant, Summary string
	State                                         web.Tag
	Due                                           *web.Deadline // nil: its time has not begun
	Unit, Person                                  string
	Filed                                         string
	Assisted, External                            bool
	Version                                       int64
	Pick                                          bool // may be given to somebody else
}

// rows puts dossiers into the reader's words.
func (h handlers) rows(r *http.Request, by actor.Actor, all []dossier.Dossier) ([]row, error) {
	ctx, names, lang := r.Context(), h.names(r), web.LangOf(r)
	var ids []actor.ID
	for _, d := range all {
		ids = append(ids, d.Assignee)
	}
	if err := names.meet(ctx, ids...); err != nil {
		return nil, err
	}
	rows := make([]row, len(all))
	for i := range all {
		d := &all[i]
		v, err := h.Procedures.Get(ctx, d.Procedure)
		if err != nil {
			return nil, err
		}
		unit, err := names.unit(ctx, d.Unit)
		if err != nil {
			return nil, err
		}
		rows[i] = row{
			ID: string(d.ID), Href: page(d.ID), Code: d.Code, Procedure: v.Plain.In(lang), Applicant: d.ApplicantName, Summary: d.Summary,
			State: h.stateTag(r, d.State), Due: h.deadline(r, d), Unit: unit, Person: names.person(d.Assignee), Filed: lang.Moment(d.FiledAt),
			Assisted: d.Assisted, External: d.Mastered(), Version: d.Version,
			Pick: d.State == dossier.InProcessing && by.CanIn(actor.AssignDossier, d.Unit),
		}
	}
	return rows, nil
}

// views are the worklists as an address names them.
var views = []struct {
	name string
	view dossier.View
}{
	{"mine", dossier.Mine}, {"unit", dossier.OfUnit}, {"due-today", dossier.DueToday}, {"overdue", dossier.Overdue}, {"all", dossier.All},
}

// narrowed is what a list was asked for.
type narrowed struct {
	name   string
	values url.Values // without the cursor
	query  dossier.Query
}

// narrow reads what a list is to show. What makes no sense is left out: an old
// link still opens a list.
func (h handlers) narrow(r *http.Request) (narrowed, error) {
	by, asked := actor.From(r.Context()), r.URL.Query()
	n := narrowed{name: asked.Get("view"), values: url.Values{}}
	i := slices.IndexFunc(views, func(v struct {
		name string
		view dossier.View
	}) bool {
		return v.name == n.name
	})
	if i < 0 {
		i = 1
		if by.Can(actor.WorkDossier) {
			i = 0
		}
		if !by.Can(actor.ReadDossier) || asked.Get("q") != "" {
			i = len(views) - 1 // an inspector, or a search of everything
		}
	}
	n.name, n.query.View = views[i].name, views[i].view
	n.values.Set("view", n.name)
	keep := func(name, value string) {
		if value != "" {
			n.values.Set(name, value)
		}
	}
	if s := dossier.State(asked.Get("state")); slices.Contains(dossier.States(), s) {
		n.query.States = []dossier.State{s}
		keep("state", string(s))
	}
	n.query.Procedure = procedure.Code(asked.Get("procedure"))
	keep("procedure", asked.Get("procedure"))
	n.query.After = asked.Get("after")
	words := strings.TrimSpace(asked.Get("q"))
	keep("q", words)
	n.query.Text = words
	if number, ok := party.ParseNumber(words); ok {
		// The store shows only what the reader may see anyway, so that whose number
		// it is may be asked by the house itself.
		found, err := h.Parties.Search(r.Context(), actor.System(), number.Value, 20)
		if err != nil {
			return n, err
		}
		n.query.Text, n.query.Party = "", []string{"none"}
		for _, p := range found {
			n.query.Party = append(n.query.Party, string(p.ID))
		}
	}
	return n, nil
}

// listData is what office_list.html needs.
type listData struct {
	Title    string
	Tabs     []web.Tab
	Filter   web.Filter
	Rows     []row
	Pager    web.Pager
	CSV      string
	XLSX     string
	ByDue    bool // else the newest first
	Searched bool
	Faults   []string // what a bulk assignment could not do
	People   *web.Choice
	Self     string
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	return h.drawList(w, r, http.StatusOK, nil, nil)
}

func (h handlers) drawList(w http.ResponseWriter, r *http.Request, status int, faults []string, picked url.Values) error {
	by, ctx := actor.From(r.Context()), r.Context()
	n, err := h.narrow(r)
	if err != nil {
		return err
	}
	found, err := h.Dossiers.List(ctx, by, n.query)
	if err != nil {
		return err
	}
	say := h.say(r)
	data := listData{
		Title: say("office.list." + n.name), ByDue: n.query.View != dossier.All && n.query.Text == "", Searched: n.values.Has("q"), Faults: faults,
		CSV: withQuery("/office/dossiers.csv", n.values), XLSX: withQuery("/office/dossiers.xlsx", n.values),
		Self: withQuery("/office/dossiers", n.values),
	}
	for _, v := range views {
		if v.name != "all" && !by.Can(actor.ReadDossier) || v.name == "mine" && !by.Can(actor.WorkDossier) {
			continue
		}
		q := url.Values{"view": {v.name}}
		data.Tabs = append(data.Tabs, web.Tab{Label: say("office.list." + v.name), Href: withQuery("/office/dossiers", q), Count: -1, Current: v.name == n.name})
	}
	if data.Filter, err = h.filter(r, n); err != nil {
		return err
	}
	if data.Rows, err = h.rows(r, by, found.Dossiers); err != nil {
		return err
	}
	next := func(after string) string {
		q := url.Values{}
		for k, v := range n.values {
			q[k] = v
		}
		if after != "" {
			q.Set("after", after)
		}
		return withQuery("/office/dossiers", q)
	}
	if found.Next != "" {
		data.Pager.Next = next(found.Next)
	}
	if n.query.After != "" {
		data.Pager.Previous = next("")
	}
	if slices.ContainsFunc(data.Rows, func(r row) bool { return r.Pick }) {
		var units []string
		for i, d := range found.Dossiers {
			if data.Rows[i].Pick && !slices.Contains(units, d.Unit) {
				units = append(units, d.Unit)
			}
		}
		options, err := h.colleagues(r, units...)
		if err != nil {
			return err
		}
		c := web.NewForm(picked, nil).Choice("person", say("office.assign.person"), append([]web.Option{{Label: say("office.choose")}}, options...))
		data.People = &c
	}
	return h.view.RenderStatus(w, r, status, "office_list.html", data)
}

// filter is the form above a list.
func (h handlers) filter(r *http.Request, n narrowed) (web.Filter, error) {
	say, bound := h.say(r), web.NewForm(n.values, nil)
	all, err := h.Procedures.List(r.Context(), procedure.Filter{Limit: 100})
	if err != nil {
		return web.Filter{}, err
	}
	procedures := []web.Option{{Label: say("office.filter.any-procedure")}}
	for _, v := range all.Versions {
		procedures = append(procedures, web.Option{Value: string(v.Code), Label: v.Plain.In(web.LangOf(r))})
	}
	states := []web.Option{{Label: say("office.filter.any-state")}}
	for _, s := range dossier.States()[1:] {
		states = append(states, web.Option{Value: string(s), Label: say("dossier.state." + string(s))})
	}
	var list []web.Option
	for _, v := range views {
		list = append(list, web.Option{Value: v.name, Label: say("office.list." + v.name)})
	}
	f := web.Filter{
		Action: "/office/dossiers",
		Search: bound.Input("q", say("office.filter.search"), say("office.filter.search.hint")),
		Choices: []web.Choice{
			bound.Choice("state", say("office.filter.state"), states),
			bound.Choice("procedure", say("office.filter.procedure"), procedures),
			bound.Choice("view", say("office.filter.view"), list),
		},
	}
	if len(n.values) > 1 {
		f.Clear = withQuery("/office/dossiers", url.Values{"view": {n.name}})
	}
	return f, nil
}

// colleagues are those among whom the work of units is shared out.
func (h handlers) colleagues(r *http.Request, units ...string) ([]web.Option, error) {
	names := h.names(r)
	var options []web.Option
	for _, u := range units {
		people, err := h.People.Colleagues(r.Context(), u, actor.WorkDossier)
		if err != nil {
			return nil, err
		}
		unit, err := names.unit(r.Context(), u)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == string(p.ID) }) {
				continue
			}
			options = append(options, web.Option{Value: string(p.ID), Label: p.Name + suffix(unit)})
		}
	}
	return options, nil
}

// worksIn reports whether somebody works in a unit: nobody is given a dossier of
// another one.
func (h handlers) worksIn(ctx context.Context, person actor.ID, unit string) (bool, error) {
	people, err := h.People.Colleagues(ctx, unit, actor.WorkDossier)
	if err != nil {
		return false, err
	}
	for _, p := range people {
		if p.ID == person {
			return true, nil
		}
	}
	return false, nil
}

// assign gives several dossiers to one person. Each stands for itself: those
// that others changed meanwhile stay, and are named.
func (h handlers) assign(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	by, person := actor.From(r.Context()), actor.ID(r.PostForm.Get("person"))
	var faults []string
	note := func(what string, err error) error {
		e, ok := sentence(err)
		if !ok {
			return err
		}
		faults = append(faults, what+": "+h.view.T(r, e.Key, map[string]any(e.Args)))
		return nil
	}
	picked := r.PostForm["pick"]
	if len(picked) == 0 || person == "" {
		faults = append(faults, h.view.T(r, "office.assign.nothing"))
	} else {
		for _, p := range picked {
			id, version, _ := strings.Cut(p, ":")
			v, _ := strconv.ParseInt(version, 10, 64)
			d, err := h.Dossiers.Get(r.Context(), by, dossier.ID(id))
			if err != nil {
				if err := note(id, err); err != nil {
					return err
				}
				continue
			}
			err = h.give(r.Context(), by, dossier.Copy{ID: d.ID, Version: v}, d.Unit, person)
			if err == nil {
				continue
			}
			if err := note(d.Code, err); err != nil {
				return err
			}
		}
	}
	back := r.PostForm.Get("back")
	if !strings.HasPrefix(back, "/office/dossiers?") {
		back = "/office/dossiers"
	}
	if len(faults) == 0 {
		return web.Redirect(w, r, back, "office.assign.done")
	}
	if u, err := url.Parse(back); err == nil {
		r.URL.RawQuery = u.RawQuery
	}
	return h.drawList(w, r, http.StatusConflict, faults, r.PostForm)
}

// give assigns a dossier of a unit to somebody who works there.
func (h handlers) give(ctx context.Context, by actor.Actor, seen dossier.Copy, unit string, person actor.ID) error {
	if person != "" {
		ok, err := h.worksIn(ctx, person, unit)
		if err != nil {
			return err
		}
		if !ok {
			return errs.Field("person", "office.assign.other-unit", nil)
		}
	}
	_, err := h.Dossiers.Assign(ctx, by, seen, person)
	return err
}

// sentence returns what a classified error says: of its fields the first.
func sentence(err error) (errs.Text, bool) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind == errs.Internal {
		return errs.Text{}, false
	}
	if faults := web.NewForm(nil, e.Fields).Summary(); len(faults) > 0 {
		return faults[0].Text, true
	}
	return errs.Text{Key: e.Msg, Args: e.Args}, true
}

// columns are the heads of an export; its words are "office.export.<column>".
var columns = []string{"code", "procedure", "applicant", "summary", "state", "filed", "received", "due", "decided", "unit", "person", "channel", "external"}

// cells are one dossier in an export. Each is text that a spreadsheet cannot
// take for a formula.
func (h handlers) cells(r *http.Request, names *names, d *dossier.Dossier) ([]string, error) {
	ctx, lang := r.Context(), web.LangOf(r)
	v, err := h.Procedures.Get(ctx, d.Procedure)
	if err != nil {
		return nil, err
	}
	unit, err := names.unit(ctx, d.Unit)
	if err != nil {
		return nil, err
	}
	if err := names.meet(ctx, d.Assignee); err != nil {
		return nil, err
	}
	channel := h.view.T(r, "dossier.channel."+string(d.Channel))
	if d.Assisted {
		channel = h.view.T(r, "office.channel.assisted")
	}
	cells := []string{
		d.Code, v.Plain.In(lang), d.ApplicantName, d.Summary, h.view.T(r, "dossier.state."+string(d.State)),
		moment(lang, d.FiledAt), moment(lang, d.ReceivedAt), moment(lang, d.DueAt), moment(lang, d.DecidedAt), unit, names.person(d.Assignee), channel, d.ExternalRef,
	}
	for i := range cells {
		cells[i] = text.SafeCell(cells[i])
	}
	return cells, nil
}

func (h handlers) heads(r *http.Request) []string {
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = h.view.T(r, "office.export."+c)
	}
	return heads
}

// saveAs announces a file to be saved under a name of ours.
func saveAs(w http.ResponseWriter, mediaType, name string) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}

// csv streams the list as it is narrowed. An outage on the way breaks the
// connection off, so that nobody takes a part for the whole.
func (h handlers) csv(w http.ResponseWriter, r *http.Request) error {
	n, err := h.narrow(r)
	if err != nil {
		return err
	}
	names, out, begun := h.names(r), csv.NewWriter(w), false
	begin := func() {
		saveAs(w, "text/csv; charset=utf-8", "dossiers-"+h.today().String()+".csv")
		_, _ = w.Write([]byte("\ufeff")) // Excel then reads UTF-8
		_ = out.Write(h.heads(r))        // kept by out, and told at the end
		begun = true
	}
	for d, err := range h.Dossiers.Export(r.Context(), actor.From(r.Context()), n.query) {
		var cells []string
		if err == nil {
			cells, err = h.cells(r, names, d)
		}
		if err != nil && !begun {
			return err
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if !begun {
			begin()
		}
		if err := out.Write(cells); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if !begun {
		begin()
	}
	out.Flush()
	return nil
}

// xlsx writes the same as a workbook, row by row through a file on disk.
func (h handlers) xlsx(w http.ResponseWriter, r *http.Request) error {
	n, err := h.narrow(r)
	if err != nil {
		return err
	}
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	line := 1
	put := func(cells []string) error {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		line++
		return sheet.SetRow("A"+strconv.Itoa(line-1), values)
	}
	if err := put(h.heads(r)); err != nil {
		return err
	}
	names := h.names(r)
	for d, err := range h.Dossiers.Export(r.Context(), actor.From(r.Context()), n.query) {
		if err != nil {
			return err
		}
		cells, err := h.cells(r, names, d)
		if err != nil {
			return err
		}
		if err := put(cells); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	saveAs(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "dossiers-"+h.today().String()+".xlsx")
	if err := book.Write(w); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// moment writes a moment, and nothing for none.
func moment(lang i18n.Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return lang.Moment(t)
}
