package main

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quietAudio stands in for the browser's: it counts tones, and is blocked until
// somebody clicks or presses a key, if the page is told so. The page's clock can
// be put forward.
const quietAudio = `window.tones = 0; window.forward = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + window.forward;
const gestured = new Promise((done) => document.addEventListener("keydown", () => { window.gesture = true; done(); }, { once: true, capture: true }));
window.AudioContext = class {
	currentTime = 0; destination = {};
	get state() { return window.gesture || !%t ? "running" : "suspended"; }
	resume() { return this.state === "running" ? Promise.resolve() : gestured; }
	createGain() { return { connect() {}, gain: { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} } }; }
	createOscillator() { return { connect() {}, frequency: {}, start() { window.tones++; }, stop() {} }; }
};
navigator.locks.request = (name, options, hold) => Promise.resolve(hold({ name })); // a minute isn't waited for here`

// reds tells the page that there are more red ones than before.
func (p *tab) reds() {
	p.t.Helper()
	eval[any](p, `void document.dispatchEvent(new Event("board:reds"))`)
}

func withSound(t *testing.T, b *runningBoard, blocked bool) *tab {
	t.Helper()
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.post("/settings", url.Values{"sound": {"on"}})
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(quietAudio, blocked)})
	p.adopt(v)
	p.open("/")
	p.wait(boardComplete)
	return p
}

const tones = `window.tones`

// R4: a tone for new reds, once a minute at most, never for what the user just did.
func TestSoundForNewReds(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	p := withSound(t, b, false)
	p.wait(`document.querySelector("#sound-blocked").hidden`)
	reds := func() int {
		b.sandbox.first = nil // what it holds by now
		return len(b.sandbox.open("red"))
	}
	before := reds()
	b.sandbox.faults(`{"arrivals": "20/s"}`)
	require.Eventually(t, func() bool { return reds() > before }, waitWithin, 50*time.Millisecond)
	b.sandbox.faults(`{"arrivals": "0"}`)
	p.wait(tones + " === 1")

	p.reds()
	eval[any](p, `void (window.forward += 59_000)`)
	p.reds()
	assert.Equal(t, 1, eval[int](p, tones), "within the minute")
	eval[any](p, `void (window.forward += 2_000)`)
	p.reds()
	p.wait(tones + " === 2")

	eval[any](p, `void (window.forward += 61_000)`)
	p.press("j")
	p.reds()
	assert.Equal(t, 2, eval[int](p, tones), "what the user just did is no news")
	eval[any](p, `void (window.forward += 6_000)`)
	p.reds()
	p.wait(tones + " === 3")
	p.assertQuiet()
}

// R4: where the browser blocks sound the page says so, until it doesn't.
func TestSoundThatIsBlocked(t *testing.T) {
	t.Parallel()
	p := withSound(t, startBoard(t), true)
	p.waitFor("#sound-blocked")
	p.shot("sound-blocked")
	p.press("j")
	p.wait(`document.querySelector("#sound-blocked").hidden`)
	eval[any](p, `void (window.forward += 6_000)`)
	p.reds()
	p.wait(tones + " === 1")

	p.open("/settings")
	p.click("#test-sound") // a click is no gesture to what stands in for the browser
	p.waitFor("#sound-blocked")
	assert.Zero(t, eval[int](p, tones))
	p.press("j")
	p.click("#test-sound")
	p.wait(tones + " > 0 && document.querySelector('#sound-blocked').hidden")
	p.assertQuiet()
}

// R4: sound is opt-in; who hasn't chosen it can try it, and loads no other.
func TestNoSoundUnlessChosen(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(quietAudio, false)})
	p.signIn(b, admin)
	require.Zero(t, p.count("#sound-blocked, body[data-sound]"))
	p.reds()
	assert.Zero(t, eval[int](p, tones))
	p.open("/settings")
	p.click("#test-sound")
	p.wait(tones + " === 1")
	p.click("#test-sound")
	p.wait(tones + " === 2")
	p.assertQuiet()
}
