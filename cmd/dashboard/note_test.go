package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// noteValue is what stands in the note.
func (p *tab) noteValue() string {
	p.t.Helper()
	return eval[string](p, `document.querySelector("#note").value`)
}

// Whatever goes wrong, the note stays where it was typed (R38), and nothing is
// written that shouldn't be (R44).
func TestNoteSurvivesRefusals(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=300ms", "LUSCII_WRITE_TIMEOUT=1s", "LUSCII_WRITE_GRACE=1s")
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)

	p.noteTooLong(b)
	p.processedMeanwhile(b)
	p.upstreamDown(b)
	p.writeUncertain(b)
	p.assertQuiet(422, 409)
}

// typeAndProcess opens an alert, puts a note in and tries to process it.
func (p *tab) typeAndProcess(id, note string) {
	p.t.Helper()
	p.openAlert(id)
	p.click("#note")
	p.paste(note)
	p.click(processButton)
}

// noteTooLong: a character too many is said, and not cut off.
func (p *tab) noteTooLong(b *runningBoard) {
	t := p.t
	target := b.sandbox.open("orange")[0]
	note := strings.Repeat("Zo veel te zeggen. ", 527)[:10_001]
	p.typeAndProcess(target.ID, note)
	p.waitFor("#note-error")
	assert.Contains(t, p.text("#note-error"), "10,000")
	assert.Equal(t, note, p.noteValue())
	assert.True(t, p.answered(422))
	assert.Equal(t, target, b.sandbox.alert(target.ID))

	// Shortened as asked, it goes through.
	p.click("#note")
	p.press(kb.End, ctrl)
	p.press(kb.Backspace)
	p.click(processButton)
	p.waitFor(stateIs(target.ID, "processed"))
	assert.Equal(t, note[:10_000], b.sandbox.lastRecord(target.ID).Note)
}

// processedMeanwhile: somebody else was faster; the page says who, and when.
func (p *tab) processedMeanwhile(b *runningBoard) {
	t := p.t
	target := b.arrivals(1, fatima)[0] // of today, which is listed at every poll
	p.wait(fmt.Sprintf(`document.querySelector(%q) || !document.querySelector("#show-new").hidden`, row(target.ID)))
	if p.count(row(target.ID)) == 0 {
		p.click("#show-new")
	}
	p.openAlert(target.ID)
	b.sandbox.change(fatima, target.ID, "processed", "Was al gebeld.")
	p.waitFor(row(target.ID) + "[data-left]") // the board knows
	held := b.sandbox.alert(target.ID)
	records := b.sandbox.records(target.ID)

	p.click("#note")
	p.paste("Mijn eigen notitie.")
	p.click(processButton)
	p.waitFor("#detail .notice.conflict")
	said := p.text("#detail .notice.conflict")
	assert.Contains(t, said, "Processed by "+fatima)
	assert.Regexp(t, `\d\d:\d\d`, said, "when")
	assert.Equal(t, "Mijn eigen notitie.", p.noteValue())
	assert.True(t, p.answered(409))
	p.shot("conflict")

	assert.Equal(t, held, b.sandbox.alert(target.ID), "nothing was written")
	assert.Equal(t, records, b.sandbox.records(target.ID))
}

// upstreamDown: Luscii refuses everything. The action is kept, says that it waits
// and why, and is made as soon as Luscii is back (R46).
func (p *tab) upstreamDown(b *runningBoard) {
	t := p.t
	target := b.sandbox.open("orange")[1]
	p.openAlert(target.ID)
	b.sandbox.faults(`{"errors": 1}`)
	defer b.sandbox.faults(`{}`)
	p.click("#note")
	p.paste("Moet bewaard blijven.")
	p.click(processButton)
	p.waitFor(detail(target.ID) + ` .notice.conflict`)
	said := p.text("#detail .notice.conflict")
	assert.Contains(t, said, "Being processed")
	assert.Contains(t, said, "Luscii doesn't answer. Trying again at")
	assert.Contains(t, said, "Your note is kept")
	assert.Zero(t, p.count(stateIs(target.ID, "processed")), "no success before Luscii said so (R38)")
	p.shot("waiting")

	b.sandbox.faults(`{}`)
	p.waitFor(stateIs(target.ID, "processed"))
	assert.Equal(t, "Moet bewaard blijven.", b.sandbox.lastRecord(target.ID).Note)
}

// writeUncertain: Luscii fails once the change was sent, so nobody knows. It is
// looked at, and sent again only once it is known not to have been made.
func (p *tab) writeUncertain(b *runningBoard) {
	t := p.t
	target := b.sandbox.open("orange")[2]
	p.openAlert(target.ID)
	b.sandbox.faults(`{"errors": 1, "only": "writes"}`)
	defer b.sandbox.faults(`{}`)
	p.click("#note")
	p.paste("Kwam dit aan?")
	p.click(processButton)
	p.waitFor(detail(target.ID) + ` .notice.conflict`)
	assert.Contains(t, p.text("#detail .notice.conflict"), "Luscii didn't answer")
	before := len(b.sandbox.records(target.ID))

	b.sandbox.faults(`{}`)
	p.waitFor(stateIs(target.ID, "processed"))
	assert.Len(t, b.sandbox.records(target.ID), before+1, "once")
	assert.Equal(t, "Kwam dit aan?", b.sandbox.lastRecord(target.ID).Note)
}

// What was typed about one alert waits there while others are looked at, by link
// and by the browser's Back, and while somebody signs in again (R38).
func TestNoteSurvivesLookingElsewhere(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)
	first, second := b.sandbox.open("red")[0], b.sandbox.open("orange")[0]
	p.openAlert(first.ID)
	p.click("#note")
	p.press("Half gety")
	p.openAlert(second.ID)
	assert.Empty(t, p.noteValue(), "another alert's form is its own")
	p.openAlert(first.ID)
	p.wait(`document.querySelector("#note").value === "Half gety"`)

	// The session ends, here or in another window: the page says so and keeps all.
	eval[int](p, `fetch("/signout", { method: "POST" }).then((answer) => answer.status)`)
	p.click(processButton)
	p.waitFor("#toasts .notice.error")
	assert.Contains(t, p.text("#toasts"), "You are signed out")
	assert.Equal(t, "Half gety", p.noteValue())
	assert.True(t, p.answered(401))
	assert.Equal(t, first, b.sandbox.alert(first.ID))

	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	p.adopt(v)
	p.click(processButton)
	p.waitFor(stateIs(first.ID, "processed"))
	assert.Equal(t, "Half gety", b.sandbox.lastRecord(first.ID).Note)

	// Back leads to what was looked at before.
	p.openAlert(second.ID)
	eval[any](p, `history.back()`)
	p.waitFor(detail(first.ID) + " .banner")
	p.wait(fmt.Sprintf(`location.pathname === %q`, alertPath(first.ID)))
	p.assertQuiet(401)
}

// openOf is the open alerts of a professional's groups.
func (b *runningBoard) openOf(name string) []apiAlert {
	mine, _ := openByGroups(b.sandbox, b.sandbox.hcp(name).Groups)
	return slices.DeleteFunc(b.sandbox.open(""), func(a apiAlert) bool { return !slices.Contains(mine, a.ID) })
}
