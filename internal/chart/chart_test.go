package chart_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"triageboard/internal/chart"
)

// frame leaves a plot of 100 by 50 at 10, 5.
var frame = chart.Frame{Width: 120, Height: 70, Left: 10, Right: 10, Top: 5, Bottom: 15}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func TestPlot(t *testing.T) {
	assert.Equal(t, chart.Rect{X: 10, Y: 5, W: 100, H: 50}, frame.Plot())
	assert.Equal(t, chart.Rect{X: 10}, chart.Frame{Width: 5, Left: 10}.Plot(), "never less than nothing")
}

func TestNiceSteps(t *testing.T) {
	for _, tc := range []struct {
		least, most float64
		smallest    float64
		want        []float64
	}{
		{0, 0, 1, []float64{0, 1}},
		{0, 3, 1, []float64{0, 1, 2, 3}},
		{0, 7, 1, []float64{0, 2, 4, 6, 8}},
		{0, 100, 1, []float64{0, 50, 100}},
		{0, 130, 1, []float64{0, 50, 100, 150}},
		{82, 97, 0, []float64{80, 85, 90, 95, 100}},
		{36.4, 37.1, 0, []float64{36.4, 36.6, 36.8, 37, 37.2}},
		{-3, 4, 0, []float64{-4, -2, 0, 2, 4}},
		{5, 5, 0, []float64{5, 5.5, 6}},
	} {
		assert.Equal(t, tc.want, chart.Nice(tc.least, tc.most, 4, tc.smallest), "%v to %v", tc.least, tc.most)
	}
}

func TestNiceStepsReachOverAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Float64Range(-1e6, 1e6).Draw(t, "least")
		most := least + rapid.Float64Range(0.001, 1e6).Draw(t, "range")
		ticks := chart.Nice(least, most, 4, 0)
		unseen := 1e-8*(most-least) + 1e-6 // some billionths of a step, and what floats lose
		assert.LessOrEqual(t, ticks[0], least+unseen)
		assert.GreaterOrEqual(t, ticks[len(ticks)-1], most-unseen)
		assert.LessOrEqual(t, len(ticks), 7)
		assert.GreaterOrEqual(t, len(ticks), 2)
		assert.IsIncreasing(t, ticks)
	})
}

func TestSpread(t *testing.T) {
	assert.Equal(t, []int{0, 1, 2}, chart.Spread(3, 7))
	assert.Equal(t, []int{1, 3, 5, 7, 9}, chart.Spread(10, 5))
	assert.Equal(t, []int{0, 5, 10, 15, 20, 25, 30}, chart.Spread(31, 7))
	assert.Empty(t, chart.Spread(0, 7))
	assert.Empty(t, chart.Spread(7, 0))
}

func TestScale(t *testing.T) {
	s := chart.Scale{From: 0, To: 10, At: 55, End: 5}
	assert.InDelta(t, 55, s.Place(0), 1e-9)
	assert.InDelta(t, 30, s.Place(5), 1e-9)
	assert.InDelta(t, 5, s.Place(99), 1e-9, "what lies outside stays at the end")
	logs := chart.Scale{From: 1, To: 100, At: 0, End: 100, Log: true}
	assert.InDelta(t, 50, logs.Place(10), 1e-9)
	assert.InDelta(t, 0, logs.Place(0), 1e-9)
	assert.InDelta(t, 7, chart.Scale{From: 3, To: 3, At: 7, End: 9}.Place(3), 1e-9)
}

func TestStack(t *testing.T) {
	b := chart.Stack(frame, [][]float64{{1, 0, 3}, {0, 0, 0}, {2, 2, 0}, {0.01, 0, 0}}, map[int]string{0: "Mon", 3: "Thu"}, 0, plain)
	assert.Equal(t, []chart.Tick{{At: 55, Label: "0"}, {At: 42.5, Label: "1"}, {At: 30, Label: "2"}, {At: 17.5, Label: "3"}, {At: 5, Label: "4"}}, b.Y)
	assert.Equal(t, []chart.Tick{{At: 22.5, Label: "Mon"}, {At: 97.5, Label: "Thu"}}, b.X)
	assert.InDelta(t, 55, b.Base, 1e-9)
	assert.Len(t, b.Columns, 4)
	first := b.Columns[0]
	assert.Equal(t, chart.Rect{X: 10, Y: 5, W: 25, H: 50}, first.Slot)
	assert.Equal(t, []chart.Part{
		{Series: 0, Rect: chart.Rect{X: 13.5, Y: 42.5, W: 18, H: 12.5}},
		{Series: 2, Rect: chart.Rect{X: 13.5, Y: 5, W: 18, H: 37.5}},
	}, first.Parts)
	assert.Empty(t, b.Columns[1].Parts)
	assert.InDelta(t, 1, b.Columns[3].Parts[0].H, 1e-9, "what isn't nothing is seen")

	shared := chart.Stack(frame, [][]float64{{1}}, nil, 40, plain)
	assert.Equal(t, "40", shared.Y[len(shared.Y)-1].Label, "the axis of the greatest of several charts")
	assert.Empty(t, chart.Stack(frame, nil, nil, 0, plain).Columns)
}

func TestPoints(t *testing.T) {
	trend := chart.Points(frame, []chart.Sample{
		{X: -1, Values: []float64{500}}, // before the axis
		{X: 0, Values: []float64{120, 80}},
		{X: 10, Values: []float64{140, 90}},
		{X: 50, Values: []float64{130, 85}},
		{X: 100, Values: []float64{180, 100}, Mark: "red"},
	}, chart.Axes{From: 0, To: 100, Gap: 45, X: []chart.Tick{{At: 0, Label: "23 Oct"}, {At: 100, Label: "today"}, {At: 101, Label: "tomorrow"}}, Label: plain})
	assert.Equal(t, []string{"50", "100", "150", "200"}, labels(trend.Y))
	assert.InDelta(t, 55-50.0/3, trend.Y[1].At, 1e-6)
	assert.Equal(t, []chart.Tick{{At: 10, Label: "23 Oct"}, {At: 110, Label: "today"}}, trend.X)
	assert.Len(t, trend.Dots, 8)
	last := trend.Dots[6]
	assert.Equal(t, chart.Dot{Point: last.Point, Series: 0, Sample: 4, Mark: "red"}, last)
	assert.InDelta(t, 110, last.X, 1e-9)
	assert.InDelta(t, 55-130.0/3, last.Y, 1e-6)
	assert.Len(t, trend.Pairs, 4)
	assert.Equal(t, trend.Dots[6].Point, trend.Pairs[3].From)
	assert.Equal(t, trend.Dots[7].Point, trend.Pairs[3].To)
	// Three of each series without a gap; the last ones stand alone.
	assert.Len(t, trend.Lines, 2)
	for _, line := range trend.Lines {
		assert.Len(t, line, 3)
		assert.InDelta(t, 60, line[2].X, 1e-9)
	}

	whole := chart.Points(frame, []chart.Sample{{X: 1, Values: []float64{5}}, {X: 90, Values: []float64{5}}}, chart.Axes{To: 100, Least: 0, Most: 10, Label: plain})
	assert.Len(t, whole.Lines, 1, "all is joined")
	assert.Equal(t, "0", whole.Y[0].Label, "a value lies in its usual range")
	none := chart.Points(frame, nil, chart.Axes{To: 1, Label: plain})
	assert.Empty(t, none.Dots)
	assert.NotEmpty(t, none.Y)
}

func TestLay(t *testing.T) {
	ticks := []float64{1, 10, 100, 1000, 10000}
	c := chart.Lay(frame, []*chart.Span{{Middle: 10, Far: 100}, nil, {Middle: 31.6227766, Far: 1000}}, ticks, plain)
	assert.Equal(t, []string{"10", "100", "1000"}, labels(c.X))
	assert.InDelta(t, 10, c.Rows[0].Middle, 1e-6)
	assert.InDelta(t, 60, c.Rows[0].Far, 1e-6)
	assert.InDelta(t, 5+50.0/6, c.Rows[0].Y, 1e-6)
	assert.True(t, c.Rows[1].None)
	assert.InDelta(t, 35, c.Rows[2].Middle, 1e-6)
	assert.InDelta(t, 110, c.Rows[2].Far, 1e-6)

	assert.Equal(t, []string{"1", "10", "100", "1000", "10000"}, labels(chart.Lay(frame, []*chart.Span{nil}, ticks, plain).X))
	assert.Equal(t, []string{"10", "100"}, labels(chart.Lay(frame, []*chart.Span{{Middle: 100, Far: 100}}, ticks, plain).X))
	assert.Equal(t, []string{"1", "10"}, labels(chart.Lay(frame, []*chart.Span{{Middle: 0.1, Far: 0.5}}, ticks, plain).X), "below all ticks")
	assert.Equal(t, []string{"1000", "10000"}, labels(chart.Lay(frame, []*chart.Span{{Middle: 20000, Far: 30000}}, ticks, plain).X), "above all")
}

func labels(ticks []chart.Tick) (texts []string) {
	for _, t := range ticks {
		texts = append(texts, t.Label)
	}
	return texts
}

func TestHeat(t *testing.T) {
	s := chart.Heat(frame, [][]float64{{0, 10, -1, 99}, {30, 31, 0, 0}}, []float64{10, 30}, map[int]string{0: "0", 2: "2"}, []string{"Red", "Gray"})
	assert.Equal(t, []chart.Tick{{At: 22.5, Label: "0"}, {At: 72.5, Label: "2"}}, s.X)
	assert.Equal(t, []chart.Tick{{At: 17.5, Label: "Red"}, {At: 42.5, Label: "Gray"}}, s.Y)
	var levels []int
	for _, c := range s.Cells {
		levels = append(levels, c.Level)
	}
	assert.Equal(t, []int{0, 1, -1, 2, 2, 2, 0, 0}, levels)
	assert.Equal(t, chart.Cell{Rect: chart.Rect{X: 35, Y: 30, W: 25, H: 25}, Row: 1, Column: 1, Level: 2}, s.Cells[5])
	assert.Empty(t, chart.Heat(frame, nil, nil, nil, nil).Cells)
}
