package identity

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/worktime"
)

// AccountKind narrows a list of accounts.
type AccountKind string

// The kinds of accounts a list can be narrowed to.
const (
	Staff    AccountKind = "staff"
	Citizens AccountKind = "citizens"
)

// Filter narrows, orders and pages a list of accounts.
type Filter struct {
	Text       string // beginnings of words of login or name, accents or not
	Kind       AccountKind
	State      State
	Role       actor.Role // held today
	Unit       string     // home unit
	Sort       string     // "name", the default, "login" or "created"
	Descending bool
	After      string // id of the last account of the page before
	Limit      int    // none: 50
}

// List returns a page of the accounts that the administrator keeps: those of
// their units, or all for one of the whole installation.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Account, error) {
	if !who.Can(actor.Administer) {
		return nil, errForbidden
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	var units []string
	if !everywhere(who) {
		if units = who.Units(actor.Administer); len(units) == 0 {
			return nil, nil
		}
	}
	return listAccounts(ctx, s.db, f, units, s.today())
}

// everywhere reports whether the administrator keeps the whole installation.
func everywhere(who actor.Actor) bool {
	return who.ID == actor.SystemID || who.CanIn(actor.Administer, "")
}

func keeps(who actor.Actor, unit string) bool {
	return everywhere(who) || unit != "" && who.CanIn(actor.Administer, unit)
}

// Get returns an account that the administrator keeps, with all its grants.
func (s *Service) Get(ctx context.Context, who actor.Actor, id actor.ID) (Account, []Grant, error) {
	if !who.Can(actor.Administer) {
		return Account{}, nil, errForbidden
	}
	a, err := getAccount(ctx, s.db, id)
	if err != nil {
		return Account{}, nil, err
	}
	all, err := grants(ctx, s.db, id)
	if err != nil {
		return Account{}, nil, err
	}
	if !keeps(who, a.Unit) {
		return Account{}, nil, errNotFound
	}
	return a, all, nil
}

// Find returns the account of a login that the administrator keeps.
func (s *Service) Find(ctx context.Context, who actor.Actor, login string) (Account, error) {
	if !who.Can(actor.Administer) {
		return Account{}, errForbidden
	}
	a, err := accountByLogin(ctx, s.db, foldLogin(login))
	if err == nil && !keeps(who, a.Unit) {
		err = errNotFound
	}
	return a, err
}

// take returns an account for a change. An administrator of one unit must not
// get at what somebody may do in another: who resets a password can sign in with
// it.
func (s *Service) take(ctx context.Context, who actor.Actor, id actor.ID) (Account, error) {
	a, held, err := s.Get(ctx, who, id)
	if err != nil {
		return Account{}, err
	}
	if a.State == Erased {
		return Account{}, errNotFound
	}
	today := s.today()
	for _, g := range held {
		if (g.To.IsZero() || g.To.After(today)) && !s.covers(ctx, who, g) {
			return Account{}, errForbidden
		}
	}
	return a, nil
}

// covers reports whether all that a grant reaches today is the administrator's
// to give.
func (s *Service) covers(ctx context.Context, who actor.Actor, g Grant) bool {
	if everywhere(who) {
		return true
	}
	if g.Unit == "" {
		return false
	}
	codes, err := s.units.Codes(ctx, g.Unit, g.Subtree, s.today())
	own := who.Units(actor.Administer)
	return err == nil && len(codes) > 0 && !slices.ContainsFunc(codes, func(c string) bool { return !slices.Contains(own, c) })
}

// Draft is what an administrator types about a new account.
type Draft struct {
	Login    string
	Name     string
	Unit     string
	Party    string // whom the account belongs to; only the system enters it
	Locale   string
	Password string // empty: one is made, to be changed at the first sign-in
}

// Create makes an account for an official or a machine, and returns it with the
// password if one was made. Nobody can show that password again.
func (s *Service) Create(ctx context.Context, who actor.Actor, draft Draft) (Account, string, error) {
	if !who.Can(actor.Administer) {
		return Account{}, "", errForbidden
	}
	a := Account{
		ID: actor.ID(db.NewID()), Login: foldLogin(draft.Login), Name: tidy(draft.Name), Unit: strings.TrimSpace(draft.Unit),
		Locale: draft.Locale, State: Active, CreatedAt: s.now(), Version: 1,
	}
	if who.ID == actor.SystemID {
		a.Party = draft.Party
	}
	var faults errs.Fields
	checkLogin(&faults, a.Login)
	if a.Name == "" || len(a.Name) > 300 {
		faults.Add("name", "identity.error.name", nil)
	}
	if err := s.checkUnit(ctx, who, &faults, a.Unit); err != nil {
		return Account{}, "", err
	}
	made := ""
	if draft.Password != "" {
		checkPassword(&faults, "password", draft.Password, a.Login)
	} else {
		made = newPassword()
		draft.Password, a.MustChange = made, true
	}
	if err := faults.Err(); err != nil {
		return Account{}, "", err
	}
	var err error
	if a.password, err = s.hasher.hash(ctx, draft.Password); err != nil {
		return Account{}, "", err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		free, err := insertAccount(ctx, tx, a)
		if err != nil {
			return err
		}
		if !free {
			return errs.Field("login", "identity.error.taken", nil)
		}
		return s.record(ctx, tx, who, a.ID, AccountCreated, map[string]string{"unit": a.Unit})
	})
	return a, made, err
}

// checkUnit notes a unit that does not exist today or is not the
// administrator's.
func (s *Service) checkUnit(ctx context.Context, who actor.Actor, faults *errs.Fields, unit string) error {
	if unit != "" {
		codes, err := s.units.Codes(ctx, unit, false, s.today())
		if err != nil {
			return err
		}
		if len(codes) == 0 {
			faults.Add("unit", "identity.error.unit", nil)
			return nil
		}
	}
	if !keeps(who, unit) {
		faults.Add("unit", "identity.error.unit", nil)
	}
	return nil
}

// Change saves name and home unit of an account.
func (s *Service) Change(ctx context.Context, who actor.Actor, id actor.ID, version int64, name, unit string) error {
	a, err := s.take(ctx, who, id)
	if err != nil {
		return err
	}
	if a.Version != version {
		return errChanged
	}
	a.Name, a.Unit = tidy(name), strings.TrimSpace(unit)
	var faults errs.Fields
	if a.Name == "" || len(a.Name) > 300 {
		faults.Add("name", "identity.error.name", nil)
	}
	if err := s.checkUnit(ctx, who, &faults, a.Unit); err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, who, id, AccountChanged, map[string]string{"unit": a.Unit})
	})
}

// Disable closes an account at once: its sessions end and its tokens are void.
func (s *Service) Disable(ctx context.Context, who actor.Actor, id actor.ID) error {
	if id == who.ID {
		return errs.New(errs.Conflict, "identity.error.self", nil)
	}
	a, err := s.take(ctx, who, id)
	if err != nil || a.State == Disabled {
		return err
	}
	a.State = Disabled
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := s.shut(ctx, tx, who, id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, id, AccountDisabled, nil)
	})
}

// shut ends all sessions and tokens of an account.
func (s *Service) shut(ctx context.Context, tx *db.Tx, who actor.Actor, id actor.ID) error {
	if err := s.revokeIn(ctx, tx, who, id, "", ""); err != nil {
		return err
	}
	ids, err := revokeTokens(ctx, tx, id, "", s.now())
	if err != nil {
		return err
	}
	for _, token := range ids {
		if err := s.record(ctx, tx, who, id, TokenRevoked, map[string]string{"token": token}); err != nil {
			return err
		}
	}
	return nil
}

// Enable opens a disabled account again.
func (s *Service) Enable(ctx context.Context, who actor.Actor, id actor.ID) error {
	a, err := s.take(ctx, who, id)
	if err != nil || a.State == Active {
		return err
	}
	a.State = Active
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, who, id, AccountEnabled, nil)
	})
}

// Reset gives an account a new password, to be changed at the next sign-in, ends
// its sessions, and lets it sign in again after too many failures. With factor,
// the second factor goes too: for who lost the telephone and the codes.
func (s *Service) Reset(ctx context.Context, who actor.Actor, id actor.ID, factor bool) (string, error) {
	a, err := s.take(ctx, who, id)
	if err != nil {
		return "", err
	}
	made := newPassword()
	if a.password, err = s.hasher.hash(ctx, made); err != nil {
		return "", err
	}
	a.MustChange = true
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := forgive(ctx, tx, failureKey("sign-in", a.Login)); err != nil {
			return err
		}
		if factor && a.TOTP {
			if err := s.removeTOTP(ctx, tx, who, id); err != nil {
				return err
			}
		}
		if err := s.revokeIn(ctx, tx, who, id, "", ""); err != nil {
			return err
		}
		return s.record(ctx, tx, who, id, PasswordReset, nil)
	})
	return made, err
}

// Grant gives an account a role. The unit and, over a subtree, all below it must
// be the administrator's own; nobody grants to themselves.
func (s *Service) Grant(ctx context.Context, who actor.Actor, g Grant) (Grant, error) {
	if g.Account == who.ID {
		return g, errs.New(errs.Forbidden, "identity.error.self", nil)
	}
	if _, err := s.take(ctx, who, g.Account); err != nil {
		return g, err
	}
	g.Unit, g.Document = strings.TrimSpace(g.Unit), tidy(g.Document)
	if err := g.check(); err != nil {
		return g, err
	}
	var faults errs.Fields
	if err := s.checkUnit(ctx, who, &faults, g.Unit); err != nil {
		return g, err
	}
	if err := faults.Err(); err != nil {
		return g, err
	}
	if !s.covers(ctx, who, g) {
		return g, errs.Field("unit", "identity.error.unit", nil)
	}
	g.ID, g.By, g.At = db.NewID(), who.ID, s.now()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insertGrant(ctx, tx, g); err != nil {
			return err
		}
		if err := touchAccount(ctx, tx, g.Account); err != nil {
			return err
		}
		return s.record(ctx, tx, who, g.Account, RoleGranted, granted(g))
	})
	return g, err
}

// granted is the data of an event about a grant.
func granted(g Grant) any {
	return struct {
		Grant   string        `json:"grant"`
		Role    actor.Role    `json:"role"`
		Unit    string        `json:"unit"`
		Subtree bool          `json:"subtree"`
		From    worktime.Date `json:"from"`
		To      worktime.Date `json:"to,omitzero"`
	}{g.ID, g.Role, g.Unit, g.Subtree, g.From, g.To}
}

// EndGrant ends a grant on the given day, its first no longer in force; today
// ends it at once.
func (s *Service) EndGrant(ctx context.Context, who actor.Actor, account actor.ID, id string, on worktime.Date) error {
	if _, err := s.take(ctx, who, account); err != nil {
		return err
	}
	if on.Before(s.today()) {
		return errs.Field("to", "identity.error.past", nil)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := endGrant(ctx, tx, account, id, on); err != nil {
			return err
		}
		if err := touchAccount(ctx, tx, account); err != nil {
			return err
		}
		return s.record(ctx, tx, who, account, RoleEnded, map[string]string{"grant": id, "on": on.String()})
	})
}

// mayKeepTokens reports whether the actor may see and make the account's tokens.
func (s *Service) mayKeepTokens(ctx context.Context, who actor.Actor, account actor.ID) error {
	if who.ID == account && who.Known() {
		return nil
	}
	_, err := s.take(ctx, who, account)
	return err
}

// Tokens lists the tokens of an account, one's own or one that the administrator
// keeps.
func (s *Service) Tokens(ctx context.Context, who actor.Actor, account actor.ID) ([]Token, error) {
	if err := s.mayKeepTokens(ctx, who, account); err != nil {
		return nil, err
	}
	return tokens(ctx, s.db, account)
}

// tokenPrefix lets people and scanners of source code know a token when they see
// one.
const tokenPrefix = "motcua_"

// IssueToken makes a key for a machine and returns it, for once. It does what
// its scopes say and the account may, until it expires.
func (s *Service) IssueToken(ctx context.Context, who actor.Actor, account actor.ID, name string, permissions []actor.Permission, expires time.Time) (string, Token, error) {
	if err := s.mayKeepTokens(ctx, who, account); err != nil {
		return "", Token{}, err
	}
	now := s.now()
	var faults errs.Fields
	if name = tidy(name); name == "" || len(name) > 100 {
		faults.Add("name", "identity.error.token-name", nil)
	}
	if len(permissions) == 0 || slices.ContainsFunc(permissions, func(p actor.Permission) bool { return !slices.Contains(Scopes(), p) }) {
		faults.Add("scopes", "identity.error.scopes", nil)
	}
	if !expires.After(now) || expires.After(now.Add(TokenLife)) {
		faults.Add("expires", "identity.error.expires", nil)
	}
	if err := faults.Err(); err != nil {
		return "", Token{}, err
	}
	secret := tokenPrefix + strings.ToLower(rand.Text()+rand.Text()[:6])
	k := Token{
		ID: db.NewID(), Prefix: secret[:len(tokenPrefix)+6], Account: account, Name: name,
		Scopes: permissions, CreatedAt: now, ExpiresAt: expires,
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insertToken(ctx, tx, k, secret); err != nil {
			return err
		}
		return s.record(ctx, tx, who, account, TokenIssued, map[string]any{"token": k.ID, "scopes": k.Scopes})
	})
	return secret, k, err
}

// Scopes lists the permissions a token can be narrowed to. Keeping accounts is
// for people.
func Scopes() []actor.Permission {
	return slices.DeleteFunc(actor.Permissions(), func(p actor.Permission) bool {
		return p == actor.Public || p == actor.SignedIn || p == actor.Administer
	})
}

// RevokeToken ends a token at once.
func (s *Service) RevokeToken(ctx context.Context, who actor.Actor, account actor.ID, id string) error {
	if err := s.mayKeepTokens(ctx, who, account); err != nil {
		return err
	}
	if id == "" {
		return errNotFound
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		ids, err := revokeTokens(ctx, tx, account, id, s.now())
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return errNotFound
		}
		return s.record(ctx, tx, who, account, TokenRevoked, map[string]string{"token": id})
	})
}

// Keeper says whether the law still needs a person's data: an open dossier, a
// term of storage. The modules that refer to parties provide it.
type Keeper interface {
	// MustKeep returns the message key of the ground, or "" when there is none.
	MustKeep(ctx context.Context, party string) (string, error)
}

// Erase removes a person's data: the account's, and those of the party it
// belongs to. Events keep the ids, and stay verifiable.
func (s *Service) Erase(ctx context.Context, who actor.Actor, id actor.ID, keeper Keeper) error {
	if id == who.ID {
		return errs.New(errs.Conflict, "identity.error.self", nil)
	}
	a, err := s.take(ctx, who, id)
	if err != nil {
		return err
	}
	if a.Party != "" {
		ground, err := keeper.MustKeep(ctx, a.Party)
		if err != nil {
			return err
		}
		if ground != "" {
			return errs.New(errs.Conflict, ground, nil)
		}
	}
	party := a.Party
	a.Login, a.Name, a.password, a.Locale, a.State = "erased:"+string(id), "", "", "", Erased
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := setTOTP(ctx, tx, id, "", time.Time{}, 0); err != nil {
			return err
		}
		if err := setRecovery(ctx, tx, id, nil); err != nil {
			return err
		}
		if err := s.shut(ctx, tx, who, id); err != nil {
			return err
		}
		if err := forgetAgents(ctx, tx, id); err != nil {
			return err
		}
		if party != "" {
			if err := s.parties.EraseIn(ctx, tx, who.ID, party); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, id, AccountErased, nil)
	})
}
