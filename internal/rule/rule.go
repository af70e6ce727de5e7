// Package rule is the one language in which an official writes a rule (quy
// tắc): when a question is asked, what an answer must be, what a fee comes to,
// which unit a dossier goes to.
//
// The words are a subset of XLSForm's, which people know from Excel: ${name},
// the dot for the answer being checked, 'text' and number literals, = != < <= >
// >=, + - * div mod, and, or, not(), if(), today(), selected(),
// count-selected(), string-length() and regex(). A rule is parsed, checked
// against the declared types of the names before it, and compiled to CEL, which
// evaluates it within bounds. Anything else is refused, at its place.
//
// # Numbers
//
// There is one kind of number, and it is exact: 0.1 + 0.2 is 0.3, 1 div 3 times
// 3 is 1, and no đồng is ever lost. Integer and decimal differ in what may be
// answered, not in how they are counted. A number is rounded only when written
// down: to ten decimals, half away from zero. Dividing by zero gives the empty
// answer; mod takes the sign of the number divided, as in XPath.
//
// # Dates
//
// A date is a day without a zone, compared as in a calendar. A quoted
// '2026-03-31' beside a date is a date. A date plus or minus a number of days is
// a date (a fraction of a day is dropped), a date minus a date is a number of
// days. today() is the day the caller says it is: rules have no clock.
//
// # The empty answer
//
// Every name may be empty: not yet answered, or hidden. Empty is equal to empty,
// which a rule writes as two quotes with nothing between, and to nothing else. A
// comparison by size with an empty side is false. Arithmetic with an empty side is empty. Nothing is selected in
// it, its count and its length are 0, and regex sees a text without characters.
// A yes-or-no that was not answered is no.
//
// There are no conversions: a number is not compared with a text, and a
// condition must be a condition.
package rule

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// Messages holds the sentences for the keys of [Error], per language.
//
//go:embed messages/*.json
var Messages embed.FS

// Type is what a name holds or a rule results in.
type Type uint8

// The types of answers.
const (
	Text Type = iota
	Integer
	Decimal
	Date
	SelectOne
	SelectMultiple
	Bool
)

// typeNames are message key endings as well, so they never change.
var typeNames = [...]string{"text", "integer", "decimal", "date", "select_one", "select_multiple", "bool"}

func (t Type) String() string { return typeNames[t] }

// base is the type as rules compute with it: integers are numbers, a chosen
// name is a text.
func (t Type) base() Type {
	switch t {
	case Integer:
		return Decimal
	case SelectOne:
		return Text
	}
	return t
}

// Var is a name a rule may refer to.
type Var struct {
	Name    string
	Type    Type
	Choices []string // of a select: a rule that asks for any other is refused
}

// Scope is what may be referred to where a rule stands.
type Scope struct {
	Vars []Var // declared earlier
	Self *Var  // what the dot means; nil where there is no answer being checked
}

// Error is a fault in a rule, at a place in its text.
type Error struct {
	Offset int    // in characters from the start
	Length int    // in characters
	Key    string // message key
	Args   map[string]any
}

func (e *Error) Error() string { return fmt.Sprintf("at %d: %s %v", e.Offset, e.Key, e.Args) }

// Rule is a compiled rule. It is safe for concurrent use.
type Rule struct {
	source  string
	cel     string
	typ     Type
	refs    []string
	vars    map[string]Type // by name in CEL
	program cel.Program
}

// Source returns the rule as it was written.
func (r *Rule) Source() string { return r.source }

// CEL returns the expression the rule was compiled to.
func (r *Rule) CEL() string { return r.cel }

// Type returns the type of the result: Text, Decimal, Date, SelectMultiple or
// Bool.
func (r *Rule) Type() Type { return r.typ }

// Refs returns the names the rule depends on, sorted, without the dot.
func (r *Rule) Refs() []string { return slices.Clone(r.refs) }

// Compile parses and checks src. If want is given, the result must be of one of
// these types. A fault in src is an [*Error].
func Compile(src string, scope Scope, want ...Type) (*Rule, error) {
	n, err := parse(src)
	if err != nil {
		return nil, err
	}
	c := newChecker(scope)
	e, err := c.check(n)
	if err != nil {
		return nil, err
	}
	if len(want) > 0 && !slices.ContainsFunc(want, func(t Type) bool { return t.base() == e.typ }) {
		adapted, ok := adapt(e, want[0].base())
		if !ok {
			return nil, fault(n, "rule.error.need."+want[0].base().String())
		}
		e = adapted
	}
	program, err := compile(e.cel, e.typ, c.used)
	if err != nil {
		return nil, fmt.Errorf("compile rule %q: %w", src, err)
	}
	r := &Rule{source: src, cel: e.cel, typ: e.typ, vars: c.used, program: program}
	for name := range c.used {
		if ref, ok := strings.CutPrefix(name, varPrefix); ok {
			r.refs = append(r.refs, ref)
		}
	}
	slices.Sort(r.refs)
	return r, nil
}

// Env is what a rule is evaluated with. A name without a value is empty.
type Env struct {
	Values map[string]Value
	Self   Value
	Today  string // ISO 8601, as in 2026-03-31
}

// Eval computes the rule. It fails only when a value is not of its declared
// type, or the work exceeds the bound.
func (r *Rule) Eval(env Env) (Value, error) {
	out, _, err := r.program.Eval(activation{env, r.vars})
	if err != nil {
		return Value{}, fmt.Errorf("evaluate rule %q: %w", r.source, err)
	}
	return fromCEL(out)
}

// True computes a rule of type Bool.
func (r *Rule) True(env Env) (bool, error) {
	v, err := r.Eval(env)
	return v.Bool(), err
}
