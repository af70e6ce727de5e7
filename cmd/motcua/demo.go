package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/app"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/demo"
)

const demoHelp = `Usage: motcua demo [flags]

Serves a demonstration: the department of Bà Rịa – Vũng Tàu province in 2022, with
invented people. It is created at the first start and kept in the data folder.

Examples:
  motcua demo
  motcua demo --addr 127.0.0.1:8080 --data var/demo --scale 10
  motcua demo --accounts --data var/demo

Flags:
`

func demoCommand(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	addr := f.String("addr", "127.0.0.1:8080", "`HOST:PORT` to listen on")
	data := f.String("data", "var/demo", "`FOLDER` of the demonstration")
	scale := f.Int("scale", 1, "how many times the standard demonstration, when it is created")
	accounts := f.Bool("accounts", false, "print the accounts as JSON and end")
	create := f.Bool("create", false, "create the demonstration and end")
	if err := parse(f, args, out, demoHelp); err != nil {
		return err
	}
	if *scale < 1 {
		return errors.New("demo: --scale: want 1 or more")
	}
	c, err := config.Load("", func(name string) string {
		switch name {
		case "MOTCUA_DATA":
			return *data
		case "MOTCUA_LISTEN":
			return *addr
		case "MOTCUA_STORE":
			return os.Getenv(name)
		}
		return ""
	})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	exists, err := demo.Exists(c.Data)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if *accounts && exists {
		return printAccounts(c.Data, out)
	}
	clock := demo.NewClock(time.Now)
	a, err := openDemo(ctx, c, clock, exists, *scale, out)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if *accounts || *create {
		err := a.Close()
		if err == nil && *accounts {
			err = printAccounts(c.Data, out)
		}
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("demo: %w", errors.Join(err, a.Close()))
	}
	if err := greet(out, l.Addr(), c.Data); err != nil {
		return errors.Join(err, l.Close(), a.Close())
	}
	return errors.Join(a.Serve(ctx, l), a.Close())
}

// openDemo opens the demonstration, which it creates where there is none. What an
// interrupted creation left in the data folder is no demonstration and goes.
func openDemo(ctx context.Context, c config.Config, clock *demo.Clock, exists bool, scale int, out io.Writer) (*app.App, error) {
	options := app.Options{Log: logger(), Now: clock.Now, Demo: true}
	if exists {
		return app.New(ctx, c, options)
	}
	for _, name := range []string{"motcua.db", "motcua.db-wal", "motcua.db-shm", "files", "mail", "keys", "log.key"} {
		if err := os.RemoveAll(filepath.Join(c.Data, name)); err != nil {
			return nil, err
		}
	}
	if err := c.MakeData(); err != nil {
		return nil, err
	}
	a, err := app.New(ctx, c, options)
	if err != nil {
		return nil, err
	}
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, "demo: "+format+"\n", args...) }
	if err := demo.Create(ctx, a, c, clock, scale, say); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func printAccounts(data string, out io.Writer) error {
	all, err := demo.Accounts(data)
	if err != nil {
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

// greet prints the address and one account of each role.
func greet(out io.Writer, at net.Addr, data string) error {
	all, err := demo.Accounts(data)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nmotcua serves http://%s\n\nEvery account has the password %s\n\n", at, demo.Password)
	for _, role := range actor.Roles() {
		for _, a := range all {
			if a.Role == role {
				fmt.Fprintf(out, "  %-18s %-14s %s\n", a.Role, a.Login, a.Unit)
				break
			}
		}
	}
	_, err = fmt.Fprint(out, "\nCtrl-C stops it; make reset forgets it.\n")
	return err
}
