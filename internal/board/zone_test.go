package board

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

// taught is a zone after one listing of a date returned alerts created then.
func taught(z filterZone, asked triage.Day, created ...time.Time) filterZone {
	l := newLesson()
	for _, at := range created {
		l.add(asked, at)
	}
	return z.learn(l)
}

// What is learned never excludes the true zone, and the true date is always
// among the days polled, with a clock that is an hour off, too.
func TestFilterZoneIsLearned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := time.Duration(rapid.IntRange(-12*4, 14*4).Draw(t, "quarters")) * 15 * time.Minute
		theirs := time.FixedZone("theirs", int(offset.Seconds()))
		z := anyZone()
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			created := planStart.Add(-time.Duration(rapid.IntRange(0, 2*24*3600).Draw(t, "ago")) * time.Second)
			z = taught(z, triage.DayOf(created, theirs), created)
		}
		require.LessOrEqual(t, z.least, offset)
		require.GreaterOrEqual(t, z.most, offset)
		now := planStart.Add(time.Duration(rapid.IntRange(0, 24*3600).Draw(t, "later")) * time.Second)
		assert.Contains(t, z.today(now), triage.DayOf(now, theirs))
		skew := time.Duration(rapid.IntRange(-3600, 3600).Draw(t, "skew")) * time.Second
		if offset+skew >= westmost && offset+skew <= eastmost {
			assert.Contains(t, z.today(now), triage.DayOf(now.Add(skew), theirs))
		}
	})
}

func moment(t require.TestingT, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

func TestFilterZoneNarrowsToOneDay(t *testing.T) {
	z := anyZone()
	assert.Len(t, z.today(planStart), 2, "at noon UTC it is tomorrow in the far east")
	z = taught(z, "2026-11-21", moment(t, "2026-11-20T23:04:00Z"), moment(t, "2026-11-21T22:58:00Z")) // 00:04 and 23:58 in Amsterdam
	for at, days := range map[string][]triage.Day{
		"2026-11-22T12:00:00Z": {"2026-11-22"},
		"2026-11-22T21:50:00Z": {"2026-11-22"},
		"2026-11-22T21:56:00Z": {"2026-11-23", "2026-11-22"}, // 22:56 in Amsterdam
		"2026-11-23T00:04:00Z": {"2026-11-23", "2026-11-22"}, // 01:04
		"2026-11-23T00:10:00Z": {"2026-11-23"},
	} {
		assert.Equal(t, days, z.today(moment(t, at)), at)
	}
}

// A listing that contradicts what was learned, as when summer time begins, takes
// its place; one that contradicts itself and nonsense teach nothing.
func TestFilterZoneUnlearns(t *testing.T) {
	summer := taught(anyZone(), "2026-10-24", moment(t, "2026-10-23T22:01:00Z"), moment(t, "2026-10-24T21:59:00Z"))
	winter := taught(summer, "2026-10-26", moment(t, "2026-10-26T22:30:00Z"))
	assert.LessOrEqual(t, winter.least, time.Hour)
	assert.GreaterOrEqual(t, winter.most, time.Hour)

	assert.Equal(t, summer, taught(summer, "2026-10-25", moment(t, "2026-10-24T22:10:00Z"), moment(t, "2026-10-25T22:50:00Z")), "the long day itself")
	assert.Equal(t, winter, taught(winter, "2026-10-26"))
	assert.Equal(t, winter, taught(winter, "2026-10-26", time.Time{}))
	assert.Equal(t, winter, taught(winter, "someday", planStart))
	assert.Equal(t, winter, taught(winter, "2026-01-01", planStart), "no zone is that far away")
	assert.Equal(t, winter, taught(winter, "2026-10-26", moment(t, "2026-10-26T12:00:00Z"), moment(t, "2026-10-29T12:00:00Z")))
}

// Around the change to summer time and back, what the days before taught is good
// enough until the next ones teach anew.
func TestFilterZoneOverSummerTime(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	for _, begin := range []string{"2026-03-26T12:00:00Z", "2026-10-22T12:00:00Z"} {
		z := anyZone()
		for now := moment(t, begin); now.Before(moment(t, begin).Add(6 * 24 * time.Hour)); now = now.Add(10 * time.Minute) {
			for back := range 2 { // today's listing, then yesterday's once more
				var created []time.Time
				day := triage.DayOf(now, amsterdam).Add(-back)
				for at := now; at.After(now.Add(-50 * time.Hour)); at = at.Add(-10 * time.Minute) {
					if triage.DayOf(at, amsterdam) == day {
						created = append(created, at)
					}
				}
				require.Contains(t, z.today(now), triage.DayOf(now, amsterdam), "%s", now)
				z = taught(z, day, created...)
			}
		}
	}
}
