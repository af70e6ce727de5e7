package officeweb

import (
	"context"
	"crypto/rand"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// counterData is what office_file.html needs.
type counterData struct {
	Number, Words web.Input
	Found         string // the applicant, when known already
	Matches       []link // procedures among which to choose
	None          bool   // no procedure has these words
	Sheet         *counterSheet
}

// counterSheet is the one dense page of a filing at the counter.
type counterSheet struct {
	Procedure, Code, Key string
	Summary              []web.Fault
	More                 bool // answers led to further questions
	Name, Number         web.Input
	Phone, Address, Note web.Input
	Kind, Delivery       web.Choice
	Pages                []counterPage
	Papers               []counterPaper
	Fee                  string
	Limit                int64
	Complete             web.Choice
	Notes                []string
}

type counterPage struct {
	Title string
	Parts []formweb.Part
}

// counterPaper is a line of the checklist.
type counterPaper struct {
	ID, Name, Help, Copy string
	Required, Chosen     bool
	Upload               string // name of the field for a scan; empty for what is made from the answers
}

// counter is where an officer files for a person before them: whose papers, for
// which procedure; then everything on one page.
func (h handlers) counter(w http.ResponseWriter, r *http.Request) error {
	data, v, err := h.begin(r, r.URL.Query())
	if err != nil {
		return err
	}
	if v != nil {
		values := url.Values{"number": {r.URL.Query().Get("number")}, "delivery": {string(dossier.PickUp)}, "key": {rand.Text()}}
		p, known, err := h.knownParty(r.Context(), actor.From(r.Context()), values.Get("number"))
		if err != nil {
			return err
		}
		kinds := v.Applicants
		if known {
			values.Set("name", p.Name)
			values.Set("phone", p.Phone)
			values.Set("address", p.Address)
			data.Found = p.Name
			if p.Kind == party.Organisation {
				kinds = []procedure.ApplicantKind{procedure.Organisation}
			}
		}
		if len(kinds) > 0 {
			values.Set("kind", string(kinds[0]))
		}
		if data.Sheet, err = h.sheet(r, v, v.Form.Start(), values, nil, nil); err != nil {
			return err
		}
	}
	return h.view.Render(w, r, "office_file.html", data)
}

// knownParty finds whose number it is.
func (h handlers) knownParty(ctx context.Context, by actor.Actor, number string) (party.Party, bool, error) {
	n, ok := party.ParseNumber(number)
	if !ok {
		return party.Party{}, false, nil
	}
	found, err := h.Parties.Search(ctx, by, n.Value, 5)
	if err != nil {
		return party.Party{}, false, err
	}
	i := slices.IndexFunc(found, func(p party.Party) bool { return p.Number == n && p.Verified() })
	if i < 0 {
		return party.Party{}, false, nil
	}
	return found[i], true, nil
}

// begin reads who and for what. A code names a procedure; other words are
// searched for, and one that fits alone is taken.
func (h handlers) begin(r *http.Request, values url.Values) (*counterData, *procedure.Version, error) {
	say, bound := h.say(r), web.NewForm(values, nil)
	words := strings.TrimSpace(values.Get("procedure"))
	data := &counterData{
		Number: bound.Input("number", say("office.file.number"), say("office.file.number.hint")).Numeric().Wide(20),
		Words:  bound.Input("procedure", say("office.file.procedure"), say("office.file.procedure.hint")),
	}
	if words == "" {
		return data, nil, nil
	}
	v, err := h.Procedures.AsOf(r.Context(), procedure.Code(words), h.today())
	if err == nil {
		return data, v, nil
	}
	if errs.KindOf(err) != errs.NotFound {
		return nil, nil, err
	}
	found, err := h.Procedures.List(r.Context(), procedure.Filter{Words: words, Limit: 10})
	if err != nil {
		return nil, nil, err
	}
	if len(found.Versions) == 1 {
		return data, found.Versions[0], nil
	}
	data.None = len(found.Versions) == 0
	for _, v := range found.Versions {
		q := url.Values{"number": {values.Get("number")}, "procedure": {string(v.Code)}}
		data.Matches = append(data.Matches, link{Label: v.Plain.In(web.LangOf(r)), Href: withQuery("/office/file", q), Name: string(v.Code)})
	}
	return data, nil, nil
}

// sheet draws the page. Typed is what was posted, or nil at first.
func (h handlers) sheet(r *http.Request, v *procedure.Version, answers form.Answers, values, typed url.Values, faults errs.Fields) (*counterSheet, error) {
	say, lang := h.say(r), web.LangOf(r)
	open, err := formweb.Open(h.view, r, v.Form, answers, h.today())
	if err != nil {
		return nil, err
	}
	bound := web.NewForm(values, faults, "number", "kind", "name", "phone", "address")
	var kinds []web.Option
	for _, k := range v.Applicants {
		kinds = append(kinds, web.Option{Value: string(k), Label: say("office.applicant." + string(k))})
	}
	var ways []web.Option
	for _, d := range []dossier.Delivery{dossier.PickUp, dossier.ByPost, dossier.Download} {
		ways = append(ways, web.Option{Value: string(d), Label: say("dossier.delivery." + string(d))})
	}
	s := &counterSheet{
		Procedure: v.Plain.In(lang), Code: string(v.Code), Key: values.Get("key"), Limit: h.Uploads.Limits().File >> 20,
		Number:   bound.Input("number", say("office.fact.number")).Numeric().Wide(20),
		Name:     bound.Input("name", say("office.fact.applicant")),
		Phone:    bound.Input("phone", say("office.fact.phone")).As("tel", "off").Wide(20),
		Address:  bound.Input("address", say("office.fact.address")),
		Note:     bound.Input("summary", say("office.fact.summary")).Maybe(),
		Kind:     bound.Choice("kind", say("office.file.kind"), kinds).Beside(),
		Delivery: bound.Choice("delivery", say("office.fact.delivery"), ways).Beside(),
		Complete: bound.Choice("receive", say("office.file.complete"), []web.Option{{Value: "yes", Label: say("office.file.receive-now"), Hint: say("office.file.receive-now.hint")}}),
	}
	s.Phone.Optional, s.Address.Optional = true, true
	ids := []string{"number", "name", "phone", "address", "summary", "kind", "delivery", "receive"}
	for i := range v.Form.Pages {
		if open.Result.PageRelevant(i) {
			s.Pages = append(s.Pages, counterPage{open.Title(i), open.Page(i, typed, faults)})
			ids = append(ids, open.Order(i)...)
		}
	}
	for _, f := range bound.Summary() {
		if slices.Contains(ids, f.ID) {
			s.Summary = append(s.Summary, f)
		} else {
			s.Notes = append(s.Notes, h.view.T(r, f.Text.Key, map[string]any(f.Text.Args)))
		}
	}
	filed := procedure.Filing{Applicant: procedure.ApplicantKind(values.Get("kind")), Channel: procedure.Counter, Day: h.today(), Answers: open.Result.Values}
	papers := v.Components
	if c, err := v.CaseFor(filed); err == nil {
		filed.Case = c.ID
		if papers, err = v.ComponentsFor(filed); err != nil {
			return nil, err
		}
		if quote, err := v.Quote(filed); err == nil { // until all is answered a fee may not be known
			s.Fee = lang.Dong(quote.Total)
		}
	}
	for _, c := range papers {
		p := counterPaper{ID: c.ID, Name: c.Name.In(lang), Help: c.Help.In(lang), Copy: say("office.copy."+string(c.Copy), "count", c.Count), Required: c.Required, Chosen: slices.Contains(values["paper"], c.ID)}
		if !c.FromForm {
			p.Upload = "file-" + c.ID
		}
		s.Papers = append(s.Papers, p)
	}
	return s, nil
}

// filedData is what office_filed.html needs.
type filedData struct {
	Dossier          *dossier.Dossier
	Self, Secret     string
	Received         bool
	Receipt, Missing string   // addresses: to print; to ask for what is missing
	Failed           []string // files that were not taken, and why
}

// file files what the officer took down. What is wrong comes back with what was
// typed; nothing is kept before all of it is right.
func (h handlers) file(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	by, ctx, typed := actor.From(r.Context()), r.Context(), r.PostForm
	data, v, err := h.begin(r, url.Values{"number": typed["number"], "procedure": typed["procedure"]})
	if err != nil {
		return err
	}
	if v == nil {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	answers, faults, more, err := h.answers(r, v, typed)
	if err != nil {
		return err
	}
	again := func(faults errs.Fields, note error) error {
		if data.Sheet, err = h.sheet(r, v, answers, typed, typed, faults); err != nil {
			return err
		}
		data.Sheet.More = more
		if note != nil {
			said, ok := sentence(note)
			if !ok {
				return note
			}
			data.Sheet.Notes = append(data.Sheet.Notes, h.view.T(r, said.Key, map[string]any(said.Args)))
		}
		return h.view.RenderStatus(w, r, http.StatusUnprocessableEntity, "office_file.html", data)
	}
	if len(faults) > 0 || more {
		return again(faults, nil)
	}
	who, err := h.Parties.Enter(ctx, by, party.Draft{
		Kind: partyKind(typed.Get("kind")), Number: typed.Get("number"), Name: typed.Get("name"), Phone: typed.Get("phone"), Address: typed.Get("address"),
	})
	if faults, ok := web.Faults(err); ok {
		return again(faults, nil)
	}
	if err != nil {
		return err
	}
	receipt, err := h.Dossiers.FileAtOnce(ctx, by, dossier.NewDossier{
		Procedure: v.Code, Party: string(who.ID), ApplicantKind: procedure.ApplicantKind(typed.Get("kind")), Channel: dossier.Counter,
		Summary: typed.Get("summary"), Delivery: dossier.Delivery(typed.Get("delivery")), Answers: answers,
	}, dossier.Filing{Key: typed.Get("key")})
	if faults, ok := web.Faults(err); ok {
		return again(prefixed(faults, v.Form), nil)
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Kind == errs.Invalid || e.Kind == errs.Conflict || e.Kind == errs.Forbidden) {
		return again(nil, err)
	}
	if err != nil {
		return err
	}
	return h.filed(w, r, by, receipt)
}

// answers reads all pages of the form at once, and says what is wrong or still
// to be asked.
func (h handlers) answers(r *http.Request, v *procedure.Version, typed url.Values) (form.Answers, errs.Fields, bool, error) {
	open, err := formweb.Open(h.view, r, v.Form, v.Form.Start(), h.today())
	if err != nil {
		return nil, nil, false, err
	}
	posted := open.Read(v.Form.Fields, shownAll(typed))
	merged := formweb.Merge(v.Form.Start(), posted)
	if open, err = formweb.Open(h.view, r, v.Form, merged, h.today()); err != nil {
		return nil, nil, false, err
	}
	more := false
	for i := range v.Form.Pages {
		_, further := open.CheckPage(i, posted)
		more = more || further
	}
	return merged, open.Check(posted), more, nil
}

// shownAll puts together what each page of the form says it showed.
func shownAll(typed url.Values) url.Values {
	all := url.Values{}
	for k, v := range typed {
		all[k] = v
	}
	if shown := typed["shown"]; len(shown) > 1 {
		all.Set("shown", strings.Join(shown, " "))
	}
	return all
}

// prefixed names the faults of answers as their questions are named on pages.
func prefixed(faults errs.Fields, f *form.Form) errs.Fields {
	named := errs.Fields{}
	for name, text := range faults {
		if f.Field(name) != nil {
			name = formweb.ID(name)
		}
		named[name] = text
	}
	return named
}

func partyKind(applicant string) party.Kind {
	if procedure.ApplicantKind(applicant) == procedure.Organisation {
		return party.Organisation
	}
	return party.Person
}

// filed keeps the scans, receives what is complete, and shows what to print: the
// secret this once.
func (h handlers) filed(w http.ResponseWriter, r *http.Request, by actor.Actor, receipt dossier.Receipt) error {
	d, ctx := receipt.Dossier, r.Context()
	data := filedData{Self: page(d.ID), Secret: receipt.Secret}
	version, err := h.Procedures.Get(ctx, d.Procedure)
	if err != nil {
		return err
	}
	if !receipt.Again {
		for _, c := range version.ComponentsOf(d.Case) {
			for _, head := range scans(r, "file-"+c.ID) {
				said, err := h.scan(ctx, by, d, c.ID, head)
				if err != nil {
					return err
				}
				if said.Key != "" {
					data.Failed = append(data.Failed, head.Filename+": "+h.view.T(r, said.Key, map[string]any(said.Args)))
				}
			}
		}
	}
	wanted, err := version.ComponentsFor(filing(d))
	if err != nil {
		return err
	}
	missing := url.Values{}
	for _, c := range wanted {
		if c.Required && !slices.Contains(r.PostForm["paper"], c.ID) && !c.FromForm {
			i := len(missing) / 3
			missing.Set(itemField(i, "what"), "paper:"+c.ID)
			missing.Set(itemField(i, "problem"), h.view.T(r, "office.file.missing"))
			missing.Set(itemField(i, "fix"), h.view.T(r, "office.file.missing.fix"))
		}
	}
	switch {
	case len(missing) > 0:
		missing.Set("act", string(dossier.ActSupplementAtReception))
		data.Missing = withQuery(page(d.ID), missing) + "#act"
	case r.PostForm.Get("receive") == "yes" && d.State == dossier.Filed && by.CanIn(actor.ReceiveDossier, d.ReceivingUnit):
		if d, err = h.Dossiers.Receive(ctx, by, d.Copy()); err != nil {
			return err
		}
	}
	data.Dossier, data.Received = d, !d.ReceivedAt.IsZero()
	if data.Received {
		data.Receipt = page(d.ID) + "/papers/receipt.pdf"
	}
	return h.view.Render(w, r, "office_filed.html", data)
}

func scans(r *http.Request, field string) []*multipart.FileHeader {
	if r.MultipartForm == nil {
		return nil
	}
	return slices.DeleteFunc(r.MultipartForm.File[field], func(f *multipart.FileHeader) bool { return f.Filename == "" })
}

// scan keeps one file; what is wrong with it is said, and stops nothing.
func (h handlers) scan(ctx context.Context, by actor.Actor, d *dossier.Dossier, component string, head *multipart.FileHeader) (errs.Text, error) {
	f, err := head.Open()
	if err != nil {
		return errs.Text{}, err
	}
	defer f.Close()
	_, err = h.Uploads.Put(ctx, by, d.Copy(), component, head.Filename, f)
	if err == nil {
		return errs.Text{}, nil
	}
	if said, ok := sentence(err); ok {
		return said, nil
	}
	return errs.Text{}, err
}

// filing is what the papers of a dossier depend on.
func filing(d *dossier.Dossier) procedure.Filing {
	return procedure.Filing{Applicant: d.ApplicantKind, Case: d.Case, Channel: procedure.Counter, Day: worktime.DateOf(d.FiledAt), Answers: d.Answers}
}
