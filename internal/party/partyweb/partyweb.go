// Package partyweb is where who serves people at a counter looks them up, takes
// them down, verifies who registered online, and enters who acts for whom.
package partyweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Verifier notes that an official saw the identity document of a party, gives
// its accounts what is filed under the number, and returns the party the number
// belongs to. Package identity provides it.
type Verifier interface {
	VerifyParty(ctx context.Context, who actor.Actor, party string) (string, error)
}

// Routes is every address of the module.
func Routes(s *party.Service, verifier Verifier, v *web.View, now func() time.Time) web.Routes {
	h := handlers{s, verifier, v, now}
	return web.Routes{
		{Pattern: "GET /parties", Permission: actor.ReceiveDossier, Handler: h.search},
		{Pattern: "GET /parties/new", Permission: actor.ReceiveDossier, Handler: h.enterForm},
		{Pattern: "POST /parties/new", Permission: actor.ReceiveDossier, Handler: h.enter},
		{Pattern: "GET /parties/{id}", Permission: actor.ReceiveDossier, Handler: h.show},
		{Pattern: "GET /parties/{id}/edit", Permission: actor.ReceiveDossier, Handler: h.editForm},
		{Pattern: "POST /parties/{id}/edit", Permission: actor.ReceiveDossier, Handler: h.edit},
		{Pattern: "GET /parties/{id}/verify", Permission: actor.ReceiveDossier, Handler: h.verifyForm},
		{Pattern: "POST /parties/{id}/verify", Permission: actor.ReceiveDossier, Handler: h.verify},
		{Pattern: "GET /parties/{id}/agents/new", Permission: actor.ReceiveDossier, Handler: h.agentForm},
		{Pattern: "POST /parties/{id}/agents/new", Permission: actor.ReceiveDossier, Handler: h.agent},
		{Pattern: "POST /parties/{id}/agents/{agent}/end", Permission: actor.ReceiveDossier, Handler: h.endAgent},
	}
}

type handlers struct {
	parties  *party.Service
	verifier Verifier
	view     *web.View
	now      func() time.Time
}

// searchData is what party_search.html needs.
type searchData struct {
	Filter  web.Filter
	Asked   bool
	Parties []party.Party
}

const most = 50

func (h handlers) search(w http.ResponseWriter, r *http.Request) error {
	words := r.URL.Query().Get("q")
	form := web.NewForm(r.URL.Query(), nil)
	data := searchData{Asked: words != "", Filter: web.Filter{
		Action: "/parties", Search: form.Input("q", h.view.T(r, "party.search"), h.view.T(r, "party.search.hint")),
	}}
	var err error
	if data.Asked {
		data.Parties, err = h.parties.Search(r.Context(), actor.From(r.Context()), words, most)
	}
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "party_search.html", data)
}

// showData is what party_show.html needs.
type showData struct {
	Party      party.Party
	Number     string // whole: the official compares it with the card
	Born       string
	Agents     []agentRow
	Principals []agentRow
}

// agentRow is somebody who acts for somebody.
type agentRow struct {
	party.Representation
	Other party.Party
	Now   bool // in force today
}

func (h handlers) get(r *http.Request) (party.Party, error) {
	p, err := h.parties.Get(r.Context(), actor.From(r.Context()), party.ID(r.PathValue("id")))
	if err == nil && p.Erased() {
		err = errs.New(errs.NotFound, "party.error.not-found", nil)
	}
	return p, err
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	p, err := h.get(r)
	if err != nil {
		return err
	}
	if p.Became != "" {
		return web.Redirect(w, r, address(p.Became), "")
	}
	data := showData{Party: p, Number: p.Number.Value}
	if !p.Born.IsZero() {
		data.Born = web.LangOf(r).Date(p.Born.Time(0, 0))
	}
	agents, err := h.parties.Agents(r.Context(), p.ID)
	if err != nil {
		return err
	}
	if data.Agents, err = h.rows(r, agents, func(a party.Representation) party.ID { return a.Agent }); err != nil {
		return err
	}
	principals, err := h.parties.Principals(r.Context(), p.ID, worktime.DateOf(h.now()))
	if err != nil {
		return err
	}
	if data.Principals, err = h.rows(r, principals, func(a party.Representation) party.ID { return a.Principal }); err != nil {
		return err
	}
	return h.view.Render(w, r, "party_show.html", data)
}

// rows puts the other side to each representation.
func (h handlers) rows(r *http.Request, all []party.Representation, other func(party.Representation) party.ID) ([]agentRow, error) {
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = string(other(a))
	}
	found, err := h.parties.Lookup(r.Context(), ids...)
	rows := make([]agentRow, len(all))
	for i, a := range all {
		rows[i] = agentRow{a, found[ids[i]], a.InForce(worktime.DateOf(h.now()))}
	}
	return rows, err
}

func address(id party.ID) string { return "/parties/" + url.PathEscape(string(id)) }

// formData is what the pages with a form need.
type formData struct {
	Form  web.Form
	Kinds web.Choice
	Party party.Party
}

// order is the order of the fields in the error summary.
var order = []string{"kind", "number", "name", "born", "phone", "email", "address"}

func (h handlers) enterForm(w http.ResponseWriter, r *http.Request) error {
	return h.draw(w, r, http.StatusOK, web.NewForm(url.Values{"kind": {string(party.Person)}}, nil), party.Party{})
}

func (h handlers) draw(w http.ResponseWriter, r *http.Request, status int, form web.Form, p party.Party) error {
	kinds := []web.Option{
		{Value: string(party.Person), Label: h.view.T(r, "party.kind.person")},
		{Value: string(party.Organisation), Label: h.view.T(r, "party.kind.organisation")},
	}
	return h.view.RenderStatus(w, r, status, "party_edit.html", formData{
		Form: form, Party: p, Kinds: form.Choice("kind", h.view.T(r, "party.kind"), kinds).Beside(),
	})
}

// typed reads a draft. A date of birth that is none is refused as one to come.
func typed(r *http.Request) (party.Draft, error) {
	if err := r.ParseForm(); err != nil {
		return party.Draft{}, &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	f := r.PostForm
	d := party.Draft{
		Kind: party.Kind(f.Get("kind")), Number: f.Get("number"), Name: f.Get("name"),
		Phone: f.Get("phone"), Email: f.Get("email"), Address: f.Get("address"),
	}
	if text := web.TypedDate(f, "born"); text != "" {
		var err error
		if d.Born, err = worktime.ParseDate(text); err != nil {
			d.Born = worktime.NewDate(9999, time.December, 31)
		}
	}
	return d, nil
}

func (h handlers) enter(w http.ResponseWriter, r *http.Request) error {
	draft, err := typed(r)
	if err != nil {
		return err
	}
	p, err := h.parties.Enter(r.Context(), actor.From(r.Context()), draft)
	if faults, ok := web.Faults(err); ok {
		return h.draw(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, order...), party.Party{})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(p.ID), "party.notice.entered")
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	p, err := h.get(r)
	if err != nil {
		return err
	}
	form := url.Values{
		"kind": {string(p.Kind)}, "number": {p.Number.Value}, "name": {p.Name}, "phone": {p.Phone}, "email": {p.Email}, "address": {p.Address},
	}
	if !p.Born.IsZero() {
		born := p.Born.Time(0, 0)
		form["born-day"], form["born-month"], form["born-year"] = []string{born.Format("2")}, []string{born.Format("1")}, []string{born.Format("2006")}
	}
	return h.draw(w, r, http.StatusOK, web.NewForm(form, nil), p)
}

func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	p, err := h.get(r)
	if err != nil {
		return err
	}
	draft, err := typed(r)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(r.PostForm.Get("version"), 10, 64) // no number is a stale version
	_, err = h.parties.Correct(r.Context(), actor.From(r.Context()), p.ID, version, draft)
	if faults, ok := web.Faults(err); ok {
		return h.draw(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, order...), p)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(p.ID), "party.notice.saved")
}

// confirmData is what party_verify.html needs.
type confirmData struct{ Confirm web.Confirm }

func (h handlers) verifyForm(w http.ResponseWriter, r *http.Request) error {
	p, err := h.get(r)
	if err != nil {
		return err
	}
	page := address(p.ID)
	return h.view.Render(w, r, "party_verify.html", confirmData{web.Confirm{
		Title: h.view.T(r, "party.verify.title", "name", p.Name), Text: h.view.T(r, "party.verify.text", "number", p.Number.Value),
		Action: page + "/verify", Button: h.view.T(r, "party.verify.button"), Cancel: page,
	}})
}

func (h handlers) verify(w http.ResponseWriter, r *http.Request) error {
	id, err := h.verifier.VerifyParty(r.Context(), actor.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(party.ID(id)), "party.notice.verified")
}

func (h handlers) agentForm(w http.ResponseWriter, r *http.Request) error {
	today := h.now().In(worktime.Zone)
	form := url.Values{"from-day": {today.Format("2")}, "from-month": {today.Format("1")}, "from-year": {today.Format("2006")}}
	return h.drawAgent(w, r, http.StatusOK, web.NewForm(form, nil))
}

func (h handlers) drawAgent(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	p, err := h.get(r)
	if err != nil {
		return err
	}
	kinds := []web.Option{
		{Value: string(party.Legal), Label: h.view.T(r, "party.representation.legal")},
		{Value: string(party.Delegated), Label: h.view.T(r, "party.representation.delegated")},
	}
	return h.view.RenderStatus(w, r, status, "party_agent.html", formData{Form: form, Party: p, Kinds: form.Choice("kind", h.view.T(r, "party.agent.kind"), kinds)})
}

func (h handlers) agent(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	who := actor.From(r.Context())
	from, _ := worktime.ParseDate(web.TypedDate(r.PostForm, "from")) // no date is refused as none
	representation := party.Representation{
		Principal: party.ID(r.PathValue("id")), Kind: party.RepresentationKind(r.PostForm.Get("kind")), From: from, Document: r.PostForm.Get("document"),
	}
	if text := web.TypedDate(r.PostForm, "to"); text != "" {
		var err error
		if representation.To, err = worktime.ParseDate(text); err != nil {
			representation.To = from // refused: it would end as it begins
		}
	}
	if number, ok := party.ParseNumber(r.PostForm.Get("agent")); ok {
		found, err := h.parties.Search(r.Context(), who, number.Value, 1)
		if err != nil {
			return err
		}
		if len(found) == 1 && found[0].Verified() {
			representation.Agent = found[0].ID
		}
	}
	_, err := h.parties.Represent(r.Context(), who, representation)
	if faults, ok := web.Faults(err); ok {
		return h.drawAgent(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "agent", "kind", "from", "to", "document"))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(representation.Principal), "party.notice.saved")
}

func (h handlers) endAgent(w http.ResponseWriter, r *http.Request) error {
	if err := h.parties.EndRepresentation(r.Context(), actor.From(r.Context()), r.PathValue("agent"), worktime.DateOf(h.now())); err != nil {
		return err
	}
	return web.Redirect(w, r, address(party.ID(r.PathValue("id"))), "party.notice.saved")
}
