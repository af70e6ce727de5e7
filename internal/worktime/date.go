package worktime

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day of the civil calendar in [Zone] (ngày). Dates compare with ==,
// and serve as map keys. The zero Date means unknown: it prints as "", is null
// in the store, and comes before every other.
type Date struct {
	day int32 // 1 is 1 January of year 1
}

// unixDay is the Date.day of 1 January 1970.
const unixDay = 719163

// maxDay is the Date.day of 31 December 9999, the last with four-digit years.
const maxDay = 3652059

// NewDate returns the day of year, month and day. As in [time.Date], 32 March
// is 1 April. A day outside the years 1 to 9999 is the zero Date.
func NewDate(year int, month time.Month, day int) Date {
	return dayNumber(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay + unixDay)
}

const secondsPerDay = 24 * 60 * 60

func dayNumber(n int64) Date {
	if n < 1 || n > maxDay {
		return Date{}
	}
	return Date{int32(n)}
}

// DateOf returns the day it is in Vietnam at t.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.In(Zone).Date()
	return NewDate(y, m, d)
}

// ParseDate reads a date written as 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%q is not a date like 2022-07-06", s)
	}
	return NewDate(t.Date()), nil
}

func (d Date) utc() time.Time { return time.Unix(int64(d.day-unixDay)*secondsPerDay, 0).UTC() }

// IsZero reports whether d is unknown.
func (d Date) IsZero() bool { return d == Date{} }

// Civil returns the year, month and day of a known date.
func (d Date) Civil() (year int, month time.Month, day int) { return d.utc().Date() }

// Year returns the year of a known date.
func (d Date) Year() int { return d.utc().Year() }

// Weekday returns the day of the week of a known date.
func (d Date) Weekday() time.Weekday { return time.Weekday(d.day % 7) }

// String writes d as 2006-01-02, and the unknown date as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// AddDays returns the day n days after d, or before it if n is negative. The
// unknown date stays unknown.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return dayNumber(int64(d.day) + int64(n))
}

// AddMonths returns the day of the same number n months later, or the last day
// of that month if it has no such day (Bộ luật Dân sự 2015, Điều 148.3).
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	y, m, day := d.Civil()
	last := NewDate(y, m+time.Month(n)+1, 0)
	if last.IsZero() {
		return last
	}
	if _, _, days := last.Civil(); day > days {
		return last
	}
	return NewDate(y, m+time.Month(n), day)
}

// DaysSince returns how many days d comes after e.
func (d Date) DaysSince(e Date) int { return int(d.day - e.day) }

// Before reports whether d comes before e.
func (d Date) Before(e Date) bool { return d.day < e.day }

// After reports whether d comes after e.
func (d Date) After(e Date) bool { return d.day > e.day }

// Compare orders dates, for [slices.SortFunc] and the like.
func (d Date) Compare(e Date) int { return cmp.Compare(d.day, e.day) }

// Equal reports whether d and e are the same day, as == does.
func (d Date) Equal(e Date) bool { return d == e }

// Time returns the moment of d at that hour and minute in Vietnam.
func (d Date) Time(hour, minute int) time.Time {
	y, m, day := d.Civil()
	return time.Date(y, m, day, hour, minute, 0, 0, Zone)
}

// MarshalText implements [encoding.TextMarshaler], and so JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. No text is the unknown date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Scan implements [database/sql.Scanner]. A driver that knows dates gives
// midnight UTC: its own day is meant, not the one it then is in Vietnam.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case string:
		return d.scanText(v)
	case []byte:
		return d.scanText(string(v))
	case time.Time:
		*d = NewDate(v.Date())
		return nil
	}
	return fmt.Errorf("worktime: a date cannot be read from a %T", src)
}

// scanText reads a stored date. SQLite's driver may hand over a date column as
// a moment at midnight.
func (d *Date) scanText(s string) error {
	if len(s) > len(time.DateOnly) && (s[len(time.DateOnly)] == 'T' || s[len(time.DateOnly)] == ' ') {
		s = s[:len(time.DateOnly)]
	}
	return d.UnmarshalText([]byte(s))
}

// Value implements [driver.Valuer]: 2006-01-02 as text, null when unknown.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}
