package officeweb

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/document/onestopform"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// Result is the kind of slip that shows the decision as it is, or will be,
// signed. The other kinds are those of [onestopform.Kinds], the book left out.
const Result = "result"

// Slips lists the kinds of papers a dossier can have.
func Slips() []string {
	var kinds []string
	for _, k := range onestopform.Kinds() {
		if k != onestopform.BookForm {
			kinds = append(kinds, string(k))
		}
	}
	return append(kinds, Result)
}

// slip is a paper that a dossier has, and the day that decides which number its
// form bears.
type slip struct {
	kind string
	at   time.Time
}

// slips lists the papers that a dossier has by now.
func (h handlers) slips(s *subject) []slip {
	var all []slip
	add := func(kind string, at time.Time) {
		if !at.IsZero() {
			all = append(all, slip{kind, at})
		}
	}
	add(string(onestopform.ReceiptForm), s.ReceivedAt)
	for _, one := range slices.Backward(s.asked) {
		if !one.SentAt.IsZero() {
			add(string(onestopform.SupplementForm), one.SentAt)
			break
		}
	}
	switch {
	case s.State == dossier.NotReceived:
		add(string(onestopform.RejectionForm), s.DecidedAt)
	case s.State == dossier.Stopped && onestopform.FormNumber(onestopform.StopForm, worktime.DateOf(s.DecidedAt)) != "":
		add(string(onestopform.StopForm), s.DecidedAt)
	}
	apology := s.ApologyAt
	if apology.IsZero() {
		apology = s.ApologyDraftedAt
	}
	add(string(onestopform.ApologyForm), apology)
	add(string(onestopform.ControlForm), s.ReceivedAt)
	if s.Outcome != "" {
		add(Result, s.ReceivedAt)
	}
	return all
}

// slipLabel names a paper with the number its form bears on its day.
func (h handlers) slipLabel(r *http.Request, p slip) string {
	label := h.view.T(r, "office.slip."+p.kind)
	if n := onestopform.FormNumber(onestopform.Kind(p.kind), worktime.DateOf(p.at)); n != "" {
		return h.view.T(r, "office.slip.numbered", "name", label, "number", n)
	}
	return label
}

// sendPDF sends a paper to be read in the browser, or kept.
func sendPDF(w http.ResponseWriter, name string, paper []byte) error {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name + ".pdf"}))
	w.Header().Set("Content-Length", strconv.Itoa(len(paper)))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(paper) // who went away needs no answer
	return nil
}

func (h handlers) slip(w http.ResponseWriter, r *http.Request) error {
	kind, ok := strings.CutSuffix(r.PathValue("form"), ".pdf")
	if !ok || !slices.Contains(Slips(), kind) {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	by := actor.From(r.Context())
	d, err := h.Dossiers.Get(r.Context(), by, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	paper, err := h.Papers.Slip(r.Context(), by, d.ID, kind)
	if err != nil {
		return err
	}
	return sendPDF(w, d.Code+"-"+kind, paper)
}

// book is the register of the dossiers filed in a period, this month's unless
// the address says otherwise.
func (h handlers) book(w http.ResponseWriter, r *http.Request) error {
	year, month, _ := h.today().Civil()
	from := worktime.NewDate(year, month, 1)
	until := from.AddMonths(1)
	for name, day := range map[string]*worktime.Date{"from": &from, "to": &until} {
		if s := r.URL.Query().Get(name); s != "" {
			d, err := worktime.ParseDate(s)
			if err != nil {
				return errs.Field(name, "office.error.date", nil)
			}
			*day = d
		}
	}
	if !until.After(from) || until.DaysSince(from) > 366 {
		return errs.Field("to", "office.error.period", nil)
	}
	paper, err := h.Papers.Book(r.Context(), actor.From(r.Context()), from, until)
	if err != nil {
		return err
	}
	return sendPDF(w, "book-"+from.String(), paper)
}

// download sends a file as it was handed in. It is never shown in place: what a
// stranger sent must not run as a page of ours.
func (h handlers) download(w http.ResponseWriter, r *http.Request) error {
	a, f, err := h.Uploads.Open(r.Context(), actor.From(r.Context()), dossier.ID(r.PathValue("id")), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("Content-Type", a.Type)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	w.Header().Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", a.At, f)
	return nil
}

// signData is what office_sign.html needs.
type signData struct {
	Dossier         *dossier.Dossier
	Procedure, Self string
	Outcome, Colour string
	Rows            []web.Row
	Due             *web.Deadline
	Preview, Action string
	CanSend         bool
	Rework          web.Textarea
}

// sign asks the leader for a signature: what is signed, and one large button. It
// is made for a telephone.
func (h handlers) sign(w http.ResponseWriter, r *http.Request) error {
	by, ctx := actor.From(r.Context()), r.Context()
	s, err := h.subject(ctx, by, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !s.may(dossier.ActSign) {
		return web.Redirect(w, r, page(s.ID), "office.sign.not-now")
	}
	happened, err := h.Dossiers.Timeline(ctx, by, s.ID)
	if err != nil {
		return err
	}
	say := h.say(r)
	data := signData{
		Dossier: s.Dossier, Procedure: s.version.Plain.In(web.LangOf(r)), Self: page(s.ID), Outcome: say("dossier.outcome." + string(s.Outcome)), Colour: "green",
		Due: h.deadline(r, s.Dossier), Preview: page(s.ID) + "/papers/" + Result + ".pdf", Action: page(s.ID) + "/acts/", CanSend: s.may(dossier.ActReturnForRework),
		Rows: []web.Row{{Key: say("office.fact.applicant"), Value: s.ApplicantName}},
	}
	if s.Outcome == dossier.Refuse {
		data.Colour = "red"
		data.Rows = append(data.Rows, web.Row{Key: say("office.fact.reason"), Value: say("dossier.reason."+s.Reason) + " (" + s.Article + ")"})
	}
	for _, e := range happened {
		if actOf(e.Kind) == dossier.ActPropose && e.Note != "" {
			data.Rows = append(data.Rows, web.Row{Key: say("office.sign.opinion"), Value: e.Note})
		}
	}
	data.Rework = web.NewForm(nil, nil).Textarea("reason", h.view.T(r, "office.ask.rework"))
	data.Rework.Rows = 3
	return h.view.Render(w, r, "office_sign.html", data)
}
