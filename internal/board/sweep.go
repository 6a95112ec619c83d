package board

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// errNotYet says of a date that Luscii refuses it, as some APIs do with those
// still to come.
var errNotYet = errors.New("the date is still to come")

// Run sweeps until ctx ends: today at every interval, the other days beside it
// as the planner says. A failure is told in the snapshot and tried again, never
// returned.
func (b *Board) Run(ctx context.Context) {
	var lanes sync.WaitGroup
	lanes.Go(func() { b.sweepToday(ctx) })
	lanes.Go(func() { b.sweepOthers(ctx) })
	lanes.Wait()
}

// sweepToday lists today at once and then at every interval. After failures in
// a row the pauses grow, up to a bound.
func (b *Board) sweepToday(ctx context.Context) {
	failures := 0
	for {
		begun := time.Now()
		if b.poll(ctx, begun) {
			failures = 0
		} else {
			failures++
		}
		if ctx.Err() != nil {
			return
		}
		if err := b.forget(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("old alerts could not be dropped", slog.Any("error", err))
		}
		next := later(begun.Add(b.pollPause(failures)), b.leftAloneUntil())
		if !pause(ctx, time.Until(next)) {
			return
		}
	}
}

// poll is one round: it lists every date that is today, and reports whether all
// were listed completely.
func (b *Board) poll(ctx context.Context, now time.Time) bool {
	b.first.begin()
	defer b.first.end()
	ok := true
	for _, day := range b.turnDay(now) {
		if err := b.sweep(ctx, day); err != nil && !errors.Is(err, errNotYet) {
			ok = false
		}
		if ctx.Err() != nil || b.leftAloneUntil().After(time.Now()) {
			return false
		}
	}
	return ok
}

// pollPause is how long from one poll of today to the next: after failures in a
// row longer, but not beyond maxPause or the interval itself.
func (b *Board) pollPause(failures int) time.Duration {
	pause := b.interval
	for range failures - 1 {
		if pause *= 2; pause >= maxPause {
			pause = max(maxPause, b.interval)
			break
		}
	}
	return shortened(pause, b.early())
}

// shortened is a pause without the given part of it.
func shortened(pause time.Duration, early float64) time.Duration {
	return pause - time.Duration(early*float64(pause))
}

func (b *Board) leftAloneUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.alone
}

// sweepOthers lists the days before today as the planner says.
func (b *Board) sweepOthers(ctx context.Context) {
	rest := time.Time{}
	for failures := 0; ctx.Err() == nil; {
		b.first.letPass(ctx)
		now := time.Now()
		day, wait := nextDay(now, later(rest, b.leftAloneUntil()), b.plans())
		if day == "" {
			if !pause(ctx, wait) {
				return
			}
			continue
		}
		if b.sweep(ctx, day) == nil {
			failures, rest = 0, time.Time{}
			continue
		}
		failures++
		rest = time.Now().Add(shortened(retryPause(failures), b.early()))
	}
}

// plans is what the planner looks at: every day but today.
func (b *Board) plans() []dayPlan {
	b.mu.Lock()
	defer b.mu.Unlock()
	var plans []dayPlan
	window, outside := b.lookedAt()
	for _, day := range slices.Concat(window, outside) {
		if slices.Contains(b.polling, day) {
			continue
		}
		state := b.days[day]
		plans = append(plans, dayPlan{
			day: day, working: b.work.working[day] > 0, confirmed: !state.confirmed.IsZero(),
			tried: state.tried, failures: state.failures, early: state.early,
		})
	}
	return plans
}

// sweep lists one day, merges what comes page by page and, only if all of it
// came, confirms the day. Its error is why it didn't.
func (b *Board) sweep(ctx context.Context, day triage.Day) error {
	begun := time.Now()
	s := listing{board: b, day: day, begun: begun, lesson: newLesson(), kept: true}
	var failure error
	for a, err := range b.source.Alerts(ctx, day, day) {
		if err != nil {
			failure = err
			break
		}
		s.add(ctx, a)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	surely := b.polling[len(b.polling)-1] // has begun, wherever Luscii is
	// A later one is still to come where it is refused as a whole, not in the middle.
	if errors.Is(failure, triage.ErrRejected) && day > surely && s.lesson.empty {
		b.refused(day)
		return errNotYet
	}
	b.askedFor(day)
	s.merge(ctx)
	if day >= surely.Add(-1) { // farther back, summer time may have been in force
		b.filter = b.filter.learn(s.lesson)
	}
	b.dawn(begun)
	if failure == nil {
		b.confirm(ctx, day, begun, s.kept)
	} else {
		b.failed(day, begun, failure)
	}
	b.publish(time.Now())
	return failure
}

// listing is a sweep under way. It holds a page at most: a day may have more
// alerts than memory should.
type listing struct {
	board  *Board
	day    triage.Day
	begun  time.Time
	page   []triage.Alert
	lesson lesson
	kept   bool      // the mirror has all that came
	shown  time.Time // when what came was published last
}

// showEvery is how often what came of a day is shown before its listing has ended.
// To publish costs as much as the board is large: with every page, a day of
// 100,000 alerts would take the square of its pages.
const showEvery = time.Second

// add takes a row, and with the last of a page merges the page, and shows it at
// times. Before the next one is asked for, today's go first.
func (s *listing) add(ctx context.Context, a triage.Alert) {
	b := s.board
	s.page = append(s.page, a)
	s.lesson.add(s.day, a.CreatedAt)
	if len(s.page) < mergeAtOnce {
		return
	}
	b.mu.Lock()
	s.merge(ctx)
	if now := time.Now(); len(b.work.touched) > 0 && now.Sub(s.shown) >= showEvery {
		b.publish(now)
		s.shown = time.Now()
	}
	today := slices.Contains(b.polling, s.day)
	b.mu.Unlock()
	if !today {
		b.first.letPass(ctx)
	}
}

// merge takes the rows of the page that matter. The lock is held.
func (s *listing) merge(ctx context.Context) {
	s.page = slices.DeleteFunc(s.page, func(a triage.Alert) bool { return s.board.leavesOut(s.day, a) })
	if len(s.page) > 0 {
		_, kept := s.board.merge(ctx, s.page, s.day, s.begun)
		s.kept = s.kept && kept
		s.page = s.page[:0]
	}
}

// leavesOut reports whether a row doesn't matter: of a day out of the window, what
// is done with, as for the mirror. The lock is held.
func (b *Board) leavesOut(day triage.Day, a triage.Alert) bool {
	if day >= b.windowBegins() || a.Status != triage.StatusProcessed {
		return false
	}
	_, held := b.work.get(a.ID)
	return !held
}

func later(x, y time.Time) time.Time {
	if y.After(x) {
		return y
	}
	return x
}

// pause waits; false: ctx ended, even if the time was over as well.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
