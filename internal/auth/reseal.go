package auth

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"triageboard/internal/triage"
)

// resealedAtOnce is how many records one transaction seals anew: others wait for the
// database's only writer meanwhile.
const resealedAtOnce = 200

// SealedKind names a kind of sealed records in the database.
type SealedKind string

// The kinds there are. The private parts of audit records aren't among them: the
// chain would break if a record changed.
const (
	SealedSessions    SealedKind = "sessions" // that haven't expired
	SealedLinkedKeys  SealedKind = "linked keys"
	SealedDrafts      SealedKind = "drafts"
	SealedActionTexts SealedKind = "texts of actions"
	SealedActionKeys  SealedKind = "keys of actions"
	SealedSearches    SealedKind = "searches"
	SealedSettings    SealedKind = "settings"
	SealedSheets      SealedKind = "measurements" // ID is the day, the owner the patient
)

// SealedKinds are all of them.
var SealedKinds = []SealedKind{
	SealedSessions, SealedLinkedKeys, SealedDrafts, SealedActionTexts, SealedActionKeys, SealedSearches, SealedSettings, SealedSheets,
}

// SealedRecord is one sealed record. ID and owner are what its purpose is made of,
// and together name it within its kind.
type SealedRecord struct {
	ID, Owner string
	Sealed    []byte
}

// ResealStore gives sealed records and takes them sealed anew.
type ResealStore interface {
	// SealedRecords are at most limit records of a kind, in the order of id and
	// owner, that come after those of the record given.
	SealedRecords(ctx context.Context, kind SealedKind, after SealedRecord, limit int) ([]SealedRecord, error)
	// Reseal replaces what was sealed by what is sealed now, in one transaction. The
	// two lists are of the same records. One that has changed meanwhile stays.
	Reseal(ctx context.Context, kind SealedKind, was, now []SealedRecord) error
}

// Purposes say, for each kind, what a record was sealed for.
type Purposes map[SealedKind]func(SealedRecord) string

// UnopenedError says how many records of which kinds no key opens.
type UnopenedError struct{ Records map[SealedKind]int }

// Error names kinds and numbers, never what a record holds or whose it is.
func (e *UnopenedError) Error() string {
	var parts []string
	for _, kind := range SealedKinds {
		if n := e.Records[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return "no key given opens " + strings.Join(parts, ", ")
}

// Reseal seals all records under the first key that are sealed under another, and
// answers how many there were. It looks at all of them first: if one can't be opened
// the error is *UnopenedError and nothing is changed. It goes by batches and may be
// stopped at any moment: run again, it goes on with those that are left. The program
// may write the same records meanwhile, if its first key is the same.
func (s *Sealer) Reseal(ctx context.Context, store ResealStore, purposes Purposes) (resealed int, err error) {
	unopened := map[SealedKind]int{}
	err = eachBatch(ctx, store, func(kind SealedKind, records []SealedRecord) error {
		for _, r := range records {
			if _, err := s.Open(r.Sealed, purposes[kind](r)); err != nil {
				unopened[kind]++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if len(unopened) > 0 {
		return 0, &UnopenedError{unopened}
	}
	err = eachBatch(ctx, store, func(kind SealedKind, records []SealedRecord) error {
		var was, now []SealedRecord
		for _, r := range records {
			if bytes.HasPrefix(r.Sealed, []byte(s.keys[0].header)) {
				continue
			}
			plain, err := s.Open(r.Sealed, purposes[kind](r))
			if err != nil {
				return &UnopenedError{map[SealedKind]int{kind: 1}} // it came since
			}
			was = append(was, r)
			r.Sealed = s.Seal(plain, purposes[kind](r))
			now = append(now, r)
		}
		if len(was) == 0 {
			return nil
		}
		resealed += len(was)
		return store.Reseal(ctx, kind, was, now)
	})
	return resealed, err
}

// eachBatch takes all records in turn.
func eachBatch(ctx context.Context, store ResealStore, do func(SealedKind, []SealedRecord) error) error {
	for _, kind := range SealedKinds {
		var last SealedRecord
		for {
			records, err := store.SealedRecords(ctx, kind, last, resealedAtOnce)
			if err != nil {
				return fmt.Errorf("reading sealed %s: %w", kind, err)
			}
			if len(records) == 0 {
				break
			}
			if err := do(kind, records); err != nil {
				return err
			}
			last = records[len(records)-1]
		}
	}
	return nil
}

// SessionPurpose is what sessions are sealed for.
const SessionPurpose = purposeSession

// KeyPurpose is what a linked key is sealed for.
func KeyPurpose(signIn string, hcp triage.HCPID) string { return purposeKey(signIn, hcp) }
