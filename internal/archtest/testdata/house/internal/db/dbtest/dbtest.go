// Package dbtest helps tests.
package dbtest

import "time"

var Started = time.Now()
