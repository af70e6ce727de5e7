package form

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/motcua/motcua/internal/errs"
)

// Bounds of a workbook, so that a hostile one costs little.
const (
	maxWorkbook = 2 << 20  // bytes, packed
	maxUnzipped = 32 << 20 // bytes
)

// errNotWorkbook is for what Excel would not open either, and for what is far
// too big to be a form.
func errNotWorkbook(err error) error {
	return &errs.Error{Kind: errs.Invalid, Msg: "form.error.workbook", Args: errs.Args{"megabytes": maxWorkbook >> 20}, Err: err}
}

// ReadXLSX reads the cells of the sheets survey, choices and settings of a
// workbook. Other sheets are the author's own business. Formulas are not
// computed: the value last seen in Excel counts.
func ReadXLSX(r io.Reader) (Sheets, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxWorkbook+1))
	if err != nil {
		return Sheets{}, fmt.Errorf("read workbook: %w", err)
	}
	if len(data) > maxWorkbook {
		return Sheets{}, errNotWorkbook(errors.New("too big"))
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped,
	})
	if err != nil {
		return Sheets{}, errNotWorkbook(err)
	}
	defer book.Close()
	var s Sheets
	found := false
	for _, name := range book.GetSheetList() {
		var into *Sheet
		switch strings.ToLower(name) {
		case "survey":
			into, found = &s.Survey, true
		case "choices":
			into = &s.Choices
		case "settings":
			into = &s.Settings
		default:
			continue
		}
		if *into, err = readSheet(book, name); err != nil {
			return Sheets{}, errNotWorkbook(err)
		}
	}
	if !found {
		return Sheets{}, &errs.Error{Kind: errs.Invalid, Msg: "form.error.no-survey"}
	}
	return s.trim(), nil
}

// readSheet reads up to one row more than a form may have; [Parse] then says
// that there are too many.
func readSheet(book *excelize.File, name string) (Sheet, error) {
	rows, err := book.Rows(name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sheet Sheet
	for rows.Next() && len(sheet) <= maxRows {
		cells, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		row := len(sheet) + 1
		for j, cell := range cells {
			if cell != "0" && cell != "1" {
				continue
			}
			ref, err := excelize.CoordinatesToCellName(j+1, row)
			if err != nil {
				return nil, err
			}
			// Excel turns a typed true into a truth value, which reads as 1.
			if t, err := book.GetCellType(name, ref); err == nil && t == excelize.CellTypeBool {
				cells[j] = map[string]string{"0": "FALSE", "1": "TRUE"}[cell]
			}
		}
		sheet = append(sheet, cells)
	}
	return sheet, rows.Error()
}

// WriteXLSX writes the cells as a workbook, every cell as text, so that nothing
// in it can become a formula.
func (s Sheets) WriteXLSX(w io.Writer) error {
	book := excelize.NewFile()
	defer book.Close()
	if err := book.SetSheetName("Sheet1", "survey"); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	for _, sheet := range []struct {
		name  string
		cells Sheet
	}{{"survey", s.Survey}, {"choices", s.Choices}, {"settings", s.Settings}} {
		if err := writeSheet(book, sheet.name, sheet.cells); err != nil {
			return fmt.Errorf("write sheet %s: %w", sheet.name, err)
		}
	}
	if _, err := book.WriteTo(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func writeSheet(book *excelize.File, name string, cells Sheet) error {
	if _, err := book.NewSheet(name); err != nil {
		return err
	}
	for i, row := range cells {
		for j, cell := range row {
			if cell == "" {
				continue
			}
			ref, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := book.SetCellStr(name, ref, cell); err != nil {
				return err
			}
		}
	}
	return nil
}
