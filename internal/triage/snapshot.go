package triage

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Entry is an alert as the board knows it: what Luscii said, and when it was
// last confirmed. One that stands in a snapshot is shared, with other snapshots
// among others, and never changed: a change makes a new one.
type Entry struct {
	Alert
	Day         Day       // the date query that returned it last
	ConfirmedAt time.Time // when the last listing, re-read or write that returned it began
	Missing     bool      // that day was listed completely since, without it: an open alert is never dropped in silence
	Delivery    Delivery  // what is on its way to Luscii, laid over by Overlay; the board itself knows of none
}

// DayState is what the board knows of one day.
type DayState struct {
	Day         Day
	ConfirmedAt time.Time // when its last complete listing began, or the day before was last listed ahead of it; zero: not yet by this process
	Former      time.Time // the same by a former process, of which storage tells; zero: none
}

// at is when the day was confirmed last, by whichever process.
func (d DayState) at() time.Time {
	if d.ConfirmedAt.IsZero() {
		return d.Former
	}
	return d.ConfirmedAt
}

// Snapshot is the board at one moment. It is immutable: readers share it and
// never lock. It holds what is worked on, open and escalated, and what was
// processed today; older processed alerts are asked of the board.
//
// Snapshots between which no alert looks different share their lists. So the
// ConfirmedAt of an entry in a list may lie behind; Entry tells the latest.
type Snapshot struct {
	Version   uint64        // grows by one with each publication
	Started   time.Time     // when this process began to look
	Interval  time.Duration // the time between two polls of today
	Today     []Day         // the dates polled as today, newest first: more than one around midnight, or while the filter's zone isn't known
	Days      []DayState    // the whole window, newest first
	Outside   []DayState    // days out of the window that hold an open or escalated alert, newest first; they are listed as well
	Entries   []*Entry      // open (and unknown) and escalated alerts in R1's order
	Processed []*Entry      // alerts processed since midnight in the shown zone, in R1's order
	LastError error         // why a day that matters could not be listed; nil when all succeeded last

	byDay map[Day]DayState
	lists *lists
}

// lists is what snapshots share that show the same alerts.
type lists struct {
	byID func() map[AlertID]*Entry // made when first asked for: of most snapshots nobody does
	// partly is, for each day that was never listed completely, the oldest
	// confirmation among its entries: each speaks for itself.
	partly map[Day]time.Time
}

// Freeze orders the entries, builds the indexes and hands the snapshot out.
// Nothing may be changed afterwards.
func (s Snapshot) Freeze() *Snapshot {
	sortEntries(s.Entries)
	sortEntries(s.Processed)
	s.indexDays()
	s.lists = &lists{partly: map[Day]time.Time{}}
	entries, processed := s.Entries, s.Processed
	s.lists.byID = sync.OnceValue(func() map[AlertID]*Entry { return indexed(entries, processed) })
	s.indexPartly(s.Entries)
	s.indexPartly(s.Processed)
	return &s
}

// FreezeAs hands the snapshot out with the alerts of an older one, for when
// nothing that is shown of any has changed. It shares that one's lists, so what
// it costs doesn't grow with the board.
func (s Snapshot) FreezeAs(older *Snapshot) *Snapshot {
	s.Entries, s.Processed, s.lists = older.Entries, older.Processed, older.lists
	s.indexDays()
	return &s
}

// SameAlerts reports that nothing shown of any alert differs between two
// snapshots, because they share their lists.
func (s *Snapshot) SameAlerts(other *Snapshot) bool { return s.lists == other.lists }

func (s *Snapshot) indexDays() {
	s.byDay = make(map[Day]DayState, len(s.Days)+len(s.Outside))
	for _, days := range [][]DayState{s.Outside, s.Days} {
		for _, d := range days {
			s.byDay[d.Day] = d
		}
	}
}

func (s *Snapshot) indexPartly(list []*Entry) {
	var day Day
	complete := false
	for i, e := range list {
		if i == 0 || e.Day != day {
			day, complete = e.Day, !s.byDay[e.Day].at().IsZero()
		}
		if at := s.lists.partly[day]; !complete && (at.IsZero() || e.ConfirmedAt.Before(at)) {
			s.lists.partly[day] = e.ConfirmedAt
		}
	}
}

// sortEntries puts entries in R1's order; it is quick where they are already.
func sortEntries(list []*Entry) {
	if !slices.IsSortedFunc(list, CompareEntries) {
		slices.SortFunc(list, CompareEntries)
	}
}

// CompareEntries is Compare for lists of entries.
func CompareEntries(a, b *Entry) int { return compare(&a.Alert, &b.Alert) }

func indexed(all ...[]*Entry) map[AlertID]*Entry {
	n := 0
	for _, list := range all {
		n += len(list)
	}
	byID := make(map[AlertID]*Entry, n)
	for _, list := range all {
		for _, e := range list {
			byID[e.ID] = e
		}
	}
	return byID
}

// Entry finds an alert that is open, escalated or was processed today.
func (s *Snapshot) Entry(id AlertID) (Entry, bool) {
	e, ok := s.lists.byID()[id]
	if !ok {
		return Entry{}, false
	}
	found := *e
	if day := s.byDay[e.Day].at(); !found.Missing && day.After(found.ConfirmedAt) {
		found.ConfirmedAt = day // or it would be missing
	}
	return found, true
}

// DaysRead is how many days of the window this process has listed completely,
// and how many there are.
func (s *Snapshot) DaysRead() (read, total int) {
	for _, d := range s.Days {
		if !d.ConfirmedAt.IsZero() {
			read++
		}
	}
	return read, len(s.Days)
}

// EntryChange is an alert in both of two snapshots of which something shown
// differs.
type EntryChange struct {
	Was, Is *Entry
}

// Delta is what differs between two snapshots, whichever of their lists it
// stands in: an alert that was processed today has changed, and is removed at
// midnight. Each list is in R1's order, changes in that of what they are now.
type Delta struct {
	Added    []*Entry      // not in the older one
	Changed  []EntryChange // in both, and something shown of it differs
	Restated []*Entry      // of which something is said that no snapshot holds, wherever they stand
	Removed  []*Entry      // not in the newer one; the older form
}

// Empty reports that nothing shown differs.
func (d Delta) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Restated)+len(d.Removed) == 0 }

// Diff compares two snapshots. Being confirmed again changes nothing that a row
// shows; going missing does, and so does the day by whose confirmation a page
// judges how fresh its list is.
func Diff(older, newer *Snapshot) Delta {
	var d Delta
	if older.SameAlerts(newer) {
		return d
	}
	gone, come := unshared(older.Entries, newer.Entries)
	gone2, come2 := unshared(older.Processed, newer.Processed)
	were := indexed(gone, gone2)
	for _, is := range slices.Concat(come, come2) {
		was, ok := were[is.ID]
		delete(were, is.ID)
		switch {
		case !ok:
			d.Added = append(d.Added, is)
		case was.Alert != is.Alert || was.Missing != is.Missing || was.Day != is.Day:
			d.Changed = append(d.Changed, EntryChange{Was: was, Is: is})
		}
	}
	d.Removed = slices.AppendSeq(d.Removed, maps.Values(were))
	sortEntries(d.Added)
	sortEntries(d.Removed)
	slices.SortFunc(d.Changed, func(a, b EntryChange) int { return CompareEntries(a.Is, b.Is) })
	return d
}

// unshared is what two lists in R1's order don't share: the entries of only the
// older one, and of only the newer one.
func unshared(older, newer []*Entry) (gone, come []*Entry) {
	for len(older) > 0 && len(newer) > 0 {
		switch {
		case older[0] == newer[0]:
			older, newer = older[1:], newer[1:]
		case CompareEntries(older[0], newer[0]) <= 0:
			gone, older = append(gone, older[0]), older[1:]
		default:
			come, newer = append(come, newer[0]), newer[1:]
		}
	}
	return append(gone, older...), append(come, newer...)
}
