package document

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"
)

// zone is Việt Nam's: without summer time since 1975, and needed without a time
// zone database.
var zone = time.FixedZone("+07", 7*60*60)

const (
	country = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
	motto   = "Độc lập - Tự do - Hạnh phúc"

	family  = "serif" // Liberation Serif, of the metrics of Times New Roman
	point   = 25.4 / 72
	leading = 1.22 // line height in multiples of the font size
)

// metrics are the measures of a page in millimetres and points. The decree gives
// margins for A4 (top and bottom 20–25, left 30–35, right 15–20 mm); A5 keeps
// their proportion.
type metrics struct {
	orientation              string
	w, h                     float64
	top, right, bottom, left float64
	country, motto           float64 // font sizes
	agency, number           float64
	title, body, table       float64
	note                     float64 // recipients
	indent                   float64
	agencyShare              float64 // width of the agency's half of the head
	qr                       float64
	room                     float64 // for a signature
}

var sizes = map[Size]metrics{
	A4:          {"P", 210, 297, 20, 15, 20, 30, 12, 13, 12, 13, 14, 13, 11.5, 11, 12.7, 0.42, 22, 22},
	A5:          {"P", 148, 210, 12, 12, 12, 18, 9, 10, 9, 10, 12, 10.5, 9.5, 9, 8, 0.4, 17, 15},
	A4Landscape: {"L", 297, 210, 20, 15, 20, 15, 12, 13, 12, 13, 14, 12, 9.5, 11, 12.7, 0.4, 20, 20},
}

// sheet is a paper being drawn. Y grows downwards; everything is in millimetres
// but font sizes.
type sheet struct {
	metrics
	pdf    *fpdf.Fpdf
	fields []box // to be filled in later
}

// box is an empty field on a page (from 1), measured from the upper left corner:
// of a signature, or of words.
type box struct {
	name       string
	words      bool
	page       int
	x, y, w, h float64
}

// Render draws the paper. A paper that can be signed has an empty signature
// field per signature block, named "signature-1" and so on, and "seal" for the
// agency; see [Sign].
func Render(p Paper) ([]byte, error) {
	s := newSheet(p.Size, p.Issued)
	s.pdf.SetTitle(nfc(p.Title), true)
	s.pdf.SetSubject(nfc(p.Abstract), true)
	s.pdf.SetAuthor(nfc(p.Agency), true)
	s.pdf.SetHeaderFunc(func() { s.pageNumber() })
	s.pdf.SetFooterFunc(func() { s.footnote(p.Mark, p.Footnote) })
	s.pdf.AddPage()
	s.head(p)
	if err := s.codes(p); err != nil {
		return nil, err
	}
	s.heading(p)
	for _, b := range p.Body {
		b.draw(s)
	}
	s.sign(p)

	out, err := s.output()
	if err != nil {
		return nil, fmt.Errorf("render %q: %w", p.Title, err)
	}
	return addFields(out, s.fields, s.h)
}

func newSheet(size Size, at time.Time) *sheet {
	m, ok := sizes[size]
	if !ok {
		m = sizes[A4]
	}
	return &sheet{metrics: m, pdf: newPDF(m.orientation, m.w, m.h, at)}
}

// newPDF returns an empty document whose bytes depend on nothing but its content.
func newPDF(orientation string, w, h float64, at time.Time) *fpdf.Fpdf {
	pdf := fpdf.NewCustom(&fpdf.InitType{OrientationStr: orientation, UnitStr: "mm", Size: fpdf.SizeType{Wd: min(w, h), Ht: max(w, h)}})
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at.In(zone))
	pdf.SetModificationDate(at.In(zone))
	pdf.SetProducer("motcua", false)
	pdf.SetLang("vi")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	pdf.AddUTF8FontFromBytes(family, "", liberationserifregular.TTF)
	pdf.AddUTF8FontFromBytes(family, "B", liberationserifbold.TTF)
	pdf.AddUTF8FontFromBytes(family, "I", liberationserifitalic.TTF)
	pdf.AddUTF8FontFromBytes(family, "BI", liberationserifbolditalic.TTF)
	return pdf
}

func (s *sheet) output() ([]byte, error) {
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func nfc(s string) string { return norm.NFC.String(s) }

func (s *sheet) width() float64       { return s.w - s.left - s.right }
func (s *sheet) y() float64           { return s.pdf.GetY() }
func (s *sheet) move(y float64)       { s.pdf.SetY(y) }
func (s *sheet) space(mm float64)     { s.pdf.SetY(s.y() + mm) }
func lineHeight(size float64) float64 { return size * point * leading }

// need starts a new page unless h more millimetres fit on this one.
func (s *sheet) need(h float64) {
	if s.y()+h > s.h-s.bottom {
		s.pdf.AddPage()
	}
}

// pageNumber stands at the top centre from the second page.
func (s *sheet) pageNumber() {
	if n := s.pdf.PageNo(); n > 1 {
		s.font("", s.body)
		s.text(s.left, s.top-lineHeight(s.body)-1, s.width(), fmt.Sprint(n), Center)
	}
	s.move(s.top)
}

func (s *sheet) footnote(mark, note string) {
	size := s.note - 2
	y := s.h - s.bottom + 1.5
	if mark != "" {
		s.font("B", size)
		s.text(s.left, y, s.width(), nfc(mark), Center)
		y += lineHeight(size)
	}
	if note != "" {
		s.font("I", size)
		s.text(s.left, y, s.width(), nfc(note), Center)
	}
}

func (s *sheet) font(style string, size float64) { s.pdf.SetFont(family, style, size) }

// text draws one line in the current font and returns the width of its ink.
func (s *sheet) text(x, y, w float64, t string, a Align) float64 {
	_, mm := s.pdf.GetFontSize()
	s.pdf.SetXY(x, y)
	s.pdf.CellFormat(w, mm*leading, t, "", 0, [...]string{"L", "C", "R"}[a], false, 0, "")
	return s.pdf.GetStringWidth(t)
}

// column draws a text broken into lines and returns the y below it and the width
// of its last line.
func (s *sheet) column(x, y, w float64, t string, a Align) (below, last float64) {
	_, mm := s.pdf.GetFontSize()
	for _, l := range s.split(nfc(t), w) {
		last = s.text(x, y, w, l, a)
		y += mm * leading
	}
	return y, last
}

// balanced is column with lines of much the same length: the name of an agency
// does not leave its last word alone.
func (s *sheet) balanced(x, y, w float64, t string) (below, last float64) {
	n := len(s.split(nfc(t), w))
	narrow := w
	for narrow > w/3 && len(s.split(nfc(t), narrow-1)) == n {
		narrow--
	}
	return s.column(x+(w-narrow)/2, y, narrow, t, Center)
}

// shrink sets the largest font, up to size, in which the text fits on one line.
func (s *sheet) shrink(style string, size float64, t string, w float64) {
	for s.font(style, size); size > 6 && s.pdf.GetStringWidth(t) > w; s.font(style, size) {
		size -= 0.25
	}
}

// split breaks a text at spaces, and inside a word only when the word alone is
// too long.
func (s *sheet) split(t string, w float64) []string {
	var lines []string
	for part := range strings.SplitSeq(t, "\n") {
		lines = append(lines, s.wrap(part, w)...)
	}
	return lines
}

func (s *sheet) wrap(t string, w float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(t) {
		for _, piece := range s.fit(word, w) {
			if line != "" && s.pdf.GetStringWidth(line+" "+piece) > w {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += piece
		}
	}
	return append(lines, line)
}

// fit cuts a word that is wider than w, after a sign if there is one.
func (s *sheet) fit(word string, w float64) []string {
	var pieces []string
	for s.pdf.GetStringWidth(word) > w {
		r := []rune(word)
		n := len(r) - 1
		for n > 1 && s.pdf.GetStringWidth(string(r[:n])) > w {
			n--
		}
		if n < 1 {
			break
		}
		if i := strings.LastIndexAny(string(r[:n]), "-/._@"); i > 0 {
			n = len([]rune(string(r[:n])[:i+1]))
		}
		pieces = append(pieces, string(r[:n]))
		word = string(r[n:])
	}
	return append(pieces, word)
}

// rule draws a line under something centred.
func (s *sheet) rule(center, y, w float64) {
	s.pdf.SetLineWidth(0.25)
	s.pdf.Line(center-w/2, y, center+w/2, y)
}

// head draws the agency on the left and the nation on the right, then number and
// place with date below them.
func (s *sheet) head(p Paper) {
	lw := s.width() * s.agencyShare
	rx, rw := s.left+lw, s.width()-lw
	y := s.top
	if p.Form != "" {
		s.font("I", s.note-1)
		s.text(rx, y-lineHeight(s.note)-1, rw, nfc(p.Form), Right)
	}

	ly, last := y, 0.0
	if p.Parent != "" {
		s.font("", s.agency)
		ly, _ = s.balanced(s.left, ly, lw-2, p.Parent)
	}
	s.font("B", s.agency)
	if p.Agency != "" {
		ly, last = s.balanced(s.left, ly, lw-2, p.Agency)
		s.rule(s.left+(lw-2)/2, ly+0.6, last/2.2) // a third to a half of the line above
	}

	s.font("B", s.country)
	s.text(rx, y, rw, country, Center)
	ry := y + lineHeight(s.country)
	s.font("B", s.motto)
	w := s.text(rx, ry, rw, motto, Center)
	ry += lineHeight(s.motto)
	s.rule(rx+rw/2, ry+0.6, w) // as long as the motto

	y = max(ly, ry) + 2.5
	switch {
	case p.Unissued:
		h := lineHeight(s.number)
		s.fields = append(s.fields,
			box{numberField, true, 1, s.left, y, lw - 2, h},
			box{issuedField, true, 1, rx, y, rw, h})
	default:
		if p.Number != "" {
			number := numbered(p.Number)
			s.shrink("", s.number, number, lw-2)
			s.text(s.left, y, lw-2, number, Center)
		}
		if p.Place != "" {
			s.font("I", s.number)
			s.text(rx, y, rw, dated(p.Place, p.Issued), Center)
		}
	}
	s.move(y + lineHeight(s.number))
}

func numbered(number string) string { return nfc("Số: " + number) }

func dated(place string, on time.Time) string {
	d := on.In(zone)
	day := fmt.Sprintf("ngày %02d tháng %s năm %d", d.Day(), month(d.Month()), d.Year())
	if place == "" {
		return day
	}
	return nfc(place) + ", " + day
}

// month is written as the decree wants: a zero before January and February, as
// before days under ten, so that nothing can be put in front.
func month(m time.Month) string {
	if m < time.March {
		return fmt.Sprintf("%02d", m)
	}
	return fmt.Sprint(int(m))
}

// codes draws the bar code on the left and the QR code on the right.
func (s *sheet) codes(p Paper) error {
	if p.Code == "" && p.Link == "" {
		return nil
	}
	y := s.y() + 2
	link := p.Link
	if link == "" {
		link = p.Code
	}
	q, err := qr.Encode(link, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	if err := s.picture("qr", q, s.w-s.right-s.qr, y, s.qr, s.qr, 1); err != nil {
		return err
	}
	if p.Code != "" {
		c, err := code128.Encode(p.Code)
		if err != nil {
			return fmt.Errorf("bar code of %q: %w", p.Code, err)
		}
		w := min(float64(c.Bounds().Dx())*0.33, s.width()-s.qr-8)
		if err := s.picture("code128", c, s.left, y+2, w, s.qr*0.45, 24); err != nil {
			return err
		}
		s.font("", s.note)
		s.text(s.left, y+2+s.qr*0.45+0.5, w, p.Code, Center)
	}
	s.move(y + s.qr + 1)
	return nil
}

// picture places a code at exact multiples of its modules: readers stumble over
// smoothed edges.
func (s *sheet) picture(name string, c barcode.Barcode, x, y, w, h float64, rows int) error {
	const scale = 4
	b := c.Bounds()
	c, err := barcode.Scale(c, b.Dx()*scale, b.Dy()*max(scale, rows))
	if err != nil {
		return fmt.Errorf("scale %s: %w", name, err)
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, gray(c)); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	opt := fpdf.ImageOptions{ImageType: "png"}
	s.pdf.RegisterImageOptionsReader(name, opt, &buf)
	s.pdf.ImageOptions(name, x, y, w, h, false, opt, 0, "")
	return nil
}

func (s *sheet) heading(p Paper) {
	if p.Title == "" {
		return
	}
	s.space(3)
	s.font("B", s.title)
	y, _ := s.balanced(s.left, s.y(), s.width(), p.Title)
	if p.Abstract != "" {
		var last float64
		y, last = s.balanced(s.left+5, y, s.width()-10, p.Abstract)
		s.rule(s.left+s.width()/2, y+0.8, min(last/2.5, 50))
	}
	s.move(y + 4)
}

// word is a word in its style.
type word struct{ text, style string }

func words(t, style string) []word {
	var ws []word
	for _, f := range strings.Fields(nfc(t)) {
		ws = append(ws, word{f, style})
	}
	return ws
}

// flow sets words in justified lines: the first begins at first, the others at
// hang, both from the left margin. The last line is not stretched.
func (s *sheet) flow(ws []word, first, hang, size float64) {
	x := first
	for len(ws) > 0 {
		room := s.width() - x
		n, used := 0, 0.0
		for n < len(ws) {
			s.font(ws[n].style, size)
			w := s.pdf.GetStringWidth(ws[n].text)
			gap := 0.0
			if n > 0 {
				gap = s.pdf.GetStringWidth(" ")
			}
			if n > 0 && used+gap+w > room {
				break
			}
			if n == 0 && w > room { // a word wider than the line
				pieces := s.fit(ws[0].text, room)
				if len(pieces) > 1 {
					rest := word{strings.Join(pieces[1:], ""), ws[0].style}
					ws = append([]word{{pieces[0], ws[0].style}, rest}, ws[1:]...)
					w = s.pdf.GetStringWidth(pieces[0])
				}
			}
			used += gap + w
			n++
		}
		stretch := 0.0
		if n < len(ws) && n > 1 {
			stretch = max(0, (room-used)/float64(n-1))
		}
		s.need(lineHeight(size))
		s.line(ws[:n], s.left+x, s.y(), size, stretch)
		s.space(lineHeight(size))
		ws, x = ws[n:], hang
	}
}

// line draws words of one style in one piece, so that a text reader gets whole
// phrases.
func (s *sheet) line(ws []word, x, y, size, stretch float64) {
	for i := 0; i < len(ws); {
		j := i + 1
		for j < len(ws) && ws[j].style == ws[i].style {
			j++
		}
		run := make([]string, 0, j-i)
		for _, w := range ws[i:j] {
			run = append(run, w.text)
		}
		t := strings.Join(run, " ")
		if j < len(ws) {
			t += " "
		}
		s.font(ws[i].style, size)
		s.pdf.SetWordSpacing(stretch)
		w := s.pdf.GetStringWidth(t) + stretch*float64(strings.Count(t, " "))
		s.text(x, y, w, t, Left) // fpdf takes the stretch from the width
		s.pdf.SetWordSpacing(0)
		x += w
		i = j
	}
}

func (g Ground) draw(s *sheet) { s.paragraph(string(g), "I") }

func (p Paragraph) draw(s *sheet) { s.paragraph(string(p), "") }

func (s *sheet) paragraph(t, style string) {
	for part := range strings.SplitSeq(t, "\n") {
		s.flow(words(part, style), s.indent, 0, s.body)
		s.space(1.5)
	}
}

func (h Heading) draw(s *sheet) {
	s.need(3 * lineHeight(s.body)) // not alone at the foot of a page
	s.flow(words(string(h), "B"), 0, 0, s.body)
	s.space(1)
}

func (c Centered) draw(s *sheet) {
	s.need(3 * lineHeight(s.body))
	s.font("B", s.body)
	y, _ := s.balanced(s.left, s.y()+1, s.width(), string(c))
	s.move(y + 2.5)
}

func (l List) draw(s *sheet) {
	for i, item := range l {
		s.flow(words(fmt.Sprintf("%d. %s", i+1, item), ""), s.indent, s.indent, s.body)
		s.space(1.2)
	}
}

func (f Fields) draw(s *sheet) {
	for _, field := range f {
		ws := words(field.Label+":", "")
		if field.Value == "" {
			s.dotted(ws)
		} else {
			s.flow(append(ws, words(field.Value, "B")...), 0, 4, s.body)
		}
		s.space(0.8)
	}
}

// dotted leaves a line to be filled in by hand.
func (s *sheet) dotted(label []word) {
	s.need(lineHeight(s.body))
	s.line(label, s.left, s.y(), s.body, 0)
	used := 0.0
	for _, w := range label {
		used += s.pdf.GetStringWidth(w.text + " ")
	}
	dots := math.Floor((s.width() - used) / s.pdf.GetStringWidth("."))
	s.text(s.left+used, s.y(), 0, strings.Repeat(".", max(0, int(dots))), Left)
	s.space(lineHeight(s.body))
}

func (t Table) draw(s *sheet) {
	total := 0.0
	for _, c := range t.Columns {
		total += c.Width
	}
	if total == 0 {
		return
	}
	header := make([]string, len(t.Columns))
	widths := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c.Title
		widths[i] = s.width() * c.Width / total
	}
	s.space(1)
	center := func(int) Align { return Center }
	align := func(i int) Align { return t.Columns[i].Align }
	head := s.rowHeight(header, widths, "B")
	s.need(head + 2*lineHeight(s.table))
	s.row(header, widths, "B", head, center)
	for _, r := range t.Rows {
		h := s.rowHeight(r, widths, "")
		if s.y()+h > s.h-s.bottom && s.y() > s.top+head+1 {
			s.pdf.AddPage()
			s.row(header, widths, "B", head, center)
		}
		s.row(r, widths, "", h, align)
	}
	s.space(2)
}

const cellPadding = 1.2

func (s *sheet) rowHeight(cells []string, widths []float64, style string) float64 {
	s.font(style, s.table)
	lines := 1
	for i, w := range widths {
		if i < len(cells) {
			lines = max(lines, len(s.split(nfc(cells[i]), w-2*cellPadding)))
		}
	}
	return float64(lines)*lineHeight(s.table) + 1.6
}

func (s *sheet) row(cells []string, widths []float64, style string, h float64, align func(int) Align) {
	s.pdf.SetLineWidth(0.2)
	x, y := s.left, s.y()
	for i, w := range widths {
		s.pdf.Rect(x, y, w, h, "D")
		if i < len(cells) {
			s.font(style, s.table)
			ty := y + 0.8
			if style == "B" {
				n := len(s.split(nfc(cells[i]), w-2*cellPadding))
				ty = y + (h-float64(n)*lineHeight(s.table))/2
			}
			s.column(x+cellPadding, ty, w-2*cellPadding, cells[i], align(i))
		}
		x += w
	}
	s.move(y + h)
}

// sign draws the signature blocks with the recipients: left of a single one, as
// the decree wants, or below several, which share the width.
func (s *sheet) sign(p Paper) {
	n := len(p.Signatures)
	if n == 0 && len(p.Recipients) == 0 {
		return
	}
	s.space(3)
	s.font("B", s.body)
	x, w := s.left, s.width()/float64(max(n, 1))
	if n < 2 {
		w = s.width() / 2
		x += w
	}
	above, names := 0.0, 1
	for _, g := range p.Signatures {
		above = max(above, s.above(g, w))
		s.font("B", s.body)
		names = max(names, len(s.split(nfc(g.Name), w-2)))
	}
	height := above + s.room + float64(names)*lineHeight(s.body)
	to := s.recipientsHeight(p.Recipients)
	switch {
	case p.Seal && n == 1:
		height = max(height, to+2+s.room)
	case n < 2:
		height = max(height, to)
	default:
		height += to
	}
	s.need(height)

	y := s.y()
	bottom := y
	if n < 2 {
		bottom = s.recipients(p.Recipients, y)
	}
	if p.Seal && n == 1 {
		sy := max(y+to+2, y+above)
		s.fields = append(s.fields, box{"seal", false, s.pdf.PageNo(), s.left, sy, s.width()/2 - 4, s.room - 4})
		bottom = sy + s.room - 4
	}
	for i, g := range p.Signatures {
		bottom = max(bottom, s.signature(g, fmt.Sprintf("signature-%d", i+1), x, y, w, above))
		x += w
	}
	if n > 1 {
		bottom = s.recipients(p.Recipients, bottom+2)
	}
	s.move(bottom)
}

func (s *sheet) recipientsHeight(to []string) float64 {
	if len(to) == 0 {
		return 0
	}
	lines := 1
	s.font("", s.note-1)
	for _, r := range to {
		lines += len(s.split("- "+nfc(r), s.width()/2-4))
	}
	return float64(lines) * lineHeight(s.note)
}

func (s *sheet) recipients(to []string, y float64) float64 {
	if len(to) == 0 {
		return y
	}
	s.font("BI", s.note)
	s.text(s.left, y, s.width()/2, "Nơi nhận:", Left)
	y += lineHeight(s.note)
	s.font("", s.note-1)
	for i, r := range to {
		end := ";"
		if i == len(to)-1 {
			end = "."
		}
		y, _ = s.column(s.left, y, s.width()/2-4, "- "+strings.TrimRight(r, ";.")+end, Left)
	}
	return y
}

// titles are the lines above a signature.
func (g Signature) titles() []string {
	var t []string
	if g.Authority != Head || g.Of != "" {
		t = append(t, strings.TrimSpace(string(g.Authority)+" "+g.Of))
	}
	if g.Title != "" {
		t = append(t, g.Title)
	}
	return t
}

// above is the height of what stands above a signature.
func (s *sheet) above(g Signature, w float64) float64 {
	h := 0.0
	s.font("B", s.body)
	for _, t := range g.titles() {
		h += float64(len(s.split(nfc(t), w-2))) * lineHeight(s.body)
	}
	if g.Note != "" {
		h += lineHeight(s.note)
	}
	return h
}

// signature draws one block; the room for signing begins at the same height in
// all of them, and so do the names.
func (s *sheet) signature(g Signature, field string, x, y, w, above float64) float64 {
	below := y + above
	s.font("B", s.body)
	for _, t := range g.titles() {
		y, _ = s.balanced(x, y, w-2, t)
	}
	if g.Note != "" {
		s.font("I", s.note)
		s.text(x, y, w-2, nfc(g.Note), Center)
	}
	if !g.ByHand {
		s.fields = append(s.fields, box{field, false, s.pdf.PageNo(), x + 2, below + 1, w - 6, s.room - 3})
	}
	s.font("B", s.body)
	y, _ = s.balanced(x, below+s.room, w-2, g.Name)
	return y
}
