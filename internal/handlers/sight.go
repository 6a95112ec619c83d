package handlers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// sightsKept bounds how many different sights of one state of the board are
// kept; ours. A team's members mostly see the same.
const sightsKept = 64

// sight is what a query finds of the board within one scope. It takes a walk over
// all alerts, so it is made once for everybody who sees the same alerts and asks
// the same of them. What it found is never changed.
type sight struct {
	matching []*triage.Entry // in R1's order, or grouped by patient; the snapshot's own
	tally    *triage.Tally

	// How often each value occurs in the view, whatever the filters.
	flags    map[triage.Flag]int
	types    map[triage.Type]int
	groups   map[triage.GroupID]int
	programs map[triage.ProgramID]int

	wording sync.Mutex
	menus   map[string]wordedMenus // by language
}

// wordedMenus are a sight's filters in words. Nobody changes them.
type wordedMenus struct {
	names uint64 // the directory's version
	menus []templates.Menu
}

// menusOf is the filters in the viewer's language, each of whose choices has an
// address of its own: put in words once for everybody, until a name changes.
func (s *sight) menusOf(v *view, q triage.Query) []templates.Menu {
	s.wording.Lock()
	defer s.wording.Unlock()
	names := v.s.Names.Version()
	worded, ok := s.menus[v.l.Lang]
	if !ok || worded.names != names {
		worded = wordedMenus{names, v.menus(q, s)}
		s.menus[v.l.Lang] = worded
	}
	return worded.menus
}

func newSight(snap *triage.Snapshot, actor triage.Actor, sel *triage.Selection) *sight {
	list := snap.Entries
	if sel.Status == triage.StatusProcessed {
		list = snap.Processed
	}
	s := &sight{
		tally: triage.NewTally(snap, actor, sel),
		flags: map[triage.Flag]int{}, types: map[triage.Type]int{},
		groups: map[triage.GroupID]int{}, programs: map[triage.ProgramID]int{}, menus: map[string]wordedMenus{},
	}
	for _, e := range list {
		if e.Status.View() != sel.Status || !actor.Can(triage.OpRead, e.Alert) {
			continue
		}
		s.flags[e.Flag]++
		s.types[e.Type]++
		s.groups[e.Group]++
		s.programs[e.Program]++
		if sel.Match(&e.Alert) {
			s.matching = append(s.matching, e)
		}
	}
	if sel.ByPatient {
		s.matching = triage.GroupByPatient(s.matching)
	}
	return s
}

// sights are those of the newest alerts.
type sights struct {
	mu   sync.Mutex
	of   *triage.Snapshot // nil: none yet
	made map[sightKey]func() *sight
}

// sightKey is all that a sight is made from, beside the alerts.
type sightKey struct {
	asked string
	// settled is what was asked as it was settled for this minute and these names;
	// nil where it depends on neither.
	settled *triage.Selection
}

// sight finds what the actor who asks for q, settled as sel, sees, and makes it only
// if nobody has asked the same since an alert changed.
func (c *sights) sight(snap *triage.Snapshot, actor triage.Actor, q triage.Query, sel *triage.Selection) *sight {
	key := sightKey{asked: scopeOf(actor) + "?" + q.Values().Encode()}
	if q.Search != nil { // its address says less than all, and nothing of another's
		key.asked += "\n" + keptText(q)
	}
	if moves(q) {
		key.settled = sel
	}
	c.mu.Lock()
	if c.of == nil || !snap.SameAlerts(c.of) {
		c.of, c.made = snap, map[sightKey]func() *sight{}
	}
	look, ok := c.made[key]
	if !ok {
		if len(c.made) == sightsKept {
			clear(c.made)
		}
		look = sync.OnceValue(func() *sight { return newSight(snap, actor, sel) })
		c.made[key] = look
	}
	c.mu.Unlock()
	return look()
}

// forget lets go of what was there before the newest snapshot.
func (c *sights) forget(newest *triage.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != nil && !newest.SameAlerts(c.of) {
		c.of, c.made = nil, nil
	}
}

// scopeOf names all that Actor.Can decides by.
func scopeOf(a triage.Actor) string {
	var groups []string
	for id, in := range a.Groups {
		if in {
			groups = append(groups, fmt.Sprintf("%q", id))
		}
	}
	slices.Sort(groups)
	return fmt.Sprintf("%q %s", a.Role, strings.Join(groups, " "))
}

// seen is what the viewer sees who asks for q.
func (v *view) seen(q triage.Query) *sight {
	return v.s.sights.sight(v.snap, v.actor, q, v.s.selection(q, v.now))
}

// occurring is how often each value occurs, those chosen among them.
func occurring[T ~string](counts map[T]int, chosen []T) map[T]int {
	out := maps.Clone(counts)
	delete(out, "")
	for _, c := range chosen {
		if _, ok := out[c]; !ok {
			out[c] = 0
		}
	}
	return out
}
