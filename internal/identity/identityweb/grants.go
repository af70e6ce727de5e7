package identityweb

import (
	"net/http"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/identity"
	"github.com/motcua/motcua/internal/web"
)

func (h handlers) grantForm(w http.ResponseWriter, r *http.Request) error {
	form := typed("unit", "")
	putDate(form, "from", h.today())
	return h.drawGrant(w, r, http.StatusOK, web.NewForm(form, nil))
}

func (h handlers) drawGrant(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	a, _, err := h.accounts.Get(r.Context(), actor.From(r.Context()), actor.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	units, err := h.unitChoice(r, form, "unit", "identity.grant.unit")
	if err != nil {
		return err
	}
	return h.view.RenderStatus(w, r, status, "identity_grant_new.html", userForm{
		Form: form, User: a, Units: units, Roles: form.Choice("role", h.view.T(r, "identity.role"), h.roles(r)),
	})
}

func (h handlers) grant(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	id := actor.ID(r.PathValue("id"))
	_, err := h.accounts.Grant(r.Context(), actor.From(r.Context()), identity.Grant{
		Account: id, Role: actor.Role(r.PostForm.Get("role")), Unit: r.PostForm.Get("unit"), Subtree: r.PostForm.Get("subtree") == "yes",
		From: typedDate(r.PostForm, "from"), To: typedDate(r.PostForm, "to"),
		MandateFrom: typedDate(r.PostForm, "mandate_from"), MandateTo: typedDate(r.PostForm, "mandate_to"),
		Document: r.PostForm.Get("document"),
	})
	if faults, ok := web.Faults(err); ok {
		return h.drawGrant(w, r, http.StatusUnprocessableEntity,
			web.NewForm(r.PostForm, faults, "role", "unit", "from", "to", "document", "mandate_from", "mandate_to"))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/users/"+string(id), "identity.notice.granted")
}

// endGrant ends a role today.
func (h handlers) endGrant(w http.ResponseWriter, r *http.Request) error {
	id := actor.ID(r.PathValue("id"))
	if err := h.accounts.EndGrant(r.Context(), actor.From(r.Context()), id, r.PathValue("grant"), h.today()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/users/"+string(id), "identity.notice.grant-ended")
}

func (h handlers) tokenForm(w http.ResponseWriter, r *http.Request) error {
	form := typed()
	putDate(form, "expires", h.today().AddMonths(6))
	return h.drawToken(w, r, http.StatusOK, web.NewForm(form, nil))
}

func (h handlers) drawToken(w http.ResponseWriter, r *http.Request, status int, form web.Form) error {
	a, _, err := h.accounts.Get(r.Context(), actor.From(r.Context()), actor.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	var options []web.Option
	for _, p := range identity.Scopes() {
		options = append(options, web.Option{Value: string(p), Label: h.view.T(r, "permission."+string(p))})
	}
	return h.view.RenderStatus(w, r, status, "identity_token_new.html", userForm{
		Form: form, User: a, Scopes: form.Choice("scopes", h.view.T(r, "identity.token.scopes"), options),
	})
}

func (h handlers) token(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	who, id := actor.From(r.Context()), actor.ID(r.PathValue("id"))
	var scopes []actor.Permission
	for _, p := range r.PostForm["scopes"] {
		scopes = append(scopes, actor.Permission(p))
	}
	expires := h.now() // a date that is none has expired already, and is refused so
	if on := typedDate(r.PostForm, "expires"); !on.IsZero() {
		expires = on.AddDays(1).Time(0, 0)
	}
	secret, _, err := h.accounts.IssueToken(r.Context(), who, id, r.PostForm.Get("name"), scopes, expires)
	if faults, ok := web.Faults(err); ok {
		return h.drawToken(w, r, http.StatusUnprocessableEntity, web.NewForm(r.PostForm, faults, "name", "scopes", "expires"))
	}
	if err != nil {
		return err
	}
	a, _, err := h.accounts.Get(r.Context(), who, id)
	if err != nil {
		return err
	}
	return h.secret(w, r, "identity.secret.token", secret, a)
}

func (h handlers) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id := actor.ID(r.PathValue("id"))
	if err := h.accounts.RevokeToken(r.Context(), actor.From(r.Context()), id, r.PathValue("token")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/admin/users/"+string(id), "identity.notice.token-revoked")
}
