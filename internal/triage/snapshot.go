package triage

import (
	"slices"
	"time"
)

// Entry is an alert as the board knows it: what Luscii said, and when it was
// last confirmed.
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
	Entries   []Entry       // open (and unknown) and escalated alerts in R1's order
	Processed []Entry       // alerts processed since midnight in the shown zone, in R1's order
	LastError error         // why a day that matters could not be listed; nil when all succeeded last

	byDay map[Day]DayState
	lists *lists
}

// lists is what snapshots share that show the same alerts.
type lists struct {
	byID map[AlertID]int // the place in Entries, and beyond them in Processed
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
	s.lists = &lists{byID: make(map[AlertID]int, len(s.Entries)+len(s.Processed)), partly: map[Day]time.Time{}}
	for i := range s.Entries {
		s.lists.byID[s.Entries[i].ID] = i
	}
	for i := range s.Processed {
		s.lists.byID[s.Processed[i].ID] = len(s.Entries) + i
	}
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

func (s *Snapshot) indexPartly(list []Entry) {
	var day Day
	complete := false
	for i := range list {
		e := &list[i]
		if i == 0 || e.Day != day {
			day, complete = e.Day, !s.byDay[e.Day].at().IsZero()
		}
		if at := s.lists.partly[day]; !complete && (at.IsZero() || e.ConfirmedAt.Before(at)) {
			s.lists.partly[day] = e.ConfirmedAt
		}
	}
}

// sortEntries puts entries in R1's order; it is quick where they are already.
func sortEntries(list []Entry) {
	for i := 1; i < len(list); i++ {
		if compare(&list[i-1].Alert, &list[i].Alert) > 0 {
			slices.SortFunc(list, func(a, b Entry) int { return compare(&a.Alert, &b.Alert) })
			return
		}
	}
}

// Entry finds an alert that is open, escalated or was processed today.
func (s *Snapshot) Entry(id AlertID) (Entry, bool) {
	e := s.find(id)
	if e == nil {
		return Entry{}, false
	}
	found := *e
	if day := s.byDay[e.Day].at(); !found.Missing && day.After(found.ConfirmedAt) {
		found.ConfirmedAt = day // or it would be missing
	}
	return found, true
}

// find is the entry as it stands in its list; nil: in none.
func (s *Snapshot) find(id AlertID) *Entry {
	i, ok := s.lists.byID[id]
	switch {
	case !ok:
		return nil
	case i < len(s.Entries):
		return &s.Entries[i]
	}
	return &s.Processed[i-len(s.Entries)]
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
	Was, Is Entry
}

// Delta is what differs between two snapshots, whichever of their lists it
// stands in: an alert that was processed today has changed, and is removed at
// midnight. Each list is in R1's order, changes in that of what they are now.
type Delta struct {
	Added   []Entry       // not in the older one
	Changed []EntryChange // in both, and something shown of it differs
	Removed []Entry       // not in the newer one; the older form
}

// Empty reports that nothing shown differs.
func (d Delta) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Removed) == 0 }

// Diff compares two snapshots. Being confirmed again changes nothing that a row
// shows; going missing does, and so does the day by whose confirmation a page
// judges how fresh its list is.
func Diff(older, newer *Snapshot) Delta {
	var d Delta
	if older.SameAlerts(newer) {
		return d
	}
	for _, list := range [][]Entry{newer.Entries, newer.Processed} {
		for i := range list {
			is := &list[i]
			switch was := older.find(is.ID); {
			case was == nil:
				d.Added = append(d.Added, *is)
			case was.Alert != is.Alert || was.Missing != is.Missing || was.Day != is.Day:
				d.Changed = append(d.Changed, EntryChange{Was: *was, Is: *is})
			}
		}
	}
	for _, list := range [][]Entry{older.Entries, older.Processed} {
		for i := range list {
			if newer.find(list[i].ID) == nil {
				d.Removed = append(d.Removed, list[i])
			}
		}
	}
	sortEntries(d.Added)
	sortEntries(d.Removed)
	slices.SortFunc(d.Changed, func(a, b EntryChange) int { return compare(&a.Is.Alert, &b.Is.Alert) })
	return d
}
