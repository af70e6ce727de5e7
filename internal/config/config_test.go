package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/motcua/motcua/internal/config"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestZeroValueWorks(t *testing.T) {
	c, err := config.Load("", env())
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Base != "http://127.0.0.1:8080" || c.Secure() {
		t.Errorf("defaults: %+v", c)
	}
	if !strings.HasSuffix(string(c.Store), filepath.Join("data", "motcua.db")) {
		t.Errorf("store = %q", string(c.Store))
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "motcua.yaml")
	if err := os.WriteFile(file, []byte("listen: 0.0.0.0:80\nbase: https://motcua.example\nproxies: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, env("MOTCUA_LISTEN", "127.0.0.1:9000"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:9000" || c.Proxies != 1 || !c.Secure() {
		t.Errorf("got %+v", c)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := config.Load("", env("MOTCUA_STORE", "mysql://x", "MOTCUA_PROXIES", "many", "MOTCUA_BASE", "nowhere"))
	for _, want := range []string{"store", "MOTCUA_PROXIES", "base"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v, want a fault of %s", err, want)
		}
	}
}

func TestUnknownSettingIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "motcua.yaml")
	if err := os.WriteFile(file, []byte("lisen: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(file, env()); err == nil {
		t.Error("a misspelt setting was accepted")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c, err := config.Load("", env("MOTCUA_STORE", "postgres://u:geheim@h/d", "MOTCUA_MAIL_PASSWORD", "geheim"))
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, c.Store); strings.Contains(s, "geheim") {
		t.Errorf("a secret printed: %s", s)
	}
}
