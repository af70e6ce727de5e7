package dossierweb

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/form/formweb"
	"github.com/motcua/motcua/internal/web"
)

// tasksData is what dossier_tasks.html needs.
type tasksData struct {
	ID        dossier.ID
	Name      string
	Applicant string
	Tasks     []web.Task
	Done, All int
}

// tasks is the page of a draft: what is done, and what is still to do.
func (h handlers) tasks(w http.ResponseWriter, r *http.Request, p *paper) error {
	name, err := h.Parties.Name(r.Context(), p.Party)
	if err != nil {
		return err
	}
	data := tasksData{ID: p.ID, Name: p.Procedure.Plain.In(web.LangOf(r)), Applicant: name}
	for i := p.Sheet.Result.Next(-1); i < len(p.Sheet.Form.Pages); i = p.Sheet.Result.Next(i) {
		progress := p.Sheet.Progress(i)
		data.add(progress == formweb.Complete || progress == formweb.Optional)
		data.Tasks = append(data.Tasks, web.Task{Name: p.Sheet.Title(i), Href: p.page(i), Tag: h.progress(r, progress)})
	}
	papers := web.Task{Name: h.View.T(r, "dossier.citizen.documents.title"), Href: p.path("/documents"), Tag: h.progress(r, formweb.Complete)}
	if missing := len(p.missing()); missing > 0 {
		papers.Tag = web.Tag{Colour: "blue", Text: h.View.T(r, "dossier.citizen.documents.missing", "count", missing)}
	}
	data.add(len(p.missing()) == 0)
	delivery := web.Task{
		Name: h.View.T(r, "dossier.citizen.delivery.title"), Hint: h.View.T(r, "dossier.citizen.delivery."+string(p.Delivery)),
		Href: p.path("/delivery"), Tag: h.progress(r, formweb.Complete),
	}
	data.add(true)
	check := web.Task{Name: h.View.T(r, "dossier.citizen.check.title"), Tag: web.Tag{Text: h.View.T(r, "dossier.citizen.check.not-yet")}}
	if data.Done == data.All {
		check.Href, check.Tag = p.path("/check"), web.Tag{Colour: "green", Text: h.View.T(r, "dossier.citizen.check.ready")}
	}
	data.Tasks = append(data.Tasks, papers, delivery, check)
	return h.View.Render(w, r, "dossier_tasks.html", data)
}

func (d *tasksData) add(done bool) {
	d.All++
	if done {
		d.Done++
	}
}

func (h handlers) progress(r *http.Request, p formweb.Progress) web.Tag {
	tag := web.Tag{Text: h.View.T(r, "form.progress."+string(p))}
	switch p {
	case formweb.Untouched:
		tag.Colour = "blue"
	case formweb.Begun:
		tag.Colour = "yellow"
	}
	return tag
}

// page is the address of page i, as people count.
func (p *paper) page(i int) string { return p.path("/form/" + strconv.Itoa(i+1)) }

// questionData is what dossier_question.html needs.
type questionData struct {
	ID       dossier.ID
	Title    string
	Hint     string
	Step     int
	Steps    int
	Action   string
	Back     string
	Version  int64
	Tab      string // of this copy of the page; see draftCookie
	From     string // "check" leads back there
	Parts    []formweb.Part
	Faults   []web.Fault
	Changed  *change
	Theirs   []web.Row // answers of this page as others left them
	ReadOnly bool      // it was filed meanwhile
}

// questionPage returns which page the address means.
func questionPage(r *http.Request, p *paper) (int, error) {
	n, err := strconv.Atoi(r.PathValue("page"))
	if err != nil || n < 1 || n > len(p.Sheet.Form.Pages) {
		return 0, errs.New(errs.NotFound, "error.not-found", nil)
	}
	return n - 1, nil
}

func (h handlers) questionData(r *http.Request, p *paper, i int) questionData {
	data := questionData{
		ID: p.ID, Title: p.Sheet.Title(i), Hint: p.Sheet.Hint(i), Action: p.page(i), Version: p.Dossier.Version,
		Tab: strings.ToLower(rand.Text()[:12]), ReadOnly: p.State != dossier.Draft, Back: p.path(""),
	}
	if back := p.Sheet.Result.Previous(i); back >= 0 {
		data.Back = p.page(back)
	}
	for j := p.Sheet.Result.Next(-1); j < len(p.Sheet.Form.Pages); j = p.Sheet.Result.Next(j) {
		data.Steps++
		if j <= i {
			data.Step = data.Steps
		}
	}
	return data
}

func (h handlers) question(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	i, err := questionPage(r, p)
	if err != nil {
		return err
	}
	if p.State != dossier.Draft {
		return web.Redirect(w, r, p.path(""), "")
	}
	if !p.Sheet.Result.PageRelevant(i) {
		return web.Redirect(w, r, p.path(""), "dossier.citizen.notice.not-asked")
	}
	data := h.questionData(r, p, i)
	data.Parts = p.Sheet.Page(i, nil, nil)
	if data.From = fromCheck(r.URL.Query()); data.From != "" {
		data.Back = p.path("/check")
	}
	return h.View.Render(w, r, "dossier_question.html", data)
}

// fromCheck keeps where the reader came from, which can be one place only.
func fromCheck(v url.Values) string {
	if v.Get("from") == "check" {
		return "check"
	}
	return ""
}

// answer saves what was typed, whatever is wrong with it, and then judges it.
func (h handlers) answer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	p, err := h.open(r)
	if err != nil {
		return err
	}
	i, err := questionPage(r, p)
	if err != nil {
		return err
	}
	posted := p.Sheet.ReadPage(i, r.PostForm)
	d, err := h.Dossiers.SaveAnswers(r.Context(), actor.From(r.Context()), draftCopy(r), posted.Answers)
	if changed := h.changed(r, err); changed != nil {
		return h.answerStale(w, r, p, i, posted, changed)
	}
	if err != nil {
		return err
	}
	p.Dossier = d
	if err := h.judge(r, p); err != nil {
		return err
	}
	faults, more := p.Sheet.CheckPage(i, posted)
	switch {
	case r.PostForm.Get("then") == "later":
		return web.Redirect(w, r, p.path(""), "dossier.citizen.notice.saved")
	case len(faults) > 0:
		data := h.questionData(r, p, i)
		data.From = fromCheck(r.PostForm)
		data.Parts = p.Sheet.Page(i, r.PostForm, faults)
		data.Faults = web.NewForm(r.PostForm, faults, p.Sheet.Order(i)...).Summary()
		return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_question.html", data)
	case more:
		return web.Redirect(w, r, p.page(i)+fromQuery(r.PostForm), "dossier.citizen.notice.more")
	}
	return web.Redirect(w, r, h.after(p, i, fromCheck(r.PostForm)), "")
}

func fromQuery(v url.Values) string {
	if from := fromCheck(v); from != "" {
		return "?from=" + from
	}
	return ""
}

// after is where page i leads to once it is answered. Who came to change one
// answer goes back, unless that answer opened pages that nobody has filled in.
func (h handlers) after(p *paper, i int, from string) string {
	next := p.Sheet.Result.Next(i)
	if from == "check" {
		first := p.Sheet.Result.FirstProblem()
		if first < 0 {
			return p.path("/check")
		}
		return p.page(first)
	}
	if next == len(p.Sheet.Form.Pages) {
		return p.path("/documents")
	}
	return p.page(next)
}

// answerStale draws the page again when others changed the draft: what was typed
// stays, and what they left is told.
func (h handlers) answerStale(w http.ResponseWriter, r *http.Request, p *paper, i int, posted formweb.Posted, c *change) error {
	theirs := p.Sheet.Summary(i, "")
	mine := *p.Dossier
	mine.Answers = formweb.Merge(p.Answers, posted)
	drawn := *p
	drawn.Dossier = &mine
	if err := h.judge(r, &drawn); err != nil {
		return err
	}
	data := h.questionData(r, &drawn, i)
	data.From, data.Changed, data.Theirs = fromCheck(r.PostForm), c, theirs
	data.Parts = drawn.Sheet.Page(i, r.PostForm, nil)
	return h.View.RenderStatus(w, r, http.StatusConflict, "dossier_question.html", data)
}

// draftCookie says which version of the draft this copy of the page has saved by
// itself: what it saved does not make it stale. It is sent to that page only.
const draftCookie = "motcua_draft"

// draftCopy is the copy of the draft that the posted page stands on.
func draftCopy(r *http.Request) dossier.Copy {
	version := r.PostForm.Get("version")
	if c, err := r.Cookie(draftCookie); err == nil {
		if tab, saved, ok := strings.Cut(c.Value, "."); ok && tab == r.PostForm.Get("tab") {
			version = saved
		}
	}
	return copyOf(r, version)
}

// autosave keeps what is being typed. It answers scripts, and judges nothing.
func (h handlers) autosave(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	p, err := h.open(r)
	if err != nil {
		return h.refuse(w, r, err)
	}
	i, err := questionPage(r, p)
	if err != nil {
		return h.refuse(w, r, err)
	}
	posted := p.Sheet.ReadPage(i, r.PostForm)
	d, err := h.Dossiers.SaveAnswers(r.Context(), actor.From(r.Context()), draftCopy(r), posted.Answers)
	if err != nil {
		return h.refuse(w, r, err)
	}
	http.SetCookie(w, &http.Cookie{
		Name: draftCookie, Value: r.PostForm.Get("tab") + "." + strconv.FormatInt(d.Version, 10), Path: p.page(i),
		MaxAge: 24 * 3600, HttpOnly: true, Secure: h.View.Site.Secure, SameSite: http.SameSiteLaxMode,
	})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deliveryData is what dossier_delivery.html needs.
type deliveryData struct {
	ID      dossier.ID
	Version int64
	From    string
	Form    web.Form
	Options []web.Option
	Changed *change
}

func (h handlers) deliveryData(r *http.Request, d *dossier.Dossier, chosen string, faults errs.Fields) deliveryData {
	data := deliveryData{ID: d.ID, Version: d.Version, Form: web.NewForm(url.Values{"delivery": {chosen}}, faults, "delivery")}
	for _, way := range dossier.Deliveries() {
		key := "dossier.citizen.delivery." + string(way)
		data.Options = append(data.Options, web.Option{Value: string(way), Label: h.View.T(r, key), Hint: h.View.T(r, key+".hint")})
	}
	return data
}

func (h handlers) delivery(w http.ResponseWriter, r *http.Request) error {
	d, err := h.Dossiers.Get(r.Context(), actor.From(r.Context()), dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if d.State != dossier.Draft {
		return web.Redirect(w, r, path(d.ID, ""), "")
	}
	data := h.deliveryData(r, d, string(d.Delivery), nil)
	data.From = fromCheck(r.URL.Query())
	return h.View.Render(w, r, "dossier_delivery.html", data)
}

func (h handlers) chooseDelivery(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	who, v := actor.From(r.Context()), r.PostForm
	_, err := h.Dossiers.ChooseDelivery(r.Context(), who, copyOf(r, v.Get("version")), dossier.Delivery(v.Get("delivery")))
	faults, invalid := web.Faults(err)
	changed := h.changed(r, err)
	if invalid || changed != nil {
		d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
		if err != nil {
			return err
		}
		data := h.deliveryData(r, d, v.Get("delivery"), faults)
		data.From, data.Changed = fromCheck(v), changed
		status := http.StatusUnprocessableEntity
		if changed != nil {
			status = http.StatusConflict
		}
		return h.View.RenderStatus(w, r, status, "dossier_delivery.html", data)
	}
	if err != nil {
		return err
	}
	if fromCheck(v) != "" {
		return web.Redirect(w, r, path(dossier.ID(r.PathValue("id")), "/check"), "")
	}
	return web.Redirect(w, r, path(dossier.ID(r.PathValue("id")), ""), "dossier.citizen.notice.saved")
}
