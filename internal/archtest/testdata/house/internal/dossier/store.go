// Package dossier keeps to its own table, once.
package dossier

const mine = `select d.id from dossier d join dossier_x x on x.id = d.id`

const theirs = `select d.id from dossier d, party p where p.id = d.party_id`
