package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
)

// R26: no cell is a formula.
func TestCSVCellsAreHarmless(t *testing.T) {
	for value, want := range map[string]string{
		"=1+1": "'=1+1", "+31": "'+31", "-x": "'-x", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx", "-1.5": "-1.5", "plain": "plain", "": "", " =1+1": "' =1+1", "＝1": "'＝1", "\u00a0@a": "'\u00a0@a", " plain": " plain", "a,\"b": "a,\"b",
	} {
		e := event(1)
		e.User = value
		records, _, err := newChain(t).Link(audit.Head{}, e)
		require.NoError(t, err)
		var out bytes.Buffer
		n, err := audit.WriteCSV(&out, each(records))
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		table, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Len(t, table, 2)
		assert.Equal(t, want, table[1][4])
		assert.Equal(t, "user", table[0][4])
		assert.Equal(t, "a-1", table[1][10])
	}
}

// What was exported holds everything that verifying needs.
func TestNDJSONKeepsTheRecordAsItIs(t *testing.T) {
	records, _ := linked(t, newChain(t), 3)
	var out bytes.Buffer
	n, err := audit.WriteNDJSON(&out, each(records))
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var got struct {
			Key, Prev, Hash string
			Record          json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		assert.Equal(t, string(records[i].Body), string(got.Record))
		assert.Equal(t, records[i].Hash.String(), got.Hash)
		assert.Equal(t, records[i].Prev.String(), got.Prev)
		assert.Equal(t, records[i].Key, got.Key)
	}
}
