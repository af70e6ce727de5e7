// Package notifyweb shows people their inbox (hộp thông báo).
package notifyweb

import (
	"embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/notify"
	"github.com/motcua/motcua/internal/web"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Routes is every address of the inbox.
func Routes(s *notify.Service, v *web.View) web.Routes {
	h := handlers{s, v}
	return web.Routes{
		{Pattern: "GET /inbox", Permission: actor.SignedIn, Handler: h.inbox},
		{Pattern: "POST /inbox/{id}/read", Permission: actor.SignedIn, Handler: h.read},
		{Pattern: "POST /inbox/read-all", Permission: actor.SignedIn, Handler: h.readAll},
	}
}

type handlers struct {
	notices *notify.Service
	view    *web.View
}

const pageSize = 20

// inboxData is what notify_inbox.html needs.
type inboxData struct {
	Unread int // a hundred stands for more
	Items  []item
	Pager  web.Pager
}

// item is a notice in the reader's words.
type item struct {
	ID, Subject string
	Body        []string // lines
	Link        string
	At          time.Time
	Unread      bool
}

func (h handlers) inbox(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	unread, err := h.notices.Unread(r.Context(), who)
	if err != nil {
		return err
	}
	items, err := h.notices.Inbox(r.Context(), who, r.URL.Query().Get("before"), pageSize+1)
	if err != nil {
		return err
	}
	data := inboxData{Unread: unread}
	if len(items) > pageSize {
		items = items[:pageSize]
		data.Pager.Next = "/inbox?" + url.Values{"before": {items[pageSize-1].ID}}.Encode()
	}
	lang := web.LangOf(r)
	for _, i := range items {
		data.Items = append(data.Items, item{
			ID: i.ID, Subject: i.Subject(h.view.Bundle, lang),
			Body: lines(i.Body(h.view.Bundle, lang)), Link: i.Link, At: i.At, Unread: i.ReadAt.IsZero(),
		})
	}
	return h.view.Render(w, r, "notify_inbox.html", data)
}

// lines returns the lines of a text that are not empty.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' })
}

func (h handlers) read(w http.ResponseWriter, r *http.Request) error {
	link, err := h.notices.Read(r.Context(), actor.From(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, link, "")
}

func (h handlers) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := h.notices.ReadAll(r.Context(), actor.From(r.Context())); err != nil {
		return err
	}
	return web.Redirect(w, r, "/inbox", "notify.inbox.all-read")
}
