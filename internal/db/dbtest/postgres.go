package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/motcua/motcua/internal/db"
	"github.com/motcua/motcua/migrations"
)

// background outlives each test: what it makes is shared by the test binary.
var background = context.Background()

// createLock is the key of the advisory lock under which databases are created:
// PostgreSQL refuses two copies of one template at the same moment.
const createLock = 726_1301

var (
	modelOnce sync.Once
	modelName string
	modelErr  error
)

// postgresModel returns the name of a migrated database to copy. Its name holds
// the checksum of the migrations, so every test binary of a run shares it.
func postgresModel(admin *db.DB, server string) (string, error) {
	modelOnce.Do(func() {
		modelName = "motcua_model_" + migrations.Fingerprint()
		modelErr = locked(admin, func() error {
			var exists bool
			err := admin.Writer().QueryRow(`select exists (select from pg_database where datname = $1)`, modelName).Scan(&exists)
			if err != nil || exists {
				return err
			}
			building := modelName + "_building"
			if _, err := admin.Writer().Exec("drop database if exists " + building); err != nil {
				return err
			}
			if _, err := admin.Writer().Exec("create database " + building); err != nil {
				return err
			}
			d, err := db.Open(background, withDatabase(server, building))
			if err != nil {
				return err
			}
			if err := migrations.Up(background, d); err != nil {
				d.Close()
				return err
			}
			if err := d.Close(); err != nil {
				return err
			}
			_, err = admin.Writer().Exec("alter database " + building + " rename to " + modelName)
			return err
		})
	})
	return modelName, modelErr
}

func createDatabase(admin *db.DB, name, model string) error {
	return locked(admin, func() error {
		_, err := admin.Writer().Exec("create database " + name + " template " + model)
		return err
	})
}

// locked runs fn while no other test binary creates a database.
func locked(admin *db.DB, fn func() error) error {
	conn, err := admin.Writer().Conn(background)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(background, `select pg_advisory_lock($1)`, createLock); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	defer conn.ExecContext(background, `select pg_advisory_unlock($1)`, createLock)
	return fn()
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic("TEST_POSTGRES is not an address")
	}
	u.Path = "/" + name
	return u.String()
}
