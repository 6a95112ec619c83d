package chart

import "slices"

// Span is from a middle to a far value, such as a median and a 90th percentile.
type Span struct{ Middle, Far float64 }

// Spans is a chart of lying spans, one below the other.
type Spans struct {
	Frame
	Rows []SpanRow
	X    []Tick
}

// SpanRow is where a span lies. None: there is nothing to show.
type SpanRow struct {
	Slot        Rect
	Y           float64
	Middle, Far float64
	None        bool
}

// Lay makes a chart of spans; nil is none. ticks are values above 0 in order: the
// axis reaches over those that are needed, by ratios, so that minutes are seen
// beside days.
func Lay(f Frame, spans []*Span, ticks []float64, label func(float64) string) Spans {
	plot := f.Plot()
	used := within(spans, ticks)
	x := Scale{From: used[0], To: used[len(used)-1], At: plot.X, End: plot.X + plot.W, Log: true}
	c := Spans{Frame: f, X: x.Ticks(used, label)}
	high := plot.H / float64(max(1, len(spans)))
	for i, s := range spans {
		row := SpanRow{Slot: Rect{plot.X, plot.Y + float64(i)*high, plot.W, high}, None: s == nil}
		row.Y = row.Slot.Y + high/2
		if s != nil {
			row.Middle, row.Far = x.Place(s.Middle), x.Place(s.Far)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// within is the ticks from the last below all spans to the first above.
func within(spans []*Span, ticks []float64) []float64 {
	first, last := len(ticks), 0
	for _, s := range spans {
		if s == nil {
			continue
		}
		low, exact := slices.BinarySearch(ticks, s.Middle)
		if !exact {
			low--
		}
		high, _ := slices.BinarySearch(ticks, s.Far)
		first, last = min(first, max(0, low)), max(last, min(high, len(ticks)-1))
	}
	switch {
	case first >= len(ticks): // nothing to show
		return ticks
	case first == last && last > 0:
		first--
	case first == last:
		last++
	}
	return ticks[first : last+1]
}
