package board

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// rereading is a board that knows a-1 by yesterday's listing, which may have
// changed since.
func rereading(t *testing.T) (*Board, *source) {
	src := newSource()
	src.set(yesterday, answer{rows: []triage.Alert{alert("a-0"), alert("a-1")}})
	b := newBoard(t, src, window(2))
	require.NoError(t, b.sweep(t.Context(), yesterday))
	src.asked()
	time.Sleep(time.Second)
	return b, src
}

// R44: no single alert can be asked for, so its day is listed, then the
// neighbours, until it comes by.
func TestReread(t *testing.T) {
	now := processed(alert("a-1"), made.Add(time.Hour))
	listing := func(a triage.Alert) answer { return answer{rows: []triage.Alert{alert("a-0"), a, alert("a-2")}} }
	down := answer{err: fmt.Errorf("list alerts: %w", triage.ErrUnavailable)}
	for name, tc := range map[string]struct {
		days  map[triage.Day]answer // yesterday: as it was, unless said
		asked []triage.Day
		found triage.Day // the day it was found on; empty: not found
		err   error
		not   error
	}{
		"on its day":                    {map[triage.Day]answer{yesterday: listing(now)}, []triage.Day{yesterday}, yesterday, nil, nil},
		"on the day before":             {map[triage.Day]answer{yesterday: {}, dayBefore: listing(now)}, []triage.Day{yesterday, dayBefore}, dayBefore, nil, nil},
		"on the day after":              {map[triage.Day]answer{yesterday: {}, today: listing(now)}, []triage.Day{yesterday, dayBefore, today}, today, nil, nil},
		"nowhere near":                  {map[triage.Day]answer{yesterday: {}}, []triage.Day{yesterday, dayBefore, today}, "", triage.ErrGone, triage.ErrUnavailable},
		"before the listing breaks off": {map[triage.Day]answer{yesterday: {rows: []triage.Alert{now}, err: triage.ErrPartial}}, []triage.Day{yesterday}, yesterday, nil, nil},
		"its day fails, a neighbour has it": {
			map[triage.Day]answer{yesterday: down, dayBefore: listing(now)}, []triage.Day{yesterday, dayBefore}, dayBefore, nil, nil,
		},
		"its day fails, the neighbours don't have it": {
			map[triage.Day]answer{yesterday: down}, []triage.Day{yesterday, dayBefore, today}, "", triage.ErrUnavailable, triage.ErrGone,
		},
		"its day is empty, a neighbour fails": {
			map[triage.Day]answer{yesterday: {}, today: down}, []triage.Day{yesterday, dayBefore, today}, "", triage.ErrUnavailable, triage.ErrGone,
		},
		"its day is partial without it": {
			map[triage.Day]answer{yesterday: {err: triage.ErrPartial}}, []triage.Day{yesterday, dayBefore, today}, "", triage.ErrPartial, triage.ErrGone,
		},
		"a listing that isn't found is no alert that isn't": {
			map[triage.Day]answer{yesterday: {err: triage.ErrNotFound}}, []triage.Day{yesterday, dayBefore, today}, "", triage.ErrNotFound, triage.ErrGone,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, src := rereading(t)
				before, _ := find(t, b, "a-1")
				version := b.Snapshot().Version
				for day, a := range tc.days {
					src.set(day, a)
				}
				got, err := b.Reread(t.Context(), "a-1", time.Now())
				assert.Equal(t, tc.asked, src.asked())
				e, ok := find(t, b, "a-1")
				require.True(t, ok)
				if tc.found == "" {
					require.ErrorIs(t, err, tc.err)
					assert.False(t, errors.Is(err, tc.not), "%v", err)
					assert.Zero(t, got)
					assert.Equal(t, before, e, "the board keeps what it knew")
					assert.Equal(t, version, b.Snapshot().Version)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, now, got)
				assert.Equal(t, triage.Entry{Alert: now, Day: tc.found, ConfirmedAt: time.Now()}, e, "and the board knows it, too")
				assert.Equal(t, []triage.AlertID{"a-0"}, ids(b.Snapshot()), "and shows it")
				assert.Equal(t, version+1, b.Snapshot().Version)
				assert.Zero(t, b.days[today].confirmed, "no day is confirmed by it")
			})
		})
	}
}

// DESIGN, "Reading": what a clinician waits for goes before the sweeps.
func TestWhatAClinicianWaitsForIsUrgent(t *testing.T) {
	src := newSource()
	b := newBoard(t, src)
	require.NoError(t, b.sweep(t.Context(), yesterday))
	b.Take(t.Context(), alert("a-1"))
	_, err := b.Reread(t.Context(), "a-1", time.Now())
	require.ErrorIs(t, err, triage.ErrGone)
	_, err = b.History(triage.Urgent(t.Context()), alert("a-1"))
	require.NoError(t, err)

	require.Len(t, src.calls, 4)
	assert.False(t, src.calls[0].urgent, "a sweep")
	for _, c := range src.calls[1:] {
		assert.True(t, c.urgent, "a re-read")
	}
	assert.True(t, triage.IsUrgent(src.recordsCtx), "a history")

	// R41: what a page reads ahead comes last.
	_, err = b.History(t.Context(), alert("a-2"))
	require.NoError(t, err)
	assert.False(t, triage.IsUrgent(src.recordsCtx), "a history read ahead")
}

func TestRereadOfWhatTheBoardDoesNotKnow(t *testing.T) {
	b := newBoard(t, newSource())
	_, err := b.Reread(t.Context(), "nowhere", time.Now())
	assert.ErrorIs(t, err, triage.ErrGone)
	assert.Empty(t, b.source.(*source).asked())
}

// A clinician waits for it: the listing ends at the match.
func TestRereadReadsNoFurtherThanNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src := rereading(t)
		src.yielded = 0
		src.set(yesterday, answer{rows: []triage.Alert{alert("a-1"), alert("a-0")}, err: triage.ErrUnavailable})
		_, err := b.Reread(t.Context(), "a-1", time.Now())
		require.NoError(t, err)
		assert.Equal(t, 1, src.yielded)
	})
}

// R13, R44: what came while the re-read was under way, and is newer, is the truth.
func TestRereadOvertakenBySomethingNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, src := rereading(t)
		src.set(yesterday, answer{rows: []triage.Alert{alert("a-1")}, takes: 5 * time.Second})
		done := processed(alert("a-1"), made.Add(time.Hour))
		var got triage.Alert
		var err error
		go func() { got, err = b.Reread(t.Context(), "a-1", time.Now()) }()
		pass(time.Second)
		b.Take(t.Context(), done)
		pass(5 * time.Second)
		require.NoError(t, err)
		assert.Equal(t, done, got)
	})
}
