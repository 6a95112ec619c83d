package triage

import (
	"errors"
	"fmt"
)

// The kinds of failure the program tells apart. Adapters answer errors that
// match one of them by errors.Is; the handlers turn each into a status and a
// sentence. What lies beneath is for the log, never for the reader.
var (
	ErrNotFound    = errors.New("not found")                    // unknown, or out of the actor's scope: indistinguishable
	ErrForbidden   = errors.New("not permitted")                // the actor, or the key, may not do this
	ErrKeyRefused  = errors.New("key refused")                  // Luscii doesn't accept the key: unknown, expired, revoked, account inactive
	ErrRejected    = errors.New("rejected")                     // Luscii understood the request and refused its content
	ErrUnavailable = errors.New("Luscii unavailable")           // no answer, a broken connection, a 5xx
	ErrOverdue     = errors.New("no complete answer in time")   // nothing failed yet, and nothing is complete
	ErrBusy        = errors.New("limit reached")                // 429
	ErrMalformed   = errors.New("malformed answer")             // an answer that isn't what the API's pages promise
	ErrGone        = errors.New("no longer listed")             // Luscii lists the alert no more, where it did before
	ErrPartial     = errors.New("partial answer")               // data came, with errors beside it: keep it, but conclude nothing from what is missing
	ErrUncertain   = errors.New("not known whether it is done") // a write was sent and nothing says what became of it
	ErrUnrecorded  = errors.New("can't be recorded")            // storage doesn't take it, so it isn't accepted
	ErrSettled     = errors.New("no longer possible")           // the action it is about has come further meanwhile
	ErrNothing     = errors.New("nothing to undo")
)

// InvalidError is wrong input in one field of a form.
type InvalidError struct {
	Field  string // the form field
	Reason string // a key of the catalogue
}

func (e *InvalidError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Reason) }

// ConflictError says that an alert isn't as the clinician saw it: nothing was
// written. Now is what was found instead (R44).
type ConflictError struct {
	Now Alert
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("alert %s was changed meanwhile: now %s", e.Now.ID, e.Now.Status)
}

// InFlightError says that another action on the alert is on its way: nothing was
// recorded, since nobody can say yet what this one would act upon.
type InFlightError struct {
	Action Action
}

func (e *InFlightError) Error() string {
	return fmt.Sprintf("alert %s has the action %s in flight", e.Action.Alert, e.Action.ID)
}
