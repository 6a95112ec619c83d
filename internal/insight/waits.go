package insight

import (
	"slices"
	"time"
)

// allFlags stands beside Flags for all of them together.
const allFlags = len(Flags)

// ranked finds the two percentiles of the times that come to it in order: it needs
// no more than how many there will be.
type ranked struct {
	came, nameless int
	n, seen        int
	median, p90    uint32
}

// percentiles of what is ranked, in percent.
const (
	half        = 50
	nineInTen   = 90
	hundred     = 100
	hoursADay   = 24
	payloadBits = 32
	hourBits    = 5
	flagBits    = 3
)

// take takes the next greater time.
func (r *ranked) take(wait uint32) {
	r.seen++
	if r.seen == rank(half, r.n) {
		r.median = wait
	}
	if r.seen == rank(nineInTen, r.n) {
		r.p90 = wait
	}
}

// rank is which of n, from the smallest on, is the percentile: the nearest rank.
func rank(percent, n int) int { return (percent*n + hundred - 1) / hundred }

func (r ranked) wait() Wait {
	return Wait{Came: r.came, Processed: r.n, Nameless: r.nameless, Median: time.Duration(r.median) * time.Second, P90: time.Duration(r.p90) * time.Second}
}

// split is the times by flag, and all together.
type split [allFlags + 1]ranked

func (s *split) came(f *fact) {
	for _, r := range [...]*ranked{&s[f.flag], &s[allFlags]} {
		r.came++
		if f.status == isProcessed && f.processedBy == nobody {
			r.nameless++
		}
	}
}

func (s *split) expect(flag uint64) { s[flag].n++; s[allFlags].n++ }
func (s *split) flags() (w [len(Flags)]Wait) {
	for n := range w {
		w[n] = s[n].wait()
	}
	return w
}

// waits sorts all times once, by counting; then every bucket meets its own in
// order, and its percentiles are where its ranks are.
func (s *scope) waits() Waits {
	groups := make([]split, len(s.groups))
	var hours [hoursADay]split
	var whole split
	times := make([]uint64, 0, s.most()) // the time above, whose it is below
	for f := range s.created {
		whole.came(f)
		groups[f.group].came(f)
		hours[f.hour].came(f)
		if wait, ok := f.wait(); ok {
			flag := uint64(f.flag)
			whole.expect(flag)
			groups[f.group].expect(flag)
			hours[f.hour].expect(flag)
			times = append(times, uint64(wait)<<payloadBits|uint64(f.group)<<(hourBits+flagBits)|uint64(f.hour)<<flagBits|flag)
		}
	}
	for _, t := range sortByTime(times) {
		wait := uint32(t >> payloadBits) //nolint:gosec // it was one
		flag, hour := t&(1<<flagBits-1), t>>flagBits&(1<<hourBits-1)
		group := &groups[t&(1<<payloadBits-1)>>(hourBits+flagBits)]
		for _, b := range [...]*split{&whole, group, &hours[hour]} {
			b[flag].take(wait)
			b[allFlags].take(wait)
		}
	}

	w := Waits{All: whole[allFlags].wait(), ByFlag: whole.flags()}
	for n := range hours {
		w.ByHour[n] = HourWaits{hours[n][allFlags].wait(), hours[n].flags()}
	}
	for n := range groups {
		if groups[n][allFlags].came > 0 {
			w.ByGroup = append(w.ByGroup, GroupWaits{s.groups[n], groups[n][allFlags].wait(), groups[n].flags()})
		}
	}
	slices.SortFunc(w.ByGroup, func(x, y GroupWaits) int {
		if x.Group < y.Group {
			return -1
		}
		return 1
	})
	return w
}

// sortByTime sorts by the upper half, eleven bits at a time. A month has 22, so
// that is two passes where comparing would take twenty.
func sortByTime(times []uint64) []uint64 {
	const bits, size = 11, 1 << 11
	greatest := uint64(0)
	for _, t := range times {
		greatest = max(greatest, t)
	}
	other := make([]uint64, len(times))
	for shift := payloadBits; greatest>>shift > 0; shift += bits {
		var at [size + 1]int
		for _, t := range times {
			at[t>>shift&(size-1)+1]++
		}
		for n := range size {
			at[n+1] += at[n]
		}
		for _, t := range times {
			key := t >> shift & (size - 1)
			other[at[key]] = t
			at[key]++
		}
		times, other = other, times
	}
	return times
}
