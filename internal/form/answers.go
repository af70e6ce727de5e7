package form

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/rule"
)

// Bounds of an answer.
const (
	maxText     = 10_000 // characters
	maxWhole    = 15     // digits before the decimal mark, exact in every JSON reader
	maxDecimals = 6      // digits after it
)

// tooLarge is the least number with more than maxWhole digits.
var tooLarge = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(maxWhole), nil))

// Answers are answers by field name; what is absent is empty. As JSON they are
// the stored draft: texts, exact numbers, ISO dates, lists of choices, booleans.
type Answers map[string]rule.Value

// Problem is what is wrong with one answer.
type Problem struct {
	Field *Field
	Key   string // message key
	Args  errs.Args

	said Labels // the author's own words, which win
}

// Text returns the message for a reader of lang: it names the field by its
// label, or it is what the form's author wrote.
func (p Problem) Text(lang string) errs.Text {
	args := errs.Args{"label": p.Field.Label.In(lang)}
	for k, v := range p.Args {
		args[k] = v
	}
	if said := p.said.In(lang); said != "" {
		args["message"] = said
		return errs.Text{Key: "form.error.said", Args: args}
	}
	return errs.Text{Key: p.Key, Args: args}
}

// Result is a form with somebody's answers in it.
type Result struct {
	Values   Answers   // every relevant value that is not empty, calculated ones included
	Problems []Problem // in the order of the form

	form     *Form
	relevant map[string]bool // fields and groups by name
}

// Relevant reports whether the field or group called name is asked.
func (r *Result) Relevant(name string) bool { return r.relevant[name] }

// OK reports whether the answers may be submitted.
func (r *Result) OK() bool { return len(r.Problems) == 0 }

// Submission returns what is filed: the relevant answers and calculated values.
// It is for a Result that is OK.
func (r *Result) Submission() Answers { return r.Values }

// Err returns the problems as an error for pages in lang, or nil.
func (r *Result) Err(lang string) error {
	return ProblemsErr(r.Problems, lang)
}

// PageRelevant reports whether anything of page i is asked or told.
func (r *Result) PageRelevant(i int) bool {
	return slices.ContainsFunc(r.form.Pages[i].Fields, func(f *Field) bool { return r.relevant[f.Name] })
}

// PageFields returns the relevant fields of page i.
func (r *Result) PageFields(i int) []*Field {
	var fields []*Field
	for _, f := range r.form.Pages[i].Fields {
		if r.relevant[f.Name] {
			fields = append(fields, f)
		}
	}
	return fields
}

// PageProblems returns the problems of page i.
func (r *Result) PageProblems(i int) []Problem {
	var problems []Problem
	for _, p := range r.Problems {
		if slices.Contains(r.form.Pages[i].Fields, p.Field) {
			problems = append(problems, p)
		}
	}
	return problems
}

// Next returns the relevant page after i, or the number of pages when i is the
// last; Next(-1) is the first.
func (r *Result) Next(i int) int {
	for i++; i < len(r.form.Pages) && !r.PageRelevant(i); i++ {
	}
	return min(i, len(r.form.Pages))
}

// Previous returns the relevant page before i, or -1.
func (r *Result) Previous(i int) int {
	for i--; i >= 0 && !r.PageRelevant(i); i-- {
	}
	return max(i, -1)
}

// FirstProblem returns the first page with a problem, or -1.
func (r *Result) FirstProblem() int {
	return slices.IndexFunc(r.form.Pages, func(p Page) bool {
		return slices.ContainsFunc(r.Problems, func(q Problem) bool { return slices.Contains(p.Fields, q.Field) })
	})
}

// Evaluate works the form through with answers, on the day today (ISO 8601). It
// goes down the form once: is it asked, then what is it, then is it right.
// Answers to nothing in the form are left out. An error is a defect or a rule
// beyond its bounds, never a wrong answer.
func (f *Form) Evaluate(answers Answers, today string) (*Result, error) {
	r := &Result{Values: Answers{}, form: f, relevant: make(map[string]bool, len(f.items))}
	env := rule.Env{Values: r.Values, Today: today}
	for _, it := range f.items {
		parent, name, relevant := it.group, "", (*rule.Rule)(nil)
		if it.field == nil {
			g := &f.Groups[it.group]
			parent, name, relevant = g.Parent, g.Name, g.relevant
		} else {
			name, relevant = it.field.Name, it.field.relevant
		}
		asked := parent < 0 || r.relevant[f.Groups[parent].Name]
		if asked && relevant != nil {
			var err error
			if asked, err = relevant.True(env); err != nil {
				return nil, fmt.Errorf("form %s, relevant of %s: %w", f.ID, name, err)
			}
		}
		r.relevant[name] = asked
		if asked && it.field != nil {
			if err := r.answer(it.field, answers[name], env); err != nil {
				return nil, fmt.Errorf("form %s, %s: %w", f.ID, name, err)
			}
		}
	}
	return r, nil
}

// answer takes the answer to one relevant field, and notes what is wrong with
// it. An answer of the wrong kind is empty to the rules that follow.
func (r *Result) answer(f *Field, v rule.Value, env rule.Env) error {
	switch {
	case f.Kind == Note:
		return nil
	case f.Kind == Calculate:
		v, err := f.calculation.Eval(env)
		if err == nil && !v.IsEmpty() {
			r.Values[f.Name] = v
		}
		return err
	case f.ReadOnly:
		v = f.Default
	case f.Kind == Acknowledge && !v.Bool() && v.Is(rule.Bool):
		v = rule.Value{}
	}
	if v.IsEmpty() {
		return r.missing(f, env)
	}
	if p, ok := f.wrong(v); ok {
		r.Problems = append(r.Problems, p)
		return nil
	}
	if f.constraint != nil {
		env.Self = v
		ok, err := f.constraint.True(env)
		if err != nil {
			return err
		}
		if !ok {
			r.Problems = append(r.Problems, Problem{Field: f, Key: "form.error.constraint", said: f.constraintMessage})
		}
	}
	r.Values[f.Name] = v
	return nil
}

func (r *Result) missing(f *Field, env rule.Env) error {
	required := f.required
	if f.requiredWhen != nil {
		var err error
		if required, err = f.requiredWhen.True(env); err != nil {
			return err
		}
	}
	if required {
		r.Problems = append(r.Problems, Problem{Field: f, Key: "form.error.required." + string(f.Kind), said: f.requiredMessage})
	}
	return nil
}

// wrong says why v cannot be an answer to f at all, whatever its constraint.
func (f *Field) wrong(v rule.Value) (Problem, bool) {
	problem := func(key string, args errs.Args) (Problem, bool) { return Problem{Field: f, Key: key, Args: args}, true }
	if !v.Is(f.valueType) {
		return problem("form.error.type."+string(f.Kind), nil)
	}
	switch f.Kind {
	case Text:
		if strings.ContainsFunc(v.Text(), unreadable) {
			return problem("form.error.type.text", nil)
		}
		if utf8.RuneCountInString(v.Text()) > maxText {
			return problem("form.error.text-long", errs.Args{"max": maxText})
		}
	case Integer, Decimal:
		n, _ := v.Rat()
		if new(big.Rat).Abs(n).Cmp(tooLarge) >= 0 {
			return problem("form.error.number-large", errs.Args{"max": maxWhole})
		}
		if scaled := n.Mul(n, big.NewRat(1_000_000, 1)); !scaled.IsInt() {
			return problem("form.error.number-fine", errs.Args{"max": maxDecimals})
		}
	case SelectOne:
		if !f.hasChoice(v.Text()) {
			return problem("form.error.choice", nil)
		}
	case SelectMultiple:
		seen := map[string]bool{}
		for _, name := range v.List() {
			if seen[name] || !f.hasChoice(name) {
				return problem("form.error.choice", nil)
			}
			seen[name] = true
		}
	}
	return Problem{}, false
}

func (f *Field) hasChoice(name string) bool {
	return slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Name == name })
}
