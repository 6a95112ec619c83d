package main

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watchStates notes each freshness the page shows, in order.
const watchStates = `window.states = [];
new MutationObserver(() => {
	const state = document.querySelector("#fresh")?.dataset.state;
	if (window.states.at(-1) !== state) window.states.push(state);
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });`

// When nobody answers any more, the page itself turns late, then NOT LIVE, by
// its own clock, and still shows the last good board; it recovers by itself
// (R12).
func TestPageDistrustsSilence(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=1s")
	p := openTab(t, b)
	p.signIn(b, admin)
	rows := p.count(".row")
	eval[any](p, watchStates)

	require.NoError(t, b.signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = b.signal(syscall.SIGCONT) }) // it may have ended
	p.waitFor("#fresh[data-state=not-live]")
	assert.Equal(t, []string{"late", "not-live"}, eval[[]string](p, `states.filter((s) => s !== "live")`))
	assert.Equal(t, 1, p.count("#board[data-freshness=not-live]"))
	assert.Contains(t, p.text("#status"), "NOT LIVE")
	assert.Contains(t, p.text("#status"), "no answer")
	assert.Equal(t, rows, p.count(".row"), "the last good board stays")
	assert.True(t, strings.HasPrefix(eval[string](p, `document.title`), "NOT LIVE"), "in the window's title, too")
	assert.Contains(t, eval[string](p, `document.querySelector("#icon").href`), "icon-not-live")
	p.shot("not-live")

	require.NoError(t, b.signal(syscall.SIGCONT))
	p.waitFor("#fresh[data-state=live]")
	p.waitFor("#board[data-freshness=live]")
	assert.NotContains(t, p.text("#status"), "no answer")
	assert.True(t, strings.HasPrefix(eval[string](p, `document.title`), "Open"))
	assert.NotContains(t, eval[string](p, `document.querySelector("#icon").href`), "icon-")
	p.assertQuiet()

	// A program that has ended is noticed alike, and no later answer comes.
	require.NoError(t, b.stop())
	p.waitFor("#fresh[data-state=not-live]")
	p.waitFor("#board[data-freshness=not-live]")
	assert.Equal(t, rows, p.count(".row"))
}

// A network that is cut, so that connections stay open and nothing comes any
// more, is noticed by the page's own clock, and its return as well; no row is
// lost meanwhile (R12).
func TestPageDistrustsACutNetwork(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=1s")
	wire := stretchWire(t, b.url)
	p := openTab(t, b)
	p.base = wire.url
	p.signIn(b, admin)
	rows := p.count(".row")

	wire.cut(true)
	p.waitFor("#fresh[data-state=not-live]")
	p.waitFor("#board[data-freshness=not-live]")
	assert.Equal(t, rows, p.count(".row"))
	wire.cut(false)
	p.waitFor("#fresh[data-state=live]")
	b.sandbox.faults(`{"arrivals": "5/s"}`)
	p.waitFor("#show-new")
}

// wire is the network between browser and board.
type wire struct {
	url string

	mu    sync.Mutex
	whole chan struct{} // closed while the wire is whole
}

func stretchWire(t *testing.T, board string) *wire {
	t.Helper()
	far, err := url.Parse(board)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{url: "http://" + listener.Addr().String(), whole: make(chan struct{})}
	close(w.whole)
	ctx, end := context.WithCancel(t.Context())
	var conns sync.WaitGroup
	t.Cleanup(func() {
		end()
		assert.NoError(t, listener.Close())
		conns.Wait()
	})
	conns.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { w.connect(ctx, near, far.Host) })
		}
	})
	return w
}

// connect carries one connection's bytes both ways, as far as the wire lets them.
func (w *wire) connect(ctx context.Context, near net.Conn, board string) {
	far, err := net.Dial("tcp", board)
	if err != nil {
		_ = near.Close()
		return
	}
	var ways sync.WaitGroup
	carry := func(to, from net.Conn) {
		defer func() { _, _ = to.Close(), from.Close() }()
		piece := make([]byte, 32<<10)
		for {
			n, err := from.Read(piece)
			if err != nil || !w.passes(ctx) {
				return
			}
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
	}
	ways.Go(func() { carry(far, near) })
	ways.Go(func() { carry(near, far) })
	stop := context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })
	ways.Wait()
	stop()
}

// passes waits until the wire is whole; false: it never will be.
func (w *wire) passes(ctx context.Context) bool {
	w.mu.Lock()
	whole := w.whole
	w.mu.Unlock()
	select {
	case <-whole:
		return true
	case <-ctx.Done():
		return false
	}
}

// cut cuts the wire, or mends it.
func (w *wire) cut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cut {
		w.whole = make(chan struct{})
	} else {
		close(w.whole)
	}
}
