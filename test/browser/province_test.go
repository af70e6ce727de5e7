package browser

import (
	"testing"

	"github.com/motcua/motcua/test/program"
)

// province serves a demo province of the test's own.
func province(t *testing.T) (*program.Process, map[string]program.Account) {
	t.Helper()
	bin, err := program.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return program.Demo(t, bin, program.FreeAddress(t), dir, ""), program.Accounts(t, bin, dir, "")
}

// TestFrontPage opens the first page as a stranger does, and stops the program
// as Ctrl-C does.
func TestFrontPage(t *testing.T) {
	p, accounts := province(t)
	if len(accounts) == 0 {
		t.Error("the demo has no accounts")
	}
	for name, device := range map[string]Device{"phone": Phone, "desktop": Desktop} {
		t.Run(name, func(t *testing.T) {
			page := NewPage(t, chromium, device)
			page.Open(p.URL)
			page.Accessible()
			page.Screenshot("front-" + name)
		})
	}
	p.Stop()
}
