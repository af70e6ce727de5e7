// Package procedure is the catalogue of administrative procedures (danh mục thủ
// tục hành chính): what each asks for, how long it takes, what it costs, who
// decides, and on which law that rests.
//
// A procedure is known by its code and a day. What was in force on that day is
// one [Version]: immutable and hashed once published, so that a dossier can be
// handled to its end under the version it was filed under. Its parts are the
// eight of NĐ 63/2010/NĐ-CP Điều 8.2, and each names the source it was taken
// from and how sure we are of it.
//
// # Periods
//
// Versions of a procedure follow one another without overlap: publishing one
// from a day closes the one before on that day, half-open. A mistake found on
// the same day, or before the version begins, is corrected by publishing again
// from that day: the correction has the next revision number, and the mistaken
// version keeps an empty period, in force on no day but still there for the
// dossiers filed under it. A version cannot begin before the newest one does.
package procedure

import (
	"embed"
	"maps"
	"slices"
	"strconv"

	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package: the names of its values, and what
// the linter says.
//
//go:embed messages/*.json
var Messages embed.FS

// Code is a procedure's code in the national database (mã thủ tục), such as
// 1.012784. It outlives its versions.
type Code string

// ID names one version: its code, first day and revision, as in
// 1.012784~2022-01-01.1.
type ID string

// Text is said in both languages.
type Text struct {
	Vi string `yaml:"vi" json:"vi"`
	En string `yaml:"en,omitempty" json:"en,omitempty"`
}

// In returns the text in lang, or in Vietnamese where there is no other.
func (t Text) In(lang i18n.Lang) string {
	if lang == i18n.En && t.En != "" {
		return t.En
	}
	return t.Vi
}

// IsZero reports whether nothing is said.
func (t Text) IsZero() bool { return t == Text{} }

// Definition is what an official writes about a procedure: one YAML file.
// Whatever has Cases holds in those cases only, and in all when it names none.
type Definition struct {
	Code       Code            `yaml:"code" json:"code"`
	Name       Text            `yaml:"name" json:"name"`                                   // as in the decision that announced it
	Plain      Text            `yaml:"plain_name" json:"plain_name"`                       // as people say it
	Summary    Text            `yaml:"summary" json:"summary"`                             // who needs it and what for, in two sentences
	Keywords   []string        `yaml:"keywords,omitempty" json:"keywords,omitempty"`       // other words people search by, in either language
	Field      Field           `yaml:"field" json:"field"`                                 // lĩnh vực
	Sample     bool            `yaml:"sample,omitempty" json:"sample,omitempty"`           // sample data, not compared with the legal texts; the page says so
	Sources    []Source        `yaml:"sources" json:"sources"`                             // where the facts below were taken from
	Legal      []Basis         `yaml:"legal_basis" json:"legal_basis"`                     // căn cứ pháp lý
	Applicants []ApplicantKind `yaml:"applicants" json:"applicants"`                       // đối tượng thực hiện
	ByProxy    bool            `yaml:"by_representative" json:"by_representative"`         // a representative or an authorised person may file
	Conditions []Condition     `yaml:"conditions,omitempty" json:"conditions,omitempty"`   // yêu cầu, điều kiện
	Units      []UnitRole      `yaml:"units,omitempty" json:"units,omitempty"`             // units that the answers choose
	Receives   []string        `yaml:"receives" json:"receives"`                           // unit codes or roles: where papers are handed in
	Decides    string          `yaml:"decides" json:"decides"`                             // unit code or role: who signs the result
	Channels   []Channel       `yaml:"channels" json:"channels"`                           // cách thức thực hiện
	Online     []OnlineLevel   `yaml:"online,omitempty" json:"online,omitempty"`           // mức độ dịch vụ công trực tuyến
	OnlineOnly *OnlineDuty     `yaml:"online_only,omitempty" json:"online_only,omitempty"` // who should file online, and whether they must
	Priority   *Priority       `yaml:"online_priority,omitempty" json:"online_priority,omitempty"`
	Cases      []Case          `yaml:"cases" json:"cases"`           // trường hợp; at least one
	Components []Component     `yaml:"components" json:"components"` // thành phần hồ sơ
	Stages     []Stage         `yaml:"stages" json:"stages"`         // trình tự thực hiện, in order
	Fees       []Fee           `yaml:"fees" json:"fees"`             // phí, lệ phí; empty when nothing is charged
	Results    []Result        `yaml:"results" json:"results"`       // kết quả
	Sheets     form.Sheets     `yaml:"form" json:"form"`             // mẫu đơn, tờ khai: the cells of its XLSForm
}

// Field is the branch of administration a procedure belongs to (lĩnh vực).
type Field struct {
	Code string `yaml:"code" json:"code"`
	Name Text   `yaml:"name" json:"name"`
}

// Confidence says how well a fact is attested.
type Confidence string

// The degrees of confidence, best first.
const (
	Verified   Confidence = "verified"   // read in the legal text
	Secondary  Confidence = "secondary"  // read in a portal or a paper about it
	Unverified Confidence = "unverified" // general knowledge, to be checked
	Assumed    Confidence = "assumed"    // chosen for the demonstration; no source
)

// Confidences lists every degree, best first.
func Confidences() []Confidence { return []Confidence{Verified, Secondary, Unverified, Assumed} }

// Source is where facts were taken from.
type Source struct {
	ID         string     `yaml:"id" json:"id"`
	Title      Text       `yaml:"title" json:"title"`
	Confidence Confidence `yaml:"confidence" json:"confidence"`
}

// Basis is one article that the procedure rests on (căn cứ pháp lý).
type Basis struct {
	Document string `yaml:"document" json:"document"` // number and symbol: 99/2022/NĐ-CP
	Title    Text   `yaml:"title" json:"title"`
	Article  string `yaml:"article,omitempty" json:"article,omitempty"` // Điều 16
	Source   string `yaml:"source" json:"source"`
}

// Condition is something that must be so for the application to be granted
// (yêu cầu, điều kiện).
type Condition struct {
	Text   Text   `yaml:"text" json:"text"`
	Source string `yaml:"source" json:"source"`
}

// ApplicantKind says who applies, for eligibility and fees.
type ApplicantKind string

// The kinds of applicants.
const (
	Individual   ApplicantKind = "individual"   // cá nhân
	Household    ApplicantKind = "household"    // hộ gia đình
	Organisation ApplicantKind = "organisation" // tổ chức, doanh nghiệp
)

// ApplicantKinds lists every kind, in the order people read them.
func ApplicantKinds() []ApplicantKind { return []ApplicantKind{Individual, Household, Organisation} }

// Channel is how an application comes in (cách thức nộp hồ sơ, NĐ 61/2018/NĐ-CP
// Điều 16).
type Channel string

// The channels.
const (
	Counter Channel = "counter" // trực tiếp
	Post    Channel = "post"    // bưu chính công ích
	Online  Channel = "online"  // trực tuyến
)

// Channels lists every channel, in the order people read them.
func Channels() []Channel { return []Channel{Counter, Post, Online} }

// UnitRole stands for a unit that the answers choose: the branch competent for
// the district the parcel lies in.
type UnitRole struct {
	ID    string            `yaml:"id" json:"id"`
	Name  Text              `yaml:"name" json:"name"`
	By    string            `yaml:"by" json:"by"`       // a question of the form
	Among map[string]string `yaml:"among" json:"among"` // its answer → unit code
}

// Level is what a citizen can do online: 3 and 4 of NĐ 43/2011/NĐ-CP until 23
// June 2022, partial and full of NĐ 42/2022/NĐ-CP since.
type Level string

// The levels.
const (
	Level3  Level = "3"       // nộp trực tuyến, trả phí và nhận kết quả trực tiếp
	Level4  Level = "4"       // trả phí trực tuyến
	Partial Level = "partial" // một phần
	Full    Level = "full"    // toàn trình
)

// Levels lists every level, the older ones first.
func Levels() []Level { return []Level{Level3, Level4, Partial, Full} }

// levelsRenamed is the day NĐ 42/2022/NĐ-CP came into force.
var levelsRenamed = worktime.NewDate(2022, 6, 24)

// OnlineLevel is the level in a period, [From, To); an empty end is open.
type OnlineLevel struct {
	Level  Level         `yaml:"level" json:"level"`
	From   worktime.Date `yaml:"from,omitempty" json:"from,omitzero"`
	To     worktime.Date `yaml:"to,omitempty" json:"to,omitzero"`
	Source string        `yaml:"source" json:"source"`
}

// OnlineDuty says who should file online. It binds only with the number of the
// decision that ordered it, and from and to the days it names; until then it
// advises, and no paper is refused.
type OnlineDuty struct {
	Applicants []ApplicantKind `yaml:"applicants" json:"applicants"`
	Decision   string          `yaml:"decision,omitempty" json:"decision,omitempty"` // số quyết định
	From       worktime.Date   `yaml:"from,omitempty" json:"from,omitzero"`
	To         worktime.Date   `yaml:"to,omitempty" json:"to,omitzero"`
	Exceptions []Text          `yaml:"exceptions,omitempty" json:"exceptions,omitempty"`
	Source     string          `yaml:"source" json:"source"`
}

// Priority is what an applicant gains by filing online (ưu tiên hồ sơ trực
// tuyến). The shorter times themselves stand with cases and stages.
type Priority struct {
	First  bool   `yaml:"first" json:"first"` // taken up before papers of the same day
	Text   Text   `yaml:"text" json:"text"`
	Source string `yaml:"source" json:"source"`
}

// Term is an amount of time (thời hạn) as a version states it.
type Term struct {
	Amount int            `yaml:"amount" json:"amount"`
	Unit   worktime.Unit  `yaml:"unit" json:"unit"`
	CutOff worktime.Clock `yaml:"cut_off,omitempty" json:"cut_off,omitzero"`
}

// Worktime returns the term as the calendar counts it.
func (t Term) Worktime() worktime.Term {
	return worktime.Term{Amount: t.Amount, Unit: t.Unit, CutOff: t.CutOff}
}

// Text says the term in words.
func (t Term) Text() errs.Text {
	switch {
	case t.Amount > 0:
		return errs.Text{Key: "procedure.term." + string(t.Unit), Args: errs.Args{"count": t.Amount}}
	case t.CutOff != 0:
		return errs.Text{Key: "procedure.term.same-day-cutoff", Args: errs.Args{"cutoff": t.CutOff}}
	}
	return errs.Text{Key: "procedure.term.same-day"}
}

// Case is one situation a procedure covers (trường hợp), with its own time.
type Case struct {
	ID          string `yaml:"id" json:"id"`
	Name        Text   `yaml:"name" json:"name"`
	Help        Text   `yaml:"help,omitempty" json:"help,omitzero"`
	Relevant    string `yaml:"relevant,omitempty" json:"relevant,omitempty"` // rule over the answers; the first case that holds is the dossier's
	Total       Term   `yaml:"total" json:"total"`                           // thời hạn giải quyết, as announced
	OnlineTotal *Term  `yaml:"online_total,omitempty" json:"online_total,omitempty"`
	Revised     *Term  `yaml:"after_supplement,omitempty" json:"after_supplement,omitempty"` // announced for what is left once papers were corrected
	Note        Text   `yaml:"note,omitempty" json:"note,omitzero"`                          // what the total does not count
	Source      string `yaml:"source" json:"source"`
}

// Copy says in which form a paper is handed in.
type Copy string

// The forms of a paper.
const (
	Original  Copy = "original"  // bản chính
	Certified Copy = "certified" // bản sao chứng thực
	Plain     Copy = "copy"      // bản sao, xuất trình bản chính để đối chiếu
)

// Copies lists every form of a paper.
func Copies() []Copy { return []Copy{Original, Certified, Plain} }

// Component is one paper of the application (thành phần hồ sơ). The list is
// closed: an officer may not ask for more (NĐ 61/2018/NĐ-CP Điều 5.1.đ).
type Component struct {
	ID       string   `yaml:"id" json:"id"`
	Name     Text     `yaml:"name" json:"name"`
	Help     Text     `yaml:"help" json:"help"`
	Copy     Copy     `yaml:"copy" json:"copy"`
	Count    int      `yaml:"count" json:"count"` // how many
	Required bool     `yaml:"required" json:"required"`
	Relevant string   `yaml:"relevant,omitempty" json:"relevant,omitempty"` // rule over the answers; asked for only where it holds
	Cases    []string `yaml:"cases,omitempty" json:"cases,omitempty"`
	Template string   `yaml:"template,omitempty" json:"template,omitempty"`   // number of the printed form: Mẫu số 09/ĐK
	FromForm bool     `yaml:"from_form,omitempty" json:"from_form,omitempty"` // made from the answers, nothing to upload
	Reuse    []string `yaml:"reuse,omitempty" json:"reuse,omitempty"`         // results already in our hands that serve instead; see [Result.ID]
	Photo    bool     `yaml:"photo,omitempty" json:"photo,omitempty"`         // a photograph of the paper will do online
	Source   string   `yaml:"source" json:"source"`
}

// Step says what happens in a stage.
type Step string

// The steps.
const (
	Reception     Step = "reception"      // tiếp nhận
	Appraisal     Step = "appraisal"      // thẩm định
	Consultation  Step = "consultation"   // lấy ý kiến
	Verification  Step = "verification"   // kiểm tra thực địa
	Publication   Step = "publication"    // niêm yết công khai
	FinancialDuty Step = "financial_duty" // xác định nghĩa vụ tài chính
	Registration  Step = "registration"   // ghi vào sổ, chỉnh lý
	Decision      Step = "decision"       // ký, quyết định
	Issue         Step = "issue"          // cấp số, đóng dấu
	Return        Step = "return"         // trả kết quả
)

// Steps lists every step, in the order they usually come.
func Steps() []Step {
	return []Step{Reception, Appraisal, Consultation, Verification, Publication, FinancialDuty, Registration, Decision, Issue, Return}
}

// Start is the event from which a stage is counted.
type Start string

// The starts.
const (
	AtReceipt    Start = "received"     // the desk has received the application
	AtPrevious   Start = "previous"     // the stage before has ended
	AtForwarding Start = "forwarded"    // the papers have reached the unit
	AtPayment    Start = "paid"         // the applicant has met the financial duty
	AtSupplement Start = "supplemented" // the papers asked for have come in
)

// Starts lists every start.
func Starts() []Start { return []Start{AtReceipt, AtPrevious, AtForwarding, AtPayment, AtSupplement} }

// Ground is why the clock may stand still in a stage.
type Ground string

// The grounds.
const (
	WaitSupplement   Ground = "supplement"   // chờ bổ sung hồ sơ
	WaitPayment      Ground = "payment"      // chờ nộp nghĩa vụ tài chính
	WaitTax          Ground = "tax"          // chờ cơ quan thuế
	WaitConsultation Ground = "consultation" // chờ ý kiến cơ quan khác
	WaitVerification Ground = "verification" // kiểm tra thực địa
	WaitPublication  Ground = "publication"  // niêm yết
)

// Grounds lists every ground.
func Grounds() []Ground {
	return []Ground{WaitSupplement, WaitPayment, WaitTax, WaitConsultation, WaitVerification, WaitPublication}
}

// Pause is a ground on which a stage's clock stands still, with the article
// that allows it.
type Pause struct {
	Ground Ground `yaml:"ground" json:"ground"`
	Basis  string `yaml:"basis" json:"basis"`
}

// Reset says what a supplement does to the clock.
type Reset string

// The rules.
const (
	Restart Reset = "restart" // tính lại từ đầu (NĐ 61/2018/NĐ-CP Điều 19.4)
	Resume  Reset = "resume"  // tính tiếp, trừ thời gian bổ sung
)

// Stage is one step of the way (bước), in the hands of one unit.
type Stage struct {
	ID         string   `yaml:"id" json:"id"`
	Name       Text     `yaml:"name" json:"name"`
	Unit       string   `yaml:"unit" json:"unit"` // unit code or role
	Step       Step     `yaml:"step" json:"step"`
	Term       Term     `yaml:"term" json:"term"`
	OnlineTerm *Term    `yaml:"online_term,omitempty" json:"online_term,omitempty"`           // for what came in online
	Revised    *Term    `yaml:"after_supplement,omitempty" json:"after_supplement,omitempty"` // another amount once papers were corrected
	Starts     Start    `yaml:"starts" json:"starts"`
	Pauses     []Pause  `yaml:"pauses,omitempty" json:"pauses,omitempty"`
	Reset      Reset    `yaml:"reset" json:"reset"`
	Uncounted  bool     `yaml:"uncounted,omitempty" json:"uncounted,omitempty"` // its time is not part of the announced total
	Cases      []string `yaml:"cases,omitempty" json:"cases,omitempty"`
	Source     string   `yaml:"source" json:"source"`
}

// TermFor returns the stage's time for an application that came by ch.
func (s Stage) TermFor(ch Channel) Term {
	if ch == Online && s.OnlineTerm != nil {
		return *s.OnlineTerm
	}
	return s.Term
}

// TermRevised returns the stage's time once papers were corrected.
func (s Stage) TermRevised() Term {
	if s.Revised != nil {
		return *s.Revised
	}
	return s.Term
}

// TotalFor returns the case's announced time for an application that came by ch.
func (c Case) TotalFor(ch Channel) Term {
	if ch == Online && c.OnlineTotal != nil {
		return *c.OnlineTotal
	}
	return c.Total
}

// Result is what the applicant receives (kết quả).
type Result struct {
	ID       string   `yaml:"id" json:"id"` // named by [Component.Reuse] of other procedures
	Name     Text     `yaml:"name" json:"name"`
	Kind     string   `yaml:"kind" json:"kind"`                             // one of [ResultKinds]
	Template string   `yaml:"template,omitempty" json:"template,omitempty"` // the document that is printed and signed
	Validity string   `yaml:"validity,omitempty" json:"validity,omitempty"` // ISO 8601 period of one unit, P10Y; empty: without end, or as the decision says
	Cases    []string `yaml:"cases,omitempty" json:"cases,omitempty"`
	Source   string   `yaml:"source" json:"source"`
}

// Period says the validity in words; the zero Text when it has no end.
func (r Result) Period() errs.Text {
	if len(r.Validity) < 3 {
		return errs.Text{}
	}
	unit := map[byte]string{'Y': "years", 'M': "months", 'D': "days"}[r.Validity[len(r.Validity)-1]]
	n, err := strconv.Atoi(r.Validity[1 : len(r.Validity)-1])
	if unit == "" || err != nil {
		return errs.Text{}
	}
	return errs.Text{Key: "procedure.period." + unit, Args: errs.Args{"count": n}}
}

// ResultKinds lists what a result can be: certificate (giấy chứng nhận), licence
// (giấy phép), decision (quyết định), confirmation (văn bản xác nhận), copy (bản
// sao, trích lục).
func ResultKinds() []string {
	return []string{"certificate", "licence", "decision", "confirmation", "copy"}
}

// in reports whether something limited to cases holds in one of them.
func in(cases []string, id string) bool { return len(cases) == 0 || slices.Contains(cases, id) }

// Case returns the case called id.
func (d *Definition) Case(id string) (Case, bool) {
	i := slices.IndexFunc(d.Cases, func(c Case) bool { return c.ID == id })
	if i < 0 {
		return Case{}, false
	}
	return d.Cases[i], true
}

// ComponentsOf returns the papers of a case, whatever their rules say.
func (d *Definition) ComponentsOf(caseID string) []Component {
	return filter(d.Components, func(c Component) bool { return in(c.Cases, caseID) })
}

// StagesOf returns the stages of a case, in order.
func (d *Definition) StagesOf(caseID string) []Stage {
	return filter(d.Stages, func(s Stage) bool { return in(s.Cases, caseID) })
}

// ResultsOf returns the results of a case.
func (d *Definition) ResultsOf(caseID string) []Result {
	return filter(d.Results, func(r Result) bool { return in(r.Cases, caseID) })
}

func filter[T any](all []T, keep func(T) bool) []T {
	var some []T
	for _, one := range all {
		if keep(one) {
			some = append(some, one)
		}
	}
	return some
}

// Role returns the unit role called id.
func (d *Definition) Role(id string) (UnitRole, bool) {
	i := slices.IndexFunc(d.Units, func(u UnitRole) bool { return u.ID == id })
	if i < 0 {
		return UnitRole{}, false
	}
	return d.Units[i], true
}

// Unit returns the code of the unit meant by ref, a code or a role, given the
// answers. It reports false when the answer that chooses it is missing.
func (d *Definition) Unit(ref string, answer func(question string) string) (string, bool) {
	role, ok := d.Role(ref)
	if !ok {
		return ref, true
	}
	code, ok := role.Among[answer(role.By)]
	return code, ok
}

// UnitCodes returns every unit the procedure may pass through, sorted.
func (d *Definition) UnitCodes() []string {
	refs := append(slices.Clone(d.Receives), d.Decides)
	for _, s := range d.Stages {
		refs = append(refs, s.Unit)
	}
	var codes []string
	for _, ref := range refs {
		if role, ok := d.Role(ref); ok {
			codes = slices.AppendSeq(codes, maps.Values(role.Among))
		} else {
			codes = append(codes, ref)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// LevelOn returns the online level on a day, and "" when there is none.
func (d *Definition) LevelOn(on worktime.Date) Level {
	for _, l := range d.Online {
		if !on.Before(l.From) && (l.To.IsZero() || on.Before(l.To)) {
			return l.Level
		}
	}
	return ""
}

// MustFileOnline says whether an applicant of that kind is bound, or only
// advised, to file online on a day. Paper is refused only when bound.
func (d *Definition) MustFileOnline(kind ApplicantKind, on worktime.Date) (bound, advised bool) {
	o := d.OnlineOnly
	if o == nil || !slices.Contains(o.Applicants, kind) {
		return false, false
	}
	if o.Decision != "" && !o.From.IsZero() && !on.Before(o.From) && (o.To.IsZero() || on.Before(o.To)) {
		return true, false
	}
	return false, true
}

// Source returns the source called id; the zero Source when there is none.
func (d *Definition) Source(id string) Source {
	for _, s := range d.Sources {
		if s.ID == id {
			return s
		}
	}
	return Source{}
}
