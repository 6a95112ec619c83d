package desk_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/desk"
)

// R29: the table itself must hold to what it asks of users.
func TestTheTableOfKeysHasNoConflict(t *testing.T) {
	keys, err := desk.KeyChanges{}.Keymap()
	require.NoError(t, err)
	assert.Equal(t, "process", keys["e"])
	assert.Equal(t, "escalate", keys["E"])
	assert.Equal(t, "next", keys["ArrowDown"])
	assert.Equal(t, "go-escalated", keys["g e"])
	ids := map[string]bool{}
	for _, c := range desk.Commands {
		assert.False(t, ids[c.ID], "%s stands twice", c.ID)
		ids[c.ID] = true
	}
}

// R29: each key can be switched off, or be another.
func TestKeysCanBeChanged(t *testing.T) {
	for _, c := range desk.Commands {
		keys, err := desk.KeyChanges{c.ID: ""}.Keymap()
		require.NoError(t, err, c.ID)
		if c.Key != "" {
			assert.NotContains(t, keys, c.Key, "%s is switched off", c.ID)
		}
		for _, fixed := range c.Fixed {
			assert.Equal(t, c.ID, keys[fixed], "%s stays", fixed)
		}
		keys, err = desk.KeyChanges{c.ID: "é"}.Keymap()
		require.NoError(t, err, c.ID)
		assert.Equal(t, c.ID, keys["é"])
	}
	keys, err := desk.KeyChanges{"process": "k", "previous": "e"}.Keymap()
	require.NoError(t, err, "two commands may swap their keys")
	assert.Equal(t, []string{"process", "previous"}, []string{keys["k"], keys["e"]})
}

func TestKeysThatCannotBe(t *testing.T) {
	for name, tt := range map[string]struct {
		changes desk.KeyChanges
		kind    error
		between []string
	}{
		"another command's":            {desk.KeyChanges{"process": "j"}, desk.ErrKeyTaken, []string{"process", "next"}},
		"two changes to one key":       {desk.KeyChanges{"process": "q", "note": "q"}, desk.ErrKeyTaken, []string{"process", "note"}},
		"the first of two keys":        {desk.KeyChanges{"process": "g"}, desk.ErrKeyTaken, nil},
		"two of which the first is":    {desk.KeyChanges{"process": "j o"}, desk.ErrKeyTaken, []string{"process", "next"}},
		"the same two keys":            {desk.KeyChanges{"process": "g o"}, desk.ErrKeyTaken, []string{"process", "go-open"}},
		"a word":                       {desk.KeyChanges{"process": "ee"}, desk.ErrNoKey, nil},
		"three keys":                   {desk.KeyChanges{"process": "a b c"}, desk.ErrNoKey, nil},
		"a blank":                      {desk.KeyChanges{"process": " "}, desk.ErrNoKey, nil},
		"a key that isn't a character": {desk.KeyChanges{"process": "Escape"}, desk.ErrNoKey, nil},
		"no text at all":               {desk.KeyChanges{"process": "\xff"}, desk.ErrNoKey, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.changes.Keymap()
			var conflict *desk.KeyError
			require.ErrorAs(t, err, &conflict)
			require.ErrorIs(t, err, tt.kind)
			if tt.between != nil {
				got := []string{conflict.Command, conflict.Other}
				slices.Sort(got)
				slices.Sort(tt.between)
				assert.Equal(t, tt.between, got)
			}
		})
	}
}

// R29: it is a change that is in the way, never what the table has; all are named.
func TestEveryProblemIsNamedAtWhatWasChanged(t *testing.T) {
	problems := desk.KeyChanges{"next": "e", "note": "ee", "undo": "E", "select": "e"}.Problems()
	assert.Len(t, problems, 4)
	for command, other := range map[string]string{"next": "process", "note": "", "undo": "escalate", "select": "process"} {
		if assert.Contains(t, problems, command) {
			assert.Equal(t, other, problems[command].Other, command)
		}
	}
	assert.Empty(t, desk.KeyChanges{"next": "e", "process": "j"}.Problems())
}
