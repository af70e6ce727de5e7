package i18n

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Bundle holds every message in every language. It does not change once loaded,
// and may be used by many goroutines.
type Bundle struct {
	messages map[Lang]map[string]message

	// Missing, if set before first use, is told of a key without a text, or of a
	// placeholder without a value: app logs it, tests fail.
	Missing func(lang Lang, key string)
}

// message is a text and its plural forms. Only other is set where the language,
// or the message, has no plural.
type message struct {
	one, other string
}

// UnmarshalJSON reads "text" or {"one": …, "other": …}.
func (m *message) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &m.other)
	}
	var forms struct {
		One   *string `json:"one"`
		Other *string `json:"other"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&forms); err != nil {
		return err
	}
	if forms.Other == nil {
		return errors.New("the form other is missing")
	}
	m.other = *forms.Other
	if forms.One != nil {
		m.one = *forms.One
	}
	return nil
}

// Load reads messages/vi.json and messages/en.json from each of the file systems.
// A key defined twice is an error: one of the two texts would never be seen.
func Load(sources ...fs.FS) (*Bundle, error) {
	b := &Bundle{messages: make(map[Lang]map[string]message)}
	for _, lang := range Langs {
		b.messages[lang] = make(map[string]message)
		for _, source := range sources {
			if err := b.read(lang, source); err != nil {
				return nil, fmt.Errorf("load messages/%s.json: %w", lang, err)
			}
		}
	}
	return b, nil
}

// read adds one file, token by token, since a map would swallow repeated keys.
func (b *Bundle) read(lang Lang, source fs.FS) error {
	f, err := source.Open("messages/" + string(lang) + ".json")
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("want one object of texts (%w)", err)
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key := t.(string) // within an object the decoder gives only strings here
		var m message
		if err := d.Decode(&m); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
		if _, ok := b.messages[lang][key]; ok {
			return fmt.Errorf("key %s is defined twice", key)
		}
		b.messages[lang][key] = m
	}
	_, err = d.Token()
	return err
}

// Has reports whether key has a text in lang.
func (b *Bundle) Has(lang Lang, key string) bool {
	_, ok := b.messages[lang][key]
	return ok
}

// Keys returns every key of lang, sorted.
func (b *Bundle) Keys(lang Lang) []string {
	return slices.Sorted(maps.Keys(b.messages[lang]))
}

// T returns the text of key in lang with its placeholders filled in. The
// arguments are names and values in turns, or one map with string keys. A number
// is written as lang writes numbers (pass years and codes as strings), a
// time.Time as a date. In keys ending in "_html" the values are escaped. A key
// without a text gives ⟦key⟧, which nobody overlooks.
func (b *Bundle) T(lang Lang, key string, args ...any) string {
	m, ok := b.messages[lang][key]
	if !ok {
		b.miss(lang, key)
		return "⟦" + key + "⟧"
	}
	if m.one == "" && !strings.Contains(m.other, "{") {
		return m.other
	}
	values := pairs(args)
	pattern := m.other
	if m.one != "" && isOne(values["count"]) {
		pattern = m.one
	}
	return expand(pattern, func(name string) string {
		v, ok := values[name]
		if !ok {
			b.miss(lang, key+" {"+name+"}")
			return "⟦" + name + "⟧"
		}
		s := lang.value(v)
		if strings.HasSuffix(key, "_html") {
			s = html.EscapeString(s)
		}
		return s
	})
}

// HTML is T for the messages that contain markup, whose keys end in "_html". It
// panics on any other key: its text was not written as HTML.
func (b *Bundle) HTML(lang Lang, key string, args ...any) template.HTML {
	if !strings.HasSuffix(key, "_html") {
		panic("i18n: not a key of HTML: " + key)
	}
	return template.HTML(b.T(lang, key, args...)) //nolint:gosec // our own text; T escapes the values
}

func (b *Bundle) miss(lang Lang, key string) {
	if b.Missing != nil {
		b.Missing(lang, key)
	}
}

// expand replaces each {name} in pattern.
func expand(pattern string, value func(name string) string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			out.WriteString("{" + rest)
			return out.String()
		}
		out.WriteString(value(name))
		pattern = after
	}
}

// pairs makes a map of the arguments of T. A mistake in them is one in the code.
func pairs(args []any) map[string]any {
	values := make(map[string]any, len(args)/2)
	if len(args) == 1 {
		m := reflect.ValueOf(args[0])
		if m.Kind() != reflect.Map || m.Type().Key().Kind() != reflect.String {
			panic(fmt.Sprintf("i18n: a single argument must be a map with string keys, not %T", args[0]))
		}
		for it := m.MapRange(); it.Next(); {
			values[it.Key().String()] = it.Value().Interface()
		}
		return values
	}
	if len(args)%2 != 0 {
		panic("i18n: arguments come in pairs of name and value")
	}
	for i := 0; i < len(args); i += 2 {
		values[args[i].(string)] = args[i+1]
	}
	return values
}

// isOne reports whether a count takes the singular.
func isOne(count any) bool {
	v := reflect.ValueOf(count)
	switch {
	case v.CanInt():
		return v.Int() == 1
	case v.CanUint():
		return v.Uint() == 1
	}
	return false
}

// value writes an argument of T.
func (l Lang) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return l.Date(v)
	case interface{ Civil() (int, time.Month, int) }: // a day without an hour
		year, month, day := v.Civil()
		return l.Date(time.Date(year, month, day, 12, 0, 0, 0, zone))
	case fmt.Stringer:
		return v.String()
	case nil:
		return ""
	}
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return l.Number(r.Int())
	case r.CanUint():
		return l.Number(int64(r.Uint())) //nolint:gosec // counts
	case r.CanFloat():
		return l.Decimal(r.Float(), 2)
	}
	return fmt.Sprint(v)
}
