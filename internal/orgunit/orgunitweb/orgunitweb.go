// Package orgunitweb is where an administrator looks units up as of any day,
// enters what a decree changed, and imports lists.
package orgunitweb

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Routes is every address of the module.
func Routes(s *orgunit.Service, v *web.View, now func() time.Time) web.Routes {
	h := handlers{s, v, now}
	return web.Routes{
		{Pattern: "GET /admin/units", Permission: actor.Administer, Handler: h.list},
		{Pattern: "GET /admin/units/new", Permission: actor.Administer, Handler: h.establishForm},
		{Pattern: "POST /admin/units/new", Permission: actor.Administer, Handler: h.establish},
		{Pattern: "GET /admin/units/import", Permission: actor.Administer, Handler: h.uploadForm},
		{Pattern: "POST /admin/units/import", Permission: actor.Administer, Handler: h.upload},
		{Pattern: "GET /admin/units/{code}", Permission: actor.Administer, Handler: h.show},
		{Pattern: "GET /admin/units/{code}/abolish", Permission: actor.Administer, Handler: h.abolishForm},
		{Pattern: "POST /admin/units/{code}/abolish", Permission: actor.Administer, Handler: h.abolish},
	}
}

// Limits lets a list of the whole country through.
func Limits() map[string]web.Limit {
	return map[string]web.Limit{"POST /admin/units/import": {Body: 20 << 20}}
}

type handlers struct {
	units *orgunit.Service
	view  *web.View
	now   func() time.Time
}

// on is the day a page is about: that of the address, or today.
func (h handlers) on(r *http.Request) worktime.Date {
	if d, err := worktime.ParseDate(r.URL.Query().Get("on")); err == nil {
		return d
	}
	return worktime.DateOf(h.now())
}

// listData is what orgunit_list.html needs.
type listData struct {
	Form  web.Form // search and day
	On    worktime.Date
	Units []row
	More  bool // the search found more than are shown
}

// row is a unit in a list.
type row struct {
	orgunit.Unit
	Label string // its name in the reader's language
	Href  string
}

const most = 100

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	on := h.on(r)
	data := listData{On: on, Form: web.NewForm(url.Values{"q": {r.URL.Query().Get("q")}, "on": {on.String()}}, nil)}
	var found []orgunit.Unit
	var err error
	if words := r.URL.Query().Get("q"); strings.TrimSpace(words) != "" {
		found, err = h.units.Search(r.Context(), orgunit.Search{Text: words, On: on, Limit: most + 1})
	} else {
		found, err = h.units.Children(r.Context(), "", on)
	}
	if err != nil {
		return err
	}
	if data.More = len(found) > most; data.More {
		found = found[:most]
	}
	data.Units = rows(r, found, on)
	return h.view.Render(w, r, "orgunit_list.html", data)
}

func rows(r *http.Request, units []orgunit.Unit, on worktime.Date) []row {
	all := make([]row, len(units))
	for i, u := range units {
		all[i] = row{u, label(r, u), address(u.Code, on)}
	}
	return all
}

func label(r *http.Request, u orgunit.Unit) string {
	if web.LangOf(r) == i18n.En && u.NameEN != "" {
		return u.NameEN
	}
	return u.Name
}

func address(code string, on worktime.Date) string {
	return "/admin/units/" + url.PathEscape(code) + "?on=" + on.String()
}

// showData is what orgunit_show.html needs.
type showData struct {
	Unit     row
	On       worktime.Date
	Path     []web.Crumb
	Children []row
	Periods  []row
	From     []orgunit.Successor
	Became   []orgunit.Successor
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	on, code := h.on(r), r.PathValue("code")
	u, err := h.units.Get(r.Context(), code, on)
	if err != nil {
		return err
	}
	path, err := h.units.Path(r.Context(), code, on)
	if err != nil {
		return err
	}
	data := showData{Unit: row{u, label(r, u), address(code, on)}, On: on}
	data.Path = append(data.Path, web.Crumb{Label: h.view.T(r, "orgunit.list.title"), Href: "/admin/units?on=" + on.String()})
	for _, p := range path[:len(path)-1] {
		data.Path = append(data.Path, web.Crumb{Label: label(r, p), Href: address(p.Code, on)})
	}
	data.Path = append(data.Path, web.Crumb{Label: label(r, u)})
	children, err := h.units.Children(r.Context(), code, on)
	if err != nil {
		return err
	}
	data.Children = rows(r, children, on)
	periods, err := h.units.Periods(r.Context(), code)
	if err != nil {
		return err
	}
	for _, p := range periods {
		data.Periods = append(data.Periods, row{p, label(r, p), address(code, p.From)})
	}
	if data.From, err = h.units.Predecessors(r.Context(), u); err != nil {
		return err
	}
	if data.Became, err = h.units.Successors(r.Context(), u); err != nil {
		return err
	}
	return h.view.Render(w, r, "orgunit_show.html", data)
}

// formData is what orgunit_new.html and orgunit_abolish.html need.
type formData struct {
	Form  web.Form
	Kinds web.Choice
	Unit  orgunit.Unit
}

// establishForm is empty, or filled with what a code means today, to be changed
// from a day on.
func (h handlers) establishForm(w http.ResponseWriter, r *http.Request) error {
	form := url.Values{"parent": {r.URL.Query().Get("parent")}}
	if code := r.URL.Query().Get("code"); code != "" {
		u, err := h.units.Get(r.Context(), code, h.on(r))
		if err != nil {
			return err
		}
		form = url.Values{"code": {u.Code}, "kind": {string(u.Kind)}, "parent": {u.Parent}, "name": {u.Name}, "name_en": {u.NameEN}}
	}
	return h.drawEstablish(w, r, http.StatusOK, web.NewForm(form, nil))
}

func (h handlers) drawEstablish(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	var kinds []web.Option
	for _, k := range orgunit.Kinds() {
		kinds = append(kinds, web.Option{Value: string(k), Label: h.view.T(r, "orgunit.kind."+string(k))})
	}
	return h.view.RenderStatus(w, r, status, "orgunit_new.html", formData{Form: form, Kinds: form.Choice("kind", h.view.T(r, "orgunit.kind"), kinds)})
}

func (h handlers) establish(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	f := r.PostForm
	u := orgunit.Unit{
		Code: f.Get("code"), From: typedDate(f, "from"), Kind: orgunit.Kind(f.Get("kind")), Parent: f.Get("parent"),
		Name: f.Get("name"), NameEN: f.Get("name_en"), Document: f.Get("document"),
	}
	err := h.units.Establish(r.Context(), actor.From(r.Context()), u)
	if faults, ok := web.Faults(err); ok {
		return h.drawEstablish(w, r, http.StatusUnprocessableEntity,
			web.NewForm(f, faults, "code", "kind", "name", "name_en", "parent", "from", "document"))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(strings.TrimSpace(u.Code), u.From), "orgunit.notice.entered")
}

// typedDate returns the date of three boxes, zero if it is none.
func typedDate(form url.Values, name string) worktime.Date {
	d, err := worktime.ParseDate(web.TypedDate(form, name))
	if err != nil {
		return worktime.Date{}
	}
	return d
}

func (h handlers) abolishForm(w http.ResponseWriter, r *http.Request) error {
	return h.drawAbolish(w, r, http.StatusOK, web.NewForm(nil, nil))
}

func (h handlers) drawAbolish(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	u, err := h.units.Get(r.Context(), r.PathValue("code"), h.on(r))
	if err != nil {
		return err
	}
	return h.view.RenderStatus(w, r, status, "orgunit_abolish.html", formData{Form: form, Unit: u})
}

func (h handlers) abolish(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	code, on := r.PathValue("code"), typedDate(r.PostForm, "on")
	var heirs []orgunit.Heir
	for _, heir := range strings.FieldsFunc(r.PostForm.Get("heirs"), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' }) {
		heirs = append(heirs, orgunit.Heir{Code: heir, Whole: r.PostForm.Get("part") != "yes"})
	}
	err := h.units.Abolish(r.Context(), actor.From(r.Context()), code, on, heirs)
	if faults, ok := web.Faults(err); ok {
		return h.drawAbolish(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "on", "heirs"))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, address(code, on.AddDays(-1)), "orgunit.notice.abolished")
}

// uploadData is what orgunit_import.html needs.
type uploadData struct {
	Form    web.Form
	Checked bool // a dry run was made
	Report  orgunit.Report
	CSV     string // the file that was checked, to be taken in as it is
	Faults  []orgunit.Fault
	More    int // faults that are not shown
}

// shown bounds the faults one page lists.
const shown = 200

func (h handlers) uploadForm(w http.ResponseWriter, r *http.Request) error {
	return h.view.Render(w, r, "orgunit_import.html", uploadData{})
}

// upload first only checks a file and says what it would do; what was checked is
// then sent once more to be taken in.
func (h handlers) upload(w http.ResponseWriter, r *http.Request) error {
	text, err := readFile(r)
	if faults, ok := web.Faults(err); ok {
		return h.view.RenderStatus(w, r, http.StatusUnprocessableEntity, "orgunit_import.html", uploadData{Form: web.NewForm(nil, faults)})
	}
	if err != nil {
		return err
	}
	dry := r.PostFormValue("do") != "import"
	report, err := h.units.Import(r.Context(), actor.From(r.Context()), strings.NewReader(text), dry)
	faults, faulty := web.Faults(err)
	if err != nil && !faulty {
		return err
	}
	if !dry && !faulty {
		return web.Redirect(w, r, "/admin/units", "orgunit.notice.imported")
	}
	data := uploadData{Form: web.NewForm(nil, faults), Checked: true, Report: report, Faults: report.Faults}
	status := http.StatusOK
	if len(report.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	} else {
		data.CSV = text
	}
	if len(data.Faults) > shown {
		data.Faults, data.More = data.Faults[:shown], len(data.Faults)-shown
	}
	return h.view.RenderStatus(w, r, status, "orgunit_import.html", data)
}

// readFile returns the text of the file that was chosen, or of the one that was
// checked before.
func readFile(r *http.Request) (string, error) {
	if err := r.ParseMultipartForm(10 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return "", errs.Field("file", "orgunit.error.too-large", nil)
		}
		return "", &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	if text := r.PostFormValue("csv"); text != "" {
		return text, nil
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return "", errs.Field("file", "orgunit.error.no-file", nil)
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if len(b) == 0 && err == nil {
		return "", errs.Field("file", "orgunit.error.no-file", nil)
	}
	return string(b), err
}
