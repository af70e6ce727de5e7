package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
)

// Config is what a [Server] needs.
type Config struct {
	View     *View
	Identity Identity
	Store    *db.DB // keeps the answers to idempotent writes
	Log      *slog.Logger
	Now      func() time.Time
	Limits   map[string]Limit // by the route's pattern
	Proxies  int              // trusted proxies in front; how many X-Forwarded-For entries are theirs
}

// Server is the table of all routes and the guards before them.
type Server struct {
	view     *View
	identity Identity
	log      *slog.Logger
	now      func() time.Time
	limits   map[string]Limit
	rates    *rates
	answers  answers
	origin   *http.CrossOriginProtection
	proxies  int

	mux        *http.ServeMux
	routes     []Route
	operations map[string]actor.Permission // of the API, by method and path
	observe    func(pattern string, status int, took time.Duration)
}

// NewServer returns a server without routes.
func NewServer(c Config) *Server {
	return &Server{
		view: c.View, identity: c.Identity, log: c.Log, now: c.Now, limits: c.Limits,
		rates: newRates(c.Now), answers: answers{c.Store, c.Now}, proxies: c.Proxies,
		origin: http.NewCrossOriginProtection(),
		mux:    http.NewServeMux(), operations: map[string]actor.Permission{},
		observe: func(string, int, time.Duration) {},
	}
}

// Observe has fn told of every answer: metrics.
func (s *Server) Observe(fn func(pattern string, status int, took time.Duration)) { s.observe = fn }

// Add adds a module's routes.
func (s *Server) Add(routes Routes) {
	for _, route := range routes {
		if route.Permission == "" {
			panic("route without a permission: " + route.Pattern)
		}
		s.routes = append(s.routes, route)
		s.mux.Handle(route.Pattern, s.guard(route))
	}
}

// Routes lists every route added, for the test of each against each role.
func (s *Server) Routes() []Route { return s.routes }

// Handler returns the whole site.
func (s *Server) Handler() http.Handler {
	s.mux.Handle("/", s.guard(Route{"/", actor.Public, func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}}))
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(1024))
	if err != nil {
		panic(err) // the options are constants
	}
	return zip(s.outer(s.mux))
}

// outer is what happens to every request, known address or not: an id, the
// headers that keep browsers safe, the language, a line in the log.
func (s *Server) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.now()
		id := rand.Text()[:12]
		ctx := context.WithValue(r.Context(), requestKey{}, id)
		ctx = context.WithValue(ctx, secureKey{}, s.view.Site.Secure)
		r = r.WithContext(ctx)
		lang, redirected := s.language(w, r)
		if redirected {
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), langKey{}, lang))
		s.headers(w.Header(), id)
		record := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.log.Error("panic", "request", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if record.status == 0 {
					s.fail(record, r, errs.New(errs.Internal, "error.internal", nil))
				}
			}
			took := s.now().Sub(start)
			// The pattern, not the path: paths hold codes and secrets.
			pattern := cmp.Or(record.pattern, "(none)")
			s.observe(pattern, record.status, took)
			s.log.Info("request", "request", id, "route", pattern, "status", record.status, "bytes", record.bytes, "took", took)
		}()
		next.ServeHTTP(record, r)
	})
}

func (s *Server) headers(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
	if s.view.Site.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// guard is what happens before a route's handler: the actor, the permission, the
// limits; and after it: its error.
func (s *Server) guard(route Route) http.Handler {
	limit := s.limits[route.Pattern]
	body := cmp.Or(limit.Body, defaultBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if record, ok := w.(*recorder); ok {
			record.pattern = route.Pattern
		}
		if err := s.admit(w, r, route, limit, body); err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *Server) admit(w http.ResponseWriter, r *http.Request, route Route, limit Limit, body int64) error {
	if err := s.origin.Check(r); err != nil {
		return &errs.Error{Kind: errs.Forbidden, Msg: "error.cross-origin", Err: err}
	}
	if limit.Burst > 0 && !s.rates.allow(route.Pattern+" "+s.client(r), limit) {
		w.Header().Set("Retry-After", "60")
		return errs.New(errs.TooMany, "error.too-many", nil)
	}
	r, err := s.identify(r)
	if err != nil {
		return err
	}
	if err := Allow(r, route.Permission); err != nil {
		return err
	}
	if r.ContentLength > body {
		return errs.New(errs.Invalid, "error.body-too-large", errs.Args{"limit": body >> 20})
	}
	r.Body = http.MaxBytesReader(w, r.Body, body)
	if r.Method != http.MethodGet && r.Header.Get("Idempotency-Key") != "" {
		return s.answers.once(w, r, route)
	}
	return route.Handler(w, r)
}

// Allow returns nil if the actor of the request may do p, SignedOut if signing
// in might help, and Forbidden otherwise.
func Allow(r *http.Request, p actor.Permission) error {
	who := actor.From(r.Context())
	switch {
	case who.Can(p):
		return nil
	case !who.Known():
		return errs.New(errs.SignedOut, "error.signed-out", nil)
	}
	return errs.New(errs.Forbidden, "error.forbidden", nil)
}

// client is the address a rate limit counts by.
func (s *Server) client(r *http.Request) string {
	if s.proxies > 0 {
		chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(chain) - s.proxies; i >= 0 {
			return strings.TrimSpace(chain[i])
		}
	}
	host, _, _ := strings.Cut(r.RemoteAddr, ":")
	return host
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	pattern string
	status  int
	bytes   int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

type (
	requestKey struct{}
	secureKey  struct{}
	langKey    struct{}
)

// RequestID returns the id under which the request is logged.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

func isSecure(r *http.Request) bool {
	secure, _ := r.Context().Value(secureKey{}).(bool)
	return secure
}

// LangOf returns the language of the answer.
func LangOf(r *http.Request) i18n.Lang { return langIn(r.Context()) }

func langIn(ctx context.Context) i18n.Lang {
	if lang, ok := ctx.Value(langKey{}).(i18n.Lang); ok {
		return lang
	}
	return i18n.Vi
}

const langCookie = "motcua_lang"

// language finds the reader's language. An address with ?lang=en, the switch on
// every page, remembers the choice and goes on to the same page without it.
func (s *Server) language(w http.ResponseWriter, r *http.Request) (i18n.Lang, bool) {
	if r.Method == http.MethodGet && !isAPI(r) && strings.Contains(r.URL.RawQuery, "lang=") {
		query := r.URL.Query()
		if lang, ok := i18n.Parse(query.Get("lang")); ok {
			http.SetCookie(w, &http.Cookie{
				Name: langCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600,
				HttpOnly: true, Secure: isSecure(r), SameSite: http.SameSiteLaxMode,
			})
			query.Del("lang")
			// Only path and query: a reader is never sent to another host.
			to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/\\"), RawQuery: query.Encode()}
			http.Redirect(w, r, to.String(), http.StatusSeeOther)
			return lang, true
		}
	}
	cookie := ""
	if c, err := r.Cookie(langCookie); err == nil {
		cookie = c.Value
	}
	return i18n.Negotiate(r.Header.Get("Accept-Language"), cookie), false
}

// ignoreGone forgives a reader who left before the answer was sent.
func ignoreGone(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return err
}
