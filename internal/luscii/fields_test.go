package luscii

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whichever way a string is read, it says what JSON says.
func TestTextOfIsWhatJSONSays(t *testing.T) {
	for _, raw := range []string{
		`"plain"`, ` "blanks around" `, `""`, `"tab\tand \u00e9"`, `"a \"quote\""`, `"Zoë"`, "\"not UTF-8: \xff\"", `"\ud800"`,
	} {
		var want string
		require.NoError(t, json.Unmarshal([]byte(raw), &want))
		assert.Equal(t, want, textOf(json.RawMessage(raw)), raw)
	}
	assert.Equal(t, "246", textOf(json.RawMessage(` 246 `)))
	assert.Empty(t, textOf(json.RawMessage(`null`)))
}
