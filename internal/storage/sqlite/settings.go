package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// Settings implements desk.SettingsStore.
func (db *DB) Settings(ctx context.Context, user triage.HCPID) (desk.SealedSettings, error) {
	s := desk.SealedSettings{User: user}
	err := db.read.QueryRowContext(ctx, `SELECT version, sealed FROM settings WHERE hcp = ?`, string(user)).Scan(&s.Version, &s.Sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return desk.SealedSettings{}, fmt.Errorf("reading settings: %w", err)
	}
	return s, nil
}

// PutSettings implements desk.SettingsStore.
func (db *DB) PutSettings(ctx context.Context, s desk.SealedSettings) (bool, error) {
	statement := `UPDATE settings SET version = ?2, sealed = ?3 WHERE hcp = ?1 AND version = ?2 - 1`
	if s.Version == 1 {
		statement = `INSERT INTO settings (hcp, version, sealed) VALUES (?1, ?2, ?3) ON CONFLICT (hcp) DO NOTHING`
	}
	result, err := db.write.ExecContext(ctx, statement, string(s.User), s.Version, s.Sealed)
	if err != nil {
		return false, fmt.Errorf("keeping settings: %w", err)
	}
	kept, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("keeping settings: %w", err)
	}
	return kept == 1, nil
}
