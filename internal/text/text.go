// Package text handles Vietnamese writing: one normal form, search that forgives
// accents, and the order of the Vietnamese alphabet.
//
// The store cannot do any of it: SQLite and PostgreSQL neither fold "Đống Đa" to
// "dong da" nor sort Ă after A. So a table that people search keeps a column
// with [Fold], and one that people read in order keeps a column with [SortKey];
// both are then compared byte by byte, and give the same answer on every store.
package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// NFC returns s in the form that is stored, signed and printed. Phones and Macs
// send decomposed letters (NFD); printed, those show detached accents, and
// compared, "Hà" is not "Hà". Bytes that are not UTF-8 become U+FFFD.
func NFC(s string) string {
	return norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
}

// Fold reduces s to what a person remembers of it: lower case, without accents,
// tones or punctuation, đ as d, words one space apart. Hòa, Hoà, HOÀ and hoa
// are the same; so are D’Ran, D'Ran and Dran, since an apostrophe stands inside
// a word where a hyphen stands between two. Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, " ")) {
		r = unicode.ToLower(r)
		switch {
		case r == 'đ':
			r = 'd'
		case unicode.Is(unicode.Mn, r), isApostrophe(r), unicode.Is(unicode.Cf, r):
			continue
		case !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mc, r):
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}

// isApostrophe reports whether r joins two halves of one word, as in D’Ran and
// K'Bang, however the keyboard writes it.
func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', '‘', 'ʼ', '`', '´', '′':
		return true
	}
	return false
}

// Words returns the folded words of s, the tokens of prefix search.
func Words(s string) []string { return strings.Fields(Fold(s)) }

// collators are shared out because a Collator may serve one goroutine at a time.
var collators = sync.Pool{New: func() any { return collate.New(language.Vietnamese) }}

// SortKey returns bytes that sort as a Vietnamese dictionary does: Ă and Â after
// A, Đ after D; tones decide only between words otherwise equal.
func SortKey(s string) []byte {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var buf collate.Buffer
	return c.KeyFromString(&buf, NFC(s))
}

// SafeCell makes text that a stranger typed safe to open in a spreadsheet, which
// would otherwise run =HYPERLINK(…) as a formula: such a text is preceded by an
// apostrophe. Numbers must be written as numbers, not through SafeCell.
func SafeCell(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return r != '\t' && r != '\r' && r != '\n' && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r))
	}))
	switch first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠', '−':
		return "'" + s
	}
	return s
}
