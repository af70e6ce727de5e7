package officeweb

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// deed is how one act of the law is asked for, and done, on the dossier's page.
type deed struct {
	final  bool // cannot be undone: said before the button
	danger bool // to the applicant's loss: a red button
	ask    func(*asking) ([]widget, error)
	do     func(*doing) (*dossier.Dossier, error)
}

// widget is one thing of an act's form; one field of it is set.
type widget struct {
	Input    *web.Input
	Textarea *web.Textarea
	Select   *web.Choice
	Radios   *web.Choice
	Date     *web.DateInput
	Upload   *web.Upload
	Parts    []formweb.Part
	Items    []itemRow
	Requests []request
	Text     string
}

// itemRow is one line of what is asked of the applicant.
type itemRow struct {
	N            int
	What         web.Choice
	Problem, Fix web.Input
}

// asked is an act's form.
type asked struct {
	Name, Title, Action, Button string
	Version                     int64
	Final, Danger, Multipart    bool
	Widgets                     []widget
	Summary                     []web.Fault
	More                        bool // another line of items may be asked for

	lost []web.Fault // faults of nothing on the form
}

// asking is what a form is made from.
type asking struct {
	handlers
	r    *http.Request
	s    *subject
	form web.Form
}

func (a *asking) say(key string, args ...any) string { return a.view.T(a.r, key, args...) }

func (a *asking) options(prefix string, values ...string) []web.Option {
	var all []web.Option
	for _, v := range values {
		all = append(all, web.Option{Value: v, Label: a.say(prefix + v)})
	}
	return all
}

func (a *asking) text(name string, optional bool) widget {
	t := a.form.Textarea(name, a.say("office.ask."+dashed(name)))
	t.Rows, t.Optional = 3, optional
	return widget{Textarea: &t}
}

func (a *asking) input(name string, optional bool) widget {
	i := a.form.Input(name, a.say("office.ask."+dashed(name))).Wide(20)
	i.Optional = optional
	return widget{Input: &i}
}

func (a *asking) radios(name, prefix string, values ...string) widget {
	c := a.form.Choice(name, a.say("office.ask."+dashed(name)), a.options(prefix, values...))
	return widget{Radios: &c}
}

// dashed is the name of a field as message keys write it.
func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

// ground asks for a coded reason, its article, and words for the applicant.
func (a *asking) ground(act dossier.ActName) []widget {
	options := []web.Option{{Label: a.say("office.choose")}}
	for _, reason := range dossier.Reasons(act) {
		label := a.say("dossier.reason." + reason.Code)
		if reason.Article != "" {
			label += " (" + reason.Article + ")"
		}
		options = append(options, web.Option{Value: reason.Code, Label: label})
	}
	reason := a.form.Choice("reason", a.say("office.ask.reason"), options)
	article := a.form.Input("article", a.say("office.ask.article"), a.say("office.ask.article.hint"))
	text := a.form.Textarea("text", a.say("office.ask.text"), a.say("office.ask.text.hint"))
	text.Rows = 3
	return []widget{{Select: &reason}, {Input: &article}, {Textarea: &text}}
}

// person asks to whom the dossier goes.
func (a *asking) person(none string) ([]widget, error) {
	people, err := a.colleagues(a.r, a.s.Unit)
	people = slices.DeleteFunc(people, func(o web.Option) bool { return o.Value == string(a.s.Assignee) })
	c := a.form.Choice("person", a.say("office.ask.person"), append([]web.Option{{Label: a.say(none)}}, people...))
	return []widget{{Select: &c}}, err
}

const (
	fewItems  = 3 // lines to begin with
	mostItems = 30
)

func itemField(i int, part string) string { return fmt.Sprintf("items.%d.%s", i, part) }

// itemRows returns how many lines a form had.
func itemRows(values url.Values) int {
	n := 0
	for n < mostItems && values.Has(itemField(n, "what")) {
		n++
	}
	return n
}

// items asks what is wrong and how to put it right: of the papers of the
// procedure and the questions of its form, and of nothing else.
func (a *asking) items() widget {
	lang := web.LangOf(a.r)
	options := []web.Option{{Label: a.say("office.choose")}}
	for _, c := range a.s.version.ComponentsOf(a.s.Case) {
		options = append(options, web.Option{Value: "paper:" + c.ID, Label: a.say("office.ask.item.paper", "name", c.Name.In(lang))})
	}
	for _, f := range a.s.version.Form.Fields {
		if f.Asked() && !f.ReadOnly {
			options = append(options, web.Option{Value: "field:" + f.Name, Label: a.say("office.ask.item.field", "name", f.Label.In(string(lang)))})
		}
	}
	n := max(fewItems, itemRows(a.form.Values))
	if a.form.Values.Has("more") {
		n = min(n+fewItems, mostItems)
	}
	var w widget
	for i := range n {
		what := a.form.Choice(itemField(i, "what"), a.say("office.ask.item.what"), options)
		w.Items = append(w.Items, itemRow{i + 1, what, a.form.Input(itemField(i, "problem"), a.say("office.ask.item.problem")), a.form.Input(itemField(i, "fix"), a.say("office.ask.item.fix"))})
	}
	return w
}

// ask returns the form of an act, with what was typed and what is wrong with it.
func (h handlers) ask(r *http.Request, s *subject, name dossier.ActName, typed url.Values, faults errs.Fields) (*asked, error) {
	d := deeds[name]
	if typed == nil {
		typed = r.URL.Query()
	}
	if f, ok := faults["items"]; ok {
		faults = errs.Fields{itemField(0, "what"): f}
	}
	a := &asking{h, r, s, web.NewForm(typed, faults)}
	open := &asked{
		Name: string(name), Title: a.say("dossier.act." + string(name)), Button: a.say("dossier.act." + string(name)), Version: s.Version,
		Action: page(s.ID) + "/acts/" + string(name), Final: d.final, Danger: d.danger,
	}
	var err error
	if d.ask != nil {
		if open.Widgets, err = d.ask(a); err != nil {
			return nil, err
		}
	}
	ids := map[string]bool{}
	for _, w := range open.Widgets {
		open.Multipart = open.Multipart || w.Upload != nil
		open.More = open.More || len(w.Items) > 0
		w.ids(ids)
	}
	for _, f := range a.form.Summary() {
		if ids[f.ID] {
			open.Summary = append(open.Summary, f)
		} else {
			open.lost = append(open.lost, f)
		}
	}
	return open, nil
}

// ids notes the ids to which an error summary may lead.
func (w widget) ids(ids map[string]bool) {
	switch {
	case w.Input != nil:
		ids[w.Input.ID] = true
	case w.Textarea != nil:
		ids[w.Textarea.ID] = true
	case w.Select != nil:
		ids[w.Select.ID] = true
	case w.Radios != nil:
		ids[w.Radios.ID] = true
	case w.Date != nil:
		ids[w.Date.ID] = true
	case w.Upload != nil:
		ids[w.Upload.ID] = true
	}
	for _, i := range w.Items {
		ids[i.What.ID], ids[i.Problem.ID], ids[i.Fix.ID] = true, true, true
	}
	for _, p := range w.Parts {
		widget{Input: p.Input, Textarea: p.Textarea, Select: p.Select, Radios: p.Radios, Date: p.Date}.ids(ids)
		if p.Checkboxes != nil {
			ids[p.Checkboxes.ID] = true
		}
	}
}

// doing is an act being done.
type doing struct {
	handlers
	r    *http.Request
	by   actor.Actor
	seen dossier.Copy
	s    *subject
}

func (d *doing) get(name string) string { return strings.TrimSpace(d.r.PostForm.Get(name)) }

func (d *doing) ground() dossier.Ground {
	return dossier.Ground{Reason: d.get("reason"), Article: d.get("article"), Text: d.get("text")}
}

// items reads the lines that were filled in.
func (d *doing) items() []dossier.Item {
	var items []dossier.Item
	for i := range itemRows(d.r.PostForm) {
		one := dossier.Item{Problem: d.get(itemField(i, "problem")), Fix: d.get(itemField(i, "fix"))}
		kind, name, _ := strings.Cut(d.get(itemField(i, "what")), ":")
		switch kind {
		case "paper":
			one.Component = name
		case "field":
			one.Field = name
		}
		if one != (dossier.Item{}) {
			items = append(items, one)
		}
	}
	return items
}

// amount reads a sum in đồng, however its thousands are marked.
func (d *doing) amount() (int64, error) {
	digits := strings.NewReplacer(".", "", ",", "", " ", "", "\u00a0", "").Replace(d.get("amount"))
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.Field("amount", "dossier.error.amount", nil)
	}
	return n, nil
}

// date reads a day in three boxes.
func (d *doing) date(name string) (worktime.Date, error) {
	day, err := worktime.ParseDate(web.TypedDate(d.r.PostForm, name))
	if err != nil {
		return day, errs.Field(name, "office.error.date", nil)
	}
	return day, nil
}

// colleague reads a person and makes sure that they work where the dossier lies.
func (d *doing) colleague() (actor.ID, error) {
	person := actor.ID(d.get("person"))
	if person == "" {
		return "", nil
	}
	ok, err := d.worksIn(d.r.Context(), person, d.s.Unit)
	if err == nil && !ok {
		err = errs.Field("person", "office.assign.other-unit", nil)
	}
	return person, err
}

// upload keeps the files of a field, each for itself.
func (d *doing) upload(field, component string) error {
	if d.r.MultipartForm == nil {
		return nil
	}
	for _, head := range d.r.MultipartForm.File[field] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		f, err := head.Open()
		if err != nil {
			return err
		}
		_, err = d.Uploads.Put(d.r.Context(), d.by, d.seen, component, head.Filename, f)
		f.Close()
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.Invalid {
			return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err, Fields: errs.Fields{field: {Key: "office.error.file", Args: errs.Args{"name": head.Filename, "why": d.view.T(d.r, e.Msg, map[string]any(e.Args))}}}}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// upload asks for files.
func (a *asking) upload(field, label string) widget {
	u := a.form.Upload(field, label, "", accepted, nil, a.say("office.ask.files.hint", "megabytes", a.Uploads.Limits().File>>20))
	return widget{Upload: &u}
}

// accepted are the kinds of files taken, as a browser's dialogue is told.
const accepted = ".pdf,.jpg,.jpeg,.png,.heic,.docx,.xlsx"

// noted is an act that takes one text.
func noted(name string, optional bool) func(*asking) ([]widget, error) {
	return func(a *asking) ([]widget, error) { return []widget{a.text(name, optional)}, nil }
}

// deeds are the acts that officials do on the page of a dossier. Whether one may
// be done is the service's to say.
var deeds = map[dossier.ActName]deed{
	dossier.ActReceive: {do: func(d *doing) (*dossier.Dossier, error) { return d.Dossiers.Receive(d.r.Context(), d.by, d.seen) }},
	dossier.ActNotReceive: {
		final: true, danger: true,
		ask: func(a *asking) ([]widget, error) { return a.ground(dossier.ActNotReceive), nil },
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.NotReceive(d.r.Context(), d.by, d.seen, d.ground())
		},
	},
	dossier.ActSupplementAtReception: {
		final: true,
		ask:   func(a *asking) ([]widget, error) { return []widget{a.items()}, nil },
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.SupplementAtReception(d.r.Context(), d.by, d.seen, d.items())
		},
	},
	dossier.ActForward: {do: func(d *doing) (*dossier.Dossier, error) { return d.Dossiers.Forward(d.r.Context(), d.by, d.seen) }},
	dossier.ActTakeOn:  {do: func(d *doing) (*dossier.Dossier, error) { return d.Dossiers.TakeOn(d.r.Context(), d.by, d.seen) }},
	dossier.ActAssign: {
		ask: func(a *asking) ([]widget, error) { return a.person("office.choose") },
		do: func(d *doing) (*dossier.Dossier, error) {
			person, err := d.colleague()
			if err != nil {
				return nil, err
			}
			return d.Dossiers.Assign(d.r.Context(), d.by, d.seen, person)
		},
	},
	dossier.ActHandOver: {
		ask: func(a *asking) ([]widget, error) {
			w, err := a.person("office.ask.person.tray")
			return append(w, a.text("why", true)), err
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			person, err := d.colleague()
			if err != nil {
				return nil, err
			}
			return d.Dossiers.HandOver(d.r.Context(), d.by, d.seen, person, d.get("why"))
		},
	},
	dossier.ActCompleteStage: {
		ask: noted("note", true),
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.CompleteStage(d.r.Context(), d.by, d.seen, d.get("note"))
		},
	},
	dossier.ActProposeSupplement: {
		ask: func(a *asking) ([]widget, error) {
			w := []widget{a.items()}
			again := slices.ContainsFunc(a.s.asked, func(one dossier.Supplement) bool {
				return one.Kind == dossier.InTheProcess && !one.SentAt.IsZero()
			})
			if again {
				w = append([]widget{{Text: a.say("office.ask.second")}}, append(w, a.text("head_reason", false))...)
			}
			return w, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.ProposeSupplement(d.r.Context(), d.by, d.seen, d.items(), d.get("head_reason"))
		},
	},
	dossier.ActReturnOnAppraisal: {
		ask: func(a *asking) ([]widget, error) { return []widget{a.items()}, nil },
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.ReturnOnAppraisal(d.r.Context(), d.by, d.seen, d.items())
		},
	},
	dossier.ActDropSupplement: {
		final: true,
		ask:   proposed,
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.DropSupplement(d.r.Context(), d.by, d.seen, d.s.Supplement)
		},
	},
	dossier.ActRelaySupplement: {
		final: true,
		ask:   proposed,
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.RelaySupplement(d.r.Context(), d.by, d.seen, d.s.Supplement)
		},
	},
	dossier.ActAnswerSupplement: {final: true, ask: askAnswer, do: doAnswer},
	dossier.ActPause: {
		ask: func(a *asking) ([]widget, error) {
			options := []web.Option{{Label: a.say("office.choose")}}
			if stages := a.s.version.StagesOf(a.s.Case); a.s.Stage >= 0 && a.s.Stage < len(stages) {
				for _, p := range stages[a.s.Stage].Pauses {
					if p.Ground != procedure.WaitSupplement && p.Ground != procedure.WaitPayment { // these have acts of their own
						options = append(options, web.Option{Value: string(p.Ground), Label: a.say("office.ground."+string(p.Ground)) + " (" + p.Basis + ")"})
					}
				}
			}
			c := a.form.Choice("ground", a.say("office.ask.ground"), options, a.say("office.ask.ground.hint"))
			return []widget{{Select: &c}, a.text("note", true)}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.PauseClock(d.r.Context(), d.by, d.seen, procedure.Ground(d.get("ground")), d.get("note"))
		},
	},
	dossier.ActResume: {do: func(d *doing) (*dossier.Dossier, error) { return d.Dossiers.ResumeClock(d.r.Context(), d.by, d.seen) }},
	dossier.ActRequestPayment: {
		ask: func(a *asking) ([]widget, error) {
			i := a.form.Input("amount", a.say("office.ask.amount"), a.say("office.ask.amount.hint", "amount", web.LangOf(a.r).Dong(a.s.Charge))).Numeric().Wide(10)
			i.Optional = true
			return []widget{{Input: &i}, a.text("note", true)}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			amount, err := d.amount()
			if err != nil {
				return nil, err
			}
			return d.Dossiers.RequestPayment(d.r.Context(), d.by, d.seen, amount, d.get("note"))
		},
	},
	dossier.ActRecordPayment: {
		final: true,
		ask: func(a *asking) ([]widget, error) {
			i := a.form.Input("amount", a.say("office.ask.amount")).Numeric().Wide(10)
			if i.Value == "" {
				i.Value = strconv.FormatInt(a.s.Charge, 10)
			}
			return []widget{{Input: &i}, a.input("receipt", false)}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			amount, err := d.amount()
			if err != nil {
				return nil, err
			}
			return d.Dossiers.RecordPayment(d.r.Context(), d.by, d.seen, amount, d.get("receipt"))
		},
	},
	dossier.ActRecordRefund: {
		final: true,
		ask:   func(a *asking) ([]widget, error) { return []widget{a.input("receipt", false)}, nil },
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.RecordRefund(d.r.Context(), d.by, d.seen, d.get("receipt"))
		},
	},
	dossier.ActPropose: {
		ask: func(a *asking) ([]widget, error) {
			outcome := a.radios("outcome", "dossier.outcome.", string(dossier.Grant), string(dossier.Refuse))
			ground := a.ground(dossier.ActPropose)
			ground[0].Select.Hint = a.say("office.ask.reason.refusal")
			ground[0].Select.Optional, ground[1].Input.Optional, ground[2].Textarea.Optional = true, true, true
			ground[2].Textarea.Hint = a.say("office.ask.opinion.hint")
			return append([]widget{outcome}, ground...), nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.Propose(d.r.Context(), d.by, d.seen, dossier.Proposal{Outcome: dossier.Outcome(d.get("outcome")), Ground: d.ground(), Text: d.get("text")})
		},
	},
	dossier.ActApprove: {
		ask: noted("note", true),
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.Approve(d.r.Context(), d.by, d.seen, d.get("note"))
		},
	},
	dossier.ActReturnForRework: {
		ask: func(a *asking) ([]widget, error) {
			t := a.form.Textarea("reason", a.say("office.ask.rework"))
			t.Rows = 3
			return []widget{{Textarea: &t}}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.ReturnForRework(d.r.Context(), d.by, d.seen, d.get("reason"))
		},
	},
	dossier.ActSign: {
		final: true,
		do:    func(d *doing) (*dossier.Dossier, error) { return d.Papers.SignResult(d.r.Context(), d.by, d.seen) },
	},
	dossier.ActNumber: {
		final: true,
		do:    func(d *doing) (*dossier.Dossier, error) { return d.Papers.NumberResult(d.r.Context(), d.by, d.seen) },
	},
	dossier.ActComplete: {final: true, do: func(d *doing) (*dossier.Dossier, error) { return d.Dossiers.Complete(d.r.Context(), d.by, d.seen) }},
	dossier.ActHandOverResult: {
		final: true,
		ask: func(a *asking) ([]widget, error) {
			if !a.form.Values.Has("delivery") {
				a.form.Values.Set("delivery", string(a.s.Delivery))
			}
			return []widget{a.radios("delivery", "dossier.delivery.", string(dossier.PickUp), string(dossier.ByPost), string(dossier.Download))}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.HandOverResult(d.r.Context(), d.by, d.seen, dossier.Delivery(d.get("delivery")))
		},
	},
	dossier.ActIssueApology: {
		final: true,
		ask: func(a *asking) ([]widget, error) {
			until := a.form.Date("until", a.say("office.ask.until"), a.say("office.ask.until.hint"))
			t := a.form.Textarea("reason", a.say("office.ask.apology"))
			t.Rows = 3
			return []widget{{Date: &until}, {Textarea: &t}}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			until, err := d.date("until")
			if err != nil {
				return nil, err
			}
			return d.Dossiers.IssueApology(d.r.Context(), d.by, d.seen, until, d.get("reason"))
		},
	},
	dossier.ActStop: {
		final: true, danger: true,
		ask: func(a *asking) ([]widget, error) { return a.ground(dossier.ActStop), nil },
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.Stop(d.r.Context(), d.by, d.seen, d.ground())
		},
	},
	dossier.ActWithdraw: {
		final: true, danger: true,
		ask: noted("why", true),
		do: func(d *doing) (*dossier.Dossier, error) {
			return d.Dossiers.Withdraw(d.r.Context(), d.by, d.seen, d.get("why"))
		},
	},
	dossier.ActAddAttachment: {
		ask: func(a *asking) ([]widget, error) {
			options := []web.Option{{Label: a.say("office.papers.own")}}
			for _, c := range a.s.version.ComponentsOf(a.s.Case) {
				options = append(options, web.Option{Value: c.ID, Label: c.Name.In(web.LangOf(a.r))})
			}
			c := a.form.Choice("component", a.say("office.ask.component"), options)
			return []widget{{Select: &c}, a.upload("file", a.say("office.ask.files"))}, nil
		},
		do: func(d *doing) (*dossier.Dossier, error) {
			if d.r.MultipartForm == nil || len(d.r.MultipartForm.File["file"]) == 0 {
				return nil, errs.Field("file", "office.error.no-file", nil)
			}
			return d.s.Dossier, d.upload("file", d.get("component"))
		},
	},
}

// proposed shows what would be sent to the applicant, or taken back.
func proposed(a *asking) ([]widget, error) {
	for i, one := range a.s.asked {
		if one.ID == a.s.Supplement {
			return []widget{{Requests: a.requests(a.r, a.s)[i : i+1]}}, nil
		}
	}
	return nil, nil
}

// wanted are the questions and papers that the applicant was asked for.
func (s *subject) wanted() (fields []*form.Field, components []string) {
	for _, i := range s.waiting().Items {
		if f := s.version.Form.Field(i.Field); f != nil && !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
		if i.Component != "" && !slices.Contains(components, i.Component) {
			components = append(components, i.Component)
		}
	}
	return fields, components
}

// askAnswer asks for what the applicant brought to the desk.
func askAnswer(a *asking) ([]widget, error) {
	sheet, err := formweb.Open(a.view, a.r, a.s.version.Form, a.s.Answers, worktime.DateOf(a.s.FiledAt))
	if err != nil {
		return nil, err
	}
	fields, components := a.s.wanted()
	w, err := proposed(a)
	if len(fields) > 0 {
		var typed url.Values
		if a.r.Method == http.MethodPost {
			typed = a.form.Values
		}
		w = append(w, widget{Parts: sheet.Parts(fields, typed, a.form.Faults)})
	}
	for _, c := range components {
		w = append(w, a.upload("file-"+c, a.s.what(a.r, dossier.Item{Component: c})))
	}
	return w, err
}

// doAnswer takes in what the applicant brought: the files first, each for
// itself, then the answers with which the request is met.
func doAnswer(d *doing) (*dossier.Dossier, error) {
	sheet, err := formweb.Open(d.view, d.r, d.s.version.Form, d.s.Answers, worktime.DateOf(d.s.FiledAt))
	if err != nil {
		return nil, err
	}
	fields, components := d.s.wanted()
	posted := sheet.Read(fields, d.r.PostForm)
	changed, err := formweb.Open(d.view, d.r, d.s.version.Form, formweb.Merge(d.s.Answers, posted), worktime.DateOf(d.s.FiledAt))
	if err != nil {
		return nil, err
	}
	if err := changed.Check(posted).Err(); err != nil {
		return nil, err
	}
	for _, c := range components {
		if err := d.upload("file-"+c, c); err != nil {
			return nil, err
		}
	}
	return d.Dossiers.AnswerSupplement(d.r.Context(), d.by, d.seen, posted.Answers, nil)
}

// act does what was asked on a dossier's page, with the copy that was seen
// there.
func (h handlers) act(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	by, ctx, name := actor.From(r.Context()), r.Context(), dossier.ActName(r.PathValue("act"))
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return errs.New(errs.Invalid, "error.invalid", nil)
	}
	seen := dossier.Copy{ID: dossier.ID(r.PathValue("id")), Version: version}
	switch name {
	case dossier.ActNewSecret:
		return h.newSecret(w, r, by, seen)
	case dossier.ActRemoveAttachment:
		if _, err := h.Dossiers.RemoveAttachment(ctx, by, seen, r.PostForm.Get("attachment")); err != nil {
			return err
		}
		return web.Redirect(w, r, page(seen.ID), "office.done."+string(name))
	}
	d, ok := deeds[name]
	if !ok {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	s, err := h.subject(ctx, by, seen.ID)
	if err != nil {
		return err
	}
	if r.PostForm.Has("more") {
		return h.more(w, r, s, name)
	}
	if _, err := d.do(&doing{h, r, by, seen, s}); err != nil {
		return h.again(w, r, name, seen, err)
	}
	to := page(seen.ID)
	if next := r.PostForm.Get("next"); next == "/office/receive" || next == "/office" {
		to = next
	}
	return web.Redirect(w, r, to, "office.done."+string(name))
}

// more draws the form of an act with more lines to fill in.
func (h handlers) more(w http.ResponseWriter, r *http.Request, s *subject, name dossier.ActName) error {
	data, err := h.draw(r, s)
	if err != nil {
		return err
	}
	if s.may(name) {
		if data.Open, err = h.ask(r, s, name, r.PostForm, nil); err != nil {
			return err
		}
		data.mark(name)
	}
	return h.view.Render(w, r, "office_dossier.html", data)
}

// secretData is what office_secret.html needs.
type secretData struct {
	Code, Secret, Receipt, Self string
}

// newSecret replaces the tracking secret and shows it, for once.
func (h handlers) newSecret(w http.ResponseWriter, r *http.Request, by actor.Actor, seen dossier.Copy) error {
	secret, d, err := h.Dossiers.NewSecret(r.Context(), by, seen)
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "office_secret.html", secretData{d.Code, secret, page(d.ID) + "/papers/receipt.pdf", page(d.ID)})
}
