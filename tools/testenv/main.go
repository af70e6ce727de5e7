// Command testenv runs a command with everything motcua's tests need around it:
//
//	go run ./tools/testenv [-browser] [-kill] [-durable] -- go test -race ./...
//
// It installs what is missing where it can (Debian, as root), starts a
// PostgreSQL server that lives as long as the command, and tells the tests by
// environment variables what they may use: TEST_POSTGRES, TEST_BROWSER with
// CHROMIUM, TEST_KILL. A server that TEST_POSTGRES already names is used as it
// is. What is missing is said, with what cannot run for want of it; with
// CI=true it is an error instead. The exit code is the command's.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	browser := flag.Bool("browser", false, "run the browser tests too")
	kill := flag.Bool("kill", false, "run the kill -9 tests too")
	durable := flag.Bool("durable", false, "let PostgreSQL wait for the disk, as in production")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	code, err := run(*browser, *kill, *durable, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
	}
	os.Exit(code)
}

// run returns the exit code of the command.
func run(browser, kill, durable bool, command []string) (code int, err error) {
	missing := install(wanted(browser))
	for _, t := range missing {
		fmt.Fprintf(os.Stderr, "testenv: %s is missing (Debian: apt-get install %s): %s\n", t.name, strings.Join(t.packages, " "), t.without)
	}
	if len(missing) > 0 && os.Getenv("CI") == "true" {
		return 1, errors.New("with CI=true nothing may be missing")
	}

	env := os.Environ()
	if kill {
		env = append(env, "TEST_KILL=1")
	}
	if path := chromium(); browser && path != "" {
		env = append(env, "TEST_BROWSER=1", "CHROMIUM="+path)
	}
	if os.Getenv("TEST_POSTGRES") == "" && postgresBin() != "" {
		server, err := startPostgres(postgresBin(), durable)
		if err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		env = append(env, "TEST_POSTGRES="+server.address)
	}
	return execute(command, env)
}

// execute runs the command to its end. An interrupt typed at the terminal
// reaches the command by itself; a request to terminate is passed on.
func execute(command, env []string) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			if s != os.Interrupt {
				_ = cmd.Process.Signal(s) // it may have ended meanwhile
			}
		}
	}()
	err := cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, cmd.ProcessState.ExitCode()), nil // -1 when a signal ended it
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
