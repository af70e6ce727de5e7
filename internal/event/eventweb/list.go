package eventweb

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

const (
	pageSize = 50
	portion  = 1000 // of events that a CSV file is made of
)

// listData is what event_list.html needs.
type listData struct {
	Form    web.Form
	Clear   string // address of the whole list, empty when nothing is narrowed
	Events  []event.Stored
	CSV     string // address of the same events as a file
	Pager   web.Pager
	Size    int64 // events in the log
	Pending int64 // events the log has not taken in yet
	Signed  event.Checkpoint
}

func (h handlers) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, faults := readFilter(query)
	data := listData{Form: web.NewForm(query, faults, "kind", "subject", "actor", "from", "to")}
	if err := h.status(r, &data); err != nil {
		return err
	}
	if len(faults) > 0 {
		return h.view.RenderStatus(w, r, http.StatusUnprocessableEntity, "event_list.html", data)
	}
	narrowed := narrowing(query)
	if len(narrowed) > 0 {
		data.Clear = "/operator/events"
	}
	data.CSV = address("/operator/events.csv", narrowed)
	if before := query.Get("before"); before != "" {
		last, err := h.events.Get(r.Context(), before)
		if err != nil {
			return err
		}
		filter.BeforeAt, filter.BeforeID = last.At, last.ID
	}
	events, err := h.events.List(r.Context(), filter, pageSize+1)
	if err != nil {
		return err
	}
	if len(events) > pageSize {
		events = events[:pageSize]
		narrowed.Set("before", events[pageSize-1].ID)
		data.Pager.Next = address("/operator/events", narrowed)
	}
	data.Events = events
	return h.view.Render(w, r, "event_list.html", data)
}

// status fills in how far the log has come.
func (h handlers) status(r *http.Request, data *listData) error {
	var err error
	if data.Size, err = h.events.Size(r.Context()); err != nil {
		return err
	}
	if data.Pending, err = h.events.Pending(r.Context()); err != nil {
		return err
	}
	data.Signed, err = h.events.Latest(r.Context())
	if errs.KindOf(err) == errs.NotFound {
		return nil // a new installation
	}
	return err
}

// narrowing returns the part of a query that chooses events.
func narrowing(query url.Values) url.Values {
	kept := url.Values{}
	for _, name := range []string{"kind", "subject", "actor", "from", "to"} {
		if v := strings.TrimSpace(query.Get(name)); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}

func address(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// readFilter reads what the reader chose. Both days belong to the period.
func readFilter(query url.Values) (event.Filter, errs.Fields) {
	query = narrowing(query)
	var faults errs.Fields
	day := func(name string, add int) (at time.Time) {
		if query.Get(name) == "" {
			return at
		}
		d, err := worktime.ParseDate(query.Get(name))
		if err != nil {
			faults.Add(name, "event.error.date", nil)
			return at
		}
		return d.AddDays(add).Time(0, 0)
	}
	f := event.Filter{
		Kind: query.Get("kind"), Subject: query.Get("subject"), Actor: actor.ID(query.Get("actor")),
		From: day("from", 0), To: day("to", 1),
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		faults.Add("to", "event.error.period", nil)
	}
	return f, faults
}

// csv sends the chosen events as a file, as many as there are. The first portion
// is read before anything is sent, so that most failures still get a page; after
// that a failure breaks the connection off, lest half a file pass for a whole
// one.
func (h handlers) csv(w http.ResponseWriter, r *http.Request) error {
	filter, faults := readFilter(r.URL.Query())
	if err := faults.Err(); err != nil {
		return err
	}
	events, err := h.events.List(r.Context(), filter, portion)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", `attachment; filename="events.csv"`)
	out := csv.NewWriter(w)
	out.Write([]string{"id", "at", "actor", "unit", "subject", "kind", "data"})
	for len(events) > 0 {
		for _, e := range events {
			out.Write([]string{e.ID, e.At.Format(time.RFC3339Nano), cell(string(e.Actor)), cell(e.Unit), cell(e.Subject), cell(e.Kind), string(e.Data)})
		}
		if out.Flush(); out.Error() != nil {
			return nil // the reader left
		}
		last := events[len(events)-1]
		filter.BeforeAt, filter.BeforeID = last.At, last.ID
		if events, err = h.events.List(r.Context(), filter, portion); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	return nil
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
