package board

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"triageboard/internal/triage"
)

// mergeAtOnce is how many rows are compared and kept together: about a page of
// the API.
const mergeAtOnce = 200

// Take accepts what Luscii answered to a write, unless something newer is known
// by now: the answer may have been long on its way (R13).
func (b *Board) Take(a triage.Alert) {
	if known, ok := b.Find(a.ID); ok && a.UpdatedAt.Before(known.UpdatedAt) {
		return
	}
	b.merge(context.Background(), []triage.Alert{a}, "", time.Now())
	b.publish(time.Now())
}

// merge takes rows into memory and mirror, and answers what is known of each
// then. day is the date that returned them, empty where they came otherwise;
// begun is when the request began.
func (b *Board) merge(ctx context.Context, rows []triage.Alert, day triage.Day, begun time.Time) []triage.Entry {
	b.merging.Lock()
	defer b.merging.Unlock()
	before := b.lookUp(ctx, rows)

	var changed, taken []triage.Entry
	for _, row := range rows {
		was, known := before[row.ID]
		e := triage.Entry{Alert: row, Day: day, ConfirmedAt: begun}
		if known {
			e = supersede(was, e)
		} else if day == "" {
			e.Day = triage.DayOf(row.CreatedAt, time.UTC)
		}
		before[row.ID] = e // a row may come twice
		taken = append(taken, e)
		if !known || was.Alert != e.Alert || was.Day != e.Day || was.Missing != e.Missing {
			changed = append(changed, e)
		}
	}
	if err := b.mirror.PutEntries(ctx, changed); err != nil && ctx.Err() == nil {
		b.log.Error("alerts could not be kept; they are on the board, but a restart would show older ones", slog.Any("error", err))
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	since, recent := b.midnight(begun), b.filter.today(begun)[0].Add(-2)
	for _, e := range taken {
		if e.Status != triage.StatusProcessed || !processedAt(e).Before(since) {
			b.known[e.ID] = e
		} else {
			delete(b.known, e.ID)
		}
		// Farther back, summer time may have been in force.
		if day >= recent {
			b.filter = b.filter.learn(day, e.CreatedAt)
		}
	}
	return taken
}

// supersede is what is known of an alert once row has come: the row, unless
// what is there is newer than the row and was confirmed after the request that
// brought the row began (R13).
func supersede(was, row triage.Entry) triage.Entry {
	late := row.ConfirmedAt.Before(was.ConfirmedAt)
	if late && row.UpdatedAt.Before(was.UpdatedAt) {
		return was
	}
	if late {
		row.ConfirmedAt = was.ConfirmedAt
	}
	if row.Day == "" {
		row.Day = was.Day
	}
	return row
}

// lookUp is what is known of the rows' alerts, from memory, else the mirror. Of
// an alert the mirror can't tell nothing is known: it is taken as it comes.
func (b *Board) lookUp(ctx context.Context, rows []triage.Alert) map[triage.AlertID]triage.Entry {
	found := make(map[triage.AlertID]triage.Entry, len(rows))
	var elsewhere []triage.AlertID
	b.mu.Lock()
	for _, row := range rows {
		if e, ok := b.known[row.ID]; ok {
			found[row.ID] = e
		} else {
			elsewhere = append(elsewhere, row.ID)
		}
	}
	b.mu.Unlock()
	if len(elsewhere) == 0 {
		return found
	}
	kept, err := b.mirror.Entries(ctx, elsewhere)
	if err != nil && ctx.Err() == nil {
		b.log.Error("the mirror can't be read", slog.Any("error", err))
	}
	for _, e := range kept {
		found[e.ID] = e
	}
	return found
}

// confirm notes that the day was listed completely. An alert that is still
// worked on and that neither this listing nor anything since has confirmed is
// kept, marked as missing.
func (b *Board) confirm(ctx context.Context, day triage.Day, begun time.Time) {
	b.merging.Lock()
	defer b.merging.Unlock()

	b.mu.Lock()
	var missing []triage.Entry
	for id, e := range b.known {
		if e.Day == day && !e.Missing && e.Status != triage.StatusProcessed && e.ConfirmedAt.Before(begun) {
			e.Missing = true
			b.known[id] = e
			missing = append(missing, e)
		}
	}
	b.days[day] = dayState{confirmed: begun, tried: begun}
	delete(b.causes, day)
	b.mu.Unlock()

	err := b.mirror.PutEntries(ctx, missing)
	if err == nil {
		err = b.mirror.ConfirmDay(ctx, day, begun)
	}
	if err != nil && ctx.Err() == nil {
		b.log.Error("a day's confirmation could not be kept", slog.String("day", string(day)), slog.Any("error", err))
	}
}

// dawn confirms a day that has begun since the day before it was listed, as of
// that listing: it held nothing then. Else the board would call itself not live
// at every midnight until the new day is listed.
func (b *Board) dawn(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, day := range b.filter.today(now) {
		before := b.days[day.Add(-1)].confirmed
		if b.days[day].confirmed.IsZero() && !before.IsZero() && !slices.Contains(b.filter.today(before), day) {
			b.days[day] = dayState{confirmed: before}
		}
	}
}

// failed notes that a day could not be listed completely, and logs the
// beginning of trouble once.
func (b *Board) failed(day triage.Day, begun time.Time, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.days[day]
	state.tried = begun
	state.failures++
	b.days[day] = state
	if state.failures == 1 {
		b.log.Warn("a day could not be confirmed; the last good board is kept",
			slog.String("day", string(day)), slog.Any("error", cause))
	}
	b.causes[day] = cause
}

// forget drops what left the window, from memory and mirror; what is still
// worked on is never dropped.
func (b *Board) forget(ctx context.Context, now time.Time) error {
	b.mu.Lock()
	days := b.windowOf(now)
	first, since := days[len(days)-1], b.midnight(now)
	for id, e := range b.known {
		if e.Status == triage.StatusProcessed && processedAt(e).Before(since) {
			delete(b.known, id)
		}
	}
	for day := range b.days {
		if day < first {
			delete(b.days, day)
			delete(b.causes, day)
		}
	}
	b.mu.Unlock()
	if err := b.mirror.ForgetBefore(ctx, first); err != nil {
		return fmt.Errorf("forget what left the window: %w", err)
	}
	return nil
}

// publish freezes what is known and swaps it in.
func (b *Board) publish(now time.Time) {
	b.merging.Lock()
	defer b.merging.Unlock()
	older, newer := b.current.Load(), b.freeze(now)
	newer.Version = older.Version + 1
	b.current.Store(newer)
	if b.onChange == nil {
		return
	}
	if delta := triage.Diff(older, newer); !delta.Empty() {
		b.onChange(delta)
	}
}

// freeze makes a snapshot of what is known, without a version.
func (b *Board) freeze(now time.Time) *triage.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := triage.Snapshot{Started: b.started, Interval: b.interval, Today: b.filter.today(now)}
	for _, day := range b.windowOf(now) {
		s.Days = append(s.Days, triage.DayState{Day: day, ConfirmedAt: b.days[day].confirmed})
		if s.LastError == nil { // today's, if there is one
			s.LastError = b.causes[day]
		}
	}
	for _, e := range b.known {
		if e.Status != triage.StatusProcessed {
			s.Entries = append(s.Entries, e)
		}
	}
	return s.Freeze()
}

// windowOf is the days looked at, newest first. The lock is held.
func (b *Board) windowOf(now time.Time) []triage.Day {
	today := b.filter.today(now)
	last := today[len(today)-1].Add(-b.window)
	var days []triage.Day
	for d := today[0]; d >= last; d = d.Add(-1) {
		days = append(days, d)
	}
	return days
}

// plans is what the planner looks at: the window without today.
func (b *Board) plans(now time.Time) []dayPlan {
	b.mu.Lock()
	defer b.mu.Unlock()
	working := map[triage.Day]bool{}
	for _, e := range b.known {
		if e.Status != triage.StatusProcessed {
			working[e.Day] = true
		}
	}
	today := b.filter.today(now)
	var plans []dayPlan
	for _, day := range b.windowOf(now) {
		if slices.Contains(today, day) {
			continue
		}
		state := b.days[day]
		plans = append(plans, dayPlan{
			day: day, working: working[day], confirmed: !state.confirmed.IsZero(), tried: state.tried, failures: state.failures,
		})
	}
	return plans
}
