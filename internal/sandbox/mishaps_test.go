package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimited(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	before := state(c.s)
	for setting, want := range map[string]string{
		`{"limited":1}`:                          "",
		`{"limited":1,"retry-after":"5s"}`:       "5",
		`{"limited":1,"retry-after":"1m0.001s"}`: "61",
	} {
		c.set(setting)
		for _, a := range []answer{c.get("/v1/alerts"), admin.put(c.an("open", ""), `{"status":"processed"}`)} {
			a.refused(t, http.StatusTooManyRequests, "too_many_requests", "")
			assert.Equal(t, want, a.header.Get("Retry-After"))
		}
	}
	assert.Equal(t, before, state(c.s))
}

func TestHTML(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	before := state(c.s)
	c.set(`{"html":1}`)
	statuses := map[int]bool{}
	for range 20 {
		for _, a := range []answer{c.get("/v1/alerts"), admin.put(c.an("open", ""), `{"status":"processed"}`)} {
			statuses[a.status] = true
			assert.Equal(t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
			assert.True(t, strings.HasPrefix(string(a.raw), "<!DOCTYPE html>"), "%s", a.raw)
		}
	}
	assert.Equal(t, map[int]bool{http.StatusOK: true, http.StatusBadGateway: true}, statuses)
	assert.Equal(t, before, state(c.s))
}

func TestDropped(t *testing.T) {
	c := start(t, few())
	admin, who := c.persona("HC_ADMIN")
	id := c.an("open", "")
	drop := func(faults string) {
		t.Helper()
		c.set(faults)
		_, err := admin.try(t.Context(), http.MethodPut, "/v1/alerts/"+id, `{"status":"processed","additionalInfo":"Gebeld."}`)
		require.Error(t, err, "there is no answer")
		_, err = c.try(t.Context(), http.MethodGet, "/v1/alerts", "")
		require.Error(t, err)
	}
	before := state(c.s)
	drop(`{"drop-before":1}`)
	assert.Equal(t, before, state(c.s), "nothing was done")
	assert.Empty(t, c.changes(""))

	drop(`{"drop-after":1}`)
	c.set(`{}`)
	assert.Equal(t, "processed", c.alerts(having("id", id))[0]["status"], "it was done")
	changes := c.changes("")
	require.Len(t, changes, 1, "once")
	assert.Equal(t, object{
		"user": who.ID, "alert": id, "status": "processed", "category": nil, "additionalInfo": "Gebeld.",
	}, changes[0]["change"])
}

func TestTruncated(t *testing.T) {
	c := start(t, few())
	whole := c.get("/v1/alerts?perPage=10").raw
	c.set(`{"truncated":1}`)
	announced, closed := 0, 0
	for range 30 {
		response, err := c.open(t.Context(), http.MethodGet, "/v1/alerts?perPage=10", "")
		require.NoError(t, err)
		part, err := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
		assert.Equal(t, string(whole[:len(whole)/2]), string(part))
		if response.ContentLength < 0 {
			closed++
			assert.NoError(t, err, "the end of the connection is the end of the body")
		} else {
			announced++
			assert.EqualValues(t, len(whole), response.ContentLength)
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}
	}
	assert.Greater(t, announced, 5)
	assert.Greater(t, closed, 5)

	a, _ := c.try(t.Context(), http.MethodGet, "/v1/nothing", "")
	assert.Equal(t, http.StatusNotFound, a.status, "a refusal is still one")
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	_, _ = admin.try(t.Context(), http.MethodPut, "/v1/alerts/"+id, `{"status":"processed"}`)
	assert.Len(t, c.changes(""), 1, "the change was made")
}

func TestEndless(t *testing.T) {
	c := start(t, few())
	whole := c.get("/v1/alerts?perPage=10").raw
	c.set(`{"endless":1}`)
	response, err := c.open(t.Context(), http.MethodGet, "/v1/alerts?perPage=10", "")
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Negative(t, response.ContentLength)
	const much = 5 << 20
	body, err := io.ReadAll(io.LimitReader(response.Body, much))
	require.NoError(t, err)
	require.Len(t, body, much)
	assert.Equal(t, string(whole), strings.TrimRight(string(body), " ")+"}", "JSON that lacks its end alone")
	assert.False(t, json.Valid(body))
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, inBubble())
		whole := c.get("/v1/alerts?perPage=20").raw
		for _, rate := range []int{7, 1000, 50_000} {
			c.set(fmt.Sprintf(`{"slow":1,"slow-rate":%d}`, rate))
			begin := time.Now()
			response, err := c.open(t.Context(), http.MethodGet, "/v1/alerts?perPage=20", "")
			require.NoError(t, err)
			half, err := io.ReadAll(io.LimitReader(response.Body, int64(len(whole)/2)))
			require.NoError(t, err)
			atHalf := time.Since(begin)
			rest, err := io.ReadAll(response.Body)
			require.NoError(t, err, "longer than the server's own deadline")
			require.NoError(t, response.Body.Close())
			assert.Equal(t, string(whole), string(half)+string(rest))
			want := time.Duration(float64(len(whole)) / float64(rate) * float64(time.Second))
			assert.InDelta(t, want.Seconds(), time.Since(begin).Seconds(), 0.2, "at %d bytes a second", rate)
			assert.InDelta(t, (want / 2).Seconds(), atHalf.Seconds(), 0.3, "evenly")
		}

		c.set(`{"slow":1,"slow-rate":100}`)
		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a, err := c.try(gone, http.MethodGet, "/v1/alerts?perPage=20", "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, http.StatusOK, a.status)
	})
}

func TestOneMishapDoesNotShiftAnother(t *testing.T) {
	c := start(t, few())
	limited := func(faults string) []bool {
		c.set(faults)
		var list []bool
		for range 100 {
			list = append(list, c.get("/v1/patients?perPage=1").status == http.StatusTooManyRequests)
		}
		return list
	}
	alone := limited(`{"limited":0.3}`)
	assert.Contains(t, alone, true)
	assert.Contains(t, alone, false)
	assert.Equal(t, alone, limited(`{"limited":0.3,"malformed":0.4,"jitter":"1ms","shift":2,"cursor-repeat":0.5}`))
}

func TestFaultsOfOnePath(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	patient := c.get("/v1/patients?perPage=1").rows(t)[0]["id"].(string)
	requests := map[string]func() answer{
		"alerts":      func() answer { return c.get("/v1/alerts") },
		"information": func() answer { return c.get("/v1/alerts/" + id + "/information") },
		"patients":    func() answer { return c.get("/v1/patients") },
		"patient":     func() answer { return c.get("/v1/patients/" + patient) },
		"exports":     func() answer { return c.call(http.MethodPost, "/v1/export/hcps", "") },
		"put":         func() answer { return admin.put(id, `{"status":"open"}`) },
	}
	for only, down := range map[string]string{
		"":            "alerts information patients patient exports put",
		"reads":       "alerts information patients patient exports",
		"writes":      "put",
		"alerts":      "alerts",
		"information": "information",
		"patients":    "patients patient",
		"exports":     "exports",
	} {
		c.set(`{"down":true,"only":"` + only + `"}`)
		for name, request := range requests {
			want := http.StatusOK
			if strings.Contains(" "+down+" ", " "+name+" ") {
				want = http.StatusServiceUnavailable
			}
			assert.Equal(t, want, request().status, "%s, only %q", name, only)
		}
	}
}
