package main

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/backup"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/migrations"
)

// newData makes a data folder with a signed log of one event.
func newData(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(data, "motcua.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := migrations.Up(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	key, err := event.LoadOrCreateKey(filepath.Join(data, "log.key"), "test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := event.New(d, nil, nil, time.Now).Record(t.Context(), tx, event.Event{Actor: "an", Subject: "dossier:1", Kind: "dossier.filed"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := event.NewSequencer(d, key, slog.New(slog.DiscardHandler), time.Now)
	if _, err := s.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBackupAndRestore(t *testing.T) {
	data, file := newData(t), filepath.Join(t.TempDir(), "motcua.tar.zst")
	must := func(run func() error) {
		t.Helper()
		if err := run(); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	must(func() error { return backupCommand(t.Context(), []string{file, "--data", data}, &out) })
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v; want it for its owner alone", info.Mode(), err)
	}
	if err := backupCommand(t.Context(), []string{file, "--data", data}, &out); err == nil {
		t.Error("a backup was written over another")
	}
	must(func() error { return restoreCommand(t.Context(), []string{"--check", file}, &out) })
	if !strings.Contains(out.String(), "is whole: ") {
		t.Errorf("the check says:\n%s", out.String())
	}

	onPostgreSQL := func(t *testing.T) []string {
		return []string{"--data", filepath.Join(t.TempDir(), "new"), "--db", dbtest.PostgreSQLAddress(t)}
	}
	onSQLite := func(t *testing.T) []string { return []string{"--data", filepath.Join(t.TempDir(), "new")} }
	for name, where := range map[string]func(*testing.T) []string{"sqlite": onSQLite, "postgres": onPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			flags := where(t)
			if err := restoreCommand(t.Context(), append([]string{file}, flags...), &out); err != nil {
				t.Fatal(err)
			}
			if err := restoreCommand(t.Context(), append([]string{file}, flags...), &out); !errors.Is(err, backup.ErrNotEmpty) {
				t.Errorf("restored twice: %v", err)
			}
			dir := filepath.Join(t.TempDir(), "copy")
			if err := logCommand(t.Context(), append([]string{"export", dir}, flags[len(flags)-2:]...), &out); err != nil {
				t.Fatal(err)
			}
			if err := logCommand(t.Context(), []string{"verify", dir}, &out); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"no file":   {"--data", dir},
		"two files": {"a", "b"},
		"no store":  {filepath.Join(dir, "file"), "--data", filepath.Join(dir, "none")},
	} {
		if err := backupCommand(t.Context(), args, new(bytes.Buffer)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, command := range []func([]string, *bytes.Buffer) error{
		func(args []string, out *bytes.Buffer) error { return backupCommand(t.Context(), args, out) },
		func(args []string, out *bytes.Buffer) error { return restoreCommand(t.Context(), args, out) },
	} {
		var out bytes.Buffer
		if err := command([]string{"--help"}, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "Examples:") {
			t.Errorf("--help: %v\n%s", err, out.String())
		}
	}
}
