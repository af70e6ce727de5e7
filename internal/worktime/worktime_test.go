package worktime_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/motcua/motcua/internal/worktime"
)

func at(s string) time.Time {
	t, err := worktime.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) worktime.Date { return worktime.DateOf(at(s + "T00:00")) }

func TestDeadline(t *testing.T) {
	three := worktime.At(15, 0)
	days := func(n int) worktime.Term { return worktime.Term{Amount: n, Unit: worktime.WorkingDay} }
	hours := func(n int) worktime.Term { return worktime.Term{Amount: n, Unit: worktime.WorkingHour} }
	for _, tt := range []struct {
		name    string
		from    string
		term    worktime.Term
		suspend []string // FROM/TO
		want    string   // "" while suspended
	}{
		{"after the cut-off", "2022-07-06T15:30", worktime.Term{Amount: 10, Unit: worktime.WorkingDay, CutOff: three}, nil, "2022-07-21T17:00"},
		{"no cut-off", "2022-07-06T15:30", days(10), nil, "2022-07-20T17:00"},
		{"at the cut-off", "2022-07-06T15:00", worktime.Term{Amount: 10, Unit: worktime.WorkingDay, CutOff: three}, nil, "2022-07-20T17:00"},
		{"received on Saturday", "2022-07-09T09:00", days(1), nil, "2022-07-12T17:00"},
		{"over Tết 2026", "2026-02-13T09:00", days(1), nil, "2026-02-23T17:00"},
		{"over a working Saturday", "2026-08-21T09:00", days(1), nil, "2026-08-22T17:00"},
		{"same working day", "2022-07-06T14:59", worktime.Term{Unit: worktime.WorkingDay, CutOff: three}, nil, "2022-07-06T17:00"},
		{"same working day, too late", "2022-07-06T15:01", worktime.Term{Unit: worktime.WorkingDay, CutOff: three}, nil, "2022-07-07T17:00"},
		{"same working day, in the evening", "2022-07-08T20:00", days(0), nil, "2022-07-11T17:00"},
		{"calendar days ending on Saturday", "2022-07-06T09:00", worktime.Term{Amount: 10, Unit: worktime.Day}, nil, "2022-07-18T17:00"},
		{"a month from the 31st", "2022-10-31T09:00", worktime.Term{Amount: 1, Unit: worktime.Month}, nil, "2022-11-30T17:00"},
		{"a month ending on a holiday", "2022-08-02T09:00", worktime.Term{Amount: 1, Unit: worktime.Month}, nil, "2022-09-05T17:00"},
		{"hours over lunch", "2022-07-06T10:30", hours(2), nil, "2022-07-06T14:00"},
		{"hours ending at noon", "2022-07-06T10:30", hours(1), nil, "2022-07-06T11:30"},
		{"hours from lunch", "2022-07-06T12:10", hours(1), nil, "2022-07-06T14:00"},
		{"hours over the weekend", "2022-07-08T16:00", hours(8), nil, "2022-07-11T16:00"},
		{"hours after the cut-off", "2022-07-06T15:30", worktime.Term{Amount: 4, Unit: worktime.WorkingHour, CutOff: three}, nil, "2022-07-07T11:30"},
		{"hours from the next whole minute", "2022-07-06T10:30:01", hours(1), nil, "2022-07-06T13:01"},

		{"two days suspended", "2022-07-06T09:00", days(10), []string{"2022-07-08T09:00/2022-07-12T09:00"}, "2022-07-22T17:00"},
		{"the same from midnight to midnight", "2022-07-06T09:00", days(10), []string{"2022-07-08T00:00/2022-07-12T00:00"}, "2022-07-22T17:00"},
		{"suspended within one day", "2022-07-06T09:00", days(10), []string{"2022-07-08T09:00/2022-07-08T11:00"}, "2022-07-20T17:00"},
		{"resumed after the cut-off", "2022-07-06T09:00", worktime.Term{Amount: 10, Unit: worktime.WorkingDay, CutOff: three}, []string{"2022-07-08T09:00/2022-07-12T15:30"}, "2022-07-25T17:00"},
		{"overlapping suspensions", "2022-07-06T09:00", days(10), []string{"2022-07-08T09:00/2022-07-11T09:00", "2022-07-10T09:00/2022-07-12T09:00"}, "2022-07-22T17:00"},
		{"suspended on the last day", "2022-07-06T09:00", days(2), []string{"2022-07-08T16:00/2022-07-12T09:00"}, "2022-07-12T17:00"},
		{"suspended when it is over", "2022-07-06T09:00", days(2), []string{"2022-07-08T17:00/2022-07-12T09:00"}, "2022-07-08T17:00"},
		{"suspended before it began", "2022-07-06T09:00", days(2), []string{"2022-07-01T09:00/2022-07-05T09:00"}, "2022-07-08T17:00"},
		{"still suspended", "2022-07-06T09:00", days(10), []string{"2022-07-08T09:00/"}, ""},
		{"suspended for good, but too late", "2022-07-06T09:00", days(2), []string{"2022-07-11T09:00/"}, "2022-07-08T17:00"},
		{"a suspended month", "2022-07-06T09:00", worktime.Term{Amount: 1, Unit: worktime.Month}, []string{"2022-07-08T09:00/2022-07-11T09:00"}, "2022-08-09T17:00"},
		{"suspended hours", "2022-07-06T09:00", hours(2), []string{"2022-07-06T10:00/2022-07-06T14:00"}, "2022-07-06T15:00"},
		{"hours suspended for good", "2022-07-06T09:00", hours(2), []string{"2022-07-06T10:00/"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var susp []worktime.Suspension
			for _, s := range tt.suspend {
				from, to, _ := strings.Cut(s, "/")
				p := worktime.Suspension{From: at(from), Ground: "Giấy tờ còn thiếu"}
				if to != "" {
					p.To = at(to)
				}
				susp = append(susp, p)
			}
			got, err := worktime.Vietnam.Deadline(at(tt.from), tt.term, susp)
			if err != nil {
				t.Fatal(err)
			}
			if want := tt.want; want == "" {
				if !got.Suspended || !got.Due.IsZero() {
					t.Errorf("due %s, want suspended", got.Due)
				}
			} else if !got.Due.Equal(at(want)) || got.Suspended {
				t.Errorf("due %s, want %s", got.Due, want)
			}
		})
	}
}

func TestUnknownYear(t *testing.T) {
	for _, unit := range []worktime.Unit{worktime.WorkingDay, worktime.WorkingHour, worktime.Day, worktime.Month} {
		for from, want := range map[string]int{"2026-12-31T09:00": 2027, "2021-12-31T09:00": 2021} {
			_, err := worktime.Vietnam.Deadline(at(from), worktime.Term{Amount: 12, Unit: unit}, nil)
			var year *worktime.YearError
			if !errors.As(err, &year) || year.Year != want {
				t.Errorf("12 %s from %s: %v, want the year %d to be missing", unit, from, err, want)
			}
		}
	}
}

func TestRefusedTerms(t *testing.T) {
	for _, term := range []worktime.Term{
		{Amount: 1}, {Amount: 1, Unit: "week"}, {Amount: -1, Unit: worktime.Day}, {Unit: worktime.WorkingHour},
		{Amount: 1 << 40, Unit: worktime.Month}, {Amount: 1, Unit: worktime.Day, CutOff: worktime.At(24, 0)},
	} {
		if _, err := worktime.Vietnam.Deadline(at("2022-07-06T15:30"), term, nil); err == nil {
			t.Errorf("%+v was counted", term)
		}
	}
	backwards := []worktime.Suspension{{From: at("2022-07-08T09:00"), To: at("2022-07-07T09:00")}}
	if _, err := worktime.Vietnam.Deadline(at("2022-07-06T15:30"), worktime.Term{Amount: 1, Unit: worktime.Day}, backwards); err == nil {
		t.Error("a suspension that ends before it begins was counted")
	}
}

// oracle counts day by day or minute by minute, as one would on fingers.
type oracle struct {
	c    worktime.Calendar
	term worktime.Term
	susp []worktime.Suspension
}

func (o oracle) works(d worktime.Date) bool {
	ok, err := o.c.IsWorkingDay(d)
	if err != nil {
		panic(err)
	}
	return ok
}

func (o oracle) received(t time.Time) worktime.Date {
	d := worktime.DateOf(t)
	if o.works(d) && (o.term.CutOff == 0 || !t.After(d.Time(0, int(o.term.CutOff)))) {
		return d
	}
	for d = d.AddDays(1); !o.works(d); d = d.AddDays(1) {
	}
	return d
}

// islands joins what overlaps by looking at every pair until nothing changes.
func (o oracle) islands() []worktime.Suspension {
	in := append([]worktime.Suspension(nil), o.susp...)
	for i := 0; i < len(in); i++ {
		for j := range in {
			if i != j && !in[i].From.After(in[j].To) && !in[j].From.After(in[i].To) {
				if in[j].From.Before(in[i].From) {
					in[i].From = in[j].From
				}
				if in[j].To.After(in[i].To) {
					in[i].To = in[j].To
				}
				in = append(in[:j], in[j+1:]...)
				i = -1
				break
			}
		}
	}
	return in
}

func (o oracle) due(from time.Time) time.Time {
	if o.term.Unit == worktime.WorkingHour {
		return o.dueMinute(from)
	}
	received := o.received(from)
	counts := func(d worktime.Date) bool {
		for _, s := range o.islands() {
			if s.To.After(from) && d.After(worktime.DateOf(s.From)) && !d.After(o.received(s.To)) {
				return false
			}
		}
		return o.term.Unit != worktime.WorkingDay || o.works(d)
	}
	left := o.term.Amount
	if o.term.Unit == worktime.Month {
		left = 0
		for d := received; d != received.AddMonths(o.term.Amount); d = d.AddDays(1) {
			left++
		}
	}
	d := received
	for left > 0 {
		if d = d.AddDays(1); counts(d) {
			left--
		}
	}
	running := from
	for {
		for !o.works(d) || d.Time(17, 0).Before(running) {
			d = d.AddDays(1)
		}
		stopped := false
		for _, s := range o.islands() {
			if s.To.After(running) && s.From.Before(d.Time(17, 0)) && d.Time(17, 0).Before(s.To) ||
				s.To.After(running) && s.To.Before(d.Time(17, 0)) && d.Before(o.received(s.To)) {
				running, stopped = s.To, true
				d = o.received(s.To)
			}
		}
		if !stopped {
			return d.Time(17, 0)
		}
	}
}

func (o oracle) dueMinute(from time.Time) time.Time {
	begins := func(t time.Time) time.Time {
		if d := o.received(t); d != worktime.DateOf(t) {
			return d.Time(0, 0)
		}
		return t
	}
	left := o.term.Amount * 60
	start := begins(from)
	for m := worktime.DateOf(from).Time(0, 0); ; m = m.Add(time.Minute) {
		d, clock := worktime.DateOf(m), m.Hour()*60+m.Minute()
		office := clock >= 450 && clock < 690 || clock >= 780 && clock < 1020
		if !office || !o.works(d) || m.Before(start) {
			continue
		}
		stopped := false
		for _, s := range o.islands() {
			if s.To.After(from) && m.Add(time.Minute).After(s.From) && m.Before(begins(s.To)) {
				stopped = true
			}
		}
		if stopped {
			continue
		}
		if left--; left == 0 {
			return m.Add(time.Minute)
		}
	}
}

func TestDeadlineAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := at("2022-01-02T00:00")
		moment := func(label string, from time.Time, days int) time.Time {
			step := rapid.SampledFrom([]int{1, 60, 1800, 86400}).Draw(t, label+" step")
			return from.Add(time.Duration(rapid.IntRange(0, days*86400/step).Draw(t, label)*step) * time.Second)
		}
		from := moment("from", start, 1200)
		term := worktime.Term{
			Amount: rapid.IntRange(1, 25).Draw(t, "amount"),
			Unit:   rapid.SampledFrom([]worktime.Unit{worktime.WorkingDay, worktime.WorkingHour, worktime.Day, worktime.Month}).Draw(t, "unit"),
			CutOff: rapid.SampledFrom([]worktime.Clock{0, worktime.At(15, 0), worktime.At(10, 7)}).Draw(t, "cutoff"),
		}
		switch term.Unit {
		case worktime.Month:
			term.Amount = term.Amount%6 + 1
		case worktime.WorkingDay, worktime.Day:
			term.Amount--
		}
		var susp []worktime.Suspension
		for range rapid.IntRange(0, 4).Draw(t, "suspensions") {
			a := moment("suspended", from.Add(-48*time.Hour), 40)
			susp = append(susp, worktime.Suspension{From: a, To: moment("resumed", a.Add(time.Second), 12)})
		}
		got, err := worktime.Vietnam.Deadline(from, term, susp)
		if err != nil {
			t.Fatal(err)
		}
		want := oracle{worktime.Vietnam, term, susp}.due(from)
		if !got.Due.Equal(want) {
			t.Fatalf("due %s, want %s\nfrom %s\n%v\n%v", got.Due, want, from, susp, got.Lines)
		}
		if got.Due.Before(from) {
			t.Fatalf("due %s, before it was received", got.Due)
		}
	})
}

func TestWorkingMinutesAgreeWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := at("2024-04-20T00:00").Add(time.Duration(rapid.IntRange(0, 20*1440).Draw(t, "a")) * time.Minute)
		b := a.Add(time.Duration(rapid.IntRange(0, 10*1440).Draw(t, "minutes")) * time.Minute)
		want := 0
		for m := a; m.Before(b); m = m.Add(time.Minute) {
			clock := m.Hour()*60 + m.Minute()
			if works, _ := worktime.Vietnam.IsWorkingDay(worktime.DateOf(m)); works && (clock >= 450 && clock < 690 || clock >= 780 && clock < 1020) {
				want++
			}
		}
		if got, err := worktime.Vietnam.WorkingMinutes(a, b); err != nil || got != want {
			t.Fatalf("%s to %s: %d, %v, want %d", a, b, got, err, want)
		}
		if got, _ := worktime.Vietnam.WorkingMinutes(b, a); got != -want {
			t.Fatalf("%s back to %s: %d, want %d", b, a, got, -want)
		}
	})
}

func TestWorkingDaysBackAndForth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := date("2023-01-01").AddDays(rapid.IntRange(0, 1000).Draw(t, "day"))
		n := rapid.IntRange(1, 100).Draw(t, "n")
		later, err := worktime.Vietnam.AddWorkingDays(d, n)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := worktime.Vietnam.WorkingDays(d, later); got != n {
			t.Fatalf("%d working days from %s to %s, want %d", got, d, later, n)
		}
		first, _ := worktime.Vietnam.AddWorkingDays(d, 1)
		if back, _ := worktime.Vietnam.AddWorkingDays(later, 1-n); back != first {
			t.Fatalf("%s back %d is %s, want %s", later, n-1, back, first)
		}
	})
}

func TestNextForwarding(t *testing.T) {
	for from, want := range map[string]string{
		"2022-07-08T09:00": "2022-07-08T17:00",
		"2022-07-08T15:00": "2022-07-08T17:00",
		"2022-07-08T15:01": "2022-07-11T07:30",
		"2022-07-09T16:00": "2022-07-11T17:00",
	} {
		if got, err := worktime.Vietnam.NextForwarding(at(from)); err != nil || !got.Equal(at(want)) {
			t.Errorf("received %s: forward by %s, %v, want %s", from, got, err, want)
		}
	}
}

func TestWorkingDaysOfEachYear(t *testing.T) {
	for year, want := range map[int]int{2022: 249, 2023: 249, 2024: 251, 2025: 250, 2026: 250} {
		n := 0
		for d := worktime.NewDate(year, 1, 1); d.Year() == year; d = d.AddDays(1) {
			if ok, err := worktime.Vietnam.IsWorkingDay(d); err != nil {
				t.Fatal(err)
			} else if ok {
				n++
			}
		}
		if n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestLowConfidenceIsOffByDefault(t *testing.T) {
	day := date("2026-11-24")
	if ok, _ := worktime.Vietnam.IsWorkingDay(day); !ok {
		t.Errorf("%s is off, on the word of a source that is not sure", day)
	}
	s := worktime.Default()
	s.LowConfidence = true
	c, err := worktime.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := c.IsWorkingDay(day); ok {
		t.Errorf("%s is worked, though asked to be off", day)
	}
	if why, _ := c.Why(day); why != "worktime.day.culture" {
		t.Errorf("%s is off because of %q", day, why)
	}
}

// TestFacts compares the facts, typed anew here, with the sheet they were gathered in.
func TestFacts(t *testing.T) {
	f, err := os.Open("../../../shared/data/holidays.csv")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no holidays.csv beside this checkout")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]worktime.Exception)
	for _, e := range worktime.Default().Exceptions {
		got[e.Date.String()] = e
	}
	for _, r := range rows[1:] {
		e := got[r[0]]
		if string(e.Kind) != r[2] || string(e.Confidence) != r[4] || string(e.Scope) != r[6] {
			t.Errorf("%s is %s, %s, %s; want %s, %s, %s", r[0], e.Kind, e.Confidence, e.Scope, r[2], r[4], r[6])
		}
		if r[5] != "" && e.Linked.String() != r[5] {
			t.Errorf("%s is linked to %q, want %q", r[0], e.Linked, r[5])
		}
		delete(got, r[0])
	}
	for d := range got {
		t.Errorf("%s is not in the sheet", d)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := worktime.New(worktime.Spec{
		FirstYear: 2026, LastYear: 2026,
		Hours: []worktime.Span{{From: 700, To: 600}},
		Exceptions: []worktime.Exception{
			{Date: date("2025-01-01"), Name: "x", Kind: "feast", Confidence: worktime.High, Scope: worktime.Everybody},
		},
	})
	for _, want := range []string{"needs a version", "office hours 11:40–10:00", "outside the years", `unknown kind "feast"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want it to say %q", err, want)
		}
	}
}

// TestMessages sees to it that both languages have the same keys, and that every
// name of a day has words.
func TestMessages(t *testing.T) {
	read := func(lang string) map[string]any {
		b, err := worktime.Messages.ReadFile("messages/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	vi, en := read("vi"), read("en")
	for k := range vi {
		if en[k] == nil {
			t.Errorf("%s is missing in English", k)
		}
	}
	for k := range en {
		if vi[k] == nil {
			t.Errorf("%s is missing in Vietnamese", k)
		}
	}
	for _, e := range worktime.Default().Exceptions {
		if vi[string(e.Name)] == nil {
			t.Errorf("%s: no words for %s", e.Date, e.Name)
		}
	}
}

func TestDate(t *testing.T) {
	for _, s := range []string{"0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31"} {
		d, err := worktime.ParseDate(s)
		if err != nil || d.String() != s {
			t.Errorf("ParseDate(%s) = %s, %v", s, d, err)
		}
		y, m, day := d.Civil()
		if want := time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Weekday(); d.Weekday() != want {
			t.Errorf("%s is a %s, want %s", s, d.Weekday(), want)
		}
	}
	if d := worktime.DateOf(time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC)); d != date("2026-03-02") {
		t.Errorf("midnight in Vietnam is %s", d)
	}
	for _, src := range []any{"2026-03-02", []byte("2026-03-02"), "2026-03-02T00:00:00Z", "2026-03-02 00:00:00+00:00", time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)} {
		var d worktime.Date
		if err := d.Scan(src); err != nil || d != date("2026-03-02") {
			t.Errorf("Scan(%v) = %s, %v", src, d, err)
		}
	}
	d := date("2026-03-02")
	if err := d.Scan(nil); err != nil || !d.IsZero() {
		t.Errorf("Scan(nil) = %s, %v", d, err)
	}
	if v, err := d.Value(); v != nil || err != nil {
		t.Errorf("the unknown date is stored as %v, %v", v, err)
	}
	if err := d.Scan(7); err == nil {
		t.Error("Scan(7) was taken for a date")
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2022-07-06")
	f.Add("0000-01-01")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := worktime.ParseDate(s)
		if err == nil && (d.IsZero() || d.String() != s) {
			t.Errorf("ParseDate(%q) = %q", s, d)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	f.Add("2022-07-06T15:30")
	f.Add("2022-07-06T15:30:00+07:00")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := worktime.ParseTime(s)
		if err != nil {
			return
		}
		_, _ = worktime.Vietnam.Deadline(v, worktime.Term{Amount: 3, Unit: worktime.WorkingHour}, nil) // no panic in any year
		_, _ = worktime.Vietnam.NextForwarding(v)
	})
}

func FuzzParseClock(f *testing.F) {
	f.Add("15:00")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := worktime.ParseClock(s); err == nil && c.String() != s {
			t.Errorf("ParseClock(%q) = %s", s, c)
		}
	})
}

func BenchmarkDeadline(b *testing.B) {
	from := at("2022-07-06T15:30")
	susp := []worktime.Suspension{{From: at("2022-07-08T09:00"), To: at("2022-08-12T09:00")}}
	for _, term := range []worktime.Term{{Amount: 60, Unit: worktime.WorkingDay}, {Amount: 400, Unit: worktime.WorkingHour}, {Amount: 6, Unit: worktime.Month}} {
		b.Run(string(term.Unit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := worktime.Vietnam.Deadline(from, term, susp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
