package demo

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// The size of the standard demonstration: what was finished in the first half
// of 2022, and what is at work now.
const (
	finished = 72
	open     = 40
)

// fate is what becomes of a dossier.
type fate uint8

const (
	granted fate = iota
	supplemented
	incomplete // asked for papers at reception
	late       // overdue, with an apology
	refused
	turnedAway
	withdrawn
)

// fates are drawn from; most dossiers go well.
var fates = []fate{granted, granted, granted, granted, granted, granted, supplemented, supplemented, incomplete, late, refused, turnedAway, withdrawn}

// thread is the story of one dossier: what is next, and when.
type thread struct {
	at      time.Time
	turn    int // breaks ties, so that the story is the same each time
	d       *dossier.Dossier
	applied application
	fate    fate
	asked   bool // for papers, once
	until   time.Time
	chance  *rand.Rand
}

// application is who files what.
type application struct {
	who       citizen
	procedure procedure.Code
	kind      procedure.ApplicantKind
	online    bool
	desk      string // receiving unit
	answers   form.Answers
}

// threads is a heap: the earliest next act first.
type threads []*thread

func (t threads) Len() int { return len(t) }
func (t threads) Less(i, j int) bool {
	return t[i].at.Before(t[j].at) || t[i].at.Equal(t[j].at) && t[i].turn < t[j].turn
}
func (t threads) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *threads) Push(x any)   { *t = append(*t, x.(*thread)) }
func (t *threads) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// story files and handles the dossiers, all of them in the order of time.
func (p *province) story(ctx context.Context, made time.Time, scale int) error {
	calendar, err := p.Calendars.Current(ctx)
	if err != nil {
		return err
	}
	var all threads
	half := worktime.NewDate(2022, 1, 10).Time(8, 0)
	for i := range finished * scale {
		at := half.Add(time.Duration(i) * 150 * 24 * time.Hour / time.Duration(finished*scale))
		all = append(all, p.thread(i, at, worktime.NewDate(2022, 9, 30).Time(17, 0)))
	}
	for i := range open * scale {
		day, err := calendar.AddWorkingDays(worktime.DateOf(made), -1-i%18)
		if err != nil {
			return err
		}
		all = append(all, p.thread(finished*scale+i, day.Time(7, 30).Add(time.Duration(i*37%500)*time.Minute), made))
	}
	heap.Init(&all)
	for n := len(all); len(all) > 0; {
		t := all[0]
		p.clock.set(t.at)
		done, err := p.step(ctx, t)
		if err != nil {
			return fmt.Errorf("dossier %d of the story, %s: %w", t.turn, t.applied.procedure, err)
		}
		if !done {
			t.at, err = p.later(calendar, t)
			if err != nil {
				return err
			}
		}
		if done || t.at.After(t.until) {
			heap.Pop(&all)
			if left := len(all); left%200 == 0 {
				p.say("%d of %d dossiers told", n-left, n)
			}
			continue
		}
		heap.Fix(&all, 0)
	}
	return nil
}

// later is when the next act happens: some office hours on, days for a slow one.
func (p *province) later(c worktime.Calendar, t *thread) (time.Time, error) {
	hours := 1 + t.chance.IntN(4)
	if t.fate == late {
		hours += 24
	}
	if t.d != nil && t.d.State == dossier.WaitingSupplement {
		hours += 16
	}
	due, err := c.Deadline(t.at, worktime.Term{Amount: hours, Unit: worktime.WorkingHour}, nil)
	if err != nil {
		return time.Time{}, err
	}
	return due.Due.Add(-time.Duration(t.chance.IntN(50)) * time.Minute), nil
}

func (p *province) thread(i int, at, until time.Time) *thread {
	chance := rand.New(rand.NewPCG(2022, uint64(i)))
	t := &thread{at: at, turn: i, chance: chance, fate: fates[chance.IntN(len(fates))], until: until}
	t.applied = p.application(i, chance, worktime.DateOf(at))
	return t
}

// step does the next lawful act of a dossier, as the people whose turn it is
// would.
func (p *province) step(ctx context.Context, t *thread) (bool, error) {
	if t.d == nil {
		return false, p.file(ctx, t)
	}
	if t.fate == withdrawn && t.d.State == dossier.InProcessing {
		_, err := p.Dossiers.Withdraw(ctx, p.desk(t.d), t.d.Copy(), "Người nộp đổi ý, rút hồ sơ tại quầy.")
		return true, err
	}
	d, done, err := p.next(ctx, t)
	if d != nil {
		t.d = d
	}
	return done, err
}

func (p *province) file(ctx context.Context, t *thread) error {
	a := t.applied
	by := a.who.actor
	if !a.online {
		by = p.officer(actor.AssistFiling, a.desk)
	}
	receipt, err := p.Dossiers.FileAtOnce(ctx, by, dossier.NewDossier{
		Procedure: a.procedure, Party: a.who.party, ApplicantKind: a.kind, ReceivingUnit: a.desk, Answers: a.answers,
	}, dossier.Filing{})
	if err != nil {
		return err
	}
	t.d = receipt.Dossier
	return nil
}

// next is the table of whose turn it is in which state.
func (p *province) next(ctx context.Context, t *thread) (*dossier.Dossier, bool, error) {
	s, d, c := p.Dossiers, t.d, t.d.Copy()
	switch d.State {
	case dossier.Filed:
		return p.atDesk(ctx, t)
	case dossier.Received:
		d, err := s.Forward(ctx, p.desk(d), c)
		return d, false, err
	case dossier.InProcessing:
		return p.inProcessing(ctx, t)
	case dossier.WaitingSupplement:
		d, err := s.AnswerSupplement(ctx, p.desk(d), c, nil, nil)
		return d, false, err
	case dossier.WaitingPayment:
		d, err := s.RecordPayment(ctx, p.desk(d), c, d.Charge, fmt.Sprintf("BL-%04d", t.turn))
		return d, false, err
	case dossier.Proposed:
		d, err := s.Approve(ctx, p.officer(actor.AssignDossier, d.Unit), c, "")
		return d, false, err
	case dossier.Approved:
		if t.fate == late && d.ApologyAt.IsZero() && p.Now().After(d.DueAt.AddDate(0, 0, -3)) {
			return p.apologise(ctx, t)
		}
		d, err := p.Papers.SignResult(ctx, p.officer(actor.SignDossier, d.DecidingUnit), c)
		return d, false, err
	case dossier.Signed:
		if d.Number == "" {
			d, err := p.Papers.NumberResult(ctx, p.officer(actor.NumberDossier, d.DecidingUnit), c)
			return d, false, err
		}
		d, err := s.Complete(ctx, p.officer(actor.NumberDossier, d.DecidingUnit), c)
		return d, false, err
	case dossier.Done, dossier.Refused:
		d, err := s.HandOverResult(ctx, p.desk(d), c, "")
		return d, false, err
	case dossier.Returned:
		if !t.applied.who.actor.Known() || t.chance.IntN(3) == 0 {
			return nil, true, nil
		}
		_, err := s.Rate(ctx, t.applied.who.actor, c, 3+t.chance.IntN(3), "")
		return nil, true, err
	}
	return nil, true, nil
}

func (p *province) atDesk(ctx context.Context, t *thread) (*dossier.Dossier, bool, error) {
	desk, c := p.desk(t.d), t.d.Copy()
	switch {
	case t.fate == turnedAway:
		d, err := p.Dossiers.NotReceive(ctx, desk, c, dossier.Ground{Reason: "not-competent", Text: "Thửa đất thuộc địa bàn tỉnh khác, đề nghị nộp tại nơi có đất."})
		return d, true, err
	case t.fate == incomplete && !t.asked:
		t.asked = true
		d, err := p.Dossiers.SupplementAtReception(ctx, desk, c, t.items(ctx, p))
		return d, false, err
	}
	d, err := p.Dossiers.Receive(ctx, desk, c)
	return d, false, err
}

func (p *province) inProcessing(ctx context.Context, t *thread) (*dossier.Dossier, bool, error) {
	s, d, c := p.Dossiers, t.d, t.d.Copy()
	officer := p.officer(actor.WorkDossier, d.Unit)
	switch {
	case d.Supplement != "":
		d, err := s.RelaySupplement(ctx, p.desk(d), c, d.Supplement)
		return d, false, err
	case d.Assignee == "":
		d, err := s.TakeOn(ctx, officer, c)
		return d, false, err
	case t.fate == supplemented && !t.asked:
		t.asked = true
		d, err := s.ProposeSupplement(ctx, officer, c, t.items(ctx, p), "")
		return d, false, err
	case d.Money == dossier.Quoted && d.Charge > 0:
		d, err := s.RecordPayment(ctx, p.desk(d), c, d.Charge, fmt.Sprintf("BL-%04d", t.turn))
		return d, false, err
	}
	v, err := p.Procedures.Get(ctx, d.Procedure)
	if err != nil {
		return nil, false, err
	}
	if stages := v.StagesOf(d.Case); d.Stage+1 < len(stages) && !decides(stages[d.Stage+1].Step) {
		d, err := s.CompleteStage(ctx, officer, c, "")
		return d, false, err
	}
	proposal := dossier.Proposal{Outcome: dossier.Grant, Text: "Hồ sơ đủ điều kiện."}
	if t.fate == refused {
		proposal = dossier.Proposal{Outcome: dossier.Refuse, Ground: dossier.Ground{
			Reason: "conditions-not-met", Article: "dữ liệu mẫu", Text: "Chưa đáp ứng điều kiện của thủ tục; đề nghị hoàn thiện rồi nộp lại.",
		}}
	}
	d, err = s.Propose(ctx, officer, c, proposal)
	return d, false, err
}

// decides reports whether a step comes with an act of its own.
func decides(s procedure.Step) bool {
	return s == procedure.Decision || s == procedure.Issue || s == procedure.Return
}

func (p *province) apologise(ctx context.Context, t *thread) (*dossier.Dossier, bool, error) {
	calendar, err := p.Calendars.Current(ctx)
	if err != nil {
		return nil, false, err
	}
	from := t.d.DueAt
	if now := p.Now(); now.After(from) {
		from = now
	}
	until, err := calendar.AddWorkingDays(worktime.DateOf(from), 5)
	if err != nil {
		return nil, false, err
	}
	d, err := p.Dossiers.IssueApology(ctx, p.officer(actor.SignDossier, t.d.DecidingUnit), t.d.Copy(), until, "Cần kiểm tra lại thực địa, chưa kịp trả kết quả đúng hẹn.")
	return d, false, err
}

// items asks for one paper of the procedure.
func (t *thread) items(ctx context.Context, p *province) []dossier.Item {
	v, err := p.Procedures.Get(ctx, t.d.Procedure)
	if err != nil {
		return nil
	}
	for _, c := range v.ComponentsOf(t.d.Case) {
		if c.Required && !c.FromForm {
			return []dossier.Item{{Component: c.ID, Problem: "Ảnh chụp thiếu trang, chưa thấy rõ số phát hành.", Fix: "Chụp lại đủ các trang, đủ sáng, thấy rõ mọi góc."}}
		}
	}
	return nil
}

func (p *province) desk(d *dossier.Dossier) actor.Actor {
	return p.officer(actor.ReceiveDossier, d.ReceivingUnit)
}

// officer returns the official who may do something in a unit, one whose home it
// is if there is one.
func (p *province) officer(may actor.Permission, unit string) actor.Actor {
	var found actor.Actor
	for _, o := range append(officials, branchStaff()...) {
		who := p.officers[key(o.role, o.unit)]
		if !who.CanIn(may, unit) {
			continue
		}
		if who.Unit == unit {
			return who
		}
		if !found.Known() {
			found = who
		}
	}
	return found
}
