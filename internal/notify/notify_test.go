package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/mail"
	"github.com/motcua/motcua/internal/notify"
)

// fakes stand in for the queue, the directory and the relay.
type fakes struct {
	jobs    []notify.Email
	address string
	mails   []mail.Message
	fail    error
}

func (f *fakes) Insert(_ context.Context, _ *db.Tx, args ...job.Args) error {
	for _, a := range args {
		f.jobs = append(f.jobs, a.(notify.Email))
	}
	return nil
}

func (f *fakes) Address(context.Context, notify.Recipient) (string, i18n.Lang, error) {
	return f.address, i18n.Vi, nil
}

func (f *fakes) Send(_ context.Context, m mail.Message) error {
	if f.fail == nil {
		f.mails = append(f.mails, m)
	}
	return f.fail
}

var (
	now    = time.Date(2022, 7, 6, 8, 30, 0, 0, time.UTC)
	an     = actor.Actor{ID: "an", Party: "p-an"}
	binh   = actor.Actor{ID: "binh", Party: "p-binh"}
	notice = notify.Notice{
		Fact: "e1", To: notify.ToParty("p-an"), Kind: "received", Link: "/dossiers/1", Email: true,
		Args: notify.Args{Agency: "Sở TN&MT", Person: "Bộ phận một cửa", At: now, Next: "notify.next.wait", Code: "000.00.12.H06-220706-0001", Procedure: "Chuyển nhượng", Due: now.AddDate(0, 0, 14)},
	}
)

func setup(t *testing.T, d *db.DB) (*notify.Service, *fakes) {
	f := &fakes{address: "an@example.vn"}
	bundle, err := i18n.Load(notify.Messages)
	if err != nil {
		t.Fatal(err)
	}
	bundle.Missing = func(lang i18n.Lang, key string) { t.Errorf("missing %s: %s", lang, key) }
	return notify.NewService(d, f, f, f, bundle, "https://motcua.example", func() time.Time { return now }), f
}

func TestToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, f := setup(t, d)
		for range 3 { // the job that tells may run again
			if err := s.Tell(t.Context(), notice); err != nil {
				t.Fatal(err)
			}
		}
		items, err := s.Inbox(t.Context(), an, "", 10)
		if err != nil || len(items) != 1 {
			t.Fatalf("inbox: %v, %v", items, err)
		}
		if len(f.jobs) != 1 {
			t.Fatalf("%d mails set on their way", len(f.jobs))
		}
		for range 2 {
			if err := s.SendEmail(t.Context(), f.jobs[0]); err != nil {
				t.Fatal(err)
			}
		}
		if len(f.mails) != 1 {
			t.Fatalf("%d mails sent", len(f.mails))
		}
		for _, want := range []string{"Sở TN&MT", "Bộ phận một cửa", "15:30, 06/07/2022", "không phải làm gì", "https://motcua.example/dossiers/1"} {
			if !strings.Contains(f.mails[0].Text, want) {
				t.Errorf("the mail lacks %q:\n%s", want, f.mails[0].Text)
			}
		}
	})
}

func TestMailIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, f := setup(t, d)
		if err := s.Tell(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
		f.fail = errs.New(errs.Unavailable, "error.unavailable", errs.Args{})
		if err := s.SendEmail(t.Context(), f.jobs[0]); err == nil {
			t.Fatal("a relay that does not answer is no failure")
		}
		f.fail = nil
		if err := s.SendEmail(t.Context(), f.jobs[0]); err != nil || len(f.mails) != 1 {
			t.Errorf("second try: %v, %d mails", err, len(f.mails))
		}
	})
}

func TestNoAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, f := setup(t, d)
		f.address = ""
		if err := s.Tell(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
		if err := s.SendEmail(t.Context(), f.jobs[0]); err != nil || len(f.mails) != 0 {
			t.Errorf("SendEmail = %v, %d mails", err, len(f.mails))
		}
	})
}

func TestInboxIsOnesOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		if err := s.Tell(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
		items, err := s.Inbox(t.Context(), an, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := s.Inbox(t.Context(), binh, "", 10); err != nil || len(other) != 0 {
			t.Errorf("another's inbox: %v, %v", other, err)
		}
		if _, err := s.Read(t.Context(), binh, items[0].ID); errs.KindOf(err) != errs.NotFound {
			t.Errorf("another reads: %v", err)
		}
		if n, err := s.Unread(t.Context(), an); err != nil || n != 1 {
			t.Errorf("Unread = %d, %v", n, err)
		}
		if link, err := s.Read(t.Context(), an, items[0].ID); err != nil || link != "/dossiers/1" {
			t.Errorf("Read = %q, %v", link, err)
		}
		if n, err := s.Unread(t.Context(), an); err != nil || n != 0 {
			t.Errorf("Unread = %d, %v after reading", n, err)
		}
	})
}

func TestInboxPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, _ := setup(t, d)
		for _, fact := range []string{"e1", "e2", "e3"} {
			n := notice
			n.Fact, n.Email = fact, false
			if err := s.Tell(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		first, err := s.Inbox(t.Context(), an, "", 2)
		if err != nil || len(first) != 2 {
			t.Fatalf("first page: %v, %v", first, err)
		}
		second, err := s.Inbox(t.Context(), an, first[1].ID, 2)
		if err != nil || len(second) != 1 {
			t.Fatalf("second page: %v, %v", second, err)
		}
		if second[0].ID == first[0].ID || second[0].ID == first[1].ID {
			t.Error("a notice stands on two pages")
		}
	})
}

func TestTellAllOrNone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bundle, err := i18n.Load(notify.Messages)
		if err != nil {
			t.Fatal(err)
		}
		f := &fakes{}
		s := notify.NewService(d, broken{}, f, f, bundle, "", func() time.Time { return now })
		if err := s.Tell(t.Context(), notice); err == nil {
			t.Fatal("the queue failed and Tell did not")
		}
		if items, err := s.Inbox(t.Context(), an, "", 10); err != nil || len(items) != 0 {
			t.Errorf("half a notice: %v, %v", items, err)
		}
	})
}

// broken is a queue that takes nothing.
type broken struct{}

func (broken) Insert(context.Context, *db.Tx, ...job.Args) error { return errors.New("queue is full") }
