package notifyweb_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/job"
	"github.com/motcua/motcua/internal/notify"
	"github.com/motcua/motcua/internal/notify/notifyweb"
	"github.com/motcua/motcua/internal/web/webtest"
)

var (
	now  = time.Date(2022, 7, 6, 8, 30, 0, 0, time.UTC)
	an   = actor.Actor{ID: "an", Party: "p-an", Name: "Nguyễn Văn An"}
	binh = actor.Actor{ID: "binh", Party: "p-binh", Name: "Lê Bình"}
)

func setup(t *testing.T, d *db.DB) (*webtest.Site, *notify.Service) {
	site := webtest.New(t, d, notifyweb.Files, notify.Messages)
	s := notify.NewService(d, noJobs{}, nil, nil, site.View.Bundle, "", func() time.Time { return now })
	site.Add(notifyweb.Routes(s, site.View))
	return site, s
}

// noJobs is a queue for notices that go to the inbox only.
type noJobs struct{}

func (noJobs) Insert(context.Context, *db.Tx, ...job.Args) error { return nil }

func tell(t *testing.T, s *notify.Service, many int) {
	t.Helper()
	for i := range many {
		err := s.Tell(t.Context(), notify.Notice{
			Fact: fmt.Sprint("e", i), To: notify.ToParty("p-an"), Kind: "received", Link: fmt.Sprint("/dossiers/", i),
			Args: notify.Args{Agency: "Sở <TN&MT>", Person: "Bộ phận Một cửa", At: now, Next: "notify.next.wait", Code: fmt.Sprintf("H06-220706-%04d", i), Procedure: "Chuyển nhượng", Due: now},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestInbox(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		tell(t, s, 1)
		for lang, want := range map[i18n.Lang][]string{
			i18n.Vi: {"1 thông báo chưa đọc", "Hồ sơ H06-220706-0000 đã được tiếp nhận", "Cơ quan: Sở &lt;TN&amp;MT&gt;", "Mới"},
			i18n.En: {"1 unread notice.", "Dossier H06-220706-0000 was received", "Responsible: Bộ phận Một cửa"},
		} {
			page := site.As(an).In(lang).Get(t, "/inbox").Body.String()
			for _, w := range want {
				if !strings.Contains(page, w) {
					t.Errorf("%s inbox lacks %q", lang, w)
				}
			}
			if page := site.As(binh).In(lang).Get(t, "/inbox").Body.String(); strings.Contains(page, "H06-220706") || !strings.Contains(page, "mc-empty") {
				t.Errorf("%s inbox of another is not empty", lang)
			}
		}
		if w := site.As(actor.Actor{}).Get(t, "/inbox"); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
			t.Errorf("a stranger gets %d to %q", w.Code, w.Header().Get("Location"))
		}
	})
}

func TestRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		tell(t, s, 3)
		items, err := s.Inbox(t.Context(), an, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		read := "/inbox/" + items[0].ID + "/read"
		if w := site.As(binh).Post(t, read, nil); w.Code != http.StatusNotFound {
			t.Errorf("another reads it: %d", w.Code)
		}
		if w := site.As(an).Post(t, read, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != items[0].Link {
			t.Errorf("read: %d to %q, want %q", w.Code, w.Header().Get("Location"), items[0].Link)
		}
		if n, err := s.Unread(t.Context(), an); err != nil || n != 2 {
			t.Errorf("Unread = %d, %v after one was read", n, err)
		}
		if w := site.As(an).Post(t, "/inbox/read-all", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/inbox" {
			t.Errorf("read all: %d to %q", w.Code, w.Header().Get("Location"))
		}
		if page := site.As(an).Get(t, "/inbox").Body.String(); strings.Contains(page, "<form method=\"post\" action=\"/inbox/") || !strings.Contains(page, "href=\""+items[0].Link) {
			t.Error("a notice that was read is not an ordinary link")
		}
	})
}

func TestPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := setup(t, d)
		tell(t, s, 45)
		seen := map[string]bool{}
		next := "/inbox"
		for range 3 {
			page := site.As(an).Get(t, next).Body.String()
			for i := range 45 {
				if code := fmt.Sprintf("Hồ sơ H06-220706-%04d đã được", i); strings.Contains(page, code) {
					if seen[code] {
						t.Errorf("%s stands on two pages", code)
					}
					seen[code] = true
				}
			}
			next = webtest.Next(page)
		}
		if len(seen) != 45 || next != "" {
			t.Errorf("three pages show %d of 45 notices, and lead on to %s", len(seen), next)
		}
	})
}
