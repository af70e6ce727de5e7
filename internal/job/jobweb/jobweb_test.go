package jobweb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/job/jobweb"
	"github.com/motcua/motcua/internal/web/webtest"
)

var (
	operator = webtest.Staff("op", actor.Operator, "it")
	clerk    = webtest.Staff("clerk", actor.CaseOfficer, "land")
	now      = time.Date(2022, 7, 6, 8, 30, 0, 0, time.UTC)
)

type task struct {
	Dossier string `json:"dossier"`
}

func (task) Kind() string { return "test.task" }

// fakeLog is a log in a given state.
type fakeLog struct {
	size, pending int64
	signed        time.Time
}

func (l *fakeLog) Size(context.Context) (int64, error)           { return l.size, nil }
func (l *fakeLog) Pending(context.Context) (int64, error)        { return l.pending, nil }
func (l *fakeLog) LastSigned(context.Context) (time.Time, error) { return l.signed, nil }

func setup(t *testing.T, d *db.DB) (*webtest.Site, *job.Queue, *fakeLog) {
	site := webtest.New(t, d, jobweb.Files)
	q := job.New(d, slog.New(slog.DiscardHandler), func() time.Time { return now })
	log := &fakeLog{}
	site.Add(jobweb.Routes(q, log, site.View, func() time.Time { return now }))
	return site, q, log
}

func add(t *testing.T, d *db.DB, q *job.Queue, many int) {
	t.Helper()
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for i := range many {
			if err := q.Insert(t.Context(), tx, task{fmt.Sprint("d", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// giveUp lets the jobs of the queue fail for the last time.
func giveUp(t *testing.T, d *db.DB, q *job.Queue, many int) []job.Dead {
	t.Helper()
	add(t, d, q, many)
	if _, err := d.ExecContext(t.Context(), `update river_job set attempt = 11`); err != nil {
		t.Fatal(err)
	}
	job.Add(q, func(context.Context, task) error { return errors.New("the <partner> is down") })
	if err := q.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		dead, err := q.Dead(t.Context(), 0, many)
		if err != nil {
			t.Fatal(err)
		}
		if len(dead) == many {
			if err := q.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			return dead
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d jobs gave up", len(dead), many)
		}
	}
}

func TestOverview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, q, log := setup(t, d)
		if page := site.As(operator).Get(t, "/operator").Body.String(); !strings.Contains(page, "Chưa có việc nền nào") || !strings.Contains(page, "Chưa ký lần nào") {
			t.Error("a new installation is not told as such")
		}
		add(t, d, q, 3)
		*log = fakeLog{size: 1234, pending: 7, signed: now.Add(-4 * time.Minute)}
		for lang, want := range map[i18n.Lang][]string{
			i18n.Vi: {"test.task", "Chờ chạy", "1.234", "4 phút trước"},
			i18n.En: {"Ready to run", "1,234", "4 minutes ago"},
		} {
			page := site.As(operator).In(lang).Get(t, "/operator").Body.String()
			for _, w := range want {
				if !strings.Contains(page, w) {
					t.Errorf("%s page lacks %q", lang, w)
				}
			}
			if strings.Contains(page, "mc-banner--warning") {
				t.Errorf("%s page warns of a log that is well", lang)
			}
		}
		log.signed = now.Add(-6 * time.Minute)
		if page := site.As(operator).Get(t, "/operator").Body.String(); !strings.Contains(page, "mc-banner--warning") {
			t.Error("no warning, though events wait and nothing was signed for six minutes")
		}
		log.pending = 0
		if page := site.As(operator).Get(t, "/operator").Body.String(); strings.Contains(page, "mc-banner--warning") {
			t.Error("a warning, though nothing happened that could be signed")
		}
	})
}

func TestDead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, q, _ := setup(t, d)
		if page := site.As(operator).Get(t, "/operator/jobs").Body.String(); !strings.Contains(page, "mc-empty") {
			t.Error("no word that no job gave up")
		}
		dead := giveUp(t, d, q, 25)
		seen := 0
		for next := "/operator/jobs"; next != ""; {
			page := site.As(operator).In(i18n.En).Get(t, next).Body.String()
			seen += strings.Count(page, "/retry\"")
			if !strings.Contains(page, "the &lt;partner&gt; is down") {
				t.Error("the page does not say why")
			}
			next = webtest.Next(page)
		}
		if seen != 25 {
			t.Errorf("the pages show %d of 25 jobs", seen)
		}

		retry := fmt.Sprintf("/operator/jobs/%d/retry", dead[0].ID)
		if w := site.As(clerk).Post(t, retry, nil); w.Code != http.StatusForbidden {
			t.Errorf("a clerk retries a job: %d", w.Code)
		}
		if w := site.As(operator).Post(t, retry, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/operator/jobs" {
			t.Errorf("retry: %d to %q", w.Code, w.Header().Get("Location"))
		}
		if left, err := q.Dead(t.Context(), 0, 100); err != nil || len(left) != 24 {
			t.Errorf("%d dead jobs left, %v", len(left), err)
		}
		for _, path := range []string{"/operator/jobs/999999/retry", "/operator/jobs/x/retry"} {
			if w := site.As(operator).Post(t, path, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		for _, path := range []string{"/operator", "/operator/jobs"} {
			if w := site.As(clerk).Get(t, path); w.Code != http.StatusForbidden {
				t.Errorf("a clerk sees %s: %d", path, w.Code)
			}
		}
	})
}

// TestStates holds that every state of a job has a word.
func TestStates(t *testing.T) {
	bundle, err := i18n.Load(jobweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range bundle.Check() {
		t.Error(fault)
	}
	for _, state := range rivertype.JobStates() {
		if !bundle.Has(i18n.Vi, "job.state."+string(state)) {
			t.Errorf("state %s has no word", state)
		}
	}
}
