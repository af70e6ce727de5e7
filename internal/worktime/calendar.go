package worktime

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says what a decision made of a day.
type Kind string

// The kinds of exceptional days.
const (
	Holiday         Kind = "holiday"          // ngày nghỉ lễ, tết (Bộ luật Lao động 2019, Điều 112)
	CompensatoryOff Kind = "compensatory_off" // nghỉ bù, nghỉ hoán đổi
	WorkingSaturday Kind = "working_saturday" // ngày làm bù
)

// Confidence says how well a fact is attested. Low ones are known of, but not
// applied unless a calendar is told to.
type Confidence string

// The degrees of confidence.
const (
	High Confidence = "high"
	Low  Confidence = "low"
)

// Scope says whom an exceptional day is for.
type Scope string

// The scopes. Swapped days bind public servants (công chức, viên chức) only.
const (
	Everybody      Scope = "all"
	PublicServants Scope = "public_servants"
)

// Word is a key in the message files, to be put into the reader's language;
// where no message has that key, as for a name an administrator typed, it
// stands for itself.
type Word string

// Exception is one day that differs from the week's pattern.
type Exception struct {
	Date       Date       `json:"date"`
	Name       Word       `json:"name"`
	Kind       Kind       `json:"kind"`
	Source     string     `json:"source"` // the document that says so
	Confidence Confidence `json:"confidence"`
	Scope      Scope      `json:"scope"`
	Linked     Date       `json:"linked,omitzero"` // the day this one makes up for
}

// Spec is what a calendar is made of: the form in which it is kept and edited.
type Spec struct {
	Version       string         `json:"version"`
	FirstYear     int            `json:"first_year"` // years outside first to last are unknown, and nothing is counted in them
	LastYear      int            `json:"last_year"`
	RestDays      []time.Weekday `json:"rest_days"` // ngày nghỉ hằng tuần
	Hours         []Span         `json:"hours"`     // giờ làm việc
	CutOff        Clock          `json:"cut_off,omitzero"`
	Exceptions    []Exception    `json:"exceptions"`
	LowConfidence bool           `json:"low_confidence"` // apply exceptions of Low confidence too
}

// Calendar answers which days and minutes are worked (lịch làm việc). It is
// made by [New], never changes, and may be shared. The zero Calendar covers no
// year.
type Calendar struct {
	version string
	cutOff  Clock
	hours   []Span
	perDay  int // office minutes of a working day

	first   Date   // 1 January of the first year
	last    Date   // 31 December of the last
	before  []int  // before[i]: the working days among the first i days
	working []Date // all working days, in order
	rest    [7]bool
	except  map[Date]Exception
	days    []Date // the keys of except, in order
}

// YearError says that a calendar does not know a year. A deadline there is not
// guessed: somebody must enter that year's holidays first.
type YearError struct {
	Version string
	Year    int
}

func (e *YearError) Error() string {
	return fmt.Sprintf("calendar %s does not cover the year %d: add that year's holidays first", e.Version, e.Year)
}

// New checks s and makes its calendar. It reports all faults at once.
func New(s Spec) (Calendar, error) {
	if err := s.validate(); err != nil {
		return Calendar{}, err
	}
	c := Calendar{
		version: s.Version,
		cutOff:  s.CutOff,
		hours:   slices.Clone(s.Hours),
		first:   NewDate(s.FirstYear, time.January, 1),
		last:    NewDate(s.LastYear, time.December, 31),
		except:  make(map[Date]Exception),
	}
	for _, h := range s.Hours {
		c.perDay += int(h.To - h.From)
	}
	for _, w := range s.RestDays {
		c.rest[w] = true
	}
	for _, e := range s.Exceptions {
		if e.Confidence != Low || s.LowConfidence {
			c.except[e.Date] = e
			c.days = append(c.days, e.Date)
		}
	}
	slices.SortFunc(c.days, Date.Compare)

	c.before = append(c.before, 0)
	for d := c.first; !d.After(c.last); d = d.AddDays(1) {
		e, exceptional := c.except[d]
		if exceptional && e.Kind == WorkingSaturday || !exceptional && !c.rest[d.Weekday()] {
			c.working = append(c.working, d)
		}
		c.before = append(c.before, len(c.working))
	}
	return c, nil
}

func (s Spec) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if s.Version == "" {
		fault("a calendar needs a version")
	}
	if s.FirstYear < 1 || s.LastYear < s.FirstYear || s.LastYear > 9999 {
		fault("years %d to %d: want the first, then the last", s.FirstYear, s.LastYear)
	} else if s.LastYear-s.FirstYear > 200 {
		fault("years %d to %d are more than two hundred", s.FirstYear, s.LastYear)
	}
	week := make(map[time.Weekday]bool)
	for _, w := range s.RestDays {
		if w < time.Sunday || w > time.Saturday {
			fault("%d is not a day of the week", w)
		}
		week[w] = true
	}
	if len(week) == 7 {
		fault("a week of rest days leaves no day to work")
	}
	if len(s.Hours) == 0 {
		fault("a calendar needs office hours")
	}
	end := Clock(0)
	for _, h := range s.Hours {
		if h.From < end || h.To <= h.From || h.To > At(24, 0) {
			fault("office hours %s–%s: want them in order, apart, and within the day", h.From, h.To)
		}
		end = h.To
	}
	if s.CutOff < 0 || s.CutOff >= At(24, 0) {
		fault("cut-off %d is not an hour of the day", s.CutOff)
	}
	seen := make(map[Date]bool)
	for _, e := range s.Exceptions {
		switch {
		case e.Date.IsZero():
			fault("exception %q has no date", e.Name)
			continue
		case seen[e.Date]:
			fault("%s is named twice", e.Date)
		case e.Date.Year() < s.FirstYear || e.Date.Year() > s.LastYear:
			fault("%s is outside the years %d to %d", e.Date, s.FirstYear, s.LastYear)
		}
		seen[e.Date] = true
		if e.Name == "" {
			fault("%s needs a name", e.Date)
		}
		if !slices.Contains([]Kind{Holiday, CompensatoryOff, WorkingSaturday}, e.Kind) {
			fault("%s: unknown kind %q", e.Date, e.Kind)
		}
		if !slices.Contains([]Confidence{High, Low}, e.Confidence) {
			fault("%s: unknown confidence %q", e.Date, e.Confidence)
		}
		if !slices.Contains([]Scope{Everybody, PublicServants}, e.Scope) {
			fault("%s: unknown scope %q", e.Date, e.Scope)
		}
	}
	return errors.Join(faults...)
}

// Version names the calendar's data; a stored deadline says which one it was counted with.
func (c Calendar) Version() string { return c.version }

// covers returns a [YearError] unless every day is in the calendar's years.
func (c Calendar) covers(days ...Date) error {
	for _, d := range days {
		if d.IsZero() || c.before == nil || d.Before(c.first) || d.After(c.last) {
			return &YearError{c.version, d.Year()}
		}
	}
	return nil
}

// worked is the number of working days before d. It, like all helpers in lower
// case, expects a day that is covered.
func (c Calendar) worked(d Date) int { return c.before[d.DaysSince(c.first)] }

func (c Calendar) isWorking(d Date) bool { return c.worked(d.AddDays(1)) > c.worked(d) }

// nth returns the working day of index i, or says which year is missing.
func (c Calendar) nth(i int) (Date, error) {
	switch {
	case i < 0:
		return Date{}, &YearError{c.version, c.first.Year() - 1}
	case i >= len(c.working):
		return Date{}, &YearError{c.version, c.last.Year() + 1}
	}
	return c.working[i], nil
}

// onOrAfter returns d if it is a working day, or else the next one.
func (c Calendar) onOrAfter(d Date) (Date, error) {
	if err := c.covers(d); err != nil {
		return Date{}, err
	}
	return c.nth(c.worked(d))
}

// after returns the first working day after d.
func (c Calendar) after(d Date) (Date, error) { return c.AddWorkingDays(d, 1) }

// IsWorkingDay reports whether the office works on d (ngày làm việc).
func (c Calendar) IsWorkingDay(d Date) (bool, error) {
	if err := c.covers(d); err != nil {
		return false, err
	}
	return c.isWorking(d), nil
}

// Why returns what makes d what it is: the decision's name for an exceptional
// day, otherwise that it is an ordinary day of rest or of work.
func (c Calendar) Why(d Date) (Word, error) {
	if err := c.covers(d); err != nil {
		return "", err
	}
	return c.why(d), nil
}

func (c Calendar) why(d Date) Word {
	if e, ok := c.except[d]; ok {
		return e.Name
	}
	if c.rest[d.Weekday()] {
		return "worktime.day.weekly-rest"
	}
	return "worktime.day.working"
}

// AddWorkingDays returns the n-th working day after d, or before it if n is
// negative: -1 is the last day on which to warn that d is due. For n = 0 it is
// d itself, worked or not.
func (c Calendar) AddWorkingDays(d Date, n int) (Date, error) {
	if err := c.covers(d); err != nil {
		return Date{}, err
	}
	switch {
	case n > 0:
		return c.nth(c.worked(d.AddDays(1)) + n - 1)
	case n < 0:
		return c.nth(c.worked(d) + n)
	}
	return d, nil
}

// WorkingDays returns how many working days come after a, up to and including
// b; negative if b comes first.
func (c Calendar) WorkingDays(a, b Date) (int, error) {
	if err := c.covers(a, b); err != nil {
		return 0, err
	}
	return c.workingDays(a, b), nil
}

func (c Calendar) workingDays(a, b Date) int { return c.worked(b.AddDays(1)) - c.worked(a.AddDays(1)) }

// WorkingMinutes returns how many office minutes lie from a to b, seconds
// disregarded; negative if b comes first.
func (c Calendar) WorkingMinutes(a, b time.Time) (int, error) {
	if err := c.covers(DateOf(a), DateOf(b)); err != nil {
		return 0, err
	}
	return c.minutes(b) - c.minutes(a), nil
}

// minutes is the number of office minutes from the calendar's start to t.
func (c Calendar) minutes(t time.Time) int {
	d := DateOf(t)
	n := c.worked(d) * c.perDay
	if c.isWorking(d) {
		now := clockOf(t)
		for _, h := range c.hours {
			n += int(min(max(now, h.From), h.To) - h.From)
		}
	}
	return n
}

// minuteStart returns when office minute n begins, counted from the calendar's start.
func (c Calendar) minuteStart(n int) (time.Time, error) {
	d, err := c.nth(n / c.perDay)
	if err != nil {
		return time.Time{}, err
	}
	left := Clock(n % c.perDay)
	for _, h := range c.hours {
		if left < h.To-h.From {
			return (h.From + left).on(d), nil
		}
		left -= h.To - h.From
	}
	panic("worktime: office hours shorter than their sum")
}

// opening returns when office hours begin on d, and closing when they end.
func (c Calendar) opening(d Date) time.Time { return c.hours[0].From.on(d) }
func (c Calendar) closing(d Date) time.Time { return c.hours[len(c.hours)-1].To.on(d) }

// Received returns the day on which something that arrived at t counts as
// received (ngày tiếp nhận). A zero cutOff means the calendar's own.
func (c Calendar) Received(t time.Time, cutOff Clock) (Date, error) {
	d := DateOf(t)
	if err := c.covers(d); err != nil {
		return Date{}, err
	}
	if c.isWorking(d) && !c.isLate(t, cutOff) {
		return d, nil
	}
	return c.after(d)
}

// isLate reports whether t is after the cut-off of its day. The very moment is
// still in time: the law says "sau 15 giờ".
func (c Calendar) isLate(t time.Time, cutOff Clock) bool {
	if cutOff == 0 {
		cutOff = c.cutOff
	}
	return cutOff != 0 && t.After(cutOff.on(DateOf(t)))
}

// forwardingCutOff is the hour of NĐ 61/2018/NĐ-CP Điều 18.2.
const forwardingCutOff = Clock(15 * 60)

// NextForwarding returns by when a dossier received at t must be on its way to
// the unit that decides: within the same working day, or, received after 15:00,
// at the start of the next (NĐ 61/2018/NĐ-CP Điều 18.2).
func (c Calendar) NextForwarding(t time.Time) (time.Time, error) {
	d, err := c.onOrAfter(DateOf(t))
	if err != nil {
		return time.Time{}, err
	}
	if d != DateOf(t) || !t.After(forwardingCutOff.on(d)) {
		return c.closing(d), nil
	}
	if d, err = c.after(d); err != nil {
		return time.Time{}, err
	}
	return c.opening(d), nil
}
