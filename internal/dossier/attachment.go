package dossier

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/procedure"
)

// NewAttachment describes a file whose bytes are kept already.
type NewAttachment struct {
	Component string // of the procedure; empty for a paper of the authority
	Replaces  string // id of the attachment this is a new version of
	Name      string
	Type      string // media type, by content
	Size      int64
	SHA256    string // in hex
	Blob      string // where the bytes are
}

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// attach makes attachments of d, not yet written.
func (d *Dossier) attach(by actor.Actor, v *procedure.Version, files []NewAttachment, supplement string, at time.Time) ([]Attachment, error) {
	made := make([]Attachment, len(files))
	for i, n := range files {
		known := slices.ContainsFunc(v.Components, func(c procedure.Component) bool { return c.ID == n.Component })
		if !known && (n.Component != "" || !by.Staff()) {
			return nil, errs.Field("component", "dossier.error.component", nil)
		}
		name := tidy(n.Name)
		if name == "" || len(name) > 300 || n.Blob == "" || n.Size <= 0 || !hexHash.MatchString(n.SHA256) {
			return nil, errs.Field("file", "dossier.error.file", nil)
		}
		made[i] = Attachment{ID: db.NewID(), Component: n.Component, Version: 1, Replaces: n.Replaces, Name: name, Type: n.Type,
			Size: n.Size, SHA256: n.SHA256, Blob: n.Blob, By: by.ID, At: at, Supplement: supplement, Current: true}
	}
	return made, nil
}

// keep notes a version of the result's paper with the act that made it.
func (c *change) keep(paper *NewAttachment, version int) error {
	if paper == nil {
		return nil
	}
	files, err := c.d.attach(c.by, c.v, []NewAttachment{*paper}, "", c.now)
	if err != nil {
		return err
	}
	made := files[0]
	made.Version = version
	c.fact.Attachment, c.fact.SHA256 = made.ID, made.SHA256
	c.also(func(ctx context.Context, tx *db.Tx) error { return insertAttachment(ctx, tx, c.d, made) })
	return nil
}

// AddAttachment notes a file whose bytes are kept already. Many may be added at
// once, so a stale copy does not matter: only the state must allow it. While
// papers are asked for, a file is part of the answer.
func (s *Service) AddAttachment(ctx context.Context, by actor.Actor, seen Copy, n NewAttachment) (*Attachment, *Dossier, error) {
	var made Attachment
	d, err := s.loose(ctx, by, seen, ActAddAttachment, func(c *change) error {
		files, err := c.d.attach(by, c.v, []NewAttachment{n}, "", c.now)
		if err != nil {
			return err
		}
		made = files[0]
		if c.d.State == WaitingSupplement {
			made.Supplement = c.d.Supplement
		}
		if made.Replaces != "" {
			old, err := s.attachment(ctx, c.d, made.Replaces)
			if err != nil {
				return err
			}
			made.Version, made.Component = old.Version+1, old.Component
		}
		c.fact.Attachment, c.fact.SHA256 = made.ID, made.SHA256
		c.also(func(ctx context.Context, tx *db.Tx) error { return insertAttachment(ctx, tx, c.d, made) })
		return nil
	})
	if db.IsUnique(err) {
		return nil, nil, &errs.Error{Kind: errs.Conflict, Msg: "dossier.error.file-replaced", Err: err}
	}
	if err != nil {
		return nil, nil, err
	}
	return &made, d, nil
}

// RemoveAttachment takes a file away that was not handed in yet: one of a draft,
// or of an answer that is still being put together.
func (s *Service) RemoveAttachment(ctx context.Context, by actor.Actor, seen Copy, attachment string) (*Dossier, error) {
	return s.loose(ctx, by, seen, ActRemoveAttachment, func(c *change) error {
		a, err := s.attachment(ctx, c.d, attachment)
		if err != nil {
			return err
		}
		if c.d.State == WaitingSupplement && a.Supplement != c.d.Supplement {
			return errs.New(errs.Conflict, "dossier.error.file-filed", nil)
		}
		c.fact.Attachment, c.fact.SHA256 = a.ID, a.SHA256
		c.also(func(ctx context.Context, tx *db.Tx) error { return removeAttachment(ctx, tx, a.ID, c.now) })
		return nil
	})
}

// loose does an act that leaves the dossier itself alone.
func (s *Service) loose(ctx context.Context, by actor.Actor, seen Copy, name ActName, decide func(*change) error) (*Dossier, error) {
	a := act(name)
	d, unit, err := s.ready(ctx, by, seen, a)
	if err != nil {
		return nil, err
	}
	v, err := s.catalogue.Get(ctx, d.Procedure)
	if err != nil {
		return nil, fmt.Errorf("procedure of dossier %s: %w", d.ID, err)
	}
	c := &change{by: by, unit: unit, now: s.moment(), d: d, was: d.State, v: v}
	if err := decide(c); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, d); err != nil {
			return err
		}
		for _, w := range c.writes {
			if err := w(ctx, tx); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, a, c)
	})
	if errors.Is(err, errRaced) {
		return nil, s.raced(ctx, a, seen)
	}
	return d, err
}

// attachment returns a file of d that was not removed.
func (s *Service) attachment(ctx context.Context, d *Dossier, id string) (Attachment, error) {
	files, err := attachments(ctx, s.db, d.ID)
	if err != nil {
		return Attachment{}, err
	}
	i := slices.IndexFunc(files, func(a Attachment) bool { return a.ID == id && a.RemovedAt.IsZero() })
	if i < 0 {
		return Attachment{}, errNotFound
	}
	return files[i], nil
}

// current marks which files are neither removed nor replaced by one that is not.
func current(files []Attachment) []Attachment {
	replaced := map[string]bool{}
	for _, a := range files {
		if a.RemovedAt.IsZero() {
			replaced[a.Replaces] = true
		}
	}
	for i := range files {
		files[i].Current = files[i].RemovedAt.IsZero() && !replaced[files[i].ID]
	}
	return files
}
