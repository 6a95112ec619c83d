package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// R36: not sent yet, it is withdrawn; without a name the last action is meant.
func TestUndoBeforeItIsSent(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "one"))
	b.post("/alerts/a-2", decide(h, "a-2", "escalated", "note", "two"))

	undone := b.post("/undo?flag=red", nil)
	assert.Equal(t, http.StatusSeeOther, undone.status)
	assert.Equal(t, "/?flag=red&status=open", undone.location())
	assert.Contains(t, b.get(undone.location()).text(".toast"), h.say("flash.withdrawn.escalated"))
	actions := h.outbox.all()
	assert.Equal(t, triage.StateWithdrawn, actions[1].State)
	assert.Equal(t, triage.StateRecorded, actions[0].State, "the one before is untouched")
	assert.Empty(t, b.get("/alerts/a-2").attr("#detail", "data-delivery"))

	again := b.post("/undo", url.Values{}, htmx...)
	assert.Equal(t, http.StatusOK, again.status)
	assert.Equal(t, "a-1", again.attr(`[hx-target="#moves"] .row`, "data-alert-id"), "repeated, it walks back")
	assert.Contains(t, again.text(".toast"), h.say("flash.withdrawn.processed"))
	nothing := b.post("/undo", url.Values{}, htmx...)
	assert.Equal(t, http.StatusConflict, nothing.status)
	assert.Contains(t, nothing.text(".notice"), h.say("undo.nothing"))
	assert.Equal(t, "none", nothing.header.Get("HX-Reswap"), "a half-typed note stays")
}

// R36: once sent it is undone by a write, and what can't be brought back is said.
func TestUndoOfWhatIsConfirmed(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed, escalated))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	h.outbox.confirm()
	action := h.outbox.all()[0]
	h.audit.taken()

	undone := b.post("/undo", url.Values{"action": {string(action.ID)}}, "HX-Request", "true", "HX-Target", "div#toasts")
	require.Equal(t, http.StatusOK, undone.status)
	assert.False(t, undone.has("#detail"), "the detail may show another alert")
	assert.Contains(t, undone.text(".toast"), h.say("flash.undoing.escalated"), "with what can't be brought back")
	undo := h.outbox.all()[1]
	assert.Equal(t, action.ID, undo.Undoes)
	assert.Equal(t, triage.StatusEscalated, undo.Change.Status)
	begun := h.audit.taken()[0]
	assert.Equal(t, audit.Details{Was: "processed", Is: "escalated", Undo: true}, begun.Details)
	h.outbox.confirm()
	assert.Equal(t, triage.StatusEscalated, mustFind(h, "a-1").Status)

	late := b.post("/undo", url.Values{"action": {string(action.ID)}})
	assert.Equal(t, http.StatusConflict, late.status, "once")
	assert.Contains(t, late.text("main .notice"), "Saskia", "R8")
	assert.Equal(t, http.StatusNotFound, h.as(admin).post("/undo", url.Values{"action": {string(action.ID)}}).status, "one's own alone")
}

// R36, R44: not over somebody else's act; who, when and what is said.
func TestUndoWhenSomebodyActedSince(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	h.outbox.confirm()
	h.board.put(anAlert("a-1", triage.FlagRed, escalated, func(a *triage.Alert) {
		a.EscalatedBy, a.UpdatedAt = secondary.ID, time.Now().Add(time.Second)
	}))
	h.audit.taken()
	refused := b.post("/undo", nil, htmx...)
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.Contains(t, refused.text(".notice"), "Nora Bos")
	assert.Contains(t, refused.text(".notice"), "Saskia", "R8")
	assert.Len(t, h.outbox.all(), 1)
	events := h.audit.taken()
	assert.Equal(t, []string{"alert_changed conflict h-primary p-berg a-1"}, recorded(events[:1]))
	assert.True(t, events[0].Details.Undo)
}

// R38: what wasn't done stays in sight with its note until its clinician has taken
// note of it; nobody else sees the note, and nobody else can settle it.
func TestWhatWasNotDoneStays(t *testing.T) {
	for _, tc := range []struct {
		reason   triage.Reason
		steps    []triage.Step
		delivery string
		says     string
		buttons  []string
	}{
		{triage.ReasonRejected, []triage.Step{triage.StepFail}, "failed", "reason.rejected", []string{"action.retry", "action.settle"}},
		{triage.ReasonUnavailable, []triage.Step{triage.StepFail}, "failed", "reason.unavailable", []string{"action.retry", "action.settle"}},
		{triage.ReasonChanged, []triage.Step{triage.StepConflict}, "conflict", "conflict.open", []string{"action.settle"}},
		{triage.ReasonNoAnswer, []triage.Step{triage.StepSend, triage.StepLose}, "unknown", "delivery.look", []string{"action.settle_unknown"}},
	} {
		t.Run(tc.delivery+" "+string(tc.reason), func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed))
			b := h.as(primary)
			b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "She is\nbetter.", "category", "no_action"))
			h.outbox.end(tc.reason, tc.steps...)

			list := b.get("/")
			assert.Equal(t, tc.delivery, list.attr(".row", "data-delivery"))
			assert.Contains(t, list.text(".row .aside.warn"), h.say("delivery."+tc.delivery+".processed"))
			assert.Equal(t, "/actions", list.attr("#unfinished a", "href"))
			for _, page := range []answer{b.get("/alerts/a-1"), b.get("/actions")} {
				assert.Contains(t, page.text("main"), h.say(tc.says))
				assert.Contains(t, page.body, "She is\nbetter.", "the note is kept")
				for _, button := range tc.buttons {
					assert.Contains(t, page.text("main .notice .buttons, main .actions .buttons"), h.say(button))
				}
			}
			assert.Equal(t, "no_action", b.get("/alerts/a-1").attr("#category option[selected]", "value"), "in the form again (R45)")

			colleague := h.as(admin)
			page := colleague.get("/alerts/a-1")
			assert.Equal(t, tc.delivery, page.attr("#detail", "data-delivery"))
			assert.NotContains(t, page.body, "better.")
			assert.False(t, page.has("#detail > .notice form"))
			assert.False(t, colleague.get("/").has("#unfinished a"))
			path := "/actions/" + string(h.outbox.all()[0].ID)
			assert.Equal(t, http.StatusNotFound, colleague.post(path+"/settle", nil).status)
			assert.Equal(t, http.StatusNotFound, colleague.post(path+"/retry", nil).status)

			settled := b.post(path+"/settle", nil)
			assert.Equal(t, http.StatusSeeOther, settled.status)
			assert.Equal(t, "/alerts/a-1?status=open", settled.location())
			assert.Empty(t, b.get("/").attr(".row", "data-delivery"))
			assert.False(t, b.get("/").has("#unfinished a"))
			assert.NotContains(t, b.get("/actions").body, "better.")
			assert.Equal(t, http.StatusConflict, b.post(path+"/settle", nil).status, "once")
		})
	}
}

func TestRetry(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "again"))
	h.outbox.end(triage.ReasonKeyRefused, triage.StepFail)
	path := "/actions/" + string(h.outbox.all()[0].ID) + "/retry"
	part := b.post(path, nil, htmx...)
	assert.Equal(t, http.StatusOK, part.status)
	assert.Equal(t, "pending", part.attr("#detail", "data-delivery"))
	assert.Equal(t, "pending", part.attr(`[hx-target="#moves"] .row`, "data-delivery"))
	assert.Equal(t, http.StatusConflict, b.post(path, nil, htmx...).status, "it is on its way")
	h.outbox.confirm()
	assert.Equal(t, triage.StatusProcessed, mustFind(h, "a-1").Status)
}

// A waiting action says why and when it is tried again, and can be taken back.
func TestWaitingIsSaid(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "kept"))
	h.outbox.end(triage.ReasonUnavailable, triage.StepDefer)
	page := b.get("/alerts/a-1")
	notice := page.text("#detail > .notice")
	assert.Contains(t, notice, h.say("delivery.pending.processed"))
	assert.Contains(t, notice, h.say("reason.unavailable"))
	assert.Contains(t, notice, "Trying again at ")
	assert.Equal(t, "/undo?status=open", page.attr("#detail > .notice form", "action"))
	assert.True(t, page.has(`noscript meta[http-equiv="refresh"]`), "nobody types there")
	assert.Equal(t, http.StatusConflict, h.as(admin).post("/alerts/a-1", decide(h, "a-1", "escalated", "note", "n")).status, "one at a time")
}

func TestOwnActions(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	for range 101 {
		h.board.put(anAlert("a-1", triage.FlagRed))
		b.post("/alerts/a-1", decide(h, "a-1", "processed"))
		h.outbox.confirm()
	}
	h.board.put(anAlert("a-2", triage.FlagRed))
	b.post("/alerts/a-2", decide(h, "a-2", "escalated", "note", "to keep"))
	page := b.get("/actions")
	assert.Equal(t, 100, page.all("[data-action-id]").Length())
	first := page.all("[data-action-id]").First()
	assert.Equal(t, "a-2", first.AttrOr("data-alert-id", ""))
	assert.Equal(t, "recorded", first.AttrOr("data-state", ""))
	assert.Equal(t, "escalated", first.AttrOr("data-wanted", ""))
	assert.Equal(t, "to keep", first.Find("[data-note]").Text())
	assert.Contains(t, first.Text(), "Saskia")
	rest := b.get(page.attr(`a[rel="next"]`, "href"))
	assert.Equal(t, 2, rest.all("[data-action-id]").Length())
	assert.False(t, rest.has(`a[rel="next"]`))
	assert.Zero(t, h.as(admin).get("/actions").all("[data-action-id]").Length(), "one's own alone")

	// What the viewer may no longer see names nobody.
	h.board.put(anAlert("a-2", triage.FlagRed, inGroup("g-heart"), ofPatient("p-smit")))
	hidden := b.get("/actions").all("[data-action-id]").First()
	assert.NotContains(t, hidden.Text(), "Smit")
	assert.NotContains(t, hidden.Text(), "Saskia")
}

// Who acts anew has taken note of what the page told them of, and of nothing else:
// another window may not have shown it yet.
func TestActingAnewSettlesWhatWasShown(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	before := b.get("/alerts/a-1")
	b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", "not seen yet"))
	h.outbox.end(triage.ReasonRejected, triage.StepFail)
	b.post("/alerts/a-1", formOf(before, "escalated"))
	h.outbox.end(triage.ReasonRejected, triage.StepFail)
	require.Len(t, h.outbox.Unfinished(primary.ID), 2, "the page before told of none")

	b.post("/alerts/a-1", url.Values{
		"status": {"processed"}, "seen": {before.attr("[name=seen]", "value")},
		"settles": {b.get("/alerts/a-1").all("[name=settles]").First().AttrOr("value", "")},
	})
	assert.Len(t, h.outbox.Unfinished(primary.ID), 1)
}

// R17: what is reopened within ten minutes of being processed by the same user
// stands in the audit trail as such.
func TestReopenedSoonIsRecorded(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	h.outbox.confirm()
	b.post("/undo", nil)
	page := h.as(admin).get("/audit?action=alert_changed")
	assert.Contains(t, page.text("tbody tr:first-child"), h.say("audit.reopened_soon"))
	assert.Contains(t, page.text("tbody tr:first-child"), h.say("audit.undo"))
	assert.NotContains(t, page.text("tbody tr:last-child"), h.say("audit.reopened_soon"))
}
