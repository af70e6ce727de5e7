package party

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/event"
	"github.com/motcua/motcua/internal/text"
	"github.com/motcua/motcua/internal/worktime"
)

// The kinds of events of this package; their subject is "party:<id>". They hold
// ids only.
const (
	Entered             = "party.entered"
	Corrected           = "party.corrected"
	WasVerified         = "party.verified"
	Became              = "party.became" // an unverified party proved to be another: data {"party": …}
	Represented         = "party.represented"
	RepresentationEnded = "party.representation-ended"
	Erased              = "party.erased"
)

// Service keeps parties.
type Service struct {
	db     *db.DB
	events *event.Spine
	now    func() time.Time
}

// NewService returns the service over a store.
func NewService(d *db.DB, events *event.Spine, now func() time.Time) *Service {
	return &Service{d, events, now}
}

// mayServe reports whether the actor serves people at a counter, and so may look
// anybody up.
func mayServe(who actor.Actor) bool {
	return who.Can(actor.AssistFiling) || who.Can(actor.ReceiveDossier)
}

// Get returns a party to itself, to who represents it, and to who serves people
// at a counter. To others it does not exist.
func (s *Service) Get(ctx context.Context, who actor.Actor, id ID) (Party, error) {
	if !mayServe(who) {
		may, err := s.MayActFor(ctx, ID(who.Party), id)
		if err != nil {
			return Party{}, err
		}
		if !may {
			return Party{}, errNotFound
		}
	}
	return get(ctx, s.db, id)
}

// Lookup returns parties by id, for a module that has decided itself that its
// reader may see them: those of a dossier, say. Ids without a party are left
// out.
func (s *Service) Lookup(ctx context.Context, ids ...string) (map[string]Party, error) {
	found := map[string]Party{}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for part := range slices.Chunk(ids, 500) {
		parties, err := byIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, p := range parties {
			found[string(p.ID)] = p
		}
	}
	return found, nil
}

// Search finds parties by identity number, telephone number or the beginnings of
// the words of their name, for who serves people at a counter.
func (s *Service) Search(ctx context.Context, who actor.Actor, words string, limit int) ([]Party, error) {
	if !mayServe(who) {
		return nil, errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	number, _ := ParseNumber(words)
	phone, _ := ParsePhone(words)
	if number.Value != "" || phone != "" {
		return byNumberOrPhone(ctx, s.db, number.Value, phone, limit)
	}
	folded := text.Words(words)
	if len(folded) == 0 || len(folded) > 12 {
		return nil, nil
	}
	return byName(ctx, s.db, folded, limit)
}

// Enter takes down a party whose document the official has before them. A party
// with that verified number is found again, and only its contact details are
// brought up to date.
func (s *Service) Enter(ctx context.Context, who actor.Actor, draft Draft) (Party, error) {
	if !mayServe(who) {
		return Party{}, errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	p, err := draft.check(s.today())
	if err != nil {
		return Party{}, err
	}
	now := s.now()
	if !p.Number.IsZero() {
		known, err := verified(ctx, s.db, p.Number.Value)
		if err == nil {
			return s.reach(ctx, who, known, p)
		}
		if errs.KindOf(err) != errs.NotFound {
			return Party{}, err
		}
		p.VerifiedAt = now
	}
	p.ID, p.CreatedAt, p.Version = ID(db.NewID()), now, 1
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insert(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, who.ID, who.Unit, p.ID, Entered, nil)
	})
	return p, err
}

// reach brings the contact details of a known party up to date.
func (s *Service) reach(ctx context.Context, who actor.Actor, known, p Party) (Party, error) {
	was := known
	known.Phone = cmp.Or(p.Phone, known.Phone)
	known.Email = cmp.Or(p.Email, known.Email)
	known.Address = cmp.Or(p.Address, known.Address)
	if known == was {
		return known, nil
	}
	return s.save(ctx, who, known)
}

// Correct saves what was wrong or has changed of a party. A verified number and
// the name that goes with it are changed by an official only.
func (s *Service) Correct(ctx context.Context, who actor.Actor, id ID, version int64, draft Draft) (Party, error) {
	known, err := s.Get(ctx, who, id)
	if err != nil {
		return Party{}, err
	}
	if known.Erased() {
		return Party{}, errNotFound
	}
	p, err := draft.check(s.today())
	if err != nil {
		return Party{}, err
	}
	if known.Version != version {
		return Party{}, errChanged
	}
	if known.Verified() && !mayServe(who) {
		p.Kind, p.Number, p.Name, p.Born = known.Kind, known.Number, known.Name, known.Born
	}
	p.ID, p.Version, p.CreatedAt, p.Became, p.VerifiedAt = known.ID, known.Version, known.CreatedAt, known.Became, known.VerifiedAt
	if p.Number != known.Number && mayServe(who) {
		p.VerifiedAt = time.Time{}
	}
	return s.save(ctx, who, p)
}

func (s *Service) save(ctx context.Context, who actor.Actor, p Party) (Party, error) {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := save(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, who.ID, who.Unit, p.ID, Corrected, nil)
	})
	p.Version++
	return p, err
}

// CheckEnrolment says what is wrong with what a person types to register: name,
// number, contact.
func (s *Service) CheckEnrolment(name, number, contact string) error {
	_, err := enrolment(name, number, contact)
	return err
}

// Enrol takes down a person who registers an account, unverified: what others
// filed under the number stays hidden until an official has verified it. Contact
// is a telephone number or an e-mail address.
func (s *Service) Enrol(ctx context.Context, tx *db.Tx, by actor.ID, name, number, contact string) (string, error) {
	p, err := enrolment(name, number, contact)
	if err != nil {
		return "", err
	}
	p.ID, p.CreatedAt = ID(db.NewID()), s.now()
	if err := insert(ctx, tx, p); err != nil {
		return "", err
	}
	return string(p.ID), s.record(ctx, tx, by, "", p.ID, Entered, nil)
}

func enrolment(name, number, contact string) (Party, error) {
	var faults errs.Fields
	p := Party{Kind: Person, Name: tidy(name)}
	checkName(&faults, p.Name)
	p.Number = checkNumber(&faults, number)
	if p.Number.Kind == MST {
		p.Kind = Organisation
	}
	var isPhone, isEmail bool
	if strings.Contains(contact, "@") {
		p.Email, isEmail = ParseEmail(contact)
	} else {
		p.Phone, isPhone = ParsePhone(contact)
	}
	if !isPhone && !isEmail {
		faults.Add("contact", "party.error.contact", nil)
	}
	return p, faults.Err()
}

// Verify notes that an official saw the document of the party's number. If the
// number already belongs to another party, the two are the same: the answer is
// that other's id, and an event says so, so that what was filed meanwhile moves.
func (s *Service) Verify(ctx context.Context, tx *db.Tx, who actor.Actor, id string) (string, error) {
	if !mayServe(who) && !who.Can(actor.Administer) {
		return "", errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	p, err := get(ctx, tx, ID(id))
	if err != nil {
		return "", err
	}
	if p.Verified() || p.Became != "" {
		return string(cmp.Or(p.Became, p.ID)), nil
	}
	if p.Erased() || p.Number.IsZero() {
		return "", errs.New(errs.Conflict, "party.error.no-number", nil)
	}
	known, err := verified(ctx, tx, p.Number.Value)
	switch {
	case err == nil:
		p.Became = known.ID
		if err := save(ctx, tx, p); err != nil {
			return "", err
		}
		return string(known.ID), s.record(ctx, tx, who.ID, who.Unit, p.ID, Became, map[string]string{"party": string(known.ID)})
	case errs.KindOf(err) != errs.NotFound:
		return "", err
	}
	p.VerifiedAt = s.now()
	if err := save(ctx, tx, p); err != nil {
		return "", err
	}
	return id, s.record(ctx, tx, who.ID, who.Unit, p.ID, WasVerified, nil)
}

// Represent lets an agent act for a principal. An official at a counter enters
// it from the document; a party may delegate for itself.
func (s *Service) Represent(ctx context.Context, who actor.Actor, r Representation) (Representation, error) {
	own := who.Party != "" && r.Principal == ID(who.Party) && r.Kind == Delegated
	if !mayServe(who) && !own {
		return r, errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	r.Document = tidy(r.Document)
	if err := r.check(); err != nil {
		return r, err
	}
	for _, id := range []ID{r.Principal, r.Agent} {
		if p, err := get(ctx, s.db, id); err != nil || p.Erased() {
			return r, errs.Field("agent", "party.error.agent", nil)
		}
	}
	r.ID = db.NewID()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := insertRepresentation(ctx, tx, r, s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, who.ID, who.Unit, r.Principal, Represented, map[string]string{"representation": r.ID, "agent": string(r.Agent)})
	})
	return r, err
}

// EndRepresentation ends it on the given day, its first no longer in force. The
// principal, the agent and an official may.
func (s *Service) EndRepresentation(ctx context.Context, who actor.Actor, id string, on worktime.Date) error {
	found, err := representations(ctx, s.db, "id", id)
	if err != nil {
		return err
	}
	if len(found) == 0 || !mayServe(who) && (who.Party == "" || found[0].Principal != ID(who.Party) && found[0].Agent != ID(who.Party)) {
		return errNotFound
	}
	if on.Before(s.today()) || on.Before(found[0].From) {
		return errs.Field("to", "party.error.to", nil)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := endRepresentation(ctx, tx, id, on); err != nil {
			return err
		}
		return s.record(ctx, tx, who.ID, who.Unit, found[0].Principal, RepresentationEnded, map[string]string{"representation": id})
	})
}

// Principals returns for whom the agent may act on a day.
func (s *Service) Principals(ctx context.Context, agent ID, on worktime.Date) ([]Representation, error) {
	all, err := representations(ctx, s.db, "agent_id", string(agent))
	return slices.DeleteFunc(all, func(r Representation) bool { return !r.InForce(on) }), err
}

// Agents returns everybody who ever could act for the principal.
func (s *Service) Agents(ctx context.Context, principal ID) ([]Representation, error) {
	return representations(ctx, s.db, "principal_id", string(principal))
}

// MayActFor reports whether the agent is the principal or represents it today.
func (s *Service) MayActFor(ctx context.Context, agent, principal ID) (bool, error) {
	if agent == "" || agent == principal {
		return agent != "", nil
	}
	today, err := s.Principals(ctx, agent, s.today())
	return slices.ContainsFunc(today, func(r Representation) bool { return r.Principal == principal }), err
}

// Erase blanks the personal data of a party without an account. Whether the law
// lets them go yet is for the caller to have asked.
func (s *Service) Erase(ctx context.Context, who actor.Actor, id ID) error {
	if !who.Can(actor.Administer) {
		return errs.New(errs.Forbidden, "error.forbidden", nil)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.EraseIn(ctx, tx, who.ID, string(id)) })
}

// EraseIn blanks the personal data of a party, and of those that proved to be
// the same, in the caller's transaction. The ids stay, so that what refers to
// them stays whole.
func (s *Service) EraseIn(ctx context.Context, tx *db.Tx, by actor.ID, id string) error {
	same, err := sameAs(ctx, tx, ID(id))
	if err != nil {
		return err
	}
	if len(same) == 0 {
		return errNotFound
	}
	now := s.now()
	for _, p := range same {
		if p.Erased() {
			continue
		}
		blank := Party{ID: p.ID, Kind: p.Kind, Became: p.Became, ErasedAt: now, Version: p.Version}
		if err := save(ctx, tx, blank); err != nil {
			return err
		}
		if err := forget(ctx, tx, p.ID, worktime.DateOf(now)); err != nil {
			return err
		}
		if err := s.record(ctx, tx, by, "", p.ID, Erased, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) today() worktime.Date { return worktime.DateOf(s.now()) }

func (s *Service) record(ctx context.Context, tx *db.Tx, by actor.ID, unit string, id ID, kind string, data any) error {
	_, err := s.events.Record(ctx, tx, event.Event{At: s.now(), Actor: by, Unit: unit, Subject: "party:" + string(id), Kind: kind, Data: data})
	return err
}
