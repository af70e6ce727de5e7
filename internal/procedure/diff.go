package procedure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/form"
)

// Change is one fact that two definitions say differently.
type Change struct {
	Path   string // as in stages.tham-dinh.term.amount
	Before string // empty: it was not said
	After  string // empty: it is no longer said
}

// Diff lists what b says differently from a, by path. Items of lists are known
// by their ids, so that one put in front of others does not change those.
func Diff(a, b *Definition) ([]Change, error) {
	before, err := facts(a)
	if err != nil {
		return nil, err
	}
	after, err := facts(b)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for path, v := range before {
		if after[path] != v {
			changes = append(changes, Change{path, v, after[path]})
		}
	}
	for path, v := range after {
		if _, ok := before[path]; !ok {
			changes = append(changes, Change{path, "", v})
		}
	}
	slices.SortFunc(changes, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return changes, nil
}

// facts lays a definition out as path → value.
func facts(d *Definition) (map[string]string, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", d.Code, err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("compare %s: %w", d.Code, err)
	}
	top := tree.(map[string]any)
	top["form"] = map[string]any{
		"survey": questions(d.Sheets.Survey), "choices": questions(d.Sheets.Choices), "settings": questions(d.Sheets.Settings),
	}
	all := map[string]string{}
	spread(all, "", top)
	return all, nil
}

// questions turns the rows of a sheet into items with an id, the name of the
// question or the choice, so that they are compared as people see them.
func questions(s form.Sheet) []any {
	var items []any
	for i, row := range s {
		if i == 0 {
			continue
		}
		item := map[string]any{}
		var id []string
		for j, cell := range row {
			if cell == "" || j >= len(s[0]) {
				continue
			}
			item[s[0][j]] = cell
			if s[0][j] == "name" || s[0][j] == "list_name" {
				id = append(id, cell)
			}
		}
		item["id"] = strings.Join(id, "/")
		items = append(items, item)
	}
	return items
}

func spread(all map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			spread(all, join(path, k), item)
		}
	case []any:
		for i, item := range v {
			spread(all, join(path, itemKey(item, i)), item)
		}
	case nil:
	case float64:
		all[path] = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		all[path] = fmt.Sprint(v)
	}
}

func join(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// itemKey names an item of a list: by its id, by itself if it is a word, or else
// by its place.
func itemKey(item any, i int) string {
	switch item := item.(type) {
	case map[string]any:
		for _, key := range []string{"id", "document"} {
			if id, ok := item[key].(string); ok && id != "" {
				return id
			}
		}
	case string:
		return item
	}
	return fmt.Sprintf("%04d", i+1)
}
