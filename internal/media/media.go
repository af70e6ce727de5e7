// Package media judges files that strangers upload. Every one is taken for
// hostile: its type is what its bytes say, never its name, and what could be
// read as two types, hides a program, or unpacks to far more than was sent, is
// refused with what to do instead.
//
// It is a filter, not a virus scanner. What it looks for inside compressed PDF
// object streams is found by unpacking those that are plain Flate; a PDF that
// hides its scripts behind encryption or exotic filters is refused for that.
package media

import (
	"bytes"
	"embed"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // decoders for image.DecodeConfig
	_ "image/png"
	"io"

	"github.com/motcua/motcua/internal/errs"
)

// Messages holds the texts of this package's errors.
//
//go:embed messages
var Messages embed.FS

// Type is a kind of file, as its media type.
type Type string

// The types that are taken.
const (
	PDF  Type = "application/pdf"
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	HEIC Type = "image/heic"
	DOCX Type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Ext returns the file name extension of the type, with its dot.
func (t Type) Ext() string {
	return map[Type]string{PDF: ".pdf", JPEG: ".jpg", PNG: ".png", HEIC: ".heic", DOCX: ".docx", XLSX: ".xlsx"}[t]
}

// Limits bound what a person may upload. They are said before the upload.
type Limits struct {
	File    int64 // bytes of one file
	Dossier int64 // bytes of all files of one dossier
	Count   int   // files of one dossier
}

// DefaultLimits are 20 MB a file, 100 MB and 100 files a dossier.
var DefaultLimits = Limits{File: 20 << 20, Dossier: 100 << 20, Count: 100}

const (
	maxPixels  = 100_000_000 // the largest phone cameras of 2026, halved in side
	maxSide    = 30_000
	maxPadding = 64 // zeros and line ends that some programs leave at the end
)

// refuse is an Invalid error with a key of this package's messages.
func refuse(reason string, args errs.Args) error {
	return errs.New(errs.Invalid, "media.error."+reason, args)
}

// Detect tells the type of a file by its content, or why it is refused: an
// [errs.Error] of kind Invalid. Other errors are failures to read.
func Detect(r io.ReaderAt, size int64) (Type, error) {
	head, err := read(r, 0, min(size, 16))
	if err != nil {
		return "", err
	}
	switch {
	case size == 0:
		return "", refuse("empty", nil)
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return taken(PDF, checkPDF(r, size))
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return taken(JPEG, checkImage(r, size, jpegEnd))
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return taken(PNG, checkImage(r, size, pngEnd))
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return taken(HEIC, checkHEIC(r, size))
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return checkOffice(r, size)
	}
	return "", refuse("type", nil)
}

// taken keeps the type of a refused file from being used.
func taken(t Type, err error) (Type, error) {
	if err != nil {
		return "", err
	}
	return t, nil
}

// read returns n bytes at off; fewer are an error.
func read(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	if m, err := r.ReadAt(b, off); int64(m) < n {
		return nil, fmt.Errorf("read upload at %d: %w", off, err)
	}
	return b, nil
}

// checkImage bounds the pixels before anybody decodes them, and lets nothing
// follow the picture.
func checkImage(r io.ReaderAt, size int64, end func(io.ReaderAt, int64) (int64, error)) error {
	c, _, err := image.DecodeConfig(io.NewSectionReader(r, 0, size))
	if err != nil {
		return refuse("damaged", nil)
	}
	if err := checkPixels(int64(c.Width), int64(c.Height)); err != nil {
		return err
	}
	e, err := end(r, size)
	if err != nil {
		return err
	}
	return checkTail(r, e, size)
}

func checkPixels(w, h int64) error {
	if w <= 0 || h <= 0 {
		return refuse("damaged", nil)
	}
	if w > maxSide || h > maxSide || w*h > maxPixels {
		return refuse("pixels", errs.Args{"millions": maxPixels / 1_000_000})
	}
	return nil
}

// checkTail allows a little padding behind the end of a file.
func checkTail(r io.ReaderAt, end, size int64) error {
	if size-end > maxPadding {
		return refuse("trailing", nil)
	}
	b, err := read(r, end, size-end)
	if err != nil {
		return err
	}
	if len(bytes.Trim(b, "\x00\r\n")) > 0 {
		return refuse("trailing", nil)
	}
	return nil
}

// pngEnd walks the chunks and returns where IEND ends.
func pngEnd(r io.ReaderAt, size int64) (int64, error) {
	for off := int64(8); off+12 <= size; {
		b, err := read(r, off, 8)
		if err != nil {
			return 0, err
		}
		off += 12 + int64(binary.BigEndian.Uint32(b))
		if string(b[4:]) == "IEND" && off <= size {
			return off, nil
		}
	}
	return 0, refuse("damaged", nil)
}

// jpegEnd walks the segments, then the entropy-coded data of every scan, and
// returns where the end of image marker ends. A thumbnail's own marker lies
// inside its segment and does not count.
func jpegEnd(r io.ReaderAt, size int64) (int64, error) {
	off := int64(2)
	for off+4 <= size {
		b, err := read(r, off, 4)
		if err != nil {
			return 0, err
		}
		switch {
		case b[0] != 0xff:
			return 0, refuse("damaged", nil)
		case b[1] == 0xff: // fill byte
			off++
			continue
		case b[1] == 0xda:
			off, err = scanEnd(r, off+2+int64(binary.BigEndian.Uint16(b[2:])), size)
			if err != nil {
				return 0, err
			}
			if m, err := read(r, off, 2); err != nil || m[1] == 0xd9 {
				return off + 2, err
			}
		default:
			off += 2 + int64(binary.BigEndian.Uint16(b[2:]))
		}
	}
	return 0, refuse("damaged", nil)
}

// scanEnd finds the first marker behind entropy-coded data: 0xff is followed by
// zero where it is data, and restart markers belong to it.
func scanEnd(r io.ReaderAt, off, size int64) (int64, error) {
	const window = 64 << 10
	for off+2 <= size {
		b, err := read(r, off, min(window, size-off))
		if err != nil {
			return 0, err
		}
		i := 0
		for i+1 < len(b) {
			k := bytes.IndexByte(b[i:len(b)-1], 0xff)
			if k < 0 {
				i = len(b) - 1
				break
			}
			i += k
			if m := b[i+1]; m != 0 && m != 0xff && (m < 0xd0 || m > 0xd7) {
				return off + int64(i), nil
			}
			i++
		}
		off += int64(i)
	}
	return 0, refuse("damaged", nil)
}

// heicBrands are the major brands of still pictures as phones write them.
var heicBrands = map[string]bool{"heic": true, "heix": true, "heim": true, "heis": true, "hevc": true, "mif1": true, "msf1": true}

// checkHEIC walks the boxes of an ISO base media file (ISO/IEC 14496-12) and
// bounds the sizes its image properties (ispe) declare. Pixels are not decoded.
func checkHEIC(r io.ReaderAt, size int64) error {
	seen := map[string]bool{}
	for off := int64(0); off < size; {
		h, name, n, err := boxHead(r, off, size)
		if err != nil {
			return err
		}
		switch {
		case off == 0 && !brandOK(r, off+h, n-h):
			return refuse("type", nil)
		case seen[name] && name != "mdat" && name != "free" && name != "skip":
			return refuse("damaged", nil)
		case name == "meta":
			if n < h+4 {
				return refuse("damaged", nil)
			}
			if err := checkProperties(r, off+h+4, off+n, 0); err != nil {
				return err
			}
		case name != "ftyp" && name != "mdat" && name != "free" && name != "skip" && name != "moov" && name != "uuid" && name != "mpvd":
			return refuse("trailing", nil)
		}
		seen[name] = true
		off += n
	}
	if !seen["meta"] || !seen["mdat"] {
		return refuse("damaged", nil)
	}
	return nil
}

// boxHead reads a box's header; end bounds the box.
func boxHead(r io.ReaderAt, off, end int64) (header int64, name string, n int64, err error) {
	if end-off < 8 {
		return 0, "", 0, refuse("trailing", nil)
	}
	b, err := read(r, off, 8)
	if err != nil {
		return 0, "", 0, err
	}
	header, n = 8, int64(binary.BigEndian.Uint32(b))
	switch n {
	case 0:
		n = end - off
	case 1:
		if end-off < 16 {
			return 0, "", 0, refuse("damaged", nil)
		}
		l, err := read(r, off+8, 8)
		if err != nil {
			return 0, "", 0, err
		}
		header, n = 16, int64(binary.BigEndian.Uint64(l)) // too large turns negative, and is refused
	}
	if n < header || n > end-off {
		return 0, "", 0, refuse("damaged", nil)
	}
	return header, string(b[4:]), n, nil
}

func brandOK(r io.ReaderAt, off, n int64) bool {
	if n < 8 || n > 256 {
		return false
	}
	b, err := read(r, off, n)
	if err != nil || !heicBrands[string(b[:4])] {
		return false
	}
	for i := 8; i+4 <= len(b); i += 4 {
		if heicBrands[string(b[i:i+4])] {
			return true
		}
	}
	return string(b[:4]) != "mif1" && string(b[:4]) != "msf1"
}

// checkProperties looks for ispe in meta/iprp/ipco.
func checkProperties(r io.ReaderAt, off, end int64, depth int) error {
	for boxes := 0; off < end; boxes++ {
		if boxes > 10_000 {
			return refuse("damaged", nil)
		}
		h, name, n, err := boxHead(r, off, end)
		if err != nil {
			return err
		}
		switch {
		case (name == "iprp" || name == "ipco") && depth < 2:
			if err := checkProperties(r, off+h, off+n, depth+1); err != nil {
				return err
			}
		case name == "ispe":
			if n < h+12 {
				return refuse("damaged", nil)
			}
			b, err := read(r, off+h+4, 8)
			if err != nil {
				return err
			}
			if err := checkPixels(int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))); err != nil {
				return err
			}
		}
		off += n
	}
	return nil
}
