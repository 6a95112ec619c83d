package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"triageboard/internal/triage"
)

// Settings is how one user wants the board.
type Settings struct {
	Language    string        `json:"language,omitempty"` // of the catalogues; empty: as the browser asks
	Theme       Theme         `json:"theme,omitempty"`
	Density     Density       `json:"density,omitempty"`
	AutoAdvance bool          `json:"auto_advance"`           // after an action the next alert is focused (R35)
	Sound       bool          `json:"sound,omitempty"`        // a tone when new reds arrive (R4)
	DefaultView triage.Status `json:"default_view,omitempty"` // what the board opens with; empty: as the role has it
	Keys        KeyChanges    `json:"keys,omitempty"`         // nobody changes it once it is kept
}

// UsualSettings are those of a user who has changed none.
func UsualSettings() Settings { return Settings{AutoAdvance: true} }

// Theme is a user's choice of colours.
type Theme string

// The themes.
const (
	ThemeSystem Theme = "" // as the system has it
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

// Themes are all of them, in the order in which they are offered.
var Themes = []Theme{ThemeSystem, ThemeLight, ThemeDark}

// Density is a user's choice of how much stands on a screen.
type Density string

// The densities.
const (
	DensityNormal  Density = ""
	DensityCompact Density = "compact"
)

// Densities are all of them, in the order in which they are offered.
var Densities = []Density{DensityNormal, DensityCompact}

// check reports what can't be. Which languages there are is the catalogues' to
// say. Errors: *triage.InvalidError, *KeyError.
func (s Settings) check() error {
	switch {
	case !slices.Contains(Themes, s.Theme):
		return &triage.InvalidError{Field: "theme", Reason: "invalid.setting"}
	case !slices.Contains(Densities, s.Density):
		return &triage.InvalidError{Field: "density", Reason: "invalid.setting"}
	case s.DefaultView != "" && !s.DefaultView.Known():
		return &triage.InvalidError{Field: "view", Reason: "invalid.setting"}
	}
	_, err := s.Keys.Keymap()
	return err
}

// SealedSettings are a user's settings as they are stored. Version grows by one
// with every change; zero is none yet.
type SealedSettings struct {
	User    triage.HCPID
	Version int64
	Sealed  []byte
}

// SettingsStore keeps sealed settings, one for each user.
type SettingsStore interface {
	// Settings has the version zero where there are none.
	Settings(ctx context.Context, user triage.HCPID) (SealedSettings, error)
	// PutSettings keeps s in place of the version before it; false when that isn't
	// the one that is kept.
	PutSettings(ctx context.Context, s SealedSettings) (bool, error)
}

// tries is how often a change is made anew because another one was faster. A
// user changes settings by hand, in a few tabs at most.
const tries = 10

// SettingsKeeper keeps users' settings. Those in use are held in memory, one for
// each professional at most, so that a page reads no storage for them: it must be
// the only one that writes to its store.
type SettingsKeeper struct {
	store  SettingsStore
	sealer Sealer
	log    *slog.Logger

	mu   sync.RWMutex
	held map[triage.HCPID]heldSettings
}

type heldSettings struct {
	Settings
	version int64
}

// NewSettingsKeeper makes a SettingsKeeper over a store.
func NewSettingsKeeper(store SettingsStore, sealer Sealer, log *slog.Logger) *SettingsKeeper {
	return &SettingsKeeper{store: store, sealer: sealer, log: log, held: map[triage.HCPID]heldSettings{}}
}

// Of is the user's settings. Those that can't be opened any more, after a change
// of the sealing keys, count as none.
func (k *SettingsKeeper) Of(ctx context.Context, user triage.HCPID) (Settings, error) {
	k.mu.RLock()
	held, ok := k.held[user]
	k.mu.RUnlock()
	if ok {
		return held.Settings, nil
	}
	held, err := k.read(ctx, user)
	if err != nil {
		return UsualSettings(), err
	}
	return k.hold(user, held), nil
}

// Change changes the user's settings. It gives what is kept at that moment to
// change, a map of keys included, and again if another change was faster, so that
// none loses what another one set. Errors: those of change, after which all stays as it was;
// *triage.InvalidError and *KeyError for what can't be.
func (k *SettingsKeeper) Change(ctx context.Context, user triage.HCPID, change func(*Settings) error) error {
	for range tries {
		held, err := k.read(ctx, user)
		if err != nil {
			return err
		}
		if held.Keys = maps.Clone(held.Keys); held.Keys == nil {
			held.Keys = KeyChanges{}
		}
		if err := change(&held.Settings); err != nil {
			return err
		}
		if err := held.check(); err != nil {
			return err
		}
		held.version++
		plain, err := json.Marshal(held.Settings)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		sealed := SealedSettings{User: user, Version: held.version, Sealed: k.sealer.Seal(plain, SettingsPurpose(user))}
		kept, err := k.store.PutSettings(ctx, sealed)
		if err != nil {
			return fmt.Errorf("keep settings: %w", err)
		}
		if kept {
			k.hold(user, held)
			return nil
		}
	}
	return fmt.Errorf("keep settings: others changed them %d times meanwhile", tries)
}

// hold holds what was read or kept, unless something newer is: it answers that.
func (k *SettingsKeeper) hold(user triage.HCPID, s heldSettings) Settings {
	k.mu.Lock()
	defer k.mu.Unlock()
	if newer, ok := k.held[user]; ok && newer.version > s.version {
		return newer.Settings
	}
	k.held[user] = s
	return s.Settings
}

// read is what is stored. What an older or newer version of the program kept is
// brought in line with this one's table of keys.
func (k *SettingsKeeper) read(ctx context.Context, user triage.HCPID) (heldSettings, error) {
	usual := heldSettings{Settings: UsualSettings()}
	kept, err := k.store.Settings(ctx, user)
	if err != nil {
		return usual, fmt.Errorf("read settings: %w", err)
	}
	usual.version = kept.Version
	if kept.Version == 0 {
		return usual, nil
	}
	found := usual
	plain, err := k.sealer.Open(kept.Sealed, SettingsPurpose(user))
	if err == nil {
		err = json.Unmarshal(plain, &found.Settings)
	}
	if err == nil {
		found.Keys = found.Keys.mended()
		err = found.check()
	}
	if err != nil {
		k.log.Warn("a user's settings can't be read and count as none", slog.Any("error", err))
		return usual, nil
	}
	return found, nil
}

// SettingsPurpose is what settings are sealed for. It names the user, so that settings moved to another row won't open.
func SettingsPurpose(user triage.HCPID) string { return "settings of " + string(user) }
