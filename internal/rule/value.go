package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// isoDay is the only way a day is written in values and rules.
const isoDay = "2006-01-02"

// decimals is how many places a number keeps when it is written down.
const decimals = 10

// Value is an answer or a result. The zero value is the empty answer. Texts,
// dates (ISO 8601) and the name of a chosen choice are all held as text.
type Value struct {
	v any // nil, string, *big.Rat, []string or bool; never an empty string or list
}

// OfText returns a text, a chosen choice, or a date written as 2026-03-31.
func OfText(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{s}
}

// OfInt returns a whole number.
func OfInt(n int64) Value { return Value{new(big.Rat).SetInt64(n)} }

// OfRat returns a number; r is copied.
func OfRat(r *big.Rat) Value { return Value{new(big.Rat).Set(r)} }

// OfList returns the choices chosen, in the order given.
func OfList(names ...string) Value {
	if len(names) == 0 {
		return Value{}
	}
	return Value{slices.Clone(names)}
}

// OfBool returns a yes or no.
func OfBool(b bool) Value { return Value{b} }

// ParseNumber reads a plain decimal such as -1234.5; no exponent, no grouping.
func ParseNumber(s string) (Value, bool) {
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !isDigits(whole) || (point && !isDigits(fraction)) || len(s) > 400 {
		return Value{}, false
	}
	r, ok := new(big.Rat).SetString(s)
	return Value{r}, ok
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// IsDate reports whether s is a day of the calendar written as 2026-03-31.
func IsDate(s string) bool {
	if len(s) != len(isoDay) {
		return false
	}
	t, err := time.Parse(isoDay, s)
	return err == nil && t.Year() >= 1
}

// IsEmpty reports whether nothing was answered.
func (v Value) IsEmpty() bool { return v.v == nil }

// Text returns the text, the date in ISO 8601 or the chosen choice; otherwise "".
func (v Value) Text() string { s, _ := v.v.(string); return s }

// Rat returns the number, and whether there is one.
func (v Value) Rat() (*big.Rat, bool) {
	r, ok := v.v.(*big.Rat)
	if !ok {
		return nil, false
	}
	return new(big.Rat).Set(r), true
}

// Int returns the number rounded half away from zero, and whether there is one
// that fits: an amount in đồng.
func (v Value) Int() (int64, bool) {
	r, ok := v.v.(*big.Rat)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(r.FloatString(0), 10, 64)
	return n, err == nil
}

// List returns the chosen choices.
func (v Value) List() []string { l, _ := v.v.([]string); return slices.Clone(l) }

// Bool returns the yes or no; no when empty.
func (v Value) Bool() bool { b, _ := v.v.(bool); return b }

// Is reports whether the value may stand for a name of type t. The empty value
// always may.
func (v Value) Is(t Type) bool {
	switch x := v.v.(type) {
	case nil:
		return true
	case string:
		return t.base() == Text || (t == Date && IsDate(x))
	case *big.Rat:
		return t == Decimal || (t == Integer && x.IsInt())
	case []string:
		return t == SelectMultiple
	case bool:
		return t == Bool
	}
	return false
}

// Equal reports whether both are empty, or the same.
func (v Value) Equal(w Value) bool {
	switch x := v.v.(type) {
	case *big.Rat:
		y, ok := w.v.(*big.Rat)
		return ok && x.Cmp(y) == 0
	case []string:
		y, ok := w.v.([]string)
		return ok && slices.Equal(x, y)
	}
	if _, ok := w.v.([]string); ok {
		return false // not comparable with ==
	}
	return v.v == w.v
}

// String returns the value as a cell or a log would show it: numbers plain,
// lists separated by spaces.
func (v Value) String() string {
	switch x := v.v.(type) {
	case string:
		return x
	case *big.Rat:
		return formatRat(x)
	case []string:
		return strings.Join(x, " ")
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// formatRat rounds half away from zero and drops needless zeros.
func formatRat(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	s := strings.TrimRight(r.FloatString(decimals), "0")
	s = strings.TrimSuffix(s, ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// MarshalJSON writes null, a string, an exact number, a list of strings, or a
// boolean.
func (v Value) MarshalJSON() ([]byte, error) {
	if r, ok := v.v.(*big.Rat); ok {
		return []byte(formatRat(r)), nil
	}
	return json.Marshal(v.v)
}

// UnmarshalJSON reads what MarshalJSON writes. Numbers lose nothing.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return err
	}
	switch x := x.(type) {
	case nil:
	case string:
		*v = OfText(x)
	case bool:
		*v = OfBool(x)
	case json.Number:
		n, ok := ParseNumber(x.String())
		if !ok {
			return fmt.Errorf("rule: number %.40q is not a plain decimal", x.String())
		}
		*v = n
	case []any:
		names := make([]string, len(x))
		for i, item := range x {
			name, ok := item.(string)
			if !ok {
				return fmt.Errorf("rule: a list holds %T", item)
			}
			names[i] = name
		}
		*v = OfList(names...)
	default:
		return fmt.Errorf("rule: an answer is not %T", x)
	}
	return nil
}
