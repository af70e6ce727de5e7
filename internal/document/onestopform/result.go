package onestopform

import (
	"strings"
	"time"

	"github.com/motcua/motcua/internal/document"
)

// ResultKind is the kind of paper by which an application is answered (tên loại
// văn bản, decree 30/2020 article 7).
type ResultKind string

// The kinds of result papers.
const (
	Notice       ResultKind = "notice"       // thông báo
	Decision     ResultKind = "decision"     // quyết định
	Confirmation ResultKind = "confirmation" // giấy xác nhận
)

// Title is the kind's name on paper.
func (k ResultKind) Title() string {
	switch k {
	case Decision:
		return "QUYẾT ĐỊNH"
	case Confirmation:
		return "GIẤY XÁC NHẬN"
	}
	return "THÔNG BÁO"
}

// Symbol is the kind's abbreviation in the number of a paper (decree 30/2020,
// appendix III).
func (k ResultKind) Symbol() string {
	switch k {
	case Decision:
		return "QĐ"
	case Confirmation:
		return "GXN"
	}
	return "TB"
}

// Result is the answer to an application (văn bản trả kết quả): granted, or
// refused on the merits with the article it rests on. It leaves fields for the
// leader's signature and the agency's seal, and for number and date, which the
// records officer gives last.
type Result struct {
	Head
	Applicant
	Kind       ResultKind
	Grounds    []string // căn cứ pháp lý
	Procedure  string
	ReceivedAt time.Time
	Named      string // what is granted: giấy phép khai thác nước dưới đất
	Granted    bool
	Reason     string // of a refusal
	Article    string
	Text       string // what the officer who proposed it adds
	Facts      []Fact // from the application
	Handling   string // unit that appraised
	Signer     document.Signature
}

// Fact is something the application says that the answer repeats.
type Fact struct{ Label, Value string }

// Paper lays the result out on A4.
func (r Result) Paper() document.Paper {
	p := r.paper("", document.A4)
	p.Unissued, p.Seal = true, true
	kind, about := r.Kind, "Về việc giải quyết thủ tục hành chính: "
	if !r.Granted {
		kind, about = Notice, "Về việc từ chối giải quyết hồ sơ: "
	}
	p.Title = kind.Title()
	p.Abstract = about + r.Procedure
	if kind == Decision {
		p.Body = append(p.Body, document.Centered(r.decider()))
	}
	for _, g := range r.Grounds {
		p.Body = append(p.Body, document.Ground("Căn cứ "+strings.TrimRight(g, ";. ")+";"))
	}
	p.Body = append(p.Body, document.Ground("Xét hồ sơ mã số "+r.Code+" tiếp nhận ngày "+day(r.ReceivedAt)+" và đề nghị của "+r.Handling+","))
	if kind == Decision {
		p.Body = append(p.Body, r.articles()...)
	} else {
		p.Body = append(p.Body, r.announcement()...)
	}
	p.Signatures = []document.Signature{r.Signer}
	p.Recipients = []string{r.Name, r.Handling, "Bộ phận một cửa (để trả kết quả)", "Lưu: VT, hồ sơ"}
	return p
}

// decider is whose decision it is, whoever signs for them.
func (r Result) decider() string {
	office := r.Signer.Of
	if office == "" {
		office = r.Signer.Title
	}
	return strings.ToUpper(office + " " + r.Agency)
}

// articles are the operative part of a decision.
func (r Result) articles() []document.Block {
	return []document.Block{
		document.Centered("QUYẾT ĐỊNH:"),
		document.Paragraph("Điều 1. Đồng ý giải quyết yêu cầu của tổ chức, cá nhân sau đây:"),
		r.about(),
		document.Paragraph(join("Điều 2.", r.what(), r.Text)),
		document.Paragraph("Điều 3. Quyết định này có hiệu lực kể từ ngày ký. Tổ chức, cá nhân có tên tại Điều 1 và " + r.Handling + " chịu trách nhiệm thi hành Quyết định này."),
	}
}

// announcement is the body of a notice or a confirmation.
func (r Result) announcement() []document.Block {
	if r.Granted {
		verb := "thông báo kết quả giải quyết hồ sơ của:"
		if r.Kind == Confirmation {
			verb = "xác nhận:"
		}
		return []document.Block{document.Paragraph(r.Agency + " " + verb), r.about(), document.Paragraph(join(r.what(), r.Text))}
	}
	return []document.Block{
		document.Paragraph(r.Agency + " thông báo từ chối giải quyết hồ sơ của:"),
		r.about(),
		reasons(r.Reason, r.Article, r.Text),
		document.Paragraph("Nếu không đồng ý, Ông/Bà, quý tổ chức có quyền khiếu nại đến người ký văn bản này trong thời hạn 90 ngày kể từ ngày nhận được, hoặc khởi kiện tại Tòa án theo quy định của pháp luật."),
	}
}

func (r Result) about() document.Fields {
	f := document.Fields{{Label: "Tên tổ chức, cá nhân", Value: r.Name}}
	if r.Number != "" {
		f = append(f, document.Field{Label: "Số định danh cá nhân/Mã số thuế", Value: r.Number})
	}
	if r.Address != "" {
		f = append(f, document.Field{Label: "Địa chỉ", Value: r.Address})
	}
	for _, fact := range r.Facts {
		f = append(f, document.Field(fact))
	}
	return f
}

func (r Result) what() string {
	if r.Named == "" {
		return "Hồ sơ đủ điều kiện theo quy định và được giải quyết."
	}
	return "Hồ sơ đủ điều kiện theo quy định. Kết quả: " + r.Named + "."
}

func join(parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, " ")
}
