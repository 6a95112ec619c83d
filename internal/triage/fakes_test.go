package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// errDisk stands for what an adapter's error is made of.
var errDisk = errors.New("disk failed")

// fakeBoard is what the board knows of single alerts.
type fakeBoard struct {
	mu     sync.Mutex
	known  map[AlertID]Alert
	unread error // if set, what is known can't be read
}

func newFakeBoard(alerts ...Alert) *fakeBoard {
	b := &fakeBoard{known: map[AlertID]Alert{}}
	for _, a := range alerts {
		b.known[a.ID] = a
	}
	return b
}

func (b *fakeBoard) Find(_ context.Context, id AlertID) (Entry, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unread != nil {
		return Entry{}, false, b.unread
	}
	a, ok := b.known[id]
	return Entry{Alert: a, ConfirmedAt: noon}, ok, nil
}

// fakeLedger keeps actions in memory, by the rules that a real one keeps them by:
// all or none, one in flight on an alert and its undo behind it, each moved on by
// the steps of its state.
type fakeLedger struct {
	mu      sync.Mutex
	actions []Action // in the order they were recorded
	keys    map[ActionID]Key
	records int   // how often it was asked to record
	full    error // if set, it takes nothing
	unread  error // if set, it can't be read

	beforeRecord func(nth int) // what happens before it takes anything
	beforeTake   func()
}

func newFakeLedger() *fakeLedger { return &fakeLedger{keys: map[ActionID]Key{}} }

func (l *fakeLedger) Record(_ context.Context, key Key, actions ...Action) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records++
	if l.beforeRecord != nil {
		l.beforeRecord(l.records)
	}
	if l.full != nil {
		return fmt.Errorf("%w: %w", ErrUnrecorded, l.full)
	}
	all := slices.Clone(l.actions)
	for _, a := range actions {
		if other, ok := inTheWay(a, all); ok {
			return &InFlightError{other}
		}
		all = append(all, a)
	}
	l.actions = all
	for _, a := range actions {
		l.keys[a.ID] = key
	}
	return nil
}

// inTheWay is an action in flight beside which another can't be.
func inTheWay(a Action, others []Action) (Action, bool) {
	for _, o := range others {
		if o.ID != a.ID && o.Alert == a.Alert && o.State.InFlight() && o.ID != a.Undoes && o.Undoes != a.ID {
			return o, true
		}
	}
	return Action{}, false
}

func (l *fakeLedger) Take(_ context.Context, actor HCPID, id ActionID, step Step, key Key) (Action, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.beforeTake != nil {
		l.beforeTake()
	}
	i := slices.IndexFunc(l.actions, func(a Action) bool { return a.ID == id && a.Actor == actor })
	if i < 0 {
		return Action{}, ErrNotFound
	}
	next, err := l.actions[i].After(step, ReasonNone, time.Now())
	if err != nil {
		return l.actions[i], fmt.Errorf("%w: %w", ErrSettled, err)
	}
	if other, ok := inTheWay(next, l.actions); ok && next.State.InFlight() {
		return l.actions[i], &InFlightError{other}
	}
	if l.full != nil {
		return l.actions[i], fmt.Errorf("%w: %w", ErrUnrecorded, l.full)
	}
	l.actions[i] = next
	if key != "" {
		l.keys[id] = key
	}
	return next, nil
}

func (l *fakeLedger) Action(_ context.Context, actor HCPID, id ActionID) (Action, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.actions {
		if a.ID == id && a.Actor == actor {
			return a, l.unread == nil, l.unread
		}
	}
	return Action{}, false, l.unread
}

func (l *fakeLedger) Recent(_ context.Context, actor HCPID, since time.Time) ([]Action, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Action
	for _, a := range slices.Backward(l.actions) {
		if a.Actor == actor && !a.RecordedAt.Before(since) {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(x, y Action) int { return y.RecordedAt.Compare(x.RecordedAt) })
	return all, l.unread
}

func (l *fakeLedger) On(id AlertID) []Action {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.actions), func(a Action) bool { return a.Alert != id || !a.SettledAt.IsZero() })
}

// all is every action there is, oldest first.
func (l *fakeLedger) all() []Action {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.actions)
}

// move takes an action on as the outbox does; the lock is held.
func (l *fakeLedger) move(id ActionID, steps ...Step) {
	for i := range l.actions {
		for _, step := range steps {
			if l.actions[i].ID != id {
				continue
			}
			next, err := l.actions[i].After(step, ReasonNone, time.Now())
			if err != nil {
				panic(err)
			}
			l.actions[i] = next
		}
	}
}
