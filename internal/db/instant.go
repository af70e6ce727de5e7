package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Instant is a moment as the store keeps it: UTC, to the microsecond. SQLite
// holds it as text of fixed width, so that order and comparison work there too;
// the zero Instant is SQL's null. Convert at the call:
//
//	q.ExecContext(ctx, `update … set at = $1`, db.Instant(t))
//	row.Scan((*db.Instant)(&t))
type Instant time.Time

// layout has a fixed width. PostgreSQL reads it as a timestamptz.
const layout = "2006-01-02T15:04:05.000000Z"

// Value implements [driver.Valuer].
func (i Instant) Value() (driver.Value, error) {
	t := time.Time(i)
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Format(layout), nil
}

// Scan implements sql.Scanner.
func (i *Instant) Scan(src any) error {
	var t time.Time
	var err error
	switch src := src.(type) {
	case nil:
	case time.Time:
		t = src.UTC()
	case string:
		t, err = time.Parse(layout, src)
	case []byte:
		t, err = time.Parse(layout, string(src))
	default:
		err = fmt.Errorf("instant from %T", src)
	}
	*i = Instant(t)
	return err
}

// NullText is an optional text: the empty string is SQL's null.
//
//	q.ExecContext(ctx, `… set number = $1`, db.NullText(d.Number))
//	row.Scan((*db.NullText)(&d.Number))
type NullText string

// Value implements [driver.Valuer].
func (s NullText) Value() (driver.Value, error) {
	if s == "" {
		return nil, nil
	}
	return string(s), nil
}

// Scan implements sql.Scanner.
func (s *NullText) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*s = ""
	case string:
		*s = NullText(src)
	case []byte:
		*s = NullText(src)
	default:
		return fmt.Errorf("text from %T", src)
	}
	return nil
}
