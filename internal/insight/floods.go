package insight

import (
	"slices"
	"time"
)

// What makes a flood: more than so many within so many seconds (R7).
const (
	floodMore   = 10
	floodWithin = 10 * 60
)

func (s *scope) floods() Floods {
	per := make([]int, len(s.groups))
	for f := range s.created {
		per[f.group]++
	}
	all, groups := make([]uint32, 0, s.most()), make([][]uint32, len(per))
	for g, n := range per {
		groups[g] = make([]uint32, 0, n)
	}
	for f := range s.created {
		all = append(all, f.created)
		groups[f.group] = append(groups[f.group], f.created)
	}
	floods := Floods{All: floodsOf(all, s.to)}
	for g, times := range groups {
		if f := floodsOf(times, s.to); f.N > 0 {
			floods.ByGroup = append(floods.ByGroup, GroupFlood{s.view.groups[g], f})
		}
	}
	slices.SortFunc(floods.ByGroup, func(x, y GroupFlood) int {
		if x.Group < y.Group {
			return -1
		}
		return 1
	})
	return floods
}

// floodsOf finds the floods among creation times in order, up to an end. With the
// alert that makes eleven a flood is on, until the first of those eleven is ten
// minutes old; where the next eleven begin before that, it goes on.
func floodsOf(times []uint32, last uint32) Flood {
	var f Flood
	var on, until uint32 // of the flood at hand; both 0: there was none yet
	counted := 0         // alerts before this place are counted already
	end := func() {
		long := time.Duration(min(until, last)-on) * time.Second
		f.Time += long
		f.Longest = max(f.Longest, long)
	}
	first := 0 // of those that came within the ten minutes up to this one
	for i, at := range times {
		for at-times[first] >= floodWithin {
			first++
		}
		within := i - first + 1
		f.Peak = max(f.Peak, within)
		if within <= floodMore {
			continue
		}
		if f.N == 0 || at > until {
			if f.N > 0 {
				end()
			}
			f.N++
			on = at
		}
		until = times[i-floodMore] + floodWithin
		f.Alerts += i + 1 - max(counted, first)
		counted = i + 1
	}
	if f.N > 0 {
		end()
	}
	return f
}
