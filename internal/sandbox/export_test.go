package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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

// whole reads a moment of a report in the hospital's zone.
func whole(t *testing.T, value any) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	require.NoError(t, err)
	at, err := time.ParseInLocation(time.DateTime, value.(string), zone)
	require.NoError(t, err)
	return at.UTC()
}

// The reports and the Alerts API tell the same: every alert of the days, by
// Amsterdam's midnight, and for those that a measurement raised that measurement.
func TestReportsAgreeWithTheAlerts(t *testing.T) {
	c := start(t, measuring())
	admin, _ := c.persona("HC_ADMIN")
	admin.put(c.an("open", ""), `{"status":"processed","category":"called_patient","additionalInfo":"Gebeld."}`)

	from, until := whole(t, "2026-03-12 00:00:00"), whole(t, "2026-03-19 00:00:00")
	words := map[any]string{"mea": "Measurement", "rem": "Remark", "ovd": "Overdue", "combination": "Combination"}
	key := func(patient, flag, kind, created any) string { return fmt.Sprint(patient, flag, kind, created) }
	var wanted, measured []string
	processed := map[string]object{}
	for _, a := range c.alerts(func(object) bool { return true }) {
		at, err := time.Parse(time.RFC3339, a["createdAt"].(string))
		require.NoError(t, err)
		if at.Before(from) || !at.Before(until) {
			continue
		}
		k := key(a["userId"], strings.ReplaceAll(a["flag"].(string), "gray", "grey"), words[a["type"]], at.UTC())
		wanted = append(wanted, k)
		if a["type"] == "mea" || a["measurementId"] != nil {
			measured = append(measured, k)
		}
		processed[k] = a
	}
	require.Greater(t, len(measured), 100)

	var told []string
	for _, row := range c.export("alerts", lastDays) {
		k := key(row["Patient_UUID"], row["Alert_Flag"], row["Alert_Type"], whole(t, row["Alert_Created_Date"]))
		told = append(told, k)
		require.Contains(t, processed, k)
		assert.Equal(t, processed[k]["processedBy"], row["Alert_Processed_By_UUID"])
		if processed[k]["processedAt"] == nil {
			assert.Nil(t, row["Alert_Processed_At"])
			assert.Nil(t, row["Alert_Processed_Type"])
		} else {
			assert.Equal(t, processed[k]["processedAt"], whole(t, row["Alert_Processed_At"]).Format(time.RFC3339))
		}
		if row["Alert_Processed_By_UUID"] != nil {
			assert.Contains(t, []any{"hc_primary", "hc_admin"}, row["Alert_Processed_By_Role"])
		}
		if row["Alert_Processed_By_Role"] == "hc_admin" {
			assert.Equal(t, "called_patient", row["Alert_Processed_Action"])
			assert.Equal(t, "Gebeld.", row["Alert_Processed_Additional_Info"])
			assert.Equal(t, "manual", row["Alert_Processed_Type"])
		}
		if row["Alert_Type"] != "Remark" {
			assert.NotNil(t, row["Measurement_Name"])
		}
	}
	assert.ElementsMatch(t, wanted, told)

	told = nil
	plain := 0
	for _, row := range c.export("measurements", lastDays) {
		made := whole(t, row["Measurement_Date"])
		assert.False(t, made.Before(from) || !made.Before(until))
		if row["Alert_Created_Date"] == nil {
			assert.Nil(t, row["Alert_Flag"])
			plain++
			continue
		}
		created := whole(t, row["Alert_Created_Date"])
		assert.InDelta(t, 30, created.Sub(made).Seconds(), 30)
		told = append(told, key(row["Patient_UUID"], row["Alert_Flag"], row["Alert_Type"], created))
	}
	assert.ElementsMatch(t, measured, told)
	assert.Greater(t, plain, 500)
}

// Values cross the limit of the flag they raised an alert with, and no other.
func TestValuesCrossTheirLimits(t *testing.T) {
	s := seed(1)
	patients := newPatients(s, epoch, 40, newCohorts(s))
	instruments := []*instrument{&heartRate, &saturation, &weight, &temperature, &steps, &glucose, &bloodPressure}
	for _, in := range instruments {
		for i, p := range patients {
			rng := s.about("test", p.id, day(i))
			values := map[string]string{
				"":         in.usual(s, p, epoch.AddDate(0, 0, i), rng),
				flagGray:   in.alarming(s, p, flagGray, rng),
				flagOrange: in.alarming(s, p, flagOrange, rng),
				flagRed:    in.alarming(s, p, flagRed, rng),
			}
			for part, sc := range in.parts {
				orange, red := sc.limits(sc.levelOf(s.about(fmt.Sprint(in.name, part), p.id, 0)))
				rounding := 0.5 / float64([]int{1, 10}[sc.decimals])
				for flag, text := range values {
					texts := strings.Split(text, "/")
					require.Len(t, texts, len(in.parts), text)
					value, err := strconv.ParseFloat(texts[part], 64)
					require.NoError(t, err)
					assert.GreaterOrEqual(t, value, 0.0)
					sign := 1.0
					if red < orange { // low is bad
						sign = -1
					}
					switch flag {
					case flagRed:
						assert.GreaterOrEqual(t, sign*value, sign*red-rounding, "%s %s", in.name, text)
					case flagOrange:
						assert.GreaterOrEqual(t, sign*value, sign*orange-rounding, "%s %s", in.name, text)
						assert.LessOrEqual(t, sign*value, sign*red+rounding, "%s %s", in.name, text)
					default:
						assert.LessOrEqual(t, sign*value, sign*orange+rounding, "%s %s", in.name, text)
					}
				}
			}
		}
	}
}

// Measured day by day, a value's course is one a person can have: it stays near
// the patient's own level.
func TestCoursesAreBelievable(t *testing.T) {
	o := measuring()
	o.Patients = 20
	c := start(t, o)
	courses := map[string][]float64{}
	names := map[any]bool{}
	pairs := 0
	for _, row := range c.export("measurements", "startDate=2026-02-16&endDate=2026-03-18") {
		names[row["Measurement_Name"]] = true
		value := row["Measurement_Value"].(string)
		if row["Measurement_Name"] == "Blood pressure" {
			upper, lower, ok := strings.Cut(value, "/")
			require.True(t, ok)
			assert.Greater(t, len(upper), 1)
			assert.Greater(t, len(lower), 1)
			pairs++
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil && row["Measurement_Name"] == "Weight" && row["Alert_Flag"] == nil {
			courses[row["Patient_UUID"].(string)] = append(courses[row["Patient_UUID"].(string)], n)
		}
	}
	assert.Positive(t, pairs)
	assert.Greater(t, len(names), 6)
	require.NotEmpty(t, courses)
	for _, course := range courses {
		assert.Less(t, slices.Max(course)-slices.Min(course), 4.0)
	}
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

// Nobody measures before taking part, after stopping, or in the future.
func TestNobodyMeasuresOutsideTheirTime(t *testing.T) {
	o := usual()
	o.Measurements = 3
	c := start(t, o)
	patients := map[any]object{}
	stopped := 0
	for _, p := range c.export("patients", "") {
		patients[p["Patient_UUID"]] = p
		if p["Stopped_Date"] != nil {
			stopped++
			assert.Equal(t, "stopped", p["Status"])
			assert.NotNil(t, p["Stopped_Reason"])
		}
	}
	assert.Positive(t, stopped)
	today := 0
	for _, row := range c.export("measurements", "startDate=2025-12-20&endDate=2026-03-18") {
		p := patients[row["Patient_UUID"]]
		at := row["Measurement_Date"].(string)
		require.NotNil(t, p["Activated_Date"])
		assert.GreaterOrEqual(t, at[:10], p["Activated_Date"].(string)[:10])
		if p["Stopped_Date"] != nil {
			assert.Less(t, at, p["Stopped_Date"])
		}
		assert.LessOrEqual(t, at, "2026-03-18 15:30:00")
		if at[:10] == "2026-03-18" {
			today++
		}
	}
	assert.Positive(t, today)
}

func exportPage(tb testing.TB, api http.Handler, key, query string) (next string, rows int) {
	tb.Helper()
	request := httptest.NewRequest(http.MethodPost, "/v1/export/measurements?"+query, nil)
	request.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, request)
	require.Equal(tb, http.StatusOK, w.Code)
	body := w.Body.String()
	rows = strings.Count(body, `"Measurement_Name":`)
	_, rest, _ := strings.Cut(body, `"nextCursor":`)
	if strings.HasPrefix(rest, "null") {
		return "", rows
	}
	next, _, _ = strings.Cut(rest[1:], `"`)
	return next, rows
}

// However many measurements there are, they take no memory but a page's.
func TestMeasurementsTakeNoMemory(t *testing.T) {
	o := few()
	o.Measurements = 1000
	s, err := New(o)
	require.NoError(t, err)
	api := s.Handler()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const query = "startDate=2026-02-17&endDate=2026-03-18" // three million rows
	cursor, rows := exportPage(t, api, s.ServiceKey(), query)
	before := heap()
	for range 200 {
		var more int
		cursor, more = exportPage(t, api, s.ServiceKey(), query+"&cursor="+cursor)
		rows += more
		require.NotEmpty(t, cursor)
	}
	assert.Equal(t, 201*50, rows)
	assert.Less(t, int64(heap())-int64(before), int64(1<<20))
	runtime.KeepAlive(s)
}

// A page among a million measurements of 31 days.
func BenchmarkMeasurementsPage(b *testing.B) {
	o := Options{Seed: 1, Patients: 2000, Open: 200, Measurements: 17, Now: func() time.Time { return epoch }}
	s, err := New(o)
	require.NoError(b, err)
	api := s.Handler()
	const query = "startDate=2026-02-16&endDate=2026-03-18"
	cursor, total := "", 0
	for b.Loop() {
		next, rows := exportPage(b, api, s.ServiceKey(), query+"&cursor="+cursor)
		cursor, total = next, total+rows
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "rows/s")
}
