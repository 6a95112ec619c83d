package trend_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/export"
	"triageboard/internal/storage"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

const benchPatients = 2_000

// month is an export of four measurements a day of each patient, given at once.
type month struct{}

func (month) Report(_ context.Context, r export.Request) iter.Seq2[export.Page, error] {
	return func(yield func(export.Page, error) bool) {
		var page export.Page
		for p := range benchPatients {
			for n := range 4 {
				page.Rows = append(page.Rows, row(fmt.Sprint("36f35743-a7ff-420b-bb61-", p), fmt.Sprintf("%s 0%d:30:00", r.Range.From, n+6), "Blood pressure", "132/84", "", "", ""))
			}
		}
		yield(page, nil)
	}
}

// BenchmarkOf reads one patient's month out of that of 2,000: to be within 50 ms.
func BenchmarkOf(b *testing.B) {
	store, err := storage.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "board.db"))
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, store.Close()) })
	sealer, err := auth.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(b, err)
	m, err := trend.New(b.Context(), trend.Options{Store: store, Exports: month{}, Sealer: sealer, Zone: time.UTC, Busy: func() bool { return false }, Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	go m.Run(ctx)
	begun := time.Now()
	for {
		days, err := store.SheetDays(b.Context())
		require.NoError(b, err)
		if len(days) == trend.Days {
			break
		}
	}
	kept := time.Since(begun) / trend.Days
	cancel()
	n := 0
	for b.Loop() {
		c, err := m.Of(b.Context(), triage.PatientID(fmt.Sprint("36f35743-a7ff-420b-bb61-", n*7919%benchPatients)))
		require.NoError(b, err)
		require.Len(b, c.Measurements, trend.Days*4)
		n++
	}
	b.ReportMetric(float64(kept.Milliseconds()), "ms/day-kept")
}
