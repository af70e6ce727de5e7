package dossierweb

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
)

// accept is what a file chooser offers. What is taken is decided by content.
const accept = ".pdf,.jpg,.jpeg,.png,.heic,.docx,.xlsx,image/*"

// filePrefix stands before a component in the name of its file input.
const filePrefix = "file-"

// missing lists the papers that must be there and are not. A paper that a result
// of ours may stand for is left to the desk.
func (p *paper) missing() []procedure.Component {
	var missing []procedure.Component
	for _, c := range p.Components {
		if c.Required && len(c.Reuse) == 0 && len(p.filesOf(c.ID)) == 0 {
			missing = append(missing, c)
		}
	}
	return missing
}

// documentsData is what dossier_documents.html needs.
type documentsData struct {
	ID     dossier.ID
	From   string
	Limits media.Limits
	Papers []paperUpload
	Faults []web.Fault
	Fault  errs.Text // of the whole form
}

// paperUpload is one component and its files.
type paperUpload struct {
	Upload web.Upload
	Copies string    // how the paper is handed in
	Reuse  []earlier // results that may stand for it
	Action string    // where a result is taken over
}

// earlier is a paper that the applicant received before.
type earlier struct {
	Value, Label string
}

// refused is a file that was not taken.
type refused struct {
	field, name string
	text        errs.Text
}

func (h handlers) documentsData(r *http.Request, p *paper, bad []refused) (*documentsData, error) {
	data := &documentsData{ID: p.ID, Limits: h.Uploads.Limits()}
	var faults errs.Fields
	var order []string
	for _, c := range p.Components {
		order = append(order, filePrefix+c.ID)
	}
	for _, b := range bad {
		faults.Add(b.field, b.text.Key, b.text.Args)
	}
	bound := web.NewForm(nil, faults, order...)
	lang := web.LangOf(r)
	for _, c := range p.Components {
		label := c.Name.In(lang)
		if !c.Required {
			label += " " + h.View.T(r, "web.optional")
		}
		field := filePrefix + c.ID
		up := paperUpload{
			Upload: bound.Upload(field, label, p.path("/documents/"+c.ID), accept, h.files(p, c.ID), c.Help.In(lang)),
			Copies: h.View.T(r, "dossier.citizen.copy."+string(c.Copy), "count", c.Count),
			Action: p.path("/documents/" + c.ID + "/reuse"),
		}
		for _, b := range bad {
			if b.field == field {
				up.Upload.Files = append(up.Upload.Files, web.File{Name: b.name, Error: b.text})
			}
		}
		var err error
		if up.Reuse, err = h.earlier(r, p, c); err != nil {
			return nil, err
		}
		data.Papers = append(data.Papers, up)
	}
	data.Faults = bound.Summary()
	return data, nil
}

// files are the files of a component, which may be taken back.
func (h handlers) files(p *paper, component string) []web.File {
	var files []web.File
	for _, a := range p.filesOf(component) {
		f := web.File{Name: a.Name, Size: a.Size, Href: p.path("/files/" + a.ID)}
		if p.State == dossier.Draft || p.State == dossier.WaitingSupplement && a.Supplement == p.Supplement {
			f.Remove = p.path("/files/" + a.ID + "/remove")
		}
		files = append(files, f)
	}
	return files
}

// earlier finds papers among the applicant's results that may stand for c.
func (h handlers) earlier(r *http.Request, p *paper, c procedure.Component) ([]earlier, error) {
	if len(c.Reuse) == 0 {
		return nil, nil
	}
	ctx, who := r.Context(), actor.From(r.Context())
	page, err := h.Dossiers.List(ctx, who, dossier.Query{
		View: dossier.Own, Party: []string{p.Party}, States: []dossier.State{dossier.Done, dossier.Returned}, Limit: 50,
	})
	if err != nil {
		return nil, err
	}
	var found []earlier
	for _, d := range page.Dossiers {
		v, err := h.Catalogue.Get(ctx, d.Procedure)
		if err != nil {
			return nil, err
		}
		fits := slices.ContainsFunc(v.ResultsOf(d.Case), func(res procedure.Result) bool { return slices.Contains(c.Reuse, res.ID) })
		if !fits || d.Outcome == dossier.Refuse {
			continue
		}
		files, err := h.Dossiers.Attachments(ctx, who, d.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range files {
			if a.Component == "" && visible(&d, a) {
				label := h.View.T(r, "dossier.citizen.reuse.paper", "name", a.Name, "code", d.Code)
				found = append(found, earlier{string(d.ID) + "/" + a.ID, label})
			}
		}
	}
	return found, nil
}

func (h handlers) documents(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.State != dossier.Draft {
		return web.Redirect(w, r, p.path(""), "")
	}
	data, err := h.documentsData(r, p, nil)
	if err != nil {
		return err
	}
	data.From = fromCheck(r.URL.Query())
	return h.View.Render(w, r, "dossier_documents.html", data)
}

// receive reads a form with files. Each file goes to take as it arrives, none
// lies in memory whole. What was read before an error is returned with it.
func receive(r *http.Request, take func(field, name string, file io.Reader) error) (url.Values, error) {
	values := url.Values{}
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		err = r.ParseForm()
		return r.PostForm, err
	}
	if err != nil {
		return values, badForm(err)
	}
	const most = 1 << 20 // of all that is not a file
	left := int64(most)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return values, badForm(err)
		}
		if part.FileName() != "" {
			if err := take(part.FormName(), part.FileName(), part); err != nil {
				return values, err
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(b)); err != nil || left < 0 {
			return values, badForm(err)
		}
		if part.FormName() != "" && !strings.HasPrefix(part.FormName(), filePrefix) {
			values.Add(part.FormName(), string(b))
		}
	}
}

// takeFiles keeps the files of a posted form, each on its own: one that is
// refused is told, and the others stay.
func (h handlers) takeFiles(r *http.Request, d *dossier.Dossier) (values url.Values, kept int, bad []refused, err error) {
	values, err = receive(r, func(field, name string, file io.Reader) error {
		component, ok := strings.CutPrefix(field, filePrefix)
		if !ok || component == "" {
			return errs.New(errs.Invalid, "error.invalid", nil)
		}
		_, err := h.Uploads.Put(r.Context(), actor.From(r.Context()), d.Copy(), component, name, file)
		e, classified := errors.AsType[*errs.Error](err)
		_, broken := errors.AsType[*http.MaxBytesError](err)
		switch {
		case err == nil:
			kept++
			return nil
		case broken || !classified || e.Kind != errs.Invalid:
			return err
		}
		bad = append(bad, refused{field, name, errs.Text{Key: "dossier.citizen.file-refused", Args: errs.Args{"name": name, "why": h.View.T(r, e.Msg, map[string]any(e.Args))}}})
		return nil
	})
	return values, kept, bad, err
}

func (h handlers) upload(w http.ResponseWriter, r *http.Request) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	if p.State != dossier.Draft {
		return web.Redirect(w, r, p.path(""), "")
	}
	values, kept, bad, err := h.takeFiles(r, p.Dossier)
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return err
	}
	if err != nil || len(bad) > 0 {
		return h.uploadFailed(w, r, values, bad, err)
	}
	switch {
	case values.Get("then") != "next":
		notice := ""
		if kept > 0 {
			notice = "dossier.citizen.notice.uploaded"
		}
		return web.Redirect(w, r, p.path("/documents"+fromQuery(values)), notice)
	case fromCheck(values) != "":
		return web.Redirect(w, r, p.path("/check"), "")
	}
	return web.Redirect(w, r, p.path("/delivery"), "")
}

// uploadFailed draws the page again, with the files that were kept and those
// that were not.
func (h handlers) uploadFailed(w http.ResponseWriter, r *http.Request, values url.Values, bad []refused, cause error) error {
	p, err := h.open(r)
	if err != nil {
		return err
	}
	data, err := h.documentsData(r, p, bad)
	if err != nil {
		return err
	}
	data.From = fromCheck(values)
	if cause != nil {
		problem := h.View.ProblemOf(r.Context(), cause)
		data.Fault = errs.Text{Key: "dossier.citizen.upload-broken", Args: errs.Args{"why": problem.Title}}
	}
	return h.View.RenderStatus(w, r, http.StatusUnprocessableEntity, "dossier_documents.html", data)
}

// uploadOne takes one file from a script.
func (h handlers) uploadOne(w http.ResponseWriter, r *http.Request) error {
	d, err := h.Dossiers.Get(r.Context(), actor.From(r.Context()), dossier.ID(r.PathValue("id")))
	if err != nil {
		return h.refuse(w, r, err)
	}
	var a *dossier.Attachment
	_, err = receive(r, func(_, name string, file io.Reader) error {
		if a != nil {
			return errs.New(errs.Invalid, "error.invalid", nil) // one at a time
		}
		var err error
		a, err = h.Uploads.Put(r.Context(), actor.From(r.Context()), d.Copy(), r.PathValue("component"), name, file)
		return err
	})
	if err == nil && a == nil {
		err = errs.New(errs.Invalid, "error.invalid", nil)
	}
	if err != nil {
		return h.refuse(w, r, err)
	}
	file := path(d.ID, "/files/"+a.ID)
	return answerJSON(w, http.StatusCreated, "application/json", struct {
		Name   string `json:"name"`
		Size   string `json:"size"`
		Href   string `json:"href"`
		Remove string `json:"remove"`
	}{a.Name, web.LangOf(r).Size(a.Size), file, file + "/remove"})
}

// refuse answers a script with a problem. Defects go on to where they are
// logged.
func (h handlers) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	if web.Status(err) >= http.StatusInternalServerError {
		return err
	}
	return answerJSON(w, web.Status(err), "application/problem+json", h.View.ProblemOf(r.Context(), err))
}

func answerJSON(w http.ResponseWriter, status int, kind string, body any) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}

// reuse lets an earlier result stand for a paper: the same bytes, noted again.
func (h handlers) reuse(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	p, err := h.open(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Components, func(c procedure.Component) bool { return c.ID == r.PathValue("component") })
	if i < 0 || p.State != dossier.Draft {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	offered, err := h.earlier(r, p, p.Components[i])
	if err != nil {
		return err
	}
	chosen := r.PostForm.Get("paper")
	if !slices.ContainsFunc(offered, func(e earlier) bool { return e.Value == chosen }) {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	from, file, _ := strings.Cut(chosen, "/")
	who := actor.From(r.Context())
	files, err := h.Dossiers.Attachments(r.Context(), who, dossier.ID(from))
	if err != nil {
		return err
	}
	a := files[slices.IndexFunc(files, func(a dossier.Attachment) bool { return a.ID == file })]
	if !slices.ContainsFunc(p.filesOf(p.Components[i].ID), func(b dossier.Attachment) bool { return b.SHA256 == a.SHA256 }) {
		_, _, err = h.Dossiers.AddAttachment(r.Context(), who, p.Copy(), dossier.NewAttachment{
			Component: p.Components[i].ID, Name: a.Name, Type: a.Type, Size: a.Size, SHA256: a.SHA256, Blob: a.Blob,
		})
		if err != nil {
			return err
		}
	}
	return web.Redirect(w, r, p.path("/documents"), "dossier.citizen.notice.uploaded")
}

// remove takes a file back, from wherever it is shown.
func (h handlers) remove(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if _, err := h.Dossiers.RemoveAttachment(r.Context(), who, d.Copy(), r.PathValue("file")); err != nil {
		return err
	}
	back := "/documents"
	if d.State == dossier.WaitingSupplement {
		back = "/supplement"
	}
	return web.Redirect(w, r, path(d.ID, back), "dossier.citizen.notice.removed")
}

// download sends a file as it was handed in. The browser neither guesses what it
// is nor runs it here.
func (h handlers) download(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	d, err := h.Dossiers.Get(r.Context(), who, dossier.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	a, f, err := h.Uploads.Open(r.Context(), who, d.ID, r.PathValue("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	if !visible(d, a) {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	header := w.Header()
	header.Set("Content-Type", a.Type)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
