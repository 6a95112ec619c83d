package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"triageboard/internal/auth"
	"triageboard/internal/triage"
)

// sessions reads by the readers, so that looking a session up at every request
// never waits for a write.
type sessions struct {
	*sqlite3store.SQLite3Store
	read *sqlite3store.SQLite3Store
}

// Find is the data of the session with the given token.
func (s sessions) Find(token string) ([]byte, bool, error) { return s.read.Find(token) }

// Sessions keeps scs's sessions.
func (db *DB) Sessions() scs.Store { return db.sessions }

// AddSignIn implements auth.Store.
func (db *DB) AddSignIn(ctx context.Context, s auth.SignIn) error {
	_, err := db.write.ExecContext(ctx,
		`INSERT INTO sign_ins (id, hcp, created_at, ends_at, ended_at) VALUES (?, ?, ?, ?, ?)`,
		s.ID, string(s.HCP), s.CreatedAt.UnixMicro(), s.EndsAt.UnixMicro(), optional(s.EndedAt))
	if err != nil {
		return fmt.Errorf("adding a sign-in: %w", err)
	}
	return nil
}

// SignIn implements auth.Store.
func (db *DB) SignIn(ctx context.Context, id string) (auth.SignIn, bool, error) {
	var hcp string
	var created, ends int64
	var ended sql.NullInt64
	err := db.read.QueryRowContext(ctx, `SELECT hcp, created_at, ends_at, ended_at FROM sign_ins WHERE id = ?`, id).
		Scan(&hcp, &created, &ends, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.SignIn{}, false, nil
	}
	if err != nil {
		return auth.SignIn{}, false, fmt.Errorf("reading a sign-in: %w", err)
	}
	s := auth.SignIn{ID: id, HCP: triage.HCPID(hcp), CreatedAt: instant(created), EndsAt: instant(ends)}
	if ended.Valid {
		s.EndedAt = instant(ended.Int64)
	}
	return s, true, nil
}

// EndSignIn implements auth.Store.
func (db *DB) EndSignIn(ctx context.Context, id string, at time.Time) error {
	_, err := db.write.ExecContext(ctx, `UPDATE sign_ins SET ended_at = ? WHERE id = ? AND ended_at IS NULL`, at.UnixMicro(), id)
	if err != nil {
		return fmt.Errorf("ending a sign-in: %w", err)
	}
	if _, err := db.write.ExecContext(ctx, `DELETE FROM linked_keys WHERE sign_in = ?`, id); err != nil {
		return fmt.Errorf("erasing the key of a sign-in: %w", err)
	}
	return nil
}

// LinkKey implements auth.Store.
func (db *DB) LinkKey(ctx context.Context, k auth.LinkedKey) error {
	_, err := db.write.ExecContext(ctx, `
		INSERT INTO linked_keys (sign_in, hcp, sealed, linked_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (sign_in) DO UPDATE SET hcp = excluded.hcp, sealed = excluded.sealed, linked_at = excluded.linked_at`,
		k.SignIn, string(k.HCP), k.Sealed, k.LinkedAt.UnixMicro())
	if err != nil {
		return fmt.Errorf("linking a key: %w", err)
	}
	return nil
}

// LinkedKey implements auth.Store.
func (db *DB) LinkedKey(ctx context.Context, signIn string) (auth.LinkedKey, bool, error) {
	k := auth.LinkedKey{SignIn: signIn}
	var linked int64
	err := db.read.QueryRowContext(ctx, `SELECT hcp, sealed, linked_at FROM linked_keys WHERE sign_in = ?`, signIn).
		Scan(&k.HCP, &k.Sealed, &linked)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.LinkedKey{}, false, nil
	}
	if err != nil {
		return auth.LinkedKey{}, false, fmt.Errorf("reading a linked key: %w", err)
	}
	k.LinkedAt = instant(linked)
	return k, true, nil
}

// optional is a time as kept, NULL for none.
func optional(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

// instant is a kept time.
func instant(micro int64) time.Time { return time.UnixMicro(micro).UTC() }
