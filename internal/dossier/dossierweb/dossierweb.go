// Package dossierweb is what applicants (người nộp hồ sơ) see of their dossiers:
// to prepare and file one, to follow it, to bring what is asked for, and to take
// the result. Anybody may follow a dossier by its code.
//
// Everything works without scripts. A draft is saved at every step, whatever is
// wrong with it, and is judged only when it is filed.
package dossierweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words. The pages use the parts of package
// formweb.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Units names units. Package orgunit provides it.
type Units interface {
	Get(ctx context.Context, code string, on worktime.Date) (orgunit.Unit, error)
}

// Services are what the pages are drawn from.
type Services struct {
	Dossiers  *dossier.Service
	Uploads   *dossier.Uploads
	Catalogue dossier.Catalogue
	Calendars dossier.Calendars
	Parties   dossier.Parties
	Units     Units
	View      *web.View
	Now       func() time.Time
}

// Routes is every address of the applicant's pages.
func Routes(s Services) web.Routes {
	h := handlers{s}
	return web.Routes{
		{Pattern: "GET /dossiers", Permission: actor.FileDossier, Handler: h.list},
		{Pattern: "GET /dossiers/export", Permission: actor.FileDossier, Handler: h.export},
		{Pattern: "GET /dossiers/new", Permission: actor.FileDossier, Handler: h.begin},
		{Pattern: "POST /dossiers/new", Permission: actor.FileDossier, Handler: h.start},
		{Pattern: "GET /dossiers/{id}", Permission: actor.FileDossier, Handler: h.show},

		{Pattern: "GET /dossiers/{id}/form/{page}", Permission: actor.FileDossier, Handler: h.question},
		{Pattern: "POST /dossiers/{id}/form/{page}", Permission: actor.FileDossier, Handler: h.answer},
		{Pattern: "POST /dossiers/{id}/form/{page}/save", Permission: actor.FileDossier, Handler: h.autosave},
		{Pattern: "GET /dossiers/{id}/documents", Permission: actor.FileDossier, Handler: h.documents},
		{Pattern: "POST /dossiers/{id}/documents", Permission: actor.FileDossier, Handler: h.upload},
		{Pattern: "POST /dossiers/{id}/documents/{component}", Permission: actor.FileDossier, Handler: h.uploadOne},
		{Pattern: "POST /dossiers/{id}/documents/{component}/reuse", Permission: actor.FileDossier, Handler: h.reuse},
		{Pattern: "GET /dossiers/{id}/files/{file}", Permission: actor.FileDossier, Handler: h.download},
		{Pattern: "POST /dossiers/{id}/files/{file}/remove", Permission: actor.FileDossier, Handler: h.remove},
		{Pattern: "GET /dossiers/{id}/delivery", Permission: actor.FileDossier, Handler: h.delivery},
		{Pattern: "POST /dossiers/{id}/delivery", Permission: actor.FileDossier, Handler: h.chooseDelivery},
		{Pattern: "GET /dossiers/{id}/check", Permission: actor.FileDossier, Handler: h.check},
		{Pattern: "POST /dossiers/{id}/file", Permission: actor.FileDossier, Handler: h.file},
		{Pattern: "GET /dossiers/{id}/filed", Permission: actor.FileDossier, Handler: h.filed},

		{Pattern: "POST /dossiers/{id}/secret", Permission: actor.FileDossier, Handler: h.newSecret},
		{Pattern: "GET /dossiers/{id}/clock", Permission: actor.FileDossier, Handler: h.clock},
		{Pattern: "GET /dossiers/{id}/supplement", Permission: actor.FileDossier, Handler: h.supplement},
		{Pattern: "POST /dossiers/{id}/supplement", Permission: actor.FileDossier, Handler: h.answerSupplement},
		{Pattern: "GET /dossiers/{id}/withdraw", Permission: actor.FileDossier, Handler: h.askWithdraw},
		{Pattern: "POST /dossiers/{id}/withdraw", Permission: actor.FileDossier, Handler: h.withdraw},
		{Pattern: "POST /dossiers/{id}/rate", Permission: actor.FileDossier, Handler: h.rate},

		{Pattern: "GET /track", Permission: actor.Public, Handler: h.askTrack},
		{Pattern: "POST /track", Permission: actor.Public, Handler: h.track},
	}
}

// Limits bounds the addresses that take files or answer strangers.
func Limits(files media.Limits) map[string]web.Limit {
	const envelope = 1 << 20 // what a form is around its files
	return map[string]web.Limit{
		"POST /dossiers/{id}/documents":             {Body: files.Dossier + envelope},
		"POST /dossiers/{id}/documents/{component}": {Body: files.File + envelope},
		"POST /dossiers/{id}/files/{file}/remove":   {Body: files.Dossier + envelope}, // chosen files come along without scripts
		"POST /dossiers/{id}/supplement":            {Body: files.Dossier + envelope},
		"POST /dossiers/new":                        {Burst: 20, PerMinute: 10},
		"GET /track":                                {Burst: 30, PerMinute: 30},
		"POST /track":                               {Burst: 10, PerMinute: 10},
	}
}

type handlers struct{ Services }

// paper is a dossier with what is needed to talk about it in the reader's
// language.
type paper struct {
	*dossier.Dossier
	Procedure  *procedure.Version
	Sheet      *formweb.Sheet
	Filing     procedure.Filing // as it would be filed now, or as it was
	Case       procedure.Case
	Components []procedure.Component // that the applicant hands in
	Files      []dossier.Attachment
}

// open reads the dossier of the address, or NotFound.
func (h handlers) open(r *http.Request) (*paper, error) {
	ctx, who := r.Context(), actor.From(r.Context())
	d, err := h.Dossiers.Get(ctx, who, dossier.ID(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	p := &paper{Dossier: d}
	if p.Procedure, err = h.Catalogue.Get(ctx, d.Procedure); err != nil {
		return nil, err
	}
	if p.Files, err = h.Dossiers.Attachments(ctx, who, d.ID); err != nil {
		return nil, err
	}
	p.Files = slices.DeleteFunc(p.Files, func(a dossier.Attachment) bool { return !visible(d, a) })
	return p, h.judge(r, p)
}

// judge works the answers of p through the form and the procedure's rules.
func (h handlers) judge(r *http.Request, p *paper) error {
	day := h.today()
	if !p.FiledAt.IsZero() {
		day = worktime.DateOf(p.FiledAt)
	}
	var err error
	if p.Sheet, err = formweb.Open(h.View, r, p.Procedure.Form, p.Answers, day); err != nil {
		return err
	}
	p.Filing = procedure.Filing{Applicant: p.ApplicantKind, Case: p.Dossier.Case, Channel: procedure.Online, Day: day, Answers: p.Sheet.Result.Values}
	if p.State == dossier.Draft {
		if p.Case, err = p.Procedure.CaseFor(p.Filing); err != nil {
			return err
		}
		p.Filing.Case = p.Case.ID
	} else {
		p.Case, _ = p.Procedure.Case(p.Dossier.Case)
		p.Filing.Channel = procedure.Channel(p.Channel)
	}
	all, err := p.Procedure.ComponentsFor(p.Filing)
	if err != nil {
		return err
	}
	p.Components = slices.DeleteFunc(all, func(c procedure.Component) bool { return c.FromForm })
	return nil
}

// answered are the states in which the authority's papers are the applicant's.
// What officials put together before, or for an application that came to
// nothing, is theirs.
var answered = []dossier.State{dossier.Done, dossier.Refused, dossier.Returned, dossier.NotReceived}

// visible reports whether the applicant may see a file: what was handed in, and
// the authority's papers once there is an answer.
func visible(d *dossier.Dossier, a dossier.Attachment) bool {
	return a.Current && (a.Component != "" || slices.Contains(answered, d.State))
}

// filesOf returns the files of a component.
func (p *paper) filesOf(component string) []dossier.Attachment {
	var files []dossier.Attachment
	for _, a := range p.Files {
		if a.Component == component {
			files = append(files, a)
		}
	}
	return files
}

// path is the address of a page of the dossier.
func (p *paper) path(page string) string { return path(p.ID, page) }

func path(id dossier.ID, page string) string { return "/dossiers/" + string(id) + page }

func (h handlers) today() worktime.Date { return worktime.DateOf(h.Now()) }

// copyOf is the dossier as the form that was posted saw it.
func copyOf(r *http.Request, version string) dossier.Copy {
	v, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		v = 0 // nobody's version: the act is refused as stale
	}
	return dossier.Copy{ID: dossier.ID(r.PathValue("id")), Version: v}
}

// unit returns the name of a unit in the reader's language.
func (h handlers) unit(r *http.Request, code string) string {
	u, err := h.Units.Get(r.Context(), code, h.today())
	switch {
	case err != nil:
		return code // a unit of another day, or of another system
	case web.LangOf(r) == "en" && u.NameEN != "":
		return u.NameEN
	}
	return u.Name
}

// change is what others did to a dossier since a page of it was drawn.
type change struct {
	Text    string
	Entries []web.Entry
}

// changed explains a Conflict to who meets it, so that the page can be drawn
// again with what they typed. Other errors give nil.
func (h handlers) changed(r *http.Request, err error) *change {
	if errs.KindOf(err) != errs.Conflict {
		return nil
	}
	c := &change{Text: h.View.T(r, "dossier.citizen.changed")}
	if stale, ok := errors.AsType[*dossier.StaleError](err); ok {
		c.Entries = h.timeline(r, stale.Changes)
	}
	return c
}
