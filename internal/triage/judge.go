package triage

import (
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
// information records, which carry the note, then who acted last.
//
// Before the look is late it says only what can't change any more: that the
// change is made.
func (a Action) Judge(l Look) Verdict {
	since := l.since(a.Seen)
	if a.leftMark(since, l.Alert) {
		return Applied
	}
	moved := !l.Alert.UpdatedAt.Equal(a.Seen) || l.Alert.Status != a.Was
	if moved && a.agrees(l) {
		return Applied
	}
	switch {
	case !l.Late:
		return Undecided
	case !moved:
		return NotApplied
	case len(since) > 0 && (a.hasText() || len(since) == 1 || !anyPlain(since)):
		// Luscii keeps records, and none of them is the change's: its text would
		// stand there, and a single one is that of whoever acted.
		return Overtaken
	}
	return Unknowable
}

// since is the records from the moment on that the clinician saw. Times are whole
// seconds, so those of that second are among them.
func (l Look) since(seen time.Time) []Record {
	if !l.Read {
		return nil
	}
	var since []Record
	for _, r := range l.Records {
		if !r.CreatedAt.Before(seen.Truncate(time.Second)) {
			since = append(since, r)
		}
	}
	return since
}

// leftMark reports that a record holds the text of the change. One of the very
// second that the clinician saw may be older than the change; it counts if the
// alert stands where the change would have put it.
func (a Action) leftMark(since []Record, now Alert) bool {
	if !a.hasText() {
		return false
	}
	for _, r := range since {
		if same(r.Category, a.Change.Category) && same(r.Note, a.Change.Note) &&
			(r.CreatedAt.Truncate(time.Second).After(a.Seen) || now.Status == a.Change.Status) {
			return true
		}
	}
	return false
}

// agrees reports that the alert is as the change would have made it and that
// nobody else is said to have done so. Where the records were read, the change's
// text would have been among them.
func (a Action) agrees(l Look) bool {
	if l.Alert.Status != a.Change.Status || l.Read && a.hasText() {
		return false
	}
	by, _ := l.Alert.ActedBy()
	return by == a.Actor || by == "" && !a.AddsNote()
}

func (a Action) hasText() bool { return a.Change.Category != "" || a.Change.Note != "" }

func anyPlain(records []Record) bool {
	for _, r := range records {
		if r.Category == "" && r.Note == "" {
			return true
		}
	}
	return false
}

// same compares text as it was sent with text as it was kept.
func same(x, y string) bool { return strings.TrimSpace(x) == strings.TrimSpace(y) }
