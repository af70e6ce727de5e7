package rule

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds of a rule's text, so that whatever is accepted is quick to compile and
// to read.
const (
	maxLength = 2000 // characters
	maxDepth  = 40   // levels of nesting, chains of + and "and" counted too
	maxDigits = 18   // of a number, so that it fits CEL's integers
)

// kind is the sort of a token; those of leaves are also the sort of a node.
type kind uint8

const (
	end      kind = iota
	name          // ${name}
	dot           // .
	str           // 'text'
	num           // 12.5
	word          // and, div, today
	operator      // = + ( ,
	call          // a node only: name(args), operators included
)

// token is a piece of a rule's text, from and to in characters.
type token struct {
	kind     kind
	text     string // without ${ } and quotes
	from, to int
}

// node is a leaf, or a call with its arguments. An operator is a call of its
// sign.
type node struct {
	token
	args  []*node
	depth int
}

func faultAt(t token, key string, args ...any) *Error {
	e := &Error{Offset: t.from, Length: t.to - t.from, Key: key, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

func fault(n *node, key string, args ...any) *Error { return faultAt(n.token, key, args...) }

// lex cuts src into tokens; the last is the end.
func lex(src string) ([]token, error) {
	runes := []rune(src)
	if len(runes) > maxLength {
		return nil, faultAt(token{from: maxLength, to: len(runes)}, "rule.error.too-long", "max", maxLength)
	}
	var tokens []token
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			i++
			continue
		}
		t, err := next(runes, i)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		i = t.to
	}
	return append(tokens, token{kind: end, from: len(runes), to: len(runes)}), nil
}

// next reads the token that begins at i.
func next(r []rune, i int) (token, error) {
	span := func(from int, ok func(rune) bool) int {
		for from < len(r) && ok(r[from]) {
			from++
		}
		return from
	}
	switch c := r[i]; {
	case c == '$':
		stop := slices.Index(r[i:], '}')
		t := token{kind: name, from: i, to: i + stop + 1}
		if stop < 0 || r[i+1] != '{' {
			t.to = i + 1
			return t, faultAt(t, "rule.error.reference")
		}
		t.text = strings.TrimSpace(string(r[i+2 : i+stop]))
		return t, nil
	case c == '\'' || c == '"':
		stop := slices.Index(r[i+1:], c)
		if stop < 0 {
			return token{}, faultAt(token{from: i, to: len(r)}, "rule.error.quote-open")
		}
		t := token{kind: str, text: string(r[i+1 : i+1+stop]), from: i, to: i + stop + 2}
		if strings.ContainsFunc(t.text, func(c rune) bool { return c == unicode.ReplacementChar || unicode.IsControl(c) }) {
			return t, faultAt(t, "rule.error.character")
		}
		return t, nil
	case isDigit(c) || (c == '.' && i+1 < len(r) && isDigit(r[i+1])):
		to := span(i, func(c rune) bool { return isDigit(c) || c == '.' })
		t := token{kind: num, text: string(r[i:to]), from: i, to: to}
		if strings.Count(t.text, ".") > 1 || strings.HasSuffix(t.text, ".") || len(t.text) > maxDigits {
			return t, faultAt(t, "rule.error.number", "number", t.text)
		}
		return t, nil
	case c == '.':
		return token{kind: dot, from: i, to: i + 1}, nil
	case isLetter(c):
		to := span(i, isLetter)
		for to+1 < len(r) && r[to] == '-' && isLetter(r[to+1]) { // count-selected
			to = span(to+1, isLetter)
		}
		return token{kind: word, text: string(r[i:to]), from: i, to: to}, nil
	case strings.ContainsRune("!<>", c) && i+1 < len(r) && r[i+1] == '=':
		return token{kind: operator, text: string(c) + "=", from: i, to: i + 2}, nil
	case strings.ContainsRune("=<>+-*(),", c):
		return token{kind: operator, text: string(c), from: i, to: i + 1}, nil
	case strings.ContainsRune("‘’“”", c):
		return token{}, faultAt(token{from: i, to: i + 1}, "rule.error.curly-quote")
	default:
		return token{}, faultAt(token{from: i, to: i + 1}, "rule.error.character")
	}
}

func isDigit(c rune) bool { return '0' <= c && c <= '9' }

func isLetter(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// binary lists the operators between two sides, loosest first; all of them take
// the left side first.
var binary = [][]string{
	{"or"},
	{"and"},
	{"=", "!="},
	{"<", "<=", ">", ">="},
	{"+", "-"},
	{"*", "div", "mod"},
}

// parser is a recursive descent over the tokens.
type parser struct {
	tokens []token
	at     int
	level  int // of the descent, which is bounded
}

func parse(src string) (*node, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, unexpected(t)
	}
	return n, nil
}

func (p *parser) peek() token { return p.tokens[p.at] }

// take moves past the next token if it is the operator or word s.
func (p *parser) take(s string) bool {
	t := p.peek()
	if (t.kind != operator && t.kind != word) || t.text != s {
		return false
	}
	p.at++
	return true
}

func unexpected(t token) *Error {
	if t.kind == end {
		return faultAt(t, "rule.error.unfinished")
	}
	return faultAt(t, "rule.error.unexpected")
}

// newCall refuses what has become too deep to read.
func newCall(name string, from, to int, args ...*node) (*node, error) {
	n := &node{token: token{kind: call, text: name, from: from, to: to}, args: args}
	for _, a := range args {
		n.depth = max(n.depth, a.depth+1)
	}
	if n.depth > maxDepth {
		return nil, fault(n, "rule.error.too-deep")
	}
	return n, nil
}

func (p *parser) binary(level int) (*node, error) {
	if level == len(binary) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		i := slices.IndexFunc(binary[level], p.take)
		if i < 0 {
			return left, nil
		}
		var right *node
		if right, err = p.binary(level + 1); err == nil {
			left, err = newCall(binary[level][i], left.from, right.to, left, right)
		}
	}
	return nil, err
}

func (p *parser) unary() (*node, error) {
	t := p.peek()
	if p.level++; p.level > maxDepth {
		return nil, faultAt(t, "rule.error.too-deep")
	}
	defer func() { p.level-- }()
	if p.take("-") {
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		return newCall("negate", t.from, n.to, n)
	}
	return p.primary()
}

func (p *parser) primary() (*node, error) {
	t := p.peek()
	p.at++
	switch {
	case t.kind == name, t.kind == dot, t.kind == str, t.kind == num:
		return &node{token: t}, nil
	case t.kind == word && p.peek().text == "(" && p.peek().kind == operator:
		return p.call(t)
	case t.kind == operator && t.text == "(":
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		if !p.take(")") {
			return nil, unexpected(p.peek())
		}
		return n, nil
	}
	return nil, unexpected(t)
}

// call reads the arguments of a function, from its opening parenthesis.
func (p *parser) call(name token) (*node, error) {
	p.at++
	var args []*node
	for !p.take(")") {
		if len(args) > 0 && !p.take(",") {
			return nil, unexpected(p.peek())
		}
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		args = append(args, n)
	}
	return newCall(name.text, name.from, p.tokens[p.at-1].to, args...)
}
