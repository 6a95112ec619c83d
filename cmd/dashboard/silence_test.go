package main

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watchStates notes each freshness the page shows, in order.
const watchStates = `window.states = [];
new MutationObserver(() => {
	const state = document.querySelector("#status").dataset.state;
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
	p.waitFor("#status[data-state=not-live]")
	assert.Equal(t, []string{"late", "not-live"}, eval[[]string](p, `states.filter((s) => s !== "live")`))
	assert.Equal(t, 1, p.count("#board[data-freshness=not-live]"))
	assert.Contains(t, p.text("#status"), "NOT LIVE")
	assert.Contains(t, p.text("#status"), "no answer")
	assert.Equal(t, rows, p.count(".row"), "the last good board stays")
	p.shot("not-live")

	require.NoError(t, b.signal(syscall.SIGCONT))
	p.waitFor("#status[data-state=live]")
	p.waitFor("#board[data-freshness=live]")
	assert.NotContains(t, p.text("#status"), "no answer")
	p.assertQuiet()

	// A program that has ended is noticed alike, and no later answer comes.
	require.NoError(t, b.stop())
	p.waitFor("#status[data-state=not-live]")
	p.waitFor("#board[data-freshness=not-live]")
	assert.Equal(t, rows, p.count(".row"))
}
