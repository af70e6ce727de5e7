package identityweb

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"

	"github.com/pquerna/otp"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/web"
)

// accountData is what identity_account.html needs.
type accountData struct {
	Who    actor.Actor
	Unit   string // name of the home unit
	Roles  []roleRow
	Factor bool
}

// roleRow is a role in force as its holder sees it.
type roleRow struct {
	Role actor.Role
	Unit string
	Many bool // reaches more units than that one
}

func (h handlers) account(w http.ResponseWriter, r *http.Request) error {
	who := actor.From(r.Context())
	data := accountData{Who: who}
	var err error
	if data.Unit, err = h.unitName(r, who.Unit); err != nil {
		return err
	}
	for _, g := range who.Grants {
		name, err := h.unitName(r, g.Unit)
		if err != nil {
			return err
		}
		data.Roles = append(data.Roles, roleRow{g.Role, name, len(g.Units) > 1})
	}
	if data.Factor, err = h.accounts.HasFactor(r.Context(), who); err != nil {
		return err
	}
	return h.view.Render(w, r, "identity_account.html", data)
}

// unitName is a unit's name today, its code once it is gone, and empty for none.
func (h handlers) unitName(r *http.Request, code string) (string, error) {
	if code == "" {
		return "", nil
	}
	u, err := h.units.Get(r.Context(), code, h.today())
	if errs.KindOf(err) == errs.NotFound {
		return code, nil
	}
	if web.LangOf(r) == "en" && u.NameEN != "" {
		return u.NameEN, err
	}
	return u.Name, err
}

// sessionsData is what identity_sessions.html needs.
type sessionsData struct {
	Sessions []identity.Session
	Current  string // id of the one in use
}

func (h handlers) sessions(w http.ResponseWriter, r *http.Request) error {
	all, err := h.accounts.Sessions(r.Context(), actor.From(r.Context()))
	if err != nil {
		return err
	}
	current, err := h.accounts.Pending(r.Context(), web.SessionToken(r))
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "identity_sessions.html", sessionsData{all, current.ID})
}

func (h handlers) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := h.accounts.RevokeSession(r.Context(), actor.From(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/sessions", "identity.notice.session-ended")
}

// factorData is what identity_factor.html needs.
type factorData struct {
	Form   web.Form
	On     bool
	Secret string // to type where no picture can be read; empty before it has begun
}

func (h handlers) factor(w http.ResponseWriter, r *http.Request) error {
	data, err := h.factorState(r)
	if err != nil {
		return err
	}
	return h.view.Render(w, r, "identity_factor.html", data)
}

func (h handlers) factorState(r *http.Request) (factorData, error) {
	who := actor.From(r.Context())
	on, err := h.accounts.HasFactor(r.Context(), who)
	if err != nil || on {
		return factorData{On: on}, err
	}
	key, err := h.pendingKey(r)
	if errs.KindOf(err) == errs.NotFound {
		return factorData{}, nil
	}
	if err != nil {
		return factorData{}, err
	}
	return factorData{Secret: key.Secret()}, nil
}

func (h handlers) pendingKey(r *http.Request) (*otp.Key, error) {
	address, err := h.accounts.PendingTOTP(r.Context(), actor.From(r.Context()))
	if err != nil {
		return nil, err
	}
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		return nil, fmt.Errorf("second factor: %w", err)
	}
	return key, nil
}

func (h handlers) beginFactor(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.accounts.BeginTOTP(r.Context(), actor.From(r.Context())); err != nil {
		return err
	}
	return web.Redirect(w, r, "/account/second-factor", "")
}

func (h handlers) factorImage(w http.ResponseWriter, r *http.Request) error {
	key, err := h.pendingKey(r)
	if err != nil {
		return err
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return fmt.Errorf("second factor: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return fmt.Errorf("second factor: %w", err)
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}

func (h handlers) confirmFactor(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	codes, err := h.accounts.ConfirmTOTP(r.Context(), actor.From(r.Context()), r.PostForm.Get("code"))
	if err != nil {
		return h.factorAgain(w, r, err)
	}
	// Drawn at once, not after a redirect: nobody can show the codes again.
	return h.view.Render(w, r, "identity_recovery.html", codes)
}

func (h handlers) removeFactor(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	if err := h.accounts.RemoveTOTP(r.Context(), actor.From(r.Context()), r.PostForm.Get("code")); err != nil {
		return h.factorAgain(w, r, err)
	}
	return web.Redirect(w, r, "/account/second-factor", "identity.notice.factor-removed")
}

func (h handlers) factorAgain(w http.ResponseWriter, r *http.Request, err error) error {
	data, stateErr := h.factorState(r)
	if stateErr != nil {
		return stateErr
	}
	return h.again(w, r, err, "identity_factor.html", func(f web.Form) any {
		data.Form = f
		return data
	})
}
