package i18n

import (
	"fmt"
	"strings"
	"time"
)

// monthNames are short month names by language, as printed in dates of birth:
// a name can't be mistaken for a day, whichever order the reader expects (R8).
var monthNames = map[string][12]string{
	"nl": {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
	"en": {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

func (l *Locale) month(m time.Month) string { return monthNames[l.Lang][m-1] }

// BirthDate is a date of birth with the age on the day now, such as
// "14-Jul-1945 (81 y)"; a day still to come has no age. Text that is no date is
// shown as it came; empty text gives the words for "not given".
func (l *Locale) BirthDate(date string, now time.Time) string {
	if date == "" {
		return l.T("patient.born_unknown")
	}
	born, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	age := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		age--
	}
	day := fmt.Sprintf("%02d-%s-%04d", born.Day(), l.month(born.Month()), born.Year())
	if age < 0 {
		return day
	}
	return day + " (" + l.T("patient.age", age) + ")"
}

// Clock is the time of day to the second.
func (l *Locale) Clock(t time.Time) string { return t.Format("15:04:05") }

// DayMonth is a date without its year, such as "23 Oct".
func (l *Locale) DayMonth(t time.Time) string {
	return fmt.Sprintf("%d %s", t.Day(), l.month(t.Month()))
}

// Moment is a point in time as seen from now: today's as "today 11:20", others
// with their date, and their year where it differs. Both are in the zone that
// t carries.
func (l *Locale) Moment(t, now time.Time) string {
	now = now.In(t.Location())
	clock := t.Format("15:04")
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return l.T("time.today", clock)
	case t.Year() != now.Year():
		return fmt.Sprintf("%s %d %s", l.DayMonth(t), t.Year(), clock)
	}
	return l.DayMonth(t) + " " + clock
}

// Span is a length of time in at most two units, such as "1 h 12 min": seconds
// below one minute, then minutes, hours, days.
func (l *Locale) Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		d = d.Truncate(time.Second)
	case d < 24*time.Hour:
		d = d.Truncate(time.Minute)
	default:
		d = d.Truncate(time.Hour)
	}
	if said, ok := l.spans.Load(d); ok {
		if text, ok := said.(string); ok {
			return text
		}
	}
	text := l.span(d)
	l.spans.Store(d, text)
	return text
}

func (l *Locale) span(d time.Duration) string {
	var parts []string
	add := func(key string, n int) {
		if n > 0 {
			parts = append(parts, l.T(key, l.Number(n)))
		}
	}
	minutes, hours := int(d.Minutes()), int(d.Hours())
	switch {
	case d < time.Second:
		return l.T("time.seconds", "0")
	case d < time.Minute:
		add("time.seconds", int(d.Seconds()))
	case d < time.Hour:
		add("time.minutes", minutes)
	case d < 24*time.Hour:
		add("time.hours", hours)
		add("time.minutes", minutes%60)
	default:
		add("time.days", hours/24)
		add("time.hours", hours%24)
	}
	return strings.Join(parts, " ")
}
