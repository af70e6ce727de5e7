package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ratesLimit bounds the clients remembered; when it is reached those who have
// been quiet are forgotten.
const ratesLimit = 100_000

// rates counts requests by route and client, in memory: a node's own view is
// enough to slow a guesser down.
type rates struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[string]*clientRate // guarded by mu
}

type clientRate struct {
	limiter *rate.Limiter
	seen    time.Time
}

func newRates(now func() time.Time) *rates {
	return &rates{now: now, clients: map[string]*clientRate{}}
}

func (r *rates) allow(key string, limit Limit) bool {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.clients[key]
	if c == nil {
		if len(r.clients) >= ratesLimit {
			r.forget(now)
		}
		c = &clientRate{limiter: rate.NewLimiter(rate.Limit(float64(limit.PerMinute)/60), limit.Burst)}
		r.clients[key] = c
	}
	c.seen = now
	return c.limiter.AllowN(now, 1)
}

// forget drops the quiet ones, and if all are loud, all.
func (r *rates) forget(now time.Time) {
	for key, c := range r.clients {
		if now.Sub(c.seen) > 10*time.Minute {
			delete(r.clients, key)
		}
	}
	if len(r.clients) >= ratesLimit {
		clear(r.clients)
	}
}
