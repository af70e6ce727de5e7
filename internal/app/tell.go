package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/notify"
	"github.com/motcua/motcua/internal/worktime"
)

// Tell writes the notices of one event.
type Tell struct {
	Event string `json:"event"`
}

// Kind implements job.Args. It is stored with every job: never rename it.
func (Tell) Kind() string { return "notify.tell" }

// telling is a notice that an event calls for.
type telling struct {
	to   func(d *dossier.Dossier, f dossier.Fact) []notify.Recipient
	kind string // notify.<kind>.subject and .body
	next string // notify.next.<next>
}

func applicant(d *dossier.Dossier, _ dossier.Fact) []notify.Recipient {
	return []notify.Recipient{notify.ToParty(d.Party)}
}

func assignee(_ *dossier.Dossier, f dossier.Fact) []notify.Recipient {
	if f.Person == "" {
		return nil
	}
	return []notify.Recipient{notify.ToAccount(f.Person)}
}

// tellings says which event tells whom what. Officials' trays are their
// worklists; they are written to only when something is put into their hands.
var tellings = map[string][]telling{
	"dossier.filed":                {{applicant, "filed", "wait"}},
	"dossier.received":             {{applicant, "received", "wait"}},
	"dossier.not-received":         {{applicant, "not-received", "refile"}},
	"dossier.supplement-requested": {{applicant, "supplement", "supplement"}},
	"dossier.supplemented":         {{assignee, "supplemented", "work"}},
	"dossier.payment-requested":    {{applicant, "payment", "pay"}},
	"dossier.assigned":             {{assignee, "assigned", "work"}},
	"dossier.handed-over":          {{assignee, "assigned", "work"}},
	"dossier.apology-issued":       {{applicant, "apology", "wait"}},
	"dossier.due-changed":          {{applicant, "due-changed", "wait"}},
	"dossier.completed":            {{applicant, "done", "collect"}},
	"dossier.returned":             {{applicant, "returned", "rate"}},
	"dossier.withdrawn":            {{applicant, "withdrawn", "wait"}},
	"dossier.stopped":              {{applicant, "stopped", "refile"}},
}

// tell does a [Tell] job. Notices name agency, person, time and next step
// (NĐ 224/2026 Đ.15.1g).
func (a *App) tell(ctx context.Context, t Tell) error {
	e, err := a.Events.Get(ctx, t.Event)
	if err != nil {
		return err
	}
	var f dossier.Fact
	if err := e.Decode(&f); err != nil {
		return err
	}
	d, err := a.Dossiers.Get(ctx, actor.System(), dossier.ID(strings.TrimPrefix(e.Subject, "dossier:")))
	if err != nil {
		return fmt.Errorf("tell of %s: %w", t.Event, err)
	}
	args, err := a.details(ctx, e, f, d)
	if err != nil {
		return fmt.Errorf("tell of %s: %w", t.Event, err)
	}
	var notices []notify.Notice
	for _, line := range tellings[e.Kind] {
		kind := line.kind
		if e.Kind == "dossier.completed" && f.Outcome == dossier.Refuse {
			kind = "refused"
		}
		for _, to := range line.to(d, f) {
			args.Next = "notify.next." + line.next
			link := "/dossiers/" + string(d.ID)
			if strings.HasPrefix(string(to), "account:") {
				link = "/office/dossiers/" + string(d.ID)
			}
			notices = append(notices, notify.Notice{Fact: e.ID, To: to, Kind: kind, Args: args, Link: link, Email: true})
		}
	}
	return a.Notices.Tell(ctx, notices...)
}

// details are what every notice of an event says.
func (a *App) details(ctx context.Context, e event.Stored, f dossier.Fact, d *dossier.Dossier) (notify.Args, error) {
	args := notify.Args{At: e.At, Code: d.Code, Due: d.DueAt, Count: f.Items}
	code := d.ReceivingUnit
	if e.Unit != "" {
		code = e.Unit
	}
	unit, err := a.Units.Get(ctx, code, worktime.DateOf(e.At))
	if err != nil {
		return args, err
	}
	args.Agency, args.Person = unit.Name, unit.Name
	if e.Unit != "" { // an official acted; a citizen needs no telling who they are
		if name, err := a.Identity.Name(ctx, e.Actor); err == nil {
			args.Person = name
		}
	}
	version, err := a.Procedures.Get(ctx, d.Procedure)
	if err != nil {
		return args, err
	}
	args.Procedure = version.Name.In(i18n.Vi)
	return args, nil
}
