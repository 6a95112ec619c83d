package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

type sealNothing struct{}

func (sealNothing) Seal(plain []byte, _ string) []byte { return plain }

// audited is a database with five records, of which two are below a checkpoint
// but for the record of one of them.
func audited(t *testing.T) (*DB, *audit.Chain) {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "board.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	c, err := audit.NewChain([][]byte{bytes.Repeat([]byte{3}, 32)}, sealNothing{})
	require.NoError(t, err)
	for range 5 {
		_, err = db.AppendAudit(t.Context(), c, audit.Event{
			At: time.Unix(1_800_000_000, 0), Action: audit.ListShown, Patient: "p", Details: audit.Details{Patients: []string{"q"}},
		})
		require.NoError(t, err)
	}
	return db, c
}

// R21: the database itself refuses what would change the past.
func TestAuditIsAppendOnly(t *testing.T) {
	db, _ := audited(t)
	for _, statement := range []string{
		`UPDATE audit SET body = body || ' '`,
		`UPDATE audit SET seq = 9 WHERE seq = 5`,
		`UPDATE audit SET hash = zeroblob(32) WHERE seq = 2`,
		`DELETE FROM audit`,
		`DELETE FROM audit WHERE seq = 5`,
		`INSERT OR REPLACE INTO audit SELECT 2, key_id, prev, hash, replace(body, '"seq":1,', '"seq":2,') FROM audit WHERE seq = 1`,
		`REPLACE INTO audit (seq, key_id, prev, hash, body) SELECT 5, key_id, prev, hash, body FROM audit WHERE seq = 5`,
		`INSERT INTO audit (seq, key_id, prev, hash, body) SELECT 9, key_id, prev, hash, body FROM audit WHERE seq = 5`,
		`UPDATE audit_patients SET patient = 'x'`,
		`DELETE FROM audit_patients WHERE patient = 'p'`,
		`UPDATE audit_head SET seq = 4`,
		`UPDATE audit_head SET hash = zeroblob(32)`,
		`DELETE FROM audit_head`,
		`REPLACE INTO audit_head VALUES (1, 9, zeroblob(32))`,
	} {
		_, err := db.write.Exec(statement)
		assert.Error(t, err, statement)
	}
	_, err := db.write.Exec(`INSERT INTO audit_checkpoints VALUES (2, zeroblob(32), 0, 'k', zeroblob(32))`)
	require.NoError(t, err)
	for _, statement := range []string{
		`DELETE FROM audit WHERE seq = 3`,
		`DELETE FROM audit_patients WHERE seq = 3`,
		`UPDATE audit_checkpoints SET seq = 5`,
		`DELETE FROM audit_checkpoints`,
		`REPLACE INTO audit_checkpoints VALUES (2, zeroblob(32), 1, 'k', zeroblob(32))`,
		`INSERT INTO audit_checkpoints VALUES (1, zeroblob(32), 0, 'k', zeroblob(32))`,
	} {
		_, err := db.write.Exec(statement)
		assert.Error(t, err, statement)
	}
	_, err = db.write.Exec(`DELETE FROM audit WHERE seq <= 2`)
	assert.NoError(t, err, "below a checkpoint it may go")
}

// R21: who gets past the triggers is found by the chain, or by the look at what
// isn't in it.
func TestTamperingIsFound(t *testing.T) {
	for name, tc := range map[string]struct {
		statements []string
		want       []audit.Break
	}{
		"altered": {[]string{`UPDATE audit SET body = replace(body, '"patient":"p"', '"patient":"x"') WHERE seq = 2`}, []audit.Break{{Kind: audit.Altered, First: 2, Last: 2}}},
		"missing": {[]string{`DELETE FROM audit WHERE seq = 3`}, []audit.Break{{Kind: audit.Missing, First: 3, Last: 3}}},
		"cut off": {[]string{`DELETE FROM audit WHERE seq > 3`}, []audit.Break{{Kind: audit.CutOff, First: 4, Last: 5}}},
		"purged without the key": {[]string{
			`INSERT INTO audit_checkpoints SELECT seq, hash, 0, key_id, zeroblob(32) FROM audit WHERE seq = 2`, `DELETE FROM audit WHERE seq <= 2`,
		}, []audit.Break{{Kind: audit.BadCheckpoint, First: 2, Last: 2}}},
		"hash of another length": {[]string{`UPDATE audit SET hash = x'00' WHERE seq = 2`}, []audit.Break{{Kind: audit.Altered, First: 2, Last: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			db, c := audited(t)
			dropTriggers(t, db)
			for _, statement := range tc.statements {
				_, err := db.write.Exec(statement)
				require.NoError(t, err)
			}
			require.NoError(t, db.AuditTrail(t.Context(), func(trail audit.Trail) error {
				report, err := c.Verify(trail, nil)
				if err == nil {
					assert.Equal(t, tc.want, report.Breaks)
				}
				return err
			}))
		})
	}

	db, _ := audited(t)
	dropTriggers(t, db)
	_, err := db.write.Exec(`DELETE FROM audit_patients WHERE patient = 'q' AND seq = 4`)
	require.NoError(t, err)
	n, err := db.UnindexedAudit(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

func dropTriggers(t *testing.T, db *DB) {
	t.Helper()
	rows, err := db.read.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'`)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var names []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, len(names), 10)
	for _, name := range names {
		_, err := db.write.Exec(`DROP TRIGGER ` + name)
		require.NoError(t, err)
	}
}

// What is done, and that it was done, are kept together or not at all.
func TestAuditInATransactionWithSomethingElse(t *testing.T) {
	db, c := audited(t)
	stop := errors.New("the other half failed")
	err := db.inTx(t.Context(), func(tx *sql.Tx) error {
		records, err := appendAudit(t.Context(), tx, c, audit.Event{At: time.Now(), Action: audit.AlertChanged})
		require.NoError(t, err)
		require.Len(t, records, 1)
		return stop
	})
	require.ErrorIs(t, err, stop)
	head, err := db.AuditHead(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 5, head.Seq)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.AppendAudit(ctx, c, audit.Event{At: time.Now()})
	require.Error(t, err)
}

// However many years there are, no question looks at all of them.
func TestAuditQuestionsUseIndexes(t *testing.T) {
	db, _ := audited(t)
	now := time.Now()
	for _, f := range []audit.Filter{
		{Newest: true, Limit: 10},
		{Newest: true, Limit: 10, Before: 4},
		{Patient: "p"},
		{Patient: "p", Newest: true, Before: 4, Limit: 10},
		{User: "u", Newest: true, Limit: 10},
		{Action: audit.SignIn, Newest: true, Before: 4, Limit: 10},
		{From: now, To: now},
	} {
		query, args := auditQuery(f)
		for _, step := range planOf(t, db, query, args) {
			assert.NotContains(t, step, "TEMP B-TREE", query)
			if strings.HasPrefix(step, "SCAN") {
				assert.Contains(t, step, "INDEX", query)
			}
		}
	}
}
