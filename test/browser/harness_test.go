package browser

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// chromium is the browser all tests of this package share.
var chromium context.Context

func TestMain(m *testing.M) {
	if os.Getenv("TEST_BROWSER") == "" {
		fmt.Println("the browser tests run with TEST_BROWSER=1; make test sets it")
		os.Exit(0)
	}
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "chromium"
	}
	ctx, end, err := Launch(path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	chromium = ctx
	code := m.Run()
	end()
	os.Exit(code)
}

var planted = template.Must(template.New("").Parse(`<!doctype html>
<html lang="vi"><head><title>Nhà mẫu</title><meta name="viewport" content="width=device-width">
<script>document.addEventListener("DOMContentLoaded", () => document.getElementById("js").textContent = "có script")</script>
<style>.wide { width: {{.Width}}px }</style></head>
<body><main><h1>Nộp đơn</h1><p id="js">không có script</p>
<div class="wide">Rộng</div>
<form method="post" action="/filed" enctype="multipart/form-data">
<label for="name">Họ và tên</label><input id="name" name="name" value="cũ">
<label for="kind">Loại đất</label><select id="kind" name="kind"><option value="a">Đất ở</option><option value="b">Đất lúa</option></select>
<fieldset><legend>Cách nhận</legend>
<input type="radio" id="post" name="way" value="post"><label for="post">Bưu chính</label>
<input type="radio" id="desk" name="way" value="desk"><label for="desk">Một cửa</label></fieldset>
<label for="paper">Giấy tờ</label><input type="file" id="paper" name="paper">
<button>Gửi hồ sơ</button></form>
<p><a href="#js">Về đầu trang</a></p>
<p><a href="/paper">Tải kết quả</a></p>
{{if .Violation}}<img src="/none.png">{{end}}</main></body></html>`))

// site is a small form, with the faults asked for.
func site(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "an"})
		data := struct {
			Width     string
			Violation bool
		}{r.FormValue("width"), r.FormValue("violation") != ""}
		if err := planted.Execute(w, data); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /filed", func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("paper")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer file.Close()
		content, err := io.ReadAll(file)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "<title>x</title>nhận %s|%s|%s|%s|%s|%s", r.FormValue("name"), r.FormValue("kind"), r.FormValue("way"), header.Filename, content, r.Header.Get("Accept-Language"))
	})
	mux.HandleFunc("GET /paper", func(w http.ResponseWriter, r *http.Request) {
		who, err := r.Cookie("who")
		if err != nil {
			http.Error(w, "who?", http.StatusForbidden)
			return
		}
		fmt.Fprint(w, "giấy của ", who.Value)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAPersonFillsAForm(t *testing.T) {
	url := site(t)
	paper := filepath.Join(t.TempDir(), "so-do.txt")
	if err := os.WriteFile(paper, []byte("sổ đỏ"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, device := range map[string]Device{"phone": Phone, "desktop": Desktop} {
		t.Run(name, func(t *testing.T) {
			p := NewPage(t, chromium, device)
			p.Open(url)
			if got := strings.Contains(p.Text(), "có script") && !strings.Contains(p.Text(), "không có script"); got != device.Scripts {
				t.Errorf("the page's own script ran: %v, want %v", got, device.Scripts)
			}
			p.Accessible() // scripts must be off again afterwards
			p.Click("Về đầu trang")
			p.Fill("Họ và tên", "Nguyễn Thị Ân")
			p.Select("Loại đất", "Đất lúa")
			p.Choose("Một cửa")
			p.Upload("Giấy tờ", paper)
			if got := string(p.Download("Tải kết quả")); got != "giấy của an" {
				t.Errorf("downloaded %q", got)
			}
			p.Click("Gửi hồ sơ")
			p.Reads("nhận Nguyễn Thị Ân|b|desk|so-do.txt|sổ đỏ|" + device.Language)
			p.Open(url)
			if got := !strings.Contains(p.Text(), "không có script"); got != device.Scripts {
				t.Errorf("after axe the page's own script ran: %v, want %v", got, device.Scripts)
			}
		})
	}
}

// failures counts what a test would have failed with.
type failures struct {
	testing.TB
	said []string
}

func (f *failures) Helper() {}
func (f *failures) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func TestTheHarnessFindsFaults(t *testing.T) {
	url := site(t)
	for address, want := range map[string]string{
		"/?violation=1": "image-alt",
		"/?width=500":   "is wider than 360 px",
	} {
		p := NewPage(t, chromium, Phone)
		p.Open(url + address)
		f := &failures{TB: t}
		p.t = f
		p.Accessible()
		if len(f.said) != 1 || !strings.Contains(f.said[0], want) {
			t.Errorf("%s: found %q, want one fault that says %q", address, f.said, want)
		}
	}
}
