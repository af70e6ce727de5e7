package actor_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
)

func TestCan(t *testing.T) {
	officer := actor.Actor{ID: "hoa", Grants: []actor.Grant{
		{Role: actor.CaseOfficer, Unit: "vpdk", Units: []string{"vpdk", "vpdk-vt"}},
		{Role: actor.UnitHead, Unit: "vpdk-vt", Units: []string{"vpdk-vt"}},
	}}
	token := officer
	token.Scopes = []actor.Permission{actor.ReadDossier}

	for _, tt := range []struct {
		name string
		who  actor.Actor
		may  actor.Permission
		want bool
	}{
		{"a stranger reads what is public", actor.Actor{}, actor.Public, true},
		{"a stranger is not signed in", actor.Actor{}, actor.SignedIn, false},
		{"a stranger files nothing", actor.Actor{}, actor.FileDossier, false},
		{"an officer works", officer, actor.WorkDossier, true},
		{"an officer does not sign", officer, actor.SignDossier, false},
		{"a token does what its scopes say", token, actor.ReadDossier, true},
		{"a token does no more than its scopes", token, actor.WorkDossier, false},
	} {
		if got := tt.who.Can(tt.may); got != tt.want {
			t.Errorf("%s: Can(%s) = %v", tt.name, tt.may, got)
		}
	}
	if diff := cmp.Diff([]string{"vpdk", "vpdk-vt"}, officer.Units(actor.WorkDossier)); diff != "" {
		t.Errorf("units to work in (-want +got):\n%s", diff)
	}
	if officer.CanIn(actor.AssignDossier, "vpdk") {
		t.Error("a head of the branch assigns in the whole office")
	}
	if token.Units(actor.WorkDossier) != nil {
		t.Error("a narrowed token still has units to work in")
	}
}

func TestEveryPermissionIsGranted(t *testing.T) {
	for _, p := range actor.Permissions() {
		if p == actor.Public || p == actor.SignedIn {
			continue
		}
		held := false
		for _, r := range actor.Roles() {
			held = held || r.Grants(p)
		}
		if !held {
			t.Errorf("%s is granted by no role", p)
		}
	}
}

func TestContext(t *testing.T) {
	if actor.From(context.Background()).Known() {
		t.Error("an empty context knows somebody")
	}
	ctx := actor.With(context.Background(), actor.Actor{ID: "an"})
	if got := actor.From(ctx).ID; got != "an" {
		t.Errorf("From = %q", got)
	}
}
