// Package novel has no row.
package novel
