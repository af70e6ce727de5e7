package dossier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/document"
	"github.com/motcua/motcua/internal/document/onestopform"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/orgunit"
	"github.com/motcua/motcua/internal/party"
	"github.com/motcua/motcua/internal/worktime"
)

// Units knows agencies and those above them. Package orgunit provides it.
type Units interface {
	Path(ctx context.Context, code string, on worktime.Date) ([]orgunit.Unit, error)
}

// Applicants knows what papers say of applicants. Package party provides it.
type Applicants interface {
	Lookup(ctx context.Context, ids ...string) (map[string]party.Party, error)
}

// People knows officials by name. Package identity provides it.
type People interface {
	Names(ctx context.Context, ids ...actor.ID) (map[actor.ID]string, error)
}

// Signers gives the keys of [PersonKey] and [AgencyKey]. A missing one is an
// error that is [fs.ErrNotExist]. Package document's Keys provides it.
type Signers interface {
	Signer(ctx context.Context, name string) (document.Signer, error)
}

// PersonKey names the key by which a leader signs.
func PersonKey(id actor.ID) string { return "person-" + string(id) }

// AgencyKey names the key of an agency's seal (chữ ký số của cơ quan).
func AgencyKey(unit string) string { return "agency-" + unit }

// Sources are what papers are made of.
type Sources struct {
	Units   Units
	Parties Applicants
	People  People
	Files   *blob.Store
	Signers Signers
	Words   func(key string) string // this package's messages, in Vietnamese
	Base    string                  // address of the site, for QR codes
	Hotline string                  // whom applicants call; may be empty
	Demo    bool                    // papers say that they have no legal value
}

// Papers draws the papers of dossiers: the standard forms, and the result as it
// is signed, numbered and sealed.
//
// The order is that of NĐ 30/2020/NĐ-CP: the leader signs; the records officer
// takes the number, which is written with the date into fields of the signed
// paper; the agency's signature over the whole is its seal. Paper and act become
// true together: the file is made and kept first, then one transaction writes the
// act with the file's hash.
type Papers struct {
	dossiers *Service
	Sources
}

// NewPapers returns what draws papers.
func NewPapers(s *Service, from Sources) *Papers { return &Papers{s, from} }

// SignResult renders the result that was proposed and approved, signs it with
// the actor's key, and does the act of signing.
func (p *Papers) SignResult(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	d, _, err := p.dossiers.ready(ctx, by, seen, act(ActSign))
	if err != nil {
		return nil, err
	}
	key, err := p.key(ctx, PersonKey(by.ID))
	if err != nil {
		return nil, err
	}
	at := p.dossiers.moment()
	paper, err := p.answer(ctx, by, d, at)
	if err != nil {
		return nil, err
	}
	pdf, err := document.Render(paper)
	if err != nil {
		return nil, err
	}
	if pdf, err = document.Sign(ctx, pdf, "signature-1", key, at); err != nil {
		return nil, err
	}
	file, err := p.keep(ctx, d, pdf)
	if err != nil {
		return nil, err
	}
	signed, err := p.dossiers.sign(ctx, by, seen, file)
	return signed, p.dropUnless(ctx, file, err)
}

// mostTries bounds how often a paper is sealed anew because its number went to
// another dossier of the agency in the same moment.
const mostTries = 8

// NumberResult writes number and date into the signed result, seals it with the
// key of the deciding unit, and does the act of numbering. So that no number is
// lost or given twice, the paper is sealed with the number that comes next, and
// written down only if it still does.
func (p *Papers) NumberResult(ctx context.Context, by actor.Actor, seen Copy) (*Dossier, error) {
	d, _, err := p.dossiers.ready(ctx, by, seen, act(ActNumber))
	if err != nil {
		return nil, err
	}
	key, err := p.key(ctx, AgencyKey(d.DecidingUnit))
	if err != nil {
		return nil, err
	}
	signed, err := p.Result(ctx, by, d.ID)
	if err != nil {
		return nil, err
	}
	pdf, err := p.read(ctx, signed)
	if err != nil {
		return nil, err
	}
	head, err := p.head(ctx, d.DecidingUnit, p.dossiers.moment(), d)
	if err != nil {
		return nil, err
	}
	kind, err := p.kind(ctx, d)
	if err != nil {
		return nil, err
	}
	symbol := kind.Symbol() + "-" + onestopform.Abbreviation(head.Agency)
	for range mostTries {
		var numbered *Dossier
		numbered, err = p.seal(ctx, by, seen, d, sealing{key, pdf, signed.ID, symbol, head.Place})
		if !errors.Is(err, errTaken) {
			return numbered, err
		}
	}
	return nil, err
}

// sealing is what a paper is sealed with.
type sealing struct {
	key      document.Signer
	pdf      []byte // signed by the leader
	replaces string // its attachment
	symbol   string
	place    string
}

func (p *Papers) seal(ctx context.Context, by actor.Actor, seen Copy, d *Dossier, s sealing) (*Dossier, error) {
	at := p.dossiers.moment()
	before, err := last(ctx, p.dossiers.db, d.numbers(at))
	if err != nil {
		return nil, err
	}
	bears := number(before+1, s.symbol)
	pdf, err := document.Issue(s.pdf, bears, s.place, at)
	if err != nil {
		return nil, err
	}
	if pdf, err = document.Sign(ctx, pdf, "seal", s.key, at); err != nil {
		return nil, err
	}
	file, err := p.keep(ctx, d, pdf)
	if err != nil {
		return nil, err
	}
	file.Replaces = s.replaces
	numbered, err := p.dossiers.issue(ctx, by, seen, s.symbol, bears, file)
	return numbered, p.dropUnless(ctx, file, err)
}

// Result returns the newest version of the result's paper, for who may see it:
// the applicant once the authority has decided.
func (p *Papers) Result(ctx context.Context, by actor.Actor, id ID) (Attachment, error) {
	files, err := p.dossiers.Attachments(ctx, by, id)
	if err != nil {
		return Attachment{}, err
	}
	happened, err := p.dossiers.happened(ctx, p.dossiers.db, id)
	if err != nil {
		return Attachment{}, err
	}
	for _, e := range slices.Backward(happened) {
		if e.Kind != act(ActNumber).Event && e.Kind != act(ActSign).Event || e.Fact.Attachment == "" {
			continue
		}
		if i := slices.IndexFunc(files, func(a Attachment) bool { return a.ID == e.Fact.Attachment }); i >= 0 {
			return files[i], nil
		}
	}
	return Attachment{}, errs.New(errs.NotFound, "dossier.error.no-paper", nil)
}

// Verify checks the signatures on the result's paper. It is an error when the
// file kept is not the one that was signed.
func (p *Papers) Verify(ctx context.Context, by actor.Actor, id ID) ([]document.Signed, error) {
	a, err := p.Result(ctx, by, id)
	if err != nil {
		return nil, err
	}
	pdf, err := p.read(ctx, a)
	if err != nil {
		return nil, err
	}
	return document.Verify(pdf)
}

func (p *Papers) key(ctx context.Context, name string) (document.Signer, error) {
	k, err := p.Signers.Signer(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &errs.Error{Kind: errs.Conflict, Msg: "dossier.error.no-key", Err: err}
	}
	return k, err
}

// keep stores a paper.
func (p *Papers) keep(ctx context.Context, d *Dossier, pdf []byte) (*NewAttachment, error) {
	sum := sha256.Sum256(pdf)
	hash := hex.EncodeToString(sum[:])
	n := NewAttachment{Name: "ket-qua-" + d.Code + ".pdf", Type: string(media.PDF), Size: int64(len(pdf)), SHA256: hash, Blob: blob.Key(hash)}
	if err := p.Files.Put(ctx, n.Blob, bytes.NewReader(pdf)); err != nil {
		return nil, err
	}
	return &n, nil
}

// dropUnless deletes a paper whose act did not come about. No other dossier can
// have the same one: each signature is made anew.
func (p *Papers) dropUnless(ctx context.Context, file *NewAttachment, err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, p.Files.Delete(context.WithoutCancel(ctx), file.Blob))
}

// read returns a kept file, if it is still what was kept.
func (p *Papers) read(ctx context.Context, a Attachment) ([]byte, error) {
	f, err := p.Files.Open(ctx, a.Blob)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read paper %s: %w", a.ID, err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != a.SHA256 {
		return nil, fmt.Errorf("read paper %s: its bytes are not those that were kept", a.ID)
	}
	return b, nil
}

// head is what stands at the top of a unit's paper.
func (p *Papers) head(ctx context.Context, unit string, at time.Time, d *Dossier) (onestopform.Head, error) {
	h := onestopform.Head{Agency: unit, At: at, Demo: p.Demo}
	if d != nil {
		h.Code, h.Link = d.Code, p.Base+"/track?code="+url.QueryEscape(d.Code)
	}
	path, err := p.Units.Path(ctx, unit, worktime.DateOf(at))
	if errs.KindOf(err) == errs.NotFound {
		return h, nil
	}
	if err != nil || len(path) == 0 {
		return h, err
	}
	h.Agency = path[len(path)-1].Name
	if len(path) > 1 {
		above := path[len(path)-2]
		h.Parent = above.Name
		// SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG stands below the province's committee
		// without the province's name.
		if above.Kind == orgunit.Committee {
			h.Agency = strings.TrimSuffix(h.Agency, strings.TrimPrefix(above.Name, "Ủy ban nhân dân"))
		}
	}
	for _, u := range slices.Backward(path) {
		if u.Kind == orgunit.Committee && h.Place == "" {
			h.Place = onestopform.Place(u.Name)
		}
	}
	return h, nil
}

// unit returns the name of a unit on a day, or its code.
func (p *Papers) unit(ctx context.Context, code string, on time.Time) (string, error) {
	path, err := p.Units.Path(ctx, code, worktime.DateOf(on))
	if errs.KindOf(err) == errs.NotFound || err == nil && len(path) == 0 {
		return code, nil
	}
	if err != nil {
		return "", err
	}
	return path[len(path)-1].Name, nil
}

// applicant is what papers say of who filed. The identity number stands on the
// result only.
func (p *Papers) applicant(ctx context.Context, d *Dossier) (onestopform.Applicant, error) {
	all, err := p.Parties.Lookup(ctx, d.Party)
	if err != nil {
		return onestopform.Applicant{}, err
	}
	who, ok := all[d.Party]
	if !ok || who.Erased() {
		return onestopform.Applicant{Name: d.ApplicantName}, nil
	}
	return onestopform.Applicant{Name: who.Name, Number: who.Number.Value, Address: who.Address, Phone: who.Phone, Email: who.Email}, nil
}

// kind is the kind of paper that answers a dossier.
func (p *Papers) kind(ctx context.Context, d *Dossier) (onestopform.ResultKind, error) {
	v, err := p.dossiers.catalogue.Get(ctx, d.Procedure)
	if err != nil {
		return "", err
	}
	results := v.ResultsOf(d.Case)
	if d.Outcome == Refuse || len(results) == 0 {
		return onestopform.Notice, nil
	}
	switch results[0].Kind {
	case "decision", "licence":
		return onestopform.Decision, nil
	case "confirmation":
		return onestopform.Confirmation, nil
	}
	return onestopform.Notice, nil
}

// answer is the result's paper, to be signed by the actor.
func (p *Papers) answer(ctx context.Context, by actor.Actor, d *Dossier, at time.Time) (document.Paper, error) {
	v, err := p.dossiers.catalogue.Get(ctx, d.Procedure)
	if err != nil {
		return document.Paper{}, err
	}
	r := onestopform.Result{Procedure: v.Name.Vi, ReceivedAt: d.ReceivedAt, Granted: d.Outcome == Grant, Article: d.Article}
	if r.Kind, err = p.kind(ctx, d); err != nil {
		return document.Paper{}, err
	}
	if r.Head, err = p.head(ctx, d.DecidingUnit, at, d); err != nil {
		return document.Paper{}, err
	}
	if r.Applicant, err = p.applicant(ctx, d); err != nil {
		return document.Paper{}, err
	}
	if r.Handling, err = p.unit(ctx, d.HandlingUnit, at); err != nil {
		return document.Paper{}, err
	}
	for _, b := range v.Legal {
		r.Grounds = append(r.Grounds, fmt.Sprintf("%s (%s)", b.Title.Vi, b.Document))
	}
	if results := v.ResultsOf(d.Case); len(results) > 0 {
		r.Named = results[0].Name.Vi
	}
	if d.Summary != "" {
		r.Facts = []onestopform.Fact{{Label: "Nội dung đề nghị", Value: d.Summary}}
	}
	if d.Outcome == Refuse {
		r.Reason = p.Words("dossier.reason." + d.Reason)
		if r.Text, err = p.said(ctx, by, d, ActPropose); err != nil {
			return document.Paper{}, err
		}
	}
	r.Signer = document.Signature{Title: onestopform.HeadOf(r.Agency), Name: by.Name}
	return r.Paper(), nil
}

// said returns what was written with the last act of a name.
func (p *Papers) said(ctx context.Context, by actor.Actor, d *Dossier, name ActName) (string, error) {
	entries, err := p.dossiers.Timeline(ctx, by, d.ID)
	if err != nil {
		return "", err
	}
	e, _ := latest(entries, name)
	return e.Note, nil
}

// latest returns what happened last of an act.
func latest(entries []Entry, names ...ActName) (Entry, bool) {
	for _, e := range slices.Backward(entries) {
		if slices.ContainsFunc(names, func(n ActName) bool { return act(n).Event == e.Kind }) {
			return e, true
		}
	}
	return Entry{}, false
}
