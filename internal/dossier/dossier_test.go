package dossier_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/rule"
)

// TestStory takes an application from a phone to the result in hand, with papers
// asked for on the way.
func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		if err := w.SetTemplate(ctx, admin, deskUnit, "000.00.12.H06-{yymmdd}-{nnnn}", date("2022-01-01")); err != nil {
			t.Fatal(err)
		}
		n := w.application()
		n.Answers = nil
		draft := w.must(w.Start(ctx, an, n))
		draft = w.must(w.SaveAnswers(ctx, an, draft.Copy(), answers()))
		_, err := w.File(ctx, an, draft.Copy(), dossier.Filing{})
		kind(t, "file without papers", err, errs.Invalid)
		for _, c := range []string{"bao-cao", "xet-nghiem"} {
			if _, _, err := w.AddAttachment(ctx, an, draft.Copy(), paper(c)); err != nil {
				t.Fatal(err)
			}
		}
		receipt, err := w.File(ctx, an, draft.Copy(), dossier.Filing{Key: "one"})
		x := w.must(receipt.Dossier, err)
		if x.Code != "000.00.12.H06-220704-0001" || x.State != dossier.Filed || x.ReceivingUnit != deskUnit || x.HandlingUnit != waterUnit || x.DecidingUnit != leaderUnit {
			t.Errorf("filed as %+v", x)
		}
		if x.Money != dossier.Quoted || x.Charge != x.Quote.Total || x.Quote.Total == 0 {
			t.Errorf("money is %s, %d of %d", x.Money, x.Charge, x.Quote.Total)
		}

		x = w.must(w.Receive(ctx, mai, x.Copy()))
		// 24 working days from Monday 4 July 2022.
		if want := at("2022-08-05T17:00"); !x.DueAt.Equal(want) {
			t.Errorf("due %s, want %s", x.DueAt, want)
		}
		if want := at("2022-07-04T17:00"); !x.ForwardBy.Equal(want) {
			t.Errorf("forward by %s, want %s", x.ForwardBy, want)
		}
		x = w.must(w.RecordPayment(ctx, mai, x.Copy(), x.Charge, "AB/22P 0001"))
		x = w.must(w.Forward(ctx, mai, x.Copy()))
		x = w.must(w.TakeOn(ctx, cuong, x.Copy()))

		w.set("2022-07-12T09:00")
		x = w.must(w.ProposeSupplement(ctx, cuong, x.Copy(), items(), ""))
		if x.State != dossier.InProcessing {
			t.Errorf("an officer's proposal made it %s", x.State)
		}
		w.set("2022-07-12T10:00")
		x = w.must(w.RelaySupplement(ctx, mai, x.Copy(), x.Supplement))
		if !x.DueAt.IsZero() || x.State != dossier.WaitingSupplement {
			t.Errorf("waiting, it is due %s, %s", x.DueAt, x.State)
		}
		w.set("2022-07-20T09:00")
		x = w.must(w.AnswerSupplement(ctx, an, x.Copy(), form.Answers{"so_gieng": rule.OfInt(3)}, []dossier.NewAttachment{paper("bao-cao")}))
		// The stage's other amount, 13 days, and the 4 and 1 that follow.
		if want := at("2022-08-15T17:00"); !x.DueAt.Equal(want) || x.State != dossier.InProcessing || x.Assignee != cuong.ID {
			t.Errorf("after the supplement due %s, want %s; %s with %s", x.DueAt, want, x.State, x.Assignee)
		}

		w.set("2022-07-28T09:00")
		x = w.must(w.Propose(ctx, cuong, x.Copy(), dossier.Proposal{Outcome: dossier.Grant, Text: "Đủ điều kiện"}))
		x = w.must(w.ReturnForRework(ctx, hung, x.Copy(), "Chưa nêu lưu lượng từng giếng"))
		if x.Assignee != cuong.ID || x.Unit != waterUnit || x.Outcome != "" {
			t.Errorf("back with %q in %s, outcome %q", x.Assignee, x.Unit, x.Outcome)
		}
		x = w.must(w.Propose(ctx, cuong, x.Copy(), dossier.Proposal{Outcome: dossier.Grant}))
		x = w.must(w.Approve(ctx, hung, x.Copy(), ""))
		if x.Unit != leaderUnit {
			t.Errorf("approved, it lies in %s", x.Unit)
		}
		x = w.must(w.Sign(ctx, lan, x.Copy()))
		_, err = w.Complete(ctx, thu, x.Copy())
		kind(t, "complete without a number", err, errs.Conflict)
		x = w.must(w.IssueNumber(ctx, thu, x.Copy(), "GP-STNMT"))
		if x.Number != "01/GP-STNMT" {
			t.Errorf("numbered %s", x.Number)
		}
		x = w.must(w.Complete(ctx, thu, x.Copy()))
		if x.State != dossier.Done || x.Unit != deskUnit {
			t.Errorf("completed: %s in %s", x.State, x.Unit)
		}
		x = w.must(w.HandOverResult(ctx, mai, x.Copy(), dossier.PickUp))
		x = w.must(w.Rate(ctx, an, x.Copy(), 5, "Nhanh, rõ ràng"))
		_, err = w.Rate(ctx, an, x.Copy(), 1, "")
		kind(t, "rate twice", err, errs.Conflict)

		// What the store has is what the acts returned.
		saved := w.must(w.Get(ctx, an, x.ID))
		if diff := cmp.Diff(x.Copy(), saved.Copy()); diff != "" || saved.Rating != 5 || saved.State != dossier.Returned || saved.Answers["so_gieng"].IsEmpty() {
			t.Errorf("saved %+v: %s", saved, diff)
		}
		entries, err := w.Timeline(ctx, an, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, e := range entries {
			kinds = append(kinds, strings.TrimPrefix(e.Kind, "dossier."))
		}
		want := "started attached attached filed received paid forwarded taken-on supplement-proposed supplement-requested supplemented proposed returned-for-rework proposed approved signed numbered completed returned rated"
		if diff := cmp.Diff(strings.Fields(want), kinds); diff != "" {
			t.Errorf("timeline: %s", diff)
		}
		for _, e := range entries {
			if e.Kind == "dossier.returned-for-rework" && e.Note != "" {
				t.Error("the applicant reads what the head wrote to the officer")
			}
		}

		c, err := w.Clock(ctx, mai, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.Verdict != dossier.Early || c.Under766 != dossier.Early || c.Gross <= c.Net || c.Net <= 0 {
			t.Errorf("verdicts %s and %s, %d of %d minutes", c.Verdict, c.Under766, c.Net, c.Gross)
		}
		for code, wantKnown := range map[string]bool{receipt.Secret: true, "": false, "AAAAAAAAAA": false, strings.ToLower(receipt.Secret): true} {
			tr, err := w.Track(ctx, x.Code, code)
			if err != nil || tr.Known != wantKnown || tr.Level != 4 {
				t.Errorf("track with %q: %+v, %v", code, tr, err)
			}
		}
	})
}

// TestEveryActInEveryState tries each act in each state: it succeeds where the
// table says so, and is refused everywhere else, leaving nothing behind.
func TestEveryActInEveryState(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		type try func(d *dossier.Dossier) (*dossier.Dossier, error)
		tries := map[dossier.ActName]try{
			dossier.ActSaveAnswers: func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.SaveAnswers(ctx, an, d.Copy(), answers()) },
			dossier.ActReceive:     func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Receive(ctx, mai, d.Copy()) },
			dossier.ActSupplementAtReception: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.SupplementAtReception(ctx, mai, d.Copy(), items())
			},
			dossier.ActNotReceive: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.NotReceive(ctx, mai, d.Copy(), ground("incomplete"))
			},
			dossier.ActForward: func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Forward(ctx, mai, d.Copy()) },
			dossier.ActAssign:  func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Assign(ctx, hung, d.Copy(), cuc.ID) },
			dossier.ActHandOver: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.HandOver(ctx, cuong, d.Copy(), cuc.ID, "")
			},
			dossier.ActProposeSupplement: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.ProposeSupplement(ctx, cuong, d.Copy(), items(), "")
			},
			dossier.ActReturnOnAppraisal: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.ReturnOnAppraisal(ctx, cuong, d.Copy(), items())
			},
			dossier.ActAnswerSupplement: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.AnswerSupplement(ctx, an, d.Copy(), nil, nil)
			},
			dossier.ActRequestPayment: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.RequestPayment(ctx, cuong, d.Copy(), 0, "")
			},
			dossier.ActRecordPayment: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.RecordPayment(ctx, mai, d.Copy(), d.Charge, "01")
			},
			dossier.ActPropose: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				return w.Propose(ctx, cuong, d.Copy(), dossier.Proposal{Outcome: dossier.Grant})
			},
			dossier.ActApprove:        func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Approve(ctx, hung, d.Copy(), "") },
			dossier.ActSign:           func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Sign(ctx, lan, d.Copy()) },
			dossier.ActNumber:         func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.IssueNumber(ctx, thu, d.Copy(), "") },
			dossier.ActHandOverResult: func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.HandOverResult(ctx, mai, d.Copy(), "") },
			dossier.ActWithdraw:       func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Withdraw(ctx, an, d.Copy(), "") },
			dossier.ActRate:           func(d *dossier.Dossier) (*dossier.Dossier, error) { return w.Rate(ctx, an, d.Copy(), 4, "") },
			dossier.ActAddAttachment: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				_, d, err := w.AddAttachment(ctx, an, d.Copy(), paper("bao-cao"))
				return d, err
			},
			dossier.ActNewSecret: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				_, d, err := w.NewSecret(ctx, mai, d.Copy())
				return d, err
			},
			dossier.ActStop: func(d *dossier.Dossier) (*dossier.Dossier, error) {
				by := hung
				if d.Unit == leaderUnit {
					by = lan
				}
				if d.Unit == deskUnit {
					by = staff("truong", actor.UnitHead, deskUnit)
				}
				return w.Stop(ctx, by, d.Copy(), ground("no-answer"))
			},
		}
		rows := map[dossier.ActName]dossier.Act{}
		for _, a := range dossier.Acts() {
			rows[a.Name] = a
		}
		for _, s := range dossier.States() {
			for name, try := range tries {
				x := w.in(s)
				before, err := w.events.Timeline(ctx, d, x.ID.Subject())
				if err != nil {
					t.Fatal(err)
				}
				done, err := try(x)
				after, _ := w.events.Timeline(ctx, d, x.ID.Subject())
				lawful := slices.Contains(rows[name].From, s)
				switch {
				case lawful && err != nil:
					t.Errorf("%s in %s: %v", name, s, err)
				case lawful && rows[name].Event != "" && len(after) != len(before)+1:
					t.Errorf("%s in %s left %d events", name, s, len(after)-len(before))
				case lawful && done.State != s && !slices.Contains(rows[name].To, done.State):
					t.Errorf("%s brought it from %s to %s", name, s, done.State)
				case !lawful && !slices.Contains([]errs.Kind{errs.Conflict, errs.Forbidden, errs.NotFound}, errs.KindOf(err)):
					t.Errorf("%s in %s: %v, want a refusal", name, s, err)
				case !lawful && len(after) != len(before):
					t.Errorf("%s in %s was refused, and recorded", name, s)
				}
			}
		}
	})
}

// TestCodes files from many clients at once: every number is given once, and
// none is left out, though some filings fail.
func TestCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		const clients, each = 32, 4
		codes := make([]string, clients*each)
		var group sync.WaitGroup
		for c := range clients {
			group.Go(func() {
				for i := range each {
					n := w.application()
					if _, err := w.FileAtOnce(ctx, machine, dossier.NewDossier{Procedure: n.Procedure, Party: "p-an", ApplicantKind: n.ApplicantKind, Answers: n.Answers, System: "dvcqg", Ref: "G09.20-1"}, dossier.Filing{}); err != nil && errs.KindOf(err) != errs.Conflict {
						t.Error(err)
					}
					r, err := w.FileAtOnce(ctx, an, n, dossier.Filing{Key: fmt.Sprint(c, i)})
					if err != nil {
						t.Error(err)
						return
					}
					codes[c*each+i] = r.Dossier.Code
				}
			})
		}
		group.Wait()
		slices.Sort(codes)
		for i, code := range codes {
			if want := fmt.Sprintf("-220704-%04d", i+1); !strings.HasSuffix(code, want) {
				t.Fatalf("code %d is %s, want it to end with %s", i, code, want)
			}
		}
		page, err := w.List(ctx, mai, dossier.Query{Text: "G09.20", Limit: 10})
		if err != nil || len(page.Dossiers) != 1 || page.Dossiers[0].Sync != dossier.Synced {
			t.Errorf("external dossiers: %d, %v", len(page.Dossiers), err)
		}
	})
}

func TestFileAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		n := w.application()
		first, err := w.FileAtOnce(ctx, an, n, dossier.Filing{Key: "k"})
		w.must(first.Dossier, err)
		second, err := w.FileAtOnce(ctx, an, n, dossier.Filing{Key: "k"})
		if err != nil || !second.Again || second.Secret != "" || second.Dossier.ID != first.Dossier.ID {
			t.Errorf("again: %+v, %v", second, err)
		}
		n.Summary = "Khác"
		_, err = w.FileAtOnce(ctx, an, n, dossier.Filing{Key: "k"})
		kind(t, "another body", err, errs.Invalid)
		n.Party = ""
		if other, err := w.FileAtOnce(ctx, binh, n, dossier.Filing{Key: "k"}); err != nil || other.Again {
			t.Errorf("another's key: %+v, %v", other, err)
		}

		draft := w.in(dossier.Draft)
		for _, c := range []string{"bao-cao", "xet-nghiem"} {
			if _, _, err := w.AddAttachment(ctx, an, draft.Copy(), paper(c)); err != nil {
				t.Fatal(err)
			}
		}
		one, err := w.File(ctx, an, draft.Copy(), dossier.Filing{Key: "draft"})
		w.must(one.Dossier, err)
		two, err := w.File(ctx, an, draft.Copy(), dossier.Filing{Key: "draft"})
		if err != nil || !two.Again || two.Dossier.Code != one.Dossier.Code {
			t.Errorf("draft again: %+v, %v", two, err)
		}
	})
}

// TestStaleCopy has two officers act on one copy: the second is told what the
// first did.
func TestStaleCopy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		x := w.process()
		seen := x.Copy()
		w.must(w.Assign(ctx, hung, seen, cuc.ID))
		_, err := w.Propose(ctx, cuong, seen, dossier.Proposal{Outcome: dossier.Grant})
		kind(t, "act on a stale copy", err, errs.Conflict)
		stale, ok := errors.AsType[*dossier.StaleError](err)
		if !ok || len(stale.Changes) != 1 || stale.Changes[0].Kind != "dossier.assigned" || stale.Current.Assignee != cuc.ID {
			t.Errorf("told %+v", stale)
		}

		// Raced for, exactly one wins.
		x = w.file()
		var group sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			group.Go(func() { _, results[i] = w.Receive(ctx, mai, x.Copy()) })
		}
		group.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if errs.KindOf(err) != errs.Conflict {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d received it", won)
		}
	})
}

// TestWhoSees tries everybody on a draft and on a filed dossier, through each
// way of reading.
func TestWhoSees(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		linh := citizen("linh", "p-linh")
		inspector := func(unit, from, to string) actor.Actor {
			return actor.Actor{ID: "thanh-tra", Grants: []actor.Grant{{Role: actor.Inspector, Units: []string{unit}, From: from, To: to}}}
		}
		whole := actor.Actor{ID: "giam-doc", Grants: []actor.Grant{{Role: actor.Leader, Units: []string{"", deskUnit, waterUnit}}}}
		narrow := cuong
		narrow.Scopes = []actor.Permission{actor.SignedIn}
		draft, filed := w.in(dossier.Draft), w.in(dossier.Received)
		for _, tt := range []struct {
			name         string
			who          actor.Actor
			draft, filed bool
		}{
			{"the applicant", an, true, true},
			{"who represents them", linh, true, true},
			{"another citizen", binh, false, false},
			{"the desk", mai, false, true},
			{"the unit that appraises", cuong, false, true},
			{"a token without the scope", narrow, false, false},
			{"the unit that decides", lan, false, true},
			{"another unit", stranger, false, false},
			{"the whole installation", whole, false, true},
			{"the administrator", admin, false, false},
			{"a mandate", inspector(waterUnit, "2022-07-01", "2022-08-01"), false, true},
			{"a mandate over before", inspector(waterUnit, "2022-01-01", "2022-07-04"), false, false},
			{"a mandate elsewhere", inspector(otherUnit, "", ""), false, false},
			{"a partner's machine", machine, false, true},
			{"nobody", actor.Actor{}, false, false},
			{"the house", actor.System(), true, true},
		} {
			for x, want := range map[*dossier.Dossier]bool{draft: tt.draft, filed: tt.filed} {
				_, err := w.Get(ctx, tt.who, x.ID)
				if got := err == nil; got != want || err != nil && errs.KindOf(err) != errs.NotFound {
					t.Errorf("%s, %s: Get = %v", tt.name, x.State, err)
				}
				if _, err := w.Timeline(ctx, tt.who, x.ID); (err == nil) != want {
					t.Errorf("%s, %s: Timeline = %v", tt.name, x.State, err)
				}
				if _, err := w.Withdraw(ctx, tt.who, dossier.Copy{ID: x.ID, Version: 99}, ""); !want && errs.KindOf(err) != errs.NotFound {
					t.Errorf("%s, %s: Withdraw = %v", tt.name, x.State, err)
				}
			}
			for _, q := range []dossier.Query{{}, {Text: "nguyen"}, {Text: filed.Code}, {States: []dossier.State{dossier.Received}}, {Procedure: filed.ProcedureCode}} {
				page, err := w.List(ctx, tt.who, q)
				if err != nil {
					t.Fatal(err)
				}
				if got := len(page.Dossiers) == 1; got != tt.filed {
					t.Errorf("%s: list %+v has %d", tt.name, q, len(page.Dossiers))
				}
			}
			n := 0
			for _, err := range w.Export(ctx, tt.who, dossier.Query{}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			counts, err := w.Statistics(ctx, tt.who, dossier.Query{})
			if err != nil || (n == 1) != tt.filed || (counts[dossier.Received] == 1) != tt.filed {
				t.Errorf("%s: exports %d, counts %v, %v", tt.name, n, counts, err)
			}
		}
	})
}

// TestWhoMayNot tries acts by who sees the dossier, and may not do them.
func TestWhoMayNot(t *testing.T) {
	w, ctx := newWorld(t, dbtest.SQLite(t)), t.Context()
	x := w.process()
	for name, err := range map[string]error{
		"another officer works on it":    second(w.Propose(ctx, cuc, x.Copy(), dossier.Proposal{Outcome: dossier.Grant})),
		"the applicant proposes":         second(w.Propose(ctx, an, x.Copy(), dossier.Proposal{Outcome: dossier.Grant})),
		"the officer relays to citizens": second(w.RelaySupplement(ctx, cuong, x.Copy(), "")),
		"the desk assigns":               second(w.Assign(ctx, mai, x.Copy(), cuc.ID)),
		"the officer assigns":            second(w.Assign(ctx, cuong, x.Copy(), cuc.ID)),
		"the leader stops elsewhere":     second(w.Stop(ctx, lan, x.Copy(), ground("no-answer"))),
	} {
		kind(t, name, err, errs.Forbidden)
	}
	_, err := w.FileAtOnce(ctx, binh, dossier.NewDossier{Procedure: x.ProcedureCode, Party: "p-an", ApplicantKind: "individual", Answers: answers()}, dossier.Filing{})
	kind(t, "file in another's name", err, errs.Forbidden)
	n := w.application()
	n.System, n.Ref = "dvcqg", "H06.1-1"
	_, err = w.FileAtOnce(ctx, an, n, dossier.Filing{})
	kind(t, "pretend to come from the portal", err, errs.Forbidden)
	n = w.application()
	n.Party, n.Channel = "p-an", dossier.Post
	r, err := w.FileAtOnce(ctx, mai, n, dossier.Filing{})
	if err != nil || !r.Dossier.Assisted || r.Dossier.Channel != dossier.Post {
		t.Errorf("assisted: %+v, %v", r.Dossier, err)
	}
}

func second(_ *dossier.Dossier, err error) error { return err }

func TestSupplementRules(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		x := w.must(w.SupplementAtReception(ctx, mai, w.file().Copy(), items()))
		x = w.must(w.AnswerSupplement(ctx, an, x.Copy(), nil, []dossier.NewAttachment{paper("bao-cao")}))
		if x.State != dossier.Filed {
			t.Errorf("answered at reception, it is %s", x.State)
		}
		_, err := w.SupplementAtReception(ctx, mai, x.Copy(), items())
		kind(t, "ask twice at reception", err, errs.Conflict)

		_, err = w.SupplementAtReception(ctx, mai, w.file().Copy(), []dossier.Item{{Component: "giay-khai-sinh", Problem: "thiếu", Fix: "nộp"}})
		kind(t, "ask for a paper of one's own invention", err, errs.Invalid)
		_, err = w.SupplementAtReception(ctx, mai, w.file().Copy(), nil)
		kind(t, "ask for nothing", err, errs.Invalid)
		_, err = w.SupplementAtReception(ctx, mai, w.file().Copy(), []dossier.Item{{Field: "so_gieng", Problem: "sai"}})
		kind(t, "not say how to fix", err, errs.Invalid)

		// In the process: the first freely, the second by the head in writing.
		ask := func(x *dossier.Dossier, by actor.Actor, why string) (*dossier.Dossier, error) {
			x, err := w.ProposeSupplement(ctx, by, x.Copy(), items(), why)
			if err != nil {
				return nil, err
			}
			x = w.must(w.RelaySupplement(ctx, mai, x.Copy(), x.Supplement))
			return w.AnswerSupplement(ctx, an, x.Copy(), nil, nil)
		}
		x = w.must(ask(w.process(), cuong, ""))
		_, err = ask(x, cuong, "Cần thêm")
		kind(t, "the officer asks a second time", err, errs.Forbidden)
		_, err = ask(x, hung, "")
		kind(t, "the head gives no reason", err, errs.Invalid)
		x = w.must(ask(x, hung, "Số liệu mới mâu thuẫn với giấy phép"))
		c, err := w.Clock(ctx, hung, x.ID)
		if err != nil || c.Verdict != dossier.InTime || c.Under766 != dossier.PastDue {
			t.Errorf("after a second request: %s, under QĐ 766 %s, %v", c.Verdict, c.Under766, err)
		}

		// On appraisal: within three working days, once, and with its own count.
		x = w.process()
		w.set("2022-07-07T16:00")
		x = w.must(w.ReturnOnAppraisal(ctx, cuong, x.Copy(), items()))
		x = w.must(w.RelaySupplement(ctx, mai, x.Copy(), x.Supplement))
		w.set("2022-07-08T08:00")
		x = w.must(w.AnswerSupplement(ctx, an, x.Copy(), nil, nil))
		_, err = w.ReturnOnAppraisal(ctx, cuong, x.Copy(), items())
		kind(t, "return twice", err, errs.Conflict)
		if c, err = w.Clock(ctx, hung, x.ID); err != nil || c.Under766 != dossier.InTime {
			t.Errorf("after a return on appraisal: %s, %v", c.Under766, err)
		}
		w.set("2022-07-11T08:00")
		x = w.process()
		w.set("2022-07-15T08:00")
		_, err = w.ReturnOnAppraisal(ctx, cuong, x.Copy(), items())
		kind(t, "return on the fourth day", err, errs.Conflict)
	})
}

func TestApology(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		x := w.process() // due 5 August
		events := func() (n int) {
			all, err := w.events.Timeline(ctx, d, x.ID.Subject())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range all {
				if e.Kind == "dossier.apology-drafted" {
					n++
				}
			}
			return n
		}
		w.set("2022-08-02T07:00")
		if err := w.DraftApologies(ctx); err != nil || events() != 0 {
			t.Errorf("three days before: %d drafts, %v", events(), err)
		}
		w.set("2022-08-03T07:00")
		for range 2 {
			if err := w.DraftApologies(ctx); err != nil || events() != 1 {
				t.Errorf("two days before: %d drafts, %v", events(), err)
			}
		}
		_, err := w.IssueApology(ctx, hung, x.Copy(), date("2022-08-05"), "Đợt khảo sát kéo dài")
		kind(t, "promise the same day", err, errs.Invalid)
		_, err = w.IssueApology(ctx, hung, x.Copy(), date("2022-08-13"), "Đợt khảo sát kéo dài")
		kind(t, "promise a Saturday", err, errs.Invalid)
		x = w.must(w.IssueApology(ctx, hung, x.Copy(), date("2022-08-12"), "Đợt khảo sát kéo dài"))
		if !x.DueAt.Equal(at("2022-08-12T17:00")) {
			t.Errorf("promised %s", x.DueAt)
		}
		_, err = w.IssueApology(ctx, hung, x.Copy(), date("2022-08-19"), "Vẫn chưa xong")
		kind(t, "apologise twice", err, errs.Conflict)
		w.set("2022-08-08T08:00")
		c, err := w.Clock(ctx, hung, x.ID)
		if err != nil || c.Verdict != dossier.PastDue || !c.Lawful.Equal(at("2022-08-05T17:00")) {
			t.Errorf("after the lawful date: %s, lawful %s, %v", c.Verdict, c.Lawful, err)
		}
	})
}

var codePattern = regexp.MustCompile(`^000\.00\.00\.H06-\d{6}-\d{4,}$`)

// TestListsPage walks every list in small pages, and finds each dossier once.
func TestListsPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		mine := map[dossier.ID]bool{}
		for i := range 7 {
			w.set(fmt.Sprintf("2022-07-%02dT09:00", 4+i%3))
			x := w.process()
			mine[x.ID] = true
			if !codePattern.MatchString(x.Code) {
				t.Errorf("code %s", x.Code)
			}
		}
		w.in(dossier.Draft)
		w.set("2022-08-05T10:00")
		walk := func(by actor.Actor, q dossier.Query) (ids []dossier.ID) {
			q.Limit = 2
			for range 20 {
				page, err := w.List(ctx, by, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range page.Dossiers {
					ids = append(ids, x.ID)
				}
				if q.After = page.Next; q.After == "" {
					return ids
				}
			}
			t.Fatal("the list has no end")
			return nil
		}
		two := cuong
		two.Grants = append(slices.Clone(cuong.Grants), actor.Grant{Role: actor.CaseOfficer, Units: []string{deskUnit, leaderUnit, otherUnit}})
		for _, tt := range []struct {
			name string
			by   actor.Actor
			q    dossier.Query
			want int
		}{
			{"mine", cuong, dossier.Query{View: dossier.Mine}, 7},
			{"another's", cuc, dossier.Query{View: dossier.Mine}, 0},
			{"the unit's", cuc, dossier.Query{View: dossier.OfUnit}, 7},
			{"several units'", two, dossier.Query{View: dossier.OfUnit}, 7},
			{"the desk's", mai, dossier.Query{View: dossier.OfUnit}, 0},
			{"due today", cuc, dossier.Query{View: dossier.DueToday}, 3},
			{"overdue", cuc, dossier.Query{View: dossier.Overdue}, 0},
			{"all", mai, dossier.Query{}, 7},
			{"all of several units", two, dossier.Query{}, 7},
			{"own", an, dossier.Query{View: dossier.Own}, 8},
			{"of another citizen", binh, dossier.Query{View: dossier.Own}, 0},
			{"by name", mai, dossier.Query{Text: "văn an"}, 7},
			{"by given name", mai, dossier.Query{Text: "An"}, 7},
			{"by summary", mai, dossier.Query{Text: "giếng xu"}, 7},
			{"by a name nobody has", mai, dossier.Query{Text: "hoang"}, 0},
			{"by code", mai, dossier.Query{Text: "000.00.00.H06-220705"}, 2},
			{"by day", mai, dossier.Query{From: date("2022-07-05"), To: date("2022-07-06")}, 2},
			{"by applicant", mai, dossier.Query{Party: []string{"p-binh"}}, 0},
		} {
			ids := walk(tt.by, tt.q)
			seen := map[dossier.ID]bool{}
			for _, id := range ids {
				if seen[id] {
					t.Errorf("%s: %s twice", tt.name, id)
				}
				seen[id] = true
			}
			if len(seen) != tt.want {
				t.Errorf("%s: %d dossiers, want %d", tt.name, len(seen), tt.want)
			}
		}
		_, err := w.List(ctx, mai, dossier.Query{After: "?"})
		kind(t, "a forged cursor", err, errs.Invalid)
	})
}

// TestCalendarChange moves due dates when a day of rest is added, with an event,
// and the nightly comparison finds what has no event.
func TestCalendarChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		x := w.process()
		if err := w.CompareDue(ctx); err != nil {
			t.Errorf("nothing has changed: %v", err)
		}
		w.calendars.Calendar = withHoliday(t, "2022-07-20")
		if err := w.CompareDue(ctx); err == nil {
			t.Error("the comparison finds no difference")
		}
		for range 2 {
			if err := w.Recount(ctx); err != nil {
				t.Fatal(err)
			}
		}
		got := w.must(w.Get(ctx, mai, x.ID))
		if !got.DueAt.Equal(at("2022-08-08T17:00")) || got.Version != x.Version {
			t.Errorf("due %s, version %d", got.DueAt, got.Version)
		}
		all, err := w.events.Timeline(ctx, d, x.ID.Subject())
		if err != nil || all[len(all)-1].Kind != "dossier.due-changed" || all[len(all)-2].Kind == "dossier.due-changed" {
			t.Errorf("events end with %s, %v", all[len(all)-1].Kind, err)
		}
		if err := w.CompareDue(ctx); err != nil {
			t.Errorf("after counting anew: %v", err)
		}
	})
}

// TestApplicants hands dossiers to the party somebody proved to be, and forgets
// a name.
func TestApplicants(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		x := w.in(dossier.Received)
		if err := w.ChangeApplicant(ctx, "p-an", "p-binh"); err != nil {
			t.Fatal(err)
		}
		w.must(w.Get(ctx, binh, x.ID))
		if err := w.ForgetApplicant(ctx, "p-binh"); err != nil {
			t.Fatal(err)
		}
		page, err := w.List(ctx, mai, dossier.Query{Text: "nguyen van an"})
		if got := w.must(w.Get(ctx, mai, x.ID)); err != nil || len(page.Dossiers) != 0 || got.ApplicantName != "" || got.Code != x.Code {
			t.Errorf("found %d; still %q, %v", len(page.Dossiers), got.ApplicantName, err)
		}
		n := w.application()
		n.Party = "p-nobody"
		_, err = w.FileAtOnce(ctx, mai, n, dossier.Filing{})
		kind(t, "file for nobody", err, errs.Invalid)
	})
}
