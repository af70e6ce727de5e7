// Package errs has no business on the network.
package errs

import "net/http"

var _ = http.StatusOK
