package orgunitweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/orgunit/orgunitweb"
	"github.com/motcua/motcua/internal/web/webtest"
)

var admin = actor.Actor{ID: "quan", Name: "Quản", Grants: []actor.Grant{{Role: actor.Administrator, Units: []string{""}}}}

func now() time.Time { return time.Date(2025, 8, 1, 2, 0, 0, 0, time.UTC) }

func setup(t *testing.T) *webtest.Site {
	t.Helper()
	d := dbtest.SQLite(t)
	site := webtest.New(t, d, orgunitweb.Files, orgunit.Messages)
	site.Add(orgunitweb.Routes(orgunit.NewService(d, event.New(d, nil, nil, now), now), site.View, now))
	return site
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

func TestUnits(t *testing.T) {
	for _, lang := range i18n.Langs {
		site := setup(t)
		keeper := site.As(admin).In(lang)
		contains(t, "an empty list", keeper.Get(t, "/admin/units").Body.String(), "mc-empty")
		keeper.Get(t, "/admin/units/new")
		w := keeper.Post(t, "/admin/units/new", form("code", "a b"))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a faulty unit: %d", w.Code)
		}
		contains(t, "a faulty unit", w.Body.String(), `href="#code"`, `href="#name"`, `href="#from"`)
		for _, u := range []url.Values{
			form("code", "STNMT", "kind", "department", "name", "Sở Tài nguyên", "name_en", "Department of Resources", "from-day", "1", "from-month", "1", "from-year", "2010"),
			form("code", "VPDK", "kind", "land_office", "name", "Văn phòng đăng ký", "parent", "STNMT", "from-day", "1", "from-month", "1", "from-year", "2010", "document", "QĐ 1"),
			form("code", "VPDK", "kind", "land_office", "name", "Văn phòng mới", "parent", "STNMT", "from-day", "1", "from-month", "7", "from-year", "2025"),
		} {
			if w := keeper.Post(t, "/admin/units/new", u); w.Code != http.StatusSeeOther {
				t.Fatalf("enter %s: %d %s", u.Get("code"), w.Code, w.Body)
			}
		}
		contains(t, "the list", keeper.Get(t, "/admin/units").Body.String(), "/admin/units/STNMT?on=2025-08-01")
		contains(t, "the search", keeper.Get(t, "/admin/units?q=van+phong+m&on=2025-07-02").Body.String(), "Văn phòng mới")
		contains(t, "the unit today", keeper.Get(t, "/admin/units/VPDK").Body.String(), "Văn phòng mới", "Văn phòng đăng ký", "/admin/units/STNMT")
		contains(t, "the unit then", keeper.Get(t, "/admin/units/VPDK?on=2025-06-30").Body.String(), "QĐ 1")
		contains(t, "its change", keeper.Get(t, "/admin/units/new?code=VPDK&on=2025-06-30").Body.String(), `value="VPDK"`)
		if w := keeper.Get(t, "/admin/units/VPDK?on=2009-01-01"); w.Code != http.StatusNotFound {
			t.Errorf("a unit before its time: %d", w.Code)
		}

		keeper.Get(t, "/admin/units/VPDK/abolish")
		if w := keeper.Post(t, "/admin/units/VPDK/abolish", form("on-day", "1")); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("an end without a day: %d", w.Code)
		}
		w = keeper.Post(t, "/admin/units/VPDK/abolish", form("on-day", "1", "on-month", "9", "on-year", "2025", "heirs", "STNMT", "part", "yes"))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("end VPDK: %d", w.Code)
		}
		contains(t, "what became of it", keeper.Get(t, "/admin/units/VPDK").Body.String(), "/admin/units/STNMT?on=2010-01-01")
		contains(t, "what its heir was made of", keeper.Get(t, "/admin/units/STNMT").Body.String(), "/admin/units/VPDK?on=2025-07-01")
	}
}

func TestImport(t *testing.T) {
	const good = "code,kind,parent,name,valid_from\n77,province,,\"Tỉnh \"\"BR-VT\"\"\",2004-01-01\n"
	for _, lang := range i18n.Langs {
		site := setup(t)
		keeper := site.As(admin).In(lang)
		keeper.Get(t, "/admin/units/import")
		if w := keeper.Post(t, "/admin/units/import", nil); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("no file: %d", w.Code)
		}
		bad := keeper.Post(t, "/admin/units/import", form("csv", "code,kind,parent,name,valid_from\n77,king,,,x\n"))
		if bad.Code != http.StatusUnprocessableEntity {
			t.Errorf("a faulty file: %d", bad.Code)
		}
		contains(t, "the report", bad.Body.String(), "valid_from", "kind")
		if w := keeper.Post(t, "/admin/units/import", form("csv", "code\n", "do", "import")); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a faulty file taken in: %d", w.Code)
		}
		checked := keeper.Post(t, "/admin/units/import", form("csv", good))
		if checked.Code != http.StatusOK || !strings.Contains(checked.Body.String(), `name="csv"`) {
			t.Errorf("a good file: %d", checked.Code)
		}
		contains(t, "before it is taken in", keeper.Get(t, "/admin/units").Body.String(), "mc-empty")
		if w := keeper.Post(t, "/admin/units/import", form("csv", good, "do", "import")); w.Code != http.StatusSeeOther {
			t.Errorf("take it in: %d", w.Code)
		}
		contains(t, "after", keeper.Get(t, "/admin/units").Body.String(), "BR-VT")
	}
}

func TestOnlyAdministrators(t *testing.T) {
	site := setup(t)
	officer := site.As(actor.Actor{ID: "hoa", Grants: []actor.Grant{{Role: actor.UnitHead, Units: []string{"VPDK"}}}})
	if w := officer.Get(t, "/admin/units"); w.Code != http.StatusForbidden {
		t.Errorf("an officer lists units: %d", w.Code)
	}
	if w := officer.Post(t, "/admin/units/new", nil); w.Code != http.StatusForbidden {
		t.Errorf("an officer enters a unit: %d", w.Code)
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(orgunitweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
}
