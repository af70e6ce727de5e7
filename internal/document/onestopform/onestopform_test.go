package onestopform_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/document/onestopform"
	"github.com/motcua/motcua/internal/worktime"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(s string) time.Time {
	t, err := worktime.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

// head is that of a form filled in at a moment.
func head(moment string) onestopform.Head {
	return onestopform.Head{
		Parent: "Sở Tài nguyên và Môi trường tỉnh Bà Rịa - Vũng Tàu", Agency: "Bộ phận Tiếp nhận và Trả kết quả",
		Place: "Bà Rịa", At: at(moment), Code: "000.00.12.H06-220715-0001",
		Link: "https://motcua.example.gov.vn/tra-cuu?ma=000.00.12.H06-220715-0001", Demo: true,
	}
}

var (
	company = onestopform.Applicant{
		Name: "Công ty TNHH Một thành viên Nguyệt Quế", Number: "3500123456",
		Address: "Số 12 đường Nguyễn Hữu Cảnh, phường Thắng Nhất, thành phố Vũng Tàu", Phone: "0903 123 456",
	}
	leader   = document.Signature{Authority: document.Deputising, Of: "GIÁM ĐỐC", Title: "PHÓ GIÁM ĐỐC", Name: "Nguyễn Thị Ưng"}
	licence  = "Gia hạn, điều chỉnh giấy phép khai thác, sử dụng nước dưới đất"
	division = "Phòng Tài nguyên nước"
)

// papers are one of each form, and more where a day or an outcome changes it.
func papers() map[string]document.Paper {
	result := onestopform.Result{
		Head: head("2022-08-04T09:30"), Applicant: company, Kind: onestopform.Decision, Procedure: licence,
		Grounds:    []string{"Luật Tài nguyên nước ngày 21 tháng 6 năm 2012", "Nghị định số 201/2013/NĐ-CP ngày 27 tháng 11 năm 2013"},
		ReceivedAt: at("2022-07-15T08:10"), Named: "Giấy phép khai thác nước dưới đất (gia hạn)", Granted: true,
		Text:  "Lưu lượng khai thác không quá 450 m³/ngày đêm.",
		Facts: []onestopform.Fact{{Label: "Số giếng", Value: "3"}}, Handling: division, Signer: leader,
	}
	result.Agency, result.Parent = "Sở Tài nguyên và Môi trường", "Ủy ban nhân dân tỉnh Bà Rịa - Vũng Tàu"
	refusal := result
	refusal.Granted = false
	refusal.Reason, refusal.Article, refusal.Text = "Không đủ điều kiện được cấp phép", "Điều 22 Nghị định 201/2013/NĐ-CP", "Giếng nằm trong vùng hạn chế khai thác."
	confirmed := result
	confirmed.Kind = onestopform.Confirmation

	stopped := onestopform.Stop{
		Head: head("2025-10-01T10:00"), Applicant: company, Procedure: licence, Desk: "Trung tâm Phục vụ hành chính công",
		ReceivedAt: at("2025-09-20T08:00"), StoppedAt: at("2025-10-01T10:00"), Stage: "Thẩm định",
		Reason: "Người nộp hồ sơ đề nghị dừng", Article: "Điều 9 TT 03/2025/TT-VPCP", Refund: 1_600_000, Signer: leader,
	}
	return map[string]document.Paper{
		"receipt": onestopform.Receipt{
			Head: head("2022-07-15T08:10"), Applicant: company, Desk: "Bộ phận một cửa Sở Tài nguyên và Môi trường", Procedure: licence,
			Components: []onestopform.Component{
				{Name: "Đơn đề nghị gia hạn giấy phép", Copy: "Bản chính", Count: 1},
				{Name: "Báo cáo hiện trạng khai thác, sử dụng nước và tình hình thực hiện các quy định trong giấy phép", Copy: "Bản chính", Count: 2,
					Files: []onestopform.File{{Name: "bao-cao.pdf", SHA256: strings.Repeat("9f86d081", 8)}}},
			},
			Term: "24 ngày làm việc", ReceivedAt: at("2022-07-15T08:10"), DueAt: at("2022-08-18T17:00"),
			Delivery: "Bộ phận một cửa", Fee: 1_600_000, Secret: "KQ7M4XPDTA", Officer: "Trần Văn Bình", Hotline: "0254 3 852 000",
		}.Paper(),
		"supplement": onestopform.Supplement{
			Head: head("2022-07-15T08:40"), Applicant: company, Procedure: licence,
			Items: []onestopform.Item{
				{Part: "Phiếu kết quả phân tích chất lượng nước", Problem: "Mẫu lấy đã quá 6 tháng.", Fix: "Lấy mẫu mới tại phòng thí nghiệm được công nhận và nộp phiếu kết quả."},
				{Part: "Lưu lượng đề nghị", Problem: "Khác số ghi trong báo cáo.", Fix: "Sửa tờ khai cho khớp với báo cáo."},
			},
			Officer: "Trần Văn Bình", Hotline: "0254 3 852 000",
		}.Paper(),
		"rejection": onestopform.Rejection{
			Head: head("2022-07-15T08:40"), Applicant: company, Procedure: licence, Reason: "Không thuộc thẩm quyền giải quyết",
			Article: "Điều 17 Nghị định 61/2018/NĐ-CP", Text: "Công trình trên 5.000 m³/ngày đêm do Bộ cấp phép.", Officer: "Trần Văn Bình",
		}.Paper(),
		"apology": onestopform.Apology{
			Head: head("2022-08-17T09:00"), Applicant: company, Procedure: licence, Desk: "Bộ phận một cửa Sở Tài nguyên và Môi trường",
			ReceivedAt: at("2022-07-15T08:10"), DueAt: at("2022-08-18T17:00"), Until: worktime.NewDate(2022, time.August, 25),
			Reason: "Chờ ý kiến của Sở Xây dựng.", Signer: leader,
		}.Paper(),
		"stop": stopped.Paper(),
		"control": onestopform.Control{
			Head: head("2022-08-04T09:30"), Applicant: company.Name, Procedure: licence, Handling: division, Others: "Sở Xây dựng",
			Moves: []onestopform.Move{
				{From: "Bộ phận một cửa", To: division, Giver: "Trần Văn Bình", Taker: "Lê Thị Chi", GivenAt: at("2022-07-15T08:40"), TakenAt: at("2022-07-15T09:05"), Result: "Trước hạn"},
				{From: division, To: "Lãnh đạo Sở", Giver: "Lê Thị Chi", GivenAt: at("2022-08-03T16:00"), Note: "Đã duyệt"},
			},
		}.Paper(),
		"book":         book(70).Paper(),
		"decision":     result.Paper(),
		"refusal":      refusal.Paper(),
		"confirmation": confirmed.Paper(),
	}
}

func book(n int) onestopform.Book {
	b := onestopform.Book{Head: head("2022-12-31T17:00"), From: worktime.NewDate(2022, time.July, 1), To: worktime.NewDate(2023, time.January, 1)}
	for i := range n {
		b.Entries = append(b.Entries, onestopform.Entry{
			Number: 98 + i, Code: fmt.Sprintf("000.00.12.H06-220715-%04d", i+1), Procedure: licence, Applicant: company.Name, Contact: company.Address + ", " + company.Phone,
			Unit: division, ReceivedAt: at("2022-07-15T08:10"), DueAt: at("2022-08-18T17:00"), Delivery: "Bưu chính công ích",
		})
	}
	return b
}

func TestPapers(t *testing.T) {
	for name, p := range papers() {
		t.Run(name, func(t *testing.T) {
			pdf := render(t, name, p)
			if !bytes.Equal(pdf, render(t, name, p)) {
				t.Error("the same form gave other bytes")
			}
			got := text(t, pdf)
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("text of the paper (-want +got):\n%s", diff)
			}
		})
	}
}

func render(t *testing.T, name string, p document.Paper) []byte {
	t.Helper()
	b, err := document.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	if d := os.Getenv("PAPERS"); d != "" { // for a look at them
		if err := os.WriteFile(filepath.Join(d, name+".pdf"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// text is what a reader finds on the paper, line by line, without the distances
// that versions of poppler guess differently.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing: install poppler-utils")
		}
		t.Skip("pdftotext is missing: install poppler-utils")
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestBookRepeatsItsHead(t *testing.T) {
	got := text(t, render(t, "long-book", book(300).Paper()))
	pages := strings.Count(got, "STT")
	if pages < 10 {
		t.Fatalf("%d heads on a book of 300 entries", pages)
	}
	if !strings.Contains(got, "\n"+fmt.Sprint(pages)+"\n") {
		t.Errorf("page %d has no number", pages)
	}
	if !strings.Contains(got, "397") || strings.Contains(got, "398 ") {
		t.Error("the entries are not numbered from the first on")
	}
}

func TestFormNumber(t *testing.T) {
	before, after := worktime.NewDate(2025, time.September, 14), worktime.NewDate(2025, time.September, 15)
	want := map[onestopform.Kind][2]string{
		onestopform.ReceiptForm: {"01", "01"}, onestopform.SupplementForm: {"02", "02"}, onestopform.RejectionForm: {"03", "03"},
		onestopform.ApologyForm: {"04", "04"}, onestopform.StopForm: {"", "05"}, onestopform.ControlForm: {"05", "06"}, onestopform.BookForm: {"06", "07"},
	}
	got := map[onestopform.Kind][2]string{}
	for _, k := range onestopform.Kinds() {
		got[k] = [2]string{onestopform.FormNumber(k, before), onestopform.FormNumber(k, after)}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestResult signs, numbers and seals a result as the house does.
func TestResult(t *testing.T) {
	pdf := render(t, "decision", papers()["decision"])
	key := func(name string) document.Signer {
		cert, secret, err := document.NewSelfSigned(name, true, at("2022-01-01T00:00"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := document.LoadKey(cert, secret)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	signed, err := document.Sign(t.Context(), pdf, "signature-1", key("Nguyễn Thị Ưng"), at("2022-08-04T09:30"))
	if err != nil {
		t.Fatal(err)
	}
	numbered, err := document.Issue(signed, "12/QĐ-STNMT", "Bà Rịa", at("2022-08-05T08:00"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := document.Issue(numbered, "13/QĐ-STNMT", "Bà Rịa", at("2022-08-05T08:00")); err == nil {
		t.Error("numbered twice")
	}
	sealed, err := document.Sign(t.Context(), numbered, "seal", key("Sở Tài nguyên và Môi trường"), at("2022-08-05T08:01"))
	if err != nil {
		t.Fatal(err)
	}
	if d := os.Getenv("PAPERS"); d != "" {
		os.WriteFile(filepath.Join(d, "sealed.pdf"), sealed, 0o600)
	}
	marks, err := document.Verify(sealed)
	if err != nil || len(marks) != 2 || !marks[0].Valid || !marks[1].Valid || !marks[1].Whole || marks[1].Field != "seal" {
		t.Errorf("Verify = %+v, %v", marks, err)
	}
	got := text(t, sealed)
	for _, want := range []string{"Số: 12/QĐ-STNMT", "Bà Rịa, ngày 05 tháng 8 năm 2022", "Ký bởi: Nguyễn Thị Ưng"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q on the sealed paper:\n%s", want, got)
		}
	}
}
