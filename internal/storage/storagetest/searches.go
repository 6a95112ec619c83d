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

func testSearches(t *testing.T, open func() *storage.Store) {
	store, ctx := open(), t.Context()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	search := func(user triage.HCPID, id triage.SearchID, slot int, text string) desk.SealedSearch {
		return desk.SealedSearch{User: user, ID: id, Slot: slot, Sealed: []byte(text), UsedAt: at}
	}
	find := func(user triage.HCPID, id triage.SearchID) string {
		t.Helper()
		s, ok, err := store.Search(ctx, user, id)
		require.NoError(t, err)
		assert.Equal(t, ok, s.Sealed != nil)
		return string(s.Sealed)
	}
	views := func() (ids []triage.SearchID) {
		t.Helper()
		list, err := store.Views(ctx, "h-1")
		require.NoError(t, err)
		for i, v := range list {
			assert.EqualValues(t, "h-1", v.User)
			assert.NotEmpty(t, v.Sealed)
			assert.True(t, i == 0 || list[i-1].Slot < v.Slot)
			ids = append(ids, v.ID)
		}
		return ids
	}

	assert.Empty(t, find("h-1", "s-1"))
	assert.Empty(t, views())
	require.NoError(t, store.PutSearches(ctx, search("h-1", "s-1", 0, "one\x00"), search("h-1", "v-5", 5, "five"), search("h-1", "v-4", 4, "four"), search("h-2", "v-x", 4, "other")))
	assert.Equal(t, "one\x00", find("h-1", "s-1"))
	assert.Empty(t, find("h-2", "s-1"), "another's is as unknown")
	got, _, err := store.Search(ctx, "h-1", "v-5")
	require.NoError(t, err)
	assert.Equal(t, search("h-1", "v-5", 5, "five"), got)
	assert.Equal(t, []triage.SearchID{"v-4", "v-5"}, views())

	require.NoError(t, store.PutSearches(ctx, search("h-1", "v-5", 4, "five"), search("h-1", "v-4", 5, "four")), "they change places")
	assert.Equal(t, []triage.SearchID{"v-5", "v-4"}, views())
	require.Error(t, store.PutSearches(ctx, search("h-1", "s-2", 0, "two"), search("h-1", "v-6", 4, "six")), "the place is taken")
	assert.Empty(t, find("h-1", "s-2"), "all or none")
	require.Error(t, store.PutSearches(ctx, search("h-2", "s-1", 0, "stolen")))
	assert.Equal(t, "one\x00", find("h-1", "s-1"))

	for id, want := range map[triage.SearchID]bool{"v-x": false, "s-1": false, "v-none": false, "v-4": true} {
		found, err := store.DeleteView(ctx, "h-1", id)
		require.NoError(t, err)
		assert.Equal(t, want, found, id)
	}
	assert.Equal(t, []triage.SearchID{"v-5"}, views())

	require.NoError(t, store.PutSearches(ctx, search("h-1", "s-2", 0, "two")))
	require.NoError(t, store.UseSearch(ctx, "h-1", "s-2", at.Add(time.Hour)))
	require.NoError(t, store.UseSearch(ctx, "h-2", "s-1", at.Add(time.Hour)), "not theirs: nothing happens")
	require.NoError(t, store.DeleteSearchesBefore(ctx, at.Add(time.Second)))
	assert.Empty(t, find("h-1", "s-1"))
	assert.Equal(t, "two", find("h-1", "s-2"))
	assert.Equal(t, "five", find("h-1", "v-5"), "a view stays")
	got, _, err = store.Search(ctx, "h-1", "s-2")
	require.NoError(t, err)
	assert.Equal(t, at.Add(time.Hour), got.UsedAt)

	require.NoError(t, store.Close())
	store = open()
	assert.Equal(t, "two", find("h-1", "s-2"), "it survives a restart")
	assert.Equal(t, []triage.SearchID{"v-5"}, views())
}
