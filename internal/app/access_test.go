package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/app"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/worktime"
)

// each runs test on a fresh installation over each store.
func each(t *testing.T, test func(*testing.T, *app.App)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "motcua.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, dbtest.PostgreSQLAddress(t))) })
}

func open(t *testing.T, store string) *app.App {
	dir := t.TempDir()
	c, err := config.Config{Data: dir, Store: config.Secret(store)}.With(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), c, app.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	a.Bundle.Missing = func(lang i18n.Lang, key string) { t.Errorf("no text in %s: %s", lang, key) }
	if err := a.Calendars.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

const password = "một cửa thử nghiệm 2022"

// signIn makes an account with a role and returns its session and an API token.
func signIn(t *testing.T, a *app.App, role actor.Role) (session, token string) {
	t.Helper()
	ctx, login := t.Context(), "thu."+strings.ReplaceAll(string(role), "_", ".")
	draft := identity.Draft{Login: login, Name: "Người Thử", Unit: "so", Locale: "vi", Password: password}
	if role == actor.Citizen {
		party, err := a.Parties.Enter(ctx, actor.System(), citizen)
		if err != nil {
			t.Fatal(err)
		}
		draft.Unit, draft.Party = "", string(party.ID)
	}
	account, _, err := a.Identity.Create(ctx, actor.System(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if role != actor.Citizen {
		g := identity.Grant{Account: account.ID, Role: role, Unit: "so", From: worktime.NewDate(2022, 1, 1), Document: "thử"}
		if role == actor.Inspector {
			g.MandateFrom, g.MandateTo = g.From, worktime.NewDate(2023, 1, 1)
		}
		if _, err := a.Identity.Grant(ctx, actor.System(), g); err != nil {
			t.Fatal(err)
		}
	}
	s, err := a.Identity.SignIn(ctx, identity.Attempt{Login: login, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	var scopes []actor.Permission
	for _, p := range identity.Scopes() {
		if role.Grants(p) {
			scopes = append(scopes, p)
		}
	}
	if len(scopes) > 0 {
		if token, _, err = a.Identity.IssueToken(ctx, actor.System(), account.ID, "thử", scopes, a.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	return s.Token, token
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// TestEveryRouteForEveryRole asks every address as everybody: whoever lacks its
// permission is refused, and whoever has it is not.
func TestEveryRouteForEveryRole(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		if err := a.Units.Establish(t.Context(), actor.System(), orgunit.Unit{
			Code: "so", From: worktime.NewDate(2022, 1, 1), Kind: orgunit.Department, Name: "Sở", Document: "thử",
		}); err != nil {
			t.Fatal(err)
		}
		site := a.Server.Handler()
		ask := func(method, path, session, token string) *http.Response {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("Accept-Language", "vi")
			if session != "" {
				r.AddCookie(&http.Cookie{Name: "motcua_session", Value: session})
			}
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			return w.Result()
		}
		type visitor struct {
			role           actor.Role
			session, token string
		}
		visitors := []visitor{{}, {role: "forged", session: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", token: "motcua_abcdefghijklmnopqrstuvwxyz"}}
		for _, role := range actor.Roles() {
			session, token := signIn(t, a, role)
			visitors = append(visitors, visitor{role, session, token})
		}
		for _, route := range a.Server.Routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			if route.Pattern == "/" || pattern == "/sign-out" {
				continue // signing out would end the visit
			}
			path := strings.TrimSuffix(wildcard.ReplaceAllString(pattern, "x"), "{$}")
			api := strings.HasPrefix(path, "/api/")
			for _, v := range visitors {
				credential := v.session
				if api {
					credential = v.token
				}
				known := v.role.Valid() && credential != ""
				may := route.Permission == actor.Public || known && (route.Permission == actor.SignedIn || v.role.Grants(route.Permission))
				res := ask(method, path, v.session, v.token)
				io.Copy(io.Discard, res.Body)
				signInstead := strings.HasPrefix(res.Header.Get("Location"), "/sign-in") && pattern != "/register"
				refused := res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusTooManyRequests || signInstead && res.StatusCode == http.StatusSeeOther
				switch {
				case !may && !refused:
					t.Errorf("%s as %q: %d, want a refusal", route.Pattern, v.role, res.StatusCode)
				case may && res.StatusCode == http.StatusInternalServerError:
					t.Errorf("%s as %q: a failure inside", route.Pattern, v.role)
				case may && !api && route.Permission != actor.Public && signInstead:
					t.Errorf("%s as %q: sent to sign in", route.Pattern, v.role)
				}
			}
		}
	})
}
