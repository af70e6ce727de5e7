package dossierapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
)

// Attachment is a file of a dossier.
type Attachment struct {
	ID        string    `json:"id"`
	Component string    `json:"component,omitempty" doc:"Of the procedure; empty for a paper of the authority"`
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	Type      string    `json:"type" doc:"Media type, by content"`
	Size      int64     `json:"size"`
	SHA256    string    `json:"sha256"`
	At        time.Time `json:"at"`
	Current   bool      `json:"current" doc:"Neither removed nor replaced"`
}

func showAttachment(a dossier.Attachment) Attachment {
	return Attachment{a.ID, a.Component, a.Version, a.Name, a.Type, a.Size, a.SHA256, *moment(a.At), a.Current}
}

type attachments struct {
	Body struct {
		Items []Attachment `json:"items"`
	}
}

func (a api) listAttachments(ctx context.Context, in *byCode) (*attachments, error) {
	d, err := a.find(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	all, err := a.dossiers.Attachments(ctx, actor.From(ctx), d.ID)
	if err != nil {
		return nil, err
	}
	out := &attachments{}
	out.Body.Items = make([]Attachment, 0, len(all))
	for _, one := range all {
		out.Body.Items = append(out.Body.Items, showAttachment(one))
	}
	return out, nil
}

// upload takes one file. The fields come before the file, so that it can be
// read as it arrives and never held whole.
func (a api) upload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := a.find(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Field("file", "api.error.multipart", nil)
	}
	seen := dossier.Copy{ID: d.ID, Version: d.Version}
	component := ""
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return errs.Field("file", "api.error.multipart", nil)
		}
		if err != nil {
			return err
		}
		switch part.FormName() {
		case "component":
			text, err := io.ReadAll(io.LimitReader(part, 100))
			if err != nil {
				return err
			}
			component = string(text)
		case "version":
			text, err := io.ReadAll(io.LimitReader(part, 20))
			if err != nil {
				return err
			}
			if seen.Version, err = strconv.ParseInt(string(text), 10, 64); err != nil {
				return errs.Field("version", "api.error.version", nil)
			}
		case "file":
			kept, err := a.uploads.Put(ctx, actor.From(ctx), seen, component, part.FileName(), part)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			return json.NewEncoder(w).Encode(showAttachment(*kept))
		}
	}
}

// download gives a file as it was sent, never to be shown in place: what a
// stranger sent does not run under our address.
func (a api) download(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := a.find(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	meta, file, err := a.uploads.Open(ctx, actor.From(ctx), d.ID, r.PathValue("attachment"))
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", meta.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": meta.Name}))
	h.Set("Content-Length", strconv.FormatInt(meta.Size, 10))
	h.Set("Cache-Control", "private, no-store")
	_, err = io.Copy(w, file)
	return err
}
