package board

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

func entryIDs(entries []triage.Entry) []triage.AlertID {
	var out []triage.AlertID
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

// "Processed today" goes by the time Luscii names, else by the last update.
func TestProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now()
		b := newBoard(t, newSource())
		take := func(id triage.AlertID, flag triage.Flag, at time.Time, change func(*triage.Alert)) {
			a := processed(alert(id), at)
			a.Flag = flag
			if change != nil {
				change(&a)
			}
			b.Take(a)
		}
		take("on the stroke", triage.FlagGray, midnight, nil)
		take("just before", triage.FlagRed, midnight.Add(-1), nil)
		take("later", triage.FlagRed, midnight.Add(time.Hour), nil)
		take("unsaid, updated today", triage.FlagOrange, midnight, func(a *triage.Alert) { a.ProcessedAt = time.Time{} })
		take("unsaid, updated before", triage.FlagRed, midnight.Add(-1), func(a *triage.Alert) { a.ProcessedAt = time.Time{} })
		take("processed before, updated today", triage.FlagRed, midnight.Add(-time.Hour), func(a *triage.Alert) { a.UpdatedAt = midnight })
		take("reopened", triage.FlagRed, midnight, func(a *triage.Alert) { a.Status = triage.StatusOpen })
		take("escalated after", triage.FlagRed, midnight, func(a *triage.Alert) { a.Status = triage.StatusEscalated })

		assert.Equal(t, []triage.AlertID{"later", "unsaid, updated today", "on the stroke"}, entryIDs(b.Processed(midnight)), "in R1's order")
		assert.Empty(t, b.Processed(midnight.Add(2*time.Hour)))
	})
}

func TestOfPatient(t *testing.T) {
	b := newBoard(t, newSource())
	take := func(id triage.AlertID, patient triage.PatientID, age time.Duration, flag triage.Flag) {
		a := alert(id)
		a.Patient, a.CreatedAt, a.Flag = patient, made.Add(-age), flag
		if flag == triage.FlagGray {
			a = processed(a, made)
		}
		b.Take(a)
	}
	take("old", "p-1", 48*time.Hour, triage.FlagRed)
	take("new", "p-1", time.Hour, triage.FlagGray)
	take("twin 2", "p-1", 24*time.Hour, triage.FlagOrange)
	take("twin 3", "p-1", 24*time.Hour, triage.FlagOrange)
	take("twin 1", "p-1", 24*time.Hour, triage.FlagRed)
	take("other", "p-2", 0, triage.FlagRed)
	for range 20 { // no order of chance
		assert.Equal(t, []triage.AlertID{"new", "twin 1", "twin 2", "twin 3", "old"}, entryIDs(b.OfPatient("p-1")))
	}
	assert.Equal(t, []triage.AlertID{"other"}, entryIDs(b.OfPatient("p-2")))
	assert.Empty(t, b.OfPatient("p-3"))
}
