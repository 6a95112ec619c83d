package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/download"
	"triageboard/internal/export"
)

// recorded exports one report, and records that in the audit trail, before and
// after, where this machine has the board's database.
func (e *exporter) recorded(ctx context.Context, r export.Report, sealer download.Sealer) (err error) {
	if _, err := os.Stat(e.config.DatabaseFile()); errors.Is(err, fs.ErrNotExist) {
		if e.order.bsn {
			e.say("%s: there is no database of the board here, so nobody records that citizen service numbers are written", r.Type)
		}
		_, err := e.one(ctx, r, sealer)
		return err
	}
	t, err := openTrail(ctx, e.env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.store.Close()) }()
	asked := e.order.asked[r.Type]
	event := audit.Event{
		At: time.Now(), Action: audit.Downloaded, Outcome: audit.Begun, User: audit.Operator,
		Organisation: t.config.PublicURL.Hostname(), AccessPoint: "dashboard export", Basis: audit.Basis{Rule: audit.ByMachine},
		Details: audit.Details{View: string(r.Type)},
		Private: audit.Private{Terms: fmt.Sprintf("from=%s to=%s format=%s bsn=%t", asked.From, asked.To, e.order.format, e.order.bsn)},
	}
	if _, err := t.store.AppendAudit(ctx, t.chain, event); err != nil {
		return fmt.Errorf("record the export: %w", err)
	}
	event.Details.Rows, err = e.one(ctx, r, sealer)
	event.At, event.Outcome, event.Private = time.Now(), audit.Done, audit.Private{}
	if err != nil {
		event.Outcome = audit.Failed
	}
	// That it was stopped is recorded, too.
	if _, unrecorded := t.store.AppendAudit(context.WithoutCancel(ctx), t.chain, event); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("record the export: %w", unrecorded))
	}
	return err
}
