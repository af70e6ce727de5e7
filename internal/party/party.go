// Package party keeps the persons (cá nhân) and organisations (tổ chức) that
// dealings are with, whether or not they have an account.
//
// A party is known by its identity number: that of the citizen's card (CCCD), of
// the old one (CMND), or the tax code of an organisation (MST). An official who
// saw the card marks the number as verified, and then it belongs to one party
// only. Whoever registers online stays unverified, and sees nothing of what is
// filed under the same number, until an official has verified it.
//
// This is the one home of personal data (dữ liệu cá nhân): other modules and all
// events name a party by its id. Erasing blanks the columns and keeps the id.
package party

import (
	"embed"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package.
//
//go:embed messages
var Messages embed.FS

// ID names a party.
type ID string

// Kind tells persons from organisations.
type Kind string

// The kinds of parties.
const (
	Person       Kind = "person"       // cá nhân, hộ gia đình
	Organisation Kind = "organisation" // tổ chức, doanh nghiệp
)

// NumberKind says which register a number comes from.
type NumberKind string

// The kinds of identity numbers.
const (
	CCCD NumberKind = "cccd" // số định danh cá nhân: 12 digits (Luật Căn cước 2023)
	CMND NumberKind = "cmnd" // chứng minh nhân dân: 9 digits, until 2024
	MST  NumberKind = "mst"  // mã số thuế: 10 digits, or 13 of a dependent unit
)

// Number is an identity number. It prints as its last digits only, so that it
// cannot reach a log whole.
type Number struct {
	Kind  NumberKind
	Value string
}

// IsZero reports whether there is no number.
func (n Number) IsZero() bool { return n.Value == "" }

// String shows the last three digits.
func (n Number) String() string {
	if len(n.Value) < 9 {
		return n.Value
	}
	return "…" + n.Value[len(n.Value)-3:]
}

// ParseNumber reads an identity number as people type it, with spaces, dots or
// hyphens, and checks what can be checked of it.
func ParseNumber(s string) (Number, bool) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune(" .-\u00a0", r):
			return -1
		}
		return 'x' // stays, and spoils the number
	}, strings.TrimSpace(s))
	if strings.Contains(digits, "x") {
		return Number{}, false
	}
	switch len(digits) {
	case 12:
		// The first three digits are the province of birth, 001 to 096.
		return Number{CCCD, digits}, digits[:3] >= "001" && digits[:3] <= "096"
	case 9:
		return Number{CMND, digits}, true
	case 10:
		return Number{MST, digits}, validTaxCode(digits)
	case 13:
		return Number{MST, digits[:10] + "-" + digits[10:]}, validTaxCode(digits[:10]) && digits[10:] != "000"
	}
	return Number{}, false
}

// validTaxCode checks the tenth digit of a tax code.
func validTaxCode(digits string) bool {
	sum := 0
	for i, weight := range []int{31, 29, 23, 19, 17, 13, 7, 5, 3} {
		sum += weight * int(digits[i]-'0')
	}
	return 10-sum%11 == int(digits[9]-'0')
}

// ParsePhone reads a telephone number as people type it: 0903 123 456, +84 903….
func ParsePhone(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()\u00a0", r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if rest, ok := strings.CutPrefix(digits, "+84"); ok {
		digits = "0" + rest
	} else if rest, ok := strings.CutPrefix(digits, "84"); ok && len(rest) == 9 {
		digits = "0" + rest
	}
	if strings.Trim(digits, "0123456789") != "" || digits == "" || digits[0] != '0' {
		return "", false
	}
	return digits, len(digits) == 10 || len(digits) == 11
}

// ParseEmail reads an e-mail address.
func ParseEmail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || !strings.Contains(s[strings.LastIndex(s, "@"):], ".") {
		return "", false
	}
	return strings.ToLower(s), true
}

// Party is a person or an organisation.
type Party struct {
	ID         ID
	Kind       Kind
	Number     Number
	Name       string
	Born       worktime.Date
	Phone      string
	Email      string
	Address    string
	VerifiedAt time.Time // when an official saw the document of the number
	Became     ID        // the verified party this one proved to be
	ErasedAt   time.Time
	CreatedAt  time.Time
	Version    int64 // a save of a stale copy is a Conflict
}

// Verified reports whether an official has seen the document of the number.
func (p Party) Verified() bool { return !p.VerifiedAt.IsZero() }

// Erased reports whether the personal data are gone.
func (p Party) Erased() bool { return !p.ErasedAt.IsZero() }

// Draft is what is typed about a party.
type Draft struct {
	Kind    Kind
	Number  string
	Name    string
	Born    worktime.Date
	Phone   string
	Email   string
	Address string
}

// check puts a draft into the form that is kept, or says what is wrong with it.
func (d Draft) check(today worktime.Date) (Party, error) {
	var faults errs.Fields
	p := Party{Kind: d.Kind, Name: tidy(d.Name), Born: d.Born, Address: tidy(d.Address)}
	if p.Kind != Person && p.Kind != Organisation {
		faults.Add("kind", "party.error.kind", nil)
	}
	checkName(&faults, p.Name)
	if strings.TrimSpace(d.Number) != "" {
		p.Number = checkNumber(&faults, d.Number)
		if p.Kind == Organisation && !p.Number.IsZero() && p.Number.Kind != MST {
			faults.Add("number", "party.error.tax-code", nil)
		}
	}
	var ok bool
	if strings.TrimSpace(d.Phone) != "" {
		if p.Phone, ok = ParsePhone(d.Phone); !ok {
			faults.Add("phone", "party.error.phone", nil)
		}
	}
	if strings.TrimSpace(d.Email) != "" {
		if p.Email, ok = ParseEmail(d.Email); !ok {
			faults.Add("email", "party.error.email", nil)
		}
	}
	if !d.Born.IsZero() && (d.Born.After(today) || d.Born.Year() < 1900) {
		faults.Add("born", "party.error.born", nil)
	}
	if len(p.Address) > 500 {
		faults.Add("address", "party.error.address", nil)
	}
	return p, faults.Err()
}

func checkName(faults *errs.Fields, name string) {
	if name == "" || len(name) > 300 || len(text.Words(name)) == 0 {
		faults.Add("name", "party.error.name", nil)
	}
}

func checkNumber(faults *errs.Fields, s string) Number {
	n, ok := ParseNumber(s)
	if !ok {
		faults.Add("number", "party.error.number", nil)
	}
	return n
}

func tidy(s string) string { return strings.Join(strings.Fields(text.NFC(s)), " ") }

// RepresentationKind says on what ground somebody acts for another.
type RepresentationKind string

// The grounds (Bộ luật Dân sự 2015, Điều 135).
const (
	Legal     RepresentationKind = "legal"     // đại diện theo pháp luật
	Delegated RepresentationKind = "delegated" // đại diện theo ủy quyền
)

// Representation lets an agent act for a principal during [From, To).
type Representation struct {
	ID        string
	Principal ID
	Agent     ID
	Kind      RepresentationKind
	From, To  worktime.Date
	Document  string // number and date of the licence or power of attorney
}

// InForce reports whether the agent may act on the given day.
func (r Representation) InForce(on worktime.Date) bool {
	return !on.Before(r.From) && (r.To.IsZero() || on.Before(r.To))
}

func (r Representation) check() error {
	var faults errs.Fields
	if !slices.Contains([]RepresentationKind{Legal, Delegated}, r.Kind) {
		faults.Add("kind", "party.error.representation", nil)
	}
	if r.Principal == r.Agent || r.Agent == "" || r.Principal == "" {
		faults.Add("agent", "party.error.agent", nil)
	}
	if r.From.IsZero() {
		faults.Add("from", "party.error.from", nil)
	}
	if !r.To.IsZero() && !r.To.After(r.From) {
		faults.Add("to", "party.error.to", nil)
	}
	if r.Document == "" || len(r.Document) > 300 {
		faults.Add("document", "party.error.document", nil)
	}
	return faults.Err()
}

var (
	errNotFound = &errs.Error{Kind: errs.NotFound, Msg: "party.error.not-found"}
	errChanged  = &errs.Error{Kind: errs.Conflict, Msg: "party.error.changed-meanwhile"}
)
