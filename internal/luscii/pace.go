package luscii

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace decides when the next request may leave. No page states a rate limit, so
// the limit is our own: evenly spaced, for reads and writes together.
//
// Sweeps queue for a turn before they queue for the limiter, and get a part of
// it only. So at most one of them stands ahead of what a clinician is waiting
// for, however many are waiting.
type pace struct {
	limiter *rate.Limiter
	sweeps  *rate.Limiter
	turn    chan struct{}

	mu    sync.Mutex
	quiet time.Time // reads are held until then
}

// sweepShare is the part of the limit that sweeps may use; the rest is left for
// clinicians.
const sweepShare = 0.7

func newPace(perSecond float64) *pace {
	return &pace{
		// A burst would let a second hold twice the limit.
		limiter: rate.NewLimiter(rate.Limit(perSecond), 1),
		sweeps:  rate.NewLimiter(rate.Limit(perSecond*sweepShare), 1),
		turn:    make(chan struct{}, 1),
	}
}

// wait returns when a request may leave. Its error is the context's, and comes
// at once where the context's deadline is too near. What a clinician waits for
// is urgent.
func (p *pace) wait(ctx context.Context, urgent bool) error {
	if !urgent {
		select {
		case p.turn <- struct{}{}:
			defer func() { <-p.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.sitOut(ctx); err != nil {
			return err
		}
		if err := waitFor(ctx, p.sweeps); err != nil {
			return err
		}
	}
	return waitFor(ctx, p.limiter)
}

func waitFor(ctx context.Context, limiter *rate.Limiter) error {
	if err := limiter.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return context.DeadlineExceeded // the limiter foresees it
	}
	return nil
}

// holdReads keeps reads back for d: a Retry-After is meant for the key, not for
// the one call that happened to meet it.
func (p *pace) holdReads(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.quiet) {
		p.quiet = until
	}
}

func (p *pace) sitOut(ctx context.Context) error {
	p.mu.Lock()
	left := time.Until(p.quiet)
	p.mu.Unlock()
	if left <= 0 {
		return ctx.Err()
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < left {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
