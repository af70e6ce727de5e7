// Command motcua is the whole platform in one program: the site, its workers,
// and the tools to run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is one thing the program does.
type command struct {
	name, about string
	run         func(ctx context.Context, args []string, out io.Writer) error
}

// commands lists them in the order a stranger needs them.
func commands() []command {
	plain := func(run func([]string, io.Writer) error) func(context.Context, []string, io.Writer) error {
		return func(_ context.Context, args []string, out io.Writer) error { return run(args, out) }
	}
	return []command{
		{"demo", "serve a demo province with invented people", demoCommand},
		{"serve", "serve a real installation", serve},
		{"worker", "work on jobs without serving pages (PostgreSQL)", worker},
		{"migrate", "bring the store's schema to this version", migrate},
		{"account", "create the first administrator, list and disable accounts", func(ctx context.Context, args []string, out io.Writer) error {
			return account(ctx, args, os.Stdin, out)
		}},
		{"deadline", "count a deadline and explain it", plain(deadline)},
		{"log", "export and verify the public log", logCommand},
		{"backup", "write everything into one file", backupCommand},
		{"restore", "bring everything back from such a file", restoreCommand},
		{"version", "print the version", plain(version)},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "motcua:", err)
		os.Exit(1)
	}
}

// run finds the command and runs it.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] == "help" || strings.TrimLeft(args[0], "-") == "help" || args[0] == "-h" {
		usage(out)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			err := c.run(ctx, args[1:], out)
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return err
		}
	}
	return fmt.Errorf("there is no command %q; motcua help lists them", args[0])
}

func usage(out io.Writer) {
	fmt.Fprint(out, "motcua: the one-stop platform of a provincial department of natural resources and environment\n\nUsage: motcua COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  %-9s %s\n", c.name, c.about)
	}
	fmt.Fprint(out, "\nEach command explains itself: motcua COMMAND --help\n")
}
