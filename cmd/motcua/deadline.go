package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/motcua/motcua/internal/i18n"
	"github.com/motcua/motcua/internal/worktime"
)

const deadlineHelp = `Usage: motcua deadline --from TIME --amount N --unit UNIT [flags]

Prints when an answer is due, in Vietnamese time, by the office calendar of
2022 to 2026. UNIT is working_day, working_hour, day or month. TIME is
2022-07-06T15:30, or RFC 3339.

Example:
  motcua deadline --from 2022-07-06T15:30 --amount 10 --unit working_day --cutoff 15:00 --explain --lang en

Flags:
`

// deadline is the command of that name: it counts one term, and shows how.
func deadline(args []string, out io.Writer) error {
	f := flag.NewFlagSet("deadline", flag.ContinueOnError)
	f.SetOutput(io.Discard) // the returned error says it once
	from := f.String("from", "", "`TIME` of receipt")
	amount := f.Int("amount", -1, "length of the term; 0 days is the day of receipt")
	unit := f.String("unit", "", "what the term is counted in: working_day, working_hour, day or month")
	cutoff := f.String("cutoff", "", "`HH:MM` after which a receipt counts as the next working day's")
	explain := f.Bool("explain", false, "say how it was counted, line by line")
	lang := f.String("lang", string(i18n.Vi), "language of the explanation: vi or en")
	var susp []worktime.Suspension
	f.Func("suspend", "`FROM/TO` in which the clock stood still; without TO it still does; may be repeated", func(s string) error {
		p, err := parseSuspension(s)
		susp = append(susp, p)
		return err
	})
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, deadlineHelp)
		f.SetOutput(out)
		f.PrintDefaults()
		return nil
	} else if err != nil {
		return fmt.Errorf("deadline: %w", err)
	}
	if f.NArg() > 0 {
		return fmt.Errorf("deadline: unexpected %q: every value follows its flag", f.Arg(0))
	}

	received, err := worktime.ParseTime(*from)
	if err != nil {
		return fmt.Errorf("deadline: --from: %w", err)
	}
	term := worktime.Term{Amount: *amount, Unit: worktime.Unit(*unit)}
	if *cutoff != "" {
		if term.CutOff, err = worktime.ParseClock(*cutoff); err != nil {
			return fmt.Errorf("deadline: --cutoff: %w", err)
		}
	}
	if err := term.Validate(); err != nil {
		return fmt.Errorf("deadline: give --amount and --unit: %w", err)
	}
	language, ok := i18n.Parse(*lang)
	if !ok {
		return fmt.Errorf("deadline: --lang: %q: want vi or en", *lang)
	}

	d, err := worktime.Vietnam.Deadline(received, term, susp)
	if err != nil {
		return fmt.Errorf("deadline: %w", err)
	}
	if d.Suspended {
		fmt.Fprintln(out, "suspended")
	} else {
		fmt.Fprintln(out, d.Due.Format(time.RFC3339))
	}
	if *explain {
		return explainDeadline(out, language, d.Lines)
	}
	return nil
}

// parseSuspension reads FROM/TO, or FROM/ for one that has no end yet.
func parseSuspension(s string) (worktime.Suspension, error) {
	from, to, ok := strings.Cut(s, "/")
	if !ok {
		return worktime.Suspension{}, errors.New("want FROM/TO, as in 2022-07-08T09:00/2022-07-12T09:00, or FROM/ while it lasts")
	}
	p := worktime.Suspension{Ground: "worktime.ground.unspecified"}
	var err error
	if p.From, err = worktime.ParseTime(from); err != nil {
		return p, err
	}
	if to == "" {
		return p, nil
	}
	if p.To, err = worktime.ParseTime(to); err != nil {
		return p, err
	}
	if !p.From.Before(p.To) {
		return p, errors.New("want the end after the start")
	}
	return p, nil
}

// explainDeadline writes each line in words.
func explainDeadline(out io.Writer, lang i18n.Lang, lines []worktime.Line) error {
	words, err := i18n.Load(worktime.Messages)
	if err != nil {
		return err
	}
	for _, l := range lines {
		args := make(map[string]any, len(l.Args))
		for name, v := range l.Args {
			switch v := v.(type) {
			case time.Time:
				args[name] = lang.Moment(v)
			case worktime.Date:
				args[name] = lang.Date(v.Time(0, 0))
			case worktime.Word:
				args[name] = string(v)
				if words.Has(lang, string(v)) {
					args[name] = words.T(lang, string(v))
				}
			default:
				args[name] = v
			}
		}
		fmt.Fprintln(out, words.T(lang, l.Key, args))
	}
	return nil
}
