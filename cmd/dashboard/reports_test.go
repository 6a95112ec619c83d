package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// daysAgo is a date as the forms take it.
func daysAgo(n int) string { return time.Now().AddDate(0, 0, -n).Format(time.DateOnly) }

// A data person looks at a report, fetches all of it, cancels, goes on, and takes it
// along; by the mouse, without a word typed.
func TestReportsInTheBrowser(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS=--patients 300 --open 20 --arrivals 0 --measurements-a-day 40")
	p := openTab(t, b)
	p.signIn(b, admin)
	p.click(".me > summary")
	p.follow(`.session a[href="/reports"]`)
	p.shot("reports")
	p.follow(`.report-list a[href="/reports/measurements"]`)
	p.wait(fmt.Sprintf(`document.querySelector("#to").value === %q`, time.Now().Format(time.DateOnly)))
	p.follow("form.asked button")
	p.waitFor(".preview tbody tr")
	assert.Equal(t, 50, p.count(".preview tbody tr"), "a page of Luscii's")
	first := p.text(".preview tbody tr:first-child")
	p.shot("report-preview")
	p.follow("a[rel=next]")
	assert.NotEqual(t, first, p.text(".preview tbody tr:first-child"))
	p.follow("a[rel=prev]")
	assert.Equal(t, first, p.text(".preview tbody tr:first-child"))

	b.sandbox.faults(`{"only": "exports", "latency": "200ms"}`)
	p.follow("main form[method=post] .btn.go")
	p.waitFor("#download[data-state=running] progress")
	p.wait(`/^[1-9]/.test(document.querySelector(".download-lines").textContent.trim())`) // it renews itself
	p.shot("download-running")
	p.follow("#download button[value=cancel]")
	p.waitFor("#download[data-state=cancelled]")
	p.shot("download-cancelled")
	b.sandbox.faults(`{}`)
	p.follow("#download button[value=resume]")
	p.waitFor("#download[data-state=done]")
	p.shot("download-done")

	folder := t.TempDir()
	call(p, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: "allow", DownloadPath: folder, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
	p.click(`#download a[href*="format=csv"]`)
	file := filepath.Join(folder, "measurements_"+daysAgo(7)+"_"+daysAgo(0)+".csv")
	require.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil }, waitWithin, 20*time.Millisecond)
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	assert.Greater(t, len(rows), 10_000)
	assert.Equal(t, "Patient_UUID", rows[0][0])
	p.assertQuiet()
}

// Killed in mid-download, the board goes on with it where it was, and nobody gets a
// part for the whole.
func TestADownloadOutlivesTheBoard(t *testing.T) {
	t.Parallel()
	luscii, dir := startSandboxAlone(t), t.TempDir()
	settings := []string{
		"LUSCII_API_KEY=" + luscii.serviceKey, "LUSCII_BASE_URL=" + luscii.url, "DASHBOARD_SANDBOX_OPTIONS=", "LUSCII_MAX_RPS=1000",
	}
	first, err := launch(dir, append(settings, "DASHBOARD_ADDR=127.0.0.1:0"))
	require.NoError(t, err)
	killed := false
	defer func() {
		if !killed {
			assert.NoError(t, first.stop())
		}
	}()
	v := newVisitor(t, said(t, first, `^Triage Board: (\S+)$`)[1])
	require.Equal(t, http.StatusSeeOther, v.signInWithKey(luscii.personas[admin].Email, luscii.personas[admin].Key).status)
	luscii.faults(`{"only": "exports", "latency": "500ms"}`)
	begun := v.post("/reports/measurements/downloads", url.Values{"from": {daysAgo(9)}, "to": {daysAgo(1)}})
	require.Equal(t, http.StatusSeeOther, begun.status)
	page := begun.header.Get("Location")
	state := func(a answer) string { return a.Find("#download").AttrOr("data-state", "") }
	v.until(page, func(a answer) bool { return a.Find("progress").AttrOr("value", "") == "4" }) // what was kept a second ago outlives
	require.NoError(t, first.signal(syscall.SIGKILL))
	<-first.ended
	killed = true

	luscii.faults(`{}`)
	second := startBoardIn(t, dir, settings...)
	v.base = second.url
	stopped := v.get(page)
	assert.Equal(t, "stopped", state(stopped))
	fetched := stopped.Find(".download-lines").Text()
	assert.Regexp(t, `[1-9]\d* of 9 days`, fetched, "what had come is kept")
	assert.Equal(t, page, v.get(page+"/file?format=csv").header.Get("Location"), "no file yet")
	require.Equal(t, http.StatusSeeOther, v.post(page, url.Values{"do": {"resume"}}).status)
	done := v.until(page, func(a answer) bool { return state(a) != "running" })
	assert.Equal(t, "done", state(done))
	whole := v.get("/reports/measurements/download?format=csv&from=" + daysAgo(9) + "&to=" + daysAgo(1))
	require.Equal(t, http.StatusOK, whole.status)
	rows, err := csv.NewReader(strings.NewReader(whole.body)).ReadAll()
	require.NoError(t, err)
	straight := v.get("/reports/measurements/download?format=csv&from=" + daysAgo(10) + "&to=" + daysAgo(1))
	more, err := csv.NewReader(strings.NewReader(straight.body)).ReadAll()
	require.NoError(t, err)
	date := slices.Index(rows[0], "Measurement_Date")
	byDay := func(rows [][]string) map[string]int {
		days := map[string]int{}
		for _, row := range rows[1:] {
			days[row[date][:len(time.DateOnly)]]++
		}
		return days
	}
	want := byDay(more)
	delete(want, daysAgo(10))
	assert.Equal(t, want, byDay(rows), "no row is lost, none came twice")
}
