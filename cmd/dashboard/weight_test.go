package main

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxFirstVisit is the goal for a first visit with a hundred open alerts, in
// bytes over the wire, headers included.
const maxFirstVisit = 40_000

// transfers is what a tab loaded.
type transfers struct {
	mu      sync.Mutex
	url     map[network.RequestID]string
	bytes   map[network.RequestID]float64
	pending map[network.RequestID]bool
}

// watchTransfers counts from now on.
func watchTransfers(p *tab) *transfers {
	p.t.Helper()
	w := &transfers{url: map[network.RequestID]string{}, bytes: map[network.RequestID]float64{}, pending: map[network.RequestID]bool{}}
	call(p, network.Enable, network.EnableParams{})
	require.NoError(p.t, chromedp.Listen(p.ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			w.url[e.RequestID] = e.Request.URL
			w.pending[e.RequestID] = e.Type != network.ResourceTypeEventSource // that one doesn't end
		case *network.EventLoadingFinished:
			w.bytes[e.RequestID] = e.EncodedDataLength
			delete(w.pending, e.RequestID)
		}
	}))
	return w
}

// asked reports whether anything was asked for at a path with that end.
func (w *transfers) asked(end string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, address := range w.url {
		if where, err := url.Parse(address); err == nil && strings.HasSuffix(where.Path, end) {
			return true
		}
	}
	return false
}

// total is how much that was, once nothing is under way.
func (w *transfers) total(t *testing.T) (bytes float64) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, pending := range w.pending {
		require.False(t, pending, "%s has loaded", w.url[id])
	}
	for id, n := range w.bytes {
		where, err := url.Parse(w.url[id])
		require.NoError(t, err)
		t.Logf("%6.0f bytes %s", n, where.RequestURI())
		bytes += n
	}
	return bytes
}

// A first visit, nothing cached, with a hundred open alerts.
func TestFirstVisitIsLight(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--open 100 --arrivals 0", "DASHBOARD_POLL_INTERVAL=1m")
	v := newVisitor(t, b.url)
	browser(t)
	v.signInAs(b, admin)
	v.until("/", complete)

	p := openTab(t, b)
	w := watchTransfers(p)
	p.adopt(v)
	p.open("/")
	p.wait(boardComplete)
	require.Equal(t, len(b.sandbox.open("")), p.count(".row"))
	require.InDelta(t, 100, p.count(".row"), 10)

	bytes := w.total(t)
	t.Logf("first visit with %d open alerts: %.0f bytes over the wire (goal: %d)", p.count(".row"), bytes, maxFirstVisit)
	assert.LessOrEqual(t, bytes, float64(maxFirstVisit))
	assert.Greater(t, bytes, 5_000.0, "something was measured")
	p.assertQuiet()
}
