package triage

import (
	"fmt"
	"slices"
	"time"

	"triageboard/internal/audit"
)

type (
	// ActionID names an action. It is random and opens nothing.
	ActionID string
	// BatchID names the actions somebody decided on together; empty: alone.
	BatchID string
)

// Action is what a clinician decided about one alert, from the moment it was
// accepted until it is settled.
type Action struct {
	ID     ActionID
	Batch  BatchID
	Undoes ActionID // the action this one takes back; empty: none

	Alert   AlertID
	Patient PatientID
	Actor   HCPID
	SignIn  string
	Change  Change    // without category and note once they are no longer needed
	Seen    time.Time // the updatedAt the clinician saw
	Was     Status    // the status they saw: what an undo restores

	State  ActionState
	Reason Reason // why it waits, or why it ended otherwise than confirmed

	RecordedAt time.Time
	RetryUntil time.Time // after that it fails instead of being tried again
	SentAt     time.Time // when its PUT was last about to be sent; zero: never
	NextAt     time.Time // when something is done about it next, while in flight
	EndedAt    time.Time // zero: in flight
	SettledAt  time.Time // when nobody needs to look at it any more; zero: not yet
	Tries      int       // in a row that changed nothing
	Result     time.Time // the alert's updatedAt once confirmed; zero: not told

	// Event is what every step of it is recorded as in the audit trail, but for
	// outcome, reason and time. It holds no text.
	Event audit.Event
}

// ActionState is where an action stands.
type ActionState string

// The states of an action.
const (
	StateRecorded  ActionState = "recorded"  // accepted; nothing sent, or what was sent is known to have changed nothing
	StateSending   ActionState = "sending"   // about to be sent, sent, or sent with an answer that says nothing
	StateConfirmed ActionState = "confirmed" // Luscii said so, or a re-read shows it
	StateConflict  ActionState = "conflict"  // somebody acted since the clinician looked: nothing was written
	StateFailed    ActionState = "failed"    // nothing was written
	StateWithdrawn ActionState = "withdrawn" // taken back before it was sent
	StateUnknown   ActionState = "unknown"   // sent, and nothing will ever tell what became of it: somebody has to look
)

// ActionStates are all of them.
var ActionStates = []ActionState{
	StateRecorded, StateSending, StateConfirmed, StateConflict, StateFailed, StateWithdrawn, StateUnknown,
}

// InFlight reports that the program still does something about the action.
func (s ActionState) InFlight() bool { return s == StateRecorded || s == StateSending }

// Reason says in a word why an action waits or ended as it did.
type Reason string

// The reasons.
const (
	ReasonNone        Reason = ""
	ReasonChanged     Reason = "changed"     // the alert isn't as the clinician saw it
	ReasonGone        Reason = "gone"        // Luscii lists the alert no more
	ReasonNoKey       Reason = "no_key"      // the clinician's key is gone or can't be opened
	ReasonKeyRefused  Reason = "key_refused" // Luscii doesn't accept it
	ReasonForbidden   Reason = "no_right"    // Luscii doesn't permit it
	ReasonNotFound    Reason = "not_found"   // Luscii doesn't know the alert, or not for this key
	ReasonRejected    Reason = "rejected"    // Luscii refuses the content
	ReasonBusy        Reason = "busy"        // a limit on requests is reached
	ReasonUnavailable Reason = "unavailable" // Luscii doesn't answer
	ReasonMalformed   Reason = "malformed"   // nobody can read what it answers
	ReasonNoAnswer    Reason = "no_answer"   // sent; the answer was lost
	ReasonUndone      Reason = "undone"      // taken back by the clinician
	ReasonNothing     Reason = "nothing"     // what it was to undo didn't happen
)

// Step is one thing that can happen to an action.
type Step string

// The steps. Each leads to one state, and is possible from some only.
const (
	StepSend     Step = "send"     // the PUT is about to be sent
	StepConfirm  Step = "confirm"  // it is made
	StepDefer    Step = "defer"    // it isn't made; try again later
	StepAwait    Step = "await"    // whether it is made isn't known yet; look again later
	StepConflict Step = "conflict" // it isn't made, and must not be: somebody acted
	StepFail     Step = "fail"     // it isn't made, and won't be
	StepLose     Step = "lose"     // whether it is made can't be known
	StepWithdraw Step = "withdraw" // it won't be sent
	StepRetry    Step = "retry"    // the clinician wants it tried again
	StepSettle   Step = "settle"   // the clinician has taken note; the state stays as it is
)

// steps says where each step leads from each state. What isn't in it is
// impossible.
var steps = map[ActionState]map[Step]ActionState{
	StateRecorded: {
		StepSend: StateSending, StepDefer: StateRecorded, StepConflict: StateConflict,
		StepFail: StateFailed, StepWithdraw: StateWithdrawn,
	},
	StateSending: {
		StepConfirm: StateConfirmed, StepDefer: StateRecorded, StepAwait: StateSending,
		StepConflict: StateConflict, StepFail: StateFailed, StepLose: StateUnknown,
	},
	StateConflict: {StepSettle: StateConflict},
	StateFailed:   {StepRetry: StateRecorded, StepSettle: StateFailed},
	StateUnknown:  {StepSettle: StateUnknown},
}

// StepError says that a step is impossible in an action's state.
type StepError struct {
	State ActionState
	Step  Step
}

func (e *StepError) Error() string {
	return fmt.Sprintf("an action that is %s can't take the step %q", e.State, e.Step)
}

// After is the action once it has taken a step. Its error is a StepError: the
// state doesn't allow the step, or the action is settled already.
func (a Action) After(step Step, reason Reason, now time.Time) (Action, error) {
	to, ok := steps[a.State][step]
	if !ok || !a.SettledAt.IsZero() {
		return a, &StepError{a.State, step}
	}
	a.State = to
	if step == StepSettle {
		a.SettledAt = now
		return a.forgetful(), nil
	}
	a.Reason = reason
	switch step {
	case StepSend:
		a.SentAt = now
	case StepDefer, StepAwait:
		a.Tries++
	case StepRetry:
		a.Tries, a.EndedAt = 0, time.Time{}
	}
	if !to.InFlight() {
		a.EndedAt = now
	}
	if to == StateConfirmed || to == StateWithdrawn {
		a.SettledAt = now
		return a.forgetful(), nil
	}
	return a, nil
}

// forgetful is the action without the text nobody needs any more.
func (a Action) forgetful() Action {
	a.Change.Category, a.Change.Note = "", ""
	return a
}

// didSomething reports that the action was made, or may have been or still be.
func (a Action) didSomething() bool {
	return a.State.InFlight() || a.State == StateConfirmed || a.State == StateUnknown && a.SettledAt.IsZero()
}

// Undoable reports that the action can be taken back. A note can't once it is
// sent: Luscii removes none. Nor can what nobody knows to be made.
func (a Action) Undoable() bool {
	switch {
	case a.Undoes != "":
		return false
	case a.State == StateRecorded:
		return true
	}
	return (a.State == StateSending || a.State == StateConfirmed) && !a.AddsNote() && a.Was.Known()
}

// AddsNote reports that the action only adds to an alert's history: it repeats
// the status the clinician saw.
func (a Action) AddsNote() bool { return a.Change.Status == a.Was }

// KeptAction is an action as it is stored: its text and its key stand sealed
// beside it, and are gone once they are no longer needed.
type KeptAction struct {
	Action
	Text []byte // category and note, sealed
	Key  []byte // the clinician's key, sealed; only while in flight
}

// ActionStep is one step of a kept action as storage carries it out: only if the
// action is still as whoever decided on the step knew it.
type ActionStep struct {
	From  ActionState // the state it must be in
	Owner string      // whose lease it must be under; empty: anybody's, or nobody's
	To    KeptAction  // how it is afterwards
	Until time.Time   // until when the owner goes on leasing it; zero: the lease ends
}

// Delivery is how far an action on an alert has come, as everybody who sees the
// alert may know it. The zero Delivery: there is none, or nobody needs to know.
type Delivery struct {
	State  DeliveryState
	By     HCPID
	Wanted Status
	Note   bool // a note is added, the status stays
}

// DeliveryState is what a row says of the newest action on its alert.
type DeliveryState string

// The delivery states, as CONTRACT.md names them in markup.
const (
	DeliveryNone     DeliveryState = ""
	DeliveryPending  DeliveryState = "pending" // recorded or sending: not success (R38)
	DeliveryFailed   DeliveryState = "failed"
	DeliveryConflict DeliveryState = "conflict"
	DeliveryUnknown  DeliveryState = "unknown"
)

// Delivery is what there is to show of the action on its alert.
func (a Action) Delivery() Delivery {
	d := Delivery{By: a.Actor, Wanted: a.Change.Status, Note: a.AddsNote()}
	switch {
	case a.State.InFlight():
		d.State = DeliveryPending
	case !a.SettledAt.IsZero():
		return Delivery{}
	default:
		d.State = DeliveryState(a.State)
	}
	return d
}

// Overlay is an alert as it is displayed: what Luscii said, and above it what is
// on its way there. The status stays Luscii's until Luscii says otherwise (R38).
// Of several actions on the alert the one in flight counts, else the newest.
func Overlay(e Entry, actions []Action) Entry {
	e.Delivery = Delivery{}
	var shown *Action
	for i := range actions {
		a := &actions[i]
		if a.Alert != e.ID || a.Delivery() == (Delivery{}) {
			continue
		}
		if shown == nil || comesBefore(a, shown) {
			shown = a
		}
	}
	if shown != nil {
		e.Delivery = shown.Delivery()
	}
	return e
}

// comesBefore reports whether x rather than y is shown on an alert.
func comesBefore(x, y *Action) bool {
	if x.State.InFlight() != y.State.InFlight() {
		return x.State.InFlight()
	}
	if !x.RecordedAt.Equal(y.RecordedAt) {
		return x.RecordedAt.After(y.RecordedAt)
	}
	return x.ID > y.ID
}

// LastToUndo is the action that an undo without a name takes back: the newest of
// the actor's own that did something and that no other undoes already. It may not
// be Undoable: then it is said so, for to pass over it would undo something else
// than the clinician has in mind. actions are newest first.
func LastToUndo(actions []Action) (Action, bool) {
	for _, a := range actions {
		if a.Undoes == "" && a.didSomething() && !a.undoneBy(actions) {
			return a, true
		}
	}
	return Action{}, false
}

// undoneBy reports whether one of the others undoes the action, or is about to.
func (a Action) undoneBy(others []Action) bool {
	return slices.ContainsFunc(others, func(u Action) bool {
		return u.Undoes == a.ID && (u.State.InFlight() || u.State == StateConfirmed)
	})
}

// soon is how soon after being processed a reopening counts as soon (R17).
const soon = 10 * time.Minute

// ReopenedSoon reports that the action takes back, within ten minutes, that the
// same professional processed the alert (R17).
func (a Action) ReopenedSoon(before Alert) bool {
	at := before.ProcessedAt
	return a.Change.Status == StatusOpen && before.Status == StatusProcessed &&
		before.ProcessedBy == a.Actor && !at.IsZero() && a.RecordedAt.Sub(at) <= soon
}
