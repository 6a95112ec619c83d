package handlers

import (
	"sync"
	"time"

	"triageboard/internal/feed"
	"triageboard/internal/triage"
)

// Bounds of what is kept for pages that were away; ours.
const (
	changesKept = 10_000
	// changesAtOnce is how many changes are told one by one. After more, as when
	// a whole day was read for the first time, pages look at their list anew.
	changesAtOnce = 200
)

// live is the board as the event streams follow it: its newest snapshot, and
// what led there. Snapshot and numbering change together, so that a stream that
// begins with one goes on exactly behind it.
type live struct {
	happened *feed.Log[*happening]

	mu      sync.Mutex
	current *triage.Snapshot
}

// happening is what one publication changed.
type happening struct {
	delta   triage.Delta // nothing, if whole
	version uint64       // of the snapshot it led to
	whole   bool         // too much to tell: look at the whole anew
}

func newLive(first *triage.Snapshot) *live {
	// The numbering grows across restarts, so that another process's numbers are
	// never mistaken for this one's.
	return &live{happened: feed.New[*happening](changesKept, uint64(time.Now().UnixMicro())), current: first}
}

// Publish tells the event streams of the board's newest snapshot. Snapshots come
// in the order of their versions. It never waits for a stream.
func (s *Server) Publish(snap *triage.Snapshot) {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	delta := triage.Diff(l.current, snap)
	l.current = snap
	if !delta.Empty() {
		l.add(delta)
	}
}

// Renamed tells the event streams that names became known or changed: those of
// some patients, or of others, which may stand in any row.
func (s *Server) Renamed(patients map[triage.PatientID]bool, others bool) {
	l := s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	var delta triage.Delta
	for _, list := range [][]triage.Entry{l.current.Entries, l.current.Processed} {
		for _, e := range list {
			if others || patients[e.Patient] {
				delta.Changed = append(delta.Changed, triage.EntryChange{Was: e, Is: e})
			}
		}
	}
	if !delta.Empty() {
		l.add(delta)
	}
}

// add appends a happening. The lock is held.
func (l *live) add(delta triage.Delta) {
	changes := len(delta.Added) + len(delta.Changed) + len(delta.Removed)
	h := &happening{delta: delta, version: l.current.Version}
	if changes > changesAtOnce {
		h.delta, h.whole, changes = triage.Delta{}, true, 1 // kept, it could be every alert there is, twice
	}
	l.happened.Add(l.happened.Last()+1, h, changes)
}

// now is the newest snapshot and the number of what led to it.
func (l *live) now() (*triage.Snapshot, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current, l.happened.Last()
}
