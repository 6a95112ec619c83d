package luscii

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"triageboard/internal/triage"
)

// pace decides when the next request may leave. No page states a rate limit, so
// the limit is our own: evenly spaced, for reads and writes together.
//
// Sweeps queue for a turn before they queue for the limiter, and get a part of
// it only. So at most one of them stands ahead of what a clinician is waiting
// for, however many are waiting.
//
// Reports queue among themselves first, so at most one of them stands ahead of a
// sweep. They live on a small part of their own and on what the sweeps leave of
// theirs: a year's download takes longer, the board stays as live as it was.
type pace struct {
	limiter *rate.Limiter
	sweeps  *rate.Limiter
	reports *rate.Limiter
	turn    chan struct{}
	queue   chan struct{} // of the reports

	mu    sync.Mutex
	quiet time.Time // reads are held until then
}

// sweepShare is the part of the limit that sweeps may use, reportShare what
// reports may beside it; the rest is left for clinicians.
const (
	sweepShare  = 0.7
	reportShare = 0.2
)

// rank says what a request is for, and so who goes first.
type rank int

const (
	forSweep     rank = iota
	forClinician      // somebody is waiting for it
	forReport
)

// rankOf is the rank of a read that isn't part of a report.
func rankOf(ctx context.Context) rank {
	if triage.IsUrgent(ctx) {
		return forClinician
	}
	return forSweep
}

func newPace(perSecond float64) *pace {
	return &pace{
		// A burst would let a second hold twice the limit.
		limiter: rate.NewLimiter(rate.Limit(perSecond), 1),
		sweeps:  rate.NewLimiter(rate.Limit(perSecond*sweepShare), 1),
		reports: rate.NewLimiter(rate.Limit(perSecond*reportShare), 1),
		turn:    make(chan struct{}, 1),
		queue:   make(chan struct{}, 1),
	}
}

// wait returns when a request may leave. Its error is the context's, and comes
// at once where the context's deadline is too near.
func (p *pace) wait(ctx context.Context, r rank) error {
	switch r {
	case forReport:
		if err := take(ctx, p.queue); err != nil {
			return err
		}
		defer func() { <-p.queue }()
		if err := p.spare(ctx); err != nil {
			return err
		}
		return p.inTurn(ctx, nil)
	case forSweep:
		return p.inTurn(ctx, p.sweeps)
	}
	return waitFor(ctx, p.limiter)
}

// inTurn waits behind the sweeps before it, and then for a part of the limit if
// it is bound to one.
func (p *pace) inTurn(ctx context.Context, part *rate.Limiter) error {
	if err := take(ctx, p.turn); err != nil {
		return err
	}
	defer func() { <-p.turn }()
	if err := p.sitOut(ctx); err != nil {
		return err
	}
	if part != nil {
		if err := waitFor(ctx, part); err != nil {
			return err
		}
	}
	return waitFor(ctx, p.limiter)
}

// spare waits for the reports' own part, or until the sweeps have left some of
// theirs unused, whichever comes first.
func (p *pace) spare(ctx context.Context) error {
	own := p.reports.Reserve()
	due := time.Now().Add(own.Delay())
	look := time.Duration(float64(time.Second) / float64(p.sweeps.Limit()))
	for {
		left := time.Until(due)
		if left <= 0 {
			return ctx.Err()
		}
		if p.idle() {
			own.Cancel()
			return ctx.Err()
		}
		timer := time.NewTimer(min(left, look))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			own.Cancel()
			return ctx.Err()
		}
	}
}

// idle takes a part of the sweeps' share, if none of them is waiting for it.
func (p *pace) idle() bool { return len(p.turn) == 0 && p.sweeps.Allow() }

func take(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
