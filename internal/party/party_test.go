package party_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

func now() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

var (
	officer  = actor.Actor{ID: "hoa", Unit: "1C", Grants: []actor.Grant{{Role: actor.OneStopOfficer, Units: []string{"1C"}}}}
	stranger = actor.Actor{ID: "an", Party: "someone"}
	admin    = actor.Actor{ID: "quan", Grants: []actor.Grant{{Role: actor.Administrator, Units: []string{""}}}}
)

const cccd = "077 190 001234"

func service(d *db.DB) *party.Service {
	return party.NewService(d, event.New(d, nil, nil, now), now)
}

// enrol registers a person online.
func enrol(t *testing.T, d *db.DB, s *party.Service, name, number string) string {
	t.Helper()
	var id string
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		var err error
		id, err = s.Enrol(t.Context(), tx, "account", name, number, "an@example.vn")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func verify(t *testing.T, d *db.DB, s *party.Service, who actor.Actor, id string) (canonical string, err error) {
	t.Helper()
	err = d.Tx(t.Context(), func(tx *db.Tx) error {
		var err error
		canonical, err = s.Verify(t.Context(), tx, who, id)
		return err
	})
	return canonical, err
}

func TestParseNumber(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want party.NumberKind
		ok   bool
	}{
		{"077190001234", party.CCCD, true},
		{" 077 190 001 234 ", party.CCCD, true},
		{"977190001234", party.CCCD, false}, // no such province
		{"273123456", party.CMND, true},
		{"0100109106", party.MST, true},
		{"0100109107", party.MST, false}, // wrong check digit
		{"0100109106-001", party.MST, true},
		{"0100109106-000", party.MST, false},
		{"07719000123x", "", false},
		{"077x90001234", "", false},
		{"", "", false},
	} {
		n, ok := party.ParseNumber(tt.in)
		if ok != tt.ok || ok && n.Kind != tt.want {
			t.Errorf("ParseNumber(%q) = %s, %v", tt.in, n.Kind, ok)
		}
	}
	n, _ := party.ParseNumber(cccd)
	if s := fmt.Sprintf("%v %s", n, n); strings.Contains(s, "077190") {
		t.Errorf("a number prints whole: %s", s)
	}
}

func TestParsePhone(t *testing.T) {
	for in, want := range map[string]string{
		"0903 123 456": "0903123456", "+84 903.123.456": "0903123456", "84903123456": "0903123456", "(0254) 3852 401": "02543852401",
		"903123456": "", "abc": "", "": "", "090312345678": "", "0903123456; drop": "",
	} {
		if got, ok := party.ParsePhone(in); ok != (want != "") || ok && got != want {
			t.Errorf("ParsePhone(%q) = %q, %v", in, got, ok)
		}
	}
}

// TestFoundAgain enters a person at the counter twice.
func TestFoundAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		first, err := s.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn  Thị Hòa", Number: cccd})
		if err != nil || !first.Verified() || first.Name != "Nguyễn Thị Hòa" {
			t.Fatalf("Enter = %+v, %v", first, err)
		}
		again, err := s.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn Thị Hoà", Number: cccd, Phone: "0903 123 456"})
		if err != nil || again.ID != first.ID || again.Phone != "0903123456" {
			t.Errorf("the second time = %+v, %v", again, err)
		}
		for _, words := range []string{cccd, "+84 903 123 456", "hoa nguyen", "HOÀ"} {
			found, err := s.Search(t.Context(), officer, words, 10)
			if err != nil || len(found) != 1 || found[0].ID != first.ID {
				t.Errorf("Search(%q) = %d found, %v", words, len(found), err)
			}
		}
		for _, words := range []string{"oa", "%", "", "0903 123 457"} {
			if found, err := s.Search(t.Context(), officer, words, 10); err != nil || len(found) > 0 {
				t.Errorf("Search(%q) = %d found, %v", words, len(found), err)
			}
		}
		if _, err := s.Search(t.Context(), stranger, cccd, 10); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("a citizen searches: %v", err)
		}
		if _, err := s.Get(t.Context(), stranger, first.ID); errs.KindOf(err) != errs.NotFound {
			t.Errorf("a citizen reads another: %v", err)
		}
	})
}

// TestClaim lets somebody register with another's number: it gives them nothing
// until an official has seen their card.
func TestClaim(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		known, err := s.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn Thị Hòa", Number: cccd})
		if err != nil {
			t.Fatal(err)
		}
		id := enrol(t, d, s, "Nguyễn Thị Hòa", cccd)
		if id == string(known.ID) {
			t.Fatal("registering took over a party by its number")
		}
		claimant := actor.Actor{ID: "account", Party: id}
		if _, err := s.Get(t.Context(), claimant, known.ID); errs.KindOf(err) != errs.NotFound {
			t.Errorf("an unverified account reads the party: %v", err)
		}
		if _, err := verify(t, d, s, claimant, id); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("somebody verifies themselves: %v", err)
		}
		for range 2 {
			canonical, err := verify(t, d, s, officer, id)
			if err != nil || canonical != string(known.ID) {
				t.Errorf("Verify = %s, %v; want %s", canonical, err, known.ID)
			}
		}
		if found, err := s.Search(t.Context(), officer, cccd, 10); err != nil || len(found) != 1 {
			t.Errorf("the number leads to %d parties, %v", len(found), err)
		}

		other := enrol(t, d, s, "Trần Văn An", "077190001235")
		if canonical, err := verify(t, d, s, officer, other); err != nil || canonical != other {
			t.Errorf("a new number: Verify = %s, %v", canonical, err)
		}
	})
}

func TestFaults(t *testing.T) {
	s := service(dbtest.SQLite(t))
	err := s.CheckEnrolment("", "123", "nobody")
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 3 {
		t.Errorf("faults of an enrolment: %v", err)
	}
	_, err = s.Enter(t.Context(), officer, party.Draft{
		Kind: party.Organisation, Name: "!", Number: cccd, Phone: "1", Email: "x", Born: worktime.NewDate(2027, 1, 1), Address: strings.Repeat("x", 501),
	})
	e, ok = errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 6 {
		t.Errorf("faults of a draft: %v", err)
	}
	if strings.Contains(err.Error(), "077190001234") {
		t.Error("an error holds an identity number")
	}
	if _, err := s.Enter(t.Context(), stranger, party.Draft{}); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a citizen enters a party: %v", err)
	}
}

func TestRepresentation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		enter := func(draft party.Draft) party.Party {
			p, err := s.Enter(t.Context(), officer, draft)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		company := enter(party.Draft{Kind: party.Organisation, Name: "Công ty Cấp nước", Number: "0100109106"})
		director := enter(party.Draft{Kind: party.Person, Name: "Lê Văn Bình", Number: "077190001236"})
		today := worktime.DateOf(now())
		may := func() bool {
			ok, err := s.MayActFor(t.Context(), director.ID, company.ID)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		r := party.Representation{Principal: company.ID, Agent: director.ID, Kind: party.Legal, From: today, Document: "GCN 3500101107"}
		if _, err := s.Represent(t.Context(), actor.Actor{ID: "x", Party: string(director.ID)}, r); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("an agent appoints itself: %v", err)
		}
		if may() {
			t.Fatal("the director acts before being entered")
		}
		r, err := s.Represent(t.Context(), officer, r)
		if err != nil {
			t.Fatal(err)
		}
		who := actor.Actor{ID: "x", Party: string(director.ID)}
		if _, err := s.Get(t.Context(), who, company.ID); !may() || err != nil {
			t.Errorf("the director cannot act: %v", err)
		}
		if err := s.EndRepresentation(t.Context(), stranger, r.ID, today); errs.KindOf(err) != errs.NotFound {
			t.Errorf("a stranger ends it: %v", err)
		}
		if err := s.EndRepresentation(t.Context(), who, r.ID, today); err != nil {
			t.Fatal(err)
		}
		if may() {
			t.Error("the director still acts on the day it ended")
		}
	})
}

// TestErase leaves the id, and nothing else.
func TestErase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := service(d)
		known, err := s.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn Thị Hòa", Number: cccd, Phone: "0903123456", Address: "Vũng Tàu"})
		if err != nil {
			t.Fatal(err)
		}
		alias := enrol(t, d, s, "Nguyễn Thị Hòa", cccd)
		if _, err := verify(t, d, s, officer, alias); err != nil {
			t.Fatal(err)
		}
		if err := s.Erase(t.Context(), officer, known.ID); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("an officer erases: %v", err)
		}
		if err := s.Erase(t.Context(), admin, known.ID); err != nil {
			t.Fatal(err)
		}
		left, err := s.Lookup(t.Context(), string(known.ID), alias)
		if err != nil || len(left) != 2 {
			t.Fatalf("Lookup = %d, %v", len(left), err)
		}
		for _, p := range left {
			p.Became, p.Version = "", 0
			if diff := cmp.Diff(party.Party{ID: p.ID, Kind: party.Person, CreatedAt: now(), ErasedAt: now()}, p); diff != "" {
				t.Errorf("what is left (-want +got):\n%s", diff)
			}
		}
		if found, err := s.Search(t.Context(), officer, "hoa", 10); err != nil || len(found) > 0 {
			t.Errorf("an erased person is found: %v, %v", found, err)
		}
		if _, err := s.Enter(t.Context(), officer, party.Draft{Kind: party.Person, Name: "Nguyễn Thị Hòa", Number: cccd}); err != nil {
			t.Errorf("an erased number cannot be used again: %v", err)
		}
		spine := event.New(d, nil, nil, now)
		events, err := spine.Timeline(t.Context(), d, "party:"+string(known.ID))
		if err != nil || events[len(events)-1].Kind != party.Erased {
			t.Errorf("the last event is not the erasure: %+v, %v", events, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(cccd)
	f.Add("+84 903 123 456")
	f.Add("an@example.vn")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := party.ParseNumber(s); ok {
			if again, ok := party.ParseNumber(n.Value); !ok || again != n {
				t.Errorf("%q: not stable", s)
			}
		}
		if p, ok := party.ParsePhone(s); ok {
			if again, ok := party.ParsePhone(p); !ok || again != p {
				t.Errorf("%q: phone not stable", s)
			}
		}
		party.ParseEmail(s)
	})
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(party.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
}
