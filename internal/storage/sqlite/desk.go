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

// PutDraft implements desk.Store.
func (db *DB) PutDraft(ctx context.Context, d desk.SealedDraft) error {
	_, err := db.write.ExecContext(ctx, `INSERT INTO drafts (hcp, alert, sealed, saved_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (hcp, alert) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at`,
		string(d.User), string(d.Alert), d.Sealed, d.SavedAt.UnixMicro())
	if err != nil {
		return fmt.Errorf("keeping a draft: %w", err)
	}
	return nil
}

// Draft implements desk.Store.
func (db *DB) Draft(ctx context.Context, user triage.HCPID, alert triage.AlertID) (desk.SealedDraft, bool, error) {
	d := desk.SealedDraft{User: user, Alert: alert}
	var saved int64
	err := db.read.QueryRowContext(ctx, `SELECT sealed, saved_at FROM drafts WHERE hcp = ? AND alert = ?`, string(user), string(alert)).
		Scan(&d.Sealed, &saved)
	if errors.Is(err, sql.ErrNoRows) {
		return desk.SealedDraft{}, false, nil
	}
	if err != nil {
		return desk.SealedDraft{}, false, fmt.Errorf("reading a draft: %w", err)
	}
	d.SavedAt = instant(saved)
	return d, true, nil
}

// DeleteDraft implements desk.Store.
func (db *DB) DeleteDraft(ctx context.Context, user triage.HCPID, alert triage.AlertID) error {
	if _, err := db.write.ExecContext(ctx, `DELETE FROM drafts WHERE hcp = ? AND alert = ?`, string(user), string(alert)); err != nil {
		return fmt.Errorf("deleting a draft: %w", err)
	}
	return nil
}

// DeleteDraftsBefore implements desk.Store.
func (db *DB) DeleteDraftsBefore(ctx context.Context, at time.Time) error {
	if _, err := db.write.ExecContext(ctx, `DELETE FROM drafts WHERE saved_at < ?`, at.UnixMicro()); err != nil {
		return fmt.Errorf("deleting old drafts: %w", err)
	}
	return nil
}
