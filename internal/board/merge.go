package board

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"triageboard/internal/triage"
)

// mergeAtOnce is how many rows are compared and kept together: the most that a
// page of the API holds.
const mergeAtOnce = 200

// Take accepts what Luscii answered to a write, unless something newer is known
// by now: the answer may have been long on its way (R13). What the mirror can't
// keep now it is told with the next sweep.
func (b *Board) Take(ctx context.Context, a triage.Alert) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.lookUp(context.WithoutCancel(ctx), []triage.Alert{a})[a.ID]; ok && a.UpdatedAt.Before(was.UpdatedAt) {
		return
	}
	b.merge(ctx, []triage.Alert{a}, "", now)
	b.publish(now)
}

// merge takes rows into memory and mirror, and answers what is known of each
// then, and whether the mirror knows it, too. day is the date that returned them,
// empty where they came otherwise; begun is when the request began. The lock is
// held.
func (b *Board) merge(ctx context.Context, rows []triage.Alert, day triage.Day, begun time.Time) (now map[triage.AlertID]triage.Entry, kept bool) {
	ctx = context.WithoutCancel(ctx) // what came is taken as a whole
	was := b.lookUp(ctx, rows)
	now = make(map[triage.AlertID]triage.Entry, len(rows))
	for _, row := range rows {
		known, ok := now[row.ID] // a row may come twice
		if !ok {
			known, ok = was[row.ID]
		}
		e := triage.Entry{Alert: row, Day: day, ConfirmedAt: begun}
		switch {
		case ok:
			e = b.supersede(known, e)
		case day == "":
			e.Day = triage.DayOf(row.CreatedAt, time.UTC)
		}
		now[row.ID] = e
	}

	var changed []triage.Entry
	news := map[triage.AlertID]bool{}
	for id, e := range now {
		if old, known := was[id]; !known || !b.work.keeps(id) || looksDifferent(&old, &e) {
			changed, news[id] = append(changed, e), true
		}
	}
	kept = b.keep(ctx, changed)
	for id, e := range now {
		b.remember(e, kept || !news[id])
	}
	return now, kept
}

// supersede is what is known of an alert once row has come: the row, unless what
// is there was confirmed since the request that brought the row began, and the
// row isn't newer by its own account (R13). That it is as new is not enough:
// Luscii's times are whole seconds, in which an alert may change twice.
func (b *Board) supersede(was, row triage.Entry) triage.Entry {
	if !row.ConfirmedAt.After(was.ConfirmedAt) && !row.UpdatedAt.After(was.UpdatedAt) {
		return was
	}
	if row.ConfirmedAt.Before(was.ConfirmedAt) {
		row.ConfirmedAt = was.ConfirmedAt
	}
	if row.Day == "" {
		row.Day = was.Day
	}
	row.Missing = b.days[row.Day].confirmed.After(row.ConfirmedAt)
	return row
}

// remember holds an alert in memory if it belongs there: it is worked on, was
// processed today, or replaces what was held while the mirror still tells of an
// older state.
func (b *Board) remember(e triage.Entry, kept bool) {
	_, held := b.work.get(e.ID)
	if isWorking(&e) || processedSince(&e, b.midnight) || held && !kept {
		b.work.put(e, kept)
	} else {
		b.work.drop(e.ID)
	}
}

// lookUp is what is known of the rows' alerts, from memory, else the mirror.
// While the mirror can't be read nothing is known of what only it holds: such an
// alert is taken as it comes, so that none that is open stays unseen. The lock
// is held.
func (b *Board) lookUp(ctx context.Context, rows []triage.Alert) map[triage.AlertID]triage.Entry {
	found := make(map[triage.AlertID]triage.Entry, len(rows))
	var elsewhere []triage.AlertID
	for _, row := range rows {
		if e, ok := b.work.get(row.ID); ok {
			found[row.ID] = e
		} else {
			elsewhere = append(elsewhere, row.ID)
		}
	}
	if len(elsewhere) == 0 {
		return found
	}
	kept, err := b.mirror.Entries(ctx, elsewhere)
	b.noteMirror(err)
	for _, e := range kept {
		found[e.ID] = e
	}
	return found
}

// keep tells the mirror of alerts, and reports whether it has them. The lock is
// held.
func (b *Board) keep(ctx context.Context, entries []triage.Entry) bool {
	if len(entries) == 0 {
		return true
	}
	err := b.mirror.PutEntries(ctx, entries)
	b.noteMirror(err)
	return err == nil
}

// confirm notes that the day was listed completely: what neither this listing
// nor anything since has confirmed is kept, marked as missing. kept says that
// the mirror has all that came. Only then is it told of the confirmation, or a
// restart would take an older board for a newer. The lock is held.
func (b *Board) confirm(ctx context.Context, day triage.Day, begun time.Time, kept bool) {
	ctx = context.WithoutCancel(ctx)
	unkept := b.work.miss(day, begun)
	if b.keep(ctx, unkept) {
		b.work.keep(unkept)
	} else {
		kept = false
	}
	state := b.days[day]
	newer := begun.After(state.confirmed)
	if newer {
		state.confirmed = begun
	}
	state.tried, state.failures, state.early = begun, 0, b.early()
	b.days[day] = state
	if kept && newer {
		b.noteMirror(b.mirror.ConfirmDay(ctx, day, begun))
	}
	b.noteSuccess(day)
}

// failed notes that a day could not be listed completely. The lock is held.
func (b *Board) failed(day triage.Day, begun time.Time, cause error) {
	state := b.days[day]
	state.tried, state.early = begun, b.early()
	state.failures++
	b.days[day] = state
	b.causes[day] = cause
	if b.trouble == nil || b.trouble.Error() != cause.Error() {
		b.log.Warn("a day could not be confirmed; the last good board is kept",
			slog.String("day", string(day)), slog.Any("error", cause))
	}
	b.trouble = cause
	if asked := asksFor(cause); asked > 0 {
		b.alone = time.Now().Add(asked)
	}
}

// noteSuccess ends the trouble with a day, and logs when there is none left.
func (b *Board) noteSuccess(day triage.Day) {
	delete(b.causes, day)
	if b.trouble != nil && len(b.causes) == 0 {
		b.log.Info("listing works again", slog.String("day", string(day)))
		b.trouble = nil
	}
}

// noteMirror logs each beginning and end of trouble with the mirror once.
func (b *Board) noteMirror(err error) {
	switch {
	case err != nil && (b.unkept == nil || b.unkept.Error() != err.Error()):
		b.log.Error("the mirror fails; the board goes on from memory, but a restart would show an older one", slog.Any("error", err))
	case err == nil && b.unkept != nil:
		b.log.Info("the mirror works again")
	}
	b.unkept = err
}

// maxAsked bounds how long Luscii is left alone because it asked for it. Beyond
// that it is taken for a mistake: to ask once an hour burdens nobody.
const maxAsked = time.Hour

// asksFor is how long an error says that Luscii wants to be left alone.
func asksFor(err error) time.Duration {
	var asks interface{ RetryAfter() time.Duration }
	if !errors.As(err, &asks) {
		return 0
	}
	return min(asks.RetryAfter(), maxAsked)
}
