// Package catalogue holds the demonstration's procedures (thủ tục hành chính) as
// an official of procedure control would write them: one YAML file each. They
// are sample data: every fact in them names its source and how sure we are of
// it, and the pages say that nobody compared them with the legal texts.
package catalogue

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/worktime"
)

//go:embed *.yaml
var files embed.FS

// File is one version of a procedure, to be published from a day on.
type File struct {
	Name string
	From worktime.Date
	YAML []byte
}

// first is the day from which the demonstration has procedures.
var first = worktime.NewDate(2022, 1, 1)

// Files returns every file in the order in which they are to be published. A
// name that ends in a date, as in name.2023-01-15.yaml, is in force from then.
func Files() []File {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var all []File
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err) // files are embedded
		}
		f := File{Name: name, From: first, YAML: data}
		if _, day, ok := strings.Cut(strings.TrimSuffix(name, ".yaml"), "."); ok {
			if f.From, err = worktime.ParseDate(day); err != nil {
				panic("catalogue: " + name + ": " + err.Error())
			}
		}
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b File) int { return a.From.Compare(b.From) })
	return all
}
