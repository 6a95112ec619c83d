package main

import (
	"fmt"
	"testing"

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
