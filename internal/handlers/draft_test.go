package handlers_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to look at what was stored

	"triageboard/internal/triage"
)

func typed(category, note string) url.Values {
	return url.Values{"category": {category}, "note": {note}}
}

// R38: what was typed is there again, for the one who typed it, until it is
// written.
func TestDraft(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed))
	b, other := h.as(primary), h.as(admin)

	kept := b.post("/alerts/a-1/draft", typed("request_visit", "\nBelt terug.\r\nMorgen."), htmx...)
	assert.Equal(t, http.StatusOK, kept.status)
	assert.Empty(t, kept.body)
	plain := b.post("/alerts/a-2/draft", typed("", "zonder script"))
	assert.Equal(t, http.StatusSeeOther, plain.status)
	assert.Equal(t, "/alerts/a-2", plain.location())
	assert.Empty(t, h.actions.calls, "a draft decides nothing")

	again := h.as(primary) // another tab, another session
	for _, path := range []string{"/alerts/a-1", "/alerts/a-1/escalate"} {
		page := again.get(path)
		assert.Equal(t, "\nBelt terug.\nMorgen.", page.doc.Find("#note").Text(), path)
		assert.Equal(t, "request_visit", page.attr("#category option[selected]", "value"), path)
	}
	assert.Contains(t, again.get("/alerts/a-1").text("#draft"), "Draft kept today")
	assert.Empty(t, strings.TrimSpace(other.get("/alerts/a-1").doc.Find("#note").Text()), "nobody else's")
	assert.Equal(t, "/alerts/a-1/draft", again.get("/alerts/a-1").attr("#act", "data-save-to"))

	b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	h.outbox.confirm()
	page := again.get("/alerts/a-1")
	assert.Empty(t, strings.TrimSpace(page.doc.Find("#note").Text()), "written, it is gone")
	assert.Empty(t, page.text("#draft"))
	assert.Equal(t, "zonder script", strings.TrimSpace(again.get("/alerts/a-2").doc.Find("#note").Text()))
	b.post("/alerts/a-2/draft", typed("", " "), htmx...)
	assert.Empty(t, strings.TrimSpace(again.get("/alerts/a-2").doc.Find("#note").Text()), "emptied")
}

func TestARefusedActionKeepsItsDraft(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1/draft", typed("", "nog niet weg"), htmx...)
	h.actions.fails = triage.ErrUnavailable
	b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	assert.Equal(t, "nog niet weg", strings.TrimSpace(b.get("/alerts/a-1").doc.Find("#note").Text()))
}

func TestWhoMayKeepADraft(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-heart", triage.FlagRed, inGroup("g-heart")))
	assert.Equal(t, http.StatusForbidden, h.as(viewer).post("/alerts/a-1/draft", typed("", "x"), htmx...).status)
	b := h.as(primary)
	foreign, unknown := b.post("/alerts/a-heart/draft", typed("", "x"), htmx...), b.post("/alerts/nobody/draft", typed("", "x"), htmx...)
	assert.Equal(t, http.StatusNotFound, foreign.status)
	assert.Equal(t, unknown.body, foreign.body)
	assert.Equal(t, http.StatusForbidden, b.post("/alerts/a-1/draft", typed("", "x"), "HX-Request", "true", "Sec-Fetch-Site", "cross-site").status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/alerts/a-1/draft", typed("", strings.Repeat("x", 300_000)), htmx...).status)
	assert.Empty(t, strings.TrimSpace(b.get("/alerts/a-1").doc.Find("#note").Text()))
}

// R25: neither database nor log holds what was typed in clear.
func TestDraftsAreSealed(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.as(primary).post("/alerts/a-1/draft", typed("", "Mevrouw klinkt verward."), htmx...)
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "board.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	var sealed []byte
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT sealed FROM drafts`).Scan(&sealed))
	assert.NotEmpty(t, sealed)
	assert.NotContains(t, string(sealed), "verward")
	assert.NotContains(t, h.log.String(), "verward")
}

// A draft that can't be read keeps nobody from the alert.
func TestDraftsThatFail(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.options.Drafts = failingDrafts{}
	b := h.rebuilt().as(primary)
	assert.Equal(t, http.StatusOK, b.get("/alerts/a-1").status)
	assert.Equal(t, http.StatusInternalServerError, b.post("/alerts/a-1/draft", typed("", "x"), htmx...).status)
	assert.Equal(t, http.StatusSeeOther, b.post("/alerts/a-1", decide(h, "a-1", "processed")).status, "the deed is done")
	assert.Contains(t, h.log.String(), "a draft could not be")
}
