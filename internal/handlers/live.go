package handlers

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"triageboard/internal/feed"
	"triageboard/internal/triage"
)

// Bounds of what is kept for pages that were away; ours.
const (
	changesKept = 5_000
	// changesAtOnce is how many changes are told one by one. After more, as when
	// a whole day was read for the first time, pages look at their list anew.
	changesAtOnce = 200
)

// live is the board as the event streams follow it: its newest snapshot, and
// what led there. Snapshot and numbering change together, so that a stream that
// begins with one goes on exactly behind it.
type live struct {
	happened *feed.Log[*happening]
	telling  sync.Mutex // held by the one who finds out what changed, which may take a while

	mu      sync.Mutex
	current *triage.Snapshot
	version uint64 // grows with everything that may look different, actions and names included
}

// happening is what one publication changed, with its rows rendered once for
// each language.
type happening struct {
	delta   triage.Delta // nothing, if whole
	version uint64       // of what it led to
	whole   bool         // too much to tell: look at the whole anew

	mu    sync.RWMutex // most streams find their line made
	lines map[lineKey]toldLine
}

type lineKey struct {
	row  rowKey
	move triage.Move
}

// toldLine is a row as event streams tell it, at one moment.
type toldLine struct {
	data []byte // a whole line of an event
	of   *triage.Entry
	at   time.Time
}

// toldWithin is how long a line of an event is told as it is: the waiting time in
// it ages.
const toldWithin = time.Second

func newLive(first *triage.Snapshot) *live {
	// The numbering grows across restarts, so that another process's numbers are
	// never mistaken for this one's.
	now := uint64(time.Now().UnixMicro())
	return &live{happened: feed.New[*happening](changesKept, now), current: first, version: now}
}

// Publish tells the event streams of the board's newest snapshot. Snapshots come
// in the order of their versions. It never waits for a stream.
func (s *Server) Publish(snap *triage.Snapshot) {
	s.sights.forget(snap)
	l := s.live
	l.telling.Lock()
	defer l.telling.Unlock()
	delta := triage.Diff(l.current, snap)
	s.happens(withRows(delta, snap, s.alike.follow(delta)), snap)
}

// Delivered tells the event streams that an action on each of these alerts has
// come further.
func (s *Server) Delivered(alerts []triage.AlertID) {
	l := s.live
	l.telling.Lock()
	defer l.telling.Unlock()
	var delta triage.Delta
	for _, id := range alerts {
		if e, ok := l.current.Entry(id); ok {
			delta.Restated = append(delta.Restated, &e)
		}
	}
	s.happens(delta, l.current)
}

// overlay is an alert with what is on its way to Luscii.
func (s *Server) overlay(e triage.Entry) triage.Entry { return triage.Overlay(e, s.Outbox.On(e.ID)) }

// overlaid is the same for an entry of a snapshot, which isn't changed.
func (s *Server) overlaid(e *triage.Entry) *triage.Entry {
	actions := s.Outbox.On(e.ID)
	if len(actions) == 0 {
		return e
	}
	over := triage.Overlay(*e, actions)
	return &over
}

// Renamed tells the event streams that names became known or changed: those of
// some patients, or of others, which may stand in any row.
func (s *Server) Renamed(patients map[triage.PatientID]bool, others bool) {
	l := s.live
	l.telling.Lock()
	defer l.telling.Unlock()
	marked := s.alike.renamed(patients)
	var delta triage.Delta
	for _, list := range [][]*triage.Entry{l.current.Entries, l.current.Processed} {
		for _, e := range list {
			if (others || patients[e.Patient] || marked[e.Patient]) && len(delta.Changed) <= changesAtOnce { // more aren't told
				delta.Changed = append(delta.Changed, triage.EntryChange{Was: e, Is: e})
			}
		}
	}
	s.happens(delta, l.current)
}

// happens appends what led to the snapshot, with what is on its way to Luscii laid
// over it. telling is held.
func (s *Server) happens(delta triage.Delta, snap *triage.Snapshot) {
	for i := range delta.Added {
		delta.Added[i] = s.overlaid(delta.Added[i])
	}
	for i := range delta.Restated {
		delta.Restated[i] = s.overlaid(delta.Restated[i])
	}
	for i := range delta.Changed {
		delta.Changed[i].Is = s.overlaid(delta.Changed[i].Is)
	}
	s.live.add(delta, snap)
}

// add appends what led to the snapshot as a happening, if it is anything.
// telling is held.
func (l *live) add(delta triage.Delta, snap *triage.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = snap
	l.version++
	if delta.Empty() {
		return
	}
	changes := len(delta.Added) + len(delta.Changed) + len(delta.Restated) + len(delta.Removed)
	h := &happening{delta: delta, version: l.version, lines: map[lineKey]toldLine{}}
	if changes > changesAtOnce {
		h.delta, h.whole, changes = triage.Delta{}, true, 1 // kept, it could be every alert there is, twice
	}
	l.happened.Add(l.happened.Last()+1, h, changes)
}

// now is the newest snapshot, the number of what led to it, and the version of
// everything: what is looked at afterwards is at least as new.
func (l *live) now() (snap *triage.Snapshot, happened, version uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current, l.happened.Last(), l.version
}

// line is a line of an event that tells of one of the happening's rows. It is made
// by the first stream that needs it; the same bytes serve all whose viewers see the
// alert in the same form, which after a change of group they don't.
func (h *happening) line(v scribe, m triage.Moved) ([]byte, error) {
	key := lineKey{rowKey{v.l.Lang, m.ID}, m.Move}
	h.mu.RLock()
	l, ok := h.lines[key]
	h.mu.RUnlock()
	if !ok || !l.serves(v, m) {
		h.mu.Lock()
		defer h.mu.Unlock()
		if l, ok = h.lines[key]; !ok || !l.serves(v, m) { // nobody has made it meanwhile
			made, err := h.make(v, m)
			if err != nil {
				return nil, fmt.Errorf("a changed row: %w", err)
			}
			l = toldLine{made, m.Entry, v.now}
			h.lines[key] = l
		}
	}
	return l.data, nil
}

// serves reports whether the line tells of the alert as it is to be told now.
func (l toldLine) serves(v scribe, m triage.Moved) bool {
	return l.of == m.Entry && v.now.Sub(l.at) < toldWithin
}

// make makes a line.
func (h *happening) make(v scribe, m triage.Moved) ([]byte, error) {
	row, err := v.rendered(*m.Entry)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	line.WriteString("data: ")
	if err := row.write(lines{&line}, v, moveAttributes(m.Move, h.version)); err != nil {
		return nil, err
	}
	line.WriteByte('\n')
	return line.Bytes(), nil
}
