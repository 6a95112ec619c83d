package main

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signIn signs in as a persona, once the board knows everything.
func (p *tab) signIn(b *runningBoard, name string) {
	p.t.Helper()
	b.awaitComplete(p.t)
	p.open("/signin")
	p.click(personaButton(b, name))
	p.wait(boardComplete)
}

// stay makes the tab's pages those of somebody who doesn't want to go on to the
// next alert after an action (R35), so that its result stands in the detail.
func (p *tab) stay() {
	p.t.Helper()
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("DOMContentLoaded", () => document.body.removeAttribute("data-advance"))`,
	})
}

// look waits as long as a red alert has to be looked at before it can be acted on
// (R15).
func (p *tab) look() {
	p.t.Helper()
	p.wait(fmt.Sprintf(`performance.now() > %f`, eval[float64](p, `performance.now()`)+400))
}

// personaButton signs in as somebody.
func personaButton(b *runningBoard, name string) string {
	return fmt.Sprintf("button[name=persona][value=%q]", b.sandbox.hcp(name).ID)
}

// The buttons that decide. Some of their values stand in the dialog, too.
const (
	processButton = "#act > .buttons button[value=processed]"
	reopenButton  = "#act > .buttons button[value=open]"
	askButton     = "#act > .buttons [command=show-modal][commandfor=ask]"
)

// boardComplete is true on a board that has read every day of its window.
const boardComplete = `document.readyState === "complete" && document.querySelector("#board[data-freshness=live]") && !document.querySelector(".counts.not-known")`

func row(id string) string { return fmt.Sprintf(".row[data-alert-id=%q]", id) }

// stateIs finds the state the shown alert itself is in, beside those of the
// patient's other alerts.
func stateIs(id, state string) string { return detail(id) + " .card > h3 .state." + state }

func detail(id string) string { return fmt.Sprintf("#detail[data-alert-id=%q]", id) }

// openAlert opens one from the list.
func (p *tab) openAlert(id string) {
	p.t.Helper()
	p.click(row(id) + " .who")
	p.waitFor(detail(id) + " .banner")
	p.look()
}

// TestCoreFlow is a clinician's first minutes: sign in, process one alert,
// escalate another, reopen a third; and what Luscii then holds.
func TestCoreFlow(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--arrivals 0") // as large as a newcomer's
	me := b.sandbox.hcp(admin).ID
	red, orange := b.sandbox.open("red")[0], b.sandbox.open("orange")[0]
	p := openTab(t, b)
	p.stay()

	p.open("/signin")
	p.shot("sign-in")
	p.signIn(b, admin)
	p.shot("board")
	p.theme("dark")
	p.shot("board-dark")
	p.theme("light")
	for _, flag := range []string{"red", "orange", "gray"} {
		assert.Equal(t, strconv.Itoa(len(b.sandbox.open(flag))), p.text(fmt.Sprintf("[data-count=%s]", flag)), flag) // R5
	}

	p.waitFor("#detail p")
	assert.Contains(t, p.text("#detail"), "Choose an alert")

	// The detail opens beside the list, which is the same list as before.
	eval[bool](p, `document.querySelector("#board").untouched = true`)
	p.openAlert(red.ID)
	p.wait(fmt.Sprintf(`location.pathname === %q`, alertPath(red.ID)))
	assert.True(t, eval[bool](p, `document.querySelector("#board").untouched === true`), "the list stays")
	p.waitFor(row(red.ID) + `[aria-current=true]`)
	p.shot("alert")
	p.theme("dark")
	p.shot("alert-dark")
	p.theme("light")

	p.click("#category")
	p.press("Called\r")
	p.click("#note")
	p.press("Gebeld: voelt zich beter.")
	p.click(processButton)
	p.wait(`document.querySelector(".toast")?.textContent.startsWith("Processed · ")`) // said once Luscii did
	p.waitFor(stateIs(red.ID, "processed"))
	p.waitFor(row(red.ID) + "[data-left][data-status=processed]") // marked where it stands (R37)
	assert.Contains(t, p.text(row(red.ID)), admin)
	p.wait(fmt.Sprintf(`document.querySelector("#filters [aria-current] .n").textContent === "%d"`, len(b.sandbox.open(""))-1)) // what the list holds, said above it
	done := b.sandbox.alert(red.ID)
	assert.Equal(t, "processed", done.Status)
	assert.Equal(t, me, done.ProcessedBy, "written with the clinician's own key")
	record := b.sandbox.lastRecord(red.ID)
	assert.Equal(t, "called_patient", record.Category)
	assert.Equal(t, "Gebeld: voelt zich beter.", record.Note)

	p.escalate(b, orange)
	p.wait(fmt.Sprintf(`!document.querySelector(%q)`, row(red.ID))) // gone since the next one was opened
	assert.Equal(t, me, b.sandbox.alert(orange.ID).EscalatedBy)

	// A third, from the view of what was processed today.
	p.click(`.chips a[href*="status=processed"]`)
	p.wait(`location.search.includes("status=processed") && document.querySelector(".row")`)
	p.openAlert(red.ID)
	p.click(reopenButton)
	p.waitFor(stateIs(red.ID, "open"))
	assert.Equal(t, "open", b.sandbox.alert(red.ID).Status)
	p.click(".brand")
	p.waitFor(row(red.ID))

	p.assertQuiet()
}

// escalate escalates an alert and looks at what is asked before (R16).
func (p *tab) escalate(b *runningBoard, a apiAlert) {
	p.t.Helper()
	patient := b.sandbox.patient(a.Patient)
	p.openAlert(a.ID)
	p.click("#note")
	p.press("Graag overleg.")
	p.click(askButton)
	p.waitFor("#ask[open]")
	asked := p.text("#ask")
	assert.Contains(p.t, asked, patient.LastName)
	assert.Contains(p.t, asked, patient.BirthDate[:4])
	assert.Contains(p.t, asked, patient.number())
	p.shot("escalate-dialog")

	// Escape and Cancel leave it as it was, and the note where it is.
	p.press("\x1b")
	p.wait(`!document.querySelector("#ask[open]")`)
	p.click(askButton)
	p.click("#ask [command=close]")
	p.wait(`!document.querySelector("#ask[open]")`)
	require.Equal(p.t, "open", b.sandbox.alert(a.ID).Status)
	assert.Equal(p.t, "Graag overleg.", eval[string](p, `document.querySelector("#note").value`))

	p.click(askButton)
	p.click("#ask button[value=escalated]")
	p.waitFor(stateIs(a.ID, "escalated"))
	assert.Contains(p.t, p.text(".toast"), patient.LastName)
	assert.Equal(p.t, "escalated", b.sandbox.alert(a.ID).Status)
	assert.Equal(p.t, "Graag overleg.", b.sandbox.lastRecord(a.ID).Note)
}
