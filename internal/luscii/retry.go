package luscii

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"triageboard/internal/triage"
)

const (
	// maxTries is how often a read is sent at most.
	maxTries = 4
	// maxRetryAfter is how long a read waits at most because it was asked to.
	maxRetryAfter = time.Minute
)

// read sends a request that changes nothing, again where that may help: after
// 429, 408, a 5xx other than 501, a broken connection or a timeout. Pauses grow
// and are jittered; Retry-After is honoured.
func (c *Client) read(ctx context.Context, r request) (answer, error) {
	r.timeout = c.readTimeout
	pauses := newPauses(ctx)
	var last *Error
	got, err := backoff.Retry(ctx, func() (answer, error) {
		if err := c.pace.wait(ctx, r.rank); err != nil {
			last = heldBack(r, err)
			return answer{}, backoff.Permanent(last)
		}
		got, failure := c.attempt(ctx, r)
		if failure == nil {
			return got, nil
		}
		last = failure
		if r.key == c.key && failure.Temporary && failure.Asked > 0 {
			c.pace.holdReads(min(failure.Asked, maxRetryAfter))
		}
		if !failure.Temporary {
			return answer{}, backoff.Permanent(failure)
		}
		pauses.asked = failure.Asked
		return answer{}, failure
	},
		backoff.WithBackOff(pauses),
		backoff.WithMaxTries(maxTries),
		backoff.WithMaxElapsedTime(0), // tries and ctx bound it
		backoff.WithNotify(func(err error, pause time.Duration) {
			c.log.InfoContext(ctx, "reading from Luscii again after a pause", slog.Any("error", err), slog.Duration("pause", pause))
		}),
	)
	if err == nil {
		return got, nil
	}
	// last says more than err, which may be the bare context's.
	if ended := ctx.Err(); ended != nil && !errors.Is(last, ended) {
		last.Err = ended
	}
	return answer{}, last
}

// write sends a request that changes something, once (R46).
func (c *Client) write(ctx context.Context, r request) (answer, error) {
	r.timeout = c.writeTimeout
	if err := c.pace.wait(ctx, r.rank); err != nil {
		return answer{}, heldBack(r, err)
	}
	got, failure := c.attempt(ctx, r)
	if failure != nil {
		return answer{}, failure
	}
	return got, nil
}

// heldBack is the error of a request that never left: the caller cancelled, or
// our own limit would have held it beyond the caller's deadline.
func heldBack(r request, cause error) *Error {
	e := &Error{Call: r.call, Temporary: true, Err: cause}
	if !errors.Is(cause, context.Canceled) {
		e.Kinds = []error{triage.ErrBusy}
	}
	return e
}

// pauses are the pauses between a read's tries: exponential with jitter, longer
// where the API asked for it. It stops where waiting makes no sense.
type pauses struct {
	backoff.ExponentialBackOff
	asked    time.Duration // the last answer's Retry-After
	deadline time.Time     // zero: none
}

func newPauses(ctx context.Context) *pauses {
	p := &pauses{ExponentialBackOff: backoff.ExponentialBackOff{
		InitialInterval:     500 * time.Millisecond,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         10 * time.Second,
	}}
	p.deadline, _ = ctx.Deadline()
	return p
}

// NextBackOff is the next pause, or backoff.Stop.
func (p *pauses) NextBackOff() time.Duration {
	next := max(p.ExponentialBackOff.NextBackOff(), p.asked)
	if p.asked > maxRetryAfter || !p.deadline.IsZero() && time.Until(p.deadline) < next {
		return backoff.Stop
	}
	return next
}

// retryAfter reads the Retry-After header: seconds, or an HTTP date, which is
// taken by the sender's own clock where it tells its time. 0: none that can be
// read, or no longer ahead.
func retryAfter(h http.Header, now time.Time) time.Duration {
	raw := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(raw, 10, 63); err == nil {
		return time.Duration(min(seconds, math.MaxInt32)) * time.Second
	}
	at, err := http.ParseTime(raw)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return max(0, at.Sub(now))
}
