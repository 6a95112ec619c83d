package storagetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

func testDrafts(t *testing.T, open func() *storage.Store) {
	store, ctx := open(), t.Context()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	put := func(user triage.HCPID, alert triage.AlertID, text string, saved time.Time) {
		t.Helper()
		require.NoError(t, store.PutDraft(ctx, desk.SealedDraft{User: user, Alert: alert, Sealed: []byte(text), SavedAt: saved}))
	}
	find := func(user triage.HCPID, alert triage.AlertID) string {
		t.Helper()
		d, ok, err := store.Draft(ctx, user, alert)
		require.NoError(t, err)
		assert.Equal(t, ok, d.Sealed != nil)
		return string(d.Sealed)
	}
	assert.Empty(t, find("h-1", "a-1"))
	put("h-1", "a-1", "mine", at)
	put("h-2", "a-1", "yours", at.Add(-time.Hour))
	put("h-1", "a-2", "other", at)
	put("h-1", "a-1", "mine\x00 again", at.Add(time.Second))
	assert.Equal(t, "mine\x00 again", find("h-1", "a-1"))
	assert.Equal(t, "yours", find("h-2", "a-1"))
	d, _, err := store.Draft(ctx, "h-1", "a-1")
	require.NoError(t, err)
	assert.Equal(t, at.Add(time.Second), d.SavedAt)

	require.NoError(t, store.DeleteDraft(ctx, "h-1", "a-2"))
	require.NoError(t, store.DeleteDraft(ctx, "h-1", "a-2"), "again")
	assert.Empty(t, find("h-1", "a-2"))
	require.NoError(t, store.DeleteDraftsBefore(ctx, at))
	assert.Empty(t, find("h-2", "a-1"))
	assert.Equal(t, "mine\x00 again", find("h-1", "a-1"))

	require.NoError(t, store.Close())
	store = open()
	assert.Equal(t, "mine\x00 again", find("h-1", "a-1"), "it survives a restart")
}
