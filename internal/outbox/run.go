package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// The outbox's pace; ours.
const (
	leasedAtOnce  = 200
	leasedFor     = 2 * time.Minute // longer than looking at an action may take
	lookAtLeast   = 30 * time.Second
	lookAfterFail = time.Second // after storage failed
	finishWithin  = 4 * time.Second
	rememberFor   = 30 * 24 * time.Hour // settled actions, without their text
	forgetEvery   = 24 * time.Hour
)

// Run carries actions out until ctx ends. Then it lets writes under way finish
// for a moment; what doesn't is looked at anew at the next start, as after a
// crash.
func (b *Outbox) Run(ctx context.Context) {
	writing, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(finishWithin, cut) })
	defer stop()
	var under sync.WaitGroup
	defer under.Wait()

	var forgotten time.Time
	for ctx.Err() == nil {
		if time.Since(forgotten) > forgetEvery {
			forgotten = time.Now()
			if err := b.Store.ForgetActions(ctx, forgotten.Add(-rememberFor)); err != nil && ctx.Err() == nil {
				b.Log.Error("old actions could not be forgotten", slog.Any("error", err))
			}
		}
		now := time.Now()
		leased, err := b.Store.LeaseActions(ctx, b.owner, now, now.Add(leasedFor), leasedAtOnce)
		for _, k := range leased {
			under.Go(func() { b.deliver(ctx, writing, k) })
		}
		pause := b.untilNext(now)
		switch {
		case err != nil && ctx.Err() == nil:
			b.Log.Error("actions can't be leased; they stay where they are", slog.Any("error", err))
			pause = lookAfterFail
		case len(leased) == leasedAtOnce:
			pause = 0
		}
		b.sleep(ctx, pause)
	}
}

// sleep waits for a while, or until something may be due sooner.
func (b *Outbox) sleep(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.wake:
	case <-ctx.Done():
	}
}

// untilNext is how long nothing is due, as far as is known: another action pokes.
// One that is due already has been leased, by this round or an earlier one.
func (b *Outbox) untilNext(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	pause := lookAtLeast
	for _, a := range b.actions {
		if a.State.InFlight() && a.NextAt.After(now) {
			pause = min(pause, a.NextAt.Sub(now))
		}
	}
	return pause
}

// The pauses between tries; ours.
const (
	firstPause  = time.Second
	longestWait = time.Minute
)

// pauseAfter is how long to wait after so many tries in a row: twice as long each
// time, a minute at most, and up to a quarter less, so that many don't beat
// together.
func pauseAfter(tries int) time.Duration {
	pause := longestWait
	if tries < 6 {
		pause = firstPause << tries
	}
	return pause - time.Duration(rand.Int64N(int64(pause)/4)) //nolint:gosec // spreads load, guards nothing
}

// reasonOf is why a request failed, as far as an action has to know.
func reasonOf(err error) triage.Reason {
	for _, kind := range []struct {
		err    error
		reason triage.Reason
	}{
		{triage.ErrUncertain, triage.ReasonNoAnswer},
		{triage.ErrGone, triage.ReasonGone},
		{triage.ErrKeyRefused, triage.ReasonKeyRefused},
		{triage.ErrForbidden, triage.ReasonForbidden},
		{triage.ErrNotFound, triage.ReasonNotFound},
		{triage.ErrRejected, triage.ReasonRejected},
		{triage.ErrBusy, triage.ReasonBusy},
		{triage.ErrMalformed, triage.ReasonMalformed},
	} {
		if errors.Is(err, kind.err) {
			return kind.reason
		}
	}
	return triage.ReasonUnavailable
}

// permanent reports that Luscii refused, and would again.
func permanent(reason triage.Reason) bool {
	switch reason {
	case triage.ReasonKeyRefused, triage.ReasonForbidden, triage.ReasonNotFound, triage.ReasonRejected:
		return true
	}
	return false
}

// asked is how long an error says that Luscii wants to be left alone.
func asked(err error) time.Duration {
	var asks interface{ RetryAfter() time.Duration }
	if errors.As(err, &asks) {
		return asks.RetryAfter()
	}
	return 0
}
