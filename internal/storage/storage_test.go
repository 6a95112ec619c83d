package storage_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/storage"
)

func TestOnlyKnownDatabases(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2@db/board", "dashboard.db", ""} {
		_, err := storage.Open(t.Context(), url)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
		assert.Contains(t, err.Error(), "sqlite:PATH")
	}
}
