package event_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
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
