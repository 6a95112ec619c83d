package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ids(rows []object, field string) []string {
	var list []string
	for _, r := range rows {
		list = append(list, r[field].(string))
	}
	return list
}

// readBothWays reads a listing to its end and, by prevCursor, back to its
// beginning.
func readBothWays(t *testing.T, c caller, method, path, id string, query url.Values) (forward, back []string) {
	t.Helper()
	follow := func(name string) []string {
		var pages [][]string
		for {
			a := c.call(method, path+"?"+query.Encode(), "")
			pages = append(pages, ids(a.rows(t), id))
			cursor := a.cursor(t, name)
			if cursor == "" {
				break
			}
			query.Set("cursor", cursor)
		}
		if name == "prevCursor" {
			slices.Reverse(pages)
		}
		return slices.Concat(pages...)
	}
	forward = follow("nextCursor")
	return forward, follow("prevCursor")
}

func TestCursorsCoverEverythingOnceBothWays(t *testing.T) {
	c := start(t, few())
	var everyAlert, everyPatient, everyHCP []string
	for id := range c.s.store.byID {
		everyAlert = append(everyAlert, id.String())
	}
	for _, p := range c.s.store.patients {
		everyPatient = append(everyPatient, p.id.String())
	}
	for _, h := range c.s.staff.all {
		everyHCP = append(everyHCP, h.id.String())
	}
	require.Greater(t, len(everyHCP), defaultPerPage, "the hcps report has more than one page")

	for _, test := range []struct {
		method, path, id string
		query            url.Values
		want             []string
	}{
		{http.MethodGet, "/v1/alerts", "id", url.Values{}, everyAlert},
		{http.MethodGet, "/v1/alerts", "id", url.Values{"perPage": {"200"}}, everyAlert},
		{http.MethodGet, "/v1/alerts", "id", url.Values{"perPage": {"199"}, "startDate": {"2020-01-01"}, "endDate": {"2030-01-01"}}, everyAlert},
		{http.MethodGet, "/v1/patients", "id", url.Values{"perPage": {"7"}}, everyPatient},
		{http.MethodPost, "/v1/export/hcps", "UUID", url.Values{}, everyHCP},
	} {
		t.Run(test.path+"?"+test.query.Encode(), func(t *testing.T) {
			forward, back := readBothWays(t, c, test.method, test.path, test.id, test.query)
			assert.ElementsMatch(t, test.want, forward)
			assert.Equal(t, forward, back, "the way back from the last page")
		})
	}
}

func TestOrderIsStableAndNotByTime(t *testing.T) {
	c := start(t, few())
	query := url.Values{"startDate": {"2026-03-10"}, "endDate": {"2026-03-17"}}
	first, second := c.all("/v1/alerts", query), c.all("/v1/alerts", url.Values{"startDate": {"2026-03-10"}, "endDate": {"2026-03-17"}})
	assert.Equal(t, first, second)

	times := ids(first, "createdAt")
	assert.False(t, slices.IsSorted(times))
	slices.Reverse(times)
	assert.False(t, slices.IsSorted(times))
	day := func(o object) string { return o["createdAt"].(string)[:10] }
	assert.False(t, slices.IsSortedFunc(first, func(a, b object) int { return strings.Compare(day(a), day(b)) }), "days are scrambled too")
}

func TestPagesDoNotShiftWhenAlertsArrive(t *testing.T) {
	c := start(t, few())
	before := ids(c.all("/v1/alerts", nil), "id")

	var seen []string
	query := url.Values{"perPage": {"150"}}
	for {
		a := c.get("/v1/alerts?" + query.Encode())
		seen = append(seen, ids(a.rows(t), "id")...)
		for range 5 {
			require.NoError(t, c.s.arrive(epoch))
		}
		require.NoError(t, c.s.arrive(epoch.AddDate(0, 0, len(seen)%9)), "also on days without any yet")
		next := a.cursor(t, "nextCursor")
		if next == "" {
			break
		}
		query.Set("cursor", next)
	}
	assert.Subset(t, seen, before)
	slices.Sort(seen)
	assert.Equal(t, len(seen), len(slices.Compact(seen)), "nothing twice")
	assert.True(t, slices.IsSortedFunc(c.s.store.days, byRank), "new days take the place they will have after a restart")
}

func TestDateFilterIsInclusiveByUTCDate(t *testing.T) {
	c := start(t, few())
	every := c.all("/v1/alerts", nil)
	within := func(first, last string) []string {
		var list []string
		for _, a := range every {
			if d := a["createdAt"].(string)[:10]; (first == "" || d >= first) && (last == "" || d <= last) {
				list = append(list, a["id"].(string))
			}
		}
		return list
	}
	for _, test := range []struct{ start, end string }{
		{"2026-03-16", "2026-03-16"}, {"2026-03-10", "2026-03-12"}, {"2026-03-17", ""}, {"", "2026-02-20"}, {"2026-03-18", "2099-12-31"}, {"1999-01-01", "2000-01-01"},
	} {
		query := url.Values{}
		if test.start != "" {
			query.Set("startDate", test.start)
		}
		if test.end != "" {
			query.Set("endDate", test.end)
		}
		assert.ElementsMatch(t, within(test.start, test.end), ids(c.all("/v1/alerts", query), "id"), "%v", test)
	}
	require.NotEmpty(t, within("2026-03-16", "2026-03-16"))
}

func TestTheLastSecondOfADayBelongsToIt(t *testing.T) {
	c := start(t, Options{Seed: 1, Patients: 5, Now: func() time.Time { return epoch }})
	midnight := time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC)
	require.NoError(t, c.s.arrive(midnight.Add(-time.Second)))
	require.NoError(t, c.s.arrive(midnight))
	for date, want := range map[string]string{"2026-03-24": "2026-03-24T23:59:59Z", "2026-03-25": "2026-03-25T00:00:00Z"} {
		rows := c.get("/v1/alerts?startDate=" + date + "&endDate=" + date).rows(t)
		require.Len(t, rows, 1)
		assert.Equal(t, want, rows[0]["createdAt"])
	}
}

func TestPerPage(t *testing.T) {
	c := start(t, usual())
	information := "/v1/alerts/" + c.an("open", "") + "/information"
	for _, path := range []string{"/v1/alerts", "/v1/patients"} {
		assert.Equal(t, 50, len(c.get(path).rows(t)))
		for _, n := range []int{1, 2, 200} {
			assert.Equal(t, n, len(c.get(fmt.Sprintf("%s?perPage=%d", path, n)).rows(t)))
		}
	}
	for _, path := range []string{"/v1/alerts", "/v1/patients", information} {
		for _, n := range []string{"0", "-1", "201", "x", "", "1.5", "99999999999999999999"} {
			c.get(path+"?perPage="+n).refused(t, http.StatusUnprocessableEntity, "validation", "perPage")
		}
	}
}

func TestCursorBelongsToItsQuery(t *testing.T) {
	c := start(t, few())
	cursor := c.get("/v1/alerts?startDate=2026-03-01&perPage=10").cursor(t, "nextCursor")
	require.NotEmpty(t, cursor)

	assert.Len(t, c.get("/v1/alerts?startDate=2026-03-01&perPage=20&cursor="+cursor).rows(t), 20, "perPage may change")
	for _, path := range []string{
		"/v1/alerts?cursor=" + cursor,
		"/v1/alerts?startDate=2026-03-02&cursor=" + cursor,
		"/v1/alerts?startDate=2026-03-01&endDate=2026-03-18&cursor=" + cursor,
		"/v1/alerts?startDate=2026-03-01&cursor=" + cursor + "x",
		"/v1/alerts?startDate=2026-03-01&cursor=" + cursor[:len(cursor)-4],
		"/v1/alerts?startDate=2026-03-01&cursor=bm9uc2Vuc2U",
		"/v1/alerts?startDate=2026-03-01&cursor=%25",
		"/v1/patients?cursor=" + cursor,
	} {
		c.get(path).refused(t, http.StatusUnprocessableEntity, "validation", "cursor")
	}
}

func TestDatesAreValidated(t *testing.T) {
	c := start(t, few())
	for _, name := range []string{"startDate", "endDate"} {
		for _, date := range []string{"", "2026-02-30", "18-03-2026", "2026-3-1", "yesterday", "2026-03-18T00:00:00Z"} {
			c.get("/v1/alerts?"+name+"="+date).refused(t, http.StatusUnprocessableEntity, "validation", name)
		}
	}
	c.get("/v1/alerts?startDate=2026-03-02&endDate=2026-03-01").refused(t, http.StatusUnprocessableEntity, "validation", "endDate")
	assert.NotEmpty(t, c.get("/v1/alerts?status=open&anything=x").rows(t), "unknown parameters are ignored")
}

func TestExportValidation(t *testing.T) {
	c := start(t, few())
	for _, name := range []string{"startDate", "endDate"} {
		c.call(http.MethodPost, "/v1/export/hcps?"+name+"=2026-03-01", "").refused(t, http.StatusUnprocessableEntity, "validation", name)
	}
	c.call(http.MethodPost, "/v1/export/hcps?cursor=x", "").refused(t, http.StatusUnprocessableEntity, "validation", "cursor")
}

func TestExportPageAddresses(t *testing.T) {
	c := start(t, few())
	first := c.call(http.MethodPost, "/v1/export/hcps", "")
	meta := first.body["meta"].(object)
	assert.EqualValues(t, 50, meta["perPage"])
	assert.Nil(t, meta["prevPageUrl"])
	assert.Equal(t, c.base+"/v1/export/hcps?cursor="+meta["nextCursor"].(string), meta["nextPageUrl"])

	second := c.call(http.MethodPost, "/v1/export/hcps?cursor="+meta["nextCursor"].(string), "")
	meta = second.body["meta"].(object)
	assert.Nil(t, meta["nextPageUrl"])
	assert.Equal(t, c.base+"/v1/export/hcps?cursor="+meta["prevCursor"].(string), meta["prevPageUrl"])
}
