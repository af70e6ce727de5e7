package app

import (
	"context"

	"github.com/motcua/motcua/internal/job"
)

// Recount counts every deadline anew after the calendar changed.
type Recount struct {
	Event string `json:"event"`
}

// Kind implements job.Args. It is stored with every job: never rename it.
func (Recount) Kind() string { return "dossier.recount" }

// The work of the clock. Their arguments say nothing: the workers look.
type (
	draftApologies struct{}
	compareDue     struct{}
	forgetAnswers  struct{}
)

// Kind implements job.Args, as for every job: stored, never renamed.
func (draftApologies) Kind() string { return "dossier.draft-apologies" }

// Kind implements job.Args.
func (compareDue) Kind() string { return "dossier.compare-due" }

// Kind implements job.Args.
func (forgetAnswers) Kind() string { return "web.forget-answers" }

// periodic is the one table of what happens by the clock.
func periodic() []job.Periodic {
	return []job.Periodic{
		{Name: "apologies", Daily: "07:00", Args: func() job.Args { return draftApologies{} }},
		{Name: "deadlines", Daily: "02:30", Args: func() job.Args { return compareDue{} }},
		{Name: "answers", Daily: "03:00", Args: func() job.Args { return forgetAnswers{} }},
	}
}

// work names who does which job.
func (a *App) work() {
	job.Add(a.Jobs, a.tell)
	job.Add(a.Jobs, a.Notices.SendEmail)
	job.Add(a.Jobs, func(ctx context.Context, _ Recount) error { return a.Dossiers.Recount(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ draftApologies) error { return a.Dossiers.DraftApologies(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ compareDue) error { return a.Dossiers.CompareDue(ctx) })
	job.Add(a.Jobs, func(ctx context.Context, _ forgetAnswers) error { return a.Server.ForgetAnswers(ctx) })
	a.Jobs.Periodic(periodic())
}
