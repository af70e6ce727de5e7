package form_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
)

// conformance is where pyxform's recorded cases lie beside the repository. They
// are no part of it, so the test is skipped where they are absent.
const conformance = "../../../shared/data/conformance"

// inMarkdown reads the tables in which pyxform's tests write their forms.
func inMarkdown(md string) (map[string]form.Sheet, bool) {
	sheets := map[string]form.Sheet{}
	current := ""
	for line := range strings.Lines(md) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || !strings.HasSuffix(line, "|") || strings.Contains(line, `\|`) {
			if line != "" {
				return nil, false
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] != "" {
			current = cells[0]
			if _, ok := sheets[current]; !ok {
				sheets[current] = form.Sheet{}
			}
		}
		if strings.Join(cells[1:], "") != "" && current != "" {
			sheets[current] = append(sheets[current], cells[1:])
		}
	}
	return sheets, len(sheets["survey"]) > 0
}

// TestConformance: what pyxform refuses we refuse, and what we refuse of what it
// accepts is refused at a cell, for a reason we can name.
func TestConformance(t *testing.T) {
	file, err := os.Open(filepath.Join(conformance, "pyxform_4.5.0_cases.jsonl.gz"))
	if err != nil {
		t.Skip("no conformance cases here: ", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(unzipped)
	scan.Buffer(nil, 4<<20)
	count, reasons, lax := map[string]int{}, map[string]int{}, []string{}
	for scan.Scan() {
		var c struct {
			ID      string
			MD      string
			Errored bool
		}
		if err := json.Unmarshal(scan.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		sheets, ok := inMarkdown(c.MD)
		if !ok {
			count["not a table"]++
			continue
		}
		if sheets["entities"] != nil || sheets["external_choices"] != nil || sheets["osm"] != nil {
			count["other sheets"]++
			continue
		}
		_, err := form.Parse(form.Sheets{Survey: sheets["survey"], Choices: sheets["choices"], Settings: sheets["settings"]})
		switch {
		case err == nil && c.Errored:
			lax = append(lax, c.ID)
		case err == nil:
			count["both accept"]++
		case c.Errored:
			count["both refuse"]++
		default:
			count["only we refuse"]++
			list, ok := errors.AsType[form.Errors](err)
			if !ok || len(list) == 0 {
				t.Errorf("%s: %v", c.ID, err)
				continue
			}
			reasons[list[0].Text.Key]++
		}
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v, only we accept: %d; first reasons of ours alone: %v", count, len(lax), reasons)
	for _, id := range lax {
		t.Log("only we accept: ", id)
	}
	if count["both accept"] < minAccepted || len(lax) > maxLax {
		t.Errorf("%d accepted with pyxform, at least %d before; %d accepted against it, at most %d before", count["both accept"], minAccepted, len(lax), maxLax)
	}
}

// What was reached; a change for the worse is a fault.
const (
	minAccepted = 82
	maxLax      = 5 // pyxform reserves names that mean nothing to us
)

// TestConformanceWorkbooks: real workbooks are read, and what is not supported
// in them is told at its cell.
func TestConformanceWorkbooks(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(conformance, "*", "*.xlsx"))
	if err != nil || len(files) == 0 {
		t.Skip("no workbooks here")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sheets, err := form.ReadXLSX(bytes.NewReader(data))
		if err != nil {
			t.Logf("%s: %v", filepath.Base(name), err)
			if errs.KindOf(err) != errs.Invalid {
				t.Error("and it does not say that the file is at fault")
			}
			continue
		}
		_, err = form.Parse(sheets)
		list, _ := errors.AsType[form.Errors](err)
		t.Logf("%s: %d rows, %d faults", filepath.Base(name), len(sheets.Survey), len(list))
		if err != nil && len(list) == 0 {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
}
