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
	Missing     bool      // the day that once returned it was since listed completely without it
}

// DayState is what the board knows of one day of its window.
type DayState struct {
	Day         Day
	ConfirmedAt time.Time // when its last complete listing began, or the day before was last listed ahead of it; zero: not yet by this process
}

// Snapshot is the board at one moment. It is immutable: readers share it and
// never lock. It holds what is worked on, open and escalated; processed alerts
// are asked of the board.
type Snapshot struct {
	Version   uint64        // grows by one with each publication
	Started   time.Time     // when this process began to look
	Interval  time.Duration // the time between two polls of today
	Today     []Day         // the dates "now" has, in UTC and in the shown zone: one or two
	Days      []DayState    // the whole window, newest first
	Entries   []Entry       // open (and unknown) and escalated alerts in R1's order
	LastError error         // why the newest listing failed; nil when it succeeded

	byID  map[AlertID]int
	byDay map[Day]time.Time
}

// Freeze orders the entries, builds the indexes and hands the snapshot out.
// Nothing may be changed afterwards.
func (s Snapshot) Freeze() *Snapshot {
	slices.SortFunc(s.Entries, func(a, b Entry) int { return Compare(a.Alert, b.Alert) })
	s.byID = make(map[AlertID]int, len(s.Entries))
	for i, e := range s.Entries {
		s.byID[e.ID] = i
	}
	s.byDay = make(map[Day]time.Time, len(s.Days))
	for _, d := range s.Days {
		s.byDay[d.Day] = d.ConfirmedAt
	}
	return &s
}

// Entry finds an open or escalated alert.
func (s *Snapshot) Entry(id AlertID) (Entry, bool) {
	i, ok := s.byID[id]
	if !ok {
		return Entry{}, false
	}
	return s.Entries[i], true
}

// Vanished reports that the day which once returned this alert has since been
// listed completely without it. It is kept and shown as not confirmed: an open
// alert is never dropped in silence.
func (s *Snapshot) Vanished(e Entry) bool { return s.byDay[e.Day].After(e.ConfirmedAt) }

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

// Delta is what differs between two snapshots, each list in R1's order.
type Delta struct {
	Added   []Entry // not in the older one
	Changed []Entry // in both, and something shown of it differs; the newer form
	Removed []Entry // not in the newer one; the older form
}

// Empty reports that nothing shown differs.
func (d Delta) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Removed) == 0 }

// Diff compares two snapshots. Being confirmed again changes nothing that a row
// shows; having vanished does.
func Diff(older, newer *Snapshot) Delta {
	var d Delta
	for _, e := range newer.Entries {
		was, ok := older.Entry(e.ID)
		switch {
		case !ok:
			d.Added = append(d.Added, e)
		case was.Alert != e.Alert || older.Vanished(was) != newer.Vanished(e):
			d.Changed = append(d.Changed, e)
		}
	}
	for _, e := range older.Entries {
		if _, ok := newer.Entry(e.ID); !ok {
			d.Removed = append(d.Removed, e)
		}
	}
	return d
}
