package document

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
	"unicode/utf16"
)

// The fields of a paper that [Issue] fills in.
const (
	numberField = "number"
	issuedField = "issued"
)

// Issue writes number, place and date into a paper rendered with
// [Paper.Unissued]. A number is taken once the leader has signed (Decree
// 30/2020, articles 15 and 18), so it cannot be among what they signed: it is
// filled into the paper's fields by an incremental update, as any PDF reader
// allows after a signature, and the agency's seal then signs the whole.
func Issue(pdf []byte, number, place string, on time.Time) ([]byte, error) {
	f, err := parse(pdf)
	if err != nil {
		return nil, fmt.Errorf("issue paper: %w", err)
	}
	r := f.revise()
	if err := r.fill(numberField, "", numbered(number), on); err != nil {
		return nil, fmt.Errorf("issue paper: %w", err)
	}
	if err := r.fill(issuedField, "I", dated(place, on), on); err != nil {
		return nil, fmt.Errorf("issue paper: %w", err)
	}
	return r.bytes(), nil
}

// fill writes words into an empty field, once.
func (r *revision) fill(field, style, words string, at time.Time) error {
	n, widget, err := r.f.field(field)
	if err != nil {
		return err
	}
	if !bytes.Contains(widget, []byte("/FT/Tx")) || bytes.Contains(widget, []byte("/V<")) {
		return errors.New("the field of the " + field + " is filled in already")
	}
	look, err := r.picture(widget, at, func(s *sheet) {
		s.shrink(style, s.h/point/leading, words, s.w)
		s.text(0, 0, s.w, words, Center)
	})
	if err != nil {
		return err
	}
	value := []byte{0xfe, 0xff} // UTF-16, big-endian
	for _, u := range utf16.Encode([]rune(words)) {
		value = append(value, byte(u>>8), byte(u))
	}
	r.put(n, extend(widget, fmt.Sprintf("/V<%s>/AP<</N %d 0 R>>", hex.EncodeToString(value), look)))
	return nil
}
