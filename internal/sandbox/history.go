package sandbox

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

const (
	window          = 30 * 24 * time.Hour // how far back the population's alerts go
	alertsPerDay    = 0.48                // by patient: 17,293 alerts of 174 patients in 207 days
	autoShare       = 0.79                // of the processed alerts
	processAllShare = 0.05
	unknownShare    = 0.01
)

// historian invents what happened before the epoch.
type historian struct {
	rng       *rand.Rand
	epoch     time.Time
	patients  []*patient            // those with alerts, the notable ones first
	byGroup   map[*named][]*patient // the same
	groups    []*named              // those with patients
	assessors map[*named][]*hcp
}

// newHistory invents the alerts a sandbox begins with, one by one and only once:
// open ones, a handful escalated, and processed ones up to the total.
func newHistory(s seed, epoch time.Time, patients []*patient, staff *staff, open, total int) iter.Seq[*alert] {
	h := &historian{rng: s.stream("history"), epoch: epoch, byGroup: map[*named][]*patient{}, assessors: map[*named][]*hcp{}}
	for _, p := range patients {
		if !p.eligible() {
			continue
		}
		g := p.cohort.group
		if h.byGroup[g] == nil {
			h.groups = append(h.groups, g)
			h.assessors[g] = staff.assessors(g)
		}
		h.patients = append(h.patients, p)
		h.byGroup[g] = append(h.byGroup[g], p)
	}
	return func(yield func(*alert) bool) {
		if len(h.patients) == 0 {
			return
		}
		for _, a := range h.open(open) {
			if !yield(a) {
				return
			}
		}
		escalated := min(escalatedAmong(open), total-open)
		for i := range escalated {
			if !yield(h.escalated(i)) {
				return
			}
		}
		for range total - open - escalated {
			if !yield(h.processed()) {
				return
			}
		}
	}
}

// escalatedAmong is how many escalated alerts stand beside so many open ones.
func escalatedAmong(open int) int {
	if open == 0 {
		return 0
	}
	return min(1+open/10, 12)
}

// usualAlerts is how many alerts so many patients have in the window.
func usualAlerts(patients int) int {
	return min(int(float64(patients)*alertsPerDay*window.Hours()/24), maxAlerts)
}

// open invents open alerts: 5 % red, 35 % orange, the rest gray, exactly; most
// of the last two days, some older; the first are the notable patients', so
// that look-alikes meet on the board. One in eight, unless it is quite new, was
// processed and reopened.
func (h *historian) open(count int) []*alert {
	flags := make([]string, count)
	for i := range flags {
		flags[i] = openFlag((float64(i) + 0.5) / float64(count))
	}
	h.rng.Shuffle(count, func(i, j int) { flags[i], flags[j] = flags[j], flags[i] })

	alerts := make([]*alert, 0, count)
	for i, flag := range flags {
		p := h.somebody()
		if i < min(len(notables), len(h.patients)) {
			p = h.patients[i]
		}
		from, to := h.epoch.Add(-48*time.Hour), h.epoch
		if i%9 == 8 {
			from, to = h.epoch.Add(-20*24*time.Hour), from
		}
		a := newAlert(h.rng, p, flag, moment(h.rng, from, to))
		if i%8 == 5 && h.epoch.Sub(a.createdAt) > time.Hour {
			done := between(h.rng, a.createdAt, h.epoch)
			h.act(a, statusProcessed, sourcePage, done, processNotes)
			h.act(a, statusOpen, sourcePage, between(h.rng, done, h.epoch), reopenNotes)
		}
		alerts = append(alerts, a)
	}
	return alerts
}

// escalated invents an escalated alert, of each group in turn.
func (h *historian) escalated(i int) *alert {
	p := oneOf(h.rng, h.byGroup[h.groups[i%len(h.groups)]])
	created := moment(h.rng, h.epoch.Add(-4*24*time.Hour), h.epoch.Add(-time.Minute))
	a := newAlert(h.rng, p, openFlag(h.rng.Float64()*0.6), created)
	h.act(a, statusEscalated, sourcePage, between(h.rng, created, h.epoch), escalateNotes)
	return a
}

// processed invents a processed alert, by whichever way.
func (h *historian) processed() *alert {
	p, created := h.somebody(), moment(h.rng, h.epoch.Add(-window), h.epoch.Add(-time.Minute))
	draw := h.rng.Float64()
	if draw < autoShare {
		flag := flagGray
		if chance(h.rng, 0.1) {
			flag = flagOrange
		}
		a := newAlert(h.rng, p, flag, created)
		a.apply(change{Status: statusProcessed}, sourceAuto, created)
		return a
	}

	a := newAlert(h.rng, p, openFlag(h.rng.Float64()), created)
	draw -= autoShare
	switch {
	case draw < processAllShare:
		// Everything that waited, at the end of a quarter of the day.
		h.act(a, statusProcessed, sourceProcessAll, h.earlier(created.Truncate(6*time.Hour).Add(6*time.Hour), created), nil)
	case draw < processAllShare+unknownShare:
		h.act(a, statusProcessed, sourceUnknown, h.earlier(created.Add(time.Hour), created), nil)
	default:
		done := created
		if chance(h.rng, 0.06) {
			done = h.soon(a.flag, created)
			h.act(a, statusEscalated, sourcePage, done, escalateNotes)
		}
		h.act(a, statusProcessed, sourcePage, h.soon(a.flag, done), processNotes)
	}
	return a
}

// act lets a professional of the alert's group do something, with a note if
// there are any to choose from.
func (h *historian) act(a *alert, status, source string, at time.Time, notes []remark) {
	c := change{Status: status}
	if who := h.assessors[a.group]; len(who) > 0 {
		c.User = oneOf(h.rng, who).id
	}
	if len(notes) > 0 {
		n := oneOf(h.rng, notes)
		c.Category, c.Note = text(n.category), text(n.note)
	}
	a.apply(c, source, a.next(at))
}

// somebody is a patient; some have far more alerts than others.
func (h *historian) somebody() *patient {
	u := h.rng.Float64()
	return h.patients[int(math.Pow(u, 1.6)*float64(len(h.patients)))]
}

// soon is when an alert of that flag was looked at.
func (h *historian) soon(flag string, after time.Time) time.Time {
	least, most := 20*time.Minute, 20*time.Hour
	switch flag {
	case flagRed:
		least, most = 2*time.Minute, 40*time.Minute
	case flagOrange:
		least, most = 10*time.Minute, 6*time.Hour
	}
	wait := least + time.Duration(h.rng.Float64()*float64(most-least))
	return h.earlier(after.Add(wait).Truncate(time.Second), after)
}

// earlier is at, or if that isn't past yet, some time since after.
func (h *historian) earlier(at, after time.Time) time.Time {
	if at.After(h.epoch) {
		return between(h.rng, after, h.epoch)
	}
	return at
}

// openFlag divides draws from 0 to 1 into flags.
func openFlag(draw float64) string {
	switch {
	case draw < 0.05:
		return flagRed
	case draw < 0.40:
		return flagOrange
	}
	return flagGray
}

// typeShares is how often each flag is of each type, in percent.
var typeShares = map[string][]struct {
	kind  string
	share int
}{
	flagRed:    {{typeMeasurement, 75}, {typeCombination, 15}, {typeRemark, 10}},
	flagOrange: {{typeMeasurement, 60}, {typeOverdue, 18}, {typeRemark, 12}, {typeCombination, 10}},
	flagGray:   {{typeMeasurement, 50}, {typeOverdue, 25}, {typeRemark, 20}, {typeCombination, 5}},
}

// newAlert invents an open alert without history.
func newAlert(rng *rand.Rand, p *patient, flag string, created time.Time) *alert {
	a := &alert{
		id:        newUUID(rng),
		patient:   p,
		traits:    traits{group: p.cohort.group, program: p.program, protocol: p.protocol, flag: flag, status: statusOpen},
		createdAt: created,
		updatedAt: created,
	}
	draw := rng.IntN(100)
	for _, t := range typeShares[flag] {
		if a.kind = t.kind; draw < t.share {
			break
		}
		draw -= t.share
	}

	measurement, instrument := newUUID(rng), oneOf(rng, p.cohort.instruments)
	switch a.kind {
	case typeMeasurement:
		// The page's own sample is one without either.
		if chance(rng, 0.88) {
			a.measurement, a.instrument = measurement, instrument
		}
	case typeCombination:
		a.measurement = measurement
	case typeRemark:
		if chance(rng, 0.5) {
			a.measurement, a.instrument = measurement, instrument
		}
	}
	return a
}

// busyness is how many measurements come in by UTC hour: most patients measure
// after breakfast.
var busyness = [24]int{1, 1, 1, 1, 2, 5, 9, 10, 10, 8, 6, 5, 5, 4, 4, 4, 5, 6, 6, 5, 4, 3, 2, 1}

// moment is a time from from until before to, at a busy hour rather than a
// quiet one.
func moment(rng *rand.Rand, from, to time.Time) time.Time {
	for {
		t := between(rng, from, to)
		if rng.IntN(10) < busyness[t.Hour()] {
			return t
		}
	}
}

// between is a time from from until before to, in whole seconds.
func between(rng *rand.Rand, from, to time.Time) time.Time {
	seconds := int64(to.Sub(from) / time.Second)
	if seconds <= 0 {
		return from
	}
	return from.Add(time.Duration(rng.Int64N(seconds)) * time.Second)
}
