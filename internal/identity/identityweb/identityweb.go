// Package identityweb is where people sign in and keep their account, and where
// an administrator keeps users and their roles.
package identityweb

import (
	"embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Routes is every address of the module. The keeper says whose data the law
// still needs.
func Routes(s *identity.Service, units *orgunit.Service, keeper identity.Keeper, v *web.View, now func() time.Time) web.Routes {
	h := handlers{s, units, keeper, v, now}
	return web.Routes{
		{Pattern: "GET /sign-in", Permission: actor.Public, Handler: h.signInForm},
		{Pattern: "POST /sign-in", Permission: actor.Public, Handler: h.signIn},
		{Pattern: "GET /sign-in/code", Permission: actor.Public, Handler: h.codeForm},
		{Pattern: "POST /sign-in/code", Permission: actor.Public, Handler: h.code},
		{Pattern: "GET /sign-in/password", Permission: actor.Public, Handler: h.passwordForm},
		{Pattern: "POST /sign-in/password", Permission: actor.Public, Handler: h.password},
		{Pattern: "POST /sign-out", Permission: actor.Public, Handler: h.signOut},
		{Pattern: "GET /register", Permission: actor.Public, Handler: h.registerForm},
		{Pattern: "POST /register", Permission: actor.Public, Handler: h.register},

		{Pattern: "GET /account", Permission: actor.SignedIn, Handler: h.account},
		{Pattern: "GET /account/password", Permission: actor.SignedIn, Handler: h.passwordForm},
		{Pattern: "POST /account/password", Permission: actor.SignedIn, Handler: h.password},
		{Pattern: "GET /account/sessions", Permission: actor.SignedIn, Handler: h.sessions},
		{Pattern: "POST /account/sessions/{id}/end", Permission: actor.SignedIn, Handler: h.endSession},
		{Pattern: "GET /account/second-factor", Permission: actor.SignedIn, Handler: h.factor},
		{Pattern: "POST /account/second-factor/begin", Permission: actor.SignedIn, Handler: h.beginFactor},
		{Pattern: "GET /account/second-factor/qr.png", Permission: actor.SignedIn, Handler: h.factorImage},
		{Pattern: "POST /account/second-factor/confirm", Permission: actor.SignedIn, Handler: h.confirmFactor},
		{Pattern: "POST /account/second-factor/remove", Permission: actor.SignedIn, Handler: h.removeFactor},

		{Pattern: "GET /admin/users", Permission: actor.Administer, Handler: h.users},
		{Pattern: "GET /admin/users.csv", Permission: actor.Administer, Handler: h.export},
		{Pattern: "GET /admin/users/new", Permission: actor.Administer, Handler: h.newUserForm},
		{Pattern: "POST /admin/users/new", Permission: actor.Administer, Handler: h.newUser},
		{Pattern: "GET /admin/users/{id}", Permission: actor.Administer, Handler: h.user},
		{Pattern: "GET /admin/users/{id}/edit", Permission: actor.Administer, Handler: h.editForm},
		{Pattern: "POST /admin/users/{id}/edit", Permission: actor.Administer, Handler: h.edit},
		{Pattern: "GET /admin/users/{id}/{act}", Permission: actor.Administer, Handler: h.confirm},
		{Pattern: "POST /admin/users/{id}/{act}", Permission: actor.Administer, Handler: h.act},
		{Pattern: "GET /admin/users/{id}/grants/new", Permission: actor.Administer, Handler: h.grantForm},
		{Pattern: "POST /admin/users/{id}/grants/new", Permission: actor.Administer, Handler: h.grant},
		{Pattern: "POST /admin/users/{id}/grants/{grant}/end", Permission: actor.Administer, Handler: h.endGrant},
		{Pattern: "GET /admin/users/{id}/tokens/new", Permission: actor.Administer, Handler: h.tokenForm},
		{Pattern: "POST /admin/users/{id}/tokens/new", Permission: actor.Administer, Handler: h.token},
		{Pattern: "POST /admin/users/{id}/tokens/{token}/revoke", Permission: actor.Administer, Handler: h.revokeToken},
	}
}

// Limits bounds the addresses at which somebody could guess.
func Limits() map[string]web.Limit {
	guess := web.Limit{Burst: 20, PerMinute: 10}
	return map[string]web.Limit{
		"POST /sign-in":                      guess,
		"POST /sign-in/code":                 guess,
		"POST /sign-in/password":             guess,
		"POST /register":                     guess,
		"POST /account/password":             guess,
		"POST /account/second-factor/remove": guess,
	}
}

type handlers struct {
	accounts *identity.Service
	units    *orgunit.Service
	keeper   identity.Keeper
	view     *web.View
	now      func() time.Time
}

func (h handlers) today() worktime.Date { return worktime.DateOf(h.now()) }

// local returns an address of this site to go on to, or "/" if next is none.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

func withNext(path, next string) string {
	if next = local(next); next == "/" {
		return path
	}
	return path + "?" + url.Values{"next": {next}}.Encode()
}

// typedDate returns the date of three boxes, zero if it is none.
func typedDate(form url.Values, name string) worktime.Date {
	d, err := worktime.ParseDate(web.TypedDate(form, name))
	if err != nil {
		return worktime.Date{}
	}
	return d
}

// putDate fills the three boxes of a date.
func putDate(form url.Values, name string, d worktime.Date) {
	t := d.Time(0, 0)
	form.Set(name+"-day", t.Format("2"))
	form.Set(name+"-month", t.Format("1"))
	form.Set(name+"-year", t.Format("2006"))
}

// again draws a form once more, with what was typed and what was wrong, or
// passes on what was no fault of a field.
func (h handlers) again(w http.ResponseWriter, r *http.Request, err error, page string, data func(web.Form) any) error {
	faults, ok := web.Faults(err)
	if !ok {
		return err
	}
	return h.view.RenderStatus(w, r, http.StatusUnprocessableEntity, page, data(web.NewForm(r.PostForm, faults)))
}
