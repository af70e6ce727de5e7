package dossier_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/rule"
	"github.com/motcua/motcua/internal/worktime"
)

// The units of the licence's procedure.
const (
	deskUnit   = "so-tnmt.mot-cua"
	waterUnit  = "so-tnmt.tnn"
	leaderUnit = "so-tnmt"
	sealUnit   = "so-tnmt.vp"
	otherUnit  = "so-tnmt.khoang-san"
)

func staff(id string, role actor.Role, unit string) actor.Actor {
	return actor.Actor{ID: actor.ID(id), Unit: unit, Grants: []actor.Grant{{Role: role, Unit: unit, Units: []string{unit}}}}
}

func citizen(id, party string) actor.Actor {
	return actor.Actor{ID: actor.ID(id), Party: party, Grants: []actor.Grant{{Role: actor.Citizen, Units: []string{""}}}}
}

// The people of the tests.
var (
	an       = citizen("an", "p-an")
	binh     = citizen("binh", "p-binh")
	mai      = staff("mai", actor.OneStopOfficer, deskUnit)
	cuong    = staff("cuong", actor.CaseOfficer, waterUnit)
	cuc      = staff("cuc", actor.CaseOfficer, waterUnit)
	hung     = staff("hung", actor.UnitHead, waterUnit)
	lan      = staff("lan", actor.Leader, leaderUnit)
	thu      = staff("thu", actor.RecordsOfficer, sealUnit)
	stranger = staff("khanh", actor.CaseOfficer, otherUnit)
	admin    = actor.Actor{ID: "quan", Grants: []actor.Grant{{Role: actor.Administrator, Units: []string{""}}}}
	machine  = actor.Actor{ID: "cong-dvc", Grants: []actor.Grant{{Role: actor.Integration, Units: []string{deskUnit}}}}
)

// everybody knows all parties; linh may act for An.
type everybody struct{}

func (everybody) Name(_ context.Context, party string) (string, error) {
	return map[string]string{"p-an": "Nguyễn Văn An", "p-binh": "Trần Thị Bình", "p-linh": "Đỗ Linh"}[party], nil
}

func (everybody) Represented(_ context.Context, party string, _ worktime.Date) ([]string, error) {
	if party == "p-linh" {
		return []string{"p-an"}, nil
	}
	return nil, nil
}

type allUnits struct{}

func (allUnits) Get(_ context.Context, code string, _ worktime.Date) (orgunit.Unit, error) {
	return orgunit.Unit{Code: code}, nil
}

// calendars gives a calendar that tests may change.
type calendars struct{ worktime.Calendar }

func (c *calendars) Current(context.Context) (worktime.Calendar, error) { return c.Calendar, nil }

// world is a department with one procedure.
type world struct {
	*dossier.Service
	t         testing.TB
	db        *db.DB
	events    *event.Spine
	procedure *procedure.Version
	calendars *calendars

	mu  sync.Mutex
	now time.Time // guarded by mu
}

func at(s string) time.Time {
	t, err := worktime.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

func date(s string) worktime.Date {
	d, err := worktime.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, calendars: &calendars{worktime.Vietnam}, now: at("2022-07-04T08:00")}
	w.events = event.New(d, nil, nil, w.clock)
	catalogue := procedure.NewService(d, w.events, allUnits{}, w.clock)
	file, err := os.ReadFile("../demo/catalogue/gia-han-nuoc-duoi-dat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	editor := actor.Actor{ID: "ha", Grants: []actor.Grant{{Role: actor.CatalogueEditor, Units: []string{""}}}}
	if w.procedure, err = catalogue.Publish(t.Context(), editor, file, date("2022-01-01")); err != nil {
		t.Fatal(err)
	}
	w.Service = dossier.NewService(d, w.events, catalogue, w.calendars, everybody{}, w.clock)
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond) // no two moments are one
	return w.now
}

func (w *world) set(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at(s)
}

// must fails the test on an error.
func (w *world) must(d *dossier.Dossier, err error) *dossier.Dossier {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return d
}

func answers() form.Answers {
	return form.Answers{
		"yeu_cau": rule.OfText("gia_han"), "so_giay_phep": rule.OfText("45/GP-STNMT"), "ngay_cap": rule.OfText("2019-10-01"), "ngay_het_han": rule.OfText("2022-12-01"),
		"so_gieng": rule.OfInt(2), "luu_luong": rule.OfInt(120), "do_sau": rule.OfInt(60), "muc_dich": rule.OfText("san_xuat"),
		"huyen": rule.OfText("vung-tau"), "dia_diem": rule.OfText("Phường 11, sau chợ"), "cam_ket": rule.OfBool(true),
	}
}

func (w *world) application() dossier.NewDossier {
	return dossier.NewDossier{Procedure: w.procedure.Code, ApplicantKind: procedure.Individual, Answers: answers(), Summary: "Gia hạn giếng xưởng nước đá"}
}

// file files an application of An's.
func (w *world) file() *dossier.Dossier {
	w.t.Helper()
	r, err := w.FileAtOnce(w.t.Context(), an, w.application(), dossier.Filing{})
	return w.must(r.Dossier, err)
}

// receive files and receives one.
func (w *world) receive() *dossier.Dossier {
	w.t.Helper()
	return w.must(w.Receive(w.t.Context(), mai, w.file().Copy()))
}

// process brings one into Cường's hands.
func (w *world) process() *dossier.Dossier {
	w.t.Helper()
	d := w.must(w.Forward(w.t.Context(), mai, w.receive().Copy()))
	return w.must(w.TakeOn(w.t.Context(), cuong, d.Copy()))
}

func items() []dossier.Item {
	return []dossier.Item{{Component: "bao-cao", Problem: "Thiếu bảng quan trắc mực nước", Fix: "Bổ sung số liệu 12 tháng gần nhất"}}
}

func ground(reason string) dossier.Ground {
	return dossier.Ground{Reason: reason, Article: "201/2013/NĐ-CP Điều 22", Text: "Chưa đủ điều kiện theo quy định"}
}

func paper(component string) dossier.NewAttachment {
	return dossier.NewAttachment{Component: component, Name: component + ".pdf", Type: "application/pdf", Size: 10, SHA256: strings.Repeat("ab", 32), Blob: "sha256/ab"}
}

// at brings a new dossier into a state.
func (w *world) in(s dossier.State) *dossier.Dossier {
	w.t.Helper()
	ctx := w.t.Context()
	switch s {
	case dossier.Draft:
		return w.must(w.Start(ctx, an, w.application()))
	case dossier.Filed:
		return w.file()
	case dossier.Received:
		return w.receive()
	case dossier.InProcessing:
		return w.process()
	case dossier.WaitingSupplement:
		d := w.must(w.ProposeSupplement(ctx, cuong, w.process().Copy(), items(), ""))
		return w.must(w.RelaySupplement(ctx, mai, d.Copy(), d.Supplement))
	case dossier.WaitingPayment:
		return w.must(w.RequestPayment(ctx, cuong, w.process().Copy(), 0, ""))
	case dossier.Proposed:
		return w.must(w.Propose(ctx, cuong, w.process().Copy(), dossier.Proposal{Outcome: dossier.Grant}))
	case dossier.Approved:
		return w.must(w.Approve(ctx, hung, w.in(dossier.Proposed).Copy(), ""))
	case dossier.Signed:
		return w.must(w.Sign(ctx, lan, w.in(dossier.Approved).Copy()))
	case dossier.Done:
		d := w.must(w.IssueNumber(ctx, thu, w.in(dossier.Signed).Copy(), "GP-STNMT"))
		return w.must(w.Complete(ctx, thu, d.Copy()))
	case dossier.Refused:
		d := w.must(w.Propose(ctx, cuong, w.process().Copy(), dossier.Proposal{Outcome: dossier.Refuse, Ground: ground("conditions-not-met")}))
		d = w.must(w.Approve(ctx, hung, d.Copy(), ""))
		d = w.must(w.Sign(ctx, lan, d.Copy()))
		d = w.must(w.IssueNumber(ctx, thu, d.Copy(), ""))
		return w.must(w.Complete(ctx, thu, d.Copy()))
	case dossier.Returned:
		return w.must(w.HandOverResult(ctx, mai, w.in(dossier.Done).Copy(), ""))
	case dossier.NotReceived:
		return w.must(w.NotReceive(ctx, mai, w.file().Copy(), ground("not-competent")))
	case dossier.Withdrawn:
		return w.must(w.Withdraw(ctx, an, w.file().Copy(), ""))
	case dossier.Stopped:
		return w.must(w.Stop(ctx, hung, w.process().Copy(), ground("no-answer")))
	}
	w.t.Fatalf("no way into %s", s)
	return nil
}

func kind(t testing.TB, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want kind %d", what, err, want)
	}
}
