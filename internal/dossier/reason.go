package dossier

import (
	"slices"

	"github.com/motcua/motcua/internal/errs"
)

// Reason is a coded ground on which an authority turns a dossier away, refuses
// it or stops. Its name is the message "dossier.reason.<code>".
type Reason struct {
	Code    string
	Act     ActName // [ActNotReceive], [ActPropose] of a refusal, or [ActStop]
	Article string  // what it rests on; empty: the officer must name the article
}

// reasons are those of NĐ 61/2018/NĐ-CP, for every procedure; a sector's own
// grounds go under "other", with their article.
var reasons = []Reason{
	{"not-competent", ActNotReceive, "61/2018/NĐ-CP Điều 17"},
	{"incomplete", ActNotReceive, "61/2018/NĐ-CP Điều 17"},
	{"wrong-form", ActNotReceive, "61/2018/NĐ-CP Điều 17"},
	{"no-right-to-apply", ActNotReceive, ""},
	{"duplicate", ActNotReceive, "61/2018/NĐ-CP Điều 17"},
	{"other-not-received", ActNotReceive, ""},

	{"conditions-not-met", ActPropose, ""},
	{"false-papers", ActPropose, ""},
	{"in-dispute", ActPropose, ""},
	{"against-plan", ActPropose, ""},
	{"other-refused", ActPropose, ""},

	{"no-answer", ActStop, ""},
	{"court-order", ActStop, ""},
	{"applicant-gone", ActStop, ""},
	{"other-stopped", ActStop, ""},
}

// Reasons lists the coded reasons of an act.
func Reasons(name ActName) []Reason {
	var some []Reason
	for _, r := range reasons {
		if r.Act == name {
			some = append(some, r)
		}
	}
	return some
}

// Ground is the coded reason of an act, the article it rests on, and words for
// the applicant.
type Ground struct {
	Reason  string // a code of [Reasons]
	Article string // empty: the reason's own
	Text    string
}

// check completes a ground of the given act.
func (g Ground) check(name ActName) (Ground, error) {
	var faults errs.Fields
	i := slices.IndexFunc(reasons, func(r Reason) bool { return r.Code == g.Reason && r.Act == name })
	if i < 0 {
		faults.Add("reason", "dossier.error.reason", nil)
	} else if g.Article == "" {
		g.Article = reasons[i].Article
	}
	g.Article = tidy(g.Article)
	if i >= 0 && (g.Article == "" || len(g.Article) > 150) {
		faults.Add("article", "dossier.error.article", nil)
	}
	text, err := words("text", g.Text)
	if err != nil {
		faults.Add("text", "dossier.error.text-missing", nil)
	}
	g.Text = text
	return g, faults.Err()
}
