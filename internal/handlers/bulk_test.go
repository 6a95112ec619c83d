package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// bulk is the form that puts several alerts, as they are now, into a status.
func bulk(h *house, status, note string, ids ...triage.AlertID) url.Values {
	h.t.Helper()
	form := url.Values{"status": {status}, "note": {note}, "category": {"no_action"}}
	for _, id := range ids {
		form.Add("id", string(id))
		if e, ok := h.board.find(id); ok {
			form.Set("seen."+string(id), e.UpdatedAt.Format(time.RFC3339Nano))
		}
	}
	return form
}

// R16: every alert is listed by itself, with its patient, red ones first; what
// can't be acted on stands there with the reason.
func TestBulkAsks(t *testing.T) {
	h := newHouse(t)
	h.board.put(
		anAlert("a-gray", triage.FlagGray, ofPatient("p-smit")), anAlert("a-red", triage.FlagRed), anAlert("a-more", triage.FlagOrange),
		anAlert("a-busy", triage.FlagOrange, ofPatient("p-smit")), anAlert("a-heart", triage.FlagRed, inGroup("g-heart")),
	)
	b := h.as(primary)
	b.post("/alerts/a-busy", decide(h, "a-busy", "processed"))
	page := b.get("/alerts/bulk?id=a-gray&id=a-red&id=a-busy&id=a-heart&id=nobody&id=a-red")
	require.Equal(t, http.StatusOK, page.status)
	var listed []string
	page.all("li[data-alert-id]").Each(func(_ int, s *goquery.Selection) { listed = append(listed, s.AttrOr("data-alert-id", "")) })
	assert.Equal(t, []string{"a-red", "a-busy", "a-gray"}, listed, "R1, each once, no foreign one")
	assert.Contains(t, page.text("main"), h.say("bulk.unknown", 2))
	assert.Contains(t, page.text(`li[data-alert-id="a-red"]`), "Saskia van den Berg-de Wit")
	assert.Contains(t, page.text(`li[data-alert-id="a-red"]`), "7001234")
	assert.True(t, page.has(`[name="id"][value="a-red"][checked]`))
	assert.True(t, page.has(`[name="id"][value="a-busy"][disabled]`))
	assert.Contains(t, page.text(`li[data-alert-id="a-busy"]`), h.say("failed.in_flight"))
	assert.False(t, page.has(`main [data-alert-id="a-heart"]`))

	with := b.get(page.attr(`main a[href*="a-more"]`, "href"))
	assert.True(t, with.has(`[name="id"][value="a-more"]`), "the same patients' others can be added")

	// From a list nothing is selected yet.
	list := b.get("/?flag=red&flag=gray")
	choose := b.get(list.attr(`.news a.chip`, "href"))
	assert.Equal(t, 2, choose.all(`[name="id"]`).Length())
	assert.False(t, choose.has(`[name="id"][checked]`))
	assert.False(t, h.as(viewer).get("/").has(".news a.chip"), "who only reads isn't offered it")

	assert.Equal(t, http.StatusNotFound, b.get("/alerts/bulk?id=a-heart").status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/alerts/bulk?id=").status)
	many := url.Values{}
	for i := range 501 {
		many.Add("id", fmt.Sprint(i))
	}
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/alerts/bulk?"+many.Encode()).status)
	assert.Contains(t, b.get("/alerts/a-red").attr(`.card > p > a.call`, "href"), "id=a-more", "all of one patient")
}

// Each result stands by itself; nothing is reported done that isn't; what failed
// stays selected.
func TestSeveralAtOnce(t *testing.T) {
	h := newHouse(t)
	h.board.put(
		anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagOrange, ofPatient("p-smit")), anAlert("a-3", triage.FlagGray),
		anAlert("a-heart", triage.FlagRed, inGroup("g-heart")),
	)
	b := h.as(primary)
	form := bulk(h, "processed", "together", "a-1", "a-2", "a-3", "a-heart")
	h.board.put(anAlert("a-2", triage.FlagOrange, ofPatient("p-smit"), escalated, func(a *triage.Alert) { a.UpdatedAt = time.Now() }))

	page := b.post("/alerts", form)
	require.Equal(t, http.StatusOK, page.status)
	require.Len(t, h.outbox.all(), 2)
	for _, a := range h.outbox.all() {
		assert.Equal(t, triage.Change{Status: "processed", Category: "no_action", Note: "together"}, a.Change)
		assert.Equal(t, h.outbox.all()[0].Batch, a.Batch)
	}
	assert.Equal(t, "pending", page.attr(`#batch li[data-alert-id="a-1"]`, "data-delivery"))
	assert.Contains(t, page.text("#batch"), h.say("bulk.progress", 0, 4))
	assert.Equal(t, "conflict", page.attr(`li[data-alert-id="a-2"]`, "data-delivery"))
	assert.Contains(t, page.text(`li[data-alert-id="a-2"]`), "Jan Smit")
	assert.Contains(t, page.text(`li[data-alert-id="a-2"]`), "Escalated by Anna de Vries")
	foreign := page.text(`li[data-alert-id="a-heart"]`)
	assert.Contains(t, foreign, h.say("error.404_alert"))
	assert.NotContains(t, foreign, "Saskia")

	// Progress, until nothing is on its way.
	self := page.attr("#batch", "hx-get")
	assert.True(t, page.has(`noscript meta[http-equiv="refresh"][content="1; url=`+self+`"]`))
	h.outbox.confirm()
	done := b.get(self)
	assert.Equal(t, 2, done.all(`#batch li[data-state="confirmed"]`).Length())
	assert.False(t, done.has("[hx-get]"), "nothing to wait for")
	assert.False(t, done.has("form[action='/alerts/bulk']"))
	part := b.get(self, htmx...)
	assert.True(t, part.has("section#batch"))
	assert.False(t, part.has("main"))
	assert.Equal(t, http.StatusNotFound, h.as(admin).get(self).status, "somebody else's")
}

// What fails later stays selected as well, and says why.
func TestSeveralOfWhichSomeFail(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagOrange))
	b := h.as(primary)
	self := b.post("/alerts", bulk(h, "processed", "together", "a-1", "a-2")).attr("#batch", "hx-get")
	h.outbox.end(triage.ReasonRejected, triage.StepFail)
	page := b.get(self)
	assert.Equal(t, 2, page.all(`#batch li[data-delivery="failed"]`).Length())
	assert.Contains(t, page.text("#batch"), h.say("reason.rejected"))
	assert.Equal(t, 2, page.all(`form[action="/alerts/bulk"] [name="id"]`).Length())
}

// Wrong input loses nothing and records nothing.
func TestWrongInputForSeveral(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed))
	b := h.as(primary)
	for name, change := range map[string]func(url.Values){
		"no status":    func(f url.Values) { f.Del("status") },
		"seen missing": func(f url.Values) { f.Del("seen.a-2") },
		"note too long": func(f url.Values) {
			f.Set("note", fmt.Sprintf("%010001d", 1))
		},
	} {
		form := bulk(h, "processed", "typed with care", "a-1", "a-2")
		change(form)
		page := b.post("/alerts", form)
		assert.Equal(t, http.StatusUnprocessableEntity, page.status, name)
		assert.Equal(t, form.Get("note"), page.find("#note").Text(), name)
		assert.Equal(t, 2, page.all(`[name="id"][checked]`).Length(), name)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/alerts", url.Values{"status": {"processed"}}).status)
	assert.Empty(t, h.outbox.all())
}
