package board

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// BenchmarkPublish is what one publication costs at 10,000 open alerts, with the
// comparison that whoever is told of it makes: when only confirmations moved, and
// when one alert, or a whole page of a sweep, has changed.
func BenchmarkPublish(b *testing.B) {
	const open = 10_000
	var entries []triage.Entry
	now := time.Now()
	for i := range open {
		entries = append(entries, triage.Entry{
			Alert: triage.Alert{
				ID: triage.AlertID(fmt.Sprintf("0537fd29-194c-4f8d-be43-%012d", i)), Patient: "p", Group: "g", Type: triage.TypeMeasurement,
				Flag:   []triage.Flag{triage.FlagRed, triage.FlagOrange, triage.FlagGray}[i%3],
				Status: triage.StatusOpen, CreatedAt: now.Add(-time.Duration(i) * 4 * time.Minute),
			},
			Day: triage.DayOf(now.Add(-time.Duration(i)*4*time.Minute), time.UTC), ConfirmedAt: now,
		})
	}
	m := newMemory()
	require.NoError(b, m.PutEntries(b.Context(), entries))
	var told int
	board, err := New(b.Context(), Options{
		Source: newSource(), Mirror: m, Interval: 10 * time.Second, WindowDays: 30, Zone: time.UTC, Logger: discard,
		OnPublish: func(older, newer *triage.Snapshot) { told += len(triage.Diff(older, newer).Changed) },
	})
	require.NoError(b, err)

	for _, changed := range []int{0, 1, mergeAtOnce} {
		b.Run(fmt.Sprintf("%d of %d changed", changed, open), func(b *testing.B) {
			b.ReportAllocs()
			told = 0
			for n := 0; b.Loop(); n++ {
				for i := range changed {
					e := entries[(n+i*37)%open]
					e.Measurement = triage.MeasurementID(fmt.Sprint(changed, "-", n))
					board.work.put(e, true)
				}
				board.publish(now)
			}
			require.Equal(b, b.N*changed, told)
		})
	}
}
