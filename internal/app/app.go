// Package app puts the house together: every module with what it needs, the
// table of facts, the table of periodic work, the routes. It and package demo
// are the only ones that know everybody.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/calendar"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/dossier/dossierapi"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/mail"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/notify"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
	"github.com/motcua/motcua/migrations"
)

// App is motcua, wired to one store.
type App struct {
	Config config.Config
	Log    *slog.Logger
	Now    func() time.Time

	DB        *db.DB
	Files     *blob.Store
	Jobs      *job.Queue
	Events    *event.Spine
	Sequencer *event.Sequencer

	Units      *orgunit.Service
	Calendars  *calendar.Service
	Parties    *party.Service
	Identity   *identity.Service
	Notices    *notify.Service
	Procedures *procedure.Service
	Dossiers   *dossier.Service
	Uploads    *dossier.Uploads
	Papers     *dossier.Papers
	Keys       document.Keys // by which papers are signed

	Bundle *i18n.Bundle
	View   *web.View
	Server *web.Server
}

// Options are what main decides and tests decide otherwise.
type Options struct {
	Log  *slog.Logger
	Now  func() time.Time
	Demo bool // say on every page that nothing here is real
}

// New opens the store and wires everything. It creates and migrates the store
// of a fresh installation; an older schema in a PostgreSQL store is an error,
// since other nodes may be at work on it: run motcua migrate.
func New(ctx context.Context, c config.Config, o Options) (*App, error) {
	a := &App{Config: c, Log: o.Log, Now: o.Now}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	if err := a.wire(o); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// open opens store and files.
func (a *App) open(ctx context.Context) error {
	if err := a.Config.MakeData(); err != nil {
		return err
	}
	var err error
	if a.DB, err = db.Open(ctx, string(a.Config.Store)); err != nil {
		return err
	}
	if err := migrations.Up(ctx, a.DB); err != nil {
		return err
	}
	a.Files, err = blob.Open(ctx, string(a.Config.Files))
	return err
}

// wire makes the modules, in the order of the rows.
func (a *App) wire(o Options) error {
	var err error
	if a.Bundle, err = i18n.Load(messages()...); err != nil {
		return err
	}
	a.Bundle.Missing = func(lang i18n.Lang, key string) { a.Log.Error("no text", "language", lang, "key", key) }

	a.Jobs = job.New(a.DB, a.Log, a.Now)
	a.Events = event.New(a.DB, a.Jobs, facts(), a.Now)
	key, err := event.LoadOrCreateKey(filepath.Join(a.Config.Data, "log.key"), a.origin())
	if err != nil {
		return err
	}
	a.Sequencer = event.NewSequencer(a.DB, key, a.Log, a.Now)

	a.Keys = document.Keys(filepath.Join(a.Config.Data, "keys"))
	a.Units = orgunit.NewService(a.DB, a.Events, a.Now)
	a.Calendars = calendar.NewService(a.DB, a.Events, a.Now)
	a.Parties = party.NewService(a.DB, a.Events, a.Now)
	a.Identity = identity.NewService(a.DB, a.Events, a.Units, a.Parties, a.Now)
	sender, err := a.sender()
	if err != nil {
		return err
	}
	a.Notices = notify.NewService(a.DB, a.Jobs, directory{a.Identity, a.Parties}, sender, a.Bundle, a.Config.Base, a.Now)
	a.Procedures = procedure.NewService(a.DB, a.Events, a.Units, a.Now)
	a.Dossiers = dossier.NewService(a.DB, a.Events, a.Procedures, a.Calendars, applicants{a.Parties}, a.Now)
	a.Uploads = dossier.NewUploads(a.Dossiers, a.Files, media.DefaultLimits)
	a.Papers = dossier.NewPapers(a.Dossiers, dossier.Sources{
		Units: a.Units, Parties: a.Parties, People: a.Identity, Files: a.Files, Signers: a.Keys,
		Words: func(key string) string { return a.Bundle.T(i18n.Vi, key) }, Base: a.Config.Base, Demo: o.Demo,
	})

	a.work()
	return a.serve(o)
}

// origin names this installation's log.
func (a *App) origin() string {
	u, err := url.Parse(a.Config.Base)
	if err != nil {
		return "motcua/log"
	}
	return u.Hostname() + "/log"
}

func (a *App) sender() (*mail.Sender, error) {
	m := a.Config.Mail
	if m.Host == "" {
		return mail.NewFolder(filepath.Join(a.Config.Data, "mail"), m.From)
	}
	return mail.NewRelay(mail.Relay{Host: m.Host, Port: m.Port, User: m.User, Password: string(m.Password), From: m.From})
}

// messages lists every module's words.
func messages() []fs.FS {
	return append([]fs.FS{
		calendar.Messages, dossier.Messages, form.Messages, identity.Messages, notify.Messages,
		dossierapi.Messages, media.Messages, orgunit.Messages, party.Messages, procedure.Messages, rule.Messages, web.Messages, worktime.Messages,
	}, pageFiles()...)
}

// Close closes what was opened.
func (a *App) Close() error {
	var faults []error
	if a.Files != nil {
		faults = append(faults, a.Files.Close())
	}
	if a.DB != nil {
		faults = append(faults, a.DB.Close())
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
