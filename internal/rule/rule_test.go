package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/rule"
)

// scope has one name of each type, full and empty, and a dot.
var scope = rule.Scope{
	Vars: []rule.Var{
		{Name: "ten", Type: rule.Text}, {Name: "ten0", Type: rule.Text},
		{Name: "so", Type: rule.Integer}, {Name: "so0", Type: rule.Integer},
		{Name: "m2", Type: rule.Decimal}, {Name: "m20", Type: rule.Decimal},
		{Name: "ngay", Type: rule.Date}, {Name: "ngay0", Type: rule.Date},
		{Name: "mot", Type: rule.SelectOne, Choices: []string{"a", "b"}}, {Name: "mot0", Type: rule.SelectOne},
		{Name: "nhieu", Type: rule.SelectMultiple, Choices: []string{"a", "b", "c"}}, {Name: "nhieu0", Type: rule.SelectMultiple},
		{Name: "dongy", Type: rule.Bool}, {Name: "dongy0", Type: rule.Bool},
	},
	Self: &rule.Var{Name: "cccd", Type: rule.Text},
}

func number(t testing.TB, s string) rule.Value {
	t.Helper()
	v, ok := rule.ParseNumber(s)
	if !ok {
		t.Fatalf("ParseNumber(%q) refused", s)
	}
	return v
}

func env(t testing.TB) rule.Env {
	return rule.Env{
		Values: map[string]rule.Value{
			"ten": rule.OfText("Nguyễn Thị Ánh"), "so": rule.OfInt(7), "m2": number(t, "120.5"), "ngay": rule.OfText("2026-03-31"),
			"mot": rule.OfText("a"), "nhieu": rule.OfList("a", "c"), "dongy": rule.OfBool(true),
		},
		Self:  rule.OfText("077190001234"),
		Today: "2026-04-10",
	}
}

func TestEval(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		// Numbers are exact.
		{"0.1 + 0.2 = 0.3", "true"},
		{"1 div 3 * 3 = 1", "true"},
		{"999999999999999 * 1000 + 1", "999999999999999001"},
		{"1 div 3", "0.3333333333"},
		{"2 div 3", "0.6666666667"},
		{"${m2} * 10000", "1205000"},
		{"${so} div 2", "3.5"},
		{"${so} mod 4", "3"},
		{"-7 mod 4", "-3"},
		{"7 mod -4", "3"},
		{"5.5 mod 2", "1.5"},
		{"1 div 0", ""},
		{"1 mod 0", ""},
		{"- ${so} + 2 * 3", "-1"},
		{"(1 + 2) * 3 - 4 div 2", "7"},
		{".5 + 0.50", "1"},
		{"5 div-2", "-2.5"},
		// Order of operations: or, and, equality, size, sum, product.
		{"1 = 2 or 1 + 1 = 2 and 3 > 2", "true"},
		{"1 < 2 = 2 < 3", "true"},
		// Dates.
		{"${ngay} < today()", "true"},
		{"${ngay} = '2026-03-31'", "true"},
		{"'2026-04-01' > ${ngay}", "true"},
		{"today() - ${ngay}", "10"},
		{"${ngay} + 1", "2026-04-01"},
		{"30 + ${ngay}", "2026-04-30"},
		{"today() - 1.9", "2026-04-09"},
		{"today() + 99999999", ""},
		{"today() - '2026-01-01'", "99"},
		// Texts and choices.
		{"${ten} = 'Nguyễn Thị Ánh'", "true"},
		{"string-length(${ten})", "14"},
		{`string-length("it's")`, "4"},
		{`string-length('\d')`, "2"},
		{`regex(., '\d{12}')`, "true"},
		{`regex(., '\d{11}')`, "false"},
		{`regex(., 'x|\d{12}')`, "true"},
		{`regex(${ten}, 'Nguyễn.*')`, "true"},
		{"${mot} = 'a'", "true"},
		{"selected(${mot}, 'b')", "false"},
		{"selected(${nhieu}, 'c')", "true"},
		{"count-selected(${nhieu})", "2"},
		{"if(${so} > 5, 'nhiều', 'ít')", "nhiều"},
		{"if(${so} > 50, ${so}, '')", ""},
		{"${cccd} != ''", "true"},
		{"not(${dongy}) or ${dongy}", "true"},
		// The empty answer: equal to empty only, never smaller or greater,
		// swallowing arithmetic.
		{"${so0} = ''", "true"}, {"${so} = ''", "false"}, {"${so} != ''", "true"},
		{"${so0} = ${m20}", "true"}, {"${so0} = 0", "false"}, {"${so0} != 0", "true"},
		{"${so0} < 1", "false"}, {"${so0} >= 1", "false"}, {"1 > ${so0}", "false"}, {"${so0} <= ${m20}", "false"},
		{"${so0} + 1", ""}, {"${so} * ${m20}", ""}, {"-${so0}", ""}, {"${so0} div 2 = ''", "true"},
		{"${ngay0} < today()", "false"}, {"${ngay0} >= today()", "false"}, {"${ngay0} = ''", "true"}, {"'' != ${ngay}", "true"},
		{"${ngay0} + 1", ""}, {"today() - ${ngay0}", ""}, {"today() + ${so0}", ""},
		{"${ten0} = ''", "true"}, {"string-length(${ten0})", "0"}, {"regex(${ten0}, 'a*')", "true"}, {"regex(${ten0}, 'a+')", "false"},
		{"${mot0} = ''", "true"}, {"${mot0} = 'a'", "false"}, {"selected(${mot0}, 'a')", "false"},
		{"${nhieu0} = ''", "true"}, {"${nhieu} = ''", "false"}, {"selected(${nhieu0}, 'a')", "false"}, {"count-selected(${nhieu0})", "0"},
		{"${dongy0}", "false"}, {"not(${dongy0})", "true"},
	} {
		r, err := rule.Compile(tt.src, scope)
		if err != nil {
			t.Errorf("Compile(%s): %v", tt.src, err)
			continue
		}
		got, err := r.Eval(env(t))
		if err != nil || got.String() != tt.want {
			t.Errorf("%s = %q, %v; want %q (CEL %s)", tt.src, got, err, tt.want, r.CEL())
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		src    string
		offset int
		length int
		key    string
	}{
		{"", 0, 0, "rule.error.unfinished"},
		{"1 +", 3, 0, "rule.error.unfinished"},
		{"(1", 2, 0, "rule.error.unfinished"},
		{"1 2", 2, 1, "rule.error.unexpected"},
		{"selected(${mot} 'a')", 16, 3, "rule.error.unexpected"},
		{"if(,1,2)", 3, 1, "rule.error.unexpected"},
		{"so > 1", 0, 2, "rule.error.unexpected"},
		{"${so > 1", 0, 1, "rule.error.reference"},
		{"$so", 0, 1, "rule.error.reference"},
		{"'Ánh' = ${xyz}", 8, 6, "rule.error.unknown"},
		{"${ten} = 'a", 9, 2, "rule.error.quote-open"},
		{"${ten} = ‘a’", 9, 1, "rule.error.curly-quote"},
		{"1 | 2", 2, 1, "rule.error.character"},
		{"/data/so = 1", 0, 1, "rule.error.character"},
		{"1.2.3", 0, 5, "rule.error.number"},
		{"1234567890123456789", 0, 19, "rule.error.number"},
		{"pulldata('a')", 0, 13, "rule.error.function"},
		{"count-selected(${nhieu}, 1)", 0, 27, "rule.error.arguments"},
		{"count-selected(${mot})", 15, 6, "rule.error.need.select_multiple"},
		{"string-length(${so})", 14, 5, "rule.error.need.text"},
		{"${so} and ${dongy}", 0, 5, "rule.error.need.bool"},
		{"not(1)", 4, 1, "rule.error.need.bool"},
		{"${ten} + 1", 0, 6, "rule.error.need.decimal"},
		{"today() - ${ten}", 10, 6, "rule.error.need.date"},
		{"today() + today()", 10, 7, "rule.error.need.decimal"},
		{"${so} = '7'", 0, 11, "rule.error.mixed"},
		{"${ngay} = '31/03/2026'", 0, 22, "rule.error.mixed"},
		{"if(${dongy}, 1, 'a')", 0, 20, "rule.error.mixed"},
		{"${dongy} = ''", 0, 13, "rule.error.mixed"},
		{"${ten} < 'b'", 0, 12, "rule.error.order"},
		{"${nhieu} = ${nhieu0}", 0, 20, "rule.error.list"},
		{"${mot} = 'z'", 9, 3, "rule.error.choice"},
		{"selected(${nhieu}, 'z')", 19, 3, "rule.error.choice"},
		{"selected(${ten}, 'z')", 9, 6, "rule.error.select"},
		{"selected(${mot}, ${ten})", 17, 6, "rule.error.literal"},
		{"regex(., ${ten})", 9, 6, "rule.error.literal"},
		{"regex(., '(')", 9, 3, "rule.error.regex"},
		{"regex(., 'a)|(b')", 9, 7, "rule.error.regex"},
		{"regex(., 'a{2000}')", 9, 9, "rule.error.regex"},
		{strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), 40, 1, "rule.error.too-deep"},
		{strings.Repeat("1+", 100) + "1", 0, 83, "rule.error.too-deep"},
		{strings.Repeat("1", 2001), 2000, 1, "rule.error.too-long"},
	} {
		_, err := rule.Compile(tt.src, scope)
		e, ok := errors.AsType[*rule.Error](err)
		if !ok {
			t.Errorf("Compile(%.60s) = %v, want %s", tt.src, err, tt.key)
			continue
		}
		if e.Key != tt.key || e.Offset != tt.offset || e.Length != tt.length {
			t.Errorf("Compile(%.60s) = %s at %d+%d, want %s at %d+%d", tt.src, e.Key, e.Offset, e.Length, tt.key, tt.offset, tt.length)
		}
	}
}

func TestCompileWants(t *testing.T) {
	for _, tt := range []struct {
		src  string
		want rule.Type
		ok   bool
	}{
		{"${so} > 1", rule.Bool, true},
		{"${so}", rule.Bool, false},
		{"${so}", rule.Integer, true},
		{"''", rule.Decimal, true},
		{"'2026-01-01'", rule.Date, true},
		{"'x'", rule.Date, false},
	} {
		if _, err := rule.Compile(tt.src, scope, tt.want); (err == nil) != tt.ok {
			t.Errorf("Compile(%s, want %s) = %v", tt.src, tt.want, err)
		}
	}
	if _, err := rule.Compile(". = 1", rule.Scope{}); err == nil {
		t.Error("a dot without an answer was accepted")
	}
}

func TestRefs(t *testing.T) {
	r, err := rule.Compile("if(${so} > 1 and . != '', ${m2}, ${so}) + (today() - ${ngay})", scope)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"m2", "ngay", "so"}, r.Refs()); diff != "" {
		t.Errorf("Refs (-want +got):\n%s", diff)
	}
}

func TestEvalRefusesWrongType(t *testing.T) {
	r, err := rule.Compile("${so} > 1", scope, rule.Bool)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []rule.Value{rule.OfText("7"), number(t, "1.5"), rule.OfBool(true)} {
		if got, err := r.Eval(rule.Env{Values: map[string]rule.Value{"so": v}}); err == nil {
			t.Errorf("with %v: %v, want an error", v, got)
		}
	}
}

func TestEvalConcurrently(t *testing.T) {
	r, err := rule.Compile("${so} * 2 + 1", scope)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				got, err := r.Eval(rule.Env{Values: map[string]rule.Value{"so": rule.OfInt(int64(i))}})
				if n, _ := got.Int(); err != nil || n != int64(2*i+1) {
					t.Errorf("%d*2+1 = %v, %v", i, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestValueJSON(t *testing.T) {
	for _, tt := range []struct {
		v    rule.Value
		want string
	}{
		{rule.Value{}, "null"},
		{rule.OfText("Đất"), `"Đất"`},
		{rule.OfInt(999999999999999999), "999999999999999999"},
		{number(t, "-0.10"), "-0.1"},
		{rule.OfList("a", "b"), `["a","b"]`},
		{rule.OfBool(false), "false"},
	} {
		data, err := json.Marshal(tt.v)
		if err != nil || string(data) != tt.want {
			t.Errorf("Marshal(%v) = %s, %v; want %s", tt.v, data, err, tt.want)
		}
		var back rule.Value
		if err := json.Unmarshal(data, &back); err != nil || !back.Equal(tt.v) {
			t.Errorf("Unmarshal(%s) = %v, %v", data, back, err)
		}
	}
	for _, bad := range []string{"1e9", "{}", "[1]", `[[]]`} {
		var v rule.Value
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("Unmarshal(%s) = %v, want an error", bad, v)
		}
	}
}

func TestInt(t *testing.T) {
	for src, want := range map[string]int64{"0.5": 1, "-0.5": -1, "1.49": 1, "2.5": 3} {
		if got, ok := number(t, src).Int(); !ok || got != want {
			t.Errorf("Int(%s) = %d, %v; want %d", src, got, ok, want)
		}
	}
	huge, _ := new(big.Rat).SetString("99999999999999999999")
	if _, ok := rule.OfRat(huge).Int(); ok {
		t.Error("Int of twenty digits fits")
	}
}

// TestMessages holds the two languages and the code together.
func TestMessages(t *testing.T) {
	var source strings.Builder
	for _, f := range []string{"rule.go", "parse.go", "check.go"} {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	keys := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(rule\.error\.[a-z-]+)"`).FindAllStringSubmatch(source.String(), -1) {
		keys[m[1]] = true
	}
	for _, t := range []rule.Type{rule.Text, rule.Decimal, rule.Date, rule.SelectMultiple, rule.Bool} {
		keys["rule.error.need."+t.String()] = true
	}
	for _, lang := range []string{"vi", "en"} {
		data, err := rule.Messages.ReadFile("messages/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var messages map[string]string
		if err := json.Unmarshal(data, &messages); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for k := range messages {
			got[k] = true
		}
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Errorf("%s (-used +written):\n%s", lang, diff)
		}
	}
}

// FuzzCompile: parsing never panics, a refusal is placed inside the text, and
// what is accepted compiles to CEL and evaluates.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"if(${so} > 1 and . != '', ${m2}, -${so}) + (today() - ${ngay}) div 3 mod 2", "selected(${nhieu}, 'a') or not(regex(., '[a-z]+\\d'))",
		"count-selected(${nhieu}) >= 2 = ${dongy}", "string-length(\"a'\") * .5", "${ngay} < '2026-01-01'", "$", "${", "‘", "((((", "regex(.,'(?i)a')", "1-1", "a-b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		r, err := rule.Compile(src, scope)
		if err != nil {
			e, ok := errors.AsType[*rule.Error](err)
			if !ok {
				t.Fatalf("%q is accepted and does not compile: %v", src, err)
			}
			if n := len([]rune(src)); e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > n {
				t.Fatalf("%q: fault at %d+%d of %d", src, e.Offset, e.Length, n)
			}
			return
		}
		for _, e := range []rule.Env{env(t), {Today: "2026-01-01"}} {
			v, err := r.Eval(e)
			if err != nil {
				t.Fatalf("%q (CEL %s): %v", src, r.CEL(), err)
			}
			if !v.Is(r.Type()) {
				t.Fatalf("%q = %v, which is not %s", src, v, r.Type())
			}
		}
	})
}

func BenchmarkEval(b *testing.B) {
	for _, src := range []string{"${mot} = 'a'", "${m2} * 15000 + if(${so} > 5, 100000, 0)", `regex(., '\d{12}')`} {
		b.Run(fmt.Sprintf("%.20s", src), func(b *testing.B) {
			r, err := rule.Compile(src, scope)
			if err != nil {
				b.Fatal(err)
			}
			e := env(b)
			for b.Loop() {
				if _, err := r.Eval(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
