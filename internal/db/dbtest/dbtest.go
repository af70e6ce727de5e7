// Package dbtest gives tests a migrated store of their own.
package dbtest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/migrations"
)

// Each runs test on a fresh SQLite store and, where TEST_POSTGRES holds the
// address of a server, on a fresh PostgreSQL database.
func Each(t *testing.T, test func(*testing.T, *db.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgreSQL(t)) })
}

// SQLite returns a fresh, migrated SQLite store. Migrating takes longer than
// most tests, so it is done once and the file copied.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	whole, err := template()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path)
}

// template is a migrated, empty SQLite file.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "motcua-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	d, err := db.Open(background, "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := migrations.Up(background, d); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // closing folds the write-ahead log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// PostgreSQL returns a fresh, migrated PostgreSQL database. It skips the test
// where TEST_POSTGRES is not set.
func PostgreSQL(t testing.TB) *db.DB {
	t.Helper()
	return open(t, PostgreSQLAddress(t))
}

// PostgreSQLAddress creates a migrated database for the test and returns its
// address.
func PostgreSQLAddress(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES")
	if server == "" {
		t.Skip("TEST_POSTGRES is not set")
	}
	admin, err := db.Open(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	model, err := postgresModel(admin, server)
	if err != nil {
		t.Fatal(err)
	}
	name := "motcua_test_" + strings.ToLower(rand.Text())
	if err := createDatabase(admin, name, model); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := db.Open(background, server)
		if err != nil {
			t.Error(err)
			return
		}
		defer admin.Close()
		if _, err := admin.Writer().Exec("drop database if exists " + name + " with (force)"); err != nil {
			t.Error(err)
		}
	})
	return withDatabase(server, name)
}

func open(t testing.TB, address string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
