package board

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

var discard = slog.New(slog.DiscardHandler)

// R6, R12: a board that has looked at nothing says so.
func TestBeforeTheFirstSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		b := newBoard(t, newSource(), window(2))
		s := b.Snapshot()
		assert.Empty(t, s.Entries)
		assert.Equal(t, []triage.Day{today}, s.Today)
		assert.Equal(t, []triage.DayState{{Day: today}, {Day: yesterday}, {Day: dayBefore}}, s.Days)
		assert.Equal(t, time.Now(), s.Started)
		assert.Equal(t, 10*time.Second, s.Interval)
		assert.Equal(t, triage.FreshUnknown, state(b).State)
		assert.False(t, state(b).Complete())
	})
}

func TestFirstSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		late, done, odd := alert("a-late"), processed(alert("a-done"), made), alert("a-odd")
		late.Status, odd.Status, odd.Flag = triage.StatusEscalated, "snoozed", "purple"
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), done}})
		src.set(yesterday, answer{rows: []triage.Alert{late, odd}})
		var told []triage.Delta
		b := newBoard(t, src, window(2), telling(&told))
		first := b.Snapshot()
		run(t, b)

		s := b.Snapshot()
		assert.Greater(t, s.Version, first.Version)
		assert.Equal(t, []triage.AlertID{"a-odd", "a-1", "a-late"}, ids(s), "what is worked on, in R1's order")
		e, ok := s.Entry("a-late")
		require.True(t, ok)
		assert.Equal(t, triage.Entry{Alert: late, Day: yesterday, ConfirmedAt: time.Now()}, e)
		e, ok = find(t, b, "a-done")
		require.True(t, ok, "processed ones are known")
		assert.Equal(t, triage.Entry{Alert: done, Day: today, ConfirmedAt: time.Now()}, e)
		_, ok = find(t, b, "nowhere")
		assert.False(t, ok)

		assert.True(t, state(b).Complete())
		assert.NoError(t, s.LastError)
		assert.Subset(t, src.asked(), []triage.Day{today, yesterday, dayBefore})
		var added []triage.AlertID
		for _, d := range told {
			for _, e := range d.Added {
				added = append(added, e.ID)
			}
			assert.Empty(t, d.Changed)
			assert.Empty(t, d.Removed)
		}
		assert.ElementsMatch(t, ids(s), added)
		assert.Len(t, told, 2, "an empty day changes nothing")
	})
}

// A page that was open during a restart can tell the newer board by its version.
func TestVersionsGrowAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := newBoard(t, newSource())
		for range 100 {
			before.Take(t.Context(), alert("a-1"))
		}
		pass(time.Second)
		assert.Greater(t, newBoard(t, newSource()).Snapshot().Version, before.Snapshot().Version)
	})
}

func TestTodayIsPolledEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		b := newBoard(t, src)
		run(t, b)
		begun := time.Now()
		pass(5 * time.Second)
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}})
		pass(4 * time.Second)
		assert.Empty(t, b.Snapshot().Entries)
		pass(time.Second)
		assert.Equal(t, []triage.AlertID{"a-1"}, ids(b.Snapshot()))
		pass(20 * time.Second)
		assert.Equal(t, []time.Time{begun, begun.Add(10 * time.Second), begun.Add(20 * time.Second), begun.Add(30 * time.Second)},
			src.askedAt(today))
		assert.Equal(t, begun.Add(30*time.Second), state(b).ConfirmedAt)
	})
}

func TestNoOlderDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		run(t, newBoard(t, src, window(0)))
		pass(time.Minute)
		assert.Len(t, src.asked(), 7, "today alone")

		// The next day, yesterday isn't looked at: the window ends with today.
		pass(24 * time.Hour)
		src.asked()
		pass(time.Minute)
		assert.Equal(t, slices.Repeat([]triage.Day{today.Add(1)}, 6), src.asked())
	})
}

// R12: one day that can't be listed takes no other day's turn.
func TestAFailingDayStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(yesterday, answer{err: triage.ErrUnavailable})
		b := newBoard(t, src, window(5))
		run(t, b)
		pass(time.Minute)
		read, total := b.Snapshot().DaysRead()
		assert.Equal(t, []int{5, 6}, []int{read, total}, "all but the failing one")
		assert.False(t, state(b).Complete())
		assert.Equal(t, triage.FreshLive, state(b).State)

		pass(29 * time.Minute)
		assert.InDelta(t, 60, len(src.askedAt(yesterday)), 5, "each half a minute")
		for _, d := range b.Snapshot().Days {
			if d.Day != yesterday {
				assert.LessOrEqual(t, time.Since(d.ConfirmedAt), quietEvery+maxPause, d.Day)
			}
		}

		src.set(yesterday, answer{rows: []triage.Alert{alert("a-1")}})
		pass(maxPause)
		assert.True(t, state(b).Complete())
		assert.Equal(t, []triage.AlertID{"a-1"}, ids(b.Snapshot()))
	})
}

// Luscii is down when the board starts: once it is back, the whole window is
// read as fast as at a start.
func TestAnOutageAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.fail(triage.ErrUnavailable)
		b := newBoard(t, src, window(30))
		run(t, b)
		assert.Equal(t, triage.FreshUnknown, state(b).State)
		pass(41 * time.Second)
		assert.Equal(t, triage.FreshNotLive, state(b).State) // R12
		require.ErrorIs(t, state(b).Reason, triage.ErrUnavailable)

		src.fail(nil)
		pass(maxPause)
		assert.True(t, state(b).Complete())
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	for name, prepare := range map[string]func(*source){
		"between sweeps":   func(*source) {},
		"during a listing": func(s *source) { s.set(today, answer{takes: time.Hour}) },
		"during an older listing": func(s *source) {
			s.set(yesterday, answer{takes: time.Hour, rows: []triage.Alert{alert("a-1")}})
		},
		"while Luscii is down": func(s *source) { s.fail(triage.ErrUnavailable) },
	} {
		for _, days := range []int{0, 1} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					noon()
					src := newSource()
					prepare(src)
					b := newBoard(t, src, window(days))
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan struct{})
					go func() {
						defer close(done)
						b.Run(ctx)
					}()
					pass(15 * time.Second)
					before := b.Snapshot()
					src.asked()
					cancel()
					synctest.Wait()
					select {
					case <-done:
					default:
						t.Fatal("still running")
					}
					assert.Same(t, before, b.Snapshot(), "an ending is no failure of Luscii's, and confirms nothing")
					pass(time.Hour)
					assert.Empty(t, src.asked())
				})
			})
		}
	}
}

// What is wrong is logged when it begins and when it ends, not at every poll.
func TestTroubleIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, log := newSource(), &logged{}
		b := newBoard(t, src, func(o *Options) { o.Logger = slog.New(log) })
		run(t, b)
		src.fail(errors.New("list alerts: status 503"))
		pass(30 * time.Second)
		assert.Equal(t, []string{"WARN a day could not be confirmed; the last good board is kept day=2000-01-01 error=list alerts: status 503"}, log.lines)
		src.fail(errors.New("list alerts: status 401"))
		pass(30 * time.Second)
		assert.Len(t, log.lines, 2, "another trouble")
		src.fail(nil)
		pass(maxPause)
		assert.Equal(t, []string{"INFO listing works again day=2000-01-01"}, log.lines[2:])
	})
}

// logged collects what is logged; one sweep at a time writes to it.
type logged struct{ lines []string }

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }
func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}
