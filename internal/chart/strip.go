package chart

// Strip is cells in rows, each as strong as its value, such as one for each hour.
type Strip struct {
	Frame
	Cells []Cell
	X, Y  []Tick
}

// Cell is one value. Level is how many of the bounds it reaches; -1: there is
// nothing to show.
type Cell struct {
	Rect
	Row, Column int
	Level       int
}

// Heat makes a strip. In values a number below 0 is none; all rows are as long as
// the first. labels stand below some columns, names beside the rows.
func Heat(f Frame, values [][]float64, bounds []float64, labels map[int]string, names []string) Strip {
	plot := f.Plot()
	s := Strip{Frame: f}
	if len(values) == 0 || len(values[0]) == 0 {
		return s
	}
	wide, high := plot.W/float64(len(values[0])), plot.H/float64(len(values))
	for row, line := range values {
		top := plot.Y + float64(row)*high
		if row < len(names) {
			s.Y = append(s.Y, Tick{top + high/2, names[row]})
		}
		for column, v := range line {
			s.Cells = append(s.Cells, Cell{Rect{plot.X + float64(column)*wide, top, wide, high}, row, column, level(v, bounds)})
		}
	}
	for column := range values[0] {
		if text := labels[column]; text != "" {
			s.X = append(s.X, Tick{plot.X + (float64(column)+0.5)*wide, text})
		}
	}
	return s
}

func level(v float64, bounds []float64) int {
	if v < 0 {
		return -1
	}
	n := 0
	for _, b := range bounds {
		if v >= b {
			n++
		}
	}
	return n
}
