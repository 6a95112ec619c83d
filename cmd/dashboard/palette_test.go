package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// chosen is the palette's entry that Enter would take.
const chosen = `document.querySelector("#palette [aria-selected=true] .word")?.textContent`

// summonPalette opens the palette by its key.
func (p *tab) summonPalette() {
	p.t.Helper()
	p.press("k", ctrl)
	p.waitFor("#palette[open]")
	p.wait(focusIs("#palette-input"))
}

// R34: everything is found and done by keys alone, and the focus comes back.
func TestPaletteByKeyboard(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: refusePointers})
	b.awaitComplete(t)
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	p.adopt(v)
	p.open("/")
	p.wait(boardComplete)
	p.tabTo(focusIs(".row .who"))
	eval[any](p, `void (window.before = document.activeElement)`)

	p.summonPalette()
	all := p.count("#palette li")
	assert.Greater(t, all, 40)
	p.wait(fmt.Sprintf(`document.querySelector("#palette-found").textContent === "Found: %d"`, all))
	first := eval[string](p, chosen)
	p.press(kb.ArrowUp)
	assert.Equal(t, "Sign out", eval[string](p, chosen), "the last: the list goes round")
	p.press(kb.ArrowDown)
	assert.Equal(t, first, eval[string](p, chosen))
	p.press(kb.ArrowDown + kb.ArrowDown)
	assert.Equal(t, eval[string](p, `document.querySelector("#palette [aria-selected=true]").id`), eval[string](p, `document.activeElement.getAttribute("aria-activedescendant")`))
	assert.Equal(t, 1, p.count("#palette [aria-selected=true]"))
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#palette[open]") && document.activeElement === window.before`)

	p.summonPalette()
	assert.Equal(t, all, p.count("#palette li"), "afresh")
	p.press("qqqq")
	p.waitFor("#palette-none")
	p.wait(`document.querySelector("#palette-found").textContent.startsWith("Nothing fits")`)
	assert.False(t, eval[bool](p, `document.activeElement.hasAttribute("aria-activedescendant")`))
	p.press(kb.Enter)
	p.press("a", ctrl)
	p.press("all keys" + kb.Enter)
	p.waitFor("#help[open]")
	p.wait(focusIs("#help-title"))
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#help[open]") && document.activeElement === window.before`)

	p.summonPalette()
	p.press("colo dark")
	assert.Equal(t, "Colours: Dark", eval[string](p, chosen))
	p.press(kb.Enter)
	p.waitFor("html[data-theme=dark] #board")
	p.wait(`document.readyState === "complete"`)

	p.summonPalette()
	p.press("escalated view")
	assert.Equal(t, "Escalated", eval[string](p, chosen))
	p.press(kb.Enter)
	p.wait(`location.search === "?status=escalated" && document.readyState === "complete"`)

	p.summonPalette()
	p.press("copd group" + kb.Enter)
	p.wait(`new URLSearchParams(location.search).has("group") && document.readyState === "complete"`)

	p.summonPalette()
	p.press("my actions" + kb.Enter)
	p.wait(`location.pathname === "/actions" && document.readyState === "complete"`)
	p.summonPalette()
	assert.Zero(t, p.count("#palette [data-on-board]"), "what only the board does isn't offered elsewhere")
	p.press("sign out" + kb.Enter)
	p.wait(`location.pathname === "/signin" && document.readyState === "complete"`)
	p.assertQuiet()
}

// Where the palette can't be fetched the page says so, and stays.
func TestPaletteThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	p.signIn(b, admin)
	eval[any](p, `void (document.querySelector("#dialogs").dataset.from = "/nothing")`)
	p.press("k", ctrl)
	p.waitFor("#toasts .notice.error")
	assert.Contains(t, p.text("#toasts"), "can't be had")
	eval[any](p, `void (document.querySelector("#dialogs").dataset.from = "/commands")`)
	p.summonPalette()
	p.assertQuiet(404)
}
