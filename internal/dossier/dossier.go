// Package dossier follows one application (hồ sơ thủ tục hành chính) from a
// citizen's draft to the result in their hands.
//
// The law it serves: the one-stop mechanism of NĐ 61/2018/NĐ-CP and TT
// 01/2018/TT-VPCP, and the measures of QĐ 766/QĐ-TTg. What an authority may do
// with a dossier, in which state and by whom, is the one table of [Acts]; it is
// drawn in docs/states/dossier.md. Every act leaves one event, and what the
// clock says is worked out from those events alone (see [Clock]).
//
// Four things about a dossier change each on its own: where the business
// stands ([State]), the money ([Money]), the delivery of the result
// ([Delivery]), and its agreement with the system that is its master ([Sync]).
package dossier

import (
	"embed"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of this package: states, acts, reasons, faults.
//
//go:embed messages
var Messages embed.FS

// ID names a dossier inside the house; people know it by its code.
type ID string

// Subject is the subject of the dossier's events.
func (id ID) Subject() string { return "dossier:" + string(id) }

// State is where the business of a dossier stands. Its name is the message
// "dossier.state.<state>".
type State string

// The states.
const (
	Draft             State = "draft"              // bản nháp của người nộp
	Filed             State = "filed"              // mới đăng ký, chờ tiếp nhận
	Received          State = "received"           // được tiếp nhận, chờ chuyển
	InProcessing      State = "in_processing"      // đang xử lý
	WaitingSupplement State = "waiting_supplement" // chờ bổ sung hồ sơ
	WaitingPayment    State = "waiting_payment"    // chờ thực hiện nghĩa vụ tài chính
	Proposed          State = "proposed"           // đã trình, chờ duyệt
	Approved          State = "approved"           // đã duyệt, chờ ký
	Signed            State = "signed"             // đã ký, chờ cấp số và đóng dấu
	Done              State = "done"               // đã xử lý xong, chờ trả kết quả
	Refused           State = "refused"            // từ chối giải quyết: a decision, to be handed over like any other
	Returned          State = "returned"           // đã trả kết quả
	NotReceived       State = "not_received"       // không được tiếp nhận (Mẫu 03)
	Withdrawn         State = "withdrawn"          // người nộp rút hồ sơ
	Stopped           State = "stopped"            // dừng giải quyết
)

// States lists every state, in the order a dossier usually meets them.
func States() []State {
	return []State{Draft, Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed, Done, Refused, Returned, NotReceived, Withdrawn, Stopped}
}

// open are the states in which the authority, or the applicant, still owes the
// dossier something before it is decided.
var open = []State{Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed}

// Open reports whether a dossier in s is not yet decided.
func (s State) Open() bool { return slices.Contains(open, s) }

// Final reports whether nothing can follow s.
func (s State) Final() bool {
	return s == Returned || s == NotReceived || s == Withdrawn || s == Stopped
}

// National is the code of s in the national exchange (trạng thái hồ sơ): 1 to 10,
// and 0 for a draft, which is not reported.
func (s State) National() int { return national[s] }

var national = map[State]int{
	Filed:             1, // Mới đăng ký
	Received:          2, // Được tiếp nhận
	NotReceived:       3, // Không được tiếp nhận
	InProcessing:      4, // Đang xử lý
	Proposed:          4,
	Approved:          4,
	Signed:            4,
	WaitingSupplement: 5,  // Yêu cầu bổ sung giấy tờ
	WaitingPayment:    6,  // Yêu cầu thực hiện nghĩa vụ tài chính
	Withdrawn:         7,  // Công dân yêu cầu rút hồ sơ
	Stopped:           8,  // Dừng xử lý
	Done:              9,  // Đã xử lý xong
	Refused:           9,  // a refusal on the merits is an answer
	Returned:          10, // Đã trả kết quả
}

// Level is how far along s is, for who follows a dossier by its code alone (TT
// 01/2018/TT-VPCP Điều 16.2.d): 0 to 4. Its name is "dossier.level.<level>".
func (s State) Level() int {
	switch s {
	case Draft:
		return 0
	case Filed:
		return 1
	case Done, Refused:
		return 3
	case Returned, NotReceived, Withdrawn, Stopped:
		return 4
	}
	return 2
}

// Channel is how an application came in (kênh thực hiện).
type Channel string

// The channels. [External] means that another system took it in and is its
// master.
const (
	Online   Channel = "online"   // trực tuyến
	Counter  Channel = "counter"  // trực tiếp
	Post     Channel = "post"     // bưu chính công ích
	External Channel = "external" // từ hệ thống khác
)

// Money is where the applicant's financial duty stands (nghĩa vụ tài chính).
type Money string

// The states of the money.
const (
	NoFee    Money = "none"     // không thu
	Quoted   Money = "quoted"   // đã tính, chưa yêu cầu nộp
	Due      Money = "due"      // đã yêu cầu nộp
	Paid     Money = "paid"     // đã nộp
	Refunded Money = "refunded" // đã hoàn trả
)

// Delivery is how the applicant wants the result (hình thức nhận kết quả).
type Delivery string

// The ways of delivery.
const (
	PickUp   Delivery = "pick_up" // tại Bộ phận một cửa
	ByPost   Delivery = "post"    // bưu chính công ích
	Download Delivery = "online"  // bản điện tử
)

// Sync is whether the master system has what we know (đồng bộ).
type Sync string

// The states of agreement. [Local] means that we are the master.
const (
	Local   Sync = "local"
	Pending Sync = "pending"
	Synced  Sync = "synced"
)

// Pause is why the clock stands still while a dossier is being worked on.
type Pause string

// The pauses, besides waiting for the applicant, which is a [State].
const (
	Consulting Pause = "consulting" // lấy ý kiến cơ quan khác
	Suspended  Pause = "suspended"  // tạm dừng vì lý do khác mà pháp luật cho phép
)

// Outcome is what the officer proposes and the leader signs.
type Outcome string

// The outcomes.
const (
	Grant  Outcome = "grant"  // đồng ý giải quyết
	Refuse Outcome = "refuse" // từ chối giải quyết
)

// Dossier is one application under one procedure version.
type Dossier struct {
	ID      ID
	Code    string // mã hồ sơ, given at filing; of an external dossier, its master's
	Version int64  // of what people act on; see [Copy]

	State    State
	Money    Money
	Delivery Delivery
	Sync     Sync

	AuthoritativeSystem string // [Here], or the name of the master system
	ExternalRef         string // its code there

	Procedure     procedure.ID   // version in force at filing, kept to the end
	ProcedureCode procedure.Code // the same procedure, whatever its version
	Case          string
	FormHash      string
	Answers       form.Answers
	Quote         procedure.Quote
	Charge        int64 // đồng to be paid
	Paid          int64 // đồng

	Channel       Channel
	Assisted      bool     // an officer filed it at the desk: never counted as self-service
	CreatedBy     actor.ID // account that filed it; the officer's if assisted
	Party         string   // the applicant (chủ hồ sơ)
	ApplicantKind procedure.ApplicantKind
	ApplicantName string // as of filing, for lists; the party holds the rest
	Summary       string // trích yếu

	ReceivingUnit string   // one-stop desk that took it in, and hands the result over
	HandlingUnit  string   // unit that appraises it
	DecidingUnit  string   // unit that signs
	Unit          string   // where it lies now
	Assignee      actor.ID // in whose hands; empty: the unit's tray
	Stage         int      // index in the stages of its case; -1 before reception
	Pause         Pause    // why the clock stands still in [InProcessing]; empty: it runs
	Supplement    string   // id of the request for papers that is proposed, or waited for

	Outcome    Outcome // proposed, and then decided
	Reason     string  // coded reason of a refusal, in whatever state it was refused
	Article    string  // the article of law it rests on
	Number     string  // số, ký hiệu of the result
	NumberedAt time.Time

	StartedAt        time.Time
	FiledAt          time.Time
	ReceivedAt       time.Time
	ForwardBy        time.Time // NĐ 61/2018/NĐ-CP Điều 18.2
	DueAt            time.Time // promised to the applicant; zero while the clock stands still without an end
	DecidedAt        time.Time // done, refused, or any other end
	HandedAt         time.Time // result handed over
	ApologyDraftedAt time.Time
	ApologyAt        time.Time
	Rating           int // 1 to 5; zero until rated

	revision int64     // of the row: guards every write
	dueOrder time.Time // DueAt, or the end of time
}

// Here is the [Dossier.AuthoritativeSystem] of a dossier we are the master of.
const Here = "motcua"

// Mastered reports whether another system is the dossier's master.
func (d *Dossier) Mastered() bool { return d.AuthoritativeSystem != Here }

// SupplementKind says when papers were asked for. Each kind has its own count.
type SupplementKind string

// The kinds of supplement requests.
const (
	AtReception  SupplementKind = "reception"  // khi tiếp nhận (NĐ 61/2018/NĐ-CP Điều 11.2.c): once
	OnAppraisal  SupplementKind = "appraisal"  // trả lại sau thẩm định, trong 3 ngày làm việc (Điều 19.4)
	InTheProcess SupplementKind = "processing" // trong quá trình giải quyết: a second one counts as overdue under QĐ 766
)

// Supplement is a request for papers (phiếu yêu cầu bổ sung, Mẫu 02). The
// officer proposes it; the one-stop desk alone sends it.
type Supplement struct {
	ID         string
	Kind       SupplementKind
	Items      []Item
	HeadReason string // the head's written reason for a second one
	ProposedBy actor.ID
	ProposedAt time.Time
	SentAt     time.Time
	AnsweredAt time.Time
	DroppedAt  time.Time // taken back before it was sent
}

// Item is one thing to put right: exactly one of Component and Field is set.
type Item struct {
	Component string `json:"component,omitempty"` // a paper of the procedure, never another (NĐ 61/2018/NĐ-CP Điều 5.1.đ)
	Field     string `json:"field,omitempty"`     // a question of the form
	Problem   string `json:"problem"`             // what is wrong
	Fix       string `json:"fix"`                 // how to put it right
}

// Attachment is one version of a file that came with a dossier. The bytes are
// kept elsewhere, under Blob.
type Attachment struct {
	ID         string
	Component  string // of the procedure; empty for a paper of the authority
	Version    int    // of this file: 1, and more when it is replaced
	Replaces   string // id of the version before
	Name       string
	Type       string // media type, by content
	Size       int64
	SHA256     string
	Blob       string
	By         actor.ID
	At         time.Time
	RemovedAt  time.Time
	Supplement string // id of the request it answers
	Current    bool   // neither removed nor replaced
}

// Note is free text that an act refers to by its id, so that it can be erased
// where the law says so.
type Note struct {
	ID   string
	By   actor.ID
	At   time.Time
	Text string
}

// Entry is one line of a dossier's timeline.
type Entry struct {
	Event string // id
	At    time.Time
	Actor actor.ID
	Unit  string
	Kind  string
	Fact  Fact
	Note  string // text the act refers to
}

// Fact is the data of every event of a dossier: references, codes and dates.
// What an act does not say stays out.
type Fact struct {
	Version    int64          `json:"v,omitempty"` // of the dossier after the act
	Code       string         `json:"code,omitempty"`
	State      State          `json:"state,omitempty"` // after the act
	Procedure  procedure.ID   `json:"procedure,omitempty"`
	Case       string         `json:"case,omitempty"`
	FormHash   string         `json:"form,omitempty"`
	AnswerHash string         `json:"answers,omitempty"`
	Channel    Channel        `json:"channel,omitempty"`
	Assisted   bool           `json:"assisted,omitempty"`
	Party      string         `json:"party,omitempty"`
	Stage      string         `json:"stage,omitempty"` // id in the procedure, after the act
	Unit       string         `json:"unit,omitempty"`  // where the dossier lies after the act
	Delivery   Delivery       `json:"delivery,omitempty"`
	Person     actor.ID       `json:"person,omitempty"`
	Pause      Pause          `json:"pause,omitempty"`
	Ground     string         `json:"ground,omitempty"`
	Outcome    Outcome        `json:"outcome,omitempty"`
	Reason     string         `json:"reason,omitempty"`
	Article    string         `json:"article,omitempty"`
	Supplement string         `json:"supplement,omitempty"`
	Kind       SupplementKind `json:"kind,omitempty"`
	Items      int            `json:"items,omitempty"`
	Amount     int64          `json:"amount,omitempty"`
	Number     string         `json:"number,omitempty"`
	Attachment string         `json:"attachment,omitempty"`
	SHA256     string         `json:"sha256,omitempty"`
	Until      worktime.Date  `json:"until,omitzero"` // new date of an apology
	Due        string         `json:"due,omitempty"`  // RFC 3339, as promised after the act
	Calendar   string         `json:"calendar,omitempty"`
	Rating     int            `json:"rating,omitempty"`
	System     string         `json:"system,omitempty"`
	Note       string         `json:"note,omitempty"` // id of a [Note]
}
