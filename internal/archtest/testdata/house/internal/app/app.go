// Package app hands out the clock.
package app

import (
	"time"

	_ "example.org/house/internal/dossier"
)

var Clock = time.Now
