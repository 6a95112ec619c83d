package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// course is the place of what the patient measured, once that is there.
const courseShown = "#detail .course .chart"

// The course comes after the alert and by itself: once for each alert that is
// opened, for none that is read ahead, and moves nothing (R37, R41).
func TestCourse(t *testing.T) {
	t.Parallel()
	browser(t)
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err, "`make deps` fetches it")
	b := startBoard(t, "DASHBOARD_EXPORT_CONTEXT=on", "DASHBOARD_POLL_INTERVAL=1m", "LUSCII_MAX_RPS=200", "DASHBOARD_SANDBOX_OPTIONS="+smallHospital+" --open 24")
	admins := newVisitor(t, b.url)
	admins.signInAs(b, admin)
	red := find(b.sandbox, b.sandbox.open("red"), "one of a measurement", func(a apiAlert) bool { return a.Type == "mea" }).ID
	admins.until(alertPath(red)+"/trend", func(a answer) bool { return a.Find(".course .ring").Length() > 0 })

	p := openTab(t, b)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
	p.signIn(b, admin)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchShifts})
	p.open("/")
	p.openAlert(red)
	p.waitFor(courseShown)
	p.wait(`!!document.querySelector("#detail .course .ring")`)
	assert.Regexp(t, `from the export, today \d\d:\d\d`, p.text("#detail .facts .late"), "R11")
	asked := `performance.getEntriesByType("resource").filter((e) => /\/trend(\?|$)/.test(e.name)).length`
	assert.Equal(t, 1, eval[int](p, asked))
	assert.Empty(t, eval[[]string](p, `window.shifts`))
	place := `document.querySelector("#act").getBoundingClientRect().top + document.querySelector("#detail").scrollTop`
	before := eval[float64](p, place)
	p.press("j")
	p.wait(fmt.Sprintf(`document.getElementById("detail").dataset.alertId !== %q`, red))
	p.wait(asked + ` === 2`)
	p.waitFor(courseShown + `, #detail .course a.chip, #detail .course p:nth-of-type(2)`)
	p.press("k")
	p.wait(fmt.Sprintf(`document.getElementById("detail").dataset.alertId === %q`, red))
	p.wait(asked + ` === 3`)
	p.waitFor(courseShown)
	assert.InDelta(t, before, eval[float64](p, place), 1, "the form stands where it stood")
	eval[bool](p, `document.getElementById("detail").dispatchEvent(new Event("delivered")), true`)
	p.wait(`document.querySelector("#detail .course .ring") !== null`)
	assert.Regexp(t, `from the export`, p.text("#detail .facts .late"), "renewing the alert leaves it")
	assert.Equal(t, 3, eval[int](p, asked))

	for _, theme := range []string{"light", "dark"} {
		p.theme(theme)
		p.viewport(1440, 900, 1)
		p.assertAccessible("course-" + theme)
	}
	p.theme("light")
	for name, size := range map[string][2]int64{"narrow": {390, 844}, "200": {720, 450}} {
		p.viewport(size[0], size[1], 2)
		eval[bool](p, `document.querySelector("#detail .course").scrollIntoView(), true`)
		p.assertAccessible("course-" + name)
	}
	p.viewport(1440, 900, 1)
	p.click("#detail .course summary")
	p.assertAccessible("course-table")
	p.open(alertPath(red) + "/trend")
	p.waitFor(".course .chart")
	p.assertAccessible("course-page")
	p.assertQuiet()
}
