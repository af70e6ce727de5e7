package procedureweb_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/procedure/procedureweb"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

func now() time.Time { return time.Date(2022, 7, 6, 2, 0, 0, 0, time.UTC) }

type office struct{}

func (office) Get(_ context.Context, code string, _ worktime.Date) (orgunit.Unit, error) {
	if code == "so-tnmt" {
		return orgunit.Unit{Name: "Sở Tài nguyên và Môi trường", NameEN: "Department of Natural Resources and Environment"}, nil
	}
	if strings.HasPrefix(code, "so-tnmt.") {
		return orgunit.Unit{Name: "Phòng " + code}, nil
	}
	return orgunit.Unit{}, errs.New(errs.NotFound, "orgunit.error.not-found", nil)
}

var editor = webtest.Staff("ha", actor.CatalogueEditor, "so-tnmt.vp")

func sample(t *testing.T, edits ...string) string {
	t.Helper()
	data, err := os.ReadFile("../testdata/gia-han.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(edits...).Replace(string(data))
}

func newSite(t *testing.T, d *db.DB) (*webtest.Site, *procedure.Service) {
	t.Helper()
	s := procedure.NewService(d, event.New(d, nil, nil, now), office{}, now)
	site := webtest.New(t, d, procedure.Messages, procedureweb.Files, form.Messages, rule.Messages)
	start := func(c procedure.Code) string { return "/file/" + string(c) }
	site.Add(procedureweb.Routes(s, office{}, site.View, start))
	return site, s
}

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func hasNot(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if strings.Contains(page, u) {
			t.Errorf("%q in\n%s", u, page)
		}
	}
}

// TestPublic reads the catalogue as a citizen does.
func TestPublic(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		site, s := newSite(t, d)
		day, _ := worktime.ParseDate("2022-01-01")
		if _, err := s.Publish(t.Context(), editor, []byte(sample(t, "sources:\n", "sample: true\nsources:\n")), day); err != nil {
			t.Fatal(err)
		}
		anybody := site.As(actor.Actor{})

		page := anybody.Get(t, "/procedures?q=khoan+gieng").Body.String()
		has(t, page, "Gia hạn giấy phép khoan giếng", "/procedures/1.000001", "24 ngày làm việc", "toàn trình")
		page = anybody.Get(t, "/procedures?q=không+có").Body.String()
		has(t, page, "Không tìm thấy thủ tục nào")
		page = anybody.Get(t, "/procedures?on-day=23&on-month=6&on-year=2022").Body.String()
		has(t, page, "23/06/2022", "Mức độ 4", "/procedures/1.000001?on=2022-06-23")
		page = anybody.Get(t, "/procedures?on=yesterday").Body.String()
		has(t, page, "Ngày chưa đúng")

		page = anybody.Get(t, "/procedures/1.000001").Body.String()
		has(t, page, "Dữ liệu mẫu, chưa đối chiếu văn bản", "Sở Tài nguyên và Môi trường", "14 ngày làm việc", "12 ngày làm việc",
			"1.750.000", "400.000", "Chỉ khi: Giếng lớn", "href=\"/file/1.000001\"", "Khuyến khích Tổ chức", "5 năm", "201/2013/NĐ-CP")
		hasNot(t, page, "/catalogue")
		page = anybody.In(i18n.En).Get(t, "/procedures/1.000001").Body.String()
		has(t, page, "Extend the licence of a well", "Department of Natural Resources", "24 working days", "Sample data")
		page = anybody.Get(t, "/procedures/1.000001?on=2022-10-01").Body.String()
		has(t, page, "phải nộp trực tuyến từ ngày 01/09/2022 theo Quyết định 12/QĐ-UBND")

		for _, address := range []string{"/procedures/9.9", "/procedures/1.000001?on=2021-01-01", "/procedures/9.9?version=1.000001~2022-01-01.1"} {
			if w := anybody.Get(t, address); w.Code != http.StatusNotFound {
				t.Errorf("GET %s = %d", address, w.Code)
			}
		}
		for _, address := range []string{"/catalogue", "/catalogue/new", "/catalogue/1.000001", "/catalogue/1.000001/yaml"} {
			if w := anybody.Get(t, address); w.Code != http.StatusSeeOther {
				t.Errorf("GET %s = %d for nobody", address, w.Code)
			}
			if w := site.As(webtest.Staff("an", actor.CaseOfficer, "so-tnmt")).Get(t, address); w.Code != http.StatusForbidden {
				t.Errorf("GET %s = %d for an officer", address, w.Code)
			}
		}
	})
}

// TestEditor uploads, mends, publishes, corrects, compares and abolishes.
func TestEditor(t *testing.T) {
	site, _ := newSite(t, dbtest.SQLite(t))
	ha := site.As(editor)
	has(t, ha.Get(t, "/catalogue").Body.String(), "Danh mục chưa có thủ tục nào")
	has(t, ha.Get(t, "/catalogue/new").Body.String(), `enctype="multipart/form-data"`, `value="2022"`)

	w := ha.Post(t, "/catalogue/check", url.Values{"yaml": {""}})
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an empty form: %d", w.Code)
	}
	has(t, w.Body.String(), "Hãy chọn tệp", `href="#from"`)

	when := url.Values{"from-day": {"1"}, "from-month": {"1"}, "from-year": {"2022"}}
	send := func(address, yaml string) string {
		t.Helper()
		values := url.Values{"yaml": {yaml}}
		for k, v := range when {
			values[k] = v
		}
		w := ha.Post(t, address, values)
		if w.Code == http.StatusSeeOther {
			return w.Header().Get("Location")
		}
		return w.Body.String()
	}
	has(t, send("/catalogue/check", "code: ["), "Không đọc được tệp")
	page := send("/catalogue/check", sample(t, "amount: 23", "amount: 22", "code: \"1", "colour: red\ncode: \"1"))
	has(t, page, "Không có khóa “colour”")
	page = send("/catalogue/check", sample(t, "amount: 23", "amount: 22"))
	has(t, page, "cộng lại là 23, khác thời hạn công bố 24", "1 lỗi phải sửa", "components")
	hasNot(t, page, "/catalogue/publish")
	page = send("/catalogue/check", sample(t))
	has(t, page, "/catalogue/publish", "1.000001~2022-01-01.1")
	if to := send("/catalogue/publish", sample(t)); to != "/catalogue/1.000001" {
		t.Fatalf("published, then to %s", to)
	}
	has(t, send("/catalogue/check", sample(t)), "giống hệt bản đang có")

	page = send("/catalogue/check", sample(t, "amount: 150000", "amount: 99"))
	has(t, page, "1.000001~2022-01-01.2", "fees.phi.cells.0004.amount", "150000")
	send("/catalogue/publish", sample(t, "amount: 150000", "amount: 99"))
	has(t, ha.Get(t, "/catalogue").Body.String(), "/catalogue/1.000001")
	page = ha.Get(t, "/catalogue/1.000001?before=1.000001~2022-01-01.1&after=1.000001~2022-01-01.2").Body.String()
	has(t, page, "Đã được đính chính", "Đang mở", "<del>150000</del>", "<ins>99</ins>")
	has(t, ha.Get(t, "/catalogue/new?code=1.000001").Body.String(), "amount: 99")

	page = ha.Get(t, "/procedures/1.000001?version=1.000001~2022-01-01.1").Body.String()
	has(t, page, "không có hiệu lực hôm nay", "150.000")
	hasNot(t, page, "/file/1.000001")

	yaml := ha.Get(t, "/catalogue/1.000001/yaml?version=1.000001~2022-01-01.1").Body.String()
	if v, findings := procedure.Parse([]byte(yaml), nil); v == nil || v.Fees[0].Cells[3].Amount != 150000 {
		t.Errorf("the file given back: %v", findings)
	}
	has(t, ha.Get(t, "/procedures/1.000001").Body.String(), "/catalogue/1.000001")

	if w := ha.Post(t, "/catalogue/1.000001/close", nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("abolished on no day: %d", w.Code)
	}
	if w := ha.Post(t, "/catalogue/1.000001/close", url.Values{"on": {"2021-01-01"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("abolished before it began: %d", w.Code)
	}
	if w := ha.Post(t, "/catalogue/1.000001/close", url.Values{"on": {"2022-02-01"}}); w.Code != http.StatusSeeOther {
		t.Errorf("abolished: %d\n%s", w.Code, w.Body)
	}
	if w := ha.Get(t, "/procedures/1.000001"); w.Code != http.StatusNotFound {
		t.Errorf("an abolished procedure: %d", w.Code)
	}
}

func TestMessages(t *testing.T) {
	bundle, err := i18n.Load(procedure.Messages, procedureweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range bundle.Check() {
		t.Error(fault)
	}
}
