package board

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// asking is one re-read under way, and what came of it.
type asking struct {
	cancel context.CancelFunc
	ended  chan struct{}
	alert  triage.Alert
	err    error
	took   time.Duration
}

// ask begins a re-read and goes on once it waits.
func ask(t *testing.T, b *Board, id triage.AlertID, notBefore time.Time) *asking {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	a, begun := &asking{cancel: cancel, ended: make(chan struct{})}, time.Now()
	t.Cleanup(func() {
		cancel()
		<-a.ended
	})
	go func() {
		defer close(a.ended)
		a.alert, a.err = b.Reread(ctx, id, notBefore)
		a.took = time.Since(begun)
	}()
	synctest.Wait()
	return a
}

// waits reports whether it is under way still.
func (a *asking) waits() bool {
	select {
	case <-a.ended:
		return false
	default:
		return true
	}
}

// of is what came of a re-read that must have ended.
func of(t *testing.T, a *asking) (triage.Alert, error) {
	t.Helper()
	require.False(t, a.waits())
	return a.alert, a.err
}

// found is the alert that a re-read must have found.
func found(t *testing.T, a *asking) triage.Alert {
	t.Helper()
	alert, err := of(t, a)
	require.NoError(t, err)
	return alert
}

// failed is what a re-read must have failed with.
func failed(t *testing.T, a *asking) error {
	t.Helper()
	alert, err := of(t, a)
	require.Error(t, err)
	assert.Zero(t, alert)
	return err
}

// manyOn is a board that knows n alerts of yesterday, confirmed a second ago.
func manyOn(t *testing.T, n int) (*Board, *source, []triage.Alert) {
	t.Helper()
	src := newSource()
	var rows []triage.Alert
	for i := range n {
		rows = append(rows, alert(triage.AlertID(fmt.Sprintf("a-%03d", i))))
	}
	src.set(yesterday, answer{rows: rows})
	b := newBoard(t, src, window(2))
	require.NoError(t, b.sweep(t.Context(), yesterday))
	src.asked()
	src.yielded = 0
	time.Sleep(time.Second)
	return b, src, rows
}

// DESIGN, "Writing": waiting re-reads of one day share one listing begun after
// the newest request.
func TestRereadsOfOneDayShareAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 100)
		var want []triage.Alert
		for _, a := range rows {
			want = append(want, processed(a, made.Add(time.Hour)))
		}
		src.set(yesterday, answer{rows: want, takes: time.Second})
		version := b.Snapshot().Version
		var all sync.WaitGroup
		for _, a := range want {
			all.Go(func() {
				got, err := b.Reread(t.Context(), a.ID, time.Now())
				assert.NoError(t, err)
				assert.Equal(t, a, got)
			})
		}
		all.Wait()
		assert.LessOrEqual(t, len(src.asked()), 2)
		assert.LessOrEqual(t, b.Snapshot().Version-version, uint64(2), "and a publication")
	})
}

// A listing that is under way may have read the alert's row before it was asked
// for: its answer doesn't count for those who came later.
func TestRereadWaitsForTheNextListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 3)
		src.set(yesterday, answer{rows: rows, takes: 4 * time.Second})
		first := ask(t, b, "a-000", time.Now())
		pass(time.Second)
		moved := processed(rows[1], time.Now())
		src.set(yesterday, answer{rows: []triage.Alert{rows[0], moved, rows[2]}, takes: 4 * time.Second})
		second := ask(t, b, "a-001", time.Now())
		pass(time.Second)
		third := ask(t, b, "a-002", time.Now())
		again := ask(t, b, "a-000", time.Now())
		pass(2 * time.Second)
		assert.Equal(t, rows[0], found(t, first))
		assert.True(t, second.waits() && third.waits() && again.waits())
		pass(4 * time.Second)

		assert.Equal(t, moved, found(t, second))
		assert.Equal(t, rows[2], found(t, third))
		assert.Equal(t, rows[0], found(t, again))
		assert.Equal(t, 6*time.Second, third.took, "they share the next one")
		assert.Len(t, src.asked(), 2)
	})
}

// One who joins a listing that began late enough is served by it, or, if the row
// has gone by unseen, by the next one; it is never told that there is none.
func TestRereadJoinsAListingBegunLateEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, mergeAtOnce+50)
		rows[0], rows[1] = processed(rows[0], made), processed(rows[1], made)
		b.Take(t.Context(), rows[0]) // long ago: only the mirror knows it
		b.Take(t.Context(), rows[1])
		pass(time.Second)
		src.set(yesterday, answer{rows: rows, each: time.Second})
		decided := time.Now()
		last := ask(t, b, "a-245", decided)
		pass(100*time.Second + 1)
		onPage := ask(t, b, "a-000", decided)
		pass(100 * time.Second)
		assert.Equal(t, rows[0], found(t, onPage), "its row had gone by, but wasn't merged yet")
		merged := ask(t, b, "a-002", decided)
		assert.Equal(t, rows[2], found(t, merged), "its row was merged")
		gone := ask(t, b, "a-001", decided)
		coming := ask(t, b, "a-230", decided)
		pass(50*time.Second - 2)
		assert.True(t, gone.waits())
		assert.Len(t, src.askedAt(yesterday), 1)
		pass(time.Second)
		assert.Equal(t, rows[230], found(t, coming))
		assert.Equal(t, rows[245], found(t, last))
		assert.Len(t, src.askedAt(yesterday), 2)
		pass(2 * time.Second)
		assert.Equal(t, rows[1], found(t, gone), "by the next one, which reads no further than needed")
		assert.Equal(t, []triage.Day{yesterday, yesterday}, src.asked())
	})
}

// What only came by while somebody else was waited for counts, too.
func TestWhatAnothersRereadBroughtIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 3)
		moved := processed(rows[0], time.Now())
		src.set(yesterday, answer{rows: []triage.Alert{moved, rows[1], rows[2]}})
		decided := time.Now()
		found(t, ask(t, b, "a-001", decided))
		assert.Equal(t, 2, src.yielded, "nobody waited for more")
		src.asked()
		assert.Equal(t, moved, found(t, ask(t, b, "a-000", decided)))
		assert.Empty(t, src.asked())
		found(t, ask(t, b, "a-002", decided))
		assert.Equal(t, []triage.Day{yesterday}, src.asked(), "the listing had ended before this one came by")
	})
}

// R44: what Luscii confirmed since is the truth already; at the very moment counts.
func TestRereadOfWhatIsConfirmedAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 1)
		known, _, err := b.newest(t.Context(), "a-000")
		require.NoError(t, err)
		src.fail(triage.ErrUnavailable)
		assert.Equal(t, rows[0], found(t, ask(t, b, "a-000", known.ConfirmedAt)))

		done := processed(rows[0], time.Now())
		b.Take(t.Context(), done)
		assert.Equal(t, done, found(t, ask(t, b, "a-000", time.Now())), "an answer to a write counts, too")
		assert.Empty(t, src.asked())

		pass(1)
		require.ErrorIs(t, failed(t, ask(t, b, "a-000", time.Now())), triage.ErrUnavailable)
		assert.NotEmpty(t, src.asked(), "a moment later it is too old")
	})
}

// An alert that its day lacked is looked for, however lately that was found.
func TestRereadOfWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 1)
		src.set(yesterday, answer{})
		require.NoError(t, b.sweep(t.Context(), yesterday))
		src.asked()
		src.set(today, answer{rows: rows})
		assert.Equal(t, rows[0], found(t, ask(t, b, "a-000", made)))
		assert.Equal(t, []triage.Day{yesterday, dayBefore, today}, src.asked())
	})
}

// What was done with before the window began is left out of listings, but not if
// somebody asks for it.
func TestRereadOfWhatIsDoneWithLongAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		b, src, rows := manyOn(t, 2)
		b.window = 0
		done := processed(rows[0], made)
		b.Take(t.Context(), done)
		require.NotContains(t, b.work.held, done.ID)
		pass(time.Second)
		src.set(yesterday, answer{rows: []triage.Alert{processed(alert("other"), made), done}})
		assert.Equal(t, done, found(t, ask(t, b, done.ID, time.Now())))
		_, ok := find(t, b, "other")
		assert.False(t, ok)
	})
}

// The neighbours are shared as well.
func TestRereadsShareTheNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 50)
		src.set(yesterday, answer{takes: time.Second})
		src.set(dayBefore, answer{rows: rows[:25], takes: time.Second})
		src.set(today, answer{rows: rows[25:49], takes: time.Second})
		var all []*asking
		for _, a := range rows {
			all = append(all, ask(t, b, a.ID, time.Now()))
		}
		pass(time.Minute)
		for i, a := range rows[:49] {
			assert.Equal(t, a, found(t, all[i]))
		}
		require.ErrorIs(t, failed(t, all[49]), triage.ErrGone)
		assert.Equal(t, []triage.Day{yesterday, dayBefore, today}, src.asked())
	})
}

// Whoever waits is told of a failure; the next who ask aren't.
func TestARereadThatFailsFailsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 3)
		for _, day := range []triage.Day{yesterday, dayBefore, today} {
			src.set(day, answer{err: triage.ErrUnavailable, takes: time.Second})
		}
		decided := time.Now()
		first := ask(t, b, "a-000", decided)
		pass(time.Second / 2)
		joined := ask(t, b, "a-001", decided)
		pass(time.Minute)
		for _, a := range []*asking{first, joined} {
			err := failed(t, a)
			require.ErrorIs(t, err, triage.ErrUnavailable)
			assert.NotErrorIs(t, err, triage.ErrGone)
		}
		assert.Equal(t, []triage.Day{yesterday, dayBefore, today}, src.asked())
		src.set(yesterday, answer{rows: rows})
		assert.Equal(t, rows[2], found(t, ask(t, b, "a-002", time.Now())))
	})
}

// One who doesn't wait any more harms nobody.
func TestARereadThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 3)
		src.set(yesterday, answer{rows: rows, takes: 4 * time.Second, each: time.Second})
		first := ask(t, b, "a-000", time.Now())
		pass(time.Second)
		next := ask(t, b, "a-002", time.Now()) // the listing after
		twin := ask(t, b, "a-002", time.Now())
		first.cancel()
		synctest.Wait()
		err := failed(t, first)
		require.ErrorIs(t, err, context.Canceled)
		assert.NotErrorIs(t, err, triage.ErrGone)
		assert.Len(t, src.askedAt(yesterday), 2, "the next one needn't wait for what nobody needs")

		next.cancel()
		pass(10 * time.Second)
		require.ErrorIs(t, failed(t, next), context.Canceled)
		assert.Equal(t, rows[2], found(t, twin))
		assert.Equal(t, 6*time.Second, twin.took)
	})
}

// When nobody waits any more the listing ends, and none begins.
func TestRereadsThatAreAllGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src, rows := manyOn(t, 2)
		src.set(yesterday, answer{rows: rows, takes: time.Minute})
		running := ask(t, b, "a-000", time.Now())
		pass(time.Second)
		waiting := ask(t, b, "a-001", time.Now())
		waiting.cancel()
		synctest.Wait()
		require.ErrorIs(t, failed(t, waiting), context.Canceled)
		assert.True(t, running.waits())
		running.cancel()
		pass(time.Hour)
		require.EqualError(t, failed(t, running), "re-read an alert: context canceled")
		assert.Equal(t, []triage.Day{yesterday}, src.asked())
		assert.Zero(t, src.yielded)
		assert.Empty(t, b.rereads.running)
		assert.Empty(t, b.rereads.next)
	})
}
