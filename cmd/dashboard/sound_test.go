package main

import (
	"fmt"
	"net/url"
	"testing"

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

// reds puts a number of new reds on the button that shows them.
func (p *tab) reds(n int) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`void ((button) => {
		button.hidden = %d === 0;
		button.classList.toggle("has-red", %[1]d > 0);
		button.querySelector(".n").textContent = "9 new (%[1]d red)";
	})(document.querySelector("#show-new"))`, n))
	eval[any](p, `new Promise((done) => setTimeout(done))`) // what watches has looked
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

// R4: a tone for new reds, once a minute at most, never for others.
func TestSoundForNewReds(t *testing.T) {
	t.Parallel()
	p := withSound(t, startBoard(t), false)
	p.wait(`document.querySelector("#sound-blocked").hidden`)
	p.reds(0)
	assert.Zero(t, eval[int](p, tones), "new ones, none of them red")
	p.reds(1)
	p.wait(tones + " === 1")
	p.reds(2)
	p.reds(1)
	p.reds(3)
	assert.Equal(t, 1, eval[int](p, tones), "within the minute")
	eval[any](p, `void (window.forward += 59_000)`)
	p.reds(4)
	assert.Equal(t, 1, eval[int](p, tones))
	eval[any](p, `void (window.forward += 2_000)`)
	p.reds(4)
	p.reds(2)
	assert.Equal(t, 1, eval[int](p, tones), "no more of them than before")
	p.reds(5)
	p.wait(tones + " === 2")

	eval[any](p, `void (window.forward += 61_000)`)
	eval[any](p, `void (document.querySelector("[data-count=red]").textContent = "99")`)
	p.wait(tones + " === 3") // where no row was shown a red stands there at once
	p.press("j")
	eval[any](p, `void (window.forward += 61_000)`)
	p.press("j")
	eval[any](p, `void (document.querySelector("[data-count=red]").textContent = "100")`)
	p.reds(5)
	assert.Equal(t, 3, eval[int](p, tones), "what the user just did is no news")
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
	p.reds(2)
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
	p.reds(3)
	assert.Zero(t, eval[int](p, tones))
	p.open("/settings")
	p.click("#test-sound")
	p.wait(tones + " === 1")
	p.click("#test-sound")
	p.wait(tones + " === 2")
	p.assertQuiet()
}
