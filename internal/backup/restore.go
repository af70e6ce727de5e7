package backup

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/motcua/motcua/migrations"
)

// Verify reads a whole backup and checks every hash in it.
func Verify(in io.Reader) (Manifest, error) {
	return walk(in, func(string, io.Reader) error { return nil })
}

// Restore brings a backup into a new installation, which nothing else uses
// meanwhile. The backup is read twice: before anything is touched it is checked
// to its end. Then the tables are filled in one transaction, which is committed
// after files and keys are in their places; when it fails, Restore may be called
// again.
func Restore(ctx context.Context, in io.ReadSeeker, to Installation) (Manifest, error) {
	m, err := restore(ctx, in, to)
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	return m, nil
}

func restore(ctx context.Context, in io.ReadSeeker, to Installation) (Manifest, error) {
	m, err := Verify(in)
	if err != nil {
		return m, err
	}
	if ours := migrations.Fingerprint(); m.Schema != ours {
		return m, fmt.Errorf("%w: the backup's is %s, this program's %s; restore with the release that made it, then upgrade", ErrSchema, m.Schema, ours)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return m, err
	}
	if keys, err := keyFiles(to.Data); err != nil || len(keys) > 0 {
		return m, errors.Join(fmt.Errorf("%w: there are keys in %s: %s", ErrNotEmpty, to.Data, strings.Join(keys, ", ")), err)
	}
	if err := migrations.Up(ctx, to.DB); err != nil {
		return m, err
	}
	tables, err := readTables(ctx, to.DB, to.DB.Dialect)
	if err != nil {
		return m, err
	}
	if err := checkEmpty(ctx, to.DB, tables); err != nil {
		return m, err
	}
	r := restorer{Installation: to, tables: tables}
	if err := r.run(ctx, in, &m); err != nil {
		return m, errors.Join(err, r.undo())
	}
	return m, nil
}

// restorer puts members into their places.
type restorer struct {
	Installation
	tx     *sql.Tx
	tables []table // of the store
	filled []Table
	files  int64
	keys   []string // written so far
}

// run fills the store in one transaction, with all the rest while it is open.
func (r *restorer) run(ctx context.Context, in io.Reader, m *Manifest) error {
	var err error
	if r.tx, err = r.DB.Writer().BeginTx(ctx, nil); err != nil {
		return err
	}
	defer r.tx.Rollback() // after a commit it does nothing
	check, err := deferReferences(ctx, r.tx, r.DB.Dialect)
	if err != nil {
		return err
	}
	if *m, err = walk(in, func(name string, content io.Reader) error { return r.member(ctx, name, content) }); err != nil {
		return err
	}
	if !slices.Equal(r.filled, m.Tables) || len(r.filled) != len(r.tables) {
		return damaged("its tables do not hold the rows its manifest says")
	}
	if err := check(); err != nil {
		return err
	}
	return r.tx.Commit()
}

func (r *restorer) member(ctx context.Context, name string, content io.Reader) error {
	var err error
	switch {
	case strings.HasPrefix(name, tablesDir):
		err = r.chunk(ctx, content)
	case strings.HasPrefix(name, filesDir):
		if r.files++; r.files%tellEvery == 0 {
			r.tell("files", r.files)
		}
		err = r.Files.Put(ctx, strings.TrimPrefix(name, filesDir), content)
	case strings.HasPrefix(name, dataDir):
		err = r.key(strings.TrimPrefix(name, dataDir), content)
	default:
		err = damaged("it is no member of a backup")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// chunk adds the rows of one member to their table.
func (r *restorer) chunk(ctx context.Context, content io.Reader) error {
	lines := bufio.NewReaderSize(content, 1<<16)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return damaged("%v", err)
	}
	t, err := r.table(first)
	if err != nil {
		return err
	}
	w, err := r.begin(ctx, t)
	if err != nil {
		return err
	}
	count := &r.filled[len(r.filled)-1]
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		if err != nil {
			return damaged("%v", err)
		}
		row, err := parseRow(t.Columns, line)
		if err != nil {
			return err
		}
		if err := w.add(ctx, row); err != nil {
			return err
		}
		if count.Rows++; count.Rows%tellEvery == 0 {
			r.tell(t.Name, count.Rows)
		}
	}
	return w.close(ctx)
}

// table finds the store's table for the first line of a chunk, with its columns
// in the order of the chunk.
func (r *restorer) table(line []byte) (table, error) {
	var stated table
	if err := json.Unmarshal(line, &stated); err != nil {
		return table{}, damaged("its first line: %v", err)
	}
	i := slices.IndexFunc(r.tables, func(t table) bool { return t.Name == stated.Name })
	if i < 0 || len(r.tables[i].Columns) != len(stated.Columns) {
		return table{}, fmt.Errorf("%w: table %s", ErrSchema, stated.Name)
	}
	t := r.tables[i]
	for n, c := range stated.Columns {
		i := slices.IndexFunc(t.Columns, func(o column) bool { return o.Name == c.Name && o.Type == c.Type })
		if i < 0 {
			return table{}, fmt.Errorf("%w: column %s.%s", ErrSchema, t.Name, c.Name)
		}
		stated.Columns[n] = t.Columns[i]
	}
	return stated, nil
}

// begin prepares to write rows of a table; before the first of them it empties
// the table of what migrations or a trigger put there.
func (r *restorer) begin(ctx context.Context, t table) (*writer, error) {
	if len(r.filled) == 0 || r.filled[len(r.filled)-1].Name != t.Name {
		if err := empty(ctx, r.tx, t); err != nil {
			return nil, err
		}
		r.filled = append(r.filled, Table{Name: t.Name})
	}
	return newWriter(ctx, r.tx, t)
}

func parseRow(columns []column, line []byte) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var row []any
	if err := d.Decode(&row); err != nil {
		return nil, damaged("%v", err)
	}
	return row, restored(columns, row)
}

// key writes a file of the data folder.
func (r *restorer) key(name string, content io.Reader) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name {
		return damaged("it lies outside the data folder")
	}
	target := filepath.Join(r.Data, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	r.keys = append(r.keys, target)
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Sync(), f.Close())
}

// undo takes back the keys: without its tables an installation has none.
func (r *restorer) undo() error {
	var faults []error
	for _, name := range r.keys {
		faults = append(faults, os.Remove(name))
	}
	return errors.Join(faults...)
}
