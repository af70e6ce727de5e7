package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/motcua/motcua/migrations"
)

// Members of the archive.
const (
	tablesDir    = "tables/"
	filesDir     = "files/"
	dataDir      = "data/"
	manifestName = "manifest.json"
)

// longestManifest bounds the memory that reading one takes.
const longestManifest = 64 << 20

// archive is a backup being written.
type archive struct {
	zip      *zstd.Encoder
	tar      *tar.Writer
	manifest Manifest
	files    hash.Hash // of the list of files
}

func newArchive(out io.Writer) (*archive, error) {
	zip, err := zstd.NewWriter(out)
	if err != nil {
		return nil, err
	}
	return &archive{zip: zip, tar: tar.NewWriter(zip), manifest: Manifest{Format: format, Schema: migrations.Fingerprint()}, files: sha256.New()}, nil
}

// add writes a member of a table or of the data folder.
func (a *archive) add(name string, content []byte) error {
	sum := sha256.Sum256(content)
	a.manifest.Members = append(a.manifest.Members, Member{name, hex.EncodeToString(sum[:])})
	return a.write(name, int64(len(content)), bytes.NewReader(content))
}

// addFile writes a stored file.
func (a *archive) addFile(name string, size int64, r io.Reader) error {
	sum := sha256.New()
	if err := a.write(name, size, io.TeeReader(r, sum)); err != nil {
		return err
	}
	a.manifest.Files.add(a.files, sum, name, size)
	return nil
}

// add counts a file, and adds it to the list that is hashed.
func (f *Files) add(list, sum hash.Hash, name string, size int64) {
	f.Count++
	f.Bytes += size
	fmt.Fprintf(list, "%x  %s\n", sum.Sum(nil), name)
	f.SHA256 = hex.EncodeToString(list.Sum(nil))
}

func (a *archive) write(name string, size int64, r io.Reader) error {
	err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size})
	if err == nil {
		_, err = io.CopyN(a.tar, r, size)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// finish writes the manifest and what ends an archive.
func (a *archive) finish() error {
	text, err := json.MarshalIndent(a.manifest, "", "\t")
	if err != nil {
		return err
	}
	return errors.Join(a.write(manifestName, int64(len(text)), bytes.NewReader(text)), a.tar.Close(), a.zip.Close())
}

// walk reads a backup from beginning to end, lets visit read each member, and
// returns the manifest if everything is as it says. Until then a member may be
// damaged.
func walk(in io.Reader, visit func(name string, r io.Reader) error) (Manifest, error) {
	zip, err := zstd.NewReader(in)
	if err != nil {
		return Manifest{}, err
	}
	defer zip.Close()
	w := walker{tar: tar.NewReader(zip), list: sha256.New(), visit: visit}
	stated, err := w.members()
	if err != nil {
		return Manifest{}, err
	}
	if _, err := w.tar.Next(); !errors.Is(err, io.EOF) {
		return Manifest{}, damaged("something follows its manifest (%v)", err)
	}
	if _, err := io.Copy(io.Discard, zip); err != nil { // the checksum stands at the end
		return Manifest{}, damaged("%v", err)
	}
	return stated, w.compare(stated)
}

// walker counts and hashes what it reads.
type walker struct {
	tar   *tar.Reader
	list  hash.Hash // of files
	seen  Manifest
	visit func(name string, r io.Reader) error
}

// members reads every member up to the manifest, which it returns.
func (w *walker) members() (Manifest, error) {
	for {
		h, err := w.tar.Next()
		if err != nil {
			return Manifest{}, damaged("it is cut off or no backup: %v", err)
		}
		if h.Name == manifestName {
			break
		}
		sum := sha256.New()
		content := io.TeeReader(w.tar, sum)
		if err := w.visit(h.Name, content); err != nil {
			return Manifest{}, err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return Manifest{}, damaged("%s: %v", h.Name, err)
		}
		if strings.HasPrefix(h.Name, filesDir) {
			w.seen.Files.add(w.list, sum, h.Name, h.Size)
		} else {
			w.seen.Members = append(w.seen.Members, Member{h.Name, hex.EncodeToString(sum.Sum(nil))})
		}
	}
	var stated Manifest
	text, err := io.ReadAll(io.LimitReader(w.tar, longestManifest))
	if err == nil {
		err = json.Unmarshal(text, &stated)
	}
	if err != nil {
		return Manifest{}, damaged("its manifest: %v", err)
	}
	if stated.Format != format {
		return Manifest{}, fmt.Errorf("%w: its format is %d, this program reads %d", ErrSchema, stated.Format, format)
	}
	return stated, nil
}

// compare checks what was read against what should have been there.
func (w *walker) compare(stated Manifest) error {
	for i, m := range w.seen.Members {
		if i >= len(stated.Members) || stated.Members[i] != m {
			return damaged("%s is not what its manifest says", m.Name)
		}
	}
	if !slices.Equal(w.seen.Members, stated.Members) {
		return damaged("%s is missing", stated.Members[len(w.seen.Members)].Name)
	}
	if w.seen.Files != stated.Files {
		return damaged("its files are not those its manifest says: %d of %d", w.seen.Files.Count, stated.Files.Count)
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...)
}
