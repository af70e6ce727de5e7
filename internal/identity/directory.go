package identity

import (
	"context"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/i18n"
)

// Actor returns who an account is today, for what acts without a session: a
// job, the makers of a demonstration.
func (s *Service) Actor(ctx context.Context, id actor.ID) (actor.Actor, error) {
	a, err := getAccount(ctx, s.db, id)
	if err != nil {
		return actor.Actor{}, err
	}
	return s.actor(ctx, a)
}

// Name returns what people call the holder of an account.
func (s *Service) Name(ctx context.Context, id actor.ID) (string, error) {
	a, err := getAccount(ctx, s.db, id)
	return a.Name, err
}

// Address returns where an account gets its mail, and in which language it
// reads. An account whose login is no e-mail address has only its inbox.
func (s *Service) Address(ctx context.Context, id actor.ID) (string, i18n.Lang, error) {
	a, err := getAccount(ctx, s.db, id)
	if err != nil {
		return "", i18n.Vi, err
	}
	lang, ok := i18n.Parse(a.Locale)
	if !ok {
		lang = i18n.Vi
	}
	if !strings.Contains(a.Login, "@") {
		return "", lang, nil
	}
	return a.Login, lang, nil
}
