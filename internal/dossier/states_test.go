package dossier_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/dossier"
)

var update = flag.Bool("update", false, "draw docs/states/dossier.md anew")

const drawing = "../../docs/states/dossier.md"

// TestStatesAreDrawn keeps the picture of the states what the table of acts says.
func TestStatesAreDrawn(t *testing.T) {
	vi, en := words(t, "vi"), words(t, "en")
	var b bytes.Buffer
	fmt.Fprint(&b, "# States of a dossier (trạng thái hồ sơ)\n\nDrawn by `go test ./internal/dossier -update` from the table of acts in `internal/dossier/act.go`; what is not here cannot happen.\n\n```mermaid\nstateDiagram-v2\n\t[*] --> draft: start\n")
	for _, a := range dossier.Acts() {
		for _, from := range a.From {
			for _, to := range a.To {
				if from != to {
					fmt.Fprintf(&b, "\t%s --> %s: %s\n", from, to, a.Name)
				}
			}
		}
	}
	fmt.Fprint(&b, "```\n\n| state | tên | national code | acts |\n|---|---|---|---|\n")
	for _, s := range dossier.States() {
		var acts []string
		for _, a := range dossier.Acts() {
			for _, from := range a.From {
				if from == s {
					acts = append(acts, string(a.Name))
				}
			}
		}
		code := "–"
		if n := s.National(); n > 0 {
			code = fmt.Sprint(n)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", s, vi["dossier.state."+string(s)], code, strings.Join(acts, ", "))
	}
	fmt.Fprint(&b, "\n| act | hành vi | event | English |\n|---|---|---|---|\n")
	for _, a := range dossier.Acts() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.Name, vi["dossier.act."+string(a.Name)], a.Event, en["dossier.act."+string(a.Name)])
	}
	if *update {
		if err := os.MkdirAll("../../docs/states", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(drawing, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(drawing)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(got)); diff != "" {
		t.Errorf("the drawing is old; run with -update:\n%s", diff)
	}
}

func words(t *testing.T, lang string) map[string]any {
	t.Helper()
	file, err := dossier.Messages.ReadFile("messages/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(file, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWords sees to it that everything with a name has one in both languages.
func TestWords(t *testing.T) {
	vi, en := words(t, "vi"), words(t, "en")
	for k := range vi {
		if en[k] == nil {
			t.Errorf("%s is missing in English", k)
		}
	}
	for k := range en {
		if vi[k] == nil {
			t.Errorf("%s is missing in Vietnamese", k)
		}
	}
	want := func(key string) {
		if vi[key] == nil {
			t.Errorf("no words for %s", key)
		}
	}
	for _, s := range dossier.States() {
		want("dossier.state." + string(s))
		want(fmt.Sprint("dossier.level.", s.Level()))
	}
	for _, a := range dossier.Acts() {
		want("dossier.act." + string(a.Name))
		if a.Event != "" {
			want("dossier.event." + strings.TrimPrefix(a.Event, "dossier."))
		}
		for _, r := range dossier.Reasons(a.Name) {
			want("dossier.reason." + r.Code)
		}
	}
}
