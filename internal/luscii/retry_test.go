package luscii

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// script answers each request by the next of its steps, the last one for ever,
// and notes when each came.
type script struct {
	steps []http.HandlerFunc
	mu    sync.Mutex
	times []time.Time
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	step := s.steps[min(len(s.times), len(s.steps)-1)]
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	step(w, r)
}

// pauses are the times between the requests.
func (s *script) pauses() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for i := 1; i < len(s.times); i++ {
		all = append(all, s.times[i].Sub(s.times[i-1]))
	}
	return all
}

func (s *script) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

func busy(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		answerJSON(w, http.StatusTooManyRequests, `{}`)
	}
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

var fine = always(http.StatusOK, `{"data":[]}`)

// Reads are tried again on 429, 408, 5xx but 501, broken connections and
// timeouts, and nothing else is.
func TestReadsAreTriedAgain(t *testing.T) {
	broken := func(words ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { hangUp(t, w, words...) }
	}
	for name, tc := range map[string]struct {
		step  http.HandlerFunc
		again bool
	}{
		"429":                   {always(429, ``), true},
		"408":                   {always(408, ``), true},
		"500":                   {always(500, ``), true},
		"502":                   {always(502, ``), true},
		"503":                   {always(503, `<html>`), true},
		"504":                   {always(504, ``), true},
		"no word":               {broken(), true},
		"half a head":           {broken("HTTP/1.1 200 O"), true},
		"half a body":           {broken("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"), true},
		"half of a 403's body":  {broken("HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\n{"), true},
		"silence":               {silent, true},
		"a body without an end": {drip, true},
		"501":                   {always(501, ``), false},
		"400":                   {always(400, ``), false},
		"401":                   {always(401, ``), false},
		"403":                   {always(403, ``), false},
		"404":                   {always(404, ``), false},
		"422":                   {always(422, ``), false},
		"malformed":             {always(200, `{`), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				upstream := &script{steps: []http.HandlerFunc{tc.step, fine}}
				c := serveInBubble(t, upstream.ServeHTTP)
				_, err := c.list(t)
				if tc.again {
					require.NoError(t, err)
					assert.Equal(t, 2, upstream.requests())
				} else {
					require.Error(t, err)
					assert.False(t, asError(t, err).Temporary)
					assert.Equal(t, 1, upstream.requests())
				}
			})
		})
	}
}

// The hcps export is a read, though a POST.
func TestExportIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{always(503, ``), fine}}
		c := serveInBubble(t, upstream.ServeHTTP)
		_, err := collect(c.HCPs(t.Context()))
		require.NoError(t, err)
		assert.Equal(t, 2, upstream.requests())
	})
}

func TestReadsGiveUpAfterFourTriesWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{always(503, `{"errors":[{"code":"maintenance"}]}`)}}
		c := serveInBubble(t, upstream.ServeHTTP)
		_, err := c.list(t)
		e := asError(t, err)
		assert.Equal(t, []error{triage.ErrUnavailable}, kinds(err))
		assert.True(t, e.Temporary)
		assert.Equal(t, "list alerts: Luscii unavailable, status 503, code maintenance", err.Error())
		pauses := upstream.pauses()
		require.Len(t, pauses, 3)
		for i, base := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
			assert.InDelta(t, base, pauses[i], float64(base)/2+float64(time.Millisecond), "pause %d, jittered by half", i)
		}
	})
}

// NOTES: "HTTP timeouts": each attempt has its own deadline.
func TestReadsOfASilentServerEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{silent}}
		c := serveInBubble(t, upstream.ServeHTTP, func(o *Options) { o.ReadTimeout = 3 * time.Second })
		start := time.Now()
		_, err := c.list(t)
		assert.Equal(t, []error{triage.ErrUnavailable}, kinds(err))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 4, upstream.requests())
		assert.InDelta(t, 12*time.Second+3500*time.Millisecond, time.Since(start), float64(1750*time.Millisecond+time.Second/10))
	})
}

// NOTES: "honour 429 and Retry-After", in seconds and as an HTTP date.
func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{busy("7"), fine}}
		c := serveInBubble(t, upstream.ServeHTTP)
		_, err := c.list(t)
		require.NoError(t, err)
		assert.InDelta(t, 7*time.Second, upstream.pauses()[0], float64(time.Millisecond))
	})
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			busy(time.Now().Add(20*time.Second).UTC().Format(http.TimeFormat))(w, r)
		}, fine}}
		c := serveInBubble(t, upstream.ServeHTTP)
		_, err := c.list(t)
		require.NoError(t, err)
		assert.InDelta(t, 20*time.Second, upstream.pauses()[0], float64(time.Second))
	})
}

func TestRetryAfterTooLongIsGivenUpAtOnce(t *testing.T) {
	t.Run("longer than we wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			upstream := &script{steps: []http.HandlerFunc{busy("61")}}
			c := serveInBubble(t, upstream.ServeHTTP)
			start := time.Now()
			_, err := c.list(t)
			assert.Equal(t, []error{triage.ErrBusy}, kinds(err))
			assert.Equal(t, 61*time.Second, asError(t, err).RetryAfter())
			assert.True(t, asError(t, err).Temporary)
			assert.Less(t, time.Since(start), time.Second)
			assert.Equal(t, 1, upstream.requests())
		})
	})
	t.Run("longer than the caller waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			upstream := &script{steps: []http.HandlerFunc{busy("30")}}
			c := serveInBubble(t, upstream.ServeHTTP)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			start := time.Now()
			_, err := collect(c.Alerts(ctx, today, today))
			assert.Equal(t, []error{triage.ErrBusy}, kinds(err))
			assert.Equal(t, 30*time.Second, asError(t, err).RetryAfter())
			assert.Less(t, time.Since(start), time.Second)
		})
	})
}

// A Retry-After is for the key, not for one call: the next reads keep to it too,
// for a minute at most; a clinician's write isn't held by it.
func TestRetryAfterHoldsOtherReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upstream := &script{steps: []http.HandlerFunc{busy("3600"), fine}}
		c := serveInBubble(t, upstream.ServeHTTP)
		_, err := c.list(t)
		require.ErrorIs(t, err, triage.ErrBusy)

		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err = collect(c.Alerts(ctx, today, today))
		assert.Equal(t, []error{triage.ErrBusy}, kinds(err), "said at once: its deadline is nearer")
		assert.Less(t, time.Since(start), time.Second)

		_, err = c.UpdateAlert(t.Context(), clinicianKey, "a", process)
		assert.NotErrorIs(t, err, triage.ErrBusy)
		assert.Less(t, time.Since(start), time.Second)

		_, err = c.list(t)
		require.NoError(t, err)
		assert.InDelta(t, time.Minute, time.Since(start), float64(time.Second))
	})
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2025, 3, 24, 12, 0, 0, 0, time.UTC)
	for raw, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, " 5 ": 5 * time.Second, "-5": 0, "1.5": 0, "soon": 0,
		"99999999999999":                (1<<31 - 1) * time.Second,
		"Mon, 24 Mar 2025 12:00:30 GMT": 30 * time.Second,
		"Mon, 24 Mar 2025 11:00:00 GMT": 0,
	} {
		assert.Equal(t, want, retryAfter(http.Header{"Retry-After": {raw}}, now), raw)
	}
	// Their clock is an hour behind ours: what counts is how long from their now.
	assert.Equal(t, 30*time.Second, retryAfter(http.Header{
		"Retry-After": {"Mon, 24 Mar 2025 11:00:30 GMT"}, "Date": {"Mon, 24 Mar 2025 11:00:00 GMT"},
	}, now))
}

func TestReadsEndWithTheirCaller(t *testing.T) {
	t.Run("cancelled between tries", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			upstream := &script{steps: []http.HandlerFunc{busy("40")}}
			c := serveInBubble(t, upstream.ServeHTTP)
			time.AfterFunc(10*time.Second, cancel)
			start := time.Now()
			_, err := collect(c.Alerts(ctx, today, today))
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, 429, asError(t, err).Status, "the last answer is told")
			assert.InDelta(t, 10*time.Second, time.Since(start), float64(time.Millisecond))
		})
	})
	t.Run("cancelled before", func(t *testing.T) {
		c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := collect(c.Alerts(ctx, today, today))
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, kinds(err), "it isn't Luscii that failed")
		assert.Equal(t, "list alerts: cancelled", err.Error())
	})
	t.Run("deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			upstream := &script{steps: []http.HandlerFunc{silent}}
			c := serveInBubble(t, upstream.ServeHTTP)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := collect(c.Alerts(ctx, today, today))
			assert.Equal(t, []error{triage.ErrUnavailable}, kinds(err))
			assert.Equal(t, 1, upstream.requests())
		})
	})
}

// NOTES: "Own limit (configurable requests per second)": no second holds more;
// sweeps get seven tenths of it, what a clinician waits for all of it.
func TestLimit(t *testing.T) {
	for name, tt := range map[string]struct {
		ctx   func(context.Context) context.Context
		pause time.Duration
	}{
		"sweeps":    {func(ctx context.Context) context.Context { return ctx }, 1000 * time.Millisecond * 10 / 28},
		"clinician": {triage.Urgent, 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				upstream := &script{steps: []http.HandlerFunc{fine}}
				c := serveInBubble(t, upstream.ServeHTTP, func(o *Options) { o.MaxRPS = 4 })
				var wg sync.WaitGroup
				for range 12 {
					wg.Go(func() {
						_, err := collect(c.Alerts(tt.ctx(t.Context()), today, today))
						assert.NoError(t, err)
					})
				}
				wg.Wait()
				for _, pause := range upstream.pauses() {
					assert.InDelta(t, tt.pause, pause, float64(time.Millisecond))
				}
			})
		})
	}
}

// NOTES: "clinicians' writes go before sweeps": however many reads are waiting,
// one at most is ahead.
func TestWritesGoBeforeWaitingReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		c := serveInBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				_, _ = io.Copy(io.Discard, r.Body)
				answerJSON(w, http.StatusOK, updated("", ""))
				return
			}
			reads.Add(1)
			fine(w, r)
		}, func(o *Options) { o.MaxRPS = 1 })
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := c.list(t)
				assert.NoError(t, err)
			})
		}
		synctest.Wait() // one read is through, one waits for the limiter, the others for their turn
		start := time.Now()
		_, err := c.UpdateAlert(t.Context(), clinicianKey, "a", process)
		require.NoError(t, err)
		assert.Less(t, time.Since(start), 2100*time.Millisecond)
		assert.LessOrEqual(t, reads.Load(), int32(2))
		wg.Wait()
	})
}

func TestWaitingForTheLimitHonoursTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serveInBubble(t, fine, func(o *Options) { o.MaxRPS = 0.1 })
		_, err := c.list(t)
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err = collect(c.Alerts(ctx, today, today))
		assert.Equal(t, []error{triage.ErrBusy}, kinds(err))
		assert.Zero(t, time.Since(start), "foreseen")

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = c.UpdateAlert(ctx, clinicianKey, "a", process)
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, kinds(err), "nothing was sent")
	})
}
