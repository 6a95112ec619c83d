package insight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// Report computes all figures of a query.
func (i *Insights) Report(ctx context.Context, q Query) (Report, error) {
	v, err := i.look(ctx)
	if err != nil {
		return Report{}, err
	}
	s := newScope(v, q, i.o.Zone)
	r := Report{AsOf: v.asOf, Since: v.since, Groups: v.groupsWithAlerts()}
	r.Alerts = Figure[Alerts]{s.basis(CountedByDay), s.alerts()}
	r.Waits = Figure[Waits]{s.basis(TimeToProcess), s.waits()}
	r.Floods = Figure[Floods]{s.basis(MoreThanTen), s.floods()}
	r.Busiest = Figure[Busiest]{s.basis(BusiestPatients), s.busiest()}
	r.Escalated = Figure[Escalated]{s.basis(EscalatedOfCreated), s.escalated()}
	r.Alerts.Basis.Counted = r.Alerts.Value.ByFlag.Total()
	r.Waits.Basis.Counted = r.Waits.Value.All.Processed
	r.Floods.Basis.Counted = r.Alerts.Basis.Counted
	r.Busiest.Basis.Counted = r.Alerts.Basis.Counted
	r.Escalated.Basis.Counted = r.Alerts.Basis.Counted

	r.Open = Figure[Ages]{s.basis(OpenNow), s.ages()}
	r.Open.Basis.Counted = r.Open.Value.ByFlag.Total()
	r.Open.Basis.From, r.Open.Basis.To = v.asOf, v.asOf
	if !v.since.IsZero() {
		r.Open.Basis.Missing = NotMissing
	}
	if q.Workload {
		work := s.workload()
		basis := s.basis(LastActor)
		for _, w := range work {
			basis.Counted += w.Processed.Total()
		}
		r.Workload = &Figure[[]Work]{basis, work}
	}
	if r.Reopened, err = i.reopened(ctx, q); err != nil {
		return Report{}, err
	}
	r.Stars = i.stars(ctx, q)
	return r, nil
}

// scope is what of the facts a query is about.
type scope struct {
	view
	q          Query
	zone       *time.Location
	from, to   uint32 // the part of the period there are data for, to not included
	begin, end time.Time
	group      uint32
	grouped    bool // only one group is asked for
}

func newScope(v view, q Query, zone *time.Location) *scope {
	s := &scope{view: v, q: q, zone: zone, grouped: q.Group != ""}
	s.begin, s.end = q.Period.Begin(zone), q.Period.End(zone)
	if v.since.After(s.begin) {
		s.begin = v.since
	}
	if s.end.After(v.asOf) {
		s.end = v.asOf
	}
	if v.since.IsZero() || !s.begin.Before(s.end) {
		s.end = s.begin // nothing is known of the period
	}
	s.from, s.to = seconds(s.begin), seconds(s.end)
	if s.grouped {
		n := slices.Index(v.groups, q.Group)
		if n < 0 { // no alert is of it
			n = len(v.groups)
		}
		s.group = uint32(n) //nolint:gosec // an index
	}
	return s
}

func (s *scope) basis(m Method) Basis {
	b := Basis{Source: FromMirror, Method: m, Asked: s.q.Period, From: s.begin, To: s.end, AsOf: s.asOf}
	if s.from == s.to {
		b.Missing = NothingRead
	}
	return b
}

// facts are all of the asked group, oldest first, from anywhere in time.
func (s *scope) facts(yield func(*fact) bool) {
	for _, shard := range s.shards {
		for i := range shard {
			f := &shard[i]
			if s.grouped && f.group != s.group {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// created are those that came within the period.
func (s *scope) created(yield func(*fact) bool) {
	for _, shard := range s.shards {
		if !s.meets(shard) {
			continue
		}
		for i := range shard {
			f := &shard[i]
			if f.created < s.from || f.created >= s.to || s.grouped && f.group != s.group {
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// most is how many may have come within the period, at most.
func (s *scope) most() int {
	n := 0
	for _, shard := range s.shards {
		if s.meets(shard) {
			n += len(shard)
		}
	}
	return n
}

// meets reports whether some of a shard may have come within the period.
func (s *scope) meets(shard []fact) bool {
	return len(shard) > 0 && shard[len(shard)-1].created >= s.from && shard[0].created < s.to
}

func (s *scope) alerts() Alerts {
	var a Alerts
	if s.from == s.to {
		return a
	}
	places := map[uint16]int{}
	last := triage.DayOf(s.end.Add(-time.Nanosecond), s.zone)
	for day := triage.DayOf(s.begin, s.zone); day <= last; day = day.Add(1) {
		at, err := time.Parse(time.DateOnly, string(day))
		if err != nil {
			break // a day made by DayOf is one
		}
		places[uint16(at.Unix()/secondsADay)] = len(a.Days) //nolint:gosec // as in newFact
		a.Days = append(a.Days, DayCount{Day: day})
	}
	var current *DayCount
	was := -1
	for f := range s.created {
		if int(f.day) != was {
			current, was = &a.Days[places[f.day]], int(f.day)
		}
		current.ByFlag[f.flag]++
		current.ByType[f.kind]++
	}
	for _, d := range a.Days {
		for n := range d.ByFlag {
			a.ByFlag[n] += d.ByFlag[n]
		}
		for n := range d.ByType {
			a.ByType[n] += d.ByType[n]
		}
	}
	return a
}

func (s *scope) ages() Ages {
	var a Ages
	now := seconds(s.asOf)
	for f := range s.facts {
		if f.status != isOpen {
			continue
		}
		age := time.Duration(max(0, int64(now)-int64(f.created))) * time.Second
		bucket, exact := slices.BinarySearch(AgeBounds[:], age)
		if exact {
			bucket++
		}
		a.Buckets[bucket][f.flag]++
		a.ByFlag[f.flag]++
		a.Oldest = max(a.Oldest, age)
	}
	return a
}

// topPatients is how many patients the busiest are.
const topPatients = 10

func (s *scope) busiest() Busiest {
	counts := make([]int, s.nPat)
	var b Busiest
	for f := range s.created {
		counts[f.patient]++
		b.All++
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	for n, count := range counts {
		if count == 0 {
			break
		}
		b.Patients++
		if n < topPatients {
			b.Ranks = append(b.Ranks, count)
			b.Alerts += count
		}
	}
	return b
}

func (s *scope) escalated() Escalated {
	var e Escalated
	for f := range s.created {
		e.All.Of++
		e.ByFlag[f.flag].Of++
		if f.status == isEscalated || f.escalated != 0 {
			e.All.N++
			e.ByFlag[f.flag].N++
		}
	}
	return e
}

func (s *scope) workload() []Work {
	of := make([]Work, len(s.people))
	within := func(at uint32) bool { return at >= s.from && at < s.to }
	for f := range s.facts {
		if f.status == isProcessed && within(f.processed) {
			of[f.processedBy].Processed[f.flag]++
		}
		if within(f.escalated) {
			of[f.escalatedBy].Escalated++
		}
	}
	var all []Work
	for n, w := range of {
		if w.Processed.Total()+w.Escalated > 0 {
			w.HCP = s.people[n]
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(x, y Work) int {
		if d := y.Processed.Total() - x.Processed.Total(); d != 0 {
			return d
		}
		if x.HCP < y.HCP {
			return -1
		}
		return 1
	})
	return all
}

// reopened counts what was processed and then reopened by the same user within
// ten minutes (R17). Only what is done through this board is known, and the audit
// trail doesn't know an alert's group.
func (i *Insights) reopened(ctx context.Context, q Query) (Figure[int], error) {
	now := i.o.Now()
	from, to := q.Period.Begin(i.o.Zone), q.Period.End(i.o.Zone)
	f := Figure[int]{Basis: Basis{
		Source: FromAudit, Method: ReopenedWithin, Asked: q.Period, From: from, To: to, AsOf: now, Whole: q.Group != "",
	}}
	if f.Basis.To.After(now) {
		f.Basis.To = now
	}
	asked := audit.Filter{Action: audit.AlertChanged, ReopenedSoon: true, From: from, To: to}
	for record, err := range i.o.Store.AuditRecords(ctx, asked) {
		if err != nil {
			return f, fmt.Errorf("count what was reopened soon: %w", err)
		}
		e, err := record.Event()
		if err != nil {
			return f, fmt.Errorf("count what was reopened soon: %w", err)
		}
		if e.Outcome == audit.Done {
			f.Value++
		}
	}
	f.Basis.Counted = f.Value
	return f, nil
}
