// Package webtest lets tests read pages as people do: through the server with
// all its guards, signed in as somebody, in a language.
package webtest

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/web"
)

// Site is a server with the pages under test. Messages without a text fail the
// test.
type Site struct {
	*web.Server
	View *web.View

	people  people
	handler func() http.Handler // made once, at the first request
}

// New returns a site whose templates and messages are those of the sources.
func New(t *testing.T, d *db.DB, sources ...fs.FS) *Site {
	t.Helper()
	bundle, err := i18n.Load(append([]fs.FS{web.Messages}, sources...)...)
	if err != nil {
		t.Fatal(err)
	}
	bundle.Missing = func(lang i18n.Lang, key string) { t.Errorf("missing message: %s %s", lang, key) }
	view, err := web.NewView(bundle, web.Site{Agency: "web.product"}, nil, sources...)
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{View: view, people: people{}}
	s.Server = web.NewServer(web.Config{
		View: view, Identity: s.people, Store: d, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	s.handler = sync.OnceValue(s.Server.Handler)
	return s
}

// people are known by their ids.
type people map[string]actor.Actor

// Session implements [web.Identity].
func (p people) Session(_ context.Context, token string) (actor.Actor, error) {
	who, ok := p[token]
	if !ok {
		return actor.Actor{}, errs.New(errs.SignedOut, "error.signed-out", nil)
	}
	return who, nil
}

// Bearer implements [web.Identity].
func (p people) Bearer(ctx context.Context, token string) (actor.Actor, error) {
	return p.Session(ctx, token)
}

// Staff returns an official who holds one role in the given unit.
func Staff(id actor.ID, role actor.Role, unit string) actor.Actor {
	return actor.Actor{ID: id, Name: string(id), Unit: unit, Grants: []actor.Grant{{Role: role, Unit: unit, Units: []string{unit}}}}
}

// Reader is a person at a browser.
type Reader struct {
	site *Site
	who  actor.Actor
	lang i18n.Lang
}

// As returns a reader who is signed in, or not if who is unknown, and reads
// Vietnamese.
func (s *Site) As(who actor.Actor) Reader {
	if who.Known() {
		s.people[string(who.ID)] = who
	}
	return Reader{s, who, i18n.Vi}
}

// In returns the same person reading another language.
func (r Reader) In(lang i18n.Lang) Reader {
	r.lang = lang
	return r
}

// Get opens an address. A page must be sound; see [CheckHTML].
func (r Reader) Get(t *testing.T, address string) *httptest.ResponseRecorder {
	t.Helper()
	return r.send(t, httptest.NewRequest(http.MethodGet, address, nil))
}

// Post sends a form.
func (r Reader) Post(t *testing.T, address string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.send(t, request)
}

// PostBody sends anything else, such as a form with files.
func (r Reader) PostBody(t *testing.T, address, contentType string, body io.Reader) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodPost, address, body)
	request.Header.Set("Content-Type", contentType)
	return r.send(t, request)
}

func (r Reader) send(t *testing.T, request *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	request.Header.Set("Accept-Language", string(r.lang))
	if r.who.Known() {
		request.AddCookie(&http.Cookie{Name: "motcua_session", Value: string(r.who.ID)})
	}
	w := httptest.NewRecorder()
	r.site.handler().ServeHTTP(w, request)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		CheckHTML(t, w.Body.String())
	}
	return w
}
