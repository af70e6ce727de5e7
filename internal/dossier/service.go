package dossier

import (
	"context"
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Catalogue is what this package needs to know of procedures. Package procedure
// provides it.
type Catalogue interface {
	Get(ctx context.Context, id procedure.ID) (*procedure.Version, error)
	AsOf(ctx context.Context, code procedure.Code, on worktime.Date) (*procedure.Version, error)
}

// Calendars gives the working calendar in force. Package calendar provides it.
type Calendars interface {
	Current(ctx context.Context) (worktime.Calendar, error)
}

// Parties knows applicants and who may act for them. Package party provides it.
type Parties interface {
	// Name is what lists and receipts call the party.
	Name(ctx context.Context, party string) (string, error)
	// Represented lists the parties that party may act for on a day, besides
	// itself.
	Represented(ctx context.Context, party string, on worktime.Date) ([]string, error)
}

// Service lets people do what the law allows with dossiers. Each act checks on
// which copy, who may and in which state, then writes the change and its one
// event together.
type Service struct {
	db        *db.DB
	events    *event.Spine
	catalogue Catalogue
	calendars Calendars
	parties   Parties
	now       func() time.Time

	hashes sync.Map // procedure.ID → hash of its form
}

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, c Catalogue, w Calendars, p Parties, now func() time.Time) *Service {
	return &Service{db: d, events: events, catalogue: c, calendars: w, parties: p, now: now}
}

// Copy is the dossier as an actor saw it: an act on a copy that has gone stale
// is a Conflict, whose cause is a [StaleError].
type Copy struct {
	ID      ID
	Version int64
}

// Copy returns what an act on d, as it stands, refers to.
func (d *Dossier) Copy() Copy { return Copy{d.ID, d.Version} }

// StaleError says what others did since the copy was read.
type StaleError struct {
	Current *Dossier
	Changes []Entry
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("dossier %s has changed since it was read", e.Current.ID)
}

// own lists the parties that the actor is or represents today.
func (s *Service) own(ctx context.Context, by actor.Actor) ([]string, error) {
	if by.Party == "" {
		return nil, nil
	}
	others, err := s.parties.Represented(ctx, by.Party, worktime.DateOf(s.now()))
	if err != nil {
		return nil, fmt.Errorf("parties of %s: %w", by.ID, err)
	}
	return append([]string{by.Party}, others...), nil
}

// filter says what the actor may see.
func (s *Service) filter(ctx context.Context, by actor.Actor) (filter, error) {
	own, err := s.own(ctx, by)
	return newFilter(by, own), err
}

// Get returns a dossier the actor may see, or NotFound.
func (s *Service) Get(ctx context.Context, by actor.Actor, id ID) (*Dossier, error) {
	f, err := s.filter(ctx, by)
	if err != nil {
		return nil, err
	}
	return get(ctx, s.db, f, id)
}

// ByCode is Get by the code people know.
func (s *Service) ByCode(ctx context.Context, by actor.Actor, code string) (*Dossier, error) {
	f, err := s.filter(ctx, by)
	if err != nil {
		return nil, err
	}
	return byCode(ctx, s.db, f, strings.ToUpper(strings.TrimSpace(code)))
}

// Actions lists the acts open to the actor now, in the order of [Acts]. An act
// may still be refused for what it is given.
func (s *Service) Actions(ctx context.Context, by actor.Actor, d *Dossier) ([]ActName, error) {
	own, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	var names []ActName
	for _, a := range acts {
		if _, ok := a.allows(by, own, d); ok && a.possible(d) {
			names = append(names, a.Name)
		}
	}
	return names, nil
}

// Timeline returns all that happened to a dossier the actor may see, with the
// texts written on the way. What officials wrote to one another is left out for
// the applicant.
func (s *Service) Timeline(ctx context.Context, by actor.Actor, id ID) ([]Entry, error) {
	if _, err := s.Get(ctx, by, id); err != nil {
		return nil, err
	}
	entries, err := s.happened(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	texts, err := notes(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	inside := by.ID == actor.SystemID || by.Can(actor.ReadDossier) && by.Staff() || by.Can(actor.InspectDossier)
	for i := range entries {
		e := &entries[i]
		if inside || e.Actor == by.ID || slices.ContainsFunc(told, func(n ActName) bool { return act(n).Event == e.Kind }) {
			e.Note = texts[e.Fact.Note]
		}
	}
	return entries, nil
}

// told are the acts whose words are meant for the applicant.
var told = []ActName{ActNotReceive, ActStop, ActIssueApology, ActRequestPayment, ActRecordPayment, ActRecordRefund, ActWithdraw}

// Clock counts the time of a dossier the actor may see, now.
func (s *Service) Clock(ctx context.Context, by actor.Actor, id ID) (Clock, error) {
	d, err := s.Get(ctx, by, id)
	if err != nil {
		return Clock{}, err
	}
	return s.clock(ctx, d)
}

func (s *Service) clock(ctx context.Context, d *Dossier) (Clock, error) {
	c, err := s.change(ctx, actor.System(), "", d)
	if err != nil {
		return Clock{}, err
	}
	clock, err := CountClock(c.calendar, c.stages(), d.Channel, c.happened, c.now)
	return clock, unknownYear(err)
}

// Attachments returns the files of a dossier the actor may see, in the order in
// which they came: those replaced too, but not those removed. The applicant is
// shown the authority's papers once it has decided.
func (s *Service) Attachments(ctx context.Context, by actor.Actor, id ID) ([]Attachment, error) {
	d, err := s.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	inside := by.Staff() || by.ID == actor.SystemID
	files, err := attachments(ctx, s.db, id)
	return slices.DeleteFunc(current(files), func(a Attachment) bool {
		return !a.RemovedAt.IsZero() || a.Component == "" && !inside && d.State.Open()
	}), err
}

// Supplements returns the requests for papers, the newest last. The applicant is
// shown those that were sent.
func (s *Service) Supplements(ctx context.Context, by actor.Actor, id ID) ([]Supplement, error) {
	if _, err := s.Get(ctx, by, id); err != nil {
		return nil, err
	}
	all, err := supplements(ctx, s.db, id)
	if !by.Staff() && by.ID != actor.SystemID {
		all = slices.DeleteFunc(all, func(one Supplement) bool { return one.SentAt.IsZero() })
	}
	return all, err
}

// Tracking is what who holds a code, and perhaps its secret, may see (TT
// 01/2018/TT-VPCP Điều 16.2.d).
type Tracking struct {
	Code  string
	Level int // see [State.Level]

	// The rest only with the secret.
	Known     bool
	State     State
	Procedure procedure.ID
	Unit      string
	FiledAt   time.Time
	DueAt     time.Time
	DecidedAt time.Time
	HandedAt  time.Time
}

// Track follows a dossier without an account. A wrong secret shows no more than
// none.
func (s *Service) Track(ctx context.Context, code, secret string) (Tracking, error) {
	d, err := byCode(ctx, s.db, filter{all: true}, strings.ToUpper(strings.TrimSpace(code)))
	if err != nil {
		return Tracking{}, err
	}
	t := Tracking{Code: d.Code, Level: d.State.Level()}
	if secret == "" {
		return t, nil
	}
	hash, err := secretHash(ctx, s.db, d.Code)
	if err != nil || !opens(secret, hash) {
		return t, err
	}
	t.Known, t.State, t.Procedure, t.Unit = true, d.State, d.Procedure, d.Unit
	t.FiledAt, t.DueAt, t.DecidedAt, t.HandedAt = d.FiledAt, d.DueAt, d.DecidedAt, d.HandedAt
	return t, nil
}

// View is a list that people keep open.
type View string

// The views.
const (
	All      View = ""          // everything filed that the actor may see, the newest first
	Own      View = "own"       // of the citizen and those they represent, drafts included, the newest first
	Mine     View = "mine"      // in the actor's hands, what is due first
	OfUnit   View = "unit"      // lying in the actor's units, what is due first
	DueToday View = "due-today" // of those, due today
	Overdue  View = "overdue"   // of those, past due
	ToRelay  View = "to-relay"  // with a request for papers that the actor's desk has not yet sent, what is due first
)

// Query chooses dossiers. An empty field chooses all.
type Query struct {
	View      View
	States    []State
	Procedure procedure.Code
	Unit      string        // lying there now
	Party     []string      // ids of applicants
	Text      string        // the beginning of a code, or of a word of the applicant's name or the summary
	From, To  worktime.Date // filed, half-open
	After     string        // cursor of the page before
	Limit     int           // 0: 50
}

// Page is a part of a list.
type Page struct {
	Dossiers []Dossier // without form, answers and quote
	Next     string    // cursor of the next page; empty on the last
}

const (
	usualPage = 50
	mostPage  = 500
)

// List returns dossiers the actor may see. A search is in the order of what was
// found, the other lists in that of their view.
func (s *Service) List(ctx context.Context, by actor.Actor, q Query) (Page, error) {
	c, err := s.choose(ctx, by, q)
	if err != nil {
		return Page{}, err
	}
	wanted := c.limit
	c.limit++ // one more, to know whether a page follows
	found, ends, err := list(ctx, s.db, c)
	if err != nil {
		return Page{}, err
	}
	page := Page{Dossiers: found}
	if len(found) > wanted {
		page.Dossiers = found[:wanted]
		page.Next = ends[wanted-1].String()
	}
	page.Dossiers = once(page.Dossiers)
	return page, nil
}

// once leaves out what a search found by two words.
func once(all []Dossier) []Dossier {
	seen := make(map[ID]bool, len(all))
	return slices.DeleteFunc(all, func(d Dossier) bool {
		again := seen[d.ID]
		seen[d.ID] = true
		return again
	})
}

// choose makes a query ready.
func (s *Service) choose(ctx context.Context, by actor.Actor, q Query) (choice, error) {
	f, err := s.filter(ctx, by)
	if err != nil {
		return choice{}, err
	}
	q.Text = strings.TrimSpace(q.Text)
	c := choice{Query: q, filter: f, by: by.ID, units: by.Units(actor.ReadDossier), now: s.moment(), limit: q.Limit}
	if q.View == ToRelay {
		c.units = by.Units(actor.ReceiveDossier)
	}
	if q.Unit != "" {
		c.units = slices.DeleteFunc(c.units, func(u string) bool { return u != q.Unit })
	}
	c.today = worktime.DateOf(c.now)
	if c.limit <= 0 {
		c.limit = usualPage
	}
	c.limit = min(c.limit, mostPage)
	if c.cursor, err = parseCursor(q.After); err != nil {
		return choice{}, &errs.Error{Kind: errs.Invalid, Msg: "dossier.error.cursor", Err: err}
	}
	return c, nil
}

// String writes a cursor for addresses.
func (c cursor) String() string {
	at := c.at.UTC().Format(time.RFC3339Nano)
	return base64.RawURLEncoding.EncodeToString([]byte(at + "|" + c.id + "|" + c.phrase))
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, fmt.Errorf("cursor: %w", err)
	}
	parts := strings.SplitN(string(b), "|", 3)
	if len(parts) != 3 || parts[1] == "" {
		return cursor{}, fmt.Errorf("cursor %q", b)
	}
	at, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil {
		return cursor{}, fmt.Errorf("cursor: %w", err)
	}
	return cursor{at: at, id: parts[1], phrase: parts[2]}, nil
}

// Export streams every dossier that the actor may see and q chooses, page by
// page, so that memory stays small however many there are.
func (s *Service) Export(ctx context.Context, by actor.Actor, q Query) iter.Seq2[*Dossier, error] {
	return func(yield func(*Dossier, error) bool) {
		q.Limit = mostPage
		for {
			page, err := s.List(ctx, by, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Dossiers {
				if !yield(&page.Dossiers[i], nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}

// Statistics counts what the actor may see and q chooses, by state.
func (s *Service) Statistics(ctx context.Context, by actor.Actor, q Query) (map[State]int, error) {
	c, err := s.choose(ctx, by, q)
	if err != nil {
		return nil, err
	}
	return countStates(ctx, s.db, c)
}
