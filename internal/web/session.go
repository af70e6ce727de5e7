package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
)

// Identity says who stands behind a token. Package identity provides it. An
// unknown, expired or revoked token is errs.SignedOut.
type Identity interface {
	Session(ctx context.Context, token string) (actor.Actor, error)
	Bearer(ctx context.Context, token string) (actor.Actor, error)
}

// The cookie of the session. Over TLS its name carries the prefix that makes
// browsers refuse it from a subdomain or without Secure.
const (
	sessionCookie       = "motcua_session"
	secureSessionCookie = "__Host-motcua_session"
)

func cookieName(r *http.Request) string {
	if isSecure(r) {
		return secureSessionCookie
	}
	return sessionCookie
}

// SetSession signs the browser in with a token that package identity issued.
func SetSession(w http.ResponseWriter, r *http.Request, token string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: token, Path: "/", Expires: expires,
		HttpOnly: true, Secure: isSecure(r), SameSite: http.SameSiteLaxMode,
	})
}

// ClearSession signs the browser out.
func ClearSession(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Path: "/", MaxAge: -1,
		HttpOnly: true, Secure: isSecure(r), SameSite: http.SameSiteLaxMode,
	})
}

// SessionToken returns the token the browser sent, or "".
func SessionToken(r *http.Request) string {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// identify puts the actor into the request. A bearer token counts on the API
// only, a cookie on pages only: a forged form cannot reach the API, and a
// leaked token opens no page.
func (s *Server) identify(r *http.Request) (*http.Request, error) {
	var who actor.Actor
	var err error
	if isAPI(r) {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			who, err = s.identity.Bearer(r.Context(), token)
			if err != nil {
				return r, err
			}
		}
		return r.WithContext(actor.With(r.Context(), who)), nil
	}
	if token := SessionToken(r); token != "" {
		who, err = s.identity.Session(r.Context(), token)
		if err != nil && errs.KindOf(err) != errs.SignedOut {
			return r, err
		}
	}
	return r.WithContext(actor.With(r.Context(), who)), nil
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }
