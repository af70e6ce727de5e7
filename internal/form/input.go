package form

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/text"
)

// Numbers as people type them: Vietnamese 1.234,56, English 1,234.56, the
// grouping marks optional but, where written, every three digits. Spaces group
// as well. Anything else is refused rather than guessed: 1.5 typed in Vietnamese
// would be 15 to one reader and one and a half to another.
var typedNumbers = map[string]*regexp.Regexp{
	"vi": regexp.MustCompile(`^([-−]?)(\d+|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?: \d{3})+)(?:,(\d+))?$`),
	"en": regexp.MustCompile(`^([-−]?)(\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+)(?:\.(\d+))?$`),
}

// Days as people type them: day first in every language, since the law of the
// country writes them so; or ISO 8601.
var (
	typedDay = regexp.MustCompile(`^(\d{1,2}) ?[/.-] ?(\d{1,2}) ?[/.-] ?(\d{4})$`)
	isoDay   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// oddSpaces are what keyboards and word processors put for a space.
var oddSpaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ")

// Read understands what a person typed into the field, in the language of the
// page. A date may come as one text or as day, month and year. Whether the
// answer is required or right is for [Form.Evaluate].
func (f *Field) Read(lang string, typed []string) (rule.Value, *Problem) {
	var parts []string
	for _, s := range typed {
		if s = strings.TrimSpace(oddSpaces.Replace(text.NFC(s))); s != "" && !slices.Contains(parts, s) || len(typed) == 3 && f.Kind == Date {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 || strings.Join(parts, "") == "" {
		return rule.Value{}, nil
	}
	var v rule.Value
	ok := true
	switch f.Kind {
	case Integer, Decimal:
		v, ok = readNumber(lang, parts[0])
	case Date:
		v, ok = readDay(strings.Join(parts, "/"))
	case SelectMultiple:
		v = rule.OfList(parts...)
	case Acknowledge:
		v = rule.OfBool(true)
	default:
		v = rule.OfText(strings.ReplaceAll(parts[0], "\r\n", "\n"))
	}
	if !ok {
		return rule.Value{}, &Problem{Field: f, Key: "form.error.type." + string(f.Kind)}
	}
	if p, wrong := f.wrong(v); wrong {
		return rule.Value{}, &p
	}
	return v, nil
}

func readNumber(lang, s string) (rule.Value, bool) {
	form, ok := typedNumbers[lang]
	if !ok {
		return rule.ParseNumber(s)
	}
	m := form.FindStringSubmatch(s)
	if m == nil {
		return rule.Value{}, false
	}
	plain := strings.NewReplacer(".", "", ",", "", " ", "").Replace(m[2])
	if m[1] != "" {
		plain = "-" + plain
	}
	if m[3] != "" {
		plain += "." + m[3]
	}
	return rule.ParseNumber(plain)
}

func readDay(s string) (rule.Value, bool) {
	if m := typedDay.FindStringSubmatch(s); m != nil {
		s = fmt.Sprintf("%s-%02s-%02s", m[3], m[2], m[1])
	}
	return rule.OfText(s), isoDay.MatchString(s) && rule.IsDate(s)
}

// Write returns what a person would type for v: what Read reads. It fills the
// inputs of a page drawn again.
func (f *Field) Write(lang string, v rule.Value) []string {
	switch {
	case v.IsEmpty():
		return nil
	case f.Kind == SelectMultiple:
		return v.List()
	case f.Kind == Date && rule.IsDate(v.Text()):
		s := v.Text()
		return []string{s[8:] + "/" + s[5:7] + "/" + s[:4]}
	case lang == "vi":
		if _, ok := v.Rat(); ok {
			return []string{strings.Replace(v.String(), ".", ",", 1)}
		}
	}
	return []string{v.String()}
}

// Show returns v as a reader of lang wants to see it: days as written there,
// grouped numbers, labels of choices. An acknowledgement shows its question's
// label.
func (f *Field) Show(lang string, v rule.Value) string {
	switch f.Kind {
	case SelectOne:
		return f.ChoiceLabel(lang, v.Text())
	case SelectMultiple:
		labels := v.List()
		for i, name := range labels {
			labels[i] = f.ChoiceLabel(lang, name)
		}
		return strings.Join(labels, "; ")
	case Acknowledge:
		if v.Bool() {
			return f.Label.In(lang)
		}
		return ""
	}
	if _, ok := v.Rat(); ok {
		return group(lang, v.String())
	}
	return strings.Join(f.Write(lang, v), "")
}

// group puts marks between thousands.
func group(lang, plain string) string {
	mark, point := ".", ","
	if lang != "vi" {
		mark, point = ",", "."
	}
	digits := strings.TrimPrefix(plain, "-")
	sign := plain[:len(plain)-len(digits)]
	whole, fraction, fine := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + mark + whole[i:]
	}
	if fine {
		whole += point + fraction
	}
	return sign + whole
}

// ReadPage reads what was typed into every field of page i that people answer.
// A field left empty is in the answers as empty, so that merging them over a
// draft clears it; a field with a problem is not in them.
func (f *Form) ReadPage(i int, lang string, typed url.Values) (Answers, []Problem) {
	answers := Answers{}
	var problems []Problem
	for _, field := range f.Pages[i].Fields {
		if !field.Asked() || field.ReadOnly {
			continue
		}
		v, p := field.Read(lang, typed[field.Name])
		if p != nil {
			problems = append(problems, *p)
			continue
		}
		answers[field.Name] = v
	}
	return answers, problems
}

// ProblemsErr returns problems as an error for pages in lang, or nil.
func ProblemsErr(problems []Problem, lang string) error {
	if len(problems) == 0 {
		return nil
	}
	fields := make(map[string]errs.Text, len(problems))
	for _, p := range problems {
		fields[p.Field.Name] = p.Text(lang)
	}
	return &errs.Error{Kind: errs.Invalid, Msg: "form.error.answers", Fields: fields}
}
