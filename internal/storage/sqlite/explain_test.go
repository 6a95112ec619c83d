package sqlite

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As root nothing is unwritable, so the errors are made here.
func TestUnwritableInWords(t *testing.T) {
	for _, cause := range []error{syscall.EACCES, syscall.EROFS} {
		err := explain("/data/board.db", &fs.PathError{Op: "open", Path: "/data/board.db", Err: cause})
		assert.ErrorContains(t, err, `the file "/data/board.db" may not be written by this program`)
		assert.ErrorIs(t, err, cause)
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "board.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		require.NoError(t, db.write.QueryRow("PRAGMA "+pragma).Scan(&got))
		assert.Equal(t, want, got, pragma)
	}
	_, err = db.read.Exec(`DELETE FROM meta`)
	assert.ErrorContains(t, err, "readonly")
	assert.Equal(t, 1, db.write.Stats().MaxOpenConnections)
}
