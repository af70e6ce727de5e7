package procedure_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
)

var update = flag.Bool("update", false, "write the goldens anew")

// report writes findings as an editor reads them.
func report(t testing.TB, bundle *i18n.Bundle, findings []procedure.Finding) string {
	t.Helper()
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%d\t%s\t%s\t%s\n", f.Line, f.Severity, f.Where, bundle.T(i18n.En, f.Text.Key, map[string]any(f.Text.Args)))
	}
	return b.String()
}

func messages(t testing.TB) *i18n.Bundle {
	t.Helper()
	bundle, err := i18n.Load(procedure.Messages, form.Messages, rule.Messages)
	if err != nil {
		t.Fatal(err)
	}
	bundle.Missing = func(lang i18n.Lang, key string) { t.Errorf("missing message: %s %s", lang, key) }
	return bundle
}

// TestLint reads files with every kind of fault, and compares what an editor is
// told with the goldens.
func TestLint(t *testing.T) {
	bundle := messages(t)
	known := func(unit string) bool { return strings.HasPrefix(unit, "so-tnmt") }
	for _, name := range []string{"faults", "unknown-keys", "no-yaml"} {
		data, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		v, findings := procedure.Parse(data, known)
		if v != nil || !procedure.Faulty(findings) {
			t.Errorf("%s passes the linter", name)
		}
		golden, got := "testdata/"+name+".golden", report(t, bundle, findings)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestLintSaysAll fails when the linter has a sentence that no fault of the
// goldens calls forth.
func TestLintSaysAll(t *testing.T) {
	bundle, known := messages(t), func(unit string) bool { return strings.HasPrefix(unit, "so-tnmt") }
	said := map[string]bool{
		"procedure.lint.too-large": true, // below
		"procedure.lint.documents": true,
		"procedure.lint.rule":      true, // only a defect of the rule compiler
	}
	for _, name := range []string{"faults", "unknown-keys", "no-yaml"} {
		data, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, findings := procedure.Parse(data, known)
		for _, f := range findings {
			said[f.Text.Key] = true
		}
	}
	for _, edits := range [][]string{
		{"legal_basis:\n  - {document: 201/2013/NĐ-CP, title: {vi: Nghị định về tài nguyên nước, en: Water decree}, article: Điều 22, source: luat}", "legal_basis: []"},
		{"amount: 1, unit: working_day, cut_off: \"15:00\"", "amount: 1, unit: month"},
		{"cases: [lon], source: luat}\n  - {id: tham-dinh-nho", "cases: [nho], source: luat}\n  - {id: tham-dinh-nho"},
		{"validity: P5Y", "cases: [lon]"},
		{"relevant: \"${luu_luong} >= 200\", ", ""},
		{"total: {amount: 14", "relevant: \"${luu_luong} > 1\", total: {amount: 14"},
		{"total: {amount: 24, unit: working_day}", "total: {amount: 24, unit: working_day}, after_supplement: {amount: 3, unit: day}"},
		{"online:\n  - {level: \"4\", to: 2022-06-24, source: luat}\n  - {level: full, from: 2022-06-24, source: luat}\n", ""},
		{", from: 2022-09-01", ""},
		{"decision: 12/QĐ-UBND, ", ""},
		{`code: "1.000001"`, "code: x\ncode: y"},
		{". > 0", ". > ${later}"},
	} {
		_, findings := procedure.Parse(sample(t, edits...), known)
		if len(findings) == 0 {
			t.Errorf("nothing is said of %q", edits[1])
		}
		for _, f := range findings {
			said[f.Text.Key] = true
		}
	}
	for _, key := range bundle.Keys(i18n.En) {
		if strings.HasPrefix(key, "procedure.lint.") && !said[key] {
			t.Errorf("%s is never said", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if !bundle.Has(i18n.Vi, key) {
			t.Errorf("%s has no text", key)
		}
	}
}

func TestReadLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		data string
		want string
	}{
		"empty":         {"", "procedure.lint.syntax"},
		"two documents": {string(sample(t)) + "\n---\ncode: x\n", "procedure.lint.documents"},
		"too large":     {strings.Repeat("# padding\n", 200_000), "procedure.lint.too-large"},
		"alias bomb":    {"name: &a {vi: x}\nplain_name: &b [*a,*a]\nsummary: *b\n", "procedure.lint.syntax"},
		"a list":        {"- 1\n- 2\n", "procedure.lint.syntax"},
		"a bad date":    {string(sample(t, "to: 2022-06-24", "to: 24/06/2022")), "procedure.lint.syntax"},
	} {
		v, findings := procedure.Parse([]byte(tt.data), nil)
		if v != nil || len(findings) == 0 || findings[0].Text.Key != tt.want {
			t.Errorf("%s: %v, want %s", name, findings, tt.want)
		}
	}
}

// FuzzParse holds that no file crashes the reader, and that one it takes is
// given back whole.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"gia-han", "faults", "unknown-keys", "no-yaml"} {
		data, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, findings := procedure.Parse(data, nil)
		if (v == nil) != procedure.Faulty(findings) {
			t.Fatalf("a version: %v, findings: %v", v != nil, findings)
		}
		for _, one := range findings {
			if one.Line < 1 {
				t.Errorf("%s stands on line %d", one.Text.Key, one.Line)
			}
		}
		if v == nil {
			return
		}
		out, err := v.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, findings := procedure.Parse(out, nil)
		if again == nil {
			t.Fatalf("given back, it has faults: %v\n%s", findings, out)
		}
		if diff := cmp.Diff(v.Definition, again.Definition); diff != "" {
			t.Errorf("given back, it differs (-first +again):\n%s\n%s", diff, out)
		}
	})
}
