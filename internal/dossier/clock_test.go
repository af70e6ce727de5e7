package dossier_test

import (
	"testing"

	"github.com/motcua/motcua/internal/worktime"
)

func withHoliday(t *testing.T, day string) worktime.Calendar {
	t.Helper()
	spec := worktime.Default()
	spec.Version = "with-" + day
	spec.Exceptions = append(spec.Exceptions, worktime.Exception{Date: date(day), Name: "Nghỉ bão", Kind: worktime.Holiday, Source: "test", Confidence: worktime.High, Scope: worktime.Everybody})
	c, err := worktime.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
