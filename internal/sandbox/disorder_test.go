package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pages follows nextCursor to the end of all alerts, so many a page: the ids of
// each page.
func (c caller) pages(perPage string) [][]string {
	c.t.Helper()
	query := url.Values{"perPage": {perPage}}
	var pages [][]string
	for {
		a := c.get("/v1/alerts?" + query.Encode())
		pages = append(pages, ids(a.rows(c.t), "id"))
		next := a.cursor(c.t, "nextCursor")
		if next == "" {
			return pages
		}
		require.Less(c.t, len(pages), 5000, "it ends")
		query.Set("cursor", next)
	}
}

func distinct(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// handful is a population that is soon read row by row.
func handful() Options {
	o := few()
	o.Open, o.Alerts = 10, 150
	return o
}

func TestPagesShiftWhileRead(t *testing.T) {
	c := start(t, handful())
	every := slices.Concat(c.pages("200")...)
	c.set(`{"shift":4,"only":"alerts"}`)

	var union []string
	missed, doubled := 0, 0
	for range 12 {
		sweep := slices.Concat(c.pages("20")...)
		once := distinct(sweep)
		assert.Subset(t, every, once)
		missed += len(every) - len(once)
		doubled += len(sweep) - len(once)
		union = append(union, once...)
	}
	assert.Greater(t, missed, 20, "rows are missed")
	assert.Greater(t, doubled, 20, "rows come twice")
	assert.ElementsMatch(t, every, distinct(union), "nothing is missed for good")
	assert.Subset(t, every, slices.Concat(c.pages("1")...), "it ends whatever the page")

	c.set(`{"shift":4,"only":"patients"}`)
	assert.Equal(t, every, slices.Concat(c.pages("200")...))
}

func TestPagesRepeatRows(t *testing.T) {
	c := start(t, handful())
	every := slices.Concat(c.pages("200")...)
	c.set(`{"duplicates":3}`)
	pages := c.pages("20")
	for i := 1; i < len(pages); i++ {
		before := pages[i-1]
		require.GreaterOrEqual(t, len(pages[i]), 3)
		assert.Equal(t, before[len(before)-3:], pages[i][:3])
	}
	assert.ElementsMatch(t, every, distinct(slices.Concat(pages...)), "nothing is missed")
	for _, perPage := range []string{"1", "2", "5"} {
		assert.ElementsMatch(t, every, distinct(slices.Concat(c.pages(perPage)...)), "it gets on by %s", perPage)
	}
}

// expired asserts that a cursor's page is refused as expired and gives the
// status.
func (c caller) expired(path string) int {
	c.t.Helper()
	a := c.get(path)
	code := map[int]string{http.StatusUnprocessableEntity: "validation", http.StatusBadRequest: "cursor_expired"}[a.status]
	a.refused(c.t, a.status, code, "cursor")
	return a.status
}

func TestCursorsExpireByTime(t *testing.T) {
	clock := &clock{epoch}
	o := few()
	o.Now = clock.read
	c := start(t, o)
	const path = "/v1/alerts?perPage=10&cursor="
	old := c.get(path).cursor(t, "nextCursor")

	c.set(`{"cursor-ttl":"30s"}`)
	cursor := c.get(path).cursor(t, "nextCursor")
	clock.advance(30 * time.Second)
	c.get(path + cursor).rows(t)
	clock.advance(time.Second)
	statuses := map[int]bool{}
	for range 20 {
		statuses[c.expired(path+cursor)] = true
	}
	assert.Len(t, statuses, 2, "with 422 and with 400")
	c.get(path + old).rows(t)
	c.get(path+"x"+cursor).refused(t, http.StatusUnprocessableEntity, "validation", "cursor")

	fresh := c.get(path).cursor(t, "nextCursor")
	c.get(path + fresh).rows(t)
	c.set(`{}`)
	c.get(path + cursor).rows(t)
}

func TestCursorsExpireByUse(t *testing.T) {
	c := start(t, few())
	every := slices.Concat(c.pages("200")...)
	c.set(`{"cursor-uses":2}`)
	const path = "/v1/alerts?perPage=10&cursor="
	cursor := c.get(path).cursor(t, "nextCursor")
	other := c.get(path).cursor(t, "nextCursor")
	assert.NotEqual(t, cursor, other, "each listing has its own")
	first := c.get(path + cursor).rows(t)
	assert.Equal(t, first, c.get(path+cursor).rows(t))
	c.expired(path + cursor)
	assert.Equal(t, first, c.get(path+other).rows(t))
	c.set(`{"cursor-uses":1}`)
	assert.Equal(t, every, slices.Concat(c.pages("50")...), "who asks once reads all")
}

func TestCursorsRepeat(t *testing.T) {
	c := start(t, few())
	c.set(`{"cursor-repeat":1}`)
	first := c.get("/v1/alerts?perPage=10")
	cursor := first.cursor(t, "nextCursor")
	require.NotEmpty(t, cursor)
	second := c.get("/v1/alerts?perPage=10&cursor=" + cursor)
	assert.NotEqual(t, first.rows(t), second.rows(t))
	assert.Equal(t, cursor, second.cursor(t, "nextCursor"))
	assert.Equal(t, second.raw, c.get("/v1/alerts?perPage=10&cursor="+cursor).raw)
}

func TestUnknownValues(t *testing.T) {
	c := start(t, few())
	known := map[any]object{}
	for _, a := range c.all("/v1/alerts", nil) {
		known[a["id"]] = a
	}
	c.set(`{"unknown":0.5}`)
	shown := c.all("/v1/alerts", nil)
	assert.Equal(t, shown, c.all("/v1/alerts", nil), "always the same")
	require.Len(t, shown, len(known))

	unknown := map[string]string{"flag": "violet", "type": "symptom", "status": "snoozed"}
	counts, snoozed := map[string]int{}, ""
	for _, a := range shown {
		for field, value := range unknown {
			if a[field] == value {
				counts[field]++
				if field == "status" {
					snoozed = a["id"].(string)
					assert.Equal(t, "open", known[a["id"]]["status"], "what is done shows as done")
				}
				a[field] = known[a["id"]][field]
			}
		}
		assert.Equal(t, known[a["id"]], a, "nothing else differs, and one value at most")
	}
	assert.InDelta(t, len(known)/6, counts["flag"], float64(len(known))/20)
	assert.InDelta(t, len(known)/6, counts["type"], float64(len(known))/20)
	assert.NotZero(t, counts["status"])

	admin, _ := c.persona("HC_ADMIN")
	assert.Equal(t, "processed", admin.put(snoozed, `{"status":"processed"}`).data(t)["status"])
	assert.Equal(t, "open", admin.put(snoozed, `{"status":"open"}`).data(t)["status"], "what was done to it is seen")

	c.set(`{"unknown":1}`)
	for _, a := range c.all("/v1/alerts", nil) {
		if a["flag"] == "violet" {
			updated := admin.put(a["id"].(string), `{"status":"open"}`).data(t)
			assert.Equal(t, "violet", updated["flag"], "a PUT's answer shows what the listing does")
			return
		}
	}
	require.Fail(t, "no unknown flag")
}
