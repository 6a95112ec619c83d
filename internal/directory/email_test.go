package directory_test

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/directory"
	"triageboard/internal/triage"
)

func active(id triage.HCPID, email string) triage.HCP {
	return triage.HCP{ID: id, Email: email, Active: true}
}

// find is who has this address: empty for nobody.
func find(t *testing.T, d *directory.Directory, email string) triage.HCPID {
	t.Helper()
	h, ok, err := d.HCPByEmail(t.Context(), email)
	require.NoError(t, err)
	assert.Equal(t, ok, h.ID != "")
	return h.ID
}

// DESIGN, "Sign-in": found by e-mail among the active ones, and only if it can
// be nobody else.
func TestHCPByEmail(t *testing.T) {
	gone := triage.HCP{ID: "h-gone", Email: "gone@hospital.test"}
	was := triage.HCP{ID: "h-was", Email: "a.bos@hospital.test"}
	src := &source{hcps: people[triage.HCP]{rows: []triage.HCP{
		was, active("h-1", " A.Bos@Hospital.test "), gone,
		active("h-2", "desk@hospital.test"), active("h-3", "DESK@hospital.test"), active("h-4", "desk@hospital.test"),
		active("h-5", ""), active("h-6", "  "),
		active("h-1", " A.Bos@Hospital.test "), // pages shifted: the same row again
	}}}
	d, log := logging(src)
	for email, want := range map[string]triage.HCPID{
		"a.bos@hospital.test": "h-1", "A.BOS@HOSPITAL.TEST": "h-1", "\ta.bos@hospital.test ": "h-1",
		"gone@hospital.test": "", "desk@hospital.test": "", "a.bos": "", "nobody@hospital.test": "", "": "", " ": "",
	} {
		assert.Equal(t, want, find(t, d, email), "%q", email)
	}
	_, hcps := src.readings()
	assert.Equal(t, 1, hcps, "read once")

	assert.Contains(t, log.String(), "count=1", "whoever can't sign in by it is told of")
	assert.NotContains(t, log.String(), "hospital.test", "without naming them") // R25
}

// Whoever signs in before the first reading waits for one; if it fails, nobody
// else waits for the next ten seconds.
func TestTheFirstReadingOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{hcps: people[triage.HCP]{rows: []triage.HCP{active("h-1", "a@hospital.test")}, err: triage.ErrUnavailable, takes: time.Second}}
		d := newDirectory(src)
		try := func() error {
			h, ok, err := d.HCPByEmail(t.Context(), "a@hospital.test")
			assert.Equal(t, err == nil, ok)
			assert.Equal(t, err == nil, h.ID == "h-1")
			return err
		}
		require.ErrorIs(t, try(), triage.ErrUnavailable)
		_, ok := d.HCP("h-1")
		assert.False(t, ok, "a reading that failed is no reading")

		src.change(func(s *source) { s.hcps.err = nil })
		pass(10*time.Second - 1)
		begun := time.Now()
		require.ErrorIs(t, try(), triage.ErrUnavailable, "told at once how it failed")
		assert.Equal(t, begun, time.Now())
		_, hcps := src.readings()
		assert.Equal(t, 1, hcps)

		pass(1)
		require.NoError(t, try(), "then it is tried again")
		require.NoError(t, try())
		_, hcps = src.readings()
		assert.Equal(t, 1, hcps, "and what is known needs no other")
	})
}

// Nobody waits longer than five seconds to sign in, nor than they want to, and
// nobody who hangs up spoils it for the others.
func TestTheFirstReadingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{hcps: people[triage.HCP]{rows: []triage.HCP{active("h-1", "a@hospital.test")}, takes: time.Minute}}
		d := newDirectory(src)
		begun := time.Now()
		_, _, err := d.HCPByEmail(t.Context(), "a@hospital.test")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 5*time.Second, time.Since(begun))

		pass(10 * time.Second)
		src.change(func(s *source) { s.hcps.takes = time.Second })
		begun = time.Now()
		ctx, hangUp := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer hangUp()
		_, _, err = d.HCPByEmail(ctx, "a@hospital.test")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 50*time.Millisecond, time.Since(begun))
		_, ok, err := d.HCPByEmail(t.Context(), "a@hospital.test")
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, time.Second, time.Since(begun), "the reading went on")
	})
}

// Many sign in at once at the start: one reading serves all, and goes before
// what nobody waits for.
func TestTheFirstReadingIsShared(t *testing.T) {
	src := &gated{begun: make(chan context.Context), end: make(chan struct{})}
	src.hcps.rows = []triage.HCP{active("h-1", "a@hospital.test")}
	d := directory.New(src, slog.New(slog.DiscardHandler))
	found := make(chan bool)
	signIn := func() {
		_, ok, err := d.HCPByEmail(context.Background(), "a@hospital.test")
		found <- ok && err == nil
	}
	go signIn()
	assert.True(t, triage.IsUrgent(<-src.begun))
	for range 19 {
		go signIn()
	}
	close(src.end)
	for range 20 {
		assert.True(t, <-found)
	}
	_, hcps := src.readings()
	assert.Equal(t, 1, hcps)
}

// gated holds back the professionals until it is told to go on.
type gated struct {
	source
	begun chan context.Context
	end   chan struct{}
}

func (s *gated) HCPs(ctx context.Context) iter.Seq2[triage.HCP, error] {
	s.begun <- ctx
	<-s.end
	return s.source.HCPs(ctx)
}

// A failure in the background is known to whoever signs in just after.
func TestAFailureInTheBackgroundCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{hcps: people[triage.HCP]{err: triage.ErrForbidden}}
		d := newDirectory(src)
		run(t, d)
		_, _, err := d.HCPByEmail(t.Context(), "a@hospital.test")
		require.ErrorIs(t, err, triage.ErrForbidden)
		_, hcps := src.readings()
		assert.Equal(t, 1, hcps)
	})
}
