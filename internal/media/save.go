package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/motcua/motcua/internal/errs"
)

// Saved is an upload on disk that passed [Detect]. Close removes it.
type Saved struct {
	*os.File // at its beginning
	Type     Type
	Size     int64
	SHA256   string // in hexadecimal
}

// Close closes and removes the file.
func (s *Saved) Close() error {
	return errors.Join(s.File.Close(), os.Remove(s.Name()))
}

// SaveHash copies an upload of at most limit bytes to a temporary file in dir
// (the system's when empty), hashing it on the way, and detects its type.
func SaveHash(dir string, r io.Reader, limit int64) (*Saved, error) {
	f, err := os.CreateTemp(dir, "upload-*")
	if err != nil {
		return nil, fmt.Errorf("save upload: %w", err)
	}
	s := &Saved{File: f}
	if err := s.fill(r, limit); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Saved) fill(r io.Reader, limit int64) error {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(s.File, h), io.LimitReader(r, limit+1))
	if err != nil {
		return fmt.Errorf("save upload: %w", err)
	}
	if n > limit {
		return refuse("size", errs.Args{"megabytes": limit >> 20})
	}
	if s.Type, err = Detect(s.File, n); err != nil {
		return err
	}
	s.Size, s.SHA256 = n, hex.EncodeToString(h.Sum(nil))
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("save upload: %w", err)
	}
	return nil
}
