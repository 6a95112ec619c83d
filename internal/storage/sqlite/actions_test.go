package sqlite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

func recorded(id triage.ActionID) triage.KeptAction {
	now := time.Unix(1_800_000_000, 0)
	return triage.KeptAction{Action: triage.Action{
		ID: id, Alert: triage.AlertID(id), Actor: "h1", State: triage.StateRecorded, RecordedAt: now, NextAt: now,
	}}
}

// R46: a full disk, or a database that became read-only, refuses new actions
// before anything is accepted, keeps what it has, and goes on once it is well.
func TestFullOrReadOnlyRefusesActions(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil, heal string
		code        int
	}{
		"full":      {`PRAGMA max_page_count = 1`, `PRAGMA max_page_count = 1000000`, sqlite3.SQLITE_FULL}, // that is: as many as there are
		"read-only": {`PRAGMA query_only = 1`, `PRAGMA query_only = 0`, sqlite3.SQLITE_READONLY},
	} {
		t.Run(name, func(t *testing.T) {
			db, c := audited(t)
			events := []audit.Event{{At: time.Unix(1_800_000_000, 0), Action: audit.AlertChanged}}
			first := recorded("first")
			_, err := db.AddActions(t.Context(), c, []triage.KeptAction{first}, events)
			require.NoError(t, err)
			head, err := db.AuditHead(t.Context())
			require.NoError(t, err)

			_, err = db.write.Exec(tc.spoil)
			require.NoError(t, err)
			large := recorded("large")
			large.Text = make([]byte, 1<<20)
			_, err = db.AddActions(t.Context(), c, []triage.KeptAction{recorded("second"), large}, events)
			var fromSQLite *driver.Error
			require.ErrorAs(t, err, &fromSQLite)
			assert.Equal(t, tc.code, fromSQLite.Code()&0xff)
			longer := first
			longer.Text = large.Text
			_, err = db.StepAction(t.Context(), c, triage.ActionStep{From: triage.StateRecorded, To: longer}, events)
			require.Error(t, err)
			assert.NotErrorIs(t, err, triage.ErrSettled, "it has come no further")

			left, err := db.UnsettledActions(t.Context())
			require.NoError(t, err)
			require.Len(t, left, 1)
			assert.Equal(t, first.ID, left[0].ID)
			assert.Empty(t, left[0].Text)
			now, err := db.AuditHead(t.Context())
			require.NoError(t, err)
			assert.Equal(t, head, now, "nor is it said that anything was recorded")

			_, err = db.write.Exec(tc.heal)
			require.NoError(t, err)
			_, err = db.AddActions(t.Context(), c, []triage.KeptAction{large}, events)
			require.NoError(t, err)
		})
	}
}

// However many actions were made in a month, no question looks at all of them.
func TestActionQuestionsUseIndexes(t *testing.T) {
	db, _ := audited(t)
	for question, index := range map[string]string{
		`SELECT EXISTS (SELECT 1 FROM actions WHERE ` + inFlight + ` AND next_at <= 1 AND leased_until <= 1)`:               "actions_due_idx",
		`SELECT number FROM actions WHERE ` + inFlight + ` AND next_at <= 1 AND leased_until <= 1 ORDER BY next_at, number`: "actions_due_idx",
		`SELECT 1 FROM actions WHERE ` + inFlight + ` AND alert = 'a' AND id NOT IN ('b', 'c') AND undoes <> 'b'`:           "actions_in_flight_idx",
		`SELECT id FROM actions WHERE settled_at IS NULL ORDER BY number`:                                                   "actions_unsettled_idx",
		`SELECT id FROM actions WHERE actor = 'h' AND recorded_at >= 1 ORDER BY recorded_at DESC, number DESC`:              "actions_actor_idx",
		`SELECT id FROM actions WHERE batch = 'b' AND batch <> '' ORDER BY number`:                                          "actions_batch_idx",
		`DELETE FROM actions WHERE recorded_at < 1 AND settled_at IS NOT NULL`:                                              "actions_recorded_idx",
	} {
		plan := fmt.Sprint(planOf(t, db, question, nil))
		assert.Contains(t, plan, index, question)
		assert.NotContains(t, plan, "TEMP B-TREE", question)
		if strings.Contains(plan, "SCAN actions") {
			assert.Equal(t, "actions_unsettled_idx", index, "only what holds nothing else is read from end to end")
		}
	}
}
