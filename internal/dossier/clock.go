package dossier

import (
	"fmt"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Clock is a dossier's time, worked out from its events and counted under every
// rule that applies:
//
//   - Lawful, what binds the authority: the stages of the procedure that are part
//     of the announced total. What stood still is left out. A supplement after
//     reception starts the time anew (NĐ 61/2018/NĐ-CP Điều 19.4): with the
//     stage's other amount and what follows it where the procedure has one,
//     otherwise with the whole; unless the stage says that it only resumes. A
//     return on appraisal always starts anew.
//   - Subtract, for QĐ 766/QĐ-TTg: from reception, what stood still is left out
//     and nothing starts anew. A second request for papers in the process counts
//     as overdue whatever the clock says; reception's and appraisal's have their
//     own counts.
//   - Due, what the applicant was promised: Lawful, or the new date of an apology.
//
// A stage that the procedure does not count, such as a public notice, stops the
// clock while it lasts.
type Clock struct {
	Due       time.Time // zero while the clock stands still without an end
	Lawful    time.Time
	Subtract  time.Time
	Verdict   Verdict         // the end, or now, against Lawful
	Under766  Verdict         // the end, or now, against Subtract
	Why       []worktime.Line // how Due was counted, in words
	Gross     int             // office minutes since reception
	Net       int             // the same, less what stood still
	Stages    []StageClock
	Intervals []Interval
}

// Verdict compares an end, or now, with a due date. Its name is the message
// "dossier.verdict.<verdict>".
type Verdict string

// The verdicts.
const (
	NotCounted Verdict = ""         // no time runs yet
	InTime     Verdict = "in_time"  // trong hạn
	PastDue    Verdict = "past_due" // đang quá hạn
	Early      Verdict = "early"    // trước hạn: finished before its day
	OnTime     Verdict = "on_time"  // đúng hạn
	TooLate    Verdict = "late"     // quá hạn
)

// StageClock is one stage's time, in the order in which stages were entered.
type StageClock struct {
	Stage      string // id in the procedure
	Unit       string
	From, To   time.Time // To is zero while it lasts
	Due        time.Time // zero while it stands still
	Gross, Net int       // office minutes
	Verdict    Verdict
}

// IntervalKind says what went on in an interval. Its name is the message
// "dossier.interval.<kind>".
type IntervalKind string

// The kinds of intervals.
const (
	Running           IntervalKind = "running"
	AwaitSupplement   IntervalKind = "waiting_supplement"
	AwaitPayment      IntervalKind = "waiting_payment"
	AwaitConsultation IntervalKind = "consulting"
	Standstill        IntervalKind = "suspended"
)

// Interval is a stretch of a dossier's time, [From, To), in one stage and unit.
type Interval struct {
	Kind     IntervalKind
	Stage    string
	Unit     string
	From, To time.Time     // To is zero while it lasts
	Ground   worktime.Word // why the clock stands still: a message key or an article; empty while it runs
}

// Stands reports whether the clock stands still in i.
func (i Interval) Stands() bool { return i.Ground != "" }

// CountClock works out the clock of a dossier from what happened to it, as of
// now. The stages are those of its case, ch the channel it came by.
func CountClock(c worktime.Calendar, stages []procedure.Stage, ch Channel, happened []Entry, now time.Time) (Clock, error) {
	t := newTrace(stages, ch, happened)
	if t.received.IsZero() {
		return Clock{}, nil
	}
	n := count{c, t, now}
	clock := Clock{Intervals: t.intervals}
	promised, err := n.chain(c, t.promise)
	if err != nil {
		return Clock{}, fmt.Errorf("promised date: %w", err)
	}
	lawful, err := n.chain(c, t.lawful)
	if err != nil {
		return Clock{}, fmt.Errorf("lawful date: %w", err)
	}
	subtract, err := n.chain(c, t.first)
	if err != nil {
		return Clock{}, fmt.Errorf("date under QĐ 766: %w", err)
	}
	clock.Due, clock.Why = promised.Due, append(t.promise.why(), promised.Lines...)
	clock.Lawful, clock.Subtract = lawful.Due, subtract.Due
	clock.Verdict = n.verdict(lawful)
	clock.Under766 = n.verdict(subtract)
	if t.requests > 1 {
		clock.Under766 = PastDue
		if t.ended() {
			clock.Under766 = TooLate
		}
	}
	if clock.Gross, clock.Net, err = n.minutes(""); err != nil {
		return Clock{}, err
	}
	clock.Stages, err = n.stages()
	return clock, err
}

// base is a moment from which terms are counted, one after another.
type base struct {
	from   time.Time
	terms  []worktime.Term
	until  worktime.Date // of an apology: the day promised, instead of terms
	reason string        // message key of a line that says why the count begins there
}

func (b base) why() []worktime.Line {
	if b.reason == "" {
		return nil
	}
	return []worktime.Line{{Key: b.reason, Args: map[string]any{"at": b.from.In(worktime.Zone), "until": b.until}}}
}

// visit is one stay in a stage.
type visit struct {
	stage    string
	unit     string
	from, to time.Time
	base     base
}

// trace is what a dossier went through, folded from its events.
type trace struct {
	plan      []procedure.Stage
	channel   Channel
	received  time.Time
	end       time.Time
	intervals []Interval
	visits    []visit
	requests  int // for papers, in the process

	first   base // as at reception
	lawful  base
	promise base
}

func (t *trace) ended() bool { return !t.end.IsZero() }

func newTrace(plan []procedure.Stage, ch Channel, happened []Entry) *trace {
	t := &trace{plan: plan, channel: ch}
	var asked SupplementKind
	for _, e := range happened {
		if e.Fact.State == "" {
			continue // changed nothing that time depends on
		}
		if e.Kind == act(ActReceive).Event {
			t.receive(e)
		}
		if t.received.IsZero() || t.ended() {
			continue
		}
		switch e.Kind {
		case act(ActForward).Event:
			t.forward(e.At)
		case act(ActRelaySupplement).Event:
			if asked = e.Fact.Kind; asked == InTheProcess {
				t.requests++
			}
		case act(ActAnswerSupplement).Event:
			t.restart(e, asked)
		case act(ActIssueApology).Event:
			t.promise = base{from: e.At, until: e.Fact.Until, reason: "dossier.clock.apology"}
		}
		t.enter(e)
		if s := e.Fact.State; s.Final() || s == Done || s == Refused {
			t.close(e.At)
		}
	}
	return t
}

// receive starts the clock.
func (t *trace) receive(e Entry) {
	t.received = e.At
	t.first = base{from: e.At, terms: t.terms(0)}
	t.lawful, t.promise = t.first, t.first
}

// forward starts the clock anew where the law counts from when the papers reach
// the unit.
func (t *trace) forward(at time.Time) {
	if i := slices.IndexFunc(t.plan, counted); i >= 0 && t.plan[i].Starts == procedure.AtForwarding {
		t.first = base{from: at, terms: t.first.terms, reason: "dossier.clock.forwarded"}
		t.lawful, t.promise = t.first, t.first
	}
}

func counted(s procedure.Stage) bool { return !s.Uncounted }

// terms returns the terms of the counted stages from the one of index i on.
func (t *trace) terms(i int) []worktime.Term {
	var terms []worktime.Term
	for _, s := range t.plan[i:] {
		if !s.Uncounted {
			terms = append(terms, t.term(s))
		}
	}
	return terms
}

func (t *trace) term(s procedure.Stage) worktime.Term {
	return s.TermFor(channel(t.channel)).Worktime()
}

// channel is c as procedures know it: what came from another system came online.
func channel(c Channel) procedure.Channel {
	if c == External {
		return procedure.Online
	}
	return procedure.Channel(c)
}

func (t *trace) stage(id string) (int, bool) {
	i := slices.IndexFunc(t.plan, func(s procedure.Stage) bool { return s.ID == id })
	return i, i >= 0
}

// restart counts anew once papers have come in, if the rule says so.
func (t *trace) restart(e Entry, asked SupplementKind) {
	i, ok := t.stage(e.Fact.Stage)
	if !ok || asked == InTheProcess && t.plan[i].Reset != procedure.Restart {
		return
	}
	s := t.plan[i]
	b := base{from: e.At, terms: t.terms(0), reason: "dossier.clock.restarted"}
	own := base{from: e.At, terms: []worktime.Term{t.term(s)}}
	if s.Revised != nil {
		own.terms = []worktime.Term{s.Revised.Worktime()}
		b.terms = append(own.terms[:1:1], t.terms(i+1)...)
		b.reason = "dossier.clock.revised"
	}
	t.lawful, t.promise = b, b
	if n := len(t.visits); n > 0 {
		t.visits[n-1].base = own
	}
}

// enter notes where the dossier is and whether its clock runs, from e on.
func (t *trace) enter(e Entry) {
	next := Interval{Kind: Running, Stage: e.Fact.Stage, Unit: e.Fact.Unit, From: e.At}
	switch {
	case e.Fact.State == WaitingSupplement:
		next.Kind = AwaitSupplement
		next.Ground = "dossier.ground.supplement"
	case e.Fact.State == WaitingPayment:
		next.Kind = AwaitPayment
	case e.Fact.Pause == Consulting:
		next.Kind = AwaitConsultation
	case e.Fact.Pause == Suspended:
		next.Kind = Standstill
	}
	if next.Kind != Running && e.Fact.Article != "" {
		next.Ground = worktime.Word(e.Fact.Article)
	}
	if i, ok := t.stage(next.Stage); ok && t.plan[i].Uncounted && next.Kind == Running {
		next.Kind, next.Ground = Standstill, "dossier.ground.uncounted"
	}
	if n := len(t.intervals); n > 0 {
		last := &t.intervals[n-1]
		if last.Kind == next.Kind && last.Stage == next.Stage && last.Unit == next.Unit {
			return
		}
		last.To = e.At
	}
	t.intervals = append(t.intervals, next)
	t.visit(e)
}

// visit begins a stay in another stage.
func (t *trace) visit(e Entry) {
	if n := len(t.visits); n > 0 {
		last := &t.visits[n-1]
		if last.stage == e.Fact.Stage {
			last.unit = e.Fact.Unit
			return
		}
		last.to = e.At
	}
	v := visit{stage: e.Fact.Stage, unit: e.Fact.Unit, from: e.At}
	if i, ok := t.stage(v.stage); ok {
		v.base = base{from: e.At, terms: []worktime.Term{t.term(t.plan[i])}}
	}
	t.visits = append(t.visits, v)
}

func (t *trace) close(at time.Time) {
	t.end = at
	last := len(t.intervals) - 1
	t.intervals[last].To = at
	if t.intervals[last].From.Equal(at) {
		t.intervals = t.intervals[:last]
	}
	t.visits[len(t.visits)-1].to = at
}

// count is one reckoning of a trace.
type count struct {
	worktime.Calendar
	*trace
	now time.Time
}

// standing returns when the clock stood still, in the given stage or, for "", in
// all. In an uncounted stage its own clock runs.
func (n count) standing(stage string) []worktime.Suspension {
	var susp []worktime.Suspension
	for _, i := range n.intervals {
		if !i.Stands() || !i.To.IsZero() && !i.From.Before(i.To) || stage != "" && (i.Stage != stage || i.Ground == "dossier.ground.uncounted") {
			continue
		}
		susp = append(susp, worktime.Suspension{From: i.From, To: i.To, Ground: i.Ground})
	}
	return susp
}

// chain counts the terms of b one after another, leaving out what stood still.
func (n count) chain(c worktime.Calendar, b base) (worktime.Deadline, error) {
	return chain(c, b, n.standing(""))
}

func chain(c worktime.Calendar, b base, susp []worktime.Suspension) (worktime.Deadline, error) {
	terms, err := b.amounts(c)
	if err != nil || len(terms) == 0 {
		return worktime.Deadline{}, err
	}
	var whole worktime.Deadline
	from := b.from
	for i, term := range terms {
		one, err := c.Deadline(from, term, susp)
		if err != nil {
			return worktime.Deadline{}, err
		}
		whole.Lines = append(whole.Lines, one.Lines...)
		whole.Due, whole.Suspended = one.Due, one.Suspended
		if one.Suspended || i == len(terms)-1 {
			break
		}
		// The next term follows the last day of this one; that day is not
		// counted again, nor held against the cut-off hour.
		from = one.Due
		if terms[i+1].Unit != worktime.WorkingHour {
			from = worktime.DateOf(one.Due).Time(0, 0)
		}
		susp = slices.DeleteFunc(slices.Clone(susp), func(s worktime.Suspension) bool { return s.From.Before(one.Due) })
	}
	return whole, nil
}

// amounts returns the terms to count, neighbours of one unit added up: so the
// stages make the announced total, and no cut-off hour comes in between.
func (b base) amounts(c worktime.Calendar) ([]worktime.Term, error) {
	if !b.until.IsZero() {
		day, err := c.Received(b.from, 0)
		if err != nil {
			return nil, err
		}
		days, err := c.WorkingDays(day, b.until)
		return []worktime.Term{{Amount: max(days, 0), Unit: worktime.WorkingDay}}, err
	}
	var terms []worktime.Term
	for _, t := range b.terms {
		if last := len(terms) - 1; last >= 0 && terms[last].Unit == t.Unit {
			terms[last].Amount += t.Amount
			continue
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// at is the end of the dossier, or now.
func (n count) at() time.Time {
	if n.ended() {
		return n.end
	}
	return n.now
}

func (n count) verdict(d worktime.Deadline) Verdict { return verdict(d, n.end, n.now) }

// verdict compares the end, or now while there is none, with a due date. While
// the clock stands still before it was used up, all is in time.
func verdict(d worktime.Deadline, end, now time.Time) Verdict {
	switch {
	case end.IsZero() && (d.Due.IsZero() || !now.After(d.Due)):
		return InTime
	case end.IsZero():
		return PastDue
	case d.Due.IsZero():
		return OnTime
	case end.After(d.Due):
		return TooLate
	case worktime.DateOf(end).Before(worktime.DateOf(d.Due)):
		return Early
	}
	return OnTime
}

// minutes returns the office minutes that passed in a stage, or in all for "",
// and those of them in which the clock ran.
func (n count) minutes(stage string) (gross, net int, err error) {
	for _, i := range n.intervals {
		if stage != "" && i.Stage != stage {
			continue
		}
		to := i.To
		if to.IsZero() {
			to = n.at()
		}
		m, err := n.WorkingMinutes(i.From, to)
		if err != nil {
			return 0, 0, fmt.Errorf("minutes from %s: %w", i.From, err)
		}
		gross += m
		if !i.Stands() || stage != "" && i.Ground == "dossier.ground.uncounted" {
			net += m
		}
	}
	return gross, net, nil
}

// stages counts each stage on its own.
func (n count) stages() ([]StageClock, error) {
	clocks := make([]StageClock, 0, len(n.visits))
	for _, v := range n.visits {
		s := StageClock{Stage: v.stage, Unit: v.unit, From: v.from, To: v.to}
		d, err := chain(n.Calendar, v.base, n.standing(v.stage))
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", v.stage, err)
		}
		s.Due = d.Due
		s.Verdict = verdict(d, v.to, n.now)
		if s.Gross, s.Net, err = n.minutes(v.stage); err != nil {
			return nil, err
		}
		clocks = append(clocks, s)
	}
	return clocks, nil
}
