package webtest

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
)

var (
	void   = regexp.MustCompile(`<(meta|link|input|br|hr|img)\b([^>]*[^/])?>`)
	bare   = regexp.MustCompile(`\s(checked|selected|multiple|hidden|formnovalidate|data-print|data-scan|data-autofocus|data-upload-status|novalidate)([\s/>])`)
	id     = regexp.MustCompile(`\sid="([^"]*)"`)
	ref    = regexp.MustCompile(`\s(?:for|aria-describedby|href)="(#?[^"]*)"`)
	names  = regexp.MustCompile(`\s(?:for|aria-describedby)=`)
	inline = regexp.MustCompile(`\s(style|on[a-z]+)="|<style|<script>`)
)

// CheckHTML fails the test if the elements of a page are not balanced, an id
// stands twice, a reference to one leads nowhere, or the strict CSP would refuse
// a part.
func CheckHTML(t *testing.T, page string) {
	t.Helper()
	text := strings.TrimPrefix(page, "<!doctype html>")
	text = void.ReplaceAllString(text, "<$1$2/>")
	for bare.MatchString(text) {
		text = bare.ReplaceAllString(text, ` $1=""$2`)
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, _ := d.InputPos()
			t.Fatalf("not well-formed: %v near %q", err, strings.Split(text, "\n")[line-1])
		}
	}
	ids := map[string]bool{}
	for _, m := range id.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range ref.FindAllStringSubmatch(page, -1) {
		targets := strings.Fields(m[1])
		if !names.MatchString(m[0]) {
			if !strings.HasPrefix(m[1], "#") {
				continue
			}
			targets = []string{m[1][1:]}
		}
		for _, target := range targets {
			if !ids[target] {
				t.Errorf("%s leads nowhere", m[0])
			}
		}
	}
	if inline.MatchString(page) {
		t.Error("inline style or script: the CSP refuses it")
	}
}

var next = regexp.MustCompile(`href="([^"]*)" rel="next"`)

// Next returns where a page's pager leads on to, or "".
func Next(page string) string {
	m := next.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}
