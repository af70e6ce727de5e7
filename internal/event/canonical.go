package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CheckData returns data as canonical JSON, or an error when an event must not
// hold it. Canonical means: one object, keys sorted by their bytes, no white
// space, whole numbers only, no escapes but those JSON demands. Both stores give
// back something that makes the same bytes.
//
// It refuses what looks like a personal identity number (nine or twelve digits),
// a telephone number or an e-mail address, and long texts: an event can never be
// erased. This is a net under the rule that data holds references and codes, not
// a substitute for it. The error names the field, never its value.
func CheckData(data any) ([]byte, error) {
	if data == nil {
		return []byte("{}"), nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	tree, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(walk("data", tree, storable), walk("data", tree, impersonal)); err != nil {
		return nil, err
	}
	return encode(tree)
}

// canonical brings an object as a store returned it into canonical form.
func canonical(raw []byte) ([]byte, error) {
	tree, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return encode(tree)
}

func parse(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	object, ok := tree.(map[string]any)
	if _, err := d.Token(); !errors.Is(err, io.EOF) || !ok {
		return nil, errors.New("data: want one object")
	}
	return object, nil
}

// encode writes what [parse] read. Go's encoder sorts the keys of maps.
func encode(tree map[string]any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// walk calls check for every value and every key of a tree, with the path to it.
func walk(path string, v any, check func(path string, v any) error) error {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if err := walk(fmt.Sprintf("%s[%d]", path, i), item, check); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if err := check(path+": a key", k); err != nil {
				return err
			}
			if err := walk(path+"."+k, v[k], check); err != nil {
				return err
			}
		}
	default:
		return check(path, v)
	}
	return nil
}

// longestText is the longest string an event may hold: a code or a reference
// fits, an explanation does not.
const longestText = 200

// personal matches a whole word that is an identity number (9 or 12 digits), a
// Vietnamese telephone number, or an e-mail address. A group of a UUID or of a
// dossier's code is no word of its own.
var personal = regexp.MustCompile(`(?:^|[^0-9A-Za-z.+-])(?:[0-9]{9}|[0-9]{12}|(?:0|\+?84)[35789][0-9]{8})(?:$|[^0-9A-Za-z-])|[^\s@]@[^\s@]+\.[^\s@]`)

// storable refuses what two programs, or two stores, might write in two ways.
func storable(path string, v any) error {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil || n > 1<<53 || n < -1<<53 || strconv.FormatInt(n, 10) != v.String() {
			return fmt.Errorf("%s: not a whole number below 2^53", path)
		}
	case string:
		if strings.ContainsRune(v, 0) {
			return fmt.Errorf("%s: holds a zero byte", path)
		}
	}
	return nil
}

// impersonal refuses what an event must not hold.
func impersonal(path string, v any) error {
	text, ok := v.(string)
	switch {
	case ok && len(text) > longestText:
		return fmt.Errorf("%s: an event holds no free text", path)
	case ok && personal.MatchString(text):
		return fmt.Errorf("%s: an event holds no personal data", path)
	}
	return nil
}
