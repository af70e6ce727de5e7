package procedure

import (
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// Version is a published definition and the days it is in force. It is shared
// by all readers: nobody changes one.
type Version struct {
	Definition

	ID          ID
	From        worktime.Date
	To          worktime.Date // the first day it is no longer in force; zero while open
	Revision    int           // 1, and more for corrections that begin on the same day
	Hash        string        // SHA-256 of the definition's canonical JSON, in hex
	PublishedAt time.Time
	PublishedBy actor.ID

	Form  *form.Form            // the questions of Sheets, ready to ask
	rules map[string]*rule.Rule // every rule of the definition, by its text
}

// NewID names a version.
func NewID(code Code, from worktime.Date, revision int) ID {
	return ID(fmt.Sprintf("%s~%s.%d", code, from, revision))
}

// InForce reports whether v is what its code means on a day.
func (v *Version) InForce(on worktime.Date) bool {
	return !on.Before(v.From) && (v.To.IsZero() || on.Before(v.To))
}

// holds evaluates a rule of the version; an absent one holds.
func (v *Version) holds(src string, f Filing) (bool, error) {
	if src == "" {
		return true, nil
	}
	r, ok := v.rules[src]
	if !ok {
		return false, fmt.Errorf("rule %q was not compiled", src)
	}
	return r.True(rule.Env{Values: f.Answers, Today: f.Day.String()})
}

// CaseFor returns the case of the answers: the first whose rule holds. The case
// that Filing names plays no part.
func (v *Version) CaseFor(f Filing) (Case, error) {
	for _, c := range v.Cases {
		ok, err := v.holds(c.Relevant, f)
		if err != nil {
			return Case{}, fmt.Errorf("case %s of %s: %w", c.ID, v.ID, err)
		}
		if ok {
			return c, nil
		}
	}
	return Case{}, fmt.Errorf("no case of %s fits the answers", v.ID)
}

// ComponentsFor returns the papers a filing must or may bring, given its answers.
func (v *Version) ComponentsFor(f Filing) ([]Component, error) {
	var papers []Component
	for _, c := range v.ComponentsOf(f.Case) {
		ok, err := v.holds(c.Relevant, f)
		if err != nil {
			return nil, fmt.Errorf("component %s of %s: %w", c.ID, v.ID, err)
		}
		if ok {
			papers = append(papers, c)
		}
	}
	return papers, nil
}
