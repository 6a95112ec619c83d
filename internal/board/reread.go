package board

import (
	"context"
	"errors"
	"fmt"
	"time"

	"triageboard/internal/triage"
)

// Reread asks Luscii for one alert's present state and takes it into the board.
// There is no single-alert GET, so it lists the day that returned the alert
// last, then its neighbours, and stops at the first match.
//
// Errors: triage.ErrGone when no complete listing holds it, or the board knows
// it no more; else what the listing, or the mirror, failed with.
func (b *Board) Reread(ctx context.Context, id triage.AlertID) (triage.Alert, error) {
	known, ok, err := b.Find(ctx, id)
	if err != nil {
		return triage.Alert{}, err
	}
	if !ok {
		return triage.Alert{}, triage.ErrGone
	}
	var failures []error
	for _, day := range []triage.Day{known.Day, known.Day.Add(-1), known.Day.Add(1)} {
		a, found, err := b.findOn(ctx, day, id)
		if found {
			return a, nil
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	if err := errors.Join(failures...); err != nil {
		return triage.Alert{}, fmt.Errorf("re-read an alert: %w", err)
	}
	return triage.Alert{}, triage.ErrGone
}

// findOn lists one day until the alert comes by, and answers what is known of
// it then: that row, or what came meanwhile and is newer.
func (b *Board) findOn(ctx context.Context, day triage.Day, id triage.AlertID) (triage.Alert, bool, error) {
	begun := time.Now()
	for a, err := range b.source.Alerts(triage.Urgent(ctx), day, day) {
		if err != nil {
			return triage.Alert{}, false, err
		}
		if a.ID != id {
			continue
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		newest, _ := b.merge(ctx, []triage.Alert{a}, day, begun)
		b.publish(time.Now())
		return newest[id].Alert, true, nil
	}
	return triage.Alert{}, false, nil
}
