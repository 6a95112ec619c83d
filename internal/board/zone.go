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

// leeway is by how much Luscii's midnight may lie from where it was learned to
// be: a clock that is off, a change to summer time, an alert that is listed later
// than it was made. Within it both days are today. Ours.
const leeway = 65 * time.Minute

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

// and is what both know; false if they contradict each other.
func (z filterZone) and(other filterZone) (filterZone, bool) {
	both := filterZone{least: max(z.least, other.least), most: min(z.most, other.most)}
	return both, both.least <= both.most
}

// learn narrows the offset by what one listing taught. What contradicts the past,
// as when summer time begins, takes its place.
func (z filterZone) learn(l lesson) filterZone {
	if l.empty || l.spoilt {
		return z
	}
	if both, ok := z.and(l.zone); ok {
		return both
	}
	return l.zone
}

// today is the dates the moment now may have in the filter's zone, newest first:
// one where enough is known, else the neighbours that are still possible.
func (z filterZone) today(now time.Time) []triage.Day {
	first := triage.DayOf(now.Add(max(z.least-leeway, westmost)), time.UTC)
	last := triage.DayOf(now.Add(min(z.most+leeway, eastmost)), time.UTC)
	days := []triage.Day{last}
	for d := last; d > first; {
		d = d.Add(-1)
		days = append(days, d)
	}
	return days
}

// lesson is what one listing says of the filter's zone. Rows that contradict each
// other, as when one has a wrong time, spoil it as a whole: it can't be told
// which of them is wrong.
type lesson struct {
	zone   filterZone
	empty  bool
	spoilt bool
}

func newLesson() lesson { return lesson{zone: anyZone(), empty: true} }

// add takes a row: the date asked for returned an alert created at this moment.
func (l *lesson) add(asked triage.Day, created time.Time) {
	begin, err := time.Parse(time.DateOnly, string(asked))
	if err != nil || created.IsZero() {
		return
	}
	// asked 00:00 <= created + offset < asked 24:00, to the second.
	least := begin.Sub(created.Truncate(time.Second))
	both, ok := l.zone.and(filterZone{least: least, most: least + 24*time.Hour - time.Second})
	l.zone, l.empty, l.spoilt = both, false, l.spoilt || !ok
}
