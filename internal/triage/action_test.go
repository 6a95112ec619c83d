package triage

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var everyStep = []Step{
	StepSend, StepConfirm, StepDefer, StepAwait, StepConflict, StepFail, StepLose, StepWithdraw, StepRetry, StepSettle,
}

// Every pair of a state and a step: where it leads, or that it is impossible (-).
func TestEveryStepFromEveryState(t *testing.T) {
	const (
		rec, snd, cnf, cfl = StateRecorded, StateSending, StateConfirmed, StateConflict
		fld, wdr, unk      = StateFailed, StateWithdrawn, StateUnknown
		no                 = ActionState("-")
	)
	table := map[ActionState][]ActionState{
		//    send conf defr await cfl fail lose wdr retry settle
		rec: {snd, no, rec, no, cfl, fld, no, wdr, no, no},
		snd: {no, cnf, rec, snd, cfl, fld, unk, no, no, no},
		cnf: {no, no, no, no, no, no, no, no, no, no},
		cfl: {no, no, no, no, no, no, no, no, no, cfl},
		fld: {no, no, no, no, no, no, no, no, rec, fld},
		wdr: {no, no, no, no, no, no, no, no, no, no},
		unk: {no, no, no, no, no, no, no, no, no, unk},
		"":  {no, no, no, no, no, no, no, no, no, no},
	}
	require.Len(t, table, len(ActionStates)+1)
	for _, from := range append([]ActionState{""}, ActionStates...) {
		require.Len(t, table[from], len(everyStep), from)
		for i, step := range everyStep {
			a := Action{State: from, Change: Change{Status: StatusProcessed, Note: "Gebeld."}}
			next, err := a.After(step, ReasonBusy, noon)
			if table[from][i] == no {
				require.Equal(t, &StepError{from, step}, err, "%s, %s", from, step)
				require.Equal(t, a, next, "nothing happened to it")
				continue
			}
			require.NoError(t, err, "%s, %s", from, step)
			require.Equal(t, table[from][i], next.State, "%s, %s", from, step)
		}
		_, err := Action{State: from}.After("jump", "", noon)
		require.Error(t, err)
	}
	assert.EqualError(t, &StepError{StateConfirmed, StepSend}, `an action that is confirmed can't take the step "send"`)
}

func TestASettledActionTakesNoStep(t *testing.T) {
	for _, state := range ActionStates {
		for _, step := range everyStep {
			a := Action{State: state, SettledAt: noon}
			next, err := a.After(step, "", noon)
			assert.Equal(t, &StepError{state, step}, err)
			assert.Equal(t, a, next)
		}
	}
}

// taking is an action after steps, a minute apart.
func taking(t *testing.T, steps ...Step) Action {
	t.Helper()
	a := Action{
		ID: "x", Alert: waits.ID, Actor: nurse.ID, State: StateRecorded, Was: StatusOpen, RecordedAt: noon, NextAt: noon,
		Change: Change{Status: StatusProcessed, Category: "request_visit", Note: "Gebeld."},
	}
	for i, step := range steps {
		next, err := a.After(step, ReasonBusy, noon.Add(time.Duration(i+1)*time.Minute))
		require.NoError(t, err)
		a = next
	}
	return a
}

// R38: what was typed is kept until nobody needs it any more.
func TestTextIsKeptUntilItIsSettled(t *testing.T) {
	for name, tc := range map[string]struct {
		steps []Step
		kept  bool
	}{
		"recorded":         {nil, true},
		"sending":          {[]Step{StepSend}, true},
		"deferred":         {[]Step{StepSend, StepDefer}, true},
		"awaited":          {[]Step{StepSend, StepAwait}, true},
		"confirmed":        {[]Step{StepSend, StepConfirm}, false},
		"withdrawn":        {[]Step{StepWithdraw}, false},
		"conflict":         {[]Step{StepConflict}, true},
		"failed":           {[]Step{StepFail}, true},
		"retried":          {[]Step{StepFail, StepRetry}, true},
		"unknown":          {[]Step{StepSend, StepLose}, true},
		"conflict settled": {[]Step{StepConflict, StepSettle}, false},
		"failed settled":   {[]Step{StepFail, StepSettle}, false},
		"unknown settled":  {[]Step{StepSend, StepLose, StepSettle}, false},
	} {
		change := taking(t, tc.steps...).Change
		want := Change{Status: StatusProcessed}
		if tc.kept {
			want.Category, want.Note = "request_visit", "Gebeld."
		}
		assert.Equal(t, want, change, name)
	}
}

func TestStepsNoteTimesReasonsAndTries(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

	sending := taking(t, StepDefer, StepDefer, StepSend, StepAwait)
	assert.Equal(t, minute(3), sending.SentAt)
	assert.Equal(t, 3, sending.Tries)
	assert.Equal(t, ReasonBusy, sending.Reason)
	assert.Zero(t, sending.EndedAt)
	assert.Zero(t, sending.SettledAt)

	failed := taking(t, StepDefer, StepFail)
	assert.Equal(t, minute(2), failed.EndedAt)
	assert.Zero(t, failed.SettledAt, "somebody has to know")
	assert.Zero(t, failed.SentAt)

	retried, err := failed.After(StepRetry, ReasonNone, minute(9))
	require.NoError(t, err)
	assert.Zero(t, retried.EndedAt)
	assert.Zero(t, retried.Tries)
	assert.Equal(t, ReasonNone, retried.Reason)
	assert.Equal(t, noon, retried.RecordedAt)

	settled, err := failed.After(StepSettle, ReasonNone, minute(9))
	require.NoError(t, err)
	assert.Equal(t, minute(9), settled.SettledAt)
	assert.Equal(t, minute(2), settled.EndedAt)
	assert.Equal(t, ReasonBusy, settled.Reason, "why it ended is still to be seen")

	for _, ended := range []Action{taking(t, StepSend, StepConfirm), taking(t, StepWithdraw)} {
		assert.Equal(t, ended.EndedAt, ended.SettledAt, "nobody needs to look at it")
		assert.False(t, ended.EndedAt.IsZero())
	}
}

// R46: whatever happens to an action, it is in flight or it has ended; it never
// leaves its states, what was typed isn't lost while somebody needs it, and once
// settled it is as it is.
func TestAnySequenceOfSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Action{State: StateRecorded, Was: StatusOpen, RecordedAt: noon, Change: Change{Status: StatusProcessed, Category: "c", Note: "n"}}
		now, puts := noon, 0
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			now = now.Add(time.Second)
			step := rapid.SampledFrom(everyStep).Draw(t, "step")
			next, err := a.After(step, ReasonBusy, now)
			switch {
			case err != nil:
				require.Equal(t, a, next)
				continue
			case step == StepSend:
				puts++
				require.Equal(t, StateRecorded, a.State, "sent only when nothing is on its way")
			}
			require.True(t, a.SettledAt.IsZero(), "a settled action doesn't move")
			require.Contains(t, ActionStates, next.State)
			require.Equal(t, next.State.InFlight(), next.EndedAt.IsZero())
			require.False(t, next.EndedAt.IsZero() && !next.SettledAt.IsZero(), "settled means ended")
			require.Equal(t, next.SettledAt.IsZero(), next.Change.Note == "n" && next.Change.Category == "c", "text")
			require.Equal(t, puts > 0, !next.SentAt.IsZero())
			require.Equal(t, StatusProcessed, next.Change.Status)
			require.Equal(t, noon, next.RecordedAt)
			require.GreaterOrEqual(t, next.Tries, 0)
			switch next.State {
			case StateConfirmed, StateWithdrawn:
				require.False(t, next.SettledAt.IsZero())
			case StateUnknown:
				require.Positive(t, puts, "only what was sent is unknown")
			}
			if next.State == StateConfirmed {
				require.Positive(t, puts, "nothing is confirmed that wasn't sent") // R38
			}
			a = next
		}
	})
}

func TestInFlight(t *testing.T) {
	for state, want := range map[ActionState]bool{
		StateRecorded: true, StateSending: true, StateConfirmed: false, StateConflict: false, StateFailed: false,
		StateWithdrawn: false, StateUnknown: false, "": false,
	} {
		assert.Equal(t, want, state.InFlight(), state)
	}
}

// R38: pending, failed, conflict and unknown look different, and each differs from
// done.
func TestDelivery(t *testing.T) {
	for _, tc := range []struct {
		steps []Step
		want  DeliveryState
	}{
		{nil, DeliveryPending},
		{[]Step{StepSend}, DeliveryPending},
		{[]Step{StepSend, StepConfirm}, DeliveryNone},
		{[]Step{StepWithdraw}, DeliveryNone},
		{[]Step{StepConflict}, DeliveryConflict},
		{[]Step{StepFail}, DeliveryFailed},
		{[]Step{StepFail, StepRetry}, DeliveryPending},
		{[]Step{StepSend, StepLose}, DeliveryUnknown},
		{[]Step{StepConflict, StepSettle}, DeliveryNone},
		{[]Step{StepFail, StepSettle}, DeliveryNone},
		{[]Step{StepSend, StepLose, StepSettle}, DeliveryNone},
	} {
		a := taking(t, tc.steps...)
		want := Delivery{State: tc.want, By: nurse.ID, Wanted: StatusProcessed}
		if tc.want == DeliveryNone {
			want = Delivery{}
		}
		assert.Equal(t, want, a.Delivery(), tc.steps)
	}
	note := taking(t)
	note.Was = StatusProcessed
	assert.Equal(t, Delivery{State: DeliveryPending, By: nurse.ID, Wanted: StatusProcessed, Note: true}, note.Delivery())
}

// What is displayed: Luscii's word, and above it what is on its way there.
func TestOverlay(t *testing.T) {
	on := func(id ActionID, after time.Duration, steps ...Step) Action {
		a := taking(t, steps...)
		a.ID, a.RecordedAt, a.Actor = id, noon.Add(after), HCPID("by "+id)
		return a
	}
	elsewhere := on("elsewhere", 0)
	elsewhere.Alert = "a-2"
	for name, tc := range map[string]struct {
		actions []Action
		by      HCPID
		state   DeliveryState
	}{
		"nothing":                             {nil, "", DeliveryNone},
		"one":                                 {[]Action{on("a", 0)}, "by a", DeliveryPending},
		"another alert's":                     {[]Action{elsewhere}, "", DeliveryNone},
		"one beside another alert's":          {[]Action{elsewhere, on("a", 0, StepFail)}, "by a", DeliveryFailed},
		"the newest of those that ended":      {[]Action{on("a", 0, StepFail), on("b", 1, StepConflict)}, "by b", DeliveryConflict},
		"whatever their order":                {[]Action{on("b", 1, StepConflict), on("a", 0, StepFail)}, "by b", DeliveryConflict},
		"in flight before newer":              {[]Action{on("a", 0), on("b", 1, StepFail)}, "by a", DeliveryPending},
		"in flight before newer, turned":      {[]Action{on("b", 1, StepFail), on("a", 0)}, "by a", DeliveryPending},
		"the undo before what it undoes":      {[]Action{on("a", 0, StepSend), on("b", 1)}, "by b", DeliveryPending},
		"at one moment, the greater id":       {[]Action{on("a", 0), on("b", 0)}, "by b", DeliveryPending},
		"at one moment, turned":               {[]Action{on("b", 0), on("a", 0)}, "by b", DeliveryPending},
		"done hides nothing":                  {[]Action{on("a", 0, StepFail), on("b", 1, StepSend, StepConfirm)}, "by a", DeliveryFailed},
		"settled ones aren't shown":           {[]Action{on("a", 0, StepFail, StepSettle)}, "", DeliveryNone},
		"settled newer ones hide no older":    {[]Action{on("a", 0, StepSend, StepLose), on("b", 1, StepFail, StepSettle)}, "by a", DeliveryUnknown},
		"withdrawn, nothing is on its way":    {[]Action{on("a", 0, StepWithdraw)}, "", DeliveryNone},
		"confirmed, nothing is on its way":    {[]Action{on("a", 0, StepSend, StepConfirm)}, "", DeliveryNone},
		"retried, it is on its way once more": {[]Action{on("a", 0, StepFail, StepRetry)}, "by a", DeliveryPending},
	} {
		t.Run(name, func(t *testing.T) {
			given := fmt.Sprint(tc.actions)
			e := Entry{Alert: waits, Day: "2026-11-20", ConfirmedAt: noon}
			want := e
			if tc.state != DeliveryNone {
				want.Delivery = Delivery{State: tc.state, By: tc.by, Wanted: StatusProcessed}
			}
			assert.Equal(t, want, Overlay(e, tc.actions), "and the status stays Luscii's") // R38

			e.Delivery = Delivery{State: DeliveryFailed, By: "h-9"}
			assert.Equal(t, want, Overlay(e, tc.actions), "whatever was laid over it before")
			assert.Equal(t, given, fmt.Sprint(tc.actions), "what it is made from stays as it is")
		})
	}
}
