package board

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"triageboard/internal/triage"
)

// Reread is an alert's state as a listing, or an answer of Luscii, begun at or
// after notBefore confirmed it. What the board itself confirmed since is answered
// at once. Else Luscii is asked: there is no single-alert GET, so that the day is
// listed that returned the alert last, then its neighbours, as far as needed.
// Who waits for the same day shares its listing.
//
// Errors: triage.ErrGone when no complete listing holds it, or the board knows
// it no more; else what ctx, the listing, or the mirror, failed with.
func (b *Board) Reread(ctx context.Context, id triage.AlertID, notBefore time.Time) (triage.Alert, error) {
	known, ok, err := b.newest(ctx, id)
	if err != nil {
		return triage.Alert{}, err
	}
	if !ok {
		return triage.Alert{}, triage.ErrGone
	}
	var failures []error
	for _, day := range []triage.Day{known.Day, known.Day.Add(-1), known.Day.Add(1)} {
		a, found, err := b.rereadOn(ctx, day, id, notBefore)
		if found {
			return a, nil
		}
		if err != nil {
			failures = append(failures, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := errors.Join(failures...); err != nil {
		return triage.Alert{}, fmt.Errorf("re-read an alert: %w", err)
	}
	return triage.Alert{}, triage.ErrGone
}

// rereadOn answers an alert as soon as it is confirmed, and waits for that for as
// long as the day's listing takes; false: it isn't on that day.
func (b *Board) rereadOn(ctx context.Context, day triage.Day, id triage.AlertID, notBefore time.Time) (triage.Alert, bool, error) {
	for {
		e, ok, err := b.newest(ctx, id)
		if err != nil {
			return triage.Alert{}, false, err
		}
		if ok && !e.Missing && !e.ConfirmedAt.Before(notBefore) {
			return e.Alert, true, nil
		}
		w := &waiter{id: id, notBefore: notBefore, answer: make(chan reread, 1)}
		r := b.join(ctx, day, w)
		select {
		case said := <-w.answer:
			if !said.again {
				return said.alert, said.found, said.err
			}
		case <-ctx.Done():
			b.rereads.leave(r, w)
			return triage.Alert{}, false, ctx.Err()
		}
	}
}

// newest is the last known state of an alert with the time of its own last
// confirmation, which snapshots tell by the day.
func (b *Board) newest(ctx context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	b.mu.Lock()
	e, ok := b.work.get(id)
	b.mu.Unlock()
	if ok {
		return e, true, nil
	}
	return b.Find(ctx, id)
}

// join waits with the others for a listing of the day, and sees to it that there
// is one.
func (b *Board) join(ctx context.Context, day triage.Day, w *waiter) *round {
	r, after, isNew := b.rereads.join(ctx, day, w)
	if isNew {
		go b.list(r, after)
	}
	return r
}

// list is a round's listing, once the one before has ended: it reads on until
// everything that is waited for came by.
func (b *Board) list(r *round, after <-chan struct{}) {
	if after != nil {
		select {
		case <-after:
		case <-r.ctx.Done():
		}
	}
	if !b.rereads.begin(r) {
		b.rereads.end(r, nil)
		return
	}
	p := passing{round: r, asked: map[triage.AlertID]bool{}}
	var failure error
	for a, err := range b.source.Alerts(r.ctx, r.day, r.day) {
		if err != nil {
			failure = err
			break
		}
		waited, enough := b.rereads.came(r, a.ID)
		if p.add(a, waited); enough {
			break
		}
		if len(p.rows) == mergeAtOnce {
			b.takeIn(&p)
		}
	}
	b.takeIn(&p)
	b.rereads.end(r, failure)
}

// passing is a page of a round's listing: its rows, and which of them are waited
// for.
type passing struct {
	*round
	rows  []triage.Alert
	asked map[triage.AlertID]bool
}

func (p *passing) add(a triage.Alert, waited bool) {
	p.rows = append(p.rows, a)
	if waited {
		p.asked[a.ID] = true
	}
}

// takeIn merges the rows that came, those nobody waits for as well: the next who
// asks for one of them finds it confirmed. It publishes only what somebody waited
// for, then answers what is known of it, which may be newer than the row.
func (b *Board) takeIn(p *passing) {
	if p.ctx.Err() != nil || len(p.rows) == 0 {
		return
	}
	b.mu.Lock()
	rows := slices.DeleteFunc(p.rows, func(a triage.Alert) bool { return !p.asked[a.ID] && b.leavesOut(p.day, a) })
	now, _ := b.merge(p.ctx, rows, p.day, p.begun)
	if len(p.asked) > 0 {
		b.publish(time.Now())
	}
	b.mu.Unlock()
	p.rows = p.rows[:0]
	clear(p.asked)
	b.rereads.answer(p.round, now)
}
