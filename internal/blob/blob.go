// Package blob keeps files: attachments as they were sent and papers as they
// were signed. A file is stored under a key made from its content and is never
// changed.
package blob

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///PATH
	_ "gocloud.dev/blob/s3blob"   // s3://BUCKET
	"gocloud.dev/gcerrors"

	"github.com/motcua/motcua/internal/errs"
)

// Store is a bucket of files.
type Store struct {
	bucket *blob.Bucket
}

// Open opens the files at address: "file:///PATH", whose folder is created, or
// "s3://BUCKET?region=…".
func Open(ctx context.Context, address string) (*Store, error) {
	if u, err := url.Parse(address); err == nil && u.Scheme == "file" {
		if err := os.MkdirAll(u.Path, 0o700); err != nil {
			return nil, fmt.Errorf("open files: %w", err)
		}
		query := u.Query()
		// Temporary files beside the real ones, so that the final rename stays
		// on one disk; no sidecar files with attributes we do not use.
		query.Set("no_tmp_dir", "true")
		query.Set("metadata", "skip")
		u.RawQuery = query.Encode()
		address = u.String()
	}
	bucket, err := blob.OpenBucket(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return &Store{bucket}, nil
}

// Close releases the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Key is where a file with the given SHA-256, in hexadecimal, is kept: spread
// over folders, since a folder with a million files is slow.
func Key(sha256 string) string { return sha256[:2] + "/" + sha256[2:4] + "/" + sha256 }

// Put stores what r holds under key. A key that exists already is left alone:
// it has the same content.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	exists, err := s.bucket.Exists(ctx, key)
	if err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	if exists {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a writer whose context ends before Close leaves nothing behind
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	if _, err := io.Copy(w, r); err != nil {
		cancel()
		_ = w.Close()
		return fmt.Errorf("put file: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("put file: %w", err)
	}
	return nil
}

// Open returns the file under key. The caller closes it. A missing one is
// errs.NotFound.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, &errs.Error{Kind: errs.NotFound, Msg: "error.not-found", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return r, nil
}

// Delete removes the file under key; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete file: %w", err)
	}
	return nil
}

// Keys calls fn for every key, in order.
func (s *Store) Keys(ctx context.Context, fn func(key string) error) error {
	list := s.bucket.List(nil)
	for {
		o, err := list.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list files: %w", err)
		}
		if strings.HasSuffix(o.Key, "/") {
			continue
		}
		if err := fn(o.Key); err != nil {
			return err
		}
	}
}
