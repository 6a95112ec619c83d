package triage

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// R12, R6 and CONTRACT's "Markup": each rule of freshness, with both sides of
// every limit. The interval is 10 s.
func TestFreshness(t *testing.T) {
	const today, yesterday, lastWeek = Day("2026-11-20"), Day("2026-11-19"), Day("2026-11-13")
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	days := func(at ...time.Time) []DayState {
		names := []Day{today, yesterday, lastWeek}
		var out []DayState
		for i, t := range at {
			out = append(out, DayState{Day: names[i], ConfirmedAt: t})
		}
		return out
	}
	former := func(own []DayState, at ...time.Time) []DayState {
		for i, t := range at {
			own[i].Former = t
		}
		return own
	}
	on := func(d Day, confirmed time.Duration) *Entry { return &Entry{Day: d, ConfirmedAt: ago(confirmed)} }
	never := time.Time{}
	const second, minute = time.Second, time.Minute

	for name, tc := range map[string]struct {
		started   time.Duration // how long ago; 0: an hour
		days      []DayState
		outside   []DayState
		today     []Day // nil: today
		shown     []*Entry
		state     Freshness
		confirmed time.Time
		complete  bool
	}{
		"just started":                              {started: second, days: days(never, never), state: FreshUnknown},
		"four intervals without a confirmation":     {started: 40 * second, days: days(never, never), state: FreshUnknown},
		"longer than four intervals without":        {started: 40*second + 1, days: days(never, never), state: FreshNotLive},
		"other days confirmed, today not":           {started: second, days: days(never, ago(second)), shown: []*Entry{on(yesterday, second)}, state: FreshUnknown},
		"started, no window known":                  {started: second, state: FreshUnknown},
		"started, no today known":                   {started: second, days: days(ago(second)), today: []Day{}, state: FreshUnknown},
		"confirmed just now":                        {days: days(ago(0)), state: FreshLive, confirmed: ago(0), complete: true},
		"confirmed two intervals ago":               {days: days(ago(20 * second)), state: FreshLive, confirmed: ago(20 * second), complete: true},
		"longer than two":                           {days: days(ago(20*second + 1)), state: FreshLate, confirmed: ago(20*second + 1)},
		"four intervals ago":                        {days: days(ago(40 * second)), state: FreshLate, confirmed: ago(40 * second)},
		"longer than four":                          {days: days(ago(40*second + 1)), state: FreshNotLive, confirmed: ago(40*second + 1)},
		"today has two dates, the later not read":   {started: second, days: days(never, ago(second)), today: []Day{today, yesterday}, state: FreshUnknown},
		"today has two dates, the other not read":   {started: second, days: days(ago(second), never), today: []Day{today, yesterday}, state: FreshUnknown},
		"today has two dates, the older one rules":  {days: days(ago(second), ago(30*second)), today: []Day{today, yesterday}, state: FreshLate, confirmed: ago(30 * second)},
		"whichever of the two it is":                {days: days(ago(30*second), ago(second)), today: []Day{today, yesterday}, state: FreshLate, confirmed: ago(30 * second)},
		"a shown day ten minutes old":               {days: days(ago(second), ago(10*minute)), shown: []*Entry{on(yesterday, 10*minute)}, state: FreshLive, confirmed: ago(10 * minute), complete: true},
		"a shown day older than that":               {days: days(ago(second), ago(10*minute+1)), shown: []*Entry{on(yesterday, 10*minute+1)}, state: FreshLate, confirmed: ago(10*minute + 1)},
		"a day that old, nothing of it shown":       {days: days(ago(second), ago(time.Hour)), shown: []*Entry{on(today, second)}, state: FreshLive, confirmed: ago(second)},
		"half an hour old, nothing of it shown":     {days: days(ago(second), ago(30*minute+second)), state: FreshLive, confirmed: ago(second), complete: true},
		"older than that, so who knows what it has": {days: days(ago(second), ago(30*minute+second+1)), state: FreshLive, confirmed: ago(second)},
		"a shown day stale and today not live":      {days: days(ago(minute), ago(time.Hour)), shown: []*Entry{on(yesterday, time.Hour)}, state: FreshNotLive, confirmed: ago(time.Hour)},
		"the oldest of the shown days is told": {
			days:  days(ago(second), ago(2*minute), ago(4*minute)),
			shown: []*Entry{on(lastWeek, 4*minute), on(today, second), on(yesterday, 2*minute), on(lastWeek, 4*minute)},
			state: FreshLive, confirmed: ago(4 * minute), complete: true,
		},
		"an entry read since its day doesn't make the day younger": {
			days: days(ago(second), ago(11*minute)), shown: []*Entry{on(yesterday, second)}, state: FreshLate, confirmed: ago(11 * minute),
		},
		"a vanished entry doesn't make its day older": {
			days: days(ago(second), ago(minute)), shown: []*Entry{on(yesterday, time.Hour)}, state: FreshLive, confirmed: ago(minute), complete: true,
		},
		"a day not read completely: each entry speaks for itself": {
			days:  days(ago(second), never),
			shown: []*Entry{on(yesterday, 5*second), on(yesterday, 9*minute), on(yesterday, minute)},
			state: FreshLive, confirmed: ago(9 * minute),
		},
		"and can be too old": {
			days: days(ago(second), never), shown: []*Entry{on(yesterday, 5*second), on(yesterday, 11*minute)}, state: FreshLate, confirmed: ago(11 * minute),
		},
		"an entry that left the window": {
			days: days(ago(second)), shown: []*Entry{on("2026-10-01", 24*time.Hour)}, state: FreshLate, confirmed: ago(24 * time.Hour),
		},
		"and is still listed": {
			days: days(ago(second)), outside: []DayState{{Day: "2026-10-01", ConfirmedAt: ago(minute)}},
			shown: []*Entry{on("2026-10-01", 24*time.Hour)}, state: FreshLive, confirmed: ago(minute), complete: true,
		},
		"restarted: as old as the former process left it": {
			started: second, days: former(days(never, never), ago(minute), ago(3*minute)),
			shown: []*Entry{on(yesterday, time.Hour)}, state: FreshUnknown, confirmed: ago(3 * minute),
		},
		"restarted, nothing shown": {started: second, days: former(days(never, never), ago(minute), ago(3*minute)), state: FreshUnknown, confirmed: ago(minute)},
		"restarted on a later day": {
			started: second, days: former(days(never, never, never), never, ago(20*time.Hour), ago(20*time.Hour+minute)),
			shown: []*Entry{on(lastWeek, 24*time.Hour)}, state: FreshUnknown, confirmed: ago(20*time.Hour + minute),
		},
		"restarted on a later day, nothing shown": {
			started: second, days: former(days(never, ago(second), never), never, ago(20*time.Hour), ago(20*time.Hour+minute)),
			state: FreshUnknown, confirmed: ago(20 * time.Hour),
		},
		"restarted, and Luscii doesn't answer": {
			started: 40*second + 1, days: former(days(never, never), ago(minute), ago(minute)),
			shown: []*Entry{on(yesterday, minute)}, state: FreshNotLive, confirmed: ago(minute),
		},
		"restarted, today read again": {
			started: second, days: former(days(ago(second), never), ago(minute), ago(9*minute)),
			shown: []*Entry{on(yesterday, time.Hour)}, state: FreshLive, confirmed: ago(9 * minute),
		},
		"restarted, today read again, another day of long ago": {
			started: second, days: former(days(ago(second), never), ago(time.Hour), ago(time.Hour)),
			shown: []*Entry{on(yesterday, time.Hour)}, state: FreshLate, confirmed: ago(time.Hour),
		},
		"restarted, all read again": {
			started: minute, days: former(days(ago(second), ago(2*second)), ago(time.Hour), ago(time.Hour)),
			shown: []*Entry{on(yesterday, 2*second)}, state: FreshLive, confirmed: ago(2 * second), complete: true,
		},
		"restarted, only the older days read again": {
			started: second, days: former(days(never, ago(second)), ago(time.Hour), ago(time.Hour)),
			shown: []*Entry{on(yesterday, second)}, state: FreshUnknown, confirmed: ago(time.Hour),
		},
		"a shown day of which nothing is known": {
			days: days(ago(second)), shown: []*Entry{{Day: "2026-10-01"}}, state: FreshLate, confirmed: ago(second),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.started == 0 {
				tc.started = time.Hour
			}
			if tc.today == nil {
				tc.today = []Day{today}
			}
			s := Snapshot{
				Started: ago(tc.started), Interval: 10 * second, Today: tc.today, Days: tc.days, Outside: tc.outside, Entries: slices.Clone(tc.shown),
			}.Freeze()
			r := s.Freshness(noon, DaysOf(tc.shown))
			assert.Equal(t, tc.state, r.State)
			assert.Equal(t, tc.confirmed, r.ConfirmedAt)
			assert.Equal(t, tc.complete, r.Complete())
		})
	}
}

// R6: only a board that is live and knows every day may say "no alerts".
func TestComplete(t *testing.T) {
	for name, tc := range map[string]struct {
		r    FreshnessReport
		want bool
	}{
		"live, all read":     {FreshnessReport{State: FreshLive, TodayAt: noon, OldestDay: noon}, true},
		"live, one not read": {FreshnessReport{State: FreshLive, TodayAt: noon}, false},
		"late, all read":     {FreshnessReport{State: FreshLate, TodayAt: noon, OldestDay: noon}, false},
		"not live, all read": {FreshnessReport{State: FreshNotLive, TodayAt: noon, OldestDay: noon}, false},
		"unknown":            {FreshnessReport{State: FreshUnknown}, false},
	} {
		assert.Equal(t, tc.want, tc.r.Complete(), name)
	}
}

// R12: "before <date> not looked at", how much of the window was, and why not.
func TestFreshnessSaysWhatWasLookedAt(t *testing.T) {
	s := Snapshot{
		Started: noon, Interval: time.Second, Today: []Day{"2026-11-20"}, LastError: ErrUnavailable,
		Days:    []DayState{{Day: "2026-11-20", Former: noon}, {Day: "2026-11-19", ConfirmedAt: noon}, {Day: "2026-11-18", Former: noon}},
		Outside: []DayState{{Day: "2026-10-01", ConfirmedAt: noon}},
	}.Freeze()
	r := s.Freshness(noon, nil)
	assert.Equal(t, Day("2026-11-18"), r.Since)
	assert.Equal(t, 1, r.DaysRead)
	assert.Equal(t, 3, r.DaysTotal)
	assert.Equal(t, ErrUnavailable, r.Reason)
	assert.Zero(t, r.TodayAt)

	s = Snapshot{Started: noon, Interval: time.Second, Today: []Day{"2026-11-19"}, Days: []DayState{{Day: "2026-11-19", ConfirmedAt: noon}, {Day: "2026-11-18"}}}.Freeze()
	old := &Entry{Day: "2026-11-18", ConfirmedAt: noon.Add(-time.Hour)}
	s = Snapshot{Started: noon, Interval: time.Second, Today: s.Today, Days: s.Days, Entries: []*Entry{old}}.Freeze()
	r = s.Freshness(noon, DaysOf([]*Entry{old}))
	assert.Equal(t, noon, r.TodayAt, "today's own confirmation")
	assert.Equal(t, old.ConfirmedAt, r.ConfirmedAt, "beside the oldest shown")
}

// A page that isn't live never lacks a reason: where nothing failed yet, nothing
// came in time.
func TestFreshnessAlwaysHasAReason(t *testing.T) {
	report := func(confirmed time.Duration, failure error) FreshnessReport {
		s := Snapshot{Started: noon.Add(-time.Hour), Interval: time.Second, Today: []Day{"2026-11-20"}, LastError: failure}
		s.Days = []DayState{{Day: "2026-11-20", ConfirmedAt: noon.Add(-confirmed)}}
		return s.Freeze().Freshness(noon, nil)
	}
	assert.NoError(t, report(2*time.Second, nil).Reason)
	assert.Equal(t, ErrOverdue, report(2*time.Second+1, nil).Reason)
	assert.Equal(t, ErrBusy, report(time.Minute, ErrBusy).Reason)
	started := Snapshot{Started: noon.Add(-3 * time.Second), Interval: time.Second, Today: []Day{"2026-11-20"}, Days: []DayState{{Day: "2026-11-20"}}}.Freeze()
	assert.Equal(t, ErrOverdue, started.Freshness(noon, nil).Reason)
	assert.NoError(t, started.Freshness(noon.Add(-2*time.Second), nil).Reason)
}

func TestDaysOf(t *testing.T) {
	entries := []*Entry{{Day: "2026-11-20"}, {Day: "2026-11-18"}, {Day: "2026-11-20"}, {Day: "2026-11-19"}, {Day: "2026-11-18"}}
	assert.Equal(t, []Day{"2026-11-20", "2026-11-18", "2026-11-19"}, slices.Collect(DaysOf(entries)))
	assert.Empty(t, slices.Collect(DaysOf(nil)))
	for day := range DaysOf(entries) {
		assert.Equal(t, Day("2026-11-20"), day)
		break
	}
}
