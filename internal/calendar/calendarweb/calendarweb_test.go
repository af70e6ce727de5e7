package calendarweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/calendar"
	"github.com/motcua/motcua/internal/calendar/calendarweb"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

var admin = actor.Actor{ID: "quan", Name: "Quản", Grants: []actor.Grant{{Role: actor.Administrator, Units: []string{""}}}}

func now() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

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

func TestCalendar(t *testing.T) {
	for _, lang := range i18n.Langs {
		d := dbtest.SQLite(t)
		site := webtest.New(t, d, calendarweb.Files, calendar.Messages, worktime.Messages)
		spine := event.New(d, nil, nil, now)
		units := orgunit.NewService(d, spine, now)
		s := calendar.NewService(d, spine, now)
		site.Add(calendarweb.Routes(s, units, site.View, now))
		err := units.Establish(t.Context(), actor.System(), orgunit.Unit{Code: "1C", From: worktime.NewDate(2020, 1, 1), Kind: orgunit.Desk, Name: "Bộ phận một cửa"})
		if err != nil {
			t.Fatal(err)
		}
		keeper := site.As(admin).In(lang)

		page := keeper.Get(t, "/admin/calendar").Body.String()
		contains(t, "2026", page, "250", "/admin/calendar/days/2026-09-02/remove", "07:30–11:30")
		contains(t, "2022", keeper.Get(t, "/admin/calendar?year=2022").Body.String(), "249")

		keeper.Get(t, "/admin/calendar/days/new")
		bad := keeper.Post(t, "/admin/calendar/days/new", form("version", "0"))
		if bad.Code != http.StatusUnprocessableEntity {
			t.Errorf("an empty day: %d", bad.Code)
		}
		contains(t, "an empty day", bad.Body.String(), `href="#date"`, `href="#kind"`, `href="#name"`, `href="#source"`)
		storm := form("version", "0", "date-day", "14", "date-month", "9", "date-year", "2026", "kind", "holiday", "name", "Nghỉ tránh <bão>", "source", "CĐ 99")
		if w := keeper.Post(t, "/admin/calendar/days/new", storm); w.Code != http.StatusSeeOther {
			t.Fatalf("a day: %d", w.Code)
		}
		if w := keeper.Post(t, "/admin/calendar/days/new", storm); w.Code != http.StatusConflict {
			t.Errorf("a day on a stale version: %d", w.Code)
		}
		contains(t, "after the day", keeper.Get(t, "/admin/calendar").Body.String(), "249", "Nghỉ tránh &lt;bão&gt;")

		keeper.Get(t, "/admin/calendar/days/2026-09-14/remove")
		if w := keeper.Get(t, "/admin/calendar/days/2026-09-15/remove"); w.Code != http.StatusNotFound {
			t.Errorf("remove an ordinary day: %d", w.Code)
		}
		if w := keeper.Post(t, "/admin/calendar/days/2026-09-14/remove", form("version", "1", "reason", "Bão tan")); w.Code != http.StatusSeeOther {
			t.Errorf("remove it: %d", w.Code)
		}
		contains(t, "after its removal", keeper.Get(t, "/admin/calendar").Body.String(), "250", "Bão tan")

		keeper.Get(t, "/admin/calendar/offices/new")
		bad = keeper.Post(t, "/admin/calendar/offices/new", form("version", "2", "hours", "sáng", "cut_off", "x"))
		contains(t, "empty hours", bad.Body.String(), `href="#unit"`, `href="#from"`, `href="#hours"`, `href="#cut_off"`)
		hours := form("version", "2", "unit", "1C", "from-day", "1", "from-month", "4", "from-year", "2026", "hours", "08:00–12:00, 13:00-16:00", "cut_off", "15:00")
		if w := keeper.Post(t, "/admin/calendar/offices/new", hours); w.Code != http.StatusSeeOther {
			t.Errorf("hours: %d", w.Code)
		}
		contains(t, "after the hours", keeper.Get(t, "/admin/calendar").Body.String(), "08:00–12:00, 13:00–16:00", "15:00")
		if w := keeper.Post(t, "/admin/calendar/years", form("version", "3")); w.Code != http.StatusSeeOther {
			t.Errorf("a year: %d", w.Code)
		}
		contains(t, "the next year", keeper.Get(t, "/admin/calendar?year=2027").Body.String(), "2027")

		officer := site.As(actor.Actor{ID: "hoa", Grants: []actor.Grant{{Role: actor.UnitHead, Units: []string{"1C"}}}})
		if w := officer.Post(t, "/admin/calendar/days/new", storm); w.Code != http.StatusForbidden {
			t.Errorf("an officer changes the calendar: %d", w.Code)
		}
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(calendarweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
}
