// Package mail sends e-mail through a relay, or, where none is set, writes it to
// a folder where it can be looked at.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/motcua/motcua/internal/errs"
)

// Message is one e-mail in plain text.
type Message struct {
	ID      string // stable for one message: a relay or reader may drop a repeated one
	To      string // an address, or "Name <address>"
	Subject string
	Text    string
	At      time.Time
}

// Relay is how to reach an SMTP server.
type Relay struct {
	Host, User, Password string
	Port                 int
	From                 string
	Insecure             bool // no TLS: for a relay on this machine, and tests
}

// Sender sends messages. Create it with [NewRelay] or [NewFolder].
type Sender struct {
	from string
	send func(ctx context.Context, id string, m *mail.Msg) error
}

// sendTimeout bounds one conversation with the relay.
const sendTimeout = 30 * time.Second

// NewRelay returns a sender that speaks SMTP, with STARTTLS unless the relay is
// marked insecure.
func NewRelay(r Relay) (*Sender, error) {
	options := []mail.Option{mail.WithPort(r.Port), mail.WithTimeout(sendTimeout), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(&tls.Config{ServerName: r.Host, MinVersion: tls.VersionTLS12})}
	if r.Insecure {
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if r.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(r.User), mail.WithPassword(r.Password))
	}
	client, err := mail.NewClient(r.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail relay %s: %w", r.Host, err)
	}
	return &Sender{r.From, func(ctx context.Context, _ string, m *mail.Msg) error {
		if err := client.DialAndSendWithContext(ctx, m); err != nil {
			return &errs.Error{Kind: errs.Unavailable, Msg: "error.unavailable", Err: redact(err)}
		}
		return nil
	}}, nil
}

// redact keeps what the relay said of a failure but not to whom: addresses are
// personal and errors are logged.
func redact(err error) error {
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		return fmt.Errorf("relay refused: %s (code %d)", e.Reason, e.ErrorCode())
	}
	return errors.New("relay did not answer")
}

// NewFolder returns a sender that writes each message to a file in folder and
// sends nothing.
func NewFolder(folder, from string) (*Sender, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder: %w", err)
	}
	return &Sender{from, func(_ context.Context, id string, m *mail.Msg) error {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r) {
				return r
			}
			return '-'
		}, strings.ToLower(id))
		if err := m.WriteToFile(filepath.Join(folder, name+".eml")); err != nil {
			return fmt.Errorf("write mail: %w", err)
		}
		return nil
	}}, nil
}

// Send sends one message. errs.Unavailable means that trying again may help,
// errs.Invalid that the address is none.
func (s *Sender) Send(ctx context.Context, m Message) error {
	out := mail.NewMsg()
	if err := out.From(s.from); err != nil {
		return fmt.Errorf("mail sender: %w", err)
	}
	if err := out.To(m.To); err != nil {
		return errs.Field("email", "mail.error.address", nil)
	}
	out.SetMessageIDWithValue(m.ID + "@motcua")
	out.SetDateWithValue(m.At)
	out.Subject(m.Subject)
	out.SetBodyString(mail.TypeTextPlain, m.Text)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return s.send(ctx, m.ID, out)
}
