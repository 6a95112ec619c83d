package board

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// createdAt is an alert created then.
func createdAt(id triage.AlertID, at time.Time) triage.Alert {
	a := alert(id)
	a.CreatedAt = at
	return a
}

// The zone of the API's date filter isn't documented: until rows tell it, every
// date is polled that may be today.
func TestNeighbouringDaysAreListedWhereNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now()
		noon()
		src := newSource()
		src.set(today, answer{rows: []triage.Alert{createdAt("a-1", midnight.Add(time.Minute))}})
		src.set(yesterday, answer{rows: []triage.Alert{createdAt("a-2", midnight.Add(-time.Minute))}})
		b := newcomer(t, src, window(2))
		assert.Equal(t, []triage.Day{today.Add(1), today}, b.Snapshot().Today, "far in the east it is tomorrow")
		run(t, b)
		assert.Subset(t, src.asked(), []triage.Day{today.Add(1), today})
		pass(10 * time.Second)
		assert.Empty(t, src.askedAt(today.Add(1)), "the rows have told")
		assert.NotEmpty(t, src.askedAt(today))
		s := b.Snapshot()
		assert.Equal(t, []triage.Day{today}, s.Today)
		assert.Equal(t, []triage.Day{today, yesterday, dayBefore}, daysOf(s.Days), "newest first, none left out")
		assert.True(t, state(b).Complete())

		for _, tc := range []struct {
			at     string
			polled []triage.Day
		}{
			{"22:50", []triage.Day{today}},
			{"23:10", []triage.Day{today.Add(1), today}}, // R12: Luscii's clock may be ahead
			{"01:00", []triage.Day{today.Add(1), today}}, // or behind
			{"01:20", []triage.Day{today.Add(1)}},
		} {
			for time.Now().UTC().Format("15:04") != tc.at {
				time.Sleep(time.Minute)
			}
			pass(10 * time.Second)
			src.asked()
			pass(10 * time.Second)
			assert.Equal(t, tc.polled, b.Snapshot().Today, tc.at)
			assert.Subset(t, src.asked(), tc.polled, tc.at)
		}
	})
}

func daysOf(states []triage.DayState) []triage.Day {
	out := []triage.Day{}
	for _, d := range states {
		out = append(out, d.Day)
	}
	return out
}

// An API may refuse dates that are still to come. Such a date holds nothing.
func TestADateStillToComeMayBeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(today.Add(1), answer{err: fmt.Errorf("list alerts: %w", triage.ErrRejected)})
		b := newcomer(t, src, window(2))
		run(t, b)
		pass(10 * time.Second)
		assert.Equal(t, []triage.Day{today}, b.Snapshot().Today)
		assert.True(t, state(b).Complete())
		require.NoError(t, b.Snapshot().LastError)

		src.set(today, answer{err: triage.ErrRejected})
		pass(10 * time.Second)
		require.ErrorIs(t, b.Snapshot().LastError, triage.ErrRejected, "today is no such date")
	})
}

// R12: a refusal in the middle of a date says nothing of whether it has begun, as
// when a cursor has expired. What came of it is shown, and why it isn't confirmed.
func TestADateThatBreaksOffHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(today.Add(1), answer{rows: []triage.Alert{createdAt("a-1", time.Now())}, err: fmt.Errorf("list alerts: %w", triage.ErrRejected)})
		b := newcomer(t, src, window(2))
		run(t, b)
		pass(10 * time.Second)
		s := b.Snapshot()
		assert.Contains(t, s.Today, today.Add(1))
		require.ErrorIs(t, s.LastError, triage.ErrRejected)
		_, shown := s.Entry("a-1")
		assert.True(t, shown)
	})
}

// R12: midnight is no outage, whatever is known of the filter's zone. The new day
// holds nothing yet, and the board stays live until it is listed.
func TestMidnightIsNoOutage(t *testing.T) {
	for name, z := range map[string]filterZone{
		"UTC": {}, "Amsterdam": {time.Hour, time.Hour}, "New York": {-5 * time.Hour, -5 * time.Hour},
		"half known": {-time.Hour, 3 * time.Hour}, "not known": anyZone(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(12*time.Hour + 3500*time.Millisecond) // off the full minute, so that no poll falls on midnight itself
				b := newBoard(t, newSource(), window(30), func(o *Options) { o.Interval = time.Minute })
				know(b, z)
				run(t, b)
				for range 26 * 360 {
					pass(10 * time.Second)
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
		time.Sleep(24*time.Hour - leeway - 5*time.Second)
		b := newBoard(t, newSource())
		run(t, b)
		confirmed := time.Now()
		pass(6 * time.Second)
		b.Take(t.Context(), alert("a-1"))
		assert.Equal(t, confirmed, b.days[today.Add(1)].confirmed, "the new day is as old as the one before")
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
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(23*time.Hour + 30*time.Minute)
		src := newSource()
		src.set("2000-01-02", answer{err: triage.ErrUnavailable})
		b := newBoard(t, src)
		know(b, filterZone{time.Hour, time.Hour}) // where it is 00:30
		run(t, b)
		pass(20 * time.Second)
		assert.Equal(t, triage.FreshUnknown, state(b).State, "one of the two dates was never listed")
		assert.False(t, state(b).Complete())
		src.set("2000-01-02", answer{})
		pass(20 * time.Second)
		assert.True(t, state(b).Complete())
	})
}

// An open alert is never dropped in silence: not when its day leaves the window,
// either. That day is still listed, and counts for what is shown of it alone.
// What was processed is forgotten then.
func TestWhatLeavesTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		open, late, odd, done := alert("a-open"), alert("a-late"), alert("a-odd"), processed(alert("a-done"), made)
		late.Status, odd.Status = triage.StatusEscalated, "snoozed"
		src.set(today, answer{rows: []triage.Alert{open, late, odd, done}})
		b := newBoard(t, src, on(m), window(1), func(o *Options) { o.Interval = time.Hour })
		run(t, b)
		pass(35 * time.Hour)
		_, ok := find(t, b, "a-done")
		assert.True(t, ok, "the day after it is still in the window")
		assert.Empty(t, b.Snapshot().Outside)

		pass(6 * time.Hour)
		_, ok = find(t, b, "a-done")
		assert.False(t, ok)
		s := b.Snapshot()
		assert.Equal(t, []triage.AlertID{"a-late", "a-odd", "a-open"}, ids(s))
		assert.Equal(t, []triage.Day{today}, daysOf(s.Outside))
		assert.Equal(t, []triage.Day{"2000-01-03", "2000-01-02"}, daysOf(s.Days))
		assert.Less(t, time.Since(s.Outside[0].ConfirmedAt), 6*time.Minute, "as often as a day with work")
		f := state(b)
		assert.Equal(t, triage.Day("2000-01-02"), f.Since, "still not looked at for others")
		assert.Equal(t, 2, f.DaysTotal)
		assert.True(t, f.Complete())
		assert.Equal(t, s.Outside[0].ConfirmedAt, f.ConfirmedAt)
		assert.Len(t, b.days, 3, "confirmations of days gone by are forgotten, too")

		src.set(today, answer{err: triage.ErrUnavailable})
		pass(15 * time.Minute)
		assert.Equal(t, triage.FreshLate, state(b).State, "the page says that it isn't confirmed") // R12
		assert.Equal(t, triage.FreshLive, b.Snapshot().Freshness(time.Now(), nil).State)
		assert.Equal(t, []triage.AlertID{"a-late", "a-odd", "a-open"}, ids(b.Snapshot()))

		// It can still be acted on: the re-read asks for its own day.
		src.set(today, answer{rows: []triage.Alert{open, late, odd}})
		src.asked()
		a, err := b.Reread(t.Context(), "a-open", time.Now())
		require.NoError(t, err)
		assert.Equal(t, open, a)
		assert.Equal(t, []triage.Day{today}, src.asked())

		// A restart knows it all the same, and goes on listing.
		again := newBoard(t, src, on(m), window(1))
		assert.Equal(t, s.Outside[0].Day, again.Snapshot().Outside[0].Day)
		assert.NotZero(t, again.Snapshot().Outside[0].Former)

		// Once nothing is left to do about it, the day is left alone.
		src.set(today, answer{rows: []triage.Alert{processed(open, time.Now()), processed(late, time.Now()), processed(odd, time.Now())}})
		pass(10 * time.Minute)
		assert.Empty(t, b.Snapshot().Outside)
		src.asked()
		pass(2 * time.Hour)
		assert.Empty(t, src.askedAt(today))
	})
}
