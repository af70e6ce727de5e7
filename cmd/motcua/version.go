package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
)

// release is the version of this program. CHANGELOG.md says what each brought.
const release = "0.1.0"

const versionHelp = `Usage: motcua version

Prints the version of the program and of the Go it was built with.

Example:
  motcua version
`

func version(args []string, out io.Writer) error {
	f := flag.NewFlagSet("version", flag.ContinueOnError)
	if err := parse(f, args, out, versionHelp); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "motcua %s (%s, %s/%s)\n", release, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
