package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/storage"
	"triageboard/internal/storage/sqlite"
	"triageboard/internal/storage/storagetest"
)

func TestConformance(t *testing.T) {
	files := map[*testing.T]string{}
	storagetest.Run(t, func(t *testing.T) *storage.Store {
		if files[t] == "" {
			files[t] = filepath.Join(t.TempDir(), "board.db")
		}
		store, err := storage.Open(t.Context(), "sqlite:"+files[t])
		require.NoError(t, err)
		return store
	})
}

func BenchmarkMirror(b *testing.B) {
	store, err := storage.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "board.db"))
	require.NoError(b, err)
	storagetest.BenchMirror(b, store)
	require.NoError(b, store.Close())
}

func TestFileIsForItsOwnerOnly(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	folder := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(folder, "board.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()

	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 2, "the write-ahead log stands beside it")
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f.Name())
	}
}

func TestAnyFileName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a?b%20c#d&e ü.db")
	db, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.NotZero(t, info.Size())
}

func TestRelativeFile(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := sqlite.Open(t.Context(), "board.db")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	info, err := os.Stat("board.db")
	require.NoError(t, err)
	assert.NotZero(t, info.Size())
}

func TestErrorsInWords(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("This is a text, long enough to be read as a header of a database file, which it isn't at all."), 0o600))
	newer := filepath.Join(folder, "newer.db")
	makeNewer(t, newer)

	for _, tc := range []struct{ name, path, says string }{
		{"missing folder", filepath.Join(folder, "missing", "board.db"), "missing\" doesn't exist"},
		{"a folder", folder, "is a folder instead of a file"},
		{"not a database", text, "isn't an SQLite database"},
		{"from a newer version", newer, "newer version of this program"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := sqlite.Open(t.Context(), tc.path)
			assert.ErrorContains(t, err, tc.says)
		})
	}
}

func makeNewer(t *testing.T, path string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	require.NoError(t, err)
	require.NoError(t, raw.Close())
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "board.db"))
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
