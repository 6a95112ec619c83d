package triage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"triageboard/internal/audit"
)

// The limits of what may be written beside a status, in characters. MaxNote is
// said before it is reached; both are ours, the API names none.
const (
	MaxNote     = 10_000
	MaxCategory = 100
)

// undoFor is how long one's last actions can be taken back without naming one;
// ours, the length of a shift.
const undoFor = 12 * time.Hour

// Finder is what the board knows of single alerts.
type Finder interface {
	// Find is the last known state of an alert of any status. Its error says
	// that what is known can't be read.
	Find(ctx context.Context, id AlertID) (Entry, bool, error)
}

// Ledger keeps actions from the moment they are accepted, and sees to it that
// each is carried out once or ends visibly (R46).
type Ledger interface {
	// Record accepts actions, each with its audit event, all or none: once it
	// returns nil, none is lost. The key is that of their actor. ErrUnrecorded:
	// storage doesn't take them. InFlightError: one of the alerts has another
	// action on its way.
	Record(ctx context.Context, key Key, actions ...Action) error
	// Take moves an action of an actor on by a step that a clinician asks for: to
	// withdraw, retry or settle it. key is needed to retry. ErrNotFound: they have
	// none of that name. ErrSettled: it has come further meanwhile.
	Take(ctx context.Context, actor HCPID, id ActionID, step Step, key Key) (Action, error)
	// Action is an action of an actor; false if they have none of that name.
	Action(ctx context.Context, actor HCPID, id ActionID) (Action, bool, error)
	// Recent is the actor's own actions since a moment, newest first.
	Recent(ctx context.Context, actor HCPID, since time.Time) ([]Action, error)
	// On is the actions on an alert that aren't settled.
	On(id AlertID) []Action
}

// Decision is what a clinician decided about one alert, and the state of it
// they saw when they did.
type Decision struct {
	Alert  AlertID
	Change Change
	Seen   time.Time // the updatedAt they saw, compared as an instant
	Status Status    // the status they saw; empty: not told
	Batch  BatchID
	Event  audit.Event // who decided it, where and by which right
}

// Service accepts clinicians' decisions: may they, is it still as they saw it,
// and is it safely recorded. Carrying them out is the Ledger's.
type Service struct {
	board    Finder
	ledger   Ledger
	retryFor time.Duration
}

// NewService makes a Service over what the board knows and a way to record.
// retryFor is how long an action is tried again.
func NewService(board Finder, ledger Ledger, retryFor time.Duration) *Service {
	return &Service{board: board, ledger: ledger, retryFor: retryFor}
}

// Act accepts a decision. Once it returns no error the action is recorded, and
// nothing can lose it any more; Luscii doesn't know of it yet.
//
// Errors: InvalidError; ErrNotFound (unknown or out of scope), ErrForbidden;
// ConflictError when the board already knows that it isn't as the clinician saw
// it; InFlightError when another action on the alert is on its way;
// ErrUnavailable when what is known can't be read; ErrUnrecorded.
func (s *Service) Act(ctx context.Context, actor Actor, key Key, d Decision) (Action, error) {
	a, err := s.accept(ctx, actor, d)
	if err != nil {
		return Action{}, err
	}
	if err := s.ledger.Record(ctx, key, a); err != nil {
		return Action{}, err
	}
	return a, nil
}

// Result is what became of one of several decisions: an accepted action, or why
// it wasn't accepted.
type Result struct {
	Alert  AlertID
	Action Action
	Err    error
}

// ActOnAll accepts several decisions, each by itself: one that is refused keeps
// none of the others back. The results are in the order of the decisions.
func (s *Service) ActOnAll(ctx context.Context, actor Actor, key Key, decisions []Decision) []Result {
	results := make([]Result, len(decisions))
	var actions []Action
	var at []int
	for i, d := range decisions {
		results[i].Alert = d.Alert
		a, err := s.accept(ctx, actor, d)
		if err != nil {
			results[i].Err = err
			continue
		}
		results[i].Action = a
		actions, at = append(actions, a), append(at, i)
	}
	if len(actions) == 0 {
		return results
	}
	err := s.ledger.Record(ctx, key, actions...)
	var taken *InFlightError
	for j, a := range actions {
		one := err
		if errors.As(err, &taken) { // somebody was faster with one of them
			one = s.ledger.Record(ctx, key, a)
		}
		if one != nil {
			results[at[j]].Action, results[at[j]].Err = Action{}, one
		}
	}
	return results
}

// accept checks a decision and makes it an action.
func (s *Service) accept(ctx context.Context, actor Actor, d Decision) (Action, error) {
	if err := d.Change.Validate(); err != nil {
		return Action{}, err
	}
	known, err := s.mayAct(ctx, actor, d.Alert)
	if err != nil {
		return Action{}, err
	}
	if other, ok := inFlight(s.ledger.On(d.Alert)); ok {
		return Action{}, &InFlightError{other}
	}
	if !known.UpdatedAt.Equal(d.Seen) || d.Status != "" && known.Status != d.Status {
		return Action{}, &ConflictError{Now: known.Alert}
	}
	a := s.newAction(actor, known.Alert, d.Change, d.Event)
	a.Batch, a.Seen, a.Was = d.Batch, known.UpdatedAt, known.Status
	return a, nil
}

// mayAct finds an alert the actor may change.
func (s *Service) mayAct(ctx context.Context, actor Actor, id AlertID) (Entry, error) {
	known, ok, err := s.board.Find(ctx, id)
	switch {
	case err != nil:
		// That it can't be read is nobody's mistake who waits.
		return Entry{}, fmt.Errorf("%w: find an alert: %w", ErrUnavailable, err)
	case !ok || !actor.Can(OpRead, known.Alert):
		return Entry{}, ErrNotFound
	case !actor.Can(OpAct, known.Alert):
		return Entry{}, ErrForbidden
	}
	return known, nil
}

func (s *Service) newAction(actor Actor, on Alert, change Change, event audit.Event) Action {
	now := time.Now().UTC()
	a := Action{
		ID: ActionID(rand.Text()), Alert: on.ID, Patient: on.Patient, Actor: actor.ID, SignIn: actor.SignIn,
		Change: change, State: StateRecorded, RecordedAt: now, RetryUntil: now.Add(s.retryFor), NextAt: now, Event: event,
	}
	a.Event.At, a.Event.Private = time.Time{}, audit.Private{} // each step has its own
	a.Event.Action, a.Event.Patient = audit.AlertChanged, string(on.Patient)
	a.Event.Object = audit.Object{Kind: audit.KindAlert, ID: string(on.ID)}
	a.Event.Details = audit.Details{Was: string(on.Status), Is: string(change.Status)}
	if change.Status == on.Status {
		a.Event.Action = audit.NoteAdded
	}
	a.Event.Details.ReopenedSoon = a.ReopenedSoon(on)
	return a
}

// Undo takes back an action of the actor's own: the one named, or without a name
// the newest that can be (R36). What isn't sent yet is withdrawn; else a write
// that restores the status of before is accepted, to be made once the action is
// confirmed, and only if nobody acts in between. It answers the action that was
// undone, and the one that undoes it; the latter is empty when the former was
// withdrawn.
//
// Errors: ErrNothing; ErrNotFound; ErrSettled when it can't be undone any more;
// ConflictError when somebody acted since; and those of Act.
func (s *Service) Undo(ctx context.Context, actor Actor, key Key, id ActionID, event audit.Event) (undone, undo Action, err error) {
	recent, err := s.ledger.Recent(ctx, actor.ID, time.Now().Add(-undoFor))
	if err != nil {
		return Action{}, Action{}, fmt.Errorf("%w: find what to undo: %w", ErrUnavailable, err)
	}
	undone, err = s.toUndo(ctx, actor, id, recent)
	if err != nil {
		return undone, Action{}, err
	}
	for undone.State == StateRecorded {
		withdrawn, err := s.ledger.Take(ctx, actor.ID, undone.ID, StepWithdraw, "")
		if !errors.Is(err, ErrSettled) {
			return withdrawn, Action{}, err
		}
		// It has come further meanwhile, and may have to be undone after that.
		if undone, err = s.toUndo(ctx, actor, undone.ID, recent); err != nil {
			return undone, Action{}, err
		}
	}
	known, err := s.mayAct(ctx, actor, undone.Alert)
	if err != nil {
		return undone, Action{}, err
	}
	before := known.Alert
	if undone.State != StateConfirmed { // then it isn't so yet
		before.Status, before.ProcessedBy, before.ProcessedAt = undone.Change.Status, actor.ID, undone.RecordedAt
	}
	undo = s.newAction(actor, before, Change{Status: undone.Was}, event)
	undo.Undoes, undo.Was, undo.Seen = undone.ID, undone.Change.Status, undone.Result
	undo.Event.Details.Was, undo.Event.Details.Undo = string(undo.Was), true
	if undone.State == StateConfirmed {
		if !known.UpdatedAt.Equal(undone.Result) {
			return undone, Action{}, &ConflictError{Now: known.Alert}
		}
		if other, ok := inFlight(s.ledger.On(undone.Alert)); ok {
			return undone, Action{}, &InFlightError{other}
		}
	}
	if err := s.ledger.Record(ctx, key, undo); err != nil {
		return undone, Action{}, err
	}
	return undone, undo, nil
}

// toUndo finds the action to take back among the recent ones, or by its name.
func (s *Service) toUndo(ctx context.Context, actor Actor, id ActionID, recent []Action) (Action, error) {
	found, ok := LastToUndo(recent)
	switch {
	case id != "":
		named, known, err := s.ledger.Action(ctx, actor.ID, id)
		if err != nil {
			return Action{}, fmt.Errorf("%w: find what to undo: %w", ErrUnavailable, err)
		}
		if !known {
			return Action{}, ErrNotFound
		}
		found = named
	case !ok:
		return Action{}, ErrNothing
	}
	if !found.Undoable() || found.undoneBy(recent) {
		return found, ErrSettled
	}
	return found, nil
}

// Retry tries a failed action of the actor's own again, with the key they have
// now. It is still bound to the state they saw when they decided.
//
// Errors: ErrNotFound, ErrSettled, ErrForbidden, InFlightError, ErrUnrecorded.
func (s *Service) Retry(ctx context.Context, actor Actor, key Key, id ActionID) (Action, error) {
	a, ok, err := s.ledger.Action(ctx, actor.ID, id)
	switch {
	case err != nil:
		return Action{}, fmt.Errorf("%w: find an action: %w", ErrUnavailable, err)
	case !ok:
		return Action{}, ErrNotFound
	}
	if _, err := s.mayAct(ctx, actor, a.Alert); err != nil {
		return Action{}, err
	}
	if other, ok := inFlight(s.ledger.On(a.Alert)); ok {
		return Action{}, &InFlightError{other}
	}
	return s.ledger.Take(ctx, actor.ID, id, StepRetry, key)
}

// Settle notes that the actor knows how an action of theirs ended, so that it
// isn't shown as unfinished any more; what they typed with it is forgotten.
//
// Errors: ErrNotFound, ErrSettled, ErrUnrecorded.
func (s *Service) Settle(ctx context.Context, actor Actor, id ActionID) (Action, error) {
	return s.ledger.Take(ctx, actor.ID, id, StepSettle, "")
}

func inFlight(actions []Action) (Action, bool) {
	for _, a := range actions {
		if a.State.InFlight() {
			return a, true
		}
	}
	return Action{}, false
}

// Validate checks a change before anything is sent. Its error is an
// InvalidError naming the form field.
func (c Change) Validate() error {
	switch {
	case !c.Status.Known():
		return &InvalidError{Field: "status", Reason: "invalid.status"}
	case !utf8.ValidString(c.Category) || utf8.RuneCountInString(c.Category) > MaxCategory || strings.ContainsFunc(c.Category, isControl):
		return &InvalidError{Field: "category", Reason: "invalid.category"}
	case !utf8.ValidString(c.Note):
		return &InvalidError{Field: "note", Reason: "invalid.note"}
	case utf8.RuneCountInString(c.Note) > MaxNote:
		return &InvalidError{Field: "note", Reason: "invalid.note_long"}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
