package form

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/text"
)

// Bounds of a definition.
const (
	maxRows    = 2000
	maxColumns = 60
	maxCell    = 5000 // characters
	maxName    = 64
	maxErrors  = 200 // more help nobody
)

// CellError is a fault at one cell of a definition.
type CellError struct {
	Sheet  string // survey, choices or settings
	Row    int    // from 1, the headings included
	Column int    // from 1
	Offset int    // within the cell's rule, in characters; 0 otherwise
	Length int
	Text   errs.Text
}

// Cell returns the place as Excel names it: survey!F12.
func (e CellError) Cell() string {
	letters := ""
	for n := e.Column; n > 0; n = (n - 1) / 26 {
		letters = string(rune('A'+(n-1)%26)) + letters
	}
	return fmt.Sprintf("%s!%s%d", e.Sheet, letters, e.Row)
}

// Errors are all faults of a definition, in the order of the cells.
type Errors []CellError

func (e Errors) Error() string {
	parts := make([]string, len(e))
	for i, c := range e {
		parts[i] = c.Cell() + " " + c.Text.Key
	}
	return "form: " + strings.Join(parts, "; ")
}

// Columns of each sheet: those with a text may be given per language.
var (
	surveyColumns   = []string{"type", "name", "required", "relevant", "constraint", "calculation", "default", "readonly"}
	surveyTexts     = []string{"label", "hint", "required_message", "constraint_message"}
	choicesColumns  = []string{"list_name", "name"}
	choicesTexts    = []string{"label"}
	settingsColumns = []string{"form_id", "version", "default_language"}
	settingsTexts   = []string{"form_title"}
)

// aliases are headings people also write.
var aliases = map[string]string{"relevance": "relevant", "calculate": "calculation", "read_only": "readonly", "list name": "list_name", "id_string": "form_id"}

// unsupported are headings of XLSForm that we know and do not support. They may
// stand, as in many templates, as long as nothing is written under them.
var unsupported = []string{
	"appearance", "parameters", "repeat_count", "choice_filter", "trigger", "guidance_hint", "image", "audio", "video", "big-image", "media", "bind",
	"body", "instance", "autoplay", "accuracythreshold", "query", "note", "save_to", "style", "public_key", "submission_url", "instance_name", "auto_send", "auto_delete",
	"allow_choice_duplicates", "namespaces", "prefix", "delimiter", "sms_keyword", "geometry", "entity",
}

// columnsOf says which columns a row of some kind may fill, besides type and
// name.
var columnsOf = map[Kind][]string{
	"begin_group": {"label", "hint", "relevant"},
	"end_group":   {"label"},
	Note:          {"label", "hint", "relevant"},
	Calculate:     {"label", "hint", "relevant", "calculation"},
	Acknowledge:   {"label", "hint", "relevant", "required", "required_message"},
}

var questionColumns = []string{"label", "hint", "relevant", "required", "required_message", "constraint", "constraint_message", "default", "readonly"}

var (
	nameForm     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	choiceForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	languageForm = regexp.MustCompile(`^(?:.*\(([a-z]{2,3})\)|([a-z]{2,3}))$`)
	markup       = regexp.MustCompile(`(?i)<[a-z/!?]`)
	address      = regexp.MustCompile(`(?i)javascript:|vbscript:|data:\w+/|\w+://|www\.`)
)

// column is where a sheet keeps something, from 0.
type column struct {
	name string
	lang string // of a text
	at   int
}

// table is a sheet being read.
type table struct {
	p       *parser
	sheet   string
	cells   Sheet
	columns []column
}

// parser gathers the faults of a whole definition.
type parser struct {
	language string // of plain labels
	errors   Errors
}

func (p *parser) fault(sheet string, row, col int, key string, args errs.Args) {
	p.errors = append(p.errors, CellError{Sheet: sheet, Row: row + 1, Column: col + 1, Text: errs.Text{Key: key, Args: args}})
}

// Parse works out the form that s describes. If it is not a form, the error is
// [Errors], all of them.
func Parse(s Sheets) (*Form, error) {
	s = s.trim()
	p := &parser{language: defaultLanguage}
	f := &Form{sheets: s, byName: map[string]*Field{}}
	p.settings(f, s.Settings)
	lists := p.choices(s.Choices)
	(&survey{parser: p, form: f, lists: lists, fates: map[string]fate{}}).read(s.Survey)
	if len(p.errors) > 0 {
		order := []string{"survey", "choices", "settings"}
		slices.SortStableFunc(p.errors, func(a, b CellError) int {
			if a.Sheet != b.Sheet {
				return slices.Index(order, a.Sheet) - slices.Index(order, b.Sheet)
			}
			if a.Row != b.Row {
				return a.Row - b.Row
			}
			return a.Column - b.Column
		})
		return nil, p.errors[:min(len(p.errors), maxErrors)]
	}
	f.layOut()
	return f, nil
}

// table checks every cell of a sheet and reads its headings. It returns nil
// where reading on would be pointless.
func (p *parser) table(sheet string, cells Sheet, plain, texts []string) *table {
	t := &table{p: p, sheet: sheet, cells: cells}
	if len(cells) > maxRows {
		p.fault(sheet, maxRows, 0, "form.error.rows", errs.Args{"max": maxRows})
		return nil
	}
	before := len(p.errors)
	for i, row := range cells {
		if len(row) > maxColumns {
			p.fault(sheet, i, maxColumns, "form.error.columns", errs.Args{"max": maxColumns})
			continue
		}
		for j, cell := range row {
			inRule := j < len(cells[0]) && slices.Contains(ruleColumns, strings.ToLower(strings.TrimSpace(cells[0][j])))
			if key := unsafeCell(cell, inRule); key != "" {
				p.fault(sheet, i, j, key, errs.Args{"max": maxCell})
			}
		}
	}
	if len(p.errors) > before {
		return nil
	}
	width := 0
	for _, row := range cells {
		width = max(width, len(row))
	}
	for j := range width {
		heading := ""
		if j < len(cells[0]) {
			heading = strings.TrimSpace(cells[0][j])
		}
		t.heading(j, heading, plain, texts)
	}
	return t
}

// ruleColumns hold rules, in which < is a comparison.
var ruleColumns = []string{"required", "relevant", "relevance", "constraint", "calculation", "calculate"}

// unsafeCell returns the fault of a cell that no definition may hold.
func unsafeCell(cell string, inRule bool) string {
	switch {
	case utf8.RuneCountInString(cell) > maxCell:
		return "form.error.cell-long"
	case !utf8.ValidString(cell) || strings.ContainsFunc(cell, unreadable):
		return "form.error.character"
	case address.MatchString(cell):
		return "form.error.address"
	case !inRule && markup.MatchString(cell):
		return "form.error.markup"
	}
	return ""
}

// unreadable reports control characters other than line ends and tabs.
func unreadable(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }

func (t *table) heading(j int, heading string, plain, texts []string) {
	if heading == "" {
		for i, row := range t.cells {
			if j < len(row) && row[j] != "" {
				t.p.fault(t.sheet, i, j, "form.error.heading", nil)
				return
			}
		}
		return
	}
	base, lang, translated := strings.Cut(heading, "::")
	base = strings.ToLower(strings.TrimSpace(base))
	if a, ok := aliases[base]; ok {
		base = a
	}
	c := column{name: base, at: j}
	switch {
	case slices.Contains(unsupported, base):
		for i, row := range t.cells[1:] {
			if j < len(row) && strings.TrimSpace(row[j]) != "" {
				t.p.fault(t.sheet, i+1, j, "form.error.column-unsupported", errs.Args{"column": heading})
			}
		}
		return
	case slices.Contains(texts, base):
		c.lang = t.p.language
		if translated {
			if c.lang = languageCode(lang); c.lang == "" {
				t.p.fault(t.sheet, 0, j, "form.error.language", errs.Args{"column": heading})
				return
			}
		}
	case !slices.Contains(plain, base) || translated:
		t.p.fault(t.sheet, 0, j, "form.error.column-unknown", errs.Args{"column": heading})
		return
	}
	if slices.ContainsFunc(t.columns, func(d column) bool { return d.name == c.name && d.lang == c.lang }) {
		t.p.fault(t.sheet, 0, j, "form.error.column-twice", errs.Args{"column": heading})
		return
	}
	t.columns = append(t.columns, c)
}

// languageCode reads "Tiếng Việt (vi)" or "vi".
func languageCode(s string) string {
	m := languageForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// at returns where the column called name is, or the first if there is none.
func (t *table) at(name string) int {
	for _, c := range t.columns {
		if c.name == name {
			return c.at
		}
	}
	return 0
}

func (t *table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// cell returns the cell of a row in the column called name, trimmed.
func (t *table) cell(row int, name string) string {
	for _, c := range t.columns {
		if c.name == name && c.at < len(t.cells[row]) {
			return strings.TrimSpace(t.cells[row][c.at])
		}
	}
	return ""
}

// labels returns the texts of a row in every language.
func (t *table) labels(row int, name string) Labels {
	var l Labels
	for _, c := range t.columns {
		if c.name != name || c.at >= len(t.cells[row]) {
			continue
		}
		if s := strings.TrimSpace(t.cells[row][c.at]); s != "" {
			if l == nil {
				l = Labels{}
			}
			l[c.lang] = text.NFC(s)
			if strings.Contains(s, "${") {
				t.p.fault(t.sheet, row, c.at, "form.error.label-reference", nil)
			}
		}
	}
	return l
}

// needLabels refuses a row without a label in some language of the sheet.
func (t *table) needLabels(row int, l Labels) {
	if !t.has("label") {
		t.fault(row, "label", "form.error.label-missing", nil)
		return
	}
	for _, c := range t.columns {
		if c.name == "label" && l[c.lang] == "" {
			t.p.fault(t.sheet, row, c.at, "form.error.label-missing", nil)
		}
	}
}

func (t *table) blank(row int) bool {
	return !slices.ContainsFunc(t.cells[row], func(s string) bool { return strings.TrimSpace(s) != "" })
}

func (t *table) fault(row int, name, key string, args errs.Args) {
	t.p.fault(t.sheet, row, t.at(name), key, args)
}

func (p *parser) settings(f *Form, cells Sheet) {
	// The language of plain texts is needed before they are read.
	if len(cells) > 1 {
		for j, heading := range cells[0] {
			if strings.EqualFold(strings.TrimSpace(heading), "default_language") && j < len(cells[1]) && strings.TrimSpace(cells[1][j]) != "" {
				if p.language = languageCode(cells[1][j]); p.language == "" {
					p.language = defaultLanguage
					p.fault("settings", 1, j, "form.error.language", errs.Args{"column": cells[1][j]})
				}
			}
		}
	}
	t := p.table("settings", cells, settingsColumns, settingsTexts)
	if t == nil || len(cells) < 2 {
		return
	}
	for row := 2; row < len(cells); row++ {
		if !t.blank(row) {
			t.fault(row, "", "form.error.settings-rows", nil)
		}
	}
	f.ID, f.Version, f.Title = t.cell(1, "form_id"), t.cell(1, "version"), t.labels(1, "form_title")
	if f.ID != "" && (!choiceForm.MatchString(f.ID) || len(f.ID) > maxName) {
		t.fault(1, "form_id", "form.error.name", errs.Args{"name": f.ID})
	}
}

// choices returns the choices of each list, or nil when the sheet is unreadable.
func (p *parser) choices(cells Sheet) map[string][]Choice {
	t := p.table("choices", cells, choicesColumns, choicesTexts)
	if t == nil {
		return nil
	}
	lists := map[string][]Choice{}
	for row := 1; row < len(cells); row++ {
		if t.blank(row) {
			continue
		}
		list := t.cell(row, "list_name")
		c := Choice{Name: t.cell(row, "name"), Label: t.labels(row, "label")}
		switch {
		case list == "":
			t.fault(row, "list_name", "form.error.list-missing", nil)
		case c.Name == "":
			t.fault(row, "name", "form.error.name-missing", nil)
		case !choiceForm.MatchString(c.Name) || len(c.Name) > maxName:
			t.fault(row, "name", "form.error.choice-name", errs.Args{"name": c.Name})
		case slices.ContainsFunc(lists[list], func(d Choice) bool { return d.Name == c.Name }):
			t.fault(row, "name", "form.error.choice-twice", errs.Args{"name": c.Name, "list": list})
		}
		t.needLabels(row, c.Label)
		lists[list] = append(lists[list], c)
	}
	return lists
}

// fate is what became of a name so far.
type fate uint8

const (
	later  fate = iota + 1 // stands further down
	known                  // may be referred to
	broken                 // has a fault of its own: say no more about it
	silent                 // a group or a note, which has no answer
)

// survey reads the survey sheet, row by row.
type survey struct {
	*parser
	*table
	form  *Form
	lists map[string][]Choice
	fates map[string]fate
	vars  []rule.Var
	open  []opening // groups not yet closed
}

// opening is a group that began at a row.
type opening struct{ group, row int }

func (s *survey) read(cells Sheet) {
	if s.table = s.parser.table("survey", cells, surveyColumns, surveyTexts); s.table == nil {
		return
	}
	for _, name := range []string{"type", "name"} {
		if !s.has(name) {
			s.parser.fault("survey", 0, 0, "form.error.column-missing", errs.Args{"column": name})
			return
		}
	}
	for row := 1; row < len(cells); row++ {
		if name := s.cell(row, "name"); name != "" {
			s.fates[name] = later
		}
	}
	for row := 1; row < len(cells); row++ {
		if !s.blank(row) {
			s.row(row)
		}
	}
	for _, o := range s.open {
		s.table.fault(o.row, "type", "form.error.group-open", errs.Args{"name": s.form.Groups[o.group].Name})
	}
	if len(s.errors) == 0 && !slices.ContainsFunc(s.form.Fields, (*Field).Asked) {
		s.parser.fault("survey", 0, 0, "form.error.empty", nil)
	}
}

func (s *survey) group() int {
	if len(s.open) == 0 {
		return -1
	}
	return s.open[len(s.open)-1].group
}

func (s *survey) row(row int) {
	words := strings.Fields(s.cell(row, "type"))
	if len(words) >= 2 && (words[0] == "begin" || words[0] == "end") {
		words = append([]string{words[0] + "_" + words[1]}, words[2:]...)
	}
	if len(words) == 0 {
		s.table.fault(row, "type", "form.error.type-missing", nil)
		s.fates[s.cell(row, "name")] = broken
		return
	}
	kind := Kind(words[0])
	if kind == "int" {
		kind = Integer
	}
	_, plain := columnsOf[kind]
	_, typed := ruleTypes[kind]
	list := ""
	switch isSelect := kind == SelectOne || kind == SelectMultiple; {
	case !plain && !typed, !isSelect && len(words) > 1, len(words) > 2:
		s.table.fault(row, "type", "form.error.type-unsupported", errs.Args{"type": s.cell(row, "type")})
		s.fates[s.cell(row, "name")] = broken
		if kind == "begin_repeat" { // its end is not a second fault
			s.form.Groups = append(s.form.Groups, Group{Parent: s.group()})
			s.open = append(s.open, opening{len(s.form.Groups) - 1, row})
		} else if kind == "end_repeat" && len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
		return
	case isSelect && len(words) < 2:
		s.table.fault(row, "type", "form.error.list-unnamed", errs.Args{"type": words[0]})
	case isSelect:
		list = words[1]
		if s.lists != nil && len(s.lists[list]) == 0 {
			s.table.fault(row, "type", "form.error.list-unknown", errs.Args{"list": list})
		}
	}
	s.onlyColumnsOf(row, kind)
	switch kind {
	case "begin_group":
		s.beginGroup(row)
	case "end_group":
		if len(s.open) == 0 {
			s.table.fault(row, "type", "form.error.group-end", nil)
			return
		}
		s.open = s.open[:len(s.open)-1]
	default:
		s.field(row, kind, s.lists[list])
	}
}

// onlyColumnsOf refuses cells that would mean nothing in this row.
func (s *survey) onlyColumnsOf(row int, kind Kind) {
	allowed, ok := columnsOf[kind]
	if !ok {
		allowed = questionColumns
	}
	for _, c := range s.columns {
		if c.name == "type" || c.name == "name" || c.at >= len(s.cells[row]) || strings.TrimSpace(s.cells[row][c.at]) == "" {
			continue
		}
		if !slices.Contains(allowed, c.name) {
			s.parser.fault("survey", row, c.at, "form.error.column-here", errs.Args{"column": c.name, "type": string(kind)})
		}
	}
}

// claim takes the row's name for itself, once.
func (s *survey) claim(row int, becomes fate) string {
	name := s.cell(row, "name")
	switch {
	case name == "":
		s.table.fault(row, "name", "form.error.name-missing", nil)
	case !nameForm.MatchString(name) || len(name) > maxName:
		s.table.fault(row, "name", "form.error.name", errs.Args{"name": name})
		becomes = broken
	case s.fates[name] != later:
		s.table.fault(row, "name", "form.error.name-twice", errs.Args{"name": name})
		becomes = broken
	}
	s.fates[name] = becomes
	return name
}

func (s *survey) beginGroup(row int) {
	g := Group{Parent: s.group(), Label: s.labels(row, "label"), Hint: s.labels(row, "hint")}
	g.relevant = s.rule(row, "relevant", nil, rule.Bool)
	g.Name = s.claim(row, silent)
	s.form.Groups = append(s.form.Groups, g)
	n := len(s.form.Groups) - 1
	s.open = append(s.open, opening{n, row})
	s.form.items = append(s.form.items, item{group: n})
}

func (s *survey) field(row int, kind Kind, choices []Choice) {
	before := len(s.errors)
	f := &Field{
		Kind: kind, Group: s.group(), Choices: choices, valueType: ruleTypes[kind],
		Label: s.labels(row, "label"), Hint: s.labels(row, "hint"),
		constraintMessage: s.labels(row, "constraint_message"), requiredMessage: s.labels(row, "required_message"),
	}
	if kind != Calculate {
		s.needLabels(row, f.Label)
	}
	f.relevant = s.rule(row, "relevant", nil, rule.Bool)
	f.required, f.requiredWhen = s.yesOrRule(row, "required")
	f.ReadOnly = s.yes(row, "readonly")
	if kind == Calculate {
		if f.calculation = s.rule(row, "calculation", nil); f.calculation != nil {
			f.valueType = f.calculation.Type()
		} else if s.cell(row, "calculation") == "" {
			s.table.fault(row, "calculation", "form.error.calculation-missing", nil)
		}
	}
	v := rule.Var{Type: f.valueType}
	for _, c := range choices {
		v.Choices = append(v.Choices, c.Name)
	}
	v.Name = s.cell(row, "name")
	f.constraint = s.rule(row, "constraint", &v, rule.Bool)
	s.setDefault(row, f)
	becomes := known
	if kind == Note {
		becomes = silent
	}
	if len(s.errors) > before {
		becomes = broken
	}
	f.Name = s.claim(row, becomes)
	if s.fates[f.Name] == known {
		s.vars = append(s.vars, v)
	}
	s.form.Fields = append(s.form.Fields, f)
	s.form.byName[f.Name] = f
	s.form.items = append(s.form.items, item{f, f.Group})
}

// rule compiles a cell, or returns nil when it is empty or faulty.
func (s *survey) rule(row int, name string, self *rule.Var, want ...rule.Type) *rule.Rule {
	src := s.cell(row, name)
	if src == "" {
		return nil
	}
	r, err := rule.Compile(src, rule.Scope{Vars: s.vars, Self: self}, want...)
	if err == nil {
		return r
	}
	e, ok := errors.AsType[*rule.Error](err)
	if !ok {
		s.table.fault(row, name, "form.error.rule", nil)
		return nil
	}
	key := e.Key
	if ref, _ := e.Args["name"].(string); key == "rule.error.unknown" {
		switch s.fates[ref] {
		case broken:
			return nil // its own fault is told already
		case later:
			key = "form.error.reference-later"
		case silent:
			key = "form.error.reference-silent"
		}
	}
	s.errors = append(s.errors, CellError{
		Sheet: "survey", Row: row + 1, Column: s.at(name) + 1, Offset: e.Offset, Length: e.Length, Text: errs.Text{Key: key, Args: e.Args},
	})
	return nil
}

// yesWords and noWords are what people and Excel write.
var (
	yesWords = []string{"yes", "true", "true()", "1", "có"}
	noWords  = []string{"", "no", "false", "false()", "0", "không"}
)

// yesOrRule reads a cell that holds yes, no or a condition.
func (s *survey) yesOrRule(row int, name string) (bool, *rule.Rule) {
	cell := strings.ToLower(text.NFC(s.cell(row, name)))
	if slices.Contains(yesWords, cell) || slices.Contains(noWords, cell) {
		return slices.Contains(yesWords, cell), nil
	}
	return false, s.rule(row, name, nil, rule.Bool)
}

func (s *survey) yes(row int, name string) bool {
	cell := strings.ToLower(text.NFC(s.cell(row, name)))
	if !slices.Contains(yesWords, cell) && !slices.Contains(noWords, cell) {
		s.table.fault(row, name, "form.error.yes-no", nil)
	}
	return slices.Contains(yesWords, cell)
}

// setDefault reads the default: a plain number, an ISO date, a choice, choices
// separated by spaces, or a text.
func (s *survey) setDefault(row int, f *Field) {
	cell := s.cell(row, "default")
	if cell == "" {
		return
	}
	ok := true
	switch f.Kind {
	case Integer, Decimal:
		f.Default, ok = rule.ParseNumber(cell)
	case SelectMultiple:
		f.Default = rule.OfList(strings.Fields(cell)...)
	default:
		f.Default = rule.OfText(text.NFC(cell))
	}
	if ok {
		_, wrong := f.wrong(f.Default)
		ok = !wrong
	}
	if !ok || (f.Kind == Text && strings.Contains(cell, "${")) {
		s.table.fault(row, "default", "form.error.default", nil)
	}
}
