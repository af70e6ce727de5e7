package procedure

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// Severity says what a finding stops.
type Severity string

// The severities.
const (
	Fault   Severity = "fault"   // must be mended before publishing
	Warning Severity = "warning" // ought to be
)

// Finding is one thing found in a file.
type Finding struct {
	Severity Severity
	Line     int
	Where    string // the part concerned, as in components.giay-chung-nhan
	Text     errs.Text
}

// Faulty reports whether something must be mended before publishing.
func Faulty(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(i Finding) bool { return i.Severity == Fault })
}

// Parse reads and lints a file. Known reports whether a unit code exists; nil
// means every one does. With a fault among the findings the version is nil;
// otherwise it is ready to quote, but neither named nor in force.
func Parse(data []byte, known func(unit string) bool) (*Version, []Finding) {
	f, findings := read(data)
	if f == nil {
		return nil, findings
	}
	l := &linter{file: f, known: known}
	l.lint()
	slices.SortStableFunc(l.findings, func(a, b Finding) int { return a.Line - b.Line })
	if Faulty(l.findings) {
		return nil, l.findings
	}
	f.Definition.Sheets = l.form.Sheets() // trimmed: the same cells give the same hash
	return &Version{Definition: f.Definition, Form: l.form, rules: l.rules}, l.findings
}

// compile makes a stored definition ready for use. It passed the linter when it
// was published.
func compile(d Definition) (*Version, error) {
	l := &linter{file: &file{Definition: d}, quiet: true}
	l.lintForm()
	l.lintRules()
	if len(l.findings) > 0 {
		return nil, errors.New("a published definition no longer compiles: " + l.findings[0].Where + " " + l.findings[0].Text.Key)
	}
	return &Version{Definition: d, Form: l.form, rules: l.rules}, nil
}

// linter gathers the findings of one file.
type linter struct {
	*file
	known    func(string) bool
	quiet    bool // no lines to tell
	form     *form.Form
	rules    map[string]*rule.Rule
	findings []Finding
}

func (l *linter) add(s Severity, key string, args errs.Args, path ...any) {
	finding := Finding{Severity: s, Text: errs.Text{Key: "procedure.lint." + key, Args: args}, Where: l.where(path)}
	if !l.quiet {
		finding.Line = l.line(path...)
	}
	l.findings = append(l.findings, finding)
}

func (l *linter) fault(key string, args errs.Args, path ...any) { l.add(Fault, key, args, path...) }
func (l *linter) warn(key string, args errs.Args, path ...any)  { l.add(Warning, key, args, path...) }

// where writes a path with the ids of list items in place of their indexes.
func (l *linter) where(path []any) string {
	var b strings.Builder
	for i, step := range path {
		var name string
		switch step := step.(type) {
		case string:
			name = step
		case int:
			name = l.nameOf(path[:i], step)
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	return b.String()
}

func (l *linter) lint() {
	l.lintHead()
	l.lintSources()
	l.lintForm()
	l.lintUnits()
	l.lintOnline()
	l.lintCases()
	l.lintComponents()
	l.lintStages()
	l.lintTotals()
	l.lintFees()
	l.lintResults()
	l.lintRules()
}

var (
	codePattern   = regexp.MustCompile(`^[0-9A-Z]+([.-][0-9A-Z]+)*$`)
	idPattern     = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)
	periodPattern = regexp.MustCompile(`^P[0-9]{1,4}[YMD]$`)
)

func (l *linter) lintHead() {
	if !codePattern.MatchString(string(l.Code)) || len(l.Code) > 40 {
		l.fault("code", nil, "code")
	}
	l.say(l.Name, maxName, "name")
	l.label(l.Plain, "plain_name")
	l.plain(l.Summary, maxHelp, "summary")
	if !idPattern.MatchString(l.Field.Code) {
		l.fault("id", errs.Args{"id": l.Field.Code}, "field", "code")
	}
	l.say(l.Field.Name, maxLabel, "field", "name")
	oneOf(l, l.Applicants, ApplicantKinds(), "applicants")
	oneOf(l, l.Channels, Channels(), "channels")
	for _, key := range []string{"fees", "results", "receives", "decides"} {
		if !l.has(key) {
			l.fault("missing", errs.Args{"key": key}, key)
		}
	}
	for i, c := range l.Conditions {
		l.plain(c.Text, maxHelp, "conditions", i, "text")
		l.source(c.Source, "conditions", i)
	}
}

// oneOf demands a list of some of the known values, each once.
func oneOf[T ~string](l *linter, have, known []T, path ...any) {
	if len(have) == 0 {
		l.fault("missing", errs.Args{"key": path[len(path)-1]}, path...)
	}
	someOf(l, have, known, path...)
}

// someOf demands known values, each once, or none at all.
func someOf[T ~string](l *linter, have, known []T, path ...any) {
	for i, v := range have {
		if !slices.Contains(known, v) {
			l.fault("value", errs.Args{"value": string(v)}, append(path, i)...)
		} else if slices.Contains(have[:i], v) {
			l.fault("twice", errs.Args{"id": string(v)}, append(path, i)...)
		}
	}
}

// lintSources checks that every fact names where it comes from.
func (l *linter) lintSources() {
	if len(l.Sources) == 0 {
		l.fault("missing", errs.Args{"key": "sources"}, "sources")
	}
	ids(l, "sources", l.Sources, func(s Source) string { return s.ID })
	for i, s := range l.Sources {
		l.say(s.Title, maxName, "sources", i, "title")
		if !slices.Contains(Confidences(), s.Confidence) {
			l.fault("value", errs.Args{"value": string(s.Confidence)}, "sources", i, "confidence")
		}
	}
	if len(l.Legal) == 0 {
		l.fault("no-legal-basis", nil, "legal_basis")
	}
	for i, b := range l.Legal {
		if b.Document == "" {
			l.fault("missing", errs.Args{"key": "document"}, "legal_basis", i)
		} else if b.Article == "" {
			l.warn("no-article", errs.Args{"document": b.Document}, "legal_basis", i)
		}
		l.say(b.Title, maxName, "legal_basis", i, "title")
		l.source(b.Source, "legal_basis", i)
	}
}

func (l *linter) source(id string, path ...any) {
	if id == "" {
		l.fault("no-source", nil, path...)
	} else if l.Source(id).ID == "" {
		l.fault("unknown-source", errs.Args{"id": id}, append(path, "source")...)
	}
}

// ids demands a well-formed id of each item, used once.
func ids[T any](l *linter, key string, items []T, id func(T) string) {
	seen := map[string]bool{}
	for i, item := range items {
		switch v := id(item); {
		case !idPattern.MatchString(v):
			l.fault("id", errs.Args{"id": v}, key, i)
		case seen[v]:
			l.fault("twice", errs.Args{"id": v}, key, i)
		default:
			seen[v] = true
		}
	}
}

func (l *linter) lintUnits() {
	ids(l, "units", l.Units, func(u UnitRole) string { return u.ID })
	for i, u := range l.Units {
		l.say(u.Name, maxLabel, "units", i, "name")
		l.lintRole(u, i)
	}
	for i, ref := range l.Receives {
		l.unit(ref, "receives", i)
	}
	if l.has("receives") && len(l.Receives) == 0 {
		l.fault("missing", errs.Args{"key": "receives"}, "receives")
	}
	if l.has("decides") {
		l.unit(l.Decides, "decides")
	}
}

// lintRole demands that the answers choose a unit in every case.
func (l *linter) lintRole(u UnitRole, i int) {
	for _, code := range u.Among {
		l.unitCode(code, "units", i, "among")
	}
	if l.form == nil {
		return
	}
	f := l.form.Field(u.By)
	if f == nil || f.Kind != form.SelectOne {
		l.fault("unit-question", errs.Args{"question": u.By}, "units", i, "by")
		return
	}
	for _, c := range f.Choices {
		if u.Among[c.Name] == "" {
			l.fault("unit-choice", errs.Args{"question": u.By, "choice": c.Name}, "units", i, "among")
		}
	}
	for choice := range u.Among {
		if !slices.ContainsFunc(f.Choices, func(c form.Choice) bool { return c.Name == choice }) {
			l.fault("value", errs.Args{"value": choice}, "units", i, "among", choice)
		}
	}
}

func (l *linter) unit(ref string, path ...any) {
	if _, ok := l.Role(ref); !ok {
		l.unitCode(ref, path...)
	}
}

func (l *linter) unitCode(code string, path ...any) {
	if code == "" || l.known != nil && !l.known(code) {
		l.fault("unknown-unit", errs.Args{"unit": code}, path...)
	}
}

func (l *linter) lintOnline() {
	for i, o := range l.Online {
		if !slices.Contains(Levels(), o.Level) {
			l.fault("value", errs.Args{"value": string(o.Level)}, "online", i, "level")
			continue
		}
		old := o.Level == Level3 || o.Level == Level4
		if old && (o.To.IsZero() || o.To.After(levelsRenamed)) || !old && o.From.Before(levelsRenamed) {
			l.fault("level-date", errs.Args{"level": string(o.Level), "day": levelsRenamed.Time(0, 0)}, "online", i)
		}
		l.source(o.Source, "online", i)
	}
	if slices.Contains(l.Channels, Online) && len(l.Online) == 0 {
		l.warn("no-level", nil, "channels")
	}
	if o := l.OnlineOnly; o != nil {
		oneOf(l, o.Applicants, l.Applicants, "online_only", "applicants")
		if o.Decision != "" && o.From.IsZero() {
			l.fault("duty-without-date", nil, "online_only")
		}
		if o.Decision == "" && !o.From.IsZero() {
			l.warn("duty-without-decision", nil, "online_only")
		}
		for i, e := range o.Exceptions {
			l.plain(e, maxHelp, "online_only", "exceptions", i)
		}
		l.source(o.Source, "online_only")
	}
	if p := l.Priority; p != nil {
		l.plain(p.Text, maxHelp, "online_priority", "text")
		l.source(p.Source, "online_priority")
	}
}

func (l *linter) lintCases() {
	ids(l, "cases", l.Cases, func(c Case) string { return c.ID })
	if len(l.Cases) == 0 {
		l.fault("missing", errs.Args{"key": "cases"}, "cases")
		return
	}
	for i, c := range l.Cases {
		l.say(c.Name, maxLabel, "cases", i, "name")
		l.shout(c.Name, "cases", i, "name")
		l.term(c.Total, "cases", i, "total")
		for key, t := range map[string]*Term{"online_total": c.OnlineTotal, "after_supplement": c.Revised} {
			if t != nil {
				l.term(*t, "cases", i, key)
			}
		}
		l.source(c.Source, "cases", i)
		if i < len(l.Cases)-1 && c.Relevant == "" {
			l.fault("case-always", errs.Args{"id": c.ID}, "cases", i)
		}
	}
	if last := len(l.Cases) - 1; l.Cases[last].Relevant != "" {
		l.fault("case-never", errs.Args{"id": l.Cases[last].ID}, "cases", last)
	}
}

func (l *linter) term(t Term, path ...any) {
	if t.Worktime().Validate() != nil {
		l.fault("term", errs.Args{"amount": t.Amount, "unit": string(t.Unit)}, path...)
	}
}

// inCases demands cases that exist.
func (l *linter) inCases(cases []string, path ...any) {
	for i, id := range cases {
		if _, ok := l.Case(id); !ok {
			l.fault("unknown-case", errs.Args{"id": id}, append(path, "cases", i)...)
		}
	}
}

func (l *linter) lintComponents() {
	ids(l, "components", l.Components, func(c Component) string { return c.ID })
	if len(l.Components) == 0 {
		l.fault("missing", errs.Args{"key": "components"}, "components")
	}
	for i, c := range l.Components {
		l.say(c.Name, maxName, "components", i, "name")
		l.shout(c.Name, "components", i, "name")
		if c.Help.Vi == "" {
			l.warn("no-help", errs.Args{"id": c.ID}, "components", i)
		} else {
			l.plain(c.Help, maxHelp, "components", i, "help")
		}
		if !slices.Contains(Copies(), c.Copy) {
			l.fault("value", errs.Args{"value": string(c.Copy)}, "components", i, "copy")
		}
		if c.Count < 1 || c.Count > 20 {
			l.fault("count", errs.Args{"id": c.ID}, "components", i, "count")
		}
		l.inCases(c.Cases, "components", i)
		l.source(c.Source, "components", i)
	}
}

func (l *linter) lintStages() {
	ids(l, "stages", l.Stages, func(s Stage) string { return s.ID })
	if len(l.Stages) == 0 {
		l.fault("missing", errs.Args{"key": "stages"}, "stages")
	}
	for i, s := range l.Stages {
		l.say(s.Name, maxLabel, "stages", i, "name")
		l.shout(s.Name, "stages", i, "name")
		l.unit(s.Unit, "stages", i, "unit")
		for _, v := range []struct {
			key string
			ok  bool
			val string
		}{
			{"step", slices.Contains(Steps(), s.Step), string(s.Step)},
			{"starts", slices.Contains(Starts(), s.Starts), string(s.Starts)},
			{"reset", s.Reset == Restart || s.Reset == Resume, string(s.Reset)},
		} {
			if !v.ok {
				l.fault("value", errs.Args{"value": v.val}, "stages", i, v.key)
			}
		}
		l.term(s.Term, "stages", i, "term")
		for key, t := range map[string]*Term{"online_term": s.OnlineTerm, "after_supplement": s.Revised} {
			if t != nil {
				l.term(*t, "stages", i, key)
			}
		}
		for j, p := range s.Pauses {
			if !slices.Contains(Grounds(), p.Ground) {
				l.fault("value", errs.Args{"value": string(p.Ground)}, "stages", i, "pauses", j, "ground")
			}
			if p.Basis == "" {
				l.warn("pause-without-basis", errs.Args{"ground": string(p.Ground)}, "stages", i, "pauses", j)
			}
		}
		l.inCases(s.Cases, "stages", i)
		l.source(s.Source, "stages", i)
	}
}

// lintTotals checks that the stages of each case add up to what is announced:
// on paper, online, and from where the clock begins anew after a supplement.
func (l *linter) lintTotals() {
	for i, c := range l.Cases {
		stages := l.StagesOf(c.ID)
		if len(l.Stages) > 0 && len(stages) == 0 {
			l.fault("no-stages", errs.Args{"id": c.ID}, "cases", i)
			continue
		}
		l.total("total", c, c.Total, stages, func(s Stage) Term { return s.Term }, i)
		online := c.OnlineTotal != nil || slices.ContainsFunc(stages, func(s Stage) bool { return s.OnlineTerm != nil })
		if online && slices.Contains(l.Channels, Online) {
			l.total("online_total", c, c.TotalFor(Online), stages, func(s Stage) Term { return s.TermFor(Online) }, i)
		}
		if first := slices.IndexFunc(stages, func(s Stage) bool { return s.Revised != nil }); first >= 0 && c.Revised != nil {
			l.total("after_supplement", c, *c.Revised, stages[first:], Stage.TermRevised, i)
		} else if (first >= 0) != (c.Revised != nil) {
			l.fault("revised", errs.Args{"id": c.ID}, "cases", i)
		}
	}
}

// total compares one announced total of a case with the sum of its stages.
func (l *linter) total(key string, c Case, total Term, stages []Stage, term func(Stage) Term, i int) {
	sum, ok := addUp(stages, term, total.Unit)
	if !ok {
		l.warn("mixed-units", errs.Args{"id": c.ID}, "cases", i, key)
	} else if sum != total.Amount {
		l.fault("sum", errs.Args{"id": c.ID, "key": key, "sum": sum, "total": total.Amount}, "cases", i, key)
	}
}

// officeHours is how many working hours make a working day.
const officeHours = 8

// addUp sums the counted stages in unit, as far as units can be added: only
// working hours can be turned into days, eight to the day.
func addUp(stages []Stage, term func(Stage) Term, unit worktime.Unit) (int, bool) {
	sum, hours := 0, 0
	for _, s := range stages {
		t := term(s)
		switch {
		case s.Uncounted:
		case t.Unit == unit:
			sum += t.Amount
		case t.Unit == worktime.WorkingHour && unit == worktime.WorkingDay:
			hours += t.Amount
		default:
			return 0, false
		}
	}
	return sum + (hours+officeHours-1)/officeHours, true
}

// lintFees checks that every applicant, case and channel has a sum of each fee
// whatever the answers.
func (l *linter) lintFees() {
	ids(l, "fees", l.Fees, func(f Fee) string { return f.ID })
	for i, fee := range l.Fees {
		l.say(fee.Name, maxLabel, "fees", i, "name")
		l.shout(fee.Name, "fees", i, "name")
		if fee.Kind != ServiceFee && fee.Kind != Charge {
			l.fault("value", errs.Args{"value": string(fee.Kind)}, "fees", i, "kind")
		}
		l.source(fee.Source, "fees", i)
		for j, c := range fee.Cells {
			someOf(l, c.Applicants, l.Applicants, "fees", i, "cells", j, "applicants")
			someOf(l, c.Channels, l.Channels, "fees", i, "cells", j, "channels")
			l.inCases(c.Cases, "fees", i, "cells", j)
			if c.Amount < 0 {
				l.fault("amount", nil, "fees", i, "cells", j, "amount")
			}
			if c.When != "" && c.Label.Vi == "" {
				l.fault("cell-label", nil, "fees", i, "cells", j)
			}
		}
		l.coverage(fee, i)
	}
}

func (l *linter) coverage(fee Fee, i int) {
	for _, a := range l.Applicants {
		for _, c := range l.Cases {
			for _, ch := range l.Channels {
				cells := fee.CellsFor(Filing{Applicant: a, Case: c.ID, Channel: ch})
				if n := len(cells); n == 0 || cells[n-1].When != "" {
					l.fault("no-cell", errs.Args{"fee": fee.ID, "applicant": string(a), "case": c.ID, "channel": string(ch)}, "fees", i)
				}
			}
		}
	}
}

func (l *linter) lintResults() {
	ids(l, "results", l.Results, func(r Result) string { return r.ID })
	for i, r := range l.Results {
		l.say(r.Name, maxName, "results", i, "name")
		l.shout(r.Name, "results", i, "name")
		if !slices.Contains(ResultKinds(), r.Kind) {
			l.fault("value", errs.Args{"value": r.Kind}, "results", i, "kind")
		}
		if r.Validity != "" && !periodPattern.MatchString(r.Validity) {
			l.fault("period", errs.Args{"value": r.Validity}, "results", i, "validity")
		}
		l.inCases(r.Cases, "results", i)
		l.source(r.Source, "results", i)
	}
	for i, c := range l.Cases {
		if len(l.Results) > 0 && len(l.ResultsOf(c.ID)) == 0 {
			l.fault("no-result", errs.Args{"id": c.ID}, "cases", i)
		}
	}
}

// lintForm parses the form and reads its labels as a farmer would.
func (l *linter) lintForm() {
	parsed, err := form.Parse(l.Sheets)
	if faults, ok := errors.AsType[form.Errors](err); ok {
		for _, e := range faults {
			l.findings = append(l.findings, Finding{Severity: Fault, Line: l.cellLine(e), Where: "form." + e.Cell(), Text: e.Text})
		}
		return
	}
	if err != nil {
		l.fault("syntax", errs.Args{"detail": err.Error()}, "form")
		return
	}
	l.form = parsed
	if l.quiet {
		return
	}
	if len(parsed.Fields) == 0 {
		l.fault("missing", errs.Args{"key": "survey"}, "form")
	}
	row := 0
	for _, f := range parsed.Fields {
		for row++; row < len(l.Sheets.Survey) && !slices.Contains(l.Sheets.Survey[row], f.Name); row++ {
		}
		if f.Kind == form.Calculate {
			continue
		}
		path := []any{"form", "survey", row - 1}
		l.question(Text{f.Label["vi"], f.Label["en"]}, path)
		if len(f.Hint) > 0 {
			l.question(Text{f.Hint["vi"], f.Hint["en"]}, path)
		}
	}
}

// question checks one label or hint of a question.
func (l *linter) question(t Text, path []any) {
	l.plain(t, maxHelp, path...)
	l.shout(t, path...)
}

// cellLine is the line of a cell: rows follow the headings, which a list of
// mappings does not write out.
func (l *linter) cellLine(e form.CellError) int {
	if l.quiet {
		return 0
	}
	sheet := map[string]form.Sheet{"survey": l.Sheets.Survey, "choices": l.Sheets.Choices, "settings": l.Sheets.Settings}[e.Sheet]
	path := []any{"form", e.Sheet, max(e.Row-2, 0)}
	if len(sheet) > 0 && e.Column >= 1 && e.Column <= len(sheet[0]) {
		path = append(path, sheet[0][e.Column-1])
	}
	return l.line(path...)
}

// lintRules compiles every rule outside the form.
func (l *linter) lintRules() {
	if l.form == nil {
		return
	}
	l.rules = map[string]*rule.Rule{}
	scope := rule.Scope{Vars: l.form.Vars()}
	one := func(src string, path ...any) {
		if src == "" || l.rules[src] != nil {
			return
		}
		r, err := rule.Compile(src, scope, rule.Bool)
		if err == nil {
			l.rules[src] = r
			return
		}
		e, ok := errors.AsType[*rule.Error](err)
		if !ok {
			l.fault("rule", errs.Args{"rule": src}, path...)
			return
		}
		finding := Finding{Severity: Fault, Where: l.where(path), Text: errs.Text{Key: e.Key, Args: e.Args}}
		if !l.quiet {
			finding.Line = l.line(path...)
		}
		l.findings = append(l.findings, finding)
	}
	for i, c := range l.Cases {
		one(c.Relevant, "cases", i, "relevant")
	}
	for i, c := range l.Components {
		one(c.Relevant, "components", i, "relevant")
	}
	for i, fee := range l.Fees {
		for j, c := range fee.Cells {
			one(c.When, "fees", i, "cells", j, "when")
		}
	}
}

// nameOf returns what item i of a list is called: its id, or else its index.
func (l *linter) nameOf(list []any, i int) string {
	id := ""
	if len(list) == 1 {
		switch list[0] {
		case "sources":
			id = at(l.Sources, i).ID
		case "units":
			id = at(l.Units, i).ID
		case "cases":
			id = at(l.Cases, i).ID
		case "components":
			id = at(l.Components, i).ID
		case "stages":
			id = at(l.Stages, i).ID
		case "fees":
			id = at(l.Fees, i).ID
		case "results":
			id = at(l.Results, i).ID
		}
	}
	if id == "" {
		return strconv.Itoa(i)
	}
	return id
}

func at[T any](items []T, i int) T {
	if i < len(items) {
		return items[i]
	}
	var none T
	return none
}
