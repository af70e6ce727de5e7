package orgunit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/worktime"
)

// Fault is what is wrong with one cell of a file. Row counts from 1, the
// heading; Column is a name of the heading.
type Fault struct {
	Row    int
	Column string
	Text   errs.Text
}

// Report says what an import did or, on a dry run, would do.
type Report struct {
	Rows   int // rows read, the heading not counted
	New    int // periods entered
	Ended  int // periods closed
	Same   int // rows that said nothing new
	Faults []Fault
	Hash   string // SHA-256 of the file
}

// maxImport is the largest file taken in. The whole country is 700 kB.
const maxImport = 8 << 20

// Import takes in a CSV file: all of it, or nothing. A file taken in twice
// changes nothing the second time. On a dry run nothing is written, and the
// report lists every fault; otherwise faults are an error as well.
//
// Two layouts are understood, told apart by their headings. One row a period:
//
//	code, kind, parent, name, name_en, valid_from, valid_to, document
//
// or one row a unit in dated lists, as the statistics office publishes them: a
// unit of the provinces in the list that is missing from a later list has ended.
//
//	snapshot_date, code, level, parent_code, full_name
func (s *Service) Import(ctx context.Context, who actor.Actor, file io.Reader, dry bool) (Report, error) {
	if !who.Can(actor.Administer) {
		return Report{}, errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	b, err := io.ReadAll(io.LimitReader(file, maxImport+1))
	if err != nil {
		return Report{}, fmt.Errorf("import units: %w", err)
	}
	if len(b) > maxImport {
		return Report{}, errs.Field("file", "orgunit.error.too-large", nil)
	}
	sum := sha256.Sum256(b)
	report := Report{Hash: hex.EncodeToString(sum[:])}
	sheet := readSheet(b, &report)
	if len(report.Faults) == 0 {
		known, err := all(ctx, s.db)
		if err != nil {
			return Report{}, err
		}
		p := newPlan(known)
		if sheet.dated {
			sheet.lists(p, &report)
		} else {
			sheet.periods(p, &report)
		}
		sheet.verify(p, &report)
		report.New, report.Ended = len(p.entered), len(p.ended)
		if !dry && len(report.Faults) == 0 && !p.empty() {
			err := s.db.Tx(ctx, func(tx *db.Tx) error {
				if err := p.write(ctx, tx); err != nil {
					return err
				}
				return s.record(ctx, tx, who, Imported, "import", map[string]any{
					"file": report.Hash, "new": report.New, "ended": report.Ended,
				})
			})
			if err != nil {
				return Report{}, err
			}
		}
	}
	slices.SortStableFunc(report.Faults, func(a, b Fault) int { return a.Row - b.Row })
	if !dry && len(report.Faults) > 0 {
		return report, errs.Field("file", "orgunit.error.import", errs.Args{"count": len(report.Faults)})
	}
	return report, nil
}

// sheet is a file that was read: its units and the rows they stand in.
type sheet struct {
	dated bool // dated lists, rather than periods
	units []Unit
	rows  []int
}

// The headings of the two layouts; the last ones of periodHeading may be absent.
var (
	periodHeading = []string{"code", "kind", "parent", "name", "valid_from"}
	listHeading   = []string{"snapshot_date", "code", "level", "parent_code", "full_name"}
)

// columnOf is the heading of each field of a unit, by layout.
var columnOf = map[bool]map[string]string{
	false: {"code": "code", "kind": "kind", "parent": "parent", "name": "name", "name_en": "name_en", "from": "valid_from", "to": "valid_to"},
	true:  {"code": "code", "kind": "level", "parent": "parent_code", "name": "full_name", "from": "snapshot_date"},
}

var kindOfLevel = map[string]Kind{"1": Province, "2": District, "3": Commune}

func readSheet(b []byte, report *Report) sheet {
	var s sheet
	fault := func(row int, column, msg string, args errs.Args) {
		report.Faults = append(report.Faults, Fault{row, column, errs.Text{Key: msg, Args: args}})
	}
	if !utf8.Valid(b) {
		fault(1, "", "orgunit.error.not-utf8", nil)
		return s
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	heading, err := r.Read()
	if err != nil {
		fault(1, "", "orgunit.error.heading", nil)
		return s
	}
	s.dated = slices.Contains(heading, "snapshot_date")
	wanted := periodHeading
	if s.dated {
		wanted = listHeading
	}
	for _, name := range wanted {
		if !slices.Contains(heading, name) {
			fault(1, name, "orgunit.error.column", nil)
		}
	}
	if len(report.Faults) > 0 {
		return s
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return s
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			fault(e.Line, "", "orgunit.error.csv", nil)
			return s
		}
		row, _ := r.FieldPos(0)
		report.Rows++
		if len(record) != len(heading) {
			fault(row, "", "orgunit.error.cells", errs.Args{"want": len(heading), "got": len(record)})
			continue
		}
		cell := func(name string) string {
			if i := slices.Index(heading, name); i >= 0 {
				return record[i]
			}
			return ""
		}
		date := func(name string) worktime.Date {
			d, err := worktime.ParseDate(cell(name))
			if err != nil && cell(name) != "" {
				fault(row, name, "orgunit.error.date", nil)
			}
			return d
		}
		u := Unit{Code: cell("code")}
		if s.dated {
			u.From, u.Kind, u.Parent, u.Name = date("snapshot_date"), kindOfLevel[cell("level")], cell("parent_code"), cell("full_name")
		} else {
			u.From, u.To, u.Kind, u.Parent = date("valid_from"), date("valid_to"), Kind(cell("kind")), cell("parent")
			u.Name, u.NameEN, u.Document = cell("name"), cell("name_en"), cell("document")
		}
		u = u.tidy()
		u.check(func(field, msg string) { fault(row, columnOf[s.dated][field], msg, nil) })
		s.units, s.rows = append(s.units, u), append(s.rows, row)
	}
}

// periods plans a file of periods. They are entered in order of time, whatever
// their order in the file.
func (s sheet) periods(p *plan, report *Report) {
	order := make([]int, len(s.units))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return s.units[a].From.Compare(s.units[b].From) })
	for _, i := range order {
		s.enter(p, i, report)
	}
}

// lists plans a file of dated lists, the earliest first.
func (s sheet) lists(p *plan, report *Report) {
	byDate := map[worktime.Date][]int{}
	for i, u := range s.units {
		byDate[u.From] = append(byDate[u.From], i)
	}
	for _, on := range slices.SortedFunc(maps.Keys(byDate), worktime.Date.Compare) {
		listed := map[string]bool{}
		for _, i := range byDate[on] {
			if listed[s.units[i].Code] {
				report.Faults = append(report.Faults, Fault{s.rows[i], "code", errs.Text{Key: "orgunit.error.twice"}})
				continue
			}
			listed[s.units[i].Code] = true
		}
		for _, u := range p.known.areasOf(listed, on) {
			if !listed[u.Code] {
				p.end(u, on)
			}
		}
		for _, i := range byDate[on] {
			s.enter(p, i, report)
		}
	}
}

func (s sheet) enter(p *plan, i int, report *Report) {
	before := len(p.entered) + len(p.ended) + len(report.Faults)
	p.enter(s.units[i], func(field, msg string, args errs.Args) {
		report.Faults = append(report.Faults, Fault{s.rows[i], columnOf[s.dated][field], errs.Text{Key: msg, Args: args}})
	})
	if before == len(p.entered)+len(p.ended)+len(report.Faults) {
		report.Same++
	}
}

// verify finds the row of each fault of the whole; one of a unit the file does
// not name is put down to the heading.
func (s sheet) verify(p *plan, report *Report) {
	p.verify(func(u Unit, field, msg string, args errs.Args) {
		row := 1
		for i, v := range s.units {
			if v.Code == u.Code && v.From == u.From {
				row = s.rows[i]
			}
		}
		report.Faults = append(report.Faults, Fault{row, columnOf[s.dated][field], errs.Text{Key: msg, Args: args}})
	})
}

// areasOf returns the areas in force on a day that belong to one of the listed
// provinces.
func (h history) areasOf(listed map[string]bool, on worktime.Date) []Unit {
	var areas []Unit
	for code := range h {
		u, ok := h.at(code, on)
		if !ok || u.Kind.Level() == 0 {
			continue
		}
		top := u
		for depth := 0; top.Parent != "" && depth < maxDepth; depth++ {
			above, ok := h.at(top.Parent, on)
			if !ok {
				break
			}
			top = above
		}
		if top.Kind == Province && listed[top.Code] {
			areas = append(areas, u)
		}
	}
	sortUnits(areas)
	return areas
}
