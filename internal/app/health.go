package app

import (
	"io"
	"net/http"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/migrations"
)

// health tells machines how motcua is. They say nothing that a stranger may not
// know.
func (a *App) health() web.Routes {
	return web.Routes{
		{Pattern: "GET /healthz", Permission: actor.Public, Handler: func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "ok\n")
			return err
		}},
		{Pattern: "GET /readyz", Permission: actor.Public, Handler: a.ready},
	}
}

// ready says whether this node may get requests: the store answers and has the
// schema this program needs.
func (a *App) ready(w http.ResponseWriter, r *http.Request) error {
	if err := a.DB.Ping(r.Context()); err != nil {
		return &errs.Error{Kind: errs.Unavailable, Msg: "error.unavailable", Err: err}
	}
	pending, err := migrations.Pending(r.Context(), a.DB)
	if err != nil || pending {
		return &errs.Error{Kind: errs.Unavailable, Msg: "error.unavailable", Err: err}
	}
	_, err = io.WriteString(w, "ready\n")
	return err
}
