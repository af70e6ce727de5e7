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

	"github.com/motcua/motcua/internal/backup"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/config"
	"github.com/motcua/motcua/internal/db"
)

const backupHelp = `Usage: motcua backup FILE [flags]

Writes the whole installation into FILE: every table as it is at one moment, all
attachments and papers, and the keys of the data folder. It may run beside the
server. FILE must not exist; it appears when it is complete.

FILE holds private keys and personal data: encrypt it before it leaves the
machine.

Examples:
  motcua backup /backup/motcua-2026-03-02.tar.zst --data /var/lib/motcua
  motcua backup motcua.tar.zst --config /etc/motcua.yaml

Flags:
`

// backupCommand is the command called backup.
func backupCommand(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("backup", flag.ContinueOnError)
	settings := configFlags(f)
	name, err := parseFile(f, args, out, backupHelp)
	if err != nil {
		return err
	}
	c, err := settings()
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if path, ok := strings.CutPrefix(string(c.Store), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("backup: there is no store at %s; give --data, --db or --config", path)
		}
	}
	var m backup.Manifest
	err = withInstallation(ctx, c, out, func(from backup.Installation) error {
		return writeNew(name, func(w io.Writer) error {
			m, err = backup.Create(ctx, from, w)
			return err
		})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is complete: %s\n", name, contents(m))
	return nil
}

const restoreHelp = `Usage: motcua restore FILE [flags]
       motcua restore FILE --check

Brings an installation back from FILE, which motcua backup made, into an empty
store, on SQLite or PostgreSQL whichever it came from. FILE is checked to its end
before anything is touched. Stop the server first; start it afterwards.

With --check the file is only checked.

Examples:
  motcua restore /backup/motcua-2026-03-02.tar.zst --check
  motcua restore /backup/motcua-2026-03-02.tar.zst --data /var/lib/motcua
  motcua restore motcua.tar.zst --data /var/lib/motcua --db postgres://motcua@db.example/motcua

Flags:
`

// restoreCommand is the command called restore.
func restoreCommand(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("restore", flag.ContinueOnError)
	settings := configFlags(f)
	check := f.Bool("check", false, "check the file, restore nothing")
	name, err := parseFile(f, args, out, restoreHelp)
	if err != nil {
		return err
	}
	in, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer in.Close() // it was only read
	if *check {
		m, err := backup.Verify(in)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(out, "%s is whole: %s\n", name, contents(m))
		return nil
	}
	c, err := settings()
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := c.MakeData(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	var m backup.Manifest
	err = withInstallation(ctx, c, out, func(to backup.Installation) error {
		m, err = backup.Restore(ctx, in, to)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "restored: %s\n", contents(m))
	return nil
}

// parseFile reads the flags of a command that takes one file.
func parseFile(f *flag.FlagSet, args []string, out io.Writer, help string) (string, error) {
	f.SetOutput(io.Discard) // the returned error says it once
	words, err := parseMixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		return "", parse(f, []string{"--help"}, out, help)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name(), err)
	}
	if len(words) != 1 {
		return "", fmt.Errorf("%s: want one file; see motcua %s --help", f.Name(), f.Name())
	}
	return words[0], nil
}

// withInstallation opens store and files, and tells how far fn has come.
func withInstallation(ctx context.Context, c config.Config, out io.Writer, fn func(backup.Installation) error) error {
	d, err := db.Open(ctx, string(c.Store))
	if err != nil {
		return err
	}
	files, err := blob.Open(ctx, string(c.Files))
	if err != nil {
		return errors.Join(err, d.Close())
	}
	err = fn(backup.Installation{DB: d, Files: files, Data: c.Data, Progress: func(what string, n int64) {
		fmt.Fprintf(out, "%-28s %12d\n", what, n)
	}})
	return errors.Join(err, files.Close(), d.Close())
}

// writeNew writes a file that did not exist, whole or not at all, readable by
// its owner alone.
func writeNew(name string, write func(io.Writer) error) error {
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s exists already", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone when all went well
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func contents(m backup.Manifest) string {
	var rows int64
	for _, t := range m.Tables {
		rows += t.Rows
	}
	return fmt.Sprintf("%d rows of %d tables, %d files of %d bytes, schema %s", rows, len(m.Tables), m.Files.Count, m.Files.Bytes, m.Schema)
}
