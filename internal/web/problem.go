package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/motcua/motcua/internal/errs"
)

// statuses maps what can be done about an error to what HTTP calls it.
var statuses = map[errs.Kind]int{
	errs.Internal:    http.StatusInternalServerError,
	errs.Invalid:     http.StatusUnprocessableEntity,
	errs.NotFound:    http.StatusNotFound,
	errs.Conflict:    http.StatusConflict,
	errs.Forbidden:   http.StatusForbidden,
	errs.SignedOut:   http.StatusUnauthorized,
	errs.TooMany:     http.StatusTooManyRequests,
	errs.Unavailable: http.StatusServiceUnavailable,
}

// Status returns the HTTP status of err.
func Status(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	return statuses[errs.KindOf(err)]
}

// Problem is an error of the API as RFC 9457 writes it. It never repeats what
// was sent.
type Problem struct {
	Type   string         `json:"type"`             // stable address of the kind of error
	Title  string         `json:"title"`            // what went wrong, in the caller's language
	Status int            `json:"status"`           // HTTP status
	Errors []ProblemField `json:"errors,omitempty"` // what to mend, field by field
	ID     string         `json:"instance"`         // the request, as it stands in the log
}

// ProblemField is what is wrong with one field.
type ProblemField struct {
	Field  string `json:"field"`
	Code   string `json:"code"`   // message key, stable
	Detail string `json:"detail"` // in the caller's language
}

// ProblemOf classifies err for the API.
func (v *View) ProblemOf(ctx context.Context, err error) Problem {
	e := classify(err)
	say := func(t errs.Text) string { return v.Bundle.T(langIn(ctx), t.Key, map[string]any(t.Args)) }
	p := Problem{
		Type: "urn:motcua:" + e.Msg, Title: say(errs.Text{Key: e.Msg, Args: e.Args}),
		Status: Status(err), ID: RequestID(ctx),
	}
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		p.Errors = append(p.Errors, ProblemField{field, e.Fields[field].Key, say(e.Fields[field])})
	}
	return p
}

// classify finds the classified error in a chain, or makes one that says
// nothing of the cause.
func classify(err error) *errs.Error {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.New(errs.Invalid, "error.body-too-large", errs.Args{"limit": e.Limit >> 20})
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind != errs.Internal {
		return e
	}
	return errs.New(errs.Internal, "error.internal", nil)
}

// errorData is what error.html needs.
type errorData struct {
	Status int
	Error  *errs.Error
	ID     string
}

// fail answers with an error. It is the one place where errors are logged.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := Status(err)
	if status >= 500 {
		s.log.Error("request failed", "request", RequestID(r.Context()), "error", err)
	}
	if isAPI(r) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(s.view.ProblemOf(r.Context(), err))
		return
	}
	if errs.KindOf(err) == errs.SignedOut {
		to := "/sign-in"
		if r.Method == http.MethodGet {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	data := errorData{Status: status, Error: classify(err), ID: RequestID(r.Context())}
	if rendered := s.view.RenderStatus(w, r, status, "error.html", data); rendered != nil {
		s.log.Error("draw the error page", "request", RequestID(r.Context()), "error", rendered)
		http.Error(w, http.StatusText(status), status)
	}
}

// Faults returns what is wrong with the fields of a form, if that is what err
// says: the form is then drawn again with what was typed.
func Faults(err error) (errs.Fields, bool) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) == 0 {
		return nil, false
	}
	return errs.Fields(e.Fields), true
}
