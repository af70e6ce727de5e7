package worktime

import (
	"fmt"
	"time"
)

// Clock is an hour of the day, in minutes since midnight (giờ trong ngày). As a
// cut-off, zero means there is none.
type Clock int

// At returns the Clock of hour and minute.
func At(hour, minute int) Clock { return Clock(hour*60 + minute) }

// ParseClock reads an hour of the day written as 15:04.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is not an hour of the day like 15:00", s)
	}
	return At(t.Hour(), t.Minute()), nil
}

// String writes c as 15:04.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// MarshalText implements [encoding.TextMarshaler]. No hour is no text.
func (c Clock) MarshalText() ([]byte, error) {
	if c == 0 {
		return nil, nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *Clock) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*c = 0
		return nil
	}
	v, err := ParseClock(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// on returns the moment of c on day d.
func (c Clock) on(d Date) time.Time { return d.Time(0, int(c)) }

// clockOf returns the hour and minute it is in Vietnam at t.
func clockOf(t time.Time) Clock {
	h, m, _ := t.In(Zone).Clock()
	return At(h, m)
}

// Span is a stretch of the working day, [From, To) (buổi làm việc).
type Span struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}
