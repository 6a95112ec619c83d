package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/storage"
)

var auditedAt = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

type sealNothing struct{}

func (sealNothing) Seal(plain []byte, _ string) []byte { return plain }

func auditChain(t *testing.T) *audit.Chain {
	t.Helper()
	c, err := audit.NewChain([][]byte{bytes.Repeat([]byte{3}, 32)}, sealNothing{})
	require.NoError(t, err)
	return c
}

// auditEvent is event n, at minute n.
func auditEvent(n int, user, patient string, action audit.Action) audit.Event {
	return audit.Event{
		At: auditedAt.Add(time.Duration(n) * time.Minute), Action: action, Outcome: audit.Done, User: user, Patient: patient,
		Object: audit.Object{Kind: audit.KindAlert, ID: fmt.Sprint(n)},
	}
}

func verifyAudit(t *testing.T, store *storage.Store, c *audit.Chain) *audit.Report {
	t.Helper()
	var report *audit.Report
	require.NoError(t, store.AuditTrail(t.Context(), func(trail audit.Trail) (err error) {
		report, err = c.Verify(trail, nil)
		return err
	}))
	return report
}

func auditObjects(t *testing.T, store *storage.Store, f audit.Filter) []string {
	t.Helper()
	var out []string
	for r, err := range store.AuditRecords(t.Context(), f) {
		require.NoError(t, err)
		e, err := r.Event()
		require.NoError(t, err)
		out = append(out, e.Object.ID)
	}
	return out
}

// R19, R21
func testAuditKeeps(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	head, err := store.AuditHead(t.Context())
	require.NoError(t, err)
	assert.Zero(t, head)
	assert.True(t, verifyAudit(t, store, c).OK())

	odd := auditEvent(1, "h\n1\x00\"", "p-1", audit.ListShown)
	odd.Details.Patients = []string{"p-2", "p-1", "p-3"}
	first, err := store.AppendAudit(t.Context(), c, auditEvent(0, "h-1", "p-1", audit.AlertShown), odd)
	require.NoError(t, err)
	require.Len(t, first, 2)
	none, err := store.AppendAudit(t.Context(), c)
	require.NoError(t, err)
	assert.Empty(t, none)
	require.NoError(t, store.Close())

	store = open()
	second, err := store.AppendAudit(t.Context(), c, auditEvent(2, "h-2", "", audit.SignIn))
	require.NoError(t, err)
	var kept []audit.Record
	for r, err := range store.AuditRecords(t.Context(), audit.Filter{}) {
		require.NoError(t, err)
		kept = append(kept, r)
	}
	assert.Equal(t, append(first, second...), kept, "as they were made, across a restart")
	head, err = store.AuditHead(t.Context())
	require.NoError(t, err)
	assert.Equal(t, audit.Head{Seq: 3, Hash: second[0].Hash}, head)
	report := verifyAudit(t, store, c)
	assert.True(t, report.OK(), report.Breaks)
	assert.EqualValues(t, 3, report.Records)
	missing, err := store.UnindexedAudit(t.Context())
	require.NoError(t, err)
	assert.Zero(t, missing)
}

// R21: exports per patient and per employee.
func testAuditFilters(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	list := auditEvent(2, "h-2", "", audit.ListShown)
	list.Details.Patients = []string{"p-2", "p-1"}
	_, err := store.AppendAudit(t.Context(), c,
		auditEvent(0, "h-1", "p-1", audit.AlertShown), auditEvent(1, "h-1", "p-2", audit.AlertShown), list,
		auditEvent(3, "h-2", "p-1", audit.AlertChanged), auditEvent(4, "h-1", "", audit.SignOut))
	require.NoError(t, err)
	// One whose clock was behind.
	_, err = store.AppendAudit(t.Context(), c, auditEvent(1, "h-3", "p-3", audit.SignIn))
	require.NoError(t, err)

	minute := func(n int) time.Time { return auditedAt.Add(time.Duration(n) * time.Minute) }
	for name, tc := range map[string]struct {
		filter audit.Filter
		want   []string
	}{
		"all":                      {audit.Filter{}, []string{"0", "1", "1", "2", "3", "4"}},
		"newest":                   {audit.Filter{Newest: true, Limit: 2}, []string{"4", "3"}},
		"newest, going on":         {audit.Filter{Newest: true, Limit: 3, Before: 4}, []string{"2", "1", "1"}},
		"going on, at one moment":  {audit.Filter{Newest: true, Before: 6}, []string{"1", "0"}},
		"a patient":                {audit.Filter{Patient: "p-1"}, []string{"0", "2", "3"}},
		"a patient, newest":        {audit.Filter{Patient: "p-1", Newest: true, Limit: 1, Before: 4}, []string{"2"}},
		"nobody":                   {audit.Filter{Patient: "p-"}, nil},
		"a user":                   {audit.Filter{User: "h-2"}, []string{"2", "3"}},
		"an action":                {audit.Filter{Action: audit.AlertShown}, []string{"0", "1"}},
		"from":                     {audit.Filter{From: minute(3)}, []string{"3", "4"}},
		"until, not with":          {audit.Filter{To: minute(1)}, []string{"0"}},
		"all at once":              {audit.Filter{Patient: "p-1", User: "h-2", Action: audit.AlertChanged, From: minute(3), To: minute(4)}, []string{"3"}},
		"what would be SQL":        {audit.Filter{User: `h-1' OR '1'='1`}, nil},
		"in another zone's minute": {audit.Filter{From: minute(4).In(time.FixedZone("", 7200))}, []string{"4"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, auditObjects(t, store, tc.filter)) })
	}
	for _, err := range store.AuditRecords(t.Context(), audit.Filter{}) {
		require.NoError(t, err)
		break // whoever has seen enough leaves nothing open
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range store.AuditRecords(gone, audit.Filter{}) {
		require.Error(t, err)
	}
}

// Whoever writes at once, from whatever process, writes one chain.
func testAuditWritersAtOnce(t *testing.T, open func() *storage.Store) {
	stores, c := []*storage.Store{open(), open()}, auditChain(t)
	errs := make([]error, 40)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, errs[i] = stores[i%2].AppendAudit(t.Context(), c, auditEvent(i, "h", "p", audit.AlertShown), auditEvent(i, "h", "p", audit.NoteAdded))
		})
	}
	all.Wait()
	for _, err := range errs {
		assert.NoError(t, err)
	}
	report := verifyAudit(t, stores[0], c)
	assert.True(t, report.OK(), report.Breaks)
	assert.EqualValues(t, 80, report.Records)
}

// R21: purging leaves a signed checkpoint, and takes nothing that is younger.
func testAuditPurge(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	var events []audit.Event
	const n = 2_300 // more than is purged at once
	for i := range n {
		events = append(events, auditEvent(i, "h", fmt.Sprint("p-", i), audit.AlertShown))
	}
	events[2_200].At = auditedAt // among younger ones: it stays with them
	_, err := store.AppendAudit(t.Context(), c, events...)
	require.NoError(t, err)

	removed, err := store.PurgeAudit(t.Context(), c, auditedAt)
	require.NoError(t, err)
	assert.Zero(t, removed)
	removed, err = store.PurgeAudit(t.Context(), c, auditedAt.Add(2_100*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 2_100, removed)
	report := verifyAudit(t, store, c)
	assert.True(t, report.OK(), report.Breaks)
	assert.EqualValues(t, 2_100, report.Purged)
	assert.EqualValues(t, 200, report.Records)
	assert.Empty(t, auditObjects(t, store, audit.Filter{Patient: "p-2099"}))
	assert.Equal(t, []string{"2100"}, auditObjects(t, store, audit.Filter{Patient: "p-2100"}))

	removed, err = store.PurgeAudit(t.Context(), c, auditedAt.Add(n*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 200, removed, "all of it")
	assert.True(t, verifyAudit(t, store, c).OK())
	_, err = store.AppendAudit(t.Context(), c, auditEvent(n, "h", "p", audit.AlertShown))
	require.NoError(t, err)
	report = verifyAudit(t, store, c)
	assert.True(t, report.OK(), report.Breaks)
	assert.EqualValues(t, n+1, report.Head.Seq, "numbers go on")
}

func testAuditFails(t *testing.T, open func() *storage.Store) {
	store, c := open(), auditChain(t)
	require.NoError(t, store.Close())
	_, err := store.AppendAudit(t.Context(), c, auditEvent(0, "h", "p", audit.AlertShown))
	require.Error(t, err)
	_, err = store.AuditHead(t.Context())
	require.Error(t, err)
	_, err = store.PurgeAudit(t.Context(), c, auditedAt)
	require.Error(t, err)
	require.Error(t, store.AuditTrail(t.Context(), func(audit.Trail) error { return nil }))
}
