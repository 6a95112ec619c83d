package triage

import (
	"iter"
	"time"
)

// Freshness says how far the board can be believed (R12).
type Freshness string

// The four degrees. A board is never live before this process has confirmed
// today.
const (
	FreshUnknown Freshness = "unknown"  // just started, nothing confirmed yet
	FreshLive    Freshness = "live"     // today confirmed within two polls, every shown day within ten minutes
	FreshLate    Freshness = "late"     // two polls missed, or a shown day older than that
	FreshNotLive Freshness = "not-live" // four polls missed: the last good board is shown
)

const (
	// staleDay is how long a day that holds shown alerts may go unconfirmed.
	staleDay = 10 * time.Minute
	// staleWindow is how long any day may, before an empty list says nothing
	// any more; ours.
	staleWindow = 30 * time.Minute
)

// FreshnessReport is what a page says about its own freshness.
type FreshnessReport struct {
	State       Freshness
	ConfirmedAt time.Time // the oldest confirmation among the shown days and today, by a former process where this one has none; zero: none yet
	TodayAt     time.Time // when today was confirmed; zero: not yet by this process
	Since       Day       // days before this one are not looked at
	OldestDay   time.Time // the oldest confirmation of any day of the window; zero while one is missing
	DaysRead    int       // how many days of the window were listed completely
	DaysTotal   int
	Reason      error // why it isn't live, where the last listing failed; matches one of the kinds
}

// Complete reports that the board is live and every day of the window was listed
// within the last half hour: the only ground on which "no alerts" may be said
// (R6).
func (r FreshnessReport) Complete() bool {
	return r.State == FreshLive && !r.OldestDay.IsZero() && r.TodayAt.Sub(r.OldestDay) <= staleWindow
}

// DaysOf is the days that returned these entries, each once.
func DaysOf(entries []*Entry) iter.Seq[Day] {
	return func(yield func(Day) bool) {
		seen := map[Day]bool{}
		for i := range entries {
			if day := entries[i].Day; !seen[day] {
				seen[day] = true
				if !yield(day) {
					return
				}
			}
		}
	}
}

// Freshness judges the snapshot at the moment now for a page that shows alerts
// of these days; nil: it shows none. What a former process confirmed makes the
// ages true after a restart. It makes no day count as read, nor the board as
// live.
func (s *Snapshot) Freshness(now time.Time, shown iter.Seq[Day]) FreshnessReport {
	r := FreshnessReport{Reason: s.LastError}
	r.DaysRead, r.DaysTotal = s.DaysRead()
	if r.DaysRead == r.DaysTotal {
		for _, d := range s.Days {
			if r.OldestDay.IsZero() || d.ConfirmedAt.Before(r.OldestDay) {
				r.OldestDay = d.ConfirmedAt
			}
		}
	}
	if len(s.Days) > 0 {
		r.Since = s.Days[len(s.Days)-1].Day
	}

	today, known := oldest(s.Today, func(d Day) time.Time { return s.byDay[d].ConfirmedAt })
	if known {
		r.TodayAt = today
	} else {
		today, known = s.formerToday()
	}
	r.ConfirmedAt = today

	stale := false
	if shown != nil {
		for day := range shown {
			at := s.confirmedAt(day)
			if at.Before(r.ConfirmedAt) && !at.IsZero() {
				r.ConfirmedAt = at
			}
			stale = stale || now.Sub(at) > staleDay
		}
	}
	if !known {
		r.ConfirmedAt = time.Time{} // whatever is known of other days
	}

	missed := now.Sub(r.TodayAt)
	if r.TodayAt.IsZero() {
		missed = now.Sub(s.Started)
	}
	if r.Reason == nil && missed > 2*s.Interval {
		r.Reason = ErrOverdue
	}
	switch {
	case r.TodayAt.IsZero() && missed <= 4*s.Interval:
		r.State = FreshUnknown
	case missed > 4*s.Interval:
		r.State = FreshNotLive
	case missed > 2*s.Interval || stale:
		r.State = FreshLate
	default:
		r.State = FreshLive
	}
	return r
}

// formerToday is how old the board is that a former process left: when it
// confirmed today, or, if today has begun since, when it last looked at all.
func (s *Snapshot) formerToday() (time.Time, bool) {
	if at, ok := oldest(s.Today, func(d Day) time.Time { return s.byDay[d].at() }); ok {
		return at, true
	}
	var last time.Time
	for _, d := range s.byDay {
		if d.Former.After(last) {
			last = d.Former
		}
	}
	return last, !last.IsZero()
}

// confirmedAt is when what is shown of a day was confirmed; zero: never.
func (s *Snapshot) confirmedAt(day Day) time.Time {
	if at := s.byDay[day].at(); !at.IsZero() {
		return at
	}
	return s.lists.partly[day]
}

// oldest is the oldest of the days' times; false when one has none, or there is
// no day.
func oldest(days []Day, at func(Day) time.Time) (time.Time, bool) {
	var oldest time.Time
	for _, d := range days {
		t := at(d)
		if t.IsZero() {
			return time.Time{}, false
		}
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	return oldest, !oldest.IsZero()
}
