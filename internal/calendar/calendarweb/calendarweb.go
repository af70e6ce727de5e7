// Package calendarweb is where an administrator keeps the working calendar: days
// off, swapped days and the office hours of units.
package calendarweb

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/calendar"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Routes is every address of the module.
func Routes(s *calendar.Service, units *orgunit.Service, v *web.View, now func() time.Time) web.Routes {
	h := handlers{s, units, v, now}
	return web.Routes{
		{Pattern: "GET /admin/calendar", Permission: actor.Administer, Handler: h.year},
		{Pattern: "GET /admin/calendar/days/new", Permission: actor.Administer, Handler: h.dayForm},
		{Pattern: "POST /admin/calendar/days/new", Permission: actor.Administer, Handler: h.addDay},
		{Pattern: "GET /admin/calendar/days/{date}/remove", Permission: actor.Administer, Handler: h.removeForm},
		{Pattern: "POST /admin/calendar/days/{date}/remove", Permission: actor.Administer, Handler: h.removeDay},
		{Pattern: "POST /admin/calendar/years", Permission: actor.Administer, Handler: h.addYear},
		{Pattern: "GET /admin/calendar/offices/new", Permission: actor.Administer, Handler: h.officeForm},
		{Pattern: "POST /admin/calendar/offices/new", Permission: actor.Administer, Handler: h.setOffice},
	}
}

type handlers struct {
	calendars *calendar.Service
	units     *orgunit.Service
	view      *web.View
	now       func() time.Time
}

// yearData is what calendar_year.html needs.
type yearData struct {
	Year, Version int
	Years         []web.Tab
	LastYear      int
	WorkingDays   int
	Months        []month
	Days          []exception
	Hours         string
	CutOff        string
	Offices       []office
	Versions      []calendar.Version
}

// month is one table of the year.
type month struct {
	First time.Time
	Weeks [][7]day
}

// day is a cell; the zero day is one of another month.
type day struct {
	Number int
	Rest   bool
	Name   string // of an exceptional day
}

// exception is an exceptional day in the list.
type exception struct {
	worktime.Exception
	At    time.Time
	Label string
}

// office is the hours of a unit in the list.
type office struct {
	calendar.Office
	UnitName, Span string
}

func (h handlers) year(w http.ResponseWriter, r *http.Request) error {
	version, document, err := h.calendars.At(r.Context(), 0)
	if err != nil {
		return err
	}
	spec := document.Spec
	c, err := worktime.New(spec)
	if err != nil {
		return err
	}
	year := h.now().In(worktime.Zone).Year()
	if n, err := strconv.Atoi(r.URL.Query().Get("year")); err == nil {
		year = n
	}
	year = min(max(year, spec.FirstYear), spec.LastYear)
	data := yearData{
		Year: year, Version: version, LastYear: spec.LastYear, Hours: spans(spec.Hours),
	}
	if spec.CutOff != 0 {
		data.CutOff = spec.CutOff.String()
	}
	for y := spec.FirstYear; y <= spec.LastYear; y++ {
		data.Years = append(data.Years, web.Tab{Label: strconv.Itoa(y), Href: "/admin/calendar?year=" + strconv.Itoa(y), Count: -1, Current: y == year})
	}
	names := map[worktime.Date]string{}
	for _, e := range spec.Exceptions {
		names[e.Date] = h.word(r, e.Name)
		if e.Date.Year() == year {
			data.Days = append(data.Days, exception{e, e.Date.Time(0, 0), h.word(r, e.Name)})
		}
	}
	for m := time.January; m <= time.December; m++ {
		drawn, working, err := draw(c, year, m, names)
		if err != nil {
			return err
		}
		data.Months = append(data.Months, drawn)
		data.WorkingDays += working
	}
	if data.Offices, err = h.offices(r, document.Offices); err != nil {
		return err
	}
	if data.Versions, err = h.calendars.Versions(r.Context()); err != nil {
		return err
	}
	return h.view.Render(w, r, "calendar_year.html", data)
}

// draw lays a month out in weeks that begin on Monday, and counts its working
// days.
func draw(c worktime.Calendar, year int, m time.Month, names map[worktime.Date]string) (month, int, error) {
	first := worktime.NewDate(year, m, 1)
	drawn, working := month{First: first.Time(0, 0)}, 0
	var week [7]day
	for d := first; ; d = d.AddDays(1) {
		column := (int(d.Weekday()) + 6) % 7
		_, at, number := d.Civil()
		if at != m || d.IsZero() {
			if column != 0 {
				drawn.Weeks = append(drawn.Weeks, week)
			}
			return drawn, working, nil
		}
		works, err := c.IsWorkingDay(d)
		if err != nil {
			return drawn, 0, err
		}
		if works {
			working++
		}
		week[column] = day{number, !works, names[d]}
		if column == 6 {
			drawn.Weeks = append(drawn.Weeks, week)
			week = [7]day{}
		}
	}
}

// word says a day's name: a key of the messages, or what an administrator typed.
func (h handlers) word(r *http.Request, w worktime.Word) string {
	if h.view.Bundle.Has(web.LangOf(r), string(w)) {
		return h.view.T(r, string(w))
	}
	return string(w)
}

func spans(hours []worktime.Span) string {
	parts := make([]string, len(hours))
	for i, s := range hours {
		parts[i] = s.From.String() + "–" + s.To.String()
	}
	return strings.Join(parts, ", ")
}

func (h handlers) offices(r *http.Request, all []calendar.Office) ([]office, error) {
	var drawn []office
	for _, o := range all {
		name := o.Unit
		switch u, err := h.units.Get(r.Context(), o.Unit, o.From); {
		case err == nil:
			name = u.Name
		case errs.KindOf(err) != errs.NotFound:
			return nil, err
		}
		drawn = append(drawn, office{Office: o, UnitName: name, Span: spans(o.Hours)})
	}
	return drawn, nil
}

// formData is what the pages with a form need. Version is the one the person
// saw: a change of a newer one is refused.
type formData struct {
	Form    web.Form
	Kinds   web.Choice
	Units   web.Choice
	Version int
	Day     exception
}

func (h handlers) dayForm(w http.ResponseWriter, r *http.Request) error {
	version, _, err := h.calendars.At(r.Context(), 0)
	if err != nil {
		return err
	}
	return h.drawDay(w, r, http.StatusOK, web.NewForm(nil, nil), version)
}

func (h handlers) drawDay(w http.ResponseWriter, r *http.Request, status int, form web.Form, version int) error {
	var kinds []web.Option
	for _, k := range calendar.Kinds() {
		kinds = append(kinds, web.Option{Value: string(k), Label: h.view.T(r, "calendar.kind."+string(k))})
	}
	return h.view.RenderStatus(w, r, status, "calendar_day.html", formData{
		Form: form, Version: version, Kinds: form.Choice("kind", h.view.T(r, "calendar.kind"), kinds),
	})
}

func (h handlers) addDay(w http.ResponseWriter, r *http.Request) error {
	version, err := parse(r)
	if err != nil {
		return err
	}
	on, _ := worktime.ParseDate(web.TypedDate(r.PostForm, "date")) // no date is refused as none
	err = h.calendars.AddDay(r.Context(), actor.From(r.Context()), version, worktime.Exception{
		Date: on, Kind: worktime.Kind(r.PostForm.Get("kind")), Name: worktime.Word(strings.TrimSpace(r.PostForm.Get("name"))),
		Source: strings.TrimSpace(r.PostForm.Get("source")),
	})
	if faults, ok := web.Faults(err); ok {
		return h.drawDay(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "date", "kind", "name", "source"), version)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/calendar?year="+strconv.Itoa(on.Year()), "calendar.notice.changed")
}

// parse reads the form and the version it was made for.
func parse(r *http.Request) (int, error) {
	if err := r.ParseForm(); err != nil {
		return 0, &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		return 0, &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
	}
	return version, nil
}

func (h handlers) removeForm(w http.ResponseWriter, r *http.Request) error {
	version, document, err := h.calendars.At(r.Context(), 0)
	if err != nil {
		return err
	}
	for _, e := range document.Spec.Exceptions {
		if e.Date.String() == r.PathValue("date") {
			return h.view.Render(w, r, "calendar_remove.html", formData{Version: version, Day: exception{e, e.Date.Time(0, 0), h.word(r, e.Name)}})
		}
	}
	return errs.New(errs.NotFound, "calendar.error.no-such-day", nil)
}

func (h handlers) removeDay(w http.ResponseWriter, r *http.Request) error {
	version, err := parse(r)
	if err != nil {
		return err
	}
	on, err := worktime.ParseDate(r.PathValue("date"))
	if err != nil {
		return errs.New(errs.NotFound, "calendar.error.no-such-day", nil)
	}
	if err := h.calendars.RemoveDay(r.Context(), actor.From(r.Context()), version, on, strings.TrimSpace(r.PostForm.Get("reason"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/calendar?year="+strconv.Itoa(on.Year()), "calendar.notice.changed")
}

func (h handlers) addYear(w http.ResponseWriter, r *http.Request) error {
	version, err := parse(r)
	if err != nil {
		return err
	}
	if err := h.calendars.AddYear(r.Context(), actor.From(r.Context()), version); err != nil {
		return err
	}
	// Beyond the last year is the last year.
	return web.Redirect(w, r, "/admin/calendar?year=9999", "calendar.notice.changed")
}

func (h handlers) officeForm(w http.ResponseWriter, r *http.Request) error {
	version, document, err := h.calendars.At(r.Context(), 0)
	if err != nil {
		return err
	}
	return h.drawOffice(w, r, http.StatusOK, web.NewForm(url.Values{"hours": {spans(document.Spec.Hours)}}, nil), version)
}

func (h handlers) drawOffice(w http.ResponseWriter, r *http.Request, status int, form web.Form, version int) error {
	units, err := h.units.InForce(r.Context(), worktime.DateOf(h.now()))
	if err != nil {
		return err
	}
	options := []web.Option{{Label: h.view.T(r, "calendar.unit.choose")}}
	for _, u := range units {
		if u.Kind.Level() == 0 {
			options = append(options, web.Option{Value: u.Code, Label: u.Name + " (" + u.Code + ")"})
		}
	}
	return h.view.RenderStatus(w, r, status, "calendar_office.html", formData{
		Form: form, Version: version, Units: form.Choice("unit", h.view.T(r, "calendar.unit"), options),
	})
}

func (h handlers) setOffice(w http.ResponseWriter, r *http.Request) error {
	version, err := parse(r)
	if err != nil {
		return err
	}
	on, _ := worktime.ParseDate(web.TypedDate(r.PostForm, "from")) // no date is refused as none
	o := calendar.Office{Unit: r.PostForm.Get("unit"), From: on, Hours: parseHours(r.PostForm.Get("hours"))}
	if s := strings.TrimSpace(r.PostForm.Get("cut_off")); s != "" {
		if o.CutOff, err = worktime.ParseClock(s); err != nil {
			o.CutOff = -1 // refused as no hour of the day
		}
	}
	err = h.calendars.SetOffice(r.Context(), actor.From(r.Context()), version, o)
	if faults, ok := web.Faults(err); ok {
		return h.drawOffice(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "unit", "from", "hours", "cut_off"), version)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/calendar", "calendar.notice.changed")
}

// parseHours reads "07:30–11:30, 13:00–17:00"; nil if it is not that.
func parseHours(s string) []worktime.Span {
	var hours []worktime.Span
	for part := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(part), "–", "-"), "-")
		opens, err := worktime.ParseClock(strings.TrimSpace(from))
		closes, err2 := worktime.ParseClock(strings.TrimSpace(to))
		if !ok || err != nil || err2 != nil {
			return nil
		}
		hours = append(hours, worktime.Span{From: opens, To: closes})
	}
	return hours
}
