package handlers_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// fromList is what a page sends along that goes on with another alert.
var fromList = append([]string{"HX-Target", "div#toasts"}, htmx...)

// R35, R38: who acts and goes on gets the row and the toast, and no detail.
func TestActingFromTheList(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagOrange))
	done := h.as(primary).post("/alerts/a-1", decide(h, "a-1", "processed", "seen_status", "open"), fromList...)
	require.Equal(t, http.StatusOK, done.status)
	assert.True(t, done.has(`.row[data-alert-id="a-1"][data-delivery="pending"]`))
	assert.Contains(t, done.text(".toast"), "Saskia van den Berg-de Wit") // R8
	assert.False(t, done.has(`[id="detail"]`))
}

// R8, R38: what isn't carried out is told by name, with the way to the alert, and
// its row comes back.
func TestRefusedInTheList(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagOrange))
	b := h.as(primary)
	h.actions.fails = &triage.ConflictError{Now: anAlert("a-1", triage.FlagOrange, escalated)}
	refused := b.post("/alerts/a-1?status=open", decide(h, "a-1", "processed"), fromList...)
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.True(t, refused.has(`.row[data-alert-id="a-1"]`))
	failure := refused.find(`[hx-target="#failures"] [data-alert-id="a-1"]`)
	assert.Contains(t, failure.Text(), "Saskia van den Berg-de Wit")
	assert.Contains(t, failure.Text(), "7001234")
	assert.Equal(t, "/alerts/a-1?status=open", failure.Find("a").AttrOr("href", ""))
	assert.False(t, refused.has(`[id="detail"]`))
}

// A note typed on an alert is neither sent unseen nor thrown away by acting on the
// alert where the note isn't shown.
func TestAnUnseenNoteKeepsTheListFromActing(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagOrange))
	b := h.as(primary)
	b.post("/alerts/a-1/draft", typed("", "Half getypt"), htmx...)
	refused := b.post("/alerts/a-1", decide(h, "a-1", "processed"), fromList...)
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.Contains(t, refused.text(`[hx-target="#failures"]`), h.say("failed.overlooked"))
	assert.Empty(t, h.actions.calls)
	assert.Contains(t, b.get("/alerts/a-1").doc.Find("#note").Text(), "Half getypt")

	seen := b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "Half getypt"), fromList...)
	assert.Equal(t, http.StatusOK, seen.status)
	require.Len(t, h.actions.calls, 1)
}

// R41, R20: reading ahead is audited as such, and shown only once it is shown.
func TestReadingAheadIsAudited(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-heart", triage.FlagRed, inGroup("g-heart")))
	b := h.as(primary)
	h.audit.taken()
	ahead := append([]string{"X-Prefetch", "true"}, htmx...)
	page := b.get("/alerts/a-1", ahead...)
	require.Equal(t, http.StatusOK, page.status)
	assert.True(t, page.has("#act"))
	assert.Equal(t, []string{"alert_prefetched done h-primary p-berg a-1"}, recorded(h.audit.taken()))
	b.get("/alerts/a-1", htmx...)
	assert.Equal(t, []string{"alert_shown done h-primary p-berg a-1"}, recorded(h.audit.taken()))
	assert.Equal(t, http.StatusNotFound, b.get("/alerts/a-heart", ahead...).status, "another group's")

	// A page that shows it says so, whatever it calls itself.
	h.audit.taken()
	b.get("/alerts/a-1", "X-Prefetch", "true")
	assert.Contains(t, recorded(h.audit.taken()), "alert_shown done h-primary p-berg a-1")
}

// A row says which state it shows, for who acts from there: where its <time> does
// not.
func TestARowSaysWhatWasSeen(t *testing.T) {
	h := newHouse(t)
	fresh := anAlert("a-fresh", triage.FlagOrange)
	fresh.CreatedAt = fresh.CreatedAt.Truncate(1e9)
	fresh.UpdatedAt = fresh.CreatedAt
	changed := anAlert("a-changed", triage.FlagOrange)
	changed.UpdatedAt = changed.CreatedAt.Add(1_500_000)
	h.board.put(fresh, changed)
	page := h.as(primary).get("/")
	_, has := page.find(`.row[data-alert-id="a-fresh"]`).Attr("data-seen")
	assert.False(t, has)
	seen := page.attr(`.row[data-alert-id="a-changed"]`, "data-seen")
	assert.Equal(t, changed.UpdatedAt.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), seen)
}
