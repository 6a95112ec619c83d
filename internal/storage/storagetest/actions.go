package storagetest

import (
	"context"
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

// action is a recorded action on an alert of its own, due at noon.
func action(id triage.ActionID) triage.KeptAction {
	return triage.KeptAction{
		Action: triage.Action{
			ID: id, Alert: "alert of " + triage.AlertID(id), Patient: "p1", Actor: "h1", SignIn: "s1",
			Change: triage.Change{Status: triage.StatusProcessed}, Seen: noon.Add(-time.Hour), Was: triage.StatusOpen,
			State: triage.StateRecorded, RecordedAt: noon, RetryUntil: noon.Add(15 * time.Minute), NextAt: noon,
			Event: audit.Event{User: "h1", Action: audit.AlertChanged},
		},
		Text: []byte("sealed text"), Key: []byte("sealed key"),
	}
}

// behind is the undo of an action.
func behind(a triage.KeptAction) triage.KeptAction {
	undo := action("undo of " + a.ID)
	undo.Undoes, undo.Alert, undo.Text = a.ID, a.Alert, nil
	undo.Change.Status, undo.Was = a.Was, a.Change.Status
	return undo
}

// told is the audit event of an action.
func told(a triage.KeptAction, outcome audit.Outcome) audit.Event {
	e := auditEvent(0, "h1", string(a.Patient), audit.AlertChanged)
	e.Object.ID, e.Outcome = string(a.ID), outcome
	return e
}

func addActions(t *testing.T, store *storage.Store, c *audit.Chain, actions ...triage.KeptAction) {
	t.Helper()
	var events []audit.Event
	for _, a := range actions {
		events = append(events, told(a, audit.Begun))
	}
	records, err := store.AddActions(t.Context(), c, actions, events)
	require.NoError(t, err)
	require.Len(t, records, len(events))
}

// moved is an action a step on, by the machine itself.
func moved(t *testing.T, a triage.KeptAction, at time.Time, steps ...triage.Step) triage.KeptAction {
	t.Helper()
	for _, step := range steps {
		next, err := a.After(step, triage.ReasonBusy, at)
		require.NoError(t, err)
		a.Action = next
	}
	return a
}

func step(t *testing.T, store *storage.Store, c *audit.Chain, s triage.ActionStep) error {
	t.Helper()
	records, err := store.StepAction(t.Context(), c, s, []audit.Event{told(s.To, audit.Done)})
	if err != nil {
		require.Empty(t, records)
		return err
	}
	require.Len(t, records, 1)
	return nil
}

func requireAction(t *testing.T, store *storage.Store, want triage.KeptAction) {
	t.Helper()
	got, found, err := store.KeptAction(t.Context(), want.ID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, got)
}

func ids(actions []triage.KeptAction) []triage.ActionID {
	var out []triage.ActionID
	for _, a := range actions {
		out = append(out, a.ID)
	}
	return out
}

// R46: all that it takes to carry an action out survives the program.
func testActionsRoundTrip(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Nanosecond) }
	full := triage.KeptAction{
		Action: triage.Action{
			ID: "full", Batch: "b1", Undoes: "another", Alert: "a1", Patient: "p1", Actor: "h1", SignIn: "s1",
			Change: triage.Change{Status: triage.StatusEscalated}, Seen: at(1), Was: triage.StatusProcessed,
			State: triage.StateSending, Reason: triage.ReasonNoAnswer,
			RecordedAt: at(2), RetryUntil: at(3), SentAt: at(4), NextAt: at(5), EndedAt: at(6), SettledAt: at(7), Tries: 8, Result: at(9),
			Event: audit.Event{
				Action: audit.AlertChanged, Outcome: audit.Begun, User: "h1", Role: "HC_PRIMARY", Organisation: "board.test",
				AccessPoint: "https://board.test/alerts/{id}", Patient: "p1", Object: audit.Object{Kind: audit.KindAlert, ID: "a1"},
				Basis: audit.Basis{Rule: audit.ByRoleAndGroup, Groups: []string{"g1", "g2"}}, RequestID: "r1",
				Details: audit.Details{Was: "processed", Is: "escalated", Undo: true, ReopenedSoon: true},
			},
		},
		Text: []byte{0, 1, 255}, Key: []byte{255, 0},
	}
	empty := triage.KeptAction{Action: triage.Action{ID: "empty", State: triage.StateRecorded, RecordedAt: at(1)}}
	odd := action("odd '\" \n ü")
	odd.Was = "snoozed"
	zoned := action("zoned")
	zoned.Seen = zoned.Seen.In(time.FixedZone("", 3600))
	addActions(t, store, c, full, empty, odd, zoned)
	require.NoError(t, store.Close())

	store = open()
	requireAction(t, store, full)
	requireAction(t, store, empty)
	requireAction(t, store, odd)
	zoned.Seen = zoned.Seen.UTC()
	requireAction(t, store, zoned)
	_, found, err := store.KeptAction(t.Context(), "unknown")
	require.NoError(t, err)
	assert.False(t, found)
	assert.True(t, verifyAudit(t, store, c).OK())
	assert.Equal(t, []string{"full", "empty", "odd '\" \n ü", "zoned"}, auditObjects(t, store, audit.Filter{}))
}

// R46: the actions and their audit records are kept together, or nothing is.
func testActionsAllOrNone(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	first := action("first")
	addActions(t, store, c, first)
	taken, fine := action("taken"), action("fine")
	taken.Alert = first.Alert
	actions := []triage.KeptAction{fine, taken, action("other")}
	records, err := store.AddActions(t.Context(), c, actions, []audit.Event{told(fine, audit.Begun)})
	var inFlight *triage.InFlightError
	require.ErrorAs(t, err, &inFlight)
	assert.Equal(t, first.Alert, inFlight.Action.Alert)
	assert.Empty(t, records)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = store.AddActions(gone, c, []triage.KeptAction{fine}, []audit.Event{told(fine, audit.Begun)})
	require.Error(t, err)
	assert.NotErrorAs(t, err, &inFlight)

	all, err := store.UnsettledActions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []triage.KeptAction{first}, all)
	assert.Equal(t, []string{"first"}, auditObjects(t, store, audit.Filter{}), "nor an audit record")
	addActions(t, store, c, fine)
}

// One action on an alert at a time, and behind it the one that takes it back: two
// colleagues on one alert make one write.
func testActionsOneInFlight(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	add := func(a triage.KeptAction) error {
		_, err := store.AddActions(t.Context(), c, []triage.KeptAction{a}, nil)
		return err
	}
	on := func(id triage.ActionID) triage.KeptAction {
		a := action(id)
		a.Alert = "a1"
		return a
	}
	refused := func(err error, why string) {
		t.Helper()
		var inFlight *triage.InFlightError
		require.ErrorAs(t, err, &inFlight, why)
		assert.EqualValues(t, "a1", inFlight.Action.Alert)
	}
	first := on("first")
	require.NoError(t, add(first))
	refused(add(on("second")), "a second decision")
	stranger := on("stranger")
	stranger.Undoes = "something else"
	refused(add(stranger), "the undo of something else")
	require.NoError(t, add(behind(first)))
	twice := behind(first)
	twice.ID = "twice"
	refused(add(twice), "a second undo")

	sending := moved(t, first, noon, triage.StepSend)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: sending}))
	refused(add(on("second")), "one that is being sent is in flight, too")
	failed := moved(t, sending, noon, triage.StepFail)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateSending, To: failed}))
	refused(add(on("second")), "the undo is still in flight, and will write")

	withdrawn := moved(t, behind(first), noon, triage.StepWithdraw)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: withdrawn}))
	require.NoError(t, add(on("second")))
	retried := moved(t, failed, noon, triage.StepRetry)
	refused(step(t, store, c, triage.ActionStep{From: triage.StateFailed, To: retried}), "nor does a retry come in between")
	requireAction(t, store, without(failed, "key"))

	second := moved(t, on("second"), noon, triage.StepFail)
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateRecorded, To: second}))
	require.NoError(t, step(t, store, c, triage.ActionStep{From: triage.StateFailed, To: retried}))
}

// Two colleagues at once, from two processes.
func testActionsAtOnce(t *testing.T, open func() *storage.Store) {
	stores, c := []*storage.Store{open(), open()}, auditChain(t)
	errs := make([]error, 100)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			a := action(triage.ActionID(fmt.Sprint(i)))
			a.Alert = triage.AlertID(fmt.Sprint("a", i/2))
			_, errs[i] = stores[i%2].AddActions(t.Context(), c, []triage.KeptAction{a}, []audit.Event{told(a, audit.Begun)})
		})
	}
	all.Wait()
	for i := 0; i < len(errs); i += 2 {
		first, second := errs[i], errs[i+1]
		if first != nil {
			first, second = second, first
		}
		require.NoError(t, first)
		var inFlight *triage.InFlightError
		require.ErrorAs(t, second, &inFlight)
	}
	kept, err := stores[0].UnsettledActions(t.Context())
	require.NoError(t, err)
	assert.Len(t, kept, len(errs)/2)
	report := verifyAudit(t, stores[0], c)
	assert.True(t, report.OK())
	assert.EqualValues(t, len(errs)/2, report.Records)
}

func testActionsOf(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	var all []triage.KeptAction
	for i, id := range []triage.ActionID{"a", "b", "c", "d", "e"} {
		a := action(id)
		a.Batch, a.RecordedAt = "b1", noon.Add(time.Duration(i/2)*time.Nanosecond)
		all = append(all, a)
	}
	all[1].Actor, all[2].Batch = "h2", ""
	all[4] = moved(t, all[4], noon, triage.StepWithdraw)
	addActions(t, store, c, all...)

	mine, err := store.ActionsOf(t.Context(), "h1", noon)
	require.NoError(t, err)
	assert.Equal(t, []triage.ActionID{"e", "d", "c", "a"}, ids(mine), "newest first, of one moment the last recorded")
	mine, err = store.ActionsOf(t.Context(), "h1", noon.Add(1))
	require.NoError(t, err)
	assert.Equal(t, []triage.ActionID{"e", "d", "c"}, ids(mine))
	mine, err = store.ActionsOf(t.Context(), "h", noon)
	require.NoError(t, err)
	assert.Empty(t, mine)

	batch, err := store.ActionsOfBatch(t.Context(), "b1")
	require.NoError(t, err)
	assert.Equal(t, []triage.ActionID{"a", "b", "d", "e"}, ids(batch), "in their order")
	batch, err = store.ActionsOfBatch(t.Context(), "")
	require.NoError(t, err)
	assert.Empty(t, batch, "what was decided on alone is no batch")

	left, err := store.UnsettledActions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []triage.ActionID{"a", "b", "c", "d"}, ids(left))
}

// What somebody still has to look at isn't forgotten, however old it is.
func testActionsForget(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	failed, settled, young := moved(t, action("failed"), noon, triage.StepFail), moved(t, action("settled"), noon, triage.StepWithdraw), moved(t, action("young"), noon, triage.StepWithdraw)
	young.RecordedAt = noon.Add(time.Second)
	addActions(t, store, c, action("recorded"), failed, settled, young)
	require.NoError(t, store.ForgetActions(t.Context(), noon))
	require.NoError(t, store.ForgetActions(t.Context(), noon.Add(time.Second)))
	mine, err := store.ActionsOf(t.Context(), "h1", time.Unix(0, 0))
	require.NoError(t, err)
	assert.Equal(t, []triage.ActionID{"young", "failed", "recorded"}, ids(mine))
	assert.Len(t, auditObjects(t, store, audit.Filter{}), 4, "what the audit trail tells stays")
}

func testActionsFail(t *testing.T, open func() *storage.Store) {
	ctx, store, c := t.Context(), open(), auditChain(t)
	require.NoError(t, store.Close())
	a := action("a")
	_, errAdd := store.AddActions(ctx, c, []triage.KeptAction{a}, nil)
	_, errStep := store.StepAction(ctx, c, triage.ActionStep{From: triage.StateRecorded, To: a}, nil)
	_, errLease := store.LeaseActions(ctx, "me", noon, noon, 1)
	_, errLeft := store.UnsettledActions(ctx)
	_, _, errOne := store.KeptAction(ctx, "a")
	_, errOf := store.ActionsOf(ctx, "h1", noon)
	_, errBatch := store.ActionsOfBatch(ctx, "b1")
	for _, err := range []error{errAdd, errStep, errLease, errLeft, errOne, errOf, errBatch, store.FreeLeases(ctx), store.ForgetActions(ctx, noon)} {
		require.Error(t, err)
		assert.NotErrorIs(t, err, triage.ErrSettled, "it has come no further")
	}
}
