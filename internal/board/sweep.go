package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"triageboard/internal/triage"
)

// rotation is how long one round through the days before today may take, once
// each of them has been read.
const rotation = 5 * time.Minute

// Run sweeps until ctx ends: today at every interval, the other days in turn
// beside it. A failure is told in the snapshot and tried again, never returned.
func (b *Board) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.sweepOlder(ctx)
	}()
	b.sweepToday(ctx)
	<-done
}

// sweepToday lists today at once and then at every interval.
func (b *Board) sweepToday(ctx context.Context) {
	tick := time.NewTicker(b.interval)
	defer tick.Stop()
	for {
		for _, day := range b.today(time.Now()) {
			b.sweep(ctx, day)
		}
		if !wait(ctx, tick.C) {
			return
		}
	}
}

// sweepOlder lists the day before today whose turn was longest ago: without a
// pause after one that had never been read, else so that a round takes five
// minutes. A day that fails is given its turn again after the others.
func (b *Board) sweepOlder(ctx context.Context) {
	tried := map[triage.Day]time.Time{}
	for ctx.Err() == nil {
		days := b.older(time.Now())
		if len(days) == 0 {
			if !pause(ctx, b.interval) {
				return
			}
			continue
		}
		day := slices.MinFunc(days, func(x, y triage.Day) int { return tried[x].Compare(tried[y]) })
		unread := !b.read(day)
		tried[day] = time.Now()
		ok := b.sweep(ctx, day)
		if unread && ok {
			continue
		}
		step := rotation / time.Duration(len(days))
		if !ok || !b.complete() {
			step = min(step, b.interval)
		}
		if !pause(ctx, step) {
			return
		}
	}
}

// older is the window without today.
func (b *Board) older(now time.Time) []triage.Day {
	today := b.today(now)
	return slices.DeleteFunc(b.days(now), func(d triage.Day) bool { return slices.Contains(today, d) })
}

// read reports whether the day has been read.
func (b *Board) read(day triage.Day) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.confirmed[day].IsZero()
}

// complete reports whether every day of the window has been read.
func (b *Board) complete() bool {
	read, total := b.Snapshot().DaysRead()
	return read == total
}

// sweep lists one day, merges what came and, only if all of it came, confirms
// the day. It reports whether it did.
func (b *Board) sweep(ctx context.Context, day triage.Day) bool {
	begun := time.Now()
	var rows []triage.Alert
	var failure error
	for a, err := range b.source.Alerts(ctx, day, day) {
		if err != nil {
			failure = err
			break
		}
		rows = append(rows, a)
	}
	if ctx.Err() != nil {
		return false
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range rows {
		b.merge(a, day, begun)
	}
	b.dawn(begun)
	if failure == nil {
		b.confirmed[day] = begun
	}
	b.note(day, failure)
	b.prune(begun)
	b.publish(time.Now())
	return failure == nil
}

// dawn confirms a day that has begun since the day before it was listed, as of
// that listing: it held nothing then. Else the board would call itself not live
// at every midnight until the new day is listed. The lock is held.
func (b *Board) dawn(now time.Time) {
	for _, day := range b.today(now) {
		before := b.confirmed[day.Add(-1)]
		if b.confirmed[day].IsZero() && !before.IsZero() && !slices.Contains(b.today(before), day) {
			b.confirmed[day] = before
		}
	}
}

// note keeps the newest failure for the page, and logs each beginning and end
// of trouble once. The lock is held.
func (b *Board) note(day triage.Day, failure error) {
	switch {
	case failure != nil && (b.lastErr == nil || b.lastErr.Error() != failure.Error()):
		b.log.Warn("a day could not be confirmed; the last good board is kept",
			slog.String("day", string(day)), slog.Any("error", failure))
	case failure == nil && b.lastErr != nil:
		b.log.Info("listing works again", slog.String("day", string(day)))
	}
	b.lastErr = failure
}

// prune forgets processed alerts and confirmations that left the window. An
// open or escalated alert is never forgotten: it stays, unconfirmed. The lock
// is held.
func (b *Board) prune(now time.Time) {
	days := b.days(now)
	first := days[len(days)-1]
	for id, e := range b.mirror {
		if e.Day < first && e.Status == triage.StatusProcessed {
			delete(b.mirror, id)
		}
	}
	for day := range b.confirmed {
		if day < first {
			delete(b.confirmed, day)
		}
	}
}

// Reread asks Luscii for one alert's present state and takes it into the board.
// There is no single-alert GET, so it lists the day that returned the alert
// last, then its neighbours, and stops at the first match.
//
// Errors: triage.ErrGone when no complete listing holds it, or the board knows
// it no more; else what the listing failed with.
func (b *Board) Reread(ctx context.Context, id triage.AlertID) (triage.Alert, error) {
	known, ok := b.Find(id)
	if !ok {
		return triage.Alert{}, triage.ErrGone
	}
	var failures []error
	for _, day := range []triage.Day{known.Day, known.Day.Add(-1), known.Day.Add(1)} {
		a, found, err := b.findOn(ctx, day, id)
		if found {
			return a, nil
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	if err := errors.Join(failures...); err != nil {
		return triage.Alert{}, fmt.Errorf("re-read an alert: %w", err)
	}
	return triage.Alert{}, triage.ErrGone
}

// findOn lists one day until the alert comes by, and answers what is known of
// it then: that row, or what came meanwhile and is newer.
func (b *Board) findOn(ctx context.Context, day triage.Day, id triage.AlertID) (triage.Alert, bool, error) {
	begun := time.Now()
	for a, err := range b.source.Alerts(triage.Urgent(ctx), day, day) {
		if err != nil {
			return triage.Alert{}, false, err
		}
		if a.ID != id {
			continue
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.merge(a, day, begun)
		b.publish(time.Now())
		return b.mirror[id].Alert, true, nil
	}
	return triage.Alert{}, false, nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	return wait(ctx, t.C)
}

// wait waits for c; false: ctx ended, even if c was ready as well.
func wait(ctx context.Context, c <-chan time.Time) bool {
	select {
	case <-ctx.Done():
	case <-c:
	}
	return ctx.Err() == nil
}
