package sqlite

import (
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
)

// A database of the version before keeps what it holds, and gains the mirror.
func TestMigrationKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "board.db")
	old, err := connect(path, 1, url.Values{"_txlock": {"immediate"}})
	require.NoError(t, err)
	files, err := fs.Sub(migrations, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, files, goose.WithLogger(goose.NopLogger()))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), 1)
	require.NoError(t, err)
	for _, statement := range []string{
		`INSERT INTO meta (key, value) VALUES ('upstream', 'https://one.test')`,
		`INSERT INTO sessions (token, data, expiry) VALUES ('t1', x'64', julianday('now') + 1)`,
		`INSERT INTO sign_ins (id, hcp, created_at, ends_at) VALUES ('s1', 'h1', 1000000, 2000000)`,
		`INSERT INTO linked_keys (sign_in, hcp, sealed, linked_at) VALUES ('s1', 'h1', x'00ff', 1000000)`,
	} {
		_, err := old.Exec(statement)
		require.NoError(t, err)
	}
	require.NoError(t, old.Close())

	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	upstream, err := db.Meta(t.Context(), "upstream", "another")
	require.NoError(t, err)
	assert.Equal(t, "https://one.test", upstream)
	_, found, err := db.Sessions().Find("t1")
	require.NoError(t, err)
	assert.True(t, found)
	signIn, found, err := db.SignIn(t.Context(), "s1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, auth.SignIn{ID: "s1", HCP: "h1", CreatedAt: time.Unix(1, 0).UTC(), EndsAt: time.Unix(2, 0).UTC()}, signIn)
	key, found, err := db.LinkedKey(t.Context(), "s1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, []byte{0, 0xff}, key.Sealed)

	entries, err := db.Working(t.Context(), time.Time{})
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// However many alerts the window holds, no question of the board's makes SQLite
// look at all of them.
func TestTheMirrorsQuestionsUseIndexes(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "board.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	for question, args := range map[string][]any{
		workingAlerts: {int64(0)},
		`SELECT ` + alertColumns + ` FROM alerts WHERE id IN (?, ?)`:                             {"a", "b"},
		`SELECT ` + alertColumns + ` FROM alerts WHERE patient = ?`:                              {"p"},
		`SELECT rowid FROM alerts WHERE day < ? AND status = 'processed' LIMIT ?`:                {"d", 1},
		`DELETE FROM days WHERE day NOT IN (SELECT day FROM alerts WHERE status <> 'processed')`: nil,
	} {
		for _, step := range planOf(t, db, question, args) {
			if strings.Contains(step, "alerts") {
				assert.Contains(t, step, "INDEX", question)
			}
		}
	}
}

// planOf is the steps in which SQLite would answer.
func planOf(t *testing.T, db *DB, question string, args []any) []string {
	t.Helper()
	rows, err := db.read.Query(`EXPLAIN QUERY PLAN `+question, args...)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, steps)
	return steps
}
