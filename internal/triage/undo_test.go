package triage

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

// does accepts a decision of the nurse's and carries it out as the outbox would:
// steps, then, if it is confirmed, Luscii's answer.
func (h *house) does(t *testing.T, d Decision, steps ...Step) Action {
	t.Helper()
	a, err := h.act(nurse, d)
	require.NoError(t, err)
	h.carryOut(a.ID, steps...)
	return h.find(t, a.ID)
}

func (h *house) carryOut(id ActionID, steps ...Step) {
	h.ledger.mu.Lock()
	defer h.ledger.mu.Unlock()
	h.ledger.move(id, steps...)
	for i, a := range h.ledger.actions {
		if a.ID == id && a.State == StateConfirmed {
			now := h.board.known[a.Alert]
			now.Status, now.UpdatedAt, now.ProcessedAt, now.ProcessedBy = a.Change.Status, now.UpdatedAt.Add(time.Minute), time.Time{}, ""
			if now.Status == StatusProcessed {
				now.ProcessedAt, now.ProcessedBy = time.Now().UTC(), a.Actor
			}
			h.board.known[a.Alert] = now
			h.ledger.actions[i].Result = now.UpdatedAt
		}
	}
}

func (h *house) find(t *testing.T, id ActionID) Action {
	t.Helper()
	a, ok, err := h.ledger.Action(t.Context(), nurse.ID, id)
	require.NoError(t, err)
	require.True(t, ok)
	return a
}

func (h *house) undo(id ActionID) (undone, undo Action, err error) {
	return h.Undo(context.Background(), nurse, "the key now", id, audit.Event{User: "h-1", RequestID: "r-2"})
}

// seenNow is the decision to do something to an alert as the board knows it now.
func (h *house) seenNow(id AlertID, status Status) Decision {
	d := processOf(h.board.known[id])
	d.Change.Status = status
	return d
}

// R36: what isn't sent yet is withdrawn, a note too.
func TestUndoWithdrawsWhatIsNotSent(t *testing.T) {
	for _, status := range []Status{StatusProcessed, StatusOpen} {
		h := newHouse(waits)
		a := h.does(t, h.seenNow(waits.ID, status), StepDefer)
		undone, undo, err := h.undo("")
		require.NoError(t, err)
		assert.Zero(t, undo)
		assert.Equal(t, a.ID, undone.ID)
		assert.Equal(t, StateWithdrawn, undone.State)
		assert.Equal(t, []Action{undone}, h.ledger.all())
		_, err = h.act(nurse, process())
		assert.NoError(t, err, "the alert is free again")
	}
}

// It is theirs to take back, even where they may not act on the alert any more.
func TestUndoWithdrawsWhateverTheScope(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process())
	delete(h.board.known, waits.ID)
	undone, _, err := h.undo(a.ID)
	require.NoError(t, err)
	assert.Equal(t, StateWithdrawn, undone.State)
}

// R36: what is done is undone by a write that restores the status of before, bound
// to what Luscii answered then.
func TestUndoOfAConfirmedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		escalated := waits
		escalated.Status = StatusEscalated
		h := newHouse(escalated)
		a := h.does(t, h.seenNow(waits.ID, StatusProcessed), StepSend, StepConfirm)
		undone, undo, err := h.undo("")
		require.NoError(t, err)
		assert.Equal(t, a, undone)
		assert.Equal(t, Action{
			ID: undo.ID, Undoes: a.ID, Alert: waits.ID, Patient: waits.Patient, Actor: nurse.ID, SignIn: nurse.SignIn,
			Change: Change{Status: StatusEscalated}, Seen: a.Result, Was: StatusProcessed, State: StateRecorded,
			RecordedAt: time.Now().UTC(), NextAt: time.Now().UTC(), RetryUntil: time.Now().UTC().Add(15 * time.Minute),
			Event: audit.Event{
				User: "h-1", RequestID: "r-2", Action: audit.AlertChanged, Patient: "p-1", Object: audit.Object{Kind: audit.KindAlert, ID: "a-1"},
				Details: audit.Details{Was: "processed", Is: "escalated", Undo: true},
			},
		}, undo)
		assert.NotEqual(t, a.ID, undo.ID)
		assert.Equal(t, []Action{a, undo}, h.ledger.all())
		assert.Equal(t, "the key now", h.ledger.keys[undo.ID].Reveal())
	})
}

// R36: one being sent is undone once it is confirmed; until then the undo waits
// behind it. R17: what it says of both is as it will be then.
func TestUndoOfOneBeingSent(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepSend)
	undone, undo, err := h.undo("")
	require.NoError(t, err)
	assert.Equal(t, a, undone)
	assert.Equal(t, a.ID, undo.Undoes)
	assert.Equal(t, StatusProcessed, undo.Was)
	assert.Equal(t, Change{Status: StatusOpen}, undo.Change)
	assert.Zero(t, undo.Seen, "not known before it is confirmed")
	assert.Equal(t, audit.AlertChanged, undo.Event.Action)
	assert.Equal(t, audit.Details{Was: "processed", Is: "open", Undo: true, ReopenedSoon: true}, undo.Event.Details)
	assert.Equal(t, []Action{a, undo}, h.ledger.all())
}

// R17: reopened by the same user within ten minutes, however they do it.
func TestReopenedSoonStandsInTheAuditTrail(t *testing.T) {
	for pause, soon := range map[time.Duration]bool{10 * time.Minute: true, 10*time.Minute + time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(waits)
			a := h.does(t, process(), StepSend, StepConfirm)
			time.Sleep(pause)
			assert.False(t, a.Event.Details.ReopenedSoon)
			byHand, err := h.accept(t.Context(), nurse, h.seenNow(waits.ID, StatusOpen))
			require.NoError(t, err)
			assert.Equal(t, soon, byHand.Event.Details.ReopenedSoon)
			assert.False(t, byHand.Event.Details.Undo)
			_, undo, err := h.undo(a.ID)
			require.NoError(t, err)
			assert.Equal(t, soon, undo.Event.Details.ReopenedSoon)
		})
	}
}

// An action that is sent in the very moment is undone behind it; a note that is
// sent can't be, and nothing is written in its place.
func TestUndoOfWhatIsSentMeanwhile(t *testing.T) {
	for name, tc := range map[string]struct {
		status Status
		steps  []Step
		undoes bool
		err    error
	}{
		"it is being sent":        {StatusProcessed, []Step{StepSend}, true, nil},
		"it is sent and deferred": {StatusProcessed, []Step{StepSend, StepDefer}, false, nil},
		"it failed":               {StatusProcessed, []Step{StepFail}, false, ErrSettled},
		"it is a note":            {StatusOpen, []Step{StepSend}, false, ErrSettled},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(waits)
			a := h.does(t, h.seenNow(waits.ID, tc.status))
			h.ledger.beforeTake = func() {
				h.ledger.beforeTake = nil
				h.ledger.move(a.ID, tc.steps...)
			}
			undone, undo, err := h.undo("")
			if tc.err != nil {
				require.ErrorIs(t, err, tc.err)
				assert.Equal(t, a.ID, undone.ID, "for the explanation")
				assert.Len(t, h.ledger.all(), 1)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, a.ID, undone.ID)
			assert.Equal(t, tc.undoes, undo.Undoes == a.ID)
			assert.Equal(t, !tc.undoes, undone.State == StateWithdrawn)
		})
	}
}

func TestUndoByName(t *testing.T) {
	second := waits
	second.ID = "a-5"
	h := newHouse(waits, second)
	older := h.does(t, process(), StepSend, StepConfirm)
	h.does(t, processOf(second), StepSend, StepConfirm)
	undone, undo, err := h.undo(older.ID)
	require.NoError(t, err)
	assert.Equal(t, older.ID, undone.ID)
	assert.Equal(t, older.ID, undo.Undoes)

	for name, id := range map[string]ActionID{"undone already": older.ID, "an undo itself": undo.ID} {
		_, _, err = h.undo(id)
		assert.Equal(t, ErrSettled, err, name)
	}
}

// Nobody learns of others' actions, nor takes them back.
func TestUndoOfAForeignName(t *testing.T) {
	h := newHouse(waits)
	a, err := h.act(Actor{ID: "h-9", Role: RoleAdmin}, process())
	require.NoError(t, err)
	_, _, errForeign := h.undo(a.ID)
	_, _, errUnknown := h.undo("nowhere")
	assert.Equal(t, ErrNotFound, errForeign)
	assert.Equal(t, errForeign, errUnknown)
	_, _, err = h.undo("")
	assert.Equal(t, ErrNothing, err)
	assert.Equal(t, []Action{a}, h.ledger.all())
}

// R36: repeated, it walks back through one's own last actions, past those that did
// nothing.
func TestUndoWalksBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alerts := []Alert{waits, waits, waits}
		for i := range alerts {
			alerts[i].ID = AlertID(rune('a' + i))
		}
		h := newHouse(alerts...)
		steps := [][]Step{{StepSend, StepConfirm}, {StepFail}, {StepSend, StepConfirm}}
		var did []ActionID
		for i, a := range alerts {
			time.Sleep(time.Second)
			did = append(did, h.does(t, processOf(a), steps[i]...).ID)
		}
		for _, want := range []ActionID{did[2], did[0]} {
			time.Sleep(time.Second)
			undone, undo, err := h.undo("")
			require.NoError(t, err)
			assert.Equal(t, want, undone.ID)
			h.carryOut(undo.ID, StepSend, StepConfirm)
		}
		_, _, err := h.undo("")
		assert.Equal(t, ErrNothing, err)
		for _, a := range alerts {
			assert.Equal(t, StatusOpen, h.board.known[a.ID].Status)
		}
	})
}

// What can't be undone isn't passed over: the clinician would undo something else
// than they have in mind.
func TestUndoStops(t *testing.T) {
	for name, tc := range map[string]struct {
		status Status
		steps  []Step
	}{
		"at a note":                   {StatusOpen, []Step{StepSend, StepConfirm}},
		"at a note that is sent":      {StatusOpen, []Step{StepSend}},
		"at what nobody knows became": {StatusProcessed, []Step{StepSend, StepLose}},
	} {
		synctest.Test(t, func(t *testing.T) {
			second := waits
			second.ID = "a-5"
			h := newHouse(waits, second)
			h.does(t, process(), StepSend, StepConfirm)
			time.Sleep(time.Second)
			last := h.does(t, h.seenNow(second.ID, tc.status), tc.steps...)
			undone, undo, err := h.undo("")
			assert.Equal(t, ErrSettled, err, name)
			assert.Equal(t, last.ID, undone.ID, "for the explanation")
			assert.Zero(t, undo)
			assert.Len(t, h.ledger.all(), 2)
		})
	}
}

// R36, R44: refused if anybody acted since.
func TestUndoWhenSomebodyActedSince(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepSend, StepConfirm)
	since := h.board.known[waits.ID]
	since.Status, since.UpdatedAt = StatusEscalated, since.UpdatedAt.Add(time.Second)
	h.board.known[waits.ID] = since
	undone, undo, err := h.undo("")
	assert.Equal(t, &ConflictError{Now: since}, err)
	assert.Equal(t, a, undone)
	assert.Zero(t, undo)
	assert.Len(t, h.ledger.all(), 1)
}

// Where Luscii's answer already told of somebody else, there is nothing to bind an
// undo to.
func TestUndoWithoutAResult(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepSend, StepConfirm)
	h.ledger.actions[0].Result = time.Time{}
	_, _, err := h.undo(a.ID)
	var conflict *ConflictError
	assert.ErrorAs(t, err, &conflict)
}

func TestUndoWhileAColleagueActs(t *testing.T) {
	h := newHouse(waits)
	h.does(t, process(), StepSend, StepConfirm)
	theirs, err := h.act(Actor{ID: "h-9", Role: RoleAdmin}, h.seenNow(waits.ID, StatusEscalated))
	require.NoError(t, err)
	_, _, err = h.undo("")
	assert.Equal(t, &InFlightError{theirs}, err)
}

func TestUndoNeedsTheRightToAct(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepSend, StepConfirm)
	moved := h.board.known[waits.ID]
	moved.Group = others.Group
	h.board.known[waits.ID] = moved
	_, _, err := h.undo(a.ID)
	assert.Equal(t, ErrNotFound, err)
	assert.Len(t, h.ledger.all(), 1)
}

// Without a name only the last twelve hours count.
func TestUndoReachesBackAShift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(waits)
		a := h.does(t, process(), StepSend, StepConfirm)
		time.Sleep(undoFor + time.Second)
		_, _, err := h.undo("")
		assert.Equal(t, ErrNothing, err)
		_, undo, err := h.undo(a.ID)
		require.NoError(t, err)
		assert.Equal(t, a.ID, undo.Undoes)
	})
}

func TestUndoWhenStorageFails(t *testing.T) {
	h := newHouse(waits)
	a := h.does(t, process(), StepSend)
	h.ledger.full = errDisk
	_, undo, err := h.undo("")
	require.ErrorIs(t, err, ErrUnrecorded)
	assert.Zero(t, undo)
	h.ledger.unread = errDisk
	for _, id := range []ActionID{"", a.ID} {
		_, _, err = h.undo(id)
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorIs(t, err, errDisk)
	}
	h.ledger.unread = nil
	h.board.unread = errDisk
	_, _, err = h.undo("")
	require.ErrorIs(t, err, ErrUnavailable)
}
