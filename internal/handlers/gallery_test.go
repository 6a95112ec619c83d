package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

func TestGallery(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-real", triage.FlagRed))
	page := h.as(admin).get("/gallery")
	assert.Equal(t, http.StatusOK, page.status)
	for _, state := range []string{
		".flag.red", ".flag.orange", ".flag.gray", ".flag.unknown", ".type .i-mea", ".type .i-rem", ".type .i-ovd", ".type .i-combination", ".type .i-unknown",
		".state.open", ".state.processed", ".state.escalated", ".state.unknown",
		".row[aria-current]", ".row[data-arrived]", ".row[data-left]", ".row[data-marked]", ".row .similar", ".row .nameless", ".row time b", ".row .aside.warn",
		`.row[data-flag="unknown"]`, `.row[data-type="unknown"]`, `.row[data-status="unknown"]`, `.row[data-status="escalated"]`, `.row[data-status="processed"]`,
		`.row[data-delivery="pending"]`, `.row[data-delivery="failed"]`, `.row[data-delivery="conflict"]`, `.row[data-delivery="unknown"]`,
		".fresh.live", ".fresh.late", ".fresh.not-live .fresh-reason", ".fresh.unknown", ".counts.not-known", ".counts .outside", ".unfinished",
		".chip[aria-current]", ".menu", ".news[data-paused-now]", ".board > .notice.info", ".board > .notice.conflict", ".detail.none",
		".notice.error", ".notice.conflict", ".notice.info", ".toast", ".toast .undo", ".banner .similar", ".history [data-record]", ".earlier",
		"#act", ".act.htmx-request", "dialog[open] .banner", "[aria-invalid=true]", ".field-error", ".actions .odd", "table.records", ".chart .part", ".chart polyline", ".chart .i-red", ".legend", ".btn.go", ".btn[disabled]", ".session", ".foot",
	} {
		assert.NotZero(t, page.all(state).Length(), state)
	}
	assert.NotContains(t, page.text("main"), "Saskia", "nobody from the board is in it")
	assert.Contains(t, page.text("main"), "Wilhelmina Johanna Maria van den Broek-van Amerongen Hoogendoorn", "R9: a name of sixty characters")

	ids := map[string]bool{}
	page.all("[id]").Each(func(_ int, e *goquery.Selection) {
		id := e.AttrOr("id", "")
		assert.False(t, ids[id], "twice: %s", id)
		ids[id] = true
	})
	for _, reference := range []string{"for", "commandfor", "aria-labelledby", "aria-describedby"} {
		page.all("[" + reference + "]").Each(func(_ int, e *goquery.Selection) {
			for id := range strings.FieldsSeq(e.AttrOr(reference, "")) {
				assert.True(t, ids[id], "%s: nothing is %s", reference, id)
			}
		})
	}
	assert.Zero(t, page.all("#poll").Length(), "nothing on it is kept up to date")
}

// It looks the same on every day, in any zone's morning or night.
func TestGalleryStandsStill(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	assert.Equal(t, b.get("/gallery").text("main"), b.get("/gallery").text("main"))
	assert.Contains(t, b.get("/gallery").text("main"), "12:03:4")
}

// With the real Luscii there is none: it is as unknown as any other path.
func TestNoGalleryWithoutTheSandbox(t *testing.T) {
	h := newHouse(t, func(h *house) { h.options.Sandbox = false })
	b := h.as(admin)
	assert.Equal(t, http.StatusNotFound, b.get("/gallery").status)
	assert.Equal(t, b.get("/nothing-here").text("main"), b.get("/gallery").text("main"))
	assert.Equal(t, h.stranger().status("/nothing-here"), h.stranger().status("/gallery"))
	assert.Equal(t, http.StatusSeeOther, newHouse(t).stranger().status("/gallery"))
}
