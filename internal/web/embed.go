package web

import "embed"

//go:embed templates/*.html
var templates embed.FS

// Messages holds the words of the shared pieces and of errors.
//
//go:embed messages/*.json
var Messages embed.FS
