package components

import (
	"strconv"
	"strings"

	"triageboard/internal/chart"
)

// ChartText is what a chart says to those who don't see it. The figures stand in a
// table behind it.
type ChartText struct {
	ID    string // on the page; the texts' ids follow from it
	Title string
	Desc  string // the sentence that says the same
}

// BarChart is columns of parts, with what is said of each column.
type BarChart struct {
	ChartText
	Bars  chart.Bars
	Fills []string // of each series: a flag, "unknown" or "plain"
	Says  []string // of each column
}

// SpanChart is lying spans, each from a middle to a far value.
type SpanChart struct {
	ChartText
	Spans chart.Spans
	Fills []string // of each row
	Says  []string
}

// StripChart is cells in rows, each the greater the more there is.
type StripChart struct {
	ChartText
	Strip  chart.Strip
	Levels int      // how many there are
	Says   []string // of each cell
}

// TrendChart is points over time; those that are marked have the flag's shape.
type TrendChart struct {
	ChartText
	Trend  chart.Trend
	Says   []string     // of each sample
	Rings  map[int]bool // the samples that are ringed
	Events []TrendEvent // what happened beside it, in a lane above
	Blank  []chart.Rect // where nothing is known
}

// TrendEvent is something that happened, by its flag's shape above the chart.
type TrendEvent struct {
	X     float64
	Shape string
	Says  string
	Own   bool // a line leads from it through the chart
}

// Legend says what a fill stands for.
type Legend struct {
	Fill string
	Mark Mark
}

// Table is figures as a table; the first cell of each row is its heading.
type Table struct {
	Caption string
	Shown   bool // the caption tells more than the heading before the table does
	Head    []string
	Rows    [][]string
	Columns []Mark // in place of the head's words behind the first; none: the words
}

// fill is the paint of a series: red is full, the others have patterns, so that
// they differ without their colours, too (R2).
func fill(name string) string { return "url(#p-" + name + ")" }

func viewBox(f chart.Frame) string { return "0 0 " + num(f.Width) + " " + num(f.Height) }

// labelHalf is how far a label below a chart may reach to either side, where a narrow
// window makes its letters larger.
const labelHalf = 36

// anchor is which part of a label stands at its place: near an end of the chart it
// leans inwards, so that it doesn't stick out.
func anchor(f chart.Frame, at float64) string {
	switch {
	case at+labelHalf > f.Width:
		return "end"
	case at < labelHalf:
		return "start"
	}
	return "middle"
}

// within is where a label stands.
func within(f chart.Frame, at float64) float64 {
	switch anchor(f, at) {
	case "end":
		return f.Width
	case "start":
		return 0
	}
	return at
}

// num is a coordinate, to a tenth.
func num(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(text, ".0")
}

func pointsOf(line []chart.Point) string {
	var b strings.Builder
	for i, p := range line {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(num(p.X) + "," + num(p.Y))
	}
	return b.String()
}

// side is how long a cell's square is at a level: the least is seen, too.
func (c StripChart) side(cell chart.Cell) float64 {
	share := float64(cell.Level+1) / float64(max(1, c.Levels))
	return (min(cell.W, cell.H) - 3) * (0.25 + 0.75*share)
}

// said is the text of one of several, where there is one.
func said(says []string, n int) string {
	if n < len(says) {
		return says[n]
	}
	return ""
}
