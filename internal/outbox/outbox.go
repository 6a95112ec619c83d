// Package outbox carries clinicians' decisions to Luscii. An action is kept, with
// its audit event, before anybody is told that it was accepted; from then on it is
// leased, the alert re-read, the PUT sent with the clinician's own key and
// confirmed from the answer. Whatever happens in between, the program's death
// included, each action is applied once or ends visibly, and none is sent again
// before a look at Luscii has shown that it wasn't made (R44, R46).
package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// Store keeps actions. Within each of its writes the action and the audit events
// are kept together or not at all.
type Store interface {
	// AddActions keeps new actions. A triage.InFlightError says that one of the
	// alerts has another action in flight.
	AddActions(ctx context.Context, chain *audit.Chain, actions []triage.KeptAction, events []audit.Event) ([]audit.Record, error)
	// StepAction carries out a step. triage.ErrSettled: the action isn't as the
	// step expects it any more. A triage.InFlightError as for AddActions.
	StepAction(ctx context.Context, chain *audit.Chain, step triage.ActionStep, events []audit.Event) ([]audit.Record, error)
	// LeaseActions gives an owner up to limit actions that are due and that nobody
	// else has leased, those due longest first.
	LeaseActions(ctx context.Context, owner string, now, until time.Time, limit int) ([]triage.KeptAction, error)
	// FreeLeases ends all leases.
	FreeLeases(ctx context.Context) error
	// UnsettledActions are those somebody or the program still has to do with.
	UnsettledActions(ctx context.Context) ([]triage.KeptAction, error)
	// KeptAction is false when there is none of that name.
	KeptAction(ctx context.Context, id triage.ActionID) (triage.KeptAction, bool, error)
	// ActionsOf is a professional's actions recorded since a moment, newest first.
	ActionsOf(ctx context.Context, actor triage.HCPID, since time.Time) ([]triage.KeptAction, error)
	// ActionsOfBatch is in the order in which they were recorded.
	ActionsOfBatch(ctx context.Context, id triage.BatchID) ([]triage.KeptAction, error)
	// ForgetActions removes settled actions recorded before a moment.
	ForgetActions(ctx context.Context, before time.Time) error
}

// Truth is what the board can find out about an alert.
type Truth interface {
	// Reread is the alert's state as confirmed by an answer of Luscii to a request
	// that began at notBefore or later. triage.ErrGone: no day near the one that
	// returned it lists it any more.
	Reread(ctx context.Context, id triage.AlertID, notBefore time.Time) (triage.Alert, error)
	// Take accepts what Luscii answered to a write.
	Take(ctx context.Context, a triage.Alert)
}

// Luscii is written to with a clinician's own key, once each time it is asked.
type Luscii interface {
	UpdateAlert(ctx context.Context, key triage.Key, id triage.AlertID, change triage.Change) (triage.Alert, error)
	Records(ctx context.Context, id triage.AlertID) iter.Seq2[triage.Record, error]
}

// Recorder writes the audit trail together with what it tells of.
type Recorder interface {
	RecordWith(ctx context.Context, events []audit.Event, keep func(context.Context, *audit.Chain, []audit.Event) ([]audit.Record, error)) error
}

// Options are what an Outbox is made of.
type Options struct {
	Store    Store
	Truth    Truth
	Luscii   Luscii
	Recorder Recorder
	Sealer   Sealer
	Timeout  time.Duration // the deadline of a PUT
	Grace    time.Duration // how much longer until what isn't there won't come any more
	RetryFor time.Duration // how long an action is tried again
	Log      *slog.Logger
	// OnChange is told after each step on which alerts something is now displayed
	// differently. It may be nil and must not block.
	OnChange func(alerts []triage.AlertID)
}

// Outbox is the actions that were accepted and aren't settled. Its methods may be
// called concurrently.
type Outbox struct {
	Options
	owner  string        // names this process's leases
	wake   chan struct{} // holds something when an action may be due sooner than known
	writes chan struct{} // a slot for each write under way

	mu      sync.RWMutex                      // pages and streams look at every alert they show
	actions map[triage.ActionID]triage.Action // not settled, with their text
	on      map[triage.AlertID][]triage.ActionID
}

// New makes an Outbox of what a former process left. This process takes all
// leases over, so it has to be the only one on its database. Nothing is done about
// any action before Run.
func New(ctx context.Context, o Options) (*Outbox, error) {
	b := &Outbox{
		Options: o, owner: rand.Text(), wake: make(chan struct{}, 1), writes: make(chan struct{}, writesAtOnce),
		actions: map[triage.ActionID]triage.Action{}, on: map[triage.AlertID][]triage.ActionID{},
	}
	if err := o.Store.FreeLeases(ctx); err != nil {
		return nil, fmt.Errorf("take over what is in flight: %w", err)
	}
	kept, err := o.Store.UnsettledActions(ctx)
	if err != nil {
		return nil, fmt.Errorf("load what is in flight: %w", err)
	}
	for _, k := range kept {
		b.remember(b.opened(k))
	}
	return b, nil
}

// Record implements triage.Ledger.
func (b *Outbox) Record(ctx context.Context, key triage.Key, actions ...triage.Action) error {
	kept := make([]triage.KeptAction, 0, len(actions))
	events := make([]audit.Event, 0, len(actions))
	for _, a := range actions {
		k, err := b.sealed(a, key)
		if err != nil {
			return err
		}
		e := eventOf(a, audit.Begun)
		e.Private = audit.Private{Category: a.Change.Category, Note: a.Change.Note}
		kept, events = append(kept, k), append(events, e)
	}
	err := b.Recorder.RecordWith(ctx, events, func(ctx context.Context, chain *audit.Chain, events []audit.Event) ([]audit.Record, error) {
		return b.Store.AddActions(ctx, chain, kept, events)
	})
	if err != nil {
		return refused(err)
	}
	b.changed(actions...)
	b.poke()
	return nil
}

// refused is why storage didn't take an action, in the domain's kinds.
func refused(err error) error {
	var taken *triage.InFlightError
	if errors.As(err, &taken) || errors.Is(err, triage.ErrSettled) {
		return err
	}
	return fmt.Errorf("%w: %w", triage.ErrUnrecorded, err)
}

// Take implements triage.Ledger.
func (b *Outbox) Take(ctx context.Context, actor triage.HCPID, id triage.ActionID, step triage.Step, key triage.Key) (triage.Action, error) {
	a, ok, err := b.Action(ctx, actor, id)
	switch {
	case err != nil:
		return triage.Action{}, fmt.Errorf("%w: %w", triage.ErrUnavailable, err)
	case !ok:
		return triage.Action{}, triage.ErrNotFound
	}
	now := time.Now()
	reason := triage.ReasonNone
	if step == triage.StepWithdraw {
		reason = triage.ReasonUndone
	}
	next, err := a.After(step, reason, now)
	if err != nil {
		return a, fmt.Errorf("%w: %w", triage.ErrSettled, err)
	}
	if step == triage.StepRetry {
		next.NextAt, next.RetryUntil = now, now.Add(b.RetryFor)
	}
	if err := b.step(ctx, a, next, triage.ActionStep{}, key); err != nil {
		return a, refused(err)
	}
	b.poke()
	return next, nil
}

// Action implements triage.Ledger.
func (b *Outbox) Action(ctx context.Context, actor triage.HCPID, id triage.ActionID) (triage.Action, bool, error) {
	kept, ok, err := b.Store.KeptAction(ctx, id)
	if err != nil {
		return triage.Action{}, false, fmt.Errorf("find an action: %w", err)
	}
	if !ok || kept.Actor != actor {
		return triage.Action{}, false, nil
	}
	return b.opened(kept), true, nil
}

// Recent implements triage.Ledger.
func (b *Outbox) Recent(ctx context.Context, actor triage.HCPID, since time.Time) ([]triage.Action, error) {
	kept, err := b.Store.ActionsOf(ctx, actor, since)
	return b.openedAll(kept), err
}

// OfBatch is an actor's actions that were decided on together, in their order.
func (b *Outbox) OfBatch(ctx context.Context, actor triage.HCPID, id triage.BatchID) ([]triage.Action, error) {
	kept, err := b.Store.ActionsOfBatch(ctx, id)
	kept = slices.DeleteFunc(kept, func(k triage.KeptAction) bool { return k.Actor != actor })
	return b.openedAll(kept), err
}

// On implements triage.Ledger: the actions on an alert that aren't settled.
func (b *Outbox) On(id triage.AlertID) []triage.Action {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []triage.Action
	for _, action := range b.on[id] {
		all = append(all, b.actions[action])
	}
	return all
}

// Unfinished is an actor's own actions that ended otherwise than they should and
// that they haven't taken note of yet, oldest first.
func (b *Outbox) Unfinished(actor triage.HCPID) []triage.Action {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []triage.Action
	for _, a := range b.actions {
		if a.Actor == actor && !a.State.InFlight() {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y triage.Action) int {
		if d := x.EndedAt.Compare(y.EndedAt); d != 0 {
			return d
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	return all
}

// step keeps a step with its audit event, and displays it.
func (b *Outbox) step(ctx context.Context, from, to triage.Action, s triage.ActionStep, key triage.Key) error {
	if err := b.keep(ctx, from, to, s, key); err != nil {
		return err
	}
	b.changed(to)
	return nil
}

// keep keeps a step with its audit event.
func (b *Outbox) keep(ctx context.Context, from, to triage.Action, s triage.ActionStep, key triage.Key) error {
	kept, err := b.sealed(to, key)
	if err != nil {
		return err
	}
	s.From, s.To = from.State, kept
	var events []audit.Event
	if outcome, ok := outcomeOf(from, to); ok {
		events = append(events, eventOf(to, outcome))
	}
	return b.Recorder.RecordWith(ctx, events, func(ctx context.Context, chain *audit.Chain, events []audit.Event) ([]audit.Record, error) {
		return b.Store.StepAction(ctx, chain, s, events)
	})
}

// eventOf is what a step of the action is recorded as.
func eventOf(a triage.Action, outcome audit.Outcome) audit.Event {
	e := a.Event
	e.Outcome, e.Details.Reason = outcome, string(a.Reason)
	return e
}

// outcomeOf is what a step means for the audit trail; false when it says nothing
// that isn't known already.
func outcomeOf(from, to triage.Action) (audit.Outcome, bool) {
	switch {
	case from.State == to.State:
		return audit.Discarded, !to.SettledAt.IsZero()
	case to.State == triage.StateRecorded:
		return audit.Begun, !from.State.InFlight()
	}
	switch to.State {
	case triage.StateConfirmed:
		return audit.Done, true
	case triage.StateConflict:
		return audit.Conflict, true
	case triage.StateWithdrawn:
		return audit.Withdrawn, true
	case triage.StateUnknown:
		return audit.Uncertain, true
	case triage.StateFailed:
		switch to.Reason {
		case triage.ReasonNoKey, triage.ReasonKeyRefused, triage.ReasonForbidden, triage.ReasonNotFound:
			return audit.Denied, true
		}
		return audit.Failed, true
	}
	return "", false
}

// changed takes actions as they are now, and tells that their alerts look
// different.
func (b *Outbox) changed(actions ...triage.Action) {
	alerts := make([]triage.AlertID, 0, len(actions))
	for _, a := range actions {
		b.remember(a)
		alerts = append(alerts, a.Alert)
	}
	if b.OnChange != nil {
		b.OnChange(alerts)
	}
}

// remember holds an action in memory until it is settled.
func (b *Outbox) remember(a triage.Action) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, held := b.actions[a.ID]
	switch settled := !a.SettledAt.IsZero(); {
	case !settled:
		b.actions[a.ID] = a
		if !held {
			b.on[a.Alert] = append(b.on[a.Alert], a.ID)
		}
	case held:
		delete(b.actions, a.ID)
		b.on[a.Alert] = slices.DeleteFunc(b.on[a.Alert], func(id triage.ActionID) bool { return id == a.ID })
		if len(b.on[a.Alert]) == 0 {
			delete(b.on, a.Alert)
		}
	}
}

// poke has the next actions looked for at once.
func (b *Outbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default: // it will be looked already
	}
}
