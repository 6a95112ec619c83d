package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The browser all tests share; each gets an own profile in it, a tab. The first
// test that needs it starts it.
var shared struct {
	start sync.Once
	ctx   context.Context
	close context.CancelFunc
	err   error
}

// browserNames is what Chromium is called where it is installed.
var browserNames = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// browser is the shared browser; without one the test is skipped.
func browser(t *testing.T) context.Context {
	t.Helper()
	if reason := os.Getenv("TRIAGE_SKIP_BROWSER"); reason != "" {
		t.Skip(reason)
	}
	path := findBrowser()
	if path == "" {
		t.Skip("no Chromium was found")
	}
	shared.start.Do(func() { startBrowser(path) })
	if shared.err != nil {
		t.Fatalf("the browser doesn't start: %v", shared.err)
	}
	return shared.ctx
}

func findBrowser() string {
	for _, name := range browserNames {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser(path string) {
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-extensions", true),
		// Tabs that aren't in front must run as fast as the one that is.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-US"),
	)
	ctx, leave := chromedp.NewContext(allocator)
	shared.ctx = ctx
	shared.close = func() {
		leave()
		stop()
	}
	shared.err = chromedp.Do(ctx)
}

// closeBrowser ends the shared browser, if it was started.
func closeBrowser() {
	if shared.close == nil {
		return
	}
	ctx, cancel := context.WithTimeout(shared.ctx, 10*time.Second)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
		os.Stderr.WriteString("the browser didn't close cleanly: " + err.Error() + "\n")
	}
	shared.close()
}

// A tab that hears nothing would let every test pass: what the page complains of
// must arrive, the CSP's refusals too.
func TestTabHearsComplaints(t *testing.T) {
	t.Parallel()
	p := openTab(t, startBoard(t))
	p.open("/signin")
	p.assertQuiet()
	eval[any](p, `console.error("said aloud")`)
	eval[any](p, `void setTimeout(() => { throw new Error("thrown") })`)
	eval[any](p, `void document.body.append(Object.assign(document.createElement("script"), { textContent: "window.inline = true" }))`)
	eval[any](p, `void document.body.setAttribute("style", "color: red")`)
	eval[int](p, `fetch("/nothing-here").then((answer) => answer.status)`)
	require.Eventually(t, func() bool { return p.answered(404) }, waitWithin, 20*time.Millisecond)

	p.mu.Lock()
	defer p.mu.Unlock()
	all := strings.Join(p.troubles, "\n")
	for _, heard := range []string{"said aloud", "thrown", `CSP violation" "script-src`, `CSP violation" "style-src`} {
		assert.Contains(t, all, heard)
	}
}
