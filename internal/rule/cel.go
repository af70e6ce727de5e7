package rule

import (
	"fmt"
	"math/big"
	"reflect"
	"sync"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// costLimit bounds the work of one evaluation, in CEL's units. A rule of the
// greatest length over answers of the greatest length stays below it.
const costLimit = 2_000_000

// numberType is CEL's name for our exact numbers.
var numberType = cel.OpaqueType("number")

// number is a [big.Rat] in CEL; nil is the empty answer.
type number struct{ r *big.Rat }

// ConvertToNative implements [ref.Val].
func (n number) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("number has no form as %v", t)
}

// ConvertToType implements [ref.Val].
func (n number) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("number has no form as %s", t.TypeName())
}

// Equal implements [ref.Val]: empty is equal to empty only.
func (n number) Equal(other ref.Val) ref.Val {
	m, ok := other.(number)
	if !ok || n.r == nil || m.r == nil {
		return types.Bool(ok && n.r == nil && m.r == nil)
	}
	return types.Bool(n.r.Cmp(m.r) == 0)
}

// Type implements [ref.Val].
func (n number) Type() ref.Type { return numberType }

// Value implements [ref.Val].
func (n number) Value() any { return n.r }

// celTypes gives each type of answer its type in CEL.
var celTypes = [...]*cel.Type{
	Text: cel.StringType, SelectOne: cel.StringType, Date: cel.StringType,
	Integer: numberType, Decimal: numberType,
	SelectMultiple: cel.ListType(cel.StringType), Bool: cel.BoolType,
}

// base is the CEL environment all rules share: our few functions beside CEL's
// own operators, and no macros.
var base = sync.OnceValues(func() (*cel.Env, error) {
	n, s := numberType, cel.StringType
	return cel.NewEnv(
		cel.ClearMacros(),
		cel.ParserRecursionLimit(1000),
		cel.Function("number", cel.Overload("number_of", []*cel.Type{cel.IntType, cel.IntType}, n, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return number{big.NewRat(int64(a.(types.Int)), int64(b.(types.Int)))}
		}))),
		cel.Function("none", cel.Overload("number_none", nil, n, cel.FunctionBinding(func(...ref.Val) ref.Val { return number{} }))),
		arith("add", (*big.Rat).Add),
		arith("subtract", (*big.Rat).Sub),
		arith("multiply", (*big.Rat).Mul),
		arith("divide", divide),
		arith("modulo", modulo),
		cel.Function("negate", cel.Overload("negate_number", []*cel.Type{n}, n, cel.UnaryBinding(func(a ref.Val) ref.Val {
			if r := a.(number).r; r != nil {
				return number{new(big.Rat).Neg(r)}
			}
			return number{}
		}))),
		compare("less", func(c int) bool { return c < 0 }),
		compare("atMost", func(c int) bool { return c <= 0 }),
		cel.Function("length", cel.Overload("length_string", []*cel.Type{s}, n, cel.UnaryBinding(func(a ref.Val) ref.Val {
			return number{big.NewRat(int64(utf8.RuneCountInString(string(a.(types.String)))), 1)}
		}))),
		cel.Function("count", cel.Overload("count_list", []*cel.Type{cel.ListType(s)}, n, cel.UnaryBinding(func(a ref.Val) ref.Val {
			size, _ := a.(interface{ Size() ref.Val }).Size().(types.Int)
			return number{big.NewRat(int64(size), 1)}
		}))),
		cel.Function("addDays", cel.Overload("add_days", []*cel.Type{s, n}, s, cel.BinaryBinding(addDays))),
		cel.Function("daysBetween", cel.Overload("days_between", []*cel.Type{s, s}, n, cel.BinaryBinding(daysBetween))),
	)
})

// arith binds an operation on numbers that is empty when either side is.
func arith(name string, do func(z, a, b *big.Rat) *big.Rat) cel.EnvOption {
	n := numberType
	return cel.Function(name, cel.Overload(name+"_number", []*cel.Type{n, n}, n, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
		x, y := a.(number).r, b.(number).r
		if x == nil || y == nil {
			return number{}
		}
		return number{do(new(big.Rat), x, y)}
	})))
}

func divide(z, a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return nil
	}
	return z.Quo(a, b)
}

// modulo is a - b·trunc(a/b), as in XPath.
func modulo(z, a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return nil
	}
	q := z.Quo(a, b)
	whole := new(big.Rat).SetInt(new(big.Int).Quo(q.Num(), q.Denom()))
	return z.Sub(a, whole.Mul(whole, b))
}

// compare binds a comparison by size of numbers and of dates, false when either
// side is empty.
func compare(name string, holds func(int) bool) cel.EnvOption {
	n, s := numberType, cel.StringType
	return cel.Function(name,
		cel.Overload(name+"_number", []*cel.Type{n, n}, cel.BoolType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			x, y := a.(number).r, b.(number).r
			return types.Bool(x != nil && y != nil && holds(x.Cmp(y)))
		})),
		cel.Overload(name+"_date", []*cel.Type{s, s}, cel.BoolType, cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			x, y := a.(types.String), b.(types.String)
			if x == "" || y == "" {
				return types.False
			}
			return types.Bool(holds(int(x.Compare(y).(types.Int))))
		})),
	)
}

// addDays is empty when a side is, or when the day leaves the years 1 to 9999.
func addDays(a, b ref.Val) ref.Val {
	day, err := time.Parse(isoDay, string(a.(types.String)))
	r := b.(number).r
	if err != nil || r == nil {
		return types.String("")
	}
	days := new(big.Int).Quo(r.Num(), r.Denom())
	if days.BitLen() > 22 { // more than ten thousand years
		return types.String("")
	}
	day = day.AddDate(0, 0, int(days.Int64()))
	if day.Year() < 1 || day.Year() > 9999 {
		return types.String("")
	}
	return types.String(day.Format(isoDay))
}

// daysBetween is a - b in days.
func daysBetween(a, b ref.Val) ref.Val {
	x, errX := time.Parse(isoDay, string(a.(types.String)))
	y, errY := time.Parse(isoDay, string(b.(types.String)))
	if errX != nil || errY != nil {
		return number{}
	}
	return number{big.NewRat((x.Unix()-y.Unix())/86400, 1)}
}

// compile turns checked CEL into a program, and checks once more that it
// results in what we say.
func compile(src string, result Type, used map[string]Type) (cel.Program, error) {
	env, err := base()
	if err != nil {
		return nil, err
	}
	vars := make([]cel.EnvOption, 0, len(used))
	for name, t := range used {
		vars = append(vars, cel.Variable(name, celTypes[t]))
	}
	if env, err = env.Extend(vars...); err != nil {
		return nil, err
	}
	ast, issues := env.Compile(src)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	if want := celTypes[result]; !want.IsAssignableType(ast.OutputType()) {
		return nil, fmt.Errorf("results in %s, not %s", ast.OutputType(), want)
	}
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit))
}

// activation gives CEL the values of the names a rule uses.
type activation struct {
	env  Env
	vars map[string]Type
}

// Parent implements [cel.Activation].
func (activation) Parent() cel.Activation { return nil }

// ResolveName implements [cel.Activation].
func (a activation) ResolveName(name string) (any, bool) {
	t, ok := a.vars[name]
	if !ok {
		return nil, false
	}
	switch name {
	case selfVar:
		return toCEL(a.env.Self, t), true
	case todayVar:
		return toCEL(OfText(a.env.Today), t), true
	}
	return toCEL(a.env.Values[name[len(varPrefix):]], t), true
}

func toCEL(v Value, t Type) ref.Val {
	if !v.Is(t) {
		return types.NewErr("value is not of type %s", t)
	}
	switch t.base() {
	case Decimal:
		r, _ := v.v.(*big.Rat)
		return number{r}
	case SelectMultiple:
		list, _ := v.v.([]string)
		return types.NewStringList(types.DefaultTypeAdapter, list)
	case Bool:
		return types.Bool(v.Bool())
	}
	return types.String(v.Text())
}

func fromCEL(out ref.Val) (Value, error) {
	switch x := out.(type) {
	case types.String:
		return OfText(string(x)), nil
	case types.Bool:
		return OfBool(bool(x)), nil
	case number:
		if x.r == nil {
			return Value{}, nil
		}
		return Value{x.r}, nil
	}
	list, err := out.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return Value{}, fmt.Errorf("a rule results in %s: %w", out.Type().TypeName(), err)
	}
	return OfList(list.([]string)...), nil
}
