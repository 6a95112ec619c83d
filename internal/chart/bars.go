package chart

// Bars is a chart of columns, each of parts that stand on each other.
type Bars struct {
	Frame
	Columns []Column
	X, Y    []Tick // Y from the base up
	Base    float64
}

// Column is one of them.
type Column struct {
	Slot  Rect // the whole height of the plot, where the column may be pointed at
	Parts []Part
}

// Part is a part of a column, the lowest first; those of nothing are left out.
type Part struct {
	Series int // its place in the column's values
	Rect
}

// barShare is how much of its slot a column takes.
const barShare = 0.72

// hairline is how low a part that isn't nothing may get.
const hairline = 1

// Stack makes a chart of columns of values, none below 0. labels stand below some
// of them, by place. most is the greatest sum the axis has to reach; 0: that of
// the columns, so that several charts can share one.
func Stack(f Frame, columns [][]float64, labels map[int]string, most float64, label func(float64) string) Bars {
	plot := f.Plot()
	for _, values := range columns {
		most = max(most, sum(values))
	}
	ticks := Nice(0, most, 4, 1)
	y := Scale{From: 0, To: ticks[len(ticks)-1], At: plot.Y + plot.H, End: plot.Y}
	b := Bars{Frame: f, Y: y.Ticks(ticks, label), Base: y.At}
	slot := plot.W / float64(max(1, len(columns)))
	for i, values := range columns {
		left := plot.X + float64(i)*slot
		c := Column{Slot: Rect{left, plot.Y, slot, plot.H}}
		at := y.At
		for n, v := range values {
			if v <= 0 {
				continue
			}
			high := max(hairline, y.At-y.Place(v))
			at -= high
			c.Parts = append(c.Parts, Part{n, Rect{left + slot*(1-barShare)/2, at, slot * barShare, high}})
		}
		b.Columns = append(b.Columns, c)
		if text := labels[i]; text != "" {
			b.X = append(b.X, Tick{left + slot/2, text})
		}
	}
	return b
}

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}
