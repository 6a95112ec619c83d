package triage

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What failed is tried again with the key of now, still bound to what was seen.
func TestRetry(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepDefer, StepFail)
	again, err := h.Retry(context.Background(), nurse, "the key now", a.ID)
	require.NoError(t, err)
	assert.Equal(t, StateRecorded, again.State)
	assert.Equal(t, a.Seen, again.Seen)
	assert.Equal(t, "Gebeld.", again.Change.Note)
	assert.Equal(t, "the key now", h.ledger.keys[a.ID].Reveal())

	_, err = h.Retry(context.Background(), nurse, "the key now", a.ID)
	assert.Equal(t, &InFlightError{again}, err)
}

func TestRetryIsRefused(t *testing.T) {
	reader := nurse
	reader.Role = RoleViewAll
	elsewhere := nurse
	elsewhere.Groups = map[GroupID]bool{others.Group: true}
	for name, tc := range map[string]struct {
		actor Actor
		steps []Step
		name  ActionID // empty: that of the action
		want  error
	}{
		"one that isn't theirs":      {Actor{ID: "h-9", Role: RoleAdmin}, []Step{StepFail}, "", ErrNotFound},
		"one that isn't":             {nurse, []Step{StepFail}, "nowhere", ErrNotFound},
		"out of their scope by now":  {elsewhere, []Step{StepFail}, "", ErrNotFound},
		"no right by now":            {reader, []Step{StepFail}, "", ErrForbidden},
		"one that met a conflict":    {nurse, []Step{StepConflict}, "", ErrSettled},
		"one that may have happened": {nurse, []Step{StepSend, StepLose}, "", ErrSettled},
		"one that is done":           {nurse, []Step{StepSend, StepConfirm}, "", ErrSettled},
		"one that was settled":       {nurse, []Step{StepFail, StepSettle}, "", ErrSettled},
	} {
		h := newHouse(waits)
		a := h.does(t, process(), tc.steps...)
		if tc.name == "" {
			tc.name = a.ID
		}
		_, err := h.Retry(context.Background(), tc.actor, "k", tc.name)
		require.ErrorIs(t, err, tc.want, name)
		assert.Equal(t, []Action{a}, h.ledger.all(), name)
	}
}

func TestRetryWhenSomethingFails(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepFail)
	h.ledger.full = errDisk
	_, err := h.Retry(context.Background(), nurse, "k", a.ID)
	require.ErrorIs(t, err, ErrUnrecorded)
	h.ledger.unread = errDisk
	_, err = h.Retry(context.Background(), nurse, "k", a.ID)
	require.ErrorIs(t, err, ErrUnavailable)
}

// A colleague's decision came in between: the failed one waits until that ended.
func TestRetryWhileAnotherIsInFlight(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepFail)
	theirs, err := h.act(Actor{ID: "h-9", Role: RoleAdmin}, process())
	require.NoError(t, err)
	_, err = h.Retry(context.Background(), nurse, "k", a.ID)
	assert.Equal(t, &InFlightError{theirs}, err)
}

func TestSettle(t *testing.T) {
	for _, steps := range [][]Step{{StepConflict}, {StepFail}, {StepSend, StepLose}} {
		h := newHouse(waits)
		a := h.does(t, process(), steps...)
		_, err := h.Settle(context.Background(), Actor{ID: "h-9", Role: RoleAdmin}, a.ID)
		require.ErrorIs(t, err, ErrNotFound, "others' aren't theirs to settle")
		settled, err := h.Settle(context.Background(), nurse, a.ID)
		require.NoError(t, err)
		assert.Equal(t, a.State, settled.State)
		assert.False(t, settled.SettledAt.IsZero())
		assert.Empty(t, settled.Change.Note)
		assert.Empty(t, h.ledger.On(waits.ID))
		_, err = h.Settle(context.Background(), nurse, a.ID)
		require.ErrorIs(t, err, ErrSettled)
	}
	h := newHouse(waits)
	a := h.does(t, process())
	_, err := h.Settle(context.Background(), nurse, a.ID)
	require.ErrorIs(t, err, ErrSettled, "what is on its way can't be put aside")
}
