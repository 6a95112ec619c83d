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

func TestAuditPageIsForAdministrators(t *testing.T) {
	h := newHouse(t)
	for _, who := range []triage.HCP{viewer, primary, secondary} {
		b := h.as(who)
		page := b.get("/audit")
		assert.Equal(t, http.StatusForbidden, page.status)
		assert.Contains(t, page.text("main .notice"), h.say("error.403_text"))
		assert.False(t, b.get("/").has(`a[href="/audit"]`), "nor is it offered")
	}
	b := h.as(admin)
	assert.Equal(t, http.StatusOK, b.get("/audit").status)
	assert.Equal(t, h.say("audit.page"), b.get("/").text(`.session a[href="/audit"]`))
}

// R20, R21
func TestAuditPage(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagRed, ofPatient("p-smit")))
	nurse := h.as(primary)
	nurse.get("/")
	nurse.get("/alerts/a-1?status=open", htmx...)
	nurse.post("/alerts/a-1?status=open", decide(h, "a-1", "processed", "note", "secret note"))
	h.outbox.confirm()
	nurse.get("/alerts/a-2?status=open", htmx...)
	b := h.as(admin)

	page := b.get("/audit")
	assert.Equal(t, 7, page.all("table.records tbody tr").Length())
	assert.Equal(t, h.say("audit.count", 7), page.text("table.records caption"))
	rows := page.all("table.records tbody tr")
	assert.Contains(t, words(rows.Eq(0)), h.say("audit.action.sign_in"), "the newest first")
	assert.Contains(t, words(rows.Eq(0)), "Bo Jansen")
	change := words(rows.Eq(2))
	for _, text := range []string{
		h.say("audit.action.alert_changed"), h.say("audit.outcome.done"), "Open → Processed", "Anna de Vries", "h-primary",
		h.say("role.HC_PRIMARY"), "p-berg", "a-1", h.say("audit.rule.role_and_group") + ": COPD", "http://board.test/alerts/{id}",
	} {
		assert.Contains(t, change, text)
	}
	assert.Contains(t, words(rows.Eq(5)), h.say("audit.rows_of", 2, 2))
	assert.Contains(t, words(rows.Eq(5)), h.say("audit.patients", 2))
	for _, personal := range []string{"Saskia", "Berg-de Wit", "secret"} {
		assert.NotContains(t, page.body, personal)
	}

	today, tomorrow := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	for query, want := range map[string]int{
		"patient=p-smit&user=h-primary":          2, // a list, and the alert
		"patient=+p-smit+&user=h-primary":        2,
		"patient=p-smit&action=alert_shown":      1,
		"user=h-primary":                         6,
		"user=h-primary&action=alert_changed":    2,
		"from=" + today + "&user=h-primary":      6,
		"to=" + today + "&user=h-primary":        6,
		"from=" + tomorrow + "&user=h-primary":   0,
		"patient=nobody":                         0,
		"action=nothing_of_the_kind&user=h-none": 0,
	} {
		a := b.get("/audit?" + query)
		assert.Equal(t, http.StatusOK, a.status, query)
		assert.Equal(t, want, a.all("table.records tbody tr").Length(), query)
		assert.Equal(t, want == 0, len(a.all("main").Find("table").Nodes) == 0, query)
		assert.Equal(t, "/audit", a.attr(".asked .clear", "href"))
	}
	filtered := b.get("/audit?" + url.Values{"patient": {"p-smit"}, "action": {"alert_shown"}, "from": {today}}.Encode())
	assert.Equal(t, "p-smit", filtered.attr("#patient", "value"))
	assert.Equal(t, "alert_shown", filtered.attr("#action option[selected]", "value"))
	assert.Equal(t, today, filtered.attr("#from", "value"))
}

func TestLookingAtTheAuditTrailIsAudited(t *testing.T) {
	h := newHouse(t)
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	b.get("/alerts/a-1?status=open", htmx...)
	h.audit.taken()
	b.get("/audit?patient=p-berg")
	events := h.audit.taken()
	require.Equal(t, []string{"audit_shown done h-admin p-berg "}, recorded(events))
	assert.Equal(t, audit.Private{Terms: "patient=p-berg"}, events[0].Private)
	assert.Equal(t, audit.Basis{Rule: audit.ByRole}, events[0].Basis)
	assert.Equal(t, 1, events[0].Details.Rows)
	b.get("/audit?patient=Saskia")
	assert.Equal(t, []string{"audit_shown done h-admin  "}, recorded(h.audit.taken()), "what is no id is sealed only")

	h.audit.fails = func(audit.Event) error { return errAudit }
	assert.Equal(t, http.StatusInternalServerError, b.get("/audit").status)
}

func TestAuditPageSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	page := b.get("/audit?from=yesterday&to=2026-13-01&patient=p-1")
	assert.Equal(t, http.StatusUnprocessableEntity, page.status)
	assert.Equal(t, h.say("invalid.date"), page.text("#from-error"))
	assert.Equal(t, h.say("invalid.date"), page.text("#to-error"))
	assert.Equal(t, "p-1", page.attr("#patient", "value"), "nothing typed is lost")
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/audit?before=x").status)
}

func TestAuditPageGoesOn(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for range 230 {
		require.NoError(t, h.audit.Record(t.Context(), audit.Event{Action: audit.AlertShown, Outcome: audit.Done, User: "h-many", Patient: "p-many"}))
	}
	seen := map[string]bool{}
	for _, start := range []string{"/audit?user=h-many", "/audit?patient=p-many"} {
		clear(seen)
		pages := 0
		for path := start; path != ""; pages++ {
			page := b.get(path)
			require.Equal(t, http.StatusOK, page.status)
			for _, row := range page.all("tr[data-seq]").EachIter() {
				seq := row.AttrOr("data-seq", "")
				assert.False(t, seen[seq], seq)
				seen[seq] = true
			}
			path = page.all(`a[rel="next"]`).AttrOr("href", "")
		}
		assert.Len(t, seen, 230)
		assert.Equal(t, 3, pages)
	}
}
