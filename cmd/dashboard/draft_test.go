package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is typed survives a tab that is gone and a program that was killed, and is
// gone once it is written (R38).
func TestDraftSurvivesTabAndProgram(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	settings := []string{
		"LUSCII_API_KEY=" + luscii.serviceKey, "LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS=", quickPoll,
	}
	me := luscii.personas[admin]
	alert := luscii.open("red")[0]
	enter := func(p *tab) {
		p.stay()
		p.open("/signin")
		p.click("#email")
		p.paste(me.Email)
		p.click("#key")
		p.paste(me.Key)
		p.press("\r")
		p.wait(boardComplete)
		p.open(alertPath(alert.ID))
	}

	first, err := launch(dir, append([]string{"DASHBOARD_ADDR=127.0.0.1:0", "LUSCII_MAX_RPS=1000"}, settings...))
	require.NoError(t, err)
	board := &runningBoard{process: first, url: said(t, first, `^Triage Board: (\S+)$`)[1], sandbox: luscii}
	killed := openTab(t, board)
	enter(killed)
	killed.click("#note")
	killed.press("Mevrouw belt morgen terug.")
	killed.wait(`document.querySelector("#draft").textContent.startsWith("Draft kept")`)
	require.Eventually(t, func() bool { // all of it: a slow typist's draft is kept more than once
		return strings.Contains(eval[string](killed, `fetch(location.href).then((answer) => answer.text())`), "Mevrouw belt morgen terug.")
	}, waitWithin, 100*time.Millisecond)
	require.NoError(t, first.cmd.Process.Kill())
	<-first.ended

	second := startBoardIn(t, dir, settings...)
	second.sandbox = luscii
	p := openTab(t, second)
	enter(p)
	assert.Equal(t, "Mevrouw belt morgen terug.", p.noteValue())
	assert.Contains(t, p.text("#draft"), "Draft kept")
	p.look()
	p.click(processButton)
	p.waitFor(stateIs(alert.ID, "processed"))
	assert.Equal(t, "Mevrouw belt morgen terug.", luscii.lastRecord(alert.ID).Note)
	p.open(alertPath(alert.ID))
	assert.Empty(t, p.noteValue())
	p.assertQuiet()
}

// What nobody typed is no draft: a page that opens with an alert keeps none.
func TestNoDraftOfNothing(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	p := openTab(t, b)
	p.signIn(b, admin)
	w := watchTransfers(p)
	p.open(alertPath(b.sandbox.open("red")[0].ID))
	const script = `performance.getEntriesByType("resource").find(({ name }) => name.includes("/drafts."))`
	p.wait(script)
	eval[any](p, `import(`+script+`.name).then(() => null)`) // it has run
	p.open("/")                                              // leaving sends what isn't kept
	assert.False(t, w.asked("/draft"))
	p.assertQuiet()
}

// A tab that is closed sends what it holds on its way out; one whose draft can't
// be kept says so, tries again, and asks before it goes.
func TestDraftOfAClosingTab(t *testing.T) {
	t.Parallel()
	b := startBoard(t, quickPoll)
	p := openTab(t, b)
	p.signIn(b, admin)
	alert := b.sandbox.open("red")[0]
	p.openAlert(alert.ID)
	p.click("#note")
	p.paste("Net getypt")
	p.open("/") // at once
	p.open(alertPath(alert.ID))
	p.wait(`document.querySelector("#note").value === "Net getypt"`)

	require.NoError(t, b.stop())
	p.click("#note")
	p.press(kb.End + " en meer")
	p.wait(`document.querySelector("#draft").textContent.includes("couldn't be kept")`)
	assert.Equal(t, "Net getypt en meer", p.noteValue())
	eval[any](p, `void setTimeout(() => { location.href = "/" })`)
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.ContainsFunc(p.troubles, func(said string) bool { return strings.HasPrefix(said, "dialog: beforeunload") })
	}, waitWithin, 20*time.Millisecond)
}
