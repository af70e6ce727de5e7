package dossierapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
)

// procedureQuery is the query of GET /api/v1/procedures.
type procedureQuery struct {
	Words     string `query:"q" maxLength:"200" doc:"Plain words, with or without accents"`
	Field     string `query:"field" maxLength:"60"`
	Applicant string `query:"applicant" enum:"individual,household,organisation"`
	On        string `query:"on" format:"date" doc:"As of this day; today by default"`
	After     string `query:"after" maxLength:"500"`
	Limit     int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// Summary is a procedure in a list.
type Summary struct {
	Code    string         `json:"code"`
	Version string         `json:"version"`
	Name    procedure.Text `json:"name"`
	Plain   procedure.Text `json:"plain_name"`
	Field   string         `json:"field"`
	From    string         `json:"valid_from"`
	To      string         `json:"valid_to,omitempty"`
	Hash    string         `json:"hash"`
	Sample  bool           `json:"sample" doc:"Sample data, not compared with the legal texts"`
}

type procedures struct {
	Body struct {
		Items []Summary `json:"items"`
		Next  string    `json:"next,omitempty"`
	}
}

func summarise(v *procedure.Version) Summary {
	s := Summary{Code: string(v.Code), Version: string(v.ID), Name: v.Name, Plain: v.Plain, Field: v.Field.Code, From: v.From.String(), Hash: v.Hash, Sample: v.Sample}
	if !v.To.IsZero() {
		s.To = v.To.String()
	}
	return s
}

func (a api) listProcedures(ctx context.Context, in *procedureQuery) (*procedures, error) {
	f := procedure.Filter{Words: in.Words, Field: in.Field, Applicant: procedure.ApplicantKind(in.Applicant), After: in.After, Limit: in.Limit}
	var faults errs.Fields
	if f.On = day(&faults, "on", in.On); faults.Err() != nil {
		return nil, faults.Err()
	}
	found, err := a.procedures.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &procedures{}
	out.Body.Items = make([]Summary, 0, len(found.Versions))
	for _, v := range found.Versions {
		out.Body.Items = append(out.Body.Items, summarise(v))
	}
	out.Body.Next = found.Next
	return out, nil
}

// procedureInput names a procedure and a day.
type procedureInput struct {
	Code string `path:"code" maxLength:"60"`
	On   string `query:"on" format:"date" doc:"As of this day; today by default"`
}

// Procedure is one procedure, whole: its definition as published, and the
// contract of its form's answers.
type Procedure struct {
	Summary
	Definition json.RawMessage `json:"definition" doc:"As published; its hash is over these bytes"`
	Answers    json.RawMessage `json:"answers_schema" doc:"JSON Schema 2020-12 of the answers"`
}

type procedureOutput struct {
	Body Procedure
}

func (a api) getProcedure(ctx context.Context, in *procedureInput) (*procedureOutput, error) {
	var faults errs.Fields
	on := day(&faults, "on", in.On)
	if faults.Err() != nil {
		return nil, faults.Err()
	}
	if on.IsZero() {
		on = a.procedures.Today()
	}
	v, err := a.procedures.AsOf(ctx, procedure.Code(in.Code), on)
	if err != nil {
		return nil, err
	}
	document, _, err := v.Canonical()
	if err != nil {
		return nil, err
	}
	return &procedureOutput{Procedure{summarise(v), document, v.Form.JSONSchema("en")}}, nil
}

// Entry is one line of a timeline.
type Entry struct {
	Event string       `json:"event"`
	At    time.Time    `json:"at"`
	Actor string       `json:"actor"`
	Unit  string       `json:"unit,omitempty"`
	Kind  string       `json:"kind"`
	Fact  dossier.Fact `json:"fact"`
	Note  string       `json:"note,omitempty"`
}

type timeline struct {
	Body struct {
		Items []Entry `json:"items"`
	}
}

func (a api) timeline(ctx context.Context, in *byCode) (*timeline, error) {
	d, err := a.find(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	entries, err := a.dossiers.Timeline(ctx, actor.From(ctx), d.ID)
	if err != nil {
		return nil, err
	}
	out := &timeline{}
	out.Body.Items = make([]Entry, 0, len(entries))
	for _, e := range entries {
		out.Body.Items = append(out.Body.Items, Entry{e.Event, *moment(e.At), string(e.Actor), e.Unit, e.Kind, e.Fact, e.Note})
	}
	return out, nil
}

// Interval is a stretch of a dossier's time.
type Interval struct {
	Kind   string     `json:"kind"`
	Stage  string     `json:"stage"`
	Unit   string     `json:"unit"`
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to,omitempty" doc:"Absent while it lasts"`
	Ground string     `json:"ground,omitempty"`
}

// Clock is a dossier's time under every rule that applies.
type Clock struct {
	Due          *time.Time `json:"due,omitempty" doc:"Promised to the applicant"`
	Restart      *time.Time `json:"due_nd61,omitempty" doc:"NĐ 61/2018 Đ.19.4: a supplement starts the time anew"`
	Subtract     *time.Time `json:"due_qd766,omitempty" doc:"QĐ 766: what stood still is subtracted"`
	Verdict      string     `json:"verdict_nd61"`
	Under766     string     `json:"verdict_qd766"`
	GrossMinutes int        `json:"gross_minutes" doc:"Office minutes since reception"`
	NetMinutes   int        `json:"net_minutes" doc:"… less what stood still"`
	Intervals    []Interval `json:"intervals"`
}

type clockOutput struct {
	Body Clock
}

func (a api) clock(ctx context.Context, in *byCode) (*clockOutput, error) {
	d, err := a.find(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	c, err := a.dossiers.Clock(ctx, actor.From(ctx), d.ID)
	if err != nil {
		return nil, err
	}
	out := &clockOutput{Clock{
		Due: moment(c.Due), Restart: moment(c.Lawful), Subtract: moment(c.Subtract),
		Verdict: string(c.Verdict), Under766: string(c.Under766), GrossMinutes: c.Gross, NetMinutes: c.Net, Intervals: []Interval{},
	}}
	for _, i := range c.Intervals {
		out.Body.Intervals = append(out.Body.Intervals, Interval{string(i.Kind), i.Stage, i.Unit, *moment(i.From), moment(i.To), string(i.Ground)})
	}
	return out, nil
}
