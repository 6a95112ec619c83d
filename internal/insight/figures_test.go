package insight_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/audit"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

const (
	red    = triage.FlagRed
	orange = triage.FlagOrange
	gray   = triage.FlagGray
)

// Counted by hand: days are those of the shown zone, so what came half an hour
// after midnight in Amsterdam belongs to that day, though it is the day before in UTC.
func TestAlertsADay(t *testing.T) {
	r := report(t, remember(31,
		alert(red, 0, "11:59"), alert(red, 0, "00:30", sort(triage.TypeRemark)), alert(gray, 0, "09:00", sort(triage.TypeOverdue)),
		alert(orange, 1, "23:30"), alert("purple", 1, "10:00", sort("odd")),
		alert(red, 2, "00:00"),
		alert(red, 3, "23:59"), // before the period
	), last(3))

	assert.Equal(t, []insight.DayCount{
		{Day: "2026-11-21", ByFlag: insight.ByFlag{0, 1, 0, 0}, ByType: insight.ByType{1, 0, 0, 0, 0}},
		{Day: "2026-11-22", ByFlag: insight.ByFlag{1, 0, 1, 0}, ByType: insight.ByType{1, 0, 0, 0, 1}},
		{Day: "2026-11-23", ByFlag: insight.ByFlag{0, 2, 0, 1}, ByType: insight.ByType{1, 1, 1, 0, 0}},
	}, r.Alerts.Value.Days)
	assert.Equal(t, insight.ByFlag{1, 3, 1, 1}, r.Alerts.Value.ByFlag)
	assert.Equal(t, insight.ByType{3, 1, 1, 0, 1}, r.Alerts.Value.ByType)
	assert.Equal(t, 6, r.Alerts.Value.ByFlag.Total())
	assert.Equal(t, insight.Basis{
		Source: insight.FromMirror, Method: insight.CountedByDay, Asked: insight.Period{From: "2026-11-21", To: "2026-11-23"},
		From: time.Date(2026, 11, 21, 0, 0, 0, 0, amsterdam), To: now, AsOf: now, Counted: 6,
	}, r.Alerts.Basis)
}

// Ten reds take one to ten minutes: within five minutes half of them are done,
// within nine minutes nine tenths.
func TestTimeToProcess(t *testing.T) {
	var alerts []triage.Alert
	for n := range 10 {
		alerts = append(alerts, alert(red, 0, "08:15", processed(time.Duration(n+1)*time.Minute, "h-1")))
	}
	alerts = append(
		alerts,
		alert(red, 0, "08:59"), // still open
		alert(orange, 1, "14:00", in("g-heart"), processed(time.Hour, "h-1")),
		alert(orange, 1, "14:30", in("g-heart"), processed(3*time.Hour, "h-2")),
		alert(gray, 1, "14:30", in("g-heart"), processed(-time.Hour, "h-2")), // processed before it came: it can't be right
		alert(gray, 8, "14:30", processed(time.Hour, "h-2")),                 // before the period
		alert(red, 0, "08:20", processed(0, "")),                             // Luscii did that by itself
	)
	r := report(t, remember(31, alerts...), last(7)).Waits

	reds := insight.Wait{Came: 12, Processed: 10, Nameless: 1, Median: 5 * time.Minute, P90: 9 * time.Minute}
	oranges := insight.Wait{Came: 2, Processed: 2, Median: time.Hour, P90: 3 * time.Hour}
	assert.Equal(t, [4]insight.Wait{{}, reds, oranges, {Came: 1}}, r.Value.ByFlag)
	all := insight.Wait{Came: 15, Processed: 12, Nameless: 1, Median: 6 * time.Minute, P90: time.Hour}
	assert.Equal(t, all, r.Value.All)
	heart := insight.Wait{Came: 3, Processed: 2, Median: time.Hour, P90: 3 * time.Hour}
	assert.Equal(t, []insight.GroupWaits{
		{Group: "g-copd", All: reds, ByFlag: [4]insight.Wait{1: reds}},
		{Group: "g-heart", All: heart, ByFlag: [4]insight.Wait{2: oranges, 3: {Came: 1}}},
	}, r.Value.ByGroup)
	assert.Equal(t, insight.HourWaits{All: reds, ByFlag: [4]insight.Wait{1: reds}}, r.Value.ByHour[8])
	assert.Equal(t, insight.HourWaits{All: heart, ByFlag: [4]insight.Wait{2: oranges, 3: {Came: 1}}}, r.Value.ByHour[14])
	assert.Equal(t, insight.HourWaits{}, r.Value.ByHour[9])
	assert.Equal(t, 12, r.Basis.Counted)
	assert.Equal(t, insight.TimeToProcess, r.Basis.Method)
}

// How long alerts are open now has nothing to do with the period.
func TestOpenByAge(t *testing.T) {
	r := report(t, remember(31,
		alert(red, 0, "11:31"), alert(red, 0, "11:30"), alert(orange, 0, "08:00"), alert(orange, 0, "08:01"),
		alert(gray, 40, "12:00"), alert(gray, 0, "11:00", processed(time.Minute, "h")), alert(gray, 0, "11:00", escalated(time.Minute, "h")),
		alert(gray, 0, "11:59", func(a *triage.Alert) { a.Status = "snoozed" }), alert(gray, 0, "12:01"), // a clock that runs ahead
	), last(7)).Open
	assert.Equal(t, insight.Ages{
		Buckets: [8]insight.ByFlag{{0, 1, 0, 2}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 1, 0}, {}, {}, {}, {0, 0, 0, 1}},
		ByFlag:  insight.ByFlag{0, 2, 2, 3}, Oldest: 40*24*time.Hour + time.Hour, // it was summer then
	}, r.Value)
	assert.Equal(t, now, r.Basis.From)
	assert.Equal(t, 7, r.Basis.Counted)
}

// every is n alerts, each some seconds after the other.
func every(seconds, n int, from string, change ...func(*triage.Alert)) []triage.Alert {
	var alerts []triage.Alert
	for i := range n {
		a := alert(red, 0, from, change...)
		a.CreatedAt = a.CreatedAt.Add(time.Duration(i*seconds) * time.Second)
		alerts = append(alerts, a)
	}
	return alerts
}

// R7
func TestFloods(t *testing.T) {
	minute := time.Minute
	for name, tc := range map[string]struct {
		alerts []triage.Alert
		want   insight.Flood
	}{
		"none":                  {nil, insight.Flood{}},
		"ten are none":          {every(1, 10, "09:00"), insight.Flood{Peak: 10}},
		"eleven in ten minutes": {every(59, 11, "09:00"), insight.Flood{N: 1, Time: 10 * time.Second, Longest: 10 * time.Second, Alerts: 11, Peak: 11}},
		"eleven in longer":      {every(60, 11, "09:00"), insight.Flood{Peak: 10}},
		// From the eleventh, at 9:05:00, until the first but ten, of 9:10:00, is ten
		// minutes old.
		"one that goes on": {every(30, 31, "09:00"), insight.Flood{N: 1, Time: 15 * minute, Longest: 15 * minute, Alerts: 31, Peak: 20}},
		"two": {
			append(every(0, 11, "09:00"), every(10, 12, "10:00")...),
			insight.Flood{N: 2, Time: 10*minute + 510*time.Second, Longest: 10 * minute, Alerts: 23, Peak: 12},
		},
		"one that isn't over": {every(0, 11, "11:55"), insight.Flood{N: 1, Time: 5 * minute, Longest: 5 * minute, Alerts: 11, Peak: 11}},
	} {
		r := report(t, remember(31, tc.alerts...), last(1)).Floods
		assert.Equal(t, tc.want, r.Value.All, name)
	}

	both := append(every(0, 11, "09:00", in("g-b")), every(0, 8, "09:05", in("g-a"))...)
	r := report(t, remember(31, both...), last(1)).Floods
	assert.Equal(t, insight.Flood{N: 1, Time: 10 * minute, Longest: 10 * minute, Alerts: 19, Peak: 19}, r.Value.All)
	assert.Equal(t, []insight.GroupFlood{
		{Group: "g-b", Flood: insight.Flood{N: 1, Time: 10 * minute, Longest: 10 * minute, Alerts: 11, Peak: 11}},
	}, r.Value.ByGroup)
}

func TestBusiestPatients(t *testing.T) {
	var alerts []triage.Alert
	for p := range 12 { // the first has one alert, the second two, …
		for range p + 1 {
			alerts = append(alerts, alert(red, 0, "09:00", of(triage.PatientID(fmt.Sprint("p-", p)))))
		}
	}
	r := report(t, remember(31, alerts...), last(7)).Busiest
	assert.Equal(t, insight.Busiest{Ranks: []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3}, Alerts: 75, All: 78, Patients: 12}, r.Value)
}

func TestEscalatedShare(t *testing.T) {
	since := func(a *triage.Alert) { a.EscalatedAt = a.CreatedAt.Add(time.Minute) }
	silent := func(a *triage.Alert) { a.Status = triage.StatusEscalated }
	r := report(t, remember(31,
		alert(red, 0, "09:00", escalated(time.Minute, "h-1")), alert(red, 0, "09:00", processed(time.Hour, "h-1"), since), alert(red, 0, "09:00"),
		alert(gray, 0, "09:00", silent), alert(orange, 0, "09:00"), alert(red, 9, "09:00", silent),
	), last(7)).Escalated
	assert.Equal(t, insight.Share{N: 3, Of: 5}, r.Value.All)
	assert.Equal(t, [4]insight.Share{{}, {N: 2, Of: 3}, {N: 0, Of: 1}, {N: 1, Of: 1}}, r.Value.ByFlag)
	assert.InDelta(t, 0.6, r.Value.All.Of1(), 1e-9)
	assert.Zero(t, insight.Share{}.Of1())
}

// What was done in the period counts, whenever the alert came.
func TestWorkload(t *testing.T) {
	store := remember(31,
		alert(red, 0, "09:00", processed(time.Hour, "h-2")), alert(gray, 9, "09:00", processed(8*24*time.Hour, "h-2")),
		alert(red, 9, "09:00", processed(time.Hour, "h-2")), alert(orange, 0, "09:00", escalated(time.Hour, "h-1")),
		alert(orange, 0, "09:00", processed(time.Hour, "")),
	)
	q := last(7)
	assert.Nil(t, report(t, store, q).Workload)
	q.Workload = true
	r := report(t, store, q).Workload
	require.NotNil(t, r)
	assert.Equal(t, []insight.Work{
		{HCP: "h-2", Processed: insight.ByFlag{0, 1, 0, 1}}, {HCP: "", Processed: insight.ByFlag{0, 0, 1, 0}}, {HCP: "h-1", Escalated: 1},
	}, r.Value)
	assert.Equal(t, 3, r.Basis.Counted)
}

type sealNothing struct{}

func (sealNothing) Seal(plain []byte, _ string) []byte { return plain }

// R17
func TestReopenedSoon(t *testing.T) {
	chain, err := audit.NewChain([][]byte{bytes.Repeat([]byte{3}, 32)}, sealNothing{})
	require.NoError(t, err)
	event := func(at time.Time, outcome audit.Outcome, soon bool) audit.Event {
		return audit.Event{At: at, Action: audit.AlertChanged, Outcome: outcome, User: "h-1", Details: audit.Details{Was: "processed", Is: "open", ReopenedSoon: soon}}
	}
	store := remember(31)
	store.records, _, err = chain.Link(
		audit.Head{},
		event(now.Add(-time.Hour), audit.Begun, true), event(now.Add(-time.Hour), audit.Done, true), event(now.Add(-2*time.Hour), audit.Done, true),
		event(now.Add(-3*time.Hour), audit.Failed, true), event(now.Add(-3*time.Hour), audit.Done, false), event(now.AddDate(0, 0, -8), audit.Done, true),
	)
	require.NoError(t, err)
	r := report(t, store, last(7)).Reopened
	assert.Equal(t, 2, r.Value)
	assert.Equal(t, insight.FromAudit, r.Basis.Source)
	assert.False(t, r.Basis.Whole)
	q := last(7)
	q.Group = "g-copd"
	assert.True(t, report(t, store, q).Reopened.Basis.Whole, "the trail knows no groups")
}

func TestOneGroup(t *testing.T) {
	store := remember(31,
		alert(red, 0, "09:00"), alert(red, 0, "09:00", in("g-heart"), of("p-2"), processed(time.Hour, "h-1")), alert(gray, 1, "09:00", in("g-heart")),
	)
	q := last(7)
	q.Group, q.Workload = "g-heart", true
	r := report(t, store, q)
	assert.Equal(t, []triage.GroupID{"g-copd", "g-heart"}, r.Groups, "all can be chosen")
	assert.Equal(t, insight.ByFlag{0, 1, 0, 1}, r.Alerts.Value.ByFlag)
	assert.Equal(t, 1, r.Open.Value.ByFlag.Total())
	assert.Equal(t, 2, r.Busiest.Value.Patients)
	assert.Len(t, r.Waits.Value.ByGroup, 1)
	assert.Len(t, r.Workload.Value, 1)
	q.Group = "g-nobody"
	r = report(t, store, q)
	assert.Zero(t, r.Alerts.Value.ByFlag.Total())
	assert.Empty(t, r.Waits.Value.ByGroup)
}
