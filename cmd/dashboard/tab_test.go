package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waitWithin is how long a page may take to become what a test waits for, on a
// machine that does much else.
const waitWithin = time.Minute

// tab is one page of the shared browser, with a profile of its own. Clicks and
// keys are the browser's own input, so that what lies on top, is disabled or is
// kept out by the CSP stays out of reach as it is for people.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	bare bool // no script runs, not even ours

	mu       sync.Mutex
	troubles []string
}

// openTab opens one on the board, in a light 1440×900 window.
func openTab(t *testing.T, b *runningBoard) *tab {
	t.Helper()
	p := &tab{t: t, base: b.url}
	ctx, leave := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(leave)
	p.ctx = ctx
	require.NoError(t, chromedp.Do(ctx), "open a tab")
	t.Cleanup(func() { p.leave() })
	call(p, cdplog.Enable, cdp.Empty{})
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy})
	p.theme("light")
	p.viewport(1440, 900, 1)
	return p
}

// watchPolicy makes a violation of the CSP an error on the console.
const watchPolicy = `document.addEventListener("securitypolicyviolation", (e) =>
	console.error("CSP violation", e.effectiveDirective, e.blockedURI, e.sourceFile + ":" + e.lineNumber))`

// leave ends the tab before the board stops; a failed test leaves a picture.
func (p *tab) leave() {
	if p.t.Failed() {
		p.shot("failed-" + p.t.Name())
	}
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		p.t.Logf("close the tab: %v", err)
	}
}

// listen notes what the page complains of.
func (p *tab) listen(event any) {
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			p.trouble("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		p.trouble("dialog: %s %s", e.Type, e.Message)
		go func() { // not from here, where the browser's messages are read
			_, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *runtime.EventExceptionThrown:
		p.trouble("exception: %s", e.ExceptionDetails.Text+" "+describe(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var words []string
			for _, arg := range e.Args {
				words = append(words, describe(arg))
			}
			p.trouble("console: %s", strings.Join(words, " "))
		}
	}
}

// describe is a JavaScript value in words.
func describe(value *runtime.RemoteObject) string {
	if value == nil {
		return ""
	}
	return string(value.Value) + value.Description
}

func (p *tab) trouble(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = append(p.troubles, fmt.Sprintf(format, args...))
}

// assertQuiet checks that nothing was complained of so far: no error or warning
// on the console, no exception, no violation of the CSP. Answers that the test
// provoked are expected by their status.
func (p *tab) assertQuiet(provoked ...int) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, said := range p.troubles {
		expected := slices.ContainsFunc(provoked, func(status int) bool { return isAnswer(said, status) })
		assert.True(p.t, expected, "the page complains: %s", said)
	}
}

// answered reports that the board answered a request of the page so.
func (p *tab) answered(status int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.troubles, func(said string) bool { return isAnswer(said, status) })
}

// isAnswer reports that a complaint is about an answer with that status.
func isAnswer(said string, status int) bool {
	return strings.HasPrefix(said, "network:") && strings.Contains(said, fmt.Sprintf("status of %d ", status))
}

// call runs a command of the browser's protocol on the tab.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	require.NoError(p.t, err, command.Method)
	return result
}

// eval answers the value of a JavaScript expression in the page, a promise's
// once it is kept.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return value
}

// open goes to a page of the board and waits until it is loaded.
func (p *tab) open(path string) {
	p.t.Helper()
	call(p, page.Navigate, page.NavigateParams{URL: p.base + path})
	p.wait(fmt.Sprintf(`document.readyState === "complete" && location.href === %q`, p.base+path))
}

// wait waits until a JavaScript expression is true, over any number of pages:
// while one replaces another there is nothing to ask.
func (p *tab) wait(expression string) {
	p.t.Helper()
	if err := p.reach(expression); err != nil {
		where, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1000)`))
		require.NoError(p.t, err, "%s\nnever became true on %s", expression, where)
	}
}

func (p *tab) reach(expression string) error {
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		reached, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && reached {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", ctx.Err(), err)
		}
	}
}

// waitFor waits until a selector finds something visible.
func (p *tab) waitFor(selector string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
}

// text is what an element says.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
}

// count is how many elements a selector finds.
func (p *tab) count(selector string) int {
	p.t.Helper()
	return eval[int](p, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// place finds where a click on an element lands, once the element lies still,
// is enabled and isn't covered; null before. Rows out of sight take their height
// only as they are painted, so that is waited for, as people do.
const place = `(async (selector) => {
	document.querySelector(selector)?.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
	for (let frames = 0; frames < %d; frames++) await new Promise(requestAnimationFrame);
	const element = document.querySelector(selector);
	if (!element?.checkVisibility() || element.disabled) return null;
	const box = element.getClientRects()[0];
	const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
	const hit = document.elementFromPoint(x, y);
	return hit && (element.contains(hit) || hit.contains(element)) ? [x, y] : null;
})(%q)`

// framesToLie is how many frames an element lies still for. Without scripts none
// can be waited for.
func (p *tab) framesToLie() int {
	if p.bare {
		return 0
	}
	return 2
}

// click presses and releases the left button in the middle of an element.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.waitFor(selector)
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var before []float64
	for {
		at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(place, p.framesToLie(), selector), chromedp.EvalAwaitPromise))
		if err == nil && len(at) == 2 && len(before) == 2 && at[0] == before[0] && at[1] == before[1] {
			break
		}
		before = at
		select {
		case <-tick.C:
		case <-ctx.Done():
			require.NoError(p.t, ctx.Err(), "nothing at %s can be clicked", selector)
		}
	}
	require.NoError(p.t, chromedp.Do(ctx,
		chromedp.MouseEvent(chromedp.MouseMoved, before[0], before[1]),
		chromedp.MouseClickXY(before[0], before[1]),
	))
}

// follow clicks what leads to another page, and waits until that has replaced
// this one, which may look the same.
func (p *tab) follow(selector string) {
	p.t.Helper()
	eval[any](p, `void (window.followed = true)`)
	p.click(selector)
	p.wait(`!window.followed && document.readyState === "complete"`)
}

// press types keys, each down and up, into whatever has the focus.
func (p *tab) press(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, chromedp.KeyEvent(keys, options...)))
}

// ctrl holds the control key down meanwhile.
var ctrl = chromedp.KeyModifiers(chromedp.ModifierCtrl)

// paste puts text in at once, as an input method or the clipboard does.
func (p *tab) paste(text string) { call(p, input.InsertText, input.InsertTextParams{Text: text}) }

// adopt takes over the session of somebody who signed in elsewhere.
func (p *tab) adopt(v *visitor) {
	p.t.Helper()
	base, err := url.Parse(p.base)
	require.NoError(p.t, err)
	for _, cookie := range v.http.Jar.Cookies(base) {
		call(p, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: p.base})
	}
}

// theme is what the system prefers: light or dark.
func (p *tab) theme(name string) {
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// viewport sets the window's size in CSS pixels and how many real ones each has.
func (p *tab) viewport(width, height int64, scale float64) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale))))
}

var unsafeInFileNames = regexp.MustCompile(`[^a-zA-Z0-9_.-]+`)

// shot keeps a picture of the page where TRIAGE_SHOTS names a folder.
func (p *tab) shot(name string) {
	folder := os.Getenv("TRIAGE_SHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, waitWithin)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if assert.NoError(p.t, err) {
		assert.NoError(p.t, os.MkdirAll(folder, 0o755))
		assert.NoError(p.t, os.WriteFile(filepath.Join(folder, unsafeInFileNames.ReplaceAllString(name, "-")+".png"), picture, 0o644))
	}
}
