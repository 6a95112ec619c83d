package board

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// R6, R12: a listing that fails or is partial keeps the last good board. What
// came is merged, nothing is confirmed, nothing removed.
func TestAFailedSweepKeepsTheLastGoodBoard(t *testing.T) {
	for _, kind := range []error{triage.ErrUnavailable, triage.ErrPartial, triage.ErrMalformed, triage.ErrKeyRefused, triage.ErrBusy} {
		t.Run(kind.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				noon()
				src := newSource()
				src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2"), alert("a-3")}})
				var told []triage.Delta
				b := newBoard(t, src, telling(&told))
				run(t, b)
				good, told0 := time.Now(), len(told)

				pass(5 * time.Second)
				done := processed(alert("a-2"), time.Now())
				src.set(today, answer{rows: []triage.Alert{alert("a-4"), done}, err: fmt.Errorf("list alerts: %w", kind)})
				pass(5 * time.Second)

				s := b.Snapshot()
				assert.Equal(t, []triage.AlertID{"a-1", "a-3", "a-4"}, ids(s), "what came is taken, what didn't stays")
				e, _ := find(t, b, "a-2")
				assert.Equal(t, done, e.Alert)
				require.ErrorIs(t, s.LastError, kind)
				assert.Equal(t, good, s.Days[0].ConfirmedAt, "nothing is confirmed")
				for _, e := range s.Entries {
					assert.False(t, e.Missing, "and nothing concluded from what is missing: %s", e.ID)
				}
				e, _ = s.Entry("a-1")
				assert.Equal(t, good, e.ConfirmedAt)
				e, _ = s.Entry("a-4")
				assert.Equal(t, good.Add(10*time.Second), e.ConfirmedAt)
				require.Len(t, told, told0+1)

				pass(10*time.Second + 1)
				assert.Equal(t, triage.FreshLate, state(b).State)
				pass(20 * time.Second)
				assert.Equal(t, triage.FreshNotLive, state(b).State)
				assert.Equal(t, good, state(b).ConfirmedAt)
				require.ErrorIs(t, state(b).Reason, kind)
				assert.Equal(t, []triage.AlertID{"a-1", "a-3", "a-4"}, ids(b.Snapshot()), "still showing the last good board")
				assert.Len(t, told, told0+1, "trouble alone changes no row")

				src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-3"), alert("a-4"), done}})
				pass(maxPause)
				assert.NoError(t, b.Snapshot().LastError, "recovered")
				assert.True(t, state(b).Complete())
				assert.Equal(t, good.Add(70*time.Second), state(b).ConfirmedAt)
				assert.Equal(t, []triage.AlertID{"a-1", "a-3", "a-4"}, ids(b.Snapshot()))
			})
		})
	}
}

// R6: a first listing that fails confirms no empty board, whatever came with it.
func TestAFailedFirstSweepIsNotAnEmptyBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}, err: triage.ErrPartial})
		b := newBoard(t, src)
		run(t, b)
		assert.Equal(t, []triage.AlertID{"a-1"}, ids(b.Snapshot()), "what came is shown")
		assert.Equal(t, triage.FreshUnknown, state(b).State)
		assert.False(t, state(b).Complete())
		pass(40*time.Second + 1)
		assert.Equal(t, triage.FreshNotLive, state(b).State)
	})
}

// An alert its day returns no more stays, not confirmed, until it comes back or
// is processed: "0 alerts" is never made of silence.
func TestAVanishedAlertStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2")}})
		var told []triage.Delta
		b := newBoard(t, src, telling(&told))
		run(t, b)
		vanished := func(id triage.AlertID) bool {
			e, ok := b.Snapshot().Entry(id)
			require.True(t, ok, "it stays")
			return e.Missing
		}
		require.False(t, vanished("a-1"))

		src.set(today, answer{rows: []triage.Alert{alert("a-2")}})
		last := time.Now()
		pass(10 * time.Second)
		assert.True(t, vanished("a-1"))
		e, _ := b.Snapshot().Entry("a-1")
		assert.Equal(t, last, e.ConfirmedAt, "not confirmed since then")
		assert.False(t, vanished("a-2"))
		require.Len(t, told, 2)
		require.Len(t, told[1].Changed, 1)
		assert.Equal(t, triage.AlertID("a-1"), told[1].Changed[0].Is.ID)

		pass(time.Hour)
		assert.True(t, vanished("a-1"))
		assert.Len(t, told, 2, "told once")

		src.set(today, answer{rows: []triage.Alert{alert("a-1"), alert("a-2")}})
		pass(10 * time.Second)
		assert.False(t, vanished("a-1"))
		assert.Len(t, told, 3)
	})
}

// What a request brings that was begun before the day was listed without the
// alert doesn't bring it back.
func TestALateRowOfAVanishedAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}})
		b := newBoard(t, src)
		run(t, b)
		pass(8 * time.Second)
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}, takes: 5 * time.Second})
		go func() { _, _ = b.Reread(t.Context(), "a-1", time.Now()) }()
		begun := time.Now()
		synctest.Wait()
		src.set(today, answer{})
		pass(2 * time.Second)
		e, _ := find(t, b, "a-1")
		assert.True(t, e.Missing)
		pass(3 * time.Second)
		e, _ = find(t, b, "a-1")
		assert.Equal(t, triage.Entry{Alert: alert("a-1"), Day: today, ConfirmedAt: begun, Missing: true}, e)
	})
}
