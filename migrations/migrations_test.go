package migrations_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/internal/db/dbtest"
	"github.com/motcua/motcua/migrations"
)

var update = flag.Bool("update", false, "write checksums.txt anew")

// TestChecksums fails when a migration changed after it was committed: a store
// somewhere has already run the old text.
func TestChecksums(t *testing.T) {
	if *update {
		if err := os.WriteFile("checksums.txt", []byte(migrations.Checksums()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("checksums.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), migrations.Checksums()); diff != "" {
		t.Errorf("migrations and checksums.txt differ; never edit a released migration, add one (-want +got):\n%s", diff)
	}
}

// TestPairs fails when a file stands in sqlite without its twin in postgres, or
// two files bear one number.
func TestPairs(t *testing.T) {
	names := map[string][]string{}
	for _, folder := range []string{"common", "sqlite", "postgres"} {
		files, err := filepath.Glob(folder + "/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			number, _, _ := strings.Cut(filepath.Base(f), "_")
			names[number] = append(names[number], f)
			text, err := fs.ReadFile(os.DirFS("."), f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "+goose Down") {
				t.Errorf("%s goes backward", f)
			}
		}
	}
	for number, files := range names {
		if len(files) == 1 && strings.HasPrefix(files[0], "common/") {
			continue
		}
		if len(files) == 2 && filepath.Dir(files[0]) != filepath.Dir(files[1]) && filepath.Base(files[0]) == filepath.Base(files[1]) && !strings.HasPrefix(files[0], "common/") {
			continue
		}
		t.Errorf("migration %s is neither one common file nor a pair: %v", number, files)
	}
}

func TestUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := migrations.Up(t.Context(), d); err != nil {
			t.Fatalf("a second Up: %v", err)
		}
		pending, err := migrations.Pending(t.Context(), d)
		if err != nil || pending {
			t.Errorf("Pending = %v, %v after Up", pending, err)
		}
	})
}
