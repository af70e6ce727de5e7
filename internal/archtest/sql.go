package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// statement recognises SQL by how it begins.
var statement = regexp.MustCompile(`(?is)^\s*(select\s+(distinct\s+|exists\s*\()?[\w.*,()\s$'>-]+\sfrom\s|select\s+exists|insert\s+into\s+\w+|update\s+\w+\s+set\s|delete\s+from\s+\w+\s+where|create\s+(unique\s+)?(table|index|trigger)\s|alter\s+table\s|drop\s+(table|index)\s|with\s+(recursive\s+)?\w+\s*(\([^)]*\))?\s+as\s*\()`)

// named finds where a statement names tables.
var named = regexp.MustCompile(`(?i)\b(?:from|join|into|update|table)\s+((?:only\s+)?\w+(?:\s+(?:as\s+)?\w+)?(?:\s*,\s*\w+(?:\s+(?:as\s+)?\w+)?)*)`)

// inStore reports whether a file may hold SQL.
func inStore(f file) bool {
	return strings.HasPrefix(path.Base(f.path), "store")
}

// sql checks that SQL stands only in store files, and that they name only their
// own module's tables.
func (t *tree) sql() []string {
	var faults []string
	for _, f := range t.files {
		if f.test() || f.exempt() || f.dir() == "internal/db" || f.dir() == "migrations" {
			continue
		}
		for _, l := range literals(f.ast) {
			text := unquote(l)
			if !inStore(f) {
				if statement.MatchString(text) {
					faults = append(faults, t.at(f, l.Pos())+"SQL outside store*.go")
				}
				continue
			}
			for _, table := range tablesIn(text) {
				if _, ok := t.tables[table]; ok && owner(table) != module(f.dir()) {
					faults = append(faults, t.at(f, l.Pos())+fmt.Sprintf("names table %s, which belongs to %s", table, owner(table)))
				}
			}
		}
	}
	return faults
}

// literals returns the strings of a file, without its imports and tags.
func literals(f *ast.File) []*ast.BasicLit {
	var all []*ast.BasicLit
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			return n.Tag == nil
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				all = append(all, n)
			}
		}
		return true
	})
	return all
}

// tablesIn lists the names that stand where SQL names tables.
func tablesIn(text string) []string {
	var names []string
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		for item := range strings.SplitSeq(m[1], ",") {
			words := strings.Fields(item)
			if len(words) > 1 && strings.EqualFold(words[0], "only") {
				words = words[1:]
			}
			if len(words) > 0 {
				names = append(names, strings.ToLower(words[0]))
			}
		}
	}
	return names
}

// module returns the noun a package belongs to: internal/dossier/dossierweb →
// dossier.
func module(dir string) string {
	parts := strings.Split(dir, "/")
	if parts[0] != "internal" || len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// owner returns the module a table belongs to by its name, "" if none.
func owner(table string) string {
	for _, r := range rows {
		for _, dir := range r {
			if m := module(dir); m != "" && (table == m || strings.HasPrefix(table, m+"_")) {
				return m
			}
		}
	}
	return ""
}

var (
	// schema splits a migration at the tables it makes or alters.
	schema     = regexp.MustCompile(`(?im)^\s*(?:create|alter) table (?:if not exists )?(\w+)`)
	references = regexp.MustCompile(`(?i)\breferences\s+(\w+)`)
	remark     = regexp.MustCompile(`--[^\n]*`)
)

// schemas checks that every table has an owner, and that foreign keys follow
// the arrows between packages.
func (t *tree) schemas() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(t.root, "migrations", "*", "*.sql"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var faults []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		where := "migrations/" + path.Base(path.Dir(filepath.ToSlash(name))) + "/" + filepath.Base(name) + ": "
		sql := remark.ReplaceAllString(string(text), "")
		starts := schema.FindAllStringSubmatchIndex(sql, -1)
		for i, m := range starts {
			end := len(sql)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			table := sql[m[2]:m[3]]
			mine := owner(table)
			if mine == "" {
				faults = append(faults, where+"table "+table+" is named after no module")
				continue
			}
			for _, r := range references.FindAllStringSubmatch(sql[m[0]:end], -1) {
				theirs := owner(r[1])
				if theirs != mine && row("internal/"+theirs) >= row("internal/"+mine) {
					faults = append(faults, fmt.Sprintf("%stable %s refers to %s, whose module is not above its own", where, table, r[1]))
				}
			}
		}
	}
	return faults, nil
}
