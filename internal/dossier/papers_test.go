package dossier_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

// registry knows the names that stand on papers.
type registry struct{}

func (registry) Path(_ context.Context, code string, _ worktime.Date) ([]orgunit.Unit, error) {
	path := []orgunit.Unit{
		{Code: "ubnd-tinh", Kind: orgunit.Committee, Name: "Ủy ban nhân dân tỉnh Bà Rịa – Vũng Tàu"},
		{Code: leaderUnit, Kind: orgunit.Department, Name: "Sở Tài nguyên và Môi trường tỉnh Bà Rịa – Vũng Tàu"},
	}
	switch code {
	case leaderUnit:
		return path, nil
	case deskUnit:
		return append(path, orgunit.Unit{Code: code, Kind: orgunit.Desk, Name: "Bộ phận một cửa Sở Tài nguyên và Môi trường"}), nil
	case waterUnit:
		return append(path, orgunit.Unit{Code: code, Kind: orgunit.Division, Name: "Phòng Tài nguyên nước và Khoáng sản"}), nil
	}
	return nil, errs.New(errs.NotFound, "orgunit.error.not-found", nil)
}

func (registry) Lookup(_ context.Context, ids ...string) (map[string]party.Party, error) {
	all := map[string]party.Party{}
	for _, id := range ids {
		if id == "p-an" {
			all[id] = party.Party{ID: "p-an", Name: "Nguyễn Văn An", Number: party.Number{Kind: party.CCCD, Value: "077090000123"}, Phone: "0903123456", Address: "Phường 11, thành phố Vũng Tàu"}
		}
	}
	return all, nil
}

func (registry) Names(_ context.Context, ids ...actor.ID) (map[actor.ID]string, error) {
	names := map[actor.ID]string{}
	for _, id := range ids {
		names[id] = map[actor.ID]string{"mai": "Phạm Thị Mai", "cuong": "Đỗ Văn Cường", "hung": "Lê Hùng", "lan": "Vũ Thị Lan", "thu": "Ngô Thu"}[id]
	}
	return names, nil
}

// office is a world that has papers, files and keys.
type office struct {
	*world
	*dossier.Papers
	files *blob.Store
	root  string // of the files
	keys  document.Keys
}

func newOffice(t *testing.T, d *db.DB) *office {
	t.Helper()
	o := &office{world: newWorld(t, d), root: t.TempDir(), keys: document.Keys(filepath.Join(t.TempDir(), "keys"))}
	words, err := i18n.Load(dossier.Messages)
	if err != nil {
		t.Fatal(err)
	}
	if o.files, err = blob.Open(t.Context(), "file://"+o.root); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.files.Close() })
	o.Papers = dossier.NewPapers(o.Service, dossier.Sources{
		Units: registry{}, Parties: registry{}, People: registry{}, Files: o.files, Signers: o.keys,
		Words: func(key string) string { return words.T(i18n.Vi, key) },
		Base:  "https://motcua.example.gov.vn", Hotline: "0254 3 852 000", Demo: true,
	})
	return o
}

// makeKeys gives the leader and the department their keys.
func (o *office) makeKeys() {
	o.t.Helper()
	for name, subject := range map[string]string{dossier.PersonKey(lan.ID): "Vũ Thị Lan", dossier.AgencyKey(leaderUnit): "Sở Tài nguyên và Môi trường"} {
		if err := o.keys.Make(name, subject, true, at("2022-01-01T00:00")); err != nil {
			o.t.Fatal(err)
		}
	}
}

// stored counts the files.
func (o *office) stored() int {
	o.t.Helper()
	n := 0
	if err := o.files.Keys(o.t.Context(), func(string) error { n++; return nil }); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// bytes returns a kept file.
func (o *office) bytes(a dossier.Attachment) []byte {
	o.t.Helper()
	f, err := o.files.Open(o.t.Context(), a.Blob)
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

// bears reports whether a number was filled into a paper.
func bears(pdf []byte, number string) bool {
	var b []byte
	for _, u := range utf16.Encode([]rune("Số: " + number)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return bytes.Contains(pdf, []byte("/V<feff"+hex.EncodeToString(b)+">"))
}

// read returns the text of a paper.
func read(t *testing.T, pdf []byte) string {
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
	out, err := exec.Command("pdftotext", "-raw", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func TestResultPaper(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o, ctx := newOffice(t, d), t.Context()
		x := o.in(dossier.Approved)
		leader := lan
		leader.Name = "Vũ Thị Lan"

		_, err := o.SignResult(ctx, leader, x.Copy())
		kind(t, "sign without a key", err, errs.Conflict)
		o.makeKeys()
		_, err = o.SignResult(ctx, cuong, x.Copy())
		kind(t, "an officer signs", err, errs.Forbidden)
		_, err = o.SignResult(ctx, stranger, x.Copy())
		kind(t, "another unit signs", err, errs.NotFound)
		_, err = o.SignResult(ctx, leader, dossier.Copy{ID: x.ID, Version: x.Version - 1})
		kind(t, "sign a stale copy", err, errs.Conflict)
		if n := o.stored(); n != 0 {
			t.Errorf("%d files of papers that nobody signed", n)
		}

		x = o.must(o.SignResult(ctx, leader, x.Copy()))
		_, err = o.Result(ctx, an, x.ID)
		kind(t, "the applicant reads what is not sealed", err, errs.NotFound)
		signed, err := o.Result(ctx, thu, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		marks, err := o.Verify(ctx, thu, x.ID)
		if err != nil || len(marks) != 1 || !marks[0].Valid || !marks[0].Whole || marks[0].Name != "Vũ Thị Lan" {
			t.Errorf("signed: %+v, %v", marks, err)
		}
		_, err = o.NumberResult(ctx, leader, x.Copy())
		kind(t, "the leader numbers", err, errs.Forbidden)

		x = o.must(o.NumberResult(ctx, thu, x.Copy()))
		if x.Number != "01/QĐ-STNMT" {
			t.Errorf("numbered %s", x.Number)
		}
		_, err = o.NumberResult(ctx, thu, x.Copy())
		kind(t, "number twice", err, errs.Conflict)
		x = o.must(o.Complete(ctx, thu, x.Copy()))

		sealed, err := o.Result(ctx, an, x.ID)
		if err != nil || sealed.Replaces != signed.ID || sealed.Version != 2 || !sealed.Current {
			t.Fatalf("sealed: %+v, %v", sealed, err)
		}
		marks, err = o.Verify(ctx, an, x.ID)
		if err != nil || len(marks) != 2 || !marks[0].Valid || !marks[1].Valid || !marks[1].Whole || marks[1].Field != "seal" {
			t.Errorf("sealed: %+v, %v", marks, err)
		}
		pdf := o.bytes(sealed)
		if slip, err := o.Slip(ctx, an, x.ID, dossier.ResultSlip); err != nil || !bytes.Equal(slip, pdf) {
			t.Errorf("the result as a slip is not the file that was sealed: %v", err)
		}
		if !bears(pdf, x.Number) || bears(o.bytes(signed), x.Number) {
			t.Error("the number is not where it belongs")
		}
		entries, err := o.Timeline(ctx, thu, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			kind string
			file dossier.Attachment
		}{{"dossier.signed", signed}, {"dossier.numbered", sealed}} {
			i := slices.IndexFunc(entries, func(e dossier.Entry) bool { return e.Kind == want.kind })
			if i < 0 || entries[i].Fact.Attachment != want.file.ID || entries[i].Fact.SHA256 != want.file.SHA256 {
				t.Errorf("%s does not tell of its paper", want.kind)
			}
		}
		text := read(t, pdf)
		for _, want := range []string{
			"Số: 01/QĐ-STNMT", "ngày 04 tháng 7 năm 2022", "Nguyễn Văn An", "077090000123", "Căn cứ Luật Tài nguyên nước năm 2012 (17/2012/QH13)",
			"GIÁM ĐỐC", "BẢN THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ", "Bà Rịa – Vũng Tàu, ngày",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q on the result:\n%s", want, text)
			}
		}

		// What was changed on the disk is not handed out as what was signed.
		file := filepath.Join(o.root, filepath.FromSlash(sealed.Blob))
		if err := os.WriteFile(file, append(pdf, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Verify(ctx, an, x.ID); err == nil {
			t.Error("a changed file was verified")
		}
	})
}

func TestRefusalPaper(t *testing.T) {
	o, ctx := newOffice(t, dbtest.SQLite(t)), t.Context()
	o.makeKeys()
	x := o.must(o.Propose(ctx, cuong, o.process().Copy(), dossier.Proposal{Outcome: dossier.Refuse, Ground: ground("conditions-not-met")}))
	x = o.must(o.Approve(ctx, hung, x.Copy(), ""))
	x = o.must(o.SignResult(ctx, lan, x.Copy()))
	x = o.must(o.NumberResult(ctx, thu, x.Copy()))
	if x.Number != "01/TB-STNMT" {
		t.Errorf("numbered %s", x.Number)
	}
	a, err := o.Result(ctx, thu, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, o.bytes(a))
	for _, want := range []string{"THÔNG BÁO", "từ chối giải quyết hồ sơ", "201/2013/NĐ-CP Điều 22", "Chưa đủ điều kiện theo quy định", "khiếu nại"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the refusal:\n%s", want, text)
		}
	}
}

// TestNumbersAtOnce has several results of one agency numbered in one moment:
// no number is lost, none given twice, and each paper bears its own.
func TestNumbersAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o, ctx := newOffice(t, d), t.Context()
		o.makeKeys()
		const n = 4
		var signed []*dossier.Dossier
		for range n {
			signed = append(signed, o.must(o.SignResult(ctx, lan, o.in(dossier.Approved).Copy())))
		}
		var wg sync.WaitGroup
		numbered := make([]*dossier.Dossier, n)
		for i, x := range signed {
			wg.Go(func() {
				var err error
				if numbered[i], err = o.NumberResult(ctx, thu, x.Copy()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		var got, want []string
		for i, x := range numbered {
			got, want = append(got, x.Number), append(want, fmt.Sprintf("%02d/QĐ-STNMT", i+1))
			a, err := o.Result(ctx, thu, x.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !bears(o.bytes(a), x.Number) {
				t.Errorf("the paper of %s bears another number", x.Number)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("numbers (-want +got):\n%s", diff)
		}
		if files := o.stored(); files != 2*n {
			t.Errorf("%d files, want %d: a paper whose number was taken stayed", files, 2*n)
		}
	})
}

func TestSlips(t *testing.T) {
	o, ctx := newOffice(t, dbtest.SQLite(t)), t.Context()
	late := o.process()
	o.set("2022-08-02T09:00")
	late = o.must(o.IssueApology(ctx, hung, late.Copy(), date("2022-08-12"), "Chờ kết quả đo tại giếng"))
	for _, tt := range []struct {
		form string
		d    *dossier.Dossier
		by   actor.Actor
		want []string
	}{
		{"receipt", o.receive(), an, []string{"Mẫu số 01", "Nguyễn Văn An", "0903123456", "24 ngày làm việc", "Phạm Thị Mai", "Bộ phận một cửa Sở Tài nguyên và Môi trường"}},
		{"supplement", o.in(dossier.WaitingSupplement), an, []string{"Mẫu số 02", "Thiếu bảng quan trắc mực nước", "Bổ sung số liệu 12 tháng gần nhất", "Phạm Thị Mai"}},
		{"not-received", o.in(dossier.NotReceived), an, []string{"Mẫu số 03", "201/2013/NĐ-CP Điều 22", "Chưa đủ điều kiện theo quy định"}},
		{"apology", late, an, []string{"Mẫu số 04", "17 giờ 00 phút, ngày 05/08/2022", "12/08/2022", "Chờ kết quả đo tại giếng", "Lê Hùng"}},
		{"stop", o.in(dossier.Stopped), an, []string{"THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ", "Chưa đủ điều kiện theo quy định"}},
		{"control", o.in(dossier.Done), mai, []string{"Mẫu số 05", "Phòng Tài nguyên nước và Khoáng sản", "Người nhận: Đỗ Văn Cường", "Trước hạn"}},
	} {
		pdf, err := o.Slip(ctx, tt.by, tt.d.ID, tt.form)
		if err != nil {
			t.Errorf("%s: %v", tt.form, err)
			continue
		}
		if again, err := o.Slip(ctx, tt.by, tt.d.ID, tt.form); err != nil || !bytes.Equal(pdf, again) {
			t.Errorf("%s: drawn again it differs: %v", tt.form, err)
		}
		text := read(t, pdf)
		for _, want := range append(tt.want, tt.d.Code) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q:\n%s", tt.form, want, text)
			}
		}
		if strings.Contains(text, "077090000123") {
			t.Errorf("%s: says the identity number", tt.form)
		}
		_, err = o.Slip(ctx, stranger, tt.d.ID, tt.form)
		kind(t, tt.form+" for another unit", err, errs.NotFound)
		_, err = o.Slip(ctx, binh, tt.d.ID, tt.form)
		kind(t, tt.form+" for another citizen", err, errs.NotFound)
	}
	approved := o.in(dossier.Approved)
	draft, err := o.Slip(ctx, hung, approved.ID, dossier.ResultSlip)
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, draft); !strings.Contains(text, "DỰ THẢO – CHƯA KÝ") || !strings.Contains(text, "QUYẾT ĐỊNH") {
		t.Errorf("the draft of a result:\n%s", text)
	}
	_, err = o.Slip(ctx, an, approved.ID, dossier.ResultSlip)
	kind(t, "the applicant reads a draft", err, errs.NotFound)

	x := o.file()
	for _, form := range []string{"receipt", "supplement", "not-received", "apology", "stop", "control", "result", "book", "../x", ""} {
		_, err := o.Slip(ctx, mai, x.ID, form)
		kind(t, "early "+form, err, errs.NotFound)
	}
	_, err = o.Slip(ctx, an, o.receive().ID, "control")
	kind(t, "the control slip for a citizen", err, errs.NotFound)
}

func TestBook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o, ctx := newOffice(t, d), t.Context()
		first := o.receive()
		o.set("2022-07-05T08:00")
		second := o.in(dossier.NotReceived)
		book := func(by actor.Actor, from, to string) (string, error) {
			pdf, err := o.Book(ctx, by, date(from), date(to))
			if err != nil {
				return "", err
			}
			return read(t, pdf), nil
		}
		all, err := book(mai, "2022-07-01", "2022-08-01")
		if err != nil {
			t.Fatal(err)
		}
		// A code is broken after its signs where the column is narrow.
		for _, want := range []string{"Mẫu số 06", "01 " + first.Code[:6], "02 " + second.Code[:6], "Từ ngày 01/07/2022 đến ngày 31/07/2022", "0903123456"} {
			if !strings.Contains(all, want) {
				t.Errorf("no %q in the book:\n%s", want, all)
			}
		}
		later, err := book(mai, "2022-07-05", "2022-07-06")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(later, "01 "+first.Code[:6]) || !strings.Contains(later, "02 "+second.Code[:6]) {
			t.Errorf("a part of the book is numbered anew:\n%s", later)
		}
		if other, err := book(stranger, "2022-07-01", "2022-08-01"); err != nil || strings.Contains(other, "Nguyễn Văn An") {
			t.Errorf("another unit's book: %v\n%s", err, other)
		}
		_, err = book(an, "2022-07-01", "2022-08-01")
		kind(t, "a citizen's book", err, errs.Forbidden)
		_, err = book(mai, "2022-08-01", "2022-07-01")
		kind(t, "a book backwards", err, errs.Invalid)
	})
}
