package procedure

import (
	"fmt"
	"slices"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// FeeKind tells the two kinds of charges of Luật Phí và lệ phí 2015 apart.
type FeeKind string

// The kinds of fees.
const (
	ServiceFee FeeKind = "service" // phí: pays for the work
	Charge     FeeKind = "charge"  // lệ phí: a fixed sum for the paper
)

// Fee is one item of the fee table (phí, lệ phí): its cells give the sum for
// applicant × case × channel.
type Fee struct {
	ID     string  `yaml:"id" json:"id"`
	Name   Text    `yaml:"name" json:"name"`
	Kind   FeeKind `yaml:"kind" json:"kind"`
	Cells  []Cell  `yaml:"cells" json:"cells"` // the first that fits counts
	Source string  `yaml:"source" json:"source"`
}

// Cell is a sum and whom it is for; what it does not name, it is for all of.
type Cell struct {
	Applicants []ApplicantKind `yaml:"applicants,omitempty" json:"applicants,omitempty"`
	Cases      []string        `yaml:"cases,omitempty" json:"cases,omitempty"`
	Channels   []Channel       `yaml:"channels,omitempty" json:"channels,omitempty"`
	When       string          `yaml:"when,omitempty" json:"when,omitempty"`  // rule over the answers
	Label      Text            `yaml:"label,omitempty" json:"label,omitzero"` // what When means, for people
	Amount     int64           `yaml:"amount" json:"amount"`                  // đồng
}

// fits reports whether the cell is for them, its rule aside.
func (c Cell) fits(f Filing) bool {
	return (len(c.Applicants) == 0 || slices.Contains(c.Applicants, f.Applicant)) &&
		in(c.Cases, f.Case) &&
		(len(c.Channels) == 0 || slices.Contains(c.Channels, f.Channel))
}

// CellsFor returns the cells that may apply to a filing whose answers are not
// known: those with rules, up to and including the first without.
func (f Fee) CellsFor(filing Filing) []Cell {
	var cells []Cell
	for _, c := range f.Cells {
		if !c.fits(filing) {
			continue
		}
		cells = append(cells, c)
		if c.When == "" {
			break
		}
	}
	return cells
}

// Filing is what fees, cases and papers depend on.
type Filing struct {
	Applicant ApplicantKind
	Case      string
	Channel   Channel
	Day       worktime.Date         // of filing; rules' today()
	Answers   map[string]rule.Value // of the form, the hidden ones left out
}

// Quote is what a filing costs, computed once at filing and kept with the
// dossier: a later version of the fee table does not change it.
type Quote struct {
	Version   ID            `json:"version"`
	Applicant ApplicantKind `json:"applicant"`
	Case      string        `json:"case"`
	Channel   Channel       `json:"channel"`
	Day       worktime.Date `json:"day"`
	Lines     []QuoteLine   `json:"lines"`
	Total     int64         `json:"total"` // đồng
}

// QuoteLine is one item of a quote.
type QuoteLine struct {
	Fee    string  `json:"fee"`
	Name   Text    `json:"name"`
	Kind   FeeKind `json:"kind"`
	Label  Text    `json:"label,omitzero"`
	Amount int64   `json:"amount"`
}

// Quote computes what a filing costs. A fee with no cell that fits is an error
// of the table, which the linter finds before publishing.
func (v *Version) Quote(f Filing) (Quote, error) {
	q := Quote{Version: v.ID, Applicant: f.Applicant, Case: f.Case, Channel: f.Channel, Day: f.Day, Lines: []QuoteLine{}}
	for _, fee := range v.Fees {
		c, err := v.cell(fee, f)
		if err != nil {
			return Quote{}, fmt.Errorf("quote %s of %s: %w", fee.ID, v.ID, err)
		}
		q.Lines = append(q.Lines, QuoteLine{fee.ID, fee.Name, fee.Kind, c.Label, c.Amount})
		q.Total += c.Amount
	}
	return q, nil
}

// cell finds the first cell of a fee that fits the filing and whose rule holds.
func (v *Version) cell(fee Fee, f Filing) (Cell, error) {
	for _, c := range fee.Cells {
		if !c.fits(f) {
			continue
		}
		ok, err := v.holds(c.When, f)
		if err != nil {
			return Cell{}, err
		}
		if ok {
			return c, nil
		}
	}
	return Cell{}, errs.New(errs.Invalid, "procedure.error.no-fee", nil)
}
