package partyweb_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/party/partyweb"
	"github.com/motcua/motcua/internal/web/webtest"
)

var officer = actor.Actor{ID: "hoa", Name: "Hoa", Unit: "1C", Grants: []actor.Grant{{Role: actor.OneStopOfficer, Units: []string{"1C"}}}}

func now() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

// verifier verifies without accounts.
type verifier struct {
	db      *db.DB
	parties *party.Service
}

func (v verifier) VerifyParty(ctx context.Context, who actor.Actor, id string) (canonical string, err error) {
	err = v.db.Tx(ctx, func(tx *db.Tx) error {
		canonical, err = v.parties.Verify(ctx, tx, who, id)
		return err
	})
	return canonical, err
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func contains(t *testing.T, what, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("%s lacks %q", what, w)
		}
	}
}

func TestCounter(t *testing.T) {
	for _, lang := range i18n.Langs {
		d := dbtest.SQLite(t)
		site := webtest.New(t, d, partyweb.Files, party.Messages)
		s := party.NewService(d, event.New(d, nil, nil, now), now)
		site.Add(partyweb.Routes(s, verifier{d, s}, site.View, now))
		desk := site.As(officer).In(lang)

		desk.Get(t, "/parties")
		contains(t, "an empty search", desk.Get(t, "/parties?q=hoa").Body.String(), "mc-empty")
		desk.Get(t, "/parties/new")
		bad := desk.Post(t, "/parties/new", form("kind", "person", "number", "1", "born-day", "31", "born-month", "2", "born-year", "1990", "phone", "x", "email", "y"))
		if bad.Code != http.StatusUnprocessableEntity {
			t.Errorf("a faulty person: %d", bad.Code)
		}
		contains(t, "a faulty person", bad.Body.String(), `href="#number"`, `href="#name"`, `href="#born"`, `href="#phone"`, `href="#email"`)
		enter := func(f url.Values) string {
			w := desk.Post(t, "/parties/new", f)
			if w.Code != http.StatusSeeOther {
				t.Fatalf("enter: %d", w.Code)
			}
			return w.Header().Get("Location")
		}
		company := enter(form("kind", "organisation", "number", "0100109106", "name", "Công ty <Cấp nước>"))
		person := enter(form("kind", "person", "number", "077190001234", "name", "Lê Văn Bình", "born-day", "1", "born-month", "2", "born-year", "1990"))
		contains(t, "the person", desk.Get(t, person).Body.String(), "077190001234", "Lê Văn Bình")
		list := desk.Get(t, "/parties?q=binh").Body.String()
		contains(t, "the search", list, person)
		if strings.Contains(list, "077190001234") {
			t.Error("a list shows whole identity numbers")
		}

		desk.Get(t, person+"/edit")
		edit := form("version", "1", "kind", "person", "number", "077190001234", "name", "Lê Văn Bình", "phone", "0903123456")
		if w := desk.Post(t, person+"/edit", edit); w.Code != http.StatusSeeOther {
			t.Errorf("edit: %d", w.Code)
		}
		if w := desk.Post(t, person+"/edit", edit); w.Code != http.StatusConflict {
			t.Errorf("edit a stale copy: %d", w.Code)
		}
		edit.Set("name", "")
		if w := desk.Post(t, person+"/edit", edit); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("edit the name away: %d", w.Code)
		}

		desk.Get(t, company+"/agents/new")
		if w := desk.Post(t, company+"/agents/new", form("agent", "077190009999")); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("an unknown agent: %d", w.Code)
		}
		agent := form("agent", "077190001234", "kind", "legal", "from-day", "1", "from-month", "1", "from-year", "2026", "document", "GCN 1")
		if w := desk.Post(t, company+"/agents/new", agent); w.Code != http.StatusSeeOther {
			t.Errorf("an agent: %d", w.Code)
		}
		page := desk.Get(t, company).Body.String()
		contains(t, "the company", page, "Lê Văn Bình", "GCN 1", "&lt;Cấp nước&gt;")
		contains(t, "its agent", desk.Get(t, person).Body.String(), company)
		end := regexp.MustCompile(company + `/agents/[0-9a-f-]{36}/end`).FindString(page)
		if w := desk.Post(t, end, nil); w.Code != http.StatusSeeOther {
			t.Errorf("end it: %d", w.Code)
		}

		// Somebody registered online with the person's number.
		var online string
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			var err error
			online, err = s.Enrol(t.Context(), tx, "account", "Le Van Binh", "077190001234", "0903123456")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		contains(t, "the one online", desk.Get(t, "/parties/"+online).Body.String(), online+"/verify")
		desk.Get(t, "/parties/"+online+"/verify")
		if w := desk.Post(t, "/parties/"+online+"/verify", nil); w.Header().Get("Location") != person {
			t.Errorf("verified, it leads to %s, not to %s", w.Header().Get("Location"), person)
		}
		if w := desk.Get(t, "/parties/"+online); w.Header().Get("Location") != person {
			t.Errorf("what it became is not shown: %d", w.Code)
		}

		citizen := site.As(actor.Actor{ID: "an", Party: "x", Grants: []actor.Grant{{Role: actor.Citizen}}})
		for _, path := range []string{"/parties?q=binh", person} {
			if w := citizen.Get(t, path); w.Code != http.StatusForbidden {
				t.Errorf("a citizen opens %s: %d", path, w.Code)
			}
		}
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(partyweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
}
