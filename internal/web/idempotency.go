package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
)

// answersKept is how long a repeated write gets its first answer.
const answersKept = 7 * 24 * time.Hour

// answers makes writes with an Idempotency-Key safe to repeat: the same request
// gets the first answer again, another one under the same key is refused.
//
// The answer is kept after the handler's own transaction. What must not happen
// twice even if the machine dies between the two, such as filing, also carries
// the key into its transaction; see [Key].
type answers struct {
	store *db.DB
	now   func() time.Time
}

type keyKey struct{}

// Key returns the Idempotency-Key of the request, or "".
func Key(ctx context.Context) string {
	key, _ := ctx.Value(keyKey{}).(string)
	return key
}

func (a answers) once(w http.ResponseWriter, r *http.Request, route Route) error {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > 200 {
		return errs.New(errs.Invalid, "error.idempotency-key", nil)
	}
	r = r.WithContext(context.WithValue(r.Context(), keyKey{}, key))
	who := actor.From(r.Context())
	if !who.Known() {
		return route.Handler(w, r) // strangers share no keys
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := fingerprint(r, body)
	id := string(who.ID) + " " + key
	kept, err := find(r.Context(), a.store, id)
	if err != nil {
		return err
	}
	if kept != nil {
		if kept.request != request {
			return errs.New(errs.Invalid, "error.idempotency-mismatch", nil)
		}
		return kept.replay(w)
	}
	capture := &capturer{ResponseWriter: w}
	if err := route.Handler(capture, r); err != nil {
		return err
	}
	if capture.status >= 400 {
		return nil // a refusal is worked out anew: the cause may be gone
	}
	return keep(r.Context(), a.store, answer{
		key: id, request: request, status: capture.status,
		contentType: w.Header().Get("Content-Type"), location: w.Header().Get("Location"), body: capture.body.Bytes(),
	}, a.now())
}

// fingerprint tells one request from another under the same key.
func fingerprint(r *http.Request, body []byte) string {
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func (a *answer) replay(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Idempotency-Replayed", "true")
	if a.location != "" {
		h.Set("Location", a.location)
	}
	w.WriteHeader(a.status)
	_, err := w.Write(a.body)
	return ignoreGone(err)
}

// capturer keeps a copy of what is answered.
type capturer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (c *capturer) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *capturer) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// ForgetAnswers removes what no one will ask for again. It is a periodic job.
func (s *Server) ForgetAnswers(ctx context.Context) error {
	return forget(ctx, s.answers.store, s.now().Add(-answersKept))
}
