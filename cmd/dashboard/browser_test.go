package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	chromium "triageboard/internal/browser"
)

// The browser all tests share; each gets an own profile in it, a tab. The first
// test that needs it starts it.
var shared struct {
	start sync.Once
	ctx   context.Context
	close func() error
	err   error
}

// browser is the shared browser; without one the test is skipped.
func browser(t *testing.T) context.Context {
	t.Helper()
	if reason := os.Getenv("TRIAGE_SKIP_BROWSER"); reason != "" {
		t.Skip(reason)
	}
	path, err := chromium.Find()
	if err != nil {
		t.Skip(err)
	}
	shared.start.Do(func() { shared.ctx, shared.close, shared.err = chromium.Start(context.Background(), path) })
	if shared.err != nil {
		t.Fatalf("the browser doesn't start: %v", shared.err)
	}
	return shared.ctx
}

// closeBrowser ends the shared browser, if it was started.
func closeBrowser() {
	if shared.close == nil {
		return
	}
	if err := shared.close(); err != nil {
		os.Stderr.WriteString("the browser didn't close cleanly: " + err.Error() + "\n")
	}
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
