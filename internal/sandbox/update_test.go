package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// history are an alert's records.
func (c caller) history(id string) []object {
	c.t.Helper()
	return c.as(c.s.ServiceKey()).get("/v1/alerts/" + id + "/information?perPage=200").rows(c.t)
}

// fresh is an alert that just arrived, at the clock's time.
func (c caller) fresh(at time.Time) string {
	c.t.Helper()
	known := map[uuid]bool{}
	for id := range c.s.store.byID {
		known[id] = true
	}
	require.NoError(c.t, c.s.arrive(at))
	for id := range c.s.store.byID {
		if !known[id] {
			return id.String()
		}
	}
	require.Fail(c.t, "nothing arrived")
	return ""
}

func TestUpdateEffects(t *testing.T) {
	clock := &clock{epoch}
	o := few()
	o.Now = clock.read
	c := start(t, o)
	admin, who := c.persona("HC_ADMIN")
	id := c.fresh(epoch)
	created := "2026-03-18T14:30:00Z"
	put := func(body string) object {
		clock.advance(10 * time.Minute)
		return admin.put(id, body).data(t)
	}
	assertState := func(a object, status string, processedAt, escalatedAt any) {
		t.Helper()
		by := func(at any) any {
			if at == nil {
				return nil
			}
			return who.ID
		}
		assert.Equal(t, status, a["status"])
		assert.Equal(t, processedAt, a["processedAt"])
		assert.Equal(t, by(processedAt), a["processedBy"])
		assert.Equal(t, escalatedAt, a["escalatedAt"])
		assert.Equal(t, by(escalatedAt), a["escalatedBy"])
		assert.Equal(t, created, a["createdAt"])
		assert.Equal(t, clock.now.Format(time.RFC3339), a["updatedAt"])
		assert.Equal(t, []object{a}, c.alerts(having("id", id)), "the listing shows the same")
	}

	a := put(`{"status":"processed","category":"called_patient","additionalInfo":"Gebeld.","unknown":[1]}`)
	assertState(a, "processed", "2026-03-18T14:40:00Z", nil)
	a = put(`{"status":"open"}`)
	assertState(a, "open", nil, nil)
	a = put(`{"status":"escalated","category":null,"additionalInfo":"Graag meekijken."}`)
	assertState(a, "escalated", nil, "2026-03-18T15:00:00Z")
	a = put(`{"status":"processed","category":"","additionalInfo":""}`)
	assertState(a, "processed", "2026-03-18T15:10:00Z", "2026-03-18T15:00:00Z")
	a = put(`{"status":"processed","additionalInfo":"Nog een noot."}`)
	assertState(a, "processed", "2026-03-18T15:20:00Z", "2026-03-18T15:00:00Z")
	a = put(`{"status":"escalated"}`)
	assertState(a, "escalated", nil, "2026-03-18T15:30:00Z")
	a = put(`{"status":"open"}`)
	assertState(a, "open", nil, "2026-03-18T15:30:00Z")

	record := func(at, action string, category, note any) object {
		return object{
			"alertId": id, "action": action, "category": category, "additionalInfo": note,
			"actionSource": "alerts_page", "createdAt": at, "updatedAt": at,
		}
	}
	assert.ElementsMatch(t, []object{
		record("2026-03-18T14:40:00Z", "process", "called_patient", "Gebeld."),
		record("2026-03-18T14:50:00Z", "reopen", nil, nil),
		record("2026-03-18T15:00:00Z", "escalate", nil, "Graag meekijken."),
		record("2026-03-18T15:10:00Z", "process", nil, nil),
		record("2026-03-18T15:20:00Z", "process", nil, "Nog een noot."),
		record("2026-03-18T15:30:00Z", "escalate", nil, nil),
		record("2026-03-18T15:40:00Z", "reopen", nil, nil),
	}, c.history(id))
}

func TestUpdateChangesNothingElse(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	before := c.all("/v1/alerts", nil)
	after := admin.put(id, `{"status":"processed"}`).data(t)
	for _, a := range before {
		if a["id"] == id {
			for _, field := range []string{"status", "processedAt", "processedBy", "updatedAt"} {
				a[field] = after[field]
			}
		}
	}
	assert.Equal(t, before, c.all("/v1/alerts", nil))
}

func TestUpdatedAtMovesForwardStrictly(t *testing.T) {
	clock := &clock{epoch}
	o := few()
	o.Now = clock.read
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	id := c.fresh(epoch)
	last := "2026-03-18T14:30:00Z"
	for i := range 5 {
		if i == 3 {
			clock.advance(-time.Hour) // a clock set back
		}
		next := admin.put(id, `{"status":"processed"}`).data(t)["updatedAt"].(string)
		assert.Greater(t, next, last)
		last = next
	}
}

func TestUpdateValidation(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	before := c.alerts(having("id", id))
	note := func(length int) string {
		body, err := json.Marshal(map[string]string{"status": "open", "additionalInfo": strings.Repeat("é", length)})
		require.NoError(t, err)
		return string(body)
	}
	for name, test := range map[string]struct {
		body      string
		status    int
		code      string
		attribute string
	}{
		"no status":            {`{}`, 422, "validation", "status"},
		"null status":          {`{"status":null}`, 422, "validation", "status"},
		"unknown status":       {`{"status":"closed"}`, 422, "validation", "status"},
		"status in capitals":   {`{"status":"OPEN"}`, 422, "validation", "status"},
		"field in capitals":    {`{"Status":"open"}`, 422, "validation", "status"},
		"status no text":       {`{"status":1}`, 422, "validation", "status"},
		"category no text":     {`{"status":"open","category":{}}`, 422, "validation", "category"},
		"note no text":         {`{"status":"open","additionalInfo":false}`, 422, "validation", "additionalInfo"},
		"note of 10,001":       {note(10_001), 422, "validation", "additionalInfo"},
		"empty":                {``, 400, "malformed_body", ""},
		"broken":               {`{"status":"open"`, 400, "malformed_body", ""},
		"more than one value":  {`{"status":"open"}{}`, 400, "malformed_body", ""},
		"a list":               {`["open"]`, 400, "malformed_body", ""},
		"null":                 {`null`, 400, "malformed_body", ""},
		"a form":               {`status=open`, 400, "malformed_body", ""},
		"larger than sensible": {`{"status":"open"}` + strings.Repeat(" ", maxBody), 400, "malformed_body", ""},
	} {
		t.Run(name, func(t *testing.T) {
			admin.put(id, test.body).refused(t, test.status, test.code, test.attribute)
		})
	}
	assert.Equal(t, before, c.alerts(having("id", id)), "nothing was changed")

	assert.Equal(t, http.StatusOK, admin.put(id, note(10_000)).status, "10,000 characters, not bytes")
	records := c.history(id)
	assert.Equal(t, strings.Repeat("é", 10_000), records[len(records)-1]["additionalInfo"])
}

func TestHistoryIsPaged(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.fresh(epoch)
	for range 7 {
		require.Equal(t, http.StatusOK, admin.put(id, `{"status":"processed"}`).status)
	}
	path := "/v1/alerts/" + id + "/information"
	forward, back := readBothWays(t, c, http.MethodGet, path, "createdAt", map[string][]string{"perPage": {"3"}})
	assert.Len(t, forward, 7)
	assert.Equal(t, forward, back)

	cursor := c.get(path+"?perPage=3").cursor(t, "nextCursor")
	c.get("/v1/alerts/"+c.an("processed", "")+"/information?cursor="+cursor).refused(t, http.StatusUnprocessableEntity, "validation", "cursor")
}
