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

// entry is an alert in which every field is set, each to something else.
func entry(id string, status triage.Status) triage.Entry {
	return triage.Entry{
		Alert: triage.Alert{
			ID: triage.AlertID(id), Patient: "p1", Group: "g", Protocol: "pr", Program: "pg", Measurement: "m", Instrument: "i",
			Type: triage.TypeMeasurement, Flag: triage.FlagRed, Status: status,
			ProcessedAt: noon, ProcessedBy: "h1", EscalatedAt: noon.Add(-time.Minute), EscalatedBy: "h2",
			CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(time.Nanosecond),
		},
		Day: "2026-11-22", ConfirmedAt: noon.Add(time.Second),
	}
}

func byID(entries []triage.Entry) []triage.Entry {
	slices.SortFunc(entries, func(a, b triage.Entry) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return entries
}

// What is kept comes back as it was, after a restart, too: every field, values
// nobody has named yet and what Luscii gave as null included.
func testMirrorRoundTrip(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	odd := entry("odd 'quoted' \n ü", "Snoozed \x00 till later")
	odd.Flag, odd.Type = "purple", "'; DROP TABLE alerts"
	missing := entry("missing", triage.StatusEscalated)
	missing.Missing = true
	early := entry("early", triage.StatusOpen)
	early.CreatedAt, early.UpdatedAt = time.Unix(0, 0).UTC(), time.Unix(-1, 999_999_999).UTC()
	all := byID([]triage.Entry{
		{Alert: triage.Alert{ID: "bare"}}, {Alert: triage.Alert{}, ConfirmedAt: noon}, odd, missing, early,
		entry("open", triage.StatusOpen), entry("processed", triage.StatusProcessed), entry("escalated", triage.StatusEscalated),
	})
	var ids []triage.AlertID
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	require.NoError(t, store.PutEntries(ctx, all))
	require.NoError(t, store.Close())
	back, err := open().Entries(ctx, append(ids, "nobody"))
	require.NoError(t, err)
	assert.Equal(t, all, byID(back))
}

// Another form of an alert takes the place of the one before, in every field.
func testMirrorReplaces(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	before := entry("a", triage.StatusOpen)
	before.Missing = true
	after := triage.Entry{Alert: triage.Alert{
		ID: "a", Patient: "p2", Group: "g2", Protocol: "pr2", Program: "pg2", Measurement: "m2", Instrument: "i2",
		Type: triage.TypeRemark, Flag: triage.FlagGray, Status: triage.StatusProcessed, ProcessedBy: "h3", EscalatedBy: "h4",
		ProcessedAt: noon.Add(1), EscalatedAt: noon.Add(2), CreatedAt: noon.Add(3), UpdatedAt: noon.Add(4),
	}, Day: "2026-11-21", ConfirmedAt: noon.Add(5)}
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{before}))
	require.NoError(t, store.PutEntries(ctx, nil))
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{before, after}))
	back, err := store.Entries(ctx, []triage.AlertID{"a"})
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{after}, back)
}

// What is worked on, and what was processed since a moment: by the time Luscii
// names, else by the last update.
func testMirrorWorking(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	processed := func(id string, at, updated time.Time) triage.Entry {
		e := entry(id, triage.StatusProcessed)
		e.ProcessedAt, e.UpdatedAt = at, updated
		return e
	}
	none := time.Time{}
	want := byID([]triage.Entry{
		entry("open", triage.StatusOpen), entry("escalated", triage.StatusEscalated), entry("odd", "snoozed"),
		processed("on the stroke", noon, noon.Add(-time.Hour)), processed("unsaid, updated since", none, noon),
	})
	old := []triage.Entry{
		processed("just before", noon.Add(-1), noon.Add(time.Hour)),
		processed("unsaid, updated before", none, noon.Add(-1)),
		processed("unsaid at all", none, none),
	}
	require.NoError(t, store.PutEntries(ctx, slices.Concat(want, old)))
	working, err := store.Working(ctx, noon)
	require.NoError(t, err)
	assert.Equal(t, want, byID(working))
	working, err = store.Working(ctx, time.Time{})
	require.NoError(t, err)
	assert.Len(t, working, len(want)+len(old))
}

func testMirrorOfPatient(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	mine, done, other := entry("mine", triage.StatusOpen), entry("done", triage.StatusProcessed), entry("other", triage.StatusOpen)
	other.Patient = "p2"
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{mine, done, other}))
	back, err := store.EntriesOfPatient(ctx, "p1")
	require.NoError(t, err)
	assert.Equal(t, []triage.Entry{done, mine}, byID(back))
	back, err = store.EntriesOfPatient(ctx, "p3")
	require.NoError(t, err)
	assert.Empty(t, back)
}

func testMirrorDays(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	require.NoError(t, store.ConfirmDay(ctx, "2026-11-22", noon))
	require.NoError(t, store.ConfirmDay(ctx, "2026-11-22", noon.Add(time.Minute)))
	require.NoError(t, store.ConfirmDay(ctx, "2026-11-21", noon))
	require.NoError(t, store.Close())
	days, err := open().ConfirmedDays(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[triage.Day]time.Time{"2026-11-22": noon.Add(time.Minute), "2026-11-21": noon}, days)
}

// Only what is done with and out of the window is forgotten: whatever is still
// worked on stays, and when its day was confirmed.
func testMirrorForgets(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	const first = triage.Day("2026-10-02")
	on := func(day triage.Day, id string, status triage.Status) triage.Entry {
		e := entry(id, status)
		e.Day = day
		return e
	}
	keep := byID([]triage.Entry{
		on("2026-10-01", "open", triage.StatusOpen), on("2026-10-01", "escalated", triage.StatusEscalated), on("2026-09-30", "odd", "snoozed"),
		on(first, "first", triage.StatusProcessed), on("2026-10-03", "inside", triage.StatusProcessed),
	})
	var drop []triage.Entry
	for i := range 5_000 {
		drop = append(drop, on("2026-09-29", fmt.Sprint("done", i), triage.StatusProcessed))
	}
	require.NoError(t, store.PutEntries(ctx, slices.Concat(keep, drop)))
	for _, day := range []triage.Day{"2026-09-29", "2026-09-30", "2026-10-01", first, "2026-10-03"} {
		require.NoError(t, store.ConfirmDay(ctx, day, noon))
	}
	require.NoError(t, store.ForgetBefore(ctx, first))

	left, err := store.Working(ctx, time.Time{})
	require.NoError(t, err)
	assert.Equal(t, keep, byID(left))
	days, err := store.ConfirmedDays(ctx)
	require.NoError(t, err)
	assert.Equal(t, map[triage.Day]time.Time{"2026-09-30": noon, "2026-10-01": noon, first: noon, "2026-10-03": noon}, days)
}

// More alerts than one statement holds are still kept and found, all or none.
func testMirrorInBulk(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	many, ids := manyEntries(1_001)
	require.NoError(t, store.PutEntries(ctx, many))
	back, err := store.Entries(ctx, ids)
	require.NoError(t, err)
	assert.Equal(t, many, byID(back))
}

func manyEntries(n int) ([]triage.Entry, []triage.AlertID) {
	var many []triage.Entry
	var ids []triage.AlertID
	for i := range n {
		many = append(many, entry(fmt.Sprintf("a%06d", i), triage.StatusOpen))
		ids = append(ids, many[i].ID)
	}
	return many, ids
}

// A database that can't answer says so: nothing is ever found missing by that.
func testMirrorFails(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	require.NoError(t, store.Close())
	_, errWorking := store.Working(ctx, noon)
	_, errEntries := store.Entries(ctx, []triage.AlertID{"a"})
	_, errPatient := store.EntriesOfPatient(ctx, "p1")
	_, errDays := store.ConfirmedDays(ctx)
	for _, err := range []error{
		errWorking, errEntries, errPatient, errDays, store.PutEntries(ctx, []triage.Entry{entry("a", triage.StatusOpen)}),
		store.ConfirmDay(ctx, "2026-11-22", noon), store.ForgetBefore(ctx, "2026-11-22"),
	} {
		assert.Error(t, err)
	}
}

// BenchMirror measures what the board asks of the mirror: what a start loads at
// 10,000 open alerts among 100,000 others, and a page of a sweep in which nothing
// changed, and in which everything did.
func BenchMirror(b *testing.B, store *storage.Store) {
	ctx := b.Context()
	open, _ := manyEntries(10_000)
	require.NoError(b, store.PutEntries(ctx, open))
	for part := range 50 {
		done, _ := manyEntries(2_000)
		for i := range done {
			done[i].ID = triage.AlertID(fmt.Sprint("done", part, "-", i))
			done[i].Status, done[i].ProcessedAt = triage.StatusProcessed, noon.Add(-time.Hour)
		}
		require.NoError(b, store.PutEntries(ctx, done))
	}
	page, ids := open[:200], make([]triage.AlertID, 0, 200)
	for i := range 200 {
		ids = append(ids, triage.AlertID(fmt.Sprint("done7-", i)))
	}
	for name, do := range map[string]func() error{
		"load": func() error {
			entries, err := store.Working(ctx, noon)
			if len(entries) != len(open) {
				return fmt.Errorf("%d entries: %w", len(entries), err)
			}
			return err
		},
		"look up 200": func() error {
			_, err := store.Entries(ctx, ids)
			return err
		},
		"put 200": func() error { return store.PutEntries(ctx, page) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, do())
			}
		})
	}
}
