package demo

import (
	"context"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
)

// keys makes the keys by which leaders and branch directors sign and agencies
// seal. Their certificates say that they are worth nothing outside this
// demonstration.
func (p *province) keys(context.Context) error {
	for _, o := range append(officials, branchStaff()...) {
		who := p.officers[key(o.role, o.unit)]
		if !who.Can(actor.SignDossier) {
			continue
		}
		if err := p.Keys.Make(dossier.PersonKey(who.ID), o.name, true, opening); err != nil {
			return err
		}
	}
	for _, u := range units {
		if err := p.Keys.Make(dossier.AgencyKey(u.code), u.name, true, opening); err != nil {
			return err
		}
	}
	return nil
}
