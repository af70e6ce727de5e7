package backup

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// cell is a value on its way from the store to the archive.
type cell struct {
	kind  string // the column's type
	value any
}

// Scan implements sql.Scanner.
func (c *cell) Scan(src any) error {
	switch src := src.(type) {
	case nil, bool:
		c.value = src
		return nil
	case int64:
		if c.value = src; c.kind == "boolean" {
			c.value = src != 0
		}
		return nil
	case string:
		c.value = src
	case []byte:
		c.value = string(src)
	default:
		return fmt.Errorf("%s from %T", c.kind, src)
	}
	if !utf8.ValidString(c.value.(string)) {
		return fmt.Errorf("%s is not UTF-8", c.kind)
	}
	return nil
}

// restored turns the values of a line of the archive into what the store takes.
func restored(columns []column, row []any) error {
	if len(row) != len(columns) {
		return damaged("a row has %d values for %d columns", len(row), len(columns))
	}
	for i, v := range row {
		var err error
		switch v := v.(type) {
		case nil, bool:
		case json.Number:
			row[i], err = v.Int64()
		case string:
			if columns[i].Type == "bytea" {
				row[i], err = hex.DecodeString(v)
			}
		default:
			err = fmt.Errorf("%T", v)
		}
		if err != nil {
			return damaged("column %s: %v", columns[i].Name, err)
		}
	}
	return nil
}
