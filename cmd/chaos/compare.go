package main

import (
	"fmt"
	"slices"
	"time"
)

// findings is what the comparison came to.
type findings struct {
	ended    map[string]int // accepted actions by how they ended
	undos    map[string]int // the same of undos
	refused  int
	cutTaken int // cut off, and accepted all the same
	cutLost  int // cut off, and not accepted

	lost      []string // accepted, neither applied nor ended visibly
	twice     []string // applied more than once
	untrue    []string // ended otherwise than the page says
	unsure    []string // unknown, though the truth could be known
	noteless  []string // the note is gone, or isn't as it was typed
	unsettled []string // in flight for ever
}

// wrong is whether anything is.
func (f *findings) wrong() bool {
	return len(f.lost)+len(f.twice)+len(f.untrue)+len(f.unsure)+len(f.noteless)+len(f.unsettled) > 0
}

// comparison holds what the attempts are compared with.
type comparison struct {
	findings
	byToken map[string][]change
	users   map[string]string // whose key did what somebody asked for, by their name
	byAlert map[string][]change
	actions map[string]action // by id
	ofAlert map[string][]action
	asked   map[string]*attempt // by the action's id, where it is known
	claimed map[string]bool     // actions that an attempt accounts for
	// Notes their author has taken note of: they acted on the alert anew, on a page
	// that showed the note.
	takenNoteOf map[string]bool
}

// compare holds what was asked for against what the sandbox did and what the
// board says became of it.
func compare(attempts []*attempt, log []change, actions []action) findings {
	c := comparison{
		findings: findings{ended: map[string]int{}, undos: map[string]int{}},
		byToken:  map[string][]change{}, users: map[string]string{}, byAlert: map[string][]change{},
		actions: map[string]action{}, ofAlert: map[string][]action{}, asked: map[string]*attempt{}, claimed: map[string]bool{}, takenNoteOf: map[string]bool{},
	}
	for _, l := range log {
		c.byToken[tokenOf(l.note)] = append(c.byToken[tokenOf(l.note)], l)
		c.byAlert[l.alert] = append(c.byAlert[l.alert], l)
	}
	for _, a := range actions {
		c.actions[a.id] = a
		c.ofAlert[a.alert] = append(c.ofAlert[a.alert], a)
	}
	type what struct{ by, alert, status string }
	nameless := map[what]bool{} // asked for, but what the board calls them was cut off
	byToken := map[string]*attempt{}
	for _, a := range attempts {
		byToken[a.token] = a
		if a.action == "" && a.answer != refused {
			nameless[what{a.by, a.alert, a.status}] = true
		}
		if a.action != "" {
			c.asked[a.action] = a
		}
		for _, token := range a.shown {
			former := byToken[token]
			if former != nil && a.answer != refused && former.by == a.by && former.alert == a.alert {
				c.takenNoteOf[token] = true
			}
		}
	}
	for _, a := range attempts {
		if a.undoes == "" {
			c.act(a)
		}
	}
	for _, a := range attempts {
		if a.undoes != "" {
			c.undo(a)
		}
	}
	c.undone()
	for _, a := range actions {
		if !c.claimed[a.id] && !nameless[what{a.by, a.alert, a.wanted}] {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: the board lists an action nobody asked for", a))
		}
	}
	return c.findings
}

// act accounts for one action.
func (c *comparison) act(a *attempt) {
	applied := c.byToken[a.token]
	if len(applied) > 1 {
		c.twice = append(c.twice, fmt.Sprintf("%s: %d times", a, len(applied)))
	}
	for _, l := range applied {
		if l.alert != a.alert || l.status != a.status || l.category != a.category {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: applied as %s to %s with category %q", a, l.status, l.alert, l.category))
		}
		if user, known := c.users[a.by]; known && user != l.user {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: done with somebody else's key", a))
		}
		c.users[a.by] = l.user
		if l.note != a.note {
			c.noteless = append(c.noteless, fmt.Sprintf("%s: Luscii has another note", a))
		}
	}
	row, listed := c.find(a)
	c.claimed[row.id] = listed
	switch {
	case a.answer == refused:
		c.refused++
		if len(applied) > 0 || listed {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: refused, and accepted all the same", a))
		}
		return
	case a.answer == cut && !listed && len(applied) == 0:
		c.cutLost++
		return
	case a.answer == cut:
		c.cutTaken++
	}
	if !listed {
		// A confirmed action's note is gone from the board: without its id it can't
		// be told from others. The log alone speaks for it.
		if len(applied) == 0 || a.action != "" {
			c.lost = append(c.lost, fmt.Sprintf("%s: applied %d times, the board knows nothing of it", a, len(applied)))
		} else {
			c.ended[confirmed]++
		}
		return
	}
	c.endedAs(a, row, len(applied))
}

// find is the board's own account of an action.
func (c *comparison) find(a *attempt) (action, bool) {
	if row, ok := c.actions[a.action]; ok {
		return row, true
	}
	for _, row := range c.ofAlert[a.alert] {
		if row.hasNote && tokenOf(row.note) == a.token {
			return row, true
		}
	}
	return action{}, false
}

// endedAs compares how an action ended by the board's account with how often it
// was applied.
func (c *comparison) endedAs(a *attempt, row action, applied int) {
	c.ended[row.state]++
	if row.alert != a.alert || row.wanted != a.status {
		c.untrue = append(c.untrue, fmt.Sprintf("%s: listed as %s", a, row))
	}
	switch row.state {
	case confirmed:
		if applied == 0 {
			c.lost = append(c.lost, fmt.Sprintf("%s: confirmed, and never applied", a))
		}
		return
	case withdrawn:
		if applied > 0 {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: withdrawn, and applied", a))
		}
		return
	case failed, conflict:
		if applied > 0 {
			c.untrue = append(c.untrue, fmt.Sprintf("%s: %s, and applied", a, row.state))
		}
	case unknown:
		if why, known := c.knowable(a.alert, a.seen, applied, func(l change) bool { return tokenOf(l.note) == a.token }); known {
			c.unsure = append(c.unsure, fmt.Sprintf("%s: unknown, though %s", a, why))
		}
	default:
		c.unsettled = append(c.unsettled, fmt.Sprintf("%s: still %s", a, row.state))
	}
	if row.note != a.note && (row.hasNote || !c.takenNoteOf[a.token]) {
		c.noteless = append(c.noteless, fmt.Sprintf("%s: %s, the board has another note, or none", a, row.state))
	}
}

// knowable is whether a re-read tells what became of a change: nobody has done
// anything else to the alert since it was seen.
func (c *comparison) knowable(alert string, seen time.Time, applied int, mine func(change) bool) (why string, known bool) {
	for _, l := range c.byAlert[alert] {
		if l.at.After(seen) && !mine(l) {
			return "", false
		}
	}
	if applied == 0 {
		return "the alert is as it was", true
	}
	return "nobody else touched the alert", true
}

// undo accounts for one wish to undo: either the action was withdrawn, or there is
// one action that undoes it.
func (c *comparison) undo(a *attempt) {
	target := c.actions[a.undoes]
	var rows []action
	for _, row := range c.ofAlert[a.alert] {
		if row.undoes == a.undoes {
			rows = append(rows, row)
			c.claimed[row.id] = true
		}
	}
	taken := target.state == withdrawn || len(rows) > 0
	switch {
	case a.answer == refused:
		c.refused++
	case a.answer == accepted && !taken:
		c.lost = append(c.lost, fmt.Sprintf("%s: the board knows nothing of it", a))
	case a.answer == cut && taken:
		c.cutTaken++
	case a.answer == cut:
		c.cutLost++
	}
}

// undone compares the undos the board lists with what was applied: they carry no
// note, so that only their number on an alert and the status tell.
func (c *comparison) undone() {
	type what struct{ alert, status string }
	least, most, of := map[what]int{}, map[what]int{}, map[string]int{}
	for _, row := range c.actions {
		if row.undoes == "" {
			continue
		}
		c.undos[row.state]++
		w := what{row.alert, row.wanted}
		switch row.state {
		case confirmed:
			least[w]++
			most[w]++
			of[row.undoes]++
		case unknown:
			most[w]++
			c.undoUnknown(row)
		case failed, conflict, withdrawn:
		default:
			c.unsettled = append(c.unsettled, fmt.Sprintf("%s: still %s", row, row.state))
		}
	}
	for id, n := range of {
		if n > 1 {
			c.twice = append(c.twice, fmt.Sprintf("action %s: undone %d times", id, n))
		}
	}
	ours := map[string]bool{}
	for _, user := range c.users {
		ours[user] = true
	}
	applied := map[what]int{}
	for _, l := range c.byToken[""] {
		if !ours[l.user] {
			continue // done by a colleague outside the board
		}
		applied[what{l.alert, l.status}]++
	}
	for w, n := range applied {
		if n > most[w] {
			c.twice = append(c.twice, fmt.Sprintf("undone to %s on %s: applied %d times, listed %d times", w.status, w.alert, n, most[w]))
		}
	}
	for w, n := range least {
		if applied[w] < n {
			c.lost = append(c.lost, fmt.Sprintf("undone to %s on %s: confirmed %d times, applied %d times", w.status, w.alert, n, applied[w]))
		}
	}
	slices.Sort(c.twice)
	slices.Sort(c.lost)
}

// undoUnknown accounts for an undo of which the board says that nobody knows
// whether it was made.
func (c *comparison) undoUnknown(row action) {
	target := c.asked[row.undoes]
	if target == nil || len(c.byToken[target.token]) == 0 {
		return
	}
	done := c.byToken[target.token][0].at
	mine := func(l change) bool {
		return tokenOf(l.note) == "" && l.status == row.wanted && l.user == c.users[target.by]
	}
	applied := 0
	for _, l := range c.byAlert[row.alert] {
		if l.at.After(done) && mine(l) {
			applied++
		}
	}
	if why, known := c.knowable(row.alert, done, applied, mine); known {
		c.unsure = append(c.unsure, fmt.Sprintf("%s: unknown, though %s", row, why))
	}
}
