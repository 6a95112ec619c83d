package board

import (
	"time"

	"triageboard/internal/triage"
)

// The widest a zone can lie from UTC.
const (
	westmost = -12 * time.Hour
	eastmost = 14 * time.Hour
)

// filterZone is what is known of the zone by which the API's date filter cuts
// days: no page says, so it is learned from what each date returned. The zone's
// offset from UTC lies in [least, most].
//
// It is a value: learning answers a new one.
type filterZone struct {
	least, most time.Duration
}

// anyZone is the state of knowing nothing.
func anyZone() filterZone { return filterZone{least: westmost, most: eastmost} }

// learn narrows the offset by one row: the date asked for returned an alert
// created at this moment. A row that contradicts what was learned, as when
// summer time begins or a clock is off, starts the learning anew with itself; a
// row that fits no zone at all teaches nothing.
func (z filterZone) learn(asked triage.Day, created time.Time) filterZone {
	begin, err := time.Parse(time.DateOnly, string(asked))
	if err != nil || created.IsZero() {
		return z
	}
	// asked 00:00 <= created + offset < asked 24:00, to the second.
	least := begin.Sub(created.Truncate(time.Second))
	most := least + 24*time.Hour - time.Second
	row := filterZone{least: max(least, westmost), most: min(most, eastmost)}
	if row.least > row.most {
		return z
	}
	both := filterZone{least: max(z.least, row.least), most: min(z.most, row.most)}
	if both.least > both.most {
		return row
	}
	return both
}

// today is the dates the moment now may have in the filter's zone, newest first:
// one where enough is known, else the neighbours that are still possible.
func (z filterZone) today(now time.Time) []triage.Day {
	first, last := triage.DayOf(now.Add(z.least), time.UTC), triage.DayOf(now.Add(z.most), time.UTC)
	days := []triage.Day{last}
	for d := last; d > first; {
		d = d.Add(-1)
		days = append(days, d)
	}
	return days
}
