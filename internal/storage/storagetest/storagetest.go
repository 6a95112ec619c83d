// Package storagetest is what every database must do, as tests.
package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/auth"
	"triageboard/internal/storage"
)

// Run tests the databases that open gives: each call must open the same one
// again within one test, and another one in another test. Run closes them.
func Run(t *testing.T, open func(t *testing.T) *storage.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open func() *storage.Store)
	}{
		{"upstream", testUpstream},
		{"upstream bound at once", testUpstreamAtOnce},
		{"sign-ins", testSignIns},
		{"linked keys", testLinkedKeys},
		{"sessions", testSessions},
		{"writers at once", testWritersAtOnce},
		{"mirror round trip", testMirrorRoundTrip},
		{"mirror replaces", testMirrorReplaces},
		{"mirror, what is worked on", testMirrorWorking},
		{"mirror of a patient", testMirrorOfPatient},
		{"mirror's days", testMirrorDays},
		{"mirror forgets", testMirrorForgets},
		{"mirror in bulk", testMirrorInBulk},
		{"mirror fails", testMirrorFails},
		{"mirror, what was created when", testAlertsCreated},
		{"audit, what was reopened soon", testAuditReopenedSoon},
		{"measurements", testSheets},
		{"measurements, all or none", testSheetsAllOrNone},
		{"measurements forgotten", testSheetsForgotten},
		{"measurements fail", testSheetsFail},
		{"drafts", testDrafts},
		{"settings", testSettings},
		{"settings at once", testSettingsAtOnce},
		{"searches", testSearches},
		{"sealed anew", testReseal},
		{"audit keeps", testAuditKeeps},
		{"audit filters", testAuditFilters},
		{"audit writers at once", testAuditWritersAtOnce},
		{"audit purge", testAuditPurge},
		{"audit fails", testAuditFails},
		{"actions round trip", testActionsRoundTrip},
		{"actions, all or none", testActionsAllOrNone},
		{"actions, one in flight", testActionsOneInFlight},
		{"actions at once", testActionsAtOnce},
		{"actions step", testActionsSteps},
		{"actions, steps refused", testActionsStepRefused},
		{"actions step at once", testActionsStepAtOnce},
		{"actions leased", testActionsLease},
		{"actions leased, and steps", testActionsLeaseAndStep},
		{"actions leased at once", testActionsLeaseAtOnce},
		{"actions taken over", testActionsFreeLeases},
		{"actions of somebody", testActionsOf},
		{"actions forgotten", testActionsForget},
		{"actions fail", testActionsFail},
		{"close twice", testCloseTwice},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(t, func() *storage.Store {
				store := open(t)
				t.Cleanup(func() { assert.NoError(t, store.Close()) })
				return store
			})
		})
	}
}

func testUpstream(t *testing.T, open func() *storage.Store) {
	store := open()
	require.NoError(t, store.BindUpstream(t.Context(), "https://one.test"))
	require.NoError(t, store.BindUpstream(t.Context(), "https://one.test"))
	require.NoError(t, store.Close())

	err := open().BindUpstream(t.Context(), "sandbox")
	var other *storage.UpstreamError
	require.ErrorAs(t, err, &other)
	assert.Equal(t, storage.UpstreamError{Bound: "https://one.test", Asked: "sandbox"}, *other)
	assert.Contains(t, err.Error(), "https://one.test")
	assert.Contains(t, err.Error(), "sandbox")
	require.NoError(t, open().BindUpstream(t.Context(), "https://one.test"))
}

func testUpstreamAtOnce(t *testing.T, open func() *storage.Store) {
	store := open()
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = store.BindUpstream(t.Context(), fmt.Sprint(i)) })
	}
	all.Wait()
	bound := 0
	for _, err := range errs {
		if err == nil {
			bound++
		}
	}
	assert.Equal(t, 1, bound)
}

func testSignIns(t *testing.T, open func() *storage.Store) {
	store := open()
	created := time.Date(2026, 11, 3, 7, 0, 0, 123456000, time.FixedZone("", 3600))
	signIn := auth.SignIn{ID: "s1", HCP: "h1", CreatedAt: created, EndsAt: created.Add(12 * time.Hour)}
	require.NoError(t, store.AddSignIn(t.Context(), signIn))
	require.NoError(t, store.AddSignIn(t.Context(), auth.SignIn{ID: "s2", HCP: "h1", CreatedAt: created, EndsAt: created}))
	require.Error(t, store.AddSignIn(t.Context(), signIn), "an id belongs to one sign-in")

	kept := signIn
	kept.CreatedAt, kept.EndsAt = signIn.CreatedAt.UTC(), signIn.EndsAt.UTC()
	requireSignIn(t, store, kept)

	ended := created.Add(time.Hour).UTC()
	require.NoError(t, store.EndSignIn(t.Context(), "s1", ended))
	require.NoError(t, store.EndSignIn(t.Context(), "s1", ended.Add(time.Minute)))
	require.NoError(t, store.EndSignIn(t.Context(), "unknown", ended))
	require.NoError(t, store.Close())

	store = open()
	kept.EndedAt = ended
	requireSignIn(t, store, kept)
	other, found, err := store.SignIn(t.Context(), "s2")
	require.NoError(t, err)
	assert.True(t, found)
	assert.True(t, other.EndedAt.IsZero(), "only the one named ends")

	_, found, err = store.SignIn(t.Context(), "unknown")
	require.NoError(t, err)
	assert.False(t, found)
}

func requireSignIn(t *testing.T, store *storage.Store, want auth.SignIn) {
	t.Helper()
	got, found, err := store.SignIn(t.Context(), want.ID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, got)
}

func testLinkedKeys(t *testing.T, open func() *storage.Store) {
	store := open()
	at := time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)
	first := auth.LinkedKey{SignIn: "s1", HCP: "h1", Sealed: []byte{0, 1, 255}, LinkedAt: at}
	second := auth.LinkedKey{SignIn: "s1", HCP: "h1", Sealed: []byte("later"), LinkedAt: at.Add(time.Hour)}
	require.NoError(t, store.LinkKey(t.Context(), first))
	require.NoError(t, store.LinkKey(t.Context(), auth.LinkedKey{SignIn: "s2", HCP: "h1", Sealed: []byte("another's"), LinkedAt: at}))
	got, found, err := store.LinkedKey(t.Context(), "s1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, first, got)

	require.NoError(t, store.LinkKey(t.Context(), second))
	require.NoError(t, store.Close())
	got, found, err = open().LinkedKey(t.Context(), "s1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, second, got)

	store = open()
	_, found, err = store.LinkedKey(t.Context(), "s3")
	require.NoError(t, err)
	assert.False(t, found)

	require.NoError(t, store.EndSignIn(t.Context(), "s1", at))
	_, found, err = store.LinkedKey(t.Context(), "s1")
	require.NoError(t, err)
	assert.False(t, found, "erased with its sign-in")
	_, found, err = store.LinkedKey(t.Context(), "s2")
	require.NoError(t, err)
	assert.True(t, found)
}

func testSessions(t *testing.T, open func() *storage.Store) {
	store := open()
	sessions := store.Sessions()
	require.NoError(t, sessions.Commit("t1", []byte("one"), time.Now().Add(time.Hour)))
	require.NoError(t, sessions.Commit("t1", []byte("two"), time.Now().Add(time.Hour)))
	require.NoError(t, sessions.Commit("t2", []byte("gone"), time.Now().Add(-time.Hour)))
	require.NoError(t, store.Close())

	sessions = open().Sessions()
	data, found, err := sessions.Find("t1")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "two", string(data))
	_, found, err = sessions.Find("t2")
	require.NoError(t, err)
	assert.False(t, found, "expired")

	require.NoError(t, sessions.Delete("t1"))
	require.NoError(t, sessions.Delete("t1"))
	_, found, err = sessions.Find("t1")
	require.NoError(t, err)
	assert.False(t, found)
}

func testWritersAtOnce(t *testing.T, open func() *storage.Store) {
	stores := []*storage.Store{open(), open()}
	errs := make([]error, 40)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			store, signIn := stores[i%2], fmt.Sprint("s", i)
			if errs[i] = store.LinkKey(t.Context(), auth.LinkedKey{SignIn: signIn, Sealed: []byte("k")}); errs[i] == nil {
				_, _, errs[i] = store.LinkedKey(t.Context(), signIn)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		assert.NoError(t, err)
	}
}

func testCloseTwice(t *testing.T, open func() *storage.Store) {
	store := open()
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())
	assert.Error(t, store.BindUpstream(t.Context(), "x"))
}
