package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// facts are the labelled things of the detail.
func facts(a answer) map[string]string {
	a.t.Helper()
	out := map[string]string{}
	for _, f := range a.all(".facts > div").EachIter() {
		out[words(f.Find("dt"))] = words(f.Find("dd"))
	}
	return out
}

func TestDetail(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagGray, ofPatient("p-smit")))
	b := h.as(admin)
	page := b.get("/alerts/a-1?flag=red")

	assert.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, "a-1", page.attr("#detail", "data-alert-id"))
	assert.Equal(t, []string{"a-1"}, page.rows(), "the list beside it keeps its filter")
	assert.Equal(t, "true", page.attr("#a-a-1", "aria-current"))
	assert.Equal(t, "/?flag=red&status=open", page.attr("#detail > a.back", "href"))
	assert.False(t, page.has(`meta[http-equiv="refresh"]`), "a renewal would throw away a half-typed note")
	known := facts(page)
	assert.Regexp(t, anHour, known[h.say("fact.waiting")])
	assert.Equal(t, "COPD", known[h.say("fact.group")])
	assert.Equal(t, "Thuismeten", known[h.say("fact.program")])
	assert.Equal(t, "COPD thuis", known[h.say("fact.protocol")])
	assert.Equal(t, "+31 6 12345678", known[h.say("fact.phone")])
	assert.Equal(t, "tel:+31612345678", page.attr("a.call", "href"))
	assert.Equal(t, h.say("not_given"), known[h.say("fact.value")], "R11")
	assert.Equal(t, h.words.Match("en", "").Moment(created, time.Now().UTC()), known[h.say("fact.created")])
	assert.Equal(t, "/alerts/a-1?flag=red&status=open", page.attr("form#act", "action"))
	assert.Equal(t, "/alerts/a-1?flag=red&status=open", page.attr("form#act", "hx-post"))
	assert.Equal(t, created.Format(time.RFC3339Nano), page.attr(`input[name="seen"]`, "value"))

	h.board.put(anAlert("a-3", triage.FlagGray, func(a *triage.Alert) { a.Protocol, a.Type = "proto-2", triage.TypeRemark }),
		anAlert("a-4", triage.FlagGray, ofPatient("p-smit"), ofType(triage.TypeCombination), func(a *triage.Alert) { a.Protocol = "" }))
	other := facts(b.get("/alerts/a-3"))
	assert.NotContains(t, other, h.say("fact.protocol"), "the patient's protocol isn't the alert's")
	assert.NotContains(t, other, h.say("fact.value"), "a remark has none")
	other = facts(b.get("/alerts/a-4"))
	assert.NotContains(t, other, h.say("fact.protocol"))
	assert.NotContains(t, other, h.say("fact.phone"))
	assert.Contains(t, other, h.say("fact.value"))

	part := b.get("/alerts/a-1?flag=red", htmx...)
	assert.Equal(t, "a-1", part.attr("#detail", "data-alert-id"))
	assert.False(t, part.has("#board"), "htmx gets the alert alone")
	whole := b.get("/alerts/a-1", "HX-Request", "true", "HX-History-Restore-Request", "true")
	assert.True(t, whole.has("html #board"), "restoring history takes the whole page")
}

func TestWhatCanBeDecided(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-open", triage.FlagRed), anAlert("a-esc", triage.FlagRed, escalated), anAlert("a-done", triage.FlagRed, processed),
		anAlert("a-new", triage.FlagRed, func(a *triage.Alert) { a.Status = "snoozed" }))
	b := h.as(admin)
	for id, want := range map[string][]string{
		"a-open": {"processed", "escalated"},
		"a-esc":  {"processed", "escalated", "open"}, // the second adds a note only (R45)
		"a-done": {"processed", "open"},              // so does the first here
		"a-new":  {"processed", "escalated"},
	} {
		page := b.get("/alerts/" + id)
		var offered []string
		for _, button := range page.all(`form#act button[name="status"]`).EachIter() {
			offered = append(offered, button.AttrOr("value", ""))
		}
		assert.ElementsMatch(t, want, offered, id)
		asks := page.has(`form#act dialog#ask button[value="escalated"]`) && page.has(`form#act [commandfor="ask"]`) && page.has("noscript a")
		assert.Equal(t, id == "a-open" || id == "a-new", asks, "%s: R16: escalating asks, with and without JavaScript", id)
		_, waits := facts(page)[h.say("fact.waiting")]
		assert.Equal(t, id != "a-done", waits, "%s: what is done waits no more", id)
	}
	assert.Equal(t, h.say("action.add.processed"), b.get("/alerts/a-done").text(`form#act button[value="processed"]`))
	assert.Equal(t, h.say("action.add.escalated"), b.get("/alerts/a-esc").text(`form#act button[value="escalated"]`))
	assert.Contains(t, facts(b.get("/alerts/a-done"))[h.say("fact.processed")], "by Anna de Vries")
	assert.Contains(t, facts(b.get("/alerts/a-esc"))[h.say("fact.escalated")], "by Anna de Vries")
}

func TestHistory(t *testing.T) {
	h := newHouse(t)
	did := time.Now().UTC().Truncate(time.Second)
	h.board.put(anAlert("a-1", triage.FlagRed, processed, func(a *triage.Alert) {
		a.ProcessedAt, a.EscalatedAt, a.EscalatedBy = did, did.Add(-time.Hour), secondary.ID
	}))
	h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) {
		return []triage.Record{
			{Action: "process", Category: "request_visit", Note: "Called her.\nFine.", Source: "alerts_page", CreatedAt: did.Add(2 * time.Second)},
			{Action: "Process", Category: "own words", Source: "autoprocessed", CreatedAt: did.Add(-3 * time.Second)},
			{Action: "escalate", Source: "alerts_page_process_all", CreatedAt: did.Add(-time.Hour)},
			{Action: "escalated", CreatedAt: did.Add(-time.Hour - time.Minute)},
			{Action: "reopen", CreatedAt: did.Add(-2 * time.Hour)},
			{Action: "", Source: "by pigeon", CreatedAt: did.Add(-3 * time.Hour)},
			{Action: "teleport", CreatedAt: did.Add(-4 * time.Hour)},
		}, nil
	}
	page := h.as(admin).get("/alerts/a-1")
	entries := page.all("#detail [data-record]")
	assert.Equal(t, 7, entries.Length())
	var said []string
	for _, e := range entries.EachIter() {
		said = append(said, words(e))
	}
	unknown := h.say("by.unknown")
	for i, want := range [][]string{
		{h.say("record.process"), "Visit requested", "by Anna de Vries", "Called her. Fine.", h.say("source.alerts_page")},
		{h.say("record.process"), "own words", unknown, h.say("source.autoprocessed")},
		{h.say("record.escalate"), "by Nora Bos", h.say("source.alerts_page_process_all")},
		{h.say("record.escalate"), unknown},
		{h.say("record.reopen"), unknown, h.say("source.none")},
		{h.say("record.unknown"), unknown, "by pigeon"},
		{"teleport", unknown, h.say("source.none")},
	} {
		for _, text := range want {
			assert.Contains(t, said[i], text)
		}
	}
	assert.NotContains(t, said[1]+said[3], "by Anna", "an actor is named only for what the alert says they did")
	assert.NotContains(t, said[3], "by Nora")
	assert.Equal(t, did.Add(2*time.Second).Format(time.RFC3339), entries.First().Find("time").AttrOr("datetime", ""))
	assert.Contains(t, page.text("#detail"), h.say("history.count", 7))
	assert.True(t, page.has(`#category option[value="own words"]`), "a category met in a history is offered")
}

func TestNoHistory(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	page := h.as(admin).get("/alerts/a-1")
	assert.False(t, page.has("[data-record]"))
	assert.Contains(t, page.text("#detail"), h.say("history.none"))
	assert.False(t, page.has("#detail .notice"))
}

func TestHistoryThatFails(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	one := []triage.Record{{Action: "process", CreatedAt: created}}
	for name, tc := range map[string]struct {
		records []triage.Record
		err     error
		key     string
		cause   string
	}{
		"no answer":  {nil, triage.ErrUnavailable, "history.failed", "cause.unavailable"},
		"unreadable": {nil, triage.ErrMalformed, "history.failed", "cause.malformed"},
		"partial":    {one, triage.ErrPartial, "history.partial", "cause.partial"},
		"cut off":    {one, errors.New("connection reset"), "history.partial", "cause.unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			h.board.history = func(context.Context, triage.Alert) ([]triage.Record, error) {
				return tc.records, fmt.Errorf("GET /information: %w", tc.err)
			}
			for _, page := range []answer{b.get("/alerts/a-1"), b.get("/alerts/a-1", htmx...)} {
				assert.Equal(t, http.StatusOK, page.status)
				assert.Contains(t, page.text("#detail .notice"), h.say(tc.key, h.say(tc.cause)))
				assert.Contains(t, page.text("#detail .notice"), h.say("history.retry"))
				assert.Equal(t, len(tc.records), page.all("[data-record]").Length())
				assert.NotContains(t, page.text("#detail"), h.say("history.none"), "nothing was read, which isn't the same as nothing there")
				assert.True(t, page.has("form#act"), "the alert can be acted on")
				assert.True(t, page.has("#detail > .banner"))
			}
		})
	}
}

func TestEarlierAlertsOfThePatient(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagGray, processed), anAlert("a-3", "violet"),
		anAlert("a-foreign", triage.FlagRed, inGroup("g-heart")), anAlert("a-other", triage.FlagRed, ofPatient("p-smit")))
	page := h.as(primary).get("/alerts/a-1?type=mea")
	var links []string
	for _, a := range page.all(".earlier a").EachIter() {
		links = append(links, a.AttrOr("href", ""))
	}
	assert.ElementsMatch(t, []string{"/alerts/a-2?status=open&type=mea", "/alerts/a-3?status=open&type=mea"}, links)
	assert.Contains(t, page.text("#detail"), h.say("history.earlier_n", 2, 2, 2))

	for i := range 20 {
		h.board.put(anAlert(triage.AlertID(fmt.Sprintf("b-%d", i)), triage.FlagGray))
	}
	page = h.as(primary).get("/alerts/a-1")
	assert.Equal(t, 12, page.all(".earlier li").Length())
	assert.Contains(t, page.text("#detail"), h.say("history.earlier_n", 12, 22, 2), "R14")
}

// R16
func TestEscalatePage(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(primary)
	link := b.get("/alerts/a-1?flag=red").attr("noscript a", "href")
	page := b.get(link)
	assert.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, h.say("escalate.page"), page.text("h1"))
	assert.Contains(t, page.text("main"), h.say("escalate.text"))
	assert.Equal(t, "a-1", page.attr("#detail", "data-alert-id"))
	assert.Equal(t, "escalated", page.attr(`button[name="status"]`, "value"))
	assert.False(t, page.has("[hx-post]"))

	done := b.post(page.attr("form#act", "action"), formOf(page, "escalated", "category", "request_visit", "note", "Please look."))
	assert.Equal(t, http.StatusSeeOther, done.status)
	assert.Equal(t, "/?flag=red&status=open", done.location())
	got := h.actions.calls[0].decision
	got.Event = audit.Event{}
	assert.Equal(t, triage.Decision{Alert: "a-1", Seen: got.Seen, Status: triage.StatusOpen, Change: triage.Change{Status: "escalated", Category: "request_visit", Note: "Please look."}}, got)
}

// Ids are opaque: whatever Luscii takes for one works in a path.
func TestAnyAlertID(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for _, id := range []triage.AlertID{"b/c", "50%", "a%2Fb", "q?x=1&y=2", "é", "#1", "a+b", "a;b"} {
		h.board.put(anAlert(id, triage.FlagRed, func(a *triage.Alert) { a.Program = triage.ProgramID(id) }))
		list := b.get("/?type=mea")
		var link string
		for _, row := range list.all(".rows [data-alert-id]").EachIter() {
			if row.AttrOr("data-alert-id", "") == string(id) {
				link = row.Find("a").AttrOr("href", "")
			}
		}
		page := b.get(link)
		assert.Equal(t, http.StatusOK, page.status, "%s: %s", id, link)
		assert.Equal(t, string(id), page.attr("#detail", "data-alert-id"))
		done := b.post(page.attr("form#act", "action"), formOf(page, "processed"))
		assert.Equal(t, http.StatusSeeOther, done.status, id)
		assert.Equal(t, id, h.actions.calls[len(h.actions.calls)-1].decision.Alert)
	}
}

// Who isn't answering the telephone can be written to.
func TestDetailShowsTheEmailAddress(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	p, _ := h.names.Patient("p-berg")
	p.Email = "saskia?x=1@home.test"
	h.names.patient(p)
	page := h.as(admin).get("/alerts/a-1")
	assert.Equal(t, p.Email, facts(page)[h.say("fact.email")])
	assert.True(t, page.has(`a.call[href="mailto:saskia%3Fx=1@home.test"]`))
}

// NOTES: "anything that came from an export is labelled as such, with its age".
func TestDetailSaysThatNamesCameFromTheExport(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	h.names.source, h.names.at = triage.NamesFromAPI, created
	assert.NotContains(t, facts(b.get("/alerts/a-1")), h.say("fact.names"))
	h.names.source = triage.NamesFromExport
	when := h.words.Match("en", "").Moment(created, time.Now().UTC())
	assert.Equal(t, h.say("fact.names_export", when), facts(b.get("/alerts/a-1"))[h.say("fact.names")])
}
