package board

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// Readers share a snapshot without locking while sweeps, writes and re-reads go
// on. The race detector watches; a reader sees whole boards only, never going
// back.
func TestReadersDuringSweeps(t *testing.T) {
	src := newSource()
	now := triage.DayOf(time.Now(), time.UTC)
	var rows []triage.Alert
	for _, id := range []triage.AlertID{"a-1", "a-2", "a-3", "a-4"} {
		a := alert(id)
		a.CreatedAt = time.Now()
		rows = append(rows, a)
	}
	src.set(now, answer{rows: rows})
	b := newBoard(t, src, window(2), func(o *Options) {
		o.Interval = 100 * time.Microsecond
		o.OnPublish = func(older, newer *triage.Snapshot) { triage.Diff(older, newer) }
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running, others sync.WaitGroup
	require.NoError(t, b.sweep(ctx, now))
	running.Go(func() { b.Run(ctx) })
	for range 4 {
		others.Go(func() {
			var last uint64
			for range 300 {
				s := b.Snapshot()
				assert.GreaterOrEqual(t, s.Version, last)
				last = s.Version
				assert.True(t, slices.IsSortedFunc(s.Entries, triage.CompareEntries))
				for _, e := range s.Entries {
					found, ok := s.Entry(e.ID)
					assert.True(t, ok)
					found.ConfirmedAt = e.ConfirmedAt
					assert.Equal(t, *e, found)
				}
				s.Freshness(time.Now(), triage.DaysOf(s.Entries))
				_, ok, err := b.Find(ctx, "a-1")
				assert.NoError(t, err)
				assert.True(t, ok)
				_, err = b.OfPatient(ctx, "p-1")
				assert.NoError(t, err)
			}
		})
	}
	for _, a := range rows {
		others.Go(func() {
			for range 100 {
				b.Take(t.Context(), processed(a, time.Now()))
				_, err := b.Reread(ctx, a.ID, time.Now())
				assert.NoError(t, err)
				_, err = b.History(ctx, a)
				assert.NoError(t, err)
			}
		})
	}
	others.Wait()
	cancel()
	running.Wait()
}
