package dossierweb

import (
	"math"
	"net/http"
	"net/url"
	"slices"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
)

// startData is what dossier_start.html needs.
type startData struct {
	Procedure *procedure.Version
	Name      string
	Summary   string
	Times     []web.Row // by case
	Papers    []paperNeeded
	Fees      []web.Row
	Limits    media.Limits
	Form      web.Form
	Online    bool
	Whom      []web.Option // empty where there is nobody else
	Kinds     []web.Option // empty where there is one
	Kind      string       // the one
}

// paperNeeded is a paper that the procedure asks for.
type paperNeeded struct{ Name, Help, When string }

func (h handlers) begin(w http.ResponseWriter, r *http.Request) error {
	data, err := h.startData(r, r.URL.Query(), nil)
	if err != nil {
		return err
	}
	return h.View.Render(w, r, "dossier_start.html", data)
}

func (h handlers) startData(r *http.Request, values url.Values, faults errs.Fields) (*startData, error) {
	v, err := h.Catalogue.AsOf(r.Context(), procedure.Code(values.Get("procedure")), h.today())
	if err != nil {
		return nil, err
	}
	lang := web.LangOf(r)
	data := &startData{
		Procedure: v, Name: v.Plain.In(lang), Summary: v.Summary.In(lang), Limits: h.Uploads.Limits(),
		Online: slices.Contains(v.Channels, procedure.Online) && v.LevelOn(h.today()) != "",
		Form:   web.NewForm(values, faults, "party", "applicant_kind"),
	}
	for _, c := range v.Cases {
		row := web.Row{Key: c.Name.In(lang), Value: h.term(r, c.TotalFor(procedure.Online))}
		if note := c.Note.In(lang); note != "" {
			row.Value += ". " + note
		}
		data.Times = append(data.Times, row)
	}
	for _, c := range v.Components {
		data.Papers = append(data.Papers, h.needed(r, v, c))
	}
	data.Fees = h.feeTable(r, v)
	if data.Whom, err = h.whom(r, v); err != nil {
		return nil, err
	}
	if data.Kind = string(v.Applicants[0]); len(v.Applicants) > 1 {
		for _, k := range v.Applicants {
			data.Kinds = append(data.Kinds, web.Option{Value: string(k), Label: h.View.T(r, "dossier.citizen.kind."+string(k))})
		}
	}
	return data, nil
}

// needed says of a paper what it is, how it is brought, and when.
func (h handlers) needed(r *http.Request, v *procedure.Version, c procedure.Component) paperNeeded {
	lang := web.LangOf(r)
	p := paperNeeded{Name: c.Name.In(lang), Help: c.Help.In(lang)}
	switch {
	case c.FromForm:
		p.When = h.View.T(r, "dossier.citizen.paper.from-form")
	case len(c.Cases) > 0 && len(c.Cases) < len(v.Cases):
		var names []string
		for _, id := range c.Cases {
			if one, ok := v.Case(id); ok {
				names = append(names, one.Name.In(lang))
			}
		}
		p.When = h.View.T(r, "dossier.citizen.paper.cases", "cases", lang.List(names))
	case c.Relevant != "":
		p.When = h.View.T(r, "dossier.citizen.paper.answers")
	case !c.Required:
		p.When = h.View.T(r, "dossier.citizen.paper.optional")
	}
	return p
}

// feeTable says what each fee may come to for who files online.
func (h handlers) feeTable(r *http.Request, v *procedure.Version) []web.Row {
	lang := web.LangOf(r)
	var rows []web.Row
	for _, fee := range v.Fees {
		low, high := int64(math.MaxInt64), int64(0)
		for _, kind := range v.Applicants {
			for _, one := range v.Cases {
				for _, c := range fee.CellsFor(procedure.Filing{Applicant: kind, Case: one.ID, Channel: procedure.Online}) {
					low, high = min(low, c.Amount), max(high, c.Amount)
				}
			}
		}
		row := web.Row{Key: fee.Name.In(lang), Value: lang.Dong(low)}
		switch {
		case low < high:
			row.Value = h.View.T(r, "dossier.citizen.fee.range", "low", lang.Dong(low), "high", lang.Dong(high))
		case high == 0:
			row.Value = h.View.T(r, "dossier.citizen.fee.free")
		}
		rows = append(rows, row)
	}
	return rows
}

// whom lists for whom the reader may file, themselves first.
func (h handlers) whom(r *http.Request, v *procedure.Version) ([]web.Option, error) {
	ctx, who := r.Context(), actor.From(r.Context())
	if !v.ByProxy || who.Party == "" {
		return nil, nil
	}
	others, err := h.Parties.Represented(ctx, who.Party, h.today())
	if err != nil || len(others) == 0 {
		return nil, err
	}
	options := []web.Option{{Value: who.Party, Label: h.View.T(r, "dossier.citizen.start.self", "name", who.Name)}}
	for _, party := range others {
		name, err := h.Parties.Name(ctx, party)
		if err != nil {
			return nil, err
		}
		options = append(options, web.Option{Value: party, Label: name})
	}
	return options, nil
}

func (h handlers) start(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	v := r.PostForm
	d, err := h.Dossiers.Start(r.Context(), actor.From(r.Context()), dossier.NewDossier{
		Procedure: procedure.Code(v.Get("procedure")), Party: v.Get("party"),
		ApplicantKind: procedure.ApplicantKind(v.Get("applicant_kind")), Channel: dossier.Online,
	})
	if faults, ok := web.Faults(err); ok {
		data, err := h.startData(r, v, faults)
		if err != nil {
			return err
		}
		return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_start.html", data)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, path(d.ID, ""), "dossier.citizen.notice.started")
}

// term writes an amount of time.
func (h handlers) term(r *http.Request, t procedure.Term) string {
	if t.Amount == 0 {
		return h.View.T(r, "dossier.citizen.term.same-day")
	}
	return h.View.T(r, "dossier.citizen.term."+string(t.Unit), "count", t.Amount)
}

// badForm is a form that cannot be read, or is too large.
func badForm(err error) error {
	return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
}
