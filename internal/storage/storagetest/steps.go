package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// without is an action as it is kept once its key, or its text, is erased.
func without(a triage.KeptAction, what ...string) triage.KeptAction {
	for _, w := range what {
		switch w {
		case "key":
			a.Key = nil
		case "text":
			a.Text = nil
		}
	}
	return a
}

func testActionsSteps(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	a := action("a")
	addActions(t, store, c, a, action("bystander"))

	sending := moved(t, a, noon, triage.StepSend)
	sending.Seen, sending.NextAt, sending.RetryUntil = noon.Add(1), noon.Add(2), noon.Add(3)
	given := sending
	given.Text, given.Key = []byte("sealed anew"), nil
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: given}))
	sending.Text = given.Text
	requireAction(t, store, sending) // with the key it had

	waiting := moved(t, sending, noon, triage.StepDefer)
	waiting.Key = []byte("another key")
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateSending, To: waiting}))
	requireAction(t, store, waiting)
	require.NoError(t, store.Close())

	store = open()
	failed := moved(t, waiting, noon.Add(4), triage.StepFail)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: failed}))
	requireAction(t, store, without(failed, "key")) // even if one is given

	retried := moved(t, failed, noon.Add(5), triage.StepRetry)
	retried.Key = []byte("the key of now")
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateFailed, To: retried}))
	requireAction(t, store, retried)

	confirmed := moved(t, retried, noon.Add(6), triage.StepSend, triage.StepConfirm)
	confirmed.Result = noon.Add(7)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: without(confirmed, "text")}))
	requireAction(t, store, without(confirmed, "key", "text"))
	requireAction(t, store, action("bystander"))

	left, err := store.UnsettledActions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []triage.KeptAction{action("bystander")}, left)
	assert.Equal(t, []string{"a", "bystander", "a", "a", "a", "a", "a"}, auditObjects(t, store, audit.Filter{}), "a record for each step")
	assert.True(t, verifyAudit(t, store, c).OK())
}

// A step of somebody who knows the action as it was before changes nothing, and
// tells the audit trail nothing.
func testActionsStepRefused(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	leased, settled := action("leased"), moved(t, action("settled"), noon, triage.StepFail, triage.StepSettle)
	settled.Text = nil
	addActions(t, store, c, leased, settled)
	got, err := store.LeaseActions(t.Context(), "me", noon, noon.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Equal(t, []triage.ActionID{"leased"}, ids(got))
	sending := moved(t, leased, noon, triage.StepSend)

	for name, s := range map[string]triage.ActionStep{
		"another state":    {From: triage.StateSending, To: sending},
		"another's lease":  {From: triage.StateRecorded, Owner: "you", To: sending},
		"settled":          {From: triage.StateFailed, To: settled},
		"never heard of":   {From: triage.StateRecorded, To: action("unknown")},
		"settled, by name": {From: triage.StateFailed, Owner: "me", To: settled},
	} {
		require.ErrorIs(t, step(t, store, c, s), triage.ErrSettled, name)
	}
	requireAction(t, store, leased)
	requireAction(t, store, without(settled, "text"))
	assert.Len(t, auditObjects(t, store, audit.Filter{}), 2)

	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, Owner: "me", To: sending}))
	require.ErrorIs(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, Owner: "me", To: sending}), triage.ErrSettled, "taken already")
}

// A withdrawal and a sending at once: one of them happens.
func testActionsStepAtOnce(t *testing.T, open func() *storage.Store) {
	stores, c := []*storage.Store{open(), open()}, auditChain(t)
	for i := range 20 {
		a := action(triage.ActionID(fmt.Sprint(i)))
		addActions(t, stores[0], c, a)
		steps := []triage.Step{triage.StepSend, triage.StepWithdraw}
		errs := make([]error, 2)
		var both sync.WaitGroup
		for j := range steps {
			to := moved(t, a, noon, steps[j])
			both.Go(func() {
				_, errs[j] = stores[j].StepAction(t.Context(), c, triage.ActionStep{From: triage.StateRecorded, To: to}, nil)
			})
		}
		both.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		require.NoError(t, errs[won])
		require.ErrorIs(t, errs[1-won], triage.ErrSettled)
		kept, _, err := stores[0].KeptAction(t.Context(), a.ID)
		require.NoError(t, err)
		assert.Equal(t, moved(t, a, noon, steps[won]).State, kept.State)
	}
}
