package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
)

// The cost of argon2id: some 30 ms on one core.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonKey    = 32
	argonSalt   = 16
)

// shortest and longest password. The longest only keeps a request cheap.
const (
	shortestPassword = 10
	longestPassword  = 200
)

// hasher hashes passwords, a few at a time: each takes 19 MiB, and a flood of
// sign-ins must not take the memory of everything else.
type hasher struct {
	slots chan struct{}
	dummy string // hash that stands in for an account that does not exist
}

func newHasher() hasher {
	h := hasher{slots: make(chan struct{}, max(2, runtime.NumCPU()))}
	h.dummy = encode(rand.Text())
	return h
}

// hash returns the PHC form of a password.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return encode(password), nil
}

// matches reports whether password is what phc was made of. Without a hash it
// takes as long, and is false.
func (h hasher) matches(ctx context.Context, password, phc string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	var version, memory, time, threads int
	var salt, key string
	fields := strings.Split(phc, "$")
	if len(fields) == 6 {
		salt, key = fields[4], fields[5]
	}
	_, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$", &version, &memory, &time, &threads)
	rawSalt, errSalt := base64.RawStdEncoding.DecodeString(salt)
	rawKey, errKey := base64.RawStdEncoding.DecodeString(key)
	if err != nil || errSalt != nil || errKey != nil || version != argon2.Version {
		return false, fmt.Errorf("a stored password is not in the form it should be")
	}
	//nolint:gosec // the numbers are our own
	got := argon2.IDKey(normal(password), rawSalt, uint32(time), uint32(memory), uint8(threads), uint32(len(rawKey)))
	return subtle.ConstantTimeCompare(got, rawKey) == 1 && known, nil
}

func (h hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &errs.Error{Kind: errs.Unavailable, Msg: "error.unavailable", Err: ctx.Err()}
	}
}

func (h hasher) leave() { <-h.slots }

func encode(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey(normal(password), salt, argonTime, argonMemory, 1, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argonMemory, argonTime, b64(salt), b64(key))
}

// normal makes a password typed on a phone (NFD) the one typed on a desk (NFC).
func normal(password string) []byte { return []byte(norm.NFKC.String(password)) }

// common are passwords people choose first; [text.Fold] has been applied.
var common = map[string]bool{
	"1234567890": true, "0123456789": true, "0987654321": true, "12345678910": true, "1111111111": true, "0000000000": true,
	"1234512345": true, "1122334455": true, "password123": true, "password1234": true, "passw0rd123": true, "qwertyuiop": true,
	"qwerty12345": true, "matkhau123": true, "matkhau1234": true, "mat khau123": true, "anhyeuem123": true, "emyeuanh123": true,
	"vietnam123": true, "vietnam2024": true, "vietnam2025": true, "vietnam2026": true, "iloveyou123": true, "abc1234567": true,
	"abcd123456": true, "abcdefghij": true, "admin12345": true, "administrator": true, "motcua1234": true, "motcua12345": true,
}

// checkPassword says what is wrong with a new password. Length counts, not
// kinds of characters (NIST SP 800-63B).
func checkPassword(faults *errs.Fields, field, password, login string) {
	folded := text.Fold(password)
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		faults.Add(field, "identity.error.password-short", errs.Args{"count": shortestPassword})
	case len(password) > longestPassword:
		faults.Add(field, "identity.error.password-long", errs.Args{"count": longestPassword})
	case common[folded], strings.Count(password, password[:1]) == len(password):
		faults.Add(field, "identity.error.password-common", nil)
	case login != "" && strings.Contains(strings.ToLower(password), login):
		faults.Add(field, "identity.error.password-login", nil)
	}
}

// newPassword returns a password to hand to somebody once.
func newPassword() string {
	s := strings.ToLower(rand.Text())
	return s[0:5] + "-" + s[5:10] + "-" + s[10:15]
}
