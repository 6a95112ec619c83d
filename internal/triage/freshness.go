package triage

import "time"

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
	ConfirmedAt time.Time // the oldest confirmation among the shown days and today; zero: none yet
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

// Freshness judges the snapshot at the moment now for a page that shows these
// entries.
func (s *Snapshot) Freshness(now time.Time, shown []Entry) FreshnessReport {
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

	today, ok := s.oldest(s.Today)
	if !ok {
		// What is shown is a former process's: marked with its age.
		for _, e := range shown {
			if r.ConfirmedAt.IsZero() || e.ConfirmedAt.Before(r.ConfirmedAt) {
				r.ConfirmedAt = e.ConfirmedAt
			}
		}
		r.State = FreshUnknown
		if now.Sub(s.Started) > 4*s.Interval {
			r.State = FreshNotLive
		}
		return r
	}
	r.ConfirmedAt, r.TodayAt = today, today

	stale := false
	for _, e := range shown {
		at := s.byDay[e.Day]
		if at.IsZero() {
			at = e.ConfirmedAt // its day wasn't listed completely: each entry speaks for itself
		}
		if at.Before(r.ConfirmedAt) {
			r.ConfirmedAt = at
		}
		if now.Sub(at) > staleDay {
			stale = true
		}
	}

	switch missed := now.Sub(today); {
	case missed > 4*s.Interval:
		r.State = FreshNotLive
	case missed > 2*s.Interval || stale:
		r.State = FreshLate
	default:
		r.State = FreshLive
	}
	return r
}

// oldest is the oldest confirmation among days; false when one was never
// confirmed, or there is none.
func (s *Snapshot) oldest(days []Day) (time.Time, bool) {
	var oldest time.Time
	for _, d := range days {
		at := s.byDay[d]
		if at.IsZero() {
			return time.Time{}, false
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return oldest, !oldest.IsZero()
}
