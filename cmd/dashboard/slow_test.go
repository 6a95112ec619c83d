package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// holding keeps what the page asks for back until it is let through: what a slow
// network does, for as long as a test needs it.
const holding = `(() => {
	const fetch = window.fetch;
	let go;
	window.kept = [];
	window.held = new Promise((let) => { go = let; });
	window.hold = (which) => { window.fetch = (url, options = {}) => {
		const what = (options.method ?? "GET") + " " + url;
		if (!which.test(what)) return fetch(url, options);
		window.kept.push(what);
		return window.held.then(() => fetch(url, options));
	}; };
	window.letGo = () => { window.fetch = fetch; go(); };
})()`

// hold keeps back the requests whose method and address fit.
func (p *tab) hold(which string) {
	p.t.Helper()
	eval[any](p, "void ("+holding+", window.hold("+which+"))")
}

// letGo lets them through.
func (p *tab) letGo() {
	p.t.Helper()
	eval[any](p, `void window.letGo()`)
}

// goTo presses "j" up to an alert.
func (p *tab) goTo(id string) {
	p.t.Helper()
	for p.press("j"); p.at() != id; p.press("j") {
	}
}

// R15, R38: who types on after the key that opens a field means the text, however
// late the field is there; nothing of it decides about an alert.
func TestTypingAheadOfTheNoteDecidesNothing(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")[1]
	p.hold(`/^GET .*\/alerts\//`)
	p.goTo(orange.ID)
	p.press("ne")
	assert.Equal(t, orange.ID, p.at())
	assert.Equal(t, 0, p.count(".row[data-sent]"), "nothing is sent off")
	p.letGo()
	p.wait(focusIs("#note"))
	assert.Equal(t, "open", b.sandbox.alert(orange.ID).Status)
	p.press("Gebeld.")
	assert.Equal(t, "Gebeld.", p.noteValue())
	p.assertQuiet()
}

// R15: keys pressed before the page knew them aren't about another alert than the
// one they were pressed at.
func TestKeysPressedEarlyAreAboutWhatTheyWerePressedAt(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	v := newVisitor(t, b.url)
	b.awaitComplete(t)
	v.signInAs(b, admin)
	p := openTab(t, b)
	p.adopt(v)
	p.open("/?flag=orange")
	p.wait(boardComplete)
	order := p.order()
	eval[any](p, `void (document.querySelector("#board .who").focus(), ["e", "e", "e"].forEach((key) =>
		document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))))`)
	b.sandbox.awaitStatus(order[0], "processed")
	p.wait(fmt.Sprintf(`document.querySelector('.row[data-alert-id=%q][data-status=processed]')`, order[0]))
	assert.Equal(t, "open", b.sandbox.alert(order[1]).Status)
	assert.Equal(t, "open", b.sandbox.alert(order[2]).Status)
	p.assertQuiet()
}

// R15: while a dialog asks, no key does anything behind it, wherever the focus is.
func TestKeysAreDeadBehindADialog(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")[0]
	p.goTo(orange.ID)
	p.press("o")
	p.waitFor(detail(orange.ID) + " #act")
	p.press("E")
	p.waitFor("#ask[open]")
	eval[any](p, `void document.activeElement.blur()`) // as a click on the dialog's text does
	p.press("e")
	p.waitFor("#ask[open]")
	assert.Equal(t, orange.ID, p.shown())
	assert.Equal(t, 0, p.count(".row[data-sent]"))
	assert.Equal(t, "open", b.sandbox.alert(orange.ID).Status)
	p.assertQuiet()
}

// R15, R36: the key that takes back never means the deed before the last while the
// last is still on its way.
func TestUndoWaitsForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	p.goTo(b.sandbox.open("orange")[0].ID)
	former := p.at()
	p.press("e")
	b.sandbox.awaitStatus(former, "processed")
	p.waitFor(row(former) + "[data-status=processed][data-delivery='']")
	last := p.at()
	p.hold(`/^POST .*\/alerts\//`)
	p.press("e")
	p.waitFor(row(last) + "[data-sent]")
	p.press("z")
	assert.Contains(t, p.text("#toasts"), "on its way")
	p.letGo()
	b.sandbox.awaitStatus(last, "processed")
	p.waitFor(row(last) + "[data-status=processed][data-delivery='']")
	p.waitFor(fmt.Sprintf("#toasts .toast[data-alert-id=%q]", last)) // its answer may come after the stream's word
	assert.Equal(t, "processed", b.sandbox.alert(former).Status, "the deed before stays done")
	p.press("z")
	b.sandbox.awaitStatus(last, "open")
	assert.Equal(t, "processed", b.sandbox.alert(former).Status)
	p.assertQuiet()
}

// R38: an answer to the form finds it: no other alert takes its place meanwhile.
func TestAnAnswerFindsTheFormItIsFor(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.post("/settings", map[string][]string{"advance": {"off"}})
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")
	target := orange[0]
	p.goTo(target.ID)
	p.press("o")
	p.waitFor(detail(target.ID) + " #act")
	p.look()
	p.hold(`/^POST .*\/alerts\/[^/]*$|^POST .*\/alerts\/[^/]*\?/`)
	eval[any](p, `void (document.querySelector("#act [name=seen]").value = "not a time")`) // the board refuses that
	p.press("e")
	p.wait(`window.kept.length === 1`)
	p.press("j")
	p.press(kb.Escape)
	p.letGo()
	p.wait(`document.querySelector("#detail .notice.error")?.checkVisibility()`)
	assert.Equal(t, target.ID, p.shown())
	p.assertQuiet(422)
}

// R15: an alert the list doesn't show is looked at before it is acted on, too.
func TestAnAlertOutsideTheListIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	red := b.sandbox.open("red")[0]
	p.open(alertPath(red.ID) + "?flag=gray")
	p.wait(boardComplete)
	p.wait(`document.querySelector("#board .who[tabindex='0']")`)
	p.look()
	// It changes under the hand, and is another to look at.
	eval[any](p, `void (document.querySelector("#act [name=seen]").value = new Date().toISOString())`)
	p.press("e")
	assert.Contains(t, p.text("#toasts"), "Look first")
	assert.Equal(t, "open", b.sandbox.alert(red.ID).Status)
	p.assertQuiet()
}

// R38: what was read ahead before a draft was kept isn't shown any more, and
// nothing is decided from the list past a note that isn't in sight.
func TestANoteTypedIsInSightOrNothingIsDecided(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")[1]
	p.goTo(orange.ID)
	p.press("k")
	former := p.at()
	p.press("jo")
	p.waitFor(detail(orange.ID) + " #act")
	p.tap("n")
	p.wait(focusIs("#note"))
	p.hold(`/^POST .*\/draft/`)
	p.press("Belt terug.")
	p.press(kb.Escape + "k") // its successor is read ahead now, without what is on its way
	p.waitFor(detail(former) + " #act")
	p.press(kb.Escape) // nothing is open
	p.press("j")
	p.press("e")
	assert.Contains(t, p.text("#toasts"), "Look first")
	p.waitFor(detail(orange.ID) + " #act")
	assert.Equal(t, "Belt terug.", p.noteValue())
	assert.Equal(t, "open", b.sandbox.alert(orange.ID).Status)
	p.letGo()
	p.wait(`document.querySelector("#draft").textContent.startsWith("Draft kept")`)
	p.press("e")
	b.sandbox.awaitStatus(orange.ID, "processed")
	assert.Equal(t, "Belt terug.", b.sandbox.lastRecord(orange.ID).Note)
	p.assertQuiet()
}
