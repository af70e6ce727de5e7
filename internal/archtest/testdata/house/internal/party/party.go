package party

import (
	"os"
	"time"

	_ "example.com/decided"
	_ "example.com/smuggled/deeper"

	_ "example.org/house/internal/db/dbtest"
	_ "example.org/house/internal/dossier"
	_ "example.org/house/internal/errs"
)

func init() {}

var (
	home  = os.Getenv("HOME")
	clock = time.Now
	born  = time.Now()
)

//nolint:errcheck
var a = 1

//nolint:errcheck // the reason
var b = 2

// A sentence that begins like a statement: "select a name from the list".
const label = "update the record, delete from memory, with care"

const query = `select id from party where id = $1`
