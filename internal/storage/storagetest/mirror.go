package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// noon is a moment with every digit a time can have: it must come back exactly.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func entry(id string, status triage.Status) triage.Entry {
	e := triage.Entry{
		Alert: triage.Alert{
			ID: triage.AlertID(id), Patient: "p1", Group: "g", Protocol: "pr", Program: "pg", Measurement: "m", Instrument: "i",
			Type: triage.TypeMeasurement, Flag: "purple", Status: status, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon,
		},
		Day: "2026-11-22", ConfirmedAt: noon.Add(time.Second),
	}
	if status == triage.StatusProcessed {
		e.ProcessedAt, e.ProcessedBy = noon, "h"
	}
	return e
}

func byID(entries []triage.Entry) []triage.Entry {
	slices.SortFunc(entries, func(a, b triage.Entry) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return entries
}

// What is kept comes back as it was, after a restart, too: every field, unknown
// values and what Luscii gave as null included.
func testMirror(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	bare := triage.Entry{Alert: triage.Alert{ID: "bare", Status: "paused"}, Day: "2026-11-20", ConfirmedAt: noon}
	escalated := entry("escalated", triage.StatusEscalated)
	escalated.EscalatedAt, escalated.EscalatedBy, escalated.Missing = noon, "h2", true
	old := entry("old", triage.StatusProcessed)
	old.Patient, old.ProcessedAt = "p2", noon.Add(-24*time.Hour)
	undated := entry("undated", triage.StatusProcessed)
	undated.ProcessedAt = time.Time{} // counts by its last update
	all := []triage.Entry{bare, escalated, old, entry("open", triage.StatusOpen), entry("today", triage.StatusProcessed), undated}
	require.NoError(t, store.PutEntries(ctx, all))
	require.NoError(t, store.PutEntries(ctx, nil))
	require.NoError(t, store.ConfirmDay(ctx, "2026-11-22", noon))
	require.NoError(t, store.ConfirmDay(ctx, "2026-11-22", noon.Add(time.Minute)))
	require.NoError(t, store.Close())

	store = open()
	working, err := store.Working(ctx, noon)
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{bare, escalated, all[3], all[4], undated}, byID(working), "all but what was processed before")

	some, err := store.Entries(ctx, []triage.AlertID{"old", "nobody", "open"})
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{old, all[3]}, byID(some))

	his, err := store.EntriesOfPatient(ctx, "p2")
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{old}, his)

	days, err := store.ConfirmedDays(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[triage.Day]time.Time{"2026-11-22": noon.Add(time.Minute)}, days)

	changed := all[3]
	changed.Status, changed.Day, changed.UpdatedAt = triage.StatusProcessed, "2026-11-21", noon.Add(time.Hour)
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{changed}))
	some, err = store.Entries(ctx, []triage.AlertID{"open"})
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{changed}, some)
}

// Only what is done with and out of the window is forgotten.
func testMirrorForgets(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	done, worked, inside := entry("done", triage.StatusProcessed), entry("worked", triage.StatusOpen), entry("inside", triage.StatusProcessed)
	done.Day, worked.Day = "2026-10-01", "2026-10-01"
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{done, worked, inside}))
	require.NoError(t, store.ConfirmDay(ctx, "2026-10-01", noon))
	require.NoError(t, store.ConfirmDay(ctx, "2026-10-02", noon))

	require.NoError(t, store.ForgetBefore(ctx, "2026-10-02"))

	left, err := store.Working(ctx, time.Time{})
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{inside, worked}, byID(left))
	days, err := store.ConfirmedDays(ctx)
	require.NoError(t, err)
	assert.Len(t, days, 1)
}

// More than one statement holds, in one transaction.
func testMirrorInBulk(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	var many []triage.Entry
	var ids []triage.AlertID
	for i := range 1001 {
		many = append(many, entry(fmt.Sprintf("a%04d", i), triage.StatusOpen))
		ids = append(ids, many[i].ID)
	}
	require.NoError(t, store.PutEntries(ctx, many))
	back, err := store.Entries(ctx, ids)
	require.NoError(t, err)
	assert.Equal(t, many, byID(back))
}
