// Package dossierapi lets programs do with dossiers (hồ sơ) what pages let
// people do: the JSON API under /api/v1, described at /api/openapi.json.
package dossierapi

import (
	"context"
	"embed"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Messages holds the words of the API's errors.
//
//go:embed messages/*.json
var Messages embed.FS

// Papers numbers and signs results. Package dossier provides it.
type Papers interface {
	SignResult(ctx context.Context, by actor.Actor, c dossier.Copy) (*dossier.Dossier, error)
	NumberResult(ctx context.Context, by actor.Actor, c dossier.Copy) (*dossier.Dossier, error)
}

// api is what the operations work with.
type api struct {
	dossiers   *dossier.Service
	procedures *procedure.Service
	uploads    *dossier.Uploads
	papers     Papers
}

// Add adds the operations, and returns the routes of what is not JSON:
// attachments as they were sent.
func Add(to *web.API, dossiers *dossier.Service, procedures *procedure.Service, uploads *dossier.Uploads, papers Papers) web.Routes {
	a := api{dossiers, procedures, uploads, papers}
	describe(to)
	web.Operation(to, actor.Public, operation("list-procedures", http.MethodGet, "/api/v1/procedures", "Find procedures"), a.listProcedures)
	web.Operation(to, actor.Public, operation("get-procedure", http.MethodGet, "/api/v1/procedures/{code}", "One procedure, as of a day"), a.getProcedure)
	file := operation("file-dossier", http.MethodPost, "/api/v1/dossiers", "File a dossier, or begin a draft")
	file.DefaultStatus = http.StatusCreated
	web.Operation(to, actor.SignedIn, file, a.file)
	web.Operation(to, actor.SignedIn, operation("list-dossiers", http.MethodGet, "/api/v1/dossiers", "Find dossiers"), a.list)
	web.Operation(to, actor.SignedIn, operation("get-dossier", http.MethodGet, "/api/v1/dossiers/{code}", "One dossier"), a.get)
	web.Operation(to, actor.SignedIn, operation("get-timeline", http.MethodGet, "/api/v1/dossiers/{code}/timeline", "What happened to a dossier"), a.timeline)
	web.Operation(to, actor.SignedIn, operation("get-clock", http.MethodGet, "/api/v1/dossiers/{code}/clock", "How a dossier's time is counted"), a.clock)
	web.Operation(to, actor.SignedIn, operation("act-on-dossier", http.MethodPost, "/api/v1/dossiers/{code}/actions/{action}", "Do a lawful act"), a.act)
	web.Operation(to, actor.SignedIn, operation("list-attachments", http.MethodGet, "/api/v1/dossiers/{code}/attachments", "The files of a dossier"), a.listAttachments)
	return web.Routes{
		{Pattern: "POST /api/v1/dossiers/{code}/attachments", Permission: actor.SignedIn, Handler: a.upload},
		{Pattern: "GET /api/v1/dossiers/{code}/attachments/{attachment}", Permission: actor.SignedIn, Handler: a.download},
	}
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: []int{401, 403, 404, 409, 422, 429}}
}

// describe adds to the description what huma cannot know: the routes that
// carry files.
func describe(to *web.API) {
	upload := operation("upload-attachment", http.MethodPost, "/api/v1/dossiers/{code}/attachments", "Send one file (multipart/form-data: component, version, file)")
	upload.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"file", "version"},
		Properties: map[string]*huma.Schema{
			"component": {Type: "string", Description: "id of the procedure's component"},
			"version":   {Type: "integer", Description: "version of the dossier as it was read"},
			"file":      {Type: "string", Format: "binary"},
		},
	}}}}
	upload.Responses = map[string]*huma.Response{"201": {Description: "kept, with its SHA-256"}}
	download := operation("download-attachment", http.MethodGet, "/api/v1/dossiers/{code}/attachments/{attachment}", "One file, as it was sent")
	download.Responses = map[string]*huma.Response{"200": {Description: "the bytes"}}
	for _, op := range []*huma.Operation{&upload, &download} {
		op.Security = []map[string][]string{{"token": {string(actor.SignedIn)}}}
		to.OpenAPI().AddOperation(op)
	}
}

// find returns the dossier that an address names: by its code, or a draft by
// its id.
func (a api) find(ctx context.Context, code string) (*dossier.Dossier, error) {
	by := actor.From(ctx)
	d, err := a.dossiers.ByCode(ctx, by, code)
	if errs.KindOf(err) == errs.NotFound {
		return a.dossiers.Get(ctx, by, dossier.ID(code))
	}
	return d, err
}

// byCode is the input of what only names a dossier.
type byCode struct {
	Code string `path:"code" doc:"Dossier code; of a draft, its id"`
}

// Dossier is a dossier as the API shows it.
type Dossier struct {
	ID                  string           `json:"id"`
	Code                string           `json:"code" doc:"Mã hồ sơ; empty until filed"`
	Version             int64            `json:"version" doc:"Send it back with an act: a stale one is refused"`
	State               string           `json:"state"`
	NationalStatus      int              `json:"national_status" doc:"Code of the national exchange, 1 to 10; 0 for a draft"`
	Money               string           `json:"money"`
	Delivery            string           `json:"delivery"`
	Sync                string           `json:"sync"`
	AuthoritativeSystem string           `json:"authoritative_system"`
	ExternalRef         string           `json:"external_ref,omitempty"`
	Procedure           string           `json:"procedure" doc:"Code of the procedure"`
	ProcedureVersion    string           `json:"procedure_version"`
	Case                string           `json:"case"`
	Channel             string           `json:"channel"`
	Assisted            bool             `json:"assisted" doc:"Filed by an officer for a person at the desk"`
	Applicant           string           `json:"applicant" doc:"Id of the party"`
	ApplicantName       string           `json:"applicant_name"`
	ApplicantKind       string           `json:"applicant_kind"`
	Summary             string           `json:"summary"`
	ReceivingUnit       string           `json:"receiving_unit"`
	HandlingUnit        string           `json:"handling_unit"`
	DecidingUnit        string           `json:"deciding_unit"`
	Unit                string           `json:"unit" doc:"Where it lies now"`
	Assignee            string           `json:"assignee,omitempty"`
	Outcome             string           `json:"outcome,omitempty"`
	Reason              string           `json:"reason,omitempty"`
	Article             string           `json:"article,omitempty"`
	Number              string           `json:"number,omitempty"`
	Supplement          string           `json:"supplement,omitempty"`
	FiledAt             *time.Time       `json:"filed_at,omitempty"`
	ReceivedAt          *time.Time       `json:"received_at,omitempty"`
	DueAt               *time.Time       `json:"due_at,omitempty" doc:"Absent while the clock stands still"`
	DecidedAt           *time.Time       `json:"decided_at,omitempty"`
	HandedAt            *time.Time       `json:"handed_at,omitempty"`
	Charge              int64            `json:"charge" doc:"Đồng"`
	Paid                int64            `json:"paid" doc:"Đồng"`
	Answers             form.Answers     `json:"answers,omitempty" doc:"Absent in lists"`
	Quote               *procedure.Quote `json:"quote,omitempty" doc:"Fees, computed once at filing"`
	Actions             []string         `json:"actions,omitempty" doc:"What the caller may do now; absent in lists"`
	Secret              string           `json:"secret,omitempty" doc:"Tracking secret, in the answer to the filing only"`
}

// show writes a dossier; whole adds what lists leave out.
func show(d *dossier.Dossier, whole bool) Dossier {
	out := Dossier{
		ID: string(d.ID), Code: d.Code, Version: d.Version, State: string(d.State), NationalStatus: d.State.National(),
		Money: string(d.Money), Delivery: string(d.Delivery), Sync: string(d.Sync),
		AuthoritativeSystem: d.AuthoritativeSystem, ExternalRef: d.ExternalRef,
		Procedure: string(d.ProcedureCode), ProcedureVersion: string(d.Procedure), Case: d.Case,
		Channel: string(d.Channel), Assisted: d.Assisted, Applicant: d.Party, ApplicantName: d.ApplicantName, ApplicantKind: string(d.ApplicantKind),
		Summary: d.Summary, ReceivingUnit: d.ReceivingUnit, HandlingUnit: d.HandlingUnit, DecidingUnit: d.DecidingUnit, Unit: d.Unit,
		Assignee: string(d.Assignee), Outcome: string(d.Outcome), Reason: d.Reason, Article: d.Article, Number: d.Number, Supplement: d.Supplement,
		FiledAt: moment(d.FiledAt), ReceivedAt: moment(d.ReceivedAt), DueAt: moment(d.DueAt), DecidedAt: moment(d.DecidedAt), HandedAt: moment(d.HandedAt),
		Charge: d.Charge, Paid: d.Paid,
	}
	if whole {
		out.Answers, out.Quote = d.Answers, &d.Quote
	}
	return out
}

// moment is t in Vietnamese time, or nothing.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(worktime.Zone)
	return &t
}

// one is the answer with one dossier.
type one struct {
	Body Dossier
}

// whole shows a dossier with what the caller may do with it.
func (a api) whole(ctx context.Context, d *dossier.Dossier) (*one, error) {
	acts, err := a.dossiers.Actions(ctx, actor.From(ctx), d)
	if err != nil {
		return nil, err
	}
	out := &one{show(d, true)}
	for _, name := range acts {
		out.Body.Actions = append(out.Body.Actions, string(name))
	}
	return out, nil
}

func (a api) get(ctx context.Context, in *byCode) (*one, error) {
	d, err := a.find(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	return a.whole(ctx, d)
}

// filing is the body of POST /api/v1/dossiers.
type filing struct {
	Body struct {
		Procedure     string          `json:"procedure" minLength:"1" maxLength:"60" doc:"Code of the procedure"`
		Applicant     string          `json:"applicant,omitempty" maxLength:"60" doc:"Id of the party; empty for the caller’s own"`
		ApplicantKind string          `json:"applicant_kind,omitempty" enum:"individual,household,organisation" default:"individual"`
		Channel       string          `json:"channel,omitempty" enum:"online,counter,post" doc:"Empty: online for a citizen, the counter for an officer"`
		ReceivingUnit string          `json:"receiving_unit,omitempty" maxLength:"60" doc:"One of those the procedure names; needed where there are several"`
		Summary       string          `json:"summary,omitempty" maxLength:"500"`
		Delivery      string          `json:"delivery,omitempty" enum:"pick_up,post,online" default:"pick_up"`
		Answers       json.RawMessage `json:"answers,omitempty" doc:"By the schema of the procedure’s form"`
		System        string          `json:"authoritative_system,omitempty" maxLength:"60" doc:"For a dossier mastered elsewhere: that system"`
		Ref           string          `json:"external_ref,omitempty" maxLength:"120" doc:"… and its code there"`
		Draft         bool            `json:"draft,omitempty" doc:"Begin a draft, to add files to before the act file"`
	}
}

func (a api) file(ctx context.Context, in *filing) (*one, error) {
	by := actor.From(ctx)
	answers := form.Answers{}
	if len(in.Body.Answers) > 0 {
		if err := json.Unmarshal(in.Body.Answers, &answers); err != nil {
			return nil, &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Fields: map[string]errs.Text{"answers": {Key: "api.error.answers"}}, Err: err}
		}
	}
	n := dossier.NewDossier{
		Procedure: procedure.Code(in.Body.Procedure), Party: in.Body.Applicant, ApplicantKind: procedure.ApplicantKind(in.Body.ApplicantKind),
		Channel: dossier.Channel(in.Body.Channel), ReceivingUnit: in.Body.ReceivingUnit, Summary: in.Body.Summary,
		Delivery: dossier.Delivery(in.Body.Delivery), Answers: answers, System: in.Body.System, Ref: in.Body.Ref,
	}
	if in.Body.Draft {
		d, err := a.dossiers.Start(ctx, by, n)
		if err != nil {
			return nil, err
		}
		return a.whole(ctx, d)
	}
	receipt, err := a.dossiers.FileAtOnce(ctx, by, n, dossier.Filing{Key: web.Key(ctx)})
	if err != nil {
		return nil, err
	}
	out := &one{show(receipt.Dossier, true)}
	out.Body.Secret = receipt.Secret
	return out, nil
}

// search is the query of GET /api/v1/dossiers.
type search struct {
	View      string   `query:"view" enum:"all,own,mine,unit,due-today,overdue" default:"all"`
	State     []string `query:"state" maxItems:"15"`
	Procedure string   `query:"procedure" maxLength:"60"`
	Unit      string   `query:"unit" maxLength:"60" doc:"Lying there now"`
	Text      string   `query:"q" maxLength:"200" doc:"A code, or the beginning of a word of the name or the summary"`
	From      string   `query:"from" format:"date" doc:"Filed on or after"`
	To        string   `query:"to" format:"date" doc:"Filed before"`
	After     string   `query:"after" maxLength:"500" doc:"Cursor: next of the page before"`
	Limit     int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// page is a part of a list.
type page struct {
	Body struct {
		Items []Dossier `json:"items"`
		Next  string    `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
	}
}

func (a api) list(ctx context.Context, in *search) (*page, error) {
	q := dossier.Query{View: dossier.View(in.View), Procedure: procedure.Code(in.Procedure), Unit: in.Unit, Text: in.Text, After: in.After, Limit: in.Limit}
	if in.View == "all" {
		q.View = dossier.All
	}
	for _, s := range in.State {
		q.States = append(q.States, dossier.State(s))
	}
	var faults errs.Fields
	q.From, q.To = day(&faults, "from", in.From), day(&faults, "to", in.To)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	found, err := a.dossiers.List(ctx, actor.From(ctx), q)
	if err != nil {
		return nil, err
	}
	out := &page{}
	out.Body.Items = make([]Dossier, 0, len(found.Dossiers))
	for i := range found.Dossiers {
		out.Body.Items = append(out.Body.Items, show(&found.Dossiers[i], false))
	}
	out.Body.Next = found.Next
	return out, nil
}

// day reads an optional date of a query.
func day(faults *errs.Fields, name, s string) worktime.Date {
	if s == "" {
		return worktime.Date{}
	}
	d, err := worktime.ParseDate(s)
	if err != nil {
		faults.Add(name, "api.error.date", nil)
	}
	return d
}
