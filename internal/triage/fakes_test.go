package triage

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errHTTP stands for what an adapter's error is made of.
var errHTTP = errors.New("status 503")

// fakeLuscii is both ends of the Service: the board's Truth and the Sender. It
// keeps one present state of each alert, as Luscii does, beside what the board
// knows of it, and counts what it was asked. What it answers can be replaced.
type fakeLuscii struct {
	mu      sync.Mutex
	known   map[AlertID]Entry // the board's mirror
	present map[AlertID]Alert // Luscii itself
	rereads int
	puts    []put
	taken   []Alert
	unread  error // if set, what is known can't be read

	onReread func(id AlertID, nth int) (Alert, error)           // nil: the present state
	onPut    func(key Key, id AlertID, c Change) (Alert, error) // nil: apply it
}

// put is one PUT as it arrived.
type put struct {
	key    Key
	alert  AlertID
	change Change
}

func newFakeLuscii(alerts ...Alert) *fakeLuscii {
	f := &fakeLuscii{known: map[AlertID]Entry{}, present: map[AlertID]Alert{}}
	for _, a := range alerts {
		f.known[a.ID] = Entry{Alert: a, Day: DayOf(a.CreatedAt, noon.Location()), ConfirmedAt: noon}
		f.present[a.ID] = a
	}
	return f
}

func (f *fakeLuscii) Find(_ context.Context, id AlertID) (Entry, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unread != nil {
		return Entry{}, false, f.unread
	}
	e, ok := f.known[id]
	return e, ok, nil
}

// Reread merges what it answers into what the board knows, as the board does.
func (f *fakeLuscii) Reread(_ context.Context, id AlertID, _ time.Time) (Alert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rereads++
	a, err := f.reread(id)
	if err == nil {
		f.merge(a)
	}
	return a, err
}

func (f *fakeLuscii) reread(id AlertID) (Alert, error) {
	if f.onReread != nil {
		return f.onReread(id, f.rereads)
	}
	a, ok := f.present[id]
	if !ok {
		return Alert{}, ErrGone
	}
	return a, nil
}

func (f *fakeLuscii) Take(_ context.Context, a Alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taken = append(f.taken, a)
	f.merge(a)
}

func (f *fakeLuscii) merge(a Alert) {
	e := f.known[a.ID]
	e.Alert = a
	f.known[a.ID] = e
}

func (f *fakeLuscii) UpdateAlert(_ context.Context, key Key, id AlertID, c Change) (Alert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.puts = append(f.puts, put{key, id, c})
	if f.onPut != nil {
		return f.onPut(key, id, c)
	}
	return f.apply(id, c.Status, HCPID("of "+key.Reveal())), nil
}

// apply does in Luscii what a PUT by this professional does; the lock is held.
func (f *fakeLuscii) apply(id AlertID, status Status, by HCPID) Alert {
	a := f.present[id]
	a.Status, a.UpdatedAt = status, a.UpdatedAt.Add(1e9)
	switch status {
	case StatusProcessed:
		a.ProcessedBy, a.ProcessedAt = by, a.UpdatedAt
	case StatusEscalated:
		a.EscalatedBy, a.EscalatedAt = by, a.UpdatedAt
	}
	f.present[id] = a
	return a
}

// upstream is how many calls reached Luscii.
func (f *fakeLuscii) upstream() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rereads + len(f.puts)
}
