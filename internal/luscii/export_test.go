package luscii

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// Ranges the reports' rules allow.
var (
	someDays = export.Range{From: "2024-05-01", To: "2024-05-02"}
	noDays   export.Range
)

func rangeFor(r export.Report) export.Range {
	if r.Dates == export.DatesRequired {
		return someDays
	}
	return noDays
}

// The Export API's page, for each of its eleven reports: POST, a query string,
// no body; every column of the sample in its place, and none unknown.
func TestContractReports(t *testing.T) {
	for _, report := range export.Reports() {
		if report.Newer {
			continue
		}
		t.Run(string(report.Type), func(t *testing.T) {
			body := fixture(t, "export-"+string(report.Type)+".json")
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, http.MethodPost, r.Method)
				assert.Equal(t, "/v1/export/"+string(report.Type), r.URL.Path)
				want := ""
				if report.Dates == export.DatesRequired {
					want = "endDate=2024-05-02&startDate=2024-05-01"
				}
				assert.Equal(t, want, r.URL.RawQuery)
				assert.Zero(t, r.ContentLength)
				assert.Equal(t, "Bearer "+serviceKey.Reveal(), r.Header.Get("Authorization"))
				answerJSON(w, http.StatusOK, body)
			})
			pages, err := collect(c.Report(t.Context(), export.Request{Type: report.Type, Range: rangeFor(report)}))
			require.NoError(t, err)
			require.Len(t, pages, 1)
			require.Len(t, pages[0].Rows, 1)
			assert.Empty(t, pages[0].Next)
			assert.Empty(t, pages[0].Warnings)
			assert.Empty(t, pages[0].Rows[0].Unknown)
			assert.Empty(t, c.log.String(), "nothing is odd about the page's samples")

			var sample struct{ Data []map[string]any }
			require.NoError(t, json.Unmarshal([]byte(body), &sample))
			require.Len(t, sample.Data[0], len(report.Columns))
			for i, column := range report.Columns {
				want := export.Value{Set: true}
				switch v := sample.Data[0][column.Name].(type) {
				case nil:
					require.Contains(t, sample.Data[0], column.Name)
					want.Set = false
				case string:
					want.Text = v
				case float64:
					want.Text = strconv.FormatFloat(v, 'f', -1, 64)
				default:
					t.Fatalf("%T", v)
				}
				assert.Equal(t, want, pages[0].Rows[0].Cells[i], column.Name)
			}
		})
	}
}

// NOTES: "errors can stand beside data on 200: keep the data, surface the errors
// as warnings"; "follow nextCursor only … nextPageUrl may be absolute".
func TestContractContinuedReport(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host+" "+r.URL.RawQuery)
		if r.URL.RawQuery == "" {
			answerJSON(w, http.StatusOK, fixture(t, "export-continued.json"))
			return
		}
		answerJSON(w, http.StatusOK, fixture(t, "export-starRatings.json"))
	})
	pages, err := collect(c.Report(t.Context(), export.Request{Type: export.StarRatings}))
	require.NoError(t, err)
	require.Len(t, pages, 2)
	assert.Equal(t, "eyJBbGVyd...", pages[0].Next)
	assert.Equal(t, []export.Warning{{Code: "string", Message: "string", Attribute: "string"}}, pages[0].Warnings)
	assert.Len(t, pages[0].Rows, 1)
	assert.Len(t, pages[1].Rows, 1)
	host := c.base.Host
	assert.Equal(t, []string{host + " ", host + " cursor=eyJBbGVyd..."}, asked)
	assert.Contains(t, c.log.String(), "error string")
}

// A report goes on from any page of it, with the same range.
func TestReportGoesOnFromACursor(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		answerJSON(w, http.StatusOK, `{"data":[]}`)
	})
	_, err := collect(c.Report(t.Context(), export.Request{Type: export.Alerts, Range: someDays, Cursor: "a b"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"cursor=a+b&endDate=2024-05-02&startDate=2024-05-01"}, asked)
}

// NOTES: "Required for the two and the five, omitted for the four; refuse end
// before start before sending". Issue: "a future date, an unknown report".
func TestReportIsRefusedBeforeAnythingIsSent(t *testing.T) {
	future := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for name, tt := range map[string]struct {
		asked export.Request
		want  error
		words string
	}{
		"no dates":         {export.Request{Type: export.Measurements}, export.ErrDatesMissing, "export measurements: rejected, the report needs both dates"},
		"one date":         {export.Request{Type: export.Alerts, Range: export.Range{From: "2024-05-01"}}, export.ErrDatesMissing, ""},
		"dates forbidden":  {export.Request{Type: export.StarRatings, Range: someDays}, export.ErrDatesForbidden, ""},
		"end before start": {export.Request{Type: export.Alerts, Range: export.Range{From: "2024-05-02", To: "2024-05-01"}}, export.ErrEndBeforeStart, "export alerts: rejected, the end lies before the start"},
		"no date":          {export.Request{Type: export.PlannedActions, Range: export.Range{From: "Jansen", To: "2024-05-01"}}, export.ErrNoDate, "export plannedActions: rejected, not a date (YYYY-MM-DD)"},
		"future":           {export.Request{Type: export.Alerts, Range: export.Range{From: future, To: future}}, export.ErrFuture, ""},
		"unknown report":   {export.Request{Type: "../alerts"}, export.ErrUnknownReport, "export: rejected, the API doesn't know this report"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
			pages, err := collect(c.Report(t.Context(), tt.asked))
			assert.Empty(t, pages)
			require.ErrorIs(t, err, tt.want)
			assert.Equal(t, []error{triage.ErrRejected}, kinds(err))
			if tt.words != "" {
				assert.EqualError(t, err, tt.words)
			}
		})
	}
}

// NOTES: "stop on null, absent, empty or repeated". The page that leads nowhere
// is still taken.
func TestReportCutShort(t *testing.T) {
	for name, next := range map[string]string{"same cursor": `"from"`, "earlier cursor": `"2"`, "no text": `{}`} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				answer := next
				if r.URL.Query().Get("cursor") == "from" {
					answer = `"2"`
				}
				answerJSON(w, http.StatusOK, `{"meta":{"nextCursor":`+answer+`},"data":[{"Score":5}]}`)
			})
			var rows int
			var last error
			for page, err := range c.Report(t.Context(), export.Request{Type: export.StarRatings, Cursor: "from"}) {
				rows, last = rows+len(page.Rows), err
			}
			assert.Equal(t, 2, rows)
			assert.Equal(t, []error{triage.ErrMalformed, triage.ErrPartial}, kinds(last))
		})
	}
}

// What is refused isn't said by any page: in doubt it's the cursor on the way,
// the report at its beginning.
func TestReportRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		cursor string
		want   error
		kind   error
	}{
		"cursor expired":         {422, `{"errors":[{"code":"validation","attribute":"cursor"}]}`, "x", export.ErrCursor, triage.ErrRejected},
		"cursor expired, 400":    {400, `{"errors":[{"code":"cursor_expired"}]}`, "x", export.ErrCursor, triage.ErrRejected},
		"cursor gone":            {410, `{"errors":[{"code":"gone"}]}`, "x", export.ErrCursor, triage.ErrRejected},
		"cursor not found":       {404, `{"errors":[{"code":"not_found"}]}`, "x", export.ErrCursor, triage.ErrNotFound},
		"no cursor was sent":     {422, `{"errors":[{"code":"validation","attribute":"cursor"}]}`, "", nil, triage.ErrRejected},
		"report not found":       {404, `{"errors":[{"code":"not_found"}]}`, "", export.ErrUnknownReport, triage.ErrNotFound},
		"report refused":         {422, `{"errors":[{"code":"validation","attribute":"reportType"}]}`, "", export.ErrUnknownReport, triage.ErrRejected},
		"report refused, 400":    {400, `{"errors":[{"code":"unknown_report_type"}]}`, "x", export.ErrUnknownReport, triage.ErrRejected},
		"dates refused":          {422, `{"errors":[{"code":"validation","attribute":"startDate"}]}`, "x", nil, triage.ErrRejected},
		"key without the right":  {403, `{"errors":[{"code":"forbidden"}]}`, "x", nil, triage.ErrForbidden},
		"not found, by no API":   {404, `not here`, "", nil, triage.ErrNotFound},
		"both methods refused":   {405, `{}`, "", nil, triage.ErrRejected},
		"key revoked on the way": {401, `{}`, "x", nil, triage.ErrKeyRefused},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, always(tt.status, tt.body))
			pages, err := collect(c.Report(t.Context(), export.Request{Type: export.StarRatings, Cursor: tt.cursor}))
			assert.Empty(t, pages)
			assert.Equal(t, []error{tt.kind}, kinds(err))
			for _, meaning := range []error{export.ErrCursor, export.ErrUnknownReport} {
				assert.Equal(t, errors.Is(tt.want, meaning), errors.Is(err, meaning), "%v", meaning)
			}
		})
	}
}

// An API that knows only GET answers a report it doesn't know by 405 to the one
// method and 404 to the other, in either order.
func TestUnknownReportWhereOneMethodIsRefused(t *testing.T) {
	for _, known := range []string{http.MethodGet, http.MethodPost} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != known {
				answerJSON(w, http.StatusMethodNotAllowed, `{}`)
				return
			}
			answerJSON(w, http.StatusNotFound, `{"errors":[{"code":"not_found"}]}`)
		})
		_, err := collect(c.Report(t.Context(), export.Request{Type: export.MeasurementsForQuestionnaires}))
		require.ErrorIs(t, err, export.ErrUnknownReport, known)
	}
}

// NOTES: "on 405 or 404 try GET once and remember which worked": for all reports.
func TestReportsShareTheMethodThatWorked(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method)
		if r.Method == http.MethodPost {
			answerJSON(w, http.StatusMethodNotAllowed, `{}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Empty(t, body)
		answerJSON(w, http.StatusOK, `{"data":[]}`)
	})
	_, err := collect(c.HCPs(t.Context()))
	require.NoError(t, err)
	_, err = collect(c.Report(t.Context(), export.Request{Type: export.Measurements, Range: someDays}))
	require.NoError(t, err)
	assert.Equal(t, []string{"POST", "GET", "GET"}, asked)
}

// A report that fails half-way gives what it had, then the error; errors without
// any data are no empty last page.
func TestReportFailingHalfWay(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"errors alone": {200, `{"errors":[{"code":"shard_down"}]}`, triage.ErrPartial},
		"malformed":    {200, `{"data":[{"Score":5}`, triage.ErrMalformed},
		"gone wrong":   {501, `{}`, triage.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("cursor") == "" {
					answerJSON(w, http.StatusOK, `{"data":[{"Score":5},{"Score":4}],"meta":{"nextCursor":"2"}}`)
					return
				}
				answerJSON(w, tt.status, tt.body)
			})
			pages, err := collect(c.Report(t.Context(), export.Request{Type: export.StarRatings}))
			require.Len(t, pages, 1)
			assert.Len(t, pages[0].Rows, 2)
			assert.Equal(t, "2", pages[0].Next, "it can go on from there")
			assert.Equal(t, []error{tt.want}, kinds(err))
		})
	}
}

func TestReportStopsWhereItsReaderStops(t *testing.T) {
	requests := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		answerJSON(w, http.StatusOK, fmt.Sprintf(`{"data":[],"meta":{"nextCursor":"%d"}}`, requests))
	})
	for _, err := range c.Report(t.Context(), export.Request{Type: export.StarRatings}) {
		require.NoError(t, err)
		if requests == 3 {
			break
		}
	}
	assert.Equal(t, 3, requests)
}

// Half a million rows are 10,000 pages and no reason to stop.
func TestReportIsLongerThanAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, Options{BaseURL: "http://127.0.0.1", Transport: countingPages()})
		pages := 0
		for _, err := range c.Report(t.Context(), export.Request{Type: export.StarRatings}) {
			require.NoError(t, err)
			if pages++; pages > maxPages {
				break
			}
		}
		assert.Greater(t, pages, maxPages)
	})
}

// R27: the citizen service number goes no further than the row it came in, also
// where the hospital's number repeats it, as in the page's sample.
func TestPatientsReport(t *testing.T) {
	c := serve(t, always(http.StatusOK, fixture(t, "export-patients.json")))
	patients, err := collect(c.PatientsReport(t.Context()))
	require.NoError(t, err)
	assert.Equal(t, []triage.Patient{{
		ID: "92aed2c3-3986-4477-af1a-15174f464644", FirstName: "John", LastName: "Doe", BirthDate: "1970-01-01", Sex: "male",
		Status: "active", Phone: "+31 6 12345678", Email: "john.doe@example.com",
		GroupName: "A Group", ProgramName: "A Program", ProtocolName: "A Protocol",
	}}, patients)

	c = serve(t, always(http.StatusOK, data(`{"Patient_UUID":"1","Patient_Number":42,"BSN":null},{"Patient_UUID":null}`)))
	patients, err = collect(c.PatientsReport(t.Context()))
	assert.Equal(t, []triage.Patient{{ID: "1", Number: "42"}}, patients)
	assert.Equal(t, []error{triage.ErrPartial}, kinds(err))
}
