package formweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v3"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

// parcel is a form with one of everything.
const parcel = `
settings:
  - {form_id: thua_dat, version: "1", "form_title::vi": Thửa đất, "form_title::en": Parcel}
survey:
  - {type: begin_group, name: dat, "label::vi": Thửa đất, "label::en": The parcel, "hint::vi": Chép từ sổ đỏ., "hint::en": From the certificate.}
  - {type: note, name: luu_y, "label::vi": Giữ bản chính, "label::en": Keep the original}
  - {type: text, name: main, "label::vi": Tên thửa, "label::en": Name of the parcel, required: "yes"}
  - {type: select_one loai, name: loai, "label::vi": Loại đất, "label::en": Kind of land, required: "yes"}
  - {type: decimal, name: dien_tich, "label::vi": Diện tích kinh doanh (m²), "label::en": Business area (m²), required: "yes", relevant: "${loai} = 'tm'"}
  - {type: integer, name: to, "label::vi": Số tờ, "label::en": Sheet, required: "yes"}
  - {type: date, name: ngay, "label::vi": Ngày ký, "label::en": Signed on, "hint::vi": Ngày trên hợp đồng, "hint::en": As in the contract, required: "yes"}
  - {type: select_one huyen, name: huyen, "label::vi": Huyện, "label::en": District, required: "yes"}
  - {type: select_multiple giay, name: giay, "label::vi": Giấy tờ, "label::en": Papers}
  - {type: begin_group, name: phu, "label::vi": Thêm, "label::en": More}
  - {type: text, name: nuoc, "label::vi": Quốc gia, "label::en": Country, default: Việt Nam, readonly: "yes"}
  - {type: acknowledge, name: cam_doan, "label::vi": Tôi cam đoan, "label::en": I declare, required: "yes"}
  - {type: calculate, name: gap_doi, "label::vi": Gấp đôi, "label::en": Doubled, calculation: "${to} * 2"}
  - {type: end_group}
  - {type: end_group}
  - {type: begin_group, name: rieng, "label::vi": Ghi chú, "label::en": Remarks}
  - {type: text, name: ghi_chu, "label::vi": Ghi chú thêm, "label::en": Remark}
  - {type: end_group}
choices:
  - {list_name: loai, name: o, "label::vi": Đất ở, "label::en": Residential}
  - {list_name: loai, name: tm, "label::vi": Đất thương mại, "label::en": Commercial}
  - {list_name: giay, name: so_do, "label::vi": Sổ đỏ, "label::en": Certificate}
  - {list_name: giay, name: hop_dong, "label::vi": Hợp đồng, "label::en": Contract}
  - {list_name: huyen, name: h1, "label::vi": Huyện 1, "label::en": District 1}
  - {list_name: huyen, name: h2, "label::vi": Huyện 2, "label::en": District 2}
  - {list_name: huyen, name: h3, "label::vi": Huyện 3, "label::en": District 3}
  - {list_name: huyen, name: h4, "label::vi": Huyện 4, "label::en": District 4}
  - {list_name: huyen, name: h5, "label::vi": Huyện 5, "label::en": District 5}
  - {list_name: huyen, name: h6, "label::vi": Huyện 6, "label::en": District 6}
  - {list_name: huyen, name: h7, "label::vi": Huyện 7, "label::en": District 7}
  - {list_name: huyen, name: h8, "label::vi": Huyện 8, "label::en": District 8}
`

func parse(t *testing.T) *form.Form {
	t.Helper()
	var sheets form.Sheets
	if err := yaml.Unmarshal([]byte(parcel), &sheets); err != nil {
		t.Fatal(err)
	}
	f, err := form.Parse(sheets)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pages is a module that draws a page of a form.
var pages = fstest.MapFS{
	"templates/test_page.html": {Data: []byte(`{{define "title"}}x{{end}}{{define "main"}}<h1>x</h1>{{template "error-summary" .Data.Faults}}<form method="post">{{template "form-fields" .Data.Parts}}</form>{{template "summary-list" .Data.Summary}}{{end}}`)},
	"messages/vi.json":         {Data: []byte(`{}`)},
	"messages/en.json":         {Data: []byte(`{}`)},
}

type pageData struct {
	Parts   []formweb.Part
	Faults  []web.Fault
	Summary []web.Row
}

// post answers page 0 of the form, starting from a draft, as the citizen's pages
// do; it returns the page drawn again and what was decided.
func post(t *testing.T, lang i18n.Lang, draft form.Answers, typed url.Values) (html string, merged form.Answers, faults errs.Fields, more bool) {
	t.Helper()
	f := parse(t)
	site := webtest.New(t, nil, formweb.Files, form.Messages, pages)
	site.Add(web.Routes{{Pattern: "POST /page", Permission: actor.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return err
		}
		today := worktime.NewDate(2026, 4, 10)
		before, err := formweb.Open(site.View, r, f, draft, today)
		if err != nil {
			return err
		}
		posted := before.ReadPage(0, r.PostForm)
		merged = formweb.Merge(draft, posted)
		after, err := formweb.Open(site.View, r, f, merged, today)
		if err != nil {
			return err
		}
		faults, more = after.CheckPage(0, posted)
		return site.View.Render(w, r, "test_page.html", pageData{
			Parts:   after.Page(0, r.PostForm, faults),
			Faults:  web.NewForm(r.PostForm, faults, after.Order(0)...).Summary(),
			Summary: after.Summary(0, "/page"),
		})
	}}})
	return site.As(actor.Actor{}).In(lang).Post(t, "/page", typed).Body.String(), merged, faults, more
}

// typed is a page filled in well, but for what the kind of land asks for.
func typed() url.Values {
	return url.Values{
		"shown":  {"main loai to ngay huyen giay cam_doan"},
		"q-main": {"Thửa <12>"}, "q-loai": {"o"}, "q-to": {"1.234"}, "q-huyen": {"h8"}, "q-giay": {"so_do", "hop_dong"},
		"q-ngay-day": {"5"}, "q-ngay-month": {"3"}, "q-ngay-year": {"2026"}, "q-cam_doan": {"true"},
	}
}

func TestPage(t *testing.T) {
	html, merged, faults, more := post(t, i18n.Vi, form.Answers{}, typed())
	if len(faults) > 0 || more {
		t.Fatalf("faults %v, more %v", faults, more)
	}
	if got := merged["ngay"].Text(); got != "2026-03-05" {
		t.Errorf("ngay = %q", got)
	}
	for _, want := range []string{
		`<select class="govuk-select" id="q-huyen"`, `value="h8" selected`, // more than seven choices
		`id="q-loai" name="q-loai" type="radio" value="o" checked`,
		`value="hop_dong" checked`,
		`name="q-ngay-day" type="text" inputmode="numeric" value="5"`,
		`id="q-main"`, // a question called as the page's own main is
		`value="Thửa &lt;12&gt;"`,
		`Giữ bản chính`, `<h2 class="govuk-heading-m">Thêm</h2>`,
		`Việt Nam`, // read only
		`Gấp đôi`, `2.468`,
		`href="/page#q-to"`, // the summary leads back to the question
		`Sổ đỏ; Hợp đồng`, `05/03/2026`, `Đã xác nhận`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(html, "q-dien_tich") || strings.Contains(html, `name="q-nuoc"`) {
		t.Error("the page asks what is not relevant, or what nobody may answer")
	}
}

func TestEnglish(t *testing.T) {
	v := typed()
	v.Set("q-to", "1,234")
	html, merged, _, _ := post(t, i18n.En, form.Answers{}, v)
	if got := merged["to"].String(); got != "1234" {
		t.Errorf("to = %q", got)
	}
	if !strings.Contains(html, "Kind of land") || !strings.Contains(html, "2,468") || strings.Contains(html, "Loại đất") {
		t.Error("the page is not English")
	}
}

func TestMore(t *testing.T) {
	v := typed()
	v.Set("q-loai", "tm")
	html, merged, faults, more := post(t, i18n.Vi, form.Answers{}, v)
	if !more || len(faults) > 0 {
		t.Errorf("more %v, faults %v: want the new question without reproach", more, faults)
	}
	if !strings.Contains(html, `id="q-dien_tich"`) {
		t.Error("the new question is not drawn")
	}
	v.Set("shown", v.Get("shown")+" dien_tich")
	if _, _, faults, more = post(t, i18n.Vi, merged, v); more || faults["q-dien_tich"].Key == "" {
		t.Errorf("more %v, faults %v: want the question called unanswered once it was shown", more, faults)
	}
	v.Set("q-dien_tich", "12,5")
	_, merged, faults, more = post(t, i18n.Vi, merged, v)
	if more || len(faults) > 0 {
		t.Errorf("more %v, faults %v", more, faults)
	}
	// Hidden again, the answer stays in the draft.
	_, merged, _, _ = post(t, i18n.Vi, merged, typed())
	if got := merged["dien_tich"].String(); got != "12.5" {
		t.Errorf("the hidden answer is %q", got)
	}
}

func TestFaults(t *testing.T) {
	v := typed()
	v.Set("q-to", "mười hai")
	v.Set("q-ngay-month", "13")
	v.Del("q-cam_doan")
	html, merged, faults, _ := post(t, i18n.Vi, form.Answers{"to": rule.OfInt(7)}, v)
	for _, name := range []string{"q-to", "q-ngay", "q-cam_doan"} {
		if faults[name].Key == "" {
			t.Errorf("no fault of %s", name)
		}
		if !strings.Contains(html, `href="#`+name+`"`) {
			t.Errorf("the summary does not lead to %s", name)
		}
	}
	if !strings.Contains(html, `value="mười hai"`) || !strings.Contains(html, `value="13"`) {
		t.Error("what was typed is lost")
	}
	if got := merged["to"].String(); got != "7" || merged["main"].Text() != "Thửa <12>" {
		t.Errorf("draft %v: want what can be read saved and the rest as it was", merged)
	}
}

func TestProgress(t *testing.T) {
	f := parse(t)
	site := webtest.New(t, nil, formweb.Files, form.Messages, pages)
	request, err := http.NewRequest("GET", "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		answers form.Answers
		want    [2]formweb.Progress
	}{
		{f.Start(), [2]formweb.Progress{formweb.Untouched, formweb.Optional}},
		{form.Answers{"main": rule.OfText("x"), "ghi_chu": rule.OfText("y")}, [2]formweb.Progress{formweb.Begun, formweb.Complete}},
	} {
		s, err := formweb.Open(site.View, request, f, tt.answers, worktime.NewDate(2026, 4, 10))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]formweb.Progress{s.Progress(0), s.Progress(1)}; got != tt.want {
			t.Errorf("progress of %v = %v, want %v", tt.answers, got, tt.want)
		}
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(formweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
}
