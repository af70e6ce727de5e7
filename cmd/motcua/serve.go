package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/app"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/migrations"
)

const serveHelp = `Usage: motcua serve [flags]

Serves the site and works on jobs. With no configuration it listens on
127.0.0.1:8080 and keeps a SQLite store and files in ./data. Create the first
administrator with motcua account create.

Examples:
  motcua serve
  motcua serve --config /etc/motcua.yaml
  MOTCUA_STORE=postgres://motcua@db.example/motcua motcua serve

Flags:
`

func serve(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	settings := configFlags(f)
	addr := f.String("addr", "", "`HOST:PORT` to listen on; wins over the configuration")
	if err := parse(f, args, out, serveHelp); err != nil {
		return err
	}
	c, err := settings()
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	if *addr != "" {
		c.Listen = *addr
	}
	a, err := app.New(ctx, c, app.Options{Log: logger(), Now: time.Now})
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("serve: %w", errors.Join(err, a.Close()))
	}
	fmt.Fprintf(out, "motcua serves http://%s\n", l.Addr())
	return errors.Join(a.Serve(ctx, l), a.Close())
}

const workerHelp = `Usage: motcua worker [flags]

Works on jobs and keeps the public log, without serving pages: more hands for an
installation on PostgreSQL. On SQLite motcua serve does this itself.

Example:
  motcua worker --config /etc/motcua.yaml

Flags:
`

func worker(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("worker", flag.ContinueOnError)
	settings := configFlags(f)
	if err := parse(f, args, out, workerHelp); err != nil {
		return err
	}
	c, err := settings()
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if strings.HasPrefix(string(c.Store), "sqlite:") {
		return errors.New("worker: the store is SQLite, which one process writes; motcua serve works on its jobs")
	}
	a, err := app.New(ctx, c, app.Options{Log: logger(), Now: time.Now})
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	fmt.Fprintln(out, "motcua works on jobs")
	return errors.Join(a.Work(ctx), a.Close())
}

const migrateHelp = `Usage: motcua migrate [flags]

Brings the store's schema to the version of this program, and creates it in an
empty store. Several may run at once; one does the work.

Example:
  motcua migrate --db postgres://motcua@db.example/motcua

Flags:
`

func migrate(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	settings := configFlags(f)
	if err := parse(f, args, out, migrateHelp); err != nil {
		return err
	}
	c, err := settings()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	d, err := openStore(ctx, c)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := migrations.Up(ctx, d); err != nil {
		return errors.Join(err, d.Close())
	}
	fmt.Fprintln(out, "the schema is", migrations.Fingerprint())
	return d.Close()
}

// openStore opens the store of a configuration, whose folder it creates.
func openStore(ctx context.Context, c config.Config) (*db.DB, error) {
	if err := c.MakeData(); err != nil {
		return nil, err
	}
	return db.Open(ctx, string(c.Store))
}

// logger writes to standard error: text to a person, JSON to a collector.
func logger() *slog.Logger {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, nil))
}
