package storagetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

// Figures are made of what is counted of each alert, oldest first.
func testAlertsCreated(t *testing.T, open func() *storage.Store) {
	ctx, store := t.Context(), open()
	at := func(id string, created time.Time) triage.Entry {
		e := entry(id, triage.StatusProcessed)
		e.CreatedAt, e.Patient = created, triage.PatientID(id)
		return e
	}
	open1 := at("open", noon)
	open1.Status, open1.ProcessedAt, open1.ProcessedBy, open1.EscalatedAt, open1.EscalatedBy = triage.StatusOpen, time.Time{}, "", time.Time{}, ""
	require.NoError(t, store.PutEntries(ctx, []triage.Entry{
		at("late", noon.Add(time.Hour)), open1, at("early", noon.Add(-time.Hour)), at("timeless", time.Time{}),
	}))
	created := func(from, before time.Time) (found []string) {
		for a, err := range store.AlertsCreated(ctx, from, before) {
			require.NoError(t, err)
			found = append(found, string(a.Patient))
		}
		return found
	}
	none := time.Time{}
	assert.Equal(t, []string{"early", "open", "late"}, created(none, none), "one that doesn't say when isn't among them")
	assert.Equal(t, []string{"open", "late"}, created(noon, none))
	assert.Equal(t, []string{"early"}, created(none, noon))
	assert.Equal(t, []string{"open"}, created(noon, noon.Add(time.Hour)))

	var all []triage.Alert
	for a, err := range store.AlertsCreated(ctx, noon, none) {
		require.NoError(t, err)
		all = append(all, a)
	}
	want := at("late", noon.Add(time.Hour)).Alert
	assert.Equal(t, []triage.Alert{
		{Patient: "open", Group: "g", Type: triage.TypeMeasurement, Flag: triage.FlagRed, Status: triage.StatusOpen, CreatedAt: noon},
		{
			Patient: "late", Group: "g", Type: triage.TypeMeasurement, Flag: triage.FlagRed, Status: triage.StatusProcessed, CreatedAt: want.CreatedAt,
			ProcessedAt: want.ProcessedAt, ProcessedBy: want.ProcessedBy, EscalatedAt: want.EscalatedAt, EscalatedBy: want.EscalatedBy,
		},
	}, all)
	for _, err := range store.AlertsCreated(ctx, none, none) {
		require.NoError(t, err)
		break // whoever has seen enough may stop
	}
	require.NoError(t, store.Close())
	for _, err := range store.AlertsCreated(ctx, none, none) {
		require.Error(t, err)
	}
}

// R17
func testAuditReopenedSoon(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	soon, other := auditEvent(1, "h-1", "p-1", audit.AlertChanged), auditEvent(2, "h-1", "p-1", audit.AlertChanged)
	soon.Details.ReopenedSoon = true
	late := auditEvent(3, "h-1", "p-1", audit.AlertChanged)
	late.Details.ReopenedSoon = true
	_, err := store.AppendAudit(t.Context(), c, soon, other, late)
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "3"}, auditObjects(t, store, audit.Filter{Action: audit.AlertChanged, ReopenedSoon: true}))
	assert.Equal(t, []string{"1"}, auditObjects(t, store, audit.Filter{ReopenedSoon: true, To: auditedAt.Add(2 * time.Minute)}))
}
