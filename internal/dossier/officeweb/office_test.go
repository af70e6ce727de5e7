package officeweb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"image"
	imagepng "image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/dossier/officeweb"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

const (
	deskUnit   = "so-tnmt.mot-cua"
	waterUnit  = "so-tnmt.tnn"
	leaderUnit = "so-tnmt"
	sealUnit   = "so-tnmt.vp"
	otherUnit  = "so-tnmt.mt"
	licence    = procedure.Code("DVC-205631")
)

var (
	mai      = webtest.Staff("mai", actor.OneStopOfficer, deskUnit)
	cuong    = webtest.Staff("cuong", actor.CaseOfficer, waterUnit)
	cuc      = webtest.Staff("cuc", actor.CaseOfficer, waterUnit)
	hung     = webtest.Staff("hung", actor.UnitHead, waterUnit)
	lan      = webtest.Staff("lan", actor.Leader, leaderUnit)
	thu      = webtest.Staff("thu", actor.RecordsOfficer, sealUnit)
	stranger = webtest.Staff("khanh", actor.CaseOfficer, otherUnit)
	admin    = actor.Actor{ID: "quan", Grants: []actor.Grant{{Role: actor.Administrator, Units: []string{""}}}}
	editor   = actor.Actor{ID: "ha", Grants: []actor.Grant{{Role: actor.CatalogueEditor, Units: []string{""}}}}
)

// names stands in for the accounts.
type names struct{}

func (names) Names(_ context.Context, ids ...actor.ID) (map[actor.ID]string, error) {
	all := map[actor.ID]string{}
	for _, id := range ids {
		all[id] = "Cán bộ " + string(id)
	}
	return all, nil
}

func (names) Colleagues(_ context.Context, unit string, _ actor.Permission) ([]identity.Colleague, error) {
	if unit != waterUnit {
		return nil, nil
	}
	return []identity.Colleague{{ID: "cuc", Name: "Cán bộ cuc"}, {ID: "cuong", Name: "Cán bộ cuong"}, {ID: "hung", Name: "Cán bộ hung"}}, nil
}

// printer stands in for the papers.
type printer struct {
	dossiers *dossier.Service
	seen     *[]string
}

func (p printer) SignResult(ctx context.Context, by actor.Actor, seen dossier.Copy) (*dossier.Dossier, error) {
	return p.dossiers.Sign(ctx, by, seen)
}

func (p printer) NumberResult(ctx context.Context, by actor.Actor, seen dossier.Copy) (*dossier.Dossier, error) {
	return p.dossiers.IssueNumber(ctx, by, seen, "GP-STNMT")
}

func (p printer) Slip(_ context.Context, by actor.Actor, _ dossier.ID, kind string) ([]byte, error) {
	*p.seen = append(*p.seen, kind)
	return []byte("%PDF-1.7 " + kind + " " + string(by.ID)), nil
}

func (p printer) Book(_ context.Context, _ actor.Actor, from, to worktime.Date) ([]byte, error) {
	return []byte("%PDF-1.7 " + from.String() + " " + to.String()), nil
}

// applicants tells package dossier of parties.
type applicants struct{ parties *party.Service }

func (a applicants) Name(ctx context.Context, id string) (string, error) {
	all, err := a.parties.Lookup(ctx, id)
	return all[id].Name, err
}

func (applicants) Represented(context.Context, string, worktime.Date) ([]string, error) {
	return nil, nil
}

// calendars is the country's.
type calendars struct{}

func (calendars) Current(context.Context) (worktime.Calendar, error) { return worktime.Vietnam, nil }

// world is a department with its officials' pages.
type world struct {
	*webtest.Site
	t        *testing.T
	dossiers *dossier.Service
	parties  *party.Service
	slips    []string

	mu  sync.Mutex
	now time.Time // guarded by mu
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: at("2022-07-04T08:00")}
	w.Site = webtest.New(t, d, officeweb.Files, formweb.Files, form.Messages, dossier.Messages, identity.Messages, party.Messages, media.Messages, worktime.Messages)
	events := event.New(d, nil, nil, w.clock)
	units := orgunit.NewService(d, events, w.clock)
	for _, u := range []orgunit.Unit{
		{Code: leaderUnit, Kind: orgunit.Department, Name: "Sở Tài nguyên và Môi trường"},
		{Code: deskUnit, Parent: leaderUnit, Kind: orgunit.Desk, Name: "Bộ phận một cửa"},
		{Code: waterUnit, Parent: leaderUnit, Kind: orgunit.Division, Name: "Phòng Tài nguyên nước", NameEN: "Water Division"},
		{Code: sealUnit, Parent: leaderUnit, Kind: orgunit.Division, Name: "Văn phòng Sở"},
		{Code: otherUnit, Parent: leaderUnit, Kind: orgunit.Division, Name: "Chi cục Bảo vệ môi trường"},
	} {
		u.From = day("2022-01-01")
		if err := units.Establish(t.Context(), admin, u); err != nil {
			t.Fatal(err)
		}
	}
	w.parties = party.NewService(d, events, w.clock)
	catalogue := procedure.NewService(d, events, units, w.clock)
	file, err := os.ReadFile("../../demo/catalogue/gia-han-nuoc-duoi-dat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalogue.Publish(t.Context(), editor, file, day("2022-01-01")); err != nil {
		t.Fatal(err)
	}
	w.dossiers = dossier.NewService(d, events, catalogue, calendars{}, applicants{w.parties}, w.clock)
	files, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	w.Add(officeweb.Routes(officeweb.Office{
		Dossiers: w.dossiers, Procedures: catalogue, Parties: w.parties, Units: units, People: names{}, Papers: printer{w.dossiers, &w.slips},
		Uploads: dossier.NewUploads(w.dossiers, files, media.DefaultLimits), Now: w.clock,
	}, w.View))
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond) // no two moments are one
	return w.now
}

func (w *world) set(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at(s)
}

func at(s string) time.Time {
	t, err := worktime.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

func day(s string) worktime.Date {
	d, err := worktime.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func answers() form.Answers {
	return form.Answers{
		"yeu_cau": rule.OfText("gia_han"), "so_giay_phep": rule.OfText("45/GP-STNMT"), "ngay_cap": rule.OfText("2019-10-01"), "ngay_het_han": rule.OfText("2022-12-01"),
		"so_gieng": rule.OfInt(2), "luu_luong": rule.OfInt(120), "do_sau": rule.OfInt(60), "muc_dich": rule.OfText("san_xuat"),
		"huyen": rule.OfText("vung-tau"), "dia_diem": rule.OfText("Phường 11, sau chợ"), "cam_ket": rule.OfBool(true),
	}
}

// online files an application over the counter's head: a citizen's own.
func (w *world) online(name, number string) *dossier.Dossier {
	w.t.Helper()
	p, err := w.parties.Enter(w.t.Context(), mai, party.Draft{Kind: party.Person, Name: name, Number: number, Phone: "0903123456", Address: "12 Lê Lợi"})
	if err != nil {
		w.t.Fatal(err)
	}
	citizen := actor.Actor{ID: actor.ID("acc-" + p.ID), Party: string(p.ID), Grants: []actor.Grant{{Role: actor.Citizen, Units: []string{""}}}}
	r, err := w.dossiers.FileAtOnce(w.t.Context(), citizen, dossier.NewDossier{Procedure: licence, ApplicantKind: procedure.Individual, Answers: answers(), Summary: "Gia hạn giếng"}, dossier.Filing{})
	if err != nil {
		w.t.Fatalf("file: %v", err)
	}
	return r.Dossier
}

func (w *world) get(by actor.Actor, address string) string {
	w.t.Helper()
	r := w.As(by).Get(w.t, address)
	if r.Code != http.StatusOK {
		w.t.Fatalf("GET %s as %s: %d\n%s", address, by.ID, r.Code, r.Body)
	}
	return r.Body.String()
}

// current returns the dossier as it stands.
func (w *world) current(id dossier.ID) *dossier.Dossier {
	w.t.Helper()
	d, err := w.dossiers.Get(w.t.Context(), actor.System(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// act opens the form of an act and sends it with what is typed.
func (w *world) act(by actor.Actor, id dossier.ID, name dossier.ActName, typed url.Values) {
	w.t.Helper()
	address := "/office/dossiers/" + string(id)
	page := w.get(by, address+"?act="+string(name))
	if name != dossier.ActSign && !strings.Contains(page, address+"/acts/"+string(name)) {
		w.t.Fatalf("%s is not offered %s", by.ID, name)
	}
	r := w.send(by, w.current(id), name, typed)
	if r.Code != http.StatusSeeOther {
		w.t.Fatalf("%s by %s: %d\n%s", name, by.ID, r.Code, text(r.Body.String()))
	}
	if page := w.get(by, address); !strings.Contains(page, string(w.current(id).Code)) {
		w.t.Fatalf("after %s the page does not show the dossier", name)
	}
}

func (w *world) send(by actor.Actor, d *dossier.Dossier, name dossier.ActName, typed url.Values) *httptest.ResponseRecorder {
	w.t.Helper()
	values := url.Values{"version": {fmt.Sprint(d.Version)}}
	for k, v := range typed {
		values[k] = v
	}
	return w.As(by).Post(w.t, "/office/dossiers/"+string(d.ID)+"/acts/"+string(name), values)
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

func text(page string) string { return html.UnescapeString(tags.ReplaceAllString(page, " ")) }

func one(what, problem, fix string) url.Values {
	return url.Values{"items.0.what": {what}, "items.0.problem": {problem}, "items.0.fix": {fix}, "items.1.what": {""}, "items.1.problem": {""}, "items.1.fix": {""}}
}

// TestStory walks one application through the desk, the division, the leader and
// the records office, by what their pages offer.
func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		id := w.online("Nguyễn Văn An", "077090000001").ID

		if page := w.get(mai, "/office/receive"); !strings.Contains(page, "Nguyễn Văn An") {
			t.Error("the desk does not see what waits")
		}
		if page := w.get(mai, "/office"); !strings.Contains(page, "Chờ tiếp nhận") {
			t.Error("the desk’s day does not count what waits")
		}
		w.act(mai, id, dossier.ActReceive, nil)
		w.act(mai, id, dossier.ActForward, nil)
		w.set("2022-07-05T08:00")
		w.act(cuong, id, dossier.ActTakeOn, nil)
		if page := w.get(cuong, "/office/dossiers"); !strings.Contains(page, "Của tôi") || !strings.Contains(page, string(w.current(id).Code)) {
			t.Error("the officer’s worklist lacks the dossier")
		}
		w.act(cuong, id, dossier.ActProposeSupplement, one("paper:bao-cao", "Thiếu số liệu", "Bổ sung số liệu 12 tháng"))
		if page := w.get(mai, "/office/receive"); !strings.Contains(page, "act=relay-supplement") {
			t.Error("the desk does not see the request to send")
		}
		w.act(mai, id, dossier.ActRelaySupplement, nil)
		w.act(mai, id, dossier.ActAnswerSupplement, nil)
		w.act(cuong, id, dossier.ActHandOver, url.Values{"person": {"cuc"}, "why": {"Đi công tác"}})
		w.act(hung, id, dossier.ActAssign, url.Values{"person": {"cuong"}})
		w.act(cuong, id, dossier.ActRequestPayment, nil)
		w.act(mai, id, dossier.ActRecordPayment, url.Values{"amount": {fmt.Sprint(w.current(id).Charge)}, "receipt": {"BL 0001"}})
		w.act(cuong, id, dossier.ActPropose, url.Values{"outcome": {"grant"}, "text": {"Đủ điều kiện"}})
		w.act(hung, id, dossier.ActReturnForRework, url.Values{"reason": {"Ghi rõ lưu lượng"}})
		w.act(cuong, id, dossier.ActPropose, url.Values{"outcome": {"grant"}, "text": {"Đủ điều kiện, 120 m³/ngày"}})
		w.act(hung, id, dossier.ActApprove, nil)
		if page := w.get(lan, "/office/dossiers/"+string(id)+"/sign"); !strings.Contains(page, "120 m³/ngày") || !strings.Contains(page, "/papers/result.pdf") {
			t.Error("the sign page does not say what is signed")
		}
		if got := w.get(lan, "/office/dossiers/"+string(id)+"/papers/result.pdf"); got != "%PDF-1.7 result lan" {
			t.Errorf("preview: %q", got)
		}
		if r := w.send(lan, w.current(id), dossier.ActSign, url.Values{"next": {"/office"}}); r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/office" {
			t.Fatalf("sign: %d %s", r.Code, r.Header().Get("Location"))
		}
		w.act(thu, id, dossier.ActNumber, url.Values{})
		w.act(thu, id, dossier.ActComplete, nil)
		w.act(mai, id, dossier.ActHandOverResult, url.Values{"delivery": {"pick_up"}})
		if got := w.current(id); got.State != dossier.Returned || got.Number != "01/GP-STNMT" {
			t.Errorf("the end: %s, number %q", got.State, got.Number)
		}
		page := text(w.get(hung, "/office/dossiers/"+string(id)))
		for _, want := range []string{"Thiếu số liệu", "Ghi rõ lưu lượng", "Cán bộ cuong", "Phòng Tài nguyên nước", "Theo Quyết định 766/QĐ-TTg", "Mẫu số 01", "077090000001"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if page := w.As(hung).In(i18n.En).Get(t, "/office/dossiers/"+string(id)).Body.String(); !strings.Contains(page, "Water Division") {
			t.Error("the English page does not name the unit in English")
		}
	})
}

// TestForms opens every act's form where it is offered, in both languages.
func TestForms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		open := func(by actor.Actor, id dossier.ID) {
			acts, err := w.dossiers.Actions(t.Context(), by, w.current(id))
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range acts {
				for _, lang := range i18n.Langs {
					r := w.As(by).In(lang).Get(t, "/office/dossiers/"+string(id)+"?act="+string(a))
					if r.Code != http.StatusOK {
						t.Errorf("%s of %s: %d", a, by.ID, r.Code)
					}
				}
			}
		}
		id := w.online("Nguyễn Văn An", "077090000001").ID
		open(mai, id)
		w.act(mai, id, dossier.ActReceive, nil)
		open(mai, id)
		w.act(mai, id, dossier.ActForward, nil)
		open(cuong, id)
		open(hung, id)
		w.act(cuong, id, dossier.ActTakeOn, nil)
		open(cuong, id)
		w.act(cuong, id, dossier.ActReturnOnAppraisal, one("field:so_gieng", "Khác giấy phép", "Khai lại số giếng"))
		open(mai, id)
		open(cuong, id)
		w.act(mai, id, dossier.ActRelaySupplement, nil)
		open(mai, id)
		if page := w.get(mai, "/office/dossiers/"+string(id)+"?act=answer-supplement"); !strings.Contains(page, `name="q-so_gieng"`) {
			t.Error("the answer does not ask what was asked for")
		}
		w.act(mai, id, dossier.ActAnswerSupplement, url.Values{"q-so_gieng": {"3"}, "shown": {"so_gieng"}})
		if got := w.current(id).Answers["so_gieng"]; !got.Equal(rule.OfInt(3)) {
			t.Errorf("the answer at the desk: %s", got)
		}
		w.act(hung, id, dossier.ActStop, url.Values{"reason": {"no-answer"}, "article": {"Điều 19"}, "text": {"Không bổ sung"}})
		open(mai, id)
	})
}

// TestStale keeps what the second officer typed, and says what the first did.
func TestStale(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		id := w.online("Nguyễn Văn An", "077090000001").ID
		w.act(mai, id, dossier.ActReceive, nil)
		w.act(mai, id, dossier.ActForward, nil)
		old := w.current(id)
		w.act(cuong, id, dossier.ActTakeOn, nil)
		r := w.send(cuong, old, dossier.ActPropose, url.Values{"outcome": {"grant"}, "text": {"Đủ <điều kiện>"}})
		page := r.Body.String()
		if r.Code != http.StatusConflict || !strings.Contains(page, "Đủ &lt;điều kiện&gt;") || !strings.Contains(page, "Đã nhận xử lý") {
			t.Errorf("stale: %d, what was typed or what was done is lost", r.Code)
		}
		if !strings.Contains(page, fmt.Sprintf(`name="version" value="%d"`, w.current(id).Version)) {
			t.Error("the form cannot be sent again")
		}
		// What the law no longer allows has no form, but the words are not lost.
		old = w.current(id)
		w.act(cuong, id, dossier.ActPropose, url.Values{"outcome": {"grant"}})
		r = w.send(cuong, old, dossier.ActPause, url.Values{"ground": {"verification"}, "note": {"Đoàn kiểm tra ngày 8/7"}})
		if page := r.Body.String(); r.Code != http.StatusConflict || !strings.Contains(page, "Đoàn kiểm tra ngày 8/7") || strings.Contains(page, `action="/office/dossiers/`+string(id)+`/acts/pause"`) {
			t.Errorf("stale and over: %d %s", r.Code, text(page))
		}
	})
}

// TestFaults draws a form again with what is wrong.
func TestFaults(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		got := w.online("Nguyễn Văn An", "077090000001")
		r := w.send(mai, got, dossier.ActNotReceive, url.Values{"reason": {"no-right-to-apply"}, "text": {"Không phải chủ giấy phép"}})
		if page := r.Body.String(); r.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "Không phải chủ giấy phép") || !strings.Contains(page, `id="article-error"`) {
			t.Errorf("not receive without an article: %d", r.Code)
		}
		r = w.send(mai, got, dossier.ActSupplementAtReception, one("paper:bao-cao", "Mờ", ""))
		if page := r.Body.String(); r.Code != http.StatusUnprocessableEntity || !strings.Contains(page, `href="#items.0.fix"`) || !strings.Contains(page, `value="Mờ"`) {
			t.Errorf("a request without how to fix it: %d", r.Code)
		}
		more := one("paper:bao-cao", "Mờ", "")
		more.Set("more", "1")
		if r = w.send(mai, got, dossier.ActSupplementAtReception, more); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "items.4.what") || w.current(got.ID).State != dossier.Filed {
			t.Errorf("more lines: %d", r.Code)
		}
		if r = w.send(mai, got, "unheard-of", nil); r.Code != http.StatusNotFound {
			t.Errorf("an act that is none: %d", r.Code)
		}
	})
}

// TestHidden asks for a dossier as those who must not see it.
func TestHidden(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		got := w.online("Nguyễn Văn An", "077090000001")
		address := "/office/dossiers/" + string(got.ID)
		inspector := func(from, to string) actor.Actor {
			return actor.Actor{ID: actor.ID("duc" + from), Name: "Đức", Grants: []actor.Grant{{Role: actor.Inspector, Unit: leaderUnit, Units: []string{leaderUnit, waterUnit}, From: from, To: to}}}
		}
		within, outside := inspector("2022-01-01", "2023-01-01"), inspector("2021-01-01", "2022-01-01")
		expired := actor.Actor{ID: "cu", Name: "Cũ", Unit: waterUnit} // the role has ended: no grant today
		for _, tt := range []struct {
			by   actor.Actor
			path string
			want int
		}{
			{cuong, address, http.StatusOK},
			{stranger, address, http.StatusNotFound},
			{within, address, http.StatusOK},
			{outside, address, http.StatusNotFound},
			{expired, address, http.StatusForbidden},
			{actor.Actor{}, address, http.StatusSeeOther},
			{stranger, address + "/papers/receipt.pdf", http.StatusNotFound},
			{stranger, address + "/files/none", http.StatusNotFound},
			{cuong, "/office/receive", http.StatusForbidden},
			{cuong, "/office/file", http.StatusForbidden},
			{cuong, address + "/sign", http.StatusForbidden},
		} {
			if r := w.As(tt.by).Get(t, tt.path); r.Code != tt.want {
				t.Errorf("GET %s as %s: %d, want %d", tt.path, tt.by.ID, r.Code, tt.want)
			}
		}
		if r := w.send(stranger, got, dossier.ActReceive, nil); r.Code != http.StatusNotFound {
			t.Errorf("a stranger receives: %d", r.Code)
		}
		if r := w.send(within, got, dossier.ActReceive, nil); r.Code != http.StatusForbidden {
			t.Errorf("an inspector receives: %d", r.Code)
		}
		if page := w.get(within, address); strings.Contains(page, "/acts/") {
			t.Error("an inspector is offered acts")
		}
		for by, want := range map[*actor.Actor]bool{&cuong: true, &stranger: false, &within: true, &outside: false} {
			for _, list := range []string{"/office/dossiers?view=all", "/office/dossiers?q=nguyen", "/office/dossiers?q=077090000001", "/office/dossiers.csv?view=all"} {
				if got := strings.Contains(w.get(*by, list), got.Code); got != want {
					t.Errorf("%s as %s shows the dossier: %v", list, by.ID, got)
				}
			}
		}
	})
}

// TestExport opens both exports as a spreadsheet would.
func TestExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.online("=HYPERLINK(“x”)", "077090000001")
		w.online("Lê Bình", "077090000002")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.get(mai, "/office/dossiers.csv?view=unit"), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("csv: %d rows, %v", len(rows), err)
		}
		r := w.As(mai).Get(t, "/office/dossiers.xlsx?view=unit")
		book, err := excelize.OpenReader(bytes.NewReader(r.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		sheet, err := book.GetRows("Sheet1")
		if err != nil || len(sheet) != 3 {
			t.Fatalf("xlsx: %d rows, %v", len(sheet), err)
		}
		for i, row := range append(rows, sheet...) {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("row %d: %q is a formula", i, cell)
				}
			}
		}
		if cell := rows[1][2]; cell != "'=HYPERLINK(“x”)" {
			t.Errorf("the name: %q", cell)
		}
	})
}

// TestBulk gives several dossiers to one person; one that changed stays.
func TestBulk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var all []*dossier.Dossier
		for i := range 3 {
			id := w.online("Nguyễn Văn An", "077090000001").ID
			w.act(mai, id, dossier.ActReceive, nil)
			w.act(mai, id, dossier.ActForward, nil)
			all = append(all, w.current(id))
			if i == 2 {
				w.act(cuong, id, dossier.ActTakeOn, nil)
			}
		}
		pick := func(some ...*dossier.Dossier) url.Values {
			v := url.Values{"person": {"cuc"}, "back": {"/office/dossiers?view=unit"}}
			for _, d := range some {
				v.Add("pick", fmt.Sprintf("%s:%d", d.ID, d.Version))
			}
			return v
		}
		if page := w.get(hung, "/office/dossiers?view=unit"); strings.Count(page, `name="pick"`) != 3 {
			t.Error("the head cannot choose")
		}
		if page := w.get(cuong, "/office/dossiers?view=unit"); strings.Contains(page, `name="pick"`) {
			t.Error("an officer can choose")
		}
		if r := w.As(hung).Post(t, "/office/dossiers/assign", pick(all[0])); r.Code != http.StatusSeeOther || w.current(all[0].ID).Assignee != "cuc" {
			t.Errorf("assign one: %d", r.Code)
		}
		r := w.As(hung).Post(t, "/office/dossiers/assign", pick(all[1], all[2]))
		if r.Code != http.StatusConflict || !strings.Contains(r.Body.String(), all[2].Code+": ") || w.current(all[1].ID).Assignee != "cuc" || w.current(all[2].ID).Assignee != "cuong" {
			t.Errorf("assign two, one of them stale: %d", r.Code)
		}
		other := pick(w.current(all[2].ID))
		other.Set("person", "khanh")
		if r := w.As(hung).Post(t, "/office/dossiers/assign", other); r.Code != http.StatusConflict || w.current(all[2].ID).Assignee != "cuong" {
			t.Errorf("assign to another unit: %d", r.Code)
		}
		if r := w.As(cuong).Post(t, "/office/dossiers/assign", pick(all[0])); r.Code != http.StatusForbidden {
			t.Errorf("an officer assigns: %d", r.Code)
		}
	})
}

// counterForm is what an officer types for a person at the counter.
func counterForm() url.Values {
	return url.Values{
		"procedure": {string(licence)}, "key": {"k1"}, "number": {"077090000003"}, "name": {"Trần Thị Bình"}, "phone": {"0903 123 456"}, "kind": {"individual"}, "delivery": {"pick_up"}, "receive": {"yes"},
		"paper":     {"bao-cao", "xet-nghiem", "giay-phep-cu"},
		"q-yeu_cau": {"gia_han"}, "q-so_giay_phep": {"45/GP-STNMT"}, "q-ngay_cap-day": {"1"}, "q-ngay_cap-month": {"10"}, "q-ngay_cap-year": {"2019"},
		"q-ngay_het_han-day": {"1"}, "q-ngay_het_han-month": {"12"}, "q-ngay_het_han-year": {"2022"}, "q-so_gieng": {"2"}, "q-luu_luong": {"120"}, "q-do_sau": {"60"},
		"q-muc_dich": {"san_xuat"}, "q-huyen": {"vung-tau"}, "q-dia_diem": {"Phường 11"}, "q-cam_ket": {"true"},
	}
}

var hidden = regexp.MustCompile(`name="shown" value="([^"]*)"`)

func TestCounter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if page := w.get(mai, "/office/file?procedure=khong+co+gi"); !strings.Contains(page, "Không tìm thấy thủ tục") {
			t.Error("words that find nothing are not answered")
		}
		page := w.get(mai, "/office/file?number=077090000003&procedure=nuoc+duoi+dat")
		if !strings.Contains(page, `value="077090000003"`) || !strings.Contains(page, "q-so_giay_phep") {
			t.Fatal("words without accents do not open the form")
		}
		form := counterForm()
		for _, m := range hidden.FindAllStringSubmatch(page, -1) {
			form.Add("shown", m[1])
		}
		// What is missing or wrong comes back with what was typed.
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set("number", "123")
		r := w.As(mai).Post(t, "/office/file", wrong)
		if page := r.Body.String(); r.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "Trần Thị Bình") {
			t.Errorf("a wrong number: %d", r.Code)
		}
		// Answers lead to questions that were not on the page: it is shown again.
		r = w.As(mai).Post(t, "/office/file", form)
		for range 3 {
			if r.Code != http.StatusUnprocessableEntity {
				break
			}
			form.Del("shown")
			for _, m := range hidden.FindAllStringSubmatch(r.Body.String(), -1) {
				form.Add("shown", m[1])
			}
			r = w.As(mai).Post(t, "/office/file", form)
		}
		page = r.Body.String()
		if r.Code != http.StatusOK || !strings.Contains(page, "/papers/receipt.pdf") || !strings.Contains(page, "mc-secret") {
			t.Fatalf("file at the counter: %d %s", r.Code, text(page))
		}
		found, err := w.dossiers.List(t.Context(), mai, dossier.Query{})
		if err != nil || len(found.Dossiers) != 1 {
			t.Fatalf("%d dossiers, %v", len(found.Dossiers), err)
		}
		if got := found.Dossiers[0]; !got.Assisted || got.Channel != dossier.Counter || got.State != dossier.Received || got.ApplicantName != "Trần Thị Bình" {
			t.Errorf("filed: %+v", got)
		}
		// Sent twice, it is one filing, and the secret is not shown again.
		if r = w.As(mai).Post(t, "/office/file", form); r.Code != http.StatusOK || strings.Contains(r.Body.String(), "mc-secret") {
			t.Errorf("the same again: %d", r.Code)
		}
		// The person is found again.
		if page := w.get(mai, "/office/file?number=077090000003&procedure="+string(licence)); !strings.Contains(page, `value="Trần Thị Bình"`) {
			t.Error("the person is not found again")
		}
		// Without a paper it is not received; the request is prepared.
		form.Set("key", "k2")
		form["paper"] = []string{"bao-cao"}
		r = w.As(mai).Post(t, "/office/file", form)
		if page := r.Body.String(); r.Code != http.StatusOK || !strings.Contains(page, "supplement-at-reception") || strings.Contains(page, "receipt.pdf") {
			t.Errorf("incomplete: %d", r.Code)
		}
		link := html.UnescapeString(regexp.MustCompile(`href="(/office/dossiers/[^"]*supplement-at-reception[^"]*)"`).FindStringSubmatch(r.Body.String())[1])
		if page := w.get(mai, strings.TrimSuffix(link, "#act")); !strings.Contains(page, `value="paper:xet-nghiem" selected`) {
			t.Error("the request is not prepared")
		}
	})
}

// TestFiles takes a scan at the counter's dossier and gives it back safely.
func TestFiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		got := w.online("Nguyễn Văn An", "077090000001")
		post := func(name string, content []byte) *httptest.ResponseRecorder {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			_ = m.WriteField("version", fmt.Sprint(w.current(got.ID).Version))
			_ = m.WriteField("component", "bao-cao")
			f, _ := m.CreateFormFile("file", name)
			_, _ = f.Write(content)
			m.Close()
			return w.As(mai).PostBody(t, "/office/dossiers/"+string(got.ID)+"/acts/add-attachment", m.FormDataContentType(), &b)
		}
		if r := post("báo cáo.png", png); r.Code != http.StatusSeeOther {
			t.Fatalf("attach: %d %s", r.Code, text(r.Body.String()))
		}
		if r := post("trang.html", []byte("<script>alert(1)</script>")); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("a page as a file: %d", r.Code)
		}
		files, err := w.dossiers.Attachments(t.Context(), mai, got.ID)
		if err != nil || len(files) != 1 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		r := w.As(mai).Get(t, "/office/dossiers/"+string(got.ID)+"/files/"+files[0].ID)
		sent, _ := io.ReadAll(r.Result().Body)
		if !strings.HasPrefix(r.Header().Get("Content-Disposition"), "attachment;") || r.Header().Get("X-Content-Type-Options") != "nosniff" || !bytes.Equal(sent, png) {
			t.Errorf("download: %v", r.Header())
		}
	})
}

func TestFindAndPapers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		got := w.online("Nguyễn Văn An", "077090000001")
		if r := w.As(mai).Get(t, "/office/find?code="+strings.ToLower(got.Code)); r.Header().Get("Location") != "/office/dossiers/"+string(got.ID) {
			t.Errorf("a scanned code leads to %q", r.Header().Get("Location"))
		}
		if r := w.As(mai).Get(t, "/office/find?code=nguyen"); !strings.HasPrefix(r.Header().Get("Location"), "/office/dossiers?") {
			t.Errorf("other words lead to %q", r.Header().Get("Location"))
		}
		for _, kind := range officeweb.Slips() {
			if body := w.get(mai, "/office/dossiers/"+string(got.ID)+"/papers/"+kind+".pdf"); !strings.Contains(body, kind) {
				t.Errorf("%s: %q", kind, body)
			}
		}
		if r := w.As(mai).Get(t, "/office/dossiers/"+string(got.ID)+"/papers/secret.pdf"); r.Code != http.StatusNotFound {
			t.Errorf("a paper that is none: %d", r.Code)
		}
		if body := w.get(mai, "/office/book.pdf"); body != "%PDF-1.7 2022-07-01 2022-08-01" {
			t.Errorf("the book of the month: %q", body)
		}
		if r := w.As(mai).Get(t, "/office/book.pdf?from=2022-07-01&to=2021-07-01"); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("a book backwards: %d", r.Code)
		}
		if r := w.send(mai, got, dossier.ActNewSecret, nil); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), got.Code) {
			t.Errorf("a new secret: %d", r.Code)
		}
	})
}

// TestMessages compares the languages.
func TestMessages(t *testing.T) {
	bundle, err := i18n.Load(officeweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range bundle.Check() {
		t.Error(fault)
	}
	if !slices.Contains(bundle.Keys(i18n.En), "office.day.title") {
		t.Error("no English")
	}
}

// png is a small picture.
var png = func() []byte {
	var b bytes.Buffer
	if err := imagepng.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()
