package board

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// The zone of the API's date filter isn't documented: around midnight both
// dates are polled.
func TestTodayIsTwoDatesAroundMidnight(t *testing.T) {
	for name, tc := range map[string]struct {
		zone  string
		after time.Duration // since midnight UTC of the first of January
		today []triage.Day
		last  triage.Day // of a window of two days
	}{
		"Amsterdam, 00:30":    {"Europe/Amsterdam", 23*time.Hour + 30*time.Minute, []triage.Day{"2000-01-02", "2000-01-01"}, "1999-12-30"},
		"Amsterdam, 23:30":    {"Europe/Amsterdam", 22*time.Hour + 30*time.Minute, []triage.Day{"2000-01-01"}, "1999-12-30"},
		"Amsterdam, 01:00":    {"Europe/Amsterdam", 24 * time.Hour, []triage.Day{"2000-01-02"}, "1999-12-31"},
		"New York, 19:30":     {"America/New_York", 30 * time.Minute, []triage.Day{"2000-01-01", "1999-12-31"}, "1999-12-29"},
		"New York, midnight":  {"America/New_York", 5 * time.Hour, []triage.Day{"2000-01-01"}, "1999-12-30"},
		"UTC, just before":    {"UTC", 24*time.Hour - 11*time.Second, []triage.Day{"2000-01-01"}, "1999-12-30"},
		"UTC, on the stroke":  {"UTC", 24 * time.Hour, []triage.Day{"2000-01-02"}, "1999-12-31"},
		"Honolulu, afternoon": {"Pacific/Honolulu", time.Hour, []triage.Day{"2000-01-01", "1999-12-31"}, "1999-12-29"},
	} {
		t.Run(name, func(t *testing.T) {
			z := zone(t, tc.zone)
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(tc.after)
				src := newSource()
				b := newBoard(t, src, in(z), window(2))
				s := b.Snapshot()
				assert.Equal(t, tc.today, s.Today)
				assert.Equal(t, tc.today[0], s.Days[0].Day)
				assert.Equal(t, tc.last, s.Days[len(s.Days)-1].Day)
				for i := 1; i < len(s.Days); i++ {
					assert.Equal(t, s.Days[i-1].Day.Add(-1), s.Days[i].Day, "newest first, none left out")
				}

				run(t, b)
				src.asked()
				time.Sleep(10 * time.Second)
				synctest.Wait()
				for _, day := range tc.today {
					assert.Len(t, src.askedAt(day), 1, "each of them at every poll")
				}
			})
		})
	}
}

// R12: midnight is no outage. The new day holds nothing yet, and the board stays
// live until it is listed.
func TestMidnightIsNoOutage(t *testing.T) {
	for name, tc := range map[string]struct {
		zone     string
		midnight time.Duration // since midnight UTC of the first of January
	}{
		"UTC":                  {"UTC", 24 * time.Hour},
		"Amsterdam":            {"Europe/Amsterdam", 23 * time.Hour},
		"Amsterdam, UTC's own": {"Europe/Amsterdam", 24 * time.Hour},
		"New York":             {"America/New_York", 29 * time.Hour},
		"New York, UTC's own":  {"America/New_York", 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			z := zone(t, tc.zone)
			synctest.Test(t, func(t *testing.T) {
				// Off the full minute, so that no poll falls on midnight itself.
				time.Sleep(tc.midnight - 3*time.Minute + 3500*time.Millisecond)
				b := newBoard(t, newSource(), in(z), window(30), func(o *Options) { o.Interval = time.Minute })
				run(t, b)
				for range 6 * 60 {
					pass(time.Second)
					f := state(b)
					require.Equal(t, triage.FreshLive, f.State, "%s: confirmed %s", time.Now(), f.ConfirmedAt)
					require.True(t, f.Complete(), "%s: %d of %d days", time.Now(), f.DaysRead, f.DaysTotal)
				}
			})
		})
	}
}

// Whoever writes just after midnight publishes the new day before any sweep does.
func TestAWriteAtMidnightIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 5*time.Second)
		b := newBoard(t, newSource())
		run(t, b)
		confirmed := time.Now()
		pass(6 * time.Second)
		b.Take(alert("a-1"))
		assert.Equal(t, []triage.Day{today.Add(1)}, b.Snapshot().Today)
		f := b.Snapshot().Freshness(time.Now(), nil)
		assert.Equal(t, triage.FreshLive, f.State)
		assert.Equal(t, confirmed, f.ConfirmedAt, "as of the last look at the day before")
	})
}

// R12: an outage that spans midnight is told as any other is, and as old as it is.
func TestAnOutageOverMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		time.Sleep(24*time.Hour - 75*time.Second)
		b := newBoard(t, src)
		run(t, b)
		pass(70 * time.Second)
		src.fail(triage.ErrUnavailable)
		confirmed := time.Now()

		pass(15 * time.Second)
		assert.Equal(t, []triage.Day{today.Add(1)}, b.Snapshot().Today)
		assert.Equal(t, triage.FreshLive, state(b).State, "one poll missed")
		pass(10 * time.Second)
		assert.Equal(t, triage.FreshLate, state(b).State, "two")
		pass(20 * time.Second)
		assert.Equal(t, triage.FreshNotLive, state(b).State, "four")
		assert.Equal(t, confirmed, state(b).ConfirmedAt)
	})
}

// A day that had begun when the day before it was listed isn't vouched for by
// that: it may hold alerts nobody saw.
func TestOnlyTheDayItselfConfirmsADayThatHasBegun(t *testing.T) {
	z := zone(t, "Europe/Amsterdam")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(23*time.Hour + 30*time.Minute) // 00:30 in Amsterdam
		src := newSource()
		src.set("2000-01-02", answer{err: triage.ErrUnavailable})
		b := newBoard(t, src, in(z))
		run(t, b)
		pass(20 * time.Second)
		assert.Equal(t, triage.FreshUnknown, state(b).State, "one of the two dates was never listed")
		assert.False(t, state(b).Complete())
		src.set("2000-01-02", answer{})
		pass(10 * time.Second)
		assert.True(t, state(b).Complete())
	})
}

// An open alert is never dropped in silence: not when its day leaves the window,
// either. What was processed is forgotten then.
func TestWhatLeavesTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		open, late, odd, done := alert("a-open"), alert("a-late"), alert("a-odd"), processed(alert("a-done"), made)
		late.Status, odd.Status = triage.StatusEscalated, "snoozed"
		src.set(today, answer{rows: []triage.Alert{open, late, odd, done}})
		b := newBoard(t, src, window(1), func(o *Options) { o.Interval = time.Hour })
		run(t, b)
		pass(47 * time.Hour)
		_, ok := b.Find("a-done")
		assert.True(t, ok, "the day after it is still in the window")
		last, _ := b.Find("a-open")

		pass(24 * time.Hour)
		_, ok = b.Find("a-done")
		assert.False(t, ok)
		assert.Equal(t, []triage.AlertID{"a-late", "a-odd", "a-open"}, ids(b.Snapshot()))
		for _, e := range b.Snapshot().Entries {
			assert.Equal(t, last.ConfirmedAt.Format(time.DateOnly), e.ConfirmedAt.Format(time.DateOnly), "as last seen")
		}
		assert.Equal(t, triage.FreshLate, state(b).State, "and the page says that it isn't confirmed") // R12
		assert.Equal(t, triage.FreshLive, b.Snapshot().Freshness(time.Now(), nil).State)
		assert.Len(t, b.days, len(b.Snapshot().Days), "confirmations of days gone by are forgotten, too")

		// It can still be acted on: the re-read asks for its own day.
		src.asked()
		a, err := b.Reread(t.Context(), "a-open")
		require.NoError(t, err)
		assert.Equal(t, open, a)
		assert.Equal(t, []triage.Day{today}, src.asked())
	})
}
