package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// delivery finds an alert's row while its action stands so.
func delivery(id, state string) string { return row(id) + fmt.Sprintf("[data-delivery=%q]", state) }

// One key takes the last action back, again the one before it (R36); what the key
// would do while something is typed, it doesn't (R29).
func TestUndoByKey(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	first, second := b.sandbox.open("orange")[0], b.sandbox.open("orange")[1]
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)
	for _, a := range []apiAlert{first, second} {
		p.openAlert(a.ID)
		p.click(processButton)
		p.waitFor(stateIs(a.ID, "processed"))
	}
	assert.Contains(t, p.text(".toast"), b.sandbox.patient(second.Patient).LastName, "R8")

	p.click("#note")
	p.press("z")
	assert.Equal(t, "z", p.noteValue())
	p.press(kb.Backspace)
	p.click("#detail h3")
	p.press("z")
	p.waitFor(stateIs(second.ID, "open"))
	assert.Equal(t, "processed", b.sandbox.alert(first.ID).Status)
	p.shot("undone")
	p.press("z")
	b.sandbox.awaitStatus(first.ID, "open")
	p.press("z")
	p.wait(`document.querySelector("#toasts .notice")?.textContent.includes("nothing of yours to take back")`)
	p.assertQuiet(409)
}

// Somebody acted and the board couldn't know yet: nothing is written over it, the
// row says so, and the note can still be added (R44, R45).
func TestConflictFoundLater(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=10m")
	target := find(b.sandbox, b.openOf(fatima), "one of hers", func(apiAlert) bool { return true })
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)
	p.openAlert(target.ID)
	b.sandbox.change(fatima, target.ID, "processed", "Was al gebeld.")
	records := len(b.sandbox.records(target.ID))
	p.click("#note")
	p.paste("Mijn eigen notitie.")
	p.click(processButton)
	p.waitFor(delivery(target.ID, "conflict"))
	p.waitFor("#detail .notice.conflict")
	assert.Contains(t, p.text("#detail .notice.conflict"), "Processed by "+fatima)
	assert.Equal(t, "Mijn eigen notitie.", p.noteValue())
	assert.Len(t, b.sandbox.records(target.ID), records, "nothing was written")
	p.waitFor("#unfinished a")
	p.shot("conflict-later")

	p.look()                                           // at what it has become
	p.click("#act > .buttons button[value=processed]") // adds the note, the status stays
	p.wait(`!document.querySelector("#unfinished a") && document.querySelector("#detail")?.dataset.delivery === ""`)
	assert.Equal(t, "Mijn eigen notitie.", b.sandbox.lastRecord(target.ID).Note)
	assert.Equal(t, "processed", b.sandbox.alert(target.ID).Status)
	p.assertQuiet()
}

// Several at once, each result by itself: what failed says why and stays selected
// (R16).
func TestSeveralAtOnceInTheBrowser(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=10m")
	hers := b.openOf(fatima)
	taken, others := hers[0], hers[1:4]
	p := openTab(t, b)
	p.signIn(b, admin)
	p.click(".news a.chip")
	p.arrive("/alerts/bulk")
	for _, a := range hers[:4] {
		p.click(fmt.Sprintf(`[name=id][value=%q]`, a.ID))
	}
	p.click("#note")
	p.paste("Samen bekeken.")
	p.shot("several")
	b.sandbox.change(fatima, taken.ID, "escalated", "Al doorgestuurd.")
	p.click(".bulk button[value=processed]")
	p.arrive("/alerts")
	p.wait(`document.querySelectorAll("#batch [data-state=confirmed]").length === 3 && !document.querySelector("#batch[hx-get]")`)
	p.shot("several-done")
	for _, a := range others {
		assert.Equal(t, "processed", b.sandbox.alert(a.ID).Status)
		assert.Equal(t, "Samen bekeken.", b.sandbox.lastRecord(a.ID).Note)
	}
	failed := fmt.Sprintf("#batch li[data-alert-id=%q][data-delivery=conflict]", taken.ID)
	assert.Contains(t, p.text(failed), "Escalated by "+fatima)
	assert.Contains(t, p.text(failed), b.sandbox.patient(taken.Patient).LastName)
	assert.Equal(t, "escalated", b.sandbox.alert(taken.ID).Status)
	p.click("#batch form[action='/alerts/bulk'] button")
	p.arrive("/alerts/bulk")
	assert.Equal(t, 1, p.count("[name=id]:checked"))
	p.assertQuiet()
}
