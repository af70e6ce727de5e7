// Package document renders official papers (văn bản hành chính) as PDF in the
// layout of Decree 30/2020/NĐ-CP, appendix I, and signs them (ký số).
//
// A [Paper] says what stands on the paper; [Render] decides where. The same
// paper always gives the same bytes, so that a stored hash stays true and a
// signature can be made of a paper drawn again. Text is normalised to NFC,
// because detached accents would be drawn beside their letters.
//
// The words the decree itself prescribes (Quốc hiệu, Tiêu ngữ, "Nơi nhận",
// "TM.", …) are constants here and exist in Vietnamese only: a paper in another
// language would not be the official one.
//
// The package knows nothing of dossiers; the forms of the one-stop desk are in
// onestopform.
package document

import "time"

// Size is the format of the page.
type Size uint8

const (
	A4          Size = iota // the default
	A5                      // receipts and slips
	A4Landscape             // books and wide tables
)

// Paper is what an official paper says. Empty parts are left out.
type Paper struct {
	Size     Size
	Parent   string    // cơ quan chủ quản
	Agency   string    // cơ quan ban hành; underlined
	Number   string    // số, ký hiệu: "12/TB-SNNMT"
	Unissued bool      // number and date are left blank, for [Issue] to fill in
	Place    string    // địa danh: "Bà Rịa"
	Issued   time.Time // the date on the paper, as in Việt Nam; also the PDF's creation date
	Title    string    // tên loại: "THÔNG BÁO"
	Abstract string    // trích yếu
	Form     string    // the form's own name in the upper corner: "Mẫu số 01"
	Code     string    // printed as Code 128 and, unless Link is set, as QR
	Link     string    // what the QR code opens

	Body       []Block
	Signatures []Signature // from left to right
	Seal       bool        // leaves a field for the agency's own signature
	Recipients []string    // nơi nhận
	Footnote   string      // small print at the foot of every page
	Mark       string      // a warning above it, in bold
}

// Authority is the capacity in which somebody signs (Decree 30/2020, article 13).
type Authority string

const (
	Head         Authority = ""     // the head of the agency signs
	OnBehalf     Authority = "TM."  // thay mặt: for a body that decides together
	Deputising   Authority = "KT."  // ký thay: a deputy for the head
	ByOrder      Authority = "TL."  // thừa lệnh: the head of a subordinate unit
	ByDelegation Authority = "TUQ." // thừa ủy quyền: by written delegation
)

// Signature is one signature block. One stands right of the recipients, as the
// decree wants; several share the width, above them. Of carries the
// prefix and names who is signed for; Title is the signer's own: "KT. GIÁM ĐỐC" over "PHÓ GIÁM ĐỐC".
type Signature struct {
	Authority Authority
	Of        string
	Title     string
	Name      string
	Note      string // "(Ký, ghi rõ họ tên)"; for people who sign by hand
	ByHand    bool   // no field for a digital signature
}

// Block is a part of a paper's body: [Ground], [Paragraph], [Heading],
// [Centered], [List], [Fields] or [Table].
type Block interface{ draw(*sheet) }

// Ground is a legal ground (căn cứ), in italics.
type Ground string

// Paragraph is a justified paragraph with its first line indented.
type Paragraph string

// Heading is a bold line.
type Heading string

// Centered is a bold line in the middle: "QUYẾT ĐỊNH:".
type Centered string

// List is a list numbered from 1.
type List []string

// Fields are labels with their values. A field without value keeps its dots, to
// be filled in by hand.
type Fields []Field

// Field is one label and value.
type Field struct{ Label, Value string }

// Table is ruled, and repeats its header on every page.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is a column of a [Table]. Width is its share of the whole.
type Column struct {
	Title string
	Width float64
	Align Align
}

// Align is how a column stands.
type Align uint8

const (
	Left Align = iota
	Center
	Right
)
