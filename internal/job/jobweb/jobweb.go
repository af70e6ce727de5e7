// Package jobweb shows operators (người vận hành) whether the machine room is
// well: what the queue does, which jobs gave up, how far the log has come.
package jobweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/web"
)

// Files are the pages and their words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

// Log is the public log. Package event provides it.
type Log interface {
	Size(ctx context.Context) (int64, error)           // events in the log
	Pending(ctx context.Context) (int64, error)        // events it has not taken in yet
	LastSigned(ctx context.Context) (time.Time, error) // zero if never
}

// Routes is every address of the machine room.
func Routes(q *job.Queue, log Log, v *web.View, now func() time.Time) web.Routes {
	h := handlers{q, log, v, now}
	return web.Routes{
		{Pattern: "GET /operator", Permission: actor.Operate, Handler: h.overview},
		{Pattern: "GET /operator/jobs", Permission: actor.Operate, Handler: h.dead},
		{Pattern: "POST /operator/jobs/{id}/retry", Permission: actor.Operate, Handler: h.retry},
	}
}

type handlers struct {
	queue *job.Queue
	log   Log
	view  *web.View
	now   func() time.Time
}

// stuckAfter is how long an event may wait for the log, which is sequenced twice
// a second, before the operator is warned.
const stuckAfter = 5 * time.Minute

// overviewData is what job_overview.html needs.
type overviewData struct {
	Counts  []job.Count
	Dead    int64
	Size    int64     // events in the log
	Pending int64     // events it has not taken in yet
	Signed  time.Time // when the newest checkpoint was signed; zero if never
	Minutes int64     // since then
	Stuck   bool      // events wait, and nothing was signed for long
}

func (h handlers) overview(w http.ResponseWriter, r *http.Request) error {
	var data overviewData
	var err error
	if data.Counts, err = h.queue.Counts(r.Context()); err != nil {
		return err
	}
	for _, c := range data.Counts {
		if c.State == dead {
			data.Dead += c.Jobs
		}
	}
	if data.Size, err = h.log.Size(r.Context()); err != nil {
		return err
	}
	if data.Pending, err = h.log.Pending(r.Context()); err != nil {
		return err
	}
	if data.Signed, err = h.log.LastSigned(r.Context()); err != nil {
		return err
	}
	age := h.now().Sub(data.Signed)
	data.Minutes = int64(age / time.Minute)
	data.Stuck = data.Pending > 0 && age > stuckAfter
	return h.view.Render(w, r, "job_overview.html", data)
}

// dead is River's state of a job that gave up.
const dead = "discarded"

const pageSize = 20

// deadData is what job_dead.html needs.
type deadData struct {
	Jobs  []job.Dead
	Pager web.Pager
}

func (h handlers) dead(w http.ResponseWriter, r *http.Request) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // anything else: from the start
	jobs, err := h.queue.Dead(r.Context(), before, pageSize+1)
	if err != nil {
		return err
	}
	data := deadData{Jobs: jobs}
	if len(jobs) > pageSize {
		data.Jobs = jobs[:pageSize]
		last := strconv.FormatInt(jobs[pageSize-1].ID, 10)
		data.Pager.Next = "/operator/jobs?" + url.Values{"before": {last}}.Encode()
	}
	return h.view.Render(w, r, "job_dead.html", data)
}

func (h handlers) retry(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: err}
	}
	if err := h.queue.Retry(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/operator/jobs", "job.retried")
}
