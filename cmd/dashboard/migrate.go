package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/outbox"
	"triageboard/internal/storage"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// migrate opens the database, which brings its tables up to date. Asked to, it also
// seals anew what is sealed there.
func migrate(ctx context.Context, args []string, env environment) error {
	flags := flag.NewFlagSet("dashboard migrate", flag.ContinueOnError)
	again := flags.Bool("reseal", false, "seal what the database keeps sealed under the first key of DASHBOARD_SECRET_KEY")
	if done, err := parsed(flags, args, env); done || err != nil {
		return err
	}
	if *again {
		return reseal(ctx, env)
	}
	c, err := load(nil, env)
	if err != nil {
		return err
	}
	store, err := storage.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	_, err = fmt.Fprintln(env.stdout, "the database is up to date")
	return err
}

// reseal seals everything under the first key, and records that in the audit trail.
// The board may run meanwhile, if it was started with the same first key; else it
// couldn't open what is sealed anew.
func reseal(ctx context.Context, env environment) (err error) {
	t, err := openTrail(ctx, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.store.Close()) }()
	event := audit.Event{
		At: time.Now(), Action: audit.KeysReplaced, Outcome: audit.Begun, User: audit.Operator,
		Organisation: t.config.PublicURL.Hostname(), AccessPoint: "dashboard migrate", Basis: audit.Basis{Rule: audit.ByMachine},
	}
	if _, err := t.store.AppendAudit(ctx, t.chain, event); err != nil {
		return fmt.Errorf("record that keys are replaced: %w", err)
	}
	event.Details.Rows, err = t.sealer.Reseal(ctx, t.store, purposes())
	event.At, event.Outcome = time.Now(), audit.Done
	if err != nil {
		event.Outcome = audit.Failed
	}
	// That it was stopped is recorded, too.
	if _, unrecorded := t.store.AppendAudit(context.WithoutCancel(ctx), t.chain, event); unrecorded != nil {
		err = errors.Join(err, fmt.Errorf("record that keys are replaced: %w", unrecorded))
	}
	var unopened *auth.UnopenedError
	switch {
	case errors.As(err, &unopened):
		return fmt.Errorf("%w: nothing of these was changed; give the keys they were sealed under, too", err)
	case err != nil:
		return fmt.Errorf("seal anew: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "%d records are sealed anew, under the first key. Keep the older keys after it for as long as the audit trail\n"+
		"holds records made under them: without them these can't be verified, and what is sealed in them can't be read.\n", event.Details.Rows)
	return err
}

// purposes is what every kind of record was sealed for by the package it is of.
func purposes() auth.Purposes {
	hcp := func(r auth.SealedRecord) triage.HCPID { return triage.HCPID(r.Owner) }
	return auth.Purposes{
		auth.SealedSessions:    func(auth.SealedRecord) string { return auth.SessionPurpose },
		auth.SealedLinkedKeys:  func(r auth.SealedRecord) string { return auth.KeyPurpose(r.ID, hcp(r)) },
		auth.SealedDrafts:      func(r auth.SealedRecord) string { return desk.DraftPurpose(hcp(r), triage.AlertID(r.ID)) },
		auth.SealedActionTexts: func(r auth.SealedRecord) string { return outbox.TextPurpose(triage.ActionID(r.ID)) },
		auth.SealedActionKeys:  func(r auth.SealedRecord) string { return outbox.KeyPurpose(triage.ActionID(r.ID), hcp(r)) },
		auth.SealedSearches:    func(r auth.SealedRecord) string { return desk.SearchPurpose(hcp(r), triage.SearchID(r.ID)) },
		auth.SealedSettings:    func(r auth.SealedRecord) string { return desk.SettingsPurpose(hcp(r)) },
		auth.SealedSheets: func(r auth.SealedRecord) string {
			return trend.SheetPurpose(triage.PatientID(r.Owner), triage.Day(r.ID))
		},
	}
}
