package form

import "github.com/motcua/motcua/internal/rule"

// Vars lists what rules outside the form (fees, cases, papers) may refer to: all
// but the notes, in the order of the survey.
func (f *Form) Vars() []rule.Var {
	var vars []rule.Var
	for _, field := range f.Fields {
		if field.Kind == Note {
			continue
		}
		v := rule.Var{Name: field.Name, Type: field.valueType}
		for _, c := range field.Choices {
			v.Choices = append(v.Choices, c.Name)
		}
		vars = append(vars, v)
	}
	return vars
}
