package board

import (
	"context"
	"fmt"
	"slices"
	"time"

	"triageboard/internal/triage"
)

// publish freezes what is known and swaps it in. The lock is held.
func (b *Board) publish(now time.Time) {
	if midnight := b.midnightBefore(now); !midnight.Equal(b.midnight) {
		b.midnight = midnight
		b.work.leave(midnight)
	}
	b.dawn(now)
	older, s := b.current.Load(), b.frame()
	s.Version = older.Version + 1
	var newer *triage.Snapshot
	if len(b.work.touched) == 0 {
		newer = s.FreezeAs(older)
	} else {
		s.Entries, s.Processed = b.work.lists(older, b.midnight)
		newer = s.Freeze()
		b.work.settle()
	}
	b.current.Store(newer)
	if b.onPublish != nil {
		b.onPublish(older, newer)
	}
}

// frame is a snapshot without version and alerts. The lock is held, or nobody
// else knows the Board yet.
func (b *Board) frame() triage.Snapshot {
	s := triage.Snapshot{Started: b.started, Interval: b.interval, Today: b.today}
	window, outside := b.lookedAt()
	for _, day := range window {
		s.Days = append(s.Days, b.stateOf(day))
	}
	for _, day := range outside {
		s.Outside = append(s.Outside, b.stateOf(day))
	}
	for _, day := range slices.Concat(window, outside) {
		if cause := b.causes[day]; cause != nil {
			s.LastError = cause // the newest day's
			break
		}
	}
	return s
}

func (b *Board) stateOf(day triage.Day) triage.DayState {
	state := b.days[day]
	return triage.DayState{Day: day, ConfirmedAt: state.confirmed, Former: state.former}
}

// lookedAt is the days that are listed again and again, newest first: the
// window, and others that hold an open or escalated alert, which is never given
// up. The lock is held.
func (b *Board) lookedAt() (window, outside []triage.Day) {
	first, last := b.windowBegins(), b.today[0]
	for d := last; d >= first; d = d.Add(-1) {
		window = append(window, d)
	}
	for d := range b.work.working {
		if d < first || d > last {
			outside = append(outside, d)
		}
	}
	slices.Sort(outside)
	slices.Reverse(outside)
	return window, outside
}

// windowBegins is the first day that is looked at. The lock is held.
func (b *Board) windowBegins() triage.Day { return b.today[len(b.today)-1].Add(-b.window) }

// midnightBefore is when the day of now began in the shown zone.
func (b *Board) midnightBefore(now time.Time) time.Time {
	now = now.In(b.zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, b.zone)
}

// dawn confirms a day that has begun since the day before it was listed, as of
// that listing: it held nothing then. Else the board would call itself not live
// at every midnight until the new day is listed. The lock is held.
func (b *Board) dawn(now time.Time) {
	for _, day := range b.filter.today(now) {
		state, before := b.days[day], b.days[day.Add(-1)].confirmed
		if state.confirmed.IsZero() && !before.IsZero() && day > b.filter.today(before)[0] {
			state.confirmed = before
			b.days[day] = state
		}
	}
}

// turnDay begins a round of polls: it answers the dates to list as today. The
// snapshots count those as today of which something is known; a date that has just
// become possible counts once it was asked for.
func (b *Board) turnDay(now time.Time) []triage.Day {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dawn(now)
	b.polling = b.filter.today(now)
	today := slices.DeleteFunc(slices.Clone(b.polling), func(day triage.Day) bool {
		return b.days[day].confirmed.IsZero() && !slices.Contains(b.today, day)
	})
	if len(today) > 0 {
		b.today = today
	}
	return b.polling
}

// askedFor notes that a date was listed, successfully or not: if it is polled as
// today, it counts. The lock is held.
func (b *Board) askedFor(day triage.Day) {
	if slices.Contains(b.polling, day) && !slices.Contains(b.today, day) {
		b.today = slices.Sorted(slices.Values(append(slices.Clone(b.today), day)))
		slices.Reverse(b.today)
	}
}

// refused notes that a date is still to come for Luscii: nothing is known of it,
// and it doesn't count as today. The lock is held.
func (b *Board) refused(day triage.Day) {
	delete(b.days, day)
	delete(b.causes, day)
	if len(b.today) > 1 {
		b.today = slices.DeleteFunc(slices.Clone(b.today), func(d triage.Day) bool { return d == day })
	}
}

// forget drops what left the window, from memory and mirror; what is still
// worked on is never dropped.
func (b *Board) forget(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.windowBegins()
	if first == b.forgotten {
		return nil
	}
	for day := range b.days {
		if day < first && b.work.working[day] == 0 {
			delete(b.days, day)
			delete(b.causes, day)
		}
	}
	if err := b.mirror.ForgetBefore(ctx, first); err != nil {
		return fmt.Errorf("forget what left the window: %w", err)
	}
	b.forgotten = first
	return nil
}
