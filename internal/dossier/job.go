package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/worktime"
)

// batch is how many dossiers a job reads at a time.
const batch = 200

// apologyLead is how many working days before the deadline an apology is
// drafted: one to sign it, and one that the law wants it to arrive before.
const apologyLead = 2

// DraftApologies drafts what must be sent at least one working day before a
// deadline that will hardly be kept (NĐ 61/2018/NĐ-CP Điều 19.9). It is work for
// every hour.
func (s *Service) DraftApologies(ctx context.Context) error {
	cal, err := s.calendars.Current(ctx)
	if err != nil {
		return err
	}
	last, err := cal.AddWorkingDays(worktime.DateOf(s.now()), apologyLead)
	if err != nil {
		return unknownYear(err)
	}
	before := last.AddDays(1).Time(0, 0)
	for {
		due, err := nearlyDue(ctx, s.db, before, batch)
		if err != nil {
			return err
		}
		drafted := 0
		for _, id := range due {
			_, err := s.do(ctx, actor.System(), Copy{ID: id}, ActDraftApology, func(c *change) error {
				c.d.ApologyDraftedAt = c.now
				return nil
			})
			switch {
			case err == nil:
				drafted++
			case errs.KindOf(err) != errs.Conflict: // somebody was faster: the next hour will see
				return fmt.Errorf("draft apology of dossier %s: %w", id, err)
			}
		}
		if drafted == 0 || len(due) < batch {
			return nil
		}
	}
}

// Recount counts every deadline anew, after the calendar has changed. The
// dossiers whose date moves get an event.
func (s *Service) Recount(ctx context.Context) error {
	return s.eachInTerm(ctx, func(d *Dossier, counted time.Time) error {
		if counted.Equal(d.DueAt) {
			return nil
		}
		_, err := s.do(ctx, actor.System(), d.Copy(), ActRecount, func(*change) error { return nil })
		if errs.KindOf(err) == errs.Conflict {
			return nil // an act in between has counted already
		}
		return err
	})
}

// CompareDue checks, every night, that the due dates kept for lists are those
// that the events give. Where not, it notes both and fails, so that the operator
// is told. It mends nothing: a difference is a defect to be understood.
func (s *Service) CompareDue(ctx context.Context) error {
	night := worktime.DateOf(s.now()).Time(0, 0)
	var differ []error
	err := s.eachInTerm(ctx, func(d *Dossier, counted time.Time) error {
		if counted.Equal(d.DueAt) {
			return nil
		}
		differ = append(differ, fmt.Errorf("dossier %s is due %s, by its events %s", d.ID, d.DueAt, counted))
		return s.db.Tx(ctx, func(tx *db.Tx) error { return insertDueFault(ctx, tx, d, counted, night) })
	})
	return errors.Join(append(differ, err)...)
}

// eachInTerm calls fn with every dossier that is received and not decided, and
// the due date that its events give.
func (s *Service) eachInTerm(ctx context.Context, fn func(*Dossier, time.Time) error) error {
	after := ID("")
	for {
		some, err := inTerms(ctx, s.db, after, batch)
		if err != nil {
			return err
		}
		for _, id := range some {
			if err := s.recounted(ctx, id, fn); err != nil {
				return fmt.Errorf("due date of dossier %s: %w", id, err)
			}
		}
		if len(some) < batch {
			return nil
		}
		after = some[len(some)-1]
	}
}

func (s *Service) recounted(ctx context.Context, id ID, fn func(*Dossier, time.Time) error) error {
	d, err := get(ctx, s.db, filter{all: true}, id)
	if err != nil {
		return err
	}
	clock, err := s.clock(ctx, d)
	if err != nil {
		return err
	}
	again, err := get(ctx, s.db, filter{all: true}, id)
	if err != nil || again.revision != d.revision {
		return err // an act in between: it has counted itself
	}
	return fn(d, clock.Due)
}

// ForgetApplicant takes the name of an erased party out of its dossiers: lists
// and search no longer know it. What was filed stays on record.
func (s *Service) ForgetApplicant(ctx context.Context, party string) error {
	all, err := ofParty(ctx, s.db, party)
	if err != nil {
		return err
	}
	for _, id := range all {
		d, err := get(ctx, s.db, filter{all: true}, id)
		if errors.Is(err, errNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		err = s.db.Tx(ctx, func(tx *db.Tx) error {
			if err := deletePhrases(ctx, tx, d); err != nil {
				return err
			}
			return forgetApplicant(ctx, tx, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ChangeApplicant hands the dossiers of a party to the one it proved to be, once
// an official has verified who they are: what they filed before is theirs.
func (s *Service) ChangeApplicant(ctx context.Context, from, to string) error {
	all, err := ofParty(ctx, s.db, from)
	if err != nil {
		return err
	}
	for _, id := range all {
		err := s.db.Tx(ctx, func(tx *db.Tx) error {
			if err := saveParty(ctx, tx, id, to); err != nil {
				return err
			}
			_, err := s.events.Record(ctx, tx, event.Event{Actor: actor.SystemID, Subject: id.Subject(), Kind: "dossier.applicant-verified", Data: Fact{Party: to}})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
