package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quickPoll makes the board look often, so that tests needn't wait.
const quickPoll = "DASHBOARD_POLL_INTERVAL=300ms"

// arrivals lets n alerts of the persona's groups arrive, and answers them: they
// are today's, so that what happens to them is seen at the next poll. That of
// older days comes when their turn does.
func (b *runningBoard) arrivals(n int, persona string) []apiAlert {
	b.sandbox.t.Helper()
	day := time.Now().UTC().Format(time.DateOnly)
	b.sandbox.faults(`{"arrivals": "20/s"}`)
	var arrived []apiAlert
	require.Eventually(b.sandbox.t, func() bool {
		b.sandbox.first = listAll[apiAlert](b.sandbox, http.MethodGet, "/v1/alerts", url.Values{"perPage": {"200"}, "startDate": {day}})
		arrived = b.openOf(persona)
		return len(arrived) >= n
	}, waitWithin, 50*time.Millisecond)
	b.sandbox.faults(`{"arrivals": "0"}`)
	b.sandbox.first = nil
	return arrived[:n]
}

// order is the alerts in the list, as they stand.
func (p *tab) order() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("#board .row")].map((row) => row.dataset.alertId)`)
}

// What others do is shown where it stands, and moves nothing; it goes when the
// user moves on, and new alerts come when they are asked for (R37).
func TestTheListStandsStill(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	today := b.arrivals(2, fatima)
	mine, theirs := today[0], today[1]
	p := openTab(t, b)
	p.signIn(b, admin)
	p.waitFor(row(mine.ID))
	before := p.order()
	p.openAlert(mine.ID)
	p.click("#note")
	p.press("Half a sentce")
	p.press(kb.ArrowLeft + kb.ArrowLeft)

	b.sandbox.change(fatima, theirs.ID, "processed", "Al gebeld.")
	p.waitFor(row(theirs.ID) + "[data-left]")
	p.wait(fmt.Sprintf(`document.querySelector(%q).textContent.includes(%q)`, row(theirs.ID), fatima)) // by whom
	b.sandbox.faults(`{"arrivals": "5/s"}`)
	p.wait(`/^([1-9][0-9]+) new \(\d+ red\)/.test(document.querySelector("#show-new .n").textContent)`)
	b.sandbox.faults(`{"arrivals": "0"}`)
	assert.Equal(t, before, p.order(), "no row has come, gone or moved")
	p.shot("live-new-and-left")

	assert.Equal(t, "note", eval[string](p, `document.activeElement.id`))
	p.press("en" + kb.End + ".")
	assert.Equal(t, "Half a sentence.", p.noteValue(), "in a field the key is a full stop (R29)")
	assert.Equal(t, before, p.order())

	p.press("\t") // out of the field
	p.press(".")
	p.waitFor(".row[data-arrived]") // one more may be waiting already
	after := p.order()
	assert.Greater(t, len(after), len(before))
	assert.NotContains(t, after, theirs.ID, "what has left is gone as well")
	assert.Equal(t, "Half a sentence.", p.noteValue())
	assert.Equal(t, fmt.Sprint(len(after)), p.text("#shown"))
	p.shot("live-shown")
	p.assertQuiet()
}

func TestWhatLeftGoesWhenTheUserMovesOn(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	all := b.arrivals(2, fatima)
	p := openTab(t, b)
	p.stay()
	p.signIn(b, admin)
	p.waitFor(row(all[0].ID))
	b.sandbox.change(fatima, all[0].ID, "processed", "Al gebeld.")
	p.waitFor(row(all[0].ID) + "[data-left]")
	p.openAlert(all[1].ID)
	p.wait(fmt.Sprintf(`!document.querySelector(%q)`, row(all[0].ID)))
	p.waitFor(row(all[1].ID) + "[aria-current=true]")

	// One that is open in the detail stays until another is opened, and its form
	// stays as it is under the hand; writing is refused by the board (R44).
	p.click("#note")
	p.press("Mijn notitie.")
	b.sandbox.change(fatima, all[1].ID, "escalated", "Graag overleg.")
	p.waitFor("#changed")
	assert.Contains(t, p.text("#changed"), fatima)
	assert.Equal(t, "Mijn notitie.", p.noteValue())
	p.waitFor(processButton)
	p.click(processButton)
	p.waitFor("#detail .notice.conflict")
	assert.Equal(t, "escalated", b.sandbox.alert(all[1].ID).Status)
	assert.Equal(t, "Mijn notitie.", p.noteValue())
	p.assertQuiet(409)
}

// However the browser goes back in history, the list stays live and its buttons
// work.
func TestBackInHistoryThePageIsLive(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	today := b.arrivals(2, fatima)
	p := openTab(t, b)
	p.signIn(b, admin)
	p.openAlert(today[0].ID)
	p.wait(fmt.Sprintf(`location.pathname === %q`, alertPath(today[0].ID)))
	eval[any](p, `history.back()`)
	p.wait(`location.pathname === "/" && document.querySelector("#detail.none")`)
	p.waitFor("#pause")

	b.sandbox.change(fatima, today[1].ID, "processed", "Al gebeld.")
	p.waitFor(row(today[1].ID) + "[data-left]")
	b.sandbox.faults(`{"arrivals": "5/s"}`)
	p.waitFor("#show-new")
	b.sandbox.faults(`{"arrivals": "0"}`)
	p.click("#show-new")
	p.waitFor(".row[data-arrived]")
	p.click("#pause")
	p.waitFor(".news[data-paused-now]")
	assert.Equal(t, 1, eval[int](p, `new Set([...document.querySelectorAll("#board")]).size`))
	p.assertQuiet()
}

// R33: paused, the list stands still altogether, and says so; counts and
// freshness go on.
func TestUpdatesCanBePaused(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	id := b.arrivals(1, fatima)[0].ID
	p := openTab(t, b)
	p.signIn(b, admin)
	p.waitFor(row(id))
	total := p.text("#total")
	p.click("#pause")
	p.waitFor(".news[data-paused-now]")
	p.waitFor(".news[data-paused-now]")
	b.sandbox.change(fatima, id, "processed", "Al gebeld.")
	p.wait(fmt.Sprintf(`document.querySelector("#total").textContent !== %q`, total))
	assert.Zero(t, p.count(".row[data-left]"))
	assert.Equal(t, "live", eval[string](p, `document.querySelector("#board").dataset.freshness`))
	p.shot("live-paused")
	p.click("#pause")
	p.waitFor(row(id) + "[data-left]")
	p.waitFor(".news:not([data-paused-now])")
}

// Where no stream can be held, as behind a proxy that cuts it, the page asks now
// and then; the rules are the same.
func TestWithoutAStreamThePageAsks(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	id := b.arrivals(1, fatima)[0].ID
	p := openTab(t, b)
	call(p, network.Enable, network.EnableParams{})
	call(p, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: b.url + "/events?*", Block: true}}})
	p.signIn(b, admin)
	p.waitFor(row(id))
	before := p.order()
	b.sandbox.change(fatima, id, "processed", "Al gebeld.")
	p.waitFor(row(id) + "[data-left]")
	b.sandbox.faults(`{"arrivals": "5/s"}`)
	p.waitFor("#show-new")
	assert.Equal(t, before, p.order())
	assert.Equal(t, "live", eval[string](p, `document.querySelector("#board").dataset.freshness`))
	p.click("#show-new")
	p.waitFor(".row[data-arrived]")
}

// When the session is over, the page is told, and says so; what it holds stays
// where it is.
func TestThePageSaysThatTheSessionIsOver(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	v := newVisitor(t, b.url)
	browser(t)
	v.signInAs(b, admin)
	p := openTab(t, b)
	p.adopt(v)
	p.open("/")
	p.wait(boardComplete)
	p.openAlert(b.sandbox.open("red")[0].ID)
	p.click("#note")
	p.press("Nog niet klaar.")
	v.post("/signout", url.Values{})
	p.waitFor("#toasts .notice")
	assert.Contains(t, p.text("#toasts"), "session is over")
	assert.Equal(t, "Nog niet klaar.", p.noteValue())
	p.assertQuiet(401)
}

// Waiting times go on by the board's clock, in the board's words.
func TestWaitingTimesGoOn(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	p := openTab(t, b)
	p.signIn(b, admin)
	p.openAlert(b.sandbox.open("orange")[0].ID)
	const spans = `(async () => {
		const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
		return [...page.querySelectorAll("time[data-waits]")].every((time) => {
			const here = document.querySelector("#" + CSS.escape(time.closest(".row").id) + " time");
			return !here || here.textContent === time.textContent;
		}) && document.querySelector("#detail time[data-waits]").textContent ===
			document.querySelector("#board .row[aria-current] time").textContent;
	})()`
	eval[any](p, `void document.querySelectorAll("time[data-waits]").forEach((time) => { time.textContent = "stopped"; })`)
	p.wait(`![...document.querySelectorAll("time[data-waits]")].some((time) => time.textContent === "stopped")`)
	require.Eventually(t, func() bool { return eval[bool](p, spans) }, waitWithin, time.Second, "the page says what the board says")
}

// A row whose limit passes while it is shown is marked where it stands; nothing
// moves, and no row becomes higher (R37).
func TestALimitPassesInSight(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll, "DASHBOARD_WAITING_LIMITS=red=30m")
	p := openTab(t, b)
	p.signIn(b, admin)
	id := b.sandbox.open("gray")[0].ID // a day is far
	time := row(id) + " time"
	eval[any](p, fmt.Sprintf(`void (window.created = new Date(Date.now() - 86_399_000).toISOString(),
		window.renew = () => document.querySelector(%q).setAttribute("datetime", window.created), window.renew())`, time))
	eval[any](p, fmt.Sprintf(`void document.querySelector(%q).replaceChildren("23 h 59 min")`, time))
	eval[any](p, watchShifts)
	before, height := p.order(), eval[float64](p, fmt.Sprintf(`document.querySelector(%q).offsetHeight`, row(id)))
	p.wait(fmt.Sprintf(`(window.renew(), document.querySelector(%q)?.textContent === "over 1 d")`, time+" b")) // also where the board renews the row
	assert.Equal(t, before, p.order())
	assert.InDelta(t, height, eval[float64](p, fmt.Sprintf(`document.querySelector(%q).offsetHeight`, row(id))), 0.1)
	assert.Empty(t, eval[[]string](p, `window.shifts`))
	p.assertQuiet()
}

// A long list is shown in part at once, and the rest when it comes near; nothing
// of it is there twice (R14, R40).
func TestALongListGoesOn(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--patients 1000 --open 700 --arrivals 0")
	p := openTab(t, b)
	p.signIn(b, admin)
	all := len(b.sandbox.open(""))
	p.wait(fmt.Sprintf(`document.querySelector("#total").textContent === "%d"`, all))
	p.open("/")
	assert.GreaterOrEqual(t, p.count(".row"), 200)
	assert.Less(t, p.count(".row"), all)
	p.waitFor("#more a[rel=next]")
	for p.count(".row") < all {
		shown := p.count(".row")
		eval[any](p, `void document.querySelector("#board").scrollTo(0, 1e9)`)
		p.wait(fmt.Sprintf(`document.querySelectorAll(".row").length > %d`, shown))
	}
	order := p.order()
	assert.Len(t, order, all)
	slices.Sort(order)
	assert.Len(t, slices.Compact(order), all)
	p.wait(fmt.Sprintf(`document.querySelector("#shown").textContent === "%d"`, all))
	assert.Zero(t, p.count("#more"))
	p.assertQuiet()
}

// watchShifts adds up what moves without the user's doing.
const watchShifts = `window.shifts = [];
new PerformanceObserver((list) => {
	for (const entry of list.getEntries()) {
		if (entry.hadRecentInput) continue;
		window.shifts.push(entry.value + ": " + entry.sources.map((s) => s.node?.outerHTML?.slice(0, 120) ?? s.node?.textContent?.slice(0, 60)).join(" | "));
	}
}).observe({ type: "layout-shift", buffered: false });`

// R37: a thousand updates, and nothing has shifted by itself; a half-typed note
// is as it was.
func TestAThousandUpdatesShiftNothing(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=500ms")
	today := b.arrivals(10, fatima)
	p := openTab(t, b)
	p.viewport(1440, 10_000, 1) // all of the list in sight
	p.signIn(b, admin)
	p.waitFor(row(today[0].ID))
	p.openAlert(today[0].ID)
	p.click("#note")
	p.press("Half a sentence")
	p.wait(`document.querySelector("#fresh.live")`)
	eval[any](p, watchShifts)
	eval[any](p, `void (window.renewed = 0, new MutationObserver((list) => { window.renewed += list.length }).observe(document.querySelector("#board"), { subtree: true, childList: true, attributes: true, characterData: true }))`)
	before := p.order()

	today = today[1:] // not the one in the detail
	b.sandbox.faults(`{"arrivals": "1/s"}`)
	for i := range 1_000 {
		b.sandbox.change(admin, today[i%len(today)].ID, []string{"escalated", "open", "processed", "open"}[i/len(today)%4], fmt.Sprint("update ", i))
	}
	last := today[len(today)-1].ID
	b.sandbox.change(admin, last, "open", "the last one")
	p.wait(fmt.Sprintf(`document.querySelector(%q)`, row(last)+":not([data-left])[data-status=open]"))
	b.sandbox.change(fatima, last, "processed", "the last one")
	p.wait(fmt.Sprintf(`document.querySelector(%q)`, row(last)+"[data-left]"))

	// Nor when the board becomes late, not live, and live again.
	b.sandbox.faults(`{"errors": 1}`)
	p.waitFor("#fresh.not-live .fresh-reason")
	b.sandbox.faults(`{"errors": 0, "arrivals": "0"}`)
	p.waitFor("#fresh.live")

	assert.Empty(t, eval[[]string](p, `window.shifts`))
	assert.Greater(t, eval[int](p, `window.renewed`), 50, "the page was told")
	assert.Equal(t, before, p.order())
	assert.Equal(t, "Half a sentence", p.noteValue())
	assert.Equal(t, "note", eval[string](p, `document.activeElement.id`))
	p.press(" more")
	assert.Equal(t, "Half a sentence more", p.noteValue())
	p.shot("live-thousand")
	p.assertQuiet()
}

// watchTab lets a test hide the page and turn its clock on, and see its streams.
const watchTab = `(() => {
	window.streams = [];
	window.EventSource = class extends EventSource { constructor(url) { super(url); window.streams.push(this); } };
	window.skipped = 0;
	const now = performance.now.bind(performance);
	performance.now = () => now() + window.skipped;
	window.hide = (hidden) => {
		Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (hidden ? "hidden" : "visible") });
		document.dispatchEvent(new Event("visibilitychange"));
	};
})()`

// A page that nobody looks at gives its connection back, of which browsers allow
// few, and takes up where it was at once when it is looked at (R42).
func TestAHiddenPageComesBack(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	id := b.arrivals(1, fatima)[0].ID
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchTab})
	p.signIn(b, admin)
	p.waitFor(row(id))
	p.wait(`streams.at(-1)?.readyState === EventSource.OPEN`)
	before := p.order()

	eval[any](p, `void (hide(true), window.skipped += 600_000)`)
	p.wait(`streams.at(-1).readyState === EventSource.CLOSED`)
	opened := eval[int](p, `streams.length`)
	b.sandbox.change(fatima, id, "processed", "Al gebeld.")
	assert.Equal(t, opened, eval[int](p, `streams.length`), "none is opened while it is hidden")

	eval[any](p, `void hide(false)`)
	p.wait(`streams.at(-1).readyState === EventSource.OPEN`)
	assert.Contains(t, eval[string](p, `streams.at(-1).url`), "since=")
	p.waitFor(row(id) + "[data-left]")
	p.waitFor("#fresh[data-state=live]")
	assert.Equal(t, before, p.order())
	p.assertQuiet()
}
