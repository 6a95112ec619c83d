package export

import (
	"errors"
	"fmt"
	"time"
)

// Range is the dates a report is asked for, both YYYY-MM-DD and both included;
// empty for a report that takes none.
type Range struct{ From, To string }

// Why a range can't be asked for.
var (
	ErrDatesMissing   = errors.New("the report needs both dates")
	ErrDatesForbidden = errors.New("the report takes no dates")
	ErrNoDate         = errors.New("not a date (YYYY-MM-DD)")
	ErrEndBeforeStart = errors.New("the end lies before the start")
	ErrFuture         = errors.New("the start lies in the future")
)

// Check says whether the report can be asked for that range, by the reference
// page's rules and before anything is sent. today is the organisation's, at
// midnight. The error is one of those above, wrapped with the date it is about.
func (r Report) Check(asked Range, today time.Time) error {
	switch {
	case asked == Range{}:
		if r.Dates == DatesRequired {
			return ErrDatesMissing
		}
		return nil
	case r.Dates == DatesForbidden:
		return ErrDatesForbidden
	case asked.From == "" || asked.To == "":
		return ErrDatesMissing
	}
	from, err := parseDay(asked.From)
	if err != nil {
		return err
	}
	to, err := parseDay(asked.To)
	if err != nil {
		return err
	}
	if to.Before(from) {
		return fmt.Errorf("%s, %s: %w", asked.From, asked.To, ErrEndBeforeStart)
	}
	if asked.From > today.Format(time.DateOnly) {
		return fmt.Errorf("%s: %w", asked.From, ErrFuture)
	}
	return nil
}

// Length is how many days a range has; none for an empty one. The range must have
// been checked. A list of them could fill the memory: two thousand years can be
// asked for.
func (a Range) Length() int {
	from, err := parseDay(a.From)
	if err != nil {
		return 0
	}
	to, err := parseDay(a.To)
	if err != nil {
		return 0
	}
	const day = 24 * 60 * 60
	return int((to.Unix()-from.Unix())/day) + 1
}

// Day is the range's day at that place, the first at 0. The range must have been
// checked.
func (a Range) Day(i int) string {
	from, err := parseDay(a.From)
	if err != nil {
		return ""
	}
	return from.AddDate(0, 0, i).Format(time.DateOnly)
}

// Until is the range without the days behind today, which hold nothing yet. Its
// start must not lie there (Check).
func (a Range) Until(today time.Time) Range {
	if last := today.Format(time.DateOnly); a.To > last {
		a.To = last
	}
	return a
}

func parseDay(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", s, ErrNoDate)
	}
	return t, nil
}
