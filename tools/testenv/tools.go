package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// tool is a program the tests use.
type tool struct {
	name     string
	packages []string    // Debian's
	have     func() bool // whether it is there
	without  string      // what its absence costs
}

// wanted lists what the tests need, the most needed first.
func wanted(browser bool) []tool {
	tools := []tool{
		{"a C compiler", []string{"gcc", "libc6-dev"}, inPath("gcc"), "the race detector cannot run"},
		{"pdftotext", []string{"poppler-utils"}, inPath("pdftotext"), "the tests that read finished PDFs cannot run"},
	}
	if os.Getenv("TEST_POSTGRES") == "" {
		tools = append(tools, tool{"PostgreSQL 15 or later", []string{"postgresql"},
			func() bool { return postgresBin() != "" }, "no test runs on PostgreSQL"})
	}
	if browser {
		tools = append(tools, tool{"Chromium", []string{"chromium"},
			func() bool { return chromium() != "" }, "the browser tests cannot run"})
	}
	return tools
}

// install fetches what is missing, where it may, and returns what still is.
func install(tools []tool) []tool {
	absent := func() []tool {
		return slices.DeleteFunc(slices.Clone(tools), func(t tool) bool { return t.have() })
	}
	missing := absent()
	if len(missing) == 0 || os.Geteuid() != 0 || !inPath("apt-get")() {
		return missing
	}
	args := []string{"install", "--yes", "--no-install-recommends"}
	for _, t := range missing {
		args = append(args, t.packages...)
	}
	for _, args := range [][]string{{"update"}, args} {
		cmd := exec.Command("apt-get", append([]string{"--quiet", "--quiet"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "testenv: apt-get:", err)
		}
	}
	return absent()
}

func inPath(name string) func() bool {
	return func() bool {
		_, err := exec.LookPath(name)
		return err == nil
	}
}

// chromium returns the path of the browser: CHROMIUM, or the first found.
func chromium() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// postgresBin returns the folder of the newest PostgreSQL server that is new
// enough. Debian keeps it outside PATH.
func postgresBin() string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	folders = append(folders, filepath.SplitList(os.Getenv("PATH"))...)
	newest, best := 14, ""
	for _, folder := range folders {
		if v := postgresVersion(filepath.Join(folder, "postgres")); v > newest {
			if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
				newest, best = v, folder
			}
		}
	}
	return best
}

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// postgresVersion returns the major version of a server, 0 where there is none.
func postgresVersion(path string) int {
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		return 0
	}
	m := majorVersion.FindSubmatch(out)
	if m == nil {
		return 0
	}
	v, _ := strconv.Atoi(string(m[1])) // digits, by the pattern
	return v
}
