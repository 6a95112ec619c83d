package audit

import (
	"fmt"
	"iter"
)

// Trail is the records of a chain as a database keeps them.
type Trail struct {
	Checkpoint *Checkpoint // the newest; nil: nothing was ever purged
	Head       Head        // as the database knows it, in a place of its own
	Records    iter.Seq2[Record, error]
}

// BreakKind is a way in which a trail isn't as it was written.
type BreakKind string

// The kinds of breaks.
const (
	Altered       BreakKind = "altered"        // not as it was made
	Missing       BreakKind = "missing"        // not there any more
	Reordered     BreakKind = "reordered"      // genuine, but in another's place
	CutOff        BreakKind = "cut off"        // missing from the end
	UnknownKey    BreakKind = "unknown key"    // made with a key that isn't given
	HeadAltered   BreakKind = "head altered"   // the last known head isn't that of these records
	BadCheckpoint BreakKind = "bad checkpoint" // what was purged isn't signed as it should be
)

// Break is one of them, found at the records First to Last.
type Break struct {
	Kind        BreakKind
	First, Last uint64
}

func (b Break) String() string {
	if b.First == b.Last {
		return fmt.Sprintf("record %d: %s", b.First, b.Kind)
	}
	return fmt.Sprintf("records %d to %d: %s", b.First, b.Last, b.Kind)
}

// maxBreaks bounds how many breaks a Report names.
const maxBreaks = 100

// Report is what Verify found.
type Report struct {
	Records uint64 // how many were looked at
	Head    Head   // the last record looked at
	Purged  uint64 // the records up to this one were purged
	Breaks  []Break
	More    int // breaks beyond those named
}

// OK reports whether everything is as it was written.
func (r *Report) OK() bool { return len(r.Breaks) == 0 }

func (r *Report) found(kind BreakKind, first, last uint64) {
	if len(r.Breaks) == maxBreaks {
		r.More++
		return
	}
	r.Breaks = append(r.Breaks, Break{kind, first, last})
}

// Verify looks at every record of a trail, and finds those that were altered,
// are missing, stand in another's place or were cut off from the end. The end is
// measured by the trail's own head, and by logged, a head from the log, if there
// is one: who can change the database can change its own head as well.
//
// The error says that the records couldn't be read.
func (c *Chain) Verify(t Trail, logged *Head) (*Report, error) {
	report := &Report{}
	last := Head{} // the record looked at last, or the one purged last
	if p := t.Checkpoint; p != nil {
		switch sound, known := c.soundCheckpoint(*p); {
		case !known:
			report.found(UnknownKey, p.Seq, p.Seq)
		case !sound:
			report.found(BadCheckpoint, p.Seq, p.Seq)
		}
		last, report.Purged = p.Head, p.Seq
	}
	heads := []Head{t.Head}
	if logged != nil {
		heads = append(heads, *logged)
	}
	compare(report, heads, last, last.Seq)

	follows := true // whether last is sound, so that the next one must point to it
	for r, err := range t.Records {
		if err != nil {
			return nil, fmt.Errorf("read the audit records: %w", err)
		}
		report.Records++
		switch {
		case r.Seq <= last.Seq:
			report.found(Reordered, r.Seq, r.Seq)
			continue
		case r.Seq > last.Seq+1:
			report.found(Missing, last.Seq+1, r.Seq-1)
			follows = false
		}
		follows = c.look(report, r, last, follows)
		last = Head{r.Seq, r.Hash}
		if follows {
			compare(report, heads, last, 0)
		}
	}
	report.Head = last
	reached := last.Seq
	for _, head := range heads {
		if head.Seq > reached {
			report.found(CutOff, reached+1, head.Seq)
			reached = head.Seq
		}
	}
	if t.Head.Seq < last.Seq {
		report.found(HeadAltered, t.Head.Seq, t.Head.Seq)
	}
	return report, nil
}

// look checks one record against the one before it, and reports whether it is
// sound.
func (c *Chain) look(report *Report, r Record, last Head, follows bool) bool {
	sound, known := c.sound(r)
	b, err := decode(r.Body)
	switch {
	case !known:
		report.found(UnknownKey, r.Seq, r.Seq)
	case !sound || err != nil:
		report.found(Altered, r.Seq, r.Seq)
	case b.Seq != r.Seq:
		report.found(Reordered, r.Seq, r.Seq)
	case follows && r.Prev != last.Hash:
		report.found(Altered, r.Seq-1, r.Seq-1) // genuine, but not the one that stood there
	default:
		return true
	}
	return false
}

// compare checks a record against the heads that name it. One from before what
// was purged can't be compared any more.
func compare(report *Report, heads []Head, at Head, from uint64) {
	for _, head := range heads {
		if head.Seq == at.Seq && head.Seq >= from && head.Hash != at.Hash {
			report.found(HeadAltered, head.Seq, head.Seq)
			return
		}
	}
}
