package insight_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

func TestPeriods(t *testing.T) {
	p := insight.Last(7, now, amsterdam)
	assert.Equal(t, insight.Period{From: "2026-11-17", To: "2026-11-23"}, p)
	assert.Equal(t, insight.Period{From: "2026-11-24", To: "2026-11-24"}, insight.Last(1, now.Add(11*time.Hour+30*time.Minute).Add(time.Hour), amsterdam), "by the shown zone")

	summer := insight.Period{From: "2026-10-25", To: "2026-10-25"} // has 25 hours
	assert.Equal(t, 25*time.Hour, summer.End(amsterdam).Sub(summer.Begin(amsterdam)))

	for typed, want := range map[[2]string]error{
		{"2026-11-01", "2026-11-23"}: nil,
		{"2026-11-23", "2026-11-23"}: nil,
		{"2016-11-23", "2026-11-23"}: nil, // ten years
		{"2026-11-01", "2027-01-01"}: nil, // the end may be still to come
		{"", "2026-11-23"}:           insight.ErrDateMissing,
		{"2026-11-23", ""}:           insight.ErrDateMissing,
		{"yesterday", "2026-11-23"}:  insight.ErrNoDate,
		{"2026-11-01", "2026-13-01"}: insight.ErrNoDate,
		{"2026-11-02", "2026-11-01"}: insight.ErrEndBeforeStart,
		{"2026-11-24", "2026-11-25"}: insight.ErrFuture,
	} {
		p, err := insight.Between(typed[0], typed[1], now, amsterdam)
		require.ErrorIs(t, err, want, typed)
		if want == nil {
			assert.Equal(t, insight.Period{From: triage.Day(typed[0]), To: triage.Day(typed[1])}, p)
		}
	}
}

// A figure never speaks of days the board didn't read: processed alerts of before
// the window are gone, and those that stay would look like all there were.
func TestFiguresBeginWhereTheDataDo(t *testing.T) {
	midnight := func(day int) time.Time { return time.Date(2026, 11, day, 0, 0, 0, 0, amsterdam) }
	for name, tc := range map[string]struct {
		confirmed map[triage.Day]time.Time
		since     time.Time
		came      int
	}{
		"nothing is read":               {nil, time.Time{}, 0},
		"today only":                    {map[triage.Day]time.Time{"2026-11-23": now}, midnight(23), 1},
		"a row of days":                 {map[triage.Day]time.Time{"2026-11-23": now, "2026-11-22": now, "2026-11-21": midnight(22)}, midnight(21), 3},
		"today not yet":                 {map[triage.Day]time.Time{"2026-11-22": now, "2026-11-21": now}, midnight(21), 3},
		"a gap":                         {map[triage.Day]time.Time{"2026-11-23": now, "2026-11-21": now}, midnight(23), 1},
		"a day read before it was over": {map[triage.Day]time.Time{"2026-11-23": now, "2026-11-22": midnight(23).Add(-time.Second)}, midnight(23), 1},
		"neither today nor yesterday":   {map[triage.Day]time.Time{"2026-11-21": now}, time.Time{}, 0},
		"more than is asked for":        {remember(31).confirmed, midnight(24).AddDate(0, 0, -31), 4},
	} {
		store := remember(0, alert(red, 0, "09:00"), alert(red, 1, "09:00"), alert(red, 2, "09:00"), alert(red, 3, "09:00"))
		store.confirmed = tc.confirmed
		r := report(t, store, last(7))
		assert.True(t, tc.since.Equal(r.Since), name)
		assert.Equal(t, tc.came, r.Alerts.Value.ByFlag.Total(), name)
		assert.Equal(t, tc.came, r.Waits.Value.All.Came, name)
		assert.Equal(t, tc.came, r.Busiest.Value.All, name)
		if tc.since.IsZero() {
			assert.Equal(t, insight.NothingRead, r.Alerts.Basis.Missing, name)
			assert.Equal(t, insight.NothingRead, r.Open.Basis.Missing, name)
			assert.Empty(t, r.Alerts.Value.Days, name)
			continue
		}
		assert.Equal(t, insight.NotMissing, r.Alerts.Basis.Missing, name)
		assert.Equal(t, tc.came < 4, r.Alerts.Basis.Partial(amsterdam), name)
		assert.Equal(t, 4, r.Open.Basis.Counted, name+": what is open is known, however old")
	}

	before, err := insight.Between("2026-10-01", "2026-10-05", now, amsterdam)
	require.NoError(t, err)
	r := report(t, remember(3, alert(red, 48, "09:00")), insight.Query{Period: before})
	assert.Equal(t, insight.NothingRead, r.Alerts.Basis.Missing)
	assert.Equal(t, insight.NotMissing, r.Open.Basis.Missing)
}
