package chart

// Sample is one measured value of a series, or of several that were measured
// together, such as the two of a blood pressure.
type Sample struct {
	X      float64   // such as seconds
	Values []float64 // one of each series, in their order
	Mark   string    // what it is marked with, such as a flag; empty: nothing
}

// Trend is a chart of points over time.
type Trend struct {
	Frame
	Lines [][]Point // through what was measured without a gap, series after series
	Dots  []Dot
	Pairs []Pair // what was measured together
	X, Y  []Tick
	scale Scale // of x
}

// Place is where a value of x lies, and whether it lies on the chart at all.
func (t Trend) Place(x float64) (at float64, on bool) {
	return t.scale.Place(x), x >= t.scale.From && x <= t.scale.To
}

// Dot is one value.
type Dot struct {
	Point
	Series, Sample int
	Mark           string
}

// Pair joins the values of one sample.
type Pair struct{ From, To Point }

// Axes are what the axes of a trend show.
type Axes struct {
	From, To float64 // of x
	Gap      float64 // what lies further apart than this isn't joined; 0: all is
	// Apart, where given, says instead which two neighbours aren't joined.
	Apart func(before, x float64) bool
	X     []Tick  // At is a value
	Least float64 // y reaches from at least here
	Most  float64 // to there; with Least equal to it, y takes what the samples need
	Label func(float64) string
}

// Points makes a trend of samples in the order of x. Those outside the x axis are
// left out.
func Points(f Frame, samples []Sample, a Axes) Trend {
	plot := f.Plot()
	least, most, known := a.Least, a.Most, a.Least != a.Most
	for _, s := range samples {
		for _, v := range s.Values {
			if s.X < a.From || s.X > a.To {
				continue
			}
			if !known {
				least, most, known = v, v, true
			}
			least, most = min(least, v), max(most, v)
		}
	}
	ticks := Nice(least, most, 4, 0)
	x := Scale{From: a.From, To: a.To, At: plot.X, End: plot.X + plot.W}
	y := Scale{From: ticks[0], To: ticks[len(ticks)-1], At: plot.Y + plot.H, End: plot.Y}
	t := Trend{Frame: f, Y: y.Ticks(ticks, a.Label), scale: x}
	for _, tick := range a.X {
		if tick.At >= a.From && tick.At <= a.To {
			t.X = append(t.X, Tick{x.Place(tick.At), tick.Label})
		}
	}
	var lines [][]Point // of the series, as far as they came
	var before []float64
	for n, s := range samples {
		if s.X < a.From || s.X > a.To {
			continue
		}
		for len(lines) < len(s.Values) {
			lines, before = append(lines, nil), append(before, s.X)
		}
		for series, v := range s.Values {
			p := Point{x.Place(s.X), y.Place(v)}
			t.Dots = append(t.Dots, Dot{p, series, n, s.Mark})
			if series > 0 {
				t.Pairs = append(t.Pairs, Pair{Point{p.X, y.Place(s.Values[series-1])}, p})
			}
			if a.apart(before[series], s.X) {
				t.end(lines[series])
				lines[series] = nil
			}
			lines[series], before[series] = append(lines[series], p), s.X
		}
	}
	for _, line := range lines {
		t.end(line)
	}
	return t
}

// apart reports whether two neighbours aren't joined.
func (a Axes) apart(before, x float64) bool {
	if a.Apart != nil {
		return a.Apart(before, x)
	}
	return a.Gap > 0 && x-before > a.Gap
}

// end takes a line that goes on no further; a single point is none.
func (t *Trend) end(line []Point) {
	if len(line) > 1 {
		t.Lines = append(t.Lines, line)
	}
}
