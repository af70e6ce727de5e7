package app

import (
	"github.com/motcua/motcua/internal/calendar"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/party"
)

// facts is the table of who is told of what: each line is a job of its own,
// added in the transaction that makes the fact true.
func facts() []event.Subscriber {
	subscribers := []event.Subscriber{
		{Kind: calendar.Changed, Job: func(string) job.Args { return recount{} }},
		{Kind: party.Became, Job: func(id string) job.Args { return changeApplicant{id} }},
		{Kind: party.Erased, Job: func(id string) job.Args { return forgetApplicant{id} }},
	}
	for kind := range tellings {
		subscribers = append(subscribers, event.Subscriber{Kind: kind, Job: func(id string) job.Args { return Tell{id} }})
	}
	return subscribers
}
