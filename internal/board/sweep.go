package board

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// Run sweeps until ctx ends: today at every interval, the other days beside it
// as the planner says. A failure is told in the snapshot and tried again, never
// returned.
func (b *Board) Run(ctx context.Context) {
	var lanes sync.WaitGroup
	lanes.Go(func() { b.sweepToday(ctx) })
	lanes.Go(func() { b.sweepOlder(ctx) })
	lanes.Wait()
}

// sweepToday lists today at once and then at every interval. After failures in
// a row the pauses grow, up to a bound.
func (b *Board) sweepToday(ctx context.Context) {
	failures := 0
	var forgotten triage.Day
	for {
		begun := time.Now()
		today := b.today(begun)
		failures++
		if b.sweepAll(ctx, today) {
			failures = 0
		}
		if today[0] != forgotten && ctx.Err() == nil {
			if err := b.forget(ctx, begun); err != nil {
				b.log.Error("old alerts could not be dropped", slog.Any("error", err))
			}
			forgotten = today[0]
		}
		if !pause(ctx, time.Until(begun.Add(b.pollPause(failures)))) {
			return
		}
	}
}

func (b *Board) today(now time.Time) []triage.Day {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.filter.today(now)
}

func (b *Board) sweepAll(ctx context.Context, days []triage.Day) (ok bool) {
	ok = true
	for _, day := range days {
		ok = b.sweep(ctx, day) && ok
	}
	return ok
}

// pollPause is how long from one poll of today to the next: up to a tenth less
// than the interval, so that many boards don't beat together; after failures
// longer, but not beyond maxPause or the interval itself.
func (b *Board) pollPause(failures int) time.Duration {
	pause := b.interval
	for range failures - 1 {
		if pause >= maxPause {
			break
		}
		pause *= 2
	}
	pause = max(min(pause, maxPause), b.interval)
	return pause - rand.N(pause/10+1) //nolint:gosec // spreads load, guards nothing
}

// sweepOlder lists the days before today as the planner says.
func (b *Board) sweepOlder(ctx context.Context) {
	for ctx.Err() == nil {
		now := time.Now()
		day, wait := nextDay(now, b.plans(now))
		if day != "" {
			b.sweep(ctx, day)
		} else if !pause(ctx, wait) {
			return
		}
	}
}

// sweep lists one day, merges what came and, only if all of it came, confirms
// the day. It reports whether it did.
func (b *Board) sweep(ctx context.Context, day triage.Day) bool {
	begun := time.Now()
	batch := make([]triage.Alert, 0, mergeAtOnce)
	var failure error
	for a, err := range b.source.Alerts(ctx, day, day) {
		if err != nil {
			failure = err
			break
		}
		if batch = append(batch, a); len(batch) == mergeAtOnce {
			b.merge(ctx, batch, day, begun)
			batch = batch[:0]
		}
	}
	if ctx.Err() != nil {
		return false
	}
	if len(batch) > 0 {
		b.merge(ctx, batch, day, begun)
	}
	b.dawn(begun)
	if failure == nil {
		b.confirm(ctx, day, begun)
	} else {
		b.failed(day, begun, failure)
	}
	b.publish(time.Now())
	return failure == nil
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
		newest := b.merge(ctx, []triage.Alert{a}, day, begun)
		b.publish(time.Now())
		return newest[0].Alert, true, nil
	}
	return triage.Alert{}, false, nil
}

// pause waits; false: ctx ended, even if the time was over as well.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
