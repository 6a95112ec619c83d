package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

var planStart = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestNextDay(t *testing.T) {
	ago := func(d time.Duration) time.Time { return planStart.Add(-d) }
	confirmed := func(day triage.Day, working bool, since time.Duration) dayPlan {
		return dayPlan{day: day, working: working, confirmed: true, tried: ago(since)}
	}
	for name, tt := range map[string]struct {
		days []dayPlan
		day  triage.Day
		wait time.Duration
	}{
		"nothing to plan":          {nil, "", planAgain},
		"never read, newest first": {[]dayPlan{{day: "1"}, {day: "3"}, {day: "2"}}, "3", 0},
		"never read, work first":   {[]dayPlan{{day: "1", working: true}, {day: "3"}, {day: "2"}}, "1", 0},
		"never read before stale":  {[]dayPlan{confirmed("1", true, time.Hour), {day: "2"}}, "2", 0},
		"the one stretched most":   {[]dayPlan{confirmed("1", true, 6*time.Minute), confirmed("2", true, 7*time.Minute)}, "2", 0},
		"working before quiet":     {[]dayPlan{confirmed("1", true, 16*time.Minute), confirmed("2", false, 16*time.Minute)}, "1", 0},
		"quiet isn't starved":      {[]dayPlan{confirmed("1", true, 6*time.Minute), confirmed("2", false, 30*time.Minute)}, "2", 0},
		"none due":                 {[]dayPlan{confirmed("1", true, 5*time.Minute-time.Second), confirmed("2", false, 12*time.Minute)}, "", time.Second},
		"none due for long":        {[]dayPlan{confirmed("1", true, time.Minute)}, "", planAgain},
		"a failing one waits":      {[]dayPlan{{day: "1", tried: ago(3 * time.Second), failures: 3}}, "", time.Second},
		"a failing one again":      {[]dayPlan{{day: "1", tried: ago(4 * time.Second), failures: 3}}, "1", 0},
		"a pause is shortened":     {[]dayPlan{{day: "1", confirmed: true, tried: ago(14 * time.Minute), early: 0.1}}, "1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			day, wait := nextDay(planStart, time.Time{}, tt.days)
			assert.Equal(t, tt.day, day)
			assert.Equal(t, tt.wait, wait)
			day, wait = nextDay(planStart, planStart, tt.days)
			assert.Equal(t, tt.day, day)
			assert.Equal(t, tt.wait, wait)
			day, wait = nextDay(planStart, planStart.Add(time.Hour), tt.days)
			assert.Empty(t, day, "nothing, where nothing may be listed")
			assert.Equal(t, time.Hour, wait)
		})
	}
}

func TestRetryPauseGrowsToItsBound(t *testing.T) {
	last := time.Duration(0)
	for failures := 1; failures < 100; failures++ {
		pause := retryPause(failures)
		assert.GreaterOrEqual(t, pause, last)
		assert.LessOrEqual(t, pause, maxPause)
		last = pause
	}
	assert.Equal(t, time.Second, retryPause(1))
	assert.Equal(t, maxPause, last)
}

// Whatever the days cost, however they fail and whatever comes to hold work, each
// is listed again and again: none starves, none is listed before its turn, and
// the same history gives the same decision.
func TestNoDayStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := make([]dayPlan, rapid.IntRange(1, 31).Draw(t, "days"))
		cost := make([]time.Duration, len(days))
		fails := make([][]bool, len(days)) // by turn, over and over
		for i := range days {
			days[i].day = triage.Day(fmt.Sprintf("day%02d", i))
			cost[i] = time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second
			fails[i] = rapid.SampledFrom([][]bool{{false}, {false}, {true}, {true, false}, {true, true, true, true, false}}).Draw(t, "fails")
		}
		early := rapid.SliceOfN(rapid.Float64Range(0, maxEarly), 7, 7).Draw(t, "early")
		turns := make([]int, len(days))
		inARow := 0
		var round time.Duration
		for _, c := range cost {
			round += c + maxPause
		}
		var notBefore time.Time
		now, end := planStart, planStart.Add(10*max(quietEvery, round))
		for step := 0; now.Before(end); step++ {
			day, wait := nextDay(now, notBefore, days)
			mixed := slices.Clone(days)
			slices.Reverse(mixed)
			again, waitAgain := nextDay(now, notBefore, mixed)
			require.Equal(t, day, again)
			require.Equal(t, wait, waitAgain)
			if day == "" {
				require.Positive(t, wait)
				now = now.Add(wait)
				continue
			}
			i := slices.IndexFunc(days, func(d dayPlan) bool { return d.day == day })
			require.False(t, days[i].due().After(now), "listed before its turn")
			require.False(t, notBefore.After(now))
			for n := range turns {
				require.False(t, turns[i] > 0 && turns[n] == 0, "those never listed come first")
			}
			days[i].tried, days[i].early = now, early[step%len(early)]
			days[i].working = (step+i)%3 == 0
			failed := fails[i][turns[i]%len(fails[i])]
			turns[i]++
			now = now.Add(cost[i])
			if failed {
				days[i].failures++
				inARow++
				notBefore = now.Add(shortened(retryPause(inARow), days[i].early))
			} else {
				days[i].failures, days[i].confirmed, inARow = 0, true, 0
			}
		}
		for i, n := range turns {
			assert.GreaterOrEqual(t, n, 5, "day %d of %d", i, len(days))
		}
	})
}
