package text_test

import (
	"bytes"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/motcua/motcua/internal/text"
	"golang.org/x/text/unicode/norm"
)

func TestNFC(t *testing.T) {
	const composed = "Đắk Lắk"
	if got := text.NFC(norm.NFD.String(composed)); got != composed {
		t.Errorf("NFC of a decomposed name = %+q, want %+q", got, composed)
	}
	if got := text.NFC("a\xffb"); got != "a\uFFFDb" {
		t.Errorf("NFC of broken bytes = %q", got)
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Đống Đa", "dong da"},
		{"dong da", "dong da"},
		{"Hòa", "hoa"},
		{"Hoà", "hoa"},
		{"HOÀ", "hoa"},
		{"thuỷ lợi", "thuy loi"},
		{"thủy lợi", "thuy loi"},
		{norm.NFD.String("Đắk Lắk"), "dak lak"},
		{"ĐẮK LẮK", "dak lak"},
		{"D’Ran", "dran"},
		{"D'Ran", "dran"},
		{"Bà Rịa - Vũng Tàu", "ba ria vung tau"},
		{"  Nguyễn\u00a0Thị\tƯớc ", "nguyen thi uoc"},
		{"31/2022/NĐ-CP", "31 2022 nd cp"},
		{"100 m²", "100 m2"},
		{"Lê\u200b Lợi", "le loi"},
		{"ơ Ơ ư Ư ă Ă â Â ê ô", "o o u u a a a a e o"},
		{"…—!", ""},
		{"", ""},
		{"a\xffb", "a b"},
	} {
		if got := text.Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%+q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	if got, want := text.Words("Xã Phước-Hòa,  Đ. 3/2"), []string{"xa", "phuoc", "hoa", "d", "3", "2"}; !slices.Equal(got, want) {
		t.Errorf("Words = %q, want %q", got, want)
	}
	if got := text.Words(" – "); len(got) != 0 {
		t.Errorf("Words of punctuation = %q, want none", got)
	}
}

func TestSortKey(t *testing.T) {
	want := []string{"An", "Án", "Anh", "Ăn", "Ân", "Bà", "Châu", "Dũng", "Đà Nẵng", "Đắk Lắk", "Em", "Ếch", "Mai", "Ông", "Ơn", "Tư", "Uy", "Ưng", "Yên"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return bytes.Compare(text.SortKey(a), text.SortKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("sorted: %q\nwant:   %q", got, want)
	}
	if !bytes.Equal(text.SortKey("Huế"), text.SortKey(norm.NFD.String("Huế"))) {
		t.Error("composed and decomposed Huế sort apart")
	}
}

func TestSafeCell(t *testing.T) {
	for in, want := range map[string]string{
		`=HYPERLINK("http://x","y")`: `'=HYPERLINK("http://x","y")`,
		"+84 123":                    "'+84 123",
		"-1":                         "'-1",
		"@SUM(A1)":                   "'@SUM(A1)",
		"\t=1":                       "'\t=1",
		"  =1":                       "'  =1",
		"\ufeff=1":                   "'\ufeff=1",
		"＝1":                         "'＝1",
		"Nguyễn Văn A":               "Nguyễn Văn A",
		"a=b":                        "a=b",
		"":                           "",
	} {
		if got := text.SafeCell(in); got != want {
			t.Errorf("SafeCell(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Đống Đa", "D’Ran", "e\u0302\u0301", "a\xff", "İstanbul ẞ ﬁ ℡", "ǅ ϴ K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Fold(s)
		if !utf8.ValidString(once) {
			t.Errorf("Fold(%+q) = %+q is not UTF-8", s, once)
		}
		if twice := text.Fold(once); twice != once {
			t.Errorf("Fold(%+q) = %+q, folded again %+q", s, once, twice)
		}
		if decomposed := text.Fold(norm.NFD.String(text.NFC(s))); utf8.ValidString(s) && decomposed != once {
			t.Errorf("Fold(%+q) = %+q, of its NFD %+q", s, once, decomposed)
		}
	})
}
