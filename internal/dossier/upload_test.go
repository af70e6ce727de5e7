package dossier_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/internal/dossier"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/internal/media"
)

// photo is a small picture, a different one for each shade.
func photo(t *testing.T, shade uint8) []byte {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, 8, 8))
	p.SetGray(1, 1, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUploads(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o, ctx := newOffice(t, d), t.Context()
		one := photo(t, 1)
		u := dossier.NewUploads(o.Service, o.files, media.Limits{File: 1 << 10, Dossier: int64(2*len(one) + 10), Count: 3})
		x := o.in(dossier.Draft)
		put := func(component, name string, content []byte) (*dossier.Attachment, error) {
			return u.Put(ctx, an, x.Copy(), component, name, bytes.NewReader(content))
		}

		for what, content := range map[string][]byte{
			"nothing": nil, "a script": []byte("<script>alert(1)</script>"), "a program": []byte("MZ\x90\x00"), "too large": bytes.Repeat(one, 100),
		} {
			_, err := put("bao-cao", what+".png", content)
			kind(t, what, err, errs.Invalid)
		}
		_, err := put("tranh-ve", "a.png", one)
		kind(t, "a paper the procedure has not", err, errs.Invalid)
		_, err = put("", "a.png", one)
		kind(t, "a citizen's paper of the authority", err, errs.Invalid)
		broken := errors.New("the line broke")
		if _, err := u.Put(ctx, an, x.Copy(), "bao-cao", "a.png", io.MultiReader(bytes.NewReader(one[:20]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("a broken upload: %v", err)
		}
		_, err = u.Put(ctx, binh, x.Copy(), "bao-cao", "a.png", bytes.NewReader(one))
		kind(t, "another's draft", err, errs.NotFound)
		if n := o.stored(); n != 0 {
			t.Errorf("%d files stayed of what was refused", n)
		}

		a, err := put("bao-cao", `C:\Hình\ảnh`+"\u202e\n.jpeg", one)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(one)
		if a.Type != "image/png" || a.Size != int64(len(one)) || a.SHA256 != hex.EncodeToString(sum[:]) || a.Name != "ảnh__.jpeg.png" {
			t.Errorf("kept %+v", a)
		}
		_, err = put("bao-cao", "b.png", one)
		kind(t, "the same file twice", err, errs.Invalid)
		if _, err = put("xet-nghiem", strings.Repeat("ậ", 300)+".png", photo(t, 2)); err != nil {
			t.Errorf("a long name: %v", err)
		}
		_, err = put("xet-nghiem", "c.png", photo(t, 3))
		kind(t, "more than the dossier may hold", err, errs.Invalid)

		meta, f, err := u.Open(ctx, an, x.ID, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, one) || meta.ID != a.ID {
			t.Errorf("Open gave %d bytes of %s, %v", len(got), meta.ID, err)
		}
		_, _, err = u.Open(ctx, binh, x.ID, a.ID)
		kind(t, "another's file", err, errs.NotFound)
		_, _, err = u.Open(ctx, an, o.in(dossier.Draft).ID, a.ID)
		kind(t, "a file of another dossier", err, errs.NotFound)

		o.must(o.RemoveAttachment(ctx, an, x.Copy(), a.ID))
		_, _, err = u.Open(ctx, an, x.ID, a.ID)
		kind(t, "a removed file", err, errs.NotFound)

		x = o.in(dossier.Done)
		_, err = put("bao-cao", "a.png", one)
		kind(t, "after the decision", err, errs.Conflict)
	})
}

func TestUploadCount(t *testing.T) {
	o, ctx := newOffice(t, dbtest.SQLite(t)), t.Context()
	u := dossier.NewUploads(o.Service, o.files, media.Limits{File: 1 << 20, Dossier: 1 << 20, Count: 2})
	x := o.in(dossier.Draft)
	for i := range uint8(3) {
		_, err := u.Put(ctx, an, x.Copy(), "bao-cao", "a.png", bytes.NewReader(photo(t, i)))
		if i < 2 && err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			kind(t, "one file too many", err, errs.Invalid)
		}
	}
}
