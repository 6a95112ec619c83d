package sandbox

import (
	"context"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lateCount is how many requests are still to be served late.
func (c caller) lateCount() int {
	c.t.Helper()
	n, err := strconv.Atoi(c.get("/sandbox/changes").header.Get("Sandbox-Late"))
	require.NoError(c.t, err)
	return n
}

// R46: a write may take effect long after its client gave up.
func TestLateChangeIsMadeAfterTheClientGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := inBubble()
		o.StateFile = filepath.Join(t.TempDir(), "state.ndjson")
		c := startInBubble(t, o)
		admin, who := c.persona("HC_ADMIN")
		id := c.an("open", "")
		before := state(c.s)
		c.set(`{"late":1,"late-hold":"1m","late-by":"20s"}`)
		assert.Equal(t, http.StatusOK, c.get("/v1/alerts").status, "reads are none of it")

		begin := time.Now()
		patience, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := admin.try(patience, http.MethodPut, "/v1/alerts/"+id, `{"status":"processed","category":"measure_again","additionalInfo":"Laat."}`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(begin), "held until the client gives up")

		time.Sleep(20*time.Second - time.Millisecond)
		synctest.Wait()
		assert.Equal(t, before, state(c.s))
		assert.Equal(t, 1, c.lateCount())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Zero(t, c.lateCount())
		at := begin.Add(30 * time.Second).UTC().Format(time.RFC3339)
		assert.Equal(t, []object{{"position": 1.0, "at": at, "change": object{
			"user": who.ID, "alert": id, "status": "processed", "category": "measure_again", "additionalInfo": "Laat.",
		}}}, c.changes(""))
		c.set(`{}`)
		assert.Equal(t, at, c.alerts(having("id", id))[0]["updatedAt"])
		assert.Len(t, lines(t, o.StateFile), 2, "in the journal once")
	})
}

func TestLateChangeWhoseConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, inBubble())
		admin, _ := c.persona("HC_ADMIN")
		id := c.an("open", "")
		for hold, wait := range map[string]time.Duration{"0s": 0, "1m0s": time.Minute} {
			c.set(`{"late":1,"late-hold":"` + hold + `","late-by":"30s"}`)
			done := len(c.changes(""))
			begin := time.Now()
			_, err := admin.try(t.Context(), http.MethodPut, "/v1/alerts/"+id, `{"status":"escalated"}`)
			require.Error(t, err)
			assert.Equal(t, wait, time.Since(begin), "longer than the server's own deadline")
			assert.Equal(t, 1, c.lateCount(), "known before the client is")
			time.Sleep(30*time.Second - time.Millisecond)
			synctest.Wait()
			assert.Len(t, c.changes(""), done)
			time.Sleep(time.Millisecond)
			synctest.Wait()
			assert.Len(t, c.changes(""), done+1)
		}
	})
}

func TestLatencyOutlastsTheClientWithoutEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, inBubble())
		admin, _ := c.persona("HC_ADMIN")
		id := c.an("open", "")
		c.set(`{"latency":"20s"}`)
		assert.Equal(t, http.StatusOK, admin.put(id, `{"status":"open","additionalInfo":"Langer dan de server zelf wil."}`).status)
		before := state(c.s)

		patience, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := admin.try(patience, http.MethodPut, "/v1/alerts/"+id, `{"status":"processed"}`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute)
		assert.Equal(t, before, state(c.s))
		assert.Len(t, c.changes(""), 1)
	})
}

func TestLateRequestsKeepTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, inBubble())
		viewer, _ := c.persona("HC_VIEW_ALL")
		before := state(c.s)
		c.set(`{"late":1}`)
		_, err := viewer.try(t.Context(), http.MethodPut, "/v1/alerts/"+c.an("open", ""), `{"status":"processed"}`)
		require.Error(t, err)
		synctest.Wait()
		assert.Zero(t, c.lateCount())
		assert.Equal(t, before, state(c.s), "what is refused in time is refused late")
	})
}

func TestCloseForgetsWhatIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startInBubble(t, inBubble())
		admin, _ := c.persona("HC_ADMIN")
		id := c.an("open", "")
		before := state(c.s)
		c.set(`{"late":1,"late-by":"30s"}`)
		put := func() {
			_, err := admin.try(t.Context(), http.MethodPut, "/v1/alerts/"+id, `{"status":"processed"}`)
			require.Error(t, err)
		}
		put()
		require.NoError(t, c.s.Close())
		assert.Zero(t, c.lateCount())
		put()
		assert.Zero(t, c.lateCount(), "nothing is taken in any more")
		time.Sleep(time.Minute)
		assert.Equal(t, before, state(c.s))
		assert.Empty(t, c.changes(""))
	})
}
