package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

// fakeInsights answers one report, and keeps what was asked.
type fakeInsights struct {
	report insight.Report
	err    error
	asked  []insight.Query
}

func (f *fakeInsights) Report(_ context.Context, q insight.Query) (insight.Report, error) {
	f.asked = append(f.asked, q)
	r := f.report
	if !q.Workload {
		r.Workload = nil
	}
	return r, f.err
}

// someInsights is a report with every figure, each another.
func someInsights() *fakeInsights {
	now := time.Now().UTC()
	week := insight.Last(7, now, time.UTC)
	basis := func(s insight.Source, m insight.Method) insight.Basis {
		return insight.Basis{Source: s, Method: m, Asked: week, From: week.Begin(time.UTC), To: now, AsOf: now}
	}
	reds := insight.Wait{Came: 31, Processed: 30, Median: 29 * time.Minute, P90: 3 * time.Hour}
	grays := insight.Wait{Came: 12, Processed: 2, Nameless: 10, Median: 5 * time.Hour, P90: 26 * time.Hour}
	open := basis(insight.FromMirror, insight.OpenNow)
	open.From, open.To = now, now
	r := insight.Report{AsOf: now, Since: week.Begin(time.UTC).AddDate(0, 0, -3), Groups: []triage.GroupID{"g-copd", "g-heart", "g-nameless"}}
	r.Alerts = insight.Figure[insight.Alerts]{Basis: basis(insight.FromMirror, insight.CountedByDay), Value: insight.Alerts{
		Days: []insight.DayCount{
			{Day: week.From, ByFlag: insight.ByFlag{1, 30, 0, 2}, ByType: insight.ByType{33, 0, 0, 0, 0}},
			{Day: week.To, ByFlag: insight.ByFlag{0, 1, 0, 10}, ByType: insight.ByType{1, 2, 3, 4, 1}},
		},
		ByFlag: insight.ByFlag{1, 31, 0, 12}, ByType: insight.ByType{34, 2, 3, 4, 1},
	}}
	r.Waits = insight.Figure[insight.Waits]{Basis: basis(insight.FromMirror, insight.TimeToProcess), Value: insight.Waits{
		All: insight.Wait{Came: 44, Processed: 32, Nameless: 10, Median: 30 * time.Minute, P90: 4 * time.Hour}, ByFlag: [4]insight.Wait{{Came: 1}, reds, {}, grays},
		ByGroup: []insight.GroupWaits{{Group: "", All: grays}, {Group: "g-heart", All: grays, ByFlag: [4]insight.Wait{3: grays}}, {Group: "g-copd", All: reds, ByFlag: [4]insight.Wait{1: reds}}},
	}}
	r.Waits.Value.ByHour[14] = insight.HourWaits{All: reds, ByFlag: [4]insight.Wait{1: reds}}
	r.Open = insight.Figure[insight.Ages]{Basis: open, Value: insight.Ages{
		Buckets: [8]insight.ByFlag{2: {0, 1, 0, 0}, 7: {0, 0, 0, 4}}, ByFlag: insight.ByFlag{0, 1, 0, 4}, Oldest: 9 * 24 * time.Hour,
	}}
	flood := insight.Flood{N: 2, Time: 25 * time.Minute, Longest: 15 * time.Minute, Alerts: 40, Peak: 22}
	r.Floods = insight.Figure[insight.Floods]{Basis: basis(insight.FromMirror, insight.MoreThanTen), Value: insight.Floods{
		All: flood, ByGroup: []insight.GroupFlood{{Group: "g-copd", Flood: flood}},
	}}
	r.Busiest = insight.Figure[insight.Busiest]{Basis: basis(insight.FromMirror, insight.BusiestPatients), Value: insight.Busiest{
		Ranks: []int{20, 2, 1}, Alerts: 23, All: 44, Patients: 9,
	}}
	r.Escalated = insight.Figure[insight.Escalated]{Basis: basis(insight.FromMirror, insight.EscalatedOfCreated), Value: insight.Escalated{
		All: insight.Share{N: 11, Of: 44}, ByFlag: [4]insight.Share{1: {N: 11, Of: 31}, 3: {Of: 12}},
	}}
	r.Reopened = insight.Figure[int]{Basis: basis(insight.FromAudit, insight.ReopenedWithin), Value: 3}
	r.Stars = insight.Figure[insight.Stars]{Basis: basis(insight.FromExport, insight.MeanOfStars), Value: insight.Stars{N: 4, Mean: 3.75, ByStars: [5]int{0, 1, 0, 2, 1}, Other: 2}}
	r.Workload = &insight.Figure[[]insight.Work]{Basis: basis(insight.FromMirror, insight.LastActor), Value: []insight.Work{
		{HCP: "h-primary", Processed: insight.ByFlag{0, 30, 0, 1}, Escalated: 2}, {HCP: "", Processed: insight.ByFlag{3: 10}},
	}}
	return &fakeInsights{report: r}
}

func withInsights(i *fakeInsights) func(*house) { return func(h *house) { h.options.Insights = i } }

// cells are the texts of a table's row.
func cells(row *goquery.Selection) (texts []string) {
	row.Find("th, td").Each(func(_ int, cell *goquery.Selection) { texts = append(texts, words(cell)) })
	return texts
}

func TestInsightsAreForThoseWhoSeeAll(t *testing.T) {
	h := newHouse(t, withInsights(someInsights()))
	for _, who := range []triage.HCP{primary, secondary} {
		b := h.as(who)
		h.audit.taken()
		page := b.get("/insights")
		assert.Equal(t, http.StatusForbidden, page.status)
		assert.Contains(t, page.text("main .notice"), h.say("error.403_text"))
		assert.Equal(t, []string{"insights_shown denied " + string(who.ID) + "  "}, recorded(h.audit.taken()), "R20")
		assert.False(t, b.get("/").has(`a[href="/insights"]`), "nor are they offered")
		assert.NotContains(t, b.get("/commands", htmx...).body, `"/insights"`)
	}
	for who, workload := range map[triage.HCPID]bool{viewer.ID: false, admin.ID: true} {
		b := h.as(map[triage.HCPID]triage.HCP{viewer.ID: viewer, admin.ID: admin}[who])
		h.audit.taken()
		page := b.get("/insights")
		assert.Equal(t, http.StatusOK, page.status)
		assert.Equal(t, workload, page.has("#workload"), "what professionals do is for HC_ADMIN")
		assert.Equal(t, workload, strings.Contains(page.body, "Anna de Vries"))
		assert.Equal(t, []string{"insights_shown done " + string(who) + "  "}, recorded(h.audit.taken()), "R20")
		assert.True(t, b.get("/").has(`.session a[href="/insights"]`))
		assert.Contains(t, b.get("/commands", htmx...).body, `"/insights"`)
	}
}

func TestInsightsPage(t *testing.T) {
	i := someInsights()
	h := newHouse(t, withInsights(i))
	page := h.as(admin).get("/insights")
	require.Equal(t, http.StatusOK, page.status)

	tiles := page.all(".tile").Map(func(_ int, s *goquery.Selection) string { return words(s) })
	require.Len(t, tiles, 7)
	for n, want := range []string{"44", "29 min", "5", "25%", "25 min", "3", "3.8"} {
		assert.Contains(t, tiles[n], " "+want+" ")
	}
	for _, link := range page.all("a.tile").EachIter() {
		assert.True(t, page.has(link.AttrOr("href", "")), "it leads to its card")
	}

	// Every chart says what it shows, and has its figures behind it.
	for _, figure := range page.all("svg.chart").EachIter() {
		assert.NotEmpty(t, words(figure.Find("desc")))
		assert.NotZero(t, figure.Closest("section").Find("table tbody tr").Length())
	}
	assert.Equal(t, 11, page.all("svg.chart").Length())
	for _, card := range page.all("section.insight").EachIter() {
		id := card.AttrOr("id", "")
		assert.NotEmpty(t, words(card.Find("h2")), id)
		assert.NotEmpty(t, words(card.Find(".insight-says")), id)
		assert.Contains(t, words(card.Find("footer > p")), " · ", "%s: source and period", id)
		assert.NotEmpty(t, words(card.Find("details p")), "%s: how it is made", id)
	}
	assert.Contains(t, page.text("#reopened footer"), h.say("insight.source.audit"))
	assert.Contains(t, page.text("#reopened .insight-says"), "3", "R17")
	assert.Contains(t, page.text("#stars footer"), h.say("insight.source.export"))

	rows := page.all("#by-day tbody tr")
	assert.Equal(t, []string{"33"}, cells(rows.Eq(0))[5:], "all flags")
	assert.Equal(t, []string{"1", "30", "0", "2", "33"}, cells(rows.Eq(0))[1:])
	assert.Equal(t, []string{"Red", "29 min", "3 h", "30 of 31", "0"}, cells(page.all("#waits tbody tr").Eq(1)))
	assert.Equal(t, []string{"Gray", "5 h", "1 d 2 h", "2 of 12", "10"}, cells(page.all("#waits tbody tr").Eq(3)))
	assert.Equal(t, "14:00", cells(page.all("#hours tbody tr").Eq(14))[0])
	assert.Equal(t, "29 min", cells(page.all("#hours tbody tr").Eq(14))[2])
	groups := page.all("#groups tbody tr")
	assert.Equal(t, []string{h.say("insight.no_group"), "COPD", "Hartfalen"}, []string{cells(groups.Eq(0))[0], cells(groups.Eq(1))[0], cells(groups.Eq(2))[0]})
	assert.Equal(t, "29 min · 3 h", cells(groups.Eq(1))[2])
	assert.Equal(t, []string{"COPD", "2", "25 min", "15 min", "40", "22"}, cells(page.all("#floods tbody tr").Eq(1)))
	assert.Equal(t, []string{"1", "20", "45%"}, cells(page.all("#busiest tbody tr").Eq(0)))
	assert.Equal(t, []string{"Red", "35%", "11 of 31"}, cells(page.all("#escalated tbody tr").Eq(1)))
	assert.Equal(t, []string{"4", "2", "50%"}, cells(page.all("#stars tbody tr").Eq(3)))
	assert.Equal(t, []string{"Anna de Vries", "30", "0", "1", "31", "2"}, cells(page.all("#workload tbody tr").Eq(0)))
	assert.Equal(t, h.say("insight.nobody"), cells(page.all("#workload tbody tr").Eq(1))[0])
	for _, personal := range []string{"Saskia", "Berg-de Wit", "p-berg"} {
		assert.NotContains(t, page.body, personal)
	}
	dutch := h.as(viewer).get("/insights", "Accept-Language", "nl")
	assert.Contains(t, dutch.text("#stars .insight-says"), "3,8")
}

func TestInsightsQuery(t *testing.T) {
	i := someInsights()
	h := newHouse(t, withInsights(i))
	b := h.as(viewer)
	now := time.Now().UTC()
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	for query, want := range map[string]insight.Query{
		"":                     {Period: insight.Last(7, now, time.UTC)},
		"days=30":              {Period: insight.Last(30, now, time.UTC)},
		"days=1000":            {Period: insight.Last(7, now, time.UTC)},
		"group=g-copd":         {Period: insight.Last(7, now, time.UTC), Group: "g-copd", GroupName: "COPD"},
		"days=30&group=g-gone": {Period: insight.Last(30, now, time.UTC), Group: "g-gone", GroupName: "g-gone"},
		"days=30&from=" + day(4) + "&to=" + day(2): {Period: insight.Period{From: triage.Day(day(4)), To: triage.Day(day(2))}},
		"from=" + day(3650) + "&to=" + day(0):      {Period: insight.Period{From: triage.Day(day(3650)), To: triage.Day(day(0))}},
	} {
		page := b.get("/insights?" + query)
		require.Equal(t, http.StatusOK, page.status, query)
		assert.Equal(t, want, i.asked[len(i.asked)-1], query)
		asked, err := url.ParseQuery(query)
		require.NoError(t, err)
		assert.Equal(t, asked.Get("from"), page.attr("#from", "value"), query)
		assert.Equal(t, asked.Get("group"), page.all("#group option[selected]").AttrOr("value", ""), query)
		assert.Equal(t, asked.Has("from"), !page.has("input[name=days]"), query)
		if group := asked.Get("group"); group != "" {
			assert.Contains(t, page.attr(".periods a:first-child", "href"), "group="+group, "the group stays")
		}
	}
	assert.Equal(t, 1, b.get("/insights?days=30").all(".periods [aria-current]").Length())
	assert.Zero(t, b.get("/insights?from="+day(1)+"&to="+day(1)).all(".periods [aria-current]").Length())

	for query, where := range map[string]string{
		"from=" + day(1):                     "#to-error",
		"to=" + day(1):                       "#from-error",
		"from=" + day(1) + "&to=" + day(2):   "#to-error",
		"from=" + day(-1) + "&to=" + day(-2): "#from-error",
		"from=monday&to=" + day(1):           "#from-error",
		"from=" + day(1) + "&to=2026-13-45":  "#to-error",
	} {
		page := b.get("/insights?" + query)
		assert.Equal(t, http.StatusUnprocessableEntity, page.status, query)
		assert.NotEmpty(t, page.text(where), query)
		assert.Equal(t, page.text(where), page.text("main .notice p"), query)
		assert.False(t, page.has(".insight"), query)
		asked, err := url.ParseQuery(query)
		require.NoError(t, err)
		assert.Equal(t, asked.Get("from"), page.attr("#from", "value"), "nothing typed is lost")
	}
	i.err = errors.New("disk on fire")
	assert.Equal(t, http.StatusInternalServerError, b.get("/insights").status)
}

// What there are no data for is said, and no figure pretends otherwise.
func TestInsightsWithoutData(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	page := b.get("/insights")
	require.Equal(t, http.StatusOK, page.status)
	assert.Contains(t, page.text("main .notice"), h.say("insight.nothing_yet"))
	assert.Contains(t, page.text("#by-day"), h.say("insight.missing.nothing_read"))
	assert.Contains(t, page.text("#stars"), h.say("insight.missing.switched_off"))
	assert.Equal(t, 1, page.all(".tile").Length(), "only the audit trail knows something")
	assert.Zero(t, page.all("svg.chart").Length())

	// Some days are known, and nothing came.
	today := triage.DayOf(time.Now(), time.UTC)
	require.NoError(t, h.store.ConfirmDay(t.Context(), today, time.Now()))
	h.options.Insights = insight.New(insight.Options{Store: h.store, Zone: time.UTC, Now: time.Now})
	h.rebuilt()
	page = h.as(admin).get("/insights")
	assert.Contains(t, page.text("main .notice"), h.say("insight.partial_text"))
	assert.Contains(t, page.text("#by-day"), h.say("insight.none"))
	assert.Contains(t, page.text("#open"), h.say("insight.none_open"))
	assert.Contains(t, page.text("#waits"), h.say("insight.none_processed"))
	assert.Contains(t, page.text("#workload"), h.say("insight.workload_none"))
	long := today.Add(-400)
	page = h.as(admin).get("/insights?" + url.Values{"from": {string(long)}, "to": {string(long)}}.Encode())
	assert.Contains(t, page.text("main .notice"), h.say("insight.before_data"))
}

// R20
func TestInsightsThatCantBeRecordedAreNotShown(t *testing.T) {
	h := newHouse(t, withInsights(someInsights()))
	b := h.as(admin)
	h.audit.fails = func(audit.Event) error { return errAudit }
	assert.Equal(t, http.StatusInternalServerError, b.get("/insights").status)
}
