package dossier

import (
	"context"
	"fmt"
	"slices"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Receive takes a filed dossier in and promises a date. By ForwardBy it must be
// on its way to who appraises it.
func (s *Service) Receive(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActReceive, func(c *change) error {
		until, err := c.calendar.NextForwarding(c.now)
		if err != nil {
			return unknownYear(err)
		}
		c.d.State, c.d.ReceivedAt, c.d.ForwardBy, c.d.Stage = Received, c.now, until, 0
		return nil
	})
}

// NotReceive turns a filed dossier away (từ chối tiếp nhận, Mẫu 03).
func (s *Service) NotReceive(ctx context.Context, by actor.Actor, seen Copy, g Ground) (*Dossier, error) {
	return s.do(ctx, by, seen, ActNotReceive, func(c *change) error { return c.end(NotReceived, ActNotReceive, g) })
}

// end closes the dossier on a ground.
func (c *change) end(to State, name ActName, g Ground) error {
	g, err := g.check(name)
	if err != nil {
		return err
	}
	c.d.State, c.d.DecidedAt, c.d.Pause = to, c.now, ""
	c.d.Reason, c.d.Article = g.Reason, g.Article
	c.fact.Reason, c.fact.Article, c.note = g.Reason, g.Article, g.Text
	return nil
}

// Forward sends a received dossier to the unit of its first stage.
func (s *Service) Forward(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	return s.do(ctx, by, seen, ActForward, func(c *change) error {
		stages := c.stages()
		i := slices.IndexFunc(stages, func(st procedure.Stage) bool { return st.Step != procedure.Reception })
		if i < 0 {
			return fmt.Errorf("case %s of %s has no stage but reception", c.d.Case, c.v.ID)
		}
		c.d.State = InProcessing
		c.moveTo(c.d.HandlingUnit)
		return c.enter(i)
	})
}

// SupplementAtReception asks, once, for all that is missing before reception
// (NĐ 61/2018/NĐ-CP Điều 11.2.c, Mẫu 02).
func (s *Service) SupplementAtReception(ctx context.Context, by actor.Actor, seen Copy, items []Item) (*Dossier, error) {
	return s.do(ctx, by, seen, ActSupplementAtReception, func(c *change) error {
		asked, err := supplements(ctx, s.db, c.d.ID)
		if err != nil {
			return err
		}
		if sent(asked, AtReception) > 0 {
			return errs.New(errs.Conflict, "dossier.error.supplement-once", nil)
		}
		if items, err = c.items(items); err != nil {
			return err
		}
		c.d.State = WaitingSupplement
		c.request(Supplement{Kind: AtReception, Items: items, SentAt: c.now})
		return nil
	})
}

// sent counts the requests of a kind that reached the applicant.
func sent(all []Supplement, kind SupplementKind) int {
	n := 0
	for _, s := range all {
		if s.Kind == kind && !s.SentAt.IsZero() {
			n++
		}
	}
	return n
}

// items checks what is asked for: papers of the procedure and questions of its
// form, each with what is wrong and how to put it right.
func (c *change) items(items []Item) ([]Item, error) {
	var faults errs.Fields
	if len(items) == 0 || len(items) > 100 {
		faults.Add("items", "dossier.error.items", nil)
	}
	papers := c.v.ComponentsOf(c.d.Case)
	checked := slices.Clone(items)
	for n := range checked {
		i := &checked[n]
		known := slices.ContainsFunc(papers, func(p procedure.Component) bool { return p.ID == i.Component }) && i.Field == "" ||
			i.Component == "" && c.v.Form.Field(i.Field) != nil
		if !known {
			faults.Add(fmt.Sprintf("items.%d.what", n), "dossier.error.item", nil)
		}
		var err error
		if i.Problem, err = words("problem", i.Problem); err != nil {
			faults.Add(fmt.Sprintf("items.%d.problem", n), "dossier.error.text-missing", nil)
		}
		if i.Fix, err = words("fix", i.Fix); err != nil {
			faults.Add(fmt.Sprintf("items.%d.fix", n), "dossier.error.text-missing", nil)
		}
	}
	return checked, faults.Err()
}

// request writes a request for papers, and makes it the one that matters.
func (c *change) request(s Supplement) {
	s.ID, s.ProposedBy, s.ProposedAt = db.NewID(), c.by.ID, c.now
	c.d.Supplement = s.ID
	c.fact.Supplement, c.fact.Kind, c.fact.Items = s.ID, s.Kind, len(s.Items)
	if !s.SentAt.IsZero() {
		c.fact.Article = supplementArticle(s.Kind)
	}
	c.also(func(ctx context.Context, tx *db.Tx) error { return insertSupplement(ctx, tx, c.d, s) })
}

func supplementArticle(k SupplementKind) string {
	if k == AtReception {
		return "61/2018/NĐ-CP Điều 11.2.c"
	}
	return "61/2018/NĐ-CP Điều 19.4"
}

// ProposeSupplement asks the one-stop desk to ask for papers: an officer may not
// do so directly (NĐ 61/2018/NĐ-CP Điều 5.1.e). A second request is the head's
// to make, with a written reason.
func (s *Service) ProposeSupplement(ctx context.Context, by actor.Actor, seen Copy, items []Item, headReason string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActProposeSupplement, func(c *change) error {
		asked, err := supplements(ctx, s.db, c.d.ID)
		if err != nil {
			return err
		}
		if sent(asked, InTheProcess) > 0 {
			if !by.CanIn(actor.AssignDossier, c.d.Unit) {
				return errs.New(errs.Forbidden, "dossier.error.supplement-second", nil)
			}
			if headReason, err = words("head_reason", headReason); err != nil {
				return err
			}
			c.note = headReason
		} else {
			headReason = ""
		}
		if items, err = c.items(items); err != nil {
			return err
		}
		c.request(Supplement{Kind: InTheProcess, Items: items, HeadReason: headReason})
		return nil
	})
}

// appraisalDays is how many working days after reception a dossier may be
// returned as not eligible (NĐ 61/2018/NĐ-CP Điều 19.4).
const appraisalDays = 3

// ReturnOnAppraisal asks the one-stop desk to return a dossier that appraisal
// found not to be eligible, once, within three working days of reception.
func (s *Service) ReturnOnAppraisal(ctx context.Context, by actor.Actor, seen Copy, items []Item) (*Dossier, error) {
	return s.do(ctx, by, seen, ActReturnOnAppraisal, func(c *change) error {
		asked, err := supplements(ctx, s.db, c.d.ID)
		if err != nil {
			return err
		}
		if sent(asked, OnAppraisal) > 0 {
			return errs.New(errs.Conflict, "dossier.error.return-once", nil)
		}
		passed, err := c.calendar.WorkingDays(worktime.DateOf(c.d.ReceivedAt), worktime.DateOf(c.now))
		if err != nil {
			return unknownYear(err)
		}
		if passed > appraisalDays {
			return errs.New(errs.Conflict, "dossier.error.return-late", errs.Args{"count": appraisalDays})
		}
		if items, err = c.items(items); err != nil {
			return err
		}
		c.request(Supplement{Kind: OnAppraisal, Items: items})
		return nil
	})
}

// supplement returns the request that the dossier waits with, which must be the
// one meant.
func (s *Service) supplement(ctx context.Context, d *Dossier, id string) (Supplement, error) {
	if id != d.Supplement {
		return Supplement{}, errNotFound
	}
	all, err := supplements(ctx, s.db, d.ID)
	if err != nil {
		return Supplement{}, err
	}
	i := slices.IndexFunc(all, func(one Supplement) bool { return one.ID == d.Supplement })
	if i < 0 {
		return Supplement{}, fmt.Errorf("dossier %s waits with the unknown supplement %q", d.ID, d.Supplement)
	}
	return all[i], nil
}

// DropSupplement takes the proposed request back before it is sent.
func (s *Service) DropSupplement(ctx context.Context, by actor.Actor, seen Copy, supplement string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActDropSupplement, func(c *change) error {
		one, err := s.supplement(ctx, c.d, supplement)
		if err != nil {
			return err
		}
		c.drop(one)
		return nil
	})
}

func (c *change) drop(one Supplement) {
	one.DroppedAt = c.now
	c.d.Supplement = ""
	c.fact.Supplement, c.fact.Kind = one.ID, one.Kind
	c.also(func(ctx context.Context, tx *db.Tx) error { return markSupplement(ctx, tx, one) })
}

// RelaySupplement sends the proposed request to the applicant.
func (s *Service) RelaySupplement(ctx context.Context, by actor.Actor, seen Copy, supplement string) (*Dossier, error) {
	return s.do(ctx, by, seen, ActRelaySupplement, func(c *change) error {
		one, err := s.supplement(ctx, c.d, supplement)
		if err != nil {
			return err
		}
		one.SentAt = c.now
		c.d.State = WaitingSupplement
		c.fact.Supplement, c.fact.Kind, c.fact.Items = one.ID, one.Kind, len(one.Items)
		c.fact.Article = supplementArticle(one.Kind)
		if basis, ok := c.pauseBasis(procedure.WaitSupplement); ok && one.Kind == InTheProcess {
			c.fact.Article = basis
		}
		c.also(func(ctx context.Context, tx *db.Tx) error { return markSupplement(ctx, tx, one) })
		return nil
	})
}

// pauseBasis returns the article on which the clock may stand still in the
// current stage on that ground.
func (c *change) pauseBasis(g procedure.Ground) (string, bool) {
	for _, p := range c.stages()[c.d.Stage].Pauses {
		if p.Ground == g {
			return p.Basis, true
		}
	}
	return "", false
}

// AnswerSupplement brings what was asked for: changed answers, and files. The
// answers replaced are kept.
func (s *Service) AnswerSupplement(ctx context.Context, by actor.Actor, seen Copy, answers form.Answers, files []NewAttachment) (*Dossier, error) {
	return s.do(ctx, by, seen, ActAnswerSupplement, func(c *change) error {
		one, err := s.supplement(ctx, c.d, c.d.Supplement)
		if err != nil {
			return err
		}
		one.AnsweredAt = c.now
		if len(answers) > 0 {
			if err := c.answer(answers); err != nil {
				return err
			}
		}
		brought, err := c.d.attach(c.by, c.v, files, one.ID, c.now)
		if err != nil {
			return err
		}
		c.also(func(ctx context.Context, tx *db.Tx) error {
			for _, a := range brought {
				if err := insertAttachment(ctx, tx, c.d, a); err != nil {
					return err
				}
			}
			return markSupplement(ctx, tx, one)
		})
		c.d.State, c.d.Supplement = InProcessing, ""
		if one.Kind == AtReception {
			c.d.State = Filed
		}
		c.fact.Supplement, c.fact.Kind, c.fact.Items = one.ID, one.Kind, len(brought)
		return nil
	})
}

// answer replaces answers. The fee and the case stay as they were at filing.
func (c *change) answer(answers form.Answers) error {
	merge(c.d, answers)
	result, err := c.v.Form.Evaluate(c.d.Answers, worktime.DateOf(c.d.FiledAt).String())
	if err != nil {
		return err
	}
	if err := result.Err(c.by.Locale); err != nil {
		return err
	}
	c.d.Answers = result.Submission()
	c.fact.AnswerHash = hashOf(string(mustJSON(c.d.Answers)))
	c.also(func(ctx context.Context, tx *db.Tx) error {
		if err := keepAnswers(ctx, tx, c.d); err != nil {
			return err
		}
		return saveAnswers(ctx, tx, c.d)
	})
	return nil
}
