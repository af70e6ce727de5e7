// Package calendar keeps the working calendar (lịch làm việc) as dated data: the
// public holidays, the swapped days the Prime Minister orders each year, and the
// office hours and cut-off of each unit.
//
// Every change makes a new version and is an event, upon which deadlines are
// counted anew. Old versions stay, so that an old count can be explained. How
// days are counted is package worktime's.
package calendar

import (
	"embed"
	"fmt"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package.
//
//go:embed messages
var Messages embed.FS

// Changed is the kind of the event that a new version was made. Its data are a
// [Change].
const Changed = "calendar.changed"

// Change is what a new version changed.
type Change struct {
	Version int             `json:"version"`
	Days    []worktime.Date `json:"days,omitempty"` // entered or removed
	Unit    string          `json:"unit,omitempty"` // whose office hours changed
}

// Office is the hours of one unit (giờ làm việc, giờ nhận hồ sơ) during one
// period, where they differ from the calendar's own.
type Office struct {
	Unit   string          `json:"unit"`
	From   worktime.Date   `json:"from"`
	To     worktime.Date   `json:"to,omitzero"` // first day no longer so; zero while in force
	Hours  []worktime.Span `json:"hours"`
	CutOff worktime.Clock  `json:"cut_off,omitzero"`
}

// Document is the whole of one version.
type Document struct {
	Spec    worktime.Spec `json:"spec"`
	Offices []Office      `json:"offices"`
}

// Version is a version as a list shows it.
type Version struct {
	Number int
	At     time.Time
	Actor  string
	Reason string
}

// name is what a deadline notes as the calendar it was counted with.
func name(version int) string { return fmt.Sprintf("statutory-%d", version) }

// office returns the hours of a unit on a day, if it has its own.
func (d Document) office(unit string, on worktime.Date) (Office, bool) {
	for _, o := range d.Offices {
		if o.Unit == unit && !on.Before(o.From) && (o.To.IsZero() || on.Before(o.To)) {
			return o, true
		}
	}
	return Office{}, false
}

// add enters an exceptional day.
func (d *Document) add(e worktime.Exception) error {
	var faults errs.Fields
	e.Name = worktime.Word(text.NFC(string(e.Name)))
	e.Source = text.NFC(e.Source)
	switch {
	case e.Date.IsZero():
		faults.Add("date", "calendar.error.date", nil)
	case e.Date.Year() < d.Spec.FirstYear || e.Date.Year() > d.Spec.LastYear:
		faults.Add("date", "calendar.error.year", errs.Args{"year": fmt.Sprint(e.Date.Year())})
	case slices.ContainsFunc(d.Spec.Exceptions, func(x worktime.Exception) bool { return x.Date == e.Date }):
		faults.Add("date", "calendar.error.already", nil)
	case e.Kind == worktime.WorkingSaturday && !slices.Contains(d.Spec.RestDays, e.Date.Weekday()):
		faults.Add("date", "calendar.error.works-already", nil)
	}
	if !slices.Contains(Kinds(), e.Kind) {
		faults.Add("kind", "calendar.error.kind", nil)
	}
	if e.Name == "" || len(e.Name) > 200 {
		faults.Add("name", "calendar.error.name", nil)
	}
	if e.Source == "" || len(e.Source) > 300 {
		faults.Add("source", "calendar.error.source", nil)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	e.Confidence = worktime.High
	if e.Scope == "" {
		e.Scope = worktime.PublicServants
	}
	d.Spec.Exceptions = append(slices.Clone(d.Spec.Exceptions), e)
	slices.SortFunc(d.Spec.Exceptions, func(a, b worktime.Exception) int { return a.Date.Compare(b.Date) })
	return nil
}

// remove takes an exceptional day out again.
func (d *Document) remove(on worktime.Date) error {
	left := slices.DeleteFunc(slices.Clone(d.Spec.Exceptions), func(e worktime.Exception) bool { return e.Date == on })
	if len(left) == len(d.Spec.Exceptions) {
		return errs.New(errs.NotFound, "calendar.error.no-such-day", nil)
	}
	d.Spec.Exceptions = left
	return nil
}

// setOffice enters the hours of a unit from o.From; those it had before end then.
func (d *Document) setOffice(o Office) error {
	var faults errs.Fields
	if o.Unit == "" {
		faults.Add("unit", "calendar.error.unit", nil)
	}
	if o.From.IsZero() {
		faults.Add("from", "calendar.error.date", nil)
	}
	end := worktime.Clock(0)
	for _, h := range o.Hours {
		if h.From < end || h.To <= h.From || h.To > worktime.At(24, 0) {
			faults.Add("hours", "calendar.error.hours", nil)
		}
		end = h.To
	}
	if len(o.Hours) == 0 {
		faults.Add("hours", "calendar.error.hours", nil)
	}
	if o.CutOff < 0 || o.CutOff >= worktime.At(24, 0) {
		faults.Add("cut_off", "calendar.error.cut-off", nil)
	}
	offices := slices.Clone(d.Offices)
	for i, old := range offices {
		if old.Unit != o.Unit {
			continue
		}
		if !old.From.Before(o.From) {
			faults.Add("from", "calendar.error.later-hours", nil)
		}
		if old.To.IsZero() {
			offices[i].To = o.From
		}
	}
	if err := faults.Err(); err != nil {
		return err
	}
	o.To = worktime.Date{}
	d.Offices = append(offices, o)
	return nil
}

// Kinds lists the kinds of exceptional days.
func Kinds() []worktime.Kind {
	return []worktime.Kind{worktime.Holiday, worktime.CompensatoryOff, worktime.WorkingSaturday}
}
