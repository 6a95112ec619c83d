package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"triageboard/internal/auth"
)

// sealedIn is where records of a kind are: their table, the columns of id, owner and
// what is sealed, and which of them count.
type sealedIn struct{ table, id, owner, sealed, which string }

var sealedColumns = map[auth.SealedKind]sealedIn{
	auth.SealedSessions:    {"sessions", "token", "''", "data", "expiry > julianday('now')"},
	auth.SealedLinkedKeys:  {"linked_keys", "sign_in", "hcp", "sealed", "true"},
	auth.SealedDrafts:      {"drafts", "alert", "hcp", "sealed", "true"},
	auth.SealedActionTexts: {"actions", "id", "actor", "sealed_text", "length(sealed_text) > 0"},
	auth.SealedActionKeys:  {"actions", "id", "actor", "sealed_key", "length(sealed_key) > 0"},
	auth.SealedSearches:    {"searches", "id", "hcp", "sealed", "true"},
	auth.SealedSettings:    {"settings", "hcp", "hcp", "sealed", "true"},
	auth.SealedSheets:      {"measured_sheets", "day", "patient", "sealed", "true"},
}

// SealedRecords implements auth.ResealStore.
func (db *DB) SealedRecords(ctx context.Context, kind auth.SealedKind, after auth.SealedRecord, limit int) (records []auth.SealedRecord, err error) {
	in, known := sealedColumns[kind]
	if !known {
		return nil, fmt.Errorf("reading sealed records: there are no %q", kind)
	}
	rows, err := db.read.QueryContext(ctx, fmt.Sprintf(
		`SELECT %[2]s, %[3]s, %[4]s FROM %[1]s WHERE %[5]s AND (%[2]s, %[3]s) > (?, ?) ORDER BY %[2]s, %[3]s LIMIT ?`,
		in.table, in.id, in.owner, in.sealed, in.which), after.ID, after.Owner, limit)
	if err != nil {
		return nil, fmt.Errorf("reading sealed records: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r auth.SealedRecord
		if err := rows.Scan(&r.ID, &r.Owner, &r.Sealed); err != nil {
			return nil, fmt.Errorf("reading sealed records: %w", err)
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading sealed records: %w", err)
	}
	return records, nil
}

// Reseal implements auth.ResealStore.
func (db *DB) Reseal(ctx context.Context, kind auth.SealedKind, was, now []auth.SealedRecord) error {
	in, known := sealedColumns[kind]
	if !known || len(was) != len(now) {
		return fmt.Errorf("sealing records anew: %d and %d of %q", len(was), len(now), kind)
	}
	return db.inTx(ctx, func(tx *sql.Tx) error {
		for i, r := range now {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf(
				`UPDATE %[1]s SET %[4]s = ? WHERE %[2]s = ? AND %[3]s = ? AND %[4]s = ?`, in.table, in.id, in.owner, in.sealed),
				r.Sealed, r.ID, r.Owner, was[i].Sealed); err != nil {
				return fmt.Errorf("sealing records anew: %w", err)
			}
		}
		return nil
	})
}
