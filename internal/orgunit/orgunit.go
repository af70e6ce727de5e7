// Package orgunit knows which administrative units (đơn vị hành chính) and
// agencies (cơ quan, đơn vị) exist on a given day, and what became of those
// that no longer do.
//
// Units are made, merged and abolished by decree. The statistics office uses
// the codes of abolished units again for others: 00004 was Phường Trúc Bạch
// until 30 June 2025 and is Phường Ba Đình since. A unit is therefore known by
// its code and a day, and no look-up goes without one. A period once entered is
// never overwritten: a change closes it and opens the next.
package orgunit

import (
	"cmp"
	"embed"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package.
//
//go:embed messages
var Messages embed.FS

// Kind says what a unit is. Its names are in the messages, under
// "orgunit.kind.<kind>".
type Kind string

// The kinds of units.
const (
	Province   Kind = "province"    // tỉnh, thành phố trực thuộc trung ương
	District   Kind = "district"    // huyện, quận, thị xã, thành phố thuộc tỉnh; none since 1 July 2025
	Commune    Kind = "commune"     // xã, phường, thị trấn, đặc khu
	Committee  Kind = "committee"   // Ủy ban nhân dân
	Department Kind = "department"  // sở, ban, ngành
	Division   Kind = "division"    // phòng, chi cục, trung tâm
	LandOffice Kind = "land_office" // Văn phòng đăng ký đất đai
	Branch     Kind = "branch"      // chi nhánh Văn phòng đăng ký đất đai
	Desk       Kind = "desk"        // Bộ phận một cửa, Trung tâm phục vụ hành chính công
	Agency     Kind = "agency"      // another authority: thuế, kho bạc, bộ
)

// Kinds lists every kind: the areas from the largest, then those who work there.
func Kinds() []Kind {
	return []Kind{Province, District, Commune, Committee, Department, Division, LandOffice, Branch, Desk, Agency}
}

// Valid reports whether k is a kind of this package.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// Level is the tier of the administration that an area belongs to: 1 province,
// 2 district, 3 commune. An agency has none, and gives 0.
func (k Kind) Level() int {
	switch k {
	case Province:
		return 1
	case District:
		return 2
	case Commune:
		return 3
	}
	return 0
}

// Unit is an area or an agency as it was during one period, [From, To).
type Unit struct {
	Code     string
	From     worktime.Date
	To       worktime.Date // zero while in force
	Kind     Kind
	Parent   string // code of the unit above, to be looked up on the same day; empty at the top
	Name     string // with its type: Phường Thắng Tam
	NameEN   string // empty: the Vietnamese name serves
	Document string // the decision (văn bản) that made it so
}

// InForce reports whether the unit is what its code means on the given day.
func (u Unit) InForce(on worktime.Date) bool {
	return !on.Before(u.From) && (u.To.IsZero() || on.Before(u.To))
}

// same reports whether u and v say the same of a unit, whatever their periods.
// Where a tone mark stands (Hòa, Hoà) is spelling, not a change.
func (u Unit) same(v Unit) bool {
	return u.Kind == v.Kind && u.Parent == v.Parent && toneless(u.Name) == toneless(v.Name) &&
		(u.NameEN == v.NameEN || v.NameEN == "")
}

// toneless spells the syllables on which tone placement differs in one way.
var toneless = strings.NewReplacer(
	"oà", "òa", "oá", "óa", "oả", "ỏa", "oã", "õa", "oạ", "ọa",
	"oè", "òe", "oé", "óe", "oẻ", "ỏe", "oẽ", "õe", "oẹ", "ọe",
	"uỳ", "ùy", "uý", "úy", "uỷ", "ủy", "uỹ", "ũy", "uỵ", "ụy",
	"'", "’",
).Replace

// tidy brings what was typed into the form that is kept.
func (u Unit) tidy() Unit {
	u.Code = strings.TrimSpace(u.Code)
	u.Parent = strings.TrimSpace(u.Parent)
	u.Name = words(u.Name)
	u.NameEN = words(u.NameEN)
	u.Document = words(u.Document)
	return u
}

func words(s string) string { return strings.Join(strings.Fields(text.NFC(s)), " ") }

// check notes what is wrong with u by itself.
func (u Unit) check(note func(field, msg string)) {
	if u.Code == "" || len(u.Code) > 32 || strings.Trim(u.Code, codeLetters) != "" {
		note("code", "orgunit.error.code")
	}
	if u.From.IsZero() {
		note("from", "orgunit.error.from")
	}
	if !u.To.IsZero() && !u.To.After(u.From) {
		note("to", "orgunit.error.to")
	}
	if !u.Kind.Valid() {
		note("kind", "orgunit.error.kind")
	}
	if u.Name == "" || len(u.Name) > 300 {
		note("name", "orgunit.error.name")
	}
	if len(u.NameEN) > 300 {
		note("name_en", "orgunit.error.name")
	}
	if u.Parent == u.Code && u.Code != "" {
		note("parent", "orgunit.error.own-parent")
	}
}

const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

// Successor says that a unit, or a part of it, became another.
type Successor struct {
	Code  string
	From  worktime.Date
	Next  string
	Since worktime.Date // when Next came into force
	Whole bool
}

var (
	errNotFound = &errs.Error{Kind: errs.NotFound, Msg: "orgunit.error.not-found"}
	errChanged  = &errs.Error{Kind: errs.Conflict, Msg: "orgunit.error.changed-meanwhile"}
)

// history is every period of every unit, by code and in order of time.
type history map[string][]Unit

func newHistory(units []Unit) history {
	h := history{}
	for _, u := range units {
		h[u.Code] = append(h[u.Code], u)
	}
	for _, periods := range h {
		slices.SortFunc(periods, func(a, b Unit) int { return a.From.Compare(b.From) })
	}
	return h
}

// at returns what code means on a day.
func (h history) at(code string, on worktime.Date) (Unit, bool) {
	for _, u := range h[code] {
		if u.InForce(on) {
			return u, true
		}
	}
	return Unit{}, false
}

// put enters u, which must not overlap another period of its code.
func (h history) put(u Unit) bool {
	for _, v := range h[u.Code] {
		if overlap(u, v) {
			return false
		}
	}
	i, _ := slices.BinarySearchFunc(h[u.Code], u, func(a, b Unit) int { return a.From.Compare(b.From) })
	h[u.Code] = slices.Insert(h[u.Code], i, u)
	return true
}

// end closes the period of code that began on from.
func (h history) end(code string, from, to worktime.Date) {
	for i := range h[code] {
		if h[code][i].From == from {
			h[code][i].To = to
		}
	}
}

func overlap(u, v Unit) bool {
	return (v.To.IsZero() || u.From.Before(v.To)) && (u.To.IsZero() || v.From.Before(u.To))
}

// above reports whether code stands above itself on a day: a circle.
func (h history) circular(code string, on worktime.Date) bool {
	seen := map[string]bool{}
	for u, ok := h.at(code, on); ok && u.Parent != ""; u, ok = h.at(u.Parent, on) {
		if seen[u.Code] {
			return true
		}
		seen[u.Code] = true
	}
	return false
}

// sortUnits orders units as people list them: by tier, then by code.
func sortUnits(units []Unit) {
	slices.SortFunc(units, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), a.From.Compare(b.From))
	})
}
