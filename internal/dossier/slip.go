package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/document/onestopform"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// sheaf is what the forms of one dossier are filled in from.
type sheaf struct {
	*Papers
	ctx     context.Context
	by      actor.Actor
	d       *Dossier
	v       *procedure.Version
	entries []Entry
	names   map[actor.ID]string
	who     onestopform.Applicant
}

// ResultSlip is the kind of [Papers.Slip] that is the result itself: the file as
// it was signed, or, for officials, a draft of what the leader is to sign.
const ResultSlip = "result"

// Slip draws a standard form of a dossier, as its events tell: the same each
// time. It is NotFound for a form whose act has not been done. The kinds are
// those of [onestopform.Kinds], the book left out, and [ResultSlip].
func (p *Papers) Slip(ctx context.Context, by actor.Actor, id ID, kind string) ([]byte, error) {
	s, err := p.sheaf(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if kind == ResultSlip {
		return s.result()
	}
	draw := map[onestopform.Kind]func() (document.Paper, error){
		onestopform.ReceiptForm:    s.receipt,
		onestopform.SupplementForm: s.supplement,
		onestopform.RejectionForm:  s.rejection,
		onestopform.ApologyForm:    s.apology,
		onestopform.StopForm:       s.stop,
		onestopform.ControlForm:    s.control,
	}[onestopform.Kind(kind)]
	if draw == nil {
		return nil, errNoPaper
	}
	paper, err := draw()
	if err != nil {
		return nil, err
	}
	return document.Render(paper)
}

var errNoPaper = errs.New(errs.NotFound, "dossier.error.no-paper", nil)

func (p *Papers) sheaf(ctx context.Context, by actor.Actor, id ID) (*sheaf, error) {
	d, err := p.dossiers.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	s := &sheaf{Papers: p, ctx: ctx, by: by, d: d}
	if s.v, err = p.dossiers.catalogue.Get(ctx, d.Procedure); err != nil {
		return nil, err
	}
	if s.entries, err = p.dossiers.Timeline(ctx, by, id); err != nil {
		return nil, err
	}
	var people []actor.ID
	for _, e := range s.entries {
		people = append(people, e.Actor, e.Fact.Person)
	}
	people = slices.DeleteFunc(people, func(id actor.ID) bool { return id == "" || id == actor.SystemID })
	if s.names, err = p.People.Names(ctx, people...); err != nil {
		return nil, err
	}
	s.who, err = p.applicant(ctx, d)
	s.who.Number = ""
	return s, err
}

// slip begins a form of the given act: when it was done, and the head of the
// unit whose form it is.
func (s *sheaf) slip(unit string, names ...ActName) (Entry, onestopform.Head, error) {
	e, ok := latest(s.entries, names...)
	if !ok {
		return e, onestopform.Head{}, errNoPaper
	}
	h, err := s.head(s.ctx, unit, e.At, s.d)
	return e, h, err
}

func (s *sheaf) desk(at time.Time) (string, error) { return s.unit(s.ctx, s.d.ReceivingUnit, at) }

// receipt is Mẫu 01, as of reception: what was promised then.
func (s *sheaf) receipt() (document.Paper, error) {
	e, h, err := s.slip(s.d.ReceivingUnit, ActReceive)
	if err != nil {
		return document.Paper{}, err
	}
	desk, err := s.desk(e.At)
	if err != nil {
		return document.Paper{}, err
	}
	components, err := s.components(e.At)
	if err != nil {
		return document.Paper{}, err
	}
	due, _ := time.Parse(time.RFC3339, e.Fact.Due) // zero when the clock stood still
	r := onestopform.Receipt{
		Head: h, Applicant: s.who, Desk: desk, Procedure: s.v.Name.Vi, Components: components,
		ReceivedAt: e.At, DueAt: due, Delivery: delivery(s.d.Delivery), Fee: s.d.Charge, Officer: s.names[e.Actor], Hotline: s.Hotline,
	}
	if c, ok := s.v.Case(s.d.Case); ok {
		r.Term = onestopform.Term(c.TotalFor(channel(s.d.Channel)).Worktime())
	}
	return r.Paper(), nil
}

// components are the papers that came with the dossier by the given time. At a
// counter the required ones were seen, scanned or not.
func (s *sheaf) components(by time.Time) ([]onestopform.Component, error) {
	files, err := s.dossiers.Attachments(s.ctx, s.by, s.d.ID)
	if err != nil {
		return nil, err
	}
	asked, err := s.v.ComponentsFor(procedure.Filing{
		Applicant: s.d.ApplicantKind, Case: s.d.Case, Channel: channel(s.d.Channel), Day: worktime.DateOf(s.d.FiledAt), Answers: s.d.Answers,
	})
	if err != nil {
		return nil, err
	}
	onPaper := s.d.Channel == Counter || s.d.Channel == Post
	var all []onestopform.Component
	for _, c := range asked {
		one := onestopform.Component{Name: c.Name.Vi, Copy: copied(c), Count: c.Count}
		for _, f := range files {
			if f.Component == c.ID && !f.At.After(by) {
				one.Files = append(one.Files, onestopform.File{Name: f.Name, SHA256: f.SHA256})
			}
		}
		if len(one.Files) > 0 || c.FromForm || onPaper && c.Required {
			all = append(all, one)
		}
	}
	return all, nil
}

func copied(c procedure.Component) string {
	switch {
	case c.FromForm:
		return onestopform.Declared
	case c.Copy == procedure.Certified:
		return onestopform.Certified
	case c.Copy == procedure.Plain:
		return onestopform.Copied
	}
	return onestopform.Original
}

func delivery(d Delivery) string {
	switch d {
	case ByPost:
		return onestopform.ByPost
	case Download:
		return onestopform.Online
	}
	return onestopform.AtTheDesk
}

// supplement is Mẫu 02, of the request sent last.
func (s *sheaf) supplement() (document.Paper, error) {
	e, h, err := s.slip(s.d.ReceivingUnit, ActRelaySupplement, ActSupplementAtReception)
	if err != nil {
		return document.Paper{}, err
	}
	requests, err := s.dossiers.Supplements(s.ctx, s.by, s.d.ID)
	if err != nil {
		return document.Paper{}, err
	}
	i := slices.IndexFunc(requests, func(r Supplement) bool { return r.ID == e.Fact.Supplement })
	if i < 0 {
		return document.Paper{}, errNoPaper
	}
	paper := onestopform.Supplement{
		Head: h, Applicant: s.who, Procedure: s.v.Name.Vi, Reason: requests[i].HeadReason, Officer: s.names[e.Actor], Hotline: s.Hotline,
	}
	for _, item := range requests[i].Items {
		paper.Items = append(paper.Items, onestopform.Item{Part: s.part(item), Problem: item.Problem, Fix: item.Fix})
	}
	return paper.Paper(), nil
}

// part names what an item is about.
func (s *sheaf) part(item Item) string {
	for _, c := range s.v.Components {
		if item.Component != "" && c.ID == item.Component {
			return c.Name.Vi
		}
	}
	if f := s.v.Form.Field(item.Field); f != nil {
		return label(f)
	}
	return cmp.Or(item.Component, item.Field)
}

func label(f *form.Field) string { return f.Label.In("vi") }

// rejection is Mẫu 03.
func (s *sheaf) rejection() (document.Paper, error) {
	e, h, err := s.slip(s.d.ReceivingUnit, ActNotReceive)
	if err != nil {
		return document.Paper{}, err
	}
	return onestopform.Rejection{
		Head: h, Applicant: s.who, Procedure: s.v.Name.Vi,
		Reason: s.Words("dossier.reason." + e.Fact.Reason), Article: e.Fact.Article, Text: e.Note, Officer: s.names[e.Actor],
	}.Paper(), nil
}

// apology is Mẫu 04; before it goes out, officials see it drafted.
func (s *sheaf) apology() (document.Paper, error) {
	acts := []ActName{ActIssueApology}
	if s.by.Staff() && s.d.ApologyAt.IsZero() {
		acts = append(acts, ActDraftApology)
	}
	e, h, err := s.slip(s.d.DecidingUnit, acts...)
	if err != nil {
		return document.Paper{}, err
	}
	desk, err := s.desk(e.At)
	if err != nil {
		return document.Paper{}, err
	}
	var promised time.Time // before the apology
	for _, earlier := range s.entries {
		if earlier.Event == e.Event {
			break
		}
		if due, err := time.Parse(time.RFC3339, earlier.Fact.Due); err == nil {
			promised = due
		}
	}
	return onestopform.Apology{
		Head: h, Applicant: s.who, Procedure: s.v.Name.Vi, Desk: desk, ReceivedAt: s.d.ReceivedAt, DueAt: promised,
		Until: e.Fact.Until, Reason: e.Note, Signer: s.signer(h, e),
	}.Paper(), nil
}

// signer is who did an act, as they sign it by hand.
func (s *sheaf) signer(h onestopform.Head, e Entry) document.Signature {
	return document.Signature{Title: onestopform.HeadOf(h.Agency), Name: s.names[e.Actor], ByHand: true}
}

// result is the file that was signed, or a draft.
func (s *sheaf) result() ([]byte, error) {
	a, err := s.Result(s.ctx, s.by, s.d.ID)
	if err == nil {
		return s.read(s.ctx, a)
	}
	if errs.KindOf(err) != errs.NotFound || !s.by.Staff() || s.d.State != Proposed && s.d.State != Approved {
		return nil, err
	}
	paper, err := s.answer(s.ctx, s.by, s.d, s.dossiers.moment())
	if err != nil {
		return nil, err
	}
	paper.Mark = onestopform.DraftMark
	if !s.by.CanIn(actor.SignDossier, s.d.DecidingUnit) {
		paper.Signatures[0].Name = ""
	}
	return document.Render(paper)
}

// stop is the notice of 03/2025/TT-VPCP; before that circular the same paper
// bears no form number.
func (s *sheaf) stop() (document.Paper, error) {
	e, h, err := s.slip(s.d.DecidingUnit, ActStop)
	if err != nil {
		return document.Paper{}, err
	}
	desk, err := s.desk(e.At)
	if err != nil {
		return document.Paper{}, err
	}
	return onestopform.Stop{
		Head: h, Applicant: s.who, Procedure: s.v.Name.Vi, Desk: desk, ReceivedAt: s.d.ReceivedAt, StoppedAt: e.At, Stage: s.stage(e.Fact.Stage),
		Reason: s.Words("dossier.reason." + e.Fact.Reason), Article: e.Fact.Article, Text: e.Note, Refund: s.d.Paid, Signer: s.signer(h, e),
	}.Paper(), nil
}

func (s *sheaf) stage(id string) string {
	for _, st := range s.v.Stages {
		if st.ID == id {
			return st.Name.Vi
		}
	}
	return ""
}

// control is the slip that goes from hand to hand inside the authority.
func (s *sheaf) control() (document.Paper, error) {
	if !s.by.Staff() {
		return document.Paper{}, errNoPaper
	}
	_, h, err := s.slip(s.d.ReceivingUnit, ActReceive)
	if err != nil {
		return document.Paper{}, err
	}
	moves, err := s.moves()
	if err != nil {
		return document.Paper{}, err
	}
	handling, err := s.unit(s.ctx, s.d.HandlingUnit, h.At)
	if err != nil {
		return document.Paper{}, err
	}
	return onestopform.Control{Head: h, Applicant: s.who.Name, Procedure: s.v.Name.Vi, Handling: handling, Moves: moves}.Paper(), nil
}

// moves are the hands a dossier went through: from unit to unit, each with who
// took it on there and what became of the time of the stage.
func (s *sheaf) moves() ([]onestopform.Move, error) {
	clock, err := s.dossiers.Clock(s.ctx, s.by, s.d.ID)
	if err != nil {
		return nil, err
	}
	var moves []onestopform.Move
	unit := ""
	for _, e := range s.entries {
		if n := len(moves); n > 0 && moves[n-1].Taker == "" && e.Fact.Unit == unit && taken(e) {
			moves[n-1].TakenAt, moves[n-1].Taker = e.At, s.names[cmp.Or(e.Fact.Person, e.Actor)]
		}
		if e.Fact.Unit == "" || e.Fact.Unit == unit {
			continue
		}
		if unit != "" {
			m := onestopform.Move{Giver: s.names[e.Actor], GivenAt: e.At, Note: s.stage(e.Fact.Stage)}
			if m.From, err = s.unit(s.ctx, unit, e.At); err != nil {
				return nil, err
			}
			if m.To, err = s.unit(s.ctx, e.Fact.Unit, e.At); err != nil {
				return nil, err
			}
			for _, st := range clock.Stages {
				if st.From.Equal(e.At) {
					m.Result = outcome(st.Verdict)
				}
			}
			moves = append(moves, m)
		}
		unit = e.Fact.Unit
	}
	return moves, nil
}

// taken reports whether somebody took the dossier into their hands: by saying
// so, or by the first thing they did with it.
func taken(e Entry) bool {
	return e.Actor != actor.SystemID && e.Kind != act(ActAddAttachment).Event && e.Kind != act(ActRate).Event
}

func outcome(v Verdict) string {
	switch v {
	case Early:
		return onestopform.Early
	case OnTime:
		return onestopform.OnTime
	case TooLate, PastDue:
		return onestopform.Late
	}
	return ""
}

// mostEntries bounds a book that is drawn at once.
const mostEntries = 5000

// Book draws the book of dossiers (Mẫu 06) of those filed from from until just
// before to, in the order in which they came, numbered from 01 each year. An
// officer of the desk sees their desk's book; another official, what they may
// see.
func (p *Papers) Book(ctx context.Context, by actor.Actor, from, to worktime.Date) ([]byte, error) {
	if !by.Staff() {
		return nil, errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if from.IsZero() || to.IsZero() || !from.Before(to) {
		return nil, errs.Field("from", "dossier.error.book-range", nil)
	}
	desks := by.Units(actor.ReceiveDossier)
	year, _, _ := from.Civil()
	var filed []*Dossier
	for d, err := range p.dossiers.Export(ctx, by, Query{From: worktime.NewDate(year, time.January, 1), To: to}) {
		if err != nil {
			return nil, err
		}
		if len(desks) == 0 || slices.Contains(desks, d.ReceivingUnit) {
			filed = append(filed, d)
		}
	}
	slices.SortFunc(filed, func(a, b *Dossier) int {
		return cmp.Or(a.FiledAt.Compare(b.FiledAt), strings.Compare(a.Code, b.Code))
	})
	numbers, n := make([]int, len(filed)), 0
	for i, d := range filed {
		if y, _, _ := worktime.DateOf(d.FiledAt).Civil(); y != year {
			year, n = y, 0
		}
		n++
		numbers[i] = n
	}
	first := slices.IndexFunc(filed, func(d *Dossier) bool { return !worktime.DateOf(d.FiledAt).Before(from) })
	if first < 0 {
		first = len(filed)
	}
	filed, numbers = filed[first:], numbers[first:]
	if len(filed) > mostEntries {
		return nil, errs.Field("to", "dossier.error.book-long", errs.Args{"most": mostEntries})
	}
	book := onestopform.Book{From: from, To: to}
	unit := by.Unit
	if len(desks) > 0 {
		unit = desks[0]
	}
	var err error
	if book.Head, err = p.head(ctx, unit, p.dossiers.moment(), nil); err != nil {
		return nil, err
	}
	if book.Entries, err = p.bookEntries(ctx, filed, numbers); err != nil {
		return nil, err
	}
	return document.Render(book.Paper())
}

func (p *Papers) bookEntries(ctx context.Context, filed []*Dossier, numbers []int) ([]onestopform.Entry, error) {
	ids := make([]string, 0, len(filed))
	for _, d := range filed {
		ids = append(ids, d.Party)
	}
	slices.Sort(ids)
	parties, err := p.Parties.Lookup(ctx, slices.Compact(ids)...)
	if err != nil {
		return nil, err
	}
	units := map[string]string{}
	entries := make([]onestopform.Entry, 0, len(filed))
	for i, d := range filed {
		v, err := p.dossiers.catalogue.Get(ctx, d.Procedure)
		if err != nil {
			return nil, fmt.Errorf("procedure of dossier %s: %w", d.ID, err)
		}
		if units[d.HandlingUnit] == "" {
			if units[d.HandlingUnit], err = p.unit(ctx, d.HandlingUnit, d.FiledAt); err != nil {
				return nil, err
			}
		}
		e := onestopform.Entry{
			Number: numbers[i], Code: d.Code, Procedure: v.Name.Vi, Applicant: d.ApplicantName, Unit: units[d.HandlingUnit],
			ReceivedAt: d.ReceivedAt, DueAt: d.DueAt, HandedAt: d.HandedAt, Delivery: delivery(d.Delivery), Note: p.note(d.State),
		}
		if who, ok := parties[d.Party]; ok {
			e.Contact = strings.Trim(who.Address+", "+who.Phone, ", ")
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// note says how a dossier ended that has no result.
func (p *Papers) note(s State) string {
	if s == NotReceived || s == Withdrawn || s == Stopped || s == Refused {
		return p.Words("dossier.state." + string(s))
	}
	return ""
}
