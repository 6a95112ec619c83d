// Package feed hands what happens to any number of readers, each at its own
// pace. A Log keeps the newest happenings, and each reader remembers how far it
// has read; so nobody waits for anybody, a reader that was away goes on where
// it stopped, and one that was away too long is told so instead of missing
// something.
package feed

import (
	"slices"
	"sync"
)

// Log is the newest happenings in the order of their versions. Its methods may
// be called concurrently.
type Log[T any] struct {
	mu     sync.Mutex
	kept   []Item[T] // in the order of their versions
	weight int       // of all that are kept
	limit  int
	floor  uint64        // everything after this version is kept
	last   uint64        // the newest version
	grown  chan struct{} // closed when something is added
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
	return &Log[T]{limit: limit, floor: version, last: version, grown: make(chan struct{})}
}

// Add appends what led to version, which must be greater than any before. The
// oldest items go when there is too much. It never waits for a reader.
func (l *Log[T]) Add(version uint64, what T, weight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, Item[T]{version, what, weight})
	l.weight += weight
	gone := 0
	for l.weight > l.limit && gone < len(l.kept)-1 {
		l.weight -= l.kept[gone].weight
		l.floor = l.kept[gone].Version
		gone++
	}
	clear(l.kept[:gone]) // or the array would hold on to them
	l.kept = l.kept[gone:]
	l.last = version
	close(l.grown)
	l.grown = make(chan struct{})
}

// After is every item that led to a version after this one, oldest first, and a
// channel that is closed when there are more. It is false when some of them are
// gone, or the version is none of this Log's: then the reader has to look at the
// whole anew.
func (l *Log[T]) After(version uint64) (items []Item[T], more <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if version < l.floor || version > l.last {
		return nil, l.grown, false
	}
	// Readers are mostly close behind: look from the newest back.
	from := len(l.kept)
	for from > 0 && l.kept[from-1].Version > version {
		from--
	}
	return slices.Clone(l.kept[from:]), l.grown, true
}

// Last is the newest version.
func (l *Log[T]) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
