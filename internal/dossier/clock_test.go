package dossier_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

func withHoliday(t *testing.T, day string) worktime.Calendar {
	t.Helper()
	spec := worktime.Default()
	spec.Version = "with-" + day
	spec.Exceptions = append(spec.Exceptions, worktime.Exception{Date: date(day), Name: "Nghỉ bão", Kind: worktime.Holiday, Source: "test", Confidence: worktime.High, Scope: worktime.Everybody})
	c, err := worktime.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// plan is a way of 1 + 18 + 4 working days, the appraisal 13 once papers were
// corrected.
func plan(reset procedure.Reset, revised bool) []procedure.Stage {
	term := func(n int) procedure.Term { return procedure.Term{Amount: n, Unit: worktime.WorkingDay} }
	stages := []procedure.Stage{
		{ID: "tiep-nhan", Step: procedure.Reception, Term: procedure.Term{Amount: 1, Unit: worktime.WorkingDay, CutOff: worktime.At(15, 0)}, Starts: procedure.AtReceipt, Reset: procedure.Restart},
		{ID: "tham-dinh", Step: procedure.Appraisal, Term: term(18), Starts: procedure.AtForwarding, Reset: reset},
		{ID: "ky", Step: procedure.Decision, Term: term(4), Starts: procedure.AtPrevious, Reset: procedure.Resume},
	}
	if revised {
		other := term(13)
		stages[1].Revised = &other
	}
	return stages
}

func happened(at time.Time, kind string, s dossier.State, stage string, k dossier.SupplementKind) dossier.Entry {
	return dossier.Entry{At: at, Kind: "dossier." + kind, Fact: dossier.Fact{State: s, Stage: stage, Unit: "u", Kind: k}}
}

// oracle finds the day on which the n-th counted working day falls, looking at
// one day after another. A day after the one on which the clock stopped, up to
// and including the one on which it ran again, does not count.
func oracle(from time.Time, cutOff worktime.Clock, n int, stops [][2]time.Time) worktime.Date {
	c := worktime.Vietnam
	day := func(t time.Time) worktime.Date {
		d := worktime.DateOf(t)
		for {
			works, _ := c.IsWorkingDay(d)
			local := t.In(worktime.Zone)
			late := cutOff != 0 && d == worktime.DateOf(t) && local.Hour()*60+local.Minute() > int(cutOff)
			if works && !late {
				return d
			}
			d = d.AddDays(1)
		}
	}
	d := day(from)
	for n > 0 {
		d = d.AddDays(1)
		works, _ := c.IsWorkingDay(d)
		for _, s := range stops {
			if d.After(worktime.DateOf(s[0])) && !d.After(day(s[1])) {
				works = false
			}
		}
		if works {
			n--
		}
	}
	return d
}

// TestClockAgreesWithOracle counts stories with one or two requests for papers.
func TestClockAgreesWithOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// On the hour, in office hours: no moment lies on the edge of a rule.
		moment := func(name string, after time.Time) time.Time {
			d := worktime.DateOf(after).AddDays(rapid.IntRange(1, 5).Draw(t, name))
			for works := false; !works; {
				if works, _ = worktime.Vietnam.IsWorkingDay(d); !works {
					d = d.AddDays(1)
				}
			}
			return d.Time(rapid.SampledFrom([]int{8, 10, 14, 16}).Draw(t, name+" hour"), 0)
		}
		reset := rapid.SampledFrom([]procedure.Reset{procedure.Restart, procedure.Resume}).Draw(t, "reset")
		stages := plan(reset, rapid.Bool().Draw(t, "revised"))
		received := moment("received", at("2022-06-20T08:00").AddDate(0, 0, rapid.IntRange(0, 500).Draw(t, "day")))
		events := []dossier.Entry{
			happened(received, "received", dossier.Received, "tiep-nhan", ""),
			happened(received.Add(time.Hour/2), "forwarded", dossier.InProcessing, "tham-dinh", ""),
		}
		from, amount, cutOff := received, 23, worktime.At(15, 0)
		var all, since [][2]time.Time
		rounds := rapid.IntRange(0, 2).Draw(t, "rounds")
		last := received
		for i := range rounds {
			asked := moment(fmt.Sprint("asked", i), last)
			answered := moment(fmt.Sprint("answered", i), asked)
			last = answered
			events = append(events,
				happened(asked, "supplement-requested", dossier.WaitingSupplement, "tham-dinh", dossier.InTheProcess),
				happened(answered, "supplemented", dossier.InProcessing, "tham-dinh", dossier.InTheProcess))
			all, since = append(all, [2]time.Time{asked, answered}), append(since, [2]time.Time{asked, answered})
			if reset == procedure.Restart {
				from, amount, since = answered, 23, nil
				if stages[1].Revised != nil {
					amount, cutOff = 17, 0
				}
			}
		}
		now := last.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "now"))
		c, err := dossier.CountClock(worktime.Vietnam, stages, dossier.Counter, events, now)
		if err != nil {
			t.Fatal(err)
		}
		if want := oracle(from, cutOff, amount, since); worktime.DateOf(c.Due) != want || !c.Lawful.Equal(c.Due) {
			t.Fatalf("due %s, want %s; stops %v", c.Due, want, since)
		}
		if want := oracle(received, worktime.At(15, 0), 23, all); worktime.DateOf(c.Subtract) != want {
			t.Fatalf("subtracting, due %s, want %s; stops %v", c.Subtract, want, all)
		}
		late := now.After(c.Subtract) || rounds > 1
		if (c.Under766 == dossier.PastDue) != late || (c.Verdict == dossier.PastDue) != now.After(c.Due) {
			t.Fatalf("verdicts %s, %s at %s", c.Verdict, c.Under766, now)
		}
		gross, _ := worktime.Vietnam.WorkingMinutes(received, now)
		net := gross
		for _, s := range all {
			m, _ := worktime.Vietnam.WorkingMinutes(s[0], s[1])
			net -= m
		}
		if c.Gross != gross || c.Net != net {
			t.Fatalf("%d of %d minutes, want %d of %d", c.Net, c.Gross, net, gross)
		}
		for i := 1; i < len(c.Intervals); i++ {
			if !c.Intervals[i].From.Equal(c.Intervals[i-1].To) {
				t.Fatalf("a gap before %v", c.Intervals[i])
			}
		}
	})
}

// TestUncountedStageStopsTheClock has a public notice in the middle.
func TestUncountedStageStopsTheClock(t *testing.T) {
	stages := plan(procedure.Resume, false)
	stages = slices.Insert(stages, 2, procedure.Stage{ID: "niem-yet", Step: procedure.Publication, Term: procedure.Term{Amount: 30, Unit: worktime.Day}, Uncounted: true})
	events := []dossier.Entry{
		happened(at("2022-07-04T08:00"), "received", dossier.Received, "tiep-nhan", ""),
		happened(at("2022-07-04T09:00"), "forwarded", dossier.InProcessing, "tham-dinh", ""),
		happened(at("2022-07-11T09:00"), "stage-completed", dossier.InProcessing, "niem-yet", ""),
	}
	c, err := dossier.CountClock(worktime.Vietnam, stages, dossier.Counter, events, at("2022-07-20T09:00"))
	if err != nil || !c.Due.IsZero() || c.Verdict != dossier.InTime || c.Stages[2].Due.IsZero() {
		t.Errorf("during the notice: due %s, %s, the notice's own %s, %v", c.Due, c.Verdict, c.Stages[2].Due, err)
	}
}

// TestRandomStories lets random people do random things, lawful or not, and
// looks after each whether all still holds together.
func TestRandomStories(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		randomStories(t, newWorld(t, d), rand.New(rand.NewPCG(7, 2022)))
	})
}

func randomStories(t *testing.T, w *world, r *rand.Rand) {
	ctx := t.Context()
	people := []actor.Actor{an, mai, cuong, cuc, hung, lan, thu}
	for story := range 25 {
		x := w.file()
		acts := 1
		for range 30 {
			w.mu.Lock()
			w.now = w.now.Add(time.Duration(r.IntN(8*60)) * time.Minute)
			w.mu.Unlock()
			by := people[r.IntN(len(people))]
			actions, err := w.Actions(ctx, by, x)
			if err != nil {
				t.Fatal(err)
			}
			if len(actions) == 0 {
				continue
			}
			name := actions[r.IntN(len(actions))]
			if (name == dossier.ActWithdraw || name == dossier.ActStop || name == dossier.ActNotReceive) && r.IntN(8) > 0 {
				continue
			}
			next, err := w.do(by, x, name, r)
			if err != nil {
				if !slices.Contains([]errs.Kind{errs.Invalid, errs.Conflict, errs.Forbidden}, errs.KindOf(err)) && name != dossier.ActRemoveAttachment {
					t.Fatalf("story %d: %s by %s in %s: %v", story, name, by.ID, x.State, err)
				}
				continue
			}
			acts++
			x = w.must(w.Get(ctx, actor.System(), next.ID))
		}
		events, err := w.events.Timeline(ctx, w.db, x.ID.Subject())
		if err != nil || len(events) != acts {
			t.Errorf("story %d: %d events of %d acts, %v", story, len(events), acts, err)
		}
		if err := w.CompareDue(ctx); err != nil {
			t.Errorf("story %d: %v", story, err)
		}
	}
}

// do does the named act with something to say.
func (w *world) do(by actor.Actor, x *dossier.Dossier, name dossier.ActName, r *rand.Rand) (*dossier.Dossier, error) {
	ctx, c := w.t.Context(), x.Copy()
	switch name {
	case dossier.ActReceive:
		return w.Receive(ctx, by, c)
	case dossier.ActSupplementAtReception:
		return w.SupplementAtReception(ctx, by, c, items())
	case dossier.ActNotReceive:
		return w.NotReceive(ctx, by, c, ground("incomplete"))
	case dossier.ActForward:
		return w.Forward(ctx, by, c)
	case dossier.ActTakeOn:
		return w.TakeOn(ctx, by, c)
	case dossier.ActAssign:
		return w.Assign(ctx, by, c, cuong.ID)
	case dossier.ActHandOver:
		return w.HandOver(ctx, by, c, cuc.ID, "")
	case dossier.ActCompleteStage:
		return w.CompleteStage(ctx, by, c, "")
	case dossier.ActProposeSupplement:
		return w.ProposeSupplement(ctx, by, c, items(), "Cần thêm số liệu")
	case dossier.ActReturnOnAppraisal:
		return w.ReturnOnAppraisal(ctx, by, c, items())
	case dossier.ActDropSupplement:
		return w.DropSupplement(ctx, by, c, x.Supplement)
	case dossier.ActRelaySupplement:
		return w.RelaySupplement(ctx, by, c, x.Supplement)
	case dossier.ActAnswerSupplement:
		return w.AnswerSupplement(ctx, by, c, nil, nil)
	case dossier.ActPause:
		return w.PauseClock(ctx, by, c, procedure.WaitConsultation, "")
	case dossier.ActResume:
		return w.ResumeClock(ctx, by, c)
	case dossier.ActRequestPayment:
		return w.RequestPayment(ctx, by, c, 0, "")
	case dossier.ActRecordPayment:
		return w.RecordPayment(ctx, by, c, x.Charge, "01")
	case dossier.ActRecordRefund:
		return w.RecordRefund(ctx, by, c, "02")
	case dossier.ActPropose:
		return w.Propose(ctx, by, c, dossier.Proposal{Outcome: []dossier.Outcome{dossier.Grant, dossier.Refuse}[r.IntN(2)], Ground: ground("in-dispute")})
	case dossier.ActApprove:
		return w.Approve(ctx, by, c, "")
	case dossier.ActReturnForRework:
		return w.ReturnForRework(ctx, by, c, "Xem lại")
	case dossier.ActSign:
		return w.Sign(ctx, by, c)
	case dossier.ActNumber:
		return w.IssueNumber(ctx, by, c, "GP-STNMT")
	case dossier.ActComplete:
		return w.Complete(ctx, by, c)
	case dossier.ActHandOverResult:
		return w.HandOverResult(ctx, by, c, "")
	case dossier.ActIssueApology:
		return w.IssueApology(ctx, by, c, worktime.DateOf(x.DueAt).AddDays(1+r.IntN(5)), "Khối lượng lớn")
	case dossier.ActStop:
		return w.Stop(ctx, by, c, ground("no-answer"))
	case dossier.ActWithdraw:
		return w.Withdraw(ctx, by, c, "")
	case dossier.ActRate:
		return w.Rate(ctx, by, c, 1+r.IntN(5), "")
	case dossier.ActAddAttachment:
		_, d, err := w.AddAttachment(ctx, by, c, paper("bao-cao"))
		return d, err
	case dossier.ActRemoveAttachment:
		return w.RemoveAttachment(ctx, by, c, "none")
	case dossier.ActNewSecret:
		_, d, err := w.NewSecret(ctx, by, c)
		return d, err
	}
	w.t.Fatalf("nobody tries %s", name)
	return nil, nil
}
