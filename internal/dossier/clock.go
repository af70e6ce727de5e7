package dossier

import (
	"time"

	"github.com/motcua/motcua/internal/worktime"
)

// Clock is a dossier's time, counted under every rule that applies.
type Clock struct {
	Due       time.Time       // promised to the applicant, an apology's new date included; zero while it stands still
	Lawful    time.Time       // the same without the apology: NĐ 61/2018/NĐ-CP, or the procedure's own rule
	Subtract  time.Time       // QĐ 766/QĐ-TTg: the applicant's time is left out, and nothing starts over
	Verdict   Verdict         // against Lawful
	Under766  Verdict         // against Subtract; a second request for papers counts as overdue
	Why       []worktime.Line // how Due was counted, in words
	Gross     int             // office minutes since reception
	Net       int             // the same, less what the clock stood still
	Stages    []StageClock
	Intervals []Interval
}

// Verdict compares an end, or now, with a due date. Its name is
// "dossier.verdict.<verdict>".
type Verdict string

// The verdicts.
const (
	NotCounted Verdict = ""
	InTime     Verdict = "in_time" // not finished, not yet due
	Late       Verdict = "late"    // not finished, past due
	Early      Verdict = "early"   // finished before its day: trước hạn
	OnTime     Verdict = "on_time" // finished on its day: đúng hạn
	TooLate Verdict = "overdue" // finished past due: quá hạn
)

// StageClock is one stage's time.
type StageClock struct {
	Stage      string // id in the procedure
	Unit       string
	From, To   time.Time // To is zero while it lasts
	Due        time.Time
	Gross, Net int // office minutes
	Verdict    Verdict
}

// IntervalKind says what went on in an interval.
type IntervalKind string

// The kinds of intervals.
const (
	Running           IntervalKind = "running"
	AwaitSupplement   IntervalKind = "waiting_supplement"
	AwaitPayment      IntervalKind = "waiting_payment"
	AwaitConsultation IntervalKind = "consulting"
	Standstill        IntervalKind = "suspended"
)

// Interval is a stretch of a dossier's time, [From, To).
type Interval struct {
	Kind     IntervalKind
	Stage    string
	Unit     string
	From, To time.Time     // To is zero while it lasts
	Ground   worktime.Word // message key, or the article itself
}
