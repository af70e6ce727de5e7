package dossierweb

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// listData is what dossier_list.html needs.
type listData struct {
	Filter web.Filter
	Rows   []listRow
	Pager  web.Pager
	Export string
	Any    bool // something is narrowed
}

// listRow is one dossier in the list.
type listRow struct {
	Href, Code, Title, Applicant string
	When                         string // filed, or begun
	State                        web.Tag
	Deadline                     *web.Deadline
	Yours                        bool // the applicant acts next
}

const pageSize = 20

// choices of the list's filter, in the order people read them.
var choices = []struct {
	name   string
	states []dossier.State
}{
	{"draft", []dossier.State{dossier.Draft}},
	{"running", []dossier.State{dossier.Filed, dossier.Received, dossier.InProcessing, dossier.Proposed, dossier.Approved, dossier.Signed}},
	{"yours", []dossier.State{dossier.WaitingSupplement, dossier.WaitingPayment, dossier.Done, dossier.Refused}},
	{"ended", []dossier.State{dossier.Returned, dossier.NotReceived, dossier.Withdrawn, dossier.Stopped}},
}

// query reads what the reader narrowed the list to.
func query(v url.Values) dossier.Query {
	q := dossier.Query{View: dossier.Own, Text: v.Get("q"), After: v.Get("after"), Limit: pageSize}
	for _, c := range choices {
		if c.name == v.Get("state") {
			q.States = c.states
		}
	}
	return q
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query()
	page, err := h.Dossiers.List(r.Context(), actor.From(r.Context()), query(v))
	if err != nil {
		return err
	}
	form := web.NewForm(v, nil)
	options := []web.Option{{Label: h.View.T(r, "dossier.citizen.list.all")}}
	for _, c := range choices {
		options = append(options, web.Option{Value: c.name, Label: h.View.T(r, "dossier.citizen.list."+c.name)})
	}
	narrowed := url.Values{}
	for _, name := range []string{"q", "state"} {
		if v.Get(name) != "" {
			narrowed.Set(name, v.Get(name))
		}
	}
	data := listData{
		Filter: web.Filter{
			Action: "/dossiers", Search: form.Input("q", h.View.T(r, "dossier.citizen.list.search")),
			Choices: []web.Choice{form.Choice("state", h.View.T(r, "dossier.citizen.list.state"), options)},
		},
		Export: "/dossiers/export?" + narrowed.Encode(), Any: len(narrowed) > 0,
	}
	if data.Any {
		data.Filter.Clear = "/dossiers"
	}
	if page.Next != "" {
		narrowed.Set("after", page.Next)
		data.Pager.Next = "/dossiers?" + narrowed.Encode()
	}
	for _, d := range page.Dossiers {
		row, err := h.row(r, &d)
		if err != nil {
			return err
		}
		data.Rows = append(data.Rows, row)
	}
	return h.View.Render(w, r, "dossier_list.html", data)
}

func (h handlers) row(r *http.Request, d *dossier.Dossier) (listRow, error) {
	v, err := h.Catalogue.Get(r.Context(), d.Procedure)
	if err != nil {
		return listRow{}, err
	}
	lang := web.LangOf(r)
	row := listRow{
		Href: path(d.ID, ""), Code: d.Code, Title: v.Plain.In(lang), Applicant: d.ApplicantName, State: h.state(r, d.State),
		When: h.View.T(r, "dossier.citizen.list.filed", "at", lang.Moment(d.FiledAt)),
	}
	if d.FiledAt.IsZero() {
		row.When = h.View.T(r, "dossier.citizen.list.begun", "at", lang.Moment(d.StartedAt))
	}
	switch d.State {
	case dossier.Draft, dossier.WaitingSupplement, dossier.WaitingPayment, dossier.Done, dossier.Refused:
		row.Yours = true
	}
	if !d.ReceivedAt.IsZero() {
		p := &paper{Dossier: d, Procedure: v}
		p.Case, _ = v.Case(d.Case)
		due := h.deadline(r, p)
		due.Reason = ""
		row.Deadline = &due
	}
	return row, nil
}

// export writes the list as a spreadsheet reads it. What people typed cannot
// become a formula there.
func (h handlers) export(w http.ResponseWriter, r *http.Request) error {
	lang := web.LangOf(r)
	names := map[procedure.ID]string{}
	var out *csv.Writer
	head := func() error {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="ho-so.csv"`)
		w.Header().Set("Cache-Control", "private, no-store")
		if _, err := w.Write([]byte("\ufeff")); err != nil { // Excel takes it for Latin otherwise
			return err
		}
		out = csv.NewWriter(w)
		return out.Write([]string{
			h.View.T(r, "dossier.citizen.fact.code"), h.View.T(r, "dossier.citizen.fact.procedure"), h.View.T(r, "dossier.citizen.fact.applicant"),
			h.View.T(r, "dossier.citizen.list.state"), h.View.T(r, "dossier.citizen.fact.filed"), h.View.T(r, "dossier.citizen.fact.due"), h.View.T(r, "dossier.citizen.fact.decided"),
		})
	}
	q := query(r.URL.Query())
	q.After, q.Limit = "", 0
	for d, err := range h.Dossiers.Export(r.Context(), actor.From(r.Context()), q) {
		if err != nil {
			return err // before the first row it is shown, after it the file ends short
		}
		if _, ok := names[d.Procedure]; !ok {
			v, err := h.Catalogue.Get(r.Context(), d.Procedure)
			if err != nil {
				return err
			}
			names[d.Procedure] = v.Plain.In(lang)
		}
		if out == nil {
			if err := head(); err != nil {
				return err
			}
		}
		err := out.Write([]string{
			text.SafeCell(d.Code), text.SafeCell(names[d.Procedure]), text.SafeCell(d.ApplicantName), h.state(r, d.State).Text,
			stamp(d.FiledAt), stamp(d.DueAt), stamp(d.DecidedAt),
		})
		if err != nil {
			return err
		}
	}
	if out == nil {
		if err := head(); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// stamp writes a moment so that every spreadsheet understands it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(worktime.Zone).Format("2006-01-02 15:04")
}
