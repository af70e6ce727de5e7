// Package notify tells people what happened (thông báo): in their inbox on the
// site and, where an address is known, by e-mail. Nobody is told the same fact
// twice.
//
// The law it serves: a notice of a dossier's status names the agency, the person
// who receives or handles it, the times and the next step (NĐ 224/2026 Đ.15.1g;
// before it TT 32/2017).
package notify

import (
	"embed"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/i18n"
)

// Messages holds the texts of notices.
//
//go:embed messages/*.json
var Messages embed.FS

// Recipient is who is told: an account, or a party that may have none yet and
// will find the notice when it gets one.
type Recipient string

// ToAccount addresses an account.
func ToAccount(id actor.ID) Recipient { return Recipient("account:" + string(id)) }

// ToParty addresses a person or organisation.
func ToParty(id string) Recipient { return Recipient("party:" + id) }

// Of returns the inboxes of an actor: the account's own and its party's.
func Of(a actor.Actor) []Recipient {
	all := []Recipient{ToAccount(a.ID)}
	if a.Party != "" {
		all = append(all, ToParty(a.Party))
	}
	return all
}

// Args are a notice's details. Every notice carries the first four.
type Args struct {
	Agency string    `json:"agency"` // who writes
	Person string    `json:"person"` // who received or handles; a role where no name is given
	At     time.Time `json:"at"`     // when it happened
	Next   string    `json:"next"`   // message key of the next step

	Code      string    `json:"code,omitempty"`      // of the dossier
	Procedure string    `json:"procedure,omitempty"` // its name in Vietnamese
	Due       time.Time `json:"due,omitzero"`        // when the answer is due
	Count     int       `json:"count,omitempty"`     // papers asked for, dossiers due
}

// Notice is something to tell.
type Notice struct {
	Fact  string // id of the event
	To    Recipient
	Kind  string // names the messages notify.<kind>.subject and notify.<kind>.body
	Args  Args
	Link  string // where the reader can act, a path of the site
	Email bool   // also by e-mail, if an address is known
}

// Item is a notice in an inbox.
type Item struct {
	ID     string
	Kind   string
	Args   Args
	Link   string
	At     time.Time
	ReadAt time.Time // zero while unread
}

// words are the arguments of the notice's messages in a language.
func (a Args) words(b *i18n.Bundle, lang i18n.Lang) map[string]any {
	return map[string]any{
		"agency": a.Agency, "person": a.Person, "at": lang.Moment(a.At), "next": b.T(lang, a.Next),
		"code": a.Code, "procedure": a.Procedure, "due": lang.Moment(a.Due), "count": a.Count,
	}
}

// Subject is the notice in a line.
func (i Item) Subject(b *i18n.Bundle, lang i18n.Lang) string {
	return b.T(lang, "notify."+i.Kind+".subject", i.Args.words(b, lang))
}

// Body is the notice whole: what happened, then agency, person, time and next
// step, the same in every notice so that people know where to look.
func (i Item) Body(b *i18n.Bundle, lang i18n.Lang) string {
	words := i.Args.words(b, lang)
	return b.T(lang, "notify."+i.Kind+".body", words) + "\n\n" + b.T(lang, "notify.facts", words)
}
