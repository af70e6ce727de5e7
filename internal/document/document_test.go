package document_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/document"
)

var issued = time.Date(2022, 7, 21, 10, 0, 0, 0, time.UTC)

func notice() document.Paper {
	rows := make([][]string, 60)
	for i := range rows {
		rows[i] = []string{"1", "Đơn đăng ký biến động đất đai, tài sản gắn liền với đất", "Bản chính"}
	}
	return document.Paper{
		Parent: "ỦY BAN NHÂN DÂN TỈNH BÀ RỊA - VŨNG TÀU", Agency: "SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG",
		Number: "12/TB-STNMT", Place: "Bà Rịa", Issued: issued, Title: "THÔNG BÁO", Abstract: "Về việc gia hạn giấy phép khai thác nước dưới đất",
		Code: "000.00.12.H06-220715-0001",
		Body: []document.Block{
			document.Ground("Căn cứ Luật Tài nguyên nước ngày 21 tháng 6 năm 2012;"),
			document.Paragraph(strings.Repeat("Giấy phép được gia hạn theo đề nghị của Công ty TNHH Nguyệt Quế. ", 6)),
			document.List{"Ghi rõ lưu lượng khai thác;", "Nộp kết quả quan trắc."},
			document.Fields{{Label: "Mã hồ sơ", Value: "000.00.12.H06-220715-0001"}, {Label: "Ghi chú"}},
			document.Table{Columns: []document.Column{{Title: "STT", Width: 1, Align: document.Center}, {Title: "Tên giấy tờ", Width: 6}, {Title: "Loại", Width: 2}}, Rows: rows},
		},
		Signatures: []document.Signature{{Authority: document.Deputising, Of: "GIÁM ĐỐC", Title: "PHÓ GIÁM ĐỐC", Name: "Nguyễn Văn Ưng"}},
		Seal:       true,
		Recipients: []string{"Như trên", "Lưu: VT, TNN"},
	}
}

func render(t *testing.T, p document.Paper) []byte {
	t.Helper()
	b, err := document.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	if d := os.Getenv("PAPERS"); d != "" { // for a look at them
		if err := os.WriteFile(filepath.Join(d, strings.ReplaceAll(t.Name(), "/", "_")+".pdf"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// tool runs a program of poppler-utils on a PDF.
func tool(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install poppler-utils", name)
		}
		t.Skipf("%s is missing: install poppler-utils", name)
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestRender(t *testing.T) {
	pdf := render(t, notice())
	if !bytes.Equal(pdf, render(t, notice())) {
		t.Error("the same paper gave other bytes")
	}
	text := strings.Join(strings.Fields(tool(t, pdf, "pdftotext", "-layout", "FILE", "-")), " ")
	for _, want := range []string{
		"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số: 12/TB-STNMT",
		"Bà Rịa, ngày 21 tháng 7 năm 2022", "Căn cứ Luật Tài nguyên nước", "KT. GIÁM ĐỐC", "Nguyễn Văn Ưng", "Lưu: VT, TNN.", "1. Ghi rõ lưu lượng khai thác;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the text", want)
		}
	}
	if n := strings.Count(text, "STT"); n < 2 {
		t.Errorf("table header drawn %d times, want one a page", n)
	}
}

func TestSign(t *testing.T) {
	cert, key, err := document.NewSelfSigned("Nguyễn Văn Ưng", true, issued)
	if err != nil {
		t.Fatal(err)
	}
	s, err := document.LoadKey(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	plain := render(t, notice())
	once, err := document.Sign(t.Context(), plain, "signature-1", s, issued)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := document.Sign(t.Context(), once, "signature-1", s, issued); err == nil {
		t.Error("signed the same field twice")
	}
	if _, err := document.Sign(t.Context(), once, "nowhere", s, issued); err == nil {
		t.Error("signed a field that does not exist")
	}
	twice, err := document.Sign(t.Context(), once, "seal", s, issued.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if d := os.Getenv("PAPERS"); d != "" {
		os.WriteFile(filepath.Join(d, "signed.pdf"), twice, 0o600)
	}
	got, err := document.Verify(twice)
	if err != nil || len(got) != 2 {
		t.Fatalf("Verify = %+v, %v", got, err)
	}
	for i, g := range got {
		if !g.Valid || g.Whole != (i == 1) || g.Name != "Nguyễn Văn Ưng" || !g.At.Equal(issued.Add(time.Duration(i)*time.Hour)) {
			t.Errorf("signature %d: %+v", i, g)
		}
	}
	if got[0].Field != "signature-1" || got[1].Field != "seal" {
		t.Errorf("fields %s, %s", got[0].Field, got[1].Field)
	}
	out := tool(t, twice, "pdfsig", "-nocert", "FILE")
	if n := strings.Count(out, "Signature is Valid"); n != 2 {
		t.Errorf("pdfsig found %d valid signatures:\n%s", n, out)
	}

	for i := 0; i < len(once); i += len(once)/97 + 1 {
		bad := bytes.Clone(once)
		bad[i] ^= 1
		got, err := document.Verify(bad)
		if err == nil && len(got) == 1 && got[0].Valid && got[0].Whole {
			t.Errorf("byte %d changed unnoticed", i)
		}
	}
	if got, err := document.Verify(append(bytes.Clone(once), "%later\n"...)); err == nil && got[0].Whole {
		t.Error("appended bytes unnoticed")
	}
}

func FuzzVerify(f *testing.F) {
	pdf, err := document.Render(notice())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pdf)
	f.Add([]byte("xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 0>>\nstartxref\n0\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, b []byte) { document.Verify(b) })
}
