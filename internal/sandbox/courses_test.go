package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

// Nobody measures before taking part, after stopping, or in the future.
func TestNobodyMeasuresOutsideTheirTime(t *testing.T) {
	o := usual()
	o.Patients, o.Measurements = 150, 3
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
	for _, row := range c.export("measurements", "startDate=2026-02-18&endDate=2026-03-18") {
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
