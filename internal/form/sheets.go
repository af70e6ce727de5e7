package form

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Sheet is the cells of one sheet, row by row, the headings first.
type Sheet [][]string

// Sheets is a form as its author wrote it. As JSON it is the canonical document
// that is stored and hashed.
type Sheets struct {
	Survey   Sheet `json:"survey" yaml:"survey"`
	Choices  Sheet `json:"choices" yaml:"choices"`
	Settings Sheet `json:"settings" yaml:"settings"`
}

// trim drops empty cells at the end of rows and empty rows at the end, which a
// workbook does not keep either. All else stays where it was.
func (s Sheet) trim() Sheet {
	out := make(Sheet, 0, len(s))
	for _, row := range s {
		end := len(row)
		for end > 0 && row[end-1] == "" {
			end--
		}
		out = append(out, slices.Clone(row[:end:end]))
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	for i := range out {
		if out[i] == nil {
			out[i] = []string{}
		}
	}
	return out
}

func (s Sheets) trim() Sheets {
	return Sheets{s.Survey.trim(), s.Choices.trim(), s.Settings.trim()}
}

// JSON returns the canonical document: the same cells give the same bytes.
func (s Sheets) JSON() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s.trim()); err != nil {
		panic(err) // strings always encode
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// Hash returns the SHA-256 of the canonical document, in hexadecimal.
func (s Sheets) Hash() string {
	sum := sha256.Sum256(s.JSON())
	return hex.EncodeToString(sum[:])
}

// ParseJSON parses the canonical document.
func ParseJSON(data []byte) (*Form, error) {
	var s Sheets
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("form document: %w", err)
	}
	return Parse(s)
}

// ParseYAML parses a form written as text: survey, choices and settings, each a
// list of rows. A row is a list of cells, the first row the headings, or a
// mapping from heading to cell.
func ParseYAML(data []byte) (*Form, error) {
	var s Sheets
	if err := yaml.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("form text: %w", err)
	}
	return Parse(s)
}

// UnmarshalYAML reads rows as lists or as mappings; headings of mappings stand
// in the order in which they first appear. Settings may be a single mapping.
func (s *Sheet) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
	}
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: a sheet is a list of rows", n.Line)
	}
	if len(n.Content) == 0 || n.Content[0].Kind != yaml.MappingNode {
		var rows [][]string
		err := n.Decode(&rows)
		*s = rows
		return err
	}
	var head []string
	out := Sheet{nil}
	for _, row := range n.Content {
		if row.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: rows are either all lists or all mappings", row.Line)
		}
		var cells []string
		for i := 0; i < len(row.Content); i += 2 {
			column, cell := row.Content[i], row.Content[i+1]
			var text string
			if err := cell.Decode(&text); err != nil {
				return fmt.Errorf("line %d: %s is not a text: %w", cell.Line, column.Value, err)
			}
			at := slices.Index(head, column.Value)
			if at < 0 {
				at, head = len(head), append(head, column.Value)
			}
			for len(cells) <= at {
				cells = append(cells, "")
			}
			cells[at] = text
		}
		out = append(out, cells)
	}
	out[0] = head
	*s = out
	return nil
}
