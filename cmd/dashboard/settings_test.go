package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// choose marks one value of a setting.
func choose(name, value string) string {
	return fmt.Sprintf("label:has([name=%s][value=%q])", name, value)
}

const save = ".settings .go, .stay .go"

// paper is the page's background as the theme makes it.
const paper = `getComputedStyle(document.body).backgroundColor`

// What is chosen holds at once, and again after signing out and in.
func TestSettingsStay(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	p.signIn(b, admin)
	light, roomy := eval[string](p, paper), p.rowPadding()

	p.open("/settings")
	for name, value := range map[string]string{"theme": "dark", "density": "compact", "language": "nl", "view": "escalated"} {
		p.click(choose(name, value))
	}
	p.follow(save)
	p.waitFor("html[lang=nl] main .notice.info")
	look := func(when string) {
		t.Helper()
		assert.NotEqual(t, light, eval[string](p, paper), "%s: dark, though the system is light", when)
		p.open("/?status=open")
		p.waitFor("html[lang=nl][data-theme=dark][data-density=compact] #board")
		assert.Less(t, p.rowPadding(), roomy, when)
		p.open("/")
		p.waitFor(`.chip[aria-current=page] #n-escalated`)
	}
	look("at once")
	p.follow(`form[action="/signout"] button`)
	assert.Equal(t, light, eval[string](p, paper), "the sign-in page is nobody's")
	p.signIn(b, admin)
	look("after signing in again")
	p.open("/settings")
	p.click(choose("theme", "light"))
	p.follow(save)
	p.theme("dark")
	assert.Equal(t, light, eval[string](p, paper), "light, though the system is dark")
	p.assertQuiet()
}

// rowPadding is how much room a row has at its top, in pixels.
func (p *tab) rowPadding() float64 {
	p.t.Helper()
	p.waitFor("#board .row")
	return eval[float64](p, `parseFloat(getComputedStyle(document.querySelector("#board .row")).paddingTop)`)
}

// R29: a key that was changed is bound, and shown in foot, help and palette.
func TestAChangedKeyShowsEverywhere(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	p.signIn(b, admin)
	p.open("/settings/keys")
	p.retype("#key-open", "q")
	p.retype("#key-help", "H")
	p.retype("#key-next", "x") // select has it
	p.follow(save)
	p.waitFor("#key-next[aria-invalid=true]")
	assert.Contains(t, p.text("#key-next-error"), "Select (x)")
	assert.Equal(t, "q", eval[string](p, `document.querySelector("#key-open").value`), "nothing typed is lost")
	p.retype("#key-next", "i")
	p.follow(save)
	p.waitFor("main .notice.info")

	p.open("/")
	p.waitFor("#board .row")
	assert.Equal(t, "open", eval[string](p, `JSON.parse(document.body.dataset.keys).q`))
	assert.Contains(t, p.text(".hints .at-list"), "q Open")
	assert.Equal(t, "Shift+H All keys", strings.Join(strings.Fields(p.text(".foot a")), " "))
	p.press("?")
	p.press("H", chromedp.KeyModifiers(chromedp.ModifierShift))
	p.waitFor("#help[open]")
	assert.Contains(t, p.text("#help"), "Shift+H")
	assert.Equal(t, []string{"q", "Enter"}, eval[[]string](p, `[...document.querySelectorAll("#help dl > div")].find((d) => d.innerText.startsWith("Open,")).innerText.split("\n").slice(1).join(" ").split(" ")`))
	p.press(kb.Escape)
	p.wait(`!document.querySelector("#help[open]")`)
	p.press("k", ctrl)
	p.waitFor("#palette[open]")
	p.press("open, or")
	assert.Contains(t, p.text("#palette [aria-selected=true]"), "q")
	p.assertQuiet(422)
}

// retype puts text in place of a field's.
func (p *tab) retype(selector, text string) {
	p.t.Helper()
	p.click(selector)
	p.press("a", ctrl)
	p.press(kb.Backspace)
	p.press(text)
}

// The foot says what the keys do where the user is, and never changes its height
// (R37).
func TestFootFollowsTheUser(t *testing.T) {
	t.Parallel()
	b := startBoard(t)
	p := openTab(t, b)
	p.signIn(b, admin)
	shown := `[...document.querySelectorAll(".hints p")].filter((e) => e.checkVisibility({ visibilityProperty: true })).map((e) => e.className).join()`
	height := eval[float64](p, `document.querySelector(".foot").offsetHeight`)
	assert.Equal(t, "at-list", eval[string](p, shown))
	p.press("j")
	p.wait(`document.activeElement.matches(".row .who")`)
	for _, step := range []struct{ key, place string }{{"j", "at-list"}, {"x", "at-selected"}, {"x", "at-list"}} {
		p.press(step.key)
		assert.Equal(t, step.place, eval[string](p, shown))
		assert.InDelta(t, height, eval[float64](p, `document.querySelector(".foot").offsetHeight`), 0.1)
	}
	p.openAlert(b.sandbox.open("red")[0].ID)
	assert.Equal(t, "at-alert", eval[string](p, shown))
	p.click("#note")
	assert.Equal(t, "at-note", eval[string](p, shown))
	p.press(kb.Escape)
	p.press("x")
	assert.Equal(t, "at-selected", eval[string](p, shown))
	p.tap("n")
	assert.Equal(t, "at-note", eval[string](p, shown), "what is typed in goes first")
	assert.Equal(t, "e", eval[string](p, `document.querySelector("#act [value=processed]").getAttribute("aria-keyshortcuts")`))
	assert.Equal(t, "Shift+E", eval[string](p, `document.querySelector("#act [commandfor=ask]").getAttribute("aria-keyshortcuts")`))
	assert.Equal(t, "n", eval[string](p, `document.querySelector("#note").getAttribute("aria-keyshortcuts")`))
	p.assertQuiet()
}

// Settings, keys, help and palette hold to axe's rules and fit every window.
func TestSettingsAreAccessible(t *testing.T) {
	t.Parallel()
	browser(t)
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err, "`make deps` fetches it")
	b := startBoard(t)
	for language, who := range map[string]string{"en": admin, "nl": viewer} {
		t.Run(language, func(t *testing.T) {
			p := openTab(t, b)
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
			p.signIn(b, who)
			p.open("/settings")
			p.click(choose("language", language))
			p.follow(save)
			p.waitFor("html[lang=" + language + "] main .notice.info")
			p.assertAccessible("settings")
			p.open("/settings/keys")
			p.retype("#key-next", "e")
			p.follow(save)
			p.waitFor("#key-next-error")
			p.assertAccessible("keys refused")
			p.open("/settings/keys")
			p.assertAccessible("keys")
			p.open("/help/keys")
			p.assertAccessible("help page")
			p.open("/")
			p.waitFor("#board .row")
			p.press("?")
			p.waitFor("#help[open]")
			p.assertAccessible("help")
			p.press(kb.Escape)
			p.press("k", ctrl)
			p.waitFor("#palette[open]")
			p.assertAccessible("palette")
			p.press("zzzz")
			p.waitFor("#palette-none")
			p.assertAccessible("palette, nothing found")
			p.press(kb.Escape)
			p.assertQuiet(422)
			for _, window := range []struct {
				name          string
				width, height int64
				scale         float64
			}{{"200-percent", 720, 450, 2}, {"narrow-390", 390, 844, 2}, {"narrow-320", 320, 640, 1}} {
				p.viewport(window.width, window.height, window.scale)
				for _, path := range []string{"/settings", "/settings/keys", "/help/keys"} {
					p.open(path)
					p.shot(language + path + "-" + window.name)
					p.assertFits(window.name + path)
				}
				p.open("/")
				p.press("?")
				p.waitFor("#help[open]")
				p.shot(language + "-help-" + window.name)
				p.assertFits(window.name + ", help")
				p.press(kb.Escape)
				p.press("k", ctrl)
				p.waitFor("#palette[open]")
				p.shot(language + "-palette-" + window.name)
				p.assertFits(window.name + ", palette")
			}
		})
	}
}
