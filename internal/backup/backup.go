// Package backup writes an installation into one file and brings it back from
// there (sao lưu, phục hồi), on the same kind of store or on the other: this is
// also the way from SQLite to PostgreSQL.
//
// It belongs to the wiring: it copies the tables of every module without
// knowing them. What tables and columns there are it asks the store.
//
// The file is a tar, compressed with zstd:
//
//	tables/<table>/000001.jsonl  rows, a JSON array a line; the first line names table and columns
//	files/<key>                  attachments and papers, as they are stored
//	data/<path>                  keys: of the public log, of signatures
//	manifest.json                what precedes it, counted and hashed
//
// Every type is written the same for both stores: texts, documents (jsonb),
// dates and moments as strings, bytes in hexadecimal, null as null. Tables stand
// in the order of their references.
package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/motcua/motcua/internal/blob"
	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/errs"
	"github.com/motcua/motcua/migrations"
)

// Installation is what a backup holds.
type Installation struct {
	DB       *db.DB
	Files    *blob.Store
	Data     string                     // folder of keys
	Progress func(what string, n int64) // told how many rows or files are done, now and then; may be nil
}

func (i Installation) tell(what string, n int64) {
	if i.Progress != nil {
		i.Progress(what, n)
	}
}

// tellEvery is how many rows or files pass between two words of progress.
const tellEvery = 100_000

// Manifest says what a backup holds.
type Manifest struct {
	Format  int      `json:"format"`
	Schema  string   `json:"schema"` // of the migrations; only the same one takes the backup back
	Tables  []Table  `json:"tables"`
	Files   Files    `json:"files"`
	Members []Member `json:"members"` // of tables and data
}

// Table is how many rows of a table there are.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Files sums up the stored files. There may be millions, so they share one hash:
// that of a line "<SHA-256>  <member>" for each.
type Files struct {
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Member is one member of the archive.
type Member struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

const format = 1

// Reasons not to restore. Nothing was touched then.
var (
	ErrDamaged  = errors.New("the backup is damaged")
	ErrSchema   = errors.New("store and program have different schemas")
	ErrNotEmpty = errors.New("the installation is not empty")
)

// chunkSize is about how much of a table one member holds, and so what a backup
// needs of memory.
const chunkSize = 4 << 20

// Create writes a backup of the installation, which may go on working: the
// tables are read as they were at one moment. Files are never changed, so those
// of that moment are all there; those added meanwhile may come along.
func Create(ctx context.Context, from Installation, out io.Writer) (Manifest, error) {
	pending, err := migrations.Pending(ctx, from.DB)
	if err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	if pending {
		return Manifest{}, fmt.Errorf("back up: %w: run motcua migrate first", ErrSchema)
	}
	a, err := newArchive(out)
	if err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	if err := create(ctx, from, a); err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	return a.manifest, nil
}

func create(ctx context.Context, from Installation, a *archive) error {
	err := from.DB.Snapshot(ctx, func(q db.Querier) error {
		tables, err := readTables(ctx, q, from.DB.Dialect)
		if err != nil {
			return err
		}
		for _, t := range tables {
			n, err := createTable(ctx, from, q, a, t)
			if err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			a.manifest.Tables = append(a.manifest.Tables, Table{t.Name, n})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := createFiles(ctx, from, a); err != nil {
		return err
	}
	names, err := keyFiles(from.Data)
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(from.Data, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := a.add(dataDir+name, content); err != nil {
			return err
		}
	}
	return a.finish()
}

// createTable writes a table in chunks. Each begins with a line that says what
// it is.
func createTable(ctx context.Context, from Installation, q db.Querier, a *archive, t table) (int64, error) {
	head, err := json.Marshal(t)
	if err != nil {
		return 0, err
	}
	chunk := bytes.NewBuffer(append(head, '\n'))
	number := 0
	flush := func() error {
		number++
		err := a.add(fmt.Sprintf("%s%s/%06d.jsonl", tablesDir, t.Name, number), chunk.Bytes())
		chunk.Truncate(len(head) + 1)
		return err
	}
	line := json.NewEncoder(chunk)
	line.SetEscapeHTML(false)
	var n int64
	err = eachRow(ctx, q, t, func(row []any) error {
		if n++; n%tellEvery == 0 {
			from.tell(t.Name, n)
		}
		if err := line.Encode(row); err != nil {
			return err
		}
		if chunk.Len() < chunkSize {
			return nil
		}
		return flush()
	})
	if err != nil {
		return 0, err
	}
	if number == 0 || chunk.Len() > len(head)+1 {
		err = flush() // an empty table is said to be empty
	}
	from.tell(t.Name, n)
	return n, err
}

func createFiles(ctx context.Context, from Installation, a *archive) error {
	var n int64
	err := from.Files.Keys(ctx, func(key string) error {
		f, err := from.Files.Open(ctx, key)
		if errs.KindOf(err) == errs.NotFound {
			return nil // erased since it was listed
		}
		if err != nil {
			return err
		}
		defer f.Close()
		size, err := f.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			return fmt.Errorf("file %s: %w", key, err)
		}
		if n++; n%tellEvery == 0 {
			from.tell("files", n)
		}
		return a.addFile(filesDir+key, size, f)
	})
	from.tell("files", n)
	return err
}

// keyFiles lists the keys in a data folder: *.key, and whatever is in keys/.
func keyFiles(data string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(data), "*.key")
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(os.DirFS(data), "keys", func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}
