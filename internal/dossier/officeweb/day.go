package officeweb

import (
	"context"
	"net/http"
	"net/url"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/web"
)

// dayData is what office_day.html needs.
type dayData struct {
	Name    string
	Units   []string
	Inspect bool // reads within a mandate, and does nothing
	Tiles   []tile
	CanFile bool
	Next    []row // what is due first, of one's own
}

// tile is a count that leads to its list.
type tile struct {
	Label, Href, Count string
	Level              web.Level
}

// counted is how many of a list a tile counts before it says "and more": nobody
// needs to know whether it is 800 or 900, and counting them all is slow.
const counted = 99

// glance is a list that somebody's day begins with.
type glance struct {
	key        string
	permission actor.Permission // who has it
	query      dossier.Query
	level      web.Level
}

var glances = []glance{
	{"mine", actor.WorkDossier, dossier.Query{View: dossier.Mine}, web.OnTime},
	{"unit", actor.ReadDossier, dossier.Query{View: dossier.OfUnit}, web.OnTime},
	{"due-today", actor.ReadDossier, dossier.Query{View: dossier.DueToday}, web.Due},
	{"overdue", actor.ReadDossier, dossier.Query{View: dossier.Overdue}, web.Overdue},
	{"to-receive", actor.ReceiveDossier, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Filed}}, web.DueSoon},
	{"to-forward", actor.ReceiveDossier, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Received}}, web.DueSoon},
	{"to-hand-over", actor.ReceiveDossier, dossier.Query{View: dossier.All, States: []dossier.State{dossier.Done, dossier.Refused}}, web.OnTime},
	{"to-approve", actor.AssignDossier, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Proposed}}, web.DueSoon},
	{"to-sign", actor.SignDossier, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Approved}}, web.DueSoon},
	{"to-number", actor.NumberDossier, dossier.Query{View: dossier.OfUnit, States: []dossier.State{dossier.Signed}}, web.DueSoon},
}

// address is where the whole list stands.
func (g glance) address() string {
	if g.key == "to-receive" {
		return "/office/receive"
	}
	q := url.Values{}
	if g.query.View == dossier.All {
		q.Set("view", "all")
	} else {
		q.Set("view", string(g.query.View))
	}
	if len(g.query.States) > 0 {
		q.Set("state", string(g.query.States[0]))
	}
	return withQuery("/office/dossiers", q)
}

func (h handlers) day(w http.ResponseWriter, r *http.Request) error {
	by, ctx := actor.From(r.Context()), r.Context()
	data := dayData{Name: by.Name, CanFile: by.Can(actor.AssistFiling), Inspect: by.Can(actor.InspectDossier)}
	for _, g := range glances {
		if !by.Can(g.permission) {
			continue
		}
		n, err := h.count(ctx, by, g.query)
		if err != nil {
			return err
		}
		t := tile{Label: h.view.T(r, "office.day."+g.key), Href: g.address(), Count: atMost(web.LangOf(r), n)}
		if n > 0 {
			t.Level = g.level
		}
		data.Tiles = append(data.Tiles, t)
	}
	relay, err := h.toRelay(ctx, by)
	if err != nil {
		return err
	}
	if len(relay) > 0 {
		data.Tiles = append(data.Tiles, tile{Label: h.view.T(r, "office.day.to-relay"), Href: "/office/receive#relay", Count: atMost(web.LangOf(r), len(relay)), Level: web.Due})
	}
	names := h.names(r)
	for _, g := range by.Grants {
		name, err := names.unit(ctx, g.Unit)
		if err != nil {
			return err
		}
		data.Units = append(data.Units, h.view.T(r, "role."+string(g.Role))+suffix(name))
	}
	q := dossier.Query{View: dossier.Mine, Limit: 5}
	if !by.Can(actor.WorkDossier) {
		q.View = dossier.OfUnit
	}
	next, err := h.Dossiers.List(ctx, by, q)
	if err != nil {
		return err
	}
	if data.Next, err = h.rows(r, by, next.Dossiers); err != nil {
		return err
	}
	return h.view.Render(w, r, "office_day.html", data)
}

func suffix(unit string) string {
	if unit == "" {
		return ""
	}
	return " – " + unit
}

func atMost(lang i18n.Lang, n int) string {
	if n > counted {
		return lang.Number(counted) + "+"
	}
	return lang.Number(int64(n))
}

// count returns how many dossiers a list has, up to one more than is counted.
func (h handlers) count(ctx context.Context, by actor.Actor, q dossier.Query) (int, error) {
	q.Limit = counted
	p, err := h.Dossiers.List(ctx, by, q)
	if p.Next != "" {
		return counted + 1, err
	}
	return len(p.Dossiers), err
}
