package components_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/chart"
	"triageboard/web/templates/components"
	"triageboard/web/templates/markuptest"
)

var frame = chart.Frame{Width: 120, Height: 70, Left: 10, Right: 10, Top: 5, Bottom: 15}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, c.Render(t.Context(), &out))
	return out.String()
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Every chart has a title and says in a sentence what it shows; what it is made of
// is geometry and classes, nothing inline (R24).
func TestChartsSayWhatTheyShow(t *testing.T) {
	text := components.ChartText{ID: "c", Title: "Alerts", Desc: "Three came."}
	for name, tc := range map[string]struct {
		figure templ.Component
		parts  int
	}{
		"bars": {components.BarFigure(components.BarChart{
			ChartText: text, Bars: chart.Stack(frame, [][]float64{{1, 2}, {0, 0}}, map[int]string{0: "Mon"}, 0, plain), Fills: []string{"red", "gray"}, Says: []string{"Mon: 3"},
		}), 2},
		"spans": {components.SpanFigure(components.SpanChart{
			ChartText: text, Spans: chart.Lay(frame, []*chart.Span{{Middle: 10, Far: 60}, nil}, []float64{1, 60, 3600}, plain), Fills: []string{"red", "gray"},
		}), 1},
		"strip": {components.StripFigure(components.StripChart{
			ChartText: text, Strip: chart.Heat(frame, [][]float64{{1, -1, 30}}, []float64{10}, nil, []string{"Red"}), Levels: 2,
		}), 2},
		"trend": {components.TrendFigure(components.TrendChart{
			ChartText: text, Trend: chart.Points(frame, []chart.Sample{{X: 0, Values: []float64{120, 80}}, {X: 1, Values: []float64{140, 90}, Mark: "red"}}, chart.Axes{To: 1, Label: plain}),
		}), 0},
	} {
		body := render(t, templ.Join(components.Sprite(), components.ChartPatterns(), tc.figure))
		doc := markuptest.Check(t, body)
		figure := doc.Find("svg.chart")
		assert.Equal(t, "img", figure.AttrOr("role", ""), name)
		assert.Equal(t, "Alerts", figure.ChildrenFiltered("title").Text(), name)
		assert.Equal(t, "Three came.", figure.Find("desc").Text(), name)
		assert.Equal(t, "c-t c-d", figure.AttrOr("aria-labelledby", ""), name)
		assert.Equal(t, tc.parts, figure.Find(".part").Length(), name)
		for _, part := range figure.Find(".part").EachIter() {
			id := strings.TrimSuffix(strings.TrimPrefix(part.AttrOr("fill", ""), "url("), ")")
			assert.Equal(t, 1, doc.Find("pattern"+id).Length(), "%s: the pattern %s", name, id)
		}
	}
}

// A marked point has the shape of its flag, not only its colour (R2).
func TestMarkedPointsHaveAShape(t *testing.T) {
	trend := chart.Points(frame, []chart.Sample{{X: 0, Values: []float64{120}}, {X: 1, Values: []float64{140}, Mark: "orange"}}, chart.Axes{To: 1, Label: plain})
	doc := markuptest.Check(t, render(t, templ.Join(components.Sprite(), components.TrendFigure(components.TrendChart{
		ChartText: components.ChartText{ID: "c", Title: "t", Desc: "d"}, Trend: trend, Says: []string{"first", "second"},
	}))))
	assert.Equal(t, "#i-orange", doc.Find("svg.chart use").AttrOr("href", ""))
	assert.Equal(t, 1, doc.Find("svg.chart circle.dot").Length())
	assert.Equal(t, 1, doc.Find("svg.chart polyline").Length())
	assert.Equal(t, "second", doc.Find("svg.chart use").Closest("g").Find("title").Text())
}
