package errs_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/motcua/motcua/internal/errs"
)

func TestKindOf(t *testing.T) {
	conflict := errs.New(errs.Conflict, "error.conflict", nil)
	for _, tt := range []struct {
		name string
		err  error
		want errs.Kind
	}{
		{"nil", nil, errs.Internal},
		{"foreign", errors.New("disk full"), errs.Internal},
		{"direct", conflict, errs.Conflict},
		{"wrapped", fmt.Errorf("save dossier: %w", conflict), errs.Conflict},
		{"nearest wins", &errs.Error{Kind: errs.NotFound, Err: conflict}, errs.NotFound},
	} {
		if got := errs.KindOf(tt.err); got != tt.want {
			t.Errorf("%s: KindOf = %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestFields(t *testing.T) {
	var f errs.Fields
	if f.Err() != nil {
		t.Error("no fault noted, yet Err is not nil")
	}
	f.Add("phone", "error.phone", nil)
	f.Add("phone", "error.second", nil)
	e, ok := errors.AsType[*errs.Error](f.Err())
	if !ok || e.Kind != errs.Invalid {
		t.Fatalf("Err = %v, want an Invalid error", f.Err())
	}
	if got := e.Fields["phone"].Key; got != "error.phone" {
		t.Errorf("phone: %q, want the first fault", got)
	}
}
