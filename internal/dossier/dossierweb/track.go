package dossierweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/web"
)

// trackData is what dossier_track.html needs.
type trackData struct {
	Form   web.Form
	Faults []web.Fault
	Found  *tracked
}

// tracked is what a code, and perhaps its secret, lets be seen.
type tracked struct {
	Code  string
	Steps []web.Step
	Known bool
	State web.Tag
	Rows  []web.Row
}

// levels are the steps of TT 01/2018/TT-VPCP Điều 16.2.d.
const levels = 4

func (h handlers) askTrack(w http.ResponseWriter, r *http.Request) error {
	// The address holds a code at most, never a secret: addresses are kept in
	// logs and histories.
	values := url.Values{"code": {r.URL.Query().Get("code")}}
	return h.View.Render(w, r, "dossier_track.html", trackData{Form: web.NewForm(values, nil)})
}

// track answers who has no account. A code that does not exist and a secret that
// is wrong are answered alike.
func (h handlers) track(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	code, secret := strings.TrimSpace(r.PostForm.Get("code")), strings.TrimSpace(r.PostForm.Get("secret"))
	again := url.Values{"code": {code}}
	var faults errs.Fields
	if code == "" {
		faults.Add("code", "dossier.citizen.error.code", nil)
		form := web.NewForm(again, faults, "code")
		return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_track.html", trackData{Form: form, Faults: form.Summary()})
	}
	t, err := h.Dossiers.Track(r.Context(), code, secret)
	if errs.KindOf(err) == errs.NotFound || err == nil && secret != "" && !t.Known {
		faults.Add("code", "dossier.citizen.error.not-tracked", nil)
		form := web.NewForm(again, faults, "code")
		return h.View.RenderStatus(w, r, http.StatusNotFound, "dossier_track.html", trackData{Form: form, Faults: form.Summary()})
	}
	if err != nil {
		return err
	}
	found, err := h.tracked(r, t)
	if err != nil {
		return err
	}
	return h.View.Render(w, r, "dossier_track.html", trackData{Form: web.NewForm(again, nil), Found: found})
}

func (h handlers) tracked(r *http.Request, t dossier.Tracking) (*tracked, error) {
	found := &tracked{Code: t.Code, Known: t.Known}
	for level := 1; level <= levels; level++ {
		step := web.Step{Label: h.View.T(r, "dossier.citizen.level."+strconv.Itoa(level)), State: "ahead"}
		switch {
		case level < t.Level || level == levels && t.Level == levels:
			step.State = "done"
		case level == t.Level:
			step.State = "current"
		}
		found.Steps = append(found.Steps, step)
	}
	if !t.Known {
		return found, nil
	}
	v, err := h.Catalogue.Get(r.Context(), t.Procedure)
	if err != nil {
		return nil, err
	}
	lang := web.LangOf(r)
	found.State = h.state(r, t.State)
	add := func(key, value string) {
		if value != "" {
			found.Rows = append(found.Rows, web.Row{Key: h.View.T(r, "dossier.citizen.fact."+key), Value: value})
		}
	}
	add("procedure", v.Plain.In(lang))
	add("unit", h.unit(r, t.Unit))
	add("filed", lang.Moment(t.FiledAt))
	add("due", lang.Moment(t.DueAt))
	add("decided", lang.Moment(t.DecidedAt))
	add("handed", lang.Moment(t.HandedAt))
	return found, nil
}
