package app

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/web"
)

// metrics are what an operator watches, in Prometheus' words.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics(a *App) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "motcua_http_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), state{a})
	return m
}

// routes serves the figures to who asks from this machine itself; a proxy's
// requests come from elsewhere.
func (m *metrics) routes() web.Routes {
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return web.Routes{{Pattern: "GET /metrics", Permission: actor.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !net.ParseIP(host).IsLoopback() || r.Header.Get("X-Forwarded-For") != "" {
			return errs.New(errs.NotFound, "error.not-found", nil)
		}
		scrape.ServeHTTP(w, r)
		return nil
	}}}
}

func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// state reads the store when it is asked.
type state struct{ app *App }

var (
	jobsDesc    = prometheus.NewDesc("motcua_jobs", "Jobs, by kind and state.", []string{"kind", "state"}, nil)
	pendingDesc = prometheus.NewDesc("motcua_log_pending", "Events the public log has not taken in yet.", nil, nil)
	sizeDesc    = prometheus.NewDesc("motcua_log_size", "Events in the public log.", nil, nil)
)

// Describe implements prometheus.Collector.
func (state) Describe(ch chan<- *prometheus.Desc) {
	ch <- jobsDesc
	ch <- pendingDesc
	ch <- sizeDesc
}

// Collect implements prometheus.Collector. What cannot be read is left out: a
// missing figure is an alarm of its own.
func (s state) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if counts, err := s.app.Jobs.Counts(ctx); err == nil {
		for _, c := range counts {
			ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(c.Jobs), c.Kind, c.State)
		}
	}
	if n, err := s.app.Events.Pending(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(pendingDesc, prometheus.GaugeValue, float64(n))
	}
	if n, err := s.app.Events.Size(ctx); err == nil {
		ch <- prometheus.MustNewConstMetric(sizeDesc, prometheus.GaugeValue, float64(n))
	}
}
