package procedure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/text"
)

// maxFile bounds what an editor may upload.
const maxFile = 1 << 20

// file is a definition as it was read, with the lines it stands on.
type file struct {
	Definition
	root *yaml.Node
}

// read decodes a YAML file strictly: keys we do not know, keys given twice and
// a second document are faults. Texts become NFC.
func read(data []byte) (*file, []Finding) {
	if len(data) > maxFile {
		return nil, []Finding{{Severity: Fault, Line: 1, Text: errs.Text{Key: "procedure.lint.too-large", Args: errs.Args{"limit": maxFile >> 10}}}}
	}
	data = []byte(text.NFC(string(data)))
	f := &file{root: new(yaml.Node)}
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(f.root); err != nil {
		return nil, yamlFindings(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, []Finding{{Severity: Fault, Line: 1, Text: errs.Text{Key: "procedure.lint.documents"}}}
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&f.Definition); err != nil {
		return nil, yamlFindings(err)
	}
	return f, nil
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): (.*)`)
	yamlUnknown = regexp.MustCompile(`^field (.+) not found in type`)
	yamlTwice   = regexp.MustCompile(`^(?:mapping key|key) "?([^" ]+)"? already (?:defined|set)`)
)

// yamlFindings turns the decoder's errors into findings with their lines.
func yamlFindings(err error) []Finding {
	faults := []string{err.Error()}
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		faults = e.Errors
	}
	var findings []Finding
	for _, fault := range faults {
		finding := Finding{Severity: Fault, Line: 1, Text: errs.Text{Key: "procedure.lint.syntax", Args: errs.Args{"detail": fault}}}
		if m := yamlLine.FindStringSubmatch(fault); m != nil {
			finding.Line, _ = strconv.Atoi(m[1])
			finding.Text.Args["detail"] = m[2]
			if u := yamlUnknown.FindStringSubmatch(m[2]); u != nil {
				finding.Text = errs.Text{Key: "procedure.lint.unknown-key", Args: errs.Args{"key": u[1]}}
			} else if u := yamlTwice.FindStringSubmatch(m[2]); u != nil {
				finding.Text = errs.Text{Key: "procedure.lint.key-twice", Args: errs.Args{"key": u[1]}}
			}
		}
		findings = append(findings, finding)
	}
	return findings
}

// line returns where the deepest part of path stands: names of keys and indexes
// of lists.
func (f *file) line(path ...any) int {
	n := f.root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line := max(n.Line, 1)
	for _, step := range path {
		for n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		next := (*yaml.Node)(nil)
		switch step := step.(type) {
		case string:
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					next, line = n.Content[i+1], n.Content[i].Line
				}
			}
		case int:
			if n.Kind == yaml.SequenceNode && step < len(n.Content) {
				next, line = n.Content[step], n.Content[step].Line
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return line
}

// has reports whether the file says anything under a top key.
func (f *file) has(key string) bool {
	if len(f.root.Content) == 0 {
		return false
	}
	top := f.root.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value == key {
			return true
		}
	}
	return false
}

// YAML writes the definition so that reading it gives the same again.
func (d *Definition) YAML() ([]byte, error) {
	var n yaml.Node
	if err := n.Encode(d); err != nil {
		return nil, fmt.Errorf("write %s as YAML: %w", d.Code, err)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "form" {
			n.Content[i+1] = sheetsNode(d.Sheets)
		}
	}
	compact(&n)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return nil, fmt.Errorf("write %s as YAML: %w", d.Code, err)
	}
	return b.Bytes(), nil
}

// sheetsNode writes each row as a mapping from heading to cell, which people can
// read and compare. Where a mapping would lose cells, the rows stay lists.
func sheetsNode(s form.Sheets) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, part := range []struct {
		name  string
		sheet form.Sheet
	}{{"survey", s.Survey}, {"choices", s.Choices}, {"settings", s.Settings}} {
		rows := &yaml.Node{Kind: yaml.SequenceNode}
		mapped := !irregular(part.sheet)
		for i, row := range part.sheet {
			r := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			if mapped {
				r = &yaml.Node{Kind: yaml.MappingNode}
				if i == 0 {
					continue
				}
			}
			for j, cell := range row {
				if mapped && (cell == "") {
					continue
				}
				if mapped {
					r.Content = append(r.Content, scalar(part.sheet[0][j]))
				}
				r.Content = append(r.Content, scalar(cell))
			}
			rows.Content = append(rows.Content, r)
		}
		n.Content = append(n.Content, scalar(part.name), rows)
	}
	return n
}

// irregular reports whether a sheet has rows that a mapping cannot say: blank
// ones, cells without a heading, headings given twice, or headings that would
// appear in another order.
func irregular(s form.Sheet) bool {
	if len(s) < 2 {
		return true
	}
	seen := map[string]bool{}
	var order []string
	for _, row := range s[1:] {
		if len(row) > len(s[0]) || !slices.ContainsFunc(row, func(c string) bool { return c != "" }) {
			return true
		}
		for j, cell := range row {
			if h := s[0][j]; cell != "" && !seen[h] {
				seen[h] = true
				order = append(order, h)
			}
		}
	}
	return !slices.Equal(order, s[0])
}

func scalar(s string) *yaml.Node {
	n := new(yaml.Node)
	n.SetString(s)
	if s == "" {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// compact sets short lists of words and short mappings on one line.
func compact(n *yaml.Node) {
	width, flat := 0, len(n.Content) > 0
	for _, c := range n.Content {
		compact(c)
		width += len(c.Value) + 4
		flat = flat && c.Kind == yaml.ScalarNode && !strings.Contains(c.Value, "\n")
	}
	if flat && width <= 90 {
		n.Style = yaml.FlowStyle
	}
}

// canonical returns a definition's JSON with sorted keys and no white space,
// which is the same on every node, store and release, and its SHA-256.
func canonical(raw []byte) (doc []byte, hash string, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		return nil, "", err
	}
	doc = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	sum := sha256.Sum256(doc)
	return doc, hex.EncodeToString(sum[:]), nil
}

// Canonical returns the definition as the JSON that is stored, and its hash.
func (d *Definition) Canonical() (doc []byte, hash string, err error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, "", fmt.Errorf("canonical form of %s: %w", d.Code, err)
	}
	return canonical(raw)
}
