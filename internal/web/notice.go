package web

import (
	"net/http"

	"github.com/motcua/motcua/internal/i18n"
)

// A notice travels in a cookie to the next page. It is a message key and nothing
// else, so a forged one can only say what the product says anyway.
const noticeCookie = "motcua_notice"

func putNotice(w http.ResponseWriter, r *http.Request, key string) {
	http.SetCookie(w, &http.Cookie{
		Name: noticeCookie, Value: key, Path: "/", MaxAge: 60,
		HttpOnly: true, Secure: isSecure(r), SameSite: http.SameSiteLaxMode,
	})
}

func takeNotice(w http.ResponseWriter, r *http.Request, bundle *i18n.Bundle) string {
	c, err := r.Cookie(noticeCookie)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: isSecure(r), SameSite: http.SameSiteLaxMode})
	if !bundle.Has(i18n.Vi, c.Value) {
		return ""
	}
	return c.Value
}
