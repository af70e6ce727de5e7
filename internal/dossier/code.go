package dossier

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// DefaultTemplate makes codes where a unit has no template of its own (mã hồ sơ,
// TT 01/2018/TT-VPCP Điều 19).
const DefaultTemplate = "000.00.00.H06-{yymmdd}-{nnnn}"

// templates match {yymmdd} or {yyyymmdd} and, last, a number of at least four
// digits.
var templates = regexp.MustCompile(`^[0-9A-Z.-]{1,30}\{(yymmdd|yyyymmdd)\}-\{(n{4,9})\}$`)

// series returns what stands before the number in codes of a day, and how many
// digits the number has at least.
func series(template string, day worktime.Date) (string, int) {
	year, month, date := day.Civil()
	before, number, _ := strings.Cut(template, "{n")
	before = strings.NewReplacer(
		"{yymmdd}", fmt.Sprintf("%02d%02d%02d", year%100, month, date),
		"{yyyymmdd}", fmt.Sprintf("%04d%02d%02d", year, month, date),
	).Replace(before)
	return before, len(number)
}

// isCode reports whether what was typed is the beginning of a code: it has a
// digit, and nothing that a code has not.
func isCode(s string) bool {
	s = strings.TrimSpace(s)
	return strings.ContainsAny(s, "0123456789") && strings.Trim(strings.ToUpper(s), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-") == ""
}

// newSecret returns what proves, beside the code, that a dossier is one's own:
// fifty bits, in letters and digits that are not mistaken for one another.
func newSecret() string { return rand.Text()[:10] }

// hashOf returns the SHA-256 of s in hex.
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// opens reports whether secret is the one of hash, however it was typed.
func opens(secret, hash string) bool {
	typed := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(secret))
	return hash != "" && subtle.ConstantTimeCompare([]byte(hashOf(typed)), []byte(hash)) == 1
}

const (
	longestPhrase = 60 // bytes
	mostPhrases   = 12
)

// phrases returns what a dossier is found by: name and summary, folded, once
// from each word on. So "van an" finds Nguyễn Văn An, and one index serves. A
// word met again begins no phrase.
func phrases(name, summary string) []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range []string{name, summary} {
		words := text.Words(s)
		for i, w := range words {
			if seen[w] || len(all) == mostPhrases {
				continue
			}
			seen[w] = true
			all = append(all, cut(strings.Join(words[i:], " ")))
		}
	}
	return all
}

func phrase(s string) string { return cut(text.Fold(s)) }

// cut bounds a folded text, which may still hold letters of other scripts.
func cut(s string) string {
	if len(s) <= longestPhrase {
		return s
	}
	return strings.ToValidUTF8(s[:longestPhrase], "")
}

// prefix returns the range of texts that begin with s.
func prefix(s string) (low, high string) { return s, s + "\U0010FFFF" }
