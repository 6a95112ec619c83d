package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/export"
	"triageboard/internal/luscii"
	"triageboard/internal/triage"
)

// reading is a client of a sandbox with its service key.
func (s *sandboxAPI) reading(t *testing.T, log slog.Handler) *luscii.Client {
	t.Helper()
	client, err := luscii.New(luscii.Options{
		BaseURL: s.url, Key: triage.Key(s.serviceKey), MaxRPS: 100_000, Logger: slog.New(log),
	})
	require.NoError(t, err)
	return client
}

// The client and the sandbox were made from the reference page apart from each
// other: for each of its reports they agree.
func TestEveryReportIsRead(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	client := startSandboxAlone(t).reading(t, slog.NewTextHandler(&log, nil))
	today := time.Now()
	year := export.Range{From: today.AddDate(-1, 0, 0).Format(time.DateOnly), To: today.Format(time.DateOnly)}
	month := export.Range{From: today.AddDate(0, -1, 0).Format(time.DateOnly), To: year.To}
	for _, report := range export.Reports() {
		asked := export.Request{Type: report.Type}
		if report.Dates == export.DatesRequired {
			asked.Range = month
			if strings.Contains(string(report.Type), "History") || report.Type == export.UsersStatusChangeReasons {
				asked.Range = year
			}
		}
		rows := 0
		for page, err := range client.Report(t.Context(), asked) {
			if report.Newer {
				require.ErrorIs(t, err, export.ErrUnknownReport)
				break
			}
			require.NoError(t, err, report.Type)
			assert.Empty(t, page.Warnings)
			for _, row := range page.Rows {
				assert.Empty(t, row.Unknown)
				require.Len(t, row.Cells, len(report.Columns))
			}
			rows += len(page.Rows)
		}
		assert.Equal(t, report.Newer, rows == 0, "%s: %d rows", report.Type, rows)
	}
	assert.Empty(t, log.String())
}

// NOTES: "A key may lack access (403): then fall back to the export reports": the
// board still names patients and groups, says where from, and a nurse still has
// the groups of hers.
func TestPatientsAPIForbidden(t *testing.T) {
	t.Parallel()
	b := startBoard(t, "DASHBOARD_SANDBOX_OPTIONS="+smallHospital+" --faults forbidden,only=patients")
	v := newVisitor(t, b.url)
	v.signInAs(b, admin)
	page := v.until("/", complete)
	first := page.Find("[data-alert-id]").First().AttrOr("data-alert-id", "")
	require.NotEmpty(t, first)
	alert := b.sandbox.alert(first)
	b.sandbox.faults(`{}`)
	who := b.sandbox.patient(alert.Patient)
	detail := v.until("/alerts/"+first, func(a answer) bool { return strings.Contains(a.Find("#detail").Text(), who.LastName) })
	text := strings.Join(strings.Fields(detail.Find("#detail").Text()), " ")
	assert.Contains(t, text, "from the patients export")
	assert.Contains(t, text, who.Group.Name)

	nurse := newVisitor(t, b.url)
	nurse.signInAs(b, marieke) // one of her groups has a comma in its name
	own := nurse.until("/", complete)
	assert.NotZero(t, own.Find("[data-alert-id]").Length())
	assert.Less(t, own.Find("[data-alert-id]").Length(), page.Find("[data-alert-id]").Length())
}
