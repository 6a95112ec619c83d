package triage

import "time"

// Day is a calendar date without a zone, the only thing the API can filter by
// (YYYY-MM-DD). Days compare in calendar order as strings do.
type Day string

// DayOf is the date t has in zone.
func DayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(time.DateOnly)) }

// Add is the date n days later, earlier for a negative n. A Day that is not a
// date stays as it is.
func (d Day) Add(n int) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d
	}
	return Day(t.AddDate(0, 0, n).Format(time.DateOnly))
}
