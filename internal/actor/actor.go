// Package actor says who is acting and what they may do.
//
// An actor is a person, a machine or the system itself, with the roles (vai
// trò) it holds today. Roles are granted for a unit (đơn vị), perhaps with all
// units below it, and for a period; package identity keeps the grants and
// hands over those in force.
package actor

import (
	"context"
	"slices"
)

// ID names an account. The system acts as [SystemID].
type ID string

// SystemID is who acts when no person does: the clock, the sequencer, a job.
const SystemID ID = "system"

// Role is a set of permissions under a name people know.
type Role string

// The roles of a department. Their Vietnamese names are in the messages, under
// "role.<name>".
const (
	Citizen         Role = "citizen"          // công dân, tổ chức: files for themselves or whom they represent
	OneStopOfficer  Role = "one_stop_officer" // cán bộ một cửa
	CaseOfficer     Role = "case_officer"     // chuyên viên thụ lý
	UnitHead        Role = "unit_head"        // trưởng phòng, giám đốc chi nhánh
	Leader          Role = "leader"           // lãnh đạo ký: giám đốc, phó giám đốc
	RecordsOfficer  Role = "records_officer"  // văn thư
	Inspector       Role = "inspector"        // thanh tra, kiểm tra: reads within a mandate
	CatalogueEditor Role = "catalogue_editor" // cán bộ kiểm soát thủ tục hành chính
	Administrator   Role = "administrator"    // quản trị hệ thống: users, roles, units, calendars
	Operator        Role = "operator"         // trung tâm công nghệ thông tin: jobs, log, health
	Integration     Role = "integration"      // a partner's machine
)

// Permission is one thing that a route or a service may ask for.
type Permission string

// The permissions. A route names exactly one.
const (
	Public         Permission = "public"              // anybody, signed in or not
	SignedIn       Permission = "signed_in"           // anybody with an account
	FileDossier    Permission = "dossier.file"        // draft, file and follow one's own
	AssistFiling   Permission = "dossier.assist"      // file for a person at the counter
	ReceiveDossier Permission = "dossier.receive"     // receive, not receive, relay a supplement request, hand over the result
	ReadOffice     Permission = "office.read"         // open the officials' pages; which dossiers they show is another question
	ReadDossier    Permission = "dossier.read"        // read the dossiers of one's units
	WorkDossier    Permission = "dossier.work"        // appraise, ask for papers, propose, return
	AssignDossier  Permission = "dossier.assign"      // give work to a person of the unit, approve inside the unit
	SignDossier    Permission = "dossier.sign"        // sign the decision
	NumberDossier  Permission = "dossier.number"      // number and seal an issued paper
	InspectDossier Permission = "dossier.inspect"     // read within a mandate
	EditCatalogue  Permission = "catalogue.edit"      // procedures and forms
	Administer     Permission = "identity.administer" // users, roles, units, calendars
	Operate        Permission = "system.operate"      // jobs, log
)

// permissions says what each role may do. What is not here is not allowed.
var permissions = map[Role][]Permission{
	Citizen:         {FileDossier},
	OneStopOfficer:  {ReadOffice, ReadDossier, AssistFiling, ReceiveDossier},
	CaseOfficer:     {ReadOffice, ReadDossier, WorkDossier},
	UnitHead:        {ReadOffice, ReadDossier, WorkDossier, AssignDossier},
	Leader:          {ReadOffice, ReadDossier, AssignDossier, SignDossier},
	RecordsOfficer:  {ReadOffice, ReadDossier, NumberDossier},
	Inspector:       {ReadOffice, InspectDossier},
	CatalogueEditor: {EditCatalogue},
	Administrator:   {Administer},
	Operator:        {Operate},
	Integration:     {ReadDossier, FileDossier},
}

// Roles lists every role, in the order people read them.
func Roles() []Role {
	return []Role{Citizen, OneStopOfficer, CaseOfficer, UnitHead, Leader, RecordsOfficer, Inspector, CatalogueEditor, Administrator, Operator, Integration}
}

// Permissions lists every permission a route can name.
func Permissions() []Permission {
	return []Permission{Public, SignedIn, FileDossier, AssistFiling, ReceiveDossier, ReadOffice, ReadDossier, WorkDossier, AssignDossier, SignDossier, NumberDossier, InspectDossier, EditCatalogue, Administer, Operate}
}

// Valid reports whether r is a role of this package.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Grants reports whether a holder of r may do p.
func (r Role) Grants(p Permission) bool { return slices.Contains(permissions[r], p) }

// Grant is a role in force today. Units are the codes of every unit it
// reaches: the unit itself and, for a grant over a subtree, those below.
// From and To, of the form 2006-01-02 and half-open, bound what an inspector's
// mandate may see; empty means unbounded.
type Grant struct {
	Role     Role
	Unit     string
	Units    []string
	From, To string
}

// Actor is who acts in a request or a job. The zero value is somebody unknown,
// who may do only what is public.
type Actor struct {
	ID     ID
	Party  string // the person or organisation the account belongs to; empty for staff
	Name   string
	Unit   string // home unit of an official
	Grants []Grant
	Scopes []Permission // of an API token: nil means no narrowing
	Locale string       // language the person chose; empty when never chosen
}

// System is the actor of what happens by itself.
func System() Actor { return Actor{ID: SystemID} }

// Known reports whether the actor is signed in.
func (a Actor) Known() bool { return a.ID != "" }

// Can reports whether the actor may do p somewhere. The system may do anything:
// only this program acts as it.
func (a Actor) Can(p Permission) bool {
	if a.ID == SystemID {
		return true
	}
	switch p {
	case Public:
		return true
	case SignedIn:
		return a.Known()
	}
	if a.Scopes != nil && !slices.Contains(a.Scopes, p) {
		return false
	}
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.Grants(p) })
}

// CanIn reports whether the actor may do p in the given unit.
func (a Actor) CanIn(p Permission, unit string) bool {
	return slices.Contains(a.Units(p), unit)
}

// Units returns the codes of all units in which the actor may do p, sorted and
// without repetition.
func (a Actor) Units(p Permission) []string {
	if !a.Can(p) {
		return nil
	}
	var units []string
	for _, g := range a.Grants {
		if g.Role.Grants(p) {
			units = append(units, g.Units...)
		}
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// Has reports whether the actor holds the role in any unit.
func (a Actor) Has(r Role) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role == r })
}

// Staff reports whether the actor holds a role other than a citizen's or a
// machine's.
func (a Actor) Staff() bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role != Citizen && g.Role != Integration })
}

type contextKey struct{}

// With returns a context that carries the actor.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From returns the actor of ctx, or somebody unknown.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(contextKey{}).(Actor)
	return a
}
