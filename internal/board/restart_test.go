package board

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// runFor runs a Board for a while, as a process that then ends.
func runFor(t *testing.T, b *Board, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	pass(d)
	cancel()
	<-done
}

// R12: a restart shows the last board at once, as old as it is, and is neither
// live nor complete before this process has read for itself. Then sweeping
// corrects it.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		gone, late := alert("a-gone"), alert("a-late")
		late.Status = triage.StatusEscalated
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2"), processed(alert("a-3"), time.Now()), gone}})
		src.set(yesterday, answer{rows: []triage.Alert{late, processed(alert("a-old"), made)}})
		before := newBoard(t, src, on(m), window(1))
		runFor(t, before, 14*time.Second)
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2"), processed(alert("a-3"), time.Now())}})
		runFor(t, before, 14*time.Second)
		ended := before.Snapshot()

		src.fail(triage.ErrUnavailable)
		time.Sleep(time.Hour)
		b := newBoard(t, src, on(m), window(1))
		s := b.Snapshot()
		assert.Equal(t, []triage.AlertID{"a-1", "a-2", "a-gone", "a-late"}, ids(s))
		assert.Equal(t, []triage.AlertID{"a-3"}, entryIDs(s.Processed))
		for _, e := range append(s.Entries, s.Processed...) {
			was, ok := ended.Entry(e.ID)
			require.True(t, ok)
			assert.Equal(t, was, *e)
			assert.Equal(t, e.ID == "a-gone", e.Missing)
		}
		_, ok := find(t, b, "a-old")
		assert.True(t, ok)
		for i, d := range s.Days {
			assert.Equal(t, triage.DayState{Day: d.Day, Former: ended.Days[i].ConfirmedAt}, d)
		}
		read, _ := s.DaysRead()
		assert.Zero(t, read)
		assert.Equal(t, triage.FreshUnknown, state(b).State)
		assert.Equal(t, ended.Days[1].ConfirmedAt, state(b).ConfirmedAt, "the oldest day shown")
		assert.Zero(t, state(b).TodayAt)

		run(t, b)
		pass(41 * time.Second)
		assert.Equal(t, triage.FreshNotLive, state(b).State)
		assert.Equal(t, ended.Days[1].ConfirmedAt, state(b).ConfirmedAt)
		assert.Equal(t, []triage.AlertID{"a-1", "a-2", "a-gone", "a-late"}, ids(b.Snapshot()))

		src.set(today, answer{rows: []triage.Alert{alert("a-1"), processed(alert("a-2"), time.Now()), alert("a-new")}})
		src.set(yesterday, answer{err: triage.ErrUnavailable})
		src.fail(nil)
		pass(maxPause)
		assert.Equal(t, []triage.AlertID{"a-1", "a-gone", "a-late", "a-new"}, ids(b.Snapshot()))
		assert.Equal(t, triage.FreshLate, state(b).State, "yesterday is an hour old")
		assert.Equal(t, ended.Days[1].ConfirmedAt, state(b).ConfirmedAt)
		assert.False(t, state(b).Complete())

		src.set(yesterday, answer{rows: []triage.Alert{late}})
		pass(maxPause)
		assert.True(t, state(b).Complete())
	})
}

// R6: nothing was open when the former process ended; that says nothing of now.
func TestARestartIsNoAllClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		before := newBoard(t, src, on(m), window(1))
		runFor(t, before, time.Second)
		require.True(t, state(before).Complete())
		src.fail(triage.ErrUnavailable)
		b := newBoard(t, src, on(m), window(1))
		run(t, b)
		for range 60 {
			pass(time.Second)
			assert.False(t, state(b).Complete())
			assert.NotEqual(t, triage.FreshLive, state(b).State)
		}
	})
}

// R12: days that began while no process ran are as old as what was known last.
func TestARestartDaysLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}})
		runFor(t, newBoard(t, src, on(m), window(30)), time.Second)
		ended := time.Now().Add(-time.Second)
		for _, days := range []int{1, 2, 29, 60} {
			time.Sleep(time.Until(ended.Add(time.Duration(days)*24*time.Hour + 2*time.Second)))
			b := newBoard(t, src, on(m), window(30))
			assert.Equal(t, ended, state(b).ConfirmedAt, days)
			assert.Equal(t, ended, b.Snapshot().Freshness(time.Now(), nil).ConfirmedAt, "though nothing be shown")
			assert.Equal(t, triage.FreshUnknown, state(b).State)
		}
	})
}

// The former process's clock may have been ahead. What it confirmed then must not
// outrank what is read now.
func TestAFormerClockThatWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		tomorrow := time.Now().Add(24 * time.Hour)
		require.NoError(t, m.PutEntries(t.Context(), []triage.Entry{
			{Alert: alert("a-1"), Day: today, ConfirmedAt: tomorrow}, {Alert: alert("a-2"), Day: today, ConfirmedAt: tomorrow},
		}))
		require.NoError(t, m.ConfirmDay(t.Context(), today, tomorrow))
		b := newBoard(t, src, on(m))
		assert.False(t, state(b).ConfirmedAt.After(time.Now()))
		same := alert("a-1")
		same.Status = triage.StatusEscalated // in the same second
		src.set(today, answer{rows: []triage.Alert{same}})
		run(t, b)
		e, _ := find(t, b, "a-1")
		assert.Equal(t, triage.Entry{Alert: same, Day: today, ConfirmedAt: time.Now()}, e)
		e, _ = find(t, b, "a-2")
		assert.True(t, e.Missing)
	})
}

// What hasn't changed isn't written, however often it is listed; what has is
// written once.
func TestOnlyChangesAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		rows := []triage.Alert{alert("a-1"), processed(alert("a-2"), made), processed(alert("a-3"), time.Now()), alert("a-1")}
		src.set(today, answer{rows: rows})
		src.set(yesterday, answer{rows: []triage.Alert{alert("a-4")}})
		b := newBoard(t, src, on(m), window(1))
		run(t, b)
		assert.Equal(t, 4, m.written())
		pass(time.Hour)
		assert.Zero(t, m.written())

		runFor(t, newBoard(t, src, on(m), window(1)), time.Hour)
		assert.Zero(t, m.written(), "nor after a restart")
		rows[1].Measurement = "m-1"
		src.set(today, answer{rows: rows[1:]})
		pass(10 * time.Second)
		assert.Equal(t, 1, m.written())
		src.set(today, answer{rows: rows[2:3]})
		pass(time.Minute)
		assert.Equal(t, 1, m.written(), "a-1 is missing now")
		assert.True(t, m.entry("a-1").Missing)
	})
}

// A day may hold more than memory should: it is taken page by page, and what is
// known of a page is asked in one question.
func TestALongDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m := newSource(), newMemory()
		const pages = 50
		var rows []triage.Alert
		for i := range pages * mergeAtOnce {
			rows = append(rows, processed(alert(triage.AlertID(fmt.Sprintf("a-%05d", i))), made))
		}
		rows[len(rows)-1] = alert("a-open")
		src.set(today, answer{rows: rows})
		b := newBoard(t, src, on(m))
		require.NoError(t, b.sweep(t.Context(), today))
		assert.Equal(t, pages, m.asked)
		assert.Equal(t, len(rows), m.written())
		assert.Len(t, b.work.held, 1, "memory holds what is worked on")
		assert.Equal(t, []triage.AlertID{"a-open"}, ids(b.Snapshot()))
		require.NoError(t, b.sweep(t.Context(), today))
		assert.Equal(t, 2*pages, m.asked)
		assert.Zero(t, m.written())
	})
}

// While the mirror fails the board goes on, and says so in the log. Once it works
// again, it is told of everything with the next sweep, though nothing has changed
// since.
func TestAFailingMirror(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src, m, log := newSource(), newMemory(), &logged{}
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2"), alert("a-4"), processed(alert("a-old"), made)}})
		b := newBoard(t, src, on(m), func(o *Options) { o.Logger = slog.New(log) })
		run(t, b)
		confirmed := m.days[today]

		m.breakDown(errDisk)
		late := alert("a-2")
		late.Status, late.UpdatedAt = triage.StatusEscalated, made.Add(time.Hour)
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-new"), late, processed(alert("a-old"), made)}})
		pass(10 * time.Second)
		b.Take(t.Context(), processed(alert("a-1"), made.Add(30*time.Minute))) // before today
		src.set(today, answer{rows: []triage.Alert{processed(alert("a-1"), made.Add(30*time.Minute)), alert("a-new"), late, processed(alert("a-old"), made)}})
		pass(time.Minute)
		want := []triage.AlertID{"a-2", "a-4", "a-new"}
		assert.Equal(t, want, ids(b.Snapshot()))
		assert.Empty(t, b.Snapshot().Processed)
		e, ok := find(t, b, "a-1")
		require.True(t, ok)
		assert.Equal(t, triage.StatusProcessed, e.Status, "the mirror would say open")
		assert.Equal(t, triage.FreshLive, state(b).State)
		assert.Equal(t, []string{"ERROR the mirror fails; the board goes on from memory, but a restart would show an older one error=disk full"}, log.lines)
		assert.Equal(t, triage.StatusOpen, m.entry("a-1").Status)
		assert.Equal(t, confirmed, m.days[today])

		m.breakDown(nil)
		pass(10 * time.Second)
		assert.Equal(t, []string{"INFO the mirror works again"}, log.lines[1:])
		assert.Equal(t, triage.StatusProcessed, m.entry("a-1").Status)
		assert.Equal(t, late, m.entry("a-2").Alert)
		assert.Equal(t, alert("a-new"), m.entry("a-new").Alert)
		assert.True(t, m.entry("a-4").Missing)
		assert.Equal(t, time.Now(), m.days[today])
		assert.Len(t, b.work.held, 3, "a-1 is the mirror's again")

		m.written()
		pass(time.Minute)
		assert.Zero(t, m.written())
		again := newBoard(t, src, on(m))
		assert.Equal(t, want, ids(again.Snapshot()))
	})
}

// A confirmation is written down only with all that it confirms: else a restart
// would take the older alerts for the newer.
func TestNothingIsConfirmedWithoutItsAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		m := &failsOnce{memory: newMemory(), puts: 1}
		var rows []triage.Alert
		for i := range mergeAtOnce + 1 {
			rows = append(rows, processed(alert(triage.AlertID(fmt.Sprint("a-", i))), made))
		}
		src.set(today, answer{rows: rows})
		b := newBoard(t, src, on(m))
		require.NoError(t, b.sweep(t.Context(), today))
		assert.Len(t, m.kept, 1, "the first page wasn't kept")
		assert.Zero(t, m.days[today])
		require.NoError(t, b.sweep(t.Context(), today.Add(-1)))
		assert.NotZero(t, m.days[today.Add(-1)], "another day is another matter")
		pass(time.Second)
		require.NoError(t, b.sweep(t.Context(), today))
		assert.Len(t, m.kept, len(rows))
		assert.Equal(t, time.Now(), m.days[today])
	})
}

// failsOnce is a mirror of which the first so many writes fail.
type failsOnce struct {
	*memory
	puts int
}

func (f *failsOnce) PutEntries(ctx context.Context, entries []triage.Entry) error {
	if f.puts > 0 {
		f.puts--
		return errDisk
	}
	return f.memory.PutEntries(ctx, entries)
}
