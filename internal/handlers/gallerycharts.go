package handlers

import (
	"strconv"

	"github.com/a-h/templ"

	"triageboard/internal/chart"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
	"triageboard/web/templates/components"
)

// charts is one of each kind, with every fill and mark there is.
func (g gallery) charts() []templ.Component {
	f := figures{scribe: g.v.scribe}
	places, _ := f.flagMarks(insight.ByFlag{1, 1, 1, 1})
	plain := func(v float64) string { return strconv.Itoa(int(v)) }
	bars := chart.Stack(wideFrame, [][]float64{{3, 5, 8, 2}, {0, 0, 0, 0}, {1, 12, 20, 6}, {0, 2, 4, 0}}, map[int]string{
		0: f.day("2026-11-17"), 1: f.day("2026-11-18"), 2: f.day("2026-11-19"), 3: f.day("2026-11-20"),
	}, 0, plain)
	frame := chart.Frame{Width: 640, Height: 150, Left: 20, Right: 32, Top: 8, Bottom: 28}
	spans := chart.Lay(frame, []*chart.Span{{Middle: 20, Far: 90}, {Middle: 30 * 60, Far: 3 * 3600}, nil, {Middle: 6 * 3600, Far: 2 * 86400}}, waitTicks, f.seconds)
	frame.Left, frame.Height = 84, 100
	names := []string{f.flagMark(1).Word, f.flagMark(3).Word}
	strip := chart.Heat(frame, [][]float64{{0, 1, 2, 3, 4, -1, 0, 0, 1, 1, 2, 4}, {4, 4, 3, 2, 1, 0, -1, -1, 2, 2, 1, 0}}, []float64{1, 2, 3, 4}, map[int]string{0: "08:00", 6: "14:00"}, names)
	text := func(id string) components.ChartText {
		return components.ChartText{ID: "gallery-" + id, Title: f.l.T("gallery.charts"), Desc: f.l.T("gallery.charts")}
	}
	return []templ.Component{
		components.ChartPatterns(),
		components.Legends(f.flagLegend(places)),
		components.BarFigure(components.BarChart{ChartText: text("bars"), Bars: bars, Fills: flagFills}),
		components.SpanFigure(components.SpanChart{ChartText: text("spans"), Spans: spans, Fills: []string{"unknown", "red", "orange", "gray"}}),
		components.StripFigure(components.StripChart{ChartText: text("strip"), Strip: strip, Levels: 5}),
		components.TrendFigure(components.TrendChart{ChartText: text("trend"), Trend: g.trend(f)}),
	}
}

// trend is a blood pressure over ten days, of which two are missing, with an alert
// of each flag.
func (g gallery) trend(f figures) chart.Trend {
	marks := map[int]string{2: "gray", 5: "orange", 9: string(triage.FlagRed)}
	var samples []chart.Sample
	var ticks []chart.Tick
	first := g.v.now.AddDate(0, 0, -9)
	for day, upper := range []float64{128, 131, 126, 0, 0, 142, 135, 138, 151, 182} {
		if day%3 == 0 {
			ticks = append(ticks, chart.Tick{At: float64(day), Label: f.date(first.AddDate(0, 0, day))})
		}
		if upper > 0 {
			samples = append(samples, chart.Sample{X: float64(day), Values: []float64{upper, upper * 0.62}, Mark: marks[day]})
		}
	}
	return chart.Points(wideFrame, samples, chart.Axes{From: 0, To: 9, Gap: 1.5, X: ticks, Label: f.count})
}
