package main

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestFind(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("package x\n\n" + s)} }
	got, err := find(fstest.MapFS{
		"a/a_test.go":                file("func FuzzRead(f *testing.F) {}\nfunc FuzzWrite(f *testing.F) {}\n"),
		"a/a.go":                     file("func FuzzNot(f *testing.F) {}\n"),
		"a/testdata/b_test.go":       file("func FuzzNot(f *testing.F) {}\n"),
		"web/node_modules/c_test.go": file("func FuzzNot(f *testing.F) {}\n"),
		"d/d_test.go":                file("func TestFuzz(t *testing.T) {}\n"),
	})
	want := []target{{"./a", "FuzzRead"}, {"./a", "FuzzWrite"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("find = %v, %v; want %v", got, err, want)
	}
}
