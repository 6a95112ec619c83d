package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/storage"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

func sheet(patient triage.PatientID, day triage.Day, sealed string) trend.Sheet {
	return trend.Sheet{Patient: patient, Day: day, Sealed: []byte(sealed)}
}

// A day is replaced as a whole: what it doesn't hold any more is gone, other days
// stay, and both survive a restart.
func testSheets(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-22", noon, []trend.Sheet{sheet("p1", "2026-11-22", "b"), sheet("p2", "2026-11-22", "c")}))
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-21", noon, []trend.Sheet{sheet("p1", "2026-11-21", "a\x00")}))
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-20", noon, nil))
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-22", noon.Add(time.Hour), []trend.Sheet{sheet("p1", "2026-11-22", "d")}))
	require.NoError(t, store.Close())

	store = open()
	mine, err := store.SheetsOf(ctx, "p1")
	require.NoError(t, err)
	assert.Equal(t, []trend.Sheet{sheet("p1", "2026-11-21", "a\x00"), sheet("p1", "2026-11-22", "d")}, mine)
	gone, err := store.SheetsOf(ctx, "p2")
	require.NoError(t, err)
	assert.Empty(t, gone)
	days, err := store.SheetDays(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[triage.Day]time.Time{"2026-11-20": noon, "2026-11-21": noon, "2026-11-22": noon.Add(time.Hour)}, days, "a day without measurements is loaded, too")
}

// What fails in the middle leaves the day as it was: here two sheets of one patient.
func testSheetsAllOrNone(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-22", noon, []trend.Sheet{sheet("p1", "2026-11-22", "a")}))
	var many []trend.Sheet
	for n := range 500 {
		many = append(many, sheet(triage.PatientID(fmt.Sprint("p", n)), "2026-11-22", "b"))
	}
	require.Error(t, store.ReplaceSheets(ctx, "2026-11-22", noon.Add(time.Hour), append(many, many[0])))
	mine, err := store.SheetsOf(ctx, "p1")
	require.NoError(t, err)
	assert.Equal(t, []trend.Sheet{sheet("p1", "2026-11-22", "a")}, mine)
	days, err := store.SheetDays(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[triage.Day]time.Time{"2026-11-22": noon}, days)
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-22", noon, many))
	last, err := store.SheetsOf(ctx, "p499")
	require.NoError(t, err)
	assert.Len(t, last, 1)
}

func testSheetsForgotten(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	for _, day := range []triage.Day{"2026-10-22", "2026-10-23", "2026-11-22"} {
		require.NoError(t, store.ReplaceSheets(ctx, day, noon, []trend.Sheet{sheet("p1", day, string(day))}))
	}
	require.NoError(t, store.ForgetSheets(ctx, "2026-10-23"))
	left, err := store.SheetsOf(ctx, "p1")
	require.NoError(t, err)
	assert.Equal(t, []trend.Sheet{sheet("p1", "2026-10-23", "2026-10-23"), sheet("p1", "2026-11-22", "2026-11-22")}, left)
	days, err := store.SheetDays(ctx)
	require.NoError(t, err)
	assert.Len(t, days, 2)
}

func testSheetsFail(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	require.NoError(t, store.Close())
	require.Error(t, store.ReplaceSheets(ctx, "2026-11-22", noon, nil))
	require.Error(t, store.ForgetSheets(ctx, "2026-11-22"))
	_, err := store.SheetsOf(ctx, "p1")
	require.Error(t, err)
	_, err = store.SheetDays(ctx)
	require.Error(t, err)
}
