package identityweb

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/web"
)

// signInData is what the pages on the way in need.
type signInData struct {
	Form  web.Form
	Next  string
	Given bool   // the password was given by an administrator
	Back  string // where a change of password leads back to
}

func (h handlers) signInForm(w http.ResponseWriter, r *http.Request) error {
	next := local(r.URL.Query().Get("next"))
	if actor.From(r.Context()).Known() {
		return web.Redirect(w, r, next, "")
	}
	return h.view.Render(w, r, "identity_sign_in.html", signInData{Next: next})
}

func (h handlers) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	next := local(r.PostForm.Get("next"))
	session, err := h.accounts.SignIn(r.Context(), identity.Attempt{
		Login: r.PostForm.Get("login"), Password: r.PostForm.Get("password"), Agent: r.UserAgent(),
	})
	if kind := errs.KindOf(err); kind == errs.Invalid || kind == errs.TooMany {
		e, _ := errors.AsType[*errs.Error](err)
		form := web.NewForm(r.PostForm, errs.Fields{"login": {Key: e.Msg}})
		return h.view.RenderStatus(w, r, web.Status(err), "identity_sign_in.html", signInData{Form: form, Next: next})
	}
	if err != nil {
		return err
	}
	return h.goOn(w, r, session, next, "")
}

// goOn sends somebody to the next step of signing in, or where they wanted to
// be.
func (h handlers) goOn(w http.ResponseWriter, r *http.Request, s identity.Session, next, notice string) error {
	web.SetSession(w, r, s.Token, s.ExpiresAt)
	switch s.Needs {
	case identity.SecondFactor:
		return web.Redirect(w, r, withNext("/sign-in/code", next), "")
	case identity.NewPassword:
		return web.Redirect(w, r, withNext("/sign-in/password", next), "")
	}
	return web.Redirect(w, r, next, notice)
}

func (h handlers) codeForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.pending(r, identity.SecondFactor); err != nil {
		return err
	}
	return h.view.Render(w, r, "identity_code.html", signInData{Next: local(r.URL.Query().Get("next"))})
}

// pending returns the session of the request if it wants just that.
func (h handlers) pending(r *http.Request, need identity.Need) (identity.Session, error) {
	s, err := h.accounts.Pending(r.Context(), web.SessionToken(r))
	if err == nil && s.Needs != need {
		err = errs.New(errs.SignedOut, "error.signed-out", nil)
	}
	return s, err
}

func (h handlers) code(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	next := local(r.PostForm.Get("next"))
	s, err := h.accounts.GiveFactor(r.Context(), web.SessionToken(r), r.PostForm.Get("code"))
	if err != nil {
		return h.again(w, r, err, "identity_code.html", func(f web.Form) any { return signInData{Form: f, Next: next} })
	}
	return h.goOn(w, r, s, next, "")
}

func (h handlers) passwordForm(w http.ResponseWriter, r *http.Request) error {
	data, err := h.passwordData(r, r.URL.Query().Get("next"))
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "identity_password.html", data)
}

// passwordData serves both the change one wants and the one that is wanted of
// somebody whose password was given.
func (h handlers) passwordData(r *http.Request, next string) (signInData, error) {
	s, err := h.accounts.Pending(r.Context(), web.SessionToken(r))
	if err != nil {
		return signInData{}, err
	}
	if s.Needs == identity.SecondFactor {
		return signInData{}, errs.New(errs.SignedOut, "error.signed-out", nil)
	}
	data := signInData{Next: local(next), Given: s.Needs == identity.NewPassword}
	if !data.Given {
		data.Next, data.Back = "/account", "/account"
	}
	return data, nil
}

func (h handlers) password(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	data, err := h.passwordData(r, r.PostForm.Get("next"))
	if err != nil {
		return err
	}
	s, err := h.accounts.ChangePassword(r.Context(), web.SessionToken(r), r.PostForm.Get("old"), r.PostForm.Get("password"))
	if err != nil {
		return h.again(w, r, err, "identity_password.html", func(f web.Form) any {
			data.Form = f
			return data
		})
	}
	return h.goOn(w, r, s, data.Next, "identity.notice.password-changed")
}

func (h handlers) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := h.accounts.SignOut(r.Context(), web.SessionToken(r)); err != nil {
		return err
	}
	web.ClearSession(w, r)
	return web.Redirect(w, r, "/", "identity.notice.signed-out")
}

func (h handlers) registerForm(w http.ResponseWriter, r *http.Request) error {
	return h.view.Render(w, r, "identity_register.html", signInData{Next: local(r.URL.Query().Get("next"))})
}

// register answers alike whether or not the contact has an account: see
// [identity.Service.Register].
func (h handlers) register(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	next := local(r.PostForm.Get("next"))
	err := h.accounts.Register(r.Context(), identity.Registration{
		Name: r.PostForm.Get("name"), Number: r.PostForm.Get("number"), Contact: r.PostForm.Get("contact"),
		Password: r.PostForm.Get("password"), Locale: string(web.LangOf(r)),
	})
	if err != nil {
		return h.again(w, r, err, "identity_register.html", func(f web.Form) any { return signInData{Form: f, Next: next} })
	}
	return web.Redirect(w, r, withNext("/sign-in", next), "identity.notice.registered")
}

// badForm classifies a body that is no form. One that is too large keeps its own
// class.
func badForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Msg: "error.invalid", Err: err}
}

// typed returns the values of a form that is drawn for the first time.
func typed(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}
