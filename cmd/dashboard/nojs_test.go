package main

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noScript switches the page's JavaScript off. What a test itself asks of the
// page still works.
func (p *tab) noScript() {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.bare = true
}

// arrive waits until a page is there as a whole.
func (p *tab) arrive(path string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

// TestCoreFlowWithoutJavaScript is the same flow by links, forms and whole pages.
func TestCoreFlowWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=30s") // no page is fetched anew while the test looks at it
	me := b.sandbox.hcp(admin).ID
	red, orange := b.sandbox.open("red")[0], b.sandbox.open("orange")[0]
	b.awaitComplete(t)

	p := openTab(t, b)
	p.noScript()
	p.open("/signin")
	p.click(personaButton(b, admin))
	p.waitFor("#board[data-freshness=live]")
	assert.Equal(t, "30", eval[string](p, `document.querySelector("meta[http-equiv=refresh]").content`))
	for _, flag := range []string{"red", "orange", "gray"} {
		assert.Equal(t, strconv.Itoa(len(b.sandbox.open(flag))), p.text(fmt.Sprintf("[data-count=%s]", flag)), flag) // R5
	}

	// A page on which somebody types is never fetched anew.
	p.openAlert(red.ID)
	p.arrive(alertPath(red.ID))
	assert.Zero(t, p.count("meta[http-equiv=refresh]"))
	p.click("#category")
	p.press("Called\r")
	p.click("#note")
	p.press("Gebeld.")
	p.click(processButton)
	p.waitFor(".toast")
	assert.Contains(t, p.text(".toast"), "Being processed")
	assert.Equal(t, "/", eval[string](p, `location.pathname`))
	done := b.sandbox.awaitStatus(red.ID, "processed")
	p.awaitNoRow(red.ID)
	assert.Equal(t, me, done.ProcessedBy)
	assert.Equal(t, "called_patient", b.sandbox.lastRecord(red.ID).Category)
	assert.Equal(t, "Gebeld.", b.sandbox.lastRecord(red.ID).Note)

	// Escalating asks on a page of its own, which names the patient (R16).
	patient := b.sandbox.patient(orange.Patient)
	p.openAlert(orange.ID)
	p.click(`#act a[href*="/escalate"]`)
	p.arrive(alertPath(orange.ID) + "/escalate")
	asked := p.text("main .banner")
	assert.Contains(t, asked, patient.LastName)
	assert.Contains(t, asked, patient.BirthDate[:4])
	assert.Contains(t, asked, patient.number())
	assert.Zero(t, p.count("meta[http-equiv=refresh]"))
	p.shot("escalate-page")
	p.click("#note")
	p.press("Graag overleg.")
	p.click("#act button[value=escalated]")
	p.waitFor(".toast")
	escalated := b.sandbox.awaitStatus(orange.ID, "escalated")
	p.awaitNoRow(orange.ID)
	assert.Equal(t, me, escalated.EscalatedBy)
	assert.Equal(t, "Graag overleg.", b.sandbox.lastRecord(orange.ID).Note)

	p.click(`.chips a[href*="status=processed"]`)
	p.waitFor(row(red.ID))
	p.openAlert(red.ID)
	p.click(reopenButton)
	p.waitFor(".toast")
	b.sandbox.awaitStatus(red.ID, "open")

	// Taken back by the button in the toast, which is there without a script, too.
	p.click(".toast .undo")
	b.sandbox.awaitStatus(red.ID, "processed")
	p.assertQuiet()
}

// awaitNoRow fetches the list until it doesn't hold the alert.
func (p *tab) awaitNoRow(id string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		p.open("/")
		return p.count(row(id)) == 0
	}, waitWithin, 50*time.Millisecond)
}

// Without JavaScript the board fetches itself anew at every poll interval.
func TestBoardRefreshesWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=1s")
	p := openTab(t, b)
	p.noScript()
	p.open("/signin")
	p.click(personaButton(b, admin))
	p.waitFor("#board")
	p.wait(boardComplete)
	known := p.count(".row")
	b.sandbox.faults(`{"arrivals": "5/s"}`)
	p.wait(fmt.Sprintf(`document.querySelectorAll(".row").length > %d`, known))
	p.assertQuiet()
}
