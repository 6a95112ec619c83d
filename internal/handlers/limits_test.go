package handlers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// What waits for longer than its flag's limit says so in words, in row, stream and
// detail; an unknown flag has red's limit, and nothing changes its place (R1, R37).
func TestWaitingOverItsLimit(t *testing.T) {
	h := newHouse(t, func(h *house) {
		h.options.WaitingLimits = triage.WaitingLimits{Red: 30 * time.Minute, Orange: 4 * time.Hour, Gray: 24 * time.Hour}
	})
	since := func(d time.Duration) func(*triage.Alert) {
		return func(a *triage.Alert) { a.CreatedAt = time.Now().Add(-d) }
	}
	h.board.put(
		anAlert("a-new", triage.FlagRed, since(29*time.Minute)),
		anAlert("a-red", triage.FlagRed, since(72*time.Minute)),
		anAlert("a-odd", "violet", since(31*time.Minute)),
		anAlert("a-orange", triage.FlagOrange, since(4*time.Hour+time.Second)),
		anAlert("a-gray", triage.FlagGray, since(23*time.Hour)),
		anAlert("a-done", triage.FlagRed, since(72*time.Minute), processed),
		anAlert("a-escalated", triage.FlagGray, since(25*time.Hour), escalated),
	)
	b := h.as(admin)
	page := b.get("/")
	assert.Equal(t, []string{"a-odd", "a-red", "a-new", "a-orange", "a-gray"}, page.rows())
	for id, want := range map[string]string{
		"a-new": "29 min", "a-red": "1 h 12 min over 30 min", "a-odd": "31 min over 30 min", "a-orange": "4 h over 4 h", "a-gray": "23 h",
	} {
		assert.Equal(t, want, page.text("#a-"+id+" time"))
	}
	assert.Equal(t, "1800", page.attr("#a-a-odd time", "data-waits"))
	assert.Equal(t, "over 30 min", page.text("#a-a-red time b"))
	assert.Equal(t, "over 1 d", b.get("/?status=escalated").text("#a-a-escalated time b"))
	assert.Zero(t, b.get("/?status=processed").all("#board time b").Length(), "it waits no more")

	assert.Equal(t, "1 h 12 min over 30 min", b.get("/alerts/a-red").text("#detail .facts time"))
	assert.Equal(t, "29 min", b.get("/alerts/a-new").text("#detail .facts time"))
	assert.Zero(t, b.get("/alerts/a-done").all("#detail .facts time").Length())

	l := b.listen("")
	l.next("counts")
	h.board.put(anAlert("a-red", triage.FlagRed, since(73*time.Minute), inGroup("g-heart")))
	assert.Equal(t, "over 30 min", l.next("rows").doc(t).Find("#a-a-red time b").Text())
}
