package identityweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/identity/identityweb"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

const password = "trời xanh mây trắng"

type nobodyNeeds struct{}

func (nobodyNeeds) MustKeep(context.Context, string) (string, error) { return "", nil }

// site is the pages over real services, with sessions as in life.
type site struct {
	*httptest.Server
	accounts *identity.Service
	admin    identity.Account
}

func newSite(t *testing.T) *site {
	t.Helper()
	d := dbtest.SQLite(t)
	spine := event.New(d, nil, nil, time.Now)
	units := orgunit.NewService(d, spine, time.Now)
	s := &site{accounts: identity.NewService(d, spine, units, party.NewService(d, spine, time.Now), time.Now)}
	bundle, err := i18n.Load(web.Messages, identity.Messages, orgunit.Messages, party.Messages, identityweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	bundle.Missing = func(lang i18n.Lang, key string) { t.Errorf("missing message: %s %s", lang, key) }
	view, err := web.NewView(bundle, web.Site{Agency: "web.product"}, nil, identityweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	server := web.NewServer(web.Config{
		View: view, Identity: s.accounts, Store: d, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	server.Add(identityweb.Routes(s.accounts, units, nobodyNeeds{}, view, time.Now))
	server.Add(web.Routes{{Pattern: "GET /{$}", Permission: actor.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
		return web.Redirect(w, r, "/sign-in?next=/account", "")
	}}})
	s.Server = httptest.NewServer(server.Handler())
	t.Cleanup(s.Close)

	today := worktime.DateOf(time.Now())
	for _, u := range []orgunit.Unit{
		{Code: "STNMT", Kind: orgunit.Department, Name: "Sở Tài nguyên và Môi trường"},
		{Code: "VPDK", Kind: orgunit.LandOffice, Parent: "STNMT", Name: "Văn phòng đăng ký đất đai", NameEN: "Land Registration Office"},
	} {
		u.From = today.AddDays(-1000)
		if err := units.Establish(t.Context(), actor.System(), u); err != nil {
			t.Fatal(err)
		}
	}
	s.admin, _, err = s.accounts.Create(t.Context(), actor.System(), identity.Draft{Login: "quantri", Name: "Quản Trị", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.accounts.Grant(t.Context(), actor.System(), identity.Grant{Account: s.admin.ID, Role: actor.Administrator, Subtree: true, From: today}); err != nil {
		t.Fatal(err)
	}
	return s
}

// browser keeps cookies and follows redirects, as a person's does.
type browser struct {
	site   *site
	client *http.Client
	lang   i18n.Lang
}

func (s *site) browser(t *testing.T, lang i18n.Lang) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{s, &http.Client{Jar: jar}, lang}
}

// page is where the browser arrived.
type page struct {
	status int
	path   string
	body   string
}

func (b *browser) do(t *testing.T, method, path string, form url.Values) page {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.site.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", string(b.lang))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		webtest.CheckHTML(t, string(body))
	}
	return page{answer.StatusCode, answer.Request.URL.Path, string(body)}
}

func (b *browser) get(t *testing.T, path string) page { return b.do(t, http.MethodGet, path, nil) }

func (b *browser) post(t *testing.T, path string, pairs ...string) page {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(t, http.MethodPost, path, form)
}

func (b *browser) signIn(t *testing.T, login, password string) {
	t.Helper()
	if p := b.post(t, "/sign-in", "login", login, "password", password, "next", "/account"); p.path != "/account" {
		t.Fatalf("%s arrived at %s (%d)", login, p.path, p.status)
	}
}

func (p page) want(t *testing.T, status int, path string, words ...string) {
	t.Helper()
	if p.status != status || p.path != path {
		t.Errorf("arrived at %s with %d, want %s with %d", p.path, p.status, path, status)
	}
	for _, w := range words {
		if !strings.Contains(p.body, w) {
			t.Errorf("%s lacks %q", p.path, w)
		}
	}
}

func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var secretCode = regexp.MustCompile(`<strong class="mc-code">([^<]+)</strong>`)

func secret(t *testing.T, p page) string {
	t.Helper()
	m := secretCode.FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("%s shows no secret", p.path)
	}
	return m[1]
}

// TestCitizen registers, signs in, changes the password and signs out.
func TestCitizen(t *testing.T) {
	s := newSite(t)
	for _, lang := range i18n.Langs {
		b := s.browser(t, lang)
		b.get(t, "/account").want(t, http.StatusOK, "/sign-in")
		b.get(t, "/register").want(t, http.StatusOK, "/register")
		b.post(t, "/register", "name", "", "number", "12", "contact", "x", "password", "short").
			want(t, http.StatusUnprocessableEntity, "/register", `href="#number"`, `href="#password"`, `aria-invalid="true"`)
		contact := string(lang) + "@example.vn"
		fields := []string{"name", "Trần Văn An", "number", "077190001234", "contact", contact, "password", password}
		first := b.post(t, "/register", fields...)
		first.want(t, http.StatusOK, "/sign-in", "mc-narrow")
		if again := b.post(t, "/register", fields...); again != first {
			t.Error("registering twice gives another answer")
		}
		b.post(t, "/sign-in", "login", contact, "password", "wrong").want(t, http.StatusUnprocessableEntity, "/sign-in", `href="#login"`)
		b.post(t, "/sign-in", "login", contact, "password", password, "next", "//evil.example/").want(t, http.StatusOK, "/account")
		b.get(t, "/sign-in?next=/account/sessions").want(t, http.StatusOK, "/account/sessions")
		b.get(t, "/account/password").want(t, http.StatusOK, "/account/password")
		b.post(t, "/account/password", "old", "wrong", "password", "x").want(t, http.StatusUnprocessableEntity, "/account/password", `href="#old"`, `href="#password"`)
		b.post(t, "/account/password", "old", password, "password", "một mật khẩu mới").want(t, http.StatusOK, "/account")
		b.get(t, "/admin/users").want(t, http.StatusForbidden, "/admin/users")
		b.post(t, "/sign-out").want(t, http.StatusOK, "/sign-in")
		b.get(t, "/account/sessions").want(t, http.StatusOK, "/sign-in")
	}
}

// TestSecondFactor sets it up, signs in with it, and turns it off.
func TestSecondFactor(t *testing.T) {
	s := newSite(t)
	for _, lang := range i18n.Langs {
		b := s.browser(t, lang)
		b.signIn(t, "quantri", password)
		b.get(t, "/account/second-factor").want(t, http.StatusOK, "/account/second-factor", "second-factor/begin")
		p := b.post(t, "/account/second-factor/begin")
		p.want(t, http.StatusOK, "/account/second-factor", "qr.png")
		key := secret(t, p)
		if p := b.get(t, "/account/second-factor/qr.png"); !strings.HasPrefix(p.body, "\x89PNG") {
			t.Error("the QR code is no picture")
		}
		b.post(t, "/account/second-factor/confirm", "code", "x").want(t, http.StatusUnprocessableEntity, "/account/second-factor/confirm", `href="#code"`)
		p = b.post(t, "/account/second-factor/confirm", "code", code(t, key, time.Now().Add(-30*time.Second)))
		p.want(t, http.StatusOK, "/account/second-factor/confirm")
		recovery := secret(t, p)

		b = s.browser(t, lang)
		b.post(t, "/sign-in", "login", "quantri", "password", password, "next", "/account").want(t, http.StatusOK, "/sign-in/code")
		b.get(t, "/admin/users").want(t, http.StatusOK, "/sign-in")
		b.get(t, "/sign-in/password").want(t, http.StatusOK, "/sign-in")
		b.get(t, "/sign-in/code").want(t, http.StatusOK, "/sign-in/code")
		b.post(t, "/sign-in/code", "code", "nonsense").want(t, http.StatusUnprocessableEntity, "/sign-in/code", `href="#code"`)
		b.post(t, "/sign-in/code", "code", recovery, "next", "/account").want(t, http.StatusOK, "/account")
		b.post(t, "/account/second-factor/remove", "code", "nonsense").want(t, http.StatusUnprocessableEntity, "/account/second-factor/remove", `href="#code"`)
		b.post(t, "/account/second-factor/remove", "code", code(t, key, time.Now())).want(t, http.StatusOK, "/account/second-factor", "second-factor/begin")
	}
}

// TestAdministrator makes an official, gives roles and keys, and takes them away.
func TestAdministrator(t *testing.T) {
	s := newSite(t)
	for _, lang := range i18n.Langs {
		b := s.browser(t, lang)
		b.signIn(t, "quantri", password)
		b.get(t, "/account").want(t, http.StatusOK, "/account")
		b.get(t, "/admin/users/new").want(t, http.StatusOK, "/admin/users/new")
		b.post(t, "/admin/users/new", "login", "a").want(t, http.StatusUnprocessableEntity, "/admin/users/new", `href="#login"`, `href="#name"`)
		login := "hoa." + string(lang)
		p := b.post(t, "/admin/users/new", "login", login, "name", "=1+1", "unit", "VPDK")
		given := secret(t, p)
		home := regexp.MustCompile(`/admin/users/[0-9a-f-]{36}`).FindString(p.body)
		b.get(t, home).want(t, http.StatusOK, home, login)
		b.get(t, home+"/edit").want(t, http.StatusOK, home+"/edit")
		b.post(t, home+"/edit", "version", "1", "name", "", "unit", "VPDK").want(t, http.StatusUnprocessableEntity, home+"/edit", `href="#name"`)
		b.post(t, home+"/edit", "version", "1", "name", "=1+2", "unit", "VPDK").want(t, http.StatusOK, home, "=1&#43;2")
		b.post(t, home+"/edit", "version", "1", "name", "stale", "unit", "VPDK").want(t, http.StatusConflict, home+"/edit")

		b.get(t, home+"/grants/new").want(t, http.StatusOK, home+"/grants/new")
		b.post(t, home+"/grants/new", "role", "inspector", "unit", "VPDK", "from-day", "31", "from-month", "2", "from-year", "2026").
			want(t, http.StatusUnprocessableEntity, home+"/grants/new", `href="#from"`, `href="#document"`, `href="#mandate_from"`)
		b.post(t, home+"/grants/new", "role", "case_officer", "unit", "VPDK", "subtree", "yes", "from-day", "1", "from-month", "1", "from-year", "2026").
			want(t, http.StatusOK, home, "/end")

		official := s.browser(t, lang)
		official.post(t, "/sign-in", "login", login, "password", given, "next", "/account").want(t, http.StatusOK, "/sign-in/password")
		official.get(t, "/account").want(t, http.StatusOK, "/sign-in")
		official.post(t, "/sign-in/password", "old", given, "password", "short", "next", "/account").want(t, http.StatusUnprocessableEntity, "/sign-in/password")
		official.post(t, "/sign-in/password", "old", given, "password", password+"!", "next", "/account").want(t, http.StatusOK, "/account")
		official.get(t, home).want(t, http.StatusForbidden, home)

		second := s.browser(t, lang)
		second.signIn(t, login, password+"!")
		p = second.get(t, "/account/sessions")
		end := regexp.MustCompile(`/account/sessions/[0-9a-f-]{36}/end`).FindString(p.body)
		second.post(t, end).want(t, http.StatusOK, "/account/sessions")
		official.get(t, "/account").want(t, http.StatusOK, "/sign-in")

		b.get(t, home+"/tokens/new").want(t, http.StatusOK, home+"/tokens/new")
		b.post(t, home+"/tokens/new").want(t, http.StatusUnprocessableEntity, home+"/tokens/new", `href="#name"`, `href="#scopes"`, `href="#expires"`)
		on := time.Now().AddDate(0, 1, 0)
		p = b.post(t, home+"/tokens/new", "name", "máy", "scopes", "dossier.read", "scopes", "dossier.work",
			"expires-day", on.Format("2"), "expires-month", on.Format("1"), "expires-year", on.Format("2006"))
		key := secret(t, p)
		if who, err := s.accounts.Bearer(t.Context(), key); err != nil || !who.CanIn(actor.WorkDossier, "VPDK") {
			t.Errorf("the key of the page: %+v, %v", who, err)
		}
		p = b.get(t, home)
		b.post(t, regexp.MustCompile(home+`/tokens/[0-9a-f-]{36}/revoke`).FindString(p.body)).want(t, http.StatusOK, home)
		b.post(t, regexp.MustCompile(home+`/grants/[0-9a-f-]{36}/end`).FindString(p.body)).want(t, http.StatusOK, home)
		if _, err := s.accounts.Bearer(t.Context(), key); err == nil {
			t.Error("a revoked key opens")
		}

		b.get(t, "/admin/users?q=HOA&state=active&sort=login&order=desc").want(t, http.StatusOK, "/admin/users", login, "aria-sort=\"descending\"")
		b.get(t, "/admin/users?q=nobody").want(t, http.StatusOK, "/admin/users", "mc-empty")
		b.get(t, "/admin/users.csv?q=hoa").want(t, http.StatusOK, "/admin/users.csv", "\xef\xbb\xbf", "'=1+2")

		for _, act := range []string{"reset", "reset-factor", "disable", "enable", "erase"} {
			b.get(t, home+"/"+act).want(t, http.StatusOK, home+"/"+act, "mc-narrow")
		}
		b.get(t, home+"/burn").want(t, http.StatusNotFound, home+"/burn")
		b.post(t, home+"/disable").want(t, http.StatusOK, home)
		second.get(t, "/account").want(t, http.StatusOK, "/sign-in")
		b.post(t, home+"/enable").want(t, http.StatusOK, home)
		secret(t, b.post(t, home+"/reset"))
		b.post(t, home+"/burn").want(t, http.StatusNotFound, home+"/burn")
		b.post(t, home+"/erase").want(t, http.StatusOK, "/admin/users")
		b.get(t, "/admin/users?q=hoa."+string(lang)).want(t, http.StatusOK, "/admin/users", "mc-empty")
	}
}

// TestPages walks a list longer than a page.
func TestPages(t *testing.T) {
	s := newSite(t)
	for i := range 30 {
		login := "u" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		if _, _, err := s.accounts.Create(t.Context(), actor.System(), identity.Draft{Login: login + "x", Name: login, Password: password}); err != nil {
			t.Fatal(err)
		}
	}
	b := s.browser(t, i18n.Vi)
	b.signIn(t, "quantri", password)
	first := b.get(t, "/admin/users")
	next := webtest.Next(first.body)
	if next == "" {
		t.Fatal("the first page leads nowhere")
	}
	second := b.get(t, next)
	row := regexp.MustCompile(`<a class="govuk-link" href="/admin/users/[0-9a-f-]{36}">`)
	if n, m := len(row.FindAllString(first.body, -1)), len(row.FindAllString(second.body, -1)); n != 25 || m != 6 {
		t.Errorf("pages hold %d and %d users, want 25 and 6", n, m)
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(web.Messages, identity.Messages, identityweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		if strings.Contains(fault, " identity.") {
			t.Error(fault)
		}
	}
}
