package desk_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// searchMemory is a SearchStore in memory.
type searchMemory struct {
	mu    sync.Mutex
	kept  map[triage.SearchID]desk.SealedSearch
	used  int
	fails error
}

func (m *searchMemory) PutSearches(_ context.Context, searches ...desk.SealedSearch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range searches {
		m.kept[s.ID] = s
	}
	return m.fails
}

func (m *searchMemory) Search(_ context.Context, user triage.HCPID, id triage.SearchID) (desk.SealedSearch, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[id]
	return s, ok && s.User == user, m.fails
}

func (m *searchMemory) Views(_ context.Context, user triage.HCPID) ([]desk.SealedSearch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []desk.SealedSearch
	for _, s := range m.kept {
		if s.User == user && s.Slot > 0 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b desk.SealedSearch) int { return cmp.Compare(a.Slot, b.Slot) })
	return out, m.fails
}

func (m *searchMemory) UseSearch(_ context.Context, _ triage.HCPID, id triage.SearchID, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.kept[id]
	s.UsedAt = at
	m.kept[id] = s
	m.used++
	return m.fails
}

func (m *searchMemory) DeleteView(_ context.Context, user triage.HCPID, id triage.SearchID) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[id]
	if ok = ok && s.User == user && s.Slot > 0; ok {
		delete(m.kept, id)
	}
	return ok, m.fails
}

func (m *searchMemory) DeleteSearchesBefore(_ context.Context, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, s := range m.kept {
		if s.Slot == 0 && s.UsedAt.Before(at) {
			delete(m.kept, id)
		}
	}
	return m.fails
}

func newSearches() (*desk.Searches, *searchMemory, *bytes.Buffer) {
	m, log := &searchMemory{kept: map[triage.SearchID]desk.SealedSearch{}}, &bytes.Buffer{}
	return desk.NewSearches(m, shift{}, slog.New(slog.NewTextHandler(log, nil))), m, log
}

// R25: what was searched for is found by an id that says nothing, by its user
// alone.
func TestSearchesComeBack(t *testing.T) {
	s, m, log := newSearches()
	ctx := t.Context()
	id, err := s.Keep(ctx, "h-1", `"de vries"`)
	require.NoError(t, err)
	other, err := s.Keep(ctx, "h-1", `"de vries"`)
	require.NoError(t, err)
	assert.NotEqual(t, id, other)
	assert.GreaterOrEqual(t, len(id), 20, "nobody guesses it")
	text, err := s.Find(ctx, "h-1", id)
	require.NoError(t, err)
	assert.Equal(t, `"de vries"`, text)
	assert.NotContains(t, string(m.kept[id].Sealed), "vries")

	for user, id := range map[triage.HCPID]triage.SearchID{"h-2": id, "h-1": "none"} {
		_, err := s.Find(ctx, user, id)
		assert.Equal(t, triage.ErrNotFound, err, "indistinguishable")
	}
	moved := m.kept[id]
	moved.User = "h-2"
	m.kept[id] = moved
	_, err = s.Find(ctx, "h-2", id)
	require.ErrorIs(t, err, triage.ErrNotFound, "one put in another's place doesn't open")
	assert.NotContains(t, log.String(), "vries")
}

func TestOldSearchesGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, m, _ := newSearches()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		old, err := s.Keep(ctx, "h-1", "old")
		require.NoError(t, err)
		used, err := s.Keep(ctx, "h-1", "used")
		require.NoError(t, err)
		view, err := s.SaveView(ctx, "h-1", "Mine", "view")
		require.NoError(t, err)
		_, err = s.Find(ctx, "h-1", used)
		require.NoError(t, err)
		assert.Zero(t, m.used, "looking at it again at once writes nothing")
		time.Sleep(20 * 24 * time.Hour)
		_, err = s.Find(ctx, "h-1", used)
		require.NoError(t, err)
		time.Sleep(12 * 24 * time.Hour)
		synctest.Wait()
		_, err = s.Find(ctx, "h-1", old)
		require.ErrorIs(t, err, triage.ErrNotFound)
		for _, id := range []triage.SearchID{used, view.ID} {
			_, err = s.Find(ctx, "h-1", id)
			require.NoError(t, err)
		}
		stop()
		<-done
	})
}

func TestViews(t *testing.T) {
	s, m, _ := newSearches()
	ctx := t.Context()
	names := func() (out []string) {
		t.Helper()
		views, err := s.Views(ctx, "h-1")
		require.NoError(t, err)
		for _, v := range views {
			out = append(out, string(rune('0'+v.Slot))+" "+v.Name)
		}
		return out
	}
	var ids []triage.SearchID
	for _, name := range []string{" Mijn  COPD ", "Red", strings.Repeat("é", desk.MaxViewName)} {
		v, err := s.SaveView(ctx, "h-1", name, "flag:red")
		require.NoError(t, err)
		ids = append(ids, v.ID)
	}
	assert.Equal(t, []string{"4 Mijn COPD", "5 Red", "6 " + strings.Repeat("é", 60)}, names())
	text, err := s.Find(ctx, "h-1", ids[0])
	require.NoError(t, err)
	assert.Equal(t, "flag:red", text, "a view's id works like a search's")
	assert.NotContains(t, string(m.kept[ids[0]].Sealed), "COPD")

	for name, reason := range map[string]string{
		" ": "invalid.view_name", "red": "invalid.view_double", strings.Repeat("x", 61): "invalid.view_long", "\xff": "invalid.view_long",
	} {
		_, err := s.SaveView(ctx, "h-1", name, "x")
		assert.Equal(t, &triage.InvalidError{Field: "name", Reason: reason}, err)
		assert.Equal(t, &triage.InvalidError{Field: "name", Reason: reason}, s.ChangeView(ctx, "h-1", ids[0], name, 4))
	}
	_, err = s.SaveView(ctx, "h-2", "Red", "x")
	require.NoError(t, err, "another's may be called the same")

	require.NoError(t, s.ChangeView(ctx, "h-1", ids[0], "COPD", 5), "they change places")
	require.NoError(t, s.ChangeView(ctx, "h-1", ids[2], "Third", 9))
	require.NoError(t, s.ChangeView(ctx, "h-1", ids[1], "RED", 4), "its own name is not taken")
	assert.Equal(t, []string{"4 RED", "5 COPD", "9 Third"}, names())
	for _, slot := range []int{0, 3, 10} {
		assert.Equal(t, &triage.InvalidError{Field: "slot", Reason: "invalid.view_slot"}, s.ChangeView(ctx, "h-1", ids[0], "x", slot))
	}
	require.ErrorIs(t, s.ChangeView(ctx, "h-2", ids[0], "x", 4), triage.ErrNotFound)
	require.ErrorIs(t, s.DeleteView(ctx, "h-2", ids[0]), triage.ErrNotFound)

	for _, name := range []string{"a", "b", "c"} {
		_, err := s.SaveView(ctx, "h-1", name, "x")
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"4 RED", "5 COPD", "6 a", "7 b", "8 c", "9 Third"}, names())
	_, err = s.SaveView(ctx, "h-1", "d", "x")
	assert.Equal(t, &triage.InvalidError{Field: "name", Reason: "invalid.views_full"}, err)

	broken := m.kept[ids[1]]
	broken.Sealed = []byte("sealed by a key that is gone")
	m.kept[ids[1]] = broken
	assert.Equal(t, []string{"5 COPD", "6 a", "7 b", "8 c", "9 Third"}, names())
	_, err = s.SaveView(ctx, "h-1", "d", "x")
	require.NoError(t, err, "one that can't be opened any more makes room")
	require.NoError(t, s.DeleteView(ctx, "h-1", ids[0]))
	assert.Equal(t, []string{"4 d", "6 a", "7 b", "8 c", "9 Third"}, names())
}

func TestASearchStoreThatFails(t *testing.T) {
	s, m, _ := newSearches()
	m.fails = errors.New("disk full")
	ctx := t.Context()
	_, kept := s.Keep(ctx, "h-1", "x")
	_, found := s.Find(ctx, "h-1", "x")
	_, views := s.Views(ctx, "h-1")
	_, saved := s.SaveView(ctx, "h-1", "x", "x")
	for _, err := range []error{kept, found, views, saved, s.ChangeView(ctx, "h-1", "x", "x", 4), s.DeleteView(ctx, "h-1", "x")} {
		require.ErrorIs(t, err, m.fails)
	}
}
