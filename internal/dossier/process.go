package dossier

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Proposal is the result an officer proposes.
type Proposal struct {
	Outcome Outcome
	Ground  Ground // of a refusal
	Text    string // the officer's opinion, of a grant; may be empty
}

// TakeOn makes the actor the one who works on the dossier.
func (s *Service) TakeOn(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActTakeOn, func(c *change) error {
		c.d.Assignee, c.fact.Person = by.ID, by.ID
		return nil
	})
}

// Assign gives the dossier to a person of the unit, whoever had it.
func (s *Service) Assign(ctx context.Context, by actor.Actor, seen Copy, person actor.ID) (*Dossier, error) {
	return s.do(ctx, by, seen, ActAssign, func(c *change) error {
		if person == "" || person == c.d.Assignee {
			return errs.Field("person", "dossier.error.person", nil)
		}
		c.d.Assignee, c.fact.Person = person, person
		return nil
	})
}

// HandOver passes the dossier on to a colleague; to nobody, back to the unit's
// tray.
func (s *Service) HandOver(ctx context.Context, by actor.Actor, seen Copy, person actor.ID, why string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActHandOver, func(c *change) error {
		if person == c.d.Assignee {
			return errs.Field("person", "dossier.error.person", nil)
		}
		var err error
		c.note, err = maybe("why", why)
		c.d.Assignee, c.fact.Person = person, person
		return err
	})
}

// CompleteStage ends the current stage and brings the dossier to the next. The
// last steps come with their own acts: propose, approve, sign, number, complete.
func (s *Service) CompleteStage(ctx context.Context, by actor.Actor, seen Copy, note string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActCompleteStage, func(c *change) error {
		stages, i := c.stages(), c.d.Stage+1
		if i >= len(stages) || slices.Contains([]procedure.Step{procedure.Decision, procedure.Issue, procedure.Return}, stages[i].Step) {
			return errs.New(errs.Conflict, "dossier.error.last-stage", nil)
		}
		if c.d.Supplement != "" {
			return errs.New(errs.Conflict, "dossier.error.supplement-open", nil)
		}
		var err error
		if c.note, err = maybe("note", note); err != nil {
			return err
		}
		return c.enter(i)
	})
}

// PauseClock lets the clock stand still on a ground that the stage allows.
// Waiting for papers and for money have acts of their own.
func (s *Service) PauseClock(ctx context.Context, by actor.Actor, seen Copy, ground procedure.Ground, note string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActPause, func(c *change) error {
		basis, ok := c.pauseBasis(ground)
		if !ok || ground == procedure.WaitSupplement || ground == procedure.WaitPayment {
			return errs.Field("ground", "dossier.error.ground", nil)
		}
		c.d.Pause = Suspended
		if ground == procedure.WaitConsultation || ground == procedure.WaitTax {
			c.d.Pause = Consulting
		}
		c.fact.Ground, c.fact.Article = string(ground), cutText(basis)
		var err error
		c.note, err = maybe("note", note)
		return err
	})
}

// cutText bounds a text of the catalogue to what an event may hold.
func cutText(s string) string {
	if len(s) <= 200 {
		return s
	}
	return strings.ToValidUTF8(s[:200], "")
}

// ResumeClock lets the clock run again.
func (s *Service) ResumeClock(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActResume, func(c *change) error {
		c.d.Pause = ""
		return nil
	})
}

// RequestPayment asks for what is due; zero means the sum quoted at filing. The
// clock stands still only if the stage allows it.
func (s *Service) RequestPayment(ctx context.Context, by actor.Actor, seen Copy, amount int64, note string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActRequestPayment, func(c *change) error {
		if amount == 0 {
			amount = c.d.Charge
		}
		if amount <= 0 || amount > 1e15 {
			return errs.Field("amount", "dossier.error.amount", nil)
		}
		basis, _ := c.pauseBasis(procedure.WaitPayment)
		c.d.State, c.d.Money, c.d.Charge = WaitingPayment, Due, amount
		c.fact.Amount, c.fact.Article = amount, cutText(basis)
		var err error
		c.note, err = maybe("note", note)
		return err
	})
}

// RecordPayment notes what was paid at the counter, with the number of the
// receipt (biên lai).
func (s *Service) RecordPayment(ctx context.Context, by actor.Actor, seen Copy, amount int64, receipt string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActRecordPayment, func(c *change) error {
		if amount != c.d.Charge {
			return errs.Field("amount", "dossier.error.amount-other", errs.Args{"amount": c.d.Charge})
		}
		var err error
		if c.note, err = words("receipt", receipt); err != nil {
			return err
		}
		c.d.Money, c.d.Paid = Paid, amount
		if c.d.State == WaitingPayment {
			c.d.State = InProcessing
		}
		c.fact.Amount = amount
		return nil
	})
}

// RecordRefund notes that what was paid was given back.
func (s *Service) RecordRefund(ctx context.Context, by actor.Actor, seen Copy, receipt string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActRecordRefund, func(c *change) error {
		var err error
		c.note, err = words("receipt", receipt)
		c.d.Money, c.fact.Amount = Refunded, c.d.Paid
		return err
	})
}

// Propose submits a result for approval. A request for papers that was not sent
// yet is dropped.
func (s *Service) Propose(ctx context.Context, by actor.Actor, seen Copy, p Proposal) (*Dossier, error) {
	return s.do(ctx, by, seen, ActPropose, func(c *change) error {
		var err error
		switch p.Outcome {
		case Grant:
			p.Ground = Ground{}
			c.note, err = maybe("text", p.Text)
		case Refuse:
			p.Ground, err = p.Ground.check(ActPropose)
			c.note = p.Ground.Text
		default:
			err = errs.Field("outcome", "dossier.error.outcome", nil)
		}
		if err != nil {
			return err
		}
		if c.d.Supplement != "" {
			one, err := s.supplement(ctx, c.d, c.d.Supplement)
			if err != nil {
				return err
			}
			c.drop(one)
		}
		c.d.State, c.d.Outcome, c.d.Reason, c.d.Article = Proposed, p.Outcome, p.Ground.Reason, p.Ground.Article
		c.d.Assignee = ""
		c.fact.Outcome, c.fact.Reason, c.fact.Article = p.Outcome, p.Ground.Reason, p.Ground.Article
		return nil
	})
}

// Approve agrees inside the unit and sends the dossier to who signs.
func (s *Service) Approve(ctx context.Context, by actor.Actor, seen Copy, note string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActApprove, func(c *change) error {
		var err error
		if c.note, err = maybe("note", note); err != nil {
			return err
		}
		c.d.State = Approved
		if i, ok := c.later(procedure.Decision); ok {
			return c.enter(i)
		}
		c.moveTo(c.d.DecidingUnit)
		return nil
	})
}

// ReturnForRework sends the dossier back to the officer who proposed, with a
// reason.
func (s *Service) ReturnForRework(ctx context.Context, by actor.Actor, seen Copy, reason string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActReturnForRework, func(c *change) error {
		proposed, ok := c.last(ActPropose)
		if !ok {
			return fmt.Errorf("dossier %s was never proposed", c.d.ID)
		}
		var err error
		if c.note, err = words("reason", reason); err != nil {
			return err
		}
		c.d.State, c.d.Outcome, c.d.Reason, c.d.Article = InProcessing, "", "", ""
		c.d.Stage = slices.IndexFunc(c.stages(), func(st procedure.Stage) bool { return st.ID == proposed.Fact.Stage })
		c.moveTo(proposed.Fact.Unit)
		c.d.Assignee, c.fact.Person = proposed.Actor, proposed.Actor
		return nil
	})
}

// Sign signs the result, whose paper is none of ours; see [Papers.SignResult].
func (s *Service) Sign(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.sign(ctx, by, seen, nil)
}

func (s *Service) sign(ctx context.Context, by actor.Actor, seen Copy, paper *NewAttachment) (*Dossier, error) {
	return s.do(ctx, by, seen, ActSign, func(c *change) error {
		if err := c.keep(paper, 1); err != nil {
			return err
		}
		c.d.State = Signed
		c.fact.Outcome = c.d.Outcome
		if i, ok := c.later(procedure.Issue); ok {
			return c.enter(i)
		}
		return nil
	})
}

// IssueNumber numbers and seals the signed result (văn thư). Numbers begin with
// 01 each year and are unique to the agency that decides, whatever the symbol
// (NĐ 30/2020/NĐ-CP Điều 15). The symbol (ký hiệu), such as GP-STNMT, may be
// empty. The paper is none of ours; see [Papers.NumberResult].
func (s *Service) IssueNumber(ctx context.Context, by actor.Actor, seen Copy, symbol string) (*Dossier, error) {
	return s.issue(ctx, by, seen, symbol, "", nil)
}

// errTaken says that a number which a paper bears went to another meanwhile.
var errTaken = errs.New(errs.Conflict, "dossier.error.number-taken", nil)

// issue is IssueNumber with the paper that bears the number already.
func (s *Service) issue(ctx context.Context, by actor.Actor, seen Copy, symbol, bears string, paper *NewAttachment) (*Dossier, error) {
	return s.do(ctx, by, seen, ActNumber, func(c *change) error {
		if err := c.keep(paper, 2); err != nil {
			return err
		}
		symbol = tidy(symbol)
		if len(symbol) > 40 || strings.ContainsAny(symbol, " \t\r\n") {
			return errs.Field("symbol", "dossier.error.symbol", nil)
		}
		c.d.NumberedAt = c.now
		c.d.Number = "?" // the transaction knows it
		c.before = func(ctx context.Context, tx *db.Tx) error {
			n, err := next(ctx, tx, c.d.numbers(c.now))
			if err != nil {
				return err
			}
			c.d.Number = number(n, symbol)
			if bears != "" && bears != c.d.Number {
				return errTaken
			}
			c.fact.Number = c.d.Number
			return nil
		}
		return nil
	})
}

// numbers names the series from which the dossier's result takes its number.
func (d *Dossier) numbers(at time.Time) string {
	return fmt.Sprintf("number:%s:%d", d.DecidingUnit, worktime.DateOf(at).Year())
}

func number(n int64, symbol string) string {
	if symbol == "" {
		return fmt.Sprintf("%02d", n)
	}
	return fmt.Sprintf("%02d/%s", n, symbol)
}

// Complete ends the handling and sends the result to the one-stop desk.
func (s *Service) Complete(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActComplete, func(c *change) error {
		c.d.State, c.d.DecidedAt = Done, c.now
		if c.d.Outcome == Refuse {
			c.d.State = Refused
		}
		c.fact.Outcome, c.fact.Reason, c.fact.Article, c.fact.Number = c.d.Outcome, c.d.Reason, c.d.Article, c.d.Number
		if i, ok := c.later(procedure.Return); ok {
			c.d.Stage = i
		}
		c.moveTo(c.d.ReceivingUnit)
		return nil
	})
}

// HandOverResult gives the result to the applicant, in the way named; empty
// means the one they asked for.
func (s *Service) HandOverResult(ctx context.Context, by actor.Actor, seen Copy, delivery Delivery) (*Dossier, error) {
	return s.do(ctx, by, seen, ActHandOverResult, func(c *change) error {
		if delivery == "" {
			delivery = c.d.Delivery
		}
		if !slices.Contains([]Delivery{PickUp, ByPost, Download}, delivery) {
			return errs.Field("delivery", "dossier.error.delivery", nil)
		}
		c.d.State, c.d.HandedAt, c.d.Delivery = Returned, c.now, delivery
		c.fact.Delivery = delivery
		return nil
	})
}

// Withdraw takes the application back.
func (s *Service) Withdraw(ctx context.Context, by actor.Actor, seen Copy, why string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActWithdraw, func(c *change) error {
		var err error
		c.d.State, c.d.DecidedAt, c.d.Pause = Withdrawn, c.now, ""
		c.note, err = maybe("why", why)
		return err
	})
}

// Stop ends the handling without a decision.
func (s *Service) Stop(ctx context.Context, by actor.Actor, seen Copy, g Ground) (*Dossier, error) {
	return s.do(ctx, by, seen, ActStop, func(c *change) error { return c.end(Stopped, ActStop, g) })
}

// IssueApology apologises and promises a new date, once at most (NĐ
// 61/2018/NĐ-CP Điều 19.9, Mẫu 04). The lawful date stays what it was.
func (s *Service) IssueApology(ctx context.Context, by actor.Actor, seen Copy, until worktime.Date, reason string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActIssueApology, func(c *change) error {
		var err error
		if c.note, err = words("reason", reason); err != nil {
			return err
		}
		works, err := c.calendar.IsWorkingDay(until)
		if err != nil {
			return unknownYear(err)
		}
		if !works || !until.After(worktime.DateOf(c.now)) || !until.After(worktime.DateOf(c.d.DueAt)) {
			return errs.Field("until", "dossier.error.new-date", nil)
		}
		c.d.ApologyAt, c.fact.Until = c.now, until
		return nil
	})
}

// Rate is the applicant's judgement: one to five, once.
func (s *Service) Rate(ctx context.Context, by actor.Actor, seen Copy, stars int, comment string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActRate, func(c *change) error {
		if stars < 1 || stars > 5 {
			return errs.Field("stars", "dossier.error.stars", nil)
		}
		var err error
		c.note, err = maybe("comment", comment)
		c.d.Rating, c.fact.Rating = stars, stars
		return err
	})
}

// NewSecret replaces the tracking secret, for who lost it, or to print it on a
// receipt.
func (s *Service) NewSecret(ctx context.Context, by actor.Actor, seen Copy) (string, *Dossier, error) {
	secret := newSecret()
	d, err := s.do(ctx, by, seen, ActNewSecret, func(c *change) error {
		c.also(func(ctx context.Context, tx *db.Tx) error { return saveSecret(ctx, tx, c.d.ID, hashOf(secret)) })
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return secret, d, nil
}

// MarkSynced notes that the master system has what we know.
func (s *Service) MarkSynced(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActMarkSynced, func(c *change) error {
		c.d.Sync = Synced
		return nil
	})
}
