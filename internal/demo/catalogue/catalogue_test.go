package catalogue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/demo/catalogue"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// TestFiles holds the sample data to more than the linter does: not even a
// warning.
func TestFiles(t *testing.T) {
	codes := map[procedure.Code]bool{}
	for _, f := range catalogue.Files() {
		v, findings := procedure.Parse(f.YAML, nil)
		for _, i := range findings {
			t.Errorf("%s:%d: %s %s: %s %v", f.Name, i.Line, i.Severity, i.Where, i.Text.Key, i.Text.Args)
		}
		if v == nil {
			continue
		}
		codes[v.Code] = true
		if !v.Sample {
			t.Errorf("%s does not say that it is sample data", f.Name)
		}
	}
	if len(codes) != 8 {
		t.Errorf("%d procedures, want 8", len(codes))
	}
}

// TestWorked quotes the three procedures that the demonstration walks through.
func TestWorked(t *testing.T) {
	day := worktime.NewDate(2022, 7, 6)
	versions := map[procedure.Code]*procedure.Version{}
	for _, f := range catalogue.Files() {
		if v, _ := procedure.Parse(f.YAML, nil); v != nil && !f.From.After(day) {
			versions[v.Code] = v
		}
	}
	text := rule.OfText
	for _, tt := range []struct {
		code      procedure.Code
		applicant procedure.ApplicantKind
		channel   procedure.Channel
		answers   form.Answers
		wantCase  string
		fee       int64
		time      procedure.Term
		papers    []string
		unit      string // that decides
	}{
		{
			"1.013831", procedure.Individual, procedure.Online,
			form.Answers{"hinh_thuc": text("tang_cho"), "nguoi_nop": text("ben_nhan"), "the_chap": text("co"), "huyen": text("chau-duc")},
			"tang-cho", 266000, procedure.Term{Amount: 7, Unit: worktime.WorkingDay},
			[]string{"don", "giay-chung-nhan", "hop-dong-tang-cho", "dong-y-the-chap", "to-khai-thue"}, "vpdk",
		},
		{
			"DVC-205631", procedure.Organisation, procedure.Counter,
			form.Answers{"yeu_cau": text("gia_han"), "luu_luong": rule.OfInt(200)},
			"gia-han", 400000, procedure.Term{Amount: 24, Unit: worktime.WorkingDay},
			[]string{"don", "bao-cao", "xet-nghiem", "giay-phep-cu", "uy-quyen"}, "so-tnmt",
		},
		{
			"1.011443", procedure.Household, procedure.Counter,
			form.Answers{"nguoi_nop": text("ben_nhan"), "can_cu": text("het_no"), "tai_san": text("ca_hai"), "huyen": text("xuyen-moc")},
			"xoa", 410000, procedure.Term{Unit: worktime.WorkingDay, CutOff: worktime.At(15, 0)},
			[]string{"phieu", "giay-chung-nhan"}, "vpdk.xuyen-moc",
		},
	} {
		v := versions[tt.code]
		if v == nil {
			t.Errorf("no %s on %s", tt.code, day)
			continue
		}
		f := procedure.Filing{Applicant: tt.applicant, Channel: tt.channel, Day: day, Answers: tt.answers}
		c, err := v.CaseFor(f)
		if err != nil || c.ID != tt.wantCase || c.TotalFor(tt.channel) != tt.time {
			t.Errorf("%s: case %s, %v in %v, want %s in %v", tt.code, c.ID, err, c.TotalFor(tt.channel), tt.wantCase, tt.time)
		}
		f.Case = c.ID
		if q, err := v.Quote(f); err != nil || q.Total != tt.fee {
			t.Errorf("%s: %d đồng, %v, want %d", tt.code, q.Total, err, tt.fee)
		}
		papers, err := v.ComponentsFor(f)
		var ids []string
		for _, p := range papers {
			ids = append(ids, p.ID)
		}
		if diff := cmp.Diff(tt.papers, ids); diff != "" || err != nil {
			t.Errorf("%s: %v, papers (-want +got):\n%s", tt.code, err, diff)
		}
		answer := func(q string) string { return tt.answers[q].Text() }
		if unit, ok := v.Unit(v.Decides, answer); !ok || unit != tt.unit {
			t.Errorf("%s is decided by %s, want %s", tt.code, unit, tt.unit)
		}
	}
}
