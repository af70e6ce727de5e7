// Package web serves pages and the API: routes as tables with permissions,
// templates, errors in the reader's language, and the guards every request
// passes.
package web

import (
	"net/http"

	"github.com/motcua/motcua/internal/actor"
)

// Handler answers a request. An error it returns is classified, logged and shown
// to the reader in one place; nothing has been written by then.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one address and what it asks of the actor.
type Route struct {
	Pattern    string // as in [http.ServeMux], with a method
	Permission actor.Permission
	Handler    Handler
}

// Routes is a module's addresses as a table.
type Routes []Route

// Limit bounds one address. The zero value is a page's form: 1 MiB, as often as
// one likes.
type Limit struct {
	Body      int64 // largest request body in bytes; 0 means 1 MiB
	Burst     int   // requests one client may make at once; 0 means no rate limit
	PerMinute int   // how fast it may go on after that
}

const defaultBody = 1 << 20
