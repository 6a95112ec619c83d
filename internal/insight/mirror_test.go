package insight_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

// Only the days that changed are read again, and not at every look.
func TestOnlyChangedDaysAreRead(t *testing.T) {
	at := now
	store := remember(31, alert(red, 0, "09:00"), alert(red, 1, "09:00"), alert(red, 20, "09:00", processed(time.Hour, "h-1")))
	i := insights(store, &at)
	came := func() int {
		t.Helper()
		r, err := i.Report(t.Context(), last(30))
		require.NoError(t, err)
		return r.Alerts.Value.ByFlag.Total()
	}
	assert.Empty(t, store.reads, "nothing is read before somebody asks")
	assert.Equal(t, 3, came())
	assert.Equal(t, [][2]time.Time{{}}, store.reads)

	fresh := alert(orange, 0, "10:00")
	store.keep(fresh)
	i.Changed([]triage.Entry{{Alert: fresh}, {Alert: triage.Alert{ID: "timeless"}}})
	assert.Equal(t, 3, came(), "what was read a moment ago is good enough")
	at = at.Add(10 * time.Second)
	assert.Equal(t, 4, came())
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, [][2]time.Time{{}, {day, day.AddDate(0, 0, 1)}}, store.reads)

	// What the mirror drops goes: of the days before, and what came on the day itself
	// in UTC, which may still be the day before elsewhere.
	store.alerts = store.alerts[1:]
	i.Forgot("2026-11-03")
	at = at.Add(10 * time.Second)
	assert.Equal(t, 3, came())
	assert.Len(t, store.reads, 3)

	at = at.Add(10 * time.Second)
	assert.Equal(t, 3, came())
	assert.Len(t, store.reads, 3, "nothing changed")

	// Nobody looks for half an hour: the facts leave the memory with the next change.
	at = at.Add(31 * time.Minute)
	i.Changed([]triage.Entry{{Alert: fresh}})
	assert.Equal(t, 3, came())
	assert.Equal(t, [2]time.Time{}, store.reads[3])
}

func TestWhatCantBeReadIsReadAgain(t *testing.T) {
	at := now
	first := alert(red, 0, "09:00")
	store := remember(31, first)
	store.fails = errors.New("disk on fire")
	i := insights(store, &at)
	_, err := i.Report(t.Context(), last(7))
	require.ErrorIs(t, err, store.fails)
	store.fails = nil
	_, err = i.Report(t.Context(), last(7))
	require.NoError(t, err)

	store.keep(alert(red, 0, "10:00"))
	i.Changed([]triage.Entry{{Alert: first}})
	at = at.Add(time.Minute)
	store.fails = errors.New("disk on fire again")
	_, err = i.Report(t.Context(), last(7))
	require.ErrorIs(t, err, store.fails)
	store.fails = nil
	r, err := i.Report(t.Context(), last(7))
	require.NoError(t, err)
	assert.Equal(t, 2, r.Alerts.Value.ByFlag.Total(), "the change isn't forgotten")
}

// A report is made of one moment while others read and the mirror changes.
func TestManyLookAtOnce(t *testing.T) {
	store := remember(31, every(1, 500, "09:00")...)
	i := insight.New(insight.Options{Store: store, Zone: amsterdam, Now: time.Now})
	done := make(chan error)
	for range 8 {
		go func() {
			for range 20 {
				i.Changed([]triage.Entry{{Alert: store.alerts[0]}})
				i.Forgot("2026-11-23")
				if _, err := i.Report(t.Context(), last(7)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
}
