package form

import (
	"encoding/json"

	"github.com/motcua/motcua/internal/rule"
)

// JSONSchema returns the contract of a submission as JSON Schema 2020-12, with
// labels in lang. It says what every submission obeys whatever is answered:
// names, types, choices, bounds, and what is always required. Conditions
// between answers are for [Form.Evaluate] alone.
func (f *Form) JSONSchema(lang string) []byte {
	properties := map[string]any{}
	required := []string{}
	for _, field := range f.Fields {
		if field.Kind == Note {
			continue
		}
		p := field.schema()
		if label := field.Label.In(lang); label != "" {
			p["title"] = label
		}
		if hint := field.Hint.In(lang); hint != "" {
			p["description"] = hint
		}
		properties[field.Name] = p
		if f.alwaysRequired(field) {
			required = append(required, field.Name)
		}
	}
	schema := map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                f.Title.In(lang),
		"type":                 "object",
		"properties":           properties,
		"required":             required,
		"additionalProperties": false,
	}
	data, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // maps and strings always encode
	}
	return data
}

// alwaysRequired reports whether no answer to anything else can hide the field
// or make it optional.
func (f *Form) alwaysRequired(field *Field) bool {
	if !field.required || field.relevant != nil {
		return false
	}
	for g := field.Group; g >= 0; g = f.Groups[g].Parent {
		if f.Groups[g].relevant != nil {
			return false
		}
	}
	return true
}

func (f *Field) schema() map[string]any {
	names := make([]string, len(f.Choices))
	for i, c := range f.Choices {
		names[i] = c.Name
	}
	limit := json.Number("999999999999999.999999")
	switch f.Kind {
	case Integer:
		limit = "999999999999999"
		return map[string]any{"type": "integer", "minimum": json.Number("-" + limit), "maximum": limit}
	case Decimal:
		return map[string]any{"type": "number", "minimum": json.Number("-" + limit), "maximum": limit, "multipleOf": json.Number("0.000001")}
	case SelectOne:
		return map[string]any{"type": "string", "enum": names}
	case SelectMultiple:
		return map[string]any{"type": "array", "items": map[string]any{"enum": names}, "minItems": 1, "uniqueItems": true}
	case Acknowledge:
		return map[string]any{"const": true}
	case Date:
		return map[string]any{"type": "string", "format": "date", "pattern": `^\d{4}-\d{2}-\d{2}$`}
	case Text:
		return map[string]any{"type": "string", "minLength": 1, "maxLength": maxText}
	}
	return map[string]any{"type": calculatedTypes[f.valueType], "readOnly": true}
}

// calculatedTypes are the types of calculated values in JSON.
var calculatedTypes = map[rule.Type]string{
	rule.Text: "string", rule.Date: "string", rule.Decimal: "number", rule.Bool: "boolean", rule.SelectMultiple: "array",
}
