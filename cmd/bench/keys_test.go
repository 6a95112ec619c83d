package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a page noted: three keys, of which the second was too quick to be told of
// and the third, which isn't measured, slow.
const notedByPage = `{
	"presses": [
		{"label": "j", "at": 100.4, "alert": ""},
		{"label": "j", "at": 300, "alert": ""},
		{"label": "", "at": 400, "alert": ""},
		{"label": "e", "at": 500.1, "alert": "a"},
		{"label": "e", "at": 600, "alert": "never confirmed"}
	],
	"events": [
		{"name": "keydown", "at": 100.4, "took": 48, "interaction": 1},
		{"name": "keyup", "at": 110, "took": 64, "interaction": 1},
		{"name": "keydown", "at": 400, "took": 240, "interaction": 2},
		{"name": "keydown", "at": 500.1, "took": 32, "interaction": 3}
	],
	"confirmed": {"a": 620.1}
}`

func TestWhatAPageNoted(t *testing.T) {
	var w noted
	require.NoError(t, json.Unmarshal([]byte(notedByPage), &w))
	assert.Equal(t, samples{48 * time.Millisecond, 16 * time.Millisecond}, w.toPaint("j"))
	assert.Equal(t, samples{32 * time.Millisecond, 16 * time.Millisecond}, w.toPaint("e"))
	assert.Empty(t, w.toPaint("x"))
	confirmed := w.toConfirmed("e")
	require.Len(t, confirmed, 1)
	assert.InDelta(t, float64(120*time.Millisecond), float64(confirmed[0]), float64(time.Microsecond))
	assert.Equal(t, 240*time.Millisecond, w.interactionToNextPaint(), "also of what isn't measured by itself")

	// Of more than fifty, the longest one doesn't count.
	for range 50 {
		w.Presses = append(w.Presses, w.Presses[0])
	}
	assert.Equal(t, 64*time.Millisecond, w.interactionToNextPaint(), "a key's going up counts, too")
	assert.Equal(t, 16*time.Millisecond, noted{}.interactionToNextPaint())
}
