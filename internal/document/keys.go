package document

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Keys is a folder of signing keys, each with its certificate beside it:
// NAME.crt and NAME.key, PEM. It serves a demonstration and a small office; where
// keys live on tokens or with a certification authority, another [Signer] stands
// in for it.
type Keys string

// keyName is what a file may be called, wherever the name came from.
var keyName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}$`)

// Signer returns the key called name. A missing one is an error that is
// [io/fs.ErrNotExist].
func (k Keys) Signer(_ context.Context, name string) (Signer, error) {
	if !keyName.MatchString(name) {
		return nil, fmt.Errorf("signing key %q: %w", name, os.ErrNotExist)
	}
	cert, err := os.ReadFile(k.path(name, "crt"))
	if err != nil {
		return nil, fmt.Errorf("signing certificate: %w", err)
	}
	key, err := os.ReadFile(k.path(name, "key"))
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return LoadKey(cert, key)
}

// Make makes a key called name for a subject by [NewSelfSigned], unless there is
// one already.
func (k Keys) Make(name, subject string, demo bool, now time.Time) error {
	if !keyName.MatchString(name) {
		return fmt.Errorf("make key: bad name %q", name)
	}
	if _, err := os.Stat(k.path(name, "crt")); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	cert, key, err := NewSelfSigned(subject, demo, now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(k), 0o700); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if err := os.WriteFile(k.path(name, "key"), key, 0o600); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if err := os.WriteFile(k.path(name, "crt"), cert, 0o600); err != nil { // last: with it the pair is whole
		return fmt.Errorf("make key: %w", err)
	}
	return nil
}

func (k Keys) path(name, ext string) string { return filepath.Join(string(k), name+"."+ext) }
