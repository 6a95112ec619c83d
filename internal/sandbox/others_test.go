package sandbox

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestColleaguesActAtTheirRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := inBubble()
		o.Open, o.Faults.Others = 200, Rate{Count: 6, Per: time.Minute}
		c := startInBubble(t, o)
		stop := runInBubble(t, c.s)
		defer stop()
		time.Sleep(10 * time.Minute)
		synctest.Wait()

		changes := c.changes("")
		assert.InDelta(t, 60, len(changes), 6)
		assert.Equal(t, 200-len(changes), c.s.openCount(), "each acted on an open alert of its own")
		listed := map[any]object{}
		for _, a := range c.all("/v1/alerts", nil) {
			listed[a["id"]] = a
		}
		statuses, acted := map[string]int{}, map[any]bool{}
		for _, line := range changes {
			change := line["change"].(object)
			statuses[change["status"].(string)]++
			assert.False(t, acted[change["alert"]])
			acted[change["alert"]] = true
			user, ok := parseUUID(change["user"].(string))
			require.True(t, ok)
			by := c.s.colleague(user)
			require.NotNil(t, by, "nobody who is offered for sign-in")
			alert := listed[change["alert"]]
			assert.Equal(t, change["status"], alert["status"])
			assert.Equal(t, line["at"], alert["updatedAt"])
			group, ok := parseUUID(alert["groupId"].(string))
			require.True(t, ok)
			assert.Contains(t, by.groups, c.s.store.named[group], "in the colleague's own group")
		}
		assert.Greater(t, statuses["processed"], 40)
		assert.Positive(t, statuses["escalated"])

		c.set(`{}`)
		synctest.Wait()
		n := len(c.changes(""))
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Len(t, c.changes(""), n, "{} ends it")

		c.set(`{"others":"10/s"}`)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, c.s.openCount())
		assert.Len(t, c.changes(""), 200, "and nothing is left to act on")
	})
}

// colleague is the active HC_PRIMARY of an id who is no persona; nil for others.
func (s *Sandbox) colleague(id uuid) *hcp {
	for _, h := range s.staff.all {
		if h.id == id && h.role == rolePrimary && h.status == statusActive && !slices.Contains(s.staff.personas, h) {
			return h
		}
	}
	return nil
}

func TestEveryGroupHasColleagues(t *testing.T) {
	for seed := range uint64(20) {
		s, err := New(Options{Seed: seed})
		require.NoError(t, err)
		for _, c := range newCohorts(s.seed) {
			group := s.store.named[c.group.id]
			assert.NotEmpty(t, s.staff.colleagues(group), group.name)
		}
	}
}

func TestRunFailsWhenAColleaguesActCannotBeWritten(t *testing.T) {
	o := small(t)
	o.Faults.Others = Rate{Count: 1000, Per: time.Second}
	s, err := New(o)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.ErrorContains(t, s.Run(t.Context()), "sandbox state")
}

func TestSkewedClock(t *testing.T) {
	clock := &clock{epoch}
	o := few()
	o.Now = clock.read
	c := start(t, o)
	admin, _ := c.persona("HC_ADMIN")
	id := c.fresh(c.s.now())
	updated := func() any { return admin.put(id, `{"status":"processed"}`).data(t)["updatedAt"] }
	assert.Equal(t, "Wed, 18 Mar 2026 14:30:00 GMT", c.get("/v1/alerts").header.Get("Date"))

	c.set(`{"skew":"1h0m0.7s","only":"patients"}`)
	assert.Equal(t, "2026-03-18T15:30:00Z", updated(), "in whole seconds, whatever the scope")
	assert.Equal(t, "Wed, 18 Mar 2026 15:30:00 GMT", c.get("/v1/alerts").header.Get("Date"))
	assert.Equal(t, "2026-03-18T15:30:00Z", c.changes("")[0]["at"])
	arrived := c.fresh(c.s.now())
	assert.Equal(t, "2026-03-18T15:30:00Z", c.alerts(having("id", arrived))[0]["createdAt"])

	c.set(`{"skew":"-24h"}`)
	assert.Equal(t, "2026-03-18T15:30:01Z", updated(), "it never goes back for one alert")
	yesterday := c.fresh(c.s.now())
	rows := c.all("/v1/alerts", map[string][]string{"startDate": {"2026-03-17"}, "endDate": {"2026-03-17"}})
	assert.Contains(t, ids(rows, "id"), yesterday)

	c.set(`{}`)
	clock.advance(2 * time.Hour)
	assert.Equal(t, "2026-03-18T16:30:00Z", updated())
}

func TestSkewFromTheStart(t *testing.T) {
	o := few()
	o.Faults.Skew = -3 * time.Hour
	c := start(t, o)
	newest := ""
	for _, a := range c.all("/v1/alerts", nil) {
		newest = max(newest, a["createdAt"].(string))
	}
	assert.Less(t, newest, "2026-03-18T11:30:00Z", "the population is as old as the sandbox believes")
	admin, _ := c.persona("HC_ADMIN")
	a := admin.put(c.an("open", ""), `{"status":"processed"}`)
	assert.Equal(t, http.StatusOK, a.status)
	assert.Equal(t, "2026-03-18T11:30:00Z", a.data(t)["updatedAt"])
}
