package trend

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// All ours.
const (
	// todayEvery is how often today is read at most.
	todayEvery = 5 * time.Minute
	// todayShare bounds the part of the time that goes into reading today again: a
	// day that takes two minutes is read every ten. Reports others wait for need
	// their part, too.
	todayShare = 0.2
	// lookedFor is how long after somebody looked today is kept current.
	lookedFor = 30 * time.Minute
	// lateUntil is how long after its end a day is read once more: what was measured
	// before midnight may arrive later, and Luscii's own midnight isn't known.
	lateUntil = 3 * time.Hour
	// A day that failed is read again after the first of these, then after twice as
	// long each time, up to the last; another day is tried meanwhile.
	againFirst, againLast = 2 * time.Minute, 30 * time.Minute
	betweenFailures       = time.Minute
	// rightsAgain is how long the export isn't asked for once Luscii refused it.
	rightsAgain = 6 * time.Hour
	// idle is how often it is looked whether something is to be read.
	idle = time.Minute
)

// Run fills the store until ctx ends: today first, then what changed since a day
// was read, then older days, newest first and each once. A day that fails stays as
// it was.
func (m *Measurements) Run(ctx context.Context) {
	rests := map[triage.Day]time.Time{} // until when a day isn't read again
	failures := map[triage.Day]int{}    // in a row
	for ctx.Err() == nil {
		now := time.Now()
		day, ok := m.due(now, rests)
		if !ok {
			m.sleep(ctx, idle)
			continue
		}
		err := m.fill(ctx, day, now)
		took := time.Since(now)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			delete(failures, day)
			rests[day] = now.Add(max(todayEvery, time.Duration(float64(took)/todayShare)))
		case refused(err):
			m.miss(NoRight)
			m.o.Log.Warn("measurements can't be read: the key has no right to the export", slog.Any("error", err))
			m.pause(ctx, rightsAgain)
		default:
			rests[day] = time.Now().Add(min(againFirst<<min(failures[day], 10), againLast))
			failures[day]++
			m.miss(NoAnswer)
			m.o.Log.Warn("a day of measurements could not be read", slog.String("day", string(day)), slog.Any("error", err))
			m.pause(ctx, betweenFailures)
		}
	}
}

// refused reports whether it makes little sense to ask again soon.
func refused(err error) bool {
	return errors.Is(err, triage.ErrForbidden) || errors.Is(err, export.ErrUnknownReport)
}

// due is the day to read now, if one is.
func (m *Measurements) due(now time.Time, rests map[triage.Day]time.Time) (triage.Day, bool) {
	busy := m.o.Busy()
	m.mu.Lock()
	defer m.mu.Unlock()
	today := triage.DayOf(now, m.o.Zone)
	_, known := m.loaded[today]
	wanted := busy || !m.looked.IsZero() && now.Sub(m.looked) < lookedFor
	if (!known || wanted) && !now.Before(rests[today]) {
		return today, true
	}
	for i := 1; i < Days; i++ {
		day := today.Add(-i)
		begun, known := m.loaded[day]
		end := endOf(day, m.o.Zone)
		settled := end.Add(lateUntil)
		changed := begun.Before(end) || begun.Before(settled) && !now.Before(settled)
		if (!known || changed) && !now.Before(rests[day]) {
			return day, true
		}
	}
	return "", false
}

// endOf is the midnight that ends a day.
func endOf(day triage.Day, zone *time.Location) time.Time {
	end, err := time.ParseInLocation(time.DateOnly, string(day.Add(1)), zone)
	if err != nil {
		return time.Time{} // it came from a clock
	}
	return end
}

// fill reads a day and puts it in the place of what there was, and drops the days
// that are too old.
func (m *Measurements) fill(ctx context.Context, day triage.Day, begun time.Time) error {
	read, err := m.read(ctx, day)
	if err != nil {
		return err
	}
	sheets := make([]Sheet, 0, len(read))
	for patient, rows := range read {
		sheet, err := m.seal(patient, day, rows)
		if err != nil {
			return err
		}
		sheets = append(sheets, sheet)
	}
	if err := m.o.Store.ReplaceSheets(ctx, day, begun, sheets); err != nil {
		return err
	}
	m.mu.Lock()
	m.loaded[day], m.missing = begun, NotMissing
	m.mu.Unlock()
	return m.forget(ctx, triage.DayOf(begun, m.o.Zone).Add(1-Days))
}

func (m *Measurements) forget(ctx context.Context, first triage.Day) error {
	m.mu.Lock()
	old := false
	for day := range m.loaded {
		old = old || day < first
	}
	m.mu.Unlock()
	if !old {
		return nil
	}
	if err := m.o.Store.ForgetSheets(ctx, first); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for day := range m.loaded {
		if day < first {
			delete(m.loaded, day)
		}
	}
	return nil
}

func (m *Measurements) miss(why Missing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.missing = why
}

// sleep waits, or until somebody looks.
func (m *Measurements) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-m.wake:
	}
}

// pause waits, whoever looks.
func (m *Measurements) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
