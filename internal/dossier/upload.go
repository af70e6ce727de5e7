package dossier

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/media"
	"github.com/motcua/motcua/internal/text"
)

// longestName bounds the name of a file, in bytes, its ending left out.
const longestName = 240

// Uploads takes in the files of dossiers. Each is judged, kept and noted on its
// own, so that one that is refused takes no other along.
//
// Package media refuses what pretends to be another type, hides a program or
// unpacks to too much. It does not look for known malware: a province that has a
// scanner lets it watch the folder or bucket where files are kept.
type Uploads struct {
	dossiers *Service
	files    *blob.Store
	limits   media.Limits
}

// NewUploads returns what takes files in, within limits.
func NewUploads(s *Service, files *blob.Store, limits media.Limits) *Uploads {
	return &Uploads{s, files, limits}
}

// Limits returns the bounds, to be said before people choose files.
func (u *Uploads) Limits() media.Limits { return u.limits }

// Put keeps one file for a component, or for a paper of the authority when
// component is empty. What is wrong with the file is an Invalid error in words
// for who sent it. Files that arrive at the same moment may together exceed the
// dossier's limits by what is on its way.
func (u *Uploads) Put(ctx context.Context, by actor.Actor, c Copy, component, filename string, r io.Reader) (*Attachment, error) {
	d, _, err := u.dossiers.ready(ctx, by, c, act(ActAddAttachment)) // before a byte is kept
	if err != nil {
		return nil, err
	}
	have, err := attachments(ctx, u.dossiers.db, d.ID)
	if err != nil {
		return nil, err
	}
	have = slices.DeleteFunc(have, func(a Attachment) bool { return !a.RemovedAt.IsZero() })
	if len(have) >= u.limits.Count {
		return nil, errs.New(errs.Invalid, "dossier.error.files-count", errs.Args{"count": u.limits.Count})
	}
	saved, err := media.SaveHash("", r, u.limits.File)
	if err != nil {
		return nil, err
	}
	defer saved.Close()
	total := saved.Size
	for _, a := range have {
		total += a.Size
	}
	if total > u.limits.Dossier {
		return nil, errs.New(errs.Invalid, "dossier.error.files-size", errs.Args{"megabytes": u.limits.Dossier >> 20})
	}
	if slices.ContainsFunc(have, func(a Attachment) bool { return a.Component == component && a.SHA256 == saved.SHA256 }) {
		return nil, errs.New(errs.Invalid, "dossier.error.file-twice", nil)
	}
	n := NewAttachment{
		Component: component, Name: fileName(filename, saved.Type), Type: string(saved.Type),
		Size: saved.Size, SHA256: saved.SHA256, Blob: blob.Key(saved.SHA256),
	}
	v, err := u.dossiers.catalogue.Get(ctx, d.Procedure)
	if err != nil {
		return nil, err
	}
	if _, err := d.attach(by, v, []NewAttachment{n}, "", u.dossiers.moment()); err != nil {
		return nil, err
	}
	// From here on only a race or an outage can fail. The bytes then stay behind,
	// for another dossier may have the same ones under the same key.
	if err := u.files.Put(ctx, n.Blob, saved); err != nil {
		return nil, err
	}
	a, _, err := u.dossiers.AddAttachment(ctx, by, c, n)
	return a, err
}

// Open returns a file of a dossier the actor may see. The caller closes it.
func (u *Uploads) Open(ctx context.Context, by actor.Actor, id ID, attachment string) (Attachment, io.ReadSeekCloser, error) {
	all, err := u.dossiers.Attachments(ctx, by, id)
	if err != nil {
		return Attachment{}, nil, err
	}
	i := slices.IndexFunc(all, func(a Attachment) bool { return a.ID == attachment })
	if i < 0 {
		return Attachment{}, nil, errs.New(errs.NotFound, "error.not-found", nil)
	}
	f, err := u.files.Open(ctx, all[i].Blob)
	return all[i], f, err
}

// fileName makes a name that is safe to show and to save under, and that ends as
// its type does.
func fileName(name string, t media.Type) string {
	name = path.Base(strings.ReplaceAll(text.NFC(name), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`/<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	ext := path.Ext(name)
	stem := strings.Trim(strings.TrimSuffix(name, ext), ". ")
	switch same := strings.EqualFold(ext, t.Ext()) || t == media.JPEG && strings.EqualFold(ext, ".jpeg"); {
	case stem == "":
		stem = "file"
	case !same && ext != "" && ext != ".":
		stem += ext
	}
	return strings.ToValidUTF8(stem[:min(len(stem), longestName)], "") + t.Ext()
}
