package procedure_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

var editor = actor.Actor{ID: "ha", Unit: "so-tnmt.vp", Grants: []actor.Grant{{Role: actor.CatalogueEditor}}}

// clock is a time that tests move.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func newClock() *clock { return &clock{time.Date(2022, 7, 6, 2, 0, 0, 0, time.UTC)} }

// office knows the units of the test's files.
type office struct{ down bool }

func (o *office) Get(_ context.Context, code string, _ worktime.Date) (orgunit.Unit, error) {
	if o.down {
		return orgunit.Unit{}, errors.New("no connection")
	}
	if !strings.HasPrefix(code, "so-tnmt") {
		return orgunit.Unit{}, errs.New(errs.NotFound, "orgunit.error.not-found", nil)
	}
	return orgunit.Unit{Code: code}, nil
}

func service(d *db.DB, c *clock) *procedure.Service {
	return procedure.NewService(d, event.New(d, nil, nil, c.now), &office{}, c.now)
}

func day(s string) worktime.Date {
	d, err := worktime.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func sample(t testing.TB, edits ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/gia-han.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the sample has no %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return []byte(text)
}

// TestPublish walks a procedure through its versions.
func TestPublish(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		s, ctx := service(d, c), t.Context()
		publish := func(from string, edits ...string) *procedure.Version {
			t.Helper()
			v, err := s.Publish(ctx, editor, sample(t, edits...), day(from))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		first := publish("2022-01-01")
		if first.ID != "1.000001~2022-01-01.1" || first.Revision != 1 || !first.To.IsZero() || len(first.Hash) != 64 {
			t.Errorf("first version: %s %d %s %s", first.ID, first.Revision, first.To, first.Hash)
		}
		second := publish("2022-07-01", "amount: 150000", "amount: 160000")
		// The same day again: a correction.
		third := publish("2022-07-01", "amount: 150000", "amount: 170000")
		if third.ID != "1.000001~2022-07-01.2" {
			t.Errorf("the correction is %s", third.ID)
		}
		for _, tt := range []struct {
			on   string
			want procedure.ID
		}{
			{"2021-12-31", ""}, {"2022-01-01", first.ID}, {"2022-06-30", first.ID}, {"2022-07-01", third.ID}, {"2030-01-01", third.ID},
		} {
			v, err := s.AsOf(ctx, "1.000001", day(tt.on))
			if tt.want == "" {
				if errs.KindOf(err) != errs.NotFound {
					t.Errorf("AsOf %s = %v, want not found", tt.on, err)
				}
				continue
			}
			if err != nil || v.ID != tt.want {
				t.Errorf("AsOf %s = %v, %v, want %s", tt.on, v, err, tt.want)
			}
		}
		// What a dossier was filed under stays, although it was in force on no day.
		if v, err := s.Get(ctx, second.ID); err != nil || v.Fees[0].Cells[3].Amount != 160000 || v.From != v.To {
			t.Errorf("Get the mistaken version: %v, %v", v, err)
		}
		if all, err := s.Versions(ctx, "1.000001"); err != nil || len(all) != 3 || all[0].ID != third.ID {
			t.Errorf("Versions = %v, %v", all, err)
		}

		for _, tt := range []struct {
			name string
			who  actor.Actor
			data []byte
			from string
			want errs.Kind
		}{
			{"no editor", actor.Actor{ID: "x"}, sample(t), "2022-08-01", errs.Forbidden},
			{"before the newest", editor, sample(t), "2022-06-30", errs.Invalid},
			{"unchanged", editor, sample(t, "amount: 150000", "amount: 170000"), "2022-08-01", errs.Conflict},
			{"no day", editor, sample(t), "", errs.Invalid},
			{"faulty", editor, sample(t, "amount: 23", "amount: 22"), "2022-08-01", errs.Invalid},
			{"unknown unit", editor, sample(t, "decides: so-tnmt", "decides: vpdk"), "2022-08-01", errs.Invalid},
		} {
			var from worktime.Date
			if tt.from != "" {
				from = day(tt.from)
			}
			if _, err := s.Publish(ctx, tt.who, tt.data, from); errs.KindOf(err) != tt.want || err == nil {
				t.Errorf("%s: Publish = %v, want kind %d", tt.name, err, tt.want)
			}
		}

		if err := s.Close(ctx, editor, "1.000001", day("2022-10-01")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AsOf(ctx, "1.000001", day("2022-10-01")); errs.KindOf(err) != errs.NotFound {
			t.Errorf("an abolished procedure: %v", err)
		}
		if err := s.Close(ctx, editor, "1.000001", day("2022-11-01")); errs.KindOf(err) != errs.NotFound {
			t.Errorf("abolished twice: %v", err)
		}
		events, err := event.New(d, nil, nil, c.now).Timeline(ctx, d, "procedure:1.000001")
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		want := []string{procedure.EventPublished, procedure.EventPublished, procedure.EventPublished, procedure.EventClosed}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// TestOtherNode sees within a second what another node published.
func TestOtherNode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		one, other := service(d, c), service(d, c)
		if p, err := one.List(t.Context(), procedure.Filter{}); err != nil || len(p.Versions) != 0 {
			t.Fatalf("List = %v, %v", p, err)
		}
		if _, err := other.Publish(t.Context(), editor, sample(t), day("2022-01-01")); err != nil {
			t.Fatal(err)
		}
		c.Time = c.Add(time.Second)
		if p, err := one.List(t.Context(), procedure.Filter{}); err != nil || len(p.Versions) != 1 {
			t.Errorf("after a second: List = %v, %v", p, err)
		}
	})
}

// TestTampered refuses a definition that is not what was published.
func TestTampered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := newClock()
		if _, err := service(d, c).Publish(t.Context(), editor, sample(t), day("2022-01-01")); err != nil {
			t.Fatal(err)
		}
		var raw string
		if err := d.QueryRowContext(t.Context(), `select definition from procedure_version`).Scan(&raw); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ExecContext(t.Context(), `update procedure_version set definition = $1`, strings.Replace(raw, "150000", "15000", 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := service(d, c).AsOf(t.Context(), "1.000001", day("2022-01-01")); err == nil || !strings.Contains(err.Error(), "was changed") {
			t.Errorf("AsOf = %v, want a refusal", err)
		}
	})
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := service(d, newClock()), t.Context()
		for _, p := range []struct{ code, name, field string }{
			{"1.000001", "Gia hạn giấy phép khoan giếng", "tai-nguyen-nuoc"},
			{"1.000002", "Đăng ký đất đai", "dat-dai"},
			{"1.000003", "Ăn chia lại đất", "dat-dai"},
			{"1.000004", "Ấn định phí", "tai-nguyen-nuoc"},
		} {
			data := sample(t, `"1.000001"`, `"`+p.code+`"`, "Gia hạn giấy phép khoan giếng", p.name, "code: tai-nguyen-nuoc", "code: "+p.field)
			if _, err := s.Publish(ctx, editor, data, day("2022-01-01")); err != nil {
				t.Fatal(err)
			}
		}
		codes := func(f procedure.Filter) string {
			t.Helper()
			var all []string
			for {
				p, err := s.List(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range p.Versions {
					all = append(all, strings.TrimPrefix(string(v.Code), "1.00000"))
				}
				if p.Next == "" {
					return strings.Join(all, "")
				}
				f.After = p.Next
			}
		}
		for _, tt := range []struct {
			name string
			f    procedure.Filter
			want string
		}{
			{"all, in Vietnamese order", procedure.Filter{}, "3421"},
			{"a page at a time", procedure.Filter{Limit: 1}, "3421"},
			{"with accents", procedure.Filter{Words: "Đất đai"}, "2"},
			{"without", procedure.Filter{Words: "dat dai"}, "2"},
			{"prefixes, any order", procedure.Filter{Words: "đa đấ"}, "3421"}, // Đống Đa and dưới đất are everywhere
			{"every word", procedure.Filter{Words: "đất không"}, ""},
			{"a code", procedure.Filter{Words: "1.000003"}, "3"},
			{"signs only", procedure.Filter{Words: "%_'"}, "3421"},
			{"field", procedure.Filter{Field: "dat-dai"}, "32"},
			{"unit", procedure.Filter{Unit: "so-tnmt.tnn"}, "3421"},
			{"another unit", procedure.Filter{Unit: "so-tnmt.mt"}, ""},
			{"applicant", procedure.Filter{Applicant: procedure.Individual}, "3421"},
			{"no such applicant", procedure.Filter{Applicant: procedure.Household}, ""},
			{"level before", procedure.Filter{Level: procedure.Level4, On: day("2022-06-23")}, "3421"},
			{"level after", procedure.Filter{Level: procedure.Level4, On: day("2022-06-24")}, ""},
			{"day", procedure.Filter{On: day("2021-12-31")}, ""},
			{"a cursor that is none", procedure.Filter{After: "x"}, "3421"},
			{"many words", procedure.Filter{Words: strings.Repeat("giấy ", 50)}, "3421"},
		} {
			if got := codes(tt.f); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		fields, err := s.Fields(ctx, day("2022-01-01"))
		if err != nil || len(fields) != 2 || fields[0].Code != "dat-dai" {
			t.Errorf("Fields = %v, %v", fields, err)
		}
	})
}

func TestCheck(t *testing.T) {
	d := dbtest.SQLite(t)
	c := newClock()
	s, ctx := service(d, c), t.Context()
	if _, err := s.Publish(ctx, editor, sample(t), day("2022-01-01")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Check(ctx, sample(t, "amount: 150000", "amount: 99"), day("2022-08-01"))
	if err != nil || got.Refused != nil || got.Version.ID != "1.000001~2022-08-01.1" || got.Replaces.ID != "1.000001~2022-01-01.1" {
		t.Fatalf("Check = %+v, %v", got, err)
	}
	want := []procedure.Change{{Path: "fees.phi.cells.0004.amount", Before: "150000", After: "99"}}
	if diff := cmp.Diff(want, got.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got, err = s.Check(ctx, sample(t), day("2022-08-01")); err != nil || errs.KindOf(got.Refused) != errs.Conflict || got.Refused == nil {
		t.Errorf("Check of the same = %v, %v", got.Refused, err)
	}
	down := procedure.NewService(d, event.New(d, nil, nil, c.now), &office{down: true}, c.now)
	if _, err := down.Check(ctx, sample(t), day("2022-08-01")); err == nil {
		t.Error("Check does not tell that units cannot be looked up")
	}
	if p, err := s.List(ctx, procedure.Filter{}); err != nil || len(p.Versions) != 1 {
		t.Errorf("a dry run published: %v, %v", p, err)
	}
}

func parse(t testing.TB, data []byte) *procedure.Version {
	t.Helper()
	v, findings := procedure.Parse(data, nil)
	if v == nil {
		t.Fatal(findings)
	}
	return v
}

func TestQuote(t *testing.T) {
	v := parse(t, sample(t))
	for _, tt := range []struct {
		applicant procedure.ApplicantKind
		channel   procedure.Channel
		flow      int64
		wantCase  string
		want      int64
		papers    int
	}{
		{procedure.Individual, procedure.Counter, 100, "nho", 150000, 1},
		{procedure.Organisation, procedure.Counter, 100, "nho", 200000, 1},
		{procedure.Organisation, procedure.Online, 100, "nho", 150000, 1},
		{procedure.Organisation, procedure.Online, 200, "lon", 400000, 1},
		{procedure.Organisation, procedure.Online, 999, "lon", 400000, 2},
		{procedure.Individual, procedure.Online, 1000, "lon", 1750000, 2},
	} {
		f := procedure.Filing{Applicant: tt.applicant, Channel: tt.channel, Day: day("2022-07-06"), Answers: map[string]rule.Value{"luu_luong": rule.OfInt(tt.flow)}}
		c, err := v.CaseFor(f)
		if err != nil || c.ID != tt.wantCase {
			t.Errorf("%+v: case %s, %v", tt, c.ID, err)
		}
		f.Case = c.ID
		q, err := v.Quote(f)
		if err != nil || q.Total != tt.want || len(q.Lines) != 1 {
			t.Errorf("%+v: quote %+v, %v", tt, q, err)
		}
		papers, err := v.ComponentsFor(f)
		if err != nil || len(papers) != tt.papers {
			t.Errorf("%+v: papers %v, %v", tt, papers, err)
		}
	}
	if _, err := v.Quote(procedure.Filing{Applicant: procedure.Individual, Case: "nho", Channel: procedure.Counter}); err != nil {
		t.Errorf("quote without answers: %v", err)
	}
}

func TestMustFileOnline(t *testing.T) {
	v := parse(t, sample(t))
	undecided := parse(t, sample(t, "decision: 12/QĐ-UBND, ", ""))
	for _, tt := range []struct {
		v              *procedure.Version
		kind           procedure.ApplicantKind
		on             string
		bound, advised bool
	}{
		{v, procedure.Organisation, "2022-08-31", false, true},
		{v, procedure.Organisation, "2022-09-01", true, false},
		{v, procedure.Organisation, "2022-12-31", true, false},
		{v, procedure.Organisation, "2023-01-01", false, true},
		{v, procedure.Individual, "2022-09-01", false, false},
		{undecided, procedure.Organisation, "2022-09-01", false, true},
	} {
		if bound, advised := tt.v.MustFileOnline(tt.kind, day(tt.on)); bound != tt.bound || advised != tt.advised {
			t.Errorf("%s on %s: %v, %v", tt.kind, tt.on, bound, advised)
		}
	}
	if l := v.LevelOn(day("2022-06-23")); l != procedure.Level4 {
		t.Errorf("level before the decree: %s", l)
	}
	if l := v.LevelOn(day("2022-06-24")); l != procedure.Full {
		t.Errorf("level since: %s", l)
	}
}

func TestUnit(t *testing.T) {
	d := procedure.Definition{
		Decides: "chi-nhanh", Receives: []string{"so"},
		Units: []procedure.UnitRole{{ID: "chi-nhanh", By: "huyen", Among: map[string]string{"a": "vp.a", "b": "vp.b"}}},
	}
	answer := func(string) string { return "b" }
	if code, ok := d.Unit("chi-nhanh", answer); !ok || code != "vp.b" {
		t.Errorf("Unit of a role = %s, %v", code, ok)
	}
	if code, ok := d.Unit("so", answer); !ok || code != "so" {
		t.Errorf("Unit of a code = %s, %v", code, ok)
	}
	if _, ok := d.Unit("chi-nhanh", func(string) string { return "" }); ok {
		t.Error("Unit of a role without the answer")
	}
	if diff := cmp.Diff([]string{"so", "vp.a", "vp.b"}, d.UnitCodes()); diff != "" {
		t.Error(diff)
	}
}

// TestYAML writes a definition and reads it again.
func TestYAML(t *testing.T) {
	v := parse(t, sample(t))
	out, err := v.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, out)
	if diff := cmp.Diff(v.Definition, again.Definition); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	_, one, err1 := v.Canonical()
	_, two, err2 := again.Canonical()
	if err1 != nil || err2 != nil || one != two {
		t.Errorf("hashes %s %s, %v %v", one, two, err1, err2)
	}
	if twice, err := again.YAML(); err != nil || !bytes.Equal(out, twice) {
		t.Errorf("written again, it differs: %v", err)
	}
}

func TestDiff(t *testing.T) {
	a := parse(t, sample(t))
	b := parse(t, sample(t,
		"  - {id: don,", "  - {id: so-do, name: {vi: Sổ, en: Book}, help: {vi: Sổ., en: Book.}, copy: original, count: 1, required: true, source: luat}\n  - {id: don,",
		"Lưu lượng", "Lưu lượng lớn nhất",
		`when: "${luu_luong} >= 1000"`, `when: "${luu_luong} > 1000"`))
	changes, err := procedure.Diff(&a.Definition, &b.Definition)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, c := range changes {
		paths = append(paths, c.Path)
	}
	for _, want := range []string{"components.so-do.name.vi", "fees.phi.cells.0001.when", "form.survey.luu_luong.label::vi"} {
		if !slices.Contains(paths, want) {
			t.Errorf("no change of %s among %v", want, paths)
		}
	}
	if slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, "components.don") }) {
		t.Errorf("what only moved counts as changed: %v", paths)
	}
}
