package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/mail"
)

// Directory knows how to reach people. Package app answers from accounts and
// parties. No address is no error: the inbox is enough.
type Directory interface {
	Address(ctx context.Context, to Recipient) (email string, lang i18n.Lang, err error)
}

// Jobs adds a job in a transaction. A job.Queue does.
type Jobs interface {
	Insert(ctx context.Context, tx *db.Tx, args ...job.Args) error
}

// Sender sends an e-mail. A mail.Sender does.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Service tells people things.
type Service struct {
	db        *db.DB
	jobs      Jobs
	directory Directory
	sender    Sender
	bundle    *i18n.Bundle
	base      string // address of the site, for links in mails
	now       func() time.Time
}

// NewService returns a service.
func NewService(d *db.DB, jobs Jobs, directory Directory, sender Sender, bundle *i18n.Bundle, base string, now func() time.Time) *Service {
	return &Service{d, jobs, directory, sender, bundle, base, now}
}

// Tell puts notices into inboxes and sets e-mails on their way, all or none.
// A notice whose recipient was told of the same fact in the same words before
// is passed over.
func (s *Service) Tell(ctx context.Context, notices ...Notice) error {
	if len(notices) == 0 {
		return nil
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		for _, n := range notices {
			id, err := insertNotice(ctx, tx, n, s.now())
			if err != nil {
				return err
			}
			if id == "" || !n.Email {
				continue
			}
			delivery, err := insertDelivery(ctx, tx, id)
			if err != nil {
				return err
			}
			if err := s.jobs.Insert(ctx, tx, Email{delivery}); err != nil {
				return fmt.Errorf("tell of %s: %w", n.Fact, err)
			}
		}
		return nil
	})
}

// Inbox returns a page of the actor's notices, the newest first, those before
// the given one or from the start.
func (s *Service) Inbox(ctx context.Context, who actor.Actor, before string, limit int) ([]Item, error) {
	return listInbox(ctx, s.db, Of(who), before, limit)
}

// Unread counts the actor's unread notices, up to a hundred.
func (s *Service) Unread(ctx context.Context, who actor.Actor) (int, error) {
	return countUnread(ctx, s.db, Of(who))
}

// Read marks one notice of the actor's as read and returns where it leads.
func (s *Service) Read(ctx context.Context, who actor.Actor, id string) (string, error) {
	link, err := markRead(ctx, s.db, Of(who), id, s.now())
	if err != nil {
		return "", err
	}
	if link == "" {
		return "", errs.New(errs.NotFound, "error.not-found", nil)
	}
	return link, nil
}

// ReadAll marks every notice of the actor's as read.
func (s *Service) ReadAll(ctx context.Context, who actor.Actor) error {
	return markAllRead(ctx, s.db, Of(who), s.now())
}
