// Package migrations holds the schema: one numbered sequence of files, in
// common where one text serves both stores and as a pair in sqlite and postgres
// where it cannot. Files go forward only and are never edited once released:
// checksums.txt remembers them.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"database/sql"

	"github.com/motcua/motcua/internal/db"
)

//go:embed common/*.sql sqlite/*.sql postgres/*.sql
var files embed.FS

// Up brings the store's schema, and that of the job queue, to the newest
// version. Several nodes may start at once: on PostgreSQL one waits for the
// other.
func Up(ctx context.Context, d *db.DB) error {
	p, err := provider(d)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	var driver riverdriver.Driver[*sql.Tx] = riverdatabasesql.New(d.Writer())
	if d.Dialect == db.SQLite {
		driver = riversqlite.New(d.Writer())
	}
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Pending reports whether the store lacks a migration this program needs.
func Pending(ctx context.Context, d *db.DB) (bool, error) {
	p, err := provider(d)
	if err != nil {
		return false, err
	}
	return p.HasPending(ctx)
}

func provider(d *db.DB) (*goose.Provider, error) {
	dialect, folder, options := goose.DialectSQLite3, "sqlite", []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.Dialect == db.PostgreSQL {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		dialect, folder = goose.DialectPostgres, "postgres"
		options = append(options, goose.WithSessionLocker(locker))
	}
	sequence, err := merge("common", folder)
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(dialect, d.Writer(), sequence, options...)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}

// merge lays folders over one another: goose reads one flat folder.
func merge(folders ...string) (fs.FS, error) {
	all := fstest.MapFS{}
	for _, folder := range folders {
		names, err := fs.Glob(files, folder+"/*.sql")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := files.ReadFile(name)
			if err != nil {
				return nil, err
			}
			all[strings.TrimPrefix(name, folder+"/")] = &fstest.MapFile{Data: text}
		}
	}
	return all, nil
}

// Checksums lists every migration with its SHA-256, one "hash  path" a line, in
// the order of their paths.
func Checksums() string {
	var lines []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+path+"\n")
		return nil
	})
	if err != nil {
		panic(err) // files are embedded: only a defect of the build ends here
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return strings.Join(lines, "")
}

// Fingerprint names the schema in a few characters.
func Fingerprint() string {
	sum := sha256.Sum256([]byte(Checksums()))
	return hex.EncodeToString(sum[:6])
}
