package app

import (
	"io/fs"
	"maps"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/calendar/calendarweb"
	"github.com/motcua/motcua/internal/dossier/dossierapi"
	"github.com/motcua/motcua/internal/dossier/dossierweb"
	"github.com/motcua/motcua/internal/dossier/officeweb"
	"github.com/motcua/motcua/internal/event/eventweb"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/identity/identityweb"
	"github.com/motcua/motcua/internal/job/jobweb"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/notify/notifyweb"
	"github.com/motcua/motcua/internal/orgunit/orgunitweb"
	"github.com/motcua/motcua/internal/party/partyweb"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/procedure/procedureweb"
	"github.com/motcua/motcua/internal/web"
)

// pageFiles lists the modules' templates and words.
func pageFiles() []fs.FS {
	return []fs.FS{
		calendarweb.Files, dossierweb.Files, eventweb.Files, formweb.Files, identityweb.Files, jobweb.Files,
		notifyweb.Files, officeweb.Files, orgunitweb.Files, partyweb.Files, procedureweb.Files,
	}
}

// menu lists the ways into the rooms, in the order people need them.
func menu() []web.MenuItem {
	return []web.MenuItem{
		{Href: "/procedures", Label: "web.menu.procedures", Permission: actor.Public},
		{Href: "/track", Label: "web.menu.track", Permission: actor.Public},
		{Href: "/dossiers", Label: "web.menu.dossiers", Permission: actor.FileDossier},
		{Href: "/office", Label: "web.menu.office", Permission: actor.ReadOffice},
		{Href: "/office/receive", Label: "web.menu.desk", Permission: actor.ReceiveDossier},
		{Href: "/parties", Label: "web.menu.parties", Permission: actor.ReceiveDossier},
		{Href: "/catalogue", Label: "web.menu.catalogue", Permission: actor.EditCatalogue},
		{Href: "/admin/users", Label: "web.menu.users", Permission: actor.Administer},
		{Href: "/admin/units", Label: "web.menu.units", Permission: actor.Administer},
		{Href: "/admin/calendar", Label: "web.menu.calendar", Permission: actor.Administer},
		{Href: "/operator", Label: "web.menu.operator", Permission: actor.Operate},
		{Href: "/inbox", Label: "web.menu.inbox", Permission: actor.SignedIn},
	}
}

// limits bounds what strangers can guess at or fill up, and lets uploads be
// large. What is not here has the bounds of a page's form.
func limits() map[string]web.Limit {
	const megabyte = 1 << 20
	files := web.Limit{Body: 110 * megabyte, Burst: 60, PerMinute: 60}
	all := map[string]web.Limit{
		"GET /track":                               {Burst: 30, PerMinute: 30},
		"POST /track":                              {Burst: 10, PerMinute: 10},
		"POST /office/file":                        files,
		"POST /office/dossiers/{id}/acts/{act}":    files,
		"POST /api/v1/dossiers/{code}/attachments": files,
	}
	for _, more := range []map[string]web.Limit{identityweb.Limits(), orgunitweb.Limits(), dossierweb.Limits(media.DefaultLimits)} {
		maps.Copy(all, more)
	}
	return all
}

// pages adds the routes of all modules.
func (a *App) pages() {
	s := a.Server
	s.Add(procedureweb.Routes(a.Procedures, a.Units, a.View, func(c procedure.Code) string { return "/dossiers/new?procedure=" + string(c) }))
	s.Add(dossierweb.Routes(dossierweb.Services{
		Dossiers: a.Dossiers, Uploads: a.Uploads, Catalogue: a.Procedures, Calendars: a.Calendars,
		Parties: applicants{a.Parties}, Units: a.Units, View: a.View, Now: a.Now,
	}))
	s.Add(officeweb.Routes(officeweb.Office{
		Dossiers: a.Dossiers, Procedures: a.Procedures, Parties: a.Parties, Units: a.Units, People: a.Identity,
		Papers: a.Papers, Uploads: a.Uploads, Now: a.Now,
	}, a.View))
	s.Add(identityweb.Routes(a.Identity, a.Units, keeper{a.Dossiers}, a.View, a.Now))
	s.Add(orgunitweb.Routes(a.Units, a.View, a.Now))
	s.Add(calendarweb.Routes(a.Calendars, a.Units, a.View, a.Now))
	s.Add(partyweb.Routes(a.Parties, a.Identity, a.View, a.Now))
	s.Add(notifyweb.Routes(a.Notices, a.View))
	s.Add(jobweb.Routes(a.Jobs, a.Events, a.View, a.Now))
	s.Add(eventweb.Routes(a.Events, a.View))
	api := s.NewAPI("motcua", "1.0.0")
	s.Add(dossierapi.Add(api, a.Dossiers, a.Procedures, a.Uploads, a.Papers))
}
