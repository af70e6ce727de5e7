package form_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/rule"
)

const today = "2026-04-10"

// transfer is a small land form with one of everything.
const transfer = `
settings:
  {form_id: chuyen_nhuong, version: "2026-01", "form_title::Tiếng Việt (vi)": Đăng ký biến động đất đai, "form_title::English (en)": Land transfer}
survey:
  - {type: begin group, name: ben, "label::Tiếng Việt (vi)": Người nộp, "label::English (en)": Applicant}
  - {type: text, name: ho_ten, "label::Tiếng Việt (vi)": Họ và tên, "label::English (en)": Full name, required: yes}
  - type: text
    name: cccd
    label::Tiếng Việt (vi): Số định danh
    label::English (en): Identity number
    required: yes
    constraint: regex(., '\d{12}')
    constraint_message::Tiếng Việt (vi): Số định danh có đúng 12 chữ số.
    constraint_message::English (en): An identity number has exactly 12 digits.
  - {type: date, name: ngay_sinh, "label::Tiếng Việt (vi)": Ngày sinh, "label::English (en)": Date of birth, constraint: ". < today()"}
  - {type: end group}
  - {type: begin_group, name: dat, "label::Tiếng Việt (vi)": Thửa đất, "label::English (en)": Parcel}
  - {type: select_one loai, name: loai, "label::Tiếng Việt (vi)": Loại đất, "label::English (en)": Kind of land, required: yes}
  - {type: decimal, name: dien_tich, "label::Tiếng Việt (vi)": Diện tích (m²), "label::English (en)": Area (m²), required: yes, constraint: ". > 0"}
  - {type: select_multiple giay, name: giay, "label::Tiếng Việt (vi)": Giấy tờ kèm theo, "label::English (en)": Papers}
  - {type: end_group}
  - {type: begin_group, name: kinh_doanh, "label::Tiếng Việt (vi)": Kinh doanh, "label::English (en)": Business, relevant: "${loai} = 'tm'"}
  - {type: text, name: nganh, "label::Tiếng Việt (vi)": Ngành nghề, "label::English (en)": Line of business, required: "${dien_tich} >= 1000"}
  - {type: integer, name: lao_dong, "label::Tiếng Việt (vi)": Số lao động, "label::English (en)": Workers, default: 1}
  - {type: end_group}
  - {type: calculate, name: le_phi, calculation: "if(${loai} = 'tm', ${dien_tich} * 1500, 50000)"}
  - {type: note, name: luu_y, "label::Tiếng Việt (vi)": Xin giữ bản chính, "label::English (en)": Keep the originals, relevant: "selected(${giay}, 'so_do')"}
  - {type: acknowledge, name: cam_doan, "label::Tiếng Việt (vi)": Tôi cam đoan đúng sự thật, "label::English (en)": I declare this is true, required: yes}
choices:
  - {list_name: loai, name: o, "label::Tiếng Việt (vi)": Đất ở, "label::English (en)": Residential}
  - {list_name: loai, name: tm, "label::Tiếng Việt (vi)": Đất thương mại, "label::English (en)": Commercial}
  - {list_name: giay, name: so_do, "label::Tiếng Việt (vi)": Giấy chứng nhận, "label::English (en)": Certificate}
  - {list_name: giay, name: hop_dong, "label::Tiếng Việt (vi)": Hợp đồng, "label::English (en)": Contract}
`

func parse(t testing.TB, src string) *form.Form {
	t.Helper()
	f, err := form.ParseYAML([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func number(s string) rule.Value {
	v, ok := rule.ParseNumber(s)
	if !ok {
		panic(s)
	}
	return v
}

func good() form.Answers {
	return form.Answers{
		"ho_ten": rule.OfText("Nguyễn Thị Ánh"), "cccd": rule.OfText("077190001234"), "ngay_sinh": rule.OfText("1990-05-01"),
		"loai": rule.OfText("o"), "dien_tich": number("120.5"), "cam_doan": rule.OfBool(true),
	}
}

func evaluate(t testing.TB, f *form.Form, a form.Answers) *form.Result {
	t.Helper()
	r, err := f.Evaluate(a, today)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	f := parse(t, transfer)
	var pages []string
	for _, p := range f.Pages {
		s := p.Name + ":"
		for _, field := range p.Fields {
			s += " " + field.Name
		}
		pages = append(pages, s)
	}
	want := []string{"ben: ho_ten cccd ngay_sinh", "dat: loai dien_tich giay", "kinh_doanh: nganh lao_dong", "luu_y: luu_y cam_doan"}
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if f.ID != "chuyen_nhuong" || f.Version != "2026-01" || f.Title.In("en") != "Land transfer" || f.Title.In("fr") != "Đăng ký biến động đất đai" {
		t.Errorf("settings: %q %q %v", f.ID, f.Version, f.Title)
	}
	if diff := cmp.Diff([]string{"en", "vi"}, f.Languages()); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
	if got := f.Start()["lao_dong"]; !got.Equal(rule.OfInt(1)) {
		t.Errorf("default of lao_dong = %v", got)
	}
}

func TestEvaluate(t *testing.T) {
	f := parse(t, transfer)
	for _, tt := range []struct {
		name   string
		change form.Answers
		want   map[string]string // field → message key
		fee    string
	}{
		{"good", nil, nil, "50000"},
		{"hidden answers are neither checked nor filed", form.Answers{"lao_dong": rule.OfText("nhiều")}, nil, "50000"},
		{"shown and optional", form.Answers{"loai": rule.OfText("tm"), "lao_dong": rule.OfInt(3)}, nil, "180750"},
		{"required when", form.Answers{"loai": rule.OfText("tm"), "dien_tich": number("1000")}, map[string]string{"nganh": "form.error.required.text"}, "1500000"},
		{"all at once", form.Answers{"ho_ten": {}, "cccd": rule.OfText("12"), "cam_doan": rule.OfBool(false), "ngay_sinh": rule.OfText(today)}, map[string]string{
			"ho_ten": "form.error.required.text", "cccd": "form.error.said", "cam_doan": "form.error.required.acknowledge", "ngay_sinh": "form.error.constraint",
		}, "50000"},
		{"wrong types", form.Answers{"ho_ten": rule.OfInt(1), "dien_tich": rule.OfText("12"), "loai": rule.OfText("x"), "giay": rule.OfList("so_do", "so_do"), "ngay_sinh": rule.OfText("2026-02-30")}, map[string]string{
			"ho_ten": "form.error.type.text", "dien_tich": "form.error.type.decimal", "loai": "form.error.choice", "giay": "form.error.choice", "ngay_sinh": "form.error.type.date",
		}, "50000"},
		{"bounds", form.Answers{"dien_tich": number("0.0000001"), "ho_ten": rule.OfText(strings.Repeat("ă", 10001))}, map[string]string{
			"dien_tich": "form.error.number-fine", "ho_ten": "form.error.text-long",
		}, "50000"},
		{"too large", form.Answers{"dien_tich": number("1000000000000000"), "ho_ten": rule.OfText("a\x00")}, map[string]string{
			"dien_tich": "form.error.number-large", "ho_ten": "form.error.type.text",
		}, "50000"},
		{"no such field", form.Answers{"xyz": rule.OfInt(1)}, nil, "50000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := good()
			for k, v := range tt.change {
				a[k] = v
			}
			r := evaluate(t, f, a)
			got := map[string]string{}
			for _, p := range r.Problems {
				got[p.Field.Name] = p.Text("vi").Key
			}
			if tt.want == nil {
				tt.want = map[string]string{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if fee := r.Values["le_phi"].String(); fee != tt.fee {
				t.Errorf("le_phi = %s, want %s", fee, tt.fee)
			}
			for name := range r.Submission() {
				if !r.Relevant(name) {
					t.Errorf("hidden %s is submitted", name)
				}
			}
		})
	}
}

func TestErr(t *testing.T) {
	f := parse(t, transfer)
	a := good()
	a["cccd"] = rule.OfText("12")
	e, ok := errors.AsType[*errs.Error](evaluate(t, f, a).Err("en"))
	if !ok || e.Kind != errs.Invalid || e.Fields["cccd"].Args["message"] != "An identity number has exactly 12 digits." || e.Fields["cccd"].Args["label"] != "Identity number" {
		t.Errorf("Err = %+v", e)
	}
	if err := evaluate(t, f, good()).Err("en"); err != nil {
		t.Errorf("Err of good answers = %v", err)
	}
}

func TestPages(t *testing.T) {
	f := parse(t, transfer)
	walk := func(r *form.Result) []int {
		var pages []int
		for i := r.Next(-1); i < len(f.Pages); i = r.Next(i) {
			pages = append(pages, i)
		}
		return pages
	}
	a := good()
	r := evaluate(t, f, a)
	if diff := cmp.Diff([]int{0, 1, 3}, walk(r)); diff != "" {
		t.Errorf("residential (-want +got):\n%s", diff)
	}
	if r.Previous(3) != 1 || r.Previous(0) != -1 || r.FirstProblem() != -1 {
		t.Errorf("Previous(3) = %d, Previous(0) = %d, FirstProblem = %d", r.Previous(3), r.Previous(0), r.FirstProblem())
	}
	if n := len(r.PageFields(3)); n != 1 { // the note is hidden
		t.Errorf("last page shows %d fields", n)
	}
	a["loai"], a["dien_tich"] = rule.OfText("tm"), number("5000")
	r = evaluate(t, f, a)
	if diff := cmp.Diff([]int{0, 1, 2, 3}, walk(r)); diff != "" {
		t.Errorf("commercial (-want +got):\n%s", diff)
	}
	if r.FirstProblem() != 2 || len(r.PageProblems(2)) != 1 {
		t.Errorf("FirstProblem = %d", r.FirstProblem())
	}
}

// faulty has one fault of each kind, with the cell where it must be told.
func TestParseRefuses(t *testing.T) {
	head := []string{"type", "name", "label", "relevant", "constraint", "calculation", "required", "default", "appearance"}
	for _, tt := range []struct {
		name string
		rows [][]string
		want []string // cell key
	}{
		{"repeat", [][]string{{"begin_repeat", "r", "R"}, {"text", "a", "A"}, {"end_repeat"}}, []string{"survey!A2 form.error.type-unsupported", "survey!A4 form.error.type-unsupported"}},
		{"or_other", [][]string{{"select_one l or_other", "a", "A"}}, []string{"survey!A2 form.error.type-unsupported"}},
		{"list", [][]string{{"select_one", "a", "A"}, {"select_one z", "b", "B"}}, []string{"survey!A2 form.error.list-unnamed", "survey!A3 form.error.list-unknown"}},
		{"appearance", [][]string{{"text", "a", "A", "", "", "", "", "", "quick"}}, []string{"survey!I2 form.error.column-unsupported"}},
		{"names", [][]string{{"text", "", "A"}, {"text", "họ", "A"}, {"text", "a", "A"}, {"text", "a", "A"}}, []string{"survey!B2 form.error.name-missing", "survey!B3 form.error.name", "survey!B5 form.error.name-twice"}},
		{"label", [][]string{{"text", "a"}}, []string{"survey!C2 form.error.label-missing"}},
		{"later", [][]string{{"text", "a", "A", "${b} = 'x'"}, {"text", "b", "B"}}, []string{"survey!D2 form.error.reference-later"}},
		{"self", [][]string{{"text", "a", "A", "${a} = 'x'"}}, []string{"survey!D2 form.error.reference-later"}},
		{"unknown", [][]string{{"text", "a", "A", "${b} = 'x'"}}, []string{"survey!D2 rule.error.unknown"}},
		{"note", [][]string{{"note", "n", "N"}, {"text", "a", "A", "${n} = 'x'"}}, []string{"survey!D3 form.error.reference-silent"}},
		{"told once", [][]string{{"integer", "a", "A", "1 +"}, {"text", "b", "B", "${a} > 1"}}, []string{"survey!D2 rule.error.unfinished"}},
		{"not a condition", [][]string{{"integer", "a", "A", "", ". + 1"}}, []string{"survey!E2 rule.error.need.bool"}},
		{"calculate", [][]string{{"calculate", "a"}, {"text", "b", "B", "", "", "1"}}, []string{"survey!F2 form.error.calculation-missing", "survey!F3 form.error.column-here"}},
		{"default", [][]string{{"integer", "a", "A", "", "", "", "", "1,5"}}, []string{"survey!H2 form.error.default"}},
		{"group", [][]string{{"end_group"}, {"begin_group", "g"}, {"text", "a", "A"}}, []string{"survey!A2 form.error.group-end", "survey!A3 form.error.group-open"}},
		{"html", [][]string{{"text", "a", "A<b onclick=1>"}}, []string{"survey!C2 form.error.markup"}},
		{"script", [][]string{{"text", "a", "JavaScript:alert(1)"}}, []string{"survey!C2 form.error.address"}},
		{"address", [][]string{{"text", "a", "Xem https://example.com"}}, []string{"survey!C2 form.error.address"}},
		{"long", [][]string{{"text", "a", strings.Repeat("a", 5001)}}, []string{"survey!C2 form.error.cell-long"}},
		{"reference in label", [][]string{{"text", "a", "Chào ${b}"}}, []string{"survey!C2 form.error.label-reference"}},
		{"empty", [][]string{{"note", "n", "N"}}, []string{"survey!A1 form.error.empty"}},
		{"type", [][]string{{"", "a", "A"}, {"geopoint", "b", "B"}}, []string{"survey!A2 form.error.type-missing", "survey!A3 form.error.type-unsupported"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := form.Parse(form.Sheets{Survey: append(form.Sheet{head}, tt.rows...)})
			list, _ := errors.AsType[form.Errors](err)
			var got []string
			for _, e := range list {
				got = append(got, e.Cell()+" "+e.Text.Key)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesHeadings(t *testing.T) {
	for heading, key := range map[string]string{"labl": "form.error.column-unknown", "label::Klingon": "form.error.language", "name": "form.error.column-twice", "": "form.error.heading"} {
		_, err := form.Parse(form.Sheets{Survey: form.Sheet{{"type", "name", "label", heading}, {"text", "a", "A", "x"}}})
		list, _ := errors.AsType[form.Errors](err)
		if len(list) != 1 || list[0].Text.Key != key || list[0].Column != 4 {
			t.Errorf("heading %q: %v, want %s", heading, err, key)
		}
	}
	if _, err := form.Parse(form.Sheets{Survey: form.Sheet{{"type", "name", "label", "relevant"}, {"date", "a", "A"}, {"text", "b", "B", "${a}<today()"}}}); err != nil {
		t.Errorf("a comparison is taken for markup: %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	f := parse(t, transfer)
	s := f.Sheets()
	var book bytes.Buffer
	if err := s.WriteXLSX(&book); err != nil {
		t.Fatal(err)
	}
	back, err := form.ReadXLSX(&book)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("through Excel (-want +got):\n%s", diff)
	}
	g, err := form.ParseJSON(s.JSON())
	if err != nil {
		t.Fatal(err)
	}
	if g.Sheets().Hash() != s.Hash() {
		t.Error("the hash changes through JSON")
	}
	s.Survey[1][2] += "."
	if g.Sheets().Hash() == s.Hash() {
		t.Error("another cell, the same hash")
	}
	var rows struct{ Form form.Sheets }
	if err := yaml.Unmarshal([]byte("form:\n  survey:\n    - [type, name, label]\n    - [text, a, yes]\n    - [integer, b, 12]\n"), &rows); err != nil {
		t.Fatal(err)
	}
	if _, err := form.Parse(rows.Form); err != nil || rows.Form.Survey[1][2] != "yes" {
		t.Errorf("rows as lists: %v, %v", rows.Form, err)
	}
}

func TestReadXLSXRefuses(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("type,name\n"), "too big": bytes.Repeat([]byte("PK"), 2<<20)} {
		if _, err := form.ReadXLSX(bytes.NewReader(data)); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReadXLSXBounds: a bomb is refused before it goes off, and the cells Excel
// changes while people type are read as they meant them.
func TestReadXLSXBounds(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := form.ReadXLSX(&bomb); errs.KindOf(err) != errs.Invalid {
		t.Errorf("64 MB out of %d bytes: %v", bomb.Len(), err)
	}

	book := excelize.NewFile()
	defer book.Close()
	for _, err := range []error{
		book.SetSheetName("Sheet1", "survey"),
		book.SetSheetRow("survey", "A1", &[]any{"type", "name", "label", "required", "default"}),
		book.SetSheetRow("survey", "A2", &[]any{"integer", "a", "A", true, 1}),
		book.SetSheetRow("survey", "A2001", &[]any{"integer", "b", "B"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := book.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	s, err := form.ReadXLSX(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"integer", "a", "A", "TRUE", "1"}, s.Survey[1]); diff != "" {
		t.Errorf("typed cells (-want +got):\n%s", diff)
	}
	_, err = form.Parse(s)
	if list, _ := errors.AsType[form.Errors](err); len(list) != 1 || list[0].Text.Key != "form.error.rows" {
		t.Errorf("2001 rows: %v", err)
	}
}

func TestRead(t *testing.T) {
	f := parse(t, transfer)
	for _, tt := range []struct {
		field, lang string
		typed       []string
		want, key   string
	}{
		{"dien_tich", "vi", []string{"1.234,56"}, "1234.56", ""},
		{"dien_tich", "vi", []string{"1234,5"}, "1234.5", ""},
		{"dien_tich", "vi", []string{"1\u00a0234"}, "1234", ""},
		{"dien_tich", "vi", []string{"1.234"}, "1234", ""},
		{"dien_tich", "vi", []string{"1.5"}, "", "form.error.type.decimal"},
		{"dien_tich", "vi", []string{"0.125"}, "", "form.error.type.decimal"},
		{"dien_tich", "en", []string{"1,234.56"}, "1234.56", ""},
		{"dien_tich", "en", []string{"1,5"}, "", "form.error.type.decimal"},
		{"dien_tich", "", []string{"1234.56"}, "1234.56", ""},
		{"lao_dong", "vi", []string{" 12 "}, "12", ""},
		{"lao_dong", "vi", []string{"1,5"}, "", "form.error.type.integer"},
		{"lao_dong", "vi", []string{"1e3"}, "", "form.error.type.integer"},
		{"ngay_sinh", "vi", []string{"01/05/1990"}, "1990-05-01", ""},
		{"ngay_sinh", "en", []string{"1-5-1990"}, "1990-05-01", ""},
		{"ngay_sinh", "vi", []string{"1", "5", "1990"}, "1990-05-01", ""},
		{"ngay_sinh", "vi", []string{"1", "1", "1990"}, "1990-01-01", ""},
		{"ngay_sinh", "vi", []string{"", "", ""}, "", ""},
		{"ngay_sinh", "vi", []string{"1990-05-01"}, "1990-05-01", ""},
		{"ngay_sinh", "vi", []string{"31/02/1990"}, "", "form.error.type.date"},
		{"ngay_sinh", "vi", []string{"05/1990"}, "", "form.error.type.date"},
		{"ho_ten", "vi", []string{" A\u0301nh "}, "Ánh", ""},
		{"giay", "vi", []string{"so_do", "hop_dong"}, "so_do hop_dong", ""},
		{"giay", "vi", []string{"x"}, "", "form.error.choice"},
		{"cam_doan", "vi", []string{"on"}, "true", ""},
		{"cam_doan", "vi", nil, "", ""},
	} {
		v, p := f.Field(tt.field).Read(tt.lang, tt.typed)
		key := ""
		if p != nil {
			key = p.Key
		}
		if v.String() != tt.want || key != tt.key {
			t.Errorf("%s, %s, %q: %q %s; want %q %s", tt.field, tt.lang, tt.typed, v, key, tt.want, tt.key)
		}
	}
	if got := f.Field("dien_tich").Show("vi", number("-1234567.5")); got != "-1.234.567,5" {
		t.Errorf("Show = %s", got)
	}
	if got := f.Field("giay").Show("en", rule.OfList("so_do", "hop_dong")); got != "Certificate; Contract" {
		t.Errorf("Show = %s", got)
	}
}

// draw makes answers of the right types, and sometimes wrong ones.
func draw(t *rapid.T) form.Answers {
	a := good()
	values := map[string][]rule.Value{
		"ho_ten":    {{}, rule.OfText("An"), rule.OfInt(1)},
		"loai":      {{}, rule.OfText("o"), rule.OfText("tm"), rule.OfText("x")},
		"dien_tich": {{}, number("0.000001"), number("999999999999999.999999"), number("0.0000001"), number("1000000000000000"), number("-1")},
		"giay":      {{}, rule.OfList("so_do"), rule.OfList("hop_dong", "so_do"), rule.OfList("so_do", "so_do")},
		"lao_dong":  {{}, rule.OfInt(5), number("1.5"), rule.OfInt(1e15)},
		"cam_doan":  {{}, rule.OfBool(true), rule.OfBool(false)},
		"ngay_sinh": {{}, rule.OfText("1990-01-01"), rule.OfText("2026-13-01")},
	}
	for name, vs := range values {
		if rapid.Bool().Draw(t, "change "+name) {
			a[name] = rapid.SampledFrom(vs).Draw(t, name)
		}
	}
	return a
}

// TestJSONSchema: what may be submitted obeys the schema; what is wrong in
// itself does not.
func TestJSONSchema(t *testing.T) {
	f := parse(t, transfer)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.JSONSchema("vi")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("form.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(a form.Answers) error {
		data, err := json.Marshal(a)
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := draw(t)
		r, err := f.Evaluate(a, today)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(r.Submission()); r.OK() && err != nil {
			t.Fatalf("a submission breaks the schema: %v", err)
		}
		for _, p := range r.Problems {
			if !strings.HasPrefix(p.Key, "form.error.constraint") && !(strings.HasPrefix(p.Key, "form.error.required") && !r.Relevant("nganh")) && p.Field.Name != "nganh" && valid(a) == nil {
				t.Fatalf("%s has %s and the schema does not mind", p.Field.Name, p.Key)
			}
		}
		for name, v := range a { // what is typed is what is read
			field := f.Field(name)
			if _, wrong := r.Values[name]; !wrong || field.Kind == form.Acknowledge {
				continue
			}
			for _, lang := range []string{"vi", "en"} {
				back, p := field.Read(lang, field.Write(lang, v))
				if p != nil || !back.Equal(v) {
					t.Fatalf("%s %s: %v reads back as %v", lang, name, v, back)
				}
			}
		}
	})
	if err := valid(form.Answers{"xyz": rule.OfInt(1)}); err == nil {
		t.Error("the schema accepts an unknown answer")
	}
}

// TestMessages holds the two languages and the code together.
func TestMessages(t *testing.T) {
	keys := map[string]bool{}
	for _, name := range []string{"answers.go", "input.go", "parse.go", "xlsx.go"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(form\.error\.[a-z-]+)"`).FindAllSubmatch(data, -1) {
			keys[string(m[1])] = true
		}
	}
	for _, k := range []form.Kind{form.Text, form.Integer, form.Decimal, form.Date, form.SelectOne, form.SelectMultiple, form.Acknowledge} {
		keys["form.error.type."+string(k)], keys["form.error.required."+string(k)] = true, true
	}
	args := regexp.MustCompile(`\{\w+\}`)
	all := map[string]map[string]string{}
	for _, lang := range []string{"vi", "en"} {
		data, err := form.Messages.ReadFile("messages/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		messages := map[string]string{}
		if err := json.Unmarshal(data, &messages); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for k := range messages {
			got[k] = true
		}
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Errorf("%s (-used +written):\n%s", lang, diff)
		}
		all[lang] = messages
	}
	for k, vi := range all["vi"] {
		a, b := args.FindAllString(vi, -1), args.FindAllString(all["en"][k], -1)
		slices.Sort(a)
		slices.Sort(b)
		if diff := cmp.Diff(slices.Compact(a), slices.Compact(b)); diff != "" {
			t.Errorf("%s (-vi +en):\n%s", k, diff)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	f := parse(b, transfer)
	a := good()
	for b.Loop() {
		if _, err := f.Evaluate(a, today); err != nil {
			b.Fatal(err)
		}
	}
}
