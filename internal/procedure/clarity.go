package procedure

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
)

// How long a text may be before people stop reading it, in characters.
const (
	maxLabel = 120
	maxName  = 400
	maxHelp  = 420
)

// say demands a text in both languages, of a readable length.
func (l *linter) say(t Text, longest int, path ...any) {
	switch {
	case t.Vi == "":
		l.fault("no-text", nil, path...)
	case t.En == "":
		l.warn("no-english", nil, path...)
	}
	if n := utf8.RuneCountInString(t.Vi); n > longest {
		l.warn("too-long", errs.Args{"length": n, "limit": longest}, path...)
	}
}

// plain is say for words that an applicant reads: without jargon.
func (l *linter) plain(t Text, longest int, path ...any) {
	l.say(t, longest, path...)
	for _, word := range jargonIn(t.Vi) {
		l.warn("jargon", errs.Args{"word": word}, path...)
	}
}

// label is plain for the name people say, which tells what is done.
func (l *linter) label(t Text, path ...any) {
	l.plain(t, maxLabel, path...)
	l.shout(t, path...)
	if t.Vi != "" && !tellsWhatIsDone(t.Vi) {
		l.warn("no-verb", nil, path...)
	}
}

// shout warns of capitals throughout.
func (l *linter) shout(t Text, path ...any) {
	letters, upper := 0, 0
	for _, r := range t.Vi {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	if letters > 5 && upper*10 > letters*8 {
		l.warn("capitals", nil, path...)
	}
}

// jargon is what officials write and citizens do not read: short forms, and
// words of the chancery.
var jargon = []string{
	"QSDĐ", "QSD", "GCN", "GCNQSDĐ", "TTHC", "NVTC", "ĐKĐĐ", "VPĐK", "VPĐKĐĐ", "BVMT", "TN&MT", "TNMT", "TN&TKQ",
	"UBND", "HĐND", "TSGLVĐ", "BPBĐ", "ĐKBĐ", "GPMT", "ĐTM", "BĐĐC", "đương sự", "quy định hiện hành", "nêu trên", "theo luật định", "thụ lý",
}

// jargonIn returns the jargon that stands in s as words of its own.
func jargonIn(s string) []string {
	var found []string
	for _, j := range jargon {
		for at := 0; ; {
			i := strings.Index(s[at:], j)
			if i < 0 {
				break
			}
			before, _ := utf8.DecodeLastRuneInString(s[:at+i])
			after, _ := utf8.DecodeRuneInString(s[at+i+len(j):])
			if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
				found = append(found, j)
				break
			}
			at += i + len(j)
		}
	}
	return found
}

// verbs are what people come to the desk to do.
var verbs = []string{
	"xin", "đăng ký", "cấp", "gia hạn", "xóa", "xoá", "chuyển", "sang tên", "tách", "hợp", "nhập", "đổi", "làm", "lấy", "báo", "bổ sung",
	"điều chỉnh", "trả", "thuê", "giao", "mua", "bán", "tặng", "cho", "thừa kế", "nộp", "đính chính", "công nhận", "xác nhận", "thay", "thế chấp", "rút", "nhận",
}

func tellsWhatIsDone(s string) bool {
	s = " " + strings.Join(strings.Fields(strings.ToLower(text.NFC(s))), " ") + " "
	return slices.ContainsFunc(verbs, func(v string) bool { return strings.Contains(s, " "+v+" ") })
}
