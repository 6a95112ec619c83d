package insight_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"triageboard/internal/insight"
	"triageboard/internal/triage"
)

// naive computes the figures of one period as one would say them, without a
// thought for how long it takes.
type naive struct {
	alerts   []triage.Alert // all of the asked group
	from, to time.Time
}

func (n naive) created() []triage.Alert {
	return slices.DeleteFunc(slices.Clone(n.alerts), func(a triage.Alert) bool {
		return a.CreatedAt.Before(n.from) || !a.CreatedAt.Before(n.to)
	})
}

func flagAt(a triage.Alert) int { return max(0, slices.Index(insight.Flags[:], a.Flag)) }

func typeAt(a triage.Alert) int {
	if i := slices.Index(insight.Types[:], a.Type); i >= 0 {
		return i
	}
	return len(insight.Types) - 1
}

func (n naive) counts() (days map[triage.Day]insight.DayCount) {
	days = map[triage.Day]insight.DayCount{}
	for d := n.from; d.Before(n.to); d = d.AddDate(0, 0, 1) {
		day := triage.DayOf(d, amsterdam)
		days[day] = insight.DayCount{Day: day}
	}
	for _, a := range n.created() {
		d := days[triage.DayOf(a.CreatedAt, amsterdam)]
		d.ByFlag[flagAt(a)]++
		d.ByType[typeAt(a)]++
		days[d.Day] = d
	}
	return days
}

// wait is the figure over those alerts a test of them lets pass.
func (n naive) wait(which func(triage.Alert) bool) insight.Wait {
	var w insight.Wait
	var times []time.Duration
	for _, a := range n.created() {
		if !which(a) {
			continue
		}
		w.Came++
		if a.Status == triage.StatusProcessed && a.ProcessedBy == "" {
			w.Nameless++
			continue
		}
		if took := a.ProcessedAt.Sub(a.CreatedAt); a.Status == triage.StatusProcessed && !a.ProcessedAt.IsZero() && took >= 0 {
			times = append(times, took)
		}
	}
	slices.Sort(times)
	w.Processed = len(times)
	// The smallest time within which so many in a hundred are done.
	within := func(percent int) time.Duration {
		for i, t := range times {
			if (i+1)*100 >= percent*len(times) {
				return t
			}
		}
		return 0
	}
	w.Median, w.P90 = within(50), within(90)
	return w
}

// flood looks at every second of the period.
func (n naive) flood(which func(triage.Alert) bool) insight.Flood {
	var f insight.Flood
	var came []time.Time
	for _, a := range n.created() {
		if which(a) {
			came = append(came, a.CreatedAt)
		}
	}
	during := map[int]bool{}
	on, long := false, time.Duration(0)
	for now := n.from; now.Before(n.to); now = now.Add(time.Second) {
		var within []int
		for i, at := range came {
			if !at.After(now) && now.Sub(at) < 10*time.Minute {
				within = append(within, i)
			}
		}
		f.Peak = max(f.Peak, len(within))
		if len(within) <= 10 {
			on, long = false, 0
			continue
		}
		for _, i := range within {
			during[i] = true
		}
		if !on {
			f.N++
		}
		on, long = true, long+time.Second
		f.Time += time.Second
		f.Longest = max(f.Longest, long)
	}
	f.Alerts = len(during)
	return f
}

func (n naive) busiest() insight.Busiest {
	counts := map[triage.PatientID]int{}
	for _, a := range n.created() {
		counts[a.Patient]++
	}
	ranks := slices.Collect(maps.Values(counts))
	slices.SortFunc(ranks, func(x, y int) int { return y - x })
	b := insight.Busiest{All: len(n.created()), Patients: len(ranks), Ranks: ranks[:min(10, len(ranks))]}
	if len(b.Ranks) == 0 {
		b.Ranks = nil
	}
	for _, r := range b.Ranks {
		b.Alerts += r
	}
	return b
}

func (n naive) ages(now time.Time) insight.Ages {
	var a insight.Ages
	for _, x := range n.alerts {
		if x.Status == triage.StatusProcessed || x.Status == triage.StatusEscalated {
			continue
		}
		age, bucket := max(0, now.Sub(x.CreatedAt)), 0
		for _, bound := range insight.AgeBounds {
			if age >= bound {
				bucket++
			}
		}
		a.Buckets[bucket][flagAt(x)]++
		a.ByFlag[flagAt(x)]++
		a.Oldest = max(a.Oldest, age)
	}
	return a
}

func (n naive) work() map[triage.HCPID]insight.Work {
	all := map[triage.HCPID]insight.Work{}
	within := func(t time.Time) bool { return !t.IsZero() && !t.Before(n.from) && t.Before(n.to) }
	for _, a := range n.alerts {
		if a.Status == triage.StatusProcessed && within(a.ProcessedAt) {
			w := all[a.ProcessedBy]
			w.Processed[flagAt(a)]++
			all[a.ProcessedBy] = w
		}
		if within(a.EscalatedAt) {
			w := all[a.EscalatedBy]
			w.Escalated++
			all[a.EscalatedBy] = w
		}
	}
	for id, w := range all {
		w.HCP = id
		all[id] = w
	}
	return all
}

// drawAlert draws an alert of the last four days, most of them close together.
func drawAlert(t *rapid.T) triage.Alert {
	created := now.AddDate(0, 0, -rapid.IntRange(0, 3).Draw(t, "days")).
		Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "hours")) * time.Hour).
		Add(-time.Duration(rapid.IntRange(0, 900).Draw(t, "seconds")) * time.Second)
	a := triage.Alert{
		Patient:   triage.PatientID(fmt.Sprint("p-", rapid.IntRange(0, 14).Draw(t, "patient"))),
		Group:     rapid.SampledFrom([]triage.GroupID{"g-1", "g-2", ""}).Draw(t, "group"),
		Flag:      rapid.SampledFrom([]triage.Flag{red, orange, gray, "purple"}).Draw(t, "flag"),
		Type:      rapid.SampledFrom([]triage.Type{triage.TypeMeasurement, triage.TypeRemark, triage.TypeOverdue, triage.TypeCombination, "odd"}).Draw(t, "type"),
		Status:    rapid.SampledFrom([]triage.Status{triage.StatusOpen, triage.StatusProcessed, triage.StatusEscalated, "odd"}).Draw(t, "status"),
		CreatedAt: created.UTC(),
	}
	if rapid.Bool().Draw(t, "was processed") {
		a.ProcessedAt = created.Add(time.Duration(rapid.IntRange(-60, 100_000).Draw(t, "wait")) * time.Second)
		a.ProcessedBy = rapid.SampledFrom([]triage.HCPID{"h-1", "h-2", ""}).Draw(t, "by")
	}
	if rapid.Bool().Draw(t, "was escalated") {
		a.EscalatedAt, a.EscalatedBy = created.Add(time.Hour), rapid.SampledFrom([]triage.HCPID{"h-1", "h-3"}).Draw(t, "escalated by")
	}
	return a
}

// The figures are those that naive looking gives, whatever the alerts, the period
// and the group.
func TestFiguresAreTheNaiveOnes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := remember(31, rapid.SliceOfN(rapid.Custom(drawAlert), 0, 120).Draw(rt, "alerts")...)
		q := last(rapid.IntRange(1, 4).Draw(rt, "period"))
		q.Group, q.Workload = rapid.SampledFrom([]triage.GroupID{"", "g-1"}).Draw(rt, "asked group"), true
		at := now
		r, err := insights(store, &at).Report(t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		n := naive{from: q.Period.Begin(amsterdam), to: now}
		for _, a := range store.alerts {
			if q.Group == "" || a.Group == q.Group {
				n.alerts = append(n.alerts, a)
			}
		}

		days := n.counts()
		assert.Equal(rt, slices.SortedFunc(maps.Values(days), func(x, y insight.DayCount) int { return cmp.Compare(x.Day, y.Day) }), r.Alerts.Value.Days)
		everything := func(triage.Alert) bool { return true }
		assert.Equal(rt, n.wait(everything), r.Waits.Value.All)
		for i := range insight.Flags {
			assert.Equal(rt, n.wait(func(a triage.Alert) bool { return flagAt(a) == i }), r.Waits.Value.ByFlag[i])
			for hour, w := range r.Waits.Value.ByHour {
				assert.Equal(rt, n.wait(func(a triage.Alert) bool { return flagAt(a) == i && a.CreatedAt.In(amsterdam).Hour() == hour }), w.ByFlag[i])
			}
		}
		for _, g := range r.Waits.Value.ByGroup {
			assert.Equal(rt, n.wait(func(a triage.Alert) bool { return a.Group == g.Group }), g.All)
		}
		assert.Equal(rt, n.ages(now), r.Open.Value)
		assert.Equal(rt, n.busiest(), r.Busiest.Value)
		work := map[triage.HCPID]insight.Work{}
		for _, w := range r.Workload.Value {
			work[w.HCP] = w
		}
		assert.Equal(rt, n.work(), work)
		share := insight.Share{Of: len(n.created())}
		for _, a := range n.created() {
			if a.Status == triage.StatusEscalated || !a.EscalatedAt.IsZero() {
				share.N++
			}
		}
		assert.Equal(rt, share, r.Escalated.Value.All)
	})
}

// A second at a time takes long, so the floods have alerts of half an hour.
func TestFloodsAreTheNaiveOnes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		begin := time.Date(2026, 11, 23, 0, 0, 0, 0, amsterdam)
		at := begin.Add(40 * time.Minute)
		var alerts []triage.Alert
		for range rapid.IntRange(0, 60).Draw(rt, "alerts") {
			alerts = append(alerts, triage.Alert{
				Group: rapid.SampledFrom([]triage.GroupID{"g-1", "g-2"}).Draw(rt, "group"), Flag: red,
				CreatedAt: begin.Add(time.Duration(rapid.IntRange(0, 2_399).Draw(rt, "second")) * time.Second).UTC(),
			})
		}
		store := remember(31, alerts...)
		r, err := insights(store, &at).Report(t.Context(), insight.Query{Period: insight.Last(1, at, amsterdam)})
		if err != nil {
			rt.Fatal(err)
		}
		n := naive{store.alerts, begin, at}
		assert.Equal(rt, n.flood(func(triage.Alert) bool { return true }), r.Floods.Value.All)
		groups := map[triage.GroupID]insight.Flood{}
		for _, g := range r.Floods.Value.ByGroup {
			groups[g.Group] = g.Flood
		}
		for _, g := range []triage.GroupID{"g-1", "g-2"} {
			want := n.flood(func(a triage.Alert) bool { return a.Group == g })
			if want.N == 0 {
				want = insight.Flood{}
			}
			assert.Equal(rt, want, groups[g])
		}
	})
}
