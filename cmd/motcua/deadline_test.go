package main

import (
	"strings"
	"testing"
)

func TestDeadline(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--from 2022-07-06T15:30 --amount 10 --unit working_day --cutoff 15:00", "2022-07-21T17:00:00+07:00\n"},
		{"--from 2022-07-06T15:30 --amount 10 --unit working_day", "2022-07-20T17:00:00+07:00\n"},
		{"--from 2022-07-06T08:30:00Z --amount 2 --unit working_hour", "2022-07-07T08:00:00+07:00\n"},
		{"--from 2022-07-06T09:00 --amount 10 --unit working_day --suspend 2022-07-08T09:00/2022-07-12T09:00", "2022-07-22T17:00:00+07:00\n"},
		{"--from 2022-07-06T09:00 --amount 10 --unit working_day --suspend 2022-07-08T09:00/", "suspended\n"},
	} {
		var out strings.Builder
		if err := deadline(strings.Fields(tt.args), &out); err != nil || out.String() != tt.want {
			t.Errorf("deadline %s = %q, %v, want %q", tt.args, out.String(), err, tt.want)
		}
	}
}

func TestDeadlineExplains(t *testing.T) {
	args := "--from 2022-08-27T15:30 --amount 1 --unit month --suspend 2022-08-31T09:00/2022-09-05T16:00 --cutoff 15:00 --explain --lang "
	for lang, want := range map[string]string{"vi": "ngày nghỉ hằng tuần", "en": "weekly rest day"} {
		var out strings.Builder
		if err := deadline(strings.Fields(args+lang), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.ContainsAny(out.String(), "⟦{") {
			t.Errorf("%s: %s", lang, out.String())
		}
	}
}

func TestDeadlineHelp(t *testing.T) {
	var out strings.Builder
	if err := deadline([]string{"--help"}, &out); err != nil || !strings.Contains(out.String(), "Example:") || !strings.Contains(out.String(), "-suspend") {
		t.Errorf("--help: %v\n%s", err, out.String())
	}
}

func TestDeadlineRefuses(t *testing.T) {
	const good = "--from 2022-07-06T15:30 --amount 10 --unit working_day "
	for args, want := range map[string]string{
		"":                        "--from",
		good + "--from yesterday": "--from",
		good + "--amount -1":      "--amount",
		good + "--unit week":      "--unit",
		good + "--cutoff 3pm":     "--cutoff",
		good + "--lang fr":        "--lang",
		good + "--suspend never":  "-suspend",
		good + "--suspend 2022-07-08T09:00/2022-07-07T09:00": "-suspend",
		good + "--amount 9999":                               "2027",
		good + "more":                                        "more",
	} {
		var out strings.Builder
		if err := deadline(strings.Fields(args), &out); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("deadline %s = %q, %v, want an error naming %s", args, out.String(), err, want)
		}
	}
}

func FuzzParseSuspension(f *testing.F) {
	f.Add("2022-07-08T09:00/2022-07-12T09:00")
	f.Add("2022-07-08T09:00/")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseSuspension(s)
		if err == nil && !p.To.IsZero() && !p.From.Before(p.To) {
			t.Errorf("parseSuspension(%q) = %v", s, p)
		}
	})
}
