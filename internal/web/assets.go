package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/motcua/motcua/internal/actor"
	"github.com/motcua/motcua/internal/errs"
)

// Messages are the words of the layout, the components and the errors.
//
//go:embed messages/*.json
var Messages embed.FS

//go:embed templates/*.html
var templates embed.FS

// assetFiles holds what `make assets` built into assets/dist, if it was run, and
// always a small style sheet that makes pages readable without it.
//
//go:embed assets
var assetFiles embed.FS

// asset is one file under an address that changes with its content, so that a
// browser may keep it for ever.
type asset struct {
	body, zipped []byte // zipped is nil where it would not be smaller
	contentType  string
}

// assets reads the built files once: those that the manifest names, and the
// fonts that the style sheet names.
var assets = sync.OnceValue(func() (a struct {
	urls  map[string]string // motcua.css → /assets/motcua-5XK3.css
	files map[string]asset
}) {
	a.urls, a.files = map[string]string{}, map[string]asset{}
	add := func(file string, body []byte) {
		a.files[file] = asset{body, zip(body, path.Ext(file)), contentType(path.Ext(file))}
	}
	manifest := map[string]string{}
	if b, err := assetFiles.ReadFile("assets/dist/manifest.json"); err == nil {
		if err := json.Unmarshal(b, &manifest); err != nil {
			panic("assets/dist/manifest.json: " + err.Error())
		}
	}
	for name, file := range manifest {
		body, err := assetFiles.ReadFile("assets/dist/" + file)
		if err != nil {
			panic("asset of the manifest: " + err.Error())
		}
		a.urls[name] = "/assets/" + file
		add(file, body)
	}
	for _, name := range []string{"fallback.css", "icon.svg"} {
		body, err := fs.ReadFile(assetFiles, "assets/"+name)
		if err != nil {
			panic(err)
		}
		sum, ext := sha256.Sum256(body), path.Ext(name)
		file := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:4]) + ext
		a.urls[name] = "/assets/" + file
		add(file, body)
	}
	if a.urls["motcua.css"] == "" {
		a.urls["motcua.css"] = a.urls["fallback.css"]
	}
	return a
})

// assetURL returns the address of an asset by its plain name, or "" if it has
// not been built: the pages work without.
func assetURL(name string) string { return assets().urls[name] }

// AssetRoutes serves the style sheet, the script and the fonts.
func AssetRoutes() Routes {
	return Routes{{"GET /assets/{file}", actor.Public, serveAsset}}
}

func serveAsset(w http.ResponseWriter, r *http.Request) error {
	a, ok := assets().files[r.PathValue("file")]
	if !ok {
		return errs.New(errs.NotFound, "error.not-found", nil)
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := a.body
	if a.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
	}
	_, err := w.Write(body)
	return ignoreGone(err)
}

// zip compresses once what would otherwise be compressed for every reader. Fonts
// are compressed already.
func zip(body []byte, ext string) []byte {
	if ext == ".woff2" {
		return nil
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid constant
	_, _ = w.Write(body)                                  // a Buffer does not fail
	_ = w.Close()
	return b.Bytes()
}

func contentType(ext string) string {
	if ext == ".woff2" {
		return "font/woff2" // not in every system's table
	}
	return mime.TypeByExtension(ext)
}
