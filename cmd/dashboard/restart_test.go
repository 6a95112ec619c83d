package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R12: after a restart the last board is there with the first answer, though
// Luscii doesn't list, as old as it is and never live; when Luscii is well again
// it is corrected.
func TestRestartShowsTheLastBoard(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	settings := []string{
		"LUSCII_API_KEY=" + luscii.serviceKey, "LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS=", "DASHBOARD_POLL_INTERVAL=1s",
	}
	var open []string
	for _, a := range luscii.open("") {
		open = append(open, a.ID)
	}
	require.Greater(t, len(open), 10)
	first := startBoardIn(t, dir, settings...)
	v := newVisitor(t, first.url)
	require.Equal(t, http.StatusSeeOther, v.signInWithKey(luscii.personas[admin].Email, luscii.personas[admin].Key).status)
	before := v.until("/", complete)
	require.ElementsMatch(t, open, rowIDs(before))
	require.NoError(t, first.stop())
	ended := time.Now()

	luscii.change(admin, open[0], "processed", "Gebeld.")
	luscii.faults(`{"only": "alerts", "down": true}`)
	second := startBoardIn(t, dir, settings...)
	v.base = second.url
	notLive := func(a answer) bool {
		assert.Equal(t, http.StatusOK, a.status, "still signed in")
		assert.Equal(t, rowIDs(before), rowIDs(a), "the last board")
		assert.NotEqual(t, "live", a.Find("#board").AttrOr("data-freshness", ""))
		at, err := time.Parse(time.RFC3339, a.Find("#board").AttrOr("data-confirmed-at", ""))
		assert.NoError(t, err)
		assert.True(t, at.Before(ended), "as old as it is: %s", at)
		assert.Equal(t, 1, a.Find(".counts.not-known").Length(), "counts are nobody's word yet")
		return a.Find("#board[data-freshness=not-live]").Length() == 1
	}
	notLive(v.get("/"))
	v.until("/", notLive)

	luscii.faults(`{}`)
	after := v.until("/", complete)
	assert.ElementsMatch(t, open[1:], rowIDs(after))
}
