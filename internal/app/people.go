package app

import (
	"context"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/notify"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

// directory finds the address of whom a notice is for.
type directory struct {
	accounts *identity.Service
	parties  *party.Service
}

// Address implements notify.Directory. Somebody without an account reads
// Vietnamese.
func (d directory) Address(ctx context.Context, to notify.Recipient) (string, i18n.Lang, error) {
	kind, id, _ := strings.Cut(string(to), ":")
	if kind == "account" {
		return d.accounts.Address(ctx, actor.ID(id))
	}
	all, err := d.parties.Lookup(ctx, id)
	if err != nil {
		return "", i18n.Vi, err
	}
	return all[id].Email, i18n.Vi, nil
}

// applicants tells package dossier of parties.
type applicants struct{ parties *party.Service }

// Name implements dossier.Parties.
func (a applicants) Name(ctx context.Context, id string) (string, error) {
	all, err := a.parties.Lookup(ctx, id)
	if err != nil {
		return "", err
	}
	return all[id].Name, nil
}

// Represented implements dossier.Parties.
func (a applicants) Represented(ctx context.Context, id string, on worktime.Date) ([]string, error) {
	principals, err := a.parties.Principals(ctx, party.ID(id), on)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(principals))
	for _, p := range principals {
		ids = append(ids, string(p.Principal))
	}
	return ids, nil
}

// keeper says what must not be erased yet.
type keeper struct{ dossiers *dossier.Service }

// MustKeep implements identity.Keeper: whoever has a dossier at work is still a
// party to it.
func (k keeper) MustKeep(ctx context.Context, id string) (string, error) {
	var open []dossier.State
	for _, s := range dossier.States() {
		if s.Open() {
			open = append(open, s)
		}
	}
	found, err := k.dossiers.List(ctx, actor.System(), dossier.Query{Party: []string{id}, States: open, Limit: 1})
	if err != nil || len(found.Dossiers) == 0 {
		return "", err
	}
	return "dossier.error.party-at-work", nil
}
