package identityweb

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/web"
)

const pageSize = 25

// usersData is what identity_users.html needs.
type usersData struct {
	Filter web.Filter
	Sorts  []web.SortHeader // name, login, created
	Users  []userRow
	Pager  web.Pager
	CSV    string
}

// userRow is an account in a list.
type userRow struct {
	identity.Account
	UnitName string
}

// filterOf reads the address of a list.
func filterOf(q url.Values) identity.Filter {
	f := identity.Filter{
		Text: q.Get("q"), Kind: identity.AccountKind(q.Get("kind")), State: identity.State(q.Get("state")),
		Role: actor.Role(q.Get("role")), Sort: q.Get("sort"), Descending: q.Get("order") == "desc", After: q.Get("after"), Limit: pageSize + 1,
	}
	if f.Kind != identity.Citizens && f.Kind != "all" {
		f.Kind = identity.Staff
	}
	return f
}

func (h handlers) users(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := filterOf(q)
	found, err := h.accounts.List(r.Context(), actor.From(r.Context()), f)
	if err != nil {
		return err
	}
	data := usersData{Filter: h.userFilter(r, q), CSV: "/admin/users.csv?" + without(q, "after").Encode()}
	if len(found) > pageSize {
		found = found[:pageSize]
		next := without(q, "after")
		next.Set("after", string(found[pageSize-1].ID))
		data.Pager.Next = "/admin/users?" + next.Encode()
	}
	if f.After != "" {
		data.Pager.Previous = "/admin/users?" + without(q, "after").Encode()
	}
	for _, a := range found {
		name, err := h.unitName(r, a.Unit)
		if err != nil {
			return err
		}
		data.Users = append(data.Users, userRow{a, name})
	}
	for _, column := range []string{"name", "login", "created"} {
		data.Sorts = append(data.Sorts, h.sortHeader(r, q, f, column))
	}
	return h.view.Render(w, r, "identity_users.html", data)
}

// sortHeader leads to the list in the other order, or by another column.
func (h handlers) sortHeader(r *http.Request, q url.Values, f identity.Filter, column string) web.SortHeader {
	to := without(q, "after", "order")
	to.Set("sort", column)
	order := "none"
	if cmp.Or(f.Sort, "name") == column {
		order = "ascending"
		if f.Descending {
			order = "descending"
		} else {
			to.Set("order", "desc")
		}
	}
	return web.SortHeader{Label: h.view.T(r, "identity.column."+column), Href: "/admin/users?" + to.Encode(), Order: order}
}

// without returns the query without some of its names.
func without(q url.Values, names ...string) url.Values {
	left := url.Values{}
	for name, values := range q {
		if !slices.Contains(names, name) {
			left[name] = values
		}
	}
	return left
}

func (h handlers) userFilter(r *http.Request, q url.Values) web.Filter {
	form := web.NewForm(q, nil)
	say := func(key string) string { return h.view.T(r, key) }
	kinds := []web.Option{
		{Value: "staff", Label: say("identity.kind.staff")}, {Value: "citizens", Label: say("identity.kind.citizens")}, {Value: "all", Label: say("identity.all")},
	}
	states := []web.Option{
		{Label: say("identity.all")}, {Value: "active", Label: say("identity.state.active")}, {Value: "disabled", Label: say("identity.state.disabled")},
	}
	filter := web.Filter{
		Action: "/admin/users", Search: form.Input("q", say("identity.search"), say("identity.search.hint")),
		Choices: []web.Choice{
			form.Choice("kind", say("identity.kind"), kinds),
			form.Choice("state", say("identity.state"), states),
			form.Choice("role", say("identity.role"), append([]web.Option{{Label: say("identity.all")}}, h.roles(r)...)),
		},
	}
	if len(without(q, "sort", "order", "after")) > 0 {
		filter.Clear = "/admin/users"
	}
	return filter
}

func (h handlers) roles(r *http.Request) []web.Option {
	var options []web.Option
	for _, role := range identity.Grantable() {
		options = append(options, web.Option{Value: string(role), Label: h.view.T(r, "role."+string(role))})
	}
	return options
}

// export writes the whole list, as it is narrowed, for a spreadsheet.
func (h handlers) export(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r.URL.Query())
	f.After, f.Limit = "", 500
	b := bytes.NewBufferString("\xef\xbb\xbf") // without it Excel takes Vietnamese for another alphabet
	out := csv.NewWriter(b)
	say := func(key string) string { return h.view.T(r, key) }
	rows := [][]string{{say("identity.column.login"), say("identity.column.name"), say("identity.column.unit"), say("identity.state"), say("identity.column.created")}}
	for {
		page, err := h.accounts.List(r.Context(), actor.From(r.Context()), f)
		if err != nil {
			return err
		}
		for _, a := range page {
			rows = append(rows, []string{
				text.SafeCell(a.Login), text.SafeCell(a.Name), text.SafeCell(a.Unit), say("identity.state." + string(a.State)), web.LangOf(r).Date(a.CreatedAt),
			})
		}
		if len(page) < f.Limit {
			break
		}
		f.After = string(page[len(page)-1].ID)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("export users: %w", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="users.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b.Bytes())
	return err
}

// userForm is what the pages with a form about a user need.
type userForm struct {
	Form    web.Form
	User    identity.Account
	Units   web.Choice
	Roles   web.Choice
	Scopes  web.Choice
	Version int64
}

// unitChoice offers the units of today that the administrator keeps.
func (h handlers) unitChoice(r *http.Request, form web.Form, name, label string) (web.Choice, error) {
	who := actor.From(r.Context())
	units, err := h.units.InForce(r.Context(), h.today())
	if err != nil {
		return web.Choice{}, err
	}
	options := []web.Option{{Label: h.view.T(r, "identity.unit.choose")}}
	if who.CanIn(actor.Administer, "") {
		options[0].Label = h.view.T(r, "identity.unit.whole")
	}
	for _, u := range units {
		if u.Kind.Level() == 0 && who.CanIn(actor.Administer, u.Code) {
			options = append(options, web.Option{Value: u.Code, Label: u.Name + " (" + u.Code + ")"})
		}
	}
	return form.Choice(name, h.view.T(r, label), options), nil
}

func (h handlers) newUserForm(w http.ResponseWriter, r *http.Request) error {
	return h.drawNewUser(w, r, http.StatusOK, web.NewForm(nil, nil))
}

func (h handlers) drawNewUser(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	units, err := h.unitChoice(r, form, "unit", "identity.home-unit")
	if err != nil {
		return err
	}
	return h.view.RenderStatus(w, r, status, "identity_user_new.html", userForm{Form: form, Units: units})
}

func (h handlers) newUser(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	a, made, err := h.accounts.Create(r.Context(), actor.From(r.Context()), identity.Draft{
		Login: r.PostForm.Get("login"), Name: r.PostForm.Get("name"), Unit: r.PostForm.Get("unit"),
	})
	if faults, ok := web.Faults(err); ok {
		return h.drawNewUser(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "login", "name", "unit"))
	}
	if err != nil {
		return err
	}
	return h.secret(w, r, "identity.secret.password", made, a)
}

// secretData is what identity_secret.html needs.
type secretData struct {
	Kind   string // message key
	Secret string
	User   identity.Account
}

// secret shows what nobody can show again. It is drawn at once, not after a
// redirect, since it is kept nowhere.
func (h handlers) secret(w http.ResponseWriter, r *http.Request, kind, secret string, a identity.Account) error {
	return h.view.Render(w, r, "identity_secret.html", secretData{kind, secret, a})
}

// userData is what identity_user.html needs.
type userData struct {
	User     identity.Account
	UnitName string
	Grants   []grantRow
	Tokens   []tokenRow
	Self     bool
}

// grantRow is a role as the administrator sees it.
type grantRow struct {
	identity.Grant
	UnitName string
	State    string // "now", "later" or "ended"
}

// tokenRow is a token as the administrator sees it.
type tokenRow struct {
	identity.Token
	Alive bool
}

func (h handlers) user(w http.ResponseWriter, r *http.Request) error {
	who, id := actor.From(r.Context()), actor.ID(r.PathValue("id"))
	a, grants, err := h.accounts.Get(r.Context(), who, id)
	if err != nil {
		return err
	}
	data := userData{User: a, Self: who.ID == id}
	if data.UnitName, err = h.unitName(r, a.Unit); err != nil {
		return err
	}
	today := h.today()
	for _, g := range grants {
		name, err := h.unitName(r, g.Unit)
		if err != nil {
			return err
		}
		row := grantRow{g, name, "ended"}
		switch {
		case g.InForce(today):
			row.State = "now"
		case g.From.After(today) && g.From != g.To:
			row.State = "later"
		}
		data.Grants = append(data.Grants, row)
	}
	tokens, err := h.accounts.Tokens(r.Context(), who, id)
	if err != nil && errs.KindOf(err) != errs.Forbidden && errs.KindOf(err) != errs.NotFound {
		return err
	}
	for _, k := range tokens {
		data.Tokens = append(data.Tokens, tokenRow{k, k.Alive(h.now())})
	}
	return h.view.Render(w, r, "identity_user.html", data)
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	a, _, err := h.accounts.Get(r.Context(), actor.From(r.Context()), actor.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return h.drawEdit(w, r, http.StatusOK, a, web.NewForm(typed("name", a.Name, "unit", a.Unit), nil))
}

func (h handlers) drawEdit(w http.ResponseWriter, r *http.Request, status int, a identity.Account, form web.Form) error {
	units, err := h.unitChoice(r, form, "unit", "identity.home-unit")
	if err != nil {
		return err
	}
	return h.view.RenderStatus(w, r, status, "identity_user_edit.html", userForm{Form: form, User: a, Units: units, Version: a.Version})
}

func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	who, id := actor.From(r.Context()), actor.ID(r.PathValue("id"))
	a, _, err := h.accounts.Get(r.Context(), who, id)
	if err != nil {
		return err
	}
	var version int64
	fmt.Sscan(r.PostForm.Get("version"), &version) // anything else is a stale version
	err = h.accounts.Change(r.Context(), who, id, version, r.PostForm.Get("name"), r.PostForm.Get("unit"))
	if faults, ok := web.Faults(err); ok {
		return h.drawEdit(w, r, http.StatusUnprocessableEntity, a, web.NewForm(r.PostForm, faults))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/users/"+string(id), "identity.notice.saved")
}

// acts are what an administrator does to an account after being asked once more.
var acts = []string{"disable", "enable", "reset", "reset-factor", "erase"}

// confirmData is what identity_confirm.html needs.
type confirmData struct{ Confirm web.Confirm }

func (h handlers) confirm(w http.ResponseWriter, r *http.Request) error {
	act := r.PathValue("act")
	if !slices.Contains(acts, act) {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	a, _, err := h.accounts.Get(r.Context(), actor.From(r.Context()), actor.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	page := "/admin/users/" + string(a.ID)
	return h.view.Render(w, r, "identity_confirm.html", confirmData{web.Confirm{
		Title: h.view.T(r, "identity.confirm."+act+".title", "login", a.Login), Text: h.view.T(r, "identity.confirm."+act+".text"),
		Action: page + "/" + act, Button: h.view.T(r, "identity.action."+act), Cancel: page, Danger: act != "enable",
	}})
}

func (h handlers) act(w http.ResponseWriter, r *http.Request) error {
	who, id, act := actor.From(r.Context()), actor.ID(r.PathValue("id")), r.PathValue("act")
	var err error
	switch act {
	case "disable":
		err = h.accounts.Disable(r.Context(), who, id)
	case "enable":
		err = h.accounts.Enable(r.Context(), who, id)
	case "reset", "reset-factor":
		return h.reset(w, r, who, id, act == "reset-factor")
	case "erase":
		if err := h.accounts.Erase(r.Context(), who, id, h.keeper); err != nil {
			return err
		}
		return web.Redirect(w, r, "/admin/users", "identity.notice.erased")
	default:
		err = errs.New(errs.NotFound, "error.not-found", nil)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/users/"+string(id), "identity.notice.saved")
}

func (h handlers) reset(w http.ResponseWriter, r *http.Request, who actor.Actor, id actor.ID, factor bool) error {
	made, err := h.accounts.Reset(r.Context(), who, id, factor)
	if err != nil {
		return err
	}
	a, _, err := h.accounts.Get(r.Context(), who, id)
	if err != nil {
		return err
	}
	return h.secret(w, r, "identity.secret.password", made, a)
}
