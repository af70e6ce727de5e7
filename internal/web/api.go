package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
)

// API is the JSON side of the site: huma writes its OpenAPI description from
// the Go types of the operations.
type API struct {
	huma.API
	server *Server
}

// NewAPI returns the API of the server, described at /api/openapi.json. Its
// operations pass the same guards as pages do.
func (s *Server) NewAPI(title, version string) *API {
	config := huma.DefaultConfig(title, version)
	config.OpenAPIPath = "/api/openapi"
	config.DocsPath = "" // our own page reads the description
	config.SchemasPath = ""
	config.CreateHooks = nil // no $schema link in every body
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer"},
	}
	huma.NewErrorWithContext = s.invalid // the one place huma lets us speak
	return &API{humago.New(guardedMux{s}, config), s}
}

// guardedMux registers huma's handlers behind the guards. The permission
// travels in the operation; see [Operation].
type guardedMux struct{ server *Server }

// HandleFunc implements the mux that huma's adapter writes to.
func (m guardedMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	permission, ok := m.server.operations[pattern]
	if !ok {
		permission = actor.Public // the description itself
	}
	m.server.Add(Routes{{pattern, permission, func(w http.ResponseWriter, r *http.Request) error {
		handler(w, r)
		return nil
	}}})
}

// ServeHTTP implements the mux that huma's adapter asks for; requests come
// through the server's own.
func (m guardedMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.server.mux.ServeHTTP(w, r) }

// Operation adds one operation of the API with the permission it needs. Errors
// of the handler become RFC 9457 problems in the caller's language.
func Operation[I, O any](api *API, p actor.Permission, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	api.server.operations[op.Method+" "+op.Path] = p
	if p != actor.Public {
		op.Security = []map[string][]string{{"token": {string(p)}}}
	}
	huma.Register(api.API, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err == nil {
			return out, nil
		}
		if Status(err) >= http.StatusInternalServerError {
			api.server.log.Error("request failed", "request", RequestID(ctx), "error", err)
		}
		return nil, statusError{api.server.view.ProblemOf(ctx, err)}
	})
}

// statusError carries a problem through huma.
type statusError struct{ Problem }

func (e statusError) Error() string { return e.Type }

// GetStatus implements [huma.StatusError].
func (e statusError) GetStatus() int { return e.Status }

// ContentType implements [huma.ContentTypeFilter].
func (e statusError) ContentType(string) string { return "application/problem+json" }

// invalid turns what huma found against the description into a problem. huma
// would repeat the value that was sent; only its place and the rule go back.
func (s *Server) invalid(ctx huma.Context, status int, _ string, causes ...error) huma.StatusError {
	p := s.view.ProblemOf(ctx.Context(), errs.New(errs.Invalid, "error.invalid", nil))
	p.Status = status
	for _, cause := range causes {
		if d, ok := cause.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			p.Errors = append(p.Errors, ProblemField{detail.Location, "error.schema", detail.Message})
		}
	}
	return statusError{p}
}
