package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// PutSearches implements desk.Store.
func (db *DB) PutSearches(ctx context.Context, searches ...desk.SealedSearch) (err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keeping searches: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("keeping searches: %w", errors.Join(err, tx.Rollback()))
		}
	}()
	for _, s := range searches { // all of them first: two may change their places
		if _, err := tx.ExecContext(ctx, `DELETE FROM searches WHERE hcp = ? AND id = ?`, string(s.User), string(s.ID)); err != nil {
			return err
		}
	}
	for _, s := range searches {
		if _, err := tx.ExecContext(ctx, `INSERT INTO searches (id, hcp, slot, sealed, used_at) VALUES (?, ?, ?, ?, ?)`,
			string(s.ID), string(s.User), s.Slot, s.Sealed, s.UsedAt.UnixMicro()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Search implements desk.Store.
func (db *DB) Search(ctx context.Context, user triage.HCPID, id triage.SearchID) (desk.SealedSearch, bool, error) {
	s := desk.SealedSearch{User: user, ID: id}
	var used int64
	err := db.read.QueryRowContext(ctx, `SELECT slot, sealed, used_at FROM searches WHERE id = ? AND hcp = ?`, string(id), string(user)).
		Scan(&s.Slot, &s.Sealed, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return desk.SealedSearch{}, false, nil
	}
	if err != nil {
		return desk.SealedSearch{}, false, fmt.Errorf("reading a search: %w", err)
	}
	s.UsedAt = instant(used)
	return s, true, nil
}

// Views implements desk.Store.
func (db *DB) Views(ctx context.Context, user triage.HCPID) (views []desk.SealedSearch, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, slot, sealed, used_at FROM searches WHERE hcp = ? AND slot > 0 ORDER BY slot`, string(user))
	if err != nil {
		return nil, fmt.Errorf("reading views: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		s := desk.SealedSearch{User: user}
		var used int64
		if err := rows.Scan(&s.ID, &s.Slot, &s.Sealed, &used); err != nil {
			return nil, fmt.Errorf("reading views: %w", err)
		}
		s.UsedAt = instant(used)
		views = append(views, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading views: %w", err)
	}
	return views, nil
}

// UseSearch implements desk.Store.
func (db *DB) UseSearch(ctx context.Context, user triage.HCPID, id triage.SearchID, at time.Time) error {
	if _, err := db.write.ExecContext(ctx, `UPDATE searches SET used_at = ? WHERE id = ? AND hcp = ?`, at.UnixMicro(), string(id), string(user)); err != nil {
		return fmt.Errorf("noting the use of a search: %w", err)
	}
	return nil
}

// DeleteView implements desk.Store.
func (db *DB) DeleteView(ctx context.Context, user triage.HCPID, id triage.SearchID) (bool, error) {
	result, err := db.write.ExecContext(ctx, `DELETE FROM searches WHERE id = ? AND hcp = ? AND slot > 0`, string(id), string(user))
	if err != nil {
		return false, fmt.Errorf("deleting a view: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("deleting a view: %w", err)
	}
	return n > 0, nil
}

// DeleteSearchesBefore implements desk.Store.
func (db *DB) DeleteSearchesBefore(ctx context.Context, at time.Time) error {
	if _, err := db.write.ExecContext(ctx, `DELETE FROM searches WHERE slot = 0 AND used_at < ?`, at.UnixMicro()); err != nil {
		return fmt.Errorf("deleting old searches: %w", err)
	}
	return nil
}
