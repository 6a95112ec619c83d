// Package desk keeps what belongs to one user's work on the board. It is sealed:
// whoever gets hold of the database can't read it.
package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"triageboard/internal/triage"
)

// MaxDraft bounds a draft's note in bytes. It leaves room for one far over the
// limit of what may be written, which is kept to be shortened; ours.
const MaxDraft = 200_000

// Drafts nobody came back to are thrown away; ours.
const (
	draftsKept = 30 * 24 * time.Hour
	purgeEvery = 24 * time.Hour
)

// Draft is what somebody typed about an alert and hasn't written yet.
type Draft struct {
	Category string    `json:"category"`
	Note     string    `json:"note"`
	SavedAt  time.Time `json:"-"`
}

// Empty reports that nothing was typed.
func (d Draft) Empty() bool { return d.Category == "" && strings.TrimSpace(d.Note) == "" }

// SealedDraft is a draft as it is stored.
type SealedDraft struct {
	User    triage.HCPID
	Alert   triage.AlertID
	Sealed  []byte
	SavedAt time.Time
}

// Store keeps what this package seals.
type Store interface {
	DraftStore
	SearchStore
}

// DraftStore keeps sealed drafts, one for each user and alert.
type DraftStore interface {
	PutDraft(ctx context.Context, d SealedDraft) error
	// Draft is false when there is none.
	Draft(ctx context.Context, user triage.HCPID, alert triage.AlertID) (SealedDraft, bool, error)
	DeleteDraft(ctx context.Context, user triage.HCPID, alert triage.AlertID) error
	DeleteDraftsBefore(ctx context.Context, at time.Time) error
}

// Sealer seals what is stored; what is sealed for one purpose doesn't open for
// another.
type Sealer interface {
	Seal(plain []byte, purpose string) []byte
	Open(sealed []byte, purpose string) ([]byte, error)
}

// Drafts keeps what users typed, so that a closed tab, an expired session or a
// crash loses next to nothing of it (R38).
type Drafts struct {
	store  DraftStore
	sealer Sealer
	log    *slog.Logger
}

// NewDrafts makes Drafts over a store.
func NewDrafts(store DraftStore, sealer Sealer, log *slog.Logger) *Drafts {
	return &Drafts{store: store, sealer: sealer, log: log}
}

// Save keeps what the user typed in place of what was kept before; an empty
// draft leaves none. Errors: InvalidError when it is larger than MaxDraft.
func (d *Drafts) Save(ctx context.Context, user triage.HCPID, alert triage.AlertID, draft Draft) error {
	switch {
	case draft.Empty():
		return d.Discard(ctx, user, alert)
	case len(draft.Note) > MaxDraft:
		return &triage.InvalidError{Field: "note", Reason: "invalid.note_long"}
	case len(draft.Category) > MaxDraft:
		return &triage.InvalidError{Field: "category", Reason: "invalid.category"}
	}
	plain, err := json.Marshal(draft)
	if err != nil {
		return fmt.Errorf("encode a draft: %w", err)
	}
	sealed := SealedDraft{User: user, Alert: alert, Sealed: d.sealer.Seal(plain, DraftPurpose(user, alert)), SavedAt: time.Now()}
	if err := d.store.PutDraft(ctx, sealed); err != nil {
		return fmt.Errorf("keep a draft: %w", err)
	}
	return nil
}

// Find is what the user typed about the alert; empty if that is nothing. One
// that can't be opened any more, after a change of keys, counts as none.
func (d *Drafts) Find(ctx context.Context, user triage.HCPID, alert triage.AlertID) (Draft, error) {
	kept, ok, err := d.store.Draft(ctx, user, alert)
	if err != nil {
		return Draft{}, fmt.Errorf("find a draft: %w", err)
	}
	if !ok {
		return Draft{}, nil
	}
	var draft Draft
	plain, err := d.sealer.Open(kept.Sealed, DraftPurpose(user, alert))
	if err == nil {
		err = json.Unmarshal(plain, &draft)
	}
	if err != nil {
		d.log.Warn("a draft can't be opened", slog.String("alert", string(alert)), slog.Any("error", err))
		return Draft{}, nil
	}
	draft.SavedAt = kept.SavedAt
	return draft, nil
}

// Discard forgets what the user typed about the alert.
func (d *Drafts) Discard(ctx context.Context, user triage.HCPID, alert triage.AlertID) error {
	if err := d.store.DeleteDraft(ctx, user, alert); err != nil {
		return fmt.Errorf("discard a draft: %w", err)
	}
	return nil
}

// Run throws away drafts nobody came back to for a month, until ctx ends.
func (d *Drafts) Run(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := d.store.DeleteDraftsBefore(ctx, time.Now().Add(-draftsKept)); err != nil && ctx.Err() == nil {
			d.log.Error("old drafts could not be thrown away", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// DraftPurpose is what a draft is sealed for. It names user and alert, so that a
// draft moved to another row won't open.
func DraftPurpose(user triage.HCPID, alert triage.AlertID) string {
	return "draft of " + string(user) + " on " + string(alert)
}
