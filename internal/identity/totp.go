package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// A code lasts half a minute; the one before and the one after are taken too,
// since telephones' clocks differ.
const (
	codePeriod = 30
	codeSkew   = 1
)

var codeOptions = totp.ValidateOpts{Period: codePeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// issuer is what the telephone shows beside the code.
const issuer = "motcua"

// recoveryCodes is how many codes are handed out for the day the telephone is
// lost.
const recoveryCodes = 10

// BeginTOTP makes a secret for the actor's telephone and returns the address
// that its QR code holds. It counts only once confirmed.
func (s *Service) BeginTOTP(ctx context.Context, who actor.Actor) (string, error) {
	a, err := getAccount(ctx, s.db, who.ID)
	if err != nil {
		return "", err
	}
	if a.TOTP {
		return "", errs.New(errs.Conflict, "identity.error.totp-already", nil)
	}
	if a.totpSecret == "" {
		key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Login, Period: codePeriod})
		if err != nil {
			return "", fmt.Errorf("second factor of %s: %w", a.ID, err)
		}
		a.totpSecret = key.Secret()
		err = s.db.Tx(ctx, func(tx *db.Tx) error { return setTOTP(ctx, tx, a.ID, a.totpSecret, time.Time{}, 0) })
		if err != nil {
			return "", err
		}
	}
	return address(a), nil
}

// HasFactor reports whether the actor signs in with a second factor.
func (s *Service) HasFactor(ctx context.Context, who actor.Actor) (bool, error) {
	a, err := getAccount(ctx, s.db, who.ID)
	return a.TOTP, err
}

// PendingTOTP returns the address of a secret not yet confirmed.
func (s *Service) PendingTOTP(ctx context.Context, who actor.Actor) (string, error) {
	a, err := getAccount(ctx, s.db, who.ID)
	if err != nil {
		return "", err
	}
	if a.TOTP || a.totpSecret == "" {
		return "", errNotFound
	}
	return address(a), nil
}

func address(a Account) string {
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&period=%d&digits=6&algorithm=SHA1", issuer, a.Login, a.totpSecret, issuer, codePeriod)
}

// ConfirmTOTP takes the secret into use if the telephone shows the right code,
// and returns the recovery codes, which nobody can show again.
func (s *Service) ConfirmTOTP(ctx context.Context, who actor.Actor, code string) ([]string, error) {
	a, err := getAccount(ctx, s.db, who.ID)
	if err != nil {
		return nil, err
	}
	if a.TOTP || a.totpSecret == "" {
		return nil, errs.New(errs.Conflict, "identity.error.totp-already", nil)
	}
	step, ok := s.matchCode(a, code)
	if !ok {
		return nil, errCode
	}
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		text := strings.ToLower(rand.Text())
		codes[i] = text[:5] + "-" + text[5:10] + "-" + text[10:13]
		hashes[i] = hash(foldCode(codes[i]))
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := setTOTP(ctx, tx, a.ID, a.totpSecret, s.now(), step); err != nil {
			return err
		}
		if err := setRecovery(ctx, tx, a.ID, hashes); err != nil {
			return err
		}
		return s.record(ctx, tx, who, a.ID, TOTPEnrolled, nil)
	})
	return codes, err
}

// RemoveTOTP gives the second factor up, upon a code of it.
func (s *Service) RemoveTOTP(ctx context.Context, who actor.Actor, code string) error {
	a, err := getAccount(ctx, s.db, who.ID)
	if err != nil {
		return err
	}
	return s.factor(ctx, a, code, func(tx *db.Tx) error { return s.removeTOTP(ctx, tx, who, a.ID) })
}

func (s *Service) removeTOTP(ctx context.Context, tx *db.Tx, who actor.Actor, id actor.ID) error {
	if err := setTOTP(ctx, tx, id, "", time.Time{}, 0); err != nil {
		return err
	}
	if err := setRecovery(ctx, tx, id, nil); err != nil {
		return err
	}
	return s.record(ctx, tx, who, id, TOTPRemoved, nil)
}

// GiveFactor completes a sign-in with a code of the telephone or a recovery
// code. The session gets a new token; after too many wrong codes it ends.
func (s *Service) GiveFactor(ctx context.Context, token, code string) (Session, error) {
	session, a, err := s.open(ctx, token)
	if err != nil {
		return Session{}, err
	}
	if session.Needs != SecondFactor {
		return Session{}, errs.New(errs.Conflict, "identity.error.factor-given", nil)
	}
	session.Token, session.Needs, session.SeenAt = rand.Text(), needs(a, true), s.now()
	err = s.factor(ctx, a, code, func(tx *db.Tx) error { return renewSession(ctx, tx, session) })
	if errs.KindOf(err) == errs.TooMany {
		err = errors.Join(err, s.revoke(ctx, actor.Actor{ID: a.ID, Unit: a.Unit}, a.ID, session.ID, ""))
	}
	if err != nil {
		return Session{}, err
	}
	return session, nil
}

// factor spends a code, or a recovery code, and then runs fn in the same
// transaction.
func (s *Service) factor(ctx context.Context, a Account, code string, fn func(*db.Tx) error) error {
	now := s.now()
	key := failureKey("factor", string(a.ID))
	if n, err := failures(ctx, s.db, key, now.Add(-refusedFor)); err != nil || n >= codeTries {
		if err == nil {
			err = errTooMany
		}
		return err
	}
	step, ok := s.matchCode(a, code)
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if ok {
			if err := useStep(ctx, tx, a.ID, step); err != nil {
				return err
			}
		} else {
			spent, err := useRecovery(ctx, tx, a.ID, hash(foldCode(code)))
			if err != nil {
				return err
			}
			if !spent || !a.TOTP {
				return errCode
			}
			if err := s.record(ctx, tx, actor.Actor{ID: a.ID, Unit: a.Unit}, a.ID, RecoveryUsed, nil); err != nil {
				return err
			}
		}
		if err := forgive(ctx, tx, key); err != nil {
			return err
		}
		return fn(tx)
	})
	if err == nil || errs.KindOf(err) == errs.Internal {
		return err
	}
	// Wrong, or spent by another request in the meantime.
	if e := s.db.Tx(ctx, func(tx *db.Tx) error { return fail(ctx, tx, key, now, now.Add(-refusedFor)) }); e != nil {
		return e
	}
	return errCode
}

// matchCode returns the step a code belongs to, if it is one not yet spent.
func (s *Service) matchCode(a Account, code string) (int64, bool) {
	code = foldCode(code)
	if a.totpSecret == "" || len(code) != 6 {
		return 0, false
	}
	current := s.now().Unix() / codePeriod
	for step := current - codeSkew; step <= current+codeSkew; step++ {
		want, err := totp.GenerateCodeCustom(a.totpSecret, time.Unix(step*codePeriod, 0), codeOptions)
		if err == nil && step > a.totpStep && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// foldCode forgives the spaces, hyphens and capitals people type.
func foldCode(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.TrimSpace(s)))
}
