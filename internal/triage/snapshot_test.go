package triage

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// all is every entry of a snapshot.
func all(s *Snapshot) []*Entry { return slices.Concat(s.Entries, s.Processed) }

func ordered(list []*Entry) bool { // R1
	return slices.IsSortedFunc(list, func(a, b *Entry) int { return Compare(a.Alert, b.Alert) })
}

func TestFreezeOrdersAndIndexes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot.Draw(t, "snapshot")
		assert.True(t, ordered(s.Entries))
		assert.True(t, ordered(s.Processed))
		for _, e := range all(s) {
			found, ok := s.Entry(e.ID)
			require.True(t, ok)
			found.ConfirmedAt = e.ConfirmedAt
			assert.Equal(t, *e, found)
		}
		_, ok := s.Entry("not there")
		assert.False(t, ok)
	})
}

// A snapshot handed out doesn't follow what its maker does with the value.
func TestFreezeIsFinal(t *testing.T) {
	made := Snapshot{Version: 1, Interval: time.Second, Entries: []*Entry{{Alert: Alert{ID: "a-1", Status: StatusOpen}, Day: "2026-11-20"}}}
	first := made.Freeze()
	made.Version, made.Interval, made.LastError = 2, time.Minute, ErrUnavailable
	made.Entries = append([]*Entry(nil), &Entry{Alert: Alert{ID: "a-2", Status: StatusOpen}})
	made.Days = []DayState{{Day: "2026-11-20", ConfirmedAt: noon}}
	second := made.Freeze()

	assert.Equal(t, uint64(1), first.Version)
	assert.Equal(t, time.Second, first.Interval)
	require.NoError(t, first.LastError)
	e, ok := first.Entry("a-1")
	assert.True(t, ok)
	assert.Zero(t, e.ConfirmedAt, "and its own days")
	_, ok = first.Entry("a-2")
	assert.False(t, ok)
	_, ok = second.Entry("a-1")
	assert.False(t, ok, "the second has its own index")
}

// A snapshot in which only confirmations moved shares the lists of the one
// before, and tells the newer confirmations all the same.
func TestFreezeAs(t *testing.T) {
	older := Snapshot{
		Version: 1, Days: []DayState{{Day: "2026-11-20", ConfirmedAt: noon}},
		Entries: []*Entry{
			{Alert: Alert{ID: "a-1"}, Day: "2026-11-20", ConfirmedAt: noon},
			{Alert: Alert{ID: "a-2"}, Day: "2026-11-20", ConfirmedAt: noon.Add(-time.Hour), Missing: true},
			{Alert: Alert{ID: "a-3"}, Day: "2026-11-19", ConfirmedAt: noon.Add(-time.Minute)},
		},
		Processed: []*Entry{{Alert: Alert{ID: "a-4", Status: StatusProcessed}, Day: "2026-11-20", ConfirmedAt: noon}},
	}.Freeze()
	later := noon.Add(time.Minute)
	newer := Snapshot{Version: 2, Today: []Day{"2026-11-20"}, Days: []DayState{{Day: "2026-11-20", ConfirmedAt: later}}}.FreezeAs(older)

	assert.Same(t, &older.Entries[0], &newer.Entries[0])
	assert.Same(t, &older.Processed[0], &newer.Processed[0])
	assert.Equal(t, uint64(2), newer.Version)
	assert.True(t, Diff(older, newer).Empty())
	confirmed := func(s *Snapshot, id AlertID) time.Time {
		e, ok := s.Entry(id)
		require.True(t, ok)
		return e.ConfirmedAt
	}
	assert.Equal(t, noon, confirmed(older, "a-1"), "the older one stays as it was")
	assert.Equal(t, later, confirmed(newer, "a-1"))
	assert.Equal(t, noon.Add(-time.Hour), confirmed(newer, "a-2"), "what is missing wasn't confirmed with its day")
	assert.Equal(t, noon.Add(-time.Minute), confirmed(newer, "a-3"), "nor what is of another day")
	assert.Equal(t, later, confirmed(newer, "a-4"))
	assert.Equal(t, noon.Add(-time.Minute), newer.Freshness(later, DaysOf(newer.Entries)).ConfirmedAt, "of a day that was never listed completely")
}

func TestDaysRead(t *testing.T) {
	s := Snapshot{Days: []DayState{{Day: "2026-11-20", ConfirmedAt: noon}, {Day: "2026-11-19"}, {Day: "2026-11-18", ConfirmedAt: noon}}}.Freeze()
	read, total := s.DaysRead()
	assert.Equal(t, 2, read)
	assert.Equal(t, 3, total)
}

// Applied to the older snapshot, the difference gives the newer one: what a page
// that follows the differences shows is the board.
func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older := anySnapshot.Draw(t, "older")
		newer := anyNext(older).Draw(t, "newer")
		d := Diff(older, newer)

		page := rows(older)
		for _, e := range d.Removed {
			require.Equal(t, shown(e), page[e.ID], "the older form of what the page held")
			delete(page, e.ID)
		}
		var are []*Entry
		for _, c := range d.Changed {
			require.Equal(t, c.Was.ID, c.Is.ID)
			require.Equal(t, shown(c.Was), page[c.Is.ID])
			require.NotEqual(t, shown(c.Was), shown(c.Is), "a row that changed looks different")
			page[c.Is.ID] = shown(c.Is)
			are = append(are, c.Is)
		}
		for _, e := range d.Added {
			require.NotContains(t, page, e.ID)
			page[e.ID] = shown(e)
		}

		assert.Equal(t, rows(newer), page)
		for _, list := range [][]*Entry{d.Added, are, d.Removed} {
			assert.True(t, ordered(list))
		}
	})
}

// The difference is empty if and only if nothing shown differs.
func TestDiffOfWhatLooksTheSameIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older := anySnapshot.Draw(t, "older")
		newer := anyNext(older).Draw(t, "newer")
		if rapid.Bool().Draw(t, "only confirmed again") {
			again := Snapshot{Version: older.Version + 1, Entries: slices.Clone(older.Entries), Processed: slices.Clone(older.Processed)}
			for _, d := range older.Days {
				again.Days = append(again.Days, DayState{Day: d.Day, ConfirmedAt: d.ConfirmedAt.Add(time.Hour)})
			}
			for _, list := range [][]*Entry{again.Entries, again.Processed} {
				for i, e := range list {
					confirmed := *e
					confirmed.ConfirmedAt = e.ConfirmedAt.Add(time.Hour)
					list[i] = &confirmed
				}
			}
			newer = again.Freeze()
			assert.True(t, Diff(older, newer).Empty())
		}
		assert.Equal(t, assert.ObjectsAreEqual(rows(older), rows(newer)), Diff(older, newer).Empty())
		assert.True(t, Diff(older, older).Empty())
	})
}

// An alert processed today has changed; at midnight it leaves the board.
func TestDiffOfWhatIsProcessed(t *testing.T) {
	open := &Entry{Alert: Alert{ID: "a-1", Status: StatusOpen}}
	done := &Entry{Alert: Alert{ID: "a-1", Status: StatusProcessed}}
	before, after, nextDay := Snapshot{Entries: []*Entry{open}}.Freeze(), Snapshot{Processed: []*Entry{done}}.Freeze(), Snapshot{}.Freeze()
	assert.Equal(t, Delta{Changed: []EntryChange{{Was: open, Is: done}}}, Diff(before, after))
	assert.Equal(t, Delta{Changed: []EntryChange{{Was: done, Is: open}}}, Diff(after, before), "reopened")
	assert.Equal(t, Delta{Removed: []*Entry{done}}, Diff(after, nextDay))
}

// row is what a row shows of an entry, and the day by which a page judges how
// fresh it is.
type row struct {
	Alert
	missing bool
	day     Day
}

func shown(e *Entry) row { return row{e.Alert, e.Missing, e.Day} }

func rows(s *Snapshot) map[AlertID]row {
	out := map[AlertID]row{}
	for _, e := range all(s) {
		out[e.ID] = shown(e)
	}
	return out
}
