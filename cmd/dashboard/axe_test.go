package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// axeFile is fetched by `make deps`.
var axeFile = filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js")

// runAxe answers the rules broken with serious or critical impact, how often,
// and the first place. Its options say which rules are asked.
const runAxe = `axe.run(document, { resultTypes: ["violations"], %s }).then((found) => found.violations
	.filter((v) => v.impact === "serious" || v.impact === "critical")
	.map((v) => v.impact + ", " + v.nodes.length + " times: " + v.id + ": " + v.nodes[0].html + ": " + v.nodes[0].failureSummary))`

// Both themes are the same page but for its colours.
const (
	allRules    = ``
	colourRules = `runOnly: ["color-contrast", "link-in-text-block"]`
)

// TestAccessibility looks at every page with axe-core, in both languages, light
// and dark. axe comes in through the browser's protocol, so the CSP stays on.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	browser(t)
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err, "`make deps` fetches it")
	b := startBoard(t, "DASHBOARD_POLL_INTERVAL=1m", "DASHBOARD_SANDBOX_OPTIONS="+smallHospital+" --open 24")
	red := b.sandbox.open("red")[0].ID
	done := find(b.sandbox, b.openOf(fatima), "another of hers", func(a apiAlert) bool { return a.Flag != "red" }).ID
	b.sandbox.change(fatima, done, "processed", "Gebeld.")
	taken := find(b.sandbox, b.openOf(fatima), "a third of hers", func(a apiAlert) bool { return a.Flag != "red" && a.ID != done })
	b.conflict(taken)

	for _, language := range []string{"en", "nl"} {
		t.Run(language, func(t *testing.T) {
			p := openTab(t, b)
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(axe)})
			p.open("/signin")
			p.follow(fmt.Sprintf("button[name=lang][value=%s]", language))
			p.waitFor(fmt.Sprintf("html[lang=%s] .persona", language))
			p.assertAccessible("sign-in")
			p.signIn(b, admin)
			p.assertAccessible("board")
			p.openAlert(red)
			p.assertAccessible("alert")
			p.click(askButton)
			p.waitFor("#ask[open]")
			p.assertAccessible("escalate dialog")
			p.open(alertPath(red) + "/escalate")
			p.assertAccessible("escalate page")
			p.open(alertPath(done) + "?status=processed")
			p.assertAccessible("processed alert")
			p.open("/?status=processed")
			p.assertAccessible("processed view")
			p.open(alertPath(taken.ID))
			p.waitFor("#detail[data-delivery=conflict]")
			p.assertAccessible("conflict")
			p.open("/actions")
			p.waitFor(".actions .odd")
			p.assertAccessible("own actions")
			p.open("/alerts/bulk?id=" + red)
			p.waitFor(".pick input:checked")
			p.assertAccessible("several at once")
			p.open("/audit")
			p.waitFor(".records tbody tr")
			p.assertAccessible("audit trail")
			p.open("/reports")
			p.assertAccessible("reports")
			p.open("/reports/patients?preview=1")
			p.assertAccessible("a report")
			p.open("/insights?days=30")
			p.waitFor(".insight svg.chart")
			p.assertAccessible("insights")
			p.click("#by-day summary")
			p.waitFor("#by-day details[open] table")
			p.assertAccessible("insights with figures")
			p.open("/gallery")
			p.waitFor(".gallery h2")
			p.assertAccessible("gallery")
			p.open("/nothing-here")
			p.assertAccessible("error page")
			assert.Equal(t, language, eval[string](p, `document.documentElement.lang`))
			p.assertQuiet(404)
		})
	}
}

// conflict leaves the admin an action that wasn't done because fatima was faster.
func (b *runningBoard) conflict(a apiAlert) {
	t := b.sandbox.t
	t.Helper()
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	v.until("/", complete)
	form := url.Values{
		"status": {"processed"}, "note": {"Mijn notitie."},
		"seen": {v.get(alertPath(a.ID)).Find("[name=seen]").AttrOr("value", "")},
	}
	b.sandbox.change(fatima, a.ID, "escalated", "Al doorgestuurd.")
	v.post(alertPath(a.ID), form)
	v.until(alertPath(a.ID), func(page answer) bool { return page.Find("#detail[data-delivery=conflict]").Length() == 1 })
}

// assertAccessible checks the page as it stands, light and dark.
func (p *tab) assertAccessible(name string) {
	p.t.Helper()
	for _, look := range []struct{ theme, rules string }{{"dark", colourRules}, {"light", allRules}} {
		p.theme(look.theme)
		assert.Empty(p.t, eval[[]string](p, fmt.Sprintf(runAxe, look.rules)), "%s, %s", name, look.theme)
		p.shot("axe-" + name + "-" + look.theme + "-" + eval[string](p, `document.documentElement.lang`))
	}
}
