package i18n_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/i18n"
)

func TestMatch(t *testing.T) {
	b := load(t)
	for name, tc := range map[string]struct{ preferred, accept, want string }{
		"nothing":                      {"", "", "nl"},
		"the preferred one":            {"en", "", "en"},
		"the preferred one wins":       {"en", "nl", "en"},
		"a preferred one not there":    {"de", "en", "en"},
		"asked for by a browser":       {"", "en-GB,en;q=0.9,nl;q=0.8", "en"},
		"weighed":                      {"", "en;q=0.5, nl;q=0.9", "nl"},
		"weighed the other way":        {"", "nl;q=0.5, en;q=0.9", "en"},
		"a region":                     {"", "en-US", "en"},
		"Flemish":                      {"", "nl-BE", "nl"},
		"others first":                 {"", "fr, de;q=0.9, en;q=0.8", "en"},
		"only others":                  {"", "fr, de;q=0.9", "nl"},
		"anything":                     {"", "*", "nl"},
		"not Dutch":                    {"", "nl;q=0, en;q=0.1", "en"},
		"garbage":                      {"", ";;;=,,q", "nl"},
		"garbage beside a wish":        {"", "en;q=fast", "nl"},
		"a wish that is far too long":  {"", string(make([]byte, 10_000)), "nl"},
		"a path instead of a language": {"../en", "", "nl"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, b.Match(tc.preferred, tc.accept).Lang)
		})
	}
}

func TestText(t *testing.T) {
	b := load(t)
	nl, en := b.Match("nl", ""), b.Match("en", "")
	assert.Equal(t, "Rood", nl.T("flag.red"))
	assert.Equal(t, "Red", en.T("flag.red"))
	assert.Equal(t, "Naam nog niet bekend (p-1)", nl.T("patient.name_unknown", "p-1"))

	// Numbers take the form of the language.
	assert.Equal(t, "1.234", nl.Number(1234))
	assert.Equal(t, "10,000", en.Number(10_000))
	assert.Equal(t, "dagen gelezen: 1.234 van 10.000", nl.T("freshness.reading", 1234, 10_000))
	for n, want := range map[int][2]string{
		0: {"other", "0"}, 1: {"one", "1"}, 2: {"other", "2"}, 1001: {"other", "1001"},
	} {
		for _, l := range []*i18n.Locale{nl, en} {
			number := want[1]
			if n > 1000 {
				number = l.Number(n)
			}
			text := catalogue(t, l.Lang)["history.count"][want[0]]
			assert.Equal(t, strings.ReplaceAll(text, "%d", number), l.T("history.count", n))
		}
	}
	assert.NotEqual(t, en.T("history.count", 1)[1:], en.T("history.count", 2)[1:], "one is said in its own way")
	// The limits said in the texts are the domain's, in the language's form.
	assert.Contains(t, nl.T("form.note_limit"), "10.000")
	assert.Contains(t, en.T("form.note_limit"), "10,000")

	// What comes from outside is data: a verb in it is not filled in.
	assert.Equal(t, "Unknown: %d%s", en.T("unknown.raw", "%d%s"))

	assert.Equal(t, "no.such.key", nl.T("no.such.key"), "a missing key shows itself")
	assert.Equal(t, "no.such %s", en.T("no.such %s", "x"))
	assert.False(t, nl.Has("no.such.key"))
	assert.True(t, nl.Has("flag.red"))
}

// R8
func TestBirthDate(t *testing.T) {
	b := load(t)
	nl, en := b.Match("nl", ""), b.Match("en", "")
	day := func(date string) time.Time {
		at, err := time.Parse(time.DateOnly, date)
		require.NoError(t, err)
		return at.Add(12 * time.Hour)
	}
	for name, tc := range map[string]struct{ born, now, want string }{
		"an ordinary day":                {"1945-07-14", "2026-11-22", "14-Jul-1945 (81 y)"},
		"the day before a birthday":      {"1945-07-14", "2026-07-13", "14-Jul-1945 (80 y)"},
		"a birthday":                     {"1945-07-14", "2026-07-14", "14-Jul-1945 (81 y)"},
		"the day after":                  {"1945-07-14", "2026-07-15", "14-Jul-1945 (81 y)"},
		"a month before, a later day":    {"1945-07-14", "2026-06-30", "14-Jul-1945 (80 y)"},
		"a month after, an earlier day":  {"1945-07-14", "2026-08-01", "14-Jul-1945 (81 y)"},
		"a leap day, before":             {"2000-02-29", "2026-02-28", "29-Feb-2000 (25 y)"},
		"a leap day, the first of March": {"2000-02-29", "2026-03-01", "29-Feb-2000 (26 y)"},
		"a leap day in a leap year":      {"2000-02-29", "2024-02-29", "29-Feb-2000 (24 y)"},
		"born after a leap day":          {"2001-03-01", "2024-02-29", "01-Mar-2001 (22 y)"},
		"born today":                     {"2026-11-22", "2026-11-22", "22-Nov-2026 (0 y)"},
		"born tomorrow":                  {"2026-11-23", "2026-11-22", "23-Nov-2026"},
		"born next year":                 {"2027-01-01", "2026-11-22", "01-Jan-2027"},
		"a hundred years":                {"1926-11-22", "2026-11-22", "22-Nov-1926 (100 y)"},
		"no date":                        {"14/07/1945", "2026-11-22", "14/07/1945"},
		"a day there isn't":              {"2001-02-29", "2026-11-22", "2001-02-29"},
		"with a time":                    {"1945-07-14T00:00:00Z", "2026-11-22", "1945-07-14T00:00:00Z"},
		"nothing":                        {"", "2026-11-22", "date of birth not given by Luscii"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, en.BirthDate(tc.born, day(tc.now)))
		})
	}
	assert.Equal(t, "14-jul-1945 (81 j)", nl.BirthDate("1945-07-14", day("2026-11-22")))
	assert.Equal(t, nl.T("patient.born_unknown"), nl.BirthDate("", day("2026-11-22")))

	// The age is that of the day where one looks from.
	newYear := time.Date(2026, 7, 13, 23, 30, 0, 0, time.UTC)
	assert.Equal(t, "14-Jul-1945 (80 y)", en.BirthDate("1945-07-14", newYear))
	assert.Equal(t, "14-Jul-1945 (81 y)", en.BirthDate("1945-07-14", newYear.In(time.FixedZone("there", 3600))))
}

func TestMonths(t *testing.T) {
	b := load(t)
	var nl, en []string
	for m := time.January; m <= time.December; m++ {
		at := time.Date(2026, m, 3, 0, 0, 0, 0, time.UTC)
		nl, en = append(nl, b.Match("nl", "").DayMonth(at)), append(en, b.Match("en", "").DayMonth(at))
	}
	assert.Equal(t, []string{"3 jan", "3 feb", "3 mrt", "3 apr", "3 mei", "3 jun", "3 jul", "3 aug", "3 sep", "3 okt", "3 nov", "3 dec"}, nl)
	assert.Equal(t, []string{"3 Jan", "3 Feb", "3 Mar", "3 Apr", "3 May", "3 Jun", "3 Jul", "3 Aug", "3 Sep", "3 Oct", "3 Nov", "3 Dec"}, en)
}

func TestSpan(t *testing.T) {
	b := load(t)
	const s, min, h, d = time.Second, time.Minute, time.Hour, 24 * time.Hour
	for span, want := range map[time.Duration]string{
		-min: "0 s", 0: "0 s", s - 1: "0 s", s: "1 s", min - 1: "59 s",
		min: "1 min", min + 59*s: "1 min", 2 * min: "2 min", h - 1: "59 min",
		h: "1 h", h + 59*s: "1 h", h + min: "1 h 1 min", h + 12*min: "1 h 12 min", 2*h - 1: "1 h 59 min", d - 1: "23 h 59 min",
		d: "1 d", d + 59*min: "1 d", d + h: "1 d 1 h", 2*d - 1: "1 d 23 h", 30*d + 5*h: "30 d 5 h", 2000 * d: "2,000 d",
	} {
		assert.Equal(t, want, b.Match("en", "").Span(span), span.String())
	}
	assert.Equal(t, "1 u 12 min", b.Match("nl", "").Span(h+12*min))
	assert.Equal(t, "2.000 d 3 u", b.Match("nl", "").Span(2000*d+3*h))
}

func TestMoment(t *testing.T) {
	en := load(t).Match("en", "")
	utc := func(y int, m time.Month, d, h, min int) time.Time { return time.Date(y, m, d, h, min, 59, 0, time.UTC) }
	now := utc(2026, 11, 22, 23, 30)
	there := time.FixedZone("there", 3600)
	for name, tc := range map[string]struct {
		at   time.Time
		want string
	}{
		"today":                         {utc(2026, 11, 22, 11, 20), "today 11:20"},
		"the first minute of today":     {utc(2026, 11, 22, 0, 0), "today 00:00"},
		"yesterday":                     {utc(2026, 11, 21, 23, 59), "21 Nov 23:59"},
		"this year":                     {utc(2026, 1, 1, 0, 0), "1 Jan 00:00"},
		"the same day of another month": {utc(2026, 10, 22, 11, 20), "22 Oct 11:20"},
		"last year":                     {utc(2025, 12, 31, 23, 59), "31 Dec 2025 23:59"},
		"the same day of last year":     {utc(2025, 11, 22, 11, 20), "22 Nov 2025 11:20"},
		"next year":                     {utc(2027, 1, 1, 0, 1), "1 Jan 2027 00:01"},
		"today, where it is tomorrow":   {utc(2026, 11, 22, 23, 10).In(there), "today 00:10"},
		"yesterday there":               {utc(2026, 11, 22, 22, 10).In(there), "22 Nov 23:10"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, en.Moment(tc.at, now))
			assert.Equal(t, tc.want, en.Moment(tc.at, now.In(time.FixedZone("elsewhere", -9*3600))), "whatever zone now carries")
		})
	}
	nl := load(t).Match("nl", "")
	assert.Equal(t, "vandaag 11:20", nl.Moment(utc(2026, 11, 22, 11, 20), now))
	assert.Equal(t, "5 mrt 2025 08:00", nl.Moment(utc(2025, 3, 5, 8, 0), now))
	assert.Equal(t, "23:30:59", nl.Clock(now))
}
