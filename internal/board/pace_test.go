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

// Many boards on one Luscii mustn't beat together: each pause is shortened by up
// to a tenth, and never longer than promised.
func TestPausesAreJittered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		b := newcomer(t, src, window(1))
		know(b, filterZone{})
		run(t, b)
		pass(2 * time.Hour)
		spread := func(day triage.Day, longest time.Duration) {
			at, different := src.askedAt(day), map[time.Duration]bool{}
			for i := 1; i < len(at); i++ {
				gap := at[i].Sub(at[i-1])
				different[gap] = true
				assert.LessOrEqual(t, gap, longest)
				assert.GreaterOrEqual(t, gap, longest-longest/10)
			}
			assert.Greater(t, len(different), 3)
		}
		spread(today, 10*time.Second)
		spread(yesterday, quietEvery)
	})
}

// DESIGN, "Reading": all of the window at once, then days with work about every
// five minutes, the others every fifteen.
func TestOlderDaysInTurn(t *testing.T) {
	for _, days := range []int{5, 30} {
		synctest.Test(t, func(t *testing.T) {
			noon()
			src := newSource()
			src.set(yesterday, answer{rows: []triage.Alert{alert("a-1")}})
			run(t, newBoard(t, src, window(days)))
			begun := time.Now()
			assert.Len(t, src.askedAt(today.Add(-days)), 1)
			pass(time.Hour)
			for n := 1; n <= days; n++ {
				at, every := src.askedAt(today.Add(-n)), quietEvery
				if n == 1 {
					every = workingEvery
				}
				assert.Equal(t, begun, at[0], "the first round makes no pause")
				assert.Len(t, at, 1+int(time.Hour/every))
				for i := 1; i < len(at); i++ {
					assert.LessOrEqual(t, at[i].Sub(at[i-1]), every)
				}
			}
			assert.Empty(t, src.askedAt(today.Add(-days-1)), "before the window")
		})
	}
}

// After failures the pauses grow to half a minute, in both lanes: an outage is
// no reason to ask more often.
func TestPausesGrowWhileLusciiIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		b := newBoard(t, src, window(30))
		run(t, b)
		src.fail(triage.ErrUnavailable)
		pass(20 * time.Minute)
		begun := time.Now()
		src.asked()
		pass(10 * time.Minute)
		assert.Len(t, src.askedAt(today), 20)
		assert.LessOrEqual(t, len(src.asked()), 41)

		src.fail(nil)
		pass(maxPause)
		assert.Equal(t, triage.FreshLive, state(b).State)
		assert.True(t, state(b).Complete())
		for _, d := range b.Snapshot().Days {
			assert.True(t, d.ConfirmedAt.After(begun), d.Day)
		}
		src.asked()
		pass(10 * time.Second)
		assert.Len(t, src.askedAt(today), 1, "and polls at its pace again")
	})
}

// asksToWait is a refusal with a Retry-After.
type asksToWait time.Duration

func (asksToWait) Error() string               { return "list alerts: limit reached" }
func (asksToWait) Unwrap() error               { return triage.ErrBusy }
func (d asksToWait) RetryAfter() time.Duration { return time.Duration(d) }

// A Retry-After is meant for the key: no sweep asks for anything before it has
// passed, be it of today or of another day.
func TestRetryAfterIsHonoured(t *testing.T) {
	for asked, waits := range map[time.Duration]time.Duration{
		3 * time.Minute: 3 * time.Minute, 5 * time.Second: 10 * time.Second, 24 * time.Hour: time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			noon()
			src := newSource()
			b := newBoard(t, src, window(30))
			run(t, b)
			src.fail(fmt.Errorf("list: %w", asksToWait(asked)))
			pass(10 * time.Second)
			require.ErrorIs(t, b.Snapshot().LastError, triage.ErrBusy)
			begun := time.Now()
			src.asked()
			src.fail(nil)
			pass(waits - time.Second)
			assert.Empty(t, src.asked(), asked)
			pass(time.Second)
			assert.Equal(t, []time.Time{begun.Add(waits)}, src.askedAt(today), asked)
			pass(maxPause)
			assert.True(t, state(b).Complete())
		})
	}
}

// Today's listing goes before those of other days: between two of their pages
// they let it pass, though never for so long that they don't come to their end.
func TestTodayGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		var many []triage.Alert
		for i := range 3 * mergeAtOnce {
			many = append(many, alert(triage.AlertID(fmt.Sprint("a-", i))))
		}
		src.set(today, answer{takes: 3 * time.Second})
		src.set(yesterday, answer{rows: many, takes: time.Second})
		b := newBoard(t, src, window(1))
		run(t, b)
		pass(time.Second) // yesterday's first page is there, today's listing on its way
		assert.Empty(t, src.askedAt(yesterday), "it hasn't begun")
		pass(time.Second)
		assert.Len(t, src.askedAt(yesterday), 1)
		pass(time.Second)
		assert.Equal(t, triage.FreshLive, state(b).State, "today is listed")
		pass(time.Second)
		assert.Len(t, b.Snapshot().Entries, len(many))

		src.set(today, answer{takes: time.Hour})
		pass(15 * time.Minute)
		assert.GreaterOrEqual(t, len(src.askedAt(yesterday)), 3, "whatever becomes of today's")
	})
}
