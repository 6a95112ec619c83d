package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

const (
	actionColumns = `id, batch, undoes, alert, patient, actor, sign_in, wanted, seen, was, state, reason,
		recorded_at, retry_until, sent_at, next_at, ended_at, settled_at, tries, result, event, sealed_text, sealed_key`
	// inFlight is in the words of the indexes, or SQLite wouldn't use them.
	inFlight = `state IN ('recorded', 'sending')`
)

// AddActions implements outbox.Store.
func (db *DB) AddActions(ctx context.Context, chain *audit.Chain, actions []triage.KeptAction, events []audit.Event) (records []audit.Record, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		for _, a := range actions {
			if err := addAction(ctx, tx, a); err != nil {
				return err
			}
		}
		records, err = appendAudit(ctx, tx, chain, events...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

func addAction(ctx context.Context, tx *sql.Tx, a triage.KeptAction) error {
	if err := alone(ctx, tx, a); err != nil {
		return err
	}
	event, err := json.Marshal(a.Event)
	if err != nil {
		return fmt.Errorf("keeping an action: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO actions (`+actionColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(a.ID), string(a.Batch), string(a.Undoes), string(a.Alert), string(a.Patient), string(a.Actor), a.SignIn,
		string(a.Change.Status), nanos(a.Seen), string(a.Was), string(a.State), string(a.Reason),
		nanos(a.RecordedAt), nanos(a.RetryUntil), nanos(a.SentAt), nanos(a.NextAt), nanos(a.EndedAt), nanos(a.SettledAt),
		a.Tries, nanos(a.Result), string(event), a.Text, a.Key)
	return taken(a, err)
}

// alone refuses an action in flight beside another on its alert, but for the one
// it takes back or that takes it back. The index can't tell these from an undo of
// something else. SQLite has one writer at a time, so nothing comes in between.
func alone(ctx context.Context, tx *sql.Tx, a triage.KeptAction) error {
	if !a.State.InFlight() {
		return nil
	}
	var another bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM actions WHERE `+inFlight+`
		AND alert = ? AND id NOT IN (?, ?) AND undoes <> ?)`, string(a.Alert), string(a.ID), string(a.Undoes), string(a.ID)).Scan(&another)
	switch {
	case err != nil:
		return fmt.Errorf("looking for another action on the alert: %w", err)
	case another:
		return &triage.InFlightError{Action: triage.Action{Alert: a.Alert}}
	}
	return nil
}

// taken puts it in the domain's words that the alert has another action in flight.
func taken(a triage.KeptAction, err error) error {
	var fromSQLite *driver.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fromSQLite) && fromSQLite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return &triage.InFlightError{Action: triage.Action{Alert: a.Alert}}
	}
	return fmt.Errorf("keeping an action: %w", err)
}

// StepAction implements outbox.Store. The key goes with the flight, the text as
// soon as the step gives none.
func (db *DB) StepAction(ctx context.Context, chain *audit.Chain, step triage.ActionStep, events []audit.Event) (records []audit.Record, err error) {
	a := step.To
	until := int64(0)
	if !step.Until.IsZero() {
		until = step.Until.UnixNano()
	}
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		if !step.From.InFlight() { // it may come back into flight
			if err := alone(ctx, tx, a); err != nil {
				return err
			}
		}
		done, err := tx.ExecContext(ctx, `UPDATE actions SET
				seen = ?, state = ?, reason = ?, retry_until = ?, sent_at = ?, next_at = ?, ended_at = ?, settled_at = ?,
				tries = ?, result = ?, sealed_text = ?, sealed_key = iif(?, coalesce(?, sealed_key), NULL), leased_until = ?
			WHERE id = ? AND state = ? AND settled_at IS NULL AND (? = '' OR lease_owner = ?)`,
			nanos(a.Seen), string(a.State), string(a.Reason), nanos(a.RetryUntil), nanos(a.SentAt), nanos(a.NextAt),
			nanos(a.EndedAt), nanos(a.SettledAt), a.Tries, nanos(a.Result), a.Text, a.State.InFlight(), a.Key, until,
			string(a.ID), string(step.From), step.Owner, step.Owner)
		if err != nil {
			return taken(a, err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(triage.ErrSettled, err)
		}
		records, err = appendAudit(ctx, tx, chain, events...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// LeaseActions implements outbox.Store. It writes only if something is due.
func (db *DB) LeaseActions(ctx context.Context, owner string, now, until time.Time, limit int) ([]triage.KeptAction, error) {
	const due = inFlight + ` AND next_at <= ? AND leased_until <= ?`
	at := now.UnixNano()
	var any bool
	if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM actions WHERE `+due+`)`, at, at).Scan(&any); err != nil {
		return nil, fmt.Errorf("looking for due actions: %w", err)
	}
	if !any {
		return nil, nil
	}
	leased, err := db.actions(ctx, db.write, `UPDATE actions SET lease_owner = ?, leased_until = ?
		WHERE number IN (SELECT number FROM actions WHERE `+due+` ORDER BY next_at, number LIMIT ?)
		RETURNING `+actionColumns, owner, until.UnixNano(), at, at, limit)
	// SQLite returns them in whatever order it changed them.
	slices.SortStableFunc(leased, func(x, y triage.KeptAction) int { return x.NextAt.Compare(y.NextAt) })
	return leased, err
}

// FreeLeases implements outbox.Store.
func (db *DB) FreeLeases(ctx context.Context) error {
	if _, err := db.write.ExecContext(ctx, `UPDATE actions SET leased_until = 0 WHERE `+inFlight+` AND leased_until > 0`); err != nil {
		return fmt.Errorf("freeing leases: %w", err)
	}
	return nil
}

// UnsettledActions implements outbox.Store.
func (db *DB) UnsettledActions(ctx context.Context) ([]triage.KeptAction, error) {
	return db.actions(ctx, db.read, `SELECT `+actionColumns+` FROM actions WHERE settled_at IS NULL ORDER BY number`)
}

// KeptAction implements outbox.Store.
func (db *DB) KeptAction(ctx context.Context, id triage.ActionID) (triage.KeptAction, bool, error) {
	found, err := db.actions(ctx, db.read, `SELECT `+actionColumns+` FROM actions WHERE id = ?`, string(id))
	if err != nil || len(found) == 0 {
		return triage.KeptAction{}, false, err
	}
	return found[0], true, nil
}

// ActionsOf implements outbox.Store.
func (db *DB) ActionsOf(ctx context.Context, actor triage.HCPID, since time.Time) ([]triage.KeptAction, error) {
	return db.actions(ctx, db.read, `SELECT `+actionColumns+` FROM actions
		WHERE actor = ? AND recorded_at >= ? ORDER BY recorded_at DESC, number DESC`, string(actor), since.UnixNano())
}

// ActionsOfBatch implements outbox.Store.
func (db *DB) ActionsOfBatch(ctx context.Context, id triage.BatchID) ([]triage.KeptAction, error) {
	return db.actions(ctx, db.read, `SELECT `+actionColumns+` FROM actions WHERE batch = ? AND batch <> '' ORDER BY number`, string(id))
}

// ForgetActions implements outbox.Store.
func (db *DB) ForgetActions(ctx context.Context, before time.Time) error {
	_, err := db.write.ExecContext(ctx, `DELETE FROM actions WHERE recorded_at < ? AND settled_at IS NOT NULL`, before.UnixNano())
	if err != nil {
		return fmt.Errorf("forgetting old actions: %w", err)
	}
	return nil
}

// actions reads what a statement answers.
func (db *DB) actions(ctx context.Context, on queryer, statement string, args ...any) (all []triage.KeptAction, err error) {
	rows, err := on.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("reading actions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a triage.KeptAction
		var event string
		var seen, recorded, retry, sent, next, ended, settled, result sql.NullInt64
		if err := rows.Scan(&a.ID, &a.Batch, &a.Undoes, &a.Alert, &a.Patient, &a.Actor, &a.SignIn, &a.Change.Status,
			&seen, &a.Was, &a.State, &a.Reason, &recorded, &retry, &sent, &next, &ended, &settled, &a.Tries, &result,
			&event, &a.Text, &a.Key); err != nil {
			return nil, fmt.Errorf("reading an action: %w", err)
		}
		a.Seen, a.RecordedAt, a.RetryUntil, a.SentAt = maybeTime(seen), maybeTime(recorded), maybeTime(retry), maybeTime(sent)
		a.NextAt, a.EndedAt, a.SettledAt, a.Result = maybeTime(next), maybeTime(ended), maybeTime(settled), maybeTime(result)
		if err := json.Unmarshal([]byte(event), &a.Event); err != nil {
			return nil, fmt.Errorf("reading an action's event: %w", err)
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading actions: %w", err)
	}
	return all, nil
}
