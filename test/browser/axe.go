package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/motcua/motcua/test/program"
)

// Violation is a rule of WCAG that the page breaks.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&b, "\n\t%s\n\t%s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n\t"))
	}
	return b.String()
}

// Accessible requires that the page breaks no rule of WCAG 2.2, A and AA, and
// that it fits the device.
func (p *Page) Accessible() {
	p.t.Helper()
	for _, v := range p.Violations() {
		p.t.Errorf("%s: %s", p.Address(), v)
	}
	p.Fits()
}

// Violations asks axe what is wrong with the page. axe needs promises, which do
// not run where scripts are off; so they are allowed while it looks. The page's
// own scripts were skipped when it was read, and stay so.
func (p *Page) Violations() []Violation {
	p.t.Helper()
	axe, err := os.ReadFile(filepath.Join(program.Root, "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		p.t.Fatalf("axe-core is fetched by make assets: %v", err)
	}
	var found []Violation
	p.call("axe", func(ctx context.Context, t *chromedp.Target) error {
		if err := p.setScripts(ctx, t, true); err != nil {
			return err
		}
		if _, err := chromedp.Evaluate[chromedp.Void](string(axe))(ctx, t); err != nil {
			return err
		}
		text, err := chromedp.Evaluate[string](`axe.run(document, {
			runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
			resultTypes: ["violations"],
		}).then((r) => JSON.stringify(r.violations))`, func(e *runtime.EvaluateParams) { await := true; e.AwaitPromise = &await })(ctx, t)
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &found); err != nil {
			return err
		}
		return p.setScripts(ctx, t, p.device.Scripts)
	})
	return found
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}
