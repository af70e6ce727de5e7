package officeweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// showData is what office_dossier.html needs.
type showData struct {
	Dossier   *dossier.Dossier
	Self      string
	Procedure string
	State     web.Tag
	Due       *web.Deadline
	Marks     []web.Tag // assisted, from another system, apologised
	Facts     []web.Row
	Steps     []web.Step
	Acts      []link   // what may be done next; the simple ones are buttons
	NewSecret bool     // a lost tracking secret may be replaced
	Open      *asked   // the act whose form is open
	Notes     []string // why what was sent could not be done
	Stale     *stale
	Clock     *clock
	Answers   []section
	Papers    []paper
	Requests  []request
	Slips     []link
	Timeline  []web.Entry
}

// link is an act, or a paper, by its name.
type link struct {
	Name, Label, Href string
	Direct, Danger    bool
	Current           bool
}

// stale says what others did since the page was drawn, and keeps what was typed
// for an act that the law no longer allows.
type stale struct {
	Changes []web.Entry
	Typed   []web.Row
}

// section is a page of the form as it was answered.
type section struct {
	Title string
	Rows  []web.Row
}

// paper is a component with its files; the last has the authority's own.
type paper struct {
	Name, Copy string
	Files      []file
	Missing    bool
}

// file is one attachment.
type file struct {
	ID, Name, Href, Note string
	Size                 int64
	Old, CanRemove       bool
}

// request is one round of asking for papers.
type request struct {
	Kind, Text, HeadReason string
	Tag                    web.Tag
	Items                  []item
}

type item struct{ What, Problem, Fix string }

// clock is both ways of counting, and what they rest on.
type clock struct {
	Rows      []web.Row
	Why       []string
	Intervals []interval
	Stages    []stage
}

type interval struct{ Kind, Stage, Unit, From, To, Ground string }

type stage struct {
	Name, Unit, From, To, Due, Verdict, Net, Gross string
}

// subject is a dossier with what its pages are drawn from.
type subject struct {
	*dossier.Dossier
	version *procedure.Version
	acts    []dossier.ActName
	asked   []dossier.Supplement
	files   []dossier.Attachment
	party   party.Party
}

// may reports whether the reader may do the act now.
func (s *subject) may(name dossier.ActName) bool { return slices.Contains(s.acts, name) }

// waiting returns the request for papers that is proposed, or waited for.
func (s *subject) waiting() dossier.Supplement {
	for _, one := range s.asked {
		if one.ID == s.Supplement {
			return one
		}
	}
	return dossier.Supplement{}
}

func (h handlers) subject(ctx context.Context, by actor.Actor, id dossier.ID) (*subject, error) {
	d, err := h.Dossiers.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	s := &subject{Dossier: d}
	if s.version, err = h.Procedures.Get(ctx, d.Procedure); err != nil {
		return nil, err
	}
	if s.acts, err = h.Dossiers.Actions(ctx, by, d); err != nil {
		return nil, err
	}
	if s.asked, err = h.Dossiers.Supplements(ctx, by, id); err != nil {
		return nil, err
	}
	if s.files, err = h.Dossiers.Attachments(ctx, by, id); err != nil {
		return nil, err
	}
	known, err := h.Parties.Lookup(ctx, d.Party) // who may see a dossier may see whose it is
	s.party = known[d.Party]
	return s, err
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	s, err := h.subject(r.Context(), actor.From(r.Context()), dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	data, err := h.draw(r, s)
	if err != nil {
		return err
	}
	if name := dossier.ActName(r.URL.Query().Get("act")); s.may(name) && deeds[name].do != nil {
		if data.Open, err = h.ask(r, s, name, nil, nil); err != nil {
			return err
		}
		data.mark(name)
	}
	return h.view.Render(w, r, "office_dossier.html", data)
}

// mark shows which act is open.
func (d *showData) mark(name dossier.ActName) {
	for i := range d.Acts {
		d.Acts[i].Current = d.Acts[i].Name == string(name)
	}
}

// again draws the page once more when what was sent could not be done: with
// what is wrong, what others did since, and what was typed.
func (h handlers) again(w http.ResponseWriter, r *http.Request, name dossier.ActName, seen dossier.Copy, cause error) error {
	by, ctx := actor.From(r.Context()), r.Context()
	e, ok := errors.AsType[*errs.Error](cause)
	if !ok || e.Kind != errs.Invalid && e.Kind != errs.Conflict && !(e.Kind == errs.Forbidden && e.Msg != "error.forbidden") {
		return cause
	}
	s, err := h.subject(ctx, by, seen.ID)
	if err != nil {
		return err
	}
	data, err := h.draw(r, s)
	if err != nil {
		return err
	}
	if old, isStale := errors.AsType[*dossier.StaleError](cause); isStale {
		data.Stale = &stale{}
		if data.Stale.Changes, err = h.entries(r, old.Changes); err != nil {
			return err
		}
	} else if len(e.Fields) == 0 {
		data.Notes = append(data.Notes, h.view.T(r, e.Msg, map[string]any(e.Args)))
	}
	if s.may(name) {
		if data.Open, err = h.ask(r, s, name, r.Form, e.Fields); err != nil {
			return err
		}
		data.mark(name)
		for _, f := range data.Open.lost {
			data.Notes = append(data.Notes, h.view.T(r, f.Text.Key, map[string]any(f.Text.Args)))
		}
	} else {
		if data.Stale == nil {
			data.Stale = &stale{}
		}
		data.Stale.Typed = h.typed(r, r.PostForm)
	}
	return h.view.RenderStatus(w, r, web.Status(cause), "office_dossier.html", data)
}

// typed lists what somebody wrote, so that it can be copied.
func (h handlers) typed(r *http.Request, values url.Values) []web.Row {
	var rows []web.Row
	for _, name := range []string{"note", "text", "why", "reason", "article", "head_reason", "receipt", "amount"} {
		if v := values.Get(name); v != "" {
			rows = append(rows, web.Row{Key: h.view.T(r, "office.ask."+dashed(name)), Value: v})
		}
	}
	for i := range itemRows(values) {
		for _, part := range []string{"problem", "fix"} {
			if v := values.Get(itemField(i, part)); v != "" {
				rows = append(rows, web.Row{Key: h.view.T(r, "office.ask.item."+part), Value: v})
			}
		}
	}
	return rows
}

// draw puts a dossier into the reader's words.
func (h handlers) draw(r *http.Request, s *subject) (*showData, error) {
	ctx, by, lang, say, names := r.Context(), actor.From(r.Context()), web.LangOf(r), h.say(r), h.names(r)
	data := &showData{
		Dossier: s.Dossier, Self: page(s.ID), Procedure: s.version.Plain.In(lang), State: h.stateTag(r, s.State), Due: h.deadline(r, s.Dossier), NewSecret: s.may(dossier.ActNewSecret),
	}
	if s.Assisted {
		data.Marks = append(data.Marks, web.Tag{Colour: "teal", Text: say("office.channel.assisted")})
	}
	if s.Mastered() {
		data.Marks = append(data.Marks, web.Tag{Colour: "purple", Text: say("office.mastered", "system", s.AuthoritativeSystem)})
	}
	if err := names.meet(ctx, s.Assignee, s.CreatedBy); err != nil {
		return nil, err
	}
	var err error
	if data.Facts, err = h.facts(r, s, names); err != nil {
		return nil, err
	}
	data.Steps = h.steps(r, s)
	for _, name := range s.acts {
		d, ok := deeds[name]
		if !ok {
			continue
		}
		l := link{Name: string(name), Label: say("dossier.act." + string(name)), Direct: d.ask == nil && !d.final, Danger: d.danger, Href: withQuery(page(s.ID), url.Values{"act": {string(name)}}) + "#act"}
		if name == dossier.ActSign {
			l.Href = page(s.ID) + "/sign"
		}
		data.Acts = append(data.Acts, l)
	}
	sheet, err := formweb.Open(h.view, r, s.version.Form, s.Answers, worktime.DateOf(orNow(s.FiledAt, h.Now())))
	if err != nil {
		return nil, err
	}
	for i := range s.version.Form.Pages {
		if rows := sheet.Summary(i, ""); len(rows) > 0 {
			data.Answers = append(data.Answers, section{sheet.Title(i), rows})
		}
	}
	if data.Papers, err = h.papers(r, s); err != nil {
		return nil, err
	}
	data.Requests = h.requests(r, s)
	for _, p := range h.slips(s) {
		data.Slips = append(data.Slips, link{Label: h.slipLabel(r, p), Href: page(s.ID) + "/papers/" + p.kind + ".pdf"})
	}
	if data.Clock, err = h.clock(r, by, s, names); err != nil {
		return nil, err
	}
	happened, err := h.Dossiers.Timeline(ctx, by, s.ID)
	if err != nil {
		return nil, err
	}
	slices.Reverse(happened)
	data.Timeline, err = h.entries(r, happened)
	return data, err
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// facts are the head of the page.
func (h handlers) facts(r *http.Request, s *subject, names *names) ([]web.Row, error) {
	ctx, lang, say := r.Context(), web.LangOf(r), h.say(r)
	var rows []web.Row
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, web.Row{Key: say("office.fact." + key), Value: value})
		}
	}
	unit := func(key, code string) error {
		name, err := names.unit(ctx, code)
		add(key, name)
		return err
	}
	name := s.party.Name
	if name == "" {
		name = s.ApplicantName
	}
	add("applicant", name)
	add("number", s.party.Number.Value)
	add("phone", s.party.Phone)
	add("address", s.party.Address)
	add("summary", s.Summary)
	if c, ok := s.version.Case(s.Case); ok {
		add("case", c.Name.In(lang))
	}
	add("channel", say("dossier.channel."+string(s.Channel)))
	if s.Assisted {
		add("assisted-by", names.person(s.CreatedBy))
	}
	add("filed", moment(lang, s.FiledAt))
	add("received", moment(lang, s.ReceivedAt))
	if err := unit("unit", s.Unit); err != nil {
		return nil, err
	}
	add("person", names.person(s.Assignee))
	if s.Charge > 0 {
		add("charge", lang.Dong(s.Charge)+" – "+say("dossier.money."+string(s.Money)))
	}
	add("delivery", say("dossier.delivery."+string(s.Delivery)))
	if s.Outcome != "" {
		add("outcome", say("dossier.outcome."+string(s.Outcome)))
	}
	if s.Reason != "" {
		add("reason", say("dossier.reason."+s.Reason))
	}
	add("article", s.Article)
	add("result-number", s.Number)
	if s.Mastered() {
		add("system", s.AuthoritativeSystem+" – "+say("dossier.sync."+string(s.Sync)))
		add("external-ref", s.ExternalRef)
	}
	return rows, unit("receiving", s.ReceivingUnit)
}

// steps is the way of the case, and how far along it the dossier is.
func (h handlers) steps(r *http.Request, s *subject) []web.Step {
	var steps []web.Step
	for i, st := range s.version.StagesOf(s.Case) {
		state := "ahead"
		switch {
		case i < s.Stage || !s.State.Open():
			state = "done"
		case i == s.Stage:
			state = "current"
		}
		steps = append(steps, web.Step{Label: st.Name.In(web.LangOf(r)), State: state})
	}
	return steps
}

// entries are what happened, in the reader's words.
func (h handlers) entries(r *http.Request, happened []dossier.Entry) ([]web.Entry, error) {
	names, say := h.names(r), h.say(r)
	var ids []actor.ID
	for _, e := range happened {
		ids = append(ids, e.Actor, e.Fact.Person)
	}
	if err := names.meet(r.Context(), ids...); err != nil {
		return nil, err
	}
	var entries []web.Entry
	for _, e := range happened {
		unit, err := names.unit(r.Context(), e.Unit)
		if err != nil {
			return nil, err
		}
		entry := web.Entry{At: e.At, Title: say("dossier.event." + strings.TrimPrefix(e.Kind, "dossier.")), By: names.person(e.Actor) + suffix(unit), Text: e.Note}
		if to := names.person(e.Fact.Person); to != "" && e.Fact.Person != e.Actor {
			entry.Title = say("office.event.to", "act", entry.Title, "person", to)
		}
		if e.Fact.Reason != "" {
			entry.Text = say("dossier.reason."+e.Fact.Reason) + " (" + e.Fact.Article + "). " + entry.Text
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// actOf returns the act that leaves such an event.
func actOf(event string) dossier.ActName {
	for _, a := range dossier.Acts() {
		if a.Event == event {
			return a.Name
		}
	}
	return dossier.ActStart
}

// papers are the components with what came for each, then the files of the
// authority.
func (h handlers) papers(r *http.Request, s *subject) ([]paper, error) {
	lang, say := web.LangOf(r), h.say(r)
	files := func(component string) []file {
		var all []file
		for _, a := range s.files {
			if a.Component != component {
				continue
			}
			f := file{ID: a.ID, Name: a.Name, Size: a.Size, Old: !a.Current, Href: page(s.ID) + "/files/" + url.PathEscape(a.ID), Note: moment(lang, a.At)}
			f.CanRemove = a.Current && s.may(dossier.ActRemoveAttachment) && (s.State == dossier.Draft || a.Supplement == s.Supplement)
			all = append(all, f)
		}
		return all
	}
	wanted, err := s.version.ComponentsFor(filing(s.Dossier))
	if err != nil {
		return nil, err
	}
	var papers []paper
	for _, c := range wanted {
		p := paper{Name: c.Name.In(lang), Copy: say("office.copy."+string(c.Copy), "count", c.Count), Files: files(c.ID)}
		p.Missing = c.Required && !c.FromForm && len(p.Files) == 0 && s.Channel == dossier.Online
		papers = append(papers, p)
	}
	if own := files(""); len(own) > 0 {
		papers = append(papers, paper{Name: say("office.papers.own"), Files: own})
	}
	return papers, nil
}

// what names a thing that is asked for.
func (s *subject) what(r *http.Request, i dossier.Item) string {
	lang := web.LangOf(r)
	if i.Field != "" {
		if f := s.version.Form.Field(i.Field); f != nil {
			return f.Label.In(string(lang))
		}
		return i.Field
	}
	for _, c := range s.version.Components {
		if c.ID == i.Component {
			return c.Name.In(lang)
		}
	}
	return i.Component
}

func (h handlers) requests(r *http.Request, s *subject) []request {
	lang, say := web.LangOf(r), h.say(r)
	var all []request
	for _, one := range s.asked {
		q := request{Kind: say("dossier.supplement." + string(one.Kind)), HeadReason: one.HeadReason}
		switch {
		case !one.DroppedAt.IsZero():
			q.Tag, q.Text = web.Tag{Colour: "grey", Text: say("office.request.dropped")}, moment(lang, one.DroppedAt)
		case !one.AnsweredAt.IsZero():
			q.Tag, q.Text = web.Tag{Colour: "green", Text: say("office.request.answered")}, moment(lang, one.AnsweredAt)
		case !one.SentAt.IsZero():
			q.Tag, q.Text = web.Tag{Colour: "yellow", Text: say("office.request.sent")}, moment(lang, one.SentAt)
		default:
			q.Tag, q.Text = web.Tag{Colour: "blue", Text: say("office.request.proposed")}, moment(lang, one.ProposedAt)
		}
		for _, i := range one.Items {
			q.Items = append(q.Items, item{s.what(r, i), i.Problem, i.Fix})
		}
		all = append(all, q)
	}
	return all
}

// clock puts the count into words; nil before reception.
func (h handlers) clock(r *http.Request, by actor.Actor, s *subject, names *names) (*clock, error) {
	if s.ReceivedAt.IsZero() {
		return nil, nil
	}
	counted, err := h.Dossiers.Clock(r.Context(), by, s.ID)
	if err != nil {
		return nil, err
	}
	lang, say, c := web.LangOf(r), h.say(r), &clock{}
	verdict := func(v dossier.Verdict) string {
		if v == dossier.NotCounted {
			return ""
		}
		return say("dossier.verdict." + string(v))
	}
	add := func(key string, due time.Time, v string) {
		value := moment(lang, due)
		if due.IsZero() {
			value = say("office.clock.open")
		}
		if v != "" {
			value += " – " + v
		}
		c.Rows = append(c.Rows, web.Row{Key: say("office.clock." + key), Value: value})
	}
	add("due", counted.Due, "")
	add("lawful", counted.Lawful, verdict(counted.Verdict))
	add("subtract", counted.Subtract, verdict(counted.Under766))
	c.Rows = append(c.Rows, web.Row{Key: say("office.clock.spent"), Value: say("office.clock.minutes", "net", spent(lang, counted.Net), "gross", spent(lang, counted.Gross))})
	for _, line := range counted.Why {
		c.Why = append(c.Why, say(line.Key, line.Args))
	}
	stageName := func(id string) string {
		for _, st := range s.version.StagesOf(s.Case) {
			if st.ID == id {
				return st.Name.In(lang)
			}
		}
		return id
	}
	until := func(t time.Time) string {
		if t.IsZero() {
			return say("office.clock.now")
		}
		return lang.Moment(t)
	}
	for _, i := range counted.Intervals {
		unit, err := names.unit(r.Context(), i.Unit)
		if err != nil {
			return nil, err
		}
		ground := string(i.Ground)
		if h.view.Bundle.Has(lang, ground) {
			ground = say(ground)
		}
		c.Intervals = append(c.Intervals, interval{say("dossier.interval." + string(i.Kind)), stageName(i.Stage), unit, lang.Moment(i.From), until(i.To), ground})
	}
	for _, st := range counted.Stages {
		unit, err := names.unit(r.Context(), st.Unit)
		if err != nil {
			return nil, err
		}
		c.Stages = append(c.Stages, stage{stageName(st.Stage), unit, lang.Moment(st.From), until(st.To), moment(lang, st.Due), verdict(st.Verdict), spent(lang, st.Net), spent(lang, st.Gross)})
	}
	return c, nil
}

// spent writes office minutes as working days and hours.
func spent(lang i18n.Lang, minutes int) string {
	return lang.Working(time.Duration(minutes)*time.Minute, officeDay)
}

// officeDay is how long an office day is, where days are said of hours.
const officeDay = 8 * time.Hour
