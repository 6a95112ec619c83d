package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheNumberOfAlertsCanBeAskedFor(t *testing.T) {
	for _, o := range []Options{
		{Patients: 10, Alerts: 1},
		{Patients: 10, Open: 5, Alerts: 5},
		{Patients: 10, Open: 20, Alerts: 22},
		{Patients: 300, Open: 60, Alerts: 500},
		{Patients: 20, Open: 10, Alerts: 20_000},
	} {
		o.Now = func() time.Time { return epoch }
		s, err := New(o)
		require.NoError(t, err)
		sh := shapeOf(s)
		assert.Equal(t, o.Alerts, sh.total, "%+v", o)
		assert.Equal(t, o.Open, sh.statuses["open"], "%+v", o)
	}
	assert.Equal(t, maxAlerts, (&Options{Patients: maxPatients}).total(), "no more, unless asked for")
}

func TestTheJournalKnowsTheNumberOfAlerts(t *testing.T) {
	o := small(t)
	o.Alerts = 70
	s := reopen(t, o)
	assert.Equal(t, 70.0, lines(t, o.StateFile)[0]["alerts"])
	assert.Equal(t, state(s), state(reopen(t, o)))
	content, err := os.ReadFile(o.StateFile)
	require.NoError(t, err)

	o.Alerts = 71
	_, err = New(o)
	require.ErrorContains(t, err, "--alerts 70")
	require.ErrorContains(t, err, "--alerts 71")
	after, err := os.ReadFile(o.StateFile)
	require.NoError(t, err)
	assert.Equal(t, content, after)
}

// The bound leaves room for the map of ids, which grows in steps.
func TestAlertsTakeLittleMemory(t *testing.T) {
	assert.Less(t, bytesPerAlert(t, Options{Patients: 100, Alerts: 60_000}), 200.0)
}

// bytesPerAlert is what each of a population's alerts costs on the heap.
func bytesPerAlert(tb testing.TB, o Options) float64 {
	tb.Helper()
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	people := o
	people.Open, people.Alerts = 0, 1
	begin := heap()
	without, err := New(people)
	require.NoError(tb, err)
	cost := heap() - begin
	begin = heap()
	with, err := New(o)
	require.NoError(tb, err)
	cost = heap() - begin - cost
	runtime.KeepAlive(without)
	runtime.KeepAlive(with)
	return cost / float64(o.Alerts)
}

// oneDay is a sandbox with so many alerts, all of the day of midnight.
func oneDay(tb testing.TB, alerts int, midnight time.Time) *Sandbox {
	tb.Helper()
	s, err := New(Options{Patients: 1000, Alerts: 1, Now: func() time.Time { return epoch }})
	require.NoError(tb, err)
	rng := s.seed.stream("one day")
	all := func(yield func(*alert) bool) {
		for range alerts {
			p := oneOf(rng, s.store.eligible)
			if !yield(newAlert(rng, p, openFlag(rng.Float64()), moment(rng, midnight, midnight.AddDate(0, 0, 1)))) {
				return
			}
		}
	}
	s.store = newStore(newCohorts(s.seed), s.store.patients, all, alerts, s.store.journal)
	return s
}

// sweepDay lists a day without a network and counts its alerts.
func sweepDay(tb testing.TB, api http.Handler, key, date string) (alerts, pages int) {
	tb.Helper()
	for cursor := ""; ; {
		request := httptest.NewRequest(http.MethodGet, "/v1/alerts?perPage=200&startDate="+date+"&endDate="+date+"&cursor="+cursor, nil)
		request.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, request)
		require.Equal(tb, http.StatusOK, w.Code)
		body := w.Body.String()
		alerts += strings.Count(body, `"createdAt":`)
		pages++
		rest, more := strings.CutPrefix(body, `{"meta":{"nextCursor":"`)
		if !more {
			return alerts, pages
		}
		cursor, _, _ = strings.Cut(rest, `"`)
	}
}

var midnight = time.Date(2026, 3, 17, 0, 0, 0, 0, time.UTC)

func TestALargeDayIsListedWhole(t *testing.T) {
	s := oneDay(t, 5001, midnight)
	alerts, pages := sweepDay(t, s.Handler(), s.ServiceKey(), "2026-03-17")
	assert.Equal(t, 5001, alerts)
	assert.Equal(t, 26, pages)
}

func BenchmarkSweepOfADay(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		s := oneDay(b, n, midnight)
		api := s.Handler()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			pages := 0
			for b.Loop() {
				_, pages = sweepDay(b, api, s.ServiceKey(), "2026-03-17")
			}
			each := float64(b.Elapsed()) / float64(b.N)
			b.ReportMetric(each/float64(n), "ns/alert")
			b.ReportMetric(each/float64(pages), "ns/page")
		})
	}
}

// The last page of a day, among a million alerts of thirty.
func BenchmarkPageAmongAMillion(b *testing.B) {
	s, err := New(Options{Patients: 1000, Alerts: maxAlerts, Now: func() time.Time { return epoch }})
	require.NoError(b, err)
	day := dayOf(midnight)
	sequence := s.store.runs(day, day)
	p := paging{scope: "x", perPage: maxPerPage}
	p.cursor = s.signer.seal(p.scope, place{key: sequence.key(sequence.len - maxPerPage - 1)})
	for b.Loop() {
		alerts, _, err := s.store.alertPage(day, day, p, s.signer)
		require.NoError(b, err)
		require.Len(b, alerts, maxPerPage)
	}
}

func BenchmarkArrivalOnALargeDay(b *testing.B) {
	s := oneDay(b, 100_000, midnight)
	for b.Loop() {
		require.NoError(b, s.arrive(midnight.Add(time.Hour)))
	}
}

func BenchmarkNew(b *testing.B) {
	for _, o := range []Options{
		{Patients: 300, Open: 60},
		{Patients: 2000, Open: 1000, Alerts: 30_000},
		{Patients: maxPatients, Open: 10_000, Alerts: maxAlerts},
	} {
		o.Alerts = o.total()
		b.Run(fmt.Sprint(o.Alerts), func(b *testing.B) {
			for b.Loop() {
				_, err := New(o)
				require.NoError(b, err)
			}
			b.ReportMetric(bytesPerAlert(b, o), "B/alert")
		})
	}
}
