package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
	"github.com/motcua/motcua/migrations"
)

const accountHelp = `Usage: motcua account create --login LOGIN --name NAME [--role ROLE] [--unit CODE] [flags]
       motcua account list [flags]
       motcua account disable --login LOGIN [flags]

create makes an account and grants it a role, by default the administrator of
the whole installation: the first one, who makes the others in the browser. A
password is made and printed once, to be changed at the first sign-in; with
--password-stdin it is read from the standard input instead.

Examples:
  motcua account create --login quantri --name 'Nguyễn Văn Quản' --role administrator
  motcua account disable --login quantri --data ./data

Flags:
`

// account is the command of that name: it keeps accounts where there is nobody
// yet who could in the browser.
func account(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	action := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		action, args = args[0], args[1:]
	}
	f := flag.NewFlagSet("account", flag.ContinueOnError)
	settings := configFlags(f)
	login := f.String("login", "", "what the person signs in with")
	name := f.String("name", "", "the person's name")
	role := f.String("role", string(actor.Administrator), "role to grant")
	unit := f.String("unit", "", "`CODE` of the unit the role is for, with all below it; none is the whole installation")
	stdin := f.Bool("password-stdin", false, "read the password from the standard input")
	if err := parse(f, args, out, accountHelp); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("account: unexpected %q", f.Arg(0))
	}
	c, err := settings()
	if err != nil {
		return err
	}
	if err := c.MakeData(); err != nil {
		return err
	}
	d, err := db.Open(ctx, string(c.Store))
	if err != nil {
		return err
	}
	defer d.Close()
	if err := migrations.Up(ctx, d); err != nil {
		return err
	}
	events := event.New(d, noJobs{}, nil, time.Now)
	accounts := identity.NewService(d, events, orgunit.NewService(d, events, time.Now), party.NewService(d, events, time.Now), time.Now)
	switch action {
	case "create":
		password := ""
		if *stdin {
			if password, err = readLine(in); err != nil {
				return fmt.Errorf("account: read the password: %w", err)
			}
		}
		return createAccount(ctx, accounts, identity.Draft{Login: *login, Name: *name, Unit: *unit, Password: password}, actor.Role(*role), out)
	case "list":
		return listAccounts(ctx, accounts, out)
	case "disable":
		return disableAccount(ctx, accounts, *login, out)
	}
	return fmt.Errorf("account: want create, list or disable, not %q; see motcua account --help", action)
}

// noJobs stands where nobody is told of anything: no event of an account has
// subscribers.
type noJobs struct{}

// Insert implements [event.Inserter].
func (noJobs) Insert(context.Context, *db.Tx, ...job.Args) error { return nil }

func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 1<<12)).ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func createAccount(ctx context.Context, accounts *identity.Service, draft identity.Draft, role actor.Role, out io.Writer) error {
	if !role.Valid() || role == actor.Citizen {
		return fmt.Errorf("account: there is no role %q to grant", role)
	}
	a, made, err := accounts.Create(ctx, actor.System(), draft)
	if err != nil {
		return fmt.Errorf("account: %w", err)
	}
	_, err = accounts.Grant(ctx, actor.System(), identity.Grant{
		Account: a.ID, Role: role, Unit: draft.Unit, Subtree: true, From: worktime.DateOf(a.CreatedAt),
	})
	if err != nil {
		return fmt.Errorf("account: %s exists now, but holds no role: %w", a.Login, err)
	}
	fmt.Fprintf(out, "login:    %s\nrole:     %s\n", a.Login, role)
	if made != "" {
		fmt.Fprintf(out, "password: %s\n\nIt is shown this once, and must be changed at the first sign-in.\n", made)
	}
	return nil
}

func listAccounts(ctx context.Context, accounts *identity.Service, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOGIN\tNAME\tUNIT\tSTATE\tSECOND FACTOR")
	filter := identity.Filter{Kind: identity.Staff, Sort: "login", Limit: 500}
	for {
		page, err := accounts.List(ctx, actor.System(), filter)
		if err != nil {
			return fmt.Errorf("account: %w", err)
		}
		for _, a := range page {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%t\n", a.Login, a.Name, a.Unit, a.State, a.TOTP)
		}
		if len(page) < filter.Limit {
			return w.Flush()
		}
		filter.After = string(page[len(page)-1].ID)
	}
}

func disableAccount(ctx context.Context, accounts *identity.Service, login string, out io.Writer) error {
	a, err := accounts.Find(ctx, actor.System(), login)
	if err != nil {
		return fmt.Errorf("account %s: %w", login, err)
	}
	if err := accounts.Disable(ctx, actor.System(), a.ID); err != nil {
		return fmt.Errorf("account %s: %w", login, err)
	}
	fmt.Fprintf(out, "%s is disabled; its sessions have ended.\n", a.Login)
	return nil
}
