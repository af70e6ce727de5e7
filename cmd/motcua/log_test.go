package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/migrations"
)

func runLog(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := logCommand(t.Context(), args, &out)
	return out.String(), err
}

// TestLog copies an installation's log, verifies it, changes one byte of one
// event, and is told which.
func TestLog(t *testing.T) {
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
	spine := event.New(d, nil, nil, time.Now)
	sequencer := event.NewSequencer(d, key, slog.New(slog.DiscardHandler), time.Now)
	grow := func() (id string) {
		t.Helper()
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			e, err := spine.Record(t.Context(), tx, event.Event{Actor: "an", Subject: "dossier:1", Kind: "dossier.filed"})
			id = e.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sequencer.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := sequencer.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		return id
	}
	grow()
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	if out, err := runLog(t, "export", first, "--data", data); err != nil || !strings.HasPrefix(out, "1 events") {
		t.Fatalf("export: %q, %v", out, err)
	}
	id := grow()
	if out, err := runLog(t, "export", "--db", "sqlite:"+filepath.Join(data, "motcua.db"), second); err != nil || !strings.HasPrefix(out, "2 events") {
		t.Fatalf("export: %q, %v", out, err)
	}
	out, err := runLog(t, "verify", second, "--since", filepath.Join(first, "checkpoint.txt"), "--key", key.Public)
	if err != nil || !strings.Contains(out, "whole: 2 events") || !strings.Contains(out, "nothing among the 1 events") || !strings.Contains(out, "as given") {
		t.Errorf("verify: %q, %v", out, err)
	}
	if out, err := runLog(t, "verify", second); err != nil || !strings.Contains(out, "compare it with the published one") {
		t.Errorf("verify: %q, %v", out, err)
	}

	path := filepath.Join(second, "events.jsonl")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[strings.LastIndex(string(raw), "filed")]++
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := runLog(t, "verify", second); err == nil || !strings.Contains(err.Error(), "index 1, id "+id) {
		t.Errorf("verify of a changed copy = %v", err)
	}
}

func TestLogMistakes(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "want export DIR or verify DIR"},
		{[]string{"erase", "x"}, "want export or verify"},
		{[]string{"export"}, "want export DIR"},
		{[]string{"export", nowhere, "--data", nowhere}, "no store at"},
		{[]string{"export", nowhere, "--data", "a", "--db", "b"}, "not both"},
		{[]string{"verify", nowhere}, "missing"},
		{[]string{"verify", nowhere, "--since", nowhere}, "--since"},
		{[]string{"verify", nowhere, "--frobnicate"}, "frobnicate"},
	} {
		if _, err := runLog(t, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("log %v = %v, want %q", tt.args, err, tt.want)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a mistake created something")
	}
	if out, err := runLog(t, "--help"); err != nil || !strings.Contains(out, "Examples:") || !strings.Contains(out, "-since") {
		t.Errorf("--help = %q, %v", out, err)
	}
}
