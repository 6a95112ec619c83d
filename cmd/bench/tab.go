package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// settlesWithin is how long a page may take to become what is waited for; ours.
const settlesWithin = time.Minute

// tab is a page of a real browser, with a profile of its own: nothing is cached.
type tab struct {
	ctx   context.Context
	leave context.CancelFunc
	base  string
	idle  chan struct{} // has one where the last request has ended

	mu       sync.Mutex
	requests map[network.RequestID]request
}

// request is what a page asked for.
type request struct {
	url   string
	ended bool
	bytes float64 // over the wire, headers included
}

// openTab is a tab of the browser that b has, in a 1440×900 window, in which
// the client is signed in. It is closed by close.
func openTab(inBrowser context.Context, c *client, script string) (*tab, error) {
	t := &tab{base: c.base, idle: make(chan struct{}, 1), requests: map[network.RequestID]request{}}
	t.ctx, t.leave = chromedp.NewContext(inBrowser, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.listen))
	if err := t.prepare(c, script); err != nil {
		return nil, errors.Join(fmt.Errorf("open a tab: %w", err), t.close())
	}
	return t, nil
}

func (t *tab) prepare(c *client, script string) error {
	if err := chromedp.Do(t.ctx, chromedp.EmulateViewport(1440, 900)); err != nil {
		return err
	}
	if _, err := call(t, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	if _, err := call(t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		return err
	}
	base, err := url.Parse(t.base)
	if err != nil {
		return err
	}
	for _, cookie := range c.http.Jar.Cookies(base) {
		if _, err := call(t, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: t.base}); err != nil {
			return err
		}
	}
	return nil
}

func (t *tab) close() error {
	ctx, cancel := context.WithTimeout(t.ctx, settlesWithin)
	defer cancel()
	defer t.leave()
	if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("close a tab: %w", err)
	}
	return nil
}

// listen notes requests; the event stream's isn't one that ends.
func (t *tab) listen(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests[e.RequestID] = request{url: e.Request.URL, ended: e.Type == network.ResourceTypeEventSource}
	case *network.EventLoadingFinished:
		t.ended(e.RequestID, e.EncodedDataLength)
	case *network.EventLoadingFailed:
		t.ended(e.RequestID, 0)
	}
}

func (t *tab) ended(id network.RequestID, bytes float64) {
	r := t.requests[id]
	r.ended, r.bytes = true, bytes
	t.requests[id] = r
	select {
	case t.idle <- struct{}{}:
	default:
	}
}

// loading reports whether an answer is awaited.
func (t *tab) loading() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.requests {
		if !r.ended {
			return true
		}
	}
	return false
}

// loaded is how many bytes came over the wire for the addresses that contain the
// text, and for how many.
func (t *tab) loaded(containing string) (bytes float64, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.requests {
		if strings.Contains(r.url, containing) && r.bytes > 0 {
			bytes += r.bytes
			n++
		}
	}
	return bytes, n
}

// call runs a command of the browser's protocol on the tab.
func call[P, R any](t *tab, command cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(t.ctx, settlesWithin)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		return result, fmt.Errorf("%s: %w", command.Method, err)
	}
	return result, nil
}

// eval answers the value of a JavaScript expression in the page, a promise's once
// it is kept.
func eval[T any](t *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, settlesWithin)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return value, fmt.Errorf("ask the page for %s: %w", expression, err)
	}
	return value, nil
}

// painted waits until the page has painted what it is about to.
func (t *tab) painted() error {
	_, err := eval[bool](t, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	return err
}

// settled waits until no answer is awaited, and what came is painted.
func (t *tab) settled() error {
	timeout := time.NewTimer(settlesWithin)
	defer timeout.Stop()
	for {
		if err := t.painted(); err != nil {
			return err
		}
		if !t.loading() {
			return nil
		}
		select {
		case <-t.idle:
		case <-timeout.C:
			return errors.New("the page goes on loading")
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// open goes to a page of the board, anew, and waits until it is there.
func (t *tab) open(path string) error {
	t.mu.Lock()
	clear(t.requests)
	t.mu.Unlock()
	if _, err := call(t, page.Navigate, page.NavigateParams{URL: t.base + path}); err != nil {
		return err
	}
	if _, err := eval[bool](t, `new Promise((done) => document.readyState === "complete" ? done(true) : addEventListener("load", () => done(true)))`); err != nil {
		return err
	}
	return t.settled()
}

// press presses a key down and lets it go.
func (t *tab) press(key string) error {
	ctx, cancel := context.WithTimeout(t.ctx, settlesWithin)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
		return fmt.Errorf("press %q: %w", key, err)
	}
	return nil
}

// throttle makes the page's processor so many times slower.
func (t *tab) throttle(times float64) error {
	_, err := call(t, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: times})
	return err
}
