// Command build bundles style sheet, script and fonts into internal/web/assets/dist,
// from where they are compiled into the binary. Run it from the root of the
// repository, after npm ci in web/. The same input gives the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const out = "internal/web/assets/dist"

func main() {
	log.SetFlags(0)
	if err := build(); err != nil {
		log.Fatalf("web/build: %v", err)
	}
}

func build() error {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{"web/src/motcua.css", "web/src/motcua.ts"},
		Bundle:            true,
		Outdir:            out,
		EntryNames:        "[name]-[hash]",
		AssetNames:        "[name]-[hash]",
		Format:            api.FormatESModule,
		Target:            api.ES2020,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsNone, // the licences are in the repository's NOTICE
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile},
		Plugins:           []api.Plugin{{Name: "govuk", Setup: plugin}},
	})
	for _, m := range result.Errors {
		log.Print(api.FormatMessages([]api.Message{m}, api.FormatMessagesOptions{Kind: api.ErrorMessage})[0])
	}
	if len(result.Errors) > 0 {
		return errors.New("bundling failed")
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	manifest := make(map[string]string) // motcua.css → motcua-5XK3.css
	for _, f := range result.OutputFiles {
		file := filepath.Base(f.Path)
		ext := path.Ext(file)
		name := file[:strings.LastIndex(file, "-")] + ext
		manifest[name] = file
		if err := os.WriteFile(filepath.Join(out, file), f.Contents, 0o644); err != nil {
			return err
		}
		fmt.Printf("%-46s %7d bytes, %6d compressed\n", name, len(f.Contents), compressed(f.Contents))
	}
	b, err := json.MarshalIndent(manifest, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "manifest.json"), append(b, '\n'), 0o644)
}

// compressed returns the size of b on the wire.
func compressed(b []byte) int {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is a valid constant
	_, _ = w.Write(b)                                     // a Buffer does not fail
	_ = w.Close()
	return min(z.Len(), len(b))
}

// plugin adapts govuk-frontend's compiled style sheet as it is loaded.
func plugin(b api.PluginBuild) {
	b.OnLoad(api.OnLoadOptions{Filter: `govuk-frontend\.min\.css$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
		css, err := os.ReadFile(a.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		text := adapt(string(css))
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderCSS}, nil
	})
}

var (
	comment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	fontFace = regexp.MustCompile(`@font-face\s*\{[^}]*\}`)
	font     = regexp.MustCompile(`GDS Transport,\s*arial,\s*sans-serif`)
	block    = regexp.MustCompile(`\.govuk-([a-z]+(?:-[a-z]+)*)`)
)

// adapt takes out of the style sheet what is not licensed to us, the typeface
// and the crest, and the components that no page uses.
func adapt(css string) string {
	css = comment.ReplaceAllString(css, "")
	css = fontFace.ReplaceAllString(css, "")
	css = font.ReplaceAllString(css, "var(--mc-font)")
	return purge(css)
}

// unused are the blocks that are left out, with everything named after them.
var unused = []string{
	"accordion", "cookie-banner", "exit-this-page", "feedback", "footer", "generic-header", "header",
	"language-navigation", "logo-dot", "password-input", "phase-banner", "service-navigation", "tabs",
	"file-upload-button", "file-upload-wrapper", "drop-zone", "link-image",
}

// purge drops the selectors of unused blocks, and the rules that are left
// without any. Its input is minified CSS: rules, and at-rules that hold rules.
func purge(css string) string {
	var b strings.Builder
	for css != "" {
		open := strings.IndexAny(css, "{;")
		if open < 0 {
			break
		}
		if css[open] == ';' { // @charset, @import
			b.WriteString(css[:open+1])
			css = css[open+1:]
			continue
		}
		end := closing(css, open)
		head, body := css[:open], css[open+1:end]
		css = css[end+1:]
		switch {
		case strings.HasPrefix(head, "@media"), strings.HasPrefix(head, "@supports"):
			if body = purge(body); body != "" {
				b.WriteString(head + "{" + body + "}")
			}
		case strings.HasPrefix(head, "@"):
			b.WriteString(head + "{" + body + "}")
		default:
			if head = used(head); head != "" {
				b.WriteString(head + "{" + body + "}")
			}
		}
	}
	return b.String()
}

// closing returns the index of the brace that closes the one at open.
func closing(css string, open int) int {
	depth := 0
	for i := open; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	log.Fatal("web/build: unbalanced braces in govuk-frontend")
	return 0
}

// used returns the selectors of a rule that name no unused block.
func used(selectors string) string {
	var keep []string
	depth, start := 0, 0
	add := func(selector string) {
		for _, m := range block.FindAllStringSubmatch(selector, -1) {
			for _, u := range unused {
				if m[1] == u {
					return
				}
			}
		}
		keep = append(keep, selector)
	}
	for i, r := range selectors {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				add(selectors[start:i])
				start = i + 1
			}
		}
	}
	add(selectors[start:])
	return strings.Join(keep, ",")
}
