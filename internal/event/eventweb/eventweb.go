// Package eventweb shows the record: to operators and auditors every event, to
// everybody the signed state of the log (nhật ký công khai) by which a copy can
// be checked.
package eventweb

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/web"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Routes is every address of the record and its log.
func Routes(s *event.Spine, v *web.View) web.Routes {
	h := handlers{s, v}
	return web.Routes{
		{Pattern: "GET /log", Permission: actor.Public, Handler: h.log},
		{Pattern: "GET /log/checkpoint", Permission: actor.Public, Handler: h.checkpoint},
		{Pattern: "GET /operator/events", Permission: actor.Operate, Handler: h.list},
		{Pattern: "GET /operator/events.csv", Permission: actor.Operate, Handler: h.csv},
		{Pattern: "GET /operator/events/{id}/proof", Permission: actor.Operate, Handler: h.proof},
	}
}

type handlers struct {
	events *event.Spine
	view   *web.View
}

// logData is what event_log.html needs.
type logData struct {
	Latest event.Checkpoint // without a note while nothing was signed yet
	Keys   []string
}

func (h handlers) log(w http.ResponseWriter, r *http.Request) error {
	latest, err := h.events.Latest(r.Context())
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	keys, err := h.events.Keys(r.Context())
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "event_log.html", logData{latest, keys})
}

func (h handlers) checkpoint(w http.ResponseWriter, r *http.Request) error {
	latest, err := h.events.Latest(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	fmt.Fprint(w, latest.Note)
	return nil
}

func (h handlers) proof(w http.ResponseWriter, r *http.Request) error {
	return SendProof(w, r, h.events, r.PathValue("id"))
}

// SendProof answers with the proof that an event is in the log, as a file. It
// shows who did what, so the caller has checked that the reader may know.
func SendProof(w http.ResponseWriter, r *http.Request, s *event.Spine, id string) error {
	proof, err := s.Prove(r.Context(), id)
	if errs.KindOf(err) == errs.NotFound {
		return &errs.Error{Kind: errs.NotFound, Msg: "event.error.not-signed", Err: err}
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(proof, "", "\t")
	if err != nil {
		return fmt.Errorf("proof of event %s: %w", id, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="proof-%d.json"`, proof.Index))
	w.Write(append(text, '\n'))
	return nil
}
