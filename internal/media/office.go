package media

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
)

const (
	maxEntries  = 2_000
	maxEntry    = 64 << 20  // uncompressed bytes of one part
	maxUnpacked = 200 << 20 // and of all
	maxRelation = 4 << 20   // relationship and content type parts are read whole
)

// checkOffice tells DOCX from XLSX and refuses what an ordinary one has not:
// macros, embedded objects, templates from elsewhere, archives in the archive.
// Sizes are measured while unpacking, because the directory may lie.
func checkOffice(r io.ReaderAt, size int64) (Type, error) {
	if err := checkZipEnd(r, size); err != nil {
		return "", err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return "", refuse("damaged", nil)
	}
	if len(z.File) > maxEntries {
		return "", refuse("bomb", nil)
	}
	var kind Type
	var types []byte
	total := int64(0)
	seen := map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if err := checkName(name); err != nil {
			return "", err
		}
		if seen[name] { // readers differ on which one counts
			return "", refuse("damaged", nil)
		}
		seen[name] = true
		keep := name == "[content_types].xml" || strings.HasSuffix(name, ".rels")
		n, content, err := unpack(f, maxUnpacked-total, keep)
		if err != nil {
			return "", err
		}
		total += n
		switch {
		case name == "word/document.xml":
			kind = DOCX
		case name == "xl/workbook.xml":
			kind = XLSX
		case name == "[content_types].xml":
			types = content
		}
		if keep && external(content) {
			return "", refuse("external", nil)
		}
	}
	switch {
	case types == nil || kind == "":
		return "", refuse("type", nil)
	case seen["word/document.xml"] && seen["xl/workbook.xml"]:
		return "", refuse("polyglot", nil)
	case bytes.Contains(bytes.ToLower(types), []byte("macroenabled")):
		return "", refuse("macro", nil)
	}
	return kind, nil
}

// checkZipEnd lets nothing follow the end of central directory.
func checkZipEnd(r io.ReaderAt, size int64) error {
	n := min(size, 22+65535)
	b, err := read(r, size-n, n)
	if err != nil {
		return err
	}
	i := bytes.LastIndex(b, []byte("PK\x05\x06"))
	if i < 0 || len(b)-i < 22 {
		return refuse("damaged", nil)
	}
	if i+22+int(binary.LittleEndian.Uint16(b[i+20:])) != len(b) {
		return refuse("trailing", nil)
	}
	return nil
}

func checkName(name string) error {
	switch {
	case strings.Contains(name, `\`), strings.HasPrefix(name, "/"), strings.Contains("/"+name+"/", "/../"), strings.ContainsRune(name, 0):
		return refuse("damaged", nil)
	case strings.Contains(name, "vba"), strings.Contains(name, "/macrosheets/"):
		return refuse("macro", nil)
	case strings.Contains(name, "/embeddings/"), strings.Contains(name, "/activex/"), strings.Contains(name, "oleobject"):
		return refuse("embedded", nil)
	}
	switch path.Ext(name) {
	case ".zip", ".rar", ".7z", ".gz", ".docx", ".xlsx", ".docm", ".xlsm", ".jar":
		return refuse("embedded", nil)
	case ".exe", ".dll", ".js", ".vbs", ".ps1", ".bat", ".cmd", ".scr", ".html", ".htm":
		return refuse("script", nil)
	}
	return nil
}

// unpack measures a part, and keeps a small one.
func unpack(f *zip.File, left int64, keep bool) (int64, []byte, error) {
	if f.Flags&1 != 0 {
		return 0, nil, refuse("encrypted", nil)
	}
	rc, err := f.Open()
	if err != nil {
		return 0, nil, refuse("damaged", nil)
	}
	defer rc.Close()
	var head [4]byte
	h, err := io.ReadFull(rc, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, refuse("damaged", nil)
	}
	if string(head[:h]) == "PK\x03\x04" {
		return 0, nil, refuse("embedded", nil)
	}
	limit := min(left, maxEntry)
	if keep {
		limit = min(limit, maxRelation)
	}
	var kept bytes.Buffer
	w := io.Discard
	if keep {
		kept.Write(head[:h])
		w = &kept
	}
	n, err := io.Copy(w, io.LimitReader(rc, limit+1))
	if err != nil {
		return 0, nil, refuse("damaged", nil)
	}
	if n += int64(h); n > limit {
		return 0, nil, refuse("bomb", nil)
	}
	return n, kept.Bytes(), nil
}

// external reports relationships to things elsewhere, hyperlinks excepted: a
// template or picture from a server runs there, and tells it who reads.
func external(rels []byte) bool {
	l := bytes.ToLower(rels)
	for part := range bytes.SplitSeq(l, []byte("<")) {
		if bytes.Contains(part, []byte("targetmode")) && bytes.Contains(part, []byte("external")) && !bytes.Contains(part, []byte("relationships/hyperlink")) {
			return true
		}
	}
	return bytes.Contains(l, []byte("oleobject")) || bytes.Contains(l, []byte("vbaproject"))
}
