package main

import (
	"math"
	"slices"
	"time"
)

// samples is how long each of many things took.
type samples []time.Duration

func (s *samples) add(d time.Duration) { *s = append(*s, d) }

// at is a percentile: the least value that so many of a hundred don't exceed;
// zero where there are none.
func (s samples) at(percent float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[max(0, int(math.Ceil(percent/100*float64(len(sorted))))-1)]
}

// percentile is at as a figure; not measured where there are no samples.
func (s samples) percentile(percent float64) measured {
	return measured{float64(s.at(percent)), len(s) > 0}
}
