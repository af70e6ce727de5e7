package rule

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// varPrefix keeps the names people choose apart from CEL's own words.
const varPrefix = "v_"

// selfVar and todayVar are the names of the dot and of today in CEL.
const (
	selfVar  = "self"
	todayVar = "today"
)

// expr is a checked part of a rule.
type expr struct {
	typ     Type // its base
	cel     string
	literal bool   // a quoted text, which may yet become a date or the empty answer
	text    string // of a literal
	of      *Var   // the name it is, if it is nothing but a name
}

// checker gives each node its type and its CEL.
type checker struct {
	scope Scope
	vars  map[string]*Var
	used  map[string]Type // CEL name → type
}

func newChecker(scope Scope) *checker {
	c := &checker{scope: scope, vars: make(map[string]*Var, len(scope.Vars)), used: map[string]Type{}}
	for i := range scope.Vars {
		c.vars[scope.Vars[i].Name] = &scope.Vars[i]
	}
	return c
}

func (c *checker) check(n *node) (expr, error) {
	switch n.kind {
	case str:
		return expr{typ: Text, cel: strconv.Quote(n.text), literal: true, text: n.text}, nil
	case num:
		return expr{typ: Decimal, cel: numberLiteral(n.text)}, nil
	case dot:
		if c.scope.Self == nil {
			return expr{}, fault(n, "rule.error.dot")
		}
		return c.name(c.scope.Self, selfVar), nil
	case name:
		if v, ok := c.vars[n.text]; ok {
			return c.name(v, varPrefix+n.text), nil
		}
		if c.scope.Self != nil && c.scope.Self.Name == n.text {
			return c.name(c.scope.Self, selfVar), nil
		}
		return expr{}, fault(n, "rule.error.unknown", "name", n.text)
	}
	f, ok := functions[n.text]
	if !ok {
		return expr{}, fault(n, "rule.error.function", "name", n.text)
	}
	if len(n.args) != f.args {
		return expr{}, fault(n, "rule.error.arguments", "name", n.text, "want", f.args)
	}
	args := make([]expr, len(n.args))
	for i, a := range n.args {
		var err error
		if args[i], err = c.check(a); err != nil {
			return expr{}, err
		}
	}
	return f.check(c, n, args)
}

func (c *checker) name(v *Var, cel string) expr {
	c.used[cel] = v.Type
	return expr{typ: v.Type.base(), cel: cel, of: v}
}

// function is one word of the language.
type function struct {
	args  int
	check func(c *checker, n *node, args []expr) (expr, error)
}

// functions is the whole language.
var functions = map[string]function{
	"or":  {2, logical("||")},
	"and": {2, logical("&&")},
	"not": {1, checkNot},

	"=":  {2, equality("==")},
	"!=": {2, equality("!=")},

	"<":  {2, ordering("less", false)},
	">":  {2, ordering("less", true)},
	"<=": {2, ordering("atMost", false)},
	">=": {2, ordering("atMost", true)},

	"+":      {2, checkAdd},
	"-":      {2, checkSubtract},
	"*":      {2, arithmetic("multiply")},
	"div":    {2, arithmetic("divide")},
	"mod":    {2, arithmetic("modulo")},
	"negate": {1, arithmetic("negate")},

	"if":             {3, checkIf},
	"today":          {0, checkToday},
	"selected":       {2, checkSelected},
	"count-selected": {1, checkCount},
	"string-length":  {1, checkLength},
	"regex":          {2, checkRegex},
}

// adapt makes a literal what its surroundings need: the empty answer of any
// type but yes-or-no, or a date.
func adapt(e expr, to Type) (expr, bool) {
	if e.typ == to {
		return e, true
	}
	if !e.literal || (e.text != "" && !(to == Date && IsDate(e.text))) {
		return e, false
	}
	switch to {
	case Date:
		return expr{typ: Date, cel: strconv.Quote(e.text)}, true
	case Decimal:
		return expr{typ: Decimal, cel: "none()"}, true
	case SelectMultiple:
		return expr{typ: SelectMultiple, cel: "[]"}, true
	}
	return e, false
}

// unify makes both sides of one type.
func unify(n *node, a, b expr) (expr, expr, error) {
	if x, ok := adapt(b, a.typ); ok {
		return a, x, nil
	}
	if x, ok := adapt(a, b.typ); ok {
		return x, b, nil
	}
	return a, b, fault(n, "rule.error.mixed")
}

// need checks that argument i is of type t.
func need(n *node, args []expr, i int, t Type) (expr, error) {
	e, ok := adapt(args[i], t)
	if !ok {
		return e, fault(n.args[i], "rule.error.need."+t.String())
	}
	return e, nil
}

// apply is a call of a CEL function whose arguments are all of type t.
func apply(n *node, args []expr, t, result Type, name string) (expr, error) {
	parts := make([]string, len(args))
	for i := range args {
		e, err := need(n, args, i, t)
		if err != nil {
			return e, err
		}
		parts[i] = e.cel
	}
	return expr{typ: result, cel: name + "(" + strings.Join(parts, ", ") + ")"}, nil
}

func logical(sign string) func(*checker, *node, []expr) (expr, error) {
	return func(_ *checker, n *node, args []expr) (expr, error) {
		for i := range args {
			if _, err := need(n, args, i, Bool); err != nil {
				return expr{}, err
			}
		}
		return expr{typ: Bool, cel: fmt.Sprintf("(%s %s %s)", args[0].cel, sign, args[1].cel)}, nil
	}
}

func checkNot(_ *checker, n *node, args []expr) (expr, error) {
	return apply(n, args, Bool, Bool, "!")
}

func equality(sign string) func(*checker, *node, []expr) (expr, error) {
	return func(_ *checker, n *node, args []expr) (expr, error) {
		a, b, err := unify(n, args[0], args[1])
		if err != nil {
			return a, err
		}
		if a.typ == SelectMultiple && !args[0].literal && !args[1].literal {
			return a, fault(n, "rule.error.list")
		}
		if err := knownChoice(a, b, n.args[1]); err != nil {
			return a, err
		}
		if err := knownChoice(b, a, n.args[0]); err != nil {
			return a, err
		}
		return expr{typ: Bool, cel: fmt.Sprintf("(%s %s %s)", a.cel, sign, b.cel)}, nil
	}
}

// knownChoice refuses to compare a select with what nobody can choose.
func knownChoice(of, literal expr, at *node) error {
	if of.of == nil || len(of.of.Choices) == 0 || !literal.literal || literal.text == "" || slices.Contains(of.of.Choices, literal.text) {
		return nil
	}
	return fault(at, "rule.error.choice", "choice", literal.text, "name", of.of.Name)
}

// ordering compares numbers, or dates; swap turns < into >.
func ordering(name string, swap bool) func(*checker, *node, []expr) (expr, error) {
	return func(_ *checker, n *node, args []expr) (expr, error) {
		a, b, err := unify(n, args[0], args[1])
		if err != nil {
			return a, err
		}
		if a.typ != Decimal && a.typ != Date {
			return a, fault(n, "rule.error.order")
		}
		if swap {
			a, b = b, a
		}
		return expr{typ: Bool, cel: fmt.Sprintf("%s(%s, %s)", name, a.cel, b.cel)}, nil
	}
}

func arithmetic(name string) func(*checker, *node, []expr) (expr, error) {
	return func(_ *checker, n *node, args []expr) (expr, error) {
		return apply(n, args, Decimal, Decimal, name)
	}
}

func checkAdd(_ *checker, n *node, args []expr) (expr, error) {
	for i, date := range args {
		if date.typ != Date {
			continue
		}
		days, err := need(n, args, 1-i, Decimal)
		return expr{typ: Date, cel: fmt.Sprintf("addDays(%s, %s)", date.cel, days.cel)}, err
	}
	return apply(n, args, Decimal, Decimal, "add")
}

func checkSubtract(_ *checker, n *node, args []expr) (expr, error) {
	a, b := args[0], args[1]
	if a.typ != Date && b.typ != Date {
		return apply(n, args, Decimal, Decimal, "subtract")
	}
	if a.typ == Date && b.typ == Decimal {
		return expr{typ: Date, cel: fmt.Sprintf("addDays(%s, negate(%s))", a.cel, b.cel)}, nil
	}
	return apply(n, args, Date, Decimal, "daysBetween")
}

func checkIf(_ *checker, n *node, args []expr) (expr, error) {
	condition, err := need(n, args, 0, Bool)
	if err != nil {
		return condition, err
	}
	a, b, err := unify(n, args[1], args[2])
	return expr{typ: a.typ, cel: fmt.Sprintf("(%s ? %s : %s)", condition.cel, a.cel, b.cel)}, err
}

func checkToday(c *checker, _ *node, _ []expr) (expr, error) {
	c.used[todayVar] = Date
	return expr{typ: Date, cel: todayVar}, nil
}

func checkSelected(_ *checker, n *node, args []expr) (expr, error) {
	of, choice := args[0], args[1]
	if of.of == nil || (of.of.Type != SelectOne && of.of.Type != SelectMultiple) {
		return of, fault(n.args[0], "rule.error.select")
	}
	if !choice.literal || choice.text == "" {
		return of, fault(n.args[1], "rule.error.literal")
	}
	if err := knownChoice(of, choice, n.args[1]); err != nil {
		return of, err
	}
	if of.typ == SelectMultiple {
		return expr{typ: Bool, cel: fmt.Sprintf("(%s in %s)", choice.cel, of.cel)}, nil
	}
	return expr{typ: Bool, cel: fmt.Sprintf("(%s == %s)", of.cel, choice.cel)}, nil
}

func checkCount(_ *checker, n *node, args []expr) (expr, error) {
	return apply(n, args, SelectMultiple, Decimal, "count")
}

func checkLength(_ *checker, n *node, args []expr) (expr, error) {
	return apply(n, args, Text, Decimal, "length")
}

// checkRegex requires the pattern to be known now. The whole text must match.
func checkRegex(_ *checker, n *node, args []expr) (expr, error) {
	text, err := need(n, args, 0, Text)
	if err != nil {
		return text, err
	}
	if !args[1].literal {
		return text, fault(n.args[1], "rule.error.literal")
	}
	if _, err := regexp.Compile(args[1].text); err != nil {
		return text, fault(n.args[1], "rule.error.regex")
	}
	whole := "^(?:" + args[1].text + ")$"
	if _, err := regexp.Compile(whole); err != nil {
		return text, fault(n.args[1], "rule.error.regex")
	}
	return expr{typ: Bool, cel: fmt.Sprintf("%s.matches(%s)", text.cel, strconv.Quote(whole))}, nil
}

// numberLiteral writes 12.5 as number(125, 10).
func numberLiteral(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		digits = "0"
	}
	return fmt.Sprintf("number(%s, %d)", digits, int64(math.Pow10(len(fraction))))
}
