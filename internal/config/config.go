// Package config reads what an installation decides for itself: a YAML file,
// then the environment. The zero value works: motcua serve with nothing runs on
// SQLite in ./data.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Config is everything an installation may set.
type Config struct {
	// Listen is the address to serve on. Default 127.0.0.1:8080.
	Listen string `yaml:"listen"`

	// Data is the folder for what is not in the store: keys, and by default the
	// SQLite file and attachments. Default ./data.
	Data string `yaml:"data"`

	// Store is "sqlite:PATH" or "postgres://…". Default a file in Data.
	Store Secret `yaml:"store"`

	// Files is where attachments and papers are kept: "file:///PATH" or
	// "s3://BUCKET?…". Default a folder in Data.
	Files Secret `yaml:"files"`

	// Base is the address people reach the site at, for links in mails and QR
	// codes. Over https cookies are secure and browsers are told to stay there.
	// Default http:// and Listen.
	Base string `yaml:"base"`

	// Proxies is how many trusted proxies stand in front. Default 0.
	Proxies int `yaml:"proxies"`

	// Mail is how e-mail is sent. Without a host it is written to a folder in
	// Data and not sent.
	Mail Mail `yaml:"mail"`

	// CodePrefix is the agency's part of dossier codes, for example
	// "000.00.12.H06". It must be set before the first dossier is filed.
	CodePrefix string `yaml:"code_prefix"`
}

// Mail is an SMTP relay.
type Mail struct {
	Host     string `yaml:"host"`
	Port     int    `yaml:"port"` // default 587, with STARTTLS
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	From     string `yaml:"from"` // sender, "Tên <a@b>"
}

// Secret is a text that never prints.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Load reads file, if it is not "", then the environment (MOTCUA_LISTEN,
// MOTCUA_DATA, …), fills in the defaults and checks the whole. All faults are
// told at once.
func Load(file string, getenv func(string) string) (Config, error) {
	var c Config
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("configuration %s: %w", file, err)
		}
	}
	return c.With(getenv)
}

// With applies the environment and the defaults, and checks the whole.
func (c Config) With(getenv func(string) string) (Config, error) {
	var faults []error
	for name, set := range map[string]func(string) error{
		"LISTEN":        text(&c.Listen),
		"DATA":          text(&c.Data),
		"STORE":         text(&c.Store),
		"FILES":         text(&c.Files),
		"BASE":          text(&c.Base),
		"PROXIES":       number(&c.Proxies),
		"MAIL_HOST":     text(&c.Mail.Host),
		"MAIL_PORT":     number(&c.Mail.Port),
		"MAIL_USER":     text(&c.Mail.User),
		"MAIL_PASSWORD": text(&c.Mail.Password),
		"MAIL_FROM":     text(&c.Mail.From),
		"CODE_PREFIX":   text(&c.CodePrefix),
	} {
		if v := getenv("MOTCUA_" + name); v != "" {
			if err := set(v); err != nil {
				faults = append(faults, fmt.Errorf("MOTCUA_%s: %w", name, err))
			}
		}
	}
	c.defaults()
	return c, errors.Join(append(faults, c.check()...)...)
}

func (c *Config) defaults() {
	fill(&c.Listen, "127.0.0.1:8080")
	fill(&c.Data, "data")
	if abs, err := filepath.Abs(c.Data); err == nil {
		c.Data = abs
	}
	fill(&c.Store, Secret("sqlite:"+filepath.Join(c.Data, "motcua.db")))
	fill(&c.Files, Secret("file://"+filepath.ToSlash(filepath.Join(c.Data, "files"))))
	fill(&c.Base, "http://"+c.Listen)
	fill(&c.Mail.From, "motcua@localhost")
	fill(&c.CodePrefix, "000.00.00.H00")
	if c.Mail.Port == 0 {
		c.Mail.Port = 587
	}
}

func (c Config) check() []error {
	var faults []error
	if !strings.HasPrefix(string(c.Store), "sqlite:") && !strings.HasPrefix(string(c.Store), "postgres://") && !strings.HasPrefix(string(c.Store), "postgresql://") {
		faults = append(faults, errors.New("store: want sqlite:PATH or postgres://…"))
	}
	if u, err := url.Parse(c.Base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		faults = append(faults, errors.New("base: want http://HOST or https://HOST"))
	}
	if c.Proxies < 0 {
		faults = append(faults, errors.New("proxies: want 0 or more"))
	}
	if _, port, ok := strings.Cut(c.Listen, ":"); !ok || port == "" {
		faults = append(faults, errors.New("listen: want HOST:PORT"))
	}
	return faults
}

// Secure reports whether people reach the site over TLS.
func (c Config) Secure() bool { return strings.HasPrefix(c.Base, "https://") }

// MakeData creates the data folder, readable by its owner alone.
func (c Config) MakeData() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

func fill[S ~string](s *S, value S) {
	if *s == "" {
		*s = value
	}
}

func text[S ~string](s *S) func(string) error {
	return func(v string) error {
		*s = S(v)
		return nil
	}
}

func number(n *int) func(string) error {
	return func(v string) error {
		i, err := strconv.Atoi(v)
		if err != nil {
			return errors.New("want a whole number")
		}
		*n = i
		return nil
	}
}
