package procedure

import (
	"context"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/worktime"
)

// Recorder writes events. The spine is one.
type Recorder interface {
	Record(ctx context.Context, tx *db.Tx, e event.Event) (event.Event, error)
}

// Service keeps the catalogue. Published versions never change, so it holds
// them in memory once read.
type Service struct {
	db     *db.DB
	events Recorder
	now    func() time.Time
}

// NewService returns the catalogue of the given store.
func NewService(d *db.DB, events Recorder, now func() time.Time) *Service {
	return &Service{db: d, events: events, now: now}
}

var errNotFound = errs.New(errs.NotFound, "procedure.error.not-found", nil)

// Get returns a version by its id, whether in force or not.
func (s *Service) Get(ctx context.Context, id ID) (*Version, error) { return nil, errNotFound }

// AsOf returns the version of a procedure in force on a day.
func (s *Service) AsOf(ctx context.Context, code Code, on worktime.Date) (*Version, error) {
	return nil, errNotFound
}

// Filter narrows a list. What is empty does not.
type Filter struct {
	On        worktime.Date // zero: today
	Words     string        // every word must begin a word of the procedure, with or without accents
	Field     string        // code
	Unit      string        // code of a unit that takes part
	Level     Level
	Applicant ApplicantKind
	After     string // cursor of the page before
	Limit     int    // 0: 20
}

// Page is a part of a list, in the order of Vietnamese names.
type Page struct {
	Versions []*Version
	Next     string // cursor of the next page; empty on the last
}

// List returns the procedures in force on a day.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) { return Page{}, nil }

// Publish makes a definition, written as YAML, the law from a day on.
func (s *Service) Publish(ctx context.Context, who actor.Actor, yaml []byte, from worktime.Date) (*Version, error) {
	return nil, nil
}
