// Package storage keeps what must survive a restart. Each database is a
// package of its own with its own SQL and migrations; this one chooses by URL
// and holds the rules that don't depend on the database.
package storage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/storage/sqlite"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	database
}

// database is what each of the databases does in its own SQL.
type database interface {
	auth.Store
	auth.ResealStore
	desk.Store
	desk.SettingsStore
	mirror
	actions
	auditTrail
	trend.Store
	// Sessions keeps scs's sessions.
	Sessions() scs.Store
	// Meta answers the value kept under key, which is value if there was none.
	Meta(ctx context.Context, key, value string) (string, error)
	// Ping reports whether the database still answers.
	Ping(ctx context.Context) error
	// Close ends background work and closes the database. It may be called
	// more than once.
	Close() error
}

// mirror is the last known state of the window's alerts, without names. The
// board reads what is worked on at its start, and writes what changes.
type mirror interface {
	Working(ctx context.Context, since time.Time) ([]triage.Entry, error)
	Entries(ctx context.Context, ids []triage.AlertID) ([]triage.Entry, error)
	EntriesOfPatient(ctx context.Context, id triage.PatientID) ([]triage.Entry, error)
	PutEntries(ctx context.Context, entries []triage.Entry) error
	ConfirmDay(ctx context.Context, day triage.Day, at time.Time) error
	ConfirmedDays(ctx context.Context) (map[triage.Day]time.Time, error)
	ForgetBefore(ctx context.Context, first triage.Day) error
	AlertsCreated(ctx context.Context, from, before time.Time) iter.Seq2[triage.Alert, error]
}

// actions is what clinicians decided, each with its audit events in one
// transaction; see outbox.Store, which may not be named here.
type actions interface {
	AddActions(ctx context.Context, chain *audit.Chain, actions []triage.KeptAction, events []audit.Event) ([]audit.Record, error)
	StepAction(ctx context.Context, chain *audit.Chain, step triage.ActionStep, events []audit.Event) ([]audit.Record, error)
	LeaseActions(ctx context.Context, owner string, now, until time.Time, limit int) ([]triage.KeptAction, error)
	FreeLeases(ctx context.Context) error
	UnsettledActions(ctx context.Context) ([]triage.KeptAction, error)
	KeptAction(ctx context.Context, id triage.ActionID) (triage.KeptAction, bool, error)
	ActionsOf(ctx context.Context, actor triage.HCPID, since time.Time) ([]triage.KeptAction, error)
	ActionsOfBatch(ctx context.Context, id triage.BatchID) ([]triage.KeptAction, error)
	ForgetActions(ctx context.Context, before time.Time) error
}

// auditTrail is the record of who did what. Beside it, what is done and that it
// was done can be kept in one transaction, within each database's package.
type auditTrail interface {
	audit.Keeper
	AuditTrail(ctx context.Context, look func(audit.Trail) error) error
	UnindexedAudit(ctx context.Context) (int, error)
}

// Open opens the database at url (sqlite:PATH), makes it if there is none, and
// brings its tables up to date.
func Open(ctx context.Context, url string) (*Store, error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		// The URL isn't repeated: it could hold a password.
		return nil, errors.New("opening the database: only sqlite:PATH is supported")
	}
	db, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return &Store{db}, nil
}

const metaUpstream = "upstream"

// BindUpstream ties the database to the upstream whose alerts it holds, at
// first use; afterwards any other is an *UpstreamError. What came from one
// Luscii, or the sandbox, must never appear among the alerts of another.
func (s *Store) BindUpstream(ctx context.Context, upstream string) error {
	bound, err := s.Meta(ctx, metaUpstream, upstream)
	if err != nil {
		return fmt.Errorf("binding the database to its upstream: %w", err)
	}
	if bound != upstream {
		return &UpstreamError{Bound: bound, Asked: upstream}
	}
	return nil
}

// UpstreamError says that a database belongs to another upstream.
type UpstreamError struct {
	Bound string // whose it is
	Asked string // for whom it was to be used
}

func (e *UpstreamError) Error() string {
	return fmt.Sprintf("the database belongs to the upstream %q and can't be used with %q: take another database", e.Bound, e.Asked)
}
