// Package insight says how the service is doing: figures over a period, from the
// mirror of Luscii's alerts, the audit trail and the exports. Every figure tells
// what it rests on: which period, which source, and how it was computed, as words
// of the program's own that the pages put into either language.
//
// No figure names a patient. What is counted by patient stays a count.
package insight

import (
	"time"

	"triageboard/internal/triage"
)

// Flags is the order of everything that is counted by flag: R1's. The empty flag
// stands for all that the reference page doesn't name.
var Flags = [...]triage.Flag{"", triage.FlagRed, triage.FlagOrange, triage.FlagGray}

// Types is the order of everything that is counted by type. The empty type stands
// for all that the reference page doesn't name.
var Types = [...]triage.Type{triage.TypeMeasurement, triage.TypeRemark, triage.TypeOverdue, triage.TypeCombination, ""}

// ByFlag is a number for each of Flags.
type ByFlag [len(Flags)]int

// ByType is a number for each of Types.
type ByType [len(Types)]int

// Total is all of them.
func (c ByFlag) Total() int {
	n := 0
	for _, v := range c {
		n += v
	}
	return n
}

// Source is where a figure comes from.
type Source string

// The sources.
const (
	FromMirror Source = "mirror" // the alerts as the board read them
	FromAudit  Source = "audit"  // what was done through this board
	FromExport Source = "export" // a report of Luscii's Export API
)

// Method is how a figure was computed.
type Method string

// The methods; the catalogue explains each.
const (
	CountedByDay       Method = "by_day"
	TimeToProcess      Method = "to_process"
	OpenNow            Method = "open_now"
	MoreThanTen        Method = "floods"
	BusiestPatients    Method = "busiest"
	EscalatedOfCreated Method = "escalated"
	ReopenedWithin     Method = "reopened"
	MeanOfStars        Method = "stars"
	LastActor          Method = "last_actor"
)

// Missing says why there is no figure.
type Missing string

// The reasons why there is none.
const (
	NotMissing  Missing = ""
	NothingRead Missing = "nothing_read" // the board hasn't read a day of the period completely yet
	BeingRead   Missing = "being_read"   // the report is being fetched
	NoRight     Missing = "no_right"     // the service key may not read the report
	NoAnswer    Missing = "no_answer"    // Luscii didn't give the report
	SwitchedOff Missing = "switched_off" // nothing is asked of the exports here
)

// Basis is what a figure rests on.
type Basis struct {
	Source Source
	Method Method
	Asked  Period
	// From and To are the part of the asked period there are data for, To not
	// included; for what is so now, both are AsOf.
	From, To time.Time
	AsOf     time.Time // what came later isn't in it
	Counted  int       // how many alerts, or whatever else is counted
	Whole    bool      // of the whole organisation, although a group was asked for
	Missing  Missing
}

// Partial reports that there are no data for the beginning of the period.
func (b Basis) Partial(zone *time.Location) bool {
	return b.Missing == NotMissing && b.From.After(b.Asked.Begin(zone))
}

// Figure is a value with what it rests on.
type Figure[T any] struct {
	Basis Basis
	Value T
}

// Query says what figures are asked for.
type Query struct {
	Period    Period
	Group     triage.GroupID // empty: all
	GroupName string         // what the exports call it
	// Workload asks for the figures about single professionals, which only an
	// HC_ADMIN may see.
	Workload bool
}

// Report is all figures of one query.
type Report struct {
	AsOf   time.Time        // when the alerts were looked at
	Since  time.Time        // from when on every alert is known; zero: nothing is yet
	Groups []triage.GroupID // that have alerts in the mirror, whatever the query asks

	Alerts    Figure[Alerts]
	Waits     Figure[Waits]
	Open      Figure[Ages]
	Floods    Figure[Floods]
	Busiest   Figure[Busiest]
	Escalated Figure[Escalated]
	Reopened  Figure[int] // R17
	Stars     Figure[Stars]
	Workload  *Figure[[]Work] // nil: not asked for
}

// Alerts is how many came.
type Alerts struct {
	Days   []DayCount // every day there are data for, oldest first
	ByFlag ByFlag
	ByType ByType
}

// DayCount is how many came on a day of the shown zone.
type DayCount struct {
	Day    triage.Day
	ByFlag ByFlag
	ByType ByType
}

// Wait is how long it took from an alert's creation until it was processed. Of one
// that was processed twice, the last time counts: Luscii tells no other.
type Wait struct {
	Came      int // alerts created
	Processed int // those of them that a professional processed, and that say when
	Nameless  int // those that are processed without anybody's name, as Luscii does by itself; no time is taken of them
	// Median and P90 are exact, to the second: the smallest time within which half,
	// or nine tenths, of the processed were processed (nearest rank).
	Median, P90 time.Duration
}

// Waits is how long it took, by what.
type Waits struct {
	All     Wait
	ByFlag  [len(Flags)]Wait
	ByGroup []GroupWaits // in the order of the groups' ids
	ByHour  [24]HourWaits
}

// GroupWaits is how long it took in a group.
type GroupWaits struct {
	Group  triage.GroupID
	All    Wait
	ByFlag [len(Flags)]Wait
}

// HourWaits is how long it took for what came in an hour of the day.
type HourWaits struct {
	All    Wait
	ByFlag [len(Flags)]Wait
}

// AgeBounds divide open alerts by age: younger than the first, from there to the
// next, and so on; the last ones are older than all.
var AgeBounds = [...]time.Duration{
	30 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour,
}

// Ages is how long open alerts have been open, now.
type Ages struct {
	Buckets [len(AgeBounds) + 1]ByFlag
	ByFlag  ByFlag
	Oldest  time.Duration // zero: none is open
}

// Floods is when many came at once: in all groups together, and in each.
type Floods struct {
	All     Flood
	ByGroup []GroupFlood // those that had one, in the order of their ids
}

// GroupFlood is a group's floods.
type GroupFlood struct {
	Group triage.GroupID
	Flood
}

// Flood is the time in which more than ten alerts had come within the ten minutes
// before (R7's measure).
type Flood struct {
	N       int // how often it began
	Time    time.Duration
	Longest time.Duration
	Alerts  int // that came during it, those that made it one included
	Peak    int // the most within any ten minutes, in a flood or not
}

// Busiest is how much of all comes from the few patients with the most alerts.
type Busiest struct {
	Ranks    []int // the alerts of the first, second, … patient; at most ten
	Alerts   int   // of those together
	All      int   // of all patients
	Patients int   // with at least one
}

// Escalated is how much of what came was escalated, as far as Luscii still says:
// of an alert that was processed since, it does; of one reopened, it may not.
type Escalated struct {
	All    Share
	ByFlag [len(Flags)]Share
}

// Share is a part of something.
type Share struct{ N, Of int }

// Of1 is the part as a number from 0 to 1; 0 of nothing is 0.
func (s Share) Of1() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.N) / float64(s.Of)
}

// Stars is what patients think of it.
type Stars struct {
	N       int     // ratings of one to five stars
	Mean    float64 // of those
	ByStars [5]int  // one star first
	Other   int     // what is no number from one to five
}

// Work is what a professional did in the period, through this board or not.
type Work struct {
	HCP       triage.HCPID // empty: Luscii doesn't say who
	Processed ByFlag
	Escalated int
}
