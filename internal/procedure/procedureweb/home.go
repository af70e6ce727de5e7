package procedureweb

import (
	"net/http"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/procedure"
	"github.com/motcua/motcua/internal/web"
)

// homeData is what procedure_home.html needs.
type homeData struct {
	Search  web.Input
	Items   []homeItem
	SignsIn bool // a stranger, to be shown where to sign in
}

type homeItem struct {
	Href, Name, Field string
}

// homeItems is how many procedures the front page names.
const homeItems = 6

// home is the front page: what people come for, in their own words.
func (h handlers) home(w http.ResponseWriter, r *http.Request) error {
	found, err := h.procedures.List(r.Context(), procedure.Filter{Limit: homeItems})
	if err != nil {
		return err
	}
	say := h.words(r)
	data := homeData{
		Search:  web.NewForm(nil, nil).Input("q", say.t("procedure.home.search"), say.t("procedure.home.search.hint")),
		SignsIn: !actor.From(r.Context()).Known(),
	}
	for _, v := range found.Versions {
		data.Items = append(data.Items, homeItem{"/procedures/" + string(v.Code), say.in(v.Plain), say.in(v.Field.Name)})
	}
	return h.view.Render(w, r, "procedure_home.html", data)
}
