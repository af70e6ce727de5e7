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
	ActNotReceive            ActName = "not-receive"             // từ chối tiếp nhận (Mẫu 03)
	ActSupplementAtReception ActName = "supplement-at-reception" // yêu cầu bổ sung khi tiếp nhận (Mẫu 02)
	ActForward               ActName = "forward"                 // chuyển hồ sơ
	ActTakeOn                ActName = "take-on"                 // nhận xử lý
	ActAssign                ActName = "assign"                  // phân công
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
	ActWithdraw              ActName = "withdraw"                // rút hồ sơ
	ActStop                  ActName = "stop"                    // dừng giải quyết
	ActDraftApology          ActName = "draft-apology"           // soạn phiếu xin lỗi (Mẫu 04)
	ActIssueApology          ActName = "issue-apology"           // xin lỗi và hẹn lại (Mẫu 04)
	ActRate                  ActName = "rate"                    // đánh giá
	ActAddAttachment         ActName = "add-attachment"          // đính kèm
	ActRemoveAttachment      ActName = "remove-attachment"       // bỏ đính kèm
	ActNewSecret             ActName = "new-secret"              // cấp lại mã tra cứu
	ActCalendarChanged       ActName = "calendar-changed"        // lịch làm việc thay đổi
	ActMarkSynced            ActName = "mark-synced"             // đã đồng bộ
)

// place is the unit in which the actor's permission must hold.
type place uint8

const (
	atApplicant place = iota // no unit: the actor is, or represents, the applicant
	atReceiving
	atCurrent
	atHandling
	atDeciding
	bySystem
)

// who is one way of being allowed to act.
type who struct {
	permission actor.Permission
	place      place
}

// Act is one row of the table of lawful acts.
type Act struct {
	Name  ActName
	Event string  // kind of the event it leaves; never renamed
	From  []State // what is not here cannot happen; nil: it makes a new dossier
	To    []State // nil: the state stays
	who   []who
}

// Acts is the table of all lawful acts: what is not in it cannot happen.
func Acts() []Act { return acts }

var (
	byApplicant  = who{actor.FileDossier, atApplicant}
	byAssistant  = who{actor.AssistFiling, atApplicant}
	byDesk       = who{actor.ReceiveDossier, atReceiving}
	byOfficer    = who{actor.WorkDossier, atCurrent}
	byHead       = who{actor.AssignDossier, atCurrent}
	bySigner     = who{actor.SignDossier, atDeciding}
	byRecords    = who{actor.NumberDossier, atDeciding}
	byItself     = who{actor.Operate, bySystem}
	byIntegrator = who{actor.FileDossier, atReceiving}
)

var acts = []Act{
	{ActStart, "dossier.started", nil, []State{Draft}, []who{byApplicant, byAssistant}},
	{ActSaveAnswers, "", []State{Draft}, nil, []who{byApplicant, byAssistant}},
	{ActFile, "dossier.filed", []State{Draft}, []State{Filed}, []who{byApplicant, byAssistant}},
	{ActReceive, "dossier.received", []State{Filed}, []State{Received}, []who{byDesk}},
	{ActNotReceive, "dossier.not-received", []State{Filed}, []State{NotReceived}, []who{byDesk}},
	{ActSupplementAtReception, "dossier.supplement-requested", []State{Filed}, []State{WaitingSupplement}, []who{byDesk}},
	{ActForward, "dossier.forwarded", []State{Received}, []State{InProcessing}, []who{byDesk}},
	{ActTakeOn, "dossier.taken-on", []State{InProcessing}, nil, []who{byOfficer}},
	{ActAssign, "dossier.assigned", []State{InProcessing, Proposed}, nil, []who{byHead}},
	{ActHandOver, "dossier.handed-over", []State{InProcessing}, nil, []who{byOfficer}},
	{ActCompleteStage, "dossier.stage-completed", []State{InProcessing}, nil, []who{byOfficer}},
	{ActProposeSupplement, "dossier.supplement-proposed", []State{InProcessing}, nil, []who{byOfficer}},
	{ActReturnOnAppraisal, "dossier.return-proposed", []State{InProcessing}, nil, []who{byOfficer}},
	{ActDropSupplement, "dossier.supplement-dropped", []State{InProcessing}, nil, []who{byOfficer}},
	{ActRelaySupplement, "dossier.supplement-requested", []State{InProcessing}, []State{WaitingSupplement}, []who{byDesk}},
	{ActAnswerSupplement, "dossier.supplemented", []State{WaitingSupplement}, []State{Filed, InProcessing}, []who{byApplicant, byDesk}},
	{ActPause, "dossier.paused", []State{InProcessing}, nil, []who{byOfficer}},
	{ActResume, "dossier.resumed", []State{InProcessing}, nil, []who{byOfficer}},
	{ActRequestPayment, "dossier.payment-requested", []State{InProcessing}, []State{WaitingPayment}, []who{byOfficer}},
	{ActRecordPayment, "dossier.paid", []State{Filed, Received, InProcessing, WaitingPayment, Proposed, Approved, Signed, Done, Refused}, []State{InProcessing}, []who{byDesk}},
	{ActRecordRefund, "dossier.refunded", []State{NotReceived, Withdrawn, Stopped, Refused, Returned}, nil, []who{byDesk}},
	{ActPropose, "dossier.proposed", []State{InProcessing}, []State{Proposed}, []who{byOfficer}},
	{ActApprove, "dossier.approved", []State{Proposed}, []State{Approved}, []who{byHead}},
	{ActReturnForRework, "dossier.returned-for-rework", []State{Proposed, Approved}, []State{InProcessing}, []who{byHead, bySigner}},
	{ActSign, "dossier.signed", []State{Approved}, []State{Signed}, []who{bySigner}},
	{ActNumber, "dossier.numbered", []State{Signed}, nil, []who{byRecords}},
	{ActComplete, "dossier.completed", []State{Signed}, []State{Done, Refused}, []who{byRecords}},
	{ActHandOverResult, "dossier.returned", []State{Done, Refused}, []State{Returned}, []who{byDesk}},
	{ActWithdraw, "dossier.withdrawn", []State{Draft, Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved}, []State{Withdrawn}, []who{byApplicant, byDesk, byAssistant}},
	{ActStop, "dossier.stopped", []State{Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved}, []State{Stopped}, []who{byHead}},
	{ActDraftApology, "dossier.apology-drafted", []State{Received, InProcessing, Proposed, Approved, Signed}, nil, []who{byItself}},
	{ActIssueApology, "dossier.apology-issued", []State{Received, InProcessing, Proposed, Approved, Signed}, nil, []who{byHead, bySigner}},
	{ActRate, "dossier.rated", []State{Done, Refused, Returned, NotReceived, Stopped}, nil, []who{byApplicant}},
	{ActAddAttachment, "dossier.attached", []State{Draft, Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed}, nil, []who{byApplicant, byAssistant, byDesk, byOfficer, byRecords}},
	{ActRemoveAttachment, "dossier.detached", []State{Draft, WaitingSupplement}, nil, []who{byApplicant, byAssistant, byDesk}},
	{ActNewSecret, "dossier.secret-issued", []State{Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed, Done, Refused}, nil, []who{byApplicant, byDesk}},
	{ActCalendarChanged, "dossier.due-changed", []State{Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed}, nil, []who{byItself}},
	{ActMarkSynced, "dossier.synced", []State{Filed, Received, InProcessing, WaitingSupplement, WaitingPayment, Proposed, Approved, Signed, Done, Refused, Returned, NotReceived, Withdrawn, Stopped}, nil, []who{byIntegrator, byItself}},
}

// act returns the row of name.
func act(name ActName) Act {
	i := slices.IndexFunc(acts, func(a Act) bool { return a.Name == name })
	if i < 0 {
		panic("dossier: no act " + string(name))
	}
	return acts[i]
}
