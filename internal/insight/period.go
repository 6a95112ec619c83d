package insight

import (
	"errors"
	"fmt"
	"time"

	"triageboard/internal/triage"
)

// Period is some days of the shown zone, both included.
type Period struct{ From, To triage.Day }

// Why a period can't be.
var (
	ErrNoDate         = errors.New("not a date (YYYY-MM-DD)")
	ErrDateMissing    = errors.New("one of the two dates is missing")
	ErrEndBeforeStart = errors.New("the end lies before the start")
	ErrFuture         = errors.New("the start lies in the future")
)

// Last is the n days that end today.
func Last(n int, now time.Time, zone *time.Location) Period {
	today := triage.DayOf(now, zone)
	return Period{From: today.Add(1 - n), To: today}
}

// Between is the period between two dates as somebody typed them. Errors: those
// above, wrapped.
func Between(from, to string, now time.Time, zone *time.Location) (Period, error) {
	if from == "" || to == "" {
		return Period{}, ErrDateMissing
	}
	for _, typed := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, typed); err != nil {
			return Period{}, fmt.Errorf("%q: %w", typed, ErrNoDate)
		}
	}
	p := Period{From: triage.Day(from), To: triage.Day(to)}
	switch {
	case p.To < p.From:
		return Period{}, ErrEndBeforeStart
	case p.From > triage.DayOf(now, zone):
		return Period{}, ErrFuture
	}
	return p, nil
}

// Begin is when the first day begins.
func (p Period) Begin(zone *time.Location) time.Time { return midnight(p.From, zone) }

// End is when the last day ends.
func (p Period) End(zone *time.Location) time.Time { return midnight(p.To.Add(1), zone) }

// midnight is when a day begins; the zero time for what is none.
func midnight(day triage.Day, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(day), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// knownSince is from when on every alert is known: the begin of the first of the
// days in an unbroken row up to now that were listed completely after they ended.
// The day that isn't over yet is known up to its last listing.
func knownSince(confirmed map[triage.Day]time.Time, now time.Time, zone *time.Location) time.Time {
	today := triage.DayOf(now, zone)
	var since time.Time
	day := today
	if confirmed[today].IsZero() { // it has just begun, or so has the program
		day = today.Add(-1)
	}
	for {
		at := confirmed[day]
		if at.IsZero() || day != today && at.Before(midnight(day.Add(1), zone)) {
			return since
		}
		since = midnight(day, zone)
		day = day.Add(-1)
	}
}
