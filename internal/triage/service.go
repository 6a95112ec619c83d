package triage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The limits of what may be written beside a status, in characters. MaxNote is
// said before it is reached; both are ours, the API names none.
const (
	MaxNote     = 10_000
	MaxCategory = 100
)

// rereadWithin is how long a re-read may take; ours.
const rereadWithin = 12 * time.Second

// Truth is what the board knows, and can find out, about single alerts.
type Truth interface {
	// Find is the last known state of an alert of any status. Its error says
	// that what is known can't be read.
	Find(ctx context.Context, id AlertID) (Entry, bool, error)
	// Reread is the alert's state as Luscii confirmed it to a request begun at
	// or after notBefore. ErrGone: no day near the one that returned it lists it
	// any more.
	Reread(ctx context.Context, id AlertID, notBefore time.Time) (Alert, error)
	// Take accepts what Luscii answered to a write. The write is made, so there
	// is no error to answer: what can't be kept now is kept later.
	Take(ctx context.Context, a Alert)
}

// Sender writes to Luscii with a clinician's own key. It never retries.
type Sender interface {
	UpdateAlert(ctx context.Context, key Key, id AlertID, change Change) (Alert, error)
}

// Decision is what a clinician decided about one alert, and the state of it
// they saw when they did.
type Decision struct {
	Alert  AlertID
	Change Change
	Seen   time.Time // the updatedAt they saw, compared as an instant
	Status Status    // the status they saw; empty: not told
}

// Service carries out clinicians' decisions.
type Service struct {
	truth  Truth
	sender Sender

	mu      sync.Mutex
	writing map[AlertID]*writer // one write at a time for each alert
}

// writer is one alert's turn; waiting counts who holds or wants it.
type writer struct {
	turn    sync.Mutex
	waiting int
}

// NewService makes a Service over what the board knows and a way to write.
func NewService(truth Truth, sender Sender) *Service {
	return &Service{truth: truth, sender: sender, writing: map[AlertID]*writer{}}
}

// Act writes a decision to Luscii: it checks the input and the actor's right,
// re-reads the alert (R44), sends the PUT with the clinician's own key, and
// answers the state Luscii confirmed.
//
// Errors: InvalidError; ErrNotFound (unknown or out of scope), ErrForbidden;
// ConflictError when it isn't as the clinician saw it, nothing being written;
// ErrGone and ErrUnavailable when there is nothing to compare with, neither what
// is known nor a re-read;
// ErrUncertain when a write was sent and even a second look doesn't tell what
// became of it; else the kinds of the Sender. Only after ErrUncertain may
// anything have been written.
func (s *Service) Act(ctx context.Context, actor Actor, key Key, d Decision) (Alert, error) {
	asked := time.Now()
	if err := d.Change.Validate(); err != nil {
		return Alert{}, err
	}
	known, ok, err := s.find(ctx, d.Alert)
	if err != nil {
		return Alert{}, err
	}
	if !ok || !actor.Can(OpRead, known.Alert) {
		return Alert{}, ErrNotFound
	}
	if !actor.Can(OpAct, known.Alert) {
		return Alert{}, ErrForbidden
	}

	defer s.lock(d.Alert)()
	if known, ok, err = s.find(ctx, d.Alert); err != nil {
		return Alert{}, err
	}
	if ok && !known.UpdatedAt.Equal(d.Seen) {
		return Alert{}, &ConflictError{Now: known.Alert}
	}
	now, err := s.reread(ctx, d.Alert, asked)
	if err != nil {
		return Alert{}, err
	}
	if !now.UpdatedAt.Equal(d.Seen) || now.Status != known.Status || d.Status != "" && now.Status != d.Status {
		return Alert{}, &ConflictError{Now: now}
	}
	if !actor.Can(OpAct, now) {
		return Alert{}, ErrForbidden
	}

	done, err := s.sender.UpdateAlert(ctx, key, d.Alert, d.Change)
	if err == nil && done.Status != d.Change.Status {
		err = fmt.Errorf("%w: answered with status %q", ErrUncertain, done.Status) // R38: no success Luscii didn't say
	}
	if errors.Is(err, ErrUncertain) {
		return s.lookAgain(ctx, actor, d, err)
	}
	if err != nil {
		return Alert{}, err
	}
	s.truth.Take(ctx, done)
	return done, nil
}

// find is what is known of the alert. That it can't be read is nobody's mistake
// who waits: it matches ErrUnavailable.
func (s *Service) find(ctx context.Context, id AlertID) (Entry, bool, error) {
	e, ok, err := s.truth.Find(ctx, id)
	if err != nil {
		return Entry{}, false, fmt.Errorf("%w: find an alert: %w", ErrUnavailable, err)
	}
	return e, ok, nil
}

// reread asks for the present state. Its failures are the upstream's, never the
// clinician's or their key's: all but ErrGone match ErrUnavailable.
//
// It has to be done while the clinician still waits: a write must not go out
// minutes later, when they have long looked elsewhere.
func (s *Service) reread(ctx context.Context, id AlertID, notBefore time.Time) (Alert, error) {
	ctx, cancel := context.WithTimeout(ctx, rereadWithin)
	defer cancel()
	a, err := s.truth.Reread(ctx, id, notBefore)
	switch {
	case errors.Is(err, ErrGone):
		return Alert{}, err
	case err != nil:
		return Alert{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return a, nil
}

// lookAgain decides, after a write whose answer was lost, whether it was made:
// only an alert that moved since, into the wanted status, by this very actor,
// counts as done. All else stays uncertain, and is never sent again by itself.
func (s *Service) lookAgain(ctx context.Context, actor Actor, d Decision, cause error) (Alert, error) {
	now, err := s.reread(ctx, d.Alert, time.Now())
	if err != nil {
		return Alert{}, errors.Join(cause, err)
	}
	by, _ := now.ActedBy()
	if now.Status == d.Change.Status && !now.UpdatedAt.Equal(d.Seen) && by == actor.ID {
		return now, nil
	}
	return Alert{}, cause
}

// lock waits for the alert's turn and answers how to end it.
func (s *Service) lock(id AlertID) (unlock func()) {
	s.mu.Lock()
	w := s.writing[id]
	if w == nil {
		w = &writer{}
		s.writing[id] = w
	}
	w.waiting++
	s.mu.Unlock()

	w.turn.Lock()
	return func() {
		w.turn.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if w.waiting--; w.waiting == 0 {
			delete(s.writing, id)
		}
	}
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
