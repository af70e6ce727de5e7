package eventweb_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/event/eventweb"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/web/webtest"
)

var (
	operator = webtest.Staff("op", actor.Operator, "it")
	citizen  = actor.Actor{ID: "an", Grants: []actor.Grant{{Role: actor.Citizen}}}
	start    = time.Date(2022, 7, 6, 8, 30, 0, 0, time.UTC)
)

func setup(t *testing.T, d *db.DB) (*webtest.Site, *event.Spine) {
	site := webtest.New(t, d, eventweb.Files)
	s := event.New(d, nil, nil, func() time.Time { return start })
	site.Add(eventweb.Routes(s, site.View))
	return site, s
}

// record writes events a minute apart, every third of them a signature.
func record(t *testing.T, d *db.DB, s *event.Spine, many int) []event.Event {
	t.Helper()
	var all []event.Event
	for i := range many {
		kind := "dossier.filed"
		if i%3 == 2 {
			kind = "dossier.signed"
		}
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			e, err := s.Record(t.Context(), tx, event.Event{
				At: start.Add(time.Duration(i) * time.Minute), Actor: "=an", Unit: "H06", Subject: fmt.Sprint("dossier:", i), Kind: kind, Data: map[string]any{"fee": i},
			})
			all = append(all, e)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sign takes what is recorded into the log and signs it.
func sign(t *testing.T, d *db.DB) *event.Key {
	t.Helper()
	key, err := event.LoadOrCreateKey(filepath.Join(t.TempDir(), "log.key"), "motcua.example/log")
	if err != nil {
		t.Fatal(err)
	}
	q := event.NewSequencer(d, key, slog.New(slog.DiscardHandler), func() time.Time { return start })
	if _, err := q.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestPublicLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		stranger := site.As(actor.Actor{})
		for _, lang := range i18n.Langs {
			if w := stranger.In(lang).Get(t, "/log"); w.Code != http.StatusOK {
				t.Errorf("%s: the page of an empty log: %d", lang, w.Code)
			}
		}
		if w := stranger.Get(t, "/log/checkpoint"); w.Code != http.StatusNotFound {
			t.Errorf("checkpoint of an empty log: %d", w.Code)
		}
		record(t, d, s, 3)
		key := sign(t, d)
		w := stranger.Get(t, "/log/checkpoint")
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("checkpoint is %q", w.Header().Get("Content-Type"))
		}
		c, err := event.OpenCheckpoint(w.Body.String(), key.Public)
		if err != nil || c.Size != 3 {
			t.Errorf("checkpoint of %d events, %v", c.Size, err)
		}
		for _, lang := range i18n.Langs {
			page := stranger.In(lang).Get(t, "/log").Body.String()
			for _, want := range []string{strings.ReplaceAll(key.Public, "+", "&#43;"), "motcua log verify", "15:30, " + lang.Date(start)} {
				if !strings.Contains(page, want) {
					t.Errorf("%s page lacks %q", lang, want)
				}
			}
		}
	})
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		record(t, d, s, 120)
		sign(t, d)
		seen := 0
		for next := "/operator/events"; next != ""; {
			page := site.As(operator).Get(t, next).Body.String()
			seen += strings.Count(page, "/proof\"")
			next = webtest.Next(page)
		}
		if seen != 120 {
			t.Errorf("the pages show %d of 120 events", seen)
		}
		for query, want := range map[string]int{
			"kind=dossier.signed":           40,
			"subject=dossier:7":             1,
			"actor=%3Dan&subject=dossier:7": 1,
			"actor=binh":                    0,
			"from=2022-07-06&to=2022-07-06": 50, // the first page of 120
			"from=2022-07-07":               0,
			"kind=+dossier.signed+&lang=":   40,
		} {
			w := site.As(operator).In(i18n.En).Get(t, "/operator/events?"+query)
			if got := strings.Count(w.Body.String(), "/proof\""); got != want || w.Code != http.StatusOK {
				t.Errorf("%s: status %d, %d events, want %d", query, w.Code, got, want)
			}
		}
		for _, query := range []string{"from=yesterday", "from=2022-07-08&to=2022-07-06"} {
			w := site.As(operator).Get(t, "/operator/events?"+query)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "govuk-error-summary") {
				t.Errorf("%s: status %d", query, w.Code)
			}
			if w := site.As(operator).Get(t, "/operator/events.csv?"+query); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("csv, %s: status %d", query, w.Code)
			}
		}
		for _, path := range []string{"/operator/events", "/operator/events.csv", "/operator/events/x/proof"} {
			if w := site.As(citizen).Get(t, path); w.Code != http.StatusForbidden {
				t.Errorf("a citizen gets %s: %d", path, w.Code)
			}
		}
	})
}

func TestCSV(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		all := record(t, d, s, 4)
		w := site.As(operator).Get(t, "/operator/events.csv?kind=dossier.filed")
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		want := []string{all[3].ID, "2022-07-06T08:33:00Z", "'=an", "H06", "dossier:3", "dossier.filed"}
		for i, cell := range want {
			if rows[1][i] != cell {
				t.Errorf("column %s = %q, want %q", rows[0][i], rows[1][i], cell)
			}
		}
	})
}

func TestProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		all := record(t, d, s, 5)
		address := "/operator/events/" + all[2].ID + "/proof"
		if w := site.As(operator).Get(t, address); w.Code != http.StatusNotFound {
			t.Errorf("proof before it was signed: %d", w.Code)
		}
		key := sign(t, d)
		var proof event.Proof
		if err := json.Unmarshal(site.As(operator).Get(t, address).Body.Bytes(), &proof); err != nil {
			t.Fatal(err)
		}
		e, _, err := proof.Verify(key.Public)
		if err != nil || e.ID != all[2].ID {
			t.Errorf("proof of event %s, %v; want of %s", e.ID, err, all[2].ID)
		}
	})
}
