package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every column that holds something sealed is sealed anew when keys are replaced:
// one that isn't known would be lost with its key.
func TestNoSealedColumnIsForgotten(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "board.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	// Hashes and codes aren't sealed; all other bytes are.
	rows, err := db.read.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type = 'BLOB' AND c.name NOT IN ('prev', 'hash', 'mac')`)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var found, known []string
	for rows.Next() {
		var table, column string
		require.NoError(t, rows.Scan(&table, &column))
		found = append(found, table+"."+column)
	}
	require.NoError(t, rows.Err())
	for _, in := range sealedColumns {
		known = append(known, in.table+"."+in.sealed)
	}
	assert.ElementsMatch(t, known, found)
}
