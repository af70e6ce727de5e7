// Package archtest keeps the plan of the house true: which package may import
// which, where SQL may stand and whose tables it may name, where the clock and
// the environment are read, and what we depend on. Its tests check this
// repository, and that each rule catches an offence planted for it.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// rows is the plan: a package imports only from rows above its own, and
// packages of one row do not know each other. A package without a row is a
// fault. Packages whose name ends in "test" help tests, and only tests.
var rows = [][]string{
	// words: pure, no store, no network, no clock
	{"internal/errs", "internal/actor", "internal/money", "internal/text"},
	{"internal/i18n"},
	{"internal/worktime"},
	{"internal/rule"},
	// machines: know nothing of the domain
	{"internal/config", "internal/db", "internal/blob", "internal/mail", "internal/media", "internal/document"},
	{"migrations", "internal/document/onestopform"},
	// services
	{"internal/job"},
	// spine: the record of what happened; pages and API plumbing
	{"internal/event", "internal/web/assets"},
	{"internal/web"},
	// ground
	{"internal/orgunit", "internal/calendar"},
	{"internal/identity", "internal/party", "internal/form"},
	{"internal/notify"},
	// nouns, then what happens to them
	{"internal/procedure"},
	{"internal/dossier"},
	// parts of pages, pages
	{"internal/event/eventweb", "internal/form/formweb"},
	{
		"internal/dossier/dossierweb", "internal/dossier/officeweb", "internal/dossier/dossierapi", "internal/procedure/procedureweb", "internal/identity/identityweb",
		"internal/orgunit/orgunitweb", "internal/calendar/calendarweb", "internal/party/partyweb", "internal/notify/notifyweb", "internal/job/jobweb",
	},
	// wiring
	{"internal/backup", "internal/demo/catalogue"},
	{"internal/app"},
	{"internal/demo"},
	{"cmd/motcua"},
}

// wiring are the packages that know everybody and hand out the clock.
var wiring = []string{"internal/app", "internal/demo", "cmd/motcua"}

// exempt are the folders that are not part of the program.
var exempt = []string{"test", "tools", "web", "internal/archtest"}

// tree is the source of a module.
type tree struct {
	root   string // folder
	module string // path
	fset   *token.FileSet
	files  []file
	tables map[string]string // table → the migration that creates it
}

// file is one Go file.
type file struct {
	path string // relative to the root, with slashes
	ast  *ast.File
}

func (f file) dir() string  { return path.Dir(f.path) }
func (f file) test() bool   { return strings.HasSuffix(f.path, "_test.go") }
func (f file) exempt() bool { return isExempt(f.dir()) }

func isExempt(dir string) bool {
	return slices.ContainsFunc(exempt, func(e string) bool { return dir == e || strings.HasPrefix(dir, e+"/") }) || isTestSupport(dir)
}

func isTestSupport(dir string) bool {
	return strings.HasSuffix(dir, "test") && strings.Count(dir, "/") > 1
}

// load parses every Go file and every migration below root.
func load(root string) (*tree, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, module: modfile.ModulePath(mod), fset: token.NewFileSet(), tables: make(map[string]string)}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && (slices.Contains([]string{"testdata", "node_modules", "var", "bin"}, d.Name()) || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case strings.HasSuffix(rel, ".go"):
			parsed, err := parser.ParseFile(t.fset, name, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			t.files = append(t.files, file{rel, parsed})
		case strings.HasPrefix(rel, "migrations/") && strings.HasSuffix(rel, ".sql"):
			return t.readTables(name, rel)
		}
		return nil
	})
	return t, err
}

var created = regexp.MustCompile(`(?im)^\s*create (?:virtual )?table (?:if not exists )?(\w+)`)

func (t *tree) readTables(name, rel string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for _, m := range created.FindAllSubmatch(text, -1) {
		t.tables[string(m[1])] = rel
	}
	return nil
}

// at returns where a fault is, as an editor understands it.
func (t *tree) at(f file, pos token.Pos) string {
	return fmt.Sprintf("%s:%d: ", f.path, t.fset.Position(pos).Line)
}

// row returns the number of a package's row, -1 if it has none.
func row(dir string) int {
	return slices.IndexFunc(rows, func(r []string) bool { return slices.Contains(r, dir) })
}

// imports checks the arrows between packages.
func (t *tree) imports() []string {
	var faults []string
	for _, f := range t.files {
		if f.test() || f.exempt() {
			continue
		}
		mine := row(f.dir())
		if mine < 0 {
			faults = append(faults, f.path+": package has no row in internal/archtest")
			continue
		}
		for _, spec := range f.ast.Imports {
			imported, ours := strings.CutPrefix(unquote(spec.Path), t.module+"/")
			switch theirs := row(imported); {
			case !ours:
			case isExempt(imported):
				faults = append(faults, t.at(f, spec.Pos())+"imports "+imported+", which is for tests")
			case theirs >= mine:
				faults = append(faults, t.at(f, spec.Pos())+"imports "+imported+", which is not above it")
			}
		}
	}
	return faults
}

// words checks that the pure packages stay pure.
func (t *tree) words() []string {
	impure := []string{"database/sql", "net/http", "os", "math/rand", "math/rand/v2", "crypto/rand"}
	var faults []string
	for _, f := range t.files {
		if f.test() || row(f.dir()) < 0 || row(f.dir()) >= row("internal/db") {
			continue
		}
		for _, spec := range f.ast.Imports {
			if slices.Contains(impure, unquote(spec.Path)) {
				faults = append(faults, t.at(f, spec.Pos())+"words are pure: they do not import "+unquote(spec.Path))
			}
		}
	}
	return faults
}

// calls checks that the clock is read only in main, the environment only in
// config and main, and that nothing happens before main.
func (t *tree) calls() []string {
	var faults []string
	for _, f := range t.files {
		if f.test() || f.exempt() {
			continue
		}
		dir := f.dir()
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					faults = append(faults, t.at(f, n.Pos())+"init runs before main and in every test: call it instead")
				}
			case *ast.CallExpr:
				if name := selector(n.Fun); slices.Contains([]string{"time.Now", "time.Since", "time.Until"}, name) && !strings.HasPrefix(dir, "cmd/") {
					faults = append(faults, t.at(f, n.Pos())+name+" is called: take now func() time.Time")
				}
			case *ast.SelectorExpr:
				name := selector(n)
				if name == "time.Now" && !slices.Contains(wiring, dir) {
					faults = append(faults, t.at(f, n.Pos())+"the clock is handed out by "+strings.Join(wiring, ", "))
				}
				if slices.Contains([]string{"os.Getenv", "os.LookupEnv", "os.Environ"}, name) && dir != "internal/config" && !strings.HasPrefix(dir, "cmd/") {
					faults = append(faults, t.at(f, n.Pos())+name+" outside internal/config")
				}
			}
			return true
		})
	}
	return faults
}

// selector returns "pkg.Name" for such an expression.
func selector(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + s.Sel.Name
}

var silenced = regexp.MustCompile(`^//\s*nolint\b(?::[\w,]+)?(.*)$`)

// comments checks that packages say what they are, and that whoever silences a
// linter says why.
func (t *tree) comments() []string {
	documented := make(map[string]bool)
	for _, f := range t.files {
		if f.ast.Doc != nil {
			documented[f.dir()] = true
		}
	}
	var faults []string
	for _, f := range t.files {
		if !f.test() && !documented[f.dir()] {
			documented[f.dir()] = true // say it once
			faults = append(faults, f.dir()+": package has no comment")
		}
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if m := silenced.FindStringSubmatch(c.Text); m != nil && strings.Trim(m[1], "/ ") == "" {
					faults = append(faults, t.at(f, c.Pos())+"nolint without a reason")
				}
			}
		}
	}
	return faults
}

// dependencies checks that every module imported is named in docs/adr.
func (t *tree) dependencies() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(t.root, "go.mod"))
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	var decided strings.Builder
	records, err := filepath.Glob(filepath.Join(t.root, "docs/adr/*.md"))
	if err != nil {
		return nil, err
	}
	for _, name := range records {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		decided.Write(text)
	}
	var faults []string
	seen := make(map[string]bool)
	for _, f := range t.files {
		for _, spec := range f.ast.Imports {
			m := moduleOf(mod, unquote(spec.Path))
			if m == "" || seen[m] {
				continue
			}
			seen[m] = true
			if !strings.Contains(decided.String(), "`"+m+"`") {
				faults = append(faults, t.at(f, spec.Pos())+"imports "+m+", which docs/adr does not name")
			}
		}
	}
	return faults, nil
}

// moduleOf returns the required module a package belongs to, "" if none.
func moduleOf(mod *modfile.File, pkg string) string {
	best := ""
	for _, r := range mod.Require {
		p := r.Mod.Path
		if (pkg == p || strings.HasPrefix(pkg, p+"/")) && len(p) > len(best) {
			best = p
		}
	}
	return best
}

func unquote(l *ast.BasicLit) string {
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		panic(err) // the parser let it through
	}
	return s
}
