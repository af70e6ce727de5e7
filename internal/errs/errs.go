// Package errs classifies failures.
//
// An error has a kind for machines and a message key for people. The key is
// translated at the edge, in the reader's language; the cause goes to the log
// and nowhere else.
package errs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind says what the caller can do about an error.
type Kind uint8

const (
	Internal    Kind = iota // a defect or an outage; the zero value, so forgetting to classify is safe
	Invalid                 // the request breaks a rule; Fields says where
	NotFound                // absent, or hidden from this actor: never reveal which
	Conflict                // it was true when the page was drawn, and no longer is
	Forbidden               // we know who you are, and you may not
	SignedOut               // we do not know who you are; sign in and try again
	TooMany                 // too often; wait and try again
	Unavailable             // a partner or the store did not answer; trying again may help
)

// Args are the values of a message's placeholders: {name} in the text is
// Args["name"].
type Args map[string]any

// Text is a message key with its arguments, not yet in any language.
type Text struct {
	Key  string
	Args Args
}

// Error is a classified failure. Msg and the keys of Fields' texts are message
// keys, translated at the edge. Err is the cause; only the log sees it.
type Error struct {
	Kind   Kind
	Msg    string
	Args   Args
	Fields map[string]Text // form field → what is wrong with it and how to put it right
	Err    error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	if len(e.Fields) > 0 {
		// Names of fields only: what was typed may be personal.
		fmt.Fprintf(&b, " (%s)", strings.Join(slices.Sorted(maps.Keys(e.Fields)), ", "))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first [Error] in err's chain, and Internal
// when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// New returns an error of the given kind with a message key.
func New(kind Kind, msg string, args Args) *Error {
	return &Error{Kind: kind, Msg: msg, Args: args}
}

// Field returns an Invalid error about one field.
func Field(name, msg string, args Args) *Error {
	return &Error{Kind: Invalid, Msg: "error.invalid", Fields: map[string]Text{name: {msg, args}}}
}

// Fields gathers what is wrong with the fields of a form. The zero value is
// ready to use.
type Fields map[string]Text

// Add notes a fault of a field. The first fault of a field stands: one thing to
// mend at a time.
func (f *Fields) Add(name, msg string, args Args) {
	if *f == nil {
		*f = Fields{}
	}
	if _, ok := (*f)[name]; !ok {
		(*f)[name] = Text{msg, args}
	}
}

// Err returns an Invalid error if a fault was noted, and nil otherwise.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Msg: "error.invalid", Fields: f}
}
