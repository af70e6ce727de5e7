package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestAccount(t *testing.T) {
	data := t.TempDir()
	run := func(in string, args ...string) (string, error) {
		var out bytes.Buffer
		err := account(t.Context(), append(args, "--data", data), strings.NewReader(in), &out)
		return out.String(), err
	}
	out, err := run("", "create", "--login", "QuanTri", "--name", "Nguyễn Văn Quản")
	if err != nil || !strings.Contains(out, "quantri") || !strings.Contains(out, "password: ") {
		t.Fatalf("create: %q, %v", out, err)
	}
	if out, err = run("trời xanh mây trắng\n", "create", "--login", "hai", "--name", "Hai", "--password-stdin"); err != nil || strings.Contains(out, "password") {
		t.Errorf("create with a password: %q, %v", out, err)
	}
	for _, bad := range [][]string{
		{"create", "--login", "quantri", "--name", "x"},
		{"create", "--login", "x"},
		{"create", "--login", "khac", "--name", "x", "--role", "king"},
		{"create", "--login", "khac", "--name", "x", "--unit", "none"},
		{"disable", "--login", "nobody"},
		{"burn"}, {}, {"list", "extra"},
	} {
		if out, err := run("", bad...); err == nil {
			t.Errorf("%v: no error, %q", bad, out)
		}
	}
	if out, err = run("", "disable", "--login", "hai"); err != nil {
		t.Errorf("disable: %q, %v", out, err)
	}
	out, err = run("", "list")
	if err != nil || strings.Count(out, "\n") != 3 || !strings.Contains(out, "disabled") {
		t.Errorf("list: %q, %v", out, err)
	}
	if out, err = run("", "--help"); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out, "Examples:") {
		t.Errorf("help: %q, %v", out, err)
	}
}
