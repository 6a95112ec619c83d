package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"triageboard/internal/audit"
)

// purgedAtOnce is how many audit records one transaction removes: others wait for
// the only writer meanwhile.
const purgedAtOnce = 1_000

// auditTime is a moment as it stands in the records.
const auditTime = "2006-01-02T15:04:05.000000Z"

// AppendAudit keeps events as the chain's next records, all or none, and
// answers these.
func (db *DB) AppendAudit(ctx context.Context, chain *audit.Chain, events ...audit.Event) (records []audit.Record, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		records, err = appendAudit(ctx, tx, chain, events...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// appendAudit is AppendAudit within a transaction that keeps something else, too:
// what was done and that it was done are then kept together or not at all. SQLite
// has one writer at a time, so the head can't move meanwhile.
func appendAudit(ctx context.Context, tx *sql.Tx, chain *audit.Chain, events ...audit.Event) ([]audit.Record, error) {
	head, err := auditHead(ctx, tx)
	if err != nil {
		return nil, err
	}
	records, head, err := chain.Link(head, events...)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO audit (seq, key_id, prev, hash, body) VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return nil, fmt.Errorf("keeping audit records: %w", err)
	}
	defer func() { _ = insert.Close() }() // the transaction's end closes it anyway
	for _, r := range records {
		if _, err := insert.ExecContext(ctx, signed(r.Seq), r.Key, r.Prev[:], r.Hash[:], string(r.Body)); err != nil {
			return nil, fmt.Errorf("keeping an audit record: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE audit_head SET seq = ?, hash = ?`, signed(head.Seq), head.Hash[:]); err != nil {
		return nil, fmt.Errorf("keeping the audit head: %w", err)
	}
	return records, nil
}

// inTx does something in one transaction.
func (db *DB) inTx(ctx context.Context, do func(tx *sql.Tx) error) (err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, unlessDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("ending a transaction: %w", err)
	}
	return nil
}

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// AuditHead is the newest record's.
func (db *DB) AuditHead(ctx context.Context) (audit.Head, error) { return auditHead(ctx, db.read) }

func auditHead(ctx context.Context, q queryer) (audit.Head, error) {
	var seq int64
	var hash []byte
	if err := q.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head`).Scan(&seq, &hash); err != nil {
		return audit.Head{}, fmt.Errorf("reading the audit head: %w", err)
	}
	return audit.Head{Seq: unsigned(seq), Hash: asHash(hash)}, nil
}

// AuditTrail hands over all there is to verify, as it stands at one moment. The
// trail is good until look returns.
func (db *DB) AuditTrail(ctx context.Context, look func(audit.Trail) error) (err error) {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("reading the audit trail: %w", err)
	}
	defer func() { err = errors.Join(err, unlessDone(tx.Rollback())) }()
	head, err := auditHead(ctx, tx)
	if err != nil {
		return err
	}
	checkpoint, err := auditCheckpoint(ctx, tx)
	if err != nil {
		return err
	}
	return look(audit.Trail{
		Head: head, Checkpoint: checkpoint,
		Records: auditRecords(ctx, tx, `SELECT `+auditColumns+` FROM audit ORDER BY seq`),
	})
}

// auditCheckpoint is the newest; nil if there is none.
func auditCheckpoint(ctx context.Context, q queryer) (*audit.Checkpoint, error) {
	var p audit.Checkpoint
	var seq, at int64
	var hash, mac []byte
	err := q.QueryRowContext(ctx, `SELECT seq, hash, at, key_id, mac FROM audit_checkpoints ORDER BY seq DESC LIMIT 1`).
		Scan(&seq, &hash, &at, &p.Key, &mac)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the audit checkpoint: %w", err)
	}
	p.Head, p.At, p.MAC = audit.Head{Seq: unsigned(seq), Hash: asHash(hash)}, instant(at), asHash(mac)
	return &p, nil
}

// UnindexedAudit is how many records wouldn't be found under one of their
// patients. The index isn't part of the chain, so it is compared with what is.
func (db *DB) UnindexedAudit(ctx context.Context) (int, error) {
	const query = `
		SELECT count(*) FROM (
			SELECT seq, body ->> '$.patient' AS patient FROM audit WHERE body ->> '$.patient' IS NOT NULL
			UNION
			SELECT audit.seq, value FROM audit, json_each(audit.body, '$.details.patients')
			EXCEPT
			SELECT seq, patient FROM audit_patients)`
	var n int
	if err := db.read.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("comparing the audit records with their index: %w", err)
	}
	return n, nil
}

// AuditRecords are the records a filter asks for, by their time, read as they are
// looked at.
func (db *DB) AuditRecords(ctx context.Context, f audit.Filter) iter.Seq2[audit.Record, error] {
	query, args := auditQuery(f)
	return auditRecords(ctx, db.read, query, args...)
}

// reopenedSoon is in the words of the index, or SQLite wouldn't use it.
const reopenedSoon = `audit.body ->> '$.details.reopened_soon'`

const auditColumns = `audit.seq, audit.key_id, audit.prev, audit.hash, audit.body`

// auditQuery puts a filter in SQL. Whatever is asked for first, patient, user or
// action, an index holds it in the order of time.
func auditQuery(f audit.Filter) (string, []any) {
	var args []any
	var where []string
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	from, at := ` FROM audit`, `audit.at`
	if f.Patient != "" {
		from, at = ` FROM audit_patients AS p JOIN audit ON audit.seq = p.seq`, `p.at`
		add(`p.patient = ?`, f.Patient)
	}
	seq := strings.Replace(at, ".at", ".seq", 1)
	if f.User != "" {
		add(`audit.user = ?`, f.User)
	}
	if f.Action != "" {
		add(`audit.action = ?`, string(f.Action))
	}
	if f.ReopenedSoon {
		add(reopenedSoon)
	}
	if !f.From.IsZero() {
		add(at+` >= ?`, f.From.UTC().Format(auditTime))
	}
	if !f.To.IsZero() {
		add(at+` < ?`, f.To.UTC().Format(auditTime))
	}
	if f.Before != 0 {
		add(`(`+at+`, `+seq+`) < ((SELECT at FROM audit WHERE seq = ?), ?)`, signed(f.Before), signed(f.Before))
	}
	query := `SELECT ` + auditColumns + from
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	direction := ``
	if f.Newest {
		direction = ` DESC`
	}
	query += ` ORDER BY ` + at + direction + `, ` + seq + direction
	if f.Limit > 0 {
		query += ` LIMIT ?`
		args = append(args, f.Limit)
	}
	return query, args
}

// auditRecords streams what a query answers.
func auditRecords(ctx context.Context, q queryer, query string, args ...any) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			yield(audit.Record{}, fmt.Errorf("reading audit records: %w", err))
			return
		}
		defer func() { _ = rows.Close() }() // what it could tell, Err has told
		for rows.Next() {
			var r audit.Record
			var seq int64
			var prev, hash []byte
			if err := rows.Scan(&seq, &r.Key, &prev, &hash, &r.Body); err != nil {
				yield(audit.Record{}, fmt.Errorf("reading an audit record: %w", err))
				return
			}
			r.Seq, r.Prev, r.Hash = unsigned(seq), asHash(prev), asHash(hash)
			if !yield(r, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Record{}, fmt.Errorf("reading audit records: %w", err))
		}
	}
}

// PurgeAudit removes the records from before a moment, leaves a checkpoint signed
// by the chain, and answers how many it removed. A record that is younger, and
// all behind it, stay.
func (db *DB) PurgeAudit(ctx context.Context, chain *audit.Chain, before time.Time) (int, error) {
	removed := 0
	for {
		n, err := db.purgeAudit(ctx, chain, before)
		removed += n
		if err != nil || n < purgedAtOnce {
			return removed, err
		}
	}
}

func (db *DB) purgeAudit(ctx context.Context, chain *audit.Chain, before time.Time) (removed int, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		var seq int64
		var hash []byte
		var checked int
		err := tx.QueryRowContext(ctx, `
			SELECT seq, hash, count(*) OVER () FROM (SELECT seq, hash, at FROM audit ORDER BY seq LIMIT ?)
			WHERE seq < coalesce((SELECT min(seq) FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT ?) WHERE at >= ?), 9223372036854775807)
			ORDER BY seq DESC LIMIT 1`,
			purgedAtOnce, purgedAtOnce, before.UTC().Format(auditTime)).Scan(&seq, &hash, &checked)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("finding old audit records: %w", err)
		}
		p := chain.Checkpoint(audit.Head{Seq: unsigned(seq), Hash: asHash(hash)}, time.Now())
		if _, err := tx.ExecContext(ctx, `INSERT INTO audit_checkpoints (seq, hash, at, key_id, mac) VALUES (?, ?, ?, ?, ?)`,
			seq, p.Hash[:], p.At.UnixMicro(), p.Key, p.MAC[:]); err != nil {
			return fmt.Errorf("keeping an audit checkpoint: %w", err)
		}
		for _, remove := range []string{`DELETE FROM audit WHERE seq <= ?`, `DELETE FROM audit_patients WHERE seq <= ?`} {
			if _, err := tx.ExecContext(ctx, remove, seq); err != nil {
				return fmt.Errorf("removing old audit records: %w", err)
			}
		}
		removed = checked
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// SQLite's integers are signed; no chain grows beyond them.
func signed(seq uint64) int64   { return int64(seq) }  //nolint:gosec // see above
func unsigned(seq int64) uint64 { return uint64(seq) } //nolint:gosec // see above

// asHash is a hash as kept. One of another length is none that a record can
// have, which the chain finds.
func asHash(raw []byte) audit.Hash {
	var h audit.Hash
	if len(raw) == len(h) {
		copy(h[:], raw)
	}
	return h
}
