package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/storage"
	"triageboard/internal/triage"
)

func testSettings(t *testing.T, open func() *storage.Store) {
	store := open()
	put := func(user triage.HCPID, version int64, text string) bool {
		t.Helper()
		kept, err := store.PutSettings(t.Context(), desk.SealedSettings{User: user, Version: version, Sealed: []byte(text)})
		require.NoError(t, err)
		return kept
	}
	find := func(user triage.HCPID) desk.SealedSettings {
		t.Helper()
		s, err := store.Settings(t.Context(), user)
		require.NoError(t, err)
		return s
	}
	assert.Equal(t, desk.SealedSettings{User: "h-1"}, find("h-1"), "none")
	assert.False(t, put("h-1", 2, "behind nothing"))
	assert.True(t, put("h-1", 1, "first\x00"))
	assert.False(t, put("h-1", 1, "as if there were none"))
	assert.False(t, put("h-1", 3, "ahead"))
	assert.True(t, put("h-1", 2, "second\x00"))
	assert.False(t, put("h-1", 2, "late"))
	assert.True(t, put("h-2", 1, "yours"))

	require.NoError(t, store.Close())
	store = open()
	assert.Equal(t, desk.SealedSettings{User: "h-1", Version: 2, Sealed: []byte("second\x00")}, find("h-1"), "it survives a restart")
	assert.Equal(t, "yours", string(find("h-2").Sealed))

	require.NoError(t, store.Close())
	_, err := store.Settings(t.Context(), "h-1")
	require.Error(t, err)
	_, err = store.PutSettings(t.Context(), desk.SealedSettings{User: "h-1", Version: 3})
	require.Error(t, err)
}

// Of several changes to one version one is kept.
func testSettingsAtOnce(t *testing.T, open func() *storage.Store) {
	stores := []*storage.Store{open(), open()}
	for version := int64(1); version <= 3; version++ {
		var kept atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				ours, err := stores[i%2].PutSettings(t.Context(), desk.SealedSettings{User: "h-1", Version: version, Sealed: fmt.Append(nil, i)})
				if assert.NoError(t, err) && ours {
					kept.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, kept.Load())
	}
}
