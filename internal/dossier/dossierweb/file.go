package dossierweb

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
)

// checkData is what dossier_check.html needs.
type checkData struct {
	ID       dossier.ID
	Version  int64
	Key      string // the same however often the button is pressed
	Name     string
	Sections []section
	Papers   []web.Row
	Fees     []web.Row
	Total    int64
	Delivery []web.Row
	Due      time.Time // if it were received now
	Term     string
	Missing  []link // what keeps it from being filed
	Form     web.Form
	Fault    errs.Text
	Changed  *change
}

// section is one page of the form.
type section struct {
	Title string
	Rows  []web.Row
}

// link is a way to what is missing.
type link struct{ Text, Href string }

func (h handlers) check(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.State != dossier.Draft {
		return web.Redirect(w, r, p.path(""), "")
	}
	data, err := h.checkData(r, p)
	if err != nil {
		return err
	}
	return h.View.Render(w, r, "dossier_check.html", data)
}

func (h handlers) checkData(r *http.Request, p *paper) (*checkData, error) {
	lang := web.LangOf(r)
	data := &checkData{
		ID: p.ID, Version: p.Dossier.Version, Key: strings.ToLower(rand.Text()), Name: p.Procedure.Plain.In(lang),
		Sections: h.sections(p, true), Term: h.term(r, p.Case.TotalFor(procedure.Online)), Form: web.NewForm(nil, nil),
	}
	for _, c := range p.Components {
		row := web.Row{Key: c.Name.In(lang), Value: h.View.T(r, "dossier.citizen.check.no-file"), Href: p.path("/documents?from=check#" + filePrefix + c.ID)}
		var names []string
		for _, a := range p.filesOf(c.ID) {
			names = append(names, a.Name)
		}
		if len(names) > 0 {
			row.Value = strings.Join(names, "; ")
		}
		data.Papers = append(data.Papers, row)
	}
	data.Delivery = []web.Row{{
		Key: h.View.T(r, "dossier.citizen.delivery.title"), Value: h.View.T(r, "dossier.citizen.delivery."+string(p.Delivery)), Href: p.path("/delivery?from=check"),
	}}
	if i := p.Sheet.Result.FirstProblem(); i >= 0 {
		for ; i < len(p.Sheet.Form.Pages); i++ {
			if len(p.Sheet.Result.PageProblems(i)) > 0 {
				data.Missing = append(data.Missing, link{p.Sheet.Title(i), p.page(i) + "?from=check"})
			}
		}
	}
	for _, c := range p.missing() {
		data.Missing = append(data.Missing, link{c.Name.In(lang), p.path("/documents?from=check#" + filePrefix + c.ID)})
	}
	quote, err := p.Procedure.Quote(p.Filing)
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return nil, err
	}
	data.Fees, data.Total = h.quote(r, quote), quote.Total
	cal, err := h.Calendars.Current(r.Context())
	if err != nil {
		return nil, err
	}
	if due, err := cal.Deadline(h.Now(), p.Case.TotalFor(procedure.Online).Worktime(), nil); err == nil {
		data.Due = due.Due // a year whose holidays are not known yet has no date
	}
	return data, nil
}

// sections are the answers, page by page.
func (h handlers) sections(p *paper, change bool) []section {
	var sections []section
	for i := p.Sheet.Result.Next(-1); i < len(p.Sheet.Form.Pages); i = p.Sheet.Result.Next(i) {
		href := ""
		if change {
			href = p.page(i) + "?from=check"
		}
		if rows := p.Sheet.Summary(i, href); len(rows) > 0 {
			sections = append(sections, section{p.Sheet.Title(i), rows})
		}
	}
	return sections
}

// quote says what is charged, line by line.
func (h handlers) quote(r *http.Request, q procedure.Quote) []web.Row {
	lang := web.LangOf(r)
	var rows []web.Row
	for _, l := range q.Lines {
		row := web.Row{Key: l.Name.In(lang), Value: lang.Dong(l.Amount)}
		if label := l.Label.In(lang); label != "" {
			row.Value += " (" + label + ")"
		}
		rows = append(rows, row)
	}
	return rows
}

// secretCookie carries the tracking secret from the filing to the page that
// confirms it, and to no other. The page can be looked at again, or in the other
// language, for ten minutes.
const secretCookie = "motcua_secret"

func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	v := r.PostForm
	if v.Get("declared") != "true" {
		var faults errs.Fields
		faults.Add("declared", "dossier.citizen.error.declared", nil)
		return h.checkAgain(w, r, faults.Err())
	}
	receipt, err := h.Dossiers.File(r.Context(), actor.From(r.Context()), copyOf(r, v.Get("version")), dossier.Filing{Key: v.Get("key")})
	if kind := errs.KindOf(err); err != nil && (kind == errs.Invalid || kind == errs.Conflict) {
		return h.checkAgain(w, r, err)
	}
	if err != nil {
		return err
	}
	h.keepSecret(w, receipt.Dossier.ID, receipt.Secret)
	return web.Redirect(w, r, path(receipt.Dossier.ID, "/filed"), "")
}

func (h handlers) keepSecret(w http.ResponseWriter, id dossier.ID, secret string) {
	if secret == "" {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: secretCookie, Value: secret, Path: path(id, "/filed"), MaxAge: 600,
		HttpOnly: true, Secure: h.View.Site.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// checkAgain draws the summary with what keeps the draft from being filed.
func (h handlers) checkAgain(w http.ResponseWriter, r *http.Request, cause error) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.State != dossier.Draft {
		return web.Redirect(w, r, p.path(""), "dossier.citizen.notice.already-filed")
	}
	data, err := h.checkData(r, p)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	faults, _ := web.Faults(cause)
	declared := errs.Fields{}
	if t, ok := faults["declared"]; ok {
		declared["declared"] = t
	}
	switch data.Changed = h.changed(r, cause); {
	case data.Changed != nil:
		status = http.StatusConflict
	case len(declared) == 0 && len(data.Missing) == 0:
		data.Fault = errs.Text{Key: "dossier.citizen.check.refused", Args: errs.Args{"why": h.View.ProblemOf(r.Context(), cause).Title}}
	}
	data.Form = web.NewForm(r.PostForm, declared, "declared")
	return h.View.RenderStatus(w, r, status, "dossier_check.html", data)
}

// filedData is what dossier_filed.html needs.
type filedData struct {
	*dossier.Dossier
	Name   string
	Unit   string
	Secret string // empty once it was shown
	Track  string // where the code leads
	Code   template.URL
	Files  []web.Row // what was handed in, with its hash
	Fees   []web.Row
	Term   string
}

func (h handlers) filed(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.FiledAt.IsZero() {
		return web.Redirect(w, r, p.path(""), "")
	}
	data := filedData{
		Dossier: p.Dossier, Name: p.Procedure.Plain.In(web.LangOf(r)), Unit: h.unit(r, p.ReceivingUnit),
		Track: h.View.Site.Base + "/track?" + url.Values{"code": {p.Code}}.Encode(),
		Fees:  h.quote(r, p.Quote), Term: h.term(r, p.Case.TotalFor(procedure.Channel(p.Channel))),
	}
	if c, err := r.Cookie(secretCookie); err == nil {
		data.Secret = c.Value
	}
	if data.Code, err = qrCode(data.Track); err != nil {
		return err
	}
	for _, a := range p.Files {
		if a.Component != "" {
			data.Files = append(data.Files, web.Row{Key: a.Name, Value: a.SHA256})
		}
	}
	return h.View.Render(w, r, "dossier_filed.html", data)
}

// qrCode draws an address for cameras, as an image inside the page.
func qrCode(address string) (template.URL, error) {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, 4*code.Bounds().Dx(), 4*code.Bounds().Dy())
	}
	var b bytes.Buffer
	if err == nil {
		err = png.Encode(&b, code)
	}
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil //nolint:gosec // our own picture
}

// newSecret replaces a tracking secret that was lost.
func (h handlers) newSecret(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	secret, _, err := h.Dossiers.NewSecret(r.Context(), who, d.Copy())
	if err != nil {
		return err
	}
	h.keepSecret(w, d.ID, secret)
	return web.Redirect(w, r, path(d.ID, "/filed"), "dossier.citizen.notice.secret")
}
