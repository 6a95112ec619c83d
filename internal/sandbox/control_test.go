package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changes are the lines of the changes since a position; empty for all.
func (c caller) changes(since string) []object {
	c.t.Helper()
	path := "/sandbox/changes"
	if since != "" {
		path += "?since=" + since
	}
	a := c.as("").get(path)
	require.Equal(c.t, http.StatusOK, a.status)
	require.Equal(c.t, "application/x-ndjson", a.header.Get("Content-Type"))
	var list []object
	for line := range bytes.Lines(a.raw) {
		var o object
		require.NoError(c.t, json.Unmarshal(line, &o))
		list = append(list, o)
	}
	return list
}

func TestChanges(t *testing.T) {
	for name, withFile := range map[string]bool{"with a state file": true, "in memory only": false} {
		t.Run(name, func(t *testing.T) {
			clock := &clock{epoch}
			o := small(t)
			o.Now = clock.read
			if !withFile {
				o.StateFile = ""
			}
			c := start(t, o)
			admin, who := c.persona("HC_ADMIN")
			viewer, _ := c.persona("HC_VIEW_ALL")
			first := c.an("open", "")
			assert.Empty(t, c.changes(""))

			viewer.put(first, `{"status":"processed"}`).refused(t, http.StatusForbidden, "forbidden", "")
			admin.put(first, `{"status":"gone"}`).refused(t, http.StatusUnprocessableEntity, "validation", "status")
			assert.Empty(t, c.changes(""), "a refusal is no change")

			clock.advance(time.Minute)
			require.Equal(t, http.StatusOK, admin.put(first, `{"status":"processed","category":"request_visit","additionalInfo":"Morgen <vroeg>."}`).status)
			second := c.fresh(clock.now)
			clock.advance(time.Minute)
			require.Equal(t, http.StatusOK, admin.put(second, `{"status":"escalated"}`).status)

			all := []object{
				{"position": 1.0, "at": "2026-03-18T14:31:00Z", "change": object{
					"user": who.ID, "alert": first, "status": "processed", "category": "request_visit", "additionalInfo": "Morgen <vroeg>.",
				}},
				{"position": 2.0, "at": "2026-03-18T14:32:00Z", "change": object{
					"user": who.ID, "alert": second, "status": "escalated", "category": nil, "additionalInfo": nil,
				}},
			}
			assert.Equal(t, all, c.changes(""), "an arrival is no change")
			assert.Equal(t, all, c.changes("0"))
			assert.Equal(t, all[1:], c.changes("1"))
			assert.Empty(t, c.changes("2"))
			assert.Empty(t, c.changes("99"))
			assert.Equal(t, "2", c.get("/sandbox/changes?since=1").header.Get("Sandbox-Position"))
			if withFile {
				again := caller{t: t, s: reopen(t, o), http: c.http}
				assert.Equal(t, c.s.store.changes(), again.s.store.changes(), "positions outlive a restart")
			}
		})
	}
}

func TestChangesAreAskedForProperly(t *testing.T) {
	c := start(t, small(t))
	for _, since := range []string{"", "-1", "x", "1.5"} {
		c.get("/sandbox/changes?since="+since).refused(t, http.StatusUnprocessableEntity, "validation", "since")
	}
	a := c.call(http.MethodPost, "/sandbox/changes", "")
	a.refused(t, http.StatusMethodNotAllowed, "method_not_allowed", "")
	assert.Equal(t, "GET", a.header.Get("Allow"))
	c.set(`{"down":true}`)
	assert.Empty(t, c.changes(""), "the controls have no faults")
}

func TestChangesThatCannotBeWrittenAreNotListed(t *testing.T) {
	c := start(t, small(t))
	admin, _ := c.persona("HC_ADMIN")
	require.NoError(t, c.s.Close())
	admin.put(c.an("open", ""), `{"status":"processed"}`).refused(t, http.StatusInternalServerError, "internal", "")
	assert.Empty(t, c.changes(""))
}

func TestMishapsAreCounted(t *testing.T) {
	c := start(t, small(t))
	assert.JSONEq(t, `{}`, string(c.get("/sandbox/mishaps").raw))
	c.set(`{"errors":1,"only":"writes"}`)
	admin, _ := c.persona("HC_ADMIN")
	admin.put(c.an("open", ""), `{"status":"processed"}`)
	c.set(`{"limited":1,"only":"alerts"}`)
	for range 2 {
		c.get("/v1/alerts")
	}
	c.get("/v1/patients")
	assert.JSONEq(t, `{"errors":1,"limited":2}`, string(c.get("/sandbox/mishaps").raw), "of all faults that ever were in force")
	c.call(http.MethodPost, "/sandbox/mishaps", "").refused(t, http.StatusMethodNotAllowed, "method_not_allowed", "")
}
