// Package program builds motcua and runs it as an operator would: as a process
// of its own, reached over HTTP.
package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Root is the folder of the module, seen from the packages that use this one.
const Root = "../.."

// Build compiles the command into dir and returns its path.
func Build(dir string) (string, error) {
	bin, err := filepath.Abs(filepath.Join(dir, "motcua"))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "./cmd/motcua")
	cmd.Dir = Root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/motcua: %w\n%s", err, out)
	}
	return bin, nil
}

// FreeAddress returns an address on which nobody listens yet.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Process is motcua at work. When the test ends it is stopped, and its output
// shown if the test failed.
type Process struct {
	URL string // where it answers, without a slash at the end

	t      testing.TB
	cmd    *exec.Cmd
	output buffer
	ended  chan struct{}
	err    error // how it ended; read after ended is closed
}

// Demo serves the demo province in dir at address, creating it if there is none,
// and returns once it is ready. An empty store means the demo's own, a file in dir.
func Demo(t testing.TB, bin, address, dir, store string) *Process {
	t.Helper()
	args := []string{"demo", "--addr", address, "--data", dir}
	p := &Process{URL: "http://" + address, t: t, cmd: exec.Command(bin, args...), ended: make(chan struct{})}
	p.cmd.Env = environ(dir, store)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("output of %v:\n%s", args, p.output.String())
		}
	})
	p.waitReady()
	return p
}

// waitReady asks until the program says that it is ready.
func (p *Process) waitReady() {
	p.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		res, err := http.Get(p.URL + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.ended:
			p.t.Fatalf("motcua ended: %v", p.err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.t.Fatal("motcua was not ready within two minutes")
}

// Kill ends the process as a power cut would, as far as it can tell.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// Stop asks the process to end, as Ctrl-C does, and requires that it does so
// without complaint.
func (p *Process) Stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Fatalf("motcua did not stop cleanly: %v", p.err)
		}
	case <-time.After(time.Minute):
		p.t.Fatal("motcua did not stop within a minute")
	}
}

// Run runs a command on an installation to its end and returns what it printed.
func Run(bin, dir, store string, args ...string) ([]byte, error) {
	cmd := exec.Command(bin, args...)
	cmd.Env = environ(dir, store)
	out, err := cmd.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return out, fmt.Errorf("motcua %v: %w\n%s", args, err, e.Stderr)
	}
	return out, err
}

// environ points the program at an installation.
func environ(dir, store string) []string {
	env := append(os.Environ(), "MOTCUA_DATA="+dir)
	if store != "" {
		env = append(env, "MOTCUA_STORE="+store)
	}
	return env
}

// Account is one way into the demo.
type Account struct {
	Role     string `json:"role"`
	Login    string `json:"login"`
	Password string `json:"password"`
	Unit     string `json:"unit"`
	Token    string `json:"token"`
}

// Accounts returns the accounts of the demo in dir, the first of each role.
func Accounts(t testing.TB, bin, dir, store string) map[string]Account {
	t.Helper()
	out, err := Run(bin, dir, store, "demo", "--accounts", "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []Account
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatalf("demo --accounts: %v\n%s", err, out)
	}
	byRole := make(map[string]Account)
	for _, a := range all {
		if _, ok := byRole[a.Role]; !ok {
			byRole[a.Role] = a
		}
	}
	return byRole
}

// buffer is written by the process and read by the test.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
