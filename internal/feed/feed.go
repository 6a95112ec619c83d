// Package feed hands what happens to any number of readers, each at its own
// pace. A Log keeps the newest happenings, and each reader remembers how far it
// has read; so nobody waits for anybody, a reader that was away goes on where
// it stopped, and one that was away too long is told so instead of missing
// something.
package feed

import "sync"

// Log is the newest happenings in the order of their versions. Its methods may
// be called concurrently.
type Log[T any] struct {
	mu    sync.Mutex
	kept  []Item[T] // in the order of their versions; a ring once it is full
	next  int       // where the next one goes, once it is full
	size  int
	floor uint64        // everything after this version is kept
	last  uint64        // the newest version
	grown chan struct{} // closed when something is added
}

// Item is one thing that happened, and the version it led to.
type Item[T any] struct {
	Version uint64
	What    T
}

// New makes a Log that keeps size items, at least one, and begins after version.
func New[T any](size int, version uint64) *Log[T] {
	return &Log[T]{size: max(1, size), floor: version, last: version, grown: make(chan struct{})}
}

// Add appends what led to version, which must be greater than any before; the
// oldest item goes when there are too many. It never waits for a reader.
func (l *Log[T]) Add(version uint64, what T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	item := Item[T]{version, what}
	if len(l.kept) < l.size {
		l.kept = append(l.kept, item)
	} else {
		l.floor = l.kept[l.next].Version
		l.kept[l.next] = item
		l.next = (l.next + 1) % l.size
	}
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
	n := 0
	for n < len(l.kept) && l.at(len(l.kept)-1-n).Version > version {
		n++
	}
	items = make([]Item[T], 0, n)
	for i := len(l.kept) - n; i < len(l.kept); i++ {
		items = append(items, l.at(i))
	}
	return items, l.grown, true
}

// at is the i-th oldest item. The lock is held.
func (l *Log[T]) at(i int) Item[T] { return l.kept[(l.next+i)%len(l.kept)] }

// Last is the newest version.
func (l *Log[T]) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
