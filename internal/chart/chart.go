// Package chart turns numbers into the geometry of charts: rectangles, lines and
// ticks in the units of an SVG's viewBox, with y growing downwards. It knows
// neither colours nor words: labels come from the caller, and components draw what
// comes back. It is a leaf.
package chart

import "math"

// Frame is the area of a chart and the margins its axes' labels stand in.
type Frame struct{ Width, Height, Left, Right, Top, Bottom float64 }

// Plot is what the margins leave.
func (f Frame) Plot() Rect {
	return Rect{f.Left, f.Top, max(0, f.Width-f.Left-f.Right), max(0, f.Height-f.Top-f.Bottom)}
}

// Rect is a rectangle by its upper left corner.
type Rect struct{ X, Y, W, H float64 }

// Point is a place.
type Point struct{ X, Y float64 }

// Tick is a labelled place along an axis.
type Tick struct {
	At    float64
	Label string
}

// Scale puts values on places.
type Scale struct {
	From, To float64 // values
	At, End  float64 // the places of these
	Log      bool    // by ratios instead of differences; both values are then above 0
}

// Place is where a value lies. One outside lies at the nearer end.
func (s Scale) Place(v float64) float64 {
	from, to := s.From, s.To
	v = min(max(v, min(from, to)), max(from, to))
	if s.Log {
		v, from, to = math.Log(v), math.Log(from), math.Log(to)
	}
	if from == to {
		return s.At
	}
	return s.At + (v-from)/(to-from)*(s.End-s.At)
}

// Ticks are the places of some values with their labels, without those outside.
func (s Scale) Ticks(values []float64, label func(float64) string) []Tick {
	var ticks []Tick
	for _, v := range values {
		if v >= s.From && v <= s.To {
			ticks = append(ticks, Tick{s.Place(v), label(v)})
		}
	}
	return ticks
}

// Nice are round values, about so many, that reach from at most the least to at
// least the most, but for some billionths of a step: multiples of 1, 2 or 5 times a power of ten, and of no less than
// the smallest step, such as 1 for what is counted.
func Nice(least, most float64, about int, smallest float64) []float64 {
	if most <= least {
		most = least + max(smallest, 1)
	}
	rough := (most - least) / float64(max(1, about))
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= rough*(1-1e-9) {
			step = m * power
			break
		}
	}
	step = max(step, smallest)
	first, last := math.Floor(least/step+1e-9), math.Ceil(most/step-1e-9)
	var values []float64
	for n := first; n <= last; n++ {
		values = append(values, math.Round(n*step*1e9)/1e9)
	}
	return values
}

// Spread chooses at most so many of n places in a row, evenly and the last among
// them, for labels that need room.
func Spread(n, most int) []int {
	if n <= 0 || most <= 0 {
		return nil
	}
	step := (n + most - 1) / most
	var chosen []int
	for i := n - 1; i >= 0; i -= step {
		chosen = append(chosen, i)
	}
	for i, j := 0, len(chosen)-1; i < j; i, j = i+1, j-1 {
		chosen[i], chosen[j] = chosen[j], chosen[i]
	}
	return chosen
}
