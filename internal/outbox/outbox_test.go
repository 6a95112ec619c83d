package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/triage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inHouse runs a test in time of its own, on a running outbox.
func inHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, dir, newLuscii("a-1", "a-2", "a-3"))
		h.run()
		test(t, h)
		h.tearDown()
	})
}

var (
	errLost = fmt.Errorf("update alert: %w", triage.ErrUncertain)
	errSlow = context.DeadlineExceeded
)

func TestAnActionIsCarriedOut(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
		assert.Equal(t, triage.StateRecorded, a.State)
		assert.Equal(t, []triage.AlertID{"a-1"}, h.changed()[:1], "it shows at once")
		require.Len(t, h.outbox.On("a-1"), 1)
		assert.Equal(t, "Gebeld.", h.outbox.On("a-1")[0].Change.Note)

		synctest.Wait()
		h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
		assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied)
		assert.Equal(t, 1, h.luscii.rereads, "after one re-read") // R44
		kept := h.now(a)
		assert.Empty(t, kept.Text, "the note is Luscii's now")
		assert.Equal(t, h.luscii.alert("a-1").UpdatedAt, kept.Result)
		assert.Equal(t, triage.HCPID("h-1"), h.luscii.alert("a-1").ProcessedBy, "with the clinician's own key")
		require.Len(t, h.luscii.taken, 1, "the board is told")
		assert.Empty(t, h.outbox.On("a-1"))
		assert.Equal(t, []string{"begun", "done"}, h.audited())
		assert.NotContains(t, h.out.String(), "Gebeld", "sealed")
	})
}

// audited is the outcomes in the audit trail, as it was shipped.
func (h *house) audited() (outcomes []string) {
	for line := range strings.Lines(h.out.String()) {
		_, rest, _ := strings.Cut(line, `"outcome":"`)
		outcome, _, _ := strings.Cut(rest, `"`)
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

// R44: somebody acted between the click and the write.
func TestNothingIsWrittenOverAnothersAct(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		d := h.decide("a-1", triage.StatusProcessed, "Mijn notitie.")
		time.Sleep(time.Second)
		h.luscii.change("a-1", triage.Change{Status: triage.StatusEscalated, Note: "Van een ander."}, "h-2")
		require.NotEqual(t, d.Seen, h.luscii.alert("a-1").UpdatedAt, "the board is behind")
		a, err := h.outboxAct("h-1", d)
		require.NoError(t, err)
		synctest.Wait()
		h.assertState(a, triage.StateConflict, triage.ReasonChanged)
		assert.Equal(t, []string{"a-1 escalated Van een ander."}, h.luscii.applied)
		assert.Equal(t, []string{"begun", "conflict"}, h.audited())
		require.Len(t, h.outbox.Unfinished("h-1"), 1)
		assert.Equal(t, "Mijn notitie.", h.outbox.Unfinished("h-1")[0].Change.Note, "the note is kept")

		// They can still add it, seeing what is there now.
		added := h.act("h-1", "a-1", triage.StatusEscalated, "Mijn notitie.")
		assert.Len(t, h.outbox.Unfinished("h-1"), 1, "only its clinician settles what wasn't done")
		synctest.Wait()
		h.assertState(added, triage.StateConfirmed, triage.ReasonNone)
	})
}

// outboxAct records a decision although the board would know better.
func (h *house) outboxAct(by triage.HCPID, d triage.Decision) (triage.Action, error) {
	behind := triage.NewService(boardBehind{d}, h.outbox, retryFor)
	return behind.Act(h.t.Context(), actorOf(by), keyOf(by), d)
}

// boardBehind knows the alert as it was when the decision was made.
type boardBehind struct{ d triage.Decision }

func (b boardBehind) Find(context.Context, triage.AlertID) (triage.Entry, bool, error) {
	return triage.Entry{Alert: triage.Alert{ID: b.d.Alert, Status: b.d.Status, UpdatedAt: b.d.Seen}}, true, nil
}

// R46: what was sent without an answer is looked at before anything is sent again.
func TestUnknownOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   putFault
		state   triage.ActionState
		sent    int
		noSoner time.Duration // before that it isn't sent again
	}{
		"made, the answer lost":            {putFault{err: errLost}, triage.StateConfirmed, 1, 0},
		"made, no answer in time":          {putFault{err: errSlow}, triage.StateConfirmed, 1, 0},
		"not made, the answer lost":        {putFault{err: errLost, after: never}, triage.StateConfirmed, 2, timeout + grace},
		"not made, no answer in time":      {putFault{err: errSlow, after: never}, triage.StateConfirmed, 2, timeout + grace},
		"made 30 s after we gave up":       {putFault{err: errSlow, after: timeout + 30*time.Second}, triage.StateConfirmed, 1, 0},
		"made 44 s after a dropped answer": {putFault{err: errLost, after: 44 * time.Second}, triage.StateConfirmed, 1, 0},
		"refused for its content":          {putFault{err: triage.ErrRejected, after: never}, triage.StateFailed, 1, 0},
		"refused, the key":                 {putFault{err: triage.ErrKeyRefused, after: never}, triage.StateFailed, 1, 0},
		"refused, the right":               {putFault{err: triage.ErrForbidden, after: never}, triage.StateFailed, 1, 0},
		"limit reached":                    {putFault{err: triage.ErrBusy, after: never}, triage.StateConfirmed, 2, 0},
		"not connected":                    {putFault{err: triage.ErrUnavailable, after: never}, triage.StateConfirmed, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				h.luscii.onPut = func(nth int) putFault {
					if nth == 1 {
						return tc.fault
					}
					return putFault{}
				}
				a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				assert.Equal(t, tc.state, h.now(a).State)
				require.Len(t, h.luscii.sent, tc.sent)
				if tc.sent > 1 {
					assert.GreaterOrEqual(t, h.luscii.sent[1].Sub(h.luscii.sent[0]), tc.noSoner)
				}
				if tc.state == triage.StateConfirmed {
					assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied, "once")
				} else {
					assert.Empty(t, h.luscii.applied)
					assert.Equal(t, "Gebeld.", h.outbox.Unfinished("h-1")[0].Change.Note)
				}
			})
		})
	}
}

// A failure that lasts is told, retried for a while, and then kept as failed.
func TestLusciiDown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.luscii.onReread = func(int) error { return triage.ErrUnavailable }
		a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
		time.Sleep(time.Minute)
		synctest.Wait()
		waits := h.now(a)
		assert.Equal(t, triage.StateRecorded, waits.State)
		assert.Equal(t, triage.ReasonUnavailable, waits.Reason)
		assert.True(t, waits.NextAt.After(time.Now()), "and says when it is tried again")
		assert.LessOrEqual(t, time.Until(waits.NextAt), longestWait)
		time.Sleep(retryFor)
		synctest.Wait()
		h.assertState(a, triage.StateFailed, triage.ReasonUnavailable)
		assert.Empty(t, h.luscii.sent)

		// Tried again by the clinician, it works.
		h.luscii.onReread = nil
		_, err := h.service.Retry(t.Context(), actorOf("h-1"), keyOf("h-1"), a.ID)
		require.NoError(t, err)
		synctest.Wait()
		h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
		assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied)
		assert.Equal(t, []string{"begun", "failed", "begun", "done"}, h.audited())
	})
}

// busy asks to be left alone.
type busy struct{ asks time.Duration }

func (busy) Error() string               { return "busy" }
func (busy) Unwrap() error               { return triage.ErrBusy }
func (b busy) RetryAfter() time.Duration { return b.asks }

func TestRetryAfterIsHonoured(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.luscii.onPut = func(nth int) putFault {
			if nth == 1 {
				return putFault{err: busy{90 * time.Second}, after: never}
			}
			return putFault{}
		}
		h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Len(t, h.luscii.sent, 2)
		assert.GreaterOrEqual(t, h.luscii.sent[1].Sub(h.luscii.sent[0]), 90*time.Second)
	})
}

// Sent, then acted upon by somebody else, and nothing tells whether it was made
// before: nobody sends it again.
func TestWhatCannotBeKnown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.luscii.unread = true
		h.luscii.onPut = func(int) putFault {
			return putFault{err: errLost, after: never, while: func() {
				h.luscii.change("a-1", triage.Change{Status: triage.StatusEscalated}, "h-2")
			}}
		}
		a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
		time.Sleep(time.Hour)
		synctest.Wait()
		h.assertState(a, triage.StateUnknown, triage.ReasonNoAnswer)
		assert.Len(t, h.luscii.sent, 1)
		assert.Equal(t, "Gebeld.", h.outbox.Unfinished("h-1")[0].Change.Note)
		_, err := h.service.Settle(t.Context(), actorOf("h-1"), a.ID)
		require.NoError(t, err)
		assert.Empty(t, h.outbox.Unfinished("h-1"))
		assert.Empty(t, h.now(a).Text)
		assert.Equal(t, []string{"begun", "uncertain", "discarded"}, h.audited())
	})
}

// R36
func TestUndo(t *testing.T) {
	undo := func(h *house, id triage.ActionID) (undone, undo triage.Action, err error) {
		return h.service.Undo(h.t.Context(), actorOf("h-1"), keyOf("h-1"), id, triage.Action{}.Event)
	}
	t.Run("not sent yet", func(t *testing.T) {
		inHouse(t, func(t *testing.T, h *house) {
			h.luscii.onReread = func(int) error { return triage.ErrUnavailable }
			a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
			synctest.Wait()
			_, by, err := undo(h, "")
			require.NoError(t, err)
			assert.Empty(t, by.ID)
			h.luscii.onReread = nil
			time.Sleep(time.Hour)
			h.assertState(a, triage.StateWithdrawn, triage.ReasonUndone)
			assert.Empty(t, h.luscii.sent)
			assert.Equal(t, []string{"begun", "withdrawn"}, h.audited())
		})
	})
	t.Run("confirmed, twice back", func(t *testing.T) {
		inHouse(t, func(t *testing.T, h *house) {
			h.act("h-1", "a-1", triage.StatusProcessed, "Een.")
			synctest.Wait()
			time.Sleep(time.Second)
			h.act("h-1", "a-2", triage.StatusEscalated, "Twee.")
			synctest.Wait()
			for range 2 {
				time.Sleep(time.Second)
				_, by, err := undo(h, "")
				require.NoError(t, err)
				synctest.Wait()
				h.assertState(by, triage.StateConfirmed, triage.ReasonNone)
			}
			assert.Equal(t, []string{"a-1 processed Een.", "a-2 escalated Twee.", "a-2 open ", "a-1 open "}, h.luscii.applied)
			_, _, err := undo(h, "")
			assert.ErrorIs(t, err, triage.ErrNothing)
		})
	})
	t.Run("while it is being sent", func(t *testing.T) {
		inHouse(t, func(t *testing.T, h *house) {
			h.luscii.onPut = func(nth int) putFault {
				if nth == 1 {
					return putFault{err: errSlow}
				}
				return putFault{}
			}
			a := h.act("h-1", "a-1", triage.StatusProcessed, "Een.")
			synctest.Wait()
			require.Equal(t, triage.StateSending, h.now(a).State)
			_, by, err := undo(h, a.ID)
			require.NoError(t, err)
			time.Sleep(time.Minute)
			synctest.Wait()
			h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
			h.assertState(by, triage.StateConfirmed, triage.ReasonNone)
			assert.Equal(t, []string{"a-1 processed Een.", "a-1 open "}, h.luscii.applied)
		})
	})
	t.Run("what then isn't made", func(t *testing.T) {
		inHouse(t, func(t *testing.T, h *house) {
			h.luscii.onPut = func(nth int) putFault {
				if nth == 1 {
					return putFault{err: errSlow, after: never}
				}
				return putFault{err: triage.ErrRejected, after: never}
			}
			a := h.act("h-1", "a-1", triage.StatusProcessed, "Een.")
			synctest.Wait()
			_, by, err := undo(h, a.ID)
			require.NoError(t, err)
			time.Sleep(3 * time.Minute)
			synctest.Wait()
			h.assertState(a, triage.StateFailed, triage.ReasonRejected)
			h.assertState(by, triage.StateWithdrawn, triage.ReasonNothing)
		})
	})
	t.Run("when somebody acted since", func(t *testing.T) {
		inHouse(t, func(t *testing.T, h *house) {
			a := h.act("h-1", "a-1", triage.StatusProcessed, "Een.")
			synctest.Wait()
			time.Sleep(time.Second)
			h.luscii.change("a-1", triage.Change{Status: triage.StatusEscalated}, "h-2")
			_, _, err := undo(h, a.ID)
			var conflict *triage.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, triage.HCPID("h-2"), conflict.Now.EscalatedBy)
			assert.Len(t, h.luscii.sent, 1)
		})
	})
}

// A step that storage doesn't keep loses nothing: the action is gone on with from
// where it stands.
func TestStorageFailsWhileDelivering(t *testing.T) {
	for _, when := range []triage.ActionState{triage.StateSending, triage.StateConfirmed} {
		t.Run(string(when), func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				full := errors.New("disk full")
				h.store.fails = func(s triage.ActionStep) error {
					if s.To.State == when {
						return full
					}
					return nil
				}
				a := h.act("h-1", "a-1", triage.StatusProcessed, "Gebeld.")
				time.Sleep(10 * time.Second)
				synctest.Wait()
				assert.True(t, h.now(a).State.InFlight())
				assert.Equal(t, triage.DeliveryPending, h.outbox.On("a-1")[0].Delivery().State)
				h.store.mu.Lock()
				h.store.fails = nil
				h.store.mu.Unlock()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				h.assertState(a, triage.StateConfirmed, triage.ReasonNone)
				assert.Equal(t, []string{"a-1 processed Gebeld."}, h.luscii.applied, "once")
			})
		})
	}
}

// What storage doesn't take isn't accepted.
func TestNothingIsAcceptedThatIsNotKept(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.stop()
		h.stop = func() {}
		require.NoError(t, h.store.Close())
		_, err := h.service.Act(t.Context(), actorOf("h-1"), keyOf("h-1"), h.decide("a-1", triage.StatusProcessed, "Gebeld."))
		require.ErrorIs(t, err, triage.ErrUnrecorded)
		assert.Empty(t, h.outbox.On("a-1"))
		assert.Empty(t, h.changed())
	})
}

// R44: two colleagues decide about one alert at the same time; one of them writes.
func TestTwoColleaguesOnOneAlert(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		var pairs sync.WaitGroup
		const n = 100
		accepted := make([]int, n)
		for i := range n {
			id := triage.AlertID(fmt.Sprintf("b-%d", i))
			h.luscii.mu.Lock()
			h.luscii.alerts[id] = triage.Alert{ID: id, Status: triage.StatusOpen, UpdatedAt: time.Now().UTC().Truncate(time.Second).Add(-time.Hour)}
			h.luscii.mu.Unlock()
			decisions := []triage.Decision{h.decide(id, triage.StatusProcessed, "ik"), h.decide(id, triage.StatusEscalated, "ik ook")}
			var mine sync.Mutex
			for j, d := range decisions {
				pairs.Go(func() {
					by := triage.HCPID(fmt.Sprintf("h-%d", j))
					if _, err := h.service.Act(context.Background(), actorOf(by), keyOf(by), d); err == nil {
						mine.Lock()
						defer mine.Unlock()
						accepted[i]++
					}
				})
			}
		}
		pairs.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Len(t, h.luscii.applied, n, "one write for each alert")
		seen := map[string]bool{}
		for _, a := range h.luscii.applied {
			id, _, _ := strings.Cut(a, " ")
			assert.False(t, seen[id], "%s twice", id)
			seen[id] = true
		}
		for i := range n {
			assert.Positive(t, accepted[i])
		}
	})
}

// The actions of a batch wait for each other; what was re-read too long ago is
// re-read before its PUT leaves.
func TestARereadDoesNotGrowOld(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.luscii.onPut = func(int) putFault { return putFault{while: func() { time.Sleep(9 * time.Second) }} }
		var decisions []triage.Decision
		for i := range 3 * writesAtOnce {
			id := triage.AlertID(fmt.Sprintf("b-%d", i))
			h.luscii.mu.Lock()
			h.luscii.alerts[id] = triage.Alert{ID: id, Status: triage.StatusOpen, UpdatedAt: time.Now().UTC().Truncate(time.Second).Add(-time.Hour)}
			h.luscii.mu.Unlock()
			decisions = append(decisions, h.decide(id, triage.StatusProcessed, "samen"))
		}
		var asked []time.Time // under Luscii's lock
		h.luscii.onReread = func(int) error {
			asked = append(asked, time.Now())
			return nil
		}
		for _, r := range h.service.ActOnAll(t.Context(), actorOf("h-1"), keyOf("h-1"), decisions) {
			require.NoError(t, r.Err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Len(t, h.luscii.applied, len(decisions))
		assert.Greater(t, asked[len(asked)-1].Sub(asked[0]), seenWithin)
	})
}
