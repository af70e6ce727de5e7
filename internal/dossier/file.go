package dossier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/form"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// NewDossier is what a draft begins with.
type NewDossier struct {
	Procedure     procedure.Code
	Party         string // the applicant; empty: the actor's own
	ApplicantKind procedure.ApplicantKind
	Channel       Channel  // empty: online for a citizen, the counter for an officer
	ReceivingUnit string   // one of those the procedure names; empty where that leaves no choice
	Summary       string   // trích yếu; may be empty
	Delivery      Delivery // empty: pick-up
	Answers       form.Answers
	System, Ref   string // of an external dossier: its master and its code there
}

// Filing is what comes with the act of filing.
type Filing struct {
	Key         string // idempotency key: the same key and body is the same filing; may be empty
	Attachments []NewAttachment
}

// Receipt is what a filer is given. The secret is shown this once: the store
// keeps its hash.
type Receipt struct {
	Dossier *Dossier
	Secret  string // empty if Again
	Again   bool   // the filing had been made before, under the same key
}

const (
	longestSummary = 300
	longestKey     = 200
	mostFiles      = 200 // in one filing
)

// externalRef is a code of another system. It has something besides digits, so
// that it cannot be taken for somebody's identity number.
var externalRef = regexp.MustCompile(`^[0-9A-Z]+[A-Z.-][0-9A-Z.-]*$`)

// tidy is text as it is kept: one normal form, no space around it.
func tidy(s string) string { return strings.TrimSpace(text.NFC(s)) }

// begin makes the draft that n describes, in memory.
func (s *Service) begin(ctx context.Context, by actor.Actor, own []string, n NewDossier) (*Dossier, *procedure.Version, error) {
	now := s.moment()
	v, err := s.catalogue.AsOf(ctx, n.Procedure, worktime.DateOf(now))
	if err != nil {
		return nil, nil, err
	}
	d := &Dossier{
		ID: ID(db.NewID()), Version: 1, State: Draft, Money: NoFee, Delivery: n.Delivery, Sync: Local, AuthoritativeSystem: Here,
		Procedure: v.ID, ProcedureCode: v.Code, Answers: maps.Clone(n.Answers), Channel: n.Channel, CreatedBy: by.ID, Party: n.Party,
		ApplicantKind: n.ApplicantKind, Summary: tidy(n.Summary), ReceivingUnit: n.ReceivingUnit, Stage: -1, StartedAt: now,
	}
	if d.Answers == nil {
		d.Answers = v.Form.Start()
	}
	if d.Party == "" {
		d.Party = by.Party
	}
	if d.Delivery == "" {
		d.Delivery = PickUp
	}
	if err := mayFile(by, own, d, v); err != nil {
		return nil, nil, err
	}
	if n.System != "" && n.System != Here {
		if !by.Has(actor.Integration) && !d.Assisted {
			return nil, nil, errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
		}
		d.AuthoritativeSystem, d.ExternalRef, d.Sync, d.Channel = n.System, n.Ref, Synced, External
	}
	return d, v, d.check()
}

// mayFile decides in what capacity the actor files: for whom they may, as an
// officer who helps at the desk, or as a partner's machine.
func mayFile(by actor.Actor, own []string, d *Dossier, v *procedure.Version) error {
	desks := v.UnitCodes()
	serves := func(p actor.Permission) bool {
		return slices.ContainsFunc(desks, func(u string) bool { return by.CanIn(p, u) })
	}
	switch {
	case by.Can(actor.FileDossier) && slices.Contains(own, d.Party):
		d.Channel = orElse(d.Channel, Online)
		if d.Channel != Online {
			return errs.Field("channel", "dossier.error.channel", nil)
		}
	case by.Can(actor.AssistFiling) && serves(actor.AssistFiling):
		d.Channel, d.Assisted = orElse(d.Channel, Counter), true
	case by.Has(actor.Integration) && by.Can(actor.FileDossier) && serves(actor.FileDossier):
		d.Channel = orElse(d.Channel, Online)
	default:
		return errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	return nil
}

func orElse(c, other Channel) Channel {
	if c == "" {
		return other
	}
	return c
}

// check finds what is wrong with a draft by itself.
func (d *Dossier) check() error {
	var faults errs.Fields
	if d.Party == "" {
		faults.Add("party", "dossier.error.party", nil)
	}
	if !slices.Contains(procedure.ApplicantKinds(), d.ApplicantKind) {
		faults.Add("applicant_kind", "dossier.error.applicant-kind", nil)
	}
	if !slices.Contains([]Channel{Online, Counter, Post, External}, d.Channel) {
		faults.Add("channel", "dossier.error.channel", nil)
	}
	if !slices.Contains([]Delivery{PickUp, ByPost, Download}, d.Delivery) {
		faults.Add("delivery", "dossier.error.delivery", nil)
	}
	if len(d.Summary) > longestSummary {
		faults.Add("summary", "dossier.error.text-long", nil)
	}
	if d.Mastered() && (len(d.ExternalRef) > 60 || !externalRef.MatchString(d.ExternalRef)) {
		faults.Add("external_ref", "dossier.error.external-ref", nil)
	}
	if !d.Mastered() && d.Channel == External {
		faults.Add("channel", "dossier.error.channel", nil)
	}
	return faults.Err()
}

// Start opens a draft: a citizen's own or for whom they represent, or, marked as
// assisted, an officer's for a person at the desk.
func (s *Service) Start(ctx context.Context, by actor.Actor, n NewDossier) (*Dossier, error) {
	own, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	d, _, err := s.begin(ctx, by, own, n)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insert(ctx, tx, d, filing{}); err != nil {
			return err
		}
		fact := Fact{Version: d.Version, State: d.State, Procedure: d.Procedure, Channel: d.Channel, Assisted: d.Assisted, Party: d.Party}
		_, err := s.events.Record(ctx, tx, event.Event{At: d.StartedAt, Actor: by.ID, Subject: d.ID.Subject(), Kind: act(ActStart).Event, Data: fact})
		return err
	})
	if err != nil {
		return nil, s.alreadyHere(ctx, by, d, err)
	}
	return d, nil
}

// alreadyHere explains a write refused because the master's code is known.
func (s *Service) alreadyHere(ctx context.Context, by actor.Actor, d *Dossier, err error) error {
	if !db.IsUnique(err) || !d.Mastered() {
		return err
	}
	if _, other := byExternal(ctx, s.db, d.AuthoritativeSystem, d.ExternalRef); other != nil {
		return err
	}
	return &errs.Error{Kind: errs.Conflict, Msg: "dossier.error.external-known", Args: errs.Args{"ref": d.ExternalRef}, Err: err}
}

// SaveAnswers merges answers, say of one page, into a draft. Nothing is judged
// before filing, so that a draft can be left at any point; and nothing is
// recorded, since a draft is nobody's business but the applicant's.
func (s *Service) SaveAnswers(ctx context.Context, by actor.Actor, seen Copy, answers form.Answers) (*Dossier, error) {
	f, err := s.filter(ctx, by)
	if err != nil {
		return nil, err
	}
	d, err := get(ctx, s.db, f, seen.ID)
	if err != nil {
		return nil, err
	}
	a := act(ActSaveAnswers)
	if d.Version != seen.Version {
		return nil, s.stale(ctx, d, seen.Version)
	}
	if _, ok := a.allows(by, f.parties, d); !ok {
		return nil, errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if !a.possible(d) {
		return nil, notNow(a, d)
	}
	merge(d, answers)
	d.Version++
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := save(ctx, tx, d); err != nil {
			return err
		}
		return saveAnswers(ctx, tx, d)
	})
	if errors.Is(err, errRaced) {
		return nil, s.raced(ctx, a, seen)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// merge puts answers over those of d; an empty one takes the old away.
func merge(d *Dossier, answers form.Answers) {
	if d.Answers == nil {
		d.Answers = form.Answers{}
	}
	for name, v := range answers {
		if v.IsEmpty() {
			delete(d.Answers, name)
			continue
		}
		d.Answers[name] = v
	}
}

// File hands a draft in. It is given its code, and what it was filed under stays
// as it is: the procedure's version, the form, the fees and the answers.
func (s *Service) File(ctx context.Context, by actor.Actor, seen Copy, f Filing) (Receipt, error) {
	may, err := s.filter(ctx, by)
	if err != nil {
		return Receipt{}, err
	}
	d, err := get(ctx, s.db, may, seen.ID)
	if err != nil {
		return Receipt{}, err
	}
	key := filingKey(by, f)
	key.hash = hashOf(string(d.ID) + string(mustJSON(f.Attachments)))
	a := act(ActFile)
	if d.State != Draft && key.key != "" {
		if r, err := s.again(ctx, may, key); errs.KindOf(err) != errs.NotFound {
			return r, err
		}
	}
	if d.Version != seen.Version {
		return Receipt{}, s.stale(ctx, d, seen.Version)
	}
	if _, ok := a.allows(by, may.parties, d); !ok {
		return Receipt{}, errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if !a.possible(d) {
		return Receipt{}, notNow(a, d)
	}
	// The law of the day of filing holds, not of the day the draft was begun.
	v, err := s.catalogue.AsOf(ctx, d.ProcedureCode, worktime.DateOf(s.moment()))
	if err != nil {
		return Receipt{}, err
	}
	if err := s.complete(ctx, d, v, f); err != nil {
		return Receipt{}, err
	}
	return s.file(ctx, by, may, d, v, f, key, func(ctx context.Context, tx *db.Tx, key filing) error { return saveFiling(ctx, tx, d, key) })
}

// FileAtOnce drafts and files in one write, for the API and the counter. Papers
// may follow: whoever receives it asks for what is missing.
func (s *Service) FileAtOnce(ctx context.Context, by actor.Actor, n NewDossier, f Filing) (Receipt, error) {
	may, err := s.filter(ctx, by)
	if err != nil {
		return Receipt{}, err
	}
	d, v, err := s.begin(ctx, by, may.parties, n)
	if err != nil {
		return Receipt{}, err
	}
	key := filingKey(by, f)
	key.hash = hashOf(string(mustJSON(n)) + string(mustJSON(f.Attachments)))
	return s.file(ctx, by, may, d, v, f, key, func(ctx context.Context, tx *db.Tx, key filing) error { return insert(ctx, tx, d, key) })
}

func filingKey(by actor.Actor, f Filing) filing {
	if f.Key == "" {
		return filing{}
	}
	return filing{key: string(by.ID) + ":" + f.Key}
}

// mustJSON writes plain data, which cannot fail.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("dossier: %v", err))
	}
	return b
}

// again answers a repeated filing as the first time, or refuses another body
// under the same key.
func (s *Service) again(ctx context.Context, may filter, key filing) (Receipt, error) {
	d, hash, err := byFilingKey(ctx, s.db, key.key)
	if err != nil {
		return Receipt{}, err
	}
	if hash != key.hash {
		return Receipt{}, errs.New(errs.Invalid, "error.idempotency-mismatch", nil)
	}
	if d, err = get(ctx, s.db, may, d.ID); err != nil {
		return Receipt{}, err
	}
	return Receipt{Dossier: d, Again: true}, nil
}

// file decides what filing fixes, and writes it.
func (s *Service) file(ctx context.Context, by actor.Actor, may filter, d *Dossier, v *procedure.Version, f Filing, key filing, write func(context.Context, *db.Tx, filing) error) (Receipt, error) {
	if len(f.Key) > longestKey || len(f.Attachments) > mostFiles {
		return Receipt{}, errs.New(errs.Invalid, "error.invalid", nil)
	}
	if err := s.fix(ctx, by, d, v); err != nil {
		return Receipt{}, err
	}
	codes, err := s.codes(ctx, d)
	if err != nil {
		return Receipt{}, err
	}
	files, err := d.attach(by, v, f.Attachments, "", d.FiledAt)
	if err != nil {
		return Receipt{}, err
	}
	seen := d.Copy()
	secret := newSecret()
	key.secretHash = hashOf(secret)
	if d.revision > 0 {
		d.Version++
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := codes.give(ctx, tx, d); err != nil {
			return err
		}
		if err := write(ctx, tx, key); err != nil {
			return err
		}
		if err := insertUnits(ctx, tx, d, d.units()...); err != nil {
			return err
		}
		if err := insertPhrases(ctx, tx, d); err != nil {
			return err
		}
		for _, a := range files {
			if err := insertAttachment(ctx, tx, d, a); err != nil {
				return err
			}
		}
		_, err := s.events.Record(ctx, tx, event.Event{At: d.FiledAt, Actor: by.ID, Unit: d.filedFor(), Subject: d.ID.Subject(), Kind: act(ActFile).Event, Data: d.filing(files)})
		return err
	})
	switch {
	case err == nil:
		return Receipt{Dossier: d, Secret: secret}, nil
	case errors.Is(err, errRaced):
		return Receipt{}, s.raced(ctx, act(ActFile), seen)
	case db.IsUnique(err) && key.key != "":
		if r, known := s.again(ctx, may, key); errs.KindOf(known) != errs.NotFound {
			return r, known
		}
	}
	return Receipt{}, s.alreadyHere(ctx, by, d, err)
}

// fix settles what the dossier is filed under and which units take part.
func (s *Service) fix(ctx context.Context, by actor.Actor, d *Dossier, v *procedure.Version) error {
	now := s.moment()
	today := worktime.DateOf(now)
	result, err := v.Form.Evaluate(d.Answers, today.String())
	if err != nil {
		return err
	}
	if err := result.Err(by.Locale); err != nil {
		return err
	}
	d.Procedure, d.Answers, d.FormHash = v.ID, result.Submission(), s.formHash(v)
	f := procedure.Filing{Applicant: d.ApplicantKind, Channel: channel(d.Channel), Day: today, Answers: d.Answers}
	c, err := v.CaseFor(f)
	if err != nil {
		return &errs.Error{Kind: errs.Invalid, Msg: "dossier.error.no-case", Err: err}
	}
	d.Case, f.Case = c.ID, c.ID
	if d.Quote, err = v.Quote(f); err != nil {
		return err
	}
	d.Money, d.Charge = NoFee, d.Quote.Total
	if d.Charge > 0 {
		d.Money = Quoted
	}
	if err := s.competent(by, d, v); err != nil {
		return err
	}
	if d.ApplicantName, err = s.parties.Name(ctx, d.Party); err != nil {
		return fmt.Errorf("applicant of dossier %s: %w", d.ID, err)
	}
	if d.ApplicantName == "" {
		return errs.Field("party", "dossier.error.party", nil)
	}
	d.State, d.FiledAt, d.Unit = Filed, now, d.ReceivingUnit
	return nil
}

// competent finds the units that receive, appraise and decide.
func (s *Service) competent(by actor.Actor, d *Dossier, v *procedure.Version) error {
	var desks []string
	for _, ref := range v.Receives {
		if u, err := unitOf(v, d, ref); err == nil {
			desks = append(desks, u)
		}
	}
	if d.ReceivingUnit == "" && d.Assisted {
		mine := slices.DeleteFunc(slices.Clone(desks), func(u string) bool { return !by.CanIn(actor.AssistFiling, u) })
		if len(mine) > 0 {
			desks = mine[:1]
		}
	}
	switch {
	case d.ReceivingUnit == "" && len(desks) > 0:
		d.ReceivingUnit = desks[0] // the procedure names its usual desk first
	case !slices.Contains(desks, d.ReceivingUnit):
		return errs.Field("receiving_unit", "dossier.error.receiving-unit", nil)
	}
	if d.Assisted && !by.CanIn(actor.AssistFiling, d.ReceivingUnit) {
		return errs.Field("receiving_unit", "dossier.error.receiving-unit", nil)
	}
	var err error
	if d.DecidingUnit, err = unitOf(v, d, v.Decides); err != nil {
		return err
	}
	stages := v.StagesOf(d.Case)
	i := slices.IndexFunc(stages, func(st procedure.Stage) bool { return st.Step != procedure.Reception })
	if i < 0 {
		return fmt.Errorf("case %s of %s has no stage but reception", d.Case, v.ID)
	}
	d.HandlingUnit, err = unitOf(v, d, stages[i].Unit)
	return err
}

// units are those that have a part in d, each once.
func (d *Dossier) units() []string {
	units := []string{d.ReceivingUnit, d.HandlingUnit, d.DecidingUnit}
	slices.Sort(units)
	return slices.Compact(units)
}

// filedFor is the unit on whose behalf it was filed: the desk that helped.
func (d *Dossier) filedFor() string {
	if d.Assisted {
		return d.ReceivingUnit
	}
	return ""
}

// filing is the data of the event of filing.
func (d *Dossier) filing(files []Attachment) Fact {
	fact := Fact{
		Version: d.Version, State: d.State, Code: d.Code, Procedure: d.Procedure, Case: d.Case, FormHash: d.FormHash, AnswerHash: hashOf(string(mustJSON(d.Answers))),
		Channel: d.Channel, Assisted: d.Assisted, Party: d.Party, Unit: d.Unit, Amount: d.Charge, Items: len(files),
	}
	if d.Mastered() {
		fact.System = d.AuthoritativeSystem
	}
	return fact
}

// complete asks a citizen who files online for the papers that the procedure
// wants. What an earlier result of ours may stand for is left to the desk.
func (s *Service) complete(ctx context.Context, d *Dossier, v *procedure.Version, f Filing) error {
	if d.Channel != Online || d.Assisted {
		return nil
	}
	result, err := v.Form.Evaluate(d.Answers, worktime.DateOf(s.moment()).String())
	if err != nil || !result.OK() {
		return err // the answers are judged first
	}
	filed := procedure.Filing{Applicant: d.ApplicantKind, Channel: channel(d.Channel), Day: worktime.DateOf(s.moment()), Answers: result.Values}
	c, err := v.CaseFor(filed)
	if err != nil {
		return &errs.Error{Kind: errs.Invalid, Msg: "dossier.error.no-case", Err: err}
	}
	filed.Case = c.ID
	papers, err := v.ComponentsFor(filed)
	if err != nil {
		return err
	}
	brought := map[string]bool{}
	files, err := attachments(ctx, s.db, d.ID)
	if err != nil {
		return err
	}
	for _, a := range files {
		brought[a.Component] = brought[a.Component] || a.RemovedAt.IsZero()
	}
	for _, a := range f.Attachments {
		brought[a.Component] = true
	}
	var faults errs.Fields
	for _, p := range papers {
		if p.Required && !p.FromForm && len(p.Reuse) == 0 && !brought[p.ID] {
			faults.Add("component."+p.ID, "dossier.error.component-missing", errs.Args{"name": p.Name.Vi})
		}
	}
	return faults.Err()
}

// formHash is the hash of a version's form, worked out once.
func (s *Service) formHash(v *procedure.Version) string {
	if h, ok := s.hashes.Load(v.ID); ok {
		return h.(string)
	}
	h := v.Form.Sheets().Hash()
	s.hashes.Store(v.ID, h)
	return h
}

// codeSeries gives codes of one series.
type codeSeries struct {
	before string
	digits int
}

// codes returns the series from which the dossier gets its code.
func (s *Service) codes(ctx context.Context, d *Dossier) (codeSeries, error) {
	if d.Mastered() {
		return codeSeries{}, nil
	}
	day := worktime.DateOf(d.FiledAt)
	t, err := template(ctx, s.db, d.ReceivingUnit, day)
	if err != nil {
		return codeSeries{}, err
	}
	if t == "" {
		t = DefaultTemplate
	}
	before, digits := series(t, day)
	return codeSeries{before, digits}, nil
}

// give numbers the dossier, unless its master did.
func (c codeSeries) give(ctx context.Context, tx *db.Tx, d *Dossier) error {
	if d.Mastered() {
		d.Code = d.ExternalRef
		return nil
	}
	n, err := next(ctx, tx, c.before)
	if err != nil {
		return err
	}
	d.Code = fmt.Sprintf("%s%0*d", c.before, c.digits, n)
	return nil
}

// SetTemplate says how the codes of a receiving unit are made from a day on.
func (s *Service) SetTemplate(ctx context.Context, by actor.Actor, unit, template string, from worktime.Date) error {
	if !by.Can(actor.Administer) {
		return errs.New(errs.Forbidden, "dossier.error.forbidden", nil)
	}
	if unit == "" || from.IsZero() || !templates.MatchString(template) {
		return errs.Field("template", "dossier.error.template", errs.Args{"example": DefaultTemplate})
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := saveTemplate(ctx, tx, unit, template, from); err != nil {
			return err
		}
		_, err := s.events.Record(ctx, tx, event.Event{Actor: by.ID, Subject: "unit:" + unit, Kind: "dossier.template-set",
			Data: struct {
				Template string        `json:"template"`
				From     worktime.Date `json:"from"`
			}{template, from}})
		return err
	})
}
