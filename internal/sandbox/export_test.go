package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// measuring are options of a small population that measures as usual.
func measuring() Options {
	o := few()
	o.Measurements = 2
	return o
}

// lastDays are the days before epoch, today among them.
const lastDays = "startDate=2026-03-12&endDate=2026-03-18"

// datesFor is a query the report takes: what happens seldom is asked for a year.
func datesFor(name string) string {
	switch {
	case reports[name].dates != datesRequired:
		return ""
	case strings.Contains(name, "History") || strings.Contains(name, "Reasons"):
		return "startDate=2025-04-01&endDate=2026-03-18"
	}
	return lastDays
}

// export reads a report to its end.
func (c caller) export(name, query string) []object {
	c.t.Helper()
	var rows []object
	values, err := url.ParseQuery(query)
	require.NoError(c.t, err)
	for {
		a := c.call(http.MethodPost, "/v1/export/"+name+"?"+values.Encode(), "")
		page := a.rows(c.t)
		rows = append(rows, page...)
		next := a.cursor(c.t, "nextCursor")
		if next == "" {
			return rows
		}
		require.Len(c.t, page, 50)
		values.Set("cursor", next)
	}
}

// The reference page's samples, each column by name and by whether it is a
// number or a text.
func TestReportsHaveTheDocumentedColumns(t *testing.T) {
	c := start(t, measuring())
	for name, of := range reports {
		if of.newer {
			continue
		}
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("..", "luscii", "testdata", "contract", "export-"+name+".json"))
			require.NoError(t, err)
			var page struct {
				Data []object
				Meta object
			}
			require.NoError(t, json.Unmarshal(raw, &page))
			sample := page.Data[0]
			a := c.call(http.MethodPost, "/v1/export/"+name+"?"+datesFor(name), "")
			assertFields(t, strings.Join(keys(page.Meta), " "), a.body["meta"])
			rows := c.export(name, datesFor(name))
			require.NotEmpty(t, rows)
			given := map[string]bool{}
			for _, row := range rows {
				assertFields(t, strings.Join(keys(sample), " "), any(row))
				for column, value := range row {
					if value == nil {
						continue
					}
					given[column] = true
					if sample[column] != nil {
						assert.IsType(t, sample[column], value, column)
					}
					if strings.HasSuffix(column, "_Date") || strings.HasSuffix(column, "_At") || column == "Date" {
						assertForm(t, zonelessForm, value, false)
					}
				}
				if t.Failed() {
					return
				}
			}
			for column := range sample {
				assert.True(t, given[column], "%s is always null", column)
			}
		})
	}
}

// NOTES: "Required for the two and the five, omitted for the four"; "refuse end
// before start".
func TestReportsKeepToTheirDates(t *testing.T) {
	o := measuring()
	o.NewerReports = true
	c := start(t, o)
	refused := func(name, query, attribute string) {
		t.Helper()
		c.call(http.MethodPost, "/v1/export/"+name+"?"+query, "").refused(t, http.StatusUnprocessableEntity, "validation", attribute)
	}
	fine := func(name, query string) {
		t.Helper()
		assert.Equal(t, http.StatusOK, c.call(http.MethodPost, "/v1/export/"+name+"?"+query, "").status, name)
	}
	for _, name := range []string{
		"measurements", "alerts", "plannedActions", "patientsWorkflowHistory", "patientsProgramsHistory", "patientsSettingsHistory",
		"usersStatusChangeReasons",
	} {
		fine(name, lastDays)
		refused(name, "", "startDate")
		refused(name, "startDate=2026-03-01", "endDate")
		refused(name, "endDate=2026-03-01", "startDate")
	}
	for _, name := range []string{"patients", "hcps", "patientsMutations", "starRatings"} {
		fine(name, "")
		refused(name, lastDays, "startDate")
		refused(name, "endDate=2026-03-01", "endDate")
	}
	for _, name := range []string{"measurementsWithQuestionnaires", "measurementsForQuestionnaires"} {
		fine(name, "")
		fine(name, lastDays)
		refused(name, "startDate=2026-03-01", "endDate")
	}
	refused("alerts", "startDate=2026-03-02&endDate=2026-03-01", "endDate")
	refused("alerts", "startDate=2026-02-30&endDate=2026-03-01", "startDate")
	refused("alerts", "startDate=2026-02-01&endDate=soon", "endDate")
	assert.Empty(t, c.export("measurements", "startDate=2027-01-01&endDate=2027-01-31"), "nothing of the future")
	assert.Equal(t, c.export("alerts", "startDate=2016-01-01&endDate=2026-03-18"), c.export("alerts", "startDate=2026-02-10&endDate=2030-03-18"), "ten years are no more than there is")
}

// NOTES: "an API that doesn't know them says so plainly".
func TestNewerReportsAreUnknownUnlessWanted(t *testing.T) {
	c := start(t, measuring())
	for _, name := range []string{"measurementsWithQuestionnaires", "measurementsForQuestionnaires"} {
		c.call(http.MethodPost, "/v1/export/"+name, "").refused(t, http.StatusNotFound, "not_found", "")
	}
	o := measuring()
	o.NewerReports = true
	c = start(t, o)
	all := c.export("measurements", lastDays)
	assert.Equal(t, all, c.export("measurementsWithQuestionnaires", lastDays))
	answers := c.export("measurementsForQuestionnaires", lastDays)
	assert.NotEmpty(t, answers)
	assert.Less(t, len(answers), len(all)/2)
}

// The way back gives the same as the way on, for every report; and what comes in
// meanwhile neither shifts nor repeats anything.
func TestReportsBothWays(t *testing.T) {
	c := start(t, measuring())
	for name, of := range reports {
		if of.newer {
			continue
		}
		t.Run(name, func(t *testing.T) {
			whole := func(rows []object) []string {
				var all []string
				for _, row := range rows {
					text, err := json.Marshal(row)
					require.NoError(t, err)
					all = append(all, string(text))
				}
				return all
			}
			query, err := url.ParseQuery(datesFor(name))
			require.NoError(t, err)
			follow := func(cursor string) [][]string {
				var pages [][]string
				for {
					a := c.call(http.MethodPost, "/v1/export/"+name+"?"+query.Encode(), "")
					pages = append(pages, whole(a.rows(t)))
					next := a.cursor(t, cursor)
					if next == "" {
						return pages
					}
					query.Set("cursor", next)
				}
			}
			forward := follow("nextCursor")
			back := follow("prevCursor")
			slices.Reverse(back)
			assert.Equal(t, forward, back)
			if name != "starRatings" && name != "patientsProgramsHistory" { // whose rows may be alike
				all := slices.Concat(forward...)
				distinct := slices.Compact(slices.Sorted(slices.Values(all)))
				assert.Len(t, all, len(distinct))
			}
		})
	}
}

func TestReportsDoNotShiftWhenAlertsArrive(t *testing.T) {
	for _, name := range []string{"alerts", "measurements"} {
		c := start(t, measuring())
		before := c.export(name, lastDays)
		var seen []object
		query := lastDays
		for {
			a := c.call(http.MethodPost, "/v1/export/"+name+"?"+query, "")
			seen = append(seen, a.rows(t)...)
			for range 5 {
				require.NoError(t, c.s.arrive(epoch.Add(-time.Hour)))
			}
			next := a.cursor(t, "nextCursor")
			if next == "" {
				break
			}
			query = lastDays + "&cursor=" + next
		}
		assert.Subset(t, texts(seen), texts(before))
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(texts(seen)))), len(seen))
	}
}

func texts(rows []object) []string {
	var all []string
	for _, row := range rows {
		all = append(all, fmt.Sprint(row))
	}
	return all
}

// Cursors belong to their report and its dates.
func TestCursorsOfReportsBelongToTheirQuery(t *testing.T) {
	c := start(t, measuring())
	cursor := c.call(http.MethodPost, "/v1/export/measurements?"+lastDays, "").cursor(t, "nextCursor")
	for _, path := range []string{
		"measurements?startDate=2026-03-12&endDate=2026-03-17&cursor=" + cursor, "alerts?" + lastDays + "&cursor=" + cursor, "hcps?cursor=" + cursor,
	} {
		c.call(http.MethodPost, "/v1/export/"+path, "").refused(t, http.StatusUnprocessableEntity, "validation", "cursor")
	}
}

// The faults of listings befall reports too.
func TestFaultsOfReports(t *testing.T) {
	read := func(faults string) (rows []object, a answer) {
		o := measuring()
		require.NoError(t, o.Faults.UnmarshalText([]byte(faults)))
		c := start(t, o)
		query := lastDays
		for range 40 {
			a = c.call(http.MethodPost, "/v1/export/measurements?"+query, "")
			if a.status != http.StatusOK {
				return rows, a
			}
			rows = append(rows, a.rows(t)...)
			next := a.cursor(t, "nextCursor")
			if next == "" {
				return rows, a
			}
			query = lastDays + "&cursor=" + next
		}
		return rows, a
	}
	right, _ := read("")
	shown := slices.Compact(slices.Sorted(slices.Values(texts(right))))
	require.Len(t, shown, len(right))

	again, _ := read("duplicates=7")
	assert.Greater(t, len(again), len(right), "rows come twice")
	assert.Subset(t, texts(again), texts(right))

	missed, _ := read("shift=20")
	assert.NotEqual(t, texts(right), texts(missed))

	_, last := read("cursor-uses=1,cursor-ttl=1h")
	assert.Equal(t, http.StatusOK, last.status)
	looping, _ := read("cursor-repeat=1")
	assert.Len(t, looping, 40*50)
	_, last = read("limited=1,only=exports")
	assert.Equal(t, http.StatusTooManyRequests, last.status)
}

// What is made up is always the same, and follows from the seed.
func TestReportsFollowFromTheSeed(t *testing.T) {
	first, second := start(t, measuring()), start(t, measuring())
	other := measuring()
	other.Seed = 2
	third := start(t, other)
	for name, of := range reports {
		if of.newer {
			continue
		}
		path := "/v1/export/" + name + "?" + datesFor(name)
		one := first.call(http.MethodPost, path, "").rows(t)
		assert.Equal(t, one, second.call(http.MethodPost, path, "").rows(t), name)
		assert.NotEqual(t, one, third.call(http.MethodPost, path, "").rows(t), name)
	}
}
