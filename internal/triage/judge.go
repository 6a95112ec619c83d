package triage

import (
	"slices"
	"strings"
	"time"
)

// Verdict is what a look at Luscii says of a change whose answer was lost.
type Verdict int

// The verdicts.
const (
	Undecided  Verdict = iota // look again later: it may still be made
	Applied                   // it is made
	NotApplied                // it isn't, and nobody acted: it may be sent again
	Overtaken                 // it isn't, and somebody acted since
	Unknowable                // somebody acted since, and nothing tells whether it was made before
)

// Look is what was found of an alert after a change was sent to it.
type Look struct {
	Alert   Alert
	Records []Record
	Read    bool // the records could be read
	// Late says that the look began after the request's deadline and the grace
	// period: what isn't there by then won't come any more (R46).
	Late bool
}

// Judge decides from what was found whether the action's change, which was sent
// without a usable answer, was made (R46). It goes by Luscii's word alone: the
// information records, which carry the text, then who acted last.
//
// Before the look is late it says only what can't change any more: that the
// change is made.
//
// It takes for granted that each change moves updatedAt or the status, and leaves
// a record with its text. Records name nobody; so where somebody else wrote the
// very same text meanwhile, or reopened the alert without any as the change would
// have, theirs is taken for the change's, unless Luscii says that they acted last.
func (a Action) Judge(l Look) Verdict {
	since := l.from(a.Seen.Truncate(time.Second))
	// Times are whole seconds: a record of the very second that the clinician saw
	// may be older than what they saw.
	later := l.from(a.Seen.Truncate(time.Second).Add(time.Second))
	moved := !l.Alert.UpdatedAt.Equal(a.Seen) || l.Alert.Status != a.Was
	marks := a.marks(since, l.Alert)
	switch {
	case a.hasText() && a.marks(later, l.Alert) > 0, moved && a.agrees(l, since, later):
		return Applied
	case !l.Late:
		return Undecided
	case !moved && !(a.AddsNote() && a.hasText() && marks > 0):
		return NotApplied
	case moved && len(since) > 0 && marks == 0:
		return Overtaken // Luscii keeps records, and none of them is the change's
	}
	return Unknowable
}

// from is the records made at a moment or later.
func (l Look) from(moment time.Time) []Record {
	var from []Record
	for _, r := range l.Records {
		if l.Read && !r.CreatedAt.Before(moment) {
			from = append(from, r)
		}
	}
	return from
}

// marks is how many of the records may be the change's: they hold its text, or
// none if it has none. Where somebody else acted last, one of that second's is
// theirs.
func (a Action) marks(records []Record, now Alert) int {
	marks, last, lastMarks := 0, 0, 0
	for _, r := range records {
		mark := same(r.Category, a.Change.Category) && same(r.Note, a.Change.Note)
		if mark {
			marks++
		}
		if r.CreatedAt.Truncate(time.Second).Equal(now.UpdatedAt.Truncate(time.Second)) {
			last++
			if mark {
				lastMarks++
			}
		}
	}
	by, _ := now.ActedBy()
	another := now.Status != a.Change.Status || by != "" && by != a.Actor
	if another && last > 0 && lastMarks == last {
		marks--
	}
	return marks
}

// agrees reports that the alert, which has moved, is as the change would have made
// it, and that nothing speaks for somebody else having done so.
func (a Action) agrees(l Look, since, later []Record) bool {
	by, at := l.Alert.ActedBy()
	switch {
	case l.Alert.Status != a.Change.Status:
		return false
	case a.AddsNote(): // it stood so before, and a later record would hold the text
		return by == a.Actor && at.After(a.Seen) && !(l.Read && a.hasText())
	case l.Read && a.hasText() && a.marks(since, l.Alert) == 0:
		return false
	case by == "" && len(later) > 0:
		return a.marks(later, l.Alert) > 0
	case by == "":
		return len(since) == 0 || a.marks(since, l.Alert) > 0
	}
	return by == a.Actor
}

func (a Action) hasText() bool { return a.Change.Category != "" || a.Change.Note != "" }

// same compares text as it was sent with text as it was kept: line ends and
// surrounding space may differ.
func same(x, y string) bool { return slices.Equal(strings.Fields(x), strings.Fields(y)) }
