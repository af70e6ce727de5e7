package event_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/job"
)

type tell struct {
	Event string `json:"event"`
}

func (tell) Kind() string { return "test.tell" }

func TestRecord(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.UTC)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := job.New(d, slog.New(slog.DiscardHandler), func() time.Time { return now })
		s := event.New(d, q, []event.Subscriber{{Kind: "dossier.filed", Job: func(id string) job.Args { return tell{id} }}}, func() time.Time { return now })
		var filed event.Event
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			var err error
			filed, err = s.Record(t.Context(), tx, event.Event{Actor: "an", Unit: "vpdk", Subject: "dossier:1", Kind: "dossier.filed", Data: map[string]any{"b": 2, "a": "x<y"}})
			if err != nil {
				return err
			}
			_, err = s.Record(t.Context(), tx, event.Event{At: now.Add(-time.Hour), Actor: "an", Subject: "dossier:1", Kind: "dossier.drafted"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Timeline(t.Context(), d, "dossier:1")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Kind != "dossier.drafted" || got[1].ID != filed.ID {
			t.Fatalf("Timeline = %+v", got)
		}
		one, err := s.Get(t.Context(), filed.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got[1], one); diff != "" {
			t.Errorf("Get and Timeline differ:\n%s", diff)
		}
		if !one.At.Equal(filed.At) {
			t.Errorf("At = %v, want %v", one.At, filed.At)
		}
		counts, err := q.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.Count{{Kind: "test.tell", State: "available", Jobs: 1}}, counts); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
		if n, err := s.Pending(t.Context()); err != nil || n != 2 {
			t.Errorf("Pending = %d, %v", n, err)
		}
	})
}

func TestList(t *testing.T) {
	eachLedger(t, func(t *testing.T, l *ledger) {
		hour := func(n int) time.Time { return l.now.Add(time.Duration(n) * time.Hour) }
		if err := l.db.Tx(t.Context(), func(tx *db.Tx) error {
			for _, e := range []event.Event{ // two at the same moment, and one recorded late
				{At: hour(1), Actor: "an", Subject: "dossier:1", Kind: "dossier.filed"},
				{At: hour(3), Actor: "binh", Subject: "dossier:1", Kind: "dossier.received"},
				{At: hour(3), Actor: "binh", Subject: "dossier:2", Kind: "dossier.received"},
				{At: hour(2), Actor: "an", Subject: "dossier:2", Kind: "dossier.filed"},
				{At: hour(4), Actor: "an", Subject: "dossier:3", Kind: "dossier.filed"},
			} {
				if _, err := l.Record(t.Context(), tx, e); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name   string
			filter event.Filter
			want   string
		}{
			{"all", event.Filter{}, "3 2 1 2 1"},
			{"a kind", event.Filter{Kind: "dossier.filed"}, "3 2 1"},
			{"an actor", event.Filter{Actor: "binh"}, "2 1"},
			{"a subject", event.Filter{Subject: "dossier:2"}, "2 2"},
			{"a time", event.Filter{From: hour(2), To: hour(4)}, "2 1 2"},
			{"all at once", event.Filter{Kind: "dossier.filed", Actor: "an", Subject: "dossier:2", From: hour(1), To: hour(9)}, "2"},
			{"nothing", event.Filter{Kind: "dossier.unknown"}, ""},
		} {
			var got []string
			f := tt.filter
			for { // page by page of one
				page, err := l.List(t.Context(), f, 1)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				got = append(got, strings.TrimPrefix(page[0].Subject, "dossier:"))
				f.BeforeAt, f.BeforeID = page[0].At, page[0].ID
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
			}
		}
	})
}

func TestRecordRefuses(t *testing.T) {
	l := newLedger(t, dbtest.SQLite(t))
	good := event.Event{Actor: "an", Subject: "dossier:1", Kind: "dossier.filed"}
	for name, spoil := range map[string]func(*event.Event){
		"no actor":      func(e *event.Event) { e.Actor = "" },
		"no subject":    func(e *event.Event) { e.Subject = "" },
		"no kind":       func(e *event.Event) { e.Kind = "" },
		"personal data": func(e *event.Event) { e.Data = map[string]string{"number": "079201001234"} },
	} {
		e := good
		spoil(&e)
		err := l.db.Tx(t.Context(), func(tx *db.Tx) error { _, err := l.Record(t.Context(), tx, e); return err })
		if err == nil {
			t.Errorf("%s: recorded", name)
		}
	}
	if _, err := l.Get(t.Context(), "none"); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Get of no event = %v", err)
	}
}
