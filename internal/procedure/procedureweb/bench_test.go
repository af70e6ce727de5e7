package procedureweb_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/procedure/procedureweb"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// BenchmarkPage opens the public pages through the whole server.
func BenchmarkPage(b *testing.B) {
	d := dbtest.SQLite(b)
	s := procedure.NewService(d, event.New(d, nil, nil, now), office{}, now)
	data, err := os.ReadFile("../testdata/gia-han.yaml")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Publish(b.Context(), actor.System(), data, worktime.NewDate(2022, 1, 1)); err != nil {
		b.Fatal(err)
	}
	bundle, err := i18n.Load(web.Messages, procedure.Messages, procedureweb.Files, form.Messages, rule.Messages)
	if err != nil {
		b.Fatal(err)
	}
	view, err := web.NewView(bundle, web.Site{Agency: "web.product"}, nil, procedureweb.Files)
	if err != nil {
		b.Fatal(err)
	}
	server := web.NewServer(web.Config{View: view, Store: d, Now: now, Log: slog.New(slog.DiscardHandler)})
	server.Add(procedureweb.Routes(s, office{}, view, func(procedure.Code) string { return "/dossiers/new" }))
	handler := server.Handler()
	for _, address := range []string{"/procedures", "/procedures?q=khoan+gieng", "/procedures/1.000001"} {
		b.Run(address, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
