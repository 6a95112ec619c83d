package desk_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type place struct {
	user  triage.HCPID
	alert triage.AlertID
}

// memory is a Store in memory.
type memory struct {
	mu     sync.Mutex
	drafts map[place]desk.SealedDraft
	fails  error
}

func (m *memory) PutDraft(_ context.Context, d desk.SealedDraft) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drafts[place{d.User, d.Alert}] = d
	return m.fails
}

func (m *memory) Draft(_ context.Context, user triage.HCPID, alert triage.AlertID) (desk.SealedDraft, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.drafts[place{user, alert}]
	return d, ok, m.fails
}

func (m *memory) DeleteDraft(_ context.Context, user triage.HCPID, alert triage.AlertID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.drafts, place{user, alert})
	return m.fails
}

func (m *memory) DeleteDraftsBefore(_ context.Context, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p, d := range m.drafts {
		if d.SavedAt.Before(at) {
			delete(m.drafts, p)
		}
	}
	return m.fails
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.drafts)
}

// shift is a Sealer anybody could break, but not without trying.
type shift struct{}

func (shift) Seal(plain []byte, purpose string) []byte {
	return append([]byte(purpose+"|"), bytes.Map(func(r rune) rune { return r + 1 }, plain)...)
}

func (shift) Open(sealed []byte, purpose string) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(purpose+"|"))
	if !ok {
		return nil, errors.New("another purpose")
	}
	return bytes.Map(func(r rune) rune { return r - 1 }, rest), nil
}

func newDrafts() (*desk.Drafts, *memory, *bytes.Buffer) {
	m, log := &memory{drafts: map[place]desk.SealedDraft{}}, &bytes.Buffer{}
	return desk.NewDrafts(m, shift{}, slog.New(slog.NewTextHandler(log, nil))), m, log
}

// R38
func TestDraftsComeBack(t *testing.T) {
	d, m, _ := newDrafts()
	ctx := t.Context()
	typed := desk.Draft{Category: "request_visit", Note: "Gebeld.\nBelt terug \"morgen\"."}
	require.NoError(t, d.Save(ctx, "h-1", "a-1", typed))
	found, err := d.Find(ctx, "h-1", "a-1")
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), found.SavedAt, time.Minute)
	found.SavedAt = time.Time{}
	assert.Equal(t, typed, found)
	assert.NotContains(t, string(m.drafts[place{"h-1", "a-1"}].Sealed), "Gebeld", "sealed")

	for _, other := range []place{{"h-2", "a-1"}, {"h-1", "a-2"}} {
		found, err := d.Find(ctx, other.user, other.alert)
		require.NoError(t, err)
		assert.True(t, found.Empty())
	}
	require.NoError(t, d.Discard(ctx, "h-1", "a-1"))
	found, err = d.Find(ctx, "h-1", "a-1")
	require.NoError(t, err)
	assert.True(t, found.Empty())
}

func TestNothingTypedIsNoDraft(t *testing.T) {
	d, m, _ := newDrafts()
	require.NoError(t, d.Save(t.Context(), "h-1", "a-1", desk.Draft{Note: "x"}))
	require.NoError(t, d.Save(t.Context(), "h-1", "a-1", desk.Draft{Note: " \n"}))
	assert.Empty(t, m.drafts)
}

func TestADraftTooLarge(t *testing.T) {
	d, m, _ := newDrafts()
	require.NoError(t, d.Save(t.Context(), "h-1", "a-1", desk.Draft{Note: "kept"}))
	for field, draft := range map[string]desk.Draft{
		"note":     {Note: strings.Repeat("x", desk.MaxDraft+1)},
		"category": {Category: strings.Repeat("x", desk.MaxDraft+1)},
	} {
		var invalid *triage.InvalidError
		require.ErrorAs(t, d.Save(t.Context(), "h-1", "a-1", draft), &invalid)
		assert.Equal(t, field, invalid.Field)
	}
	assert.Len(t, m.drafts, 1, "what was kept before stays")
}

// One put in another's place, or sealed by keys that are gone, says nothing.
func TestADraftThatDoesNotOpen(t *testing.T) {
	d, m, log := newDrafts()
	require.NoError(t, d.Save(t.Context(), "h-1", "a-1", desk.Draft{Note: "secret"}))
	moved := m.drafts[place{"h-1", "a-1"}]
	m.drafts[place{"h-2", "a-1"}] = moved
	found, err := d.Find(t.Context(), "h-2", "a-1")
	require.NoError(t, err)
	assert.True(t, found.Empty())
	assert.Contains(t, log.String(), "a-1")
	assert.NotContains(t, log.String(), "secret")
}

func TestAStoreThatFails(t *testing.T) {
	d, m, _ := newDrafts()
	m.fails = errors.New("disk full")
	require.ErrorIs(t, d.Save(t.Context(), "h-1", "a-1", desk.Draft{Note: "x"}), m.fails)
	require.ErrorIs(t, d.Discard(t.Context(), "h-1", "a-1"), m.fails)
	_, err := d.Find(t.Context(), "h-1", "a-1")
	require.ErrorIs(t, err, m.fails)
}

func TestOldDraftsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, m, _ := newDrafts()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { d.Run(ctx); close(done) }()
		require.NoError(t, d.Save(ctx, "h-1", "a-1", desk.Draft{Note: "old"}))
		time.Sleep(30 * 24 * time.Hour)
		synctest.Wait()
		require.NoError(t, d.Save(ctx, "h-1", "a-2", desk.Draft{Note: "new"}))
		assert.Equal(t, 2, m.count())
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		assert.Equal(t, 1, m.count())
		stop()
		<-done
	})
}
