package dossier

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Catalogue is what this package needs to know of procedures. Package procedure
// provides it.
type Catalogue interface {
	Get(ctx context.Context, id procedure.ID) (*procedure.Version, error)
	AsOf(ctx context.Context, code procedure.Code, on worktime.Date) (*procedure.Version, error)
	Form(ctx context.Context, id procedure.ID) (*form.Form, error)
}

// Calendars gives the working calendar in force. Package calendar provides it.
type Calendars interface {
	Current(ctx context.Context) (worktime.Calendar, error)
}

// Parties knows applicants and who may act for them. Package party provides it.
type Parties interface {
	// Name is what lists and receipts call the party.
	Name(ctx context.Context, party string) (string, error)
	// Represented lists the parties that party may act for on a day, besides itself.
	Represented(ctx context.Context, party string, on worktime.Date) ([]string, error)
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

func (e *StaleError) Error() string { return "dossier " + string(e.Current.ID) + " has changed" }

// Service lets people do what the law allows with dossiers. Each act checks who
// may, in which state, and on which copy, then writes the change and its one
// event together.
type Service struct {
	db        *db.DB
	events    *event.Spine
	catalogue Catalogue
	calendars Calendars
	parties   Parties
	now       func() time.Time
}

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, c Catalogue, w Calendars, p Parties, now func() time.Time) *Service {
	return &Service{d, events, c, w, p, now}
}

// NewDossier is what a draft begins with.
type NewDossier struct {
	Procedure     procedure.Code
	Party         string // the applicant; for a citizen empty means their own
	ApplicantKind procedure.ApplicantKind
	Channel       Channel // empty: online for a citizen, the counter for an officer
	ReceivingUnit string  // one of those the procedure names; empty where there is one
	Summary       string
	Delivery      Delivery // empty: pick-up
	Answers       form.Answers
	System, Ref   string // an external dossier: its master and its code there
}

// Filing is what comes with the act of filing.
type Filing struct {
	Key         string // idempotency key: the same key and body is the same filing
	Attachments []NewAttachment
}

// Receipt is what a filer is given. The secret is shown this once; the store
// keeps its hash.
type Receipt struct {
	Dossier *Dossier
	Secret  string // empty when the filing had been made before, under the same key
	Again   bool   // it had been
}

// Ground is the coded reason of a refusal or an interruption, the article it
// rests on, and words for the applicant.
type Ground struct {
	Reason  string // see [Reasons]
	Article string // empty: the reason's own
	Text    string
}

// Proposal is the result an officer proposes.
type Proposal struct {
	Outcome Outcome
	Ground  Ground // of a refusal
	Text    string // the officer's opinion
}

// NewAttachment is the description of a file whose bytes are kept already.
type NewAttachment struct {
	Component string
	Replaces  string // id of the attachment this is a new version of
	Name      string
	Type      string
	Size      int64
	SHA256    string
	Blob      string
}

// Start opens a draft: a citizen's own or for whom they represent, or, marked as
// assisted, an officer's for a person at the desk.
func (s *Service) Start(ctx context.Context, by actor.Actor, n NewDossier) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// SaveAnswers merges answers of one page into a draft. Nothing is validated
// before filing, so a draft can be left at any point.
func (s *Service) SaveAnswers(ctx context.Context, by actor.Actor, c Copy, answers form.Answers) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// File hands a draft in.
func (s *Service) File(ctx context.Context, by actor.Actor, c Copy, f Filing) (Receipt, error) {
	return Receipt{}, errors.ErrUnsupported
}

// FileAtOnce drafts and files in one write, for the API and the counter.
func (s *Service) FileAtOnce(ctx context.Context, by actor.Actor, n NewDossier, f Filing) (Receipt, error) {
	return Receipt{}, errors.ErrUnsupported
}

// Receive takes a filed dossier in and promises a date.
func (s *Service) Receive(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// NotReceive turns a filed dossier away (từ chối tiếp nhận, Mẫu 03).
func (s *Service) NotReceive(ctx context.Context, by actor.Actor, c Copy, g Ground) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// SupplementAtReception asks once for all that is missing, before reception.
func (s *Service) SupplementAtReception(ctx context.Context, by actor.Actor, c Copy, items []Item) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Forward sends a received dossier to the unit of its first stage.
func (s *Service) Forward(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// TakeOn makes the actor the one who works on the dossier.
func (s *Service) TakeOn(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Assign gives the dossier to a person of the unit, or to another one than had it.
func (s *Service) Assign(ctx context.Context, by actor.Actor, c Copy, person actor.ID) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// HandOver passes the dossier on to a colleague, or, to nobody, back to the
// unit's tray.
func (s *Service) HandOver(ctx context.Context, by actor.Actor, c Copy, person actor.ID, why string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// CompleteStage ends the current stage and sends the dossier to the next.
func (s *Service) CompleteStage(ctx context.Context, by actor.Actor, c Copy, note string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// ProposeSupplement asks the one-stop desk to ask for papers. A second request
// needs the head's written reason.
func (s *Service) ProposeSupplement(ctx context.Context, by actor.Actor, c Copy, items []Item, headReason string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// ReturnOnAppraisal asks the one-stop desk to return a dossier found not to be
// eligible, within three working days of reception.
func (s *Service) ReturnOnAppraisal(ctx context.Context, by actor.Actor, c Copy, items []Item) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// DropSupplement takes a proposed request back before it is sent.
func (s *Service) DropSupplement(ctx context.Context, by actor.Actor, c Copy, supplement string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// RelaySupplement sends a proposed request to the applicant.
func (s *Service) RelaySupplement(ctx context.Context, by actor.Actor, c Copy, supplement string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// AnswerSupplement brings what was asked for: changed answers, and files.
func (s *Service) AnswerSupplement(ctx context.Context, by actor.Actor, c Copy, answers form.Answers, files []NewAttachment) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// PauseClock lets the clock stand still on a ground of the stage.
func (s *Service) PauseClock(ctx context.Context, by actor.Actor, c Copy, ground procedure.Ground, note string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// ResumeClock lets the clock run again.
func (s *Service) ResumeClock(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// RequestPayment asks for what is due; zero means the sum quoted at filing.
func (s *Service) RequestPayment(ctx context.Context, by actor.Actor, c Copy, amount int64, note string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// RecordPayment notes what was paid at the counter.
func (s *Service) RecordPayment(ctx context.Context, by actor.Actor, c Copy, amount int64, receipt string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// RecordRefund notes that what was paid was given back.
func (s *Service) RecordRefund(ctx context.Context, by actor.Actor, c Copy, receipt string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Propose submits a result for approval.
func (s *Service) Propose(ctx context.Context, by actor.Actor, c Copy, p Proposal) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Approve agrees inside the unit and sends the dossier to who signs.
func (s *Service) Approve(ctx context.Context, by actor.Actor, c Copy, note string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// ReturnForRework sends the dossier back to the officer, with a reason.
func (s *Service) ReturnForRework(ctx context.Context, by actor.Actor, c Copy, reason string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Sign signs the result.
func (s *Service) Sign(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// IssueNumber numbers and seals the signed result (văn thư).
func (s *Service) IssueNumber(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Complete ends the handling and sends the result to the one-stop desk.
func (s *Service) Complete(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// HandOverResult gives the result to the applicant.
func (s *Service) HandOverResult(ctx context.Context, by actor.Actor, c Copy, delivery Delivery) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Withdraw takes the application back.
func (s *Service) Withdraw(ctx context.Context, by actor.Actor, c Copy, why string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Stop ends the handling without a decision.
func (s *Service) Stop(ctx context.Context, by actor.Actor, c Copy, g Ground) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// IssueApology apologises and promises a new date, once at most.
func (s *Service) IssueApology(ctx context.Context, by actor.Actor, c Copy, until worktime.Date, reason string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Rate is the applicant's judgement, 1 to 5, once.
func (s *Service) Rate(ctx context.Context, by actor.Actor, c Copy, stars int, comment string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// AddAttachment notes a file whose bytes are kept already.
func (s *Service) AddAttachment(ctx context.Context, by actor.Actor, c Copy, a NewAttachment) (*Attachment, *Dossier, error) {
	return nil, nil, errors.ErrUnsupported
}

// RemoveAttachment takes a file away before it was filed.
func (s *Service) RemoveAttachment(ctx context.Context, by actor.Actor, c Copy, attachment string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// NewSecret replaces the tracking secret, for who lost it.
func (s *Service) NewSecret(ctx context.Context, by actor.Actor, c Copy) (string, *Dossier, error) {
	return "", nil, errors.ErrUnsupported
}

// MarkSynced notes that the master system has what we know.
func (s *Service) MarkSynced(ctx context.Context, by actor.Actor, c Copy) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Get returns a dossier the actor may see, or NotFound.
func (s *Service) Get(ctx context.Context, by actor.Actor, id ID) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// ByCode is Get by the code people know.
func (s *Service) ByCode(ctx context.Context, by actor.Actor, code string) (*Dossier, error) {
	return nil, errors.ErrUnsupported
}

// Actions lists the acts open to the actor now, in the order of [Acts].
func (s *Service) Actions(ctx context.Context, by actor.Actor, d *Dossier) ([]ActName, error) {
	return nil, errors.ErrUnsupported
}

// Timeline returns all that happened to a dossier the actor may see.
func (s *Service) Timeline(ctx context.Context, by actor.Actor, id ID) ([]Entry, error) {
	return nil, errors.ErrUnsupported
}

// Clock counts a dossier's time, now.
func (s *Service) Clock(ctx context.Context, by actor.Actor, id ID) (Clock, error) {
	return Clock{}, errors.ErrUnsupported
}

// Attachments returns the files of a dossier, removed ones left out.
func (s *Service) Attachments(ctx context.Context, by actor.Actor, id ID) ([]Attachment, error) {
	return nil, errors.ErrUnsupported
}

// Supplements returns the requests for papers, the newest last.
func (s *Service) Supplements(ctx context.Context, by actor.Actor, id ID) ([]Supplement, error) {
	return nil, errors.ErrUnsupported
}

// Tracking is what who holds a code, and perhaps its secret, may see.
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

// Track follows a dossier without an account.
func (s *Service) Track(ctx context.Context, code, secret string) (Tracking, error) {
	return Tracking{}, errors.ErrUnsupported
}

// View is a worklist.
type View string

// The worklists.
const (
	All      View = ""          // everything the actor may see, newest first
	Own      View = "own"       // of the citizen and those they represent, drafts included, newest first
	Mine     View = "mine"      // in the actor's hands, what is due first
	OfUnit   View = "unit"      // lying in the actor's units, what is due first
	DueToday View = "due-today" // of the actor's units, due by the end of today
	Overdue  View = "overdue"   // of the actor's units, past due
)

// Query chooses dossiers. An empty field chooses all.
type Query struct {
	View      View
	States    []State
	Procedure procedure.Code
	Unit      string // lying there now
	Party     []string
	Text      string        // a code, or the beginning of a word of the applicant's name or the summary
	From, To  worktime.Date // filed, half-open
	After     string        // cursor
	Limit     int           // 0: 50
}

// Page is a part of a list.
type Page struct {
	Dossiers []Dossier // without answers and quote
	Next     string    // cursor of the next page; empty on the last
}

// List returns dossiers the actor may see.
func (s *Service) List(ctx context.Context, by actor.Actor, q Query) (Page, error) {
	return Page{}, errors.ErrUnsupported
}

// Export streams every dossier the actor may see that q chooses, without answers.
func (s *Service) Export(ctx context.Context, by actor.Actor, q Query) iter.Seq2[*Dossier, error] {
	return nil
}

// Statistics counts what the actor may see, by state.
func (s *Service) Statistics(ctx context.Context, by actor.Actor, q Query) (map[State]int, error) {
	return nil, errors.ErrUnsupported
}

// SetTemplate says how the codes of a receiving unit are made from a day on.
func (s *Service) SetTemplate(ctx context.Context, by actor.Actor, unit, template string, from worktime.Date) error {
	return errors.ErrUnsupported
}

var _ json.RawMessage
