// Package formweb draws the questions of a form (tờ khai) inside the pages of
// others, and reads what people type there. It works without scripts.
//
// Only what is asked is drawn. Where an answer decides whether another question
// of the same page is asked, that question appears once the page was saved:
// [Sheet.Check] then reports that there is more, and the page is shown again.
// Each page says which questions it showed, so that a question which was not
// drawn is neither cleared nor called unanswered.
package formweb

import (
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Files are the part "form-fields", which draws []Part, and its words.
//
//go:embed templates/*.html messages/*.json
var Files embed.FS

const (
	// prefix stands before the name of each question, so that no form can name a
	// field like something else of the page.
	prefix = "q-"
	// shown is the hidden field that lists the questions drawn.
	shown = "shown"
	// fewChoices are drawn as radios, more as a select.
	fewChoices = 7
)

// ID is the id and name of a question on the page: what an address ends in to
// lead there.
func ID(field string) string { return prefix + field }

// Sheet is a form with somebody's answers, as a reader sees it.
type Sheet struct {
	Form    *form.Form
	Answers form.Answers // the draft, hidden answers included
	Result  *form.Result

	lang i18n.Lang
	say  func(key string, args ...any) string
}

// Open works answers through the form, for the reader of r.
func Open(v *web.View, r *http.Request, f *form.Form, answers form.Answers, today worktime.Date) (*Sheet, error) {
	result, err := f.Evaluate(answers, today.String())
	if err != nil {
		return nil, err
	}
	say := func(key string, args ...any) string { return v.T(r, key, args...) }
	return &Sheet{f, answers, result, web.LangOf(r), say}, nil
}

// Part is one thing to draw; one field of it is set.
type Part struct {
	Heading    string // of a group inside the page
	Note       *Note
	Rows       []web.Row // answers that nobody types
	Input      *web.Input
	Textarea   *web.Textarea
	Radios     *web.Choice
	Select     *web.Choice
	Checkboxes *web.Choice
	Date       *web.DateInput
	Shown      string // names of the questions drawn, to be sent back
}

// Note tells something.
type Note struct{ Text, Hint string }

// Title is what page i is called.
func (s *Sheet) Title(i int) string {
	p := s.Form.Pages[i]
	if title := p.Label.In(string(s.lang)); title != "" {
		return title
	}
	return p.Fields[0].Label.In(string(s.lang))
}

// Hint is what stands below the title of page i.
func (s *Sheet) Hint(i int) string { return s.Form.Pages[i].Hint.In(string(s.lang)) }

// Page returns what page i asks now. Typed, if not nil, is drawn again instead
// of the answers.
func (s *Sheet) Page(i int, typed url.Values, faults errs.Fields) []Part {
	return s.Parts(s.Result.PageFields(i), typed, faults)
}

// Parts returns any questions of the form, such as those an authority asks to
// have corrected.
func (s *Sheet) Parts(fields []*form.Field, typed url.Values, faults errs.Fields) []Part {
	var parts []Part
	var names []string
	bound := web.NewForm(s.values(fields, typed), faults)
	group := -1
	for _, f := range fields {
		if f.Group != group {
			group = f.Group
			if group >= 0 && s.Form.Groups[group].Parent >= 0 {
				if heading := s.Form.Groups[group].Label.In(string(s.lang)); heading != "" {
					parts = append(parts, Part{Heading: heading})
				}
			}
		}
		parts = append(parts, s.part(f, bound))
		if typedIn(f) {
			names = append(names, f.Name)
		}
	}
	if rows := s.calculated(fields); len(rows) > 0 {
		parts = append(parts, Part{Rows: rows})
	}
	return append(parts, Part{Shown: strings.Join(names, " ")})
}

// typedIn reports whether people answer the field.
func typedIn(f *form.Field) bool { return f.Asked() && !f.ReadOnly }

// values are what stands in the fields: what was typed where it was shown, or
// else the answers as a person would type them.
func (s *Sheet) values(fields []*form.Field, typed url.Values) url.Values {
	values := url.Values{}
	maps.Copy(values, typed)
	said := strings.Fields(typed.Get(shown))
	for _, f := range fields {
		if slices.Contains(said, f.Name) {
			continue
		}
		written := f.Write(string(s.lang), s.Answers[f.Name])
		if f.Kind != form.Date {
			values[ID(f.Name)] = written
			continue
		}
		if boxes := strings.Split(strings.Join(written, ""), "/"); len(boxes) == 3 {
			for i, box := range []string{"-day", "-month", "-year"} {
				values.Set(ID(f.Name)+box, boxes[i])
			}
		}
	}
	return values
}

func (s *Sheet) part(f *form.Field, bound web.Form) Part {
	lang := string(s.lang)
	label, hint, id := f.Label.In(lang), f.Hint.In(lang), ID(f.Name)
	switch {
	case f.Kind == form.Note:
		return Part{Note: &Note{label, hint}}
	case f.ReadOnly:
		return Part{Rows: []web.Row{{Key: label, Value: f.Show(lang, f.Default)}}}
	}
	switch f.Kind {
	case form.Integer, form.Decimal:
		in := bound.Input(id, label, hint).Wide(20)
		in.Mode, in.Optional = "decimal", f.Optional()
		if f.Kind == form.Integer {
			in = in.Numeric()
		}
		return Part{Input: &in}
	case form.Date:
		d := bound.Date(id, label, hint)
		d.Optional = f.Optional()
		return Part{Date: &d}
	case form.SelectOne, form.SelectMultiple, form.Acknowledge:
		return s.choice(f, bound, label, hint)
	}
	if v := bound.Values.Get(id); strings.Contains(v, "\n") || len(v) > 100 {
		t := bound.Textarea(id, label, hint)
		t.Optional = f.Optional()
		return Part{Textarea: &t}
	}
	in := bound.Input(id, label, hint)
	in.Optional = f.Optional()
	return Part{Input: &in}
}

func (s *Sheet) choice(f *form.Field, bound web.Form, label, hint string) Part {
	if f.Kind == form.Acknowledge {
		c := bound.Choice(ID(f.Name), s.say("form.page.acknowledge"), []web.Option{{Value: "true", Label: label}}, hint)
		c.Optional = f.Optional()
		return Part{Checkboxes: &c}
	}
	var options []web.Option
	many := f.Kind == form.SelectOne && len(f.Choices) > fewChoices
	if many {
		options = append(options, web.Option{Label: s.say("form.page.choose")})
	}
	for _, c := range f.Choices {
		options = append(options, web.Option{Value: c.Name, Label: c.Label.In(string(s.lang))})
	}
	c := bound.Choice(ID(f.Name), label, options, hint)
	c.Optional = f.Optional()
	switch {
	case many:
		return Part{Select: &c}
	case f.Kind == form.SelectOne:
		return Part{Radios: &c}
	}
	return Part{Checkboxes: &c}
}

// calculated returns what was worked out from the answers and has a label, of
// the groups that the fields stand in.
func (s *Sheet) calculated(fields []*form.Field) []web.Row {
	var rows []web.Row
	for _, f := range s.Form.Fields {
		v, label := s.Result.Values[f.Name], f.Label.In(string(s.lang))
		if f.Kind == form.Calculate && !v.IsEmpty() && label != "" && f.Group >= 0 &&
			slices.ContainsFunc(fields, func(g *form.Field) bool { return g.Group == f.Group }) {
			rows = append(rows, web.Row{Key: label, Value: f.Show(string(s.lang), v)})
		}
	}
	return rows
}

// Summary returns the answers of page i for who checks them before filing. With
// an address of the page each has a link to change it.
func (s *Sheet) Summary(i int, href string) []web.Row {
	var rows []web.Row
	fields := s.Result.PageFields(i)
	for _, f := range fields {
		if f.Kind == form.Note {
			continue
		}
		row := web.Row{Key: f.Label.In(string(s.lang)), Value: s.say("form.page.unanswered")}
		if v := s.Result.Values[f.Name]; !v.IsEmpty() {
			row.Value = f.Show(string(s.lang), v)
			if f.Kind == form.Acknowledge {
				row.Value = s.say("form.page.acknowledged")
			}
		}
		if href != "" && !f.ReadOnly {
			row.Href = href + "#" + ID(f.Name)
		}
		rows = append(rows, row)
	}
	return append(rows, s.calculated(fields)...)
}

// Progress says how far a page is.
type Progress string

// The degrees of progress. Each is the message "form.progress.<progress>".
const (
	Untouched Progress = "untouched" // nothing answered, something required
	Begun     Progress = "begun"
	Optional  Progress = "optional" // nothing answered, and nothing required
	Complete  Progress = "complete"
)

// Progress returns how far page i is.
func (s *Sheet) Progress(i int) Progress {
	answered := slices.ContainsFunc(s.Result.PageFields(i), func(f *form.Field) bool {
		v := s.Answers[f.Name]
		return typedIn(f) && !v.IsEmpty() && !v.Equal(f.Default)
	})
	asks := slices.ContainsFunc(s.Result.PageFields(i), typedIn)
	switch wrong := len(s.Result.PageProblems(i)) > 0; {
	case wrong && answered:
		return Begun
	case wrong:
		return Untouched
	case answered || !asks:
		return Complete
	}
	return Optional
}

// Posted is what came back from questions that were shown.
type Posted struct {
	Answers form.Answers // readable ones; an empty one clears what was there

	problems []form.Problem
	shown    []string
}

// ReadPage reads what was typed into page i.
func (s *Sheet) ReadPage(i int, typed url.Values) Posted {
	return s.Read(s.Form.Pages[i].Fields, typed)
}

// Read reads what was typed into fields. Those which were not shown are left
// alone; who does not say what was shown was shown what is asked now.
func (s *Sheet) Read(fields []*form.Field, typed url.Values) Posted {
	p := Posted{Answers: form.Answers{}}
	said := strings.Fields(typed.Get(shown))
	for _, f := range fields {
		if !typedIn(f) || typed.Has(shown) && !slices.Contains(said, f.Name) || !typed.Has(shown) && !s.Result.Relevant(f.Name) {
			continue
		}
		p.shown = append(p.shown, f.Name)
		v, problem := f.Read(string(s.lang), written(f, typed))
		if problem != nil {
			p.problems = append(p.problems, *problem)
			continue
		}
		p.Answers[f.Name] = v
	}
	return p
}

// written is what was typed into one field; a date is in three boxes.
func written(f *form.Field, typed url.Values) []string {
	id := ID(f.Name)
	if f.Kind == form.Date {
		return []string{typed.Get(id + "-day"), typed.Get(id + "-month"), typed.Get(id + "-year")}
	}
	return typed[id]
}

// Merge returns a draft with what was posted in it.
func Merge(draft form.Answers, p Posted) form.Answers {
	merged := make(form.Answers, len(draft)+len(p.Answers))
	maps.Copy(merged, draft)
	maps.Copy(merged, p.Answers)
	return merged
}

// CheckPage says what is wrong with page i of a sheet that holds what was
// posted, and whether the page now asks something that was not shown.
func (s *Sheet) CheckPage(i int, p Posted) (faults errs.Fields, more bool) {
	for _, f := range s.Result.PageFields(i) {
		more = more || typedIn(f) && !slices.Contains(p.shown, f.Name)
	}
	return s.Check(p), more
}

// Check says what is wrong with what was posted, in a sheet that holds it.
func (s *Sheet) Check(p Posted) errs.Fields {
	var faults errs.Fields
	for _, problem := range append(slices.Clone(p.problems), s.Result.Problems...) {
		if slices.Contains(p.shown, problem.Field.Name) {
			text := problem.Text(string(s.lang))
			faults.Add(ID(problem.Field.Name), text.Key, text.Args)
		}
	}
	return faults
}

// Order lists the ids of page i's questions, for the error summary.
func (s *Sheet) Order(i int) []string {
	var ids []string
	for _, f := range s.Form.Pages[i].Fields {
		ids = append(ids, ID(f.Name))
	}
	return ids
}
