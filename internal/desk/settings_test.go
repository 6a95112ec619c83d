package desk_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
	"triageboard/internal/triage"
)

// cupboard is a SettingsStore in memory.
type cupboard struct {
	mu     sync.Mutex
	kept   map[triage.HCPID]desk.SealedSettings
	reads  int
	before func() // happens between a read and the write after it; may be nil
	after  func() // happens once what is read has left the store; may be nil
	fails  error
}

func (c *cupboard) Settings(_ context.Context, user triage.HCPID) (desk.SealedSettings, error) {
	c.mu.Lock()
	s, after := c.kept[user], c.after
	c.reads++
	c.after = nil
	c.mu.Unlock()
	if after != nil {
		after()
	}
	return s, c.fails
}

func (c *cupboard) PutSettings(_ context.Context, s desk.SealedSettings) (bool, error) {
	if before := c.before; before != nil {
		c.before = nil
		before()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fails != nil {
		return false, c.fails
	}
	if c.kept[s.User].Version != s.Version-1 {
		return false, nil
	}
	c.kept[s.User] = s
	return true, nil
}

func newKeeper() (*desk.SettingsKeeper, *cupboard, *strings.Builder) {
	c, log := &cupboard{kept: map[triage.HCPID]desk.SealedSettings{}}, &strings.Builder{}
	return keeperOver(c, log), c, log
}

func keeperOver(c *cupboard, log *strings.Builder) *desk.SettingsKeeper {
	return desk.NewSettingsKeeper(c, shift{}, slog.New(slog.NewTextHandler(log, nil)))
}

func of(t *testing.T, k *desk.SettingsKeeper, user triage.HCPID) desk.Settings {
	t.Helper()
	s, err := k.Of(t.Context(), user)
	require.NoError(t, err)
	return s
}

func set(t *testing.T, k *desk.SettingsKeeper, change func(*desk.Settings)) {
	t.Helper()
	require.NoError(t, k.Change(t.Context(), "h-1", func(s *desk.Settings) error {
		change(s)
		return nil
	}))
}

func TestSettingsAreKept(t *testing.T) {
	k, c, log := newKeeper()
	assert.Equal(t, desk.Settings{AutoAdvance: true}, of(t, k, "h-1"), "the usual ones (R4, R35)")
	mine := desk.Settings{
		Language: "nl", Theme: desk.ThemeDark, Density: desk.DensityCompact, Sound: true, DefaultView: triage.StatusEscalated,
		Keys: desk.KeyChanges{"process": "p", "undo": ""},
	}
	set(t, k, func(s *desk.Settings) { *s = mine })
	assert.Equal(t, mine, of(t, k, "h-1"))
	assert.Equal(t, mine, of(t, keeperOver(c, log), "h-1"), "after a restart")
	assert.Equal(t, desk.UsualSettings(), of(t, k, "h-2"), "nobody else's")
	assert.NotContains(t, string(c.kept["h-1"].Sealed), "dark", "sealed")
	assert.Empty(t, log.String())
}

func TestAPageReadsNoStorageForSettings(t *testing.T) {
	k, c, _ := newKeeper()
	for range 5 {
		of(t, k, "h-1")
	}
	assert.Equal(t, 1, c.reads, "none are remembered, too")
	set(t, k, func(s *desk.Settings) { s.Sound = true })
	after := c.reads
	assert.True(t, of(t, k, "h-1").Sound)
	assert.Equal(t, after, c.reads)
}

// Two tabs that change different things both get what they want.
func TestSettingsChangedAtOnce(t *testing.T) {
	k, c, _ := newKeeper()
	c.before = func() { set(t, k, func(s *desk.Settings) { s.Theme = desk.ThemeDark }) }
	set(t, k, func(s *desk.Settings) { s.Density = desk.DensityCompact })
	both := of(t, k, "h-1")
	assert.Equal(t, desk.ThemeDark, both.Theme)
	assert.Equal(t, desk.DensityCompact, both.Density)

	var all sync.WaitGroup
	for _, id := range []string{"next", "previous", "open", "process", "undo"} {
		all.Go(func() {
			set(t, k, func(s *desk.Settings) { s.Keys[id] = "" })
		})
		all.Go(func() { of(t, k, "h-1") })
	}
	all.Wait()
	assert.Len(t, of(t, k, "h-1").Keys, 5)
}

// A page that read before a change, and gets its answer after it, doesn't bring
// the old settings back.
func TestAnOldReadingDoesNotStay(t *testing.T) {
	k, c, _ := newKeeper()
	c.after = func() { set(t, k, func(s *desk.Settings) { s.Theme = desk.ThemeDark }) }
	assert.Equal(t, desk.ThemeDark, of(t, k, "h-1").Theme)
	assert.Equal(t, desk.ThemeDark, of(t, k, "h-1").Theme)
}

// What a change is given is its own: those who read meanwhile see the old.
func TestARefusedChangeLeavesSettingsAsTheyAre(t *testing.T) {
	k, c, _ := newKeeper()
	set(t, k, func(s *desk.Settings) { s.Keys = desk.KeyChanges{"process": "p"} })
	before := c.kept["h-1"]
	for name, change := range map[string]func(*desk.Settings) error{
		"its own error": func(s *desk.Settings) error {
			s.Keys["process"] = "q"
			return triage.ErrForbidden
		},
		"a theme that isn't":   func(s *desk.Settings) error { s.Theme = "pink"; return nil },
		"a density that isn't": func(s *desk.Settings) error { s.Density = "loose"; return nil },
		"a view that isn't":    func(s *desk.Settings) error { s.DefaultView = "all"; return nil },
		"a key that is taken":  func(s *desk.Settings) error { s.Keys["process"] = "j"; return nil },
	} {
		require.Error(t, k.Change(t.Context(), "h-1", change), name)
		assert.Equal(t, desk.Settings{AutoAdvance: true, Keys: desk.KeyChanges{"process": "p"}}, of(t, k, "h-1"), name)
		assert.Equal(t, before, c.kept["h-1"], name)
	}
}

func TestSettingsThatCannotBeOpenedCountAsNone(t *testing.T) {
	k, c, log := newKeeper()
	set(t, k, func(s *desk.Settings) { s.Theme = desk.ThemeDark })
	moved := c.kept["h-1"]
	c.kept["h-2"] = moved
	k = keeperOver(c, log)
	assert.Equal(t, desk.UsualSettings(), of(t, k, "h-2"), "another's don't open")
	assert.Contains(t, log.String(), "settings can't be read")
	require.NoError(t, k.Change(t.Context(), "h-2", func(s *desk.Settings) error { s.Sound = true; return nil }), "they can be made anew")
	assert.True(t, of(t, keeperOver(c, log), "h-2").Sound)
}

// R29: what was chosen under an older table of keys holds as far as it can.
func TestKeysOfAnOlderTable(t *testing.T) {
	k, c, log := newKeeper()
	for name, tt := range map[string]struct{ kept, want string }{
		"a command that is gone":               {`{"fly": "f", "process": "p"}`, `{"process": "p"}`},
		"what is the table's own by now":       {`{"process": "e"}`, `{}`},
		"a new command took the chosen key":    {`{"process": "j"}`, `{"process": "j", "next": ""}`},
		"one of two keys began with it":        {`{"process": "g"}`, `{"process": "g", "go-open": "", "go-escalated": "", "go-insights": "", "go-processed": "", "go-reports": "", "go-settings": ""}`},
		"two chose the same":                   {`{"process": "q", "note": "q"}`, `{"process": "q", "note": ""}`},
		"a key that can't be pressed any more": {`{"process": "F1"}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			var kept, want desk.KeyChanges
			require.NoError(t, json.Unmarshal([]byte(tt.kept), &kept))
			require.NoError(t, json.Unmarshal([]byte(tt.want), &want))
			plain := []byte(`{"theme": "dark", "keys": ` + tt.kept + `}`)
			c.kept["h-1"] = desk.SealedSettings{User: "h-1", Version: 1, Sealed: shift{}.Seal(plain, "settings of h-1")}
			got := of(t, keeperOver(c, log), "h-1")
			assert.Equal(t, want, got.Keys)
			assert.Equal(t, desk.ThemeDark, got.Theme)
			assert.True(t, got.AutoAdvance, "what wasn't kept is as usual")
			_, err := got.Keys.Keymap()
			require.NoError(t, err)
			require.NoError(t, k.Change(t.Context(), "h-1", func(*desk.Settings) error { return nil }))
		})
	}
	assert.Empty(t, log.String())
}

func TestSettingsWithoutStorage(t *testing.T) {
	k, c, _ := newKeeper()
	c.fails = context.DeadlineExceeded
	s, err := k.Of(t.Context(), "h-1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, desk.UsualSettings(), s, "a page is shown none the less")
	require.ErrorIs(t, k.Change(t.Context(), "h-1", func(*desk.Settings) error { return nil }), context.DeadlineExceeded)
	c.fails = nil
	set(t, k, func(s *desk.Settings) { s.Sound = true })
	assert.True(t, of(t, k, "h-1").Sound, "what couldn't be read isn't held")
}
