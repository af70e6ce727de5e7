// Package onestopform lays out the standard forms of the one-stop desk (mẫu
// biểu một cửa): those of circular 01/2018/TT-VPCP article 9, as renumbered and
// added to by 03/2025/TT-VPCP from 15 September 2025, and the paper that tells
// an applicant the result.
//
// Each form is a struct of what it says, whose Paper method says where. Like the
// words that decree 30/2020 prescribes, the words of a legal form exist in
// Vietnamese only and are constants here. The circular's appendix was not at
// hand when they were written: fields follow working templates of a land
// registration branch, and every form says so in small print.
package onestopform

import (
	"fmt"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/worktime"
)

// Kind is one of the standard forms.
type Kind string

// The forms.
const (
	ReceiptForm    Kind = "receipt"      // giấy tiếp nhận hồ sơ và hẹn trả kết quả
	SupplementForm Kind = "supplement"   // phiếu yêu cầu bổ sung, hoàn thiện hồ sơ
	RejectionForm  Kind = "not-received" // phiếu từ chối tiếp nhận giải quyết hồ sơ
	ApologyForm    Kind = "apology"      // phiếu xin lỗi và hẹn lại ngày trả kết quả
	StopForm       Kind = "stop"         // thông báo dừng giải quyết hồ sơ: since 2025
	ControlForm    Kind = "control"      // phiếu kiểm soát quá trình giải quyết hồ sơ
	BookForm       Kind = "book"         // sổ theo dõi hồ sơ
)

// Kinds lists every form.
func Kinds() []Kind {
	return []Kind{ReceiptForm, SupplementForm, RejectionForm, ApologyForm, StopForm, ControlForm, BookForm}
}

// since is the first day of 03/2025/TT-VPCP.
var since = worktime.NewDate(2025, time.September, 15)

// FormNumber returns the number of a form on a day: "01" and so on. It is empty
// for a form there was not yet.
func FormNumber(k Kind, on worktime.Date) string {
	before, after := "", ""
	switch k {
	case ReceiptForm:
		before, after = "01", "01"
	case SupplementForm:
		before, after = "02", "02"
	case RejectionForm:
		before, after = "03", "03"
	case ApologyForm:
		before, after = "04", "04"
	case StopForm:
		after = "05"
	case ControlForm:
		before, after = "05", "06"
	case BookForm:
		before, after = "06", "07"
	}
	if on.Before(since) {
		return before
	}
	return after
}

// Circular names the circular whose forms are in force on a day.
func Circular(on worktime.Date) string {
	if on.Before(since) {
		return "TT 01/2018/TT-VPCP"
	}
	return "TT 03/2025/TT-VPCP"
}

const demoMark = "BẢN THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"

// Head is what stands at the top of every form.
type Head struct {
	Parent string // cơ quan chủ quản
	Agency string // cơ quan, Bộ phận Một cửa
	Place  string // địa danh
	At     time.Time
	Code   string // mã hồ sơ
	Link   string // where the dossier is tracked; the QR code opens it
	Demo   bool   // the paper has no legal value, and says so
}

// slip returns the A5 page that forms 01 to 05 share.
func (h Head) slip(k Kind, symbol, title string) document.Paper {
	p := h.paper(k, document.A5)
	p.Code, p.Link = h.Code, h.Link
	p.Title = title
	if h.Code != "" && symbol != "" {
		p.Number = h.Code + "/" + symbol
	}
	return p
}

func (h Head) paper(k Kind, size document.Size) document.Paper {
	on := worktime.DateOf(h.At)
	p := document.Paper{
		Size:   size,
		Parent: strings.ToUpper(h.Parent),
		Agency: strings.ToUpper(h.Agency),
		Place:  h.Place,
		Issued: h.At,
	}
	if n := FormNumber(k, on); n != "" {
		p.Form = "Mẫu số " + n
		p.Footnote = "Bố cục theo " + Circular(on) + "; phụ lục chưa đối chiếu với bản chính"
	}
	if h.Demo {
		p.Mark = demoMark
	}
	return p
}

// Applicant is who filed (chủ hồ sơ). What is empty keeps its dots, but for the
// identity number, which is left out.
type Applicant struct {
	Name    string
	Number  string // số định danh cá nhân, mã số thuế
	Address string
	Phone   string
	Email   string
}

// fields are the lines about the applicant and what they ask for.
func (a Applicant) fields(label, procedure string) document.Fields {
	f := document.Fields{{Label: label, Value: a.Name}}
	if a.Number != "" {
		f = append(f, document.Field{Label: "Số định danh cá nhân/Mã số thuế", Value: a.Number})
	}
	return append(f,
		document.Field{Label: "Địa chỉ", Value: a.Address},
		document.Field{Label: "Số điện thoại", Value: a.Phone},
		document.Field{Label: "Email", Value: a.Email},
		document.Field{Label: "Nội dung yêu cầu giải quyết", Value: procedure},
	)
}

// moment writes a time as the forms do.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(worktime.Zone)
	return fmt.Sprintf("%02d giờ %02d phút, ngày %s", t.Hour(), t.Minute(), day(t))
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(worktime.Zone)
	return fmt.Sprintf("%02d/%02d/%d", t.Day(), t.Month(), t.Year())
}

func date(d worktime.Date) string {
	if d.IsZero() {
		return ""
	}
	return day(d.Time(12, 0))
}

func byHand(title, name string) document.Signature {
	return document.Signature{Title: title, Note: "(Ký và ghi rõ họ tên)", Name: name, ByHand: true}
}

// Component is one paper of the application (thành phần hồ sơ).
type Component struct {
	Name  string
	Copy  string // bản chính, bản sao…
	Count int
	Files []File // what was uploaded for it
}

// File is an uploaded file, known by its hash.
type File struct {
	Name   string
	SHA256 string
}

// Receipt is the receipt with the day the result is promised for (giấy tiếp
// nhận hồ sơ và hẹn trả kết quả).
type Receipt struct {
	Head
	Applicant
	Desk       string // Bộ phận tiếp nhận và trả kết quả
	Procedure  string
	Components []Component
	Sets       int    // số lượng hồ sơ
	Term       string // thời gian giải quyết theo quy định
	ReceivedAt time.Time
	DueAt      time.Time
	Delivery   string // đăng ký nhận kết quả tại
	Fee        int64  // phí, lệ phí, in đồng
	Secret     string // mã tra cứu; known only when the dossier is filed
	Officer    string
	Hotline    string
}

// Paper lays the receipt out.
func (r Receipt) Paper() document.Paper {
	p := r.slip(ReceiptForm, "TNHS", "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ")
	p.Body = []document.Block{
		append(document.Fields{{Label: "Mã hồ sơ", Value: r.Code}, {Label: "Bộ phận tiếp nhận và trả kết quả", Value: r.Desk}},
			r.fields("Tiếp nhận hồ sơ của", r.Procedure)...),
		document.Heading("1. Thành phần hồ sơ nộp gồm"),
		componentTable(r.Components),
	}
	f := document.Fields{
		{Label: "2. Số lượng hồ sơ", Value: fmt.Sprintf("%02d (bộ)", max(r.Sets, 1))},
		{Label: "3. Thời gian giải quyết hồ sơ theo quy định", Value: r.Term},
		{Label: "4. Thời gian nhận hồ sơ", Value: moment(r.ReceivedAt)},
		{Label: "5. Thời gian trả kết quả giải quyết hồ sơ", Value: moment(r.DueAt)},
		{Label: "6. Đăng ký nhận kết quả tại", Value: r.Delivery},
		{Label: "7. Phí, lệ phí", Value: fee(r.Fee)},
	}
	if r.Secret != "" {
		f = append(f, document.Field{Label: "8. Mã tra cứu (giữ kín)", Value: r.Secret})
	}
	p.Body = append(p.Body, f)
	if t := fileTable(r.Components); len(t.Rows) > 0 {
		p.Body = append(p.Body, document.Heading("Tệp đã nộp"), t)
	}
	if r.Hotline != "" {
		p.Body = append(p.Body, document.Paragraph("Cần hỏi thêm, xin gọi "+r.Hotline+"."))
	}
	p.Signatures = []document.Signature{byHand("NGƯỜI NỘP HỒ SƠ", r.Name), byHand("NGƯỜI TIẾP NHẬN HỒ SƠ", r.Officer)}
	return p
}

func fee(dong int64) string {
	if dong == 0 {
		return "Không thu"
	}
	return i18n.Vi.Dong(dong)
}

func componentTable(all []Component) document.Table {
	t := document.Table{Columns: []document.Column{
		{Title: "STT", Width: 1, Align: document.Center}, {Title: "Tên giấy tờ", Width: 7}, {Title: "Loại", Width: 2.6}, {Title: "Số lượng", Width: 1.6, Align: document.Center},
	}}
	for i, c := range all {
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), c.Name, c.Copy, fmt.Sprint(max(c.Count, 1))})
	}
	return t
}

func fileTable(all []Component) document.Table {
	t := document.Table{Columns: []document.Column{{Title: "Tên tệp", Width: 5}, {Title: "Mã kiểm tra (SHA-256)", Width: 7}}}
	for _, c := range all {
		for _, f := range c.Files {
			t.Rows = append(t.Rows, []string{f.Name, f.SHA256})
		}
	}
	return t
}

// Supplement asks once for everything that is missing, each with how to put it
// right (phiếu yêu cầu bổ sung, hoàn thiện hồ sơ).
type Supplement struct {
	Head
	Applicant
	Procedure string
	Items     []Item
	Reason    string // lý do; empty: as the items say
	Officer   string // người hướng dẫn
	Hotline   string
}

// Item is one thing to put right.
type Item struct {
	Part    string // giấy tờ hoặc mục của tờ khai
	Problem string
	Fix     string
}

// Paper lays the request out.
func (s Supplement) Paper() document.Paper {
	p := s.slip(SupplementForm, "HDHS", "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ")
	t := document.Table{Columns: []document.Column{
		{Title: "STT", Width: 1.3, Align: document.Center}, {Title: "Giấy tờ, nội dung", Width: 4}, {Title: "Lý do", Width: 4}, {Title: "Cách bổ sung, hoàn thiện", Width: 5},
	}}
	for i, item := range s.Items {
		t.Rows = append(t.Rows, []string{fmt.Sprint(i + 1), item.Part, item.Problem, item.Fix})
	}
	reason := s.Reason
	if reason == "" {
		reason = "Hồ sơ chưa đầy đủ, chưa hợp lệ ở những nội dung nêu trên."
	}
	p.Body = []document.Block{
		s.fields("Hồ sơ của", s.Procedure),
		document.Paragraph("Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau:"),
		t,
		document.Fields{{Label: "Lý do", Value: reason}},
		document.Paragraph("Trong quá trình hoàn thiện hồ sơ, nếu có vướng mắc, xin liên hệ " + contact(s.Officer, s.Hotline) + " để được hướng dẫn."),
	}
	p.Signatures = []document.Signature{byHand("NGƯỜI HƯỚNG DẪN", s.Officer)}
	return p
}

func contact(name, phone string) string {
	who := "Bộ phận một cửa"
	if name != "" {
		who = name
	}
	if phone != "" {
		who += ", số điện thoại " + phone
	}
	return who
}

// Rejection says why an application is not received (phiếu từ chối tiếp nhận
// giải quyết hồ sơ).
type Rejection struct {
	Head
	Applicant
	Procedure string
	Reason    string // the coded reason, in words
	Article   string // điều khoản
	Text      string // in particular
	Officer   string
}

// Paper lays the rejection out.
func (r Rejection) Paper() document.Paper {
	p := r.slip(RejectionForm, "TCTN", "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ")
	p.Body = []document.Block{
		r.fields("Hồ sơ của", r.Procedure),
		document.Paragraph("Qua xem xét, Bộ phận một cửa không tiếp nhận, giải quyết hồ sơ này với lý do cụ thể như sau:"),
		reasons(r.Reason, r.Article, r.Text),
		document.Paragraph("Xin thông báo để Ông/Bà, quý tổ chức được biết và thực hiện."),
	}
	p.Signatures = []document.Signature{byHand("NGƯỜI NỘP HỒ SƠ", r.Name), byHand("NGƯỜI TIẾP NHẬN HỒ SƠ", r.Officer)}
	return p
}

// reasons are the lines of a ground; those it has not are left out.
func reasons(reason, article, text string) document.Fields {
	f := document.Fields{{Label: "Lý do", Value: reason}}
	if article != "" {
		f = append(f, document.Field{Label: "Căn cứ", Value: article})
	}
	if text != "" {
		f = append(f, document.Field{Label: "Cụ thể", Value: text})
	}
	return f
}

// Apology says sorry for a late answer and promises another day, once (phiếu
// xin lỗi và hẹn lại ngày trả kết quả; since 2025 văn bản xin lỗi và đề nghị gia
// hạn).
type Apology struct {
	Head
	Applicant
	Procedure  string
	Desk       string
	ReceivedAt time.Time
	DueAt      time.Time     // as promised first
	Until      worktime.Date // as promised now
	Reason     string
	Signer     document.Signature // thủ trưởng
}

// Paper lays the apology out.
func (a Apology) Paper() document.Paper {
	title := "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ"
	if !worktime.DateOf(a.At).Before(since) {
		title = "VĂN BẢN XIN LỖI VÀ ĐỀ NGHỊ GIA HẠN"
	}
	p := a.slip(ApologyForm, "PXL", title)
	p.Body = []document.Block{
		append(a.fields("Kính gửi", a.Procedure), document.Field{Label: "Mã hồ sơ", Value: a.Code}),
		document.Paragraph(fmt.Sprintf("Ngày %s, %s tiếp nhận hồ sơ nêu trên và hẹn trả kết quả vào %s. Tuy nhiên đến nay chưa trả được kết quả đúng thời hạn.",
			day(a.ReceivedAt), a.Desk, moment(a.DueAt))),
		document.Fields{{Label: "Lý do", Value: a.Reason}},
		document.Paragraph("Sự chậm trễ này đã gây phiền hà, tốn kém thời gian, công sức của Ông/Bà, quý tổ chức. Chúng tôi xin chân thành cáo lỗi."),
		document.Fields{{Label: "Thời gian hẹn lại trả kết quả", Value: date(a.Until)}},
		document.Paragraph("Rất mong được sự thông cảm của Ông/Bà, quý tổ chức."),
	}
	p.Signatures = []document.Signature{a.Signer}
	p.Recipients = []string{"Như trên", a.Desk, "Lưu: VT"}
	return p
}

// Stop says that a dossier is no longer handled (thông báo dừng giải quyết hồ
// sơ, 03/2025/TT-VPCP).
type Stop struct {
	Head
	Applicant
	Procedure  string
	Desk       string
	ReceivedAt time.Time
	StoppedAt  time.Time
	Stage      string // bước đang giải quyết
	Reason     string
	Article    string
	Text       string
	Refund     int64 // đồng paid, to be given back
	Signer     document.Signature
}

// Paper lays the notice out.
func (s Stop) Paper() document.Paper {
	p := s.slip(StopForm, "TBD", "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ")
	f := append(s.fields("Kính gửi", s.Procedure),
		document.Field{Label: "Mã hồ sơ", Value: s.Code},
		document.Field{Label: "Thời gian nhận hồ sơ", Value: moment(s.ReceivedAt)},
		document.Field{Label: "Dừng giải quyết từ", Value: moment(s.StoppedAt)},
		document.Field{Label: "Bước đang giải quyết", Value: s.Stage},
	)
	p.Body = []document.Block{f, reasons(s.Reason, s.Article, s.Text)}
	if s.Refund > 0 {
		p.Body = append(p.Body, document.Fields{{Label: "Phí, lệ phí đã nộp được hoàn trả", Value: fee(s.Refund)}})
	}
	p.Signatures = []document.Signature{s.Signer}
	p.Recipients = []string{"Như trên", s.Desk, "Lưu: VT"}
	return p
}

// Control follows a dossier from hand to hand (phiếu kiểm soát quá trình giải
// quyết hồ sơ).
type Control struct {
	Head
	Applicant string
	Procedure string
	Handling  string // cơ quan giải quyết hồ sơ
	Others    string // cơ quan phối hợp
	Moves     []Move
}

// Move is one handing over, and what the receiver made of their time.
type Move struct {
	From, To string // tên cơ quan, bộ phận
	Giver    string
	Taker    string
	GivenAt  time.Time
	TakenAt  time.Time // zero: nobody has taken it on yet
	Result   string    // trước hạn, đúng hạn, quá hạn
	Note     string
}

// Paper lays the slip out.
func (c Control) Paper() document.Paper {
	p := c.slip(ControlForm, "", "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ")
	t := document.Table{Columns: []document.Column{
		{Title: "Tên cơ quan", Width: 4}, {Title: "Thời gian giao, nhận hồ sơ", Width: 6}, {Title: "Kết quả giải quyết (trước hạn/đúng hạn/quá hạn)", Width: 2.8}, {Title: "Ghi chú", Width: 2.4},
	}}
	for _, m := range c.Moves {
		taken := moment(m.TakenAt)
		if taken == "" {
			taken = "….giờ….phút, ngày …../…../…….."
		}
		t.Rows = append(t.Rows, []string{
			fmt.Sprintf("1. Giao: %s\n2. Nhận: %s", m.From, m.To),
			fmt.Sprintf("1. Giao: %s\nNgười giao: %s\n2. Nhận: %s\nNgười nhận: %s", moment(m.GivenAt), m.Giver, taken, m.Taker),
			m.Result, m.Note,
		})
	}
	f := document.Fields{
		{Label: "Mã hồ sơ", Value: c.Code},
		{Label: "Hồ sơ của", Value: c.Applicant},
		{Label: "Nội dung yêu cầu giải quyết", Value: c.Procedure},
		{Label: "Cơ quan (bộ phận) giải quyết hồ sơ", Value: c.Handling},
	}
	if c.Others != "" {
		f = append(f, document.Field{Label: "Cơ quan phối hợp giải quyết hồ sơ", Value: c.Others})
	}
	p.Body = []document.Block{f, t}
	return p
}

// Book is the book of dossiers (sổ theo dõi hồ sơ), numbered from 01 each year
// without gaps (article 10).
type Book struct {
	Head
	From, To worktime.Date // half-open
	Entries  []Entry
}

// Entry is one dossier in the book.
type Entry struct {
	Number     int // in the year
	Code       string
	Procedure  string
	Sets       int
	Applicant  string
	Contact    string // địa chỉ, số điện thoại
	Unit       string // cơ quan chủ trì giải quyết
	ReceivedAt time.Time
	DueAt      time.Time
	HandedAt   time.Time
	Delivery   string
	Note       string
}

// Paper lays the book out: A4 landscape, its header on every page.
func (b Book) Paper() document.Paper {
	p := b.paper(BookForm, document.A4Landscape)
	p.Title = "SỔ THEO DÕI HỒ SƠ"
	p.Abstract = fmt.Sprintf("Từ ngày %s đến ngày %s", date(b.From), date(b.To.AddDays(-1)))
	t := document.Table{Columns: []document.Column{
		{Title: "STT", Width: 1.2, Align: document.Center},
		{Title: "Mã hồ sơ", Width: 2.7},
		{Title: "Tên thủ tục hành chính", Width: 4.4},
		{Title: "Số bộ", Width: 1, Align: document.Center},
		{Title: "Tên cá nhân, tổ chức", Width: 3},
		{Title: "Địa chỉ, số điện thoại", Width: 3.9},
		{Title: "Cơ quan chủ trì giải quyết", Width: 2.8},
		{Title: "Nhận hồ sơ", Width: 2.4, Align: document.Center},
		{Title: "Hẹn trả kết quả", Width: 2.4, Align: document.Center},
		{Title: "Trả kết quả", Width: 2.4, Align: document.Center},
		{Title: "Phương thức nhận kết quả", Width: 2.3},
		{Title: "Ký nhận", Width: 1.4},
		{Title: "Ghi chú", Width: 1.8},
	}}
	for _, e := range b.Entries {
		t.Rows = append(t.Rows, []string{
			fmt.Sprintf("%02d", e.Number), e.Code, e.Procedure, fmt.Sprint(max(e.Sets, 1)), e.Applicant, e.Contact, e.Unit,
			day(e.ReceivedAt), day(e.DueAt), day(e.HandedAt), e.Delivery, "", e.Note,
		})
	}
	p.Body = []document.Block{t}
	return p
}
