package dossierweb_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/dossier/dossierweb"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

func citizen(id actor.ID, party, name string) actor.Actor {
	return actor.Actor{ID: id, Party: party, Name: name, Locale: "vi", Grants: []actor.Grant{{Role: actor.Citizen, Units: []string{""}}}}
}

// The people of the tests, and the units of the transfer of land.
var (
	an    = citizen("an", "p-an", "Nguyễn Văn An")
	binh  = citizen("binh", "p-binh", "Lê Bình")
	desk  = webtest.Staff("mai", actor.OneStopOfficer, "so-tnmt.mot-cua")
	clerk = webtest.Staff("cuong", actor.CaseOfficer, "vpdk.vung-tau")
	head  = webtest.Staff("hung", actor.UnitHead, "vpdk.vung-tau")
)

// parties: An represents the company.
type parties struct{}

func (parties) Name(_ context.Context, party string) (string, error) {
	return map[string]string{"p-an": "Nguyễn Văn An", "p-binh": "Lê Bình", "p-cty": "=Công ty Hải Sản"}[party], nil
}

func (parties) Represented(_ context.Context, party string, _ worktime.Date) ([]string, error) {
	if party == "p-an" {
		return []string{"p-cty"}, nil
	}
	return nil, nil
}

type units struct{}

func (units) Get(_ context.Context, code string, _ worktime.Date) (orgunit.Unit, error) {
	if code == "so-tnmt.mot-cua" {
		return orgunit.Unit{Code: code, Name: "Bộ phận Một cửa", NameEN: "One-stop desk"}, nil
	}
	if code == "" {
		return orgunit.Unit{}, errs.New(errs.NotFound, "orgunit.error.not-found", nil)
	}
	return orgunit.Unit{Code: code, Name: "Đơn vị " + code}, nil
}

type calendars struct{}

func (calendars) Current(context.Context) (worktime.Calendar, error) { return worktime.Vietnam, nil }

// world is a department with the transfer of land, and its site.
type world struct {
	*dossier.Service
	t       *testing.T
	site    *webtest.Site
	events  *event.Spine
	limits  media.Limits
	uploads *dossier.Uploads
	handler func() http.Handler

	mu  sync.Mutex
	now time.Time // guarded by mu
}

const transfer = procedure.Code("1.013831")

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2022, 7, 4, 8, 0, 0, 0, worktime.Zone), limits: media.Limits{File: 64 << 10, Dossier: 200 << 10, Count: 5}}
	w.events = event.New(d, nil, nil, w.clock)
	catalogue := procedure.NewService(d, w.events, units{}, w.clock)
	file, err := os.ReadFile("../../demo/catalogue/chuyen-nhuong-dat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	editor := webtest.Staff("ha", actor.CatalogueEditor, "so-tnmt.vp")
	if _, err = catalogue.Publish(t.Context(), editor, file, worktime.NewDate(2022, 1, 1)); err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	w.Service = dossier.NewService(d, w.events, catalogue, calendars{}, parties{}, w.clock)
	w.uploads = dossier.NewUploads(w.Service, files, w.limits)
	w.site = webtest.New(t, d, dossierweb.Files, formweb.Files, form.Messages, dossier.Messages, worktime.Messages, media.Messages)
	w.site.View.Site.Base = "https://motcua.test"
	w.site.Add(dossierweb.Routes(dossierweb.Services{
		Dossiers: w.Service, Uploads: w.uploads, Catalogue: catalogue,
		Calendars: calendars{}, Parties: parties{}, Units: units{}, View: w.site.View, Now: w.clock,
	}))
	w.handler = sync.OnceValue(w.site.Handler)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond) // no two moments are one
	return w.now
}

func (w *world) set(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
}

// browser is one person's, without scripts. It keeps cookies.
type browser struct {
	*world
	lang    string
	cookies map[string]*http.Cookie
}

func (w *world) as(who actor.Actor) *browser {
	w.site.As(who)
	b := &browser{world: w, lang: "vi", cookies: map[string]*http.Cookie{}}
	if who.Known() {
		b.cookies["motcua_session"] = &http.Cookie{Name: "motcua_session", Value: string(who.ID), Path: "/"}
	}
	return b
}

// answer is what came back.
type answer struct {
	Code     int
	Location string
	Body     string
	Header   http.Header
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	for _, c := range b.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	w := httptest.NewRecorder()
	b.handler().ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	a := answer{w.Code, w.Header().Get("Location"), w.Body.String(), w.Header()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		webtest.CheckHTML(b.t, a.Body)
	}
	return a
}

func (b *browser) get(address string) answer {
	b.t.Helper()
	return b.send(httptest.NewRequest("GET", address, nil))
}

func (b *browser) post(address string, form url.Values) answer {
	b.t.Helper()
	r := httptest.NewRequest("POST", address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// sent is a file in a form.
type sent struct{ field, name, body string }

func (b *browser) upload(address string, values url.Values, files ...sent) answer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for _, f := range files {
		part, err := m.CreateFormFile(f.field, f.name)
		if err == nil {
			_, err = io.WriteString(part, f.body)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	for name, all := range values {
		for _, v := range all {
			if err := m.WriteField(name, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", address, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.send(r)
}

// leads fails the test unless a leads on; it returns where to.
func (b *browser) leads(a answer) string {
	b.t.Helper()
	if a.Code != http.StatusSeeOther {
		b.t.Fatalf("status %d, want a redirect:\n%s", a.Code, a.Body)
	}
	return a.Location
}

// page fails the test unless a is a page with everything wanted.
func (b *browser) page(a answer, status int, wants ...string) string {
	b.t.Helper()
	if a.Code != status {
		b.t.Fatalf("status %d to %q, want %d:\n%s", a.Code, a.Location, status, a.Body)
	}
	for _, want := range wants {
		if !strings.Contains(a.Body, want) {
			b.t.Errorf("no %q in\n%s", want, mainOf(a.Body))
		}
	}
	return a.Body
}

func mainOf(page string) string {
	_, rest, ok := strings.Cut(page, "<main")
	if !ok {
		return page
	}
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// fill returns the hidden fields of a page with what a person types into it.
func fill(page string, typed ...string) url.Values {
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		v.Set(m[1], m[2])
	}
	for i := 0; i < len(typed); i += 2 {
		v.Add(typed[i], typed[i+1])
	}
	return v
}

var photos int

// photo is a small picture, each another one.
func photo(t *testing.T) string {
	t.Helper()
	photos++
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40+photos, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pages are the answers of a good application, page by page.
func pages() [][]string {
	return [][]string{
		{"q-hinh_thuc", "chuyen_nhuong", "q-nguoi_nop", "ben_nhan"},
		{"q-nhan_ten", "Nguyễn Văn An", "q-nhan_giay_to", "cccd", "q-nhan_cccd", "077090001234", "q-nhan_dia_chi", "12 Lê Lợi, Vũng Tàu"},
		{"q-giao_ten", "Trần Thị Bán", "q-ngay_hop_dong-day", "20", "q-ngay_hop_dong-month", "6", "q-ngay_hop_dong-year", "2022", "q-gia", "1.500.000.000"},
		{"q-huyen", "vung-tau", "q-xa", "Phường 11", "q-to_ban_do", "34", "q-so_thua", "12", "q-dien_tich", "120,5", "q-tai_san", "nha_o"},
		{"q-so_phat_hanh", "CS 012345", "q-the_chap", "khong"},
		{"q-cam_ket", "true"},
	}
}

// draft starts an application of An's and answers its questions.
func (b *browser) draft() string {
	b.t.Helper()
	start := b.page(b.get("/dossiers/new?procedure="+string(transfer)), 200)
	home := b.leads(b.post("/dossiers/new", fill(start, "party", "p-an", "applicant_kind", "individual")))
	next := home + "/form/1"
	for _, typed := range pages() {
		page := b.page(b.get(next), 200)
		a := b.post(next, fill(page, typed...))
		if to := b.leads(a); to == next { // it asks more now
			to = b.leads(b.post(next, fill(b.page(b.get(next), 200), typed...)))
			next = to
		} else {
			next = to
		}
	}
	if next != home+"/documents" {
		b.t.Fatalf("the questions lead to %s", next)
	}
	return home
}

// fileAt files the draft at home.
func (b *browser) fileAt(home string) {
	b.t.Helper()
	b.leads(b.upload(home+"/documents", url.Values{"then": {"next"}}, sent{"file-hop-dong", "hợp đồng.jpg", photo(b.t)}))
	page := b.page(b.get(home+"/check"), 200)
	if to := b.leads(b.post(home+"/file", fill(page, "declared", "true"))); to != home+"/filed" {
		b.t.Fatalf("filing leads to %s", to)
	}
}

// dossier reads the dossier at home, as An.
func (b *browser) dossier(home string) *dossier.Dossier {
	b.t.Helper()
	return b.must(b.Get(b.t.Context(), an, dossier.ID(strings.TrimPrefix(home, "/dossiers/"))))
}

func (w *world) must(d *dossier.Dossier, err error) *dossier.Dossier {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}
