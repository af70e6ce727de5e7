package officeweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/web"
)

// deskData is what office_desk.html needs.
type deskData struct {
	Waiting []row
	Next    string
	Relay   []row // requests for papers that only the desk may send
	CanFile bool
}

// desk shows what waits at the one-stop desk, in the order of filing.
func (h handlers) desk(w http.ResponseWriter, r *http.Request) error {
	by, ctx := actor.From(r.Context()), r.Context()
	found, err := h.Dossiers.List(ctx, by, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Filed}, After: r.URL.Query().Get("after")})
	if err != nil {
		return err
	}
	slices.SortStableFunc(found.Dossiers, func(a, b dossier.Dossier) int { return a.FiledAt.Compare(b.FiledAt) })
	data := deskData{CanFile: by.Can(actor.AssistFiling)}
	if found.Next != "" {
		data.Next = withQuery("/office/receive", url.Values{"after": {found.Next}})
	}
	if data.Waiting, err = h.rows(r, by, found.Dossiers); err != nil {
		return err
	}
	relay, err := h.toRelay(ctx, by)
	if err != nil {
		return err
	}
	if data.Relay, err = h.rows(r, by, relay); err != nil {
		return err
	}
	return h.view.Render(w, r, "office_desk.html", data)
}

// toRelay returns dossiers whose officers ask for papers, which only the desk
// may pass on.
func (h handlers) toRelay(ctx context.Context, by actor.Actor) ([]dossier.Dossier, error) {
	if !by.Can(actor.ReceiveDossier) {
		return nil, nil
	}
	found, err := h.Dossiers.List(ctx, by, dossier.Query{View: dossier.ToRelay, Limit: counted})
	return found.Dossiers, err
}

// find leads from a code, as a barcode reader types it, to its dossier. What is
// no code becomes a search.
func (h handlers) find(w http.ResponseWriter, r *http.Request) error {
	code := strings.TrimSpace(r.URL.Query().Get("code"))
	d, err := h.Dossiers.ByCode(r.Context(), actor.From(r.Context()), code)
	switch {
	case err == nil:
		return web.Redirect(w, r, page(d.ID), "")
	case errs.KindOf(err) != errs.NotFound:
		return err
	}
	return web.Redirect(w, r, withQuery("/office/dossiers", url.Values{"view": {"all"}, "q": {code}}), "")
}
