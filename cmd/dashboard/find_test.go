package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// boxSays is true where the box holds a text, on a page that is there.
func boxSays(text string) string {
	return fmt.Sprintf(`document.readyState === "complete" && document.querySelector("#search")?.value === %q`, text)
}

// Finding, by keys alone (R34): a text that can't be read is marked at its place
// and corrected there, filters and text say the same, and what is found is kept as
// a view with a key of its own.
func TestFindingByKeys(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS="+smallHospital+" --open 40")
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: refusePointers})
	b.awaitComplete(t)
	p.open("/signin")
	p.tabTo(focusIs(personaButton(b, admin)))
	p.press(kb.Enter)
	p.wait(boardComplete)
	all := p.count("#board .row")
	name := eval[string](p, `document.querySelector("#board .row .who").textContent`)

	p.tap("/")
	p.wait(focusIs("#search"))
	p.press("flga:red,orange waiting>1m" + kb.Enter)
	p.waitFor("#search-problem mark")
	p.shot("find-problem")
	assert.Equal(t, "flga:", eval[string](p, `document.querySelector("#search-problem mark").textContent`))
	assert.Equal(t, "flga:red,orange waiting>1m", eval[string](p, `document.querySelector("#search").value`), "nothing typed is lost")
	p.wait(focusIs("#search"))
	p.wait(`getSelection().toString() === "flga:"`)
	p.press("flag:" + kb.Enter) // in place of what is selected
	p.wait(boxSays("flag:red,orange waiting>1m") + ` && location.search.startsWith("?s=")`)
	found := p.count("#board .row")
	assert.Less(t, found, all)
	assert.Equal(t, found, p.count("#board .row:is([data-flag=red], [data-flag=orange])"))

	p.tabTo(`document.activeElement.matches("#filters details:first-of-type summary")`)
	p.press(kb.Enter)
	p.tabTo(`document.activeElement.closest("#filters details:first-of-type li") && document.activeElement.querySelector("use")?.getAttribute("href").endsWith("orange")`)
	p.press(kb.Enter)
	p.wait(boxSays("flag:red waiting>1m"))
	p.shot("find-result")
	red := p.count("#board .row")
	assert.Equal(t, red, p.count("#board .row[data-flag=red]"), "the chip took orange away")

	p.tabTo(`document.activeElement.matches("summary") && document.activeElement.parentElement.querySelector("#view-name")`)
	p.press(kb.Enter)
	p.tabTo(focusIs("#view-name"))
	p.press("Rood en wachtend")
	p.shot("find-save")
	p.press(kb.Enter)
	p.wait(`document.readyState === "complete" && document.querySelector("#filters [aria-keyshortcuts='4'][aria-current]")`)
	assert.Equal(t, "flag:red waiting>1m", eval[string](p, `document.querySelector("#search").value`))

	p.open("/")
	p.wait(boxSays(""))
	p.press("4")
	p.wait(boxSays("flag:red waiting>1m"))
	assert.Equal(t, red, p.count("#board .row"))
	p.shot("find-view")

	p.tap("/")
	p.wait(focusIs("#search"))
	p.press(kb.Home)
	p.paste(`by:patient "` + name + `" `)
	p.press(kb.Enter)
	p.waitFor(".patient-row")
	assert.Equal(t, fmt.Sprintf(`flag:red waiting>1m "%s" by:patient`, name), eval[string](p, `document.querySelector("#search").value`))
	assert.Contains(t, eval[string](p, `document.querySelector(".patient-row").textContent`), name)
	assert.NotContains(t, eval[string](p, `location.href + document.title + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`), name, "no name in address, title or storage (R25)")
	p.shot("find-patient")
	p.assertQuiet(422)
}

// The pages of finding, as axe-core sees them.
func TestFindingIsAccessible(t *testing.T) {
	t.Parallel()
	browser(t)
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err, "`make deps` fetches it")
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=1m", "DASHBOARD_SANDBOX_OPTIONS="+smallHospital+" --open 40")
	for _, language := range []string{"en", "nl"} {
		t.Run(language, func(t *testing.T) {
			p := openTab(t, b)
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
			p.open("/signin")
			p.follow(fmt.Sprintf("button[name=lang][value=%s]", language))
			p.signIn(b, admin)
			p.search(`flag:red "de vries`)
			p.waitFor("#search-problem")
			p.assertAccessible("find-problem")
			p.search(`-flag:gray waiting>1m by:patient a`)
			p.waitFor(".patient-row")
			p.click("#filters details:has(button[name=waiting]) summary")
			p.assertAccessible("find-waiting")
			p.click("#filters details:has(#view-name) summary")
			p.waitFor("#view-name")
			p.assertAccessible("find-save")
			p.click("#view-name")
			p.press("Alles " + language + kb.Enter)
			p.wait(`document.readyState === "complete" && document.querySelector("#filters [aria-keyshortcuts][aria-current]")`)
			p.viewport(390, 844, 1)
			p.assertAccessible("find-narrow")
			p.viewport(720, 450, 2)
			p.assertAccessible("find-200")
			p.viewport(1440, 900, 1)
			p.open("/settings/views")
			p.waitFor(".view-item")
			p.assertAccessible("views")
			p.assertQuiet(422)
		})
	}
}

// tap presses a key that does something else than to type: its character goes
// nowhere, which the browser's protocol else sends by itself.
func (p *tab) tap(key string) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key})
	}
}

// search types into the box, in place of what stands there.
func (p *tab) search(text string) {
	p.t.Helper()
	p.click("#search")
	eval[any](p, `void document.querySelector("#search").select()`)
	p.paste(text)
	eval[any](p, `void (window.followed = true)`)
	p.press(kb.Enter)
	p.wait(`!window.followed && document.readyState === "complete"`)
}
