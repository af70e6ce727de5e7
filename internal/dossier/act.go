package dossier

import (
	"slices"

	"github.com/motcua/motcua/internal/actor"
)

// ActName names a lawful act, in addresses and messages ("dossier.act.<name>").
type ActName string

// The acts.
const (
	ActStart                 ActName = "start"                   // lập bản nháp
	ActSaveAnswers           ActName = "save-answers"            // lưu tờ khai
	ActFile                  ActName = "file"                    // nộp hồ sơ
	ActReceive               ActName = "receive"                 // tiếp nhận (Mẫu 01)
	ActSupplementAtReception ActName = "supplement-at-reception" // yêu cầu bổ sung khi tiếp nhận (Mẫu 02)
	ActNotReceive            ActName = "not-receive"             // từ chối tiếp nhận (Mẫu 03)
	ActForward               ActName = "forward"                 // chuyển hồ sơ
	ActTakeOn                ActName = "take-on"                 // nhận xử lý
	ActAssign                ActName = "assign"                  // phân công, phân công lại
	ActHandOver              ActName = "hand-over"               // bàn giao cho người khác
	ActCompleteStage         ActName = "complete-stage"          // chuyển bước
	ActProposeSupplement     ActName = "propose-supplement"      // đề nghị yêu cầu bổ sung
	ActReturnOnAppraisal     ActName = "return-on-appraisal"     // đề nghị trả lại sau thẩm định
	ActDropSupplement        ActName = "drop-supplement"         // rút đề nghị bổ sung
	ActRelaySupplement       ActName = "relay-supplement"        // gửi yêu cầu bổ sung (Mẫu 02)
	ActAnswerSupplement      ActName = "answer-supplement"       // nộp bổ sung
	ActPause                 ActName = "pause"                   // tạm dừng tính thời hạn
	ActResume                ActName = "resume"                  // tính tiếp thời hạn
	ActRequestPayment        ActName = "request-payment"         // yêu cầu nộp tiền
	ActRecordPayment         ActName = "record-payment"          // ghi nhận đã nộp tiền
	ActRecordRefund          ActName = "record-refund"           // ghi nhận đã hoàn tiền
	ActPropose               ActName = "propose"                 // trình kết quả
	ActApprove               ActName = "approve"                 // duyệt
	ActReturnForRework       ActName = "return-for-rework"       // trả lại để làm lại
	ActSign                  ActName = "sign"                    // ký
	ActNumber                ActName = "number"                  // cấp số, đóng dấu
	ActComplete              ActName = "complete"                // hoàn thành
	ActHandOverResult        ActName = "hand-over-result"        // trả kết quả
	ActIssueApology          ActName = "issue-apology"           // xin lỗi và hẹn lại (Mẫu 04)
	ActStop                  ActName = "stop"                    // dừng giải quyết
	ActWithdraw              ActName = "withdraw"                // rút hồ sơ
	ActRate                  ActName = "rate"                    // đánh giá
	ActAddAttachment         ActName = "add-attachment"          // đính kèm
	ActRemoveAttachment      ActName = "remove-attachment"       // bỏ đính kèm
	ActNewSecret             ActName = "new-secret"              // cấp lại mã tra cứu
	ActMarkSynced            ActName = "mark-synced"             // đã đồng bộ
	ActDraftApology          ActName = "draft-apology"           // soạn phiếu xin lỗi (Mẫu 04)
	ActRecount               ActName = "recount"                 // tính lại thời hạn
)

// Act is one row of the table of lawful acts.
type Act struct {
	Name  ActName
	Event string  // kind of the event it leaves, never renamed; empty: it leaves none
	From  []State // nil: it makes a new dossier
	To    []State // nil: the state stays

	who  []who
	when func(*Dossier) bool // what else must be so; nil: nothing

	// A quiet act changes nothing that others decide on: it may be done on a
	// stale copy, and makes no copy stale.
	quiet bool
}

// who is one way of being allowed to act: a permission, and where it must hold.
type who struct {
	permission actor.Permission
	place      place
}

// place says in which unit.
type place uint8

const (
	forApplicant place = iota // no unit: the actor is, or represents, the applicant, or made the draft
	atDesk                    // the receiving unit
	whereItLies
	byTheHouse // the system itself
)

var (
	applicant = who{actor.FileDossier, forApplicant}
	assistant = who{actor.AssistFiling, forApplicant}
	desk      = who{actor.ReceiveDossier, atDesk}
	officer   = who{actor.WorkDossier, whereItLies}
	head      = who{actor.AssignDossier, whereItLies}
	signer    = who{actor.SignDossier, whereItLies}
	records   = who{actor.NumberDossier, whereItLies}
	partner   = who{actor.FileDossier, atDesk}
	house     = who{"", byTheHouse}
)

var (
	undecided = []State{Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed}
	inTerm    = undecided[1:] // received and not decided
	running   = []State{Received, InProcessing, Proposed, Approved, Signed}
)

// acts is the table of lawful moves. What is not in it cannot happen.
var acts = []Act{
	{Name: ActStart, Event: "dossier.started", To: []State{Draft}, who: []who{applicant, assistant}},
	{Name: ActSaveAnswers, From: []State{Draft}, who: []who{applicant, assistant}},
	{Name: ActFile, Event: "dossier.filed", From: []State{Draft}, To: []State{Filed}, who: []who{applicant, assistant}},

	{Name: ActReceive, Event: "dossier.received", From: []State{Filed}, To: []State{Received}, who: []who{desk}},
	{Name: ActSupplementAtReception, Event: "dossier.supplement-requested", From: []State{Filed}, To: []State{WaitingSupplement}, who: []who{desk}},
	{Name: ActNotReceive, Event: "dossier.not-received", From: []State{Filed}, To: []State{NotReceived}, who: []who{desk}},
	{Name: ActForward, Event: "dossier.forwarded", From: []State{Received}, To: []State{InProcessing}, who: []who{desk}},

	{Name: ActTakeOn, Event: "dossier.taken-on", From: []State{InProcessing}, who: []who{officer}, when: func(d *Dossier) bool { return d.Assignee == "" }},
	{Name: ActAssign, Event: "dossier.assigned", From: []State{InProcessing}, who: []who{head}},
	{Name: ActHandOver, Event: "dossier.handed-over", From: []State{InProcessing}, who: []who{officer}, when: func(d *Dossier) bool { return d.Assignee != "" }},
	{Name: ActCompleteStage, Event: "dossier.stage-completed", From: []State{InProcessing}, who: []who{officer}, when: unpaused},

	{Name: ActProposeSupplement, Event: "dossier.supplement-proposed", From: []State{InProcessing}, who: []who{officer}, when: func(d *Dossier) bool { return d.Supplement == "" && unpaused(d) }},
	{Name: ActReturnOnAppraisal, Event: "dossier.return-proposed", From: []State{InProcessing}, who: []who{officer}, when: func(d *Dossier) bool { return d.Supplement == "" && unpaused(d) }},
	{Name: ActDropSupplement, Event: "dossier.supplement-dropped", From: []State{InProcessing}, who: []who{officer}, when: asked},
	{Name: ActRelaySupplement, Event: "dossier.supplement-requested", From: []State{InProcessing}, To: []State{WaitingSupplement}, who: []who{desk}, when: func(d *Dossier) bool { return asked(d) && unpaused(d) }},
	{Name: ActAnswerSupplement, Event: "dossier.supplemented", From: []State{WaitingSupplement}, To: []State{Filed, InProcessing}, who: []who{applicant, desk}},

	{Name: ActPause, Event: "dossier.paused", From: []State{InProcessing}, who: []who{officer}, when: unpaused},
	{Name: ActResume, Event: "dossier.resumed", From: []State{InProcessing}, who: []who{officer}, when: func(d *Dossier) bool { return d.Pause != "" }},

	{Name: ActRequestPayment, Event: "dossier.payment-requested", From: []State{InProcessing}, To: []State{WaitingPayment}, who: []who{officer}, when: func(d *Dossier) bool { return d.Money != Paid && unpaused(d) }},
	{Name: ActRecordPayment, Event: "dossier.paid", From: []State{Filed, Received, InProcessing, WaitingPayment, Proposed, Approved, Signed, Done, Refused}, To: []State{InProcessing}, who: []who{desk}, when: func(d *Dossier) bool { return d.Money == Quoted || d.Money == Due }},
	{Name: ActRecordRefund, Event: "dossier.refunded", From: []State{NotReceived, Withdrawn, Stopped, Refused, Returned}, who: []who{desk}, when: func(d *Dossier) bool { return d.Money == Paid }},

	{Name: ActPropose, Event: "dossier.proposed", From: []State{InProcessing}, To: []State{Proposed}, who: []who{officer}, when: unpaused},
	{Name: ActApprove, Event: "dossier.approved", From: []State{Proposed}, To: []State{Approved}, who: []who{head}},
	{Name: ActReturnForRework, Event: "dossier.returned-for-rework", From: []State{Proposed, Approved}, To: []State{InProcessing}, who: []who{head, signer}},
	{Name: ActSign, Event: "dossier.signed", From: []State{Approved}, To: []State{Signed}, who: []who{signer}},
	{Name: ActNumber, Event: "dossier.numbered", From: []State{Signed}, who: []who{records}, when: func(d *Dossier) bool { return d.Number == "" }},
	{Name: ActComplete, Event: "dossier.completed", From: []State{Signed}, To: []State{Done, Refused}, who: []who{records}, when: func(d *Dossier) bool { return d.Number != "" }},
	{Name: ActHandOverResult, Event: "dossier.returned", From: []State{Done, Refused}, To: []State{Returned}, who: []who{desk}, when: func(d *Dossier) bool { return d.Money != Due }},

	{Name: ActIssueApology, Event: "dossier.apology-issued", From: running, who: []who{head, signer}, when: func(d *Dossier) bool { return d.ApologyAt.IsZero() && !d.DueAt.IsZero() }},
	{Name: ActStop, Event: "dossier.stopped", From: inTerm[:len(inTerm)-1], To: []State{Stopped}, who: []who{head}},
	{Name: ActWithdraw, Event: "dossier.withdrawn", From: append([]State{Draft}, undecided[:len(undecided)-1]...), To: []State{Withdrawn}, who: []who{applicant, assistant, desk}},
	{Name: ActRate, Event: "dossier.rated", From: []State{Done, Refused, Returned, NotReceived, Stopped}, who: []who{applicant}, when: func(d *Dossier) bool { return d.Rating == 0 }, quiet: true},

	{Name: ActAddAttachment, Event: "dossier.attached", From: append([]State{Draft}, undecided...), who: []who{applicant, assistant, desk, officer, records}, quiet: true},
	{Name: ActRemoveAttachment, Event: "dossier.detached", From: []State{Draft, WaitingSupplement}, who: []who{applicant, assistant, desk}, quiet: true},
	{Name: ActNewSecret, Event: "dossier.secret-issued", From: append(slices.Clone(undecided), Done, Refused), who: []who{applicant, desk}, quiet: true},
	{Name: ActMarkSynced, Event: "dossier.synced", From: append(slices.Clone(undecided), Done, Refused, Returned, NotReceived, Withdrawn, Stopped), who: []who{partner, house}, when: func(d *Dossier) bool { return d.Sync == Pending }, quiet: true},

	{Name: ActDraftApology, Event: "dossier.apology-drafted", From: running, who: []who{house}, when: func(d *Dossier) bool { return d.ApologyDraftedAt.IsZero() && d.ApologyAt.IsZero() }, quiet: true},
	{Name: ActRecount, Event: "dossier.due-changed", From: inTerm, who: []who{house}, quiet: true},
}

func unpaused(d *Dossier) bool { return d.Pause == "" }
func asked(d *Dossier) bool    { return d.Supplement != "" }

// Acts lists every lawful act, in the order in which people look for them.
func Acts() []Act { return slices.Clone(acts) }

// act returns the row of name.
func act(name ActName) Act {
	i := slices.IndexFunc(acts, func(a Act) bool { return a.Name == name })
	if i < 0 {
		panic("dossier: no act " + string(name))
	}
	return acts[i]
}

// possible reports whether the act can be done with d as it stands, by whomever.
func (a Act) possible(d *Dossier) bool {
	return slices.Contains(a.From, d.State) && (a.when == nil || a.when(d))
}

// allows reports whether by may do the act with d, and for which unit. Their own
// are the parties that a citizen is or represents.
//
// A dossier in somebody's hands is worked on by that person, or by the head.
func (a Act) allows(by actor.Actor, own []string, d *Dossier) (unit string, ok bool) {
	for _, w := range a.who {
		switch w.place {
		case forApplicant:
			mine := d.CreatedBy == by.ID && (d.State == Draft || !by.Staff()) || w == applicant && slices.Contains(own, d.Party)
			if by.Can(w.permission) && mine {
				return "", true
			}
		case atDesk:
			if by.CanIn(w.permission, d.ReceivingUnit) {
				return d.ReceivingUnit, true
			}
		case whereItLies:
			if !by.CanIn(w.permission, d.Unit) {
				continue
			}
			if w == officer && d.Assignee != "" && d.Assignee != by.ID && !by.CanIn(head.permission, d.Unit) {
				continue
			}
			return d.Unit, true
		case byTheHouse:
			if by.ID == actor.SystemID {
				return "", true
			}
		}
	}
	return "", false
}
