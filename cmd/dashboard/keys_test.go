package main

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
)

// The modifiers of a key, as the browser's protocol numbers them.
const (
	withAlt  = 1
	withCtrl = 2
	withMeta = 4
)

// keyboard is a tab in which a pointer is an error (R34).
func keyboard(t *testing.T, b *runningBoard, name string) *tab {
	t.Helper()
	v := newVisitor(t, b.url)
	b.awaitComplete(t)
	v.signInAs(b, name)
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: refusePointers})
	p.adopt(v)
	p.open("/")
	p.wait(boardComplete)
	eval[any](p, `void document.dispatchEvent(new Event("focusin"))`) // the first touch brings the keys
	p.wait(`document.querySelector("#board .who[tabindex='0']")`)
	return p
}

// at is the alert the user is at: that of the row with the focus.
func (p *tab) at() string {
	p.t.Helper()
	return eval[string](p, `document.activeElement.closest("#board .row")?.dataset.alertId ?? ""`)
}

// shown is the alert in the detail, whose patient is named there.
func (p *tab) shown() string {
	p.t.Helper()
	return eval[string](p, `document.querySelector("#detail .banner") ? document.querySelector("#detail").dataset.alertId : ""`)
}

// toast is what is said of the last action, once the board has answered it.
func toast(id string) string { return fmt.Sprintf(".toast[data-alert-id=%q]", id) }

// with presses a key together with modifiers.
func (p *tab) with(modifiers int64, key, code string, virtual int64) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: code, WindowsVirtualKeyCode: virtual, Modifiers: modifiers})
	}
}

// R28, R34: moving, opening and closing, and the way back.
func TestKeysMoveAndOpen(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	order := p.order()
	last := len(order) - 1
	for _, step := range []struct {
		key      string
		at, open string
	}{
		{"j", order[0], ""},
		{"j", order[1], ""},
		{kb.ArrowDown, order[2], ""},
		{"k", order[1], ""},
		{kb.ArrowUp, order[0], ""},
		{kb.ArrowUp, order[0], ""}, // there is none before it
		{kb.End, order[last], ""},
		{"j", order[last], ""},
		{kb.Home, order[0], ""},
		{"o", order[0], order[0]},
		{"j", order[1], order[1]}, // the detail follows
		{"o", order[1], ""},
		{kb.Enter, order[1], order[1]},
		{"k", order[0], order[0]},
		{kb.Escape, order[0], ""},
	} {
		p.press(step.key)
		p.wait(fmt.Sprintf(`document.activeElement.closest("#board .row")?.dataset.alertId === %q`, step.at))
		if step.open == "" {
			p.wait(`document.querySelector("#detail.none")`)
		} else {
			p.waitFor(detail(step.open) + " #act")
			p.waitFor(row(step.open) + "[aria-current=true]")
		}
		assert.Equal(t, 1, p.count(`#board .who[tabindex="0"]`), "one tab stop")
		assert.Equal(t, 0, p.count(`#board .who:not([tabindex])`))
	}
	described := eval[string](p, `document.getElementById(document.activeElement.getAttribute("aria-describedby")).dataset.alertId`)
	assert.Equal(t, order[0], described, "the row says what the link is about")

	// The next patient, whoever's alerts stand between; and the former again.
	name := func() string {
		return eval[string](p, `document.activeElement.closest(".row").querySelector(".line").textContent`)
	}
	was := name()
	p.press("]")
	next := name()
	assert.NotEqual(t, was, next)
	p.press("[")
	assert.Equal(t, was, name())
	p.assertQuiet()
}

// R29: dead where text is typed and with Ctrl, Alt and Meta; Escape leads out.
func TestKeysWhereTextIsTyped(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	p.press("j")
	target := p.at()
	p.tap("n")
	p.wait(focusIs("#note"))
	p.press("ejxz1?/.")
	assert.Equal(t, "ejxz1?/.", p.noteValue())
	p.press(kb.Escape)
	p.wait(fmt.Sprintf(`document.activeElement.closest(".row")?.dataset.alertId === %q`, target))
	p.press("c")
	p.wait(focusIs("#category"))
	p.press(kb.Escape)
	p.look()
	for _, modifier := range []int64{withCtrl, withAlt, withMeta} {
		p.with(modifier, "e", "KeyE", 'E')
	}
	assert.Equal(t, target, p.at())
	p.tap("/")
	p.wait(focusIs("#search"))
	p.press("e")
	assert.Equal(t, "e", eval[string](p, `document.activeElement.value`))
	p.press(kb.Escape)
	p.wait(`document.activeElement.closest(".row")`)
	assert.Equal(t, "open", b.sandbox.alert(target).Status)
	assert.Equal(t, "ejxz1?/.", p.noteValue())
	p.assertQuiet()
}

// R16: several are selected by keys, and a page that names them asks.
func TestKeysSelect(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	order := p.order()
	selected := func() []string {
		return eval[[]string](p, `[...document.querySelectorAll("#board .row[aria-selected=true]")].map((row) => row.dataset.alertId)`)
	}
	p.press("jx")
	assert.Equal(t, order[:1], selected())
	p.press("jjX")
	assert.Equal(t, order[:3], selected())
	assert.Equal(t, "3 selected", p.text("#selected"))
	p.press(kb.Escape)
	assert.Empty(t, selected())
	assert.Empty(t, p.text("#said"))
	p.press("x")
	p.press("kkX") // upwards
	assert.Equal(t, order[:3], selected())
	p.press("x")
	assert.Equal(t, order[1:3], selected())
	p.press(kb.Escape)

	p.press("a")
	mine := selected()
	assert.Contains(t, mine, p.at())
	patient := b.sandbox.alert(p.at()).Patient
	for _, a := range b.sandbox.open("") {
		assert.Equal(t, a.Patient == patient, slices.Contains(mine, a.ID), a.ID)
	}
	p.press("e")
	p.wait(`location.pathname === "/alerts/bulk"`)
	p.waitFor(".bulk")
	assert.Equal(t, len(mine), p.count(".bulk input[name=id]:checked"))
	assert.Contains(t, p.text("main"), b.sandbox.patient(patient).LastName)
	assert.Equal(t, "open", b.sandbox.alert(mine[0]).Status, "nothing is done unasked")
	p.assertQuiet()
}

// The keys that lead to other lists and pages.
func TestKeysGo(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.post("/settings/views", url.Values{"name": {"Rood van COPD"}, "q": {"flag:red"}})
	for _, step := range []struct{ keys, arrives string }{
		{"1", `location.search.includes("flag=red")`},
		{"2", `location.search.includes("flag=orange")`},
		{"3", `location.search.includes("flag=gray")`},
		{"0", `!location.search.includes("flag=")`},
		{"ge", `location.search.includes("status=escalated")`},
		{"gp", `location.search.includes("status=processed")`},
		{"go", `location.search.includes("status=open")`},
		{"4", `location.search.startsWith("?s=") && document.querySelector("#search").value === "flag:red"`},
		{"0", `document.querySelector("#search").value === ""`},
		{"gs", `location.pathname === "/settings"`},
		{"gi", `location.pathname === "/insights" && document.querySelector("#by-day .chart")`},
		{"gr", `location.pathname === "/reports" && document.querySelector(".report-list")`},
		{"go", `location.search.includes("status=open")`},
	} {
		p.press(step.keys)
		p.wait(`document.readyState === "complete" && document.querySelector("main") && ` + step.arrives)
	}
	p.tap("?")
	p.waitFor("dialog.help[open]")
	p.press(kb.Escape)
	p.wait(`!document.querySelector("dialog[open]")`)
	p.with(withCtrl, "k", "KeyK", 'K')
	p.waitFor("dialog[open] [role=combobox]")
	p.press(kb.Escape)
	p.wait(`!document.querySelector("dialog[open]")`)
	p.assertQuiet()
}

// R15: a red alert is acted on only after its details were on screen; a key that
// is held down acts once.
func TestARedAlertIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	red := b.sandbox.open("red")[0]
	for p.press("j"); p.at() != red.ID; p.press("j") {
	}
	// In one go, which takes less than the 300 ms.
	eval[any](p, `void ["e", "e", "e"].forEach((key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))`)
	p.waitFor(detail(red.ID) + " #act")
	assert.Contains(t, p.text("#toasts"), "Look first")
	assert.Equal(t, red.ID, p.at())
	assert.Equal(t, red, b.sandbox.alert(red.ID))

	p.look()
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "e", AutoRepeat: new(true)})
	assert.Equal(t, red.ID, p.at(), "a key held down decides nothing")
	p.press("e")
	b.sandbox.awaitStatus(red.ID, "processed")
	next := p.at()
	assert.NotEqual(t, red.ID, next)
	for range 3 {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "e", AutoRepeat: new(true)})
	}
	assert.Equal(t, next, p.at())
	p.waitFor(row(red.ID) + "[data-left]")
	assert.Equal(t, "open", b.sandbox.alert(next).Status)
	p.assertQuiet()
}

// R16, R35, R36: escalating asks and names the patient, the next alert is there
// after it, and one key takes it back.
func TestKeysEscalateAndUndo(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")[0]
	for p.press("j"); p.at() != orange.ID; p.press("j") {
	}
	p.press("o")
	p.waitFor(detail(orange.ID) + " #act")
	p.press("E")
	p.waitFor("#ask[open]")
	assert.Contains(t, p.text("#ask"), b.sandbox.patient(orange.Patient).LastName)
	assert.True(t, eval[bool](p, focusIs("#ask [command=close]")), "the harmless button first")
	p.press(kb.Tab + kb.Enter)
	b.sandbox.awaitStatus(orange.ID, "escalated")
	assert.NotEqual(t, orange.ID, p.at())
	assert.NotEmpty(t, p.at(), "the next one has the focus")
	p.waitFor(row(orange.ID) + "[data-status=escalated][data-delivery='']")
	p.waitFor(toast(orange.ID))
	p.press("z")
	b.sandbox.awaitStatus(orange.ID, "open")
	p.waitFor(row(orange.ID) + ":not([data-left])[data-status=open]")
	p.assertQuiet()
}

// R35: going on can be turned off; then the result stays in sight.
func TestGoingOnCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.post("/settings", url.Values{"advance": {"off"}})
	p := keyboard(t, b, admin)
	p.press("jo")
	target := p.at()
	p.waitFor(detail(target) + " #act")
	p.look()
	p.press("e")
	p.waitFor(stateIs(target, "processed"))
	assert.Equal(t, target, p.shown())
	p.assertQuiet()
}

// R41: the next two are read ahead, each once; opened, they are painted without
// waiting for the network, and the board's word follows.
func TestTheNextAlertsAreAtHand(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=10m")
	p := keyboard(t, b, admin)
	order := p.order()
	p.press("jo")
	p.waitFor(detail(order[0]) + " #act")
	read := `performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/alerts/")).map((entry) => new URL(entry.name).pathname)`
	p.wait(read + `.length >= 3`)
	assert.Subset(t, eval[[]string](p, read), []string{alertPath(order[1]), alertPath(order[2])})
	// What the key does is painted first, then the alert.
	shownNow := `(async (key) => { document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
		const row = document.activeElement.closest(".row")?.dataset.alertId;
		await new Promise((painted) => requestAnimationFrame(() => setTimeout(() => setTimeout(painted))));
		const detail = document.querySelector("#detail"); return row + (detail.querySelector("#act") ? " " + detail.dataset.alertId : "") })`
	assert.Equal(t, order[1]+" "+order[1], eval[string](p, shownNow+`("j")`), "in the same breath")
	assert.Equal(t, order[2]+" "+order[2], eval[string](p, shownNow+`("j")`))
	p.wait(fmt.Sprintf(`location.pathname === %q`, alertPath(order[2]))) // the board's word

	// One that wasn't read ahead: whose it will be stands there at once.
	far := order[len(order)-1]
	assert.Equal(t, far, eval[string](p, shownNow+`("End")`), "the former one's form is gone")
	assert.Contains(t, p.text("#detail"), b.sandbox.patient(b.sandbox.alert(far).Patient).LastName)
	p.waitFor(detail(far) + " #act")

	audit := newVisitor(t, b.url)
	audit.signInAs(b, admin)
	assert.Contains(t, audit.get("/audit?action=alert_prefetched").Text(), order[2], "read ahead is audited as such")
	assert.Contains(t, audit.get("/audit?action=alert_shown").Text(), order[2], "and then that it was shown")
	assert.NotContains(t, audit.get("/audit?action=alert_shown").Text(), order[3])
	p.assertQuiet()
}

// R38: what fails after one has gone on stays told, with the patient's name, and
// the note is where it was typed.
func TestAFailureAfterGoingOn(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	orange := b.sandbox.open("orange")[0]
	for p.press("j"); p.at() != orange.ID; p.press("j") {
	}
	p.press("o")
	p.waitFor(detail(orange.ID) + " #act")
	p.tap("n")
	p.wait(focusIs("#note"))
	p.press("Gebeld, geen gehoor.")
	p.wait(`document.querySelector("#draft").textContent.startsWith("Draft kept")`)
	eval[any](p, `void (window.online = window.fetch, window.fetch = () => Promise.reject(new TypeError("Failed to fetch")))`)
	p.with(withCtrl, kb.Enter, "Enter", 13)
	p.wait(`document.querySelector("#failures .notice.error")`)
	assert.Contains(t, p.text("#failures"), b.sandbox.patient(orange.Patient).LastName)
	assert.Contains(t, p.text("#failures"), b.sandbox.patient(orange.Patient).number()) // R8
	p.waitFor(row(orange.ID) + "[data-unsent]")
	assert.NotEqual(t, orange.ID, p.at(), "one has gone on")
	p.press("j")
	assert.Equal(t, 1, p.count("#failures .notice.error"), "it stays")
	assert.Equal(t, orange, b.sandbox.alert(orange.ID))

	eval[any](p, `void (window.fetch = window.online)`)
	for p.press("k"); p.at() != orange.ID; p.press("k") {
	}
	p.wait(fmt.Sprintf(`document.querySelector("%s #note")?.value === "Gebeld, geen gehoor."`, "#detail"))
	p.wait(`!document.querySelector("#failures .notice")`)
	p.press("e")
	b.sandbox.awaitStatus(orange.ID, "processed")
	assert.Equal(t, "Gebeld, geen gehoor.", b.sandbox.lastRecord(orange.ID).Note)
}

// Every command of the table has a key tested here or leads somewhere that is
// tested elsewhere; one that nobody thought of is found.
func TestEveryCommandIsBound(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := keyboard(t, b, admin)
	p.press("j")
	bound := eval[map[string]string](p, `JSON.parse(document.body.dataset.keys)`)
	keys, err := desk.KeyChanges{}.Keymap()
	require.NoError(t, err)
	assert.Equal(t, map[string]string(keys), bound)
}
