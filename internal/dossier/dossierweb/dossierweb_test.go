package dossierweb_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/dossier/dossierweb"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/web/webtest"
	"github.com/motcua/motcua/internal/worktime"
)

// TestJourney is an application without scripts, from the catalogue to the
// confirmation.
func TestJourney(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := newWorld(t, d).as(an)
		start := b.page(b.get("/dossiers/new?procedure="+string(transfer)), 200,
			"Sang tên sổ đỏ", "7 ngày làm việc", "Từ 266.000 đồng đến 560.500 đồng", "khi: Mua bán (chuyển nhượng)", "Cho tôi: Nguyễn Văn An", "=Công ty Hải Sản", "64 KB")
		b.page(b.post("/dossiers/new", fill(start, "party", "p-an")), 422, `href="#applicant_kind"`)
		home := b.leads(b.post("/dossiers/new", fill(start, "party", "p-an", "applicant_kind", "individual")))
		b.page(b.get(home), 200, "Đã lập bản nháp", "Đã xong", "Chưa làm", "Còn thiếu 1 giấy tờ", "Chưa thể làm")

		page := b.page(b.get(home+"/form/1"), 200, "Phần 1 trên 6")
		b.page(b.post(home+"/form/1", fill(page, "q-nguoi_nop", "ben_nhan")), 422, `href="#q-hinh_thuc"`, `value="ben_nhan" checked`)
		if got := b.dossier(home).Answers["nguoi_nop"].Text(); got != "ben_nhan" {
			t.Errorf("a page with faults saved %q", got)
		}
		page = b.page(b.get(home+"/form/1"), 200, `value="ben_nhan" checked`)
		if to := b.leads(b.post(home+"/form/1", fill(page, "q-nguoi_nop", "ben_nhan", "q-hinh_thuc", "chuyen_nhuong", "then", "later"))); to != home {
			t.Errorf("go on later leads to %s", to)
		}
		// An answer opens a question of the same page: it comes back without reproach.
		page = b.page(b.get(home+"/form/2"), 200)
		typed := []string{"q-nhan_ten", "Nguyễn Văn An", "q-nhan_giay_to", "cccd", "q-nhan_dia_chi", "12 Lê Lợi"}
		if to := b.leads(b.post(home+"/form/2", fill(page, typed...))); to != home+"/form/2" {
			t.Errorf("a page that asks more leads to %s", to)
		}
		page = b.page(b.get(home+"/form/2"), 200, "hãy trả lời các câu mới", `id="q-nhan_cccd"`)
		b.page(b.post(home+"/form/2", fill(page, append(typed, "q-nhan_cccd", "123")...)), 422, "Số căn cước có đúng 12 chữ số", `value="123"`)
		page = b.page(b.get(home+"/form/2"), 200)
		b.leads(b.post(home+"/form/2", fill(page, append(typed, "q-nhan_cccd", "077090001234")...)))
		for i, typed := range pages()[2:] {
			address := home + "/form/" + string(rune('3'+i))
			if to := b.leads(b.post(address, fill(b.page(b.get(address), 200), typed...))); to == address {
				b.leads(b.post(address, fill(b.page(b.get(address), 200), typed...)))
			}
		}

		b.page(b.get(home+"/check"), 200, "còn thiếu", "Hợp đồng chuyển nhượng")
		b.page(b.get(home+"/documents"), 200, "Mỗi tệp tối đa 64 KB", `data-upload="`+home+`/documents/hop-dong"`)
		first, second := photo(t), photo(t)
		b.page(b.upload(home+"/documents", url.Values{"then": {"next"}},
			sent{"file-hop-dong", "trang <1>.jpg", first}, sent{"file-hop-dong", "trang 2.jpg", "MZ không phải ảnh"}, sent{"file-hop-dong", "../../trang 3.png", second}),
			422, "trang _1_.jpg", "trang 3.png.jpg", `href="#file-hop-dong"`, "Chỉ nhận tệp PDF")
		if to := b.leads(b.upload(home+"/documents", url.Values{"then": {"next"}})); to != home+"/delivery" {
			t.Errorf("the documents lead to %s", to)
		}
		page = b.page(b.get(home+"/delivery"), 200, `value="pick_up" checked`)
		if to := b.leads(b.post(home+"/delivery", fill(page, "delivery", "post"))); to != home {
			t.Errorf("the delivery leads to %s", to)
		}
		b.page(b.get(home), 200, "Sẵn sàng nộp", "Qua bưu chính")

		page = b.page(b.get(home+"/check"), 200, "Nguyễn Văn An", "1.500.000.000", "20/06/2022", "120,5", "266.000", "17:00, 13/07/2022", home+"/form/3?from=check#q-gia", "trang _1_.jpg")
		b.page(b.post(home+"/file", fill(page)), 422, `href="#declared"`)
		filing := fill(page, "declared", "true")
		if to := b.leads(b.post(home+"/file", filing)); to != home+"/filed" {
			t.Fatalf("filing leads to %s", to)
		}
		got := b.dossier(home)
		if got.State != dossier.Filed || got.Delivery != dossier.ByPost || got.Charge != 266000 {
			t.Errorf("filed as %s, %s, %d", got.State, got.Delivery, got.Charge)
		}
		secret := b.cookies["motcua_secret"].Value
		b.page(b.get(home+"/filed"), 200, got.Code, secret, "data:image/png;base64,", "https://motcua.test/track?code="+got.Code, "trang _1_.jpg", "SHA-256")
		delete(b.cookies, "motcua_secret")
		if page := b.page(b.get(home+"/filed"), 200, "Lấy mã tra cứu mới"); strings.Contains(page, secret) {
			t.Error("the secret is shown to who has not just filed")
		}
		// Pressed twice, it is one dossier.
		if to := b.leads(b.post(home+"/file", filing)); to != home+"/filed" {
			t.Errorf("the second press leads to %s", to)
		}
		b.leads(b.post(home+"/file", fill(page, "declared", "true", "key", "another")))
		b.page(b.get(home), 200, got.Code, "Chờ tiếp nhận", "Bộ phận Một cửa", "Đã nộp hồ sơ", "Bạn")
		for _, address := range []string{"/form/1", "/documents", "/delivery", "/check"} {
			if to := b.leads(b.get(home + address)); to != home {
				t.Errorf("%s of a filed dossier leads to %s", address, to)
			}
		}
		b.page(b.get("/dossiers"), 200, "Sang tên sổ đỏ", "Chờ tiếp nhận")

		stranger := b.as(actor.Actor{})
		b.page(stranger.post("/track", url.Values{"code": {got.Code}}), 200, "Nhập thêm mã tra cứu")
		b.page(stranger.post("/track", url.Values{"code": {got.Code}, "secret": {secret}}), 200, "Sang tên sổ đỏ", "Chờ tiếp nhận")
	})
}

func TestEnglish(t *testing.T) {
	b := newWorld(t, dbtest.SQLite(t)).as(an)
	b.lang = "en"
	home := b.leads(b.post("/dossiers/new", url.Values{"procedure": {string(transfer)}, "applicant_kind": {"individual"}}))
	b.page(b.get(home), 200, "Prepare the dossier", "What you need", "Not started")
	b.page(b.get(home+"/form/1"), 200, "How did you come by the property?")
	b.page(b.get(home+"/documents"), 200, "Contract of sale")
}

// TestOthers: what is another's does not exist.
func TestOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.as(an)
		draft := b.draft()
		filed := b.draft()
		b.fileAt(filed)
		files, err := b.Attachments(t.Context(), an, b.dossier(filed).ID)
		if err != nil {
			t.Fatal(err)
		}
		other := w.as(binh)
		for _, home := range []string{draft, filed} {
			for _, page := range []string{"", "/form/1", "/documents", "/delivery", "/check", "/filed", "/clock", "/supplement", "/withdraw", "/files/" + files[0].ID} {
				if a := other.get(home + page); a.Code != http.StatusNotFound {
					t.Errorf("another gets %s: %d", page, a.Code)
				}
			}
			for _, act := range []string{"/form/1", "/form/1/save", "/documents", "/documents/hop-dong", "/documents/hop-dong/reuse", "/files/" + files[0].ID + "/remove", "/delivery", "/secret", "/supplement", "/withdraw", "/rate"} {
				if a := other.post(home+act, url.Values{"version": {"1"}, "delivery": {"post"}, "stars": {"1"}}); a.Code != http.StatusNotFound {
					t.Errorf("another posts %s: %d", act, a.Code)
				}
			}
			if a := other.post(home+"/file", url.Values{"version": {"7"}, "declared": {"true"}, "key": {"k"}}); a.Code != http.StatusNotFound {
				t.Errorf("another files it: %d", a.Code)
			}
		}
		if page := other.get("/dossiers").Body; strings.Contains(page, "/dossiers/0") || !strings.Contains(page, "mc-empty") {
			t.Error("another's list is not empty")
		}
		if a := w.as(actor.Actor{}).get(filed); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in") {
			t.Errorf("a stranger gets %d to %q", a.Code, a.Location)
		}
		if a := w.as(clerk).get(filed); a.Code != http.StatusForbidden {
			t.Errorf("an officer reads it as an applicant: %d", a.Code)
		}
		if a := w.as(binh).post("/dossiers/new", url.Values{"procedure": {string(transfer)}, "party": {"p-an"}, "applicant_kind": {"individual"}}); a.Code != http.StatusForbidden {
			t.Errorf("another files in An's name: %d", a.Code)
		}
	})
}

// TestStale: two windows on one draft.
func TestStale(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := newWorld(t, d).as(an)
		home := b.draft()
		address := home + "/form/5"
		one, two := b.get(address).Body, b.get(address).Body
		b.leads(b.post(address, fill(one, "q-so_phat_hanh", "CS 999999", "q-the_chap", "khong")))
		page := b.page(b.post(address, fill(two, "q-so_phat_hanh", "AB 111111", "q-the_chap", "khong")), 409, `value="AB 111111"`, "CS 999999", "Hồ sơ đã thay đổi")
		if got := b.dossier(home).Answers["so_phat_hanh"].Text(); got != "CS 999999" {
			t.Errorf("the stale copy was saved: %s", got)
		}
		b.leads(b.post(address, fill(page, "q-so_phat_hanh", "AB 111111", "q-the_chap", "khong")))
		if got := b.dossier(home).Answers["so_phat_hanh"].Text(); got != "AB 111111" {
			t.Errorf("sent again it is %s", got)
		}
		// A summary that is out of date is not filed unread.
		b.leads(b.upload(home+"/documents", url.Values{"then": {"next"}}, sent{"file-hop-dong", "a.jpg", photo(t)}))
		check, delivery := b.get(home+"/check").Body, b.get(home+"/delivery").Body
		b.leads(b.post(home+"/delivery", fill(delivery, "delivery", "online")))
		b.page(b.post(home+"/file", fill(check, "declared", "true")), 409, "Hồ sơ đã thay đổi", "Bản điện tử")
		b.page(b.post(home+"/delivery", fill(delivery, "delivery", "post")), 409, "Hồ sơ đã thay đổi", `value="post" checked`)
		// Filed meanwhile, what was typed is still there to be copied.
		stale := b.get(address).Body
		check = b.get(home + "/check").Body
		b.leads(b.post(home+"/file", fill(check, "declared", "true")))
		b.page(b.post(address, fill(stale, "q-so_phat_hanh", "XY 222222", "q-the_chap", "co")), 409, "XY 222222", "không sửa được nữa")
	})
}

// TestAutosave: what a page saves by itself does not make it stale.
func TestAutosave(t *testing.T) {
	b := newWorld(t, dbtest.SQLite(t)).as(an)
	home := b.draft()
	address := home + "/form/5"
	page, other := b.get(address).Body, b.get(address).Body
	for _, typed := range []string{"C", "CS", "CS 5"} {
		if a := b.post(address+"/save", fill(page, "q-so_phat_hanh", typed, "q-the_chap", "khong")); a.Code != http.StatusNoContent {
			t.Fatalf("autosave: %d %s", a.Code, a.Body)
		}
	}
	if got := b.dossier(home).Answers["so_phat_hanh"].Text(); got != "CS 5" {
		t.Errorf("saved %q", got)
	}
	if a := b.post(address+"/save", fill(other, "q-so_phat_hanh", "X", "q-the_chap", "khong")); a.Code != http.StatusConflict || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("another window saves over it: %d", a.Code)
	}
	b.leads(b.post(address, fill(page, "q-so_phat_hanh", "CS 555555", "q-the_chap", "khong")))
}

func TestUploads(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.as(an)
		home := b.draft()
		script := home + "/documents/hop-dong"
		picture := photo(t)
		a := b.upload(script, nil, sent{"file-hop-dong", "ảnh.jpg", picture})
		var kept struct{ Name, Size, Href, Remove string }
		if err := json.Unmarshal([]byte(a.Body), &kept); err != nil || a.Code != http.StatusCreated || kept.Name != "ảnh.jpg" || kept.Size == "" {
			t.Fatalf("a script's upload: %d %s", a.Code, a.Body)
		}
		got := b.get(kept.Href)
		if got.Body != picture || got.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("download: %d %v", got.Code, got.Header)
		}
		for _, tt := range []struct{ name, file, body, want string }{
			{"polyglot", "x.jpg", picture + "PK\x03\x04" + strings.Repeat("z", 200), "media.error."},
			{"program", "x.pdf", "MZ\x90", "media.error.type"},
			{"script", "x.pdf", "%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF", "media.error."},
			{"empty", "x.pdf", "", "media.error.empty"},
			{"large", "x.jpg", strings.Repeat("\xff\xd8\xff", 40<<10), "media.error.size"},
			{"twice", "y.jpg", picture, "dossier.error.file-twice"},
			{"of no component", "z.jpg", photo(t), "dossier.error.component"},
		} {
			address := script
			if tt.name == "of no component" {
				address = home + "/documents/nothing"
			}
			a := b.upload(address, nil, sent{"file-hop-dong", tt.file, tt.body})
			if a.Code != http.StatusUnprocessableEntity || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.Body, tt.want) {
				t.Errorf("%s: %d %s", tt.name, a.Code, a.Body)
			}
		}
		for range w.limits.Count - 1 {
			if a := b.upload(script, nil, sent{"file-hop-dong", "p.jpg", photo(t)}); a.Code != http.StatusCreated {
				t.Fatalf("upload: %d %s", a.Code, a.Body)
			}
		}
		b.page(b.upload(home+"/documents", nil, sent{"file-to-khai-thue", "sáu.jpg", photo(t)}), 422, "sáu.jpg", "5 tệp")
		if to := b.leads(b.post(kept.Remove, nil)); to != home+"/documents" {
			t.Errorf("remove leads to %s", to)
		}
		if a := b.get(kept.Href); a.Code != http.StatusNotFound {
			t.Errorf("a removed file is sent: %d", a.Code)
		}
		b.leads(b.upload(home+"/documents", nil, sent{"file-to-khai-thue", "sáu.jpg", photo(t)}))
		// A body that ends early leaves what came before it.
		r := httptest.NewRequest("POST", home+"/documents", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file-hop-dong\"; filename=\"a.jpg\"\r\n\r\nabc"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		if a := b.send(r); a.Code == http.StatusSeeOther || a.Code == http.StatusOK {
			t.Errorf("a broken upload: %d", a.Code)
		}
	})
}

// process brings the dossier at home into the hands of an officer.
func (b *browser) process(home string) *dossier.Dossier {
	b.t.Helper()
	ctx := b.t.Context()
	d := b.must(b.Receive(ctx, desk, b.dossier(home).Copy()))
	d = b.must(b.Forward(ctx, desk, d.Copy()))
	return b.must(b.TakeOn(ctx, clerk, d.Copy()))
}

func TestSupplement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.as(an)
		home := b.draft()
		b.fileAt(home)
		if to := b.leads(b.get(home + "/supplement")); to != home {
			t.Errorf("nothing is asked for, and the page leads to %s", to)
		}
		ctx := t.Context()
		w.set(time.Date(2022, 7, 6, 8, 0, 0, 0, worktime.Zone))
		dd := b.process(home)
		dd = b.must(b.ProposeSupplement(ctx, clerk, dd.Copy(), []dossier.Item{
			{Component: "hop-dong", Problem: "Ảnh mờ trang 2", Fix: "Chụp lại trang 2"},
			{Field: "dien_tich", Problem: "Sai diện tích", Fix: "Ghi theo sổ đỏ"},
		}, ""))
		b.must(b.RelaySupplement(ctx, desk, dd.Copy(), dd.Supplement))
		b.page(b.get(home), 200, "Xem và bổ sung", "Cần bổ sung", "Tạm dừng", "Có 2 mục cần bổ sung")
		b.page(b.get("/dossiers?state=yours"), 200, "Đến lượt bạn")
		address := home + "/supplement"
		page := b.page(b.get(address), 200, "Ảnh mờ trang 2", "Ghi theo sổ đỏ", `id="q-dien_tich"`, `value="120,5"`)
		b.page(b.upload(address, fill(page, "q-dien_tich", "một trăm", "then", "send")), 422, `href="#file-hop-dong"`, `href="#q-dien_tich"`, `value="một trăm"`)
		b.page(b.upload(address, fill(page, "q-dien_tich", "119", "then", "upload"), sent{"file-hop-dong", "trang 2.jpg", photo(t)}, sent{"file-hop-dong", "x.exe", "MZ"}), 422, "trang 2.jpg", `value="119"`, "x.exe")
		if to := b.leads(b.upload(address, fill(page, "q-dien_tich", "119", "then", "send"))); to != home {
			t.Errorf("sent, it leads to %s", to)
		}
		got := b.dossier(home)
		if got.State != dossier.InProcessing || got.Answers["dien_tich"].String() != "119" {
			t.Errorf("answered: %s, %s", got.State, got.Answers["dien_tich"])
		}
		b.page(b.get(home), 200, "Đã bổ sung hồ sơ", "trang 2.jpg")
		b.page(b.get(home+"/clock"), 200, "Chờ bạn bổ sung", "Không tính", "19.4", "Hạn giải quyết")
		if a := b.upload(address, fill(page, "then", "send")); a.Code != http.StatusConflict {
			t.Errorf("sent again: %d", a.Code)
		}
	})
}

func TestClock(t *testing.T) {
	b := newWorld(t, dbtest.SQLite(t)).as(an)
	home := b.draft()
	b.fileAt(home)
	b.page(b.get(home+"/clock"), 200, "Thời hạn bắt đầu tính khi")
	b.process(home)
	for _, lang := range i18n.Langs {
		b.lang = string(lang)
		page := b.page(b.get(home+"/clock"), 200, map[i18n.Lang]string{i18n.Vi: "không tính ngày tiếp nhận", i18n.En: "working days"}[lang])
		if strings.Contains(page, "worktime.") || strings.Contains(page, "map[") {
			t.Error("the count is not in words")
		}
	}
}

func TestWithdraw(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := newWorld(t, d).as(an)
		home := b.draft()
		b.fileAt(home)
		page := b.page(b.get(home+"/withdraw"), 200, b.dossier(home).Code)
		b.process(home)
		page = b.page(b.post(home+"/withdraw", fill(page, "why", "Đổi ý")), 409, "Đổi ý</textarea>", "Hồ sơ được tiếp nhận")
		if to := b.leads(b.post(home+"/withdraw", fill(page, "why", "Đổi ý"))); to != home {
			t.Errorf("withdrawn, it leads to %s", to)
		}
		b.page(b.get(home), 200, "Đã rút", "Đổi ý")
		if to := b.leads(b.get(home + "/withdraw")); to != home {
			t.Errorf("withdrawn twice: %s", to)
		}
	})
}

func TestResult(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.as(an)
		home := b.draft()
		b.fileAt(home)
		ctx := t.Context()
		dd := b.process(home)
		dd = b.must(b.RequestPayment(ctx, clerk, dd.Copy(), 0, ""))
		b.page(b.get(home), 200, "Hãy nộp 266.000 đồng tại Bộ phận Một cửa", "Chờ nộp tiền")
		b.must(b.Stop(ctx, head, dd.Copy(), dossier.Ground{Reason: "no-answer", Article: "61/2018/NĐ-CP Điều 19", Text: "Quá hạn nộp tiền"}))
		b.page(b.get(home), 200, "Dừng giải quyết", "Quá hạn nộp tiền", "61/2018/NĐ-CP", `id="stars"`)
		b.page(b.post(home+"/rate", url.Values{"comment": {"Chưa rõ"}}), 422, `href="#stars"`, "Chưa rõ</textarea>")
		b.leads(b.post(home+"/rate", url.Values{"stars": {"2"}, "comment": {"Chưa rõ"}}))
		if got := b.dossier(home).Rating; got != 2 {
			t.Errorf("rated %d", got)
		}
		if page := b.page(b.get(home), 200, "Cảm ơn"); strings.Contains(page, `id="stars"`) {
			t.Error("it can be rated twice")
		}
	})
}

// TestReuse: a result is downloaded, and stands for a paper of the next
// application.
func TestReuse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b, ctx := w.as(an), t.Context()
		home := b.draft()
		b.fileAt(home)
		dd := b.process(home)
		paper := photo(t)
		a, err := w.uploads.Put(ctx, clerk, dd.Copy(), "", "giấy chứng nhận.jpg", strings.NewReader(paper))
		if err != nil {
			t.Fatal(err)
		}
		result := home + "/files/" + a.ID
		if got := b.get(result); got.Code != http.StatusNotFound {
			t.Errorf("a result is downloaded before there is one: %d", got.Code)
		}
		dd = b.must(b.Propose(ctx, clerk, dd.Copy(), dossier.Proposal{Outcome: dossier.Grant}))
		dd = b.must(b.Approve(ctx, head, dd.Copy(), ""))
		dd = b.must(b.Sign(ctx, webtest.Staff("lan", actor.Leader, dd.Unit), dd.Copy()))
		records := webtest.Staff("thu", actor.RecordsOfficer, dd.Unit)
		dd = b.must(b.IssueNumber(ctx, records, dd.Copy(), "XN-VPDK"))
		b.must(b.Complete(ctx, records, dd.Copy()))
		b.page(b.get(home), 200, "Đã có kết quả", "Tải về: giấy chứng nhận.jpg", `id="stars"`)
		if got := b.get(result); got.Body != paper {
			t.Errorf("download: %d", got.Code)
		}

		next := b.leads(b.post("/dossiers/new", url.Values{"procedure": {string(transfer)}, "party": {"p-an"}, "applicant_kind": {"individual"}}))
		b.page(b.get(next+"/documents"), 200, "Dùng lại kết quả đã có", "giấy chứng nhận.jpg, hồ sơ "+dd.Code)
		use := next + "/documents/giay-chung-nhan/reuse"
		for range 2 { // pressed twice
			b.leads(b.post(use, url.Values{"paper": {string(dd.ID) + "/" + a.ID}}))
		}
		if files, err := b.Attachments(ctx, an, dossier.ID(strings.TrimPrefix(next, "/dossiers/"))); err != nil || len(files) != 1 || files[0].SHA256 != a.SHA256 {
			t.Errorf("reused: %v, %v", files, err)
		}
		if got := b.post(use, url.Values{"paper": {string(dd.ID) + "/another"}}); got.Code != http.StatusNotFound {
			t.Errorf("a paper that is not offered: %d", got.Code)
		}
	})
}

func TestSecret(t *testing.T) {
	b := newWorld(t, dbtest.SQLite(t)).as(an)
	home := b.draft()
	b.fileAt(home)
	old, code := b.cookies["motcua_secret"].Value, b.dossier(home).Code
	b.leads(b.post(home+"/secret", nil))
	b.page(b.get(home+"/filed"), 200, b.cookies["motcua_secret"].Value)
	unknown := mainOf(b.post("/track", url.Values{"code": {"000.00.00.H06-220704-9999"}, "secret": {old}}).Body)
	a := b.post("/track", url.Values{"code": {code}, "secret": {old}})
	if wrong := strings.ReplaceAll(mainOf(a.Body), code, "000.00.00.H06-220704-9999"); a.Code != http.StatusNotFound || wrong != unknown {
		t.Errorf("a wrong secret is answered otherwise than an unknown code:\n%s\n%s", wrong, unknown)
	}
	b.page(b.post("/track", nil), 422, `href="#code"`)
	b.page(b.get("/track?code="+code+"&secret=x"), 200, `value="`+code+`"`)
}

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := w.as(an)
		for range 23 {
			_, err := w.Start(t.Context(), an, dossier.NewDossier{Procedure: transfer, Party: "p-cty", ApplicantKind: procedure.Organisation})
			if err != nil {
				t.Fatal(err)
			}
		}
		home := b.draft()
		b.fileAt(home)
		page := b.page(b.get("/dossiers"), 200, "Chờ tiếp nhận", `rel="next"`, `/dossiers/export`)
		_, rest, _ := strings.Cut(page, `href="/dossiers?after=`)
		cursor, _, _ := strings.Cut(rest, `"`)
		if n := strings.Count(b.page(b.get("/dossiers?after="+strings.ReplaceAll(cursor, "&amp;", "&")), 200), `href="/dossiers/0`); n != 4 {
			t.Errorf("%d on the second page, want 4", n)
		}
		if page := b.page(b.get("/dossiers?state=running"), 200, home); strings.Count(page, `href="/dossiers/0`) != 1 {
			t.Error("the filter by state lets others through")
		}
		b.page(b.get("/dossiers?q=khongco"), 200, "Không có hồ sơ nào khớp", `href="/dossiers"`)
		a := b.get("/dossiers/export")
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") || strings.Count(a.Body, "\n") != 25 || !strings.HasPrefix(a.Body, "\ufeff") {
			t.Errorf("export: %d lines, %v", strings.Count(a.Body, "\n"), a.Header)
		}
		if empty := w.as(binh).get("/dossiers/export"); strings.Count(empty.Body, "\n") != 1 {
			t.Errorf("another's export: %s", empty.Body)
		}
	})
}

// TestRoutes: every address asks for a permission, and those that take files are
// bounded.
func TestRoutes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	known := map[string]bool{}
	for _, r := range w.site.Routes() {
		known[r.Pattern] = true
		if public := strings.HasSuffix(r.Pattern, " /track"); public != (r.Permission == actor.Public) {
			t.Errorf("%s asks for %s", r.Pattern, r.Permission)
		}
	}
	for pattern := range dossierweb.Limits(w.limits) {
		if !known[pattern] {
			t.Errorf("a limit for %s, which is no address", pattern)
		}
	}
}

func TestMessages(t *testing.T) {
	b, err := i18n.Load(web.Messages, dossierweb.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range b.Check() {
		t.Error(fault)
	}
	for _, lang := range i18n.Langs {
		for _, s := range dossier.States() {
			for _, kind := range []string{"state", "next"} {
				if key := "dossier.citizen." + kind + "." + string(s); (kind == "state" || s != dossier.Draft) && !b.Has(lang, key) {
					t.Errorf("%s has no %s", lang, key)
				}
			}
		}
	}
}
