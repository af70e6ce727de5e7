package web

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/errs"
)

// Components are drawn by the shared templates of the same name:
//
//	{{template "input" (.Data.Form.Input "name" (t "party.name"))}}
//	{{template "tag" (tag "green" (t "dossier.state.done"))}}
//
// Their texts are already in the reader's language; only faults are keys, since
// they come from the services.

// Form binds fields to what was typed and to what was wrong with it.
type Form struct {
	Values url.Values
	Faults errs.Fields
	order  []string
}

// NewForm returns a form drawn with values and faults, both of which may be nil.
// The error summary lists the faults in the order of the given fields; others
// follow by name.
func NewForm(values url.Values, faults errs.Fields, order ...string) Form {
	return Form{values, faults, order}
}

// Field is what every kind of field has. The error summary links to ID.
type Field struct {
	ID, Name, Label, Hint string
	Error                 errs.Text
	Value                 string
	Optional              bool // said after the label
	Heading               bool // the label is the page's h1
}

// DescribedBy is the value of aria-describedby: the ids of hint and error.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error.Key != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

func (f Form) field(name, label string, hint []string) Field {
	return Field{ID: name, Name: name, Label: label, Hint: strings.Join(hint, " "), Error: f.Faults[name], Value: f.Values.Get(name)}
}

// Input is one line of text.
type Input struct {
	Field
	Type, Autocomplete, Mode string
	Width                    int // in characters: 2, 3, 4, 5, 10, 20 or 30; 0 is the whole line
	Data                     string
}

// Input returns a text input; see the methods of [Input] for its variants.
func (f Form) Input(name, label string, hint ...string) Input {
	return Input{Field: f.field(name, label, hint), Type: "text"}
}

// As sets the type and the autocomplete token: "tel" "tel", "email" "email",
// "password" "current-password". A password is never drawn again.
func (i Input) As(kind, autocomplete string) Input {
	i.Type, i.Autocomplete = kind, autocomplete
	if kind == "password" {
		i.Value = ""
	}
	return i
}

// Numeric asks phones for their keys of digits.
func (i Input) Numeric() Input { i.Mode = "numeric"; return i }

// Wide sets the width in characters.
func (i Input) Wide(n int) Input { i.Width = n; return i }

// Maybe says that the field may be left empty.
func (i Input) Maybe() Input { i.Optional = true; return i }

// Head makes the label the page's heading.
func (i Input) Head() Input { i.Heading = true; return i }

// Textarea is several lines of text.
type Textarea struct {
	Field
	Rows, Max int // Max is the most characters; 0 is no limit
}

// Textarea returns a text area of five rows.
func (f Form) Textarea(name, label string, hint ...string) Textarea {
	return Textarea{Field: f.field(name, label, hint), Rows: 5}
}

// AtMost counts the characters left while the person types.
func (t Textarea) AtMost(n int) Textarea { t.Max = n; return t }

// Maybe says that the field may be left empty.
func (t Textarea) Maybe() Textarea { t.Optional = true; return t }

// Option is one choice.
type Option struct {
	Value, Label, Hint string
	Chosen             bool
	ID                 string // set by the form
}

// Choice is a group of radios or checkboxes, or a select.
type Choice struct {
	Field
	Options []Option
	Inline  bool
}

// Choice returns a choice of one or several; the template ("radios",
// "checkboxes", "select") decides how it looks.
func (f Form) Choice(name, legend string, options []Option, hint ...string) Choice {
	c := Choice{Field: f.field(name, legend, hint), Options: slices.Clone(options)}
	for i := range c.Options {
		o := &c.Options[i]
		o.ID = name // the summary's link reaches the first
		if i > 0 {
			o.ID = name + "-" + o.Value
		}
		o.Chosen = o.Chosen || slices.Contains(f.Values[name], o.Value)
	}
	return c
}

// Head makes the legend the page's heading.
func (c Choice) Head() Choice { c.Heading = true; return c }

// Beside sets short choices side by side.
func (c Choice) Beside() Choice { c.Inline = true; return c }

// Maybe says that the choice may be left open.
func (c Choice) Maybe() Choice { c.Optional = true; return c }

// DateInput is a date in three boxes, dd mm yyyy. They are posted as name-day,
// name-month and name-year.
type DateInput struct {
	Field
	Day, Month, Year string
}

// Date returns a date input.
func (f Form) Date(name, legend string, hint ...string) DateInput {
	return DateInput{
		Field: f.field(name, legend, hint),
		Day:   f.Values.Get(name + "-day"), Month: f.Values.Get(name + "-month"), Year: f.Values.Get(name + "-year"),
	}
}

// Head makes the legend the page's heading.
func (d DateInput) Head() DateInput { d.Heading = true; return d }

// TypedDate puts the three boxes of a date together as yyyy-mm-dd, padded but
// not checked; it is empty when all three are.
func TypedDate(values url.Values, name string) string {
	pad := func(box string, width int) string {
		s := strings.TrimSpace(values.Get(name + "-" + box))
		return strings.Repeat("0", max(0, width-len(s))) + s
	}
	s := pad("year", 4) + "-" + pad("month", 2) + "-" + pad("day", 2)
	if s == "0000-00-00" {
		return ""
	}
	return s
}

// Upload is a list of files with a way to add more. Without scripts the form
// around it is posted; with them each file goes on its own to URL and shows its
// progress.
type Upload struct {
	Field
	URL, Accept string // where one file is posted; the kinds taken, as in accept=""
	Files       []File
}

// File is one file that was received, or refused with Error.
type File struct {
	Name, Href, Remove string // Remove is the address that takes it back by POST
	Size               int64
	Error              errs.Text
}

// Upload returns an upload list.
func (f Form) Upload(name, label, postTo, accept string, files []File, hint ...string) Upload {
	return Upload{Field: f.field(name, label, hint), URL: postTo, Accept: accept, Files: files}
}

// Fault is one line of an error summary.
type Fault struct {
	ID   string
	Text errs.Text
}

// Summary returns what was wrong, for "error-summary", which draws nothing when
// nothing was.
func (f Form) Summary() []Fault {
	var names []string
	for name := range f.Faults {
		names = append(names, name)
	}
	place := func(name string) int {
		if i := slices.Index(f.order, name); i >= 0 {
			return i
		}
		return len(f.order)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	faults := make([]Fault, len(names))
	for i, name := range names {
		faults[i] = Fault{name, f.Faults[name]}
	}
	return faults
}

// Tag is a state in a word and a colour that never says more than the word:
// grey, blue, green, yellow, orange, red, purple or teal.
type Tag struct{ Colour, Text string }

// Level says how near a deadline is, and chooses word and colour.
type Level string

// The levels of a deadline.
const (
	OnTime  Level = "on-time"
	DueSoon Level = "due-soon"
	Due     Level = "due"
	Overdue Level = "overdue"
	Paused  Level = "paused"
	Ended   Level = "ended"
)

// Deadline is a date and the reason for it; a paused clock has a reason only.
type Deadline struct {
	Level  Level
	Due    time.Time
	Reason string
}

// Row is a term and its value in a summary list, with a way to change it.
type Row struct {
	Key, Value   string
	HTML         template.HTML // drawn instead of Value where set
	Href, Action string        // Action is the link's word, empty for "change"
}

// Task is a line of a task list. Without Href it cannot be started yet.
type Task struct {
	Name, Hint, Href string
	Tag              Tag // no colour: plain text, as for a task that is done
}

// Tab is one view of the same list, an ordinary link.
type Tab struct {
	Label, Href string
	Count       int64 // shown when not negative
	Current     bool
}

// Pager leads to the neighbouring pages of a keyset-paged list.
type Pager struct{ Previous, Next string }

// Filter narrows a list by GET. Search is one text field; its Name empty means
// none.
type Filter struct {
	Action  string
	Search  Input
	Choices []Choice // drawn as selects
	Clear   string   // address of the whole list, empty when nothing is narrowed
}

// SortHeader is the head of a column by which a list can be sorted.
type SortHeader struct {
	Label, Href string
	Order       string // "ascending", "descending", or "none"
	Numeric     bool
}

// Entry is what happened once, in a timeline.
type Entry struct {
	At              time.Time
	Title, By, Text string
	Tag             Tag
}

// Step is a stage on the way; State is "done", "current" or "ahead".
type Step struct{ Label, Note, State string }

// Chart compares amounts by bars. It is a table first: the bars only repeat it.
type Chart struct {
	Caption, Head, Unit string // Head is the first column's, Unit the second's
	Bars                []Bar
}

// Bar is one amount. Value is how it reads; Level may colour it.
type Bar struct {
	Label, Value string
	Amount       float64
	Level        Level
	Share        float64 // of the longest, 0 to 100; set by [NewChart]
}

// NewChart returns a chart whose bars are measured against the longest.
func NewChart(caption, head, unit string, bars ...Bar) Chart {
	longest := 0.0
	for _, b := range bars {
		longest = max(longest, b.Amount)
	}
	bars = slices.Clone(bars)
	for i := range bars {
		if longest > 0 {
			bars[i].Share = max(0, bars[i].Amount) / longest * 100
		}
	}
	return Chart{caption, head, unit, bars}
}

// Panel says that something important is done.
type Panel struct{ Title, Text, Code string } // Code is large, to be copied

// Notice is a banner: Kind is "" for information, "success" or "warning".
type Notice struct{ Kind, Title, Text string }

// Empty says that a list is empty, and what to do about it.
type Empty struct{ Title, Text, Href, Action string }

// Confirm is a question with one button that acts by POST and one link back.
type Confirm struct {
	Title, Text, Action, Button, Cancel string
	Danger                              bool
	Hidden                              url.Values // posted along
}

// Crumb is one step of the way back; the last has no Href.
type Crumb struct{ Label, Href string }

// OtherHref is the address of the same page in the other language.
func (p Page) OtherHref() string {
	path, query, _ := strings.Cut(p.Path, "?")
	if query != "" {
		query += "&"
	}
	return path + "?" + query + "lang=" + string(p.OtherLang)
}

// componentFuncs make components inside templates.
var componentFuncs = template.FuncMap{
	"tag":    func(colour, text string) Tag { return Tag{colour, text} },
	"notice": func(kind, title, text string) Notice { return Notice{kind, title, text} },
	"panel":  func(title, text, code string) Panel { return Panel{title, text, code} },
	"empty": func(title, text, href, action string) Empty {
		return Empty{title, text, href, action}
	},
	"row":    func(key, value string) Row { return Row{Key: key, Value: value} },
	"rows":   func(rows ...Row) []Row { return rows },
	"crumb":  func(label, href string) Crumb { return Crumb{label, href} },
	"crumbs": func(crumbs ...Crumb) []Crumb { return crumbs },
	"option": func(value, label string) Option { return Option{Value: value, Label: label} },
	"options": func(options ...Option) []Option {
		return options
	},
	"sortHeader": func(label, href, order string) SortHeader { return SortHeader{Label: label, Href: href, Order: order} },
	"deadline":   func(level Level, due time.Time, reason string) Deadline { return Deadline{level, due, reason} },
}
