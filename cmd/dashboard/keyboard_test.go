package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusePointers makes any use of a pointer an error on the console.
const refusePointers = `for (const kind of ["pointerdown", "pointermove", "mousedown", "mousemove", "touchstart"])
	document.addEventListener(kind, () => console.error("a pointer was used: " + kind), true)`

// tabTo presses Tab until the focus is where the expression says, and answers
// how often that took.
func (p *tab) tabTo(expression string) int {
	p.t.Helper()
	const enough = 150
	for presses := 1; presses <= enough; presses++ {
		p.press(kb.Tab)
		if eval[bool](p, "!!("+expression+")") {
			return presses
		}
	}
	require.Fail(p.t, "Tab never gets there", "%s; focus on %s", expression, eval[string](p, `document.activeElement.outerHTML`))
	return 0
}

// focusIs is true where the focus is on what the selector finds.
func focusIs(selector string) string {
	return fmt.Sprintf(`document.activeElement.matches(%q)`, selector)
}

// A first alert is processed without a mouse (R34).
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	target := b.sandbox.open("red")[0].ID
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: refusePointers})
	b.awaitComplete(t)
	p.open("/signin")
	p.tabTo(focusIs(personaButton(b, admin)))
	p.press(kb.Enter)
	p.wait(boardComplete)

	toRow := p.tabTo(focusIs(".row .who"))
	for !eval[bool](p, focusIs(row(target)+" .who")) { // the list is one tab stop (R28)
		p.press("j")
		toRow++
	}
	assert.True(t, eval[bool](p, `getComputedStyle(document.activeElement.closest(".row")).outlineStyle !== "none"`), "the focused row shows it (R31)")
	p.press(kb.Enter)
	p.waitFor(detail(target) + " .banner")
	toNote := p.tabTo(focusIs("#note"))
	p.press("Zonder muis.")
	toProcess := p.tabTo(focusIs(processButton))
	t.Logf("Tab presses: %d to the row, %d on to the note, %d on to the button", toRow, toNote, toProcess)
	p.press(kb.Enter)
	p.waitFor(row(target) + "[data-left][data-status=processed]")
	p.waitFor(".toast")
	assert.True(t, eval[bool](p, focusIs(".row .who")), "the next one has the focus (R35)")

	a := b.sandbox.alert(target)
	assert.Equal(t, "processed", a.Status)
	assert.Equal(t, b.sandbox.hcp(admin).ID, a.ProcessedBy)
	assert.Equal(t, "Zonder muis.", b.sandbox.lastRecord(target).Note)
	p.assertQuiet()
}

// Enter in a field decides nothing by itself.
func TestEnterInAFieldDecidesNothing(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	target := b.sandbox.open("orange")[0]
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)
	p.openAlert(target.ID)
	p.click("#category")
	p.press(kb.End + kb.Enter) // "Other…", which brings a field for its text
	p.click("#act [name=category_other]")
	p.press("eigen categorie")
	p.press(kb.Enter)
	p.click("#note")
	p.press("regel een" + kb.Enter + "regel twee")
	assert.Equal(t, "regel een\nregel twee", p.noteValue())
	assert.Equal(t, target, b.sandbox.alert(target.ID))

	p.click(processButton)
	p.waitFor(stateIs(target.ID, "processed"))
	record := b.sandbox.lastRecord(target.ID)
	assert.Equal(t, "eigen categorie", record.Category)
	assert.Equal(t, "regel een\nregel twee", record.Note)
	p.assertQuiet()
}
