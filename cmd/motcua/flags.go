package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/motcua/motcua/internal/config"
)

// parse reads the flags of a command. For --help it prints text and the flags
// and returns [flag.ErrHelp], which ends the program in peace.
func parse(f *flag.FlagSet, args []string, out io.Writer, text string) error {
	f.SetOutput(io.Discard) // the returned error says it once
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, text)
		f.SetOutput(out)
		f.PrintDefaults()
		return flag.ErrHelp
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	return nil
}

// configFlags adds the flags by which every command that opens a store finds
// its configuration, and returns what reads it once the flags are parsed.
func configFlags(f *flag.FlagSet) func() (config.Config, error) {
	file := f.String("config", "", "configuration `FILE` (YAML); the environment, MOTCUA_…, wins over it")
	data := f.String("data", "", "data `FOLDER`; wins over the configuration")
	store := f.String("db", "", "store `ADDRESS`: sqlite:PATH or postgres://…; wins over the configuration")
	return func() (config.Config, error) {
		return config.Load(*file, func(name string) string {
			switch {
			case name == "MOTCUA_DATA" && *data != "":
				return *data
			case name == "MOTCUA_STORE" && *store != "":
				return *store
			}
			return os.Getenv(name)
		})
	}
}
