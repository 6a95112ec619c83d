package sandbox

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFaultsAsText(t *testing.T) {
	for text, want := range map[string]Faults{
		"": {},
		"latency=200ms,errors=0.2,malformed=0.05": {Latency: 200 * time.Millisecond, Errors: 0.2, Malformed: 0.05},
		" latency=1s , jitter=50ms,only=reads":    {Latency: time.Second, Jitter: 50 * time.Millisecond, Only: ScopeReads},
		"down":                                    {Down: true},
		"down=true,only=writes":                   {Down: true, Only: ScopeWrites},
		"refused,only=reads":                      {Refused: true, Only: ScopeReads},
		"inactive":                                {Inactive: true},
		"forbidden":                               {Forbidden: true},
		"errors=1,malformed=0,down=false,latency=0s,": {Errors: 1},
		"limited=0.1,retry-after=5s,html=0.2,drop-before=0.3,drop-after=0.4,only=alerts": {
			Limited: 0.1, RetryAfter: 5 * time.Second, HTML: 0.2, DropBefore: 0.3, DropAfter: 0.4, Only: ScopeAlerts,
		},
		"late=1,late-hold=1m,late-by=30s":                  {Late: 1, LateHold: time.Minute, LateBy: 30 * time.Second},
		"truncated=0.1,endless=0.2,slow=0.3,slow-rate=100": {Truncated: 0.1, Endless: 0.2, Slow: 0.3, SlowRate: 100},
		"shift=3,duplicates=2,cursor-ttl=30s,cursor-uses=1,cursor-repeat=0.1,unknown=0.05": {
			Shift: 3, Duplicates: 2, CursorTTL: 30 * time.Second, CursorUses: 1, CursorRepeat: 0.1, Unknown: 0.05,
		},
		"skew=-1h,others=2/m": {Skew: -time.Hour, Others: Rate{2, time.Minute}},
	} {
		var f Faults
		require.NoError(t, f.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, f, text)

		var again Faults
		require.NoError(t, again.UnmarshalText([]byte(f.String())))
		assert.Equal(t, want, again)

		data, err := json.Marshal(f)
		require.NoError(t, err)
		again = Faults{Errors: 0.7}
		require.NoError(t, json.Unmarshal(data, &again))
		assert.Equal(t, want, again)
	}
	for _, text := range []string{
		"latency", "latency=", "latency=5", "latency=-1s", "errors=1.1", "errors=-0.1", "errors=NaN", "malformed=x", "down=maybe", "only=puts",
		"colour=red", "=1", "errors=0.1,errors=0.2", "late-by=31s", "late-hold=2m", "skew=-9000h", "retry-after=-1s", "slow=0.1", "slow-rate=-1",
		"shift=1.5", "duplicates=-1", "cursor-uses=x", "others=often", "others=1001/s",
	} {
		f := Faults{Down: true}
		assert.Error(t, f.UnmarshalText([]byte(text)), text)
		assert.Equal(t, Faults{Down: true}, f, "left as they were")
	}
}

func (c caller) set(body string) answer {
	c.t.Helper()
	return c.as("").call(http.MethodPost, "/sandbox/faults", body)
}

func TestControl(t *testing.T) {
	o := few()
	o.Faults, o.Arrivals = Faults{Latency: time.Millisecond}, Rate{3, time.Minute}
	c := start(t, o)
	shown := func() string { return string(c.as("").get("/sandbox/faults").raw) }
	assert.JSONEq(t, inForce(t, object{"latency": "1ms", "arrivals": "3/m"}), shown())

	want := inForce(t, object{"jitter": "2ms", "errors": 0.5, "only": "writes", "skew": "-1m0s", "others": "2/m", "shift": 3, "arrivals": "10/s"})
	a := c.set(`{"jitter":"2ms","errors":0.5,"only":"writes","skew":"-1m","others":"2/m","shift":3,"arrivals":"10/s"}`)
	assert.Equal(t, http.StatusOK, a.status)
	assert.JSONEq(t, want, string(a.raw), "what isn't named is off")
	assert.JSONEq(t, want, shown())

	for _, body := range []string{`{"errors":2}`, `{"colour":"red"}`, `{"only":"puts"}`, `{"latency":200}`, `{"down":null}`, `{"slow":1}`, `{"late":1,"late-by":"31s"}`} {
		c.set(body).refused(t, http.StatusUnprocessableEntity, "validation", "faults")
	}
	c.set(`{"errors":0,"arrivals":"often"}`).refused(t, http.StatusUnprocessableEntity, "validation", "arrivals")
	for _, body := range []string{``, `[]`, `{`} {
		c.set(body).refused(t, http.StatusBadRequest, "malformed_body", "")
	}
	assert.JSONEq(t, want, shown(), "a refused setting changes nothing")

	c.set(want)
	assert.JSONEq(t, want, shown(), "what is shown can be set")
	c.set(`{}`)
	assert.JSONEq(t, inForce(t, object{"arrivals": "10/s"}), shown())
}

// inForce is what the control shows: all faults off, but for these.
func inForce(t *testing.T, but object) string {
	t.Helper()
	all := object{
		"only": "", "latency": "0s", "jitter": "0s", "down": false, "refused": false, "inactive": false, "forbidden": false,
		"errors": 0, "limited": 0, "retry-after": "0s", "html": 0, "drop-before": 0,
		"late": 0, "late-hold": "0s", "late-by": "0s", "drop-after": 0, "malformed": 0, "truncated": 0, "endless": 0, "slow": 0, "slow-rate": 0,
		"shift": 0, "duplicates": 0, "cursor-ttl": "0s", "cursor-uses": 0, "cursor-repeat": 0, "unknown": 0, "skew": "0s", "others": "0",
	}
	maps.Copy(all, but)
	data, err := json.Marshal(all)
	require.NoError(t, err)
	return string(data)
}

func TestDown(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	before := state(c.s)

	c.set(`{"down":true}`)
	c.get("/v1/alerts").refused(t, http.StatusServiceUnavailable, "unavailable", "")
	c.as("").get("/v1/alerts").refused(t, http.StatusServiceUnavailable, "unavailable", "")
	admin.put(id, `{"status":"processed"}`).refused(t, http.StatusServiceUnavailable, "unavailable", "")
	assert.Equal(t, before, state(c.s))

	c.set(`{"down":true,"only":"writes"}`)
	assert.Equal(t, http.StatusOK, c.get("/v1/alerts").status)
	assert.Equal(t, http.StatusOK, c.call(http.MethodPost, "/v1/export/hcps", "").status, "an export is a read")
	admin.put(id, `{"status":"processed"}`).refused(t, http.StatusServiceUnavailable, "unavailable", "")

	c.set(`{"down":true,"only":"reads"}`)
	c.get("/v1/alerts").refused(t, http.StatusServiceUnavailable, "unavailable", "")
	assert.Equal(t, http.StatusOK, admin.put(id, `{"status":"processed"}`).status)

	c.set(`{}`)
	assert.Equal(t, http.StatusOK, c.get("/v1/alerts").status)
}

// A key that worked a moment ago is refused, in each of the forms Luscii knows.
func TestRefusedKey(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	before := state(c.s)
	for fault, want := range map[string]struct {
		status int
		code   string
	}{
		"refused":   {http.StatusUnauthorized, "unauthenticated"},
		"inactive":  {http.StatusForbidden, "account_inactive"},
		"forbidden": {http.StatusForbidden, "forbidden"},
	} {
		c.set(`{"` + fault + `":true}`)
		c.get("/v1/alerts").refused(t, want.status, want.code, "")
		admin.put(id, `{"status":"processed"}`).refused(t, want.status, want.code, "")
		assert.Equal(t, before, state(c.s))

		c.set(`{"` + fault + `":true,"only":"writes"}`)
		assert.Equal(t, http.StatusOK, c.get("/v1/alerts").status)
	}
}

func TestErrorsComeInTheirShareAndDoNothing(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	meet := func(body string) map[int]int {
		c.set(body)
		statuses := map[int]int{}
		for range 400 {
			statuses[c.get("/v1/patients?perPage=1").status]++
		}
		return statuses
	}
	first := meet(`{"errors":0.2}`)
	assert.InDelta(t, 320, first[200], 40)
	assert.Greater(t, first[500], 15)
	assert.Greater(t, first[503], 15)
	assert.Equal(t, 400, first[200]+first[500]+first[503])
	assert.Equal(t, first, meet(`{"errors":0.2}`), "the same requests meet the same fate")

	c.set(`{"errors":1}`)
	before := state(c.s)
	assert.GreaterOrEqual(t, admin.put(id, `{"status":"processed"}`).status, 500)
	assert.Equal(t, before, state(c.s))
}

func TestMalformedAnswersAreCutButDone(t *testing.T) {
	c := start(t, few())
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	whole := c.get("/v1/alerts?perPage=2").raw

	c.set(`{"malformed":1}`)
	a := c.get("/v1/alerts?perPage=2")
	assert.Equal(t, http.StatusOK, a.status)
	assert.False(t, json.Valid(a.raw))
	assert.True(t, strings.HasPrefix(string(whole), string(a.raw)))
	for _, path := range []string{"/v1/alerts?startDate=1999-01-01&endDate=1999-01-01", "/v1/nothing"} {
		a = c.get(path)
		assert.Equal(t, http.StatusOK, a.status)
		assert.False(t, json.Valid(a.raw), "%s", a.raw)
	}
	a = admin.put(id, `{"status":"processed"}`)
	assert.False(t, json.Valid(a.raw))
	c.set(`{}`)
	assert.Equal(t, "processed", c.alerts(having("id", id))[0]["status"])

	c.set(`{"malformed":0.5}`)
	broken := 0
	for range 200 {
		if !json.Valid(c.get("/v1/patients?perPage=1").raw) {
			broken++
		}
	}
	assert.InDelta(t, 100, broken, 30)
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := few()
		o.Faults = Faults{Latency: 200 * time.Millisecond, Jitter: 100 * time.Millisecond}
		s, err := New(o)
		require.NoError(t, err)
		handler := s.Handler()
		took := func(ctx context.Context, path string) time.Duration {
			request := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx)
			request.Header.Set("Authorization", "Bearer "+s.ServiceKey())
			begin := time.Now()
			handler.ServeHTTP(httptest.NewRecorder(), request)
			return time.Since(begin)
		}
		times := map[time.Duration]bool{}
		for range 20 {
			d := took(t.Context(), "/v1/patients?perPage=1")
			times[d] = true
			assert.GreaterOrEqual(t, d, 200*time.Millisecond)
			assert.Less(t, d, 300*time.Millisecond)
		}
		assert.Greater(t, len(times), 10, "jittered")
		assert.Zero(t, took(t.Context(), "/sandbox/faults"), "the controls have no faults")

		gone, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		assert.Equal(t, 50*time.Millisecond, took(gone, "/v1/patients"), "a client that gave up isn't waited for")
	})
}

func TestFaultsAndChangesAreSafeTogether(t *testing.T) {
	o := small(t)
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	id := c.an("open", "")
	done := make(chan struct{})
	for _, work := range []func(){
		func() {
			c.set(`{"errors":0.1,"malformed":0.1,"jitter":"1ms","cursor-uses":1,"unknown":0.1,"skew":"1s"}`)
		},
		func() { c.get("/v1/alerts?perPage=200") },
		func() { admin.put(id, `{"status":"processed"}`) },
		func() { assert.NoError(t, c.s.arrive(epoch)) },
		func() { c.call(http.MethodPost, "/v1/export/hcps", "") },
		func() { c.get("/v1/alerts/" + id + "/information") },
		func() { c.changes("") },
		func() { assert.NoError(t, c.s.actAsColleague(t.Context(), seed(1).stream("test"))) },
	} {
		go func() {
			for range 15 {
				work()
			}
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	assert.Equal(t, state(c.s), state(reopen(t, o)), "the journal tells the same story")
}
