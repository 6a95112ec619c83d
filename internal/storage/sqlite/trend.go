package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// ReplaceSheets implements trend.Store.
func (db *DB) ReplaceSheets(ctx context.Context, day triage.Day, begun time.Time, sheets []trend.Sheet) (err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keeping measurements: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlessDone(tx.Rollback()))
		}
	}()
	if _, err := tx.ExecContext(ctx, `DELETE FROM measured_sheets WHERE day = ?`, string(day)); err != nil {
		return fmt.Errorf("keeping measurements: %w", err)
	}
	for len(sheets) > 0 {
		n := min(len(sheets), atOnce)
		args := make([]any, 0, n*3)
		for _, s := range sheets[:n] {
			args = append(args, string(s.Patient), string(day), s.Sealed)
		}
		sheets = sheets[n:]
		//nolint:gosec // only our own constants are joined; every value is a parameter
		query := `INSERT INTO measured_sheets (patient, day, sealed) VALUES (?, ?, ?)` + strings.Repeat(`, (?, ?, ?)`, n-1)
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("keeping measurements: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO measured_days (day, begun_at) VALUES (?, ?)
		ON CONFLICT (day) DO UPDATE SET begun_at = excluded.begun_at`, string(day), begun.UnixNano()); err != nil {
		return fmt.Errorf("keeping measurements: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keeping measurements: %w", err)
	}
	return nil
}

// SheetsOf implements trend.Store.
func (db *DB) SheetsOf(ctx context.Context, patient triage.PatientID) (sheets []trend.Sheet, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT day, sealed FROM measured_sheets WHERE patient = ? ORDER BY day`, string(patient))
	if err != nil {
		return nil, fmt.Errorf("reading measurements: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		s := trend.Sheet{Patient: patient}
		if err := rows.Scan(&s.Day, &s.Sealed); err != nil {
			return nil, fmt.Errorf("reading measurements: %w", err)
		}
		sheets = append(sheets, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading measurements: %w", err)
	}
	return sheets, nil
}

// SheetDays implements trend.Store.
func (db *DB) SheetDays(ctx context.Context) (days map[triage.Day]time.Time, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT day, begun_at FROM measured_days`)
	if err != nil {
		return nil, fmt.Errorf("reading the days of measurements: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	days = map[triage.Day]time.Time{}
	for rows.Next() {
		var day triage.Day
		var at int64
		if err := rows.Scan(&day, &at); err != nil {
			return nil, fmt.Errorf("reading a day of measurements: %w", err)
		}
		days[day] = time.Unix(0, at).UTC()
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the days of measurements: %w", err)
	}
	return days, nil
}

// ForgetSheets implements trend.Store. What it leaves after a failure are whole days.
func (db *DB) ForgetSheets(ctx context.Context, first triage.Day) error {
	days, err := db.SheetDays(ctx)
	if err != nil {
		return err
	}
	for day := range days {
		if day >= first {
			continue
		}
		if err := db.forgetSheets(ctx, day); err != nil {
			return fmt.Errorf("forgetting old measurements: %w", err)
		}
	}
	return nil
}

func (db *DB) forgetSheets(ctx context.Context, day triage.Day) (err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlessDone(tx.Rollback()))
		}
	}()
	for _, statement := range []string{`DELETE FROM measured_days WHERE day = ?`, `DELETE FROM measured_sheets WHERE day = ?`} {
		if _, err := tx.ExecContext(ctx, statement, string(day)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
