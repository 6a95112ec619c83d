package board

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

func record(action string, minutes int) triage.Record {
	return triage.Record{Action: action, CreatedAt: made.Add(time.Duration(minutes) * time.Minute)}
}

func TestHistoryIsNewestFirst(t *testing.T) {
	src := newSource()
	src.records["a-1"] = []triage.Record{record("second", 2), record("twin 1", 3), record("last", 4), record("twin 2", 3), record("first", 1)}
	got, err := newBoard(t, src).History(t.Context(), alert("a-1"))
	require.NoError(t, err)
	assert.Equal(t, []triage.Record{record("last", 4), record("twin 1", 3), record("twin 2", 3), record("second", 2), record("first", 1)},
		got, "those of one instant in Luscii's order")
}

// DESIGN, "History": records are cached by alert and updatedAt.
func TestHistoryIsCachedUntilTheAlertChanges(t *testing.T) {
	src := newSource()
	b := newBoard(t, src)
	a, other := alert("a-1"), alert("a-2")
	src.records["a-1"] = []triage.Record{record("process", 1)}
	read := func(a triage.Alert) []triage.Record {
		got, err := b.History(t.Context(), a)
		require.NoError(t, err)
		return got
	}
	assert.Len(t, read(a), 1)
	src.records["a-1"] = []triage.Record{record("process", 1), record("reopen", 2)}
	assert.Len(t, read(a), 1)
	inAmsterdam := a
	inAmsterdam.UpdatedAt = a.UpdatedAt.In(zone(t, "Europe/Amsterdam"))
	assert.Len(t, read(inAmsterdam), 1, "the same instant")
	assert.Equal(t, 1, src.recordsCalls)

	a.UpdatedAt = a.UpdatedAt.Add(time.Second)
	assert.Len(t, read(a), 2)
	assert.Equal(t, 2, src.recordsCalls)

	assert.Empty(t, read(other), "of another alert")
	assert.Empty(t, read(other))
	assert.Equal(t, 3, src.recordsCalls, "none is an answer, too")
}

// R41: whoever asks at the same time shares one reading; who gives up stops
// nobody's.
func TestHistoryIsReadOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource()
		src.records["a-1"] = []triage.Record{record("process", 1)}
		src.reading = make(chan struct{})
		b := newBoard(t, src)
		impatient, giveUp := context.WithCancel(t.Context())
		got := make(chan int, 3)
		read := func(ctx context.Context) {
			records, err := b.History(ctx, alert("a-1"))
			if err != nil {
				assert.ErrorIs(t, err, context.Canceled)
				records = nil
			}
			got <- len(records)
		}
		go read(impatient)
		synctest.Wait()
		go read(t.Context())
		go read(t.Context())
		synctest.Wait()
		giveUp()
		assert.Zero(t, <-got)
		close(src.reading)
		assert.Equal(t, []int{1, 1}, []int{<-got, <-got})
		assert.Equal(t, 1, src.recordsCalls)
	})
}

func TestAnIncompleteHistoryIsShownAndAskedForAgain(t *testing.T) {
	src := newSource()
	b := newBoard(t, src)
	src.records["a-1"] = []triage.Record{record("first", 1), record("second", 2)}
	src.recordsErr = triage.ErrPartial
	got, err := b.History(t.Context(), alert("a-1"))
	require.ErrorIs(t, err, triage.ErrPartial)
	assert.Equal(t, []triage.Record{record("second", 2), record("first", 1)}, got, "what came, newest first")

	src.recordsErr = nil
	got, err = b.History(t.Context(), alert("a-1"))
	require.NoError(t, err)
	assert.Len(t, got, 2)
	assert.Equal(t, 2, src.recordsCalls)
}

// Only what was read already is searched: a search asks Luscii for nothing.
func TestNotesAreSearchedWhereTheyWereRead(t *testing.T) {
	src := newSource()
	b := newBoard(t, src)
	noted := func(notes ...string) (out []triage.Record) {
		for i, note := range notes {
			r := record("process", i)
			r.Note = note
			out = append(out, r)
		}
		return out
	}
	src.records["a-1"] = noted("Gebeld met mevrouw De Vries", "", "Dochter belt terug")
	src.records["a-2"] = noted("Huisarts gebeld")
	src.records["a-3"] = noted("Gebeld")
	for _, id := range []triage.AlertID{"a-1", "a-2"} {
		_, err := b.History(t.Context(), alert(id))
		require.NoError(t, err)
	}
	for term, want := range map[string][]triage.AlertID{
		"gebeld": {"a-1", "a-2"}, "de-vries": {"a-1"}, "huisarts, GEBELD": {"a-2"}, "vries dochter": nil, "nobody": nil,
	} {
		var got []triage.AlertID
		for id := range b.NotesWith(triage.NewTerm(term)) {
			got = append(got, id)
		}
		assert.ElementsMatch(t, want, got, term)
	}
	assert.Equal(t, 2, src.recordsCalls)
}
