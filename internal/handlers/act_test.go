package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// decide is the form that puts an alert, as it is now, into a status.
func decide(h *house, id triage.AlertID, status string, fields ...string) url.Values {
	h.t.Helper()
	form := url.Values{"status": {status}, "seen": {mustFind(h, string(id)).UpdatedAt.Format(time.RFC3339Nano)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// formOf is what a browser sends of the form as it stands on a page, with the
// status of the button pressed and what is typed over it.
func formOf(a answer, status string, typed ...string) url.Values {
	a.t.Helper()
	form := url.Values{"status": {status}}
	for _, field := range a.all("form#act").Find("input, textarea").EachIter() {
		value := field.AttrOr("value", "")
		if field.Is("textarea") {
			value = field.Text()
		}
		form.Set(field.AttrOr("name", ""), value)
	}
	form.Set("category", a.find("#category option[selected], #category option:first-child").Last().AttrOr("value", ""))
	for i := 0; i < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	return form
}

func TestActing(t *testing.T) {
	for _, tc := range []struct {
		status string
		was    func(*triage.Alert)
		who    triage.HCP
	}{
		{"processed", func(*triage.Alert) {}, primary},
		{"escalated", func(*triage.Alert) {}, primary},
		{"open", processed, admin},
		{"processed", escalated, secondary},
	} {
		t.Run(tc.status+" by "+string(tc.who.Role), func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed, tc.was), anAlert("a-2", triage.FlagRed))
			seen := mustFind(h, "a-1").UpdatedAt
			b := h.as(tc.who)

			done := b.post("/alerts/a-1?flag=red&status=open", decide(h, "a-1", tc.status, "category", " request_visit ", "note", "one\r\ntwo\nthree"))

			assert.Equal(t, http.StatusSeeOther, done.status)
			assert.Equal(t, "/?flag=red&status=open", done.location(), "back to the list with its filters")
			assert.Equal(t, []string{"HX-Request"}, varies(done))
			require.Len(t, h.actions.calls, 1)
			call := h.actions.calls[0]
			assert.Equal(t, tc.who.ID, call.actor.ID)
			assert.Equal(t, "key-of-"+string(tc.who.ID), call.key.Reveal(), "the clinician's own key")
			assert.True(t, call.decision.Seen.Equal(seen))
			assert.Equal(t, triage.AlertID("a-1"), call.decision.Alert)
			assert.Equal(t, triage.Change{Status: triage.Status(tc.status), Category: "request_visit", Note: "one\ntwo\nthree"}, call.decision.Change)

			list := b.get(done.location())
			assert.True(t, strings.HasPrefix(list.text("#toasts .toast"), h.say("flash.accepted."+tc.status)), list.text("#toasts"))
			assert.Contains(t, list.text("#toasts .toast"), "Saskia van den Berg-de Wit")
			assert.False(t, b.get("/").has(".toast"), "a toast is shown once")
			action := h.outbox.all()[0]
			assert.Equal(t, triage.StateRecorded, action.State)
			assert.Equal(t, string(action.ID), list.attr(`#toasts form[action="/undo?flag=red&status=open"] [name="action"]`, "value"), "with undo")
		})
	}
}

// varies are the headers an answer says it depends on, those of compression and
// cookies aside.
func varies(a answer) []string {
	var out []string
	for _, line := range a.header.Values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "Accept-Encoding" && name != "Cookie" {
				out = append(out, name)
			}
		}
	}
	return out
}

func TestActingWithHTMX(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed))
	b := h.as(primary)

	done := b.post("/alerts/a-1?flag=red&status=open", decide(h, "a-1", "processed"), htmx...)

	assert.Equal(t, http.StatusOK, done.status)
	assert.Equal(t, []string{"HX-Request"}, varies(done))
	assert.False(t, done.has("main"), "fragments, not a page")
	assert.Equal(t, "a-1", done.attr("section#detail", "data-alert-id"))
	assert.Equal(t, h.say("status.open"), done.text("#detail h3 > .state"), "no success is shown before Luscii said so (R38)")
	assert.Equal(t, "pending", done.attr("#detail", "data-delivery"))
	assert.Contains(t, done.text("#detail > .notice"), h.say("delivery.pending.processed"))
	assert.False(t, done.has("form#act"), "one action at a time")
	assert.False(t, done.has("#board"), "no other row may move (R37)")
	assert.Equal(t, "a-1", done.attr("[hx-target='#moves'] .row", "data-alert-id"))
	assert.Equal(t, "update", done.attr(".row", "data-move"))
	assert.Equal(t, "open", done.attr(".row", "data-status"))
	assert.Equal(t, "pending", done.attr(".row", "data-delivery"))
	assert.Contains(t, done.text(".row .aside"), h.say("delivery.pending.processed")+" · "+h.say("by", "Anna de Vries"))
	assert.Equal(t, "2", done.text(`[data-count="red"]`), "it waits until it is processed")
	for _, target := range []string{"#moves", "#status", "#filters", "#toasts"} {
		assert.True(t, done.has(`hx-partial[hx-target="`+target+`"]`), target)
	}
	assert.Contains(t, done.text(".toast"), h.say("flash.accepted.processed"))
	assert.Contains(t, done.text(".toast"), "7001234", "R8")
	assert.False(t, b.get("/").has(".toast"), "it was shown already")

	h.outbox.confirm()
	detail := b.get("/alerts/a-1", htmx...)
	assert.Equal(t, h.say("status.processed"), detail.text("#detail h3 > .state"))
	assert.Empty(t, detail.attr("#detail", "data-delivery"))
	assert.Equal(t, "1", b.get("/", htmx...).text(`[data-count="red"]`))
}

// A poll of another tab shows no toast; it must not take it away either.
func TestPollLeavesTheToast(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	done := b.post("/alerts/a-1", decide(h, "a-1", "processed"))
	b.get("/", htmx...)
	assert.True(t, b.get(done.location()).has(".toast"))
}

// HC_SECONDARY no longer sees what it reopened.
func TestReopeningWhatOneNoLongerSees(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed, escalated))
	b := h.as(secondary)
	done := b.post("/alerts/a-1", decide(h, "a-1", "open"), htmx...)
	assert.Equal(t, http.StatusOK, done.status)
	assert.Contains(t, done.text(".toast"), h.say("flash.accepted.open"))
	h.outbox.confirm()
	assert.Equal(t, http.StatusNotFound, b.get("/alerts/a-1").status)
	gone := b.post("/undo", url.Values{}, htmx...)
	assert.Equal(t, http.StatusNotFound, gone.status, "nor may it be brought back")
}

func TestCategory(t *testing.T) {
	h := newHouse(t)
	b := h.as(primary)
	for name, tc := range map[string]struct{ category, other, want string }{
		"configured":        {"no_action", "", "no_action"},
		"none":              {"", "", ""},
		"other":             {templates.OtherCategory, "  asked the doctor ", "asked the doctor"},
		"other, left empty": {templates.OtherCategory, "", ""},
		"other, not chosen": {"no_action", "typed before", "no_action"},
		"100 characters":    {templates.OtherCategory, strings.Repeat("é", 100), strings.Repeat("é", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			h.board.put(anAlert("a-1", triage.FlagRed))
			h.actions.calls = nil
			h.outbox.confirm()
			h.board.put(anAlert("a-1", triage.FlagRed))
			done := b.post("/alerts/a-1", decide(h, "a-1", "processed", "category", tc.category, "category_other", tc.other))
			assert.Equal(t, http.StatusSeeOther, done.status)
			assert.Equal(t, tc.want, h.actions.calls[0].decision.Change.Category)
		})
	}
}

func TestCategoriesInWords(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	choices := func(a answer) (values, labels []string) {
		for _, o := range a.all("#category option").EachIter() {
			values, labels = append(values, o.AttrOr("value", "-")), append(labels, words(o))
		}
		return values, labels
	}
	values, labels := choices(b.get("/alerts/a-1"))
	assert.Equal(t, []string{"", "request_visit", "no_action", templates.OtherCategory}, values)
	assert.Equal(t, []string{h.say("form.category_none"), "Visit requested", "No action needed", h.say("form.category_other")}, labels)
	b.headers.Set("Accept-Language", "nl")
	_, labels = choices(b.get("/alerts/a-1"))
	assert.Equal(t, []string{"Huisbezoek gevraagd", "Geen actie nodig"}, labels[1:3])
}

func TestNoteUpToItsLimit(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	page := b.get("/alerts/a-1")
	assert.Contains(t, page.text(`label[for="note"]`), h.say("form.note_limit"), "the limit is said beforehand")
	// 10,000 characters in more bytes, and more before line ends are counted once.
	note := strings.Repeat("é\r\n", 5_000)
	done := b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", note))
	assert.Equal(t, http.StatusSeeOther, done.status)
	assert.Equal(t, strings.Repeat("é\n", 5_000), h.actions.calls[0].decision.Change.Note)
}

func TestSeenIsComparedAsAnInstant(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	there := mustFind(h, "a-1").UpdatedAt.In(time.FixedZone("", -5*3600)).Format(time.RFC3339Nano)
	done := h.as(primary).post("/alerts/a-1", decide(h, "a-1", "processed", "seen", there))
	assert.Equal(t, http.StatusSeeOther, done.status)
}

// A write once begun is finished, whoever hangs up.
func TestWriteGoesOnWhenTheBrowserHangsUp(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	ctx, hangUp := context.WithCancel(t.Context())
	served := make(chan context.Context, 1)
	inner := b.server.Config.Handler
	b.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served <- r.Context()
		inner.ServeHTTP(w, r)
	})
	written := make(chan struct{})
	h.actions.before = func() {
		hangUp()
		<-(<-served).Done()
		close(written)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server.URL+"/alerts/a-1", strings.NewReader(decide(h, "a-1", "processed").Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = b.client.Do(r)
	require.ErrorIs(t, err, context.Canceled)
	<-written
	b.server.Close()
	require.Len(t, h.actions.calls, 1)
	assert.NoError(t, h.actions.calls[0].ctxErr)
}
