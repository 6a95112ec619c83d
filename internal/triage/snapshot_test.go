package triage

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFreezeOrdersAndIndexes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot.Draw(t, "snapshot")
		assert.True(t, slices.IsSortedFunc(s.Entries, func(a, b Entry) int { return Compare(a.Alert, b.Alert) })) // R1
		for _, e := range s.Entries {
			found, ok := s.Entry(e.ID)
			require.True(t, ok)
			assert.Equal(t, e, found)
		}
		_, ok := s.Entry("not there")
		assert.False(t, ok)
	})
}

// A snapshot handed out doesn't follow what its maker does with the value.
func TestFreezeIsFinal(t *testing.T) {
	made := Snapshot{Version: 1, Interval: time.Second, Entries: []Entry{{Alert: Alert{ID: "a-1", Status: StatusOpen}}}}
	first := made.Freeze()
	made.Version, made.Interval, made.LastError = 2, time.Minute, ErrUnavailable
	made.Entries = append([]Entry(nil), Entry{Alert: Alert{ID: "a-2", Status: StatusOpen}})
	made.Days = []DayState{{Day: "2026-11-20", ConfirmedAt: noon}}
	second := made.Freeze()

	assert.Equal(t, uint64(1), first.Version)
	assert.Equal(t, time.Second, first.Interval)
	require.NoError(t, first.LastError)
	_, ok := first.Entry("a-1")
	assert.True(t, ok)
	_, ok = first.Entry("a-2")
	assert.False(t, ok)
	_, ok = second.Entry("a-1")
	assert.False(t, ok, "the second has its own index")
	assert.False(t, first.Vanished(Entry{Day: "2026-11-20"}), "and its own days")
}

func TestDaysRead(t *testing.T) {
	s := Snapshot{Days: []DayState{{Day: "2026-11-20", ConfirmedAt: noon}, {Day: "2026-11-19"}, {Day: "2026-11-18", ConfirmedAt: noon}}}.Freeze()
	read, total := s.DaysRead()
	assert.Equal(t, 2, read)
	assert.Equal(t, 3, total)
}

func TestVanished(t *testing.T) {
	s := Snapshot{Days: []DayState{{Day: "2026-11-20", ConfirmedAt: noon}, {Day: "2026-11-19"}}}.Freeze()
	for name, tc := range map[string]struct {
		day  Day
		at   time.Time
		want bool
	}{
		"in the listing that confirmed the day":  {"2026-11-20", noon, false},
		"read since":                             {"2026-11-20", noon.Add(time.Second), false},
		"its day was listed later without it":    {"2026-11-20", noon.Add(-time.Second), true},
		"its day was never listed completely":    {"2026-11-19", noon.Add(-time.Hour), false},
		"its day left the window, so who knows?": {"2026-10-01", noon.Add(-time.Hour), false},
	} {
		assert.Equal(t, tc.want, s.Vanished(Entry{Day: tc.day, ConfirmedAt: tc.at}), name)
	}
}

// Applied to the older snapshot, the difference gives the newer one: what a page
// that follows the differences shows is the board.
func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older, newer := anySnapshot.Draw(t, "older"), anySnapshot.Draw(t, "newer")
		d := Diff(older, newer)

		page := map[AlertID]row{}
		for _, e := range older.Entries {
			page[e.ID] = shown(older, e)
		}
		for _, e := range d.Removed {
			require.Equal(t, shown(older, e), page[e.ID], "the older form of what the page held")
			delete(page, e.ID)
		}
		for _, e := range d.Changed {
			require.Contains(t, page, e.ID)
			require.NotEqual(t, shown(newer, e), page[e.ID], "a row that changed looks different")
			page[e.ID] = shown(newer, e)
		}
		for _, e := range d.Added {
			require.NotContains(t, page, e.ID)
			page[e.ID] = shown(newer, e)
		}

		want := map[AlertID]row{}
		for _, e := range newer.Entries {
			want[e.ID] = shown(newer, e)
		}
		assert.Equal(t, want, page)
		for _, list := range [][]Entry{d.Added, d.Changed, d.Removed} {
			assert.True(t, slices.IsSortedFunc(list, func(a, b Entry) int { return Compare(a.Alert, b.Alert) }))
		}
	})
}

// The difference is empty if and only if nothing shown differs.
func TestDiffOfWhatLooksTheSameIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older, newer := anySnapshot.Draw(t, "older"), anySnapshot.Draw(t, "newer")
		if rapid.Bool().Draw(t, "only confirmed again") {
			again := Snapshot{Version: older.Version + 1}
			for _, d := range older.Days {
				again.Days = append(again.Days, DayState{Day: d.Day, ConfirmedAt: d.ConfirmedAt.Add(time.Hour)})
			}
			for _, e := range older.Entries {
				e.ConfirmedAt = e.ConfirmedAt.Add(time.Hour)
				again.Entries = append(again.Entries, e)
			}
			newer = again.Freeze()
			assert.True(t, Diff(older, newer).Empty())
		}
		rows := func(s *Snapshot) map[AlertID]row {
			out := map[AlertID]row{}
			for _, e := range s.Entries {
				out[e.ID] = shown(s, e)
			}
			return out
		}
		assert.Equal(t, assert.ObjectsAreEqual(rows(older), rows(newer)), Diff(older, newer).Empty())
		assert.True(t, Diff(older, older).Empty())
	})
}

// row is what a row shows of an entry.
type row struct {
	Alert
	vanished bool
}

func shown(s *Snapshot, e Entry) row { return row{e.Alert, s.Vanished(e)} }
