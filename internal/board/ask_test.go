package board

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

func entryIDs(entries []*triage.Entry) []triage.AlertID {
	var out []triage.AlertID
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

// "Processed today" goes by the time Luscii names, else by the last update, and
// ends at midnight in the shown zone.
func TestProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(23 * time.Hour)
		midnight := time.Now() // in Amsterdam
		var told []triage.Delta
		b := newBoard(t, newSource(), in(zone(t, "Europe/Amsterdam")), telling(&told))
		take := func(id triage.AlertID, flag triage.Flag, at time.Time, change func(*triage.Alert)) {
			a := processed(alert(id), at)
			a.Flag = flag
			if change != nil {
				change(&a)
			}
			b.Take(t.Context(), a)
		}
		take("on the stroke", triage.FlagGray, midnight, nil)
		take("just before", triage.FlagRed, midnight.Add(-1), nil)
		take("later", triage.FlagRed, midnight.Add(time.Hour), nil)
		take("unsaid, updated today", triage.FlagOrange, midnight, func(a *triage.Alert) { a.ProcessedAt = time.Time{} })
		take("unsaid, updated before", triage.FlagRed, midnight.Add(-1), func(a *triage.Alert) { a.ProcessedAt = time.Time{} })
		take("processed before, updated today", triage.FlagRed, midnight.Add(-time.Hour), func(a *triage.Alert) { a.UpdatedAt = midnight })
		take("reopened", triage.FlagRed, midnight, func(a *triage.Alert) { a.Status = triage.StatusOpen })
		take("escalated after", triage.FlagRed, midnight, func(a *triage.Alert) { a.Status = triage.StatusEscalated })

		today := []triage.AlertID{"later", "unsaid, updated today", "on the stroke"}
		assert.Equal(t, today, entryIDs(b.Snapshot().Processed), "in R1's order")
		assert.Equal(t, []triage.AlertID{"escalated after", "reopened"}, ids(b.Snapshot()))
		e, ok := b.Snapshot().Entry("later")
		assert.True(t, ok)
		assert.Equal(t, triage.StatusProcessed, e.Status)

		time.Sleep(24*time.Hour - 1)
		b.Take(t.Context(), alert("another"))
		assert.Equal(t, today, entryIDs(b.Snapshot().Processed))
		time.Sleep(time.Nanosecond)
		b.Take(t.Context(), alert("yet another"))
		assert.Empty(t, b.Snapshot().Processed)
		assert.Equal(t, today, entryIDs(told[len(told)-1].Removed))
		_, ok = find(t, b, "later")
		assert.True(t, ok, "the mirror knows it still")
		assert.Len(t, b.work.held, 4, "memory doesn't")
	})
}

func ofPatient(t *testing.T, b *Board, id triage.PatientID) []triage.AlertID {
	t.Helper()
	all, err := b.OfPatient(t.Context(), id)
	require.NoError(t, err)
	var out []triage.AlertID
	for _, e := range all {
		out = append(out, e.ID)
	}
	return out
}

func TestOfPatient(t *testing.T) {
	b := newBoard(t, newSource())
	take := func(id triage.AlertID, patient triage.PatientID, age time.Duration, flag triage.Flag) {
		a := alert(id)
		a.Patient, a.CreatedAt, a.Flag = patient, made.Add(-age), flag
		if flag == triage.FlagGray {
			a = processed(a, made)
		}
		b.Take(t.Context(), a)
	}
	take("old", "p-1", 48*time.Hour, triage.FlagRed)
	take("new", "p-1", time.Hour, triage.FlagGray)
	take("twin 2", "p-1", 24*time.Hour, triage.FlagOrange)
	take("twin 3", "p-1", 24*time.Hour, triage.FlagOrange)
	take("twin 1", "p-1", 24*time.Hour, triage.FlagRed)
	take("other", "p-2", 0, triage.FlagRed)
	for range 20 { // no order of chance
		assert.Equal(t, []triage.AlertID{"new", "twin 1", "twin 2", "twin 3", "old"}, ofPatient(t, b, "p-1"))
	}
	assert.Equal(t, []triage.AlertID{"other"}, ofPatient(t, b, "p-2"))
	assert.Empty(t, ofPatient(t, b, "p-3"))
}

// Nothing is found missing because the mirror can't be read.
func TestWhatTheMirrorCannotTell(t *testing.T) {
	src, m := newSource(), newMemory()
	b := newBoard(t, src, on(m))
	b.Take(t.Context(), alert("open"))
	b.Take(t.Context(), processed(alert("long done"), made))
	m.breakDown(errDisk)

	_, ok, err := b.Find(t.Context(), "open")
	require.NoError(t, err, "memory knows it")
	assert.True(t, ok)
	_, _, err = b.Find(t.Context(), "long done")
	require.ErrorIs(t, err, errDisk)
	_, err = b.OfPatient(t.Context(), "p-1")
	require.ErrorIs(t, err, errDisk)
	_, err = b.Reread(t.Context(), "long done", time.Now())
	require.ErrorIs(t, err, errDisk)
	assert.NotErrorIs(t, err, triage.ErrGone)
	assert.Empty(t, src.asked())
	_, err = New(t.Context(), Options{Mirror: m, Zone: time.UTC, Logger: discard})
	require.ErrorIs(t, err, errDisk, "no board begins without what was known")
}
