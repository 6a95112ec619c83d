package triage

import (
	"iter"
	"maps"
)

// Move is what a change of the board means for one viewer's list.
type Move string

// The three moves. None of them happens on a page by itself: R37.
const (
	MoveNew    Move = "new"    // the alert belongs into the list now, and didn't before, or in another place
	MoveUpdate Move = "update" // it stays, and looks different
	MoveLeave  Move = "leave"  // it belongs into the list no longer
)

// Moved is one alert's move, in the form it has now.
type Moved struct {
	*Entry
	Move Move
}

// Tally is what one viewer's page says of the whole board, kept up to date from
// change to change without looking at the board again: the numbers by flag, by
// view and of the list, and the days the list's alerts are of.
type Tally struct {
	Counts  Counts // what waits in the viewer's whole scope, whatever the query (R5)
	Total   int    // alerts in the list
	Outside int    // red ones that wait, but not in this list

	actor Actor
	sel   *Selection
	days  map[Day]int

	open, escalated, processed int // in the viewer's scope
}

// NewTally counts a snapshot as the actor sees it who asks for what sel finds.
func NewTally(s *Snapshot, actor Actor, sel *Selection) *Tally {
	t := &Tally{actor: actor, sel: sel, days: map[Day]int{}}
	for _, list := range [][]*Entry{s.Entries, s.Processed} {
		for _, e := range list {
			t.count(t.share(e), 1)
		}
	}
	return t
}

// View is how many alerts of the viewer's scope a view holds.
func (t *Tally) View(status Status) int { return *t.view(status) }

func (t *Tally) view(status Status) *int {
	switch status.View() {
	case StatusProcessed:
		return &t.processed
	case StatusEscalated:
		return &t.escalated
	}
	return &t.open
}

// Days is the days that hold alerts of the list, in no order.
func (t *Tally) Days() iter.Seq[Day] { return maps.Keys(t.days) }

// Apply counts what changed, and answers what it means for the list.
func (t *Tally) Apply(d Delta) []Moved { return t.moves(d, 1) }

// Moves is what a change that is counted already means for the list.
func (t *Tally) Moves(d Delta) []Moved { return t.moves(d, 0) }

// moves counts what changed n times.
func (t *Tally) moves(d Delta, n int) []Moved {
	var moved []Moved
	for _, e := range d.Removed {
		was := t.share(e)
		t.count(was, -n)
		if was.listed {
			moved = append(moved, Moved{e, MoveLeave})
		}
	}
	for _, c := range d.Changed {
		was, is := t.share(c.Was), t.share(c.Is)
		if was != is { // else it counts as it did, as mostly
			t.count(was, -n)
			t.count(is, n)
		}
		switch {
		case was.listed && is.listed && CompareEntries(c.Was, c.Is) != 0:
			moved = append(moved, Moved{c.Is, MoveNew}) // in another place, which a page in part may not show
		case was.listed && is.listed:
			moved = append(moved, Moved{c.Is, MoveUpdate})
		case is.listed:
			moved = append(moved, Moved{c.Is, MoveNew})
		case was.listed && is.readable:
			moved = append(moved, Moved{c.Is, MoveLeave})
		case was.listed: // they may not see what it became
			moved = append(moved, Moved{c.Was, MoveLeave})
		}
	}
	for _, e := range d.Restated {
		// Who was told that it left the list is told this, too: its row may still
		// stand there.
		switch is := t.share(e); {
		case is.listed:
			moved = append(moved, Moved{e, MoveUpdate})
		case is.readable:
			moved = append(moved, Moved{e, MoveLeave})
		}
	}
	for _, e := range d.Added {
		is := t.share(e)
		t.count(is, n)
		if is.listed {
			moved = append(moved, Moved{e, MoveNew})
		}
	}
	return moved
}

// share is all that an alert adds to a tally; nothing where the viewer may not
// see it.
type share struct {
	readable, listed bool
	view             Status
	flag             Flag
	day              Day
}

func (t *Tally) share(e *Entry) share {
	if !t.actor.can(OpRead, &e.Alert) {
		return share{}
	}
	return share{true, t.sel.Match(&e.Alert), e.Status.View(), e.Flag, e.Day}
}

// count adds a share n times.
func (t *Tally) count(s share, n int) {
	if !s.readable {
		return
	}
	*t.view(s.view) += n
	if waits := s.view == t.actor.DefaultView(); waits {
		t.Counts.add(s.flag, n)
		if s.flag == FlagRed && !s.listed {
			t.Outside += n
		}
	}
	if s.listed {
		t.Total += n
		if t.days[s.day] += n; t.days[s.day] == 0 {
			delete(t.days, s.day)
		}
	}
}
