package i18n

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	nameOf      = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	markup      = regexp.MustCompile(`<[^>]*>|&[a-z]+;`)
)

// Check returns what is wrong with the messages, a line a fault: keys or
// variables that differ between the languages, plural forms missing, texts that
// are empty, decomposed, carelessly spaced, typed with straight quotes, or
// holding markup under a key that does not say so.
func (b *Bundle) Check() []string {
	var faults []string
	fault := func(lang Lang, key, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s %s: ", lang, key)+fmt.Sprintf(format, args...))
	}
	for _, lang := range Langs {
		for _, key := range b.Keys(lang) {
			m := b.messages[lang][key]
			b.compare(lang, key, fault)
			if lang == Vi && m.one != "" {
				fault(lang, key, "Vietnamese has no plural")
			}
			if lang != Vi && m.one == "" && slices.Contains(variables(m.other), "count") {
				fault(lang, key, "counts something but has no form one")
			}
			if m.one != "" && !slices.Contains(variables(m.other), "count") {
				fault(lang, key, "has a form one but no {count}")
			}
			checkText(m.other, strings.HasSuffix(key, "_html"), func(s string) { fault(lang, key, "%s", s) })
			if m.one != "" {
				checkText(m.one, strings.HasSuffix(key, "_html"), func(s string) { fault(lang, key, "%s", s) })
			}
		}
	}
	return faults
}

// compare tells how the message differs from the default language's, or that one
// of the two is missing.
func (b *Bundle) compare(lang Lang, key string, fault func(Lang, string, string, ...any)) {
	for _, other := range Langs {
		m, ok := b.messages[other][key]
		if !ok {
			fault(other, key, "missing")
			continue
		}
		mine, theirs := variables(b.messages[lang][key].other), variables(m.other)
		if lang == Vi && !slices.Equal(mine, theirs) {
			fault(other, key, "variables %v, but %s has %v", theirs, lang, mine)
		}
	}
}

// checkText reports what is wrong with one text.
func checkText(s string, isHTML bool, report func(string)) {
	plain := s
	if isHTML {
		plain = markup.ReplaceAllString(s, "")
	}
	switch {
	case strings.TrimSpace(plain) == "":
		report("empty")
	case s != strings.TrimSpace(s) || strings.Contains(s, "  "):
		report("stray spaces")
	case !norm.NFC.IsNormalString(s):
		report("not in NFC")
	}
	if strings.ContainsAny(plain, "\"'") {
		report(`straight quotes: write “…” and ’`)
	}
	if !isHTML && (strings.ContainsAny(s, "<>") || markup.MatchString(s)) {
		report("markup: end the key in _html")
	}
	for _, name := range variables(s) {
		if !nameOf.MatchString(name) {
			report("bad placeholder {" + name + "}")
		}
	}
	if rest := placeholder.ReplaceAllString(s, ""); strings.ContainsAny(rest, "{}") {
		report("unbalanced braces")
	}
}

// variables returns the names of the placeholders of a text, sorted.
func variables(s string) []string {
	names := make(map[string]bool)
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		names[m[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}
