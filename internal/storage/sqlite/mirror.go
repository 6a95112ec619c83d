package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"triageboard/internal/triage"
)

const (
	// atOnce is how many alerts one statement reads or writes, well below
	// SQLite's limit on parameters.
	atOnce = 200
	// forgottenAtOnce is how many rows one statement deletes: others wait for
	// the only writer meanwhile.
	forgottenAtOnce = 2_000
)

const (
	alertColumns = `id, patient, group_id, protocol, program, measurement, instrument, type, flag, status,
		processed_at, processed_by, escalated_at, escalated_by, created_at, updated_at, day, confirmed_at, missing`
	alertValues = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	alertUpdate = `patient = excluded.patient, group_id = excluded.group_id, protocol = excluded.protocol,
		program = excluded.program, measurement = excluded.measurement, instrument = excluded.instrument,
		type = excluded.type, flag = excluded.flag, status = excluded.status,
		processed_at = excluded.processed_at, processed_by = excluded.processed_by,
		escalated_at = excluded.escalated_at, escalated_by = excluded.escalated_by,
		created_at = excluded.created_at, updated_at = excluded.updated_at,
		day = excluded.day, confirmed_at = excluded.confirmed_at, missing = excluded.missing`
	// workingAlerts is in the words of the indexes, or SQLite wouldn't use them.
	workingAlerts = `SELECT ` + alertColumns + ` FROM alerts WHERE status <> 'processed'
		UNION ALL
		SELECT ` + alertColumns + ` FROM alerts WHERE status = 'processed' AND coalesce(processed_at, updated_at, 0) >= ?`
)

// Working is every alert that isn't processed, and those processed since the
// given moment, in no order. One whose processing time Luscii doesn't say counts
// by its last update.
func (db *DB) Working(ctx context.Context, since time.Time) ([]triage.Entry, error) {
	from := nanos(since)
	return db.entries(ctx, workingAlerts, from.Int64)
}

// Entries is the alerts with these ids, as far as they are known, in no order.
func (db *DB) Entries(ctx context.Context, ids []triage.AlertID) ([]triage.Entry, error) {
	var all []triage.Entry
	for len(ids) > 0 {
		n := min(len(ids), atOnce)
		args := make([]any, 0, n)
		for _, id := range ids[:n] {
			args = append(args, string(id))
		}
		ids = ids[n:]
		some, err := db.entries(ctx, `SELECT `+alertColumns+` FROM alerts WHERE id IN (?`+strings.Repeat(`, ?`, n-1)+`)`, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// EntriesOfPatient is all alerts of one patient, in no order.
func (db *DB) EntriesOfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error) {
	return db.entries(ctx, `SELECT `+alertColumns+` FROM alerts WHERE patient = ?`, string(id))
}

func (db *DB) entries(ctx context.Context, query string, args ...any) (entries []triage.Entry, err error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading alerts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var e triage.Entry
	var processed, escalated, created, updated, confirmed sql.NullInt64
	into := []any{&e.ID, &e.Patient, &e.Group, &e.Protocol, &e.Program, &e.Measurement, &e.Instrument,
		&e.Type, &e.Flag, &e.Status, &processed, &e.ProcessedBy, &escalated, &e.EscalatedBy,
		&created, &updated, &e.Day, &confirmed, &e.Missing}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("reading an alert: %w", err)
		}
		e.ProcessedAt, e.EscalatedAt = maybeTime(processed), maybeTime(escalated)
		e.CreatedAt, e.UpdatedAt, e.ConfirmedAt = maybeTime(created), maybeTime(updated), maybeTime(confirmed)
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading alerts: %w", err)
	}
	return entries, nil
}

// PutEntries keeps these alerts as they are now: all of them, or none if it
// fails. Of one that is given twice the last form counts.
func (db *DB) PutEntries(ctx context.Context, entries []triage.Entry) (err error) {
	if len(entries) == 0 {
		return nil
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keeping alerts: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlessDone(tx.Rollback()))
		}
	}()
	for len(entries) > 0 {
		n := min(len(entries), atOnce)
		args := make([]any, 0, n*19)
		for _, e := range entries[:n] {
			args = append(args, string(e.ID), string(e.Patient), string(e.Group), string(e.Protocol), string(e.Program),
				string(e.Measurement), string(e.Instrument), string(e.Type), string(e.Flag), string(e.Status),
				nanos(e.ProcessedAt), string(e.ProcessedBy), nanos(e.EscalatedAt), string(e.EscalatedBy),
				nanos(e.CreatedAt), nanos(e.UpdatedAt), string(e.Day), nanos(e.ConfirmedAt), e.Missing)
		}
		entries = entries[n:]
		//nolint:gosec // only our own constants are joined; every value is a parameter
		query := `INSERT INTO alerts (` + alertColumns + `) VALUES ` + alertValues + strings.Repeat(`, `+alertValues, n-1) +
			` ON CONFLICT (id) DO UPDATE SET ` + alertUpdate
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("keeping alerts: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keeping alerts: %w", err)
	}
	return nil
}

// ConfirmDay keeps when the day's last complete listing began.
func (db *DB) ConfirmDay(ctx context.Context, day triage.Day, at time.Time) error {
	_, err := db.write.ExecContext(ctx, `INSERT INTO days (day, confirmed_at) VALUES (?, ?)
		ON CONFLICT (day) DO UPDATE SET confirmed_at = excluded.confirmed_at`, string(day), at.UnixNano())
	if err != nil {
		return fmt.Errorf("confirming a day: %w", err)
	}
	return nil
}

// ConfirmedDays is when each day was confirmed last.
func (db *DB) ConfirmedDays(ctx context.Context) (days map[triage.Day]time.Time, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT day, confirmed_at FROM days`)
	if err != nil {
		return nil, fmt.Errorf("reading the days: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	days = map[triage.Day]time.Time{}
	for rows.Next() {
		var day triage.Day
		var at int64
		if err := rows.Scan(&day, &at); err != nil {
			return nil, fmt.Errorf("reading a day: %w", err)
		}
		days[day] = time.Unix(0, at).UTC()
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the days: %w", err)
	}
	return days, nil
}

// ForgetBefore drops processed alerts, and the confirmations of days, from
// before first. An alert that isn't processed is never dropped, nor when its day
// was confirmed.
func (db *DB) ForgetBefore(ctx context.Context, first triage.Day) error {
	for gone := int64(forgottenAtOnce); gone == forgottenAtOnce; {
		done, err := db.write.ExecContext(ctx, `DELETE FROM alerts WHERE rowid IN
			(SELECT rowid FROM alerts WHERE day < ? AND status = 'processed' LIMIT ?)`, string(first), forgottenAtOnce)
		if err != nil {
			return fmt.Errorf("forgetting old alerts: %w", err)
		}
		if gone, err = done.RowsAffected(); err != nil {
			return fmt.Errorf("forgetting old alerts: %w", err)
		}
	}
	_, err := db.write.ExecContext(ctx, `DELETE FROM days WHERE day < ?
		AND day NOT IN (SELECT day FROM alerts WHERE status <> 'processed')`, string(first))
	if err != nil {
		return fmt.Errorf("forgetting old days: %w", err)
	}
	return nil
}

// nanos is a time as the mirror keeps it: exactly, since decisions compare
// updatedAt as an instant. One outside the range of that, three centuries from
// now, is kept as not given.
func nanos(t time.Time) sql.NullInt64 {
	if t.Year() <= 1677 || t.Year() >= 2262 {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixNano(), Valid: true}
}

func maybeTime(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.Unix(0, v.Int64).UTC()
}

func unlessDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
