package dossierweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/web"
)

// supplementData is what dossier_supplement.html needs.
type supplementData struct {
	*dossier.Dossier
	Asked   dossier.Supplement
	Items   []item
	Limits  media.Limits
	Faults  []web.Fault
	Fault   errs.Text
	Changed *change
}

// item is one thing that is asked for, with the place to answer it.
type item struct {
	Name, Problem, Fix string
	Upload             *web.Upload
	Parts              []formweb.Part
}

// asked returns the request that waits for an answer.
func (h handlers) asked(r *http.Request, p *paper) (dossier.Supplement, error) {
	all, err := h.Dossiers.Supplements(r.Context(), actor.From(r.Context()), p.ID)
	if err != nil {
		return dossier.Supplement{}, err
	}
	i := slices.IndexFunc(all, func(s dossier.Supplement) bool { return s.ID == p.Supplement })
	if p.State != dossier.WaitingSupplement || i < 0 {
		return dossier.Supplement{}, errs.New(errs.Conflict, "dossier.citizen.error.nothing-asked", nil)
	}
	return all[i], nil
}

// fieldsOf are the questions that a request asks to have corrected.
func fieldsOf(p *paper, s dossier.Supplement) []*form.Field {
	var fields []*form.Field
	for _, it := range s.Items {
		if f := p.Sheet.Form.Field(it.Field); it.Field != "" && f != nil {
			fields = append(fields, f)
		}
	}
	return fields
}

func (h handlers) supplementData(r *http.Request, p *paper, s dossier.Supplement, typed url.Values, faults errs.Fields, bad []refused) *supplementData {
	data := &supplementData{Dossier: p.Dossier, Asked: s, Limits: h.Uploads.Limits()}
	for _, b := range bad {
		faults.Add(b.field, b.text.Key, b.text.Args)
	}
	var order []string
	bound := web.NewForm(typed, faults)
	for _, it := range s.Items {
		one := item{Problem: it.Problem, Fix: it.Fix}
		if it.Component != "" {
			field := filePrefix + it.Component
			one.Name = h.component(r, p, it.Component)
			up := bound.Upload(field, h.View.T(r, "dossier.citizen.supplement.upload", "name", one.Name), p.path("/documents/"+it.Component), accept, h.brought(p, it.Component))
			for _, b := range bad {
				if b.field == field {
					up.Files = append(up.Files, web.File{Name: b.name, Error: b.text})
				}
			}
			one.Upload = &up
			order = append(order, field)
		} else if f := p.Sheet.Form.Field(it.Field); f != nil {
			one.Name = f.Label.In(string(web.LangOf(r)))
			one.Parts = p.Sheet.Parts([]*form.Field{f}, typed, faults)
			order = append(order, formweb.ID(f.Name))
		}
		data.Items = append(data.Items, one)
	}
	data.Faults = web.NewForm(typed, faults, order...).Summary()
	return data
}

// brought are the files that came in answer to the request.
func (h handlers) brought(p *paper, component string) []web.File {
	var files []web.File
	for _, a := range p.filesOf(component) {
		if a.Supplement == p.Supplement {
			files = append(files, web.File{Name: a.Name, Size: a.Size, Href: p.path("/files/" + a.ID), Remove: p.path("/files/" + a.ID + "/remove")})
		}
	}
	return files
}

func (h handlers) supplement(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	s, err := h.asked(r, p)
	if errs.KindOf(err) == errs.Conflict {
		return web.Redirect(w, r, p.path(""), "dossier.citizen.error.nothing-asked")
	}
	if err != nil {
		return err
	}
	return h.View.Render(w, r, "dossier_supplement.html", h.supplementData(r, p, s, nil, nil, nil))
}

// answerSupplement keeps the files that come, and sends the answer once all that
// was asked for is there. Until then what was typed is drawn again.
func (h handlers) answerSupplement(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	s, err := h.asked(r, p)
	if err != nil {
		return err
	}
	typed, _, bad, broken := h.takeFiles(r, p.Dossier)
	if broken != nil && errs.KindOf(broken) != errs.Invalid {
		return broken
	}
	if p, err = h.open(r); err != nil { // the files are there now
		return err
	}
	fields := fieldsOf(p, s)
	posted := p.Sheet.Read(fields, typed)
	answers := posted.Answers
	merged := *p.Dossier
	merged.Answers = formweb.Merge(p.Answers, posted)
	p.Dossier = &merged
	if err := h.judge(r, p); err != nil {
		return err
	}
	faults := p.Sheet.Check(posted)
	if typed.Get("then") == "send" {
		for _, it := range s.Items {
			if it.Component != "" && len(h.brought(p, it.Component)) == 0 {
				faults.Add(filePrefix+it.Component, "dossier.citizen.error.not-brought", errs.Args{"name": h.component(r, p, it.Component)})
			}
		}
		if len(faults) == 0 && len(bad) == 0 && broken == nil {
			return h.sendSupplement(w, r, p, s, typed, answers)
		}
	}
	data := h.supplementData(r, p, s, typed, faults, bad)
	if broken != nil {
		data.Fault = errs.Text{Key: "dossier.citizen.upload-broken", Args: errs.Args{"why": h.View.ProblemOf(r.Context(), broken).Title}}
	}
	status := http.StatusOK // files were added, nothing is sent yet
	if len(data.Faults) > 0 || broken != nil {
		status = http.StatusUnprocessableEntity
	}
	return h.View.RenderStatus(w, r, status, "dossier_supplement.html", data)
}

func (h handlers) sendSupplement(w http.ResponseWriter, r *http.Request, p *paper, s dossier.Supplement, typed url.Values, answers form.Answers) error {
	_, err := h.Dossiers.AnswerSupplement(r.Context(), actor.From(r.Context()), copyOf(r, typed.Get("version")), answers, nil)
	if changed := h.changed(r, err); changed != nil {
		data := h.supplementData(r, p, s, typed, nil, nil)
		data.Changed = changed
		return h.View.RenderStatus(w, r, http.StatusConflict, "dossier_supplement.html", data)
	}
	if e, ok := web.Faults(err); ok {
		var faults errs.Fields
		for name, t := range e {
			faults.Add(formweb.ID(name), t.Key, t.Args)
		}
		return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_supplement.html", h.supplementData(r, p, s, typed, faults, nil))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, p.path(""), "dossier.citizen.notice.supplemented")
}
