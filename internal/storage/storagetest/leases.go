package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// lease is what an owner gets at a moment, for a minute.
func lease(t *testing.T, store *storage.Store, owner string, at time.Time, limit int) []triage.ActionID {
	t.Helper()
	got, err := store.LeaseActions(t.Context(), owner, at, at.Add(time.Minute), limit)
	require.NoError(t, err)
	return ids(got)
}

// due is an action due so long after noon.
func due(id triage.ActionID, after time.Duration) triage.KeptAction {
	a := action(id)
	a.NextAt = noon.Add(after)
	return a
}

func testActionsLease(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	sending := moved(t, due("sending", 3), noon, triage.StepSend)
	addActions(t, store, c, due("last", 4), due("second", 2), due("first", 1), sending, due("later", time.Hour),
		moved(t, due("failed", 0), noon, triage.StepFail), moved(t, due("withdrawn", 0), noon, triage.StepWithdraw))

	assert.Empty(t, lease(t, store, "me", noon, 10), "nothing is due yet")
	got, err := store.LeaseActions(t.Context(), "me", noon.Add(4), noon.Add(time.Minute), 3)
	require.NoError(t, err)
	assert.Equal(t, []triage.KeptAction{due("first", 1), due("second", 2), sending}, got, "due longest first, with text and key")
	assert.Empty(t, lease(t, store, "you", noon.Add(4), 0))
	assert.Equal(t, []triage.ActionID{"last"}, lease(t, store, "you", noon.Add(4), 10), "not those leased")
	assert.Empty(t, lease(t, store, "me", noon.Add(time.Minute-1), 10), "nor by the same one again")
	assert.Equal(t, []triage.ActionID{"first", "second", "sending"}, lease(t, store, "you", noon.Add(time.Minute), 10), "before the lease has ended")

	require.ErrorIs(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, Owner: "me", To: moved(t, due("first", 1), noon, triage.StepSend)}),
		triage.ErrSettled, "whose lease ended and went on to another decides nothing any more")
}

// A step goes on leasing, or lets go.
func testActionsLeaseAndStep(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	a := due("a", 0)
	addActions(t, store, c, a)
	require.Equal(t, []triage.ActionID{"a"}, lease(t, store, "me", noon, 1))

	sending := moved(t, a, noon, triage.StepSend)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, Owner: "me", To: sending, Until: noon.Add(2 * time.Minute)}))
	assert.Empty(t, lease(t, store, "you", noon.Add(2*time.Minute-1), 1), "leased while it is being sent")

	waiting := moved(t, sending, noon, triage.StepAwait)
	waiting.NextAt = noon.Add(time.Second)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateSending, Owner: "me", To: waiting}))
	assert.Empty(t, lease(t, store, "you", noon, 1), "not due")
	assert.Equal(t, []triage.ActionID{"a"}, lease(t, store, "you", noon.Add(time.Second), 1), "let go")

	confirmed := moved(t, waiting, noon, triage.StepConfirm)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateSending, Owner: "you", To: confirmed}))
	assert.Empty(t, lease(t, store, "me", noon.Add(time.Hour), 1))
}

// Of many who look at once, each action goes to one.
func testActionsLeaseAtOnce(t *testing.T, open func() *storage.Store) {
	stores, c := []*storage.Store{open(), open()}, auditChain(t)
	var all []triage.KeptAction
	for i := range 100 {
		all = append(all, due(triage.ActionID(fmt.Sprint(i)), 0))
	}
	addActions(t, stores[0], c, all...)
	got, errs := make([][]triage.KeptAction, 8), make([]error, 8)
	var lookers sync.WaitGroup
	for i := range got {
		lookers.Go(func() {
			for range all { // each look takes one at least
				var some []triage.KeptAction
				some, errs[i] = stores[i%2].LeaseActions(t.Context(), fmt.Sprint("owner ", i), noon, noon.Add(time.Minute), 3)
				if len(some) == 0 || errs[i] != nil {
					return
				}
				got[i] = append(got[i], some...)
			}
		})
	}
	lookers.Wait()
	times := map[triage.ActionID]int{}
	for i, some := range got {
		require.NoError(t, errs[i])
		for _, id := range ids(some) {
			times[id]++
		}
	}
	assert.Len(t, times, len(all))
	for id, n := range times {
		assert.Equal(t, 1, n, id)
	}
}

// R46: a process that starts takes over what another left in flight.
func testActionsFreeLeases(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	addActions(t, store, c, due("a", 0), due("b", 1))
	require.Len(t, lease(t, store, "former", noon.Add(1), 10), 2)
	require.NoError(t, store.Close())

	store = open()
	assert.Empty(t, lease(t, store, "me", noon.Add(1), 10))
	require.NoError(t, store.FreeLeases(t.Context()))
	assert.Equal(t, []triage.ActionID{"a", "b"}, lease(t, store, "me", noon.Add(1), 10))
}
