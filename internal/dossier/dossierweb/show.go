package dossierweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// showData is what dossier_show.html needs.
type showData struct {
	*dossier.Dossier
	Name       string
	State      web.Tag
	Next       string // who acts next, and what
	Deadline   web.Deadline
	Counted    bool // there is a count to explain
	Supplement bool // papers are asked for
	Due        int64
	DueAt      string // where to pay
	Facts      []web.Row
	Results    []dossier.Attachment
	Sections   []section
	Papers     []web.Row
	Fees       []web.Row
	Timeline   []web.Entry
	Withdraw   bool
	Secret     bool
	Rate       bool
	Rating     web.Form
	Stars      []web.Option
}

// show is the page of one dossier: of a draft, what is still to do.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.State == dossier.Draft {
		return h.tasks(w, r, p)
	}
	data, err := h.showData(r, p, nil, nil)
	if err != nil {
		return err
	}
	return h.View.Render(w, r, "dossier_show.html", data)
}

func (h handlers) showData(r *http.Request, p *paper, values url.Values, faults errs.Fields) (*showData, error) {
	ctx, who, lang := r.Context(), actor.From(r.Context()), web.LangOf(r)
	data := &showData{
		Dossier: p.Dossier, Name: p.Procedure.Plain.In(lang), State: h.state(r, p.State),
		Next: h.next(r, p.Dossier), Deadline: h.deadline(r, p), Counted: !p.ReceivedAt.IsZero(),
		Sections: h.sections(p, false), Fees: h.quote(r, p.Quote), Rating: web.NewForm(values, faults, "stars", "comment"),
	}
	if p.Money == dossier.Due {
		data.Due, data.DueAt = p.Charge-p.Paid, h.unit(r, p.ReceivingUnit)
	}
	for _, a := range p.Files {
		if a.Component == "" {
			data.Results = append(data.Results, a)
			continue
		}
		data.Papers = append(data.Papers, web.Row{Key: h.component(r, p, a.Component), Value: a.Name, Href: p.path("/files/" + a.ID), Action: h.View.T(r, "dossier.citizen.download")})
	}
	data.Facts = h.facts(r, p)
	happened, err := h.Dossiers.Timeline(ctx, who, p.ID)
	if err != nil {
		return nil, err
	}
	data.Timeline = h.timeline(r, happened)
	can, err := h.Dossiers.Actions(ctx, who, p.Dossier)
	if err != nil {
		return nil, err
	}
	data.Withdraw = slices.Contains(can, dossier.ActWithdraw)
	data.Secret = slices.Contains(can, dossier.ActNewSecret)
	data.Supplement = slices.Contains(can, dossier.ActAnswerSupplement)
	if data.Rate = slices.Contains(can, dossier.ActRate); data.Rate {
		for n := 5; n >= 1; n-- {
			data.Stars = append(data.Stars, web.Option{Value: strconv.Itoa(n), Label: h.View.T(r, "dossier.citizen.stars."+strconv.Itoa(n))})
		}
	}
	return data, nil
}

// component is what a paper is called.
func (h handlers) component(r *http.Request, p *paper, id string) string {
	for _, c := range p.Procedure.Components {
		if c.ID == id {
			return c.Name.In(web.LangOf(r))
		}
	}
	return id
}

func (h handlers) facts(r *http.Request, p *paper) []web.Row {
	lang := web.LangOf(r)
	var rows []web.Row
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, web.Row{Key: h.View.T(r, "dossier.citizen.fact."+key), Value: value})
		}
	}
	add("procedure", p.Procedure.Name.In(lang))
	add("case", p.Case.Name.In(lang))
	add("applicant", p.ApplicantName)
	add("desk", h.unit(r, p.ReceivingUnit))
	add("filed", lang.Moment(p.FiledAt))
	add("received", lang.Moment(p.ReceivedAt))
	add("decided", lang.Moment(p.DecidedAt))
	add("number", p.Number)
	add("delivery", h.View.T(r, "dossier.citizen.delivery."+string(p.Delivery)))
	if p.Mastered() {
		add("system", p.AuthoritativeSystem)
	}
	return rows
}

// colours of the states.
var colours = map[dossier.State]string{
	dossier.Draft: "grey", dossier.Filed: "blue", dossier.Received: "blue", dossier.InProcessing: "blue",
	dossier.WaitingSupplement: "orange", dossier.WaitingPayment: "orange",
	dossier.Proposed: "blue", dossier.Approved: "blue", dossier.Signed: "blue",
	dossier.Done: "green", dossier.Returned: "green", dossier.Refused: "red", dossier.NotReceived: "red",
	dossier.Withdrawn: "grey", dossier.Stopped: "grey",
}

func (h handlers) state(r *http.Request, s dossier.State) web.Tag {
	return web.Tag{Colour: colours[s], Text: h.View.T(r, "dossier.citizen.state."+string(s))}
}

// next says who acts next, and what the applicant has to do meanwhile.
func (h handlers) next(r *http.Request, d *dossier.Dossier) string {
	key, unit := "dossier.citizen.next."+string(d.State), d.Unit
	switch {
	case d.State == dossier.InProcessing && d.Pause != "":
		key = "dossier.citizen.next.paused"
	case d.State == dossier.Done || d.State == dossier.Refused || d.State == dossier.WaitingPayment:
		unit = d.ReceivingUnit
	}
	return h.View.T(r, key, "unit", h.unit(r, unit))
}

// deadline is the date promised, how near it is and why it is that day.
func (h handlers) deadline(r *http.Request, p *paper) web.Deadline {
	now := h.Now()
	due := web.Deadline{Level: web.OnTime, Due: p.DueAt, Reason: h.View.T(r, "dossier.citizen.due.reason",
		"term", h.term(r, p.Case.TotalFor(procedure.Channel(p.Channel))), "received", p.ReceivedAt)}
	if !p.ApologyAt.IsZero() {
		due.Reason = h.View.T(r, "dossier.citizen.due.apology", "at", p.ApologyAt)
	}
	switch today := worktime.DateOf(now); {
	case !p.State.Open():
		due.Level = web.Ended
	case p.ReceivedAt.IsZero():
		due.Level, due.Reason = web.Paused, h.View.T(r, "dossier.citizen.due.not-received")
	case p.DueAt.IsZero():
		due.Level, due.Reason = web.Paused, h.View.T(r, "dossier.citizen.due.paused."+string(p.State))
	case now.After(p.DueAt):
		due.Level = web.Overdue
	case today == worktime.DateOf(p.DueAt):
		due.Level = web.Due
	case worktime.DateOf(p.DueAt).DaysSince(today) <= 2:
		due.Level = web.DueSoon
	}
	return due
}

// shown are the events that applicants are told of. What officials do among
// themselves is not their concern; when, where and why their time runs is.
var shown = map[string]bool{
	"dossier.started": true, "dossier.filed": true, "dossier.received": true, "dossier.not-received": true,
	"dossier.supplement-requested": true, "dossier.supplemented": true, "dossier.forwarded": true, "dossier.stage-completed": true,
	"dossier.paused": true, "dossier.resumed": true, "dossier.payment-requested": true, "dossier.paid": true, "dossier.refunded": true,
	"dossier.signed": true, "dossier.numbered": true, "dossier.completed": true, "dossier.returned": true,
	"dossier.apology-issued": true, "dossier.withdrawn": true, "dossier.stopped": true, "dossier.due-changed": true,
	"dossier.attached": true, "dossier.detached": true, "dossier.rated": true, "dossier.secret-issued": true,
}

// timeline tells what happened, the newest first.
func (h handlers) timeline(r *http.Request, happened []dossier.Entry) []web.Entry {
	who := actor.From(r.Context())
	var entries []web.Entry
	drafting := false
	for _, e := range slices.Backward(happened) {
		if !shown[e.Kind] || drafting && (e.Kind == "dossier.attached" || e.Kind == "dossier.detached") {
			continue // how a draft came about is nobody's business
		}
		drafting = drafting || e.Kind == "dossier.filed"
		entry := web.Entry{At: e.At, Title: h.View.T(r, "dossier.citizen.event."+strings.TrimPrefix(e.Kind, "dossier.")), Text: h.told(r, e)}
		switch {
		case e.Actor == who.ID:
			entry.By = h.View.T(r, "dossier.citizen.by-you")
		case e.Unit != "":
			entry.By = h.unit(r, e.Unit)
		}
		entries = append(entries, entry)
	}
	return entries
}

// told are the particulars of an event, in a sentence or two.
func (h handlers) told(r *http.Request, e dossier.Entry) string {
	lang := web.LangOf(r)
	var parts []string
	say := func(key string, args ...any) {
		parts = append(parts, h.View.T(r, "dossier.citizen.told."+key, args...))
	}
	if e.Fact.Reason != "" {
		parts = append(parts, h.View.T(r, "dossier.reason."+e.Fact.Reason)+".")
	}
	if e.Fact.Article != "" {
		say("article", "article", e.Fact.Article)
	}
	switch e.Kind {
	case "dossier.supplement-requested":
		say("items", "count", e.Fact.Items)
	case "dossier.payment-requested", "dossier.paid", "dossier.refunded":
		say("amount", "amount", lang.Dong(e.Fact.Amount))
	case "dossier.numbered":
		say("number", "number", e.Fact.Number)
	case "dossier.forwarded", "dossier.stage-completed":
		say("unit", "unit", h.unit(r, e.Fact.Unit))
	case "dossier.apology-issued":
		say("until", "until", e.Fact.Until.Time(0, 0))
	}
	if due, err := time.Parse(time.RFC3339, e.Fact.Due); err == nil && (e.Kind == "dossier.received" || e.Kind == "dossier.due-changed" || e.Kind == "dossier.supplemented" || e.Kind == "dossier.resumed") {
		say("due", "due", lang.Moment(due))
	}
	if e.Note != "" {
		parts = append(parts, e.Note)
	}
	return strings.Join(parts, " ")
}

// clockData is what dossier_clock.html needs.
type clockData struct {
	*dossier.Dossier
	Deadline  web.Deadline
	Lines     []string
	Intervals []interval
	Gross     string
	Net       string
	Verdict   string
}

// interval is a stretch of time in the reader's words.
type interval struct {
	From, To time.Time
	What     string
	Where    string
	Ground   string // why it does not count; empty: it counts
}

// officeDay is how long a working day is, to write lengths of working time.
const officeDay = 8 * time.Hour

// clock explains how the date was counted.
func (h handlers) clock(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	c, err := h.Dossiers.Clock(r.Context(), actor.From(r.Context()), p.ID)
	if err != nil {
		return err
	}
	lang := web.LangOf(r)
	data := clockData{
		Dossier: p.Dossier, Deadline: h.deadline(r, p),
		Gross: lang.Working(time.Duration(c.Gross)*time.Minute, officeDay), Net: lang.Working(time.Duration(c.Net)*time.Minute, officeDay),
	}
	if c.Verdict != "" {
		data.Verdict = h.View.T(r, "dossier.citizen.verdict."+string(c.Verdict))
	}
	for _, l := range c.Why {
		data.Lines = append(data.Lines, h.line(r, l))
	}
	for _, i := range c.Intervals {
		one := interval{From: i.From, To: i.To, What: h.View.T(r, "dossier.citizen.interval."+string(i.Kind)), Where: h.unit(r, i.Unit)}
		if i.Stands() {
			one.Ground = h.word(r, i.Ground)
		}
		data.Intervals = append(data.Intervals, one)
	}
	return h.View.Render(w, r, "dossier_clock.html", data)
}

// line says one step of a count in the reader's language.
func (h handlers) line(r *http.Request, l worktime.Line) string {
	lang := web.LangOf(r)
	args := make(map[string]any, len(l.Args))
	for name, v := range l.Args {
		switch v := v.(type) {
		case time.Time:
			args[name] = lang.Moment(v)
		case worktime.Date:
			args[name] = lang.Date(v.Time(0, 0))
		case worktime.Word:
			args[name] = h.word(r, v)
		default:
			args[name] = v
		}
	}
	return h.View.T(r, l.Key, args)
}

// word says a ground: a message, or the article itself.
func (h handlers) word(r *http.Request, w worktime.Word) string {
	if h.View.Bundle.Has(web.LangOf(r), string(w)) {
		return h.View.T(r, string(w))
	}
	return string(w)
}

// withdrawData is what dossier_withdraw.html needs.
type withdrawData struct {
	*dossier.Dossier
	Text    string
	Form    web.Form
	Changed *change
}

func (h handlers) withdrawData(r *http.Request, d *dossier.Dossier, values url.Values, faults errs.Fields) withdrawData {
	data := withdrawData{Dossier: d, Text: h.View.T(r, "dossier.citizen.withdraw.text", "code", d.Code), Form: web.NewForm(values, faults, "why")}
	if d.State == dossier.Draft {
		data.Text = h.View.T(r, "dossier.citizen.withdraw.draft")
	}
	return data
}

func (h handlers) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	can, err := h.Dossiers.Actions(r.Context(), who, d)
	if err != nil {
		return err
	}
	if !slices.Contains(can, dossier.ActWithdraw) {
		return web.Redirect(w, r, path(d.ID, ""), "")
	}
	return h.View.Render(w, r, "dossier_withdraw.html", h.withdrawData(r, d, nil, nil))
}

func (h handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	who := actor.From(r.Context())
	_, err := h.Dossiers.Withdraw(r.Context(), who, copyOf(r, r.PostForm.Get("version")), r.PostForm.Get("why"))
	faults, invalid := web.Faults(err)
	changed := h.changed(r, err)
	if invalid || changed != nil {
		d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
		if err != nil {
			return err
		}
		data := h.withdrawData(r, d, r.PostForm, faults)
		status := http.StatusUnprocessableEntity
		if data.Changed = changed; changed != nil {
			status = http.StatusConflict
		}
		return h.View.RenderStatus(w, r, status, "dossier_withdraw.html", data)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(dossier.ID(r.PathValue("id")), ""), "dossier.citizen.notice.withdrawn")
}

// rate keeps the applicant's judgement.
func (h handlers) rate(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	p, err := h.open(r)
	if err != nil {
		return err
	}
	stars, err := strconv.Atoi(r.PostForm.Get("stars"))
	if err != nil {
		stars = 0 // not chosen
	}
	_, err = h.Dossiers.Rate(r.Context(), actor.From(r.Context()), p.Copy(), stars, r.PostForm.Get("comment"))
	if faults, ok := web.Faults(err); ok {
		data, err := h.showData(r, p, r.PostForm, faults)
		if err != nil {
			return err
		}
		return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_show.html", data)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, p.path(""), "dossier.citizen.notice.rated")
}
