package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/storage"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// Sealed records come in their order, page by page; one is replaced unless it has
// changed since it was read.
func testReseal(t *testing.T, open func() *storage.Store) {
	store, ctx := open(), t.Context()
	at := time.Now()
	require.NoError(t, store.Sessions().Commit("live", []byte("s-1"), at.Add(time.Hour)))
	require.NoError(t, store.Sessions().Commit("over", []byte("s-0"), at.Add(-time.Hour)))
	require.NoError(t, store.LinkKey(ctx, auth.LinkedKey{SignIn: "in-1", HCP: "h-1", Sealed: []byte("k-1"), LinkedAt: at}))
	for i := range 3 {
		user := triage.HCPID(fmt.Sprint("h-", i))
		require.NoError(t, store.PutDraft(ctx, desk.SealedDraft{User: user, Alert: "a-1", Sealed: fmt.Append(nil, "d-", i), SavedAt: at}))
	}
	require.NoError(t, store.PutDraft(ctx, desk.SealedDraft{User: "h-0", Alert: "a-2", Sealed: []byte("d-3"), SavedAt: at}))
	require.NoError(t, store.PutSearches(ctx, desk.SealedSearch{User: "h-1", ID: "q-1", Sealed: []byte("q"), UsedAt: at}))
	kept, err := store.PutSettings(ctx, desk.SealedSettings{User: "h-1", Version: 1, Sealed: []byte("w")})
	require.NoError(t, err)
	require.True(t, kept)
	require.NoError(t, store.ReplaceSheets(ctx, "2026-11-22", at, []trend.Sheet{{Patient: "p-1", Day: "2026-11-22", Sealed: []byte("m")}}))
	action := func(id triage.ActionID, alert triage.AlertID, text, key []byte) {
		_, err := store.AddActions(ctx, auditChain(t), []triage.KeptAction{{
			Action: triage.Action{ID: id, Alert: alert, Actor: "h-1", State: triage.StateRecorded, RecordedAt: at}, Text: text, Key: key,
		}}, nil)
		require.NoError(t, err)
	}
	action("x-1", "a-1", []byte("t"), []byte("k"))
	action("x-2", "a-2", nil, []byte("k-2"))

	want := map[auth.SealedKind][]auth.SealedRecord{
		auth.SealedSessions:    {{ID: "live", Sealed: []byte("s-1")}},
		auth.SealedLinkedKeys:  {{ID: "in-1", Owner: "h-1", Sealed: []byte("k-1")}},
		auth.SealedDrafts:      {{ID: "a-1", Owner: "h-0", Sealed: []byte("d-0")}, {ID: "a-1", Owner: "h-1", Sealed: []byte("d-1")}, {ID: "a-1", Owner: "h-2", Sealed: []byte("d-2")}, {ID: "a-2", Owner: "h-0", Sealed: []byte("d-3")}},
		auth.SealedActionTexts: {{ID: "x-1", Owner: "h-1", Sealed: []byte("t")}},
		auth.SealedActionKeys:  {{ID: "x-1", Owner: "h-1", Sealed: []byte("k")}, {ID: "x-2", Owner: "h-1", Sealed: []byte("k-2")}},
		auth.SealedSearches:    {{ID: "q-1", Owner: "h-1", Sealed: []byte("q")}},
		auth.SealedSettings:    {{ID: "h-1", Owner: "h-1", Sealed: []byte("w")}},
		auth.SealedSheets:      {{ID: "2026-11-22", Owner: "p-1", Sealed: []byte("m")}},
	}
	require.Len(t, want, len(auth.SealedKinds))
	for _, kind := range auth.SealedKinds {
		assert.Equal(t, want[kind], sealedOf(t, store, kind), kind)
		var now []auth.SealedRecord
		for _, r := range want[kind] {
			r.Sealed = append([]byte("new "), r.Sealed...)
			now = append(now, r)
		}
		stale := append([]auth.SealedRecord{}, want[kind]...)
		stale[0].Sealed = []byte("changed meanwhile")
		require.NoError(t, store.Reseal(ctx, kind, stale, now))
		now[0].Sealed = want[kind][0].Sealed
		assert.Equal(t, now, sealedOf(t, store, kind), kind)
	}
	_, err = store.SealedRecords(ctx, "nothing", auth.SealedRecord{}, 1)
	require.Error(t, err)
	require.Error(t, store.Reseal(ctx, auth.SealedDrafts, nil, make([]auth.SealedRecord, 1)))
	stopped, stop := context.WithCancel(ctx)
	stop()
	_, err = store.SealedRecords(stopped, auth.SealedDrafts, auth.SealedRecord{}, 1)
	require.ErrorIs(t, err, context.Canceled)
}

// sealedOf are all records of a kind, asked for two by two.
func sealedOf(t *testing.T, store *storage.Store, kind auth.SealedKind) (all []auth.SealedRecord) {
	t.Helper()
	for last := (auth.SealedRecord{}); ; last = all[len(all)-1] {
		some, err := store.SealedRecords(t.Context(), kind, last, 2)
		require.NoError(t, err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}
