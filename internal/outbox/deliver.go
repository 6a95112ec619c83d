package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"triageboard/internal/triage"
)

const (
	writesAtOnce = 8
	// seenWithin is how old a re-read may be when the PUT leaves; ours. The
	// actions of a batch share their re-reads, and wait for each other.
	seenWithin   = 10 * time.Second
	rereadWithin = 12 * time.Second       // how long a re-read may take; ours
	undonePause  = 300 * time.Millisecond // doubled with each look
)

// delivery is one leased action on its way.
type delivery struct {
	*Outbox
	kept    triage.KeptAction
	a       triage.Action
	working context.Context // ends when the program stops
	writing context.Context // ends a moment later: what was begun is finished
}

// deliver brings a leased action on by as much as is possible now.
func (b *Outbox) deliver(ctx, writing context.Context, k triage.KeptAction) {
	d := &delivery{Outbox: b, kept: k, a: b.opened(k), working: ctx, writing: writing}
	var err error
	switch d.a.State {
	case triage.StateRecorded:
		err = d.write()
	case triage.StateSending:
		err = d.lookAgain()
	}
	switch {
	case err == nil, ctx.Err() != nil:
	case errors.Is(err, triage.ErrSettled):
		b.Log.Info("an action was taken back before it was sent", slog.String("action", string(k.ID)))
	default:
		// Its lease ends by itself; then it is gone on with from where it stands.
		b.Log.Error("an action's step couldn't be kept", slog.String("action", string(k.ID)), slog.Any("error", err))
	}
}

// write re-reads the alert and sends the PUT, unless somebody acted since the
// clinician looked (R44).
func (d *delivery) write() error {
	if d.a.Undoes != "" {
		if ready, err := d.readyToUndo(); err != nil || !ready {
			return err
		}
	}
	key, ok := d.keyOf(d.kept)
	if !ok || len(d.kept.Text) > 0 && d.a.Change.Category == "" && d.a.Change.Note == "" {
		return d.end(triage.StepFail, triage.ReasonNoKey)
	}
	looked := time.Now()
	if ok, err := d.asSeen(); err != nil || !ok {
		return err
	}
	select {
	case d.writes <- struct{}{}:
		defer func() { <-d.writes }()
	case <-d.working.Done():
		return nil
	}
	if time.Since(looked) > seenWithin { // it waited long for its slot
		if ok, err := d.asSeen(); err != nil || !ok {
			return err
		}
	}
	if err := d.take(triage.StepSend, triage.ReasonNone, 0); err != nil {
		return err
	}
	// The whole call ends by the deadline, however long our own limit holds it
	// back, so that nothing can leave later than the grace period allows for.
	ctx, cancel := context.WithDeadline(d.writing, d.a.SentAt.Add(d.Timeout))
	defer cancel()
	answer, err := d.Luscii.UpdateAlert(ctx, key, d.a.Alert, d.a.Change)
	switch reason := reasonOf(err); {
	case err == nil && answer.Status == d.a.Change.Status:
		return d.confirm(answer, true)
	case err == nil, reason == triage.ReasonNoAnswer:
		return d.take(triage.StepAwait, triage.ReasonNoAnswer, d.untilLook(firstPause/2))
	case permanent(reason):
		return d.end(triage.StepFail, reason)
	default:
		return d.later(reason, asked(err))
	}
}

// readyToUndo finds out what became of the action to be undone, and binds this one
// to what Luscii answered then.
func (d *delivery) readyToUndo() (bool, error) {
	undone, ok, err := d.Store.KeptAction(d.working, d.a.Undoes)
	switch {
	case err != nil:
		return false, err
	case !ok:
		return false, d.end(triage.StepFail, triage.ReasonNothing)
	case undone.State.InFlight():
		return false, d.take(triage.StepDefer, triage.ReasonNone, undonePause<<min(d.a.Tries, 6))
	case undone.State == triage.StateConfirmed && !undone.Result.IsZero():
		d.a.Seen, d.a.Tries = undone.Result, 0
		return true, nil
	case undone.State == triage.StateConfirmed:
		return false, d.end(triage.StepConflict, triage.ReasonChanged)
	case undone.State == triage.StateUnknown:
		return false, d.end(triage.StepFail, triage.ReasonNoAnswer)
	}
	return false, d.end(triage.StepWithdraw, triage.ReasonNothing)
}

// asSeen re-reads the alert, and reports whether it is as the clinician saw it. If
// it isn't, or can't be read, the action has been moved on accordingly.
func (d *delivery) asSeen() (bool, error) {
	notBefore := time.Now().Add(-seenWithin)
	if d.a.RecordedAt.After(notBefore) {
		notBefore = d.a.RecordedAt
	}
	now, err := d.reread(notBefore)
	switch {
	case d.working.Err() != nil:
		return false, nil
	case errors.Is(err, triage.ErrGone):
		return false, d.end(triage.StepFail, triage.ReasonGone)
	case err != nil:
		return false, d.later(unreadable(err), asked(err))
	case !now.UpdatedAt.Equal(d.a.Seen) || now.Status != d.a.Was:
		return false, d.end(triage.StepConflict, triage.ReasonChanged)
	}
	return true, nil
}

func (d *delivery) reread(notBefore time.Time) (triage.Alert, error) {
	ctx, cancel := context.WithTimeout(d.working, rereadWithin)
	defer cancel()
	return d.Truth.Reread(ctx, d.a.Alert, notBefore)
}

// unreadable is why a re-read failed: it is the upstream's fault, or that of the
// service key, never the clinician's.
func unreadable(err error) triage.Reason {
	switch reason := reasonOf(err); reason {
	case triage.ReasonBusy, triage.ReasonMalformed:
		return reason
	}
	return triage.ReasonUnavailable
}

// lookAgain finds out what became of a PUT whose answer was lost, or whose program
// died.
func (d *delivery) lookAgain() error {
	begun := time.Now()
	late := d.late()
	now, err := d.reread(begun)
	if d.working.Err() != nil {
		return nil
	}
	look := triage.Look{Alert: now, Late: !begun.Before(late)}
	verdict := triage.Unknowable
	if err == nil {
		look.Records, look.Read = d.records()
		verdict = d.a.Judge(look)
	}
	if verdict == triage.NotApplied && d.a.AddsNote() && !look.Read {
		verdict = triage.Unknowable // only the records tell of a note
	}
	expired := begun.After(d.a.RetryUntil) && !begun.Before(late)
	switch {
	case verdict == triage.Applied:
		return d.confirm(now, false) // the board has it from the re-read
	case verdict == triage.Undecided, verdict == triage.Unknowable && !look.Read && !expired:
		return d.take(triage.StepAwait, triage.ReasonNoAnswer, d.untilLook(pauseAfter(d.a.Tries)))
	case verdict == triage.Overtaken:
		return d.end(triage.StepConflict, triage.ReasonChanged)
	case verdict == triage.NotApplied && begun.After(d.a.RetryUntil):
		return d.end(triage.StepFail, triage.ReasonNoAnswer)
	case verdict == triage.NotApplied: // the grace period was pause enough
		return d.take(triage.StepDefer, triage.ReasonNoAnswer, 0)
	}
	return d.end(triage.StepLose, triage.ReasonNoAnswer)
}

// records are the alert's information records; false when they can't be read.
func (d *delivery) records() ([]triage.Record, bool) {
	ctx, cancel := context.WithTimeout(d.working, rereadWithin)
	defer cancel()
	var all []triage.Record
	for r, err := range d.Luscii.Records(triage.Urgent(ctx), d.a.Alert) {
		if err != nil {
			return nil, false
		}
		all = append(all, r)
	}
	return all, true
}

// late is from when on a PUT that shows no effect won't have any.
func (d *delivery) late() time.Time { return d.a.SentAt.Add(d.Timeout + d.Grace) }

// untilLook is how long to wait until the next look: a pause, but no longer than
// until the look can be the last.
func (d *delivery) untilLook(pause time.Duration) time.Duration {
	if left := time.Until(d.late()); left > 0 {
		return min(pause, left)
	}
	return pause
}

// confirm notes that the change is made: now is the alert as Luscii gives it,
// which the board has yet to learn where that was the answer to the PUT.
func (d *delivery) confirm(now triage.Alert, answered bool) error {
	if by, _ := now.ActedBy(); now.Status == d.a.Change.Status && (by == "" || by == d.a.Actor) {
		d.a.Result = now.UpdatedAt // else somebody acted since, and there is nothing to undo
	}
	next, err := d.a.After(triage.StepConfirm, triage.ReasonNone, time.Now())
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(d.writing)
	if err := d.keep(ctx, d.a, next, triage.ActionStep{Owner: d.owner}, ""); err != nil {
		return err
	}
	if answered {
		// Before the action is let go of, so that nobody sees the alert as if nothing
		// had been decided about it.
		d.Truth.Take(ctx, now)
	}
	d.changed(next)
	return nil
}

// later tries again after a pause, or gives up when that would be too late.
func (d *delivery) later(reason triage.Reason, asked time.Duration) error {
	pause := max(pauseAfter(d.a.Tries), asked)
	if time.Now().Add(pause).After(d.a.RetryUntil) {
		return d.end(triage.StepFail, reason)
	}
	return d.take(triage.StepDefer, reason, pause)
}

// end takes the action out of flight.
func (d *delivery) end(step triage.Step, reason triage.Reason) error { return d.take(step, reason, 0) }

// take moves the action on. While it is being sent it stays leased; else the next
// one who looks at it does so after the pause.
func (d *delivery) take(step triage.Step, reason triage.Reason, pause time.Duration) error {
	now := time.Now()
	next, err := d.a.After(step, reason, now)
	if err != nil {
		return err
	}
	next.NextAt = now.Add(pause)
	s := triage.ActionStep{Owner: d.owner}
	if step == triage.StepSend {
		s.Until = now.Add(leasedFor)
	}
	if err := d.step(context.WithoutCancel(d.writing), d.a, next, s, ""); err != nil {
		return err
	}
	d.a = next
	if next.State.InFlight() {
		d.poke()
	}
	return nil
}
