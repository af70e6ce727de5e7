package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/event"
)

const logHelp = `Usage: motcua log export DIR [--data FOLDER | --db ADDRESS]
       motcua log verify DIR [--since CHECKPOINT] [--key KEY]

export writes a copy of the public log, as it was at its newest checkpoint, into
DIR, which must be empty or not exist. It may run beside the server.

verify checks a copy with nothing but the copy: every event against the root of
every signed checkpoint. It names the event that was changed, removed, inserted
or moved. A copy only agrees with itself; to know that history was not begun
anew, keep checkpoint.txt of an earlier copy and give it as --since, and give
the key the agency publishes as --key.

Examples:
  motcua log export copy-2026-03 --data ./data
  motcua log export copy-2026-03 --db postgres://motcua@db.example/motcua
  motcua log verify copy-2026-03
  motcua log verify copy-2026-03 --since copy-2026-02/checkpoint.txt --key 'motcua.example.gov.vn/log+3f2a…'

Flags:
`

// logCommand is the command called log: it copies the public log, and verifies
// a copy.
func logCommand(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("log", flag.ContinueOnError)
	f.SetOutput(io.Discard) // the returned error says it once
	data := f.String("data", "", "`FOLDER` of the installation; export finds its SQLite file there")
	address := f.String("db", "", "`ADDRESS` of the store to export: sqlite:PATH or postgres://…")
	since := f.String("since", "", "`CHECKPOINT` file kept from an earlier copy")
	var trust event.Trust
	f.Func("key", "the log's public `KEY`, as published; may be repeated", func(s string) error {
		trust.Keys = append(trust.Keys, s)
		return nil
	})
	words, err := parseMixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, logHelp)
		f.SetOutput(out)
		f.PrintDefaults()
		return nil
	}
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if len(words) != 2 {
		return errors.New("log: want export DIR or verify DIR; see motcua log --help")
	}
	switch dir := words[1]; words[0] {
	case "export":
		store, err := exportFrom(*data, *address)
		if err != nil {
			return fmt.Errorf("log: %w", err)
		}
		return exportLog(ctx, dir, store, out)
	case "verify":
		if *since != "" {
			text, err := os.ReadFile(*since)
			if err != nil {
				return fmt.Errorf("log: --since: %w", err)
			}
			trust.Since = string(text)
		}
		return verifyLog(dir, trust, out)
	}
	return fmt.Errorf("log: %q: want export or verify", words[0])
}

// parseMixed parses flags that stand before, between or after words, and returns
// the words.
func parseMixed(f *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
}

// exportFrom returns the address of the store to export. It must exist: opening
// would create a SQLite file where there is none.
func exportFrom(data, address string) (string, error) {
	switch {
	case data != "" && address != "":
		return "", errors.New("give --data or --db, not both")
	case data != "":
		address = "sqlite:" + filepath.Join(data, "motcua.db")
	case address == "":
		c, err := config.Load("", os.Getenv)
		if err != nil {
			return "", err
		}
		address = string(c.Store)
	}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("there is no store at %s; give --data or --db", path)
		}
	}
	return address, nil
}

func exportLog(ctx context.Context, dir, store string, out io.Writer) error {
	d, err := db.Open(ctx, store)
	if err != nil {
		return err
	}
	defer d.Close()
	c, err := event.New(d, nil, nil, time.Now).Export(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d events, signed %s, copied to %s\n", c.Size, c.At.Format(time.RFC3339), dir)
	return nil
}

func verifyLog(dir string, trust event.Trust, out io.Writer) error {
	r, err := event.Verify(dir, trust)
	if err != nil {
		return fmt.Errorf("%s does not verify: %w", dir, err)
	}
	fmt.Fprintf(out, "whole: %d events, as signed in %d checkpoints\n", r.Events, r.Checkpoints)
	fmt.Fprintf(out, "newest: root %s, signed %s\n", r.Latest.Root, r.Latest.At.Format(time.RFC3339))
	if r.Since != nil {
		fmt.Fprintf(out, "since: nothing among the %d events before %s was rewritten\n", r.Since.Size, r.Since.At.Format(time.RFC3339))
	}
	for _, k := range r.Keys {
		if len(trust.Keys) > 0 {
			fmt.Fprintf(out, "key: %s, as given\n", k)
		} else {
			fmt.Fprintf(out, "key: %s, taken from the copy: compare it with the published one\n", k)
		}
	}
	return nil
}
