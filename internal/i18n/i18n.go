// Package i18n says things in the reader's language: messages by key, and dates,
// numbers and money as that language writes them.
//
// Vietnamese is the language of the law and the default; English is complete.
// Messages live beside the pages that need them, in messages/vi.json and
// messages/en.json, one flat object from key to text:
//
//	"dossier.filed": "Đã nộp ngày {date}",
//	"dossier.days":  {"one": "{count} day left", "other": "{count} days left"}
//
// The plural form is chosen by the argument named count.
package i18n

import (
	"golang.org/x/text/language"
)

// Lang is a language that the whole product speaks. Its methods write values as
// that language does; moments are shown in Vietnamese time.
type Lang string

// The languages, the default first.
const (
	Vi Lang = "vi"
	En Lang = "en"
)

// Langs lists every language, the default first.
var Langs = []Lang{Vi, En}

// Parse returns the language called s, and whether there is one.
func Parse(s string) (Lang, bool) {
	for _, l := range Langs {
		if s == string(l) {
			return l, true
		}
	}
	return Vi, false
}

// Negotiate picks the language of an answer: what the reader chose before, kept
// in a cookie, else the best that the browser accepts, else Vietnamese.
func Negotiate(acceptLanguage, cookie string) Lang {
	if l, ok := Parse(cookie); ok {
		return l
	}
	tags, weights, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Vi
	}
	for i, tag := range tags { // sorted by weight
		base, _ := tag.Base()
		if l, ok := Parse(base.String()); ok && weights[i] > 0 {
			return l
		}
	}
	return Vi
}
