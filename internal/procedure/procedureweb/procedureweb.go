// Package procedureweb shows the catalogue of procedures: to everybody, what a
// procedure needs, takes and costs; to its editors, what a new version would
// change.
package procedureweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Units names the units that take part. Package orgunit provides it.
type Units interface {
	Get(ctx context.Context, code string, on worktime.Date) (orgunit.Unit, error)
}

// Routes is every address of the catalogue. Start gives the address at which
// one begins to file under a procedure.
func Routes(s *procedure.Service, units Units, v *web.View, start func(procedure.Code) string) web.Routes {
	h := handlers{s, units, v, start}
	return web.Routes{
		{Pattern: "GET /{$}", Permission: actor.Public, Handler: h.home},
		{Pattern: "GET /procedures", Permission: actor.Public, Handler: h.list},
		{Pattern: "GET /procedures/{code}", Permission: actor.Public, Handler: h.show},
		{Pattern: "GET /catalogue", Permission: actor.EditCatalogue, Handler: h.catalogue},
		{Pattern: "GET /catalogue/new", Permission: actor.EditCatalogue, Handler: h.upload},
		{Pattern: "POST /catalogue/check", Permission: actor.EditCatalogue, Handler: h.check},
		{Pattern: "POST /catalogue/publish", Permission: actor.EditCatalogue, Handler: h.publish},
		{Pattern: "GET /catalogue/{code}", Permission: actor.EditCatalogue, Handler: h.versions},
		{Pattern: "GET /catalogue/{code}/yaml", Permission: actor.EditCatalogue, Handler: h.yaml},
		{Pattern: "POST /catalogue/{code}/close", Permission: actor.EditCatalogue, Handler: h.close},
	}
}

type handlers struct {
	procedures *procedure.Service
	units      Units
	view       *web.View
	start      func(procedure.Code) string
}

// words says things in the language of one request.
type words struct {
	lang   i18n.Lang
	bundle *i18n.Bundle
}

func (h handlers) words(r *http.Request) words { return words{web.LangOf(r), h.view.Bundle} }

func (w words) t(key string, args ...any) string { return w.bundle.T(w.lang, key, args...) }

func (w words) text(t errs.Text) string { return w.bundle.T(w.lang, t.Key, map[string]any(t.Args)) }

func (w words) in(t procedure.Text) string { return t.In(w.lang) }

// named says the names of values, as in "Cá nhân, Tổ chức".
func named[T ~string](w words, kind string, values []T) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = w.t("procedure." + kind + "." + string(v))
	}
	return names
}

// day reads the day asked for: on=2022-07-06, or the three boxes of a date
// input. It is the zero date when none was, and a fault when it is no day.
func day(values url.Values, name string) (worktime.Date, errs.Fields) {
	typed := values.Get(name)
	if typed == "" {
		typed = web.TypedDate(values, name)
	}
	if typed == "" {
		return worktime.Date{}, nil
	}
	on, err := worktime.ParseDate(typed)
	if err != nil {
		return worktime.Date{}, errs.Fields{name: {Key: "procedure.page.day-fault"}}
	}
	return on, nil
}

// dayValues are a day as a date input shows it.
func dayValues(values url.Values, name string, on worktime.Date) url.Values {
	if on.IsZero() {
		return values
	}
	filled := url.Values{}
	for k, v := range values {
		filled[k] = v
	}
	t := on.Time(0, 0)
	filled.Set(name+"-day", t.Format("02"))
	filled.Set(name+"-month", t.Format("01"))
	filled.Set(name+"-year", t.Format("2006"))
	return filled
}

// listData is what procedure_list.html needs.
type listData struct {
	Form      web.Form
	Search    web.Input
	Choices   []web.Choice
	Day       web.DateInput
	AsOf      worktime.Date // zero: today
	On        worktime.Date
	Narrowed  bool
	Items     []listItem
	Pager     web.Pager
	CanManage bool
}

// listItem is a procedure in the public list.
type listItem struct {
	Href, Name, Official, Code, Field, Time, Level string
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	query, say := r.URL.Query(), h.words(r)
	on, faults := day(query, "on")
	f := procedure.Filter{
		On: on, Words: query.Get("q"), Field: query.Get("field"), Unit: query.Get("unit"),
		Level: procedure.Level(query.Get("level")), Applicant: procedure.ApplicantKind(query.Get("applicant")),
		After: query.Get("after"),
	}
	if f.On.IsZero() {
		f.On = h.procedures.Today()
	}
	page, err := h.procedures.List(r.Context(), f)
	if err != nil {
		return err
	}
	fields, err := h.procedures.Fields(r.Context(), f.On)
	if err != nil {
		return err
	}
	form := web.NewForm(dayValues(query, "on", on), faults)
	data := listData{
		Form: form, AsOf: on, On: f.On,
		Search:    form.Input("q", say.t("procedure.list.search"), say.t("procedure.list.search.hint")),
		Choices:   choices(say, form, fields),
		Day:       form.Date("on", say.t("procedure.page.as-of"), say.t("procedure.page.as-of.hint")),
		Narrowed:  f.Words != "" || f.Field != "" || f.Unit != "" || f.Level != "" || f.Applicant != "" || !on.IsZero(),
		CanManage: actor.From(r.Context()).Can(actor.EditCatalogue),
	}
	for _, v := range page.Versions {
		data.Items = append(data.Items, item(say, v, f.On, on))
	}
	if page.Next != "" {
		query.Set("after", page.Next)
		data.Pager.Next = "/procedures?" + query.Encode()
	}
	return h.view.Render(w, r, "procedure_list.html", data)
}

// item is a line of the public list, as of a day that is carried on if the
// reader chose it.
func item(say words, v *procedure.Version, on, chosen worktime.Date) listItem {
	i := listItem{
		Href: address(v.Code, chosen), Name: say.in(v.Plain), Official: say.in(v.Name), Code: string(v.Code),
		Field: say.in(v.Field.Name), Time: times(say, v),
	}
	if l := v.LevelOn(on); l != "" {
		i.Level = say.t("procedure.level." + string(l))
	}
	return i
}

// address is the public page of a procedure, as of a day if one was chosen.
func address(code procedure.Code, chosen worktime.Date) string {
	href := "/procedures/" + url.PathEscape(string(code))
	if !chosen.IsZero() {
		href += "?on=" + chosen.String()
	}
	return href
}

// times says how long a procedure takes, each different time once.
func times(say words, v *procedure.Version) string {
	var all []string
	seen := map[procedure.Term]bool{}
	for _, c := range v.Cases {
		if !seen[c.Total] {
			seen[c.Total] = true
			all = append(all, say.text(c.Total.Text()))
		}
	}
	return say.lang.List(all)
}

// choices are the selects of the list's filter.
func choices(say words, form web.Form, fields []procedure.Field) []web.Choice {
	any := web.Option{Label: say.t("procedure.list.any")}
	field := []web.Option{any}
	for _, f := range fields {
		field = append(field, web.Option{Value: f.Code, Label: say.in(f.Name)})
	}
	return []web.Choice{
		form.Choice("field", say.t("procedure.page.field"), field),
		form.Choice("applicant", say.t("procedure.list.applicant"), valueOptions(say, "applicant", any, procedure.ApplicantKinds())),
		form.Choice("level", say.t("procedure.page.level"), valueOptions(say, "level", any, procedure.Levels())),
	}
}

func valueOptions[T ~string](say words, kind string, first web.Option, values []T) []web.Option {
	options := []web.Option{first}
	for i, name := range named(say, kind, values) {
		options = append(options, web.Option{Value: string(values[i]), Label: name})
	}
	return options
}
