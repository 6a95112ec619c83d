package export

import (
	"strconv"
	"strings"
	"time"
)

// The functions below read a cell as one kind. What they take can be written as
// that kind and read back without a loss; everything else stays text.

// asCount reads a whole number; "007" isn't one, since its zeros would be lost.
func asCount(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, false
	}
	var digits [20]byte
	return n, string(strconv.AppendInt(digits[:0], n, 10)) == s
}

// surelyExact is how many decimal digits a float64 always keeps.
const surelyExact = 15

// asNumber reads a number of plain digits, such as -36.50.
func asNumber(s string) (float64, bool) {
	digits, ok := plainNumber(s)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	return f, digits <= surelyExact || strconv.FormatFloat(f, 'f', -1, 64) == s
}

// plainNumber says whether a text is a number as JSON writes it, without an
// exponent, and of how many digits.
func plainNumber(s string) (digits int, ok bool) {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || point && fraction == "" || len(whole) > 1 && whole[0] == '0' {
		return 0, false
	}
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 0, false
			}
		}
	}
	return len(whole) + len(fraction), true
}

// asFlag reads yes or no.
func asFlag(s string) (yes, ok bool) {
	switch {
	case s == "1", strings.EqualFold(s, "true"):
		return true, true
	case s == "0", strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// asDay reads a date; it is that day's midnight in UTC.
func asDay(s string) (time.Time, bool) {
	if len(s) != len(time.DateOnly) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

const (
	spacedLayout = time.DateTime
	isoLayout    = "2006-01-02T15:04:05"
	// finest is the shortest time that files keep.
	finest = time.Microsecond
)

// asMoment reads a date and time without a zone, to the microsecond. What a clock
// on the wall showed is given as if it stood in UTC.
func asMoment(s string) (time.Time, bool) {
	if len(s) < len(spacedLayout) || s[len(s)-1] == 'Z' {
		return time.Time{}, false
	}
	if len(s) == len(spacedLayout) {
		return asPlainMoment(s)
	}
	layout := spacedLayout
	if s[len(time.DateOnly)] == 'T' {
		layout = isoLayout
	}
	t, err := time.Parse(layout, s)
	return t, err == nil && t.Equal(t.Truncate(finest))
}

// asPlainMoment is asMoment for whole seconds. Nearly all times of reports are such,
// and the general way takes six times as long.
func asPlainMoment(s string) (time.Time, bool) {
	if s[4] != '-' || s[7] != '-' || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	century, ok1 := twoDigits(s[0:])
	year, ok2 := twoDigits(s[2:])
	month, ok3 := twoDigits(s[5:])
	day, ok4 := twoDigits(s[8:])
	hour, ok5 := twoDigits(s[11:])
	minute, ok6 := twoDigits(s[14:])
	second, ok7 := twoDigits(s[17:])
	year += 100 * century
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day && t.Month() == time.Month(month) // else there is no such day
}

func twoDigits(s string) (n int, ok bool) {
	tens, ones := s[0]-'0', s[1]-'0'
	return int(tens)*10 + int(ones), tens <= 9 && ones <= 9
}

// asInstant reads a date and time with an offset, to the microsecond.
func asInstant(s string) (time.Time, bool) {
	if len(s) <= len(isoLayout) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil && s[len(time.DateOnly)] == ' ' {
		t, err = time.Parse("2006-01-02 15:04:05Z07:00", s)
	}
	return t, err == nil && t.Equal(t.Truncate(finest))
}

// fits says whether a cell can be written as that kind.
func fits(k Kind, s string) (ok bool) {
	switch k {
	case Count:
		_, ok = asCount(s)
	case Number:
		_, ok = asNumber(s)
	case Flag:
		_, ok = asFlag(s)
	case Day:
		_, ok = asDay(s)
	case Moment:
		_, ok = asMoment(s)
	case Instant:
		_, ok = asInstant(s)
	default:
		ok = true
	}
	return ok
}
