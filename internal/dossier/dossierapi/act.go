package dossierapi

import (
	"context"
	"encoding/json"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// actInput is an act and what it needs to know. Which fields count depends on
// the act; the others are ignored.
type actInput struct {
	Code   string `path:"code" doc:"Dossier code; of a draft, its id"`
	Action string `path:"action" maxLength:"40" doc:"One of the dossier’s actions"`
	Body   details
}

// details are the arguments of the acts.
type details struct {
	Version    int64           `json:"version" minimum:"1" doc:"Of the dossier as the caller read it; a stale one is refused (409)"`
	Person     string          `json:"person,omitempty" maxLength:"60" doc:"assign, hand-over: account"`
	Text       string          `json:"text,omitempty" maxLength:"5000" doc:"The actor’s words: reason, opinion, comment"`
	Reason     string          `json:"reason,omitempty" maxLength:"60" doc:"not-receive, stop, propose a refusal: coded reason"`
	Article    string          `json:"article,omitempty" maxLength:"200" doc:"… and the article it rests on"`
	Outcome    string          `json:"outcome,omitempty" enum:"grant,refuse" doc:"propose"`
	Items      []item          `json:"items,omitempty" maxItems:"50" doc:"Requests for papers: everything at once"`
	Supplement string          `json:"supplement,omitempty" maxLength:"60" doc:"relay-supplement, drop-supplement: the dossier’s field supplement"`
	Ground     string          `json:"ground,omitempty" maxLength:"60" doc:"pause: why the clock may stand still"`
	Amount     int64           `json:"amount,omitempty" minimum:"0" doc:"Payments: đồng"`
	Receipt    string          `json:"receipt,omitempty" maxLength:"60" doc:"Payments: number of the receipt"`
	Until      string          `json:"until,omitempty" format:"date" doc:"issue-apology: the new date"`
	How        string          `json:"delivery,omitempty" enum:"pick_up,post,online" doc:"hand-over-result, choose-delivery"`
	Stars      int             `json:"stars,omitempty" minimum:"0" maximum:"5" doc:"rate"`
	Answers    json.RawMessage `json:"answers,omitempty" doc:"save-answers, answer-supplement"`
}

// item is one thing to put right.
type item struct {
	Component string `json:"component,omitempty" maxLength:"60"`
	Field     string `json:"field,omitempty" maxLength:"60"`
	Problem   string `json:"problem" minLength:"1" maxLength:"1000"`
	Fix       string `json:"fix" minLength:"1" maxLength:"1000"`
}

func (d details) items() []dossier.Item {
	all := make([]dossier.Item, 0, len(d.Items))
	for _, i := range d.Items {
		all = append(all, dossier.Item{Component: i.Component, Field: i.Field, Problem: i.Problem, Fix: i.Fix})
	}
	return all
}

func (d details) ground() dossier.Ground {
	return dossier.Ground{Reason: d.Reason, Article: d.Article, Text: d.Text}
}

// answers reads the answers, or none.
func (d details) answers() (form.Answers, error) {
	if len(d.Answers) == 0 {
		return nil, nil
	}
	var answers form.Answers
	if err := json.Unmarshal(d.Answers, &answers); err != nil {
		return nil, &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Fields: map[string]errs.Text{"answers": {Key: "api.error.answers"}}, Err: err}
	}
	return answers, nil
}

// doer does one act.
type doer func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error)

// doers is the table of the acts that the API offers. It says how each reads its
// arguments; whether it may be done is the service's to say.
func (a api) doers() map[dossier.ActName]doer {
	s := a.dossiers
	plain := func(act func(context.Context, actor.Actor, dossier.Copy) (*dossier.Dossier, error)) doer {
		return func(ctx context.Context, by actor.Actor, c dossier.Copy, _ details) (*dossier.Dossier, error) {
			return act(ctx, by, c)
		}
	}
	said := func(act func(context.Context, actor.Actor, dossier.Copy, string) (*dossier.Dossier, error)) doer {
		return func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return act(ctx, by, c, in.Text)
		}
	}
	grounded := func(act func(context.Context, actor.Actor, dossier.Copy, dossier.Ground) (*dossier.Dossier, error)) doer {
		return func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return act(ctx, by, c, in.ground())
		}
	}
	listed := func(act func(context.Context, actor.Actor, dossier.Copy, []dossier.Item) (*dossier.Dossier, error)) doer {
		return func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return act(ctx, by, c, in.items())
		}
	}
	requested := func(act func(context.Context, actor.Actor, dossier.Copy, string) (*dossier.Dossier, error)) doer {
		return func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return act(ctx, by, c, in.Supplement)
		}
	}
	return map[dossier.ActName]doer{
		dossier.ActSaveAnswers: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			answers, err := in.answers()
			if err != nil {
				return nil, err
			}
			return s.SaveAnswers(ctx, by, c, answers)
		},
		dossier.ActFile: func(ctx context.Context, by actor.Actor, c dossier.Copy, _ details) (*dossier.Dossier, error) {
			receipt, err := s.File(ctx, by, c, dossier.Filing{Key: web.Key(ctx)})
			return receipt.Dossier, err
		},
		dossier.ActReceive:               plain(s.Receive),
		dossier.ActNotReceive:            grounded(s.NotReceive),
		dossier.ActSupplementAtReception: listed(s.SupplementAtReception),
		dossier.ActForward:               plain(s.Forward),
		dossier.ActTakeOn:                plain(s.TakeOn),
		dossier.ActAssign: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.Assign(ctx, by, c, actor.ID(in.Person))
		},
		dossier.ActHandOver: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.HandOver(ctx, by, c, actor.ID(in.Person), in.Text)
		},
		dossier.ActCompleteStage: said(s.CompleteStage),
		dossier.ActProposeSupplement: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.ProposeSupplement(ctx, by, c, in.items(), in.Text)
		},
		dossier.ActReturnOnAppraisal: listed(s.ReturnOnAppraisal),
		dossier.ActDropSupplement:    requested(s.DropSupplement),
		dossier.ActRelaySupplement:   requested(s.RelaySupplement),
		dossier.ActAnswerSupplement: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			answers, err := in.answers()
			if err != nil {
				return nil, err
			}
			return s.AnswerSupplement(ctx, by, c, answers, nil)
		},
		dossier.ActPause: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.PauseClock(ctx, by, c, procedure.Ground(in.Ground), in.Text)
		},
		dossier.ActResume: plain(s.ResumeClock),
		dossier.ActRequestPayment: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.RequestPayment(ctx, by, c, in.Amount, in.Text)
		},
		dossier.ActRecordPayment: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.RecordPayment(ctx, by, c, in.Amount, in.Receipt)
		},
		dossier.ActRecordRefund: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.RecordRefund(ctx, by, c, in.Receipt)
		},
		dossier.ActPropose: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.Propose(ctx, by, c, dossier.Proposal{Outcome: dossier.Outcome(in.Outcome), Ground: in.ground(), Text: in.Text})
		},
		dossier.ActApprove:         said(s.Approve),
		dossier.ActReturnForRework: said(s.ReturnForRework),
		dossier.ActSign:            plain(a.papers.SignResult),
		dossier.ActNumber:          plain(a.papers.NumberResult),
		dossier.ActComplete:        plain(s.Complete),
		dossier.ActHandOverResult: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.HandOverResult(ctx, by, c, dossier.Delivery(in.How))
		},
		dossier.ActWithdraw: said(s.Withdraw),
		dossier.ActStop:     grounded(s.Stop),
		dossier.ActIssueApology: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			until, err := worktime.ParseDate(in.Until)
			if err != nil {
				return nil, errs.Field("until", "api.error.date", nil)
			}
			return s.IssueApology(ctx, by, c, until, in.Text)
		},
		dossier.ActRate: func(ctx context.Context, by actor.Actor, c dossier.Copy, in details) (*dossier.Dossier, error) {
			return s.Rate(ctx, by, c, in.Stars, in.Text)
		},
		dossier.ActMarkSynced: plain(s.MarkSynced),
	}
}

func (a api) act(ctx context.Context, in *actInput) (*one, error) {
	do, ok := a.doers()[dossier.ActName(in.Action)]
	if !ok {
		return nil, errs.Field("action", "api.error.action", nil)
	}
	d, err := a.find(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	d, err = do(ctx, actor.From(ctx), dossier.Copy{ID: d.ID, Version: in.Body.Version}, in.Body)
	if err != nil {
		return nil, err
	}
	return a.whole(ctx, d)
}
