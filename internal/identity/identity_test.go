package identity_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

const (
	password = "trời xanh mây trắng"
	cccd     = "077190001234"
)

// house is the services of a test over one store, with a clock that it moves.
type house struct {
	*identity.Service
	db      *db.DB
	parties *party.Service
	units   *orgunit.Service
	spine   *event.Spine
	clock   time.Time
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, clock: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	h.spine = event.New(d, nil, nil, now)
	h.units = orgunit.NewService(d, h.spine, now)
	h.parties = party.NewService(d, h.spine, now)
	h.Service = identity.NewService(d, h.spine, h.units, h.parties, now)
	from := worktime.NewDate(2020, 1, 1)
	for _, u := range []orgunit.Unit{
		{Code: "STNMT", Kind: orgunit.Department, Name: "Sở Tài nguyên và Môi trường"},
		{Code: "VPDK", Kind: orgunit.LandOffice, Parent: "STNMT", Name: "Văn phòng đăng ký đất đai"},
		{Code: "VPDK-VT", Kind: orgunit.Branch, Parent: "VPDK", Name: "Chi nhánh Vũng Tàu"},
		{Code: "NUOC", Kind: orgunit.Division, Parent: "STNMT", Name: "Phòng Tài nguyên nước"},
	} {
		u.From = from
		if err := h.units.Establish(t.Context(), actor.System(), u); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *house) today() worktime.Date { return worktime.DateOf(h.clock) }

// account makes an account with a password of its own.
func (h *house) account(t *testing.T, login, unit string) identity.Account {
	t.Helper()
	a, _, err := h.Create(t.Context(), actor.System(), identity.Draft{Login: login, Name: login, Unit: unit, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) give(t *testing.T, a identity.Account, role actor.Role, unit string, subtree bool) identity.Grant {
	t.Helper()
	g, err := h.Grant(t.Context(), actor.System(), identity.Grant{Account: a.ID, Role: role, Unit: unit, Subtree: subtree, From: h.today()})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (h *house) signIn(t *testing.T, login, password string) identity.Session {
	t.Helper()
	s, err := h.SignIn(t.Context(), identity.Attempt{Login: login, Password: password, Agent: "test"})
	if err != nil {
		t.Fatalf("sign in %s: %v", login, err)
	}
	return s
}

func (h *house) who(t *testing.T, token string) actor.Actor {
	t.Helper()
	who, err := h.Session(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if errs.KindOf(err) != want || err == nil {
		t.Errorf("%s: %v, want kind %d", what, err, want)
	}
}

func TestSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "Hoa.NT", "VPDK-VT")
		s := h.signIn(t, " hoa.nt ", password)
		if s.Needs != identity.Nothing {
			t.Errorf("the session wants %q", s.Needs)
		}
		if who := h.who(t, s.Token); who.ID != a.ID || who.Unit != "VPDK-VT" || who.Can(actor.FileDossier) {
			t.Errorf("who = %+v", who)
		}
		for _, try := range []identity.Attempt{
			{Login: "hoa.nt", Password: "wrong password"}, {Login: "nobody", Password: password}, {Login: "hoa.nt"}, {},
			{Login: "hoa.nt", Password: strings.Repeat("x", 1<<16)},
		} {
			_, err := h.SignIn(t.Context(), try)
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Msg != "identity.error.sign-in" || len(e.Fields) > 0 {
				t.Errorf("%q: %v", try.Login, err)
			}
		}
		for _, forged := range []string{"", "x", s.ID, s.Token + "x", strings.ToLower(s.Token)} {
			if _, err := h.Session(t.Context(), forged); errs.KindOf(err) != errs.SignedOut {
				t.Errorf("forged cookie %q: %v", forged, err)
			}
		}

		h.clock = h.clock.Add(identity.SessionIdle)
		if _, err := h.Session(t.Context(), s.Token); errs.KindOf(err) != errs.SignedOut {
			t.Errorf("a session that rested too long: %v", err)
		}
		s = h.signIn(t, "hoa.nt", password)
		for end := h.clock.Add(identity.SessionLife); h.clock.Before(end.Add(-time.Hour)); h.clock = h.clock.Add(time.Hour) {
			h.who(t, s.Token)
		}
		h.clock = h.clock.Add(time.Hour)
		if _, err := h.Session(t.Context(), s.Token); errs.KindOf(err) != errs.SignedOut {
			t.Errorf("a session that lived too long: %v", err)
		}
	})
}

// TestSameWork measures that an unknown login costs what a wrong password does.
// Both take the same path; the bound is wide, since the machine is shared.
func TestSameWork(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.account(t, "hoa", "")
	measure := func(login string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, err := h.SignIn(t.Context(), identity.Attempt{Login: login, Password: "not the password"})
			best = min(best, time.Since(start))
			wantKind(t, login, err, errs.Invalid)
		}
		return best
	}
	known, unknown := measure("hoa"), measure("nobody")
	if known > 2*unknown || unknown > 2*known {
		t.Errorf("a known login takes %v, an unknown one %v", known, unknown)
	}
}

// TestTooMany closes a login after many failures, whether it exists or not.
func TestTooMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "hoa", "")
		for _, login := range []string{"hoa", "nobody"} {
			for range 10 {
				_, err := h.SignIn(t.Context(), identity.Attempt{Login: login, Password: "not the password"})
				wantKind(t, login, err, errs.Invalid)
			}
			_, err := h.SignIn(t.Context(), identity.Attempt{Login: login, Password: password})
			wantKind(t, login, err, errs.TooMany)
		}
		if _, err := h.Reset(t.Context(), actor.System(), a.ID, false); err != nil {
			t.Fatal(err)
		}
		_, err := h.SignIn(t.Context(), identity.Attempt{Login: "hoa", Password: password})
		wantKind(t, "the old password after a reset", err, errs.Invalid)
		h.clock = h.clock.Add(16 * time.Minute)
		_, err = h.SignIn(t.Context(), identity.Attempt{Login: "nobody", Password: password})
		wantKind(t, "after a while", err, errs.Invalid)
	})
}

func TestGrants(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "binh", "VPDK")
		s := h.signIn(t, "binh", password)
		if h.who(t, s.Token).Can(actor.WorkDossier) {
			t.Fatal("an account without grants works")
		}
		ended := h.give(t, a, actor.CaseOfficer, "VPDK", true)
		who := h.who(t, s.Token)
		if diff := cmp.Diff([]string{"VPDK", "VPDK-VT"}, who.Units(actor.WorkDossier)); diff != "" {
			t.Errorf("units of a subtree (-want +got):\n%s", diff)
		}
		h.give(t, a, actor.UnitHead, "NUOC", false)
		if diff := cmp.Diff([]string{"NUOC"}, h.who(t, s.Token).Units(actor.AssignDossier)); diff != "" {
			t.Errorf("units without subtree (-want +got):\n%s", diff)
		}

		if err := h.EndGrant(t.Context(), actor.System(), a.ID, ended.ID, h.today()); err != nil {
			t.Fatal(err)
		}
		if who := h.who(t, s.Token); who.CanIn(actor.WorkDossier, "VPDK") || !who.CanIn(actor.WorkDossier, "NUOC") {
			t.Errorf("after the end of a grant: %+v", who.Grants)
		}
		wantKind(t, "ending it again", h.EndGrant(t.Context(), actor.System(), a.ID, ended.ID, h.today()), errs.Conflict)

		// A role for one day is gone on the next.
		if _, err := h.Grant(t.Context(), actor.System(), identity.Grant{
			Account: a.ID, Role: actor.Leader, Unit: "STNMT", From: h.today(), To: h.today().AddDays(1),
		}); err != nil {
			t.Fatal(err)
		}
		if !h.who(t, s.Token).Can(actor.SignDossier) {
			t.Error("a role for today is not in force")
		}
		h.clock = worktime.DateOf(h.clock).AddDays(1).Time(0, 0)
		s = h.signIn(t, "binh", password)
		if h.who(t, s.Token).Can(actor.SignDossier) {
			t.Error("an expired role is in force")
		}

		// A unit that ends takes its grants along.
		if err := h.units.Abolish(t.Context(), actor.System(), "NUOC", h.today(), nil); err != nil {
			t.Fatal(err)
		}
		h.clock = h.clock.Add(time.Minute)
		if h.who(t, s.Token).Can(actor.AssignDossier) {
			t.Error("the head of an abolished unit still assigns")
		}
	})
}

func TestInspector(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "thanhtra", "STNMT")
		g := identity.Grant{Account: a.ID, Role: actor.Inspector, Unit: "VPDK", Subtree: true, From: h.today(), To: h.today().AddDays(30)}
		_, err := h.Grant(t.Context(), actor.System(), g)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Fields["mandate_from"].Key == "" || e.Fields["document"].Key == "" {
			t.Errorf("an inspector without mandate: %v", err)
		}
		g.MandateFrom, g.MandateTo, g.Document = worktime.NewDate(2025, 1, 1), worktime.NewDate(2026, 1, 1), "QĐ 12/QĐ-TTr"
		if _, err := h.Grant(t.Context(), actor.System(), g); err != nil {
			t.Fatal(err)
		}
		who := h.who(t, h.signIn(t, "thanhtra", password).Token)
		want := []actor.Grant{{Role: actor.Inspector, Unit: "VPDK", Units: []string{"VPDK-VT", "VPDK"}, From: "2025-01-01", To: "2026-01-01"}}
		if diff := cmp.Diff(want, who.Grants); diff != "" {
			t.Errorf("mandate (-want +got):\n%s", diff)
		}
		if who.Can(actor.ReadDossier) || !who.CanIn(actor.InspectDossier, "VPDK-VT") || who.CanIn(actor.InspectDossier, "NUOC") {
			t.Error("the inspector's permissions are not those of the mandate")
		}
	})
}

// TestAdministrators keeps one of a branch from reaching beyond it.
func TestAdministrators(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.give(t, h.account(t, "root", ""), actor.Administrator, "", true)
		h.give(t, h.account(t, "local", "VPDK"), actor.Administrator, "VPDK", true)
		root := h.who(t, h.signIn(t, "root", password).Token)
		local := h.who(t, h.signIn(t, "local", password).Token)
		ctx := t.Context()

		clerk := h.account(t, "clerk", "VPDK-VT")
		outsider := h.account(t, "outsider", "NUOC")
		director := h.account(t, "director", "VPDK")
		h.give(t, director, actor.Leader, "STNMT", true)

		logins := func(who actor.Actor, f identity.Filter) []string {
			all, err := h.List(ctx, who, f)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, a := range all {
				names = append(names, a.Login)
			}
			return names
		}
		if diff := cmp.Diff([]string{"clerk", "director", "local"}, logins(local, identity.Filter{})); diff != "" {
			t.Errorf("what the local one sees (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"clerk", "director", "local", "outsider", "root"}, logins(root, identity.Filter{})); diff != "" {
			t.Errorf("what the root sees (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"outsider"}, logins(root, identity.Filter{Text: "OUT"})); diff != "" {
			t.Errorf("search (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"director"}, logins(root, identity.Filter{Role: actor.Leader})); diff != "" {
			t.Errorf("by role (-want +got):\n%s", diff)
		}
		var paged []string
		for after := ""; ; {
			page, err := h.List(ctx, root, identity.Filter{Sort: "login", Descending: true, After: after, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, a := range page {
				paged = append(paged, a.Login)
			}
			after = string(page[len(page)-1].ID)
		}
		if diff := cmp.Diff([]string{"root", "outsider", "local", "director", "clerk"}, paged); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}

		_, _, err := h.Get(ctx, local, outsider.ID)
		wantKind(t, "the local one opens an outsider", err, errs.NotFound)
		_, err = h.Reset(ctx, local, director.ID, false)
		wantKind(t, "the local one takes over the director", err, errs.Forbidden)
		_, err = h.Grant(ctx, local, identity.Grant{Account: clerk.ID, Role: actor.Leader, Unit: "STNMT", From: h.today()})
		wantKind(t, "the local one grants above", err, errs.Invalid)
		_, err = h.Grant(ctx, local, identity.Grant{Account: clerk.ID, Role: actor.Administrator, Subtree: true, From: h.today()})
		wantKind(t, "the local one grants everything", err, errs.Invalid)
		_, err = h.Grant(ctx, local, identity.Grant{Account: local.ID, Role: actor.Leader, Unit: "VPDK", From: h.today()})
		wantKind(t, "the local one grants to itself", err, errs.Forbidden)
		_, err = h.Grant(ctx, root, identity.Grant{Account: clerk.ID, Role: actor.Citizen, Unit: "VPDK", From: h.today()})
		wantKind(t, "a citizen by grant", err, errs.Invalid)
		_, _, err = h.Create(ctx, local, identity.Draft{Login: "ghost", Name: "x", Unit: "NUOC"})
		wantKind(t, "the local one makes an outsider", err, errs.Invalid)
		wantKind(t, "disabling oneself", h.Disable(ctx, local, local.ID), errs.Conflict)
		if _, err := h.Grant(ctx, local, identity.Grant{Account: clerk.ID, Role: actor.CaseOfficer, Unit: "VPDK-VT", From: h.today()}); err != nil {
			t.Errorf("the local one grants below: %v", err)
		}
		who := h.who(t, h.signIn(t, "clerk", password).Token)
		_, err = h.List(ctx, who, identity.Filter{})
		wantKind(t, "a clerk lists", err, errs.Forbidden)
		_, _, err = h.Create(ctx, who, identity.Draft{Login: "ghost", Name: "x"})
		wantKind(t, "a clerk creates", err, errs.Forbidden)
		wantKind(t, "a clerk disables", h.Disable(ctx, who, outsider.ID), errs.Forbidden)
		_, err = h.Grant(ctx, who, identity.Grant{Account: outsider.ID, Role: actor.Leader, Unit: "VPDK-VT", From: h.today()})
		wantKind(t, "a clerk grants", err, errs.Forbidden)
	})
}

func TestRevoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "hoa", "VPDK")
		other := h.account(t, "other", "VPDK")
		phone, desk := h.signIn(t, "hoa", password), h.signIn(t, "hoa", password)
		who := h.who(t, desk.Token)
		mine, err := h.Sessions(t.Context(), who)
		if err != nil || len(mine) != 2 {
			t.Fatalf("Sessions = %d, %v", len(mine), err)
		}
		if err := h.RevokeSession(t.Context(), actor.Actor{ID: other.ID}, phone.ID); err != nil {
			t.Fatal(err)
		}
		h.who(t, phone.Token) // another's wish ends nothing
		if err := h.RevokeSession(t.Context(), who, phone.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.Session(t.Context(), phone.Token)
		wantKind(t, "a revoked session", err, errs.SignedOut)
		h.who(t, desk.Token)
		if err := h.SignOut(t.Context(), desk.Token); err != nil {
			t.Fatal(err)
		}
		_, err = h.Session(t.Context(), desk.Token)
		wantKind(t, "a session signed out", err, errs.SignedOut)

		again := h.signIn(t, "hoa", password)
		secret, _, err := h.IssueToken(t.Context(), actor.System(), a.ID, "máy", []actor.Permission{actor.ReadDossier}, h.clock.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Disable(t.Context(), actor.System(), a.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.Session(t.Context(), again.Token)
		wantKind(t, "a session of a disabled account", err, errs.SignedOut)
		_, err = h.Bearer(t.Context(), secret)
		wantKind(t, "a token of a disabled account", err, errs.SignedOut)
		_, err = h.SignIn(t.Context(), identity.Attempt{Login: "hoa", Password: password})
		wantKind(t, "signing in to a disabled account", err, errs.Invalid)
		if err := h.Enable(t.Context(), actor.System(), a.ID); err != nil {
			t.Fatal(err)
		}
		h.signIn(t, "hoa", password)
	})
}

func TestChangePassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a, made, err := h.Create(t.Context(), actor.System(), identity.Draft{Login: "hoa", Name: "Hoa", Unit: "VPDK"})
		if err != nil || made == "" {
			t.Fatalf("Create = %q, %v", made, err)
		}
		h.give(t, a, actor.CaseOfficer, "VPDK", false)
		s, elsewhere := h.signIn(t, "hoa", made), h.signIn(t, "hoa", made)
		if s.Needs != identity.NewPassword {
			t.Fatalf("a given password wants %q", s.Needs)
		}
		_, err = h.Session(t.Context(), s.Token)
		wantKind(t, "a session with a given password", err, errs.SignedOut)
		for _, bad := range []string{"short", "1234567890", "aaaaaaaaaaaa", "xin chao hoa nhe", made, strings.Repeat("x", 300)} {
			_, err := h.ChangePassword(t.Context(), s.Token, made, bad)
			wantKind(t, bad, err, errs.Invalid)
		}
		_, err = h.ChangePassword(t.Context(), s.Token, "not the old one", password)
		wantKind(t, "a wrong old password", err, errs.Invalid)
		renewed, err := h.ChangePassword(t.Context(), s.Token, made, password)
		if err != nil {
			t.Fatal(err)
		}
		if who := h.who(t, renewed.Token); !who.Can(actor.WorkDossier) {
			t.Error("a session with a password of one's own may nothing")
		}
		for _, old := range []string{s.Token, elsewhere.Token} {
			_, err := h.Pending(t.Context(), old)
			wantKind(t, "a token of before", err, errs.SignedOut)
		}
		h.signIn(t, "hoa", password)
	})
}

func TestTokens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		a := h.account(t, "may", "VPDK")
		h.give(t, a, actor.Integration, "VPDK", true)
		h.give(t, a, actor.CaseOfficer, "VPDK", true)
		ctx, system := t.Context(), actor.System()
		expires := h.clock.Add(24 * time.Hour)
		secret, k, err := h.IssueToken(ctx, system, a.ID, "Cổng dịch vụ công", []actor.Permission{actor.ReadDossier, actor.SignDossier}, expires)
		if err != nil {
			t.Fatal(err)
		}
		who, err := h.Bearer(ctx, secret)
		if err != nil || !who.CanIn(actor.ReadDossier, "VPDK-VT") {
			t.Fatalf("Bearer = %+v, %v", who, err)
		}
		if who.Can(actor.WorkDossier) || who.Can(actor.FileDossier) {
			t.Error("the token does more than its scopes")
		}
		if who.Can(actor.SignDossier) {
			t.Error("the token does more than its account")
		}
		_, err = h.Session(ctx, secret)
		wantKind(t, "a token as a cookie", err, errs.SignedOut)
		_, err = h.Bearer(ctx, h.signIn(t, "may", password).Token)
		wantKind(t, "a cookie as a token", err, errs.SignedOut)
		if !strings.HasPrefix(secret, k.Prefix) || len(secret)-len(k.Prefix) < 24 {
			t.Errorf("prefix %q gives too much of the secret away", k.Prefix)
		}

		_, _, err = h.IssueToken(ctx, system, a.ID, "", []actor.Permission{actor.Administer}, h.clock)
		if e, ok := errors.AsType[*errs.Error](err); !ok || len(e.Fields) != 3 {
			t.Errorf("faults of a token: %v", err)
		}
		stranger := actor.Actor{ID: h.account(t, "stranger", "VPDK").ID}
		_, err = h.Tokens(ctx, stranger, a.ID)
		wantKind(t, "a stranger lists tokens", err, errs.Forbidden)
		wantKind(t, "a stranger revokes", h.RevokeToken(ctx, stranger, a.ID, k.ID), errs.Forbidden)

		if err := h.RevokeToken(ctx, system, a.ID, k.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.Bearer(ctx, secret)
		wantKind(t, "a revoked token", err, errs.SignedOut)
		secret, _, err = h.IssueToken(ctx, actor.Actor{ID: a.ID}, a.ID, "khác", []actor.Permission{actor.ReadDossier}, expires)
		if err != nil {
			t.Fatal(err)
		}
		h.clock = expires
		_, err = h.Bearer(ctx, secret)
		wantKind(t, "an expired token", err, errs.SignedOut)
	})
}

func TestTOTP(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.account(t, "hoa", "VPDK")
		who := h.who(t, h.signIn(t, "hoa", password).Token)
		address, err := h.BeginTOTP(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		code := func() string {
			c, err := totp.GenerateCode(u.Query().Get("secret"), h.clock)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		wrong := func() string {
			if code() == "123456" {
				return "654321"
			}
			return "123456"
		}
		if s := h.signIn(t, "hoa", password); s.Needs != identity.Nothing {
			t.Error("a second factor counts before it is confirmed")
		}
		_, err = h.ConfirmTOTP(t.Context(), who, wrong())
		wantKind(t, "a wrong code", err, errs.Invalid)
		recovery, err := h.ConfirmTOTP(t.Context(), who, code())
		if err != nil || len(recovery) != 10 {
			t.Fatalf("ConfirmTOTP = %d codes, %v", len(recovery), err)
		}

		s := h.signIn(t, "hoa", password)
		_, err = h.Session(t.Context(), s.Token)
		wantKind(t, "half a sign-in", err, errs.SignedOut)
		_, err = h.ChangePassword(t.Context(), s.Token, password, "mật khẩu hoàn toàn mới")
		wantKind(t, "changing the password with half a sign-in", err, errs.SignedOut)
		_, err = h.GiveFactor(t.Context(), s.Token, code())
		wantKind(t, "the code of the enrolment again", err, errs.Invalid)
		h.clock = h.clock.Add(30 * time.Second)
		spent := code()
		full, err := h.GiveFactor(t.Context(), s.Token, spent[:3]+" "+spent[3:])
		if err != nil {
			t.Fatal(err)
		}
		h.who(t, full.Token)
		_, err = h.Pending(t.Context(), s.Token)
		wantKind(t, "the token of half a sign-in", err, errs.SignedOut)
		s = h.signIn(t, "hoa", password)
		_, err = h.GiveFactor(t.Context(), s.Token, spent)
		wantKind(t, "a spent code", err, errs.Invalid)

		full, err = h.GiveFactor(t.Context(), s.Token, strings.ToUpper(recovery[0]))
		if err != nil {
			t.Fatal(err)
		}
		s = h.signIn(t, "hoa", password)
		_, err = h.GiveFactor(t.Context(), s.Token, recovery[0])
		wantKind(t, "a spent recovery code", err, errs.Invalid)
		for range 4 {
			_, err = h.GiveFactor(t.Context(), s.Token, wrong())
			wantKind(t, "a guess", err, errs.Invalid)
		}
		h.clock = h.clock.Add(30 * time.Second)
		_, err = h.GiveFactor(t.Context(), s.Token, code())
		wantKind(t, "too many guesses", err, errs.TooMany)
		_, err = h.Pending(t.Context(), s.Token)
		wantKind(t, "a session after too many guesses", err, errs.SignedOut)

		h.clock = h.clock.Add(16 * time.Minute)
		if err := h.RemoveTOTP(t.Context(), h.who(t, full.Token), code()); err != nil {
			t.Fatal(err)
		}
		if s := h.signIn(t, "hoa", password); s.Needs != identity.Nothing {
			t.Error("a removed factor is still wanted")
		}
	})
}

// TestClaim registers with the number of somebody the desk knows: their dossiers
// come to the account only when an officer has seen the card.
func TestClaim(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		officer := actor.Actor{ID: "desk", Unit: "VPDK", Grants: []actor.Grant{{Role: actor.OneStopOfficer, Units: []string{"VPDK"}}}}
		known, err := h.parties.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn Thị Hòa", Number: cccd})
		if err != nil {
			t.Fatal(err)
		}
		r := identity.Registration{Name: "Nguyễn Thị Hòa", Number: cccd, Contact: "0903 123 456", Password: password, Locale: "vi"}
		if err := h.Register(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		s := h.signIn(t, "+84903123456", password)
		who := h.who(t, s.Token)
		if who.Party == "" || who.Party == string(known.ID) || !who.Can(actor.FileDossier) || who.Staff() {
			t.Fatalf("after registering: %+v", who)
		}
		_, err = h.VerifyParty(t.Context(), who, who.Party)
		wantKind(t, "somebody verifies themselves", err, errs.Forbidden)
		canonical, err := h.VerifyParty(t.Context(), officer, who.Party)
		if err != nil || canonical != string(known.ID) {
			t.Fatalf("VerifyParty = %s, %v; want %s", canonical, err, known.ID)
		}
		if got := h.who(t, s.Token).Party; got != string(known.ID) {
			t.Errorf("the account belongs to %s, not to %s", got, known.ID)
		}

		// Registering again says the same and changes nothing.
		r.Password = "một mật khẩu khác hẳn"
		if err := h.Register(t.Context(), r); err != nil {
			t.Errorf("registering twice: %v", err)
		}
		_, err = h.SignIn(t.Context(), identity.Attempt{Login: r.Contact, Password: r.Password})
		wantKind(t, "the password of the second registration", err, errs.Invalid)
		h.signIn(t, r.Contact, password)

		err = h.Register(t.Context(), identity.Registration{Number: "1", Contact: "x", Password: "short"})
		if e, ok := errors.AsType[*errs.Error](err); !ok || len(e.Fields) != 4 {
			t.Errorf("faults of a registration: %v", err)
		}
	})
}

type keep string

func (k keep) MustKeep(context.Context, string) (string, error) { return string(k), nil }

// TestErase leaves nothing personal in any table of this package or of party.
func TestErase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		err := h.Register(t.Context(), identity.Registration{Name: "Trần Văn Khuất", Number: cccd, Contact: "khuat@example.vn", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		s := h.signIn(t, "khuat@example.vn", password)
		who := h.who(t, s.Token)
		wantKind(t, "with an open dossier", h.Erase(t.Context(), actor.System(), who.ID, keep("dossier.error.open")), errs.Conflict)
		wantKind(t, "by a citizen", h.Erase(t.Context(), actor.Actor{ID: "x"}, who.ID, keep("")), errs.Forbidden)
		if err := h.Erase(t.Context(), actor.System(), who.ID, keep("")); err != nil {
			t.Fatal(err)
		}
		_, err = h.Session(t.Context(), s.Token)
		wantKind(t, "a session of an erased account", err, errs.SignedOut)
		_, err = h.SignIn(t.Context(), identity.Attempt{Login: "khuat@example.vn", Password: password})
		wantKind(t, "an erased account", err, errs.Invalid)

		for _, table := range []string{"identity_account", "identity_session", "party", "event"} {
			if dump := dump(t, d, table); strings.Contains(dump, "khuat") || strings.Contains(dump, cccd) || strings.Contains(dump, "Khuất") {
				t.Errorf("%s still holds: %s", table, dump)
			}
		}
		events, err := h.spine.Timeline(t.Context(), d, "account:"+string(who.ID))
		if err != nil || !slices.ContainsFunc(events, func(e event.Stored) bool { return e.Kind == identity.AccountErased }) {
			t.Errorf("no event of the erasure: %v", err)
		}
	})
}

// dump writes the text of a whole table.
func dump(t *testing.T, d *db.DB, table string) string {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), "select * from "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			switch c := c.(type) {
			case string:
				b.WriteString(c + " ")
			case []byte:
				b.WriteString(string(c) + " ")
			}
		}
	}
	return b.String()
}

func TestClean(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.account(t, "hoa", "")
		h.signIn(t, "hoa", password)
		h.clock = h.clock.Add(31 * 24 * time.Hour)
		kept := h.signIn(t, "hoa", password)
		if err := h.Clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := dump(t, d, "identity_session"); strings.Count(left, "test") != 1 || !strings.Contains(left, kept.ID) {
			t.Errorf("sessions left: %s", left)
		}
	})
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(identity.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
	for _, r := range actor.Roles() {
		if !b.Has(i18n.Vi, "role."+string(r)) {
			t.Errorf("role %s has no name", r)
		}
	}
	for _, p := range identity.Scopes() {
		if !b.Has(i18n.Vi, "permission."+string(p)) {
			t.Errorf("permission %s has no name", p)
		}
	}
}
