package notify

import (
	"context"
	"fmt"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/mail"
)

// Email sends one notice by e-mail.
type Email struct {
	Delivery string `json:"delivery"`
}

// Kind implements job.Args. It is stored with every job: never rename it.
func (Email) Kind() string { return "notify.email" }

// SendEmail does an [Email] job. It looks before it sends: a job may run twice.
// Between the relay's yes and ours the machine may die; the second mail then
// bears the same id as the first, and readers show one.
func (s *Service) SendEmail(ctx context.Context, e Email) error {
	item, to, state, err := getDelivery(ctx, s.db, e.Delivery)
	if err != nil {
		return err
	}
	if state != waiting {
		return nil
	}
	address, lang, err := s.directory.Address(ctx, to)
	if err != nil {
		return fmt.Errorf("address for delivery %s: %w", e.Delivery, err)
	}
	state = sent
	if address == "" {
		state = undeliverable
	} else {
		err = s.sender.Send(ctx, mail.Message{
			ID: e.Delivery, To: address, At: item.At,
			Subject: item.Subject(s.bundle, lang),
			Text:    item.Body(s.bundle, lang) + "\n\n" + s.base + item.Link + "\n",
		})
		if errs.KindOf(err) == errs.Invalid {
			state = undeliverable // not an address: trying again will not help
		} else if err != nil {
			return fmt.Errorf("send delivery %s: %w", e.Delivery, err)
		}
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return settleDelivery(ctx, tx, e.Delivery, state, s.now()) })
}
