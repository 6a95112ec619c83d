package board

import (
	"context"
	"slices"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// rereads is who waits for re-reads of which days. For each day one listing runs
// at most, and one more is to begin when it has ended: that one serves everybody
// who asked meanwhile.
type rereads struct {
	mu            sync.Mutex
	running, next map[triage.Day]*round // those that can be joined
}

func newRereads() *rereads {
	return &rereads{running: map[triage.Day]*round{}, next: map[triage.Day]*round{}}
}

// round is one listing that is shared, from the first who asked for it.
type round struct {
	day    triage.Day
	ctx    context.Context // ends when nobody waits any more
	cancel context.CancelFunc
	begun  time.Time     // when the listing began; set before anything is read
	read   bool          // rows have come by
	ended  chan struct{} // closed when nothing runs any more

	waiting map[triage.AlertID][]*waiter
	passed  map[triage.AlertID]bool // those waited for that came by, and aren't merged yet
}

// waiter is one who waits for an alert.
type waiter struct {
	id        triage.AlertID
	notBefore time.Time
	whole     bool // sees every row of the listing it waits for
	answer    chan reread
}

// reread is what a waiter is told.
type reread struct {
	alert triage.Alert
	found bool
	err   error
	again bool // the alert may have gone by before the waiter joined
}

// join lets w wait for the listing that runs, if that began late enough for it,
// else for the next one. isNew: it is for the caller to run that, once after is
// closed, if there is such a one to wait for.
func (rs *rereads) join(ctx context.Context, day triage.Day, w *waiter) (r *round, after <-chan struct{}, isNew bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	running := rs.running[day]
	if running != nil && !running.begun.Before(w.notBefore) {
		w.whole = !running.read
		running.waiting[w.id] = append(running.waiting[w.id], w)
		return running, nil, false
	}
	w.whole = true
	r = rs.next[day]
	if r == nil {
		r = newRound(ctx, day)
		rs.next[day], isNew = r, true
		if running != nil {
			after = running.ended
		}
	}
	r.waiting[w.id] = append(r.waiting[w.id], w)
	return r, after, isNew
}

// newRound is one to begin, for which a clinician waits. It outlives the first
// who asked if others asked as well.
func newRound(ctx context.Context, day triage.Day) *round {
	r := &round{
		day: day, ended: make(chan struct{}),
		waiting: map[triage.AlertID][]*waiter{}, passed: map[triage.AlertID]bool{},
	}
	r.ctx, r.cancel = context.WithCancel(triage.Urgent(context.WithoutCancel(ctx)))
	return r
}

// begin makes the next round the running one, begun now; false: nobody waits for
// it any more.
func (rs *rereads) begin(r *round) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.next[r.day] != r {
		return false
	}
	delete(rs.next, r.day)
	rs.running[r.day], r.begun = r, time.Now()
	return true
}

// came notes that an alert came by. It reports whether somebody waits for it, and
// whether that was all that is waited for: then nobody can join any more.
func (rs *rereads) came(r *round, id triage.AlertID) (waited, enough bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r.read = true
	if _, waited = r.waiting[id]; waited {
		r.passed[id] = true
	}
	if enough = len(r.passed) == len(r.waiting); enough {
		rs.close(r)
	}
	return waited, enough
}

// answer tells those who wait for one of these alerts what is known of it now.
func (rs *rereads) answer(r *round, now map[triage.AlertID]triage.Entry) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for id, waiters := range r.waiting {
		if e, ok := now[id]; ok {
			tell(waiters, reread{alert: e.Alert, found: true})
			r.forget(id)
		}
	}
}

// end tells those who still wait that the listing failed, or held nothing for
// them. Who joined when it was under way can't know that.
func (rs *rereads) end(r *round, failure error) {
	defer close(r.ended)
	rs.mu.Lock()
	defer rs.mu.Unlock()
	defer r.cancel()
	rs.close(r)
	for id, waiters := range r.waiting {
		for _, w := range waiters {
			tell([]*waiter{w}, reread{err: failure, again: failure == nil && !w.whole})
		}
		r.forget(id)
	}
}

// leave lets w wait no longer. The last to leave ends the listing, and sees it
// ended: nothing runs that nobody waits for.
func (rs *rereads) leave(r *round, w *waiter) {
	rs.mu.Lock()
	if left := slices.DeleteFunc(r.waiting[w.id], func(other *waiter) bool { return other == w }); len(left) > 0 {
		r.waiting[w.id] = left
	} else {
		r.forget(w.id)
	}
	last := len(r.waiting) == 0
	if last {
		rs.close(r)
		r.cancel()
	}
	rs.mu.Unlock()
	if last {
		<-r.ended
	}
}

// close lets nobody join any more. The lock is held.
func (rs *rereads) close(r *round) {
	for _, rounds := range []map[triage.Day]*round{rs.running, rs.next} {
		if rounds[r.day] == r {
			delete(rounds, r.day)
		}
	}
}

// forget ends the wait for an alert. The lock is held.
func (r *round) forget(id triage.AlertID) {
	delete(r.waiting, id)
	delete(r.passed, id)
}

// tell answers each waiter, who is told once and needn't listen any more.
func tell(waiters []*waiter, said reread) {
	for _, w := range waiters {
		w.answer <- said
	}
}
