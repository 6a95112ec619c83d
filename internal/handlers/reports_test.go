package handlers_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/download"
	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// fakeReports gives what a test puts in it, two rows a page.
type fakeReports struct {
	mu     sync.Mutex
	rows   map[export.Type][]export.Row
	fails  map[string]error // by cursor
	wait   chan struct{}    // if set, a page waits until it is closed
	asked  []export.Request
	warned []export.Warning
	whole  bool // all rows come as one page
}

func (f *fakeReports) Report(ctx context.Context, asked export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		for cursor := asked.Cursor; ; {
			page, err := f.page(ctx, asked, cursor)
			if !yield(page, err) || err != nil || page.Next == "" {
				return
			}
			cursor = page.Next
		}
	}
}

func (f *fakeReports) page(ctx context.Context, asked export.Request, cursor string) (export.Page, error) {
	f.mu.Lock()
	asked.Cursor = cursor
	f.asked = append(f.asked, asked)
	wait, err, rows := f.wait, f.fails[cursor], f.rows[asked.Type]
	f.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return export.Page{}, context.Cause(ctx)
		}
	}
	if err != nil {
		return export.Page{}, err
	}
	var at int
	if cursor != "" {
		if _, err := fmt.Sscanf(cursor, "row-%d", &at); err != nil {
			return export.Page{}, export.ErrCursor
		}
	}
	if f.whole {
		return export.Page{Rows: rows}, nil
	}
	page := export.Page{Rows: rows[at:min(at+2, len(rows))], Warnings: f.warned}
	if at+2 < len(rows) {
		page.Next = fmt.Sprintf("row-%d", at+2)
	}
	return page, nil
}

func (f *fakeReports) change(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
}

// aRow is a report's row of the cells by name; others beside.
func aRow(t export.Type, cells map[string]string, unknown ...export.Field) export.Row {
	report, _ := export.Lookup(string(t))
	row := export.Row{Cells: make([]export.Value, len(report.Columns)), Unknown: unknown}
	for name, text := range cells {
		row.Cells[report.Index(name)] = export.Value{Text: text, Set: true}
	}
	return row
}

// withReports has the house give reports.
func withReports(f *fakeReports) func(*house) {
	return func(h *house) {
		jobs, err := download.NewJobs(filepath.Join(h.dir, "downloads"), f, h.auth.Sealer, download.Limits{Running: 1, Bytes: 1 << 30, Keep: time.Hour}, h.options.Log)
		require.NoError(h.t, err)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { jobs.Run(ctx) })
		h.t.Cleanup(func() { cancel(); running.Wait() })
		h.options.Reports, h.options.Downloads, h.options.ReportPace = f, jobs, 1
	}
}

func patientRows(n int) []export.Row {
	rows := make([]export.Row, n)
	for i := range rows {
		rows[i] = aRow(export.Patients, map[string]string{"Patient_UUID": fmt.Sprintf("p-%d", i), "Last_Name": fmt.Sprintf("=Name%d", i), "BSN": "123456789", "Red_Alerts": "3"})
	}
	return rows
}

func TestReportsAreForThoseWhoReadAll(t *testing.T) {
	h := newHouse(t, withReports(&fakeReports{}))
	paths := []string{"/reports", "/reports/hcps", "/reports/hcps?preview=1", "/reports/nothing", "/reports/hcps/download?format=csv", "/downloads/x", "/downloads/x/file?format=csv"}
	for _, who := range []triage.HCP{primary, secondary} {
		b := h.as(who)
		h.audit.taken()
		for _, path := range paths {
			assert.Equal(t, http.StatusForbidden, b.get(path).status, path)
		}
		for _, path := range []string{"/reports/hcps/downloads", "/downloads/x"} {
			assert.Equal(t, http.StatusForbidden, b.post(path, url.Values{}).status, path)
		}
		for _, e := range h.audit.taken() {
			assert.Equal(t, audit.Denied, e.Outcome)
		}
		assert.False(t, b.get("/").has(`a[href="/reports"]`), "nor is it offered")
	}
	for _, who := range []triage.HCP{admin, viewer} {
		b := h.as(who)
		page := b.get("/reports")
		assert.Equal(t, http.StatusOK, page.status)
		assert.Equal(t, len(export.Reports()), page.all(".report-list > li").Length())
		assert.True(t, b.get("/").has(`.session a[href="/reports"]`))
		assert.Equal(t, http.StatusNotFound, b.get("/reports/nothing").status)
		assert.Equal(t, http.StatusNotFound, b.get("/downloads/nothing").status)
	}
}

// R20, R27
func TestReportPreview(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(3)}, warned: []export.Warning{{Code: "late", Message: "some days"}}}
	f.rows[export.Patients][2].Unknown = []export.Field{{Name: "Ward", Value: export.Value{Text: "<b>9</b>", Set: true}}}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	first := b.get("/reports/patients")
	assert.False(t, first.has("table"), "nothing is asked of Luscii before it is wanted")
	assert.Empty(t, f.asked)
	h.audit.taken()

	f.rows[export.Patients][1].Unknown = []export.Field{{Name: "patientBsn", Value: export.Value{Text: "123456789", Set: true}}}
	page := b.get("/reports/patients?preview=1")
	assert.Equal(t, 2, page.all(".preview tbody tr").Length())
	assert.NotContains(t, page.body, "123456789", "masked")
	assert.Contains(t, page.text(".preview tbody"), "•••••••••")
	assert.Contains(t, page.text(".notice.conflict"), "late · some days")
	events := h.audit.taken()
	require.Equal(t, []string{"report_shown done h-viewer  patients"}, recorded(events))
	assert.Equal(t, audit.Object{Kind: audit.KindReport, ID: "patients"}, events[0].Object)
	assert.Equal(t, 2, events[0].Details.Rows)

	next := page.attr("a[rel=next]", "href")
	assert.NotContains(t, next, "row-", "no cursor of Luscii's stands in an address")
	page = b.get(next)
	assert.Equal(t, 1, page.all(".preview tbody tr").Length())
	assert.Contains(t, page.text(".preview thead"), "Ward")
	assert.Contains(t, page.text(".preview tbody"), "<b>9</b>", "text, never markup (R26)")
	assert.False(t, page.has("a[rel=next]"))
	assert.Equal(t, 2, b.get(page.attr("a[rel=prev]", "href")).all(".preview tbody tr").Length())
	other := h.as(admin).get(next)
	assert.Contains(t, other.text("caption"), h.say("reports.shown", 1, 2), "where the page began isn't known: the first")

	h.audit.fails = func(audit.Event) error { return errAudit }
	assert.Equal(t, http.StatusInternalServerError, b.get("/reports/patients?preview=1").status)
}

// A page of any size must not fill the memory.
func TestPreviewOfAHugePage(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(5_000)}, whole: true}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	h.audit.taken()
	page := b.get("/reports/patients?preview=1")
	assert.Equal(t, 200, page.all(".preview tbody tr").Length())
	assert.Contains(t, page.text("caption"), h.say("reports.first_rows", 5_000), "R14")
	assert.Equal(t, 200, h.audit.taken()[0].Details.Rows, "what was shown")

	wide := aRow(export.Patients, nil)
	for i := range 2_000 {
		wide.Unknown = append(wide.Unknown, export.Field{Name: fmt.Sprintf("Column%d", i), Value: export.Value{Text: "x", Set: true}})
	}
	f.change(func() { f.rows[export.Patients] = []export.Row{wide} })
	page = b.get("/reports/patients?preview=1")
	assert.Equal(t, http.StatusBadGateway, page.status)
	assert.False(t, page.has(".preview"))
}

// A page of a report goes before the sweeps, and beside what clinicians write: many
// at once would hold the board up.
func TestPreviewsDoNotCrowdTheBoardOut(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(1)}, wait: make(chan struct{})}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	const most = 4
	got := make(chan int)
	for range most {
		go func() { got <- b.get("/reports/patients?preview=1").status }()
	}
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.asked) == most }, 10*time.Second, time.Millisecond)
	crowded := b.get("/reports/patients?preview=1")
	assert.Equal(t, http.StatusTooManyRequests, crowded.status)
	assert.Contains(t, crowded.text(".notice.error"), h.say("reports.cause_crowded"))
	assert.Equal(t, http.StatusOK, b.get("/reports/patients").status, "what asks nothing of Luscii is there")
	close(f.wait)
	for range most {
		assert.Equal(t, http.StatusOK, <-got)
	}
	assert.Len(t, f.asked, most)
	assert.Equal(t, http.StatusOK, b.get("/reports/patients?preview=1").status)
}

func TestReportSaysWhatIsWrong(t *testing.T) {
	h := newHouse(t, withReports(&fakeReports{}))
	b := h.as(admin)
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	for query, want := range map[string]struct{ field, key string }{
		"measurements?from=2026-02-02&to=2026-01-01":                          {"to", "reports.wrong_order"},
		"measurements?from=&to=":                                              {"from", "reports.wrong_missing"},
		"measurements?from=2026-01-01&to=":                                    {"to", "reports.wrong_missing"},
		"measurements?from=1+January&to=2026-01-01":                           {"from", "invalid.date"},
		"measurements?from=" + tomorrow + "&to=" + tomorrow:                   {"from", "reports.wrong_future"},
		"plannedActions?preview=1":                                            {"from", "reports.wrong_missing"},
		"measurementsForQuestionnaires?from=2026-02-02&to=x":                  {"to", "invalid.date"},
		"measurements/download?format=csv&from=2026-02-02&to=" + "2026-01-01": {"to", "reports.wrong_order"},
	} {
		page := b.get("/reports/" + query)
		assert.Equal(t, http.StatusUnprocessableEntity, page.status, query)
		assert.Equal(t, h.say(want.key), page.text("#"+want.field+"-error"), query)
		assert.Equal(t, h.say("error.422"), page.text(".notice.error strong"), query)
	}
	forbidden := b.get("/reports/hcps/download?format=csv&from=2026-01-01&to=2026-01-02")
	assert.Equal(t, http.StatusUnprocessableEntity, forbidden.status)
	assert.Contains(t, forbidden.body, h.say("reports.wrong_forbidden"))
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/reports/hcps/download?format=docx").status)
	long := b.get("/reports/measurements?from=2016-01-01&to=2025-12-31")
	assert.Equal(t, http.StatusOK, long.status, "ten years can be asked for")
	assert.Contains(t, long.text("main form[method=post]"), h.say("reports.how_long", "3,653", "1 h"))
}

func TestReportThatFails(t *testing.T) {
	for cause, key := range map[error]string{
		export.ErrUnknownReport: "reports.cause_unknown", triage.ErrForbidden: "reports.cause_forbidden", export.ErrCursor: "reports.cause_cursor",
	} {
		f := &fakeReports{fails: map[string]error{"": fmt.Errorf("secret: %w", cause)}}
		h := newHouse(t, withReports(f))
		b := h.as(admin)
		page := b.get("/reports/hcps?preview=1")
		assert.Equal(t, http.StatusBadGateway, page.status)
		assert.Contains(t, page.text(".notice.error"), h.say(key))
		assert.NotContains(t, page.body, "secret")
		page = b.get("/reports/hcps/download?format=csv")
		assert.Equal(t, http.StatusBadGateway, page.status)
		assert.Contains(t, page.text(".notice.error"), h.say(key))
	}
}

// A download by its address alone, as a script asks for it (R26, R27).
func TestReportDownload(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(5)}}
	h := newHouse(t, withReports(f))
	b := h.as(admin)
	h.audit.taken()
	got := b.get("/reports/patients/download?format=csv")
	require.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, export.CSV.ContentType(), got.header.Get("Content-Type"))
	assert.Equal(t, `attachment; filename="patients.csv"`, got.header.Get("Content-Disposition"))
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 6)
	assert.NotContains(t, rows[0], "BSN")
	assert.NotContains(t, got.body, "123456789")
	assert.Contains(t, rows[1], "'=Name0", "harmless")
	events := h.audit.taken()
	assert.Equal(t, []string{"downloaded begun h-admin  patients", "downloaded done h-admin  patients.csv"}, recorded(events))
	assert.Equal(t, "patients.csv", events[1].Object.ID)
	assert.Equal(t, 5, events[1].Details.Rows)

	for _, format := range export.Formats() {
		got := b.get("/reports/patients/download?format=" + string(format))
		assert.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, format.ContentType(), got.header.Get("Content-Type"))
		assert.NotEmpty(t, got.body)
	}
	assert.Len(t, f.asked, 3, "what was just fetched isn't fetched again")

	h.audit.fails = func(audit.Event) error { return errAudit }
	assert.Equal(t, http.StatusInternalServerError, b.get("/reports/patients/download?format=csv").status, "what can't be audited isn't given")
}

// R24: a cookie goes along with a link, so that a GET is no proof that the user
// wants what it sets off.
func TestNoOtherSiteSetsOffADownload(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(1)}}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	h.audit.taken()
	for _, site := range []string{"cross-site", "same-site"} {
		assert.Equal(t, http.StatusForbidden, b.get("/reports/patients/download?format=csv", "Sec-Fetch-Site", site).status, site)
	}
	assert.Empty(t, f.asked)
	assert.Equal(t, []string{"downloaded denied h-viewer  ", "downloaded denied h-viewer  "}, recorded(h.audit.taken()))
	for _, site := range []string{"same-origin", "none"} { // typed, or a bookmark
		assert.Equal(t, http.StatusOK, b.get("/reports/patients/download?format=csv", "Sec-Fetch-Site", site).status, site)
	}
}

// R19: a report may take long. Who has signed out meanwhile doesn't get it.
func TestReportIsWaitedForButTheUserHasGone(t *testing.T) {
	asked := make(chan struct{})
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(5)}, wait: make(chan struct{})}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	h.audit.taken()
	got := make(chan answer)
	go func() {
		close(asked)
		got <- b.get("/reports/patients/download?format=csv")
	}()
	<-asked
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.asked) > 0 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, http.StatusSeeOther, b.post("/signout", url.Values{}).status)
	close(f.wait)
	late := <-got
	assert.Equal(t, http.StatusUnauthorized, late.status)
	assert.NotContains(t, late.body, "Name0")
	var files []string
	for _, e := range h.audit.taken() {
		if e.Action == audit.Downloaded {
			files = append(files, string(e.Outcome))
		}
	}
	assert.Equal(t, []string{"begun", "denied"}, files)
}

// R27
func TestNationalNumberNeedsAReason(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.Patients: patientRows(1)}}
	h := newHouse(t, withReports(f))
	b := h.as(admin)
	h.audit.taken()
	page := b.post("/reports/patients/downloads", url.Values{"bsn": {"1"}, "reason": {" why "}})
	assert.Equal(t, http.StatusUnprocessableEntity, page.status)
	assert.Equal(t, h.say("reports.wrong_reason", 8, 200), page.text("#reason-error"))
	assert.Equal(t, "why", page.attr("#reason", "value"), "nothing typed is lost")
	assert.True(t, page.has("#bsn[checked]"))
	assert.Empty(t, h.audit.taken())

	page = b.post("/reports/patients/downloads", url.Values{"bsn": {"1"}, "reason": {"asked for by the inspectorate"}})
	done := b.finished(page)
	assert.Contains(t, done.text("#download"), h.say("downloads.national"))
	file := b.get(done.attr(`#download a[href*="format=csv"]`, "href"))
	assert.Contains(t, file.body, "123456789")
	events := h.audit.taken()
	require.Equal(t, []string{"downloaded begun h-admin  patients", "downloaded done h-admin  patients.csv"}, recorded(events))
	assert.Equal(t, "asked for by the inspectorate", events[0].Private.Note)
	assert.Equal(t, "with_bsn", events[0].Details.Reason)

	v := h.as(viewer)
	assert.False(t, v.get("/reports/patients").has("#bsn"))
	assert.Equal(t, http.StatusForbidden, v.post("/reports/patients/downloads", url.Values{"bsn": {"1"}, "reason": {"asked for by the inspectorate"}}).status)
	assert.Equal(t, http.StatusNotFound, v.get(done.path).status, "somebody else's is none")
}

// follow goes where an answer leads.
func (b *browser) follow(a answer) answer {
	b.t.Helper()
	require.Equal(b.t, http.StatusSeeOther, a.status, a.body)
	return b.get(a.header.Get("Location"))
}

// finished follows a download's page until it doesn't run any more.
func (b *browser) finished(begun answer) answer {
	b.t.Helper()
	a := b.follow(begun)
	require.Eventually(b.t, func() bool {
		a = b.get(a.path)
		return !a.has(`#download[data-state=running]`)
	}, 10*time.Second, 5*time.Millisecond)
	return a
}

func TestDownloadIsCancelledAndTakenUp(t *testing.T) {
	f := &fakeReports{rows: map[export.Type][]export.Row{export.HCPs: {
		aRow(export.HCPs, map[string]string{"UUID": "h-1"}), aRow(export.HCPs, map[string]string{"UUID": "h-2"}), aRow(export.HCPs, map[string]string{"UUID": "h-3"}),
	}}}
	f.fails = map[string]error{"row-2": errors.New("gone")}
	h := newHouse(t, withReports(f))
	b := h.as(viewer)
	failed := b.finished(b.post("/reports/hcps/downloads", url.Values{}))
	assert.Equal(t, "failed", failed.attr("#download", "data-state"))
	assert.Contains(t, failed.text("#download"), h.say("downloads.missing"))
	incomplete := b.get(failed.attr(`#download a[href*="partial=1"][href*="format=ndjson"]`, "href"))
	assert.Equal(t, `attachment; filename="hcps_incomplete.ndjson"`, incomplete.header.Get("Content-Disposition"))
	assert.Equal(t, 2, strings.Count(incomplete.body, "\n"), "what came isn't lost")
	complete := strings.Replace(failed.attr(`#download a[href*="partial=1"][href*="format=ndjson"]`, "href"), "partial=1", "", 1)
	assert.Equal(t, failed.path, b.get(complete).header.Get("Location"), "a part isn't given as the whole")

	wait := make(chan struct{})
	f.change(func() { f.fails, f.wait = nil, wait })
	h.audit.taken()
	running := b.follow(b.post(failed.path, url.Values{"do": {"resume"}}))
	assert.Equal(t, "running", running.attr("#download", "data-state"))
	assert.True(t, running.has("#download[hx-get]"))
	assert.Equal(t, []string{"downloaded begun h-viewer  hcps"}, recorded(h.audit.taken()), "R20: it is fetched again")
	busy := b.post("/reports/patients/downloads", url.Values{})
	assert.Equal(t, http.StatusTooManyRequests, busy.status)
	assert.Contains(t, busy.text(".notice.error"), h.say("reports.cause_busy"))
	cancelled := b.follow(b.post(failed.path, url.Values{"do": {"cancel"}}))
	assert.Equal(t, "cancelled", cancelled.attr("#download", "data-state"))
	assert.False(t, cancelled.has("#download[hx-get]"), "nothing goes on")

	f.change(func() { f.wait = nil })
	done := b.finished(b.post(failed.path, url.Values{"do": {"resume"}}))
	assert.Equal(t, "done", done.attr("#download", "data-state"))
	file := b.get(done.attr(`#download a[href*="format=ndjson"]`, "href"))
	assert.Equal(t, 3, strings.Count(file.body, "\n"))
	assert.Contains(t, b.get("/reports").text(".downloads"), h.say("downloads.done"))

	assert.Equal(t, http.StatusUnprocessableEntity, b.post(done.path, url.Values{"do": {"dance"}}).status)
	gone := b.follow(b.post(done.path, url.Values{"do": {"remove"}}))
	assert.Equal(t, "/reports", gone.path)
	assert.False(t, gone.has(".downloads"))
	assert.Equal(t, http.StatusNotFound, b.get(done.path).status)
}

// What can't be written to its end breaks off: nobody takes a part for the whole.
func TestFileThatBreaksOff(t *testing.T) {
	rows := make([]export.Row, 20_000)
	for i := range rows {
		rows[i] = aRow(export.HCPs, map[string]string{"UUID": strings.Repeat("x", 200)})
	}
	h := newHouse(t, withReports(&fakeReports{rows: map[export.Type][]export.Row{export.HCPs: rows}}))
	b := h.as(viewer)
	done := b.finished(b.post("/reports/hcps/downloads", url.Values{}))
	kept, err := filepath.Glob(filepath.Join(h.dir, "downloads", "*", "rows"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	sealed, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	sealed[len(sealed)*3/4] ^= 1
	require.NoError(t, os.WriteFile(kept[0], sealed, 0o600))

	response, err := b.client.Get(b.server.URL + done.attr(`#download a[href*="format=csv"]`, "href"))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode, "it had begun")
	_, err = io.Copy(io.Discard, response.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NoError(t, response.Body.Close())
}

// Days that haven't begun hold nothing: they are left out, not refused.
func TestReportEndsToday(t *testing.T) {
	f := &fakeReports{}
	h := newHouse(t, withReports(f))
	today, later := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	page := h.as(admin).get("/reports/alerts?from=" + today + "&to=" + later)
	require.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, today, page.attr("#to", "value"))
	assert.Equal(t, export.Range{From: today, To: today}, f.asked[0].Range)
}
