package blob_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/errs"
)

func open(t *testing.T) *blob.Store {
	s, err := blob.Open(t.Context(), "file://"+t.TempDir()+"/files")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func key(content string) string {
	sum := sha256.Sum256([]byte(content))
	return blob.Key(hex.EncodeToString(sum[:]))
}

func TestPutAndOpen(t *testing.T) {
	s := open(t)
	k := key("sổ đỏ")
	for range 2 { // a repeated upload is no error
		if err := s.Put(t.Context(), k, strings.NewReader("sổ đỏ")); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Open(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, _ := io.ReadAll(r); string(got) != "sổ đỏ" {
		t.Errorf("read %q", got)
	}
	if err := s.Delete(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), k); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Open after Delete = %v", err)
	}
}

func TestBrokenUploadLeavesNothing(t *testing.T) {
	s := open(t)
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("line lost")))
	if err := s.Put(t.Context(), key("half"), broken); err == nil {
		t.Fatal("a broken upload was acknowledged")
	}
	if err := s.Keys(t.Context(), func(k string) error { t.Errorf("left behind: %s", k); return nil }); err != nil {
		t.Fatal(err)
	}
}
