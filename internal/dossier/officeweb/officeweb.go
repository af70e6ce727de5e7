// Package officeweb is what officials see of dossiers: the one-stop desk (Bộ phận
// Một cửa), the worklists, the dossier with the acts that the law allows now,
// signing, the records office (văn thư), and what an inspector may read.
//
// Who may see a dossier is decided by package dossier, in every query; who may
// do what, by its table of acts. These pages only draw what it answers.
package officeweb

import (
	"context"
	"embed"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// People knows officials by name. Package identity provides it.
type People interface {
	Names(ctx context.Context, ids ...actor.ID) (map[actor.ID]string, error)
	Colleagues(ctx context.Context, unit string, p actor.Permission) ([]identity.Colleague, error)
}

// Papers draws official papers as PDF: the forms of TT 01/2018/TT-VPCP, each for
// who may see the dossier, and the result, which is made by the acts of signing
// and numbering.
type Papers interface {
	SignResult(ctx context.Context, by actor.Actor, seen dossier.Copy) (*dossier.Dossier, error)
	NumberResult(ctx context.Context, by actor.Actor, seen dossier.Copy) (*dossier.Dossier, error)
	// Slip is one of [Slips] for a dossier.
	Slip(ctx context.Context, by actor.Actor, id dossier.ID, kind string) ([]byte, error)
	// Book is the register of what was filed in [from, to) (Mẫu số 06).
	Book(ctx context.Context, by actor.Actor, from, to worktime.Date) ([]byte, error)
}

// Office is what the pages are drawn from.
type Office struct {
	Dossiers   *dossier.Service
	Procedures *procedure.Service
	Parties    *party.Service
	Units      *orgunit.Service
	People     People
	Papers     Papers
	Uploads    *dossier.Uploads
	Now        func() time.Time
}

// Routes is every address of the officials' pages.
func Routes(o Office, v *web.View) web.Routes {
	h := handlers{o, v}
	return web.Routes{
		{Pattern: "GET /office", Permission: actor.ReadOffice, Handler: h.day},
		{Pattern: "GET /office/dossiers", Permission: actor.ReadOffice, Handler: h.list},
		{Pattern: "GET /office/dossiers.csv", Permission: actor.ReadOffice, Handler: h.csv},
		{Pattern: "GET /office/dossiers.xlsx", Permission: actor.ReadOffice, Handler: h.xlsx},
		{Pattern: "POST /office/dossiers/assign", Permission: actor.AssignDossier, Handler: h.assign},
		{Pattern: "GET /office/find", Permission: actor.ReadOffice, Handler: h.find},
		{Pattern: "GET /office/receive", Permission: actor.ReceiveDossier, Handler: h.desk},
		{Pattern: "GET /office/file", Permission: actor.AssistFiling, Handler: h.counter},
		{Pattern: "POST /office/file", Permission: actor.AssistFiling, Handler: h.file},
		{Pattern: "GET /office/dossiers/{id}", Permission: actor.ReadOffice, Handler: h.show},
		{Pattern: "GET /office/dossiers/{id}/sign", Permission: actor.SignDossier, Handler: h.sign},
		{Pattern: "POST /office/dossiers/{id}/acts/{act}", Permission: actor.ReadDossier, Handler: h.act},
		{Pattern: "GET /office/dossiers/{id}/files/{file}", Permission: actor.ReadOffice, Handler: h.download},
		{Pattern: "GET /office/dossiers/{id}/papers/{form}", Permission: actor.ReadOffice, Handler: h.slip},
		{Pattern: "GET /office/book.pdf", Permission: actor.ReadOffice, Handler: h.book},
	}
}

type handlers struct {
	Office
	view *web.View
}

func (h handlers) today() worktime.Date { return worktime.DateOf(h.Now()) }

// say returns the reader's words.
func (h handlers) say(r *http.Request) func(key string, args ...any) string {
	return func(key string, args ...any) string { return h.view.T(r, key, args...) }
}

// parse reads a form, with or without files.
func parse(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(1 << 20)
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
}

// names puts units and officials into words. It asks once for each, and serves
// one request.
type names struct {
	h      handlers
	lang   i18n.Lang
	units  map[string]string
	people map[actor.ID]string
}

func (h handlers) names(r *http.Request) *names {
	return &names{h, web.LangOf(r), map[string]string{}, map[actor.ID]string{}}
}

// unit returns what a unit is called today, or its code once it is no more.
func (n *names) unit(ctx context.Context, code string) (string, error) {
	if code == "" {
		return "", nil
	}
	if name, ok := n.units[code]; ok {
		return name, nil
	}
	u, err := n.h.Units.Get(ctx, code, n.h.today())
	switch {
	case errs.KindOf(err) == errs.NotFound && err != nil:
		u.Name = code
	case err != nil:
		return "", err
	}
	if n.lang == i18n.En && u.NameEN != "" {
		u.Name = u.NameEN
	}
	n.units[code] = u.Name
	return u.Name, nil
}

// meet learns the names of officials, all at once.
func (n *names) meet(ctx context.Context, ids ...actor.ID) error {
	ids = slices.DeleteFunc(ids, func(id actor.ID) bool { _, known := n.people[id]; return known || id == "" })
	if len(ids) == 0 {
		return nil
	}
	found, err := n.h.People.Names(ctx, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		n.people[id] = found[id]
	}
	return nil
}

// person returns the name of an official; the system has the house's.
func (n *names) person(id actor.ID) string {
	if id == actor.SystemID {
		return n.h.view.Bundle.T(n.lang, "office.by-system")
	}
	return n.people[id]
}

// stateColours says how far a dossier is, and whose turn it is: blue is ours,
// yellow the applicant's.
var stateColours = map[dossier.State]string{
	dossier.Draft: "grey", dossier.Filed: "blue", dossier.Received: "blue", dossier.InProcessing: "blue",
	dossier.WaitingSupplement: "yellow", dossier.WaitingPayment: "yellow",
	dossier.Proposed: "purple", dossier.Approved: "purple", dossier.Signed: "teal",
	dossier.Done: "green", dossier.Returned: "grey", dossier.Refused: "red", dossier.NotReceived: "red",
	dossier.Withdrawn: "grey", dossier.Stopped: "grey",
}

func (h handlers) stateTag(r *http.Request, s dossier.State) web.Tag {
	return web.Tag{Colour: stateColours[s], Text: h.view.T(r, "dossier.state."+string(s))}
}

// deadline is the chip of a dossier's date and the reason for it; nil before its
// time has begun to run.
func (h handlers) deadline(r *http.Request, d *dossier.Dossier) *web.Deadline {
	now, say := h.Now(), h.say(r)
	switch {
	case !d.State.Open():
		return &web.Deadline{Level: web.Ended, Due: d.DecidedAt}
	case d.ReceivedAt.IsZero():
		return nil
	case d.DueAt.IsZero():
		return &web.Deadline{Level: web.Paused, Reason: say("office.due.paused." + pauseOf(d))}
	}
	due := web.Deadline{Level: web.OnTime, Due: d.DueAt}
	days := worktime.DateOf(d.DueAt).DaysSince(worktime.DateOf(now))
	switch {
	case now.After(d.DueAt):
		due.Level, due.Reason = web.Overdue, say("office.due.late", "count", -days)
		if days == 0 {
			due.Reason = say("office.due.late-today")
		}
	case days == 0:
		due.Level = web.Due
	case days <= 2:
		due.Level, due.Reason = web.DueSoon, say("office.due.left", "count", days)
	default:
		due.Reason = say("office.due.left", "count", days)
	}
	if !d.ApologyAt.IsZero() {
		due.Reason = say("office.due.again")
	}
	return &due
}

// pauseOf names why a clock stands still.
func pauseOf(d *dossier.Dossier) string {
	switch d.State {
	case dossier.WaitingSupplement, dossier.WaitingPayment:
		return string(d.State)
	}
	if d.Pause != "" {
		return string(d.Pause)
	}
	return "uncounted"
}

// withQuery returns an address with a query; nothing is added for an empty one.
func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// page is the address of a dossier.
func page(id dossier.ID) string { return "/office/dossiers/" + url.PathEscape(string(id)) }
