package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sealedStore keeps sealed records in memory, in order.
type sealedStore struct {
	records map[SealedKind][]SealedRecord
	writes  int
	fails   int // the write that fails; 0: none
}

func (s *sealedStore) SealedRecords(_ context.Context, kind SealedKind, after SealedRecord, limit int) ([]SealedRecord, error) {
	i := 0
	if after.ID != "" {
		i = slices.IndexFunc(s.records[kind], func(r SealedRecord) bool { return r.ID == after.ID }) + 1
	}
	return slices.Clone(s.records[kind][i:min(i+limit, len(s.records[kind]))]), nil
}

var errFull = errors.New("disk full")

func (s *sealedStore) Reseal(_ context.Context, kind SealedKind, was, now []SealedRecord) error {
	s.writes++
	if s.writes == s.fails {
		return errFull
	}
	for i, r := range now {
		at := slices.IndexFunc(s.records[kind], func(k SealedRecord) bool { return k.ID == r.ID })
		if slices.Equal(s.records[kind][at].Sealed, was[i].Sealed) {
			s.records[kind][at] = r
		}
	}
	return nil
}

func testPurposes() Purposes {
	all := Purposes{}
	for _, kind := range SealedKinds {
		all[kind] = func(r SealedRecord) string { return string(kind) + " " + r.ID }
	}
	return all
}

func sealedBy(s *Sealer, n int) *sealedStore {
	store := &sealedStore{records: map[SealedKind][]SealedRecord{}}
	for _, kind := range SealedKinds {
		for i := range n {
			r := SealedRecord{ID: fmt.Sprintf("r-%04d", i)}
			r.Sealed = s.Seal(fmt.Append(nil, "secret ", i), testPurposes()[kind](r))
			store.records[kind] = append(store.records[kind], r)
		}
	}
	return store
}

// After it, the new key alone opens everything; stopped half-way it goes on with the
// rest.
func TestReseal(t *testing.T) {
	const each = 2*resealedAtOnce + 10
	store := sealedBy(sealer(t, keyOf(1)), each)
	both, purposes := sealer(t, keyOf(2)+","+keyOf(1)), testPurposes()
	store.fails = 5
	_, err := both.Reseal(t.Context(), store, purposes)
	require.ErrorIs(t, err, errFull)

	store.fails = 0
	rest, err := both.Reseal(t.Context(), store, purposes)
	require.NoError(t, err)
	// Three batches of the first kind and one of the second were written.
	assert.Equal(t, len(SealedKinds)*each-each-resealedAtOnce, rest, "only what was left")
	alone := sealer(t, keyOf(2))
	for _, kind := range SealedKinds {
		for i, r := range store.records[kind] {
			plain, err := alone.Open(r.Sealed, purposes[kind](r))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("secret ", i), string(plain))
		}
	}
	n, err := both.Reseal(t.Context(), store, purposes)
	require.NoError(t, err)
	assert.Zero(t, n)
}

// One record that doesn't open, and nothing is changed; what it is isn't told.
func TestResealRefuses(t *testing.T) {
	store := sealedBy(sealer(t, keyOf(1)), 3)
	lost := sealedBy(sealer(t, keyOf(3)), 2)
	store.records[SealedDrafts] = lost.records[SealedDrafts]
	store.records[SealedSettings][1] = lost.records[SealedSettings][1]
	store.records[SealedSearches][0].ID = "moved from elsewhere"
	_, err := sealer(t, keyOf(2)+","+keyOf(1)).Reseal(t.Context(), store, testPurposes())
	var unopened *UnopenedError
	require.ErrorAs(t, err, &unopened)
	assert.EqualError(t, err, "no key given opens 2 drafts, 1 searches, 1 settings")
	assert.Zero(t, store.writes)
}
