package form_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
)

// FuzzReadXLSX: whatever is uploaded, reading neither panics nor blames us, and
// what is read can be parsed, or is refused at cells that exist.
func FuzzReadXLSX(f *testing.F) {
	var book bytes.Buffer
	if err := parse(f, transfer).Sheets().WriteXLSX(&book); err != nil {
		f.Fatal(err)
	}
	f.Add(book.Bytes())
	f.Add(book.Bytes()[:book.Len()/2])
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := form.ReadXLSX(bytes.NewReader(data))
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatal(err)
			}
			return
		}
		check(t, s)
	})
}

// FuzzParseYAML reaches deeper into the cells than a workbook's bytes do.
func FuzzParseYAML(f *testing.F) {
	f.Add([]byte(transfer))
	f.Add([]byte("survey: [[type, name, label], [text, a, A]]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := form.ParseYAML(data)
		if err == nil {
			check(t, g.Sheets())
		}
	})
}

// check holds what is true of any cells: they are a form that comes back the
// same and takes empty answers, or their faults have places.
func check(t *testing.T, s form.Sheets) {
	f, err := form.Parse(s)
	if err != nil {
		list, ok := errors.AsType[form.Errors](err)
		if !ok || len(list) == 0 {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(list, func(e form.CellError) bool { return e.Row < 1 || e.Column < 1 || e.Text.Key == "form.error.rule" }); i >= 0 {
			t.Fatalf("%s: %s", list[i].Cell(), list[i].Text.Key)
		}
		return
	}
	if f.Sheets().Hash() != s.Hash() {
		t.Fatal("parsing changes the document")
	}
	if _, err := form.ParseJSON(s.JSON()); err != nil {
		t.Fatal(err)
	}
	r, err := f.Evaluate(f.Start(), today)
	if err != nil {
		t.Fatal(err)
	}
	for i := r.Next(-1); i < len(f.Pages); i = r.Next(i) {
		if len(r.PageFields(i)) == 0 {
			t.Fatalf("page %d is shown and empty", i)
		}
	}
	f.JSONSchema("vi")
}
