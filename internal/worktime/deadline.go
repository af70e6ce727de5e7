package worktime

import (
	"fmt"
	"slices"
	"time"
)

// Unit is what a term is counted in (đơn vị tính thời hạn).
type Unit string

// The units of law.
const (
	WorkingDay  Unit = "working_day"  // ngày làm việc
	WorkingHour Unit = "working_hour" // giờ làm việc
	Day         Unit = "day"          // ngày, rest days included
	Month       Unit = "month"        // tháng
)

// maxAmount keeps sums of minutes and months far from overflow.
const maxAmount = 100_000

// Term is a time limit as a procedure states it (thời hạn). No working day at
// all means within the day of receipt (trong ngày làm việc).
type Term struct {
	Amount int   `json:"amount"`
	Unit   Unit  `json:"unit"`
	CutOff Clock `json:"cut_off,omitzero"` // zero: the calendar's
}

// Validate reports what is wrong with t.
func (t Term) Validate() error {
	least := 1
	switch t.Unit {
	case WorkingDay, Day:
		least = 0
	case WorkingHour, Month:
	default:
		return fmt.Errorf("unit %q: want working_day, working_hour, day or month", t.Unit)
	}
	if t.Amount < least || t.Amount > maxAmount {
		return fmt.Errorf("amount %d: want %d to %d %s", t.Amount, least, maxAmount, t.Unit)
	}
	if t.CutOff < 0 || t.CutOff >= At(24, 0) {
		return fmt.Errorf("cut-off %d is not an hour of the day", t.CutOff)
	}
	return nil
}

// Suspension is a time in which the clock stands still (tạm dừng tính thời hạn),
// from From until just before To.
type Suspension struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero: still suspended
	Ground Word      `json:"ground"`      // the legal ground
}

// ends reports whether the suspension is over.
func (s Suspension) ends() bool { return !s.To.IsZero() }

// Deadline is when an answer is due, and how that was counted.
type Deadline struct {
	Due       time.Time // zero while suspended
	Suspended bool      // the clock stands still without an end; there is no due time yet
	Lines     []Line
}

// Line explains one step of the count. Its words are the message Key of
// [Messages], with Args (a [time.Time], [Date], [Clock], [Word] or int each) put in place.
type Line struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args"`
}

// Deadline counts t from the moment of receipt, leaves out what was suspended,
// and explains each step.
func (c Calendar) Deadline(from time.Time, t Term, susp []Suspension) (Deadline, error) {
	n := counter{Calendar: c, term: t}
	if err := n.count(from, susp); err != nil {
		return Deadline{}, fmt.Errorf("count %d %s from %s: %w", t.Amount, t.Unit, from.In(Zone).Format(time.RFC3339), err)
	}
	return Deadline{Due: n.due, Suspended: n.due.IsZero(), Lines: n.lines}, nil
}

// counter is one count in progress.
type counter struct {
	Calendar
	term  Term
	lines []Line
	due   time.Time
}

// say adds a line; args are names and values in turn.
func (n *counter) say(key string, args ...any) {
	m := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	n.lines = append(n.lines, Line{key, m})
}

func (n *counter) count(from time.Time, susp []Suspension) error {
	if err := n.term.Validate(); err != nil {
		return err
	}
	merged, err := merge(from, susp)
	if err != nil {
		return err
	}
	n.say("worktime.line.received", "at", from.In(Zone))
	day, err := n.received(from)
	if err != nil {
		return err
	}
	if n.term.Unit == WorkingHour {
		err = n.countHours(from, day, merged)
	} else {
		err = n.countDays(from, day, merged)
	}
	if err != nil {
		return err
	}
	if n.due.IsZero() {
		n.say("worktime.line.no-due")
	} else {
		n.say("worktime.line.due", "due", n.due)
	}
	return nil
}

// received is [Calendar.Received], explained.
func (n *counter) received(t time.Time) (Date, error) {
	day, err := n.Received(t, n.term.CutOff)
	if err != nil {
		return Date{}, err
	}
	switch d := DateOf(t); {
	case d == day:
	case n.isWorking(d):
		cutOff := n.term.CutOff
		if cutOff == 0 {
			cutOff = n.cutOff
		}
		n.say("worktime.line.after-cutoff", "cutoff", cutOff, "day", day)
	default:
		n.say("worktime.line.on-rest-day", "date", d, "why", n.why(d), "day", day)
	}
	return day, nil
}

// merge puts suspensions in order, joins those that touch, and cuts off what
// came before the receipt.
func merge(from time.Time, susp []Suspension) ([]Suspension, error) {
	sorted := slices.Clone(susp)
	slices.SortStableFunc(sorted, func(a, b Suspension) int { return a.From.Compare(b.From) })
	var merged []Suspension
	for _, s := range sorted {
		if s.ends() && !s.From.Before(s.To) {
			return nil, fmt.Errorf("a suspension from %s ends at %s: want an end after its start",
				s.From.In(Zone).Format(time.RFC3339), s.To.In(Zone).Format(time.RFC3339))
		}
		if s.ends() && !s.To.After(from) {
			continue
		}
		if s.From.Before(from) {
			s.From = from
		}
		last := len(merged) - 1
		if last < 0 || merged[last].ends() && merged[last].To.Before(s.From) {
			merged = append(merged, s)
		} else if m := &merged[last]; m.ends() && (!s.ends() || s.To.After(m.To)) {
			m.To = s.To
		}
	}
	return merged, nil
}

// countDays counts days, working or all, from the day of receipt. A month is
// first turned into its days.
func (n *counter) countDays(from time.Time, day Date, susp []Suspension) error {
	left := n.term.Amount
	if n.term.Unit == Month {
		left = day.AddMonths(left).DaysSince(day)
	}
	n.say("worktime.line.count."+string(n.term.Unit), "count", n.term.Amount, "day", day)
	at := from // the clock runs on from here
	for _, s := range susp {
		stop := maxDate(DateOf(s.From), day)
		if err := n.covers(stop); err != nil {
			stop = n.last // the term ends before, or fails there
		}
		ran := n.span(day, stop)
		if left <= ran {
			end, err := n.lastDay(day, left, at, false)
			if err != nil {
				return err
			}
			if !n.closing(end).After(s.From) {
				break
			}
			ran = left
		}
		left -= ran
		n.sayOdd(day, stop)
		if !s.ends() {
			n.say("worktime.line.suspended-open", "from", s.From.In(Zone), "ground", s.Ground, "left", left)
			return nil
		}
		n.say("worktime.line.suspended", "from", s.From.In(Zone), "to", s.To.In(Zone), "ground", s.Ground, "left", left)
		resumed, err := n.received(s.To)
		if err != nil {
			return err
		}
		day, at = maxDate(day, resumed), s.To
	}
	end, err := n.lastDay(day, left, at, true)
	if err != nil {
		return err
	}
	n.due = n.closing(end)
	return nil
}

// span is how many of the term's days come after a, up to and including b.
func (n *counter) span(a, b Date) int {
	if n.term.Unit == WorkingDay {
		return n.workingDays(a, b)
	}
	return b.DaysSince(a)
}

// lastDay returns the day on which left more days after day end. With none left
// that is day itself, unless its office hours were over at the moment at.
func (n *counter) lastDay(day Date, left int, at time.Time, say bool) (Date, error) {
	if left == 0 && n.isWorking(day) && n.closing(day).Before(at) {
		next, err := n.after(day)
		if err == nil && say {
			n.say("worktime.line.closed", "date", day, "day", next)
		}
		return next, err
	}
	if n.term.Unit == WorkingDay {
		end, err := n.AddWorkingDays(day, left)
		if err == nil && say {
			n.sayOdd(day, end)
			n.say("worktime.line.last-day", "date", end)
		}
		return end, err
	}
	last := day.AddDays(left)
	end, err := n.onOrAfter(last)
	if err == nil && say {
		n.say("worktime.line.last-day", "date", last)
		if end != last {
			n.say("worktime.line.last-day-rests", "date", last, "why", n.why(last), "day", end)
		}
	}
	return end, err
}

// sayOdd names the days after a, up to b, that a decision made different.
func (n *counter) sayOdd(a, b Date) {
	if n.term.Unit != WorkingDay {
		return
	}
	i, _ := slices.BinarySearchFunc(n.days, a.AddDays(1), Date.Compare)
	for ; i < len(n.days) && !n.days[i].After(b); i++ {
		d := n.days[i]
		switch {
		case n.isWorking(d):
			n.say("worktime.line.odd-working", "date", d, "why", n.why(d))
		case !n.rest[d.Weekday()]:
			n.say("worktime.line.odd-rest", "date", d, "why", n.why(d))
		}
	}
}

// countHours counts office minutes from the first whole one not before receipt.
func (n *counter) countHours(from time.Time, day Date, susp []Suspension) error {
	at, err := n.firstMinute(from, day)
	if err != nil {
		return err
	}
	n.say("worktime.line.count.working_hour", "count", n.term.Amount, "at", at)
	left := n.term.Amount * 60
	for _, s := range susp {
		if n.covers(DateOf(s.From)) != nil {
			break // the term ends before, or fails there
		}
		ran := max(n.minutes(s.From)-n.minutes(at), 0)
		if left <= ran {
			break
		}
		left -= ran
		if !s.ends() {
			n.say("worktime.line.suspended-open-hours", "from", s.From.In(Zone), "ground", s.Ground, "left", left)
			return nil
		}
		n.say("worktime.line.suspended-hours", "from", s.From.In(Zone), "to", s.To.In(Zone), "ground", s.Ground, "left", left)
		resumed, err := n.received(s.To)
		if err != nil {
			return err
		}
		next, err := n.firstMinute(s.To, resumed)
		if err != nil {
			return err
		}
		if next.After(at) {
			at = next
		}
	}
	// The last minute counted begins there; the term ends as it does.
	last, err := n.minuteStart(n.minutes(at) + left - 1)
	if err != nil {
		return err
	}
	n.due = last.Add(time.Minute)
	return nil
}

// firstMinute returns when the first whole office minute begins for what
// arrived at t and counts as received on day.
func (n *counter) firstMinute(t time.Time, day Date) (time.Time, error) {
	if DateOf(t) != day {
		return n.opening(day), nil
	}
	whole := t.Truncate(time.Minute)
	if whole.Before(t) {
		whole = whole.Add(time.Minute)
	}
	if err := n.covers(DateOf(whole)); err != nil {
		return time.Time{}, err
	}
	return n.minuteStart(n.minutes(whole))
}

func maxDate(a, b Date) Date {
	if a.After(b) {
		return a
	}
	return b
}
