package board

import (
	"math"
	"time"

	"triageboard/internal/triage"
)

// How often the days before today should be confirmed, in what the limit on
// requests leaves; ours.
const (
	workingEvery = 5 * time.Minute  // days that hold an open or escalated alert
	quietEvery   = 15 * time.Minute // the others
	// planAgain is when to plan again if nothing is due: what is worked on
	// changes meanwhile.
	planAgain = time.Minute
)

// dayPlan is what the planner looks at of one day that isn't today.
type dayPlan struct {
	day       triage.Day
	working   bool      // holds an open or escalated alert
	confirmed bool      // by this process
	tried     time.Time // when its last listing began, successful or not; zero: never
	failures  int       // listings that failed since the last success
	early     float64   // by which part its pause is shortened
}

// every is how often the day should be confirmed. What a day holds that was
// never confirmed isn't known: it may be work.
func (d *dayPlan) every() time.Duration {
	if d.working || !d.confirmed {
		return workingEvery
	}
	return quietEvery
}

// due is when the day's turn comes, at the earliest: at once if it was never
// tried, after a pause that doubles with each failure if it fails, else when
// its confirmation has grown as old as it should get.
func (d *dayPlan) due() time.Time {
	switch {
	case d.tried.IsZero():
		return time.Time{}
	case d.failures > 0:
		return d.tried.Add(shortened(retryPause(d.failures), d.early))
	}
	return d.tried.Add(shortened(d.every(), d.early))
}

// stretch is how long ago the day had its last turn, by how often it should have
// one: 1 is just due. It counts turns, not successes, so that days that fail
// can't crowd out the others. A day that never had one outranks every other.
func (d *dayPlan) stretch(now time.Time) float64 {
	if d.tried.IsZero() {
		return math.Inf(1)
	}
	return float64(now.Sub(d.tried)) / float64(d.every())
}

// before is the order of two days that are due: the one stretched most, so that
// under any load all stretch alike and none starves; of equals the one with work,
// then the newest.
func (d *dayPlan) before(other *dayPlan, now time.Time) bool {
	switch mine, theirs := d.stretch(now), other.stretch(now); {
	case mine != theirs:
		return mine > theirs
	case d.working != other.working:
		return d.working
	}
	return d.day > other.day
}

// nextDay says which day to list next, or how long to wait before planning
// again. notBefore is until when nothing may be listed at all. It is pure: the
// same inputs, in any order, give the same answer.
//
// How much may be listed isn't its concern: the source holds every request back
// to what the limit leaves, and the next day is asked for when the one before
// has ended. Nor is today, which has a lane of its own that goes first.
func nextDay(now, notBefore time.Time, days []dayPlan) (day triage.Day, wait time.Duration) {
	if left := notBefore.Sub(now); left > 0 {
		return "", left
	}
	var chosen *dayPlan
	wait = planAgain
	for i := range days {
		d := &days[i]
		if left := d.due().Sub(now); left > 0 {
			wait = min(wait, left)
		} else if chosen == nil || d.before(chosen, now) {
			chosen = d
		}
	}
	if chosen != nil {
		return chosen.day, 0
	}
	return "", wait
}

// maxPause bounds the pause after failures, and with it how long the board takes
// to notice that Luscii is back; ours.
const maxPause = 30 * time.Second

// retryPause is how long to leave alone what failed so often in a row.
func retryPause(failures int) time.Duration {
	pause := time.Second
	for range failures - 1 {
		if pause *= 2; pause >= maxPause {
			return maxPause
		}
	}
	return pause
}
