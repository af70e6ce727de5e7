package document

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// errForeign is returned for a PDF this package did not write: signing needs
// only the plain cross-reference tables that Render makes.
var errForeign = errors.New("not a PDF made by this package")

// file is a PDF with plain cross-reference tables, read as far as revising it
// needs. Every offset is checked, as the bytes may have been tampered with.
type file struct {
	b          []byte
	at         map[int]int // object → offset, newest revision first
	root, size int
	xref       int
}

var (
	startRE = regexp.MustCompile(`startxref\s+(\d{1,10})\s+%%EOF\s*$`)
	headRE  = regexp.MustCompile(`^(\d{1,10}) (\d{1,10})\s`)
	rootRE  = regexp.MustCompile(`/Root (\d{1,9}) 0 R`)
	sizeRE  = regexp.MustCompile(`/Size (\d{1,9})`)
	prevRE  = regexp.MustCompile(`/Prev (\d{1,10})`)
	refRE   = regexp.MustCompile(`\b(\d{1,9}) 0 R\b`)
)

func number(re *regexp.Regexp, b []byte) (int, bool) {
	m := re.FindSubmatch(b)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(m[1]))
	return n, err == nil
}

func parse(b []byte) (*file, error) {
	start, ok := number(startRE, b[max(0, len(b)-64):])
	if !ok {
		return nil, errForeign
	}
	f := &file{b: b, at: map[int]int{}, xref: start}
	for revision, x := 0, start; ; revision++ {
		if x < 0 || x >= len(b) || revision > 100 {
			return nil, errForeign
		}
		prev, more, err := f.table(x, revision == 0)
		if err != nil {
			return nil, err
		}
		if !more {
			return f, nil
		}
		x = prev
	}
}

// table reads one cross-reference table and its trailer.
func (f *file) table(x int, newest bool) (prev int, more bool, err error) {
	rest, ok := bytes.CutPrefix(f.b[x:], []byte("xref\n"))
	if !ok {
		return 0, false, errForeign
	}
	for {
		m := headRE.FindSubmatch(rest)
		if m == nil {
			break
		}
		first, _ := strconv.Atoi(string(m[1]))
		n, _ := strconv.Atoi(string(m[2]))
		rest = rest[len(m[0]):]
		for i := range n {
			if len(rest) < 20 {
				return 0, false, errForeign
			}
			off, err := strconv.Atoi(string(rest[:10]))
			if err != nil || off >= len(f.b) {
				return 0, false, errForeign
			}
			if _, seen := f.at[first+i]; !seen && rest[17] == 'n' {
				f.at[first+i] = off
			}
			rest = rest[20:]
		}
	}
	end := bytes.Index(rest, []byte("startxref"))
	if end < 0 || !bytes.HasPrefix(rest, []byte("trailer")) {
		return 0, false, errForeign
	}
	trailer := rest[:end]
	if newest {
		var ok1, ok2 bool
		f.root, ok1 = number(rootRE, trailer)
		f.size, ok2 = number(sizeRE, trailer)
		if !ok1 || !ok2 {
			return 0, false, errForeign
		}
	}
	prev, more = number(prevRE, trailer)
	return prev, more, nil
}

// object returns what stands between "n 0 obj" and "endobj".
func (f *file) object(n int) ([]byte, error) {
	off, ok := f.at[n]
	if !ok {
		return nil, errForeign
	}
	body, ok := bytes.CutPrefix(f.b[off:], fmt.Appendf(nil, "%d 0 obj\n", n))
	if !ok {
		return nil, errForeign
	}
	end := bytes.Index(body, []byte("\nendobj"))
	if end < 0 {
		return nil, errForeign
	}
	return body[:end], nil
}

// revision is an incremental update: objects written after the file, whose
// earlier bytes stay as they were.
type revision struct {
	f    *file
	buf  bytes.Buffer
	at   map[int]int
	next int
}

func (f *file) revise() *revision {
	r := &revision{f: f, at: map[int]int{}, next: f.size}
	r.buf.Write(f.b)
	if !bytes.HasSuffix(f.b, []byte("\n")) {
		r.buf.WriteByte('\n')
	}
	return r
}

func (r *revision) add(body []byte) int {
	n := r.next
	r.next++
	r.put(n, body)
	return n
}

func (r *revision) put(n int, body []byte) {
	r.at[n] = r.buf.Len()
	fmt.Fprintf(&r.buf, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (r *revision) bytes() []byte {
	x := r.buf.Len()
	r.buf.WriteString("xref\n")
	ids := make([]int, 0, len(r.at))
	for n := range r.at {
		ids = append(ids, n)
	}
	slices.Sort(ids)
	for _, n := range ids {
		fmt.Fprintf(&r.buf, "%d 1\n%010d 00000 n \n", n, r.at[n])
	}
	fmt.Fprintf(&r.buf, "trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", max(r.next, r.f.size), r.f.root, r.f.xref, x)
	return r.buf.Bytes()
}

var kidsRE = regexp.MustCompile(`/Kids \[([^\]]*)\]`)

// addFields appends empty fields: for signatures (ISO 32000-1, 12.7.4.5), so that
// a reader, a USB token's program or Sign finds where to sign, and for words,
// which only a revision such as Issue's may fill in.
func addFields(pdf []byte, boxes []box, pageHeight float64) ([]byte, error) {
	if len(boxes) == 0 {
		return pdf, nil
	}
	f, err := parse(pdf)
	if err != nil {
		return nil, err
	}
	catalog, err := f.object(f.root)
	if err != nil {
		return nil, err
	}
	pages, err := f.pages(catalog)
	if err != nil {
		return nil, err
	}
	r := f.revise()
	var all bytes.Buffer
	onPage := map[int]*bytes.Buffer{}
	for _, b := range boxes {
		if b.page > len(pages) {
			return nil, errForeign
		}
		x, y := b.x/point, (pageHeight-b.y-b.h)/point
		kind := "/FT/Sig/F 132"
		if b.words {
			kind = "/FT/Tx/Ff 1/F 132/DA(/Helv 11 Tf 0 g)"
		}
		n := r.add(fmt.Appendf(nil, "<</Type/Annot/Subtype/Widget%s/T(%s)/Rect[%.2f %.2f %.2f %.2f]/P %d 0 R>>",
			kind, b.name, x, y, x+b.w/point, y+b.h/point, pages[b.page-1]))
		fmt.Fprintf(&all, "%d 0 R ", n)
		if onPage[b.page] == nil {
			onPage[b.page] = &bytes.Buffer{}
		}
		fmt.Fprintf(onPage[b.page], "%d 0 R ", n)
	}
	for i, n := range pages {
		if annots := onPage[i+1]; annots != nil {
			page, err := f.object(n)
			if err != nil {
				return nil, err
			}
			r.put(n, extend(page, fmt.Sprintf("/Annots[%s]", annots)))
		}
	}
	r.put(f.root, extend(catalog, fmt.Sprintf("/AcroForm<</Fields[%s]/SigFlags 3>>", &all)))
	return r.bytes(), nil
}

// extend adds entries to a dictionary.
func extend(dict []byte, entries string) []byte {
	d := bytes.TrimRight(dict, "\n ")
	d = bytes.TrimSuffix(d, []byte(">>"))
	return fmt.Appendf(nil, "%s%s>>", d, entries)
}

var pagesRE = regexp.MustCompile(`/Pages (\d{1,9}) 0 R`)

func (f *file) pages(catalog []byte) ([]int, error) {
	n, ok := number(pagesRE, catalog)
	if !ok {
		return nil, errForeign
	}
	tree, err := f.object(n)
	if err != nil {
		return nil, err
	}
	m := kidsRE.FindSubmatch(tree)
	if m == nil {
		return nil, errForeign
	}
	return refs(m[1]), nil
}

func refs(b []byte) []int {
	var ns []int
	for _, m := range refRE.FindAllSubmatch(b, -1) {
		if n, err := strconv.Atoi(string(m[1])); err == nil {
			ns = append(ns, n)
		}
	}
	return ns
}
