// Package identity knows who signs in and what they may do.
//
// An account (tài khoản) belongs to an official, to a partner's machine, or to a
// party: a citizen or an organisation. Officials hold roles for a unit, perhaps
// with all units below it, and for a period; on each request the roles in force
// that day are put together into an [actor.Actor]. Sessions live in the store
// and are dead the moment they are revoked. Nothing here tells a stranger
// whether an account exists.
package identity

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package: the names of roles and permissions,
// and what may be wrong.
//
//go:embed messages
var Messages embed.FS

// The kinds of events of this package; their subject is "account:<id>". They
// hold ids, codes and dates only.
const (
	AccountCreated  = "account.created"
	AccountChanged  = "account.changed"
	AccountDisabled = "account.disabled"
	AccountEnabled  = "account.enabled"
	AccountVerified = "account.verified"
	AccountErased   = "account.erased"
	PasswordChanged = "account.password-changed"
	PasswordReset   = "account.password-reset"
	TOTPEnrolled    = "account.totp-enrolled"
	TOTPRemoved     = "account.totp-removed"
	RecoveryUsed    = "account.recovery-used"
	RoleGranted     = "role.granted"
	RoleEnded       = "role.ended"
	SessionOpened   = "session.opened"
	SessionRevoked  = "session.revoked"
	TokenIssued     = "token.issued"
	TokenRevoked    = "token.revoked"
)

// State says whether an account can be used.
type State string

// The states of an account.
const (
	Active   State = "active"
	Disabled State = "disabled" // by an administrator
	Erased   State = "erased"   // its personal data are gone, for good
)

// Account is somebody who signs in.
type Account struct {
	ID         actor.ID
	Login      string
	Name       string
	Party      string // the person or organisation it belongs to; empty for staff
	Unit       string // home unit of staff
	Locale     string
	State      State
	MustChange bool // the password was given, not chosen
	TOTP       bool // signs in with a second factor
	CreatedAt  time.Time
	Version    int64

	password   string
	totpSecret string
	totpStep   int64
}

// Need is what a session still wants before it counts.
type Need string

// What a session may want.
const (
	Nothing      Need = ""
	SecondFactor Need = "second_factor" // a code of the telephone
	NewPassword  Need = "password"      // a password of one's own
)

// Session is a browser that is signed in, or about to be.
type Session struct {
	Token     string // known only when the session is opened or renewed
	ID        string
	Account   actor.ID
	Needs     Need
	Agent     string // the browser, as it named itself
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	RevokedAt time.Time
}

// How long a session lasts, and how long it may rest.
const (
	SessionLife = 12 * time.Hour
	SessionIdle = 2 * time.Hour
	seenEvery   = time.Minute // how exactly the last use is noted
)

// alive reports whether the session may still be used at t.
func (s Session) alive(t time.Time) bool {
	return s.RevokedAt.IsZero() && t.Before(s.ExpiresAt) && t.Sub(s.SeenAt) < SessionIdle
}

// Token is a machine's key, without its secret.
type Token struct {
	ID        string
	Prefix    string // its beginning, to know it by
	Account   actor.ID
	Name      string
	Scopes    []actor.Permission
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
	RevokedAt time.Time
}

// TokenLife is the longest an API token may live.
const TokenLife = 366 * 24 * time.Hour

// Alive reports whether the token may be used at t.
func (k Token) Alive(t time.Time) bool { return k.RevokedAt.IsZero() && t.Before(k.ExpiresAt) }

// Grant gives an account a role for a unit during [From, To). For an inspector
// (thanh tra), [MandateFrom, MandateTo) bounds what may be read.
type Grant struct {
	ID          string
	Account     actor.ID
	Role        actor.Role
	Unit        string // empty: the whole installation
	Subtree     bool   // with all units below
	From, To    worktime.Date
	MandateFrom worktime.Date
	MandateTo   worktime.Date
	Document    string // decision that grants it
	By          actor.ID
	At          time.Time
}

// InForce reports whether the grant holds on a day.
func (g Grant) InForce(on worktime.Date) bool {
	return !on.Before(g.From) && (g.To.IsZero() || on.Before(g.To))
}

// Grantable lists the roles that an administrator can grant. A citizen's comes
// with the account.
func Grantable() []actor.Role {
	return slices.DeleteFunc(actor.Roles(), func(r actor.Role) bool { return r == actor.Citizen })
}

func (g Grant) check() error {
	var faults errs.Fields
	if !slices.Contains(Grantable(), g.Role) {
		faults.Add("role", "identity.error.role", nil)
	}
	if g.From.IsZero() {
		faults.Add("from", "identity.error.from", nil)
	}
	if !g.To.IsZero() && !g.To.After(g.From) {
		faults.Add("to", "identity.error.to", nil)
	}
	if g.Role == actor.Inspector {
		if g.MandateFrom.IsZero() {
			faults.Add("mandate_from", "identity.error.mandate", nil)
		}
		if !g.MandateTo.After(g.MandateFrom) {
			faults.Add("mandate_to", "identity.error.to", nil)
		}
		if g.Document == "" {
			faults.Add("document", "identity.error.document", nil)
		}
	}
	if len(g.Document) > 300 {
		faults.Add("document", "identity.error.document", nil)
	}
	return faults.Err()
}

// foldLogin brings a login into the form it is compared in: case and the spaces
// in a telephone number do not matter.
func foldLogin(s string) string {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	if strings.Trim(s, "0123456789 .-+()") != "" {
		return s
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()", r) {
			return -1
		}
		return r
	}, s)
	if rest, ok := strings.CutPrefix(digits, "+84"); ok {
		return "0" + rest
	}
	if rest, ok := strings.CutPrefix(digits, "84"); ok && len(rest) == 9 {
		return "0" + rest
	}
	return digits
}

func checkLogin(faults *errs.Fields, login string) {
	if len(login) < 3 || len(login) > 254 || strings.ContainsAny(login, " :\t\n") {
		faults.Add("login", "identity.error.login", nil)
	}
}

func tidy(s string) string { return strings.Join(strings.Fields(text.NFC(s)), " ") }

// hash is what the store keeps of a secret of full entropy.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// failureKey is under what failed attempts are counted: whoever typed the
// password into the wrong box has not left it in the store.
func failureKey(what, name string) string { return hex.EncodeToString(hash(what + ":" + name)) }

var (
	errSignedOut = &errs.Error{Kind: errs.SignedOut, Msg: "error.signed-out"}
	errNotFound  = &errs.Error{Kind: errs.NotFound, Msg: "identity.error.not-found"}
	errChanged   = &errs.Error{Kind: errs.Conflict, Msg: "identity.error.changed-meanwhile"}
	errForbidden = &errs.Error{Kind: errs.Forbidden, Msg: "error.forbidden"}
	errSignIn    = &errs.Error{Kind: errs.Invalid, Msg: "identity.error.sign-in"}
	errCode      = &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Fields: map[string]errs.Text{"code": {Key: "identity.error.code"}}}
	errTooMany   = &errs.Error{Kind: errs.TooMany, Msg: "identity.error.too-many"}
)
