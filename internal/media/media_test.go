package media_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/media"
)

func pngFile() []byte {
	var b bytes.Buffer
	png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)))
	return b.Bytes()
}

func jpegFile() []byte {
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7919 >> 3)
	}
	jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// hugePNG declares more pixels than anybody should decode.
func hugePNG() []byte {
	b := pngFile()
	binary.BigEndian.PutUint32(b[16:], 29_000)
	binary.BigEndian.PutUint32(b[20:], 29_000)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// zipFile packs pairs of name and content.
func zipFile(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, _ := z.Create(parts[i])
		w.Write([]byte(parts[i+1]))
	}
	z.Close()
	return b.Bytes()
}

func docx(more ...string) []byte {
	return zipFile(append([]string{"[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>"}, more...)...)
}

func pdfFile(body string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<</Type/Catalog " + body + ">>\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
}

func objectStream(content string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(content))
	w.Close()
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<</Type /ObjStm/Filter /FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n0\n%%%%EOF\n", z.Len(), z.Bytes())
}

func isobox(name string, content ...[]byte) []byte {
	c := bytes.Join(content, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(c)))
	return append(append(b, name...), c...)
}

func heic(w, h uint32) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(make([]byte, 4), w), h)
	return bytes.Join([][]byte{
		isobox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")),
		isobox("meta", make([]byte, 4), isobox("iprp", isobox("ipco", isobox("ispe", size)))),
		isobox("mdat", []byte("pixels")),
	}, nil)
}

// samples are files and the reason they are refused; none for good ones.
var samples = []struct {
	name   string
	file   []byte
	typ    media.Type
	reason string
}{
	{"pdf", pdfFile(""), media.PDF, ""},
	{"png", pngFile(), media.PNG, ""},
	{"jpeg", jpegFile(), media.JPEG, ""},
	{"heic", heic(4032, 3024), media.HEIC, ""},
	{"docx", docx(), media.DOCX, ""},
	{"xlsx", zipFile("[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>"), media.XLSX, ""},
	{"docx with a hyperlink", docx("word/_rels/document.xml.rels", `<Relationship Type="http://x/relationships/hyperlink" Target="https://a" TargetMode="External"/>`), media.DOCX, ""},
	{"png with padding", append(pngFile(), 0, 0, '\n'), media.PNG, ""},
	{"name of a PDF key that only begins like a script", pdfFile("/JSX 1"), media.PDF, ""},

	{"nothing", nil, "", "empty"},
	{"text", []byte("hello"), "", "type"},
	{"HTML before PDF", append([]byte("<script>alert(1)</script>"), pdfFile("")...), "", "type"},
	{"plain ZIP", zipFile("a.txt", "a"), "", "type"},
	{"ZIP behind JPEG", append(jpegFile(), docx()...), "", "trailing"},
	{"ZIP behind PNG", append(pngFile(), docx()...), "", "trailing"},
	{"ZIP behind PDF", append(pdfFile(""), docx()...), "", "trailing"},
	{"ZIP inside PDF", append(append(pdfFile(""), docx()...), "\n%%EOF"...), "", "polyglot"},
	{"HTML behind DOCX", append(docx(), "<html>"...), "", "trailing"},
	{"truncated JPEG", jpegFile()[:2000], "", "damaged"},
	{"truncated PNG", pngFile()[:40], "", "damaged"},
	{"pixel bomb", hugePNG(), "", "pixels"},
	{"HEIC pixel bomb", heic(1<<31, 1<<31), "", "pixels"},
	{"HEIC with a box beyond its end", append(heic(10, 10), 0, 0, 1, 0, 'm', 'd', 'a', 't'), "", "damaged"},
	{"video", isobox("ftyp", []byte("isom\x00\x00\x00\x00isomavc1")), "", "type"},
	{"PDF script", pdfFile("/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "", "script"},
	{"PDF script with an escaped name", pdfFile("/OpenAction<</S/Java#53cript>>"), "", "script"},
	{"PDF launch", pdfFile("/A<</S/Launch/F(calc.exe)>>"), "", "script"},
	{"PDF script in an object stream", objectStream("<</S/JavaScript/JS(x)>>"), "", "script"},
	{"PDF stream bomb", objectStream(strings.Repeat(" ", 65<<20)), "", "bomb"},
	{"PDF attachment", pdfFile("/Names<</EmbeddedFiles 2 0 R>>"), "", "embedded"},
	{"PDF with password", pdfFile("/Encrypt 3 0 R"), "", "encrypted"},
	{"macro", docx("word/vbaProject.bin", "x"), "", "macro"},
	{"macro by type", zipFile("[Content_Types].xml", "application/vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml", ""), "", "macro"},
	{"object", docx("word/embeddings/oleObject1.bin", "x"), "", "embedded"},
	{"archive in the archive", docx("word/media/a.png", "PK\x03\x04"), "", "embedded"},
	{"way out", docx("../../etc/passwd", "x"), "", "damaged"},
	{"twice the same part", docx("word/document.xml", "other"), "", "damaged"},
	{"template from elsewhere", docx("word/_rels/settings.xml.rels", `<Relationship Type="http://x/attachedTemplate" Target="https://evil" TargetMode="External"/>`), "", "external"},
	{"zip bomb", docx("word/a.xml", strings.Repeat("0", 65<<20)), "", "bomb"},
	{"relationship bomb", docx("word/_rels/a.rels", strings.Repeat("0", 5<<20)), "", "bomb"},
	{"both", docx("xl/workbook.xml", "x"), "", "polyglot"},
}

func TestDetect(t *testing.T) {
	for _, tt := range samples {
		typ, err := media.Detect(bytes.NewReader(tt.file), int64(len(tt.file)))
		if tt.reason == "" {
			if err != nil || typ != tt.typ {
				t.Errorf("%s: Detect = %s, %v, want %s", tt.name, typ, err, tt.typ)
			}
			continue
		}
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Kind != errs.Invalid || e.Msg != "media.error."+tt.reason {
			t.Errorf("%s: Detect = %v, want media.error.%s", tt.name, err, tt.reason)
		}
	}
}

func TestSaveHash(t *testing.T) {
	dir := t.TempDir()
	s, err := media.SaveHash(dir, strings.NewReader(string(pdfFile(""))), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if s.Type != media.PDF || s.Size != int64(len(pdfFile(""))) || len(s.SHA256) != 64 {
		t.Errorf("SaveHash = %+v", s)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	_, err = media.SaveHash(dir, bytes.NewReader(make([]byte, 2<<20)), 1<<20)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Msg != "media.error.size" {
		t.Errorf("SaveHash of 2 MB = %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d files left behind", len(left))
	}
}

func TestMessages(t *testing.T) {
	if _, err := i18n.Load(media.Messages); err != nil {
		t.Error(err)
	}
	vi, err := fs.ReadFile(media.Messages, "messages/vi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range samples {
		if tt.reason != "" && !bytes.Contains(vi, []byte(`"media.error.`+tt.reason+`"`)) {
			t.Errorf("no words for %s", tt.reason)
		}
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range samples {
		if len(s.file) < 100_000 {
			f.Add(s.file)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if typ, err := media.Detect(bytes.NewReader(b), int64(len(b))); err == nil && typ == "" {
			t.Error("taken without a type")
		} else if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("a hostile file is not an outage: %v", err)
		}
	})
}
