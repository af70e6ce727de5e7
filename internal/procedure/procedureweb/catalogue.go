package procedureweb

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
	"github.com/motcua/motcua/internal/worktime"
)

// editorAddress is the page of a procedure for its editors.
func editorAddress(code procedure.Code) string { return "/catalogue/" + url.PathEscape(string(code)) }

// catalogueData is what procedure_catalogue.html needs.
type catalogueData struct {
	Items []catalogueItem
	Pager web.Pager
}

type catalogueItem struct {
	Href, Name, Code, Field string
	From                    worktime.Date
	Revision                int
	Sample                  bool
}

func (h handlers) catalogue(w http.ResponseWriter, r *http.Request) error {
	page, err := h.procedures.List(r.Context(), procedure.Filter{After: r.URL.Query().Get("after"), Limit: 50})
	if err != nil {
		return err
	}
	say := h.words(r)
	var data catalogueData
	for _, v := range page.Versions {
		data.Items = append(data.Items, catalogueItem{
			editorAddress(v.Code), say.in(v.Plain), string(v.Code), say.in(v.Field.Name), v.From, v.Revision, v.Sample,
		})
	}
	if page.Next != "" {
		data.Pager.Next = "/catalogue?" + url.Values{"after": {page.Next}}.Encode()
	}
	return h.view.Render(w, r, "procedure_catalogue.html", data)
}

// uploadData is what procedure_upload.html needs.
type uploadData struct {
	Form web.Form
	File web.Field
	Text web.Textarea
	Day  web.DateInput
}

func (h handlers) upload(w http.ResponseWriter, r *http.Request) error {
	values := dayValues(url.Values{}, "from", h.procedures.Today())
	if code := r.URL.Query().Get("code"); code != "" {
		all, err := h.procedures.Versions(r.Context(), procedure.Code(code))
		if err != nil {
			return err
		}
		text, err := all[0].YAML()
		if err != nil {
			return err
		}
		values.Set("yaml", string(text))
	}
	return h.drawUpload(w, r, values, nil)
}

// drawUpload draws the form in which a version is written, again if it had
// faults.
func (h handlers) drawUpload(w http.ResponseWriter, r *http.Request, values url.Values, faults errs.Fields) error {
	say := h.words(r)
	form := web.NewForm(values, faults, "yaml", "from")
	data := uploadData{
		Form: form,
		File: form.Input("file", say.t("procedure.upload.file"), say.t("procedure.upload.file.hint")).Field,
		Text: form.Textarea("yaml", say.t("procedure.upload.text"), say.t("procedure.upload.text.hint")),
		Day:  form.Date("from", say.t("procedure.upload.from"), say.t("procedure.upload.from.hint")),
	}
	data.Text.Rows = 24
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return h.view.RenderStatus(w, r, status, "procedure_upload.html", data)
}

// checkData is what procedure_check.html needs.
type checkData struct {
	Name, Code string // empty when the file cannot be read
	Findings   []findingView
	Faults     int
	Changes    []procedure.Change
	Replaces   string
	ID         procedure.ID
	From       worktime.Date
	Refused    errs.Text
	YAML       string
	Ready      bool // nothing stands against publishing
}

type findingView struct {
	Line  int
	Tag   web.Tag
	Where string
	Text  string
}

// check is the dry run: it says what publishing would do.
func (h handlers) check(w http.ResponseWriter, r *http.Request) error {
	yaml, from, err := h.submitted(r)
	if faults, ok := web.Faults(err); ok {
		return h.drawUpload(w, r, r.Form, faults)
	}
	if err != nil {
		return err
	}
	c, err := h.procedures.Check(r.Context(), []byte(yaml), from)
	if err != nil {
		return err
	}
	say := h.words(r)
	data := checkData{YAML: yaml, From: from, Changes: c.Changes}
	for _, f := range c.Findings {
		v := findingView{f.Line, web.Tag{Colour: "yellow", Text: say.t("procedure.severity." + string(f.Severity))}, f.Where, say.text(f.Text)}
		if f.Severity == procedure.Fault {
			v.Tag.Colour = "red"
			data.Faults++
		}
		data.Findings = append(data.Findings, v)
	}
	if c.Version != nil {
		data.Name, data.Code, data.ID = say.in(c.Version.Plain), string(c.Version.Code), c.Version.ID
	}
	if c.Replaces != nil {
		data.Replaces = string(c.Replaces.ID)
	}
	if e, ok := errors.AsType[*errs.Error](c.Refused); ok {
		data.Refused = errs.Text{Key: e.Msg, Args: e.Args}
		for _, t := range e.Fields {
			data.Refused = t
		}
	}
	data.Ready = c.Version != nil && c.Refused == nil
	return h.view.Render(w, r, "procedure_check.html", data)
}

// submitted reads the file, or else the text, and the day it is to take effect.
func (h handlers) submitted(r *http.Request) (string, worktime.Date, error) {
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return "", worktime.Date{}, fmt.Errorf("read the form: %w", err)
	}
	yaml := r.Form.Get("yaml")
	if r.MultipartForm != nil && len(r.MultipartForm.File["file"]) > 0 {
		f, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			return "", worktime.Date{}, fmt.Errorf("open the file: %w", err)
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		if err != nil {
			return "", worktime.Date{}, fmt.Errorf("read the file: %w", err)
		}
		if len(data) > 0 {
			yaml = string(data)
		}
	}
	from, faults := day(r.Form, "from")
	if from.IsZero() {
		faults.Add("from", "procedure.error.from", nil)
	}
	if yaml == "" {
		faults.Add("yaml", "procedure.upload.empty", nil)
	}
	return yaml, from, faults.Err()
}

func (h handlers) publish(w http.ResponseWriter, r *http.Request) error {
	yaml, from, err := h.submitted(r)
	if faults, ok := web.Faults(err); ok {
		return h.drawUpload(w, r, r.Form, faults)
	}
	if err != nil {
		return err
	}
	v, err := h.procedures.Publish(r.Context(), actor.From(r.Context()), []byte(yaml), from)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, editorAddress(v.Code), "procedure.publish.done")
}

// versionsData is what procedure_versions.html needs.
type versionsData struct {
	Code, Name string
	Versions   []versionView
	Before     web.Choice
	After      web.Choice
	Compared   bool
	Changes    []procedure.Change
	Form       web.Form
	Day        web.DateInput
	Open       bool // not abolished
}

type versionView struct {
	ID       procedure.ID
	Href     string
	YAML     string
	From, To worktime.Date
	Void     bool // in force on no day: corrected before it took effect
	Revision int
	Hash     string
	By       actor.ID
}

func (h handlers) versions(w http.ResponseWriter, r *http.Request) error {
	return h.drawVersions(w, r, http.StatusOK, nil)
}

func (h handlers) drawVersions(w http.ResponseWriter, r *http.Request, status int, faults errs.Fields) error {
	code, query, say := procedure.Code(r.PathValue("code")), r.URL.Query(), h.words(r)
	all, err := h.procedures.Versions(r.Context(), code)
	if err != nil {
		return err
	}
	data := versionsData{Code: string(code), Name: say.in(all[0].Plain), Open: all[0].To.IsZero()}
	var options []web.Option
	for _, v := range all {
		options = append(options, web.Option{Value: string(v.ID), Label: string(v.ID)})
		data.Versions = append(data.Versions, versionView{
			v.ID, "/procedures/" + url.PathEscape(string(code)) + "?" + url.Values{"version": {string(v.ID)}}.Encode(),
			editorAddress(code) + "/yaml?" + url.Values{"version": {string(v.ID)}}.Encode(),
			v.From, v.To, v.From == v.To, v.Revision, v.Hash[:16], v.PublishedBy,
		})
	}
	data.Form = web.NewForm(query, faults)
	data.Before = data.Form.Choice("before", say.t("procedure.versions.before"), options)
	data.After = data.Form.Choice("after", say.t("procedure.versions.after"), options)
	data.Day = web.NewForm(r.PostForm, faults).Date("on", say.t("procedure.close.on"), say.t("procedure.close.on.hint"))
	if query.Has("before") && query.Has("after") {
		if data.Changes, err = h.compare(r, code, query); err != nil {
			return err
		}
		data.Compared = true
	}
	return h.view.RenderStatus(w, r, status, "procedure_versions.html", data)
}

// compare lists what two versions of a procedure say differently.
func (h handlers) compare(r *http.Request, code procedure.Code, query url.Values) ([]procedure.Change, error) {
	before, err := h.version(r.Context(), code, procedure.ID(query.Get("before")), h.procedures.Today())
	if err != nil {
		return nil, err
	}
	after, err := h.version(r.Context(), code, procedure.ID(query.Get("after")), h.procedures.Today())
	if err != nil {
		return nil, err
	}
	return procedure.Diff(&before.Definition, &after.Definition)
}

// yaml gives a version back as its file.
func (h handlers) yaml(w http.ResponseWriter, r *http.Request) error {
	code := procedure.Code(r.PathValue("code"))
	v, err := h.version(r.Context(), code, procedure.ID(r.URL.Query().Get("version")), h.procedures.Today())
	if err != nil {
		return err
	}
	text, err := v.YAML()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(v.ID)+`.yaml"`)
	_, err = w.Write(text)
	return err
}

func (h handlers) close(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	on, faults := day(r.PostForm, "on")
	if on.IsZero() {
		faults.Add("on", "procedure.error.from", nil)
		return h.drawVersions(w, r, http.StatusUnprocessableEntity, faults)
	}
	code := procedure.Code(r.PathValue("code"))
	err := h.procedures.Close(r.Context(), actor.From(r.Context()), code, on)
	if faults, ok := web.Faults(err); ok {
		return h.drawVersions(w, r, http.StatusUnprocessableEntity, errs.Fields{"on": faults["from"]})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, editorAddress(code), "procedure.close.done")
}
