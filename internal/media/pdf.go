package media

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
)

// maxPDFStreams bounds what is unpacked from object streams.
const maxPDFStreams = 64 << 20

var (
	// Whatever acts by itself, or carries another file. A name ends at a
	// delimiter, so /JSX is something else.
	activeRE    = regexp.MustCompile(`/(JavaScript|JS|Launch|RichMedia|SubmitForm|ImportData|GoToR|GoToE|XFA)(?:[\s/<>\[\](){}%]|$)`)
	embeddedRE  = regexp.MustCompile(`/(EmbeddedFiles?|FileAttachment)(?:[\s/<>\[\](){}%]|$)`)
	encryptedRE = regexp.MustCompile(`/Encrypt(?:[\s/<>\[\](){}%]|$)`)
	objStmRE    = regexp.MustCompile(`/Type\s*/ObjStm(?:[\s/<>\[\](){}%]|$)`)
	flateRE     = regexp.MustCompile(`/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?`)
	filterRE    = regexp.MustCompile(`/Filter(?:[\s/<>\[\](){}%]|$)`)
	hexNameRE   = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	streamRE    = regexp.MustCompile(`>>\s*stream\r?\n`)
)

// checkPDF reads the whole file, whose size the caller has bounded. The objects
// outside streams are searched as they are; object streams are unpacked.
func checkPDF(r io.ReaderAt, size int64) error {
	b, err := read(r, 0, size)
	if err != nil {
		return err
	}
	end := bytes.LastIndex(b, []byte("%%EOF"))
	if end < 0 {
		return refuse("damaged", nil)
	}
	if err := checkTail(r, int64(end)+5, size); err != nil {
		return err
	}
	// A ZIP is read from its end: one behind the last %%EOF was refused above, one
	// before it could still be opened as an archive.
	if bytes.Contains(b[max(0, len(b)-22-65535):], []byte("PK\x05\x06")) {
		return refuse("polyglot", nil)
	}
	left := int64(maxPDFStreams)
	for rest := b; len(rest) > 0; {
		m := streamRE.FindIndex(rest)
		if m == nil {
			return checkObjects(rest)
		}
		dict := rest[:m[0]+2]
		if err := checkObjects(dict); err != nil {
			return err
		}
		stop := bytes.Index(rest[m[1]:], []byte("endstream"))
		if stop < 0 {
			return refuse("damaged", nil)
		}
		body := rest[m[1] : m[1]+stop]
		// Only the stream's own dictionary speaks of it.
		own := dict[max(0, bytes.LastIndex(dict, []byte(" obj"))):]
		if objStmRE.Match(plainNames(own)) {
			n, err := checkObjectStream(own, body, left)
			if err != nil {
				return err
			}
			left -= n
		}
		rest = rest[m[1]+stop:]
	}
	return nil
}

// plainNames undoes the escapes of names: /J#53 is /JS.
func plainNames(b []byte) []byte {
	return hexNameRE.ReplaceAllFunc(b, func(h []byte) []byte {
		n, _ := strconv.ParseUint(string(h[1:]), 16, 8)
		return []byte{byte(n)}
	})
}

func checkObjects(b []byte) error {
	b = plainNames(b)
	switch {
	case activeRE.Match(b):
		return refuse("script", nil)
	case embeddedRE.Match(b):
		return refuse("embedded", nil)
	case encryptedRE.Match(b):
		return refuse("encrypted", nil)
	}
	return nil
}

func checkObjectStream(dict, body []byte, left int64) (int64, error) {
	if !flateRE.Match(dict) {
		if filterRE.Match(dict) {
			return 0, refuse("encrypted", nil)
		}
		return int64(len(body)), checkObjects(body)
	}
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return 0, refuse("damaged", nil)
	}
	// An unexpected end is judged by what came before it, as readers do.
	out, _ := io.ReadAll(io.LimitReader(z, left+1))
	if int64(len(out)) > left {
		return 0, refuse("bomb", nil)
	}
	return int64(len(out)), checkObjects(out)
}
