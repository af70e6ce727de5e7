// Package form asks people what a procedure needs to know (tờ khai, mẫu đơn).
//
// A form is a document of cells, written by officials in Excel in XLSForm's
// layout: the sheets survey, choices and settings. Those cells are what is
// stored, hashed, versioned and given back; everything else is worked out from
// them by [Parse], which refuses what we do not support at its very cell.
// Repeats, cascades, media and appearances are not supported yet. A definition
// holds no script, no HTML and no web address.
//
// Each top group is a page, one topic a page; questions outside groups that
// follow one another share one. Rules are written in the language of package
// rule and may refer only to earlier questions.
//
// [Form.Evaluate] decides first what is asked (relevant), then whether it is
// answered well. A hidden answer counts as empty, is not validated and is never
// submitted; a draft keeps it.
package form

import (
	"embed"
	"maps"
	"slices"

	"github.com/motcua/motcua/internal/rule"
)

// Messages holds the sentences of this package, per language.
//
//go:embed messages/*.json
var Messages embed.FS

// Kind is the type of a question, as the column type names it.
type Kind string

// The kinds of questions. A note only tells, a calculate is never shown.
const (
	Text           Kind = "text"
	Integer        Kind = "integer"
	Decimal        Kind = "decimal"
	Date           Kind = "date"
	SelectOne      Kind = "select_one"
	SelectMultiple Kind = "select_multiple"
	Acknowledge    Kind = "acknowledge"
	Note           Kind = "note"
	Calculate      Kind = "calculate"
)

// ruleTypes says what rules see; notes are not there, and a calculate is of the
// type its rule results in.
var ruleTypes = map[Kind]rule.Type{
	Text: rule.Text, Integer: rule.Integer, Decimal: rule.Decimal, Date: rule.Date,
	SelectOne: rule.SelectOne, SelectMultiple: rule.SelectMultiple, Acknowledge: rule.Bool,
}

// defaultLanguage is the language of a plain label, if settings name no other.
const defaultLanguage = "vi"

// Labels is a text in several languages, by code.
type Labels map[string]string

// In returns the text in lang, or else in Vietnamese, or else in any language.
func (l Labels) In(lang string) string {
	for _, code := range append([]string{lang, defaultLanguage}, slices.Sorted(maps.Keys(l))...) {
		if s := l[code]; s != "" {
			return s
		}
	}
	return ""
}

// Choice is one possible answer to a select.
type Choice struct {
	Name  string
	Label Labels
}

// Field is one row of the survey that is not a group.
type Field struct {
	Name     string // stable: the name of the answer for as long as the form lives
	Kind     Kind
	Label    Labels
	Hint     Labels
	Choices  []Choice
	Group    int // index in Form.Groups, or -1
	Default  rule.Value
	ReadOnly bool // the answer is always the default

	required          bool // whatever the other answers are
	requiredWhen      *rule.Rule
	relevant          *rule.Rule
	constraint        *rule.Rule
	calculation       *rule.Rule
	constraintMessage Labels
	requiredMessage   Labels
	valueType         rule.Type
}

// Asked reports whether people answer the field, rather than read it or have it
// calculated.
func (f *Field) Asked() bool { return f.Kind != Note && f.Kind != Calculate }

// Optional reports whether the field may stay empty in every case; pages mark
// it so.
func (f *Field) Optional() bool { return !f.required && f.requiredWhen == nil }

// ChoiceLabel returns the label of the choice called name, or the name itself.
func (f *Field) ChoiceLabel(lang, name string) string {
	for _, c := range f.Choices {
		if c.Name == name {
			return c.Label.In(lang)
		}
	}
	return name
}

// Group holds questions of one topic. A top group is a page.
type Group struct {
	Name   string
	Label  Labels
	Hint   Labels
	Parent int // index in Form.Groups, or -1

	relevant *rule.Rule
}

// Page is what is asked at once.
type Page struct {
	Name   string // of its group, or of its first field
	Label  Labels // nil outside groups
	Hint   Labels
	Fields []*Field // asked or told, in order
}

// Form is a parsed form. It does not change and is safe for concurrent use.
type Form struct {
	ID      string
	Version string
	Title   Labels
	Fields  []*Field
	Groups  []Group
	Pages   []Page

	items  []item // fields and group beginnings in the order of the survey
	sheets Sheets
	byName map[string]*Field
}

// item is a field, or the beginning of a group when field is nil.
type item struct {
	field *Field
	group int
}

// Sheets returns the cells the form was written in; they are not to be changed.
func (f *Form) Sheets() Sheets { return f.sheets }

// Field returns the field called name, or nil.
func (f *Form) Field(name string) *Field { return f.byName[name] }

// Languages lists the codes of the languages the form is written in, sorted.
func (f *Form) Languages() []string {
	codes := map[string]bool{}
	for _, field := range f.Fields {
		for code := range field.Label {
			codes[code] = true
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// Start returns the answers a new draft begins with.
func (f *Form) Start() Answers {
	a := Answers{}
	for _, field := range f.Fields {
		if !field.Default.IsEmpty() {
			a[field.Name] = field.Default
		}
	}
	return a
}

// layOut collects the fields into pages.
func (f *Form) layOut() {
	top := -2 // the top group of the page being filled; -1 outside groups
	for _, field := range f.Fields {
		if field.Kind == Calculate {
			continue
		}
		g := field.Group
		for g >= 0 && f.Groups[g].Parent >= 0 {
			g = f.Groups[g].Parent
		}
		if g != top {
			page := Page{Name: field.Name}
			if g >= 0 {
				page = Page{Name: f.Groups[g].Name, Label: f.Groups[g].Label, Hint: f.Groups[g].Hint}
			}
			f.Pages = append(f.Pages, page)
			top = g
		}
		p := &f.Pages[len(f.Pages)-1]
		p.Fields = append(p.Fields, field)
	}
}
