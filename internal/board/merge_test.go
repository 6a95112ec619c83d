package board

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"triageboard/internal/triage"
)

// R13: a listing begun before a write and answered after it doesn't bring the
// old state back.
func TestAnOlderAnswerNeverOverwritesANewerOne(t *testing.T) {
	for name, updated := range map[string]time.Duration{
		"updated later":              time.Hour,
		"updated in the same second": 0, // Luscii's times are whole seconds
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				noon()
				src := newSource()
				src.set(today, answer{rows: []triage.Alert{alert("a-1")}})
				b := newBoard(t, src)
				run(t, b)
				src.set(today, answer{rows: []triage.Alert{alert("a-1")}, takes: 5 * time.Second})
				pass(12 * time.Second) // two seconds into the second listing
				done := processed(alert("a-1"), made.Add(updated))
				b.Take(t.Context(), done)
				taken := time.Now()
				assert.Empty(t, b.Snapshot().Entries, "shown at once")

				pass(4 * time.Second) // it has answered, with the state before
				assert.Empty(t, b.Snapshot().Entries)
				e, ok := find(t, b, "a-1")
				require.True(t, ok)
				assert.Equal(t, triage.Entry{Alert: done, Day: today, ConfirmedAt: taken}, e)
				assert.Equal(t, taken.Add(-2*time.Second), state(b).ConfirmedAt, "the day itself is confirmed as of its request")

				// A listing begun since is the truth, whatever the row says of its age.
				pass(10 * time.Second)
				assert.Equal(t, []triage.AlertID{"a-1"}, ids(b.Snapshot()))
			})
		})
	}
}

// R13: nor does an answer to a write that was long on its way.
func TestAnOlderAnswerToAWriteIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, newSource())
		b.Take(t.Context(), processed(alert("a-1"), made.Add(time.Hour)))
		known, _ := find(t, b, "a-1")
		version := b.Snapshot().Version
		pass(time.Second)
		b.Take(t.Context(), alert("a-1"))
		e, _ := find(t, b, "a-1")
		assert.Equal(t, known, e)
		assert.Equal(t, version, b.Snapshot().Version, "nothing to publish")

		same := processed(alert("a-1"), made.Add(time.Hour))
		same.Status = triage.StatusEscalated
		b.Take(t.Context(), same)
		e, _ = find(t, b, "a-1")
		assert.Equal(t, same, e.Alert, "in the same second the later answer counts")
	})
}

// A row that is newer by its own account is news, however long it was on its
// way; the confirmation never goes back.
func TestANewerRowOfAnOlderAnswerIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		done := processed(alert("a-1"), made.Add(2*time.Hour))
		src.set(today, answer{rows: []triage.Alert{done}, takes: 5 * time.Second})
		b := newBoard(t, src)
		run(t, b)
		pass(2 * time.Second)
		escalated := alert("a-1")
		escalated.Status, escalated.UpdatedAt = triage.StatusEscalated, made.Add(time.Hour)
		b.Take(t.Context(), escalated)
		taken := time.Now()
		pass(4 * time.Second)
		e, _ := find(t, b, "a-1")
		assert.Equal(t, triage.Entry{Alert: done, Day: today, ConfirmedAt: taken}, e)
	})
}

// Pages shift while they are read: rows come twice, in any order. The newest
// form of each alert counts.
func TestRowsInAnyOrderAndTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var rows []triage.Alert
		want := map[triage.AlertID]triage.Alert{}
		for i := range rapid.IntRange(1, 5).Draw(rt, "alerts") {
			for version := range rapid.IntRange(1, 3).Draw(rt, "versions") {
				a := alert(triage.AlertID(fmt.Sprintf("a-%d", i)))
				a.UpdatedAt = made.Add(time.Duration(version) * time.Second)
				a.Instrument = triage.InstrumentID(fmt.Sprint(version))
				rows = append(rows, a)
				want[a.ID] = a
			}
		}
		rows = append(rows, rapid.SliceOf(rapid.SampledFrom(rows)).Draw(rt, "duplicates")...)
		src := newSource()
		b := newBoard(t, src)
		day := b.Snapshot().Today[0] // whatever date that is anywhere
		src.set(day, answer{rows: rapid.Permutation(rows).Draw(rt, "order")})
		require.NoError(rt, b.sweep(t.Context(), day))

		got := map[triage.AlertID]triage.Alert{}
		for _, e := range b.Snapshot().Entries {
			got[e.ID] = e.Alert
		}
		assert.Equal(rt, want, got)
	})
}

// An alert that another day returns has moved there.
func TestTheDayThatReturnedItLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noon()
		src := newSource()
		src.set(yesterday, answer{rows: []triage.Alert{alert("a-1")}})
		b := newBoard(t, src, window(1))
		run(t, b)
		e, _ := find(t, b, "a-1")
		assert.Equal(t, yesterday, e.Day)
		src.set(yesterday, answer{})
		src.set(today, answer{rows: []triage.Alert{alert("a-1")}})
		pass(10 * time.Second)
		e, _ = find(t, b, "a-1")
		assert.Equal(t, today, e.Day)
		pass(10 * time.Minute)
		e, _ = find(t, b, "a-1")
		assert.False(t, e.Missing)
	})
}

func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.set(yesterday, answer{rows: []triage.Alert{alert("a-1")}})
		var told []triage.Delta
		b := newBoard(t, src, window(1), telling(&told))
		run(t, b)
		pass(time.Second)
		before := b.Snapshot()

		changed := alert("a-1")
		changed.Status, changed.UpdatedAt = triage.StatusEscalated, time.Now()
		b.Take(t.Context(), changed)
		e, ok := b.Snapshot().Entry("a-1")
		require.True(t, ok)
		assert.Equal(t, triage.Entry{Alert: changed, Day: yesterday, ConfirmedAt: time.Now()}, e, "its day is still its day")
		assert.Equal(t, before.Version+1, b.Snapshot().Version)
		assert.Equal(t, alert("a-1"), told[len(told)-1].Changed[0].Was.Alert)
		assert.Equal(t, e, *told[len(told)-1].Changed[0].Is)
		before1, _ := before.Entry("a-1")
		assert.Equal(t, alert("a-1"), before1.Alert, "a snapshot handed out stays as it was")

		created := alert("a-2")
		created.CreatedAt = made
		b.Take(t.Context(), created)
		e, ok = b.Snapshot().Entry("a-2")
		require.True(t, ok)
		assert.Equal(t, triage.DayOf(made, time.UTC), e.Day, "one the board didn't know: the day it was made")
		assert.Equal(t, []*triage.Entry{&e}, told[len(told)-1].Added)

		b.Take(t.Context(), processed(created, time.Now()))
		assert.Equal(t, e, *told[len(told)-1].Changed[0].Was)
		assert.Equal(t, processed(created, time.Now()), told[len(told)-1].Changed[0].Is.Alert, "processed today")
		assert.Equal(t, []triage.AlertID{"a-2"}, entryIDs(b.Snapshot().Processed))

		n := len(told)
		b.Take(t.Context(), processed(created, time.Now()))
		assert.Len(t, told, n, "nothing shown changed")
	})
}
