package web

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/i18n"
)

// Site is what every page says of the installation.
type Site struct {
	Agency string // message key of the agency's name
	Demo   bool   // every page says that data and signatures are not real
	Base   string // public address, "https://…"; for links in mails and QR codes
	Secure bool   // served over TLS, perhaps by a proxy in front: cookies are secure, HSTS is on
}

// MenuItem is a way into a room, shown to those who may enter.
type MenuItem struct {
	Href       string
	Label      string // message key
	Permission actor.Permission

	// Count says how many things wait behind it, unread notices say; nil for a
	// way in that has no number.
	Count   func(ctx context.Context, who actor.Actor) (int, error)
	Waiting int // what Count said for this reader
}

// View draws pages. Templates are parsed once for each language, when it is
// made.
type View struct {
	Bundle *i18n.Bundle
	Site   Site

	menu  []MenuItem
	pages map[i18n.Lang]map[string]*template.Template
}

// Page is what the layout and every page's template receive.
type Page struct {
	Lang      i18n.Lang
	OtherLang i18n.Lang
	Path      string // of the request, with its query: where the language switch comes back to
	Actor     actor.Actor
	Site      Site
	Menu      []MenuItem // what this actor may open
	Notice    string     // message key of what just happened; empty mostly
	Nonce     string     // id of the request, shown with errors
	Data      any
}

// NewView parses the templates of the modules. Each source holds templates/*.html:
// a page a file, which defines "title" and "main", and parts shared by the
// module's pages in files that begin with "_". The parts of a source without
// pages are shared by the pages of all.
func NewView(bundle *i18n.Bundle, site Site, menu []MenuItem, sources ...fs.FS) (*View, error) {
	v := &View{Bundle: bundle, Site: site, menu: menu, pages: map[i18n.Lang]map[string]*template.Template{}}
	for _, lang := range i18n.Langs {
		shared, err := template.New("").Funcs(componentFuncs).Funcs(v.funcs(lang)).ParseFS(templates, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse shared templates: %w", err)
		}
		if err := share(shared, sources); err != nil {
			return nil, err
		}
		v.pages[lang] = map[string]*template.Template{}
		for _, source := range append([]fs.FS{templates}, sources...) {
			if err := v.parse(lang, shared, source); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// share adds the parts of the sources that hold nothing else.
func share(t *template.Template, sources []fs.FS) error {
	for _, source := range sources {
		all, err := fs.Glob(source, "templates/*.html")
		if err != nil {
			return err
		}
		parts, err := fs.Glob(source, "templates/_*.html")
		if err != nil {
			return err
		}
		if len(parts) == 0 || len(parts) < len(all) {
			continue
		}
		if _, err := t.ParseFS(source, parts...); err != nil {
			return fmt.Errorf("parse shared parts: %w", err)
		}
	}
	return nil
}

// parse adds the pages of one source.
func (v *View) parse(lang i18n.Lang, shared *template.Template, source fs.FS) error {
	names, err := fs.Glob(source, "templates/*.html")
	if err != nil {
		return err
	}
	var parts, pages []string
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			parts = append(parts, name)
		} else {
			pages = append(pages, name)
		}
	}
	for _, name := range pages {
		page := path.Base(name)
		if _, ok := v.pages[lang][page]; ok {
			return fmt.Errorf("two pages are called %s", page)
		}
		t, err := shared.Clone()
		if err != nil {
			return err
		}
		if t, err = t.ParseFS(source, append(parts, name)...); err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		v.pages[lang][page] = t
	}
	return nil
}

// Pages lists the names of all pages, for the test that each is drawn by one.
func (v *View) Pages() []string {
	var names []string
	for name := range v.pages[i18n.Vi] {
		names = append(names, name)
	}
	return names
}

// funcs are what templates may call, bound to a language.
func (v *View) funcs(lang i18n.Lang) template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, args ...any) string { return v.Bundle.T(lang, key, args...) },
		"thtml":   func(key string, args ...any) template.HTML { return v.Bundle.HTML(lang, key, args...) },
		"text":    func(t errs.Text) string { return v.Bundle.T(lang, t.Key, map[string]any(t.Args)) },
		"date":    lang.Date,
		"moment":  lang.Moment,
		"weekday": lang.WeekdayDate,
		"number":  func(n any) string { return lang.Number(reflect.ValueOf(n).Int()) },
		"dong":    lang.Dong,
		"size":    lang.Size,
		"percent": lang.Percent,
		"iso":     func(t time.Time) string { return t.Format(time.RFC3339) },
		"asset":   assetURL,
		"lang":    func() i18n.Lang { return lang },
	}
}

// T says a message in the language of the request.
func (v *View) T(r *http.Request, key string, args ...any) string {
	return v.Bundle.T(LangOf(r), key, args...)
}

// buffers are kept: a page is drawn whole before a byte of it is sent.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render draws the page called name, in the language of the request.
func (v *View) Render(w http.ResponseWriter, r *http.Request, name string, data any) error {
	return v.RenderStatus(w, r, http.StatusOK, name, data)
}

// RenderStatus is Render with a status other than 200: 422 for a form that is
// drawn again, say.
func (v *View) RenderStatus(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	lang := LangOf(r)
	t, ok := v.pages[lang][name]
	if !ok {
		return fmt.Errorf("render %s: no such page", name)
	}
	who := actor.From(r.Context())
	page := Page{
		Lang: lang, OtherLang: i18n.Vi, Path: pagePath(r), Actor: who, Site: v.Site,
		Notice: takeNotice(w, r, v.Bundle), Nonce: RequestID(r.Context()), Data: data,
	}
	if lang == i18n.Vi {
		page.OtherLang = i18n.En
	}
	for _, item := range v.menu {
		if !who.Can(item.Permission) {
			continue
		}
		if item.Count != nil {
			var err error
			if item.Waiting, err = item.Count(r.Context(), who); err != nil {
				return fmt.Errorf("render %s: %w", name, err)
			}
		}
		page.Menu = append(page.Menu, item)
	}
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	if err := t.ExecuteTemplate(b, "layout", page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(lang))
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store") // pages hold what only this reader may see
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return ignoreGone(err)
}

// pagePath is where the language switch comes back to: the page itself or, where
// it answers a form, the page of the form.
func pagePath(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return from.RequestURI()
}

// Redirect sends the reader on after a form was dealt with, so that a reload
// repeats nothing. A notice, if not empty, is the message key that the next
// page shows at its top.
func Redirect(w http.ResponseWriter, r *http.Request, to, notice string) error {
	if notice != "" {
		putNotice(w, r, notice)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
