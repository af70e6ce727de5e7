// Package worktime knows when the office is open, and from that when an answer
// is due (thời hạn giải quyết).
//
// A [Calendar] is data: weekly rest days, office hours, and the days a decision
// made different. From it [Calendar.Deadline] counts a [Term] from a moment of
// receipt, stopping while the clock is suspended, and explains each step in
// words a citizen can check.
//
// How time is counted:
//
//   - The first day is not counted (Bộ luật Dân sự 2015, Điều 147.2).
//   - What is received after the cut-off hour, or on a rest day, counts as
//     received on the next working day.
//   - A last day that is a rest day moves to the next working day (Điều 148.5),
//     and the term ends with that day's office hours.
//   - A term in months ends on the day of the same number, or on the last day
//     of a month that has none (Điều 148.3).
//   - A suspension is itself a term: the day it begins is not counted into it,
//     the day on which the missing thing is received is. So what passed since
//     receipt is always what ran plus what was suspended, no day is lost to the
//     applicant, and a clock stopped and resumed on one day did not stop. A
//     suspension that ends after the cut-off or on a rest day ends with the next
//     working day. A term used up on the very day it was suspended ends with the
//     day it resumes.
//   - Terms in hours count office minutes, from the first whole minute not
//     before receipt; a minute touched by a suspension does not count.
//
// Under QĐ 766/QĐ-TTg the time an applicant needs for missing papers is
// subtracted: pass it as a [Suspension]. Under NĐ 61/2018/NĐ-CP Điều 19.4 the
// term starts over once they arrive: count anew from that moment.
package worktime

import (
	"embed"
	"fmt"
	"time"
	_ "time/tzdata" // a server without a zone database still knows Vietnam's time
)

// Zone is Vietnam's legal time (giờ Việt Nam). Every date and office hour is read in it.
var Zone = mustLoad("Asia/Ho_Chi_Minh")

// Messages holds the words of this package: messages/vi.json and messages/en.json.
//
//go:embed messages
var Messages embed.FS

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic("worktime: " + err.Error())
	}
	return loc
}

// ParseTime reads a moment as officials type it: 2006-01-02T15:04, with seconds
// if need be, in [Zone]; or with its own offset, as RFC 3339 says.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, Zone); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time like 2022-07-06T15:30 or 2022-07-06T15:30:00+07:00", s)
	}
	return t.In(Zone), nil
}
