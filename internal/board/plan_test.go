package board

import (
	"fmt"
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
		"nothing to plan":          {nil, "", workingEvery},
		"never read, newest first": {[]dayPlan{{day: "1"}, {day: "3"}, {day: "2"}}, "3", 0},
		"never read before stale":  {[]dayPlan{confirmed("1", true, time.Hour), {day: "2"}}, "2", 0},
		"the one stretched most":   {[]dayPlan{confirmed("1", true, 6*time.Minute), confirmed("2", true, 7*time.Minute)}, "2", 0},
		"working before quiet":     {[]dayPlan{confirmed("1", true, 16*time.Minute), confirmed("2", false, 16*time.Minute)}, "1", 0},
		"quiet isn't starved":      {[]dayPlan{confirmed("1", true, 6*time.Minute), confirmed("2", false, 30*time.Minute)}, "2", 0},
		"none due":                 {[]dayPlan{confirmed("1", true, 4*time.Minute), confirmed("2", false, 12*time.Minute)}, "", time.Minute},
		"a failing one waits":      {[]dayPlan{{day: "1", tried: ago(3 * time.Second), failures: 3}}, "", time.Second},
		"a failing one again":      {[]dayPlan{{day: "1", tried: ago(4 * time.Second), failures: 3}}, "1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			day, wait := nextDay(planStart, tt.days)
			assert.Equal(t, tt.day, day)
			assert.Equal(t, tt.wait, wait)
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

// Whatever the days cost and however they fail, each is listed again and again:
// none starves, and none is listed before its turn.
func TestNoDayStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := make([]dayPlan, rapid.IntRange(1, 31).Draw(t, "days"))
		cost := make([]time.Duration, len(days))
		fails := make([]bool, len(days))
		for i := range days {
			days[i].day = triage.Day(fmt.Sprintf("day%02d", i))
			days[i].working = rapid.Bool().Draw(t, "working")
			cost[i] = time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second
			fails[i] = rapid.IntRange(0, 4).Draw(t, "fails") == 0
		}
		listed := make([]int, len(days))
		var round time.Duration
		for _, c := range cost {
			round += c
		}
		now, end := planStart, planStart.Add(10*max(quietEvery, round))
		for now.Before(end) {
			day, wait := nextDay(now, days)
			if day == "" {
				require.Positive(t, wait)
				now = now.Add(wait)
				continue
			}
			for i := range days {
				if days[i].day != day {
					continue
				}
				require.False(t, days[i].due().After(now), "listed before its turn")
				days[i].tried = now
				listed[i]++
				if fails[i] {
					days[i].failures++
				} else {
					days[i].failures, days[i].confirmed = 0, true
				}
				now = now.Add(cost[i])
			}
		}
		for i, n := range listed {
			assert.GreaterOrEqual(t, n, 2, "day %d of %d", i, len(days))
		}
	})
}

// What is learned never excludes the true zone, and the true date is always
// among the days polled.
func TestFilterZoneIsLearned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := time.Duration(rapid.IntRange(-12*4, 14*4).Draw(t, "quarters")) * 15 * time.Minute
		theirs := time.FixedZone("theirs", int(offset.Seconds()))
		z := anyZone()
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			created := planStart.Add(-time.Duration(rapid.IntRange(0, 2*24*3600).Draw(t, "ago")) * time.Second)
			z = z.learn(triage.DayOf(created, theirs), created)
		}
		require.LessOrEqual(t, z.least, offset)
		require.GreaterOrEqual(t, z.most, offset)
		now := planStart.Add(time.Duration(rapid.IntRange(0, 24*3600).Draw(t, "later")) * time.Second)
		assert.Contains(t, z.today(now), triage.DayOf(now, theirs))
	})
}

func TestFilterZoneNarrowsToOneDay(t *testing.T) {
	z := anyZone()
	assert.Len(t, z.today(planStart), 2, "at noon UTC it is tomorrow in the far east")
	amsterdam := time.FixedZone("CET", 3600)
	for _, created := range []string{"2026-11-20T23:04:00Z", "2026-11-21T22:58:00Z"} { // 00:04 and 23:58 in Amsterdam
		at, err := time.Parse(time.RFC3339, created)
		require.NoError(t, err)
		z = z.learn(triage.DayOf(at, amsterdam), at)
	}
	assert.Equal(t, []triage.Day{"2026-11-22"}, z.today(planStart))
	assert.Equal(t, []triage.Day{"2026-11-23"}, z.today(time.Date(2026, 11, 22, 23, 5, 0, 0, time.UTC)))
	assert.Equal(t, []triage.Day{"2026-11-23", "2026-11-22"}, z.today(time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)), "five minutes before midnight at the least")
}

// A row that contradicts what was learned, as when summer time begins, starts
// the learning anew; nonsense teaches nothing.
func TestFilterZoneUnlearns(t *testing.T) {
	summer := anyZone().
		learn("2026-10-24", time.Date(2026, 10, 23, 22, 1, 0, 0, time.UTC)).
		learn("2026-10-24", time.Date(2026, 10, 24, 21, 59, 0, 0, time.UTC))
	winter := summer.learn("2026-10-26", time.Date(2026, 10, 26, 22, 30, 0, 0, time.UTC))
	assert.LessOrEqual(t, winter.least, time.Hour)
	assert.GreaterOrEqual(t, winter.most, time.Hour)

	assert.Equal(t, winter, winter.learn("2026-10-26", time.Time{}))
	assert.Equal(t, winter, winter.learn("someday", planStart))
	assert.Equal(t, winter, winter.learn("2026-01-01", planStart), "no zone is that far away")
}
