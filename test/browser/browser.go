// Package browser drives Chromium through motcua's pages as people do: by the
// words they read. It is used by the tests in this folder.
package browser

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/motcua/motcua/test/program"
)

// patience is how long a page may take: the machine may be busy with the rest
// of the tests.
const patience = 60 * time.Second

// Device is what a person holds.
type Device struct {
	Width, Height int64
	Scripts       bool
	Language      string // as in Accept-Language
}

var (
	// Phone is a small old phone whose scripts never arrived, held by a Vietnamese.
	Phone = Device{Width: 360, Height: 740, Language: "vi"}
	// Desktop is an office computer, in English.
	Desktop = Device{Width: 1280, Height: 900, Scripts: true, Language: "en"}
)

// Launch starts Chromium and returns a context for [NewPage], and what ends it.
func Launch(path string) (context.Context, func(), error) {
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // the tests may run as root, and visit only themselves
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "vi"),
		chromedp.WSURLReadTimeout(patience),
	)...)
	ctx, stop := chromedp.NewContext(allocator)
	end := func() {
		stop()
		stopAllocator()
	}
	if err := chromedp.Do(ctx); err != nil {
		end()
		return nil, nil, fmt.Errorf("start %s: %w", path, err)
	}
	return ctx, end, nil
}

// Page is one tab, with cookies of its own. Its methods end the test when what
// they are asked for cannot be done.
type Page struct {
	t      testing.TB
	ctx    context.Context
	device Device
	loads  chan any // navigations as they start and end
}

// NewPage opens an empty tab on a device of its own.
func NewPage(t testing.TB, browser context.Context, d Device) *Page {
	t.Helper()
	p := &Page{t: t, device: d, loads: make(chan any, 1000)}
	ctx, stop := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	p.ctx = ctx
	// The first run binds the tab to its context, which must not time out.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.notice); err != nil {
		t.Fatal(err)
	}
	p.call("prepare the tab", func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": d.Language}}); err != nil {
			return err
		}
		return p.setScripts(ctx, t, d.Scripts)
	})
	p.do("size the tab", chromedp.EmulateViewport(d.Width, d.Height))
	return p
}

// notice keeps the navigations among the tab's events. It must not block.
func (p *Page) notice(ev any) {
	switch ev := ev.(type) {
	case *page.EventFrameStartedNavigating:
		if strings.Contains(string(ev.NavigationType), "ameDocument") {
			return // a link within the page
		}
	case *page.EventLoadEventFired:
	default:
		return
	}
	select {
	case p.loads <- ev:
	default: // nobody waits for that many
	}
}

func (p *Page) setScripts(ctx context.Context, t *chromedp.Target, on bool) error {
	_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	return err
}

// Open goes to an address.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// Click clicks the link, button or label that reads so, and waits for the page
// it leads to, if any.
func (p *Page) Click(words string) {
	p.t.Helper()
	p.clickOn("click", words)
}

// Choose ticks the radio button or checkbox with this label.
func (p *Page) Choose(label string) {
	p.t.Helper()
	p.clickOn("choose", label)
}

func (p *Page) clickOn(kind, words string) {
	p.t.Helper()
	p.forget()
	p.with(kind, words, func(ctx context.Context, t *chromedp.Target, e element) error {
		if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{ObjectID: e.object}); err != nil {
			return err
		}
		quads, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{ObjectID: e.object})
		if err != nil {
			return err
		}
		if len(quads.Quads) == 0 {
			return fmt.Errorf("it has no area to click on")
		}
		q := quads.Quads[0]
		_, err = chromedp.MouseClickXY((q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4)(ctx, t)
		return err
	})
	p.settle(words)
}

// forget drops the navigations seen so far.
func (p *Page) forget() {
	for len(p.loads) > 0 {
		<-p.loads
	}
}

// settle waits until the page that a click asked for has loaded. A click that
// asks for none is given a moment to say otherwise.
func (p *Page) settle(after string) {
	p.t.Helper()
	select {
	case <-p.loads:
	case <-time.After(300 * time.Millisecond):
		return
	}
	timeout := time.After(patience)
	for {
		select {
		case ev := <-p.loads:
			if _, ok := ev.(*page.EventLoadEventFired); ok {
				return
			}
		case <-timeout:
			p.t.Fatalf("after %q the next page did not load", after)
		}
	}
}

// Fill replaces what the field with this label holds, by typing.
func (p *Page) Fill(label, value string) {
	p.t.Helper()
	p.with("fill", label, func(ctx context.Context, t *chromedp.Target, e element) error {
		if _, err := on[chromedp.Void](ctx, t, e, `function() { this.focus(); this.select() }`); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: value}); err != nil {
			return err
		}
		got, err := on[string](ctx, t, e, `function() { return this.value }`)
		if err != nil {
			return err
		}
		if got != value {
			return fmt.Errorf("it holds %q after typing %q", got, value)
		}
		return nil
	})
}

// Select chooses an entry of the list with this label.
func (p *Page) Select(label, entry string) {
	p.t.Helper()
	p.with("select", label, func(ctx context.Context, t *chromedp.Target, e element) error {
		found, err := on[bool](ctx, t, e, fmt.Sprintf(`function() {
			const option = [...this.options].find((o) => o.text.trim() === %s);
			if (!option) return false;
			option.selected = true;
			this.dispatchEvent(new Event("input", {bubbles: true}));
			this.dispatchEvent(new Event("change", {bubbles: true}));
			return true;
		}`, quote(entry)))
		if err == nil && !found {
			return fmt.Errorf("it has no entry %q", entry)
		}
		return err
	})
}

// Upload chooses files for the field with this label.
func (p *Page) Upload(label string, files ...string) {
	p.t.Helper()
	p.with("upload", label, func(ctx context.Context, t *chromedp.Target, e element) error {
		_, err := cdp.Call(ctx, t, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: e.object})
		return err
	})
}

// Download fetches what the link with these words leads to, as the person who
// is signed in on this page.
func (p *Page) Download(words string) []byte {
	p.t.Helper()
	var address string
	var cookies []*network.Cookie
	p.with("click", words, func(ctx context.Context, t *chromedp.Target, e element) error {
		var err error
		if address, err = on[string](ctx, t, e, `function() { return this.href }`); err != nil {
			return err
		}
		res, err := cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{URLs: []string{address}})
		cookies = res.Cookies
		return err
	})
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("download %q from %s: %s, %v", words, address, res.Status, err)
	}
	return body
}

// Text returns what a person can read on the page.
func (p *Page) Text() string {
	p.t.Helper()
	return evaluate[string](p, `document.body.innerText`)
}

// Address returns where the tab is.
func (p *Page) Address() string {
	p.t.Helper()
	return evaluate[string](p, `location.href`)
}

// Reads requires that the page says all of these words.
func (p *Page) Reads(words ...string) {
	p.t.Helper()
	text := p.Text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Fatalf("%s does not say %q; it says:\n%s", p.Address(), w, text)
		}
	}
}

// Fits requires that nothing makes the page wider than the device.
func (p *Page) Fits() {
	p.t.Helper()
	wide := evaluate[[]string](p, `(() => {
		if (document.documentElement.scrollWidth <= innerWidth) return [];
		return [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
			.map((e) => e.outerHTML.slice(0, 120)).slice(0, 5).concat(["scrollWidth " + document.documentElement.scrollWidth]);
	})()`)
	if len(wide) > 0 {
		p.t.Errorf("%s is wider than %d px:\n%s", p.Address(), p.device.Width, strings.Join(wide, "\n"))
	}
}

// Screenshot keeps a picture of the whole page for the guides, where
// UPDATE_SCREENSHOTS asks for it.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	if os.Getenv("UPDATE_SCREENSHOTS") == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatalf("screenshot %s: %v", name, err)
	}
	folder := filepath.Join(program.Root, "docs", "guide", "images")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

//go:embed find.js
var findJS string

// element is something on the page.
type element struct{ object runtime.RemoteObjectID }

// with finds an element by its words and does something with it.
func (p *Page) with(kind, words string, do func(context.Context, *chromedp.Target, element) error) {
	p.t.Helper()
	expression := fmt.Sprintf("%s(%s, %s)", strings.TrimSpace(findJS), quote(kind), quote(words))
	p.call(fmt.Sprintf("%s %q", kind, words), func(ctx context.Context, t *chromedp.Target) error {
		object, err := chromedp.Evaluate[*runtime.RemoteObject](expression)(ctx, t)
		if err != nil {
			return err
		}
		if object.ObjectID == "" {
			text, _ := chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`)(ctx, t) // only to explain
			return fmt.Errorf("the page has no such thing: %s", text)
		}
		return do(ctx, t, element{object.ObjectID})
	})
}

// on calls a function on the element and decodes what it returns.
func on[T any](ctx context.Context, t *chromedp.Target, e element, function string) (T, error) {
	return chromedp.CallFunctionOn[T](function, func(p *runtime.CallFunctionOnParams) { p.ObjectID = e.object })(ctx, t)
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

func (p *Page) call(what string, fn func(context.Context, *chromedp.Target) error) {
	p.t.Helper()
	p.do(what, chromedp.Func(fn))
}

// evaluate returns the value of an expression. It works where the page's own
// scripts are off.
func evaluate[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("evaluate %.80s: %v", expression, err)
	}
	return v
}
