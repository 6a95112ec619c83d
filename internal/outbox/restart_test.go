package outbox

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// R46: killed at any moment, the next process goes on with what was accepted, and
// looks before it sends anything again.
func TestAKilledProgramGoesOn(t *testing.T) {
	for name, tc := range map[string]struct {
		fault putFault
		sent  int
	}{
		"before it was sent":          {putFault{}, 1},
		"sent and made":               {putFault{err: errSlow}, 1},
		"sent and made late":          {putFault{err: errSlow, after: 30 * time.Second}, 1},
		"sent, the change never made": {putFault{err: errSlow, after: never}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, dir, newLuscii("a-1"))
				h.luscii.onPut = func(nth int) putFault {
					if nth == 1 {
						return tc.fault
					}
					return putFault{}
				}
				if tc.fault.err != nil {
					h.run()
				}
				a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
				synctest.Wait()
				h = h.killed()
				require.Len(t, h.outbox.On("a-1"), 1, "it shows as on its way at once")
				assert.Equal(t, "Gebeld.", h.outbox.On("a-1")[0].Change.Note)
				h.run()
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
				assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied, "once")
				assert.Len(t, h.luscii.sent, tc.sent)
				h.tearDown()
			})
		})
	}
}

// Stopping finishes a write under way; what takes longer is left as sent without
// an answer, for the next start to look at.
func TestStopping(t *testing.T) {
	for name, tc := range map[string]struct {
		takes time.Duration
		state triage.ActionState
	}{
		"a write that ends soon":    {2 * time.Second, triage.StateConfirmed},
		"a write that takes longer": {8 * time.Second, triage.StateSending},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, dir, newLuscii("a-1"))
				h.luscii.onPut = func(int) putFault { return putFault{slow: tc.takes} }
				h.run()
				a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
				synctest.Wait()
				begun := time.Now()
				h.stop()
				assert.LessOrEqual(t, time.Since(begun), finishWithin)
				assert.Equal(t, tc.state, h.now(a).State)
				h.stop = func() {}
				require.NoError(t, h.store.Close())

				h = newHouse(t, dir, h.luscii)
				h.luscii.onPut = nil
				h.run()
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
				assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied, "once")
				h.tearDown()
			})
		})
	}
}
