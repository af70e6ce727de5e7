package app

import (
	"context"
	"strings"

	"github.com/motcua/motcua/internal/job"
)

// The work of the clock. Their arguments say nothing: the workers look.
type (
	recount        struct{}
	draftApologies struct{}
	compareDue     struct{}
	forgetAnswers  struct{}
	cleanAccounts  struct{}
)

// The kinds are stored with every job: never rename one.
func (recount) Kind() string        { return "dossier.recount" }
func (draftApologies) Kind() string { return "dossier.draft-apologies" }
func (compareDue) Kind() string     { return "dossier.compare-due" }
func (forgetAnswers) Kind() string  { return "web.forget-answers" }
func (cleanAccounts) Kind() string  { return "identity.clean" }

// forgetApplicant takes an erased party's name out of its dossiers.
type forgetApplicant struct {
	Event string `json:"event"`
}

// Kind implements job.Args. It is stored with every job: never rename it.
func (forgetApplicant) Kind() string { return "dossier.forget-applicant" }

func (a *App) forgetApplicant(ctx context.Context, f forgetApplicant) error {
	e, err := a.Events.Get(ctx, f.Event)
	if err != nil {
		return err
	}
	return a.Dossiers.ForgetApplicant(ctx, strings.TrimPrefix(e.Subject, "party:"))
}

// changeApplicant gives a party what it filed before an officer knew who it is.
type changeApplicant struct {
	Event string `json:"event"`
}

// Kind implements job.Args. It is stored with every job: never rename it.
func (changeApplicant) Kind() string { return "dossier.change-applicant" }

func (a *App) changeApplicant(ctx context.Context, c changeApplicant) error {
	e, err := a.Events.Get(ctx, c.Event)
	if err != nil {
		return err
	}
	var became struct {
		Party string `json:"party"`
	}
	if err := e.Decode(&became); err != nil {
		return err
	}
	return a.Dossiers.ChangeApplicant(ctx, strings.TrimPrefix(e.Subject, "party:"), became.Party)
}

// periodic is the one table of what happens by the clock.
func periodic() []job.Periodic {
	return []job.Periodic{
		{Name: "apologies", Daily: "07:00", Args: func() job.Args { return draftApologies{} }},
		{Name: "deadlines", Daily: "02:30", Args: func() job.Args { return compareDue{} }},
		{Name: "answers", Daily: "03:00", Args: func() job.Args { return forgetAnswers{} }},
		{Name: "accounts", Daily: "03:10", Args: func() job.Args { return cleanAccounts{} }},
	}
}

// work names who does which job.
func (a *App) work() {
	job.Add(a.Jobs, a.tell)
	job.Add(a.Jobs, a.Notices.SendEmail)
	job.Add(a.Jobs, a.forgetApplicant)
	job.Add(a.Jobs, a.changeApplicant)
	job.Add(a.Jobs, func(ctx context.Context, _ recount) error { return a.Dossiers.Recount(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ draftApologies) error { return a.Dossiers.DraftApologies(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ compareDue) error { return a.Dossiers.CompareDue(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ forgetAnswers) error { return a.Server.ForgetAnswers(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ cleanAccounts) error { return a.Identity.Clean(ctx) })
	a.Jobs.Periodic(periodic())
}
