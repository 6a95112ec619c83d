package handlers

import (
	"sync"
	"time"

	"triageboard/internal/triage"
)

// settlingsKept bounds how many different queries are settled at once; ours.
const settlingsKept = 500

// settlings are the queries settled for this minute, by the names known now: for
// everybody who asks the same, and once.
type settlings struct {
	mu     sync.Mutex
	minute time.Time
	names  nameIndex
	made   map[string]func() *triage.Selection
}

// selection settles a query for the minute. One that depends neither on time nor on
// names is settled as it is; the others are the same Selection as long as what they
// depend on is.
func (s *Server) selection(q triage.Query, now time.Time) *triage.Selection {
	if !moves(q) {
		return q.Settle(now, nil)
	}
	c, minute, version := &s.settled, now.Truncate(time.Minute), s.Names.Version()
	key := q.Text(nil, "")
	c.mu.Lock()
	if c.names.folded == nil || c.names.version != version {
		c.names, c.made = newNameIndex(s.Names, version), nil
	}
	if c.made == nil || !c.minute.Equal(minute) || len(c.made) == settlingsKept {
		c.minute, c.made = minute, map[string]func() *triage.Selection{}
	}
	settle, ok := c.made[key]
	if !ok {
		index := index{c.names, s.Board}
		q.Search = nil // whose it is doesn't matter
		settle = sync.OnceValue(func() *triage.Selection { return q.Settle(minute, index) })
		c.made[key] = settle
	}
	c.mu.Unlock()
	return settle()
}

// moves reports whether what a query finds may change while no alert does.
func moves(q triage.Query) bool { return q.Timed() || q.Worded() }

// settle settles anew what depends on time or on names, once these are others. The
// page is told where that changes its list: it compares, and moves nothing by
// itself (R37).
func (st *stream) settle(now time.Time) {
	if !moves(st.query) {
		return
	}
	sel := st.s.selection(st.query, now)
	if sel == st.sel {
		return
	}
	snap, at, _ := st.s.live.now()
	differs := at != st.at || sel.Differs(st.sel, snap)
	st.sel, st.tally, st.at = sel, triage.NewTally(snap, st.actor, sel), at
	if differs {
		st.event("reload", at, []byte("settled"))
	}
}

// nameIndex is the names and numbers of all patients, folded once for all
// searches, when the first one needs them.
type nameIndex struct {
	version uint64 // the directory's
	folded  func() map[triage.PatientID]string
}

func newNameIndex(names Names, version uint64) nameIndex {
	return nameIndex{version, sync.OnceValue(func() map[triage.PatientID]string {
		folded := map[triage.PatientID]string{}
		for p := range names.Patients() {
			folded[p.ID] = triage.Fold(p.Name()) + "\n" + triage.Fold(p.Number)
		}
		return folded
	})}
}

// index finds terms by names and by the notes the board has read.
type index struct {
	names nameIndex
	board Board
}

func (i index) PatientsWith(term triage.Term) map[triage.PatientID]bool {
	out := map[triage.PatientID]bool{}
	for id, folded := range i.names.folded() {
		if term.In(folded) {
			out[id] = true
		}
	}
	return out
}

func (i index) NotesWith(term triage.Term) map[triage.AlertID]bool { return i.board.NotesWith(term) }
