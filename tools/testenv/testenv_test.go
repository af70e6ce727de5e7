package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestExecuteReturnsTheCommandsExitCode(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 1} {
		if code, err := execute([]string{"sh", "-c", script}, os.Environ()); code != want || err != nil {
			t.Errorf("%q: code %d, %v; want %d", script, code, err, want)
		}
	}
	if _, err := execute([]string{"no-such-command-here"}, nil); err == nil {
		t.Error("a command that does not exist was run")
	}
}

func TestPostgresLivesAsLongAsTheCommand(t *testing.T) {
	bin := postgresBin()
	if bin == "" {
		t.Skip("no PostgreSQL server is installed")
	}
	p, err := startPostgres(bin, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(bin, "psql"), p.address, "-Atc", "show server_version_num").CombinedOutput()
	if err != nil || string(out) < "150000" {
		t.Errorf("psql: %v, %s", err, out)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("the server's folder is still there: %v", err)
	}
}
