package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"triageboard/internal/triage"
)

// countedAlerts are the columns figures are made of.
const countedAlerts = `SELECT patient, group_id, type, flag, status, processed_at, processed_by, escalated_at, escalated_by, created_at
	FROM alerts WHERE created_at IS NOT NULL`

// AlertsCreated implements insight.Store. Of an alert it reads what is counted:
// neither its id nor when it was updated.
func (db *DB) AlertsCreated(ctx context.Context, from, before time.Time) iter.Seq2[triage.Alert, error] {
	query, args := countedAlerts, []any{}
	if !from.IsZero() {
		query, args = query+` AND created_at >= ?`, append(args, nanos(from))
	}
	if !before.IsZero() {
		query, args = query+` AND created_at < ?`, append(args, nanos(before))
	}
	query += ` ORDER BY created_at`
	return func(yield func(triage.Alert, error) bool) {
		rows, err := db.read.QueryContext(ctx, query, args...)
		if err != nil {
			yield(triage.Alert{}, fmt.Errorf("reading alerts: %w", err))
			return
		}
		defer func() { _ = rows.Close() }() // what it could tell, Err has told
		var a triage.Alert
		var processed, escalated, created sql.NullInt64
		into := []any{&a.Patient, &a.Group, &a.Type, &a.Flag, &a.Status, &processed, &a.ProcessedBy, &escalated, &a.EscalatedBy, &created}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				yield(triage.Alert{}, fmt.Errorf("reading an alert: %w", err))
				return
			}
			a.ProcessedAt, a.EscalatedAt, a.CreatedAt = maybeTime(processed), maybeTime(escalated), maybeTime(created)
			if !yield(a, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(triage.Alert{}, fmt.Errorf("reading alerts: %w", err))
		}
	}
}
