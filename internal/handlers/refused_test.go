package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// refusedBothWays posts a form as a page and by htmx, and checks that both
// answers have the status and keep what was typed (R38).
func refusedBothWays(t *testing.T, b *browser, form url.Values, status int) []answer {
	t.Helper()
	page := b.post("/alerts/a-1?flag=red&status=open", form)
	part := b.post("/alerts/a-1?flag=red&status=open", form, htmx...)
	assert.True(t, page.has("html #board"), "the page has its list")
	assert.False(t, part.has("#board"), "htmx gets the alert alone")
	for _, a := range []answer{page, part} {
		assert.Equal(t, status, a.status)
		assert.Equal(t, []string{"HX-Request"}, varies(a))
		assert.Equal(t, strings.ReplaceAll(form.Get("note"), "\r\n", "\n"), a.find("textarea#note").Text(), "the note is kept")
		assert.Equal(t, "a-1", a.attr("#detail", "data-alert-id"))
		assert.Equal(t, "/alerts/a-1?flag=red&status=open", a.attr("form#act", "action"), "so are the filters")
		assert.Equal(t, "alert", a.attr("#detail > .notice", "role"), "said at once")
		assert.False(t, a.has(".toast"))
	}
	return []answer{page, part}
}

func TestWrongInput(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	for name, tc := range map[string]struct {
		fields []string
		reason string
		field  string // its control says so, too
	}{
		"status outside the three": {[]string{"status", "closed"}, "invalid.status", ""},
		"status in capitals":       {[]string{"status", "OPEN"}, "invalid.status", ""},
		"no status":                {[]string{"status", ""}, "invalid.status", ""},
		"seen missing":             {[]string{"seen", ""}, "invalid.seen", ""},
		"seen no time":             {[]string{"seen", "yesterday"}, "invalid.seen", ""},
		"note of 10,001":           {[]string{"note", strings.Repeat("é", 10_001)}, "invalid.note_long", "note"},
		"note not UTF-8":           {[]string{"note", "\xff"}, "invalid.note", "note"},
		"category of 101":          {[]string{"category", templates.OtherCategory, "category_other", strings.Repeat("x", 101)}, "invalid.category", "category"},
		"category of two lines":    {[]string{"category", "a\nb"}, "invalid.category", "category"},
	} {
		t.Run(name, func(t *testing.T) {
			form := decide(h, "a-1", "processed", append([]string{"category", "no_action", "note", "She is\r\nbetter."}, tc.fields...)...)
			if form.Get("note") == "\xff" {
				part := b.post("/alerts/a-1", form, htmx...)
				assert.Equal(t, http.StatusUnprocessableEntity, part.status)
				assert.Contains(t, part.text("#note-error"), h.say(tc.reason))
				return
			}
			for _, a := range refusedBothWays(t, b, form, http.StatusUnprocessableEntity) {
				assert.Contains(t, a.text("#detail > .notice"), h.say("invalid.title"))
				assert.Contains(t, a.text("#detail > .notice"), h.say(tc.reason))
				for _, field := range []string{"note", "category"} {
					assert.Equal(t, field == tc.field, a.has("#"+field+"-error"), field)
					assert.Equal(t, field == tc.field, a.has(`form#act [aria-describedby="`+field+`-error"][aria-invalid="true"]`), field)
				}
				if tc.field != "category" {
					assert.Equal(t, "no_action", a.attr("#category option[selected]", "value"), "the category is kept")
				} else {
					assert.Equal(t, templates.OtherCategory, a.attr("#category option[selected]", "value"))
					assert.NotEmpty(t, a.attr(`input[name="category_other"]`, "value"))
				}
			}
		})
	}
	assert.Empty(t, h.actions.calls, "nothing was sent")
}

func TestOtherCategoryIsKept(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	h.actions.fails = triage.ErrUnavailable
	form := decide(h, "a-1", "processed", "category", templates.OtherCategory, "category_other", "asked the doctor", "note", "n")
	for _, a := range refusedBothWays(t, h.as(primary), form, http.StatusBadGateway) {
		assert.Equal(t, "asked the doctor", a.attr(`input[name="category_other"]`, "value"))
		assert.Equal(t, templates.OtherCategory, a.attr("#category option[selected]", "value"))
	}
}

// R38: each failure says what happened and what to do, and keeps the note.
func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		status int
		title  string
		says   []string
	}{
		"no answer":       {triage.ErrUnavailable, http.StatusBadGateway, "failed.title", []string{"failed.unavailable", "failed.kept", "failed.again"}},
		"in flight":       {&triage.InFlightError{}, http.StatusConflict, "failed.title", []string{"failed.in_flight", "failed.kept", "failed.again"}},
		"not recorded":    {triage.ErrUnrecorded, http.StatusInternalServerError, "failed.title", []string{"failed.unrecorded", "failed.kept", "failed.again"}},
		"no right":        {triage.ErrForbidden, http.StatusForbidden, "failed.title", []string{"failed.forbidden", "failed.kept"}},
		"not found":       {triage.ErrNotFound, http.StatusConflict, "failed.title", []string{"failed.gone", "failed.kept"}},
		"our own mistake": {errors.New("a bug"), http.StatusInternalServerError, "error.500", []string{"error.500_text"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed))
			h.actions.fails = fmt.Errorf("PUT /v1/alerts/a-1: %w", tc.err)
			form := decide(h, "a-1", "processed", "note", "She is\r\nbetter.", "category", "no_action")
			for _, a := range refusedBothWays(t, h.as(primary), form, tc.status) {
				notice := a.text("#detail > .notice")
				assert.Contains(t, notice, h.say(tc.title))
				for _, key := range tc.says {
					assert.Contains(t, notice, h.say(key))
				}
				assert.NotContains(t, a.body, "PUT /v1", "the cause is for the log")
				assert.Equal(t, "no_action", a.attr("#category option[selected]", "value"))
				assert.Equal(t, "open", a.attr("#detail .state use", "href")[len("#i-"):], "no success is shown")
			}
			assert.Contains(t, h.log.String(), "PUT /v1/alerts/a-1")
			assert.Equal(t, tc.status == http.StatusInternalServerError, strings.Contains(h.log.String(), "level=ERROR"))
		})
	}
}

// R44, R45
func TestConflict(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	form := decide(h, "a-1", "escalated", "note", "She is\r\nbetter.")
	at := time.Now().UTC().Add(-12500 * time.Millisecond)
	h.board.put(anAlert("a-1", triage.FlagRed, processed, func(a *triage.Alert) {
		a.ProcessedBy, a.ProcessedAt, a.UpdatedAt = secondary.ID, at, at
	}))
	for _, a := range refusedBothWays(t, b, form, http.StatusConflict) {
		notice := a.text("#detail > .notice.conflict")
		assert.Contains(t, notice, h.say("conflict.title"))
		assert.Contains(t, notice, h.say("conflict.kept"))
		l := h.words.Match("en", "")
		assert.Contains(t, notice, h.say("conflict.now", "Processed", "Nora Bos", l.Moment(at, time.Now()), "12 s"), "who, when, how long ago")
		assert.Equal(t, at.Format(time.RFC3339Nano), a.attr(`input[name="seen"]`, "value"), "what is seen now")
		assert.Equal(t, h.say("status.processed"), a.text("#detail h3 > .state"))
	}
	// The one who lost can go on from what they see now.
	page := b.get("/alerts/a-1")
	assert.Equal(t, http.StatusSeeOther, b.post("/alerts/a-1", formOf(page, "open", "note", "still")).status)
}

func TestWhatHappenedInstead(t *testing.T) {
	at := time.Now().UTC().Add(-2 * time.Hour)
	for name, tc := range map[string]struct {
		now  func(*triage.Alert)
		want func(h *house) string
	}{
		"reopened":       {func(*triage.Alert) {}, func(h *house) string { return h.say("conflict.open") }},
		"by nobody":      {func(a *triage.Alert) { processed(a); a.ProcessedBy = "" }, func(h *house) string { return h.say("conflict.somebody") }},
		"at no time":     {func(a *triage.Alert) { processed(a); a.ProcessedAt = time.Time{} }, func(h *house) string { return h.say("conflict.now_plain", "Processed") }},
		"unknown status": {func(a *triage.Alert) { a.Status = "snoozed" }, func(h *house) string { return h.say("conflict.now_plain", "Unknown: snoozed") }},
		"unknown person": {func(a *triage.Alert) { escalated(a); a.EscalatedBy, a.EscalatedAt = "h-new", at }, func(h *house) string {
			return h.say("conflict.now", "Escalated", "user h-new", h.words.Match("en", "").Moment(at, time.Now()), "2 h")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed))
			form := decide(h, "a-1", "processed", "note", "n")
			h.board.put(anAlert("a-1", triage.FlagRed, tc.now, func(a *triage.Alert) { a.UpdatedAt = a.UpdatedAt.Add(time.Second) }))
			page := h.as(admin).post("/alerts/a-1", form)
			require.Equal(t, http.StatusConflict, page.status)
			assert.Contains(t, page.text("#detail > .notice.conflict"), tc.want(h))
		})
	}
}

// The alert may leave the clinician's sight while they act on it: then there is
// no form, but what happened and what was typed are said all the same (R38).
func TestConflictOutOfSight(t *testing.T) {
	for name, leave := range map[string]func(*house){
		"out of scope": func(h *house) {
			h.board.put(anAlert("a-1", triage.FlagRed, func(a *triage.Alert) { a.UpdatedAt = a.UpdatedAt.Add(time.Second) }))
		},
		"gone": func(h *house) { h.board.remove("a-1") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.board.put(anAlert("a-1", triage.FlagRed, escalated))
			b := h.as(secondary)
			form := decide(h, "a-1", "processed", "note", "She is better.", "category", "no_action")
			h.actions.before = func() { leave(h) }
			page := b.post("/alerts/a-1", form)
			assert.Equal(t, http.StatusConflict, page.status)
			assert.Contains(t, page.text("main .notice"), h.say("form.note")+": She is better.")
			assert.Contains(t, page.text("main .notice"), h.say("form.category")+": No action needed")
			assert.False(t, page.has("form#act"))

			h.board.put(anAlert("a-1", triage.FlagRed, escalated))
			part := b.post("/alerts/a-1", form, htmx...)
			assert.Equal(t, http.StatusConflict, part.status)
			assert.Equal(t, "none", part.header.Get("HX-Reswap"), "the form stays as it is")
		})
	}
}

func TestUnreadableForm(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	for name, body := range map[string]string{
		"too large": "note=" + strings.Repeat("x", 1<<20),
		"garbage":   "note=%zz",
	} {
		t.Run(name, func(t *testing.T) {
			page := b.do(http.MethodPost, "/alerts/a-1", body, "Content-Type", "application/x-www-form-urlencoded")
			assert.Equal(t, http.StatusUnprocessableEntity, page.status)
			assert.Contains(t, page.text("main"), h.say("invalid.form"))
			part := b.do(http.MethodPost, "/alerts/a-1", body, "Content-Type", "application/x-www-form-urlencoded", "HX-Request", "true")
			assert.Equal(t, http.StatusUnprocessableEntity, part.status)
			assert.Equal(t, "none", part.header.Get("HX-Reswap"), "what was typed stays on the page")
			assert.Contains(t, part.text(`hx-partial[hx-target="#toasts"]`), h.say("invalid.form"))
		})
	}
	// A note far over its limit but within the body's comes back whole.
	long := strings.Repeat("x", 900_000)
	assert.Equal(t, long, b.post("/alerts/a-1", decide(h, "a-1", "processed", "note", long)).find("#note").Text())
	assert.Empty(t, h.actions.calls)
}

// What stands in the address is not the clinician's doing: it costs no note.
func TestOddAddressKeepsTheNote(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	page := b.post("/alerts/a-1?status=bogus", decide(h, "a-1", "processed", "note", "kept"))
	assert.Equal(t, http.StatusUnprocessableEntity, page.status)
	assert.Equal(t, "kept", page.find("#note").Text())
	assert.Empty(t, h.actions.calls)

	done := b.post("/alerts/a-1?after=nobody", decide(h, "a-1", "processed"), htmx...)
	assert.Equal(t, http.StatusOK, done.status, "what worked is not told as a failure")
}

// keysChanged is a real store whose keys no longer open.
type keysChanged struct{ auth.Store }

func (s keysChanged) LinkKey(ctx context.Context, k auth.LinkedKey) error {
	k.Sealed = []byte("no longer opens")
	return s.Store.LinkKey(ctx, k)
}

func TestKeyThatCannotBeOpened(t *testing.T) {
	h := newHouse(t, func(h *house) { h.auth.Store = keysChanged{h.store} })
	h.board.put(anAlert("a-1", triage.FlagRed))
	for _, a := range refusedBothWays(t, h.as(primary), decide(h, "a-1", "processed", "note", "kept"), http.StatusForbidden) {
		assert.Contains(t, a.text("#detail > .notice"), h.say("failed.no_key")+h.say("failed.kept"))
	}
	assert.Empty(t, h.actions.calls)
}
