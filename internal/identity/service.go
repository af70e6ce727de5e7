package identity

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/worktime"
)

// Units is what this package needs to know about units: the codes that a grant
// reaches on a day. Package orgunit provides it.
type Units interface {
	Codes(ctx context.Context, unit string, subtree bool, on worktime.Date) ([]string, error)
}

// Parties is what this package needs to know about persons. Package party
// provides it.
type Parties interface {
	// CheckEnrolment says what is wrong with the fields name, number and contact.
	CheckEnrolment(name, number, contact string) error
	// Enrol takes down a person whom no official has seen, and returns the id.
	Enrol(ctx context.Context, tx *db.Tx, by actor.ID, name, number, contact string) (string, error)
	// Verify notes that an official saw the document, and returns the id of the
	// party that the number belongs to.
	Verify(ctx context.Context, tx *db.Tx, who actor.Actor, id string) (string, error)
	// EraseIn blanks the personal data.
	EraseIn(ctx context.Context, tx *db.Tx, by actor.ID, id string) error
}

// Service keeps accounts, sessions, tokens and grants.
type Service struct {
	db      *db.DB
	events  *event.Spine
	units   Units
	parties Parties
	now     func() time.Time
	hasher  hasher

	mu    sync.Mutex
	known map[holding]held // guarded by mu
}

// holding is what an account holds at one version on one day.
type holding struct {
	account actor.ID
	version int64
	on      worktime.Date
}

// held is a holding with its units looked up, good for a few seconds: the units
// of a subtree change rarely, and the grants themselves are part of the version.
type held struct {
	grants []actor.Grant
	until  time.Time
}

const (
	heldFor  = 5 * time.Second
	heldMost = 10_000
)

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, units Units, parties Parties, now func() time.Time) *Service {
	return &Service{db: d, events: events, units: units, parties: parties, now: now, hasher: newHasher(), known: map[holding]held{}}
}

// Attempts before a login or a code is refused for a while.
const (
	signInTries = 10
	codeTries   = 5
	refusedFor  = 15 * time.Minute
)

// Attempt is what somebody typed to sign in.
type Attempt struct {
	Login    string
	Password string
	Agent    string // the browser, as it names itself
}

// SignIn opens a session. A login that does not exist, a wrong password and a
// disabled account give the same answer after the same work; too many failures
// close a login for a while, existing or not.
func (s *Service) SignIn(ctx context.Context, try Attempt) (Session, error) {
	now := s.now()
	login := foldLogin(try.Login)
	key := failureKey("sign-in", login)
	if n, err := failures(ctx, s.db, key, now.Add(-refusedFor)); err != nil || n >= signInTries {
		if err == nil {
			err = errTooMany
		}
		return Session{}, err
	}
	a, err := accountByLogin(ctx, s.db, login)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return Session{}, err
	}
	if len(try.Password) > longestPassword {
		try.Password = ""
	}
	ok, err := s.hasher.matches(ctx, try.Password, a.password)
	if err != nil {
		return Session{}, err
	}
	if !ok || a.State != Active {
		if err := s.db.Tx(ctx, func(tx *db.Tx) error { return fail(ctx, tx, key, now, now.Add(-refusedFor)) }); err != nil {
			return Session{}, err
		}
		return Session{}, errSignIn
	}
	session := Session{
		Token: rand.Text(), ID: db.NewID(), Account: a.ID, Needs: needs(a, false), Agent: shorten(tidy(try.Agent), 200),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionLife),
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := forgive(ctx, tx, key); err != nil {
			return err
		}
		if err := insertSession(ctx, tx, session); err != nil {
			return err
		}
		return s.record(ctx, tx, actor.Actor{ID: a.ID, Unit: a.Unit}, a.ID, SessionOpened, map[string]string{"session": session.ID})
	})
	return session, err
}

// needs returns what a session still wants, once the password, and perhaps the
// second factor, have been given.
func needs(a Account, factored bool) Need {
	switch {
	case a.TOTP && !factored:
		return SecondFactor
	case a.MustChange:
		return NewPassword
	}
	return Nothing
}

func shorten(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}

// Session returns who stands behind the token of a session, or SignedOut.
func (s *Service) Session(ctx context.Context, token string) (actor.Actor, error) {
	session, a, err := s.open(ctx, token)
	if err != nil {
		return actor.Actor{}, err
	}
	if session.Needs != Nothing {
		return actor.Actor{}, errSignedOut
	}
	return s.actor(ctx, a)
}

// Pending returns the session of a token, whatever it still wants.
func (s *Service) Pending(ctx context.Context, token string) (Session, error) {
	session, _, err := s.open(ctx, token)
	return session, err
}

// open returns a live session and notes that it was used.
func (s *Service) open(ctx context.Context, token string) (Session, Account, error) {
	session, a, err := sessionByToken(ctx, s.db, token)
	if errs.KindOf(err) == errs.NotFound {
		return Session{}, Account{}, errSignedOut
	}
	if err != nil {
		return Session{}, Account{}, err
	}
	now := s.now()
	if !session.alive(now) || a.State != Active {
		return Session{}, Account{}, errSignedOut
	}
	session.Token = token
	if now.Sub(session.SeenAt) >= seenEvery {
		if err := seeSession(ctx, s.db, session.ID, now); err != nil {
			return Session{}, Account{}, err
		}
	}
	return session, a, nil
}

// Bearer returns who stands behind an API token, narrowed to its scopes, or
// SignedOut.
func (s *Service) Bearer(ctx context.Context, secret string) (actor.Actor, error) {
	k, a, err := tokenBySecret(ctx, s.db, secret)
	if errs.KindOf(err) == errs.NotFound {
		return actor.Actor{}, errSignedOut
	}
	if err != nil {
		return actor.Actor{}, err
	}
	now := s.now()
	if !k.Alive(now) || a.State != Active {
		return actor.Actor{}, errSignedOut
	}
	if now.Sub(k.UsedAt) >= seenEvery {
		if err := useToken(ctx, s.db, k.ID, now); err != nil {
			return actor.Actor{}, err
		}
	}
	who, err := s.actor(ctx, a)
	who.Scopes = append([]actor.Permission{}, k.Scopes...) // never nil: nil means no narrowing
	return who, err
}

// actor puts an account and the grants in force today together.
func (s *Service) actor(ctx context.Context, a Account) (actor.Actor, error) {
	grants, err := s.grantsToday(ctx, a)
	return actor.Actor{ID: a.ID, Party: a.Party, Name: a.Name, Unit: a.Unit, Grants: grants, Locale: a.Locale}, err
}

func (s *Service) grantsToday(ctx context.Context, a Account) ([]actor.Grant, error) {
	now := s.now()
	key := holding{a.ID, a.Version, worktime.DateOf(now)}
	s.mu.Lock()
	h, ok := s.known[key]
	s.mu.Unlock()
	if ok && now.Before(h.until) {
		return h.grants, nil
	}
	all, err := grants(ctx, s.db, a.ID)
	if err != nil {
		return nil, err
	}
	var today []actor.Grant
	if a.Party != "" {
		today = append(today, actor.Grant{Role: actor.Citizen})
	}
	for _, g := range all {
		if !g.InForce(key.on) {
			continue
		}
		codes, err := s.units.Codes(ctx, g.Unit, g.Subtree, key.on)
		if err != nil {
			return nil, err
		}
		if len(codes) == 0 {
			continue // the unit is no more, and nothing is left to have a role in
		}
		today = append(today, actor.Grant{Role: g.Role, Unit: g.Unit, Units: codes, From: g.MandateFrom.String(), To: g.MandateTo.String()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= heldMost {
		clear(s.known)
	}
	s.known[key] = held{today, now.Add(heldFor)}
	return today, nil
}

// SignOut ends a session. A token that is none is signed out already.
func (s *Service) SignOut(ctx context.Context, token string) error {
	session, a, err := sessionByToken(ctx, s.db, token)
	if errs.KindOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.revoke(ctx, actor.Actor{ID: a.ID, Unit: a.Unit}, a.ID, session.ID, "")
}

// Sessions lists the actor's own live sessions, the newest first.
func (s *Service) Sessions(ctx context.Context, who actor.Actor) ([]Session, error) {
	if !who.Known() {
		return nil, errSignedOut
	}
	return sessions(ctx, s.db, who.ID, s.now())
}

// RevokeSession ends one of the actor's own sessions.
func (s *Service) RevokeSession(ctx context.Context, who actor.Actor, id string) error {
	if !who.Known() || id == "" {
		return errNotFound
	}
	return s.revoke(ctx, who, who.ID, id, "")
}

// revoke ends sessions of an account: one, or all but one.
func (s *Service) revoke(ctx context.Context, who actor.Actor, account actor.ID, id, except string) error {
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.revokeIn(ctx, tx, who, account, id, except) })
}

func (s *Service) revokeIn(ctx context.Context, tx *db.Tx, who actor.Actor, account actor.ID, id, except string) error {
	ids, err := revokeSessions(ctx, tx, account, id, except, s.now())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.record(ctx, tx, who, account, SessionRevoked, map[string]string{"session": id}); err != nil {
			return err
		}
	}
	return nil
}

// ChangePassword sets a password of the person's own and ends their other
// sessions. The session itself goes on, with a new token.
func (s *Service) ChangePassword(ctx context.Context, token, old, chosen string) (Session, error) {
	session, a, err := s.open(ctx, token)
	if err != nil {
		return Session{}, err
	}
	if session.Needs == SecondFactor {
		return Session{}, errSignedOut
	}
	var faults errs.Fields
	checkPassword(&faults, "password", chosen, a.Login)
	if chosen == old {
		faults.Add("password", "identity.error.password-same", nil)
	}
	key := failureKey("password", string(a.ID))
	now := s.now()
	if n, err := failures(ctx, s.db, key, now.Add(-refusedFor)); err != nil || n >= codeTries {
		if err == nil {
			err = errTooMany
		}
		return Session{}, err
	}
	ok, err := s.hasher.matches(ctx, old, a.password)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		if err := s.db.Tx(ctx, func(tx *db.Tx) error { return fail(ctx, tx, key, now, now.Add(-refusedFor)) }); err != nil {
			return Session{}, err
		}
		faults.Add("old", "identity.error.old-password", nil)
	}
	if err := faults.Err(); err != nil {
		return Session{}, err
	}
	if a.password, err = s.hasher.hash(ctx, chosen); err != nil {
		return Session{}, err
	}
	a.MustChange = false
	session.Token, session.Needs, session.SeenAt = rand.Text(), Nothing, now
	who := actor.Actor{ID: a.ID, Unit: a.Unit}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveAccount(ctx, tx, a); err != nil {
			return err
		}
		if err := renewSession(ctx, tx, session); err != nil {
			return err
		}
		if err := s.revokeIn(ctx, tx, who, a.ID, "", session.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, a.ID, PasswordChanged, nil)
	})
	return session, err
}

// SetLocale remembers the language the person chose.
func (s *Service) SetLocale(ctx context.Context, who actor.Actor, locale string) error {
	a, err := getAccount(ctx, s.db, who.ID)
	if err != nil || a.Locale == locale {
		return err
	}
	a.Locale = shorten(locale, 10)
	return saveAccount(ctx, s.db, a)
}

// Clean removes old sessions and forgiven failures. It is run every night.
func (s *Service) Clean(ctx context.Context) error {
	now := s.now()
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return clean(ctx, tx, now.Add(-24*time.Hour), now.Add(-30*24*time.Hour))
	})
}

// Registration is what a citizen or an organisation types to get an account.
type Registration struct {
	Name     string
	Number   string // identity number or tax code
	Contact  string // telephone number or e-mail address; signs in with it
	Password string
	Locale   string
}

// Register makes an account for a citizen. It gives access to what the account
// files itself; what was filed before under the same number follows when an
// official has verified it.
//
// If the contact has an account already, nothing happens and nothing is said:
// the answer is the same, so that nobody learns who has an account.
func (s *Service) Register(ctx context.Context, r Registration) error {
	login := foldLogin(r.Contact)
	var faults errs.Fields
	if e, ok := asFields(s.parties.CheckEnrolment(r.Name, r.Number, r.Contact)); ok {
		for field, text := range e {
			faults.Add(field, text.Key, text.Args)
		}
	}
	checkPassword(&faults, "password", r.Password, login)
	if err := faults.Err(); err != nil {
		return err
	}
	phc, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return err
	}
	now := s.now()
	a := Account{ID: actor.ID(db.NewID()), Login: login, Name: tidy(r.Name), Locale: shorten(r.Locale, 10), State: Active, CreatedAt: now, Version: 1, password: phc}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if a.Party, err = s.parties.Enrol(ctx, tx, a.ID, r.Name, r.Number, r.Contact); err != nil {
			return err
		}
		free, err := insertAccount(ctx, tx, a)
		if err != nil {
			return err
		}
		if !free {
			return errTaken
		}
		return s.record(ctx, tx, actor.Actor{ID: a.ID}, a.ID, AccountCreated, map[string]string{"party": a.Party})
	})
	if err == errTaken { //nolint:errorlint // our own, and not wrapped
		// A write of the same weight, so that time does not tell either.
		return s.db.Tx(ctx, func(tx *db.Tx) error {
			return fail(ctx, tx, failureKey("register", login), now, now.Add(-refusedFor))
		})
	}
	return err
}

// errTaken undoes a registration whose login exists.
var errTaken = &errs.Error{Kind: errs.Conflict, Msg: "identity.error.taken"}

func asFields(err error) (errs.Fields, bool) {
	e, ok := err.(*errs.Error) //nolint:errorlint // straight from the party package
	if !ok {
		return nil, false
	}
	return e.Fields, true
}

// VerifyParty notes that an official saw the identity document of a person who
// registered, and gives their account what is filed under that number.
func (s *Service) VerifyParty(ctx context.Context, who actor.Actor, party string) (string, error) {
	var canonical string
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var err error
		if canonical, err = s.parties.Verify(ctx, tx, who, party); err != nil {
			return err
		}
		moved, err := moveAccounts(ctx, tx, party, canonical)
		if err != nil {
			return err
		}
		for _, id := range moved {
			if err := s.record(ctx, tx, who, id, AccountVerified, map[string]string{"party": canonical}); err != nil {
				return err
			}
		}
		return nil
	})
	return canonical, err
}

func (s *Service) today() worktime.Date { return worktime.DateOf(s.now()) }

func (s *Service) record(ctx context.Context, tx *db.Tx, who actor.Actor, account actor.ID, kind string, data any) error {
	_, err := s.events.Record(ctx, tx, event.Event{
		At: s.now(), Actor: who.ID, Unit: who.Unit, Subject: "account:" + string(account), Kind: kind, Data: data,
	})
	return err
}
