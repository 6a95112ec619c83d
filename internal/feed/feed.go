// Package feed hands what happens to any number of readers, each at its own
// pace. A Log keeps the newest happenings, and each reader remembers how far it
// has read; so nobody waits for anybody, a reader that was away goes on where
// it stopped, and one that was away too long is told so instead of missing
// something.
package feed

import (
	"sync"
	"sync/atomic"
)

// Log is the newest happenings in the order of their versions. Its methods may
// be called concurrently. Readers take no lock: many wait for the same happening,
// and are woken at once.
type Log[T any] struct {
	limit int
	now   atomic.Pointer[state[T]]
	mu    sync.Mutex // held by the one who changes it
}

// state is a Log at one moment. It is never changed.
type state[T any] struct {
	kept   []Item[T] // in the order of their versions
	weight int       // of all that are kept
	floor  uint64    // everything after this version is kept
	last   uint64    // the newest version
	// grown is closed when there is a newer state.
	grown chan struct{}
}

// Item is one thing that happened, and the version it led to.
type Item[T any] struct {
	Version uint64
	What    T
	weight  int
}

// New makes a Log that begins after version and keeps items up to a weight of
// limit together; the newest one whatever it weighs.
func New[T any](limit int, version uint64) *Log[T] {
	l := &Log[T]{limit: limit}
	l.now.Store(&state[T]{floor: version, last: version, grown: make(chan struct{})})
	return l
}

// Add appends what led to version, which must be greater than any before. The
// oldest items go when there is too much. It never waits for a reader.
func (l *Log[T]) Add(version uint64, what T, weight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := *l.now.Load()
	s.kept = append(s.kept, Item[T]{version, what, weight}) // behind what readers of older states see
	s.weight += weight
	gone := 0
	for s.weight > l.limit && gone < len(s.kept)-1 {
		s.weight -= s.kept[gone].weight
		s.floor = s.kept[gone].Version
		gone++
	}
	// What is gone stays in the array until that is full, and a new one is made of
	// what is left.
	s.kept, s.last = s.kept[gone:], version
	l.become(s)
}

// Wake lets every reader that waits look again, though nothing was added.
func (l *Log[T]) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.become(*l.now.Load())
}

// become puts the next state in place and wakes who waits for it. The lock is
// held.
func (l *Log[T]) become(next state[T]) {
	grown := next.grown
	next.grown = make(chan struct{})
	l.now.Store(&next)
	close(grown)
}

// After is every item that led to a version after this one, oldest first, and a
// channel that is closed when there are more. It is false when some of them are
// gone, or the version is none of this Log's: then the reader has to look at the
// whole anew. The items are shared: nobody may change them.
func (l *Log[T]) After(version uint64) (items []Item[T], more <-chan struct{}, ok bool) {
	s := l.now.Load()
	if version < s.floor || version > s.last {
		return nil, s.grown, false
	}
	// Readers are mostly close behind: look from the newest back.
	from := len(s.kept)
	for from > 0 && s.kept[from-1].Version > version {
		from--
	}
	return s.kept[from:len(s.kept):len(s.kept)], s.grown, true
}

// Last is the newest version.
func (l *Log[T]) Last() uint64 { return l.now.Load().last }
