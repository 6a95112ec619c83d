package sandbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// running runs a sandbox in a synctest bubble.
func running(t *testing.T, rate string) (*Sandbox, func()) {
	t.Helper()
	arrivals, err := ParseRate(rate)
	require.NoError(t, err)
	s, err := New(Options{Seed: 1, Patients: 30, Open: 5, Arrivals: arrivals})
	require.NoError(t, err)
	return s, runInBubble(t, s)
}

// runInBubble runs a sandbox until it is stopped.
func runInBubble(t *testing.T, s *Sandbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		assert.NoError(t, <-done, "the end of ctx is no error")
	}
}

func (s *Sandbox) openCount() int {
	n := 0
	s.store.each(func(a *alert) {
		if a.status == statusOpen {
			n++
		}
	})
	return n
}

func TestArrivalsKeepTheRateAndTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := running(t, "3/m")
		defer stop()
		begin := time.Now()

		time.Sleep(100 * time.Minute)
		synctest.Wait()
		assert.InDelta(t, 5+300, s.openCount(), 20)

		var times []time.Time
		s.store.each(func(a *alert) {
			if a.createdAt.After(begin) {
				times = append(times, a.createdAt)
				assert.Equal(t, statusOpen, a.status)
				assert.Equal(t, a.createdAt, a.updatedAt)
				assert.Empty(t, a.records)
				assert.Same(t, s.store.patientByID[a.patient.id], a.patient)
			}
		})
		seconds := map[int]bool{}
		for _, at := range times {
			seconds[at.Second()] = true
			assert.False(t, at.After(time.Now()))
		}
		assert.Greater(t, len(seconds), 30, "jittered, not in step with the minute")
	})
}

func TestNothingArrivesAtRateZeroUntilItIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := running(t, "0")
		defer stop()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		assert.Equal(t, 5, s.openCount())

		post := func(body string) {
			response := httptest.NewRecorder()
			s.Handler().ServeHTTP(response, httptest.NewRequest(http.MethodPost, "/sandbox/faults", strings.NewReader(body)))
			require.Equal(t, http.StatusOK, response.Code, response.Body)
		}
		post(`{"arrivals":"10/s"}`)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		assert.InDelta(t, 5+300, s.openCount(), 20)

		post(`{"errors":0.5}`)
		n := s.openCount()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		assert.InDelta(t, n+300, s.openCount(), 20, "other faults leave the rate as it is")

		post(`{"arrivals":"0"}`)
		synctest.Wait()
		n = s.openCount()
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, n, s.openCount())
	})
}

func TestRunFailsWhenAnArrivalCannotBeWritten(t *testing.T) {
	o := small(t)
	o.Arrivals = Rate{Count: 1000, Per: time.Second}
	s, err := New(o)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.ErrorContains(t, s.Run(t.Context()), "sandbox state")
}

func TestTheSameArrivalsComeAgain(t *testing.T) {
	arrive := func() map[string]alert {
		s, err := New(few())
		require.NoError(t, err)
		for i := range 20 {
			require.NoError(t, s.arrive(epoch.Add(time.Duration(i)*time.Minute)))
		}
		return state(s)
	}
	assert.Equal(t, arrive(), arrive())
}

func TestRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"3/m": {3, time.Minute}, "10/s": {10, time.Second}, "120/h": {120, time.Hour}, "0.5/m": {0.5, time.Minute},
		"0": {}, "0/m": {}, " 3/m ": {3, time.Minute}, "1000/s": {1000, time.Second},
	} {
		r, err := ParseRate(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, r, text)
		again, err := ParseRate(r.String())
		require.NoError(t, err)
		assert.Equal(t, r, again)
	}
	for _, text := range []string{"", "3", "3/", "/m", "3/d", "-1/m", "x/m", "NaN/s", "Inf/h", "1001/s", "3/m/m", "0/"} {
		_, err := ParseRate(text)
		assert.Error(t, err, text)
	}
}
