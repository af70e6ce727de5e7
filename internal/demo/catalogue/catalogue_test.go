package catalogue_test

import (
	"testing"

	"github.com/motcua/motcua/internal/demo/catalogue"
	"github.com/motcua/motcua/internal/procedure"
)

// TestFiles holds the sample data to more than the linter does: not even a
// warning.
func TestFiles(t *testing.T) {
	codes := map[procedure.Code]bool{}
	for _, f := range catalogue.Files() {
		v, findings := procedure.Parse(f.YAML, nil)
		for _, i := range findings {
			t.Errorf("%s:%d: %s %s: %s %v", f.Name, i.Line, i.Severity, i.Where, i.Text.Key, i.Text.Args)
		}
		if v == nil {
			continue
		}
		codes[v.Code] = true
		if !v.Sample {
			t.Errorf("%s does not say that it is sample data", f.Name)
		}
	}
	if len(codes) != 8 {
		t.Errorf("%d procedures, want 8", len(codes))
	}
}
