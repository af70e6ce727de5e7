package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/i18n"
)

// rules are the checks by name.
var rules = []struct {
	name  string
	check func(*tree) ([]string, error)
}{
	{"imports", sure((*tree).imports)},
	{"words", sure((*tree).words)},
	{"calls", sure((*tree).calls)},
	{"comments", sure((*tree).comments)},
	{"sql", sure((*tree).sql)},
	{"schemas", (*tree).schemas},
	{"dependencies", (*tree).dependencies},
}

func sure(check func(*tree) []string) func(*tree) ([]string, error) {
	return func(t *tree) ([]string, error) { return check(t), nil }
}

// TestHouse checks this repository.
func TestHouse(t *testing.T) {
	house, err := load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			faults, err := r.check(house)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
}

// TestRules checks that each rule finds the offences planted in testdata/house,
// and nothing else there.
func TestRules(t *testing.T) {
	house, err := load("testdata/house")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"imports": {
			"internal/novel/novel.go: package has no row in internal/archtest",
			"internal/party/party.go:10: imports internal/db/dbtest, which is for tests",
			"internal/party/party.go:11: imports internal/dossier, which is not above it",
		},
		"words": {"internal/errs/errs.go:4: words are pure: they do not import net/http"},
		"calls": {
			"internal/party/party.go:15: init runs before main and in every test: call it instead",
			"internal/party/party.go:18: os.Getenv outside internal/config",
			"internal/party/party.go:19: the clock is handed out by internal/app, internal/demo, cmd/motcua",
			"internal/party/party.go:20: time.Now is called: take now func() time.Time",
			"internal/party/party.go:20: the clock is handed out by internal/app, internal/demo, cmd/motcua",
		},
		"comments": {
			"internal/party: package has no comment",
			"internal/party/party.go:23: nolint without a reason",
		},
		"sql": {
			"internal/dossier/store.go:6: names table party, which belongs to party",
			"internal/dossier/store_search.go:3: names table event, which belongs to event",
			"internal/party/party.go:32: SQL outside store*.go",
		},
		"schemas": {
			"migrations/common/0001_all.sql: table party refers to dossier, whose module is not above its own",
			"migrations/common/0001_all.sql: table stray is named after no module",
		},
		"dependencies": {"internal/party/party.go:8: imports example.com/smuggled, which docs/adr does not name"},
	}
	for _, r := range rules {
		faults, err := r.check(house)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[r.name], faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.name, diff)
		}
	}
}

func TestStatement(t *testing.T) {
	for text, want := range map[string]bool{
		"\n\t\tselect id, at\n\t\tfrom event where id = $1": true,
		"select count(*) from dossier":                      true,
		"select distinct code from procedure":               true,
		"insert into job_done (key, at) values ($1, $2)":    true,
		"update dossier set state = $1":                     true,
		"delete from party where id = $1":                   true,
		"with recursive up(id) as (select id from orgunit)": true,
		"select a unit":         false,
		"update dossier %s: %w": false,
		"delete from %s":        false,
		"with care as ever":     false,
		"select one or more procedures; choose them from a list": false,
	} {
		if got := statement.MatchString(text); got != want {
			t.Errorf("statement(%q) = %v, want %v", text, got, want)
		}
	}
}

// TestLanguages checks that both languages say everything: each package's own
// messages, and all together, where a key may stand only once.
func TestLanguages(t *testing.T) {
	var sources []fs.FS
	err := filepath.WalkDir("../../internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() != "messages" || strings.Contains(path, "testdata") {
			return err
		}
		for _, lang := range i18n.Langs {
			if _, err := os.Stat(filepath.Join(path, string(lang)+".json")); err != nil {
				t.Error(err)
			}
		}
		sources = append(sources, os.DirFS(filepath.Dir(path)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if t.Failed() || len(sources) == 0 {
		t.Fatalf("%d folders of messages", len(sources))
	}
	all, err := i18n.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range all.Check() {
		t.Error(fault)
	}
}
