package procedureweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// showData is what procedure_show.html needs.
type showData struct {
	Version   *procedure.Version
	Name      string // plain
	Official  string
	Summary   string
	Day       web.DateInput
	Glance    []web.Row // the facts at a glance
	Asked     bool      // for another day than today
	On        worktime.Date
	Start     string // where to file; empty when the page is of another day
	Stale     string // said of a version that is not in force today
	Manage    string // the editor's page
	Cases     []caseView
	Papers    []paperView
	Stages    []stageView
	Fees      []feeView
	Channels  []string
	Priority  factView
	Advice    string // businesses are advised, or bound, to file online
	Bound     bool
	Exempt    []string
	Rules     []factView // conditions
	Results   []factView
	Legal     []legalView
	Sources   []factView
	Published string
}

// factView is a sentence with its source.
type factView struct{ Text, Note, Source string }

type caseView struct{ Name, Help, Time, Online, Revised, Note, Source string }

type paperView struct {
	Name, Help string
	Facts      string // original or copy, how many, its printed form
	When       string // only in these cases; empty: always
	Tags       []web.Tag
	Source     string
}

type stageView struct{ Name, Unit, Time, Online, Revised, Pauses, When, Source string }

// feeView is one fee as a table: whom it is for × how they file.
type feeView struct {
	Name, Source string
	Channels     []string
	Rows         []feeRow
}

type feeRow struct {
	For     string
	Amounts []string
}

type legalView struct{ Document, Title, Article, Source string }

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	code, query := procedure.Code(r.PathValue("code")), r.URL.Query()
	on, faults := day(query, "on")
	asked := !on.IsZero()
	if !asked {
		on = h.procedures.Today()
	}
	v, err := h.version(r.Context(), code, procedure.ID(query.Get("version")), on)
	if err != nil {
		return err
	}
	b := builder{words: h.words(r), Version: v, on: on, unitName: h.namer(r, on)}
	data := b.build()
	data.Asked = asked
	data.Day = web.NewForm(dayValues(query, "on", on), faults).Date("on", b.t("procedure.page.as-of"), b.t("procedure.page.as-of.hint"))
	if v.InForce(h.procedures.Today()) {
		data.Start = h.start(code)
	} else {
		data.Stale = b.t("procedure.show.stale", "id", string(v.ID))
	}
	if actor.From(r.Context()).Can(actor.EditCatalogue) {
		data.Manage = editorAddress(code)
	}
	return h.view.Render(w, r, "procedure_show.html", data)
}

// version returns the version of that id, which must be of the procedure, or the
// one in force on a day.
func (h handlers) version(ctx context.Context, code procedure.Code, id procedure.ID, on worktime.Date) (*procedure.Version, error) {
	if id == "" {
		return h.procedures.AsOf(ctx, code, on)
	}
	v, err := h.procedures.Get(ctx, id)
	if err == nil && v.Code != code {
		return nil, errs.New(errs.NotFound, "procedure.error.not-found", nil)
	}
	return v, err
}

// namer names units on a day; a unit that is not known is called by its code.
func (h handlers) namer(r *http.Request, on worktime.Date) func(string) string {
	english := web.LangOf(r) == "en"
	names := map[string]string{}
	return func(code string) string {
		if name, ok := names[code]; ok {
			return name
		}
		u, err := h.units.Get(r.Context(), code, on)
		name := u.Name
		if english && u.NameEN != "" {
			name = u.NameEN
		}
		if err != nil {
			name = code
		}
		names[code] = name
		return name
	}
}

// builder puts a version into the words of one reader.
type builder struct {
	words
	*procedure.Version
	on       worktime.Date
	unitName func(string) string
}

func (b builder) build() showData {
	data := showData{
		Version: b.Version, On: b.on,
		Name: b.in(b.Plain), Official: b.in(b.Definition.Name), Summary: b.in(b.Definition.Summary),
		Channels:  named(b.words, "channel", b.Definition.Channels),
		Published: b.t("procedure.show.published", "id", string(b.ID), "from", b.From.Time(0, 0), "hash", b.Hash[:16]),
	}
	for _, c := range b.Definition.Cases {
		data.Cases = append(data.Cases, b.caseView(c))
	}
	for _, c := range b.Components {
		data.Papers = append(data.Papers, b.paperView(c))
	}
	for _, s := range b.Definition.Stages {
		data.Stages = append(data.Stages, b.stageView(s))
	}
	for _, f := range b.Definition.Fees {
		data.Fees = append(data.Fees, b.feeView(f))
	}
	for _, c := range b.Conditions {
		data.Rules = append(data.Rules, factView{Text: b.in(c.Text), Source: b.source(c.Source)})
	}
	for _, res := range b.Definition.Results {
		fact := factView{Text: b.in(res.Name), Note: b.t("procedure.result-kind." + res.Kind), Source: b.source(res.Source)}
		if period := res.Period(); period.Key != "" {
			fact.Note += ", " + b.t("procedure.show.validity", "period", b.text(period))
		}
		data.Results = append(data.Results, fact)
	}
	for _, l := range b.Definition.Legal {
		data.Legal = append(data.Legal, legalView{l.Document, b.in(l.Title), l.Article, b.source(l.Source)})
	}
	for _, s := range b.Definition.Sources {
		data.Sources = append(data.Sources, factView{Text: b.in(s.Title), Note: b.t("procedure.confidence." + string(s.Confidence))})
	}
	if p := b.Definition.Priority; p != nil {
		data.Priority = factView{Text: b.in(p.Text), Source: b.source(p.Source)}
	}
	b.advise(&data)
	data.Glance = b.glance()
	return data
}

// glance are the facts most readers come for.
func (b builder) glance() []web.Row {
	who := b.lang.List(named(b.words, "applicant", b.Applicants))
	if b.ByProxy {
		who += ". " + b.t("procedure.show.by-proxy")
	}
	var places []string
	for _, ref := range b.Receives {
		places = append(places, b.unit(ref))
	}
	rows := []web.Row{
		{Key: b.t("procedure.page.code"), Value: string(b.Code)},
		{Key: b.t("procedure.page.field"), Value: b.in(b.Field.Name)},
		{Key: b.t("procedure.show.who"), Value: who},
		{Key: b.t("procedure.show.time"), Value: times(b.words, b.Version)},
		{Key: b.t("procedure.show.receives"), Value: b.lang.List(places)},
		{Key: b.t("procedure.show.decides"), Value: b.unit(b.Decides)},
	}
	if l := b.LevelOn(b.on); l != "" {
		rows = append(rows, web.Row{Key: b.t("procedure.page.level"), Value: b.t("procedure.level." + string(l))})
	}
	return rows
}

// unit names a unit, or the role that stands for one.
func (b builder) unit(ref string) string {
	if role, ok := b.Role(ref); ok {
		return b.in(role.Name)
	}
	return b.unitName(ref)
}

// source says where a fact comes from and how sure we are of it.
func (b builder) source(id string) string {
	s := b.Source(id)
	return b.t("procedure.show.source", "title", b.in(s.Title), "confidence", b.t("procedure.confidence."+string(s.Confidence)))
}

// cases says in which cases something holds; nothing when in all.
func (b builder) cases(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	var names []string
	for _, id := range ids {
		if c, ok := b.Case(id); ok {
			names = append(names, b.in(c.Name))
		}
	}
	return b.t("procedure.show.only", "cases", b.lang.List(names))
}

func (b builder) term(t *procedure.Term) string {
	if t == nil {
		return ""
	}
	return b.text(t.Text())
}

func (b builder) caseView(c procedure.Case) caseView {
	return caseView{
		Name: b.in(c.Name), Help: b.in(c.Help), Time: b.term(&c.Total), Online: b.term(c.OnlineTotal),
		Revised: b.term(c.Revised), Note: b.in(c.Note), Source: b.source(c.Source),
	}
}

func (b builder) paperView(c procedure.Component) paperView {
	facts := []string{b.t("procedure.copy." + string(c.Copy)), b.t("procedure.show.count", "count", c.Count)}
	if c.Template != "" {
		facts = append(facts, c.Template)
	}
	p := paperView{
		Name: b.in(c.Name), Help: b.in(c.Help), Facts: strings.Join(facts, " · "), When: b.cases(c.Cases), Source: b.source(c.Source),
	}
	tag := func(on bool, colour, key string) {
		if on {
			p.Tags = append(p.Tags, web.Tag{Colour: colour, Text: b.t("procedure.show.tag." + key)})
		}
	}
	tag(c.FromForm, "green", "from-form")
	tag(!c.Required, "grey", "optional")
	tag(c.Relevant != "", "grey", "sometimes")
	tag(len(c.Reuse) > 0, "blue", "reuse")
	tag(c.Photo, "teal", "photo")
	return p
}

func (b builder) stageView(s procedure.Stage) stageView {
	var pauses []string
	for _, p := range s.Pauses {
		pause := b.t("procedure.ground." + string(p.Ground))
		if p.Basis != "" {
			pause += " (" + p.Basis + ")"
		}
		pauses = append(pauses, pause)
	}
	v := stageView{
		Name: b.in(s.Name), Unit: b.unit(s.Unit), Time: b.term(&s.Term), Online: b.term(s.OnlineTerm), Revised: b.term(s.Revised),
		Pauses: b.lang.List(pauses), When: b.cases(s.Cases), Source: b.source(s.Source),
	}
	if s.Uncounted {
		v.Time = b.t("procedure.show.uncounted", "term", v.Time)
	}
	return v
}

// feeView lays a fee out as a table. Applicants and cases that pay the same are
// said once.
func (b builder) feeView(f procedure.Fee) feeView {
	v := feeView{
		Name: b.in(f.Name), Source: b.source(f.Source),
		Channels: named(b.words, "channel", b.Definition.Channels),
	}
	type group struct {
		applicants, cases []string
		rows              []feeRow
	}
	var groups []group
	for _, a := range b.Applicants {
		var same []group // of this applicant
		for _, c := range b.Definition.Cases {
			rows := b.feeRows(f, a, c.ID)
			i := slices.IndexFunc(same, func(g group) bool { return equalRows(g.rows, rows) })
			if i < 0 {
				same = append(same, group{[]string{b.t("procedure.applicant." + string(a))}, nil, rows})
				i = len(same) - 1
			}
			same[i].cases = append(same[i].cases, b.in(c.Name))
		}
		for _, g := range same {
			i := slices.IndexFunc(groups, func(h group) bool { return equalRows(h.rows, g.rows) && slices.Equal(h.cases, g.cases) })
			if i < 0 {
				groups = append(groups, g)
				continue
			}
			groups[i].applicants = append(groups[i].applicants, g.applicants...)
		}
	}
	for _, g := range groups {
		whom := b.lang.List(g.applicants)
		if len(g.cases) < len(b.Definition.Cases) {
			whom += ". " + b.lang.List(g.cases)
		}
		for _, row := range g.rows {
			if row.For != "" {
				row.For = whom + ". " + row.For
			} else {
				row.For = whom
			}
			v.Rows = append(v.Rows, row)
		}
	}
	return v
}

// feeRows are the sums of a fee for an applicant in a case, a row for each
// condition.
func (b builder) feeRows(f procedure.Fee, a procedure.ApplicantKind, caseID string) []feeRow {
	var rows []feeRow
	for i, ch := range b.Definition.Channels {
		for _, c := range f.CellsFor(procedure.Filing{Applicant: a, Case: caseID, Channel: ch}) {
			label := b.in(c.Label)
			at := slices.IndexFunc(rows, func(r feeRow) bool { return r.For == label })
			if at < 0 {
				rows = append(rows, feeRow{label, make([]string, len(b.Definition.Channels))})
				at = len(rows) - 1
			}
			rows[at].Amounts[i] = b.lang.Dong(c.Amount)
		}
	}
	return rows
}

func equalRows(a, b []feeRow) bool {
	return slices.EqualFunc(a, b, func(x, y feeRow) bool { return x.For == y.For && slices.Equal(x.Amounts, y.Amounts) })
}

// advise says who should, or must, file online on the day of the page.
func (b builder) advise(data *showData) {
	o := b.OnlineOnly
	if o == nil {
		return
	}
	who := b.lang.List(named(b.words, "applicant", o.Applicants))
	bound, advised := b.MustFileOnline(o.Applicants[0], b.on)
	data.Bound = bound
	switch {
	case bound:
		data.Advice = b.t("procedure.show.bound", "who", who, "decision", o.Decision, "from", o.From.Time(0, 0))
	case advised:
		data.Advice = b.t("procedure.show.advised", "who", who)
	}
	for _, e := range o.Exceptions {
		data.Exempt = append(data.Exempt, b.in(e))
	}
}
