package calendar_test

import (
	"sync"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/calendar"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/worktime"
)

func now() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

func service(d *db.DB) *calendar.Service {
	return calendar.NewService(d, event.New(d, nil, nil, now), now)
}

var storm = worktime.Exception{
	Date: worktime.NewDate(2026, 9, 14), Name: "Nghỉ tránh bão", Kind: worktime.Holiday, Source: "Công điện 99/CĐ-UBND",
}

func works(t *testing.T, s *calendar.Service, on worktime.Date) bool {
	t.Helper()
	c, err := s.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	working, err := c.IsWorkingDay(on)
	if err != nil {
		t.Fatal(err)
	}
	return working
}

// TestChange makes versions on one node and sees them on another.
func TestChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := now()
		s := service(d)
		other := calendar.NewService(d, event.New(d, nil, nil, now), func() time.Time { return clock })
		if !works(t, s, storm.Date) {
			t.Fatal("an unseeded store knows no calendar")
		}
		for range 2 {
			if err := s.Seed(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !works(t, other, storm.Date) {
			t.Fatal("a day is off before anybody said so")
		}
		if err := s.AddDay(t.Context(), actor.System(), 1, storm); err != nil {
			t.Fatal(err)
		}
		if works(t, s, storm.Date) {
			t.Error("the node that made the change does not see it")
		}
		clock = clock.Add(time.Second)
		if works(t, other, storm.Date) {
			t.Error("another node does not see the change a second later")
		}
		if err := s.AddDay(t.Context(), actor.System(), 1, storm); errs.KindOf(err) != errs.Conflict {
			t.Errorf("a change of a stale version: %v", err)
		}
		if err := s.AddDay(t.Context(), actor.System(), 2, storm); errs.KindOf(err) != errs.Invalid {
			t.Errorf("the same day again: %v", err)
		}
		if err := s.RemoveDay(t.Context(), actor.System(), 2, storm.Date, "Bão tan"); err != nil {
			t.Fatal(err)
		}
		if !works(t, s, storm.Date) {
			t.Error("a removed day is still off")
		}
		_, old, err := s.At(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		c, err := worktime.New(old.Spec)
		if err != nil || c.Version() != "statutory-2" {
			t.Fatalf("version 2 = %q, %v", c.Version(), err)
		}
		if working, _ := c.IsWorkingDay(storm.Date); working {
			t.Error("version 2 changed after it was made")
		}
		all, err := s.Versions(t.Context())
		if err != nil || len(all) != 3 || all[0].Number != 3 || all[0].Reason != "Bão tan" {
			t.Errorf("Versions = %+v, %v", all, err)
		}

		events, err := event.New(d, nil, nil, now).Timeline(t.Context(), d, "calendar:statutory")
		if err != nil || len(events) != 3 || events[1].Kind != calendar.Changed {
			t.Fatalf("events = %+v, %v", events, err)
		}
		var change calendar.Change
		if err := events[1].Decode(&change); err != nil || change.Version != 2 || change.Days[0] != storm.Date {
			t.Errorf("what the event says = %+v, %v", change, err)
		}
	})
}

func TestOffice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		if err := s.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		at := worktime.At
		office := calendar.Office{
			Unit: "1C", From: worktime.NewDate(2026, 4, 1),
			Hours: []worktime.Span{{From: at(8, 0), To: at(12, 0)}, {From: at(13, 0), To: at(16, 0)}}, CutOff: at(15, 0),
		}
		if err := s.SetOffice(t.Context(), actor.System(), 1, office); err != nil {
			t.Fatal(err)
		}
		late := worktime.NewDate(2026, 4, 1).Time(15, 30)
		for _, tt := range []struct {
			name, unit string
			on         worktime.Date
			want       worktime.Date
		}{
			{"after the unit's cut-off", "1C", worktime.NewDate(2026, 4, 1), worktime.NewDate(2026, 4, 2)},
			{"before the cut-off was set", "1C", worktime.NewDate(2026, 3, 31), worktime.NewDate(2026, 4, 1)},
			{"another unit", "2C", worktime.NewDate(2026, 4, 1), worktime.NewDate(2026, 4, 1)},
		} {
			c, err := s.On(t.Context(), tt.unit, tt.on)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Received(late, 0); err != nil || got != tt.want {
				t.Errorf("%s: received on %s, %v; want %s", tt.name, got, err, tt.want)
			}
		}
		if err := s.SetOffice(t.Context(), actor.System(), 2, office); errs.KindOf(err) != errs.Invalid {
			t.Errorf("the same period again: %v", err)
		}
		if err := s.SetOffice(t.Context(), actor.System(), 2, calendar.Office{Unit: "1C"}); errs.KindOf(err) != errs.Invalid {
			t.Errorf("no hours: %v", err)
		}
	})
}

func TestAddYear(t *testing.T) {
	d := dbtest.SQLite(t)
	s := service(d)
	next := worktime.Exception{Date: worktime.NewDate(2027, 1, 1), Name: "worktime.day.new-year", Kind: worktime.Holiday, Source: "Bộ luật Lao động 2019"}
	if err := s.AddDay(t.Context(), actor.System(), 0, next); errs.KindOf(err) != errs.Invalid {
		t.Errorf("a day of an unknown year: %v", err)
	}
	if err := s.AddYear(t.Context(), actor.System(), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.AddDay(t.Context(), actor.System(), 1, next); err != nil {
		t.Fatal(err)
	}
	if works(t, s, next.Date) {
		t.Error("New Year 2027 is worked")
	}
}

func TestOnlyAnAdministratorChanges(t *testing.T) {
	s := service(dbtest.SQLite(t))
	officer := actor.Actor{ID: "hoa", Grants: []actor.Grant{{Role: actor.UnitHead, Units: []string{"1C"}}}}
	if err := s.AddDay(t.Context(), officer, 0, storm); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a unit head adds a day: %v", err)
	}
}

// TestTogether reads and changes at the same time; the race detector watches.
func TestTogether(t *testing.T) {
	s := service(dbtest.SQLite(t))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if _, err := s.Current(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := s.AddDay(t.Context(), actor.System(), 0, storm); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(calendar.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
	for _, k := range calendar.Kinds() {
		if !b.Has(i18n.Vi, "calendar.kind."+string(k)) {
			t.Errorf("kind %s has no name", k)
		}
	}
}
