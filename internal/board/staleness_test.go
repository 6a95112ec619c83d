package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"triageboard/internal/triage"
)

// The setting of BenchmarkStaleness: the program's defaults, and ten days of the
// window that hold open alerts.
const (
	sweepsPerSecond = 5 * 0.7
	rowsOfAPage     = 200
	daysBefore      = 30
	daysWithWork    = 10
	interval        = 10 * time.Second
	simulated       = 6 * time.Hour
)

// BenchmarkStaleness runs the planner on a simulated clock, against a Luscii
// whose answers take no longer than the limit on requests: how old is what was
// confirmed of a day, at any moment? The best that any schedule could do is a
// schedule that lists the days of that class alone, as often as they should be.
func BenchmarkStaleness(b *testing.B) {
	for _, alerts := range []int{200, 1_000, 5_000} {
		b.Run(fmt.Sprintf("%d_alerts_a_day", alerts), func(b *testing.B) {
			var s simulation
			for b.Loop() {
				s = newSimulation(alerts)
				s.run()
			}
			for _, class := range []struct {
				name  string
				is    func(*simulatedDay) bool
				every time.Duration
			}{
				{"today", func(d *simulatedDay) bool { return d.today }, interval},
				{"with_work", func(d *simulatedDay) bool { return d.plan.working }, workingEvery},
				{"quiet", func(d *simulatedDay) bool { return !d.today && !d.plan.working }, quietEvery},
			} {
				ages, days := s.ages(class.is)
				best := s.best(days, class.every)
				for _, percent := range []int{50, 95} {
					name := fmt.Sprintf("%s/p%d", class.name, percent)
					b.ReportMetric(ages[(len(ages)-1)*percent/100].Seconds(), name+"/board-s")
					b.ReportMetric(best(percent).Seconds(), name+"/best-s")
				}
			}
			longest, starved := s.starved()
			b.ReportMetric(longest.Seconds(), "longest_without_a_turn/board-s")
			b.ReportMetric(s.round().Seconds(), "longest_without_a_turn/best-s")
			b.ReportMetric(float64(starved), "starved")
		})
	}
}

// simulation is the two lanes of a Board whose requests leave one by one, at the
// pace of the limit.
type simulation struct {
	now, end time.Time
	pages    int // of a day
	days     []simulatedDay
	poll     time.Time // when today is due
	seconds  int       // how much of the time was looked at
}

type simulatedDay struct {
	plan      dayPlan
	today     bool
	confirmed time.Time
	turns     []time.Time
	ages      []time.Duration // each second
}

func newSimulation(alerts int) simulation {
	s := simulation{now: planStart, end: planStart.Add(simulated), pages: (alerts + rowsOfAPage - 1) / rowsOfAPage, poll: planStart}
	for i := range 1 + daysBefore {
		day := triage.DayOf(planStart, time.UTC).Add(-i)
		s.days = append(s.days, simulatedDay{
			plan: dayPlan{day: day, working: i > 0 && i%(daysBefore/daysWithWork) == 0}, today: i == 0,
		})
	}
	return s
}

func (s *simulation) run() {
	for s.now.Before(s.end) {
		s.pollIfDue()
		plans := make([]dayPlan, 0, len(s.days))
		for i := range s.days {
			if !s.days[i].today {
				plans = append(plans, s.days[i].plan)
			}
		}
		day, wait := nextDay(s.now, time.Time{}, plans)
		if day == "" {
			s.pass(max(time.Millisecond, min(wait, s.poll.Sub(s.now))))
			continue
		}
		s.list(&s.days[slices.IndexFunc(s.days, func(d simulatedDay) bool { return d.plan.day == day })], s.pollIfDue)
	}
}

// pollIfDue lists today when its time has come. It goes before the next page of
// any other day.
func (s *simulation) pollIfDue() {
	if !s.now.Before(s.poll) {
		s.poll = s.now.Add(interval)
		s.list(&s.days[0], func() {})
	}
}

// list lists a day; first is what goes before each page.
func (s *simulation) list(d *simulatedDay, first func()) {
	begun := s.now
	for range s.pages {
		first()
		s.pass(seconds(1 / sweepsPerSecond))
	}
	d.confirmed, d.plan.tried, d.plan.confirmed = begun, begun, true
	d.turns = append(d.turns, s.now)
}

// pass lets time go by, and looks at each day every second once all have been
// confirmed.
func (s *simulation) pass(d time.Duration) {
	for s.now = s.now.Add(d); planStart.Add(time.Duration(s.seconds) * time.Second).Before(s.now); s.seconds++ {
		at := planStart.Add(time.Duration(s.seconds) * time.Second)
		if slices.ContainsFunc(s.days, func(d simulatedDay) bool { return d.confirmed.IsZero() }) {
			continue
		}
		for i := range s.days {
			s.days[i].ages = append(s.days[i].ages, at.Sub(s.days[i].confirmed))
		}
	}
}

// ages is how old the confirmations of a class of days were, in order, and how
// many days it has.
func (s *simulation) ages(is func(*simulatedDay) bool) (ages []time.Duration, days int) {
	for i := range s.days {
		if is(&s.days[i]) {
			ages, days = append(ages, s.days[i].ages...), days+1
		}
	}
	slices.Sort(ages)
	return ages, days
}

// best is the ages if nothing but so many days was listed, each as often as it
// should be or, where that is too often, one after the other: from the time its
// listing takes they grow evenly until the next listing ends.
func (s *simulation) best(days int, every time.Duration) func(percent int) time.Duration {
	listing := s.listing()
	cycle := max(every, listing*time.Duration(days))
	return func(percent int) time.Duration { return listing + cycle*time.Duration(percent)/100 }
}

// listing is how long the requests for one day take.
func (s *simulation) listing() time.Duration {
	return time.Duration(s.pages) * seconds(1/sweepsPerSecond)
}

// round is how long the requests for all days take.
func (s *simulation) round() time.Duration { return s.listing() * time.Duration(len(s.days)) }

// starved is the longest that any day was without a turn, and how many days were
// without one for more than twice as long as a fair schedule needs: the pause a
// quiet day is due, and a round of all days in what today's polls leave.
func (s *simulation) starved() (longest time.Duration, starved int) {
	left := 1 - min(0.9, float64(s.listing())/float64(interval))
	fair := quietEvery + time.Duration(float64(s.round())/left)
	for _, d := range s.days {
		last, most := planStart, time.Duration(0)
		for _, turn := range append(d.turns, s.end) {
			most, last = max(most, turn.Sub(last)), turn
		}
		longest = max(longest, most)
		if most > 2*fair {
			starved++
		}
	}
	return longest, starved
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
