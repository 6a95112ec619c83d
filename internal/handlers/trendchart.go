package handlers

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"triageboard/internal/chart"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// courseFrame leaves a lane above the plot for the patient's alerts.
var courseFrame = chart.Frame{Width: 640, Height: 150, Left: 44, Right: 12, Top: 26, Bottom: 26}

// fill adds the course of one measurement: a chart of what are numbers, else the
// latest answers, and all of it as a table.
func (p plotted) fill(c *templates.Course, name string) {
	var made []trend.Measurement
	for _, m := range p.known.Measurements {
		if m.Name == name {
			made = append(made, m)
		}
	}
	table := components.Table{Caption: c.Heading, Head: []string{p.l.T("trend.when"), p.l.T("fact.value"), p.l.T("trend.alert")}}
	for i := len(made) - 1; i >= 0; i-- {
		m := made[i]
		alert := "–"
		if !m.AlertAt.IsZero() || m.Flag != "" {
			alert = components.FlagMark(p.l, m.Flag).Word
		}
		if p.matched && m == p.cause {
			alert += " (" + p.l.T("trend.this") + ")"
		}
		table.Rows = append(table.Rows, []string{p.at(m), m.Value, alert})
	}
	c.Table = &table
	drawn, samples, values := p.samples(made)
	if len(samples) == 0 {
		c.Says = p.l.T("trend.answers", min(len(made), answersShown), len(made))
		for i := len(made) - 1; i >= max(0, len(made)-answersShown); i-- {
			c.Answers = append(c.Answers, templates.CourseAnswer{Moment: p.at(made[i]), Value: made[i].Value})
		}
		return
	}
	days := map[triage.Day]bool{}
	for _, m := range drawn {
		days[triage.DayOf(m.At, p.s.Zone)] = true
	}
	c.Says = p.l.T("trend.says", len(drawn), len(days), p.span(values, drawn), drawn[len(drawn)-1].Value, p.at(drawn[len(drawn)-1]))
	if n := len(made) - len(drawn); n > 0 {
		c.Says += " " + p.l.T("trend.undrawn", n)
	}
	c.Chart = p.chart(c, drawn, samples)
	c.Key = p.l.T("trend.key")
	if len(c.Chart.Blank) > 0 {
		c.Key += " " + p.l.T("trend.key_blank")
	}
}

func (p plotted) at(m trend.Measurement) string { return p.moment(m.At.In(p.s.Zone)) }

// samples are the measurements that are numbers, as many each as the latest has.
func (p plotted) samples(made []trend.Measurement) (drawn []trend.Measurement, samples []chart.Sample, values [][]float64) {
	series := 0
	for _, m := range made {
		if v := numbersIn(m.Value); v != nil {
			series = len(v)
		}
	}
	for _, m := range made {
		v := numbersIn(m.Value)
		x, on := p.place(m.At)
		if series == 0 || len(v) != series || !on {
			continue
		}
		s := chart.Sample{X: x, Values: v}
		if p.matched && m == p.cause {
			s.Mark = components.FlagMark(p.l, p.alert.Flag).Shape
		}
		drawn, samples, values = append(drawn, m), append(samples, s), append(values, v)
	}
	return drawn, samples, values
}

// numbersIn are the one or two numbers a value is; nil: it is an answer in words.
func numbersIn(value string) []float64 {
	parts := strings.Split(value, "/")
	if len(parts) > 2 {
		return nil
	}
	var numbers []float64
	for _, part := range parts {
		part = strings.Replace(strings.TrimSpace(part), ",", ".", 1)
		if strings.Trim(part, "-.0123456789") != "" {
			return nil
		}
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// span is the least and the greatest of each series, as they were given.
func (p plotted) span(values [][]float64, drawn []trend.Measurement) string {
	var spans []string
	for series := range values[0] {
		least, most := 0, 0
		for i, v := range values {
			if v[series] < values[least][series] {
				least = i
			}
			if v[series] > values[most][series] {
				most = i
			}
		}
		part := func(i int) string { return strings.TrimSpace(strings.Split(drawn[i].Value, "/")[series]) }
		spans = append(spans, p.l.T("trend.span", part(least), part(most)))
	}
	return strings.Join(spans, " / ")
}

// place is where a moment lies on the axis of days; each is as long as the others,
// also where a clock changes.
func (p plotted) place(at time.Time) (x float64, on bool) {
	local := at.In(p.s.Zone)
	day, first := triage.DayOf(local, p.s.Zone), p.known.Today.Add(1-trend.Days)
	from, errFrom := time.Parse(time.DateOnly, string(first))
	to, errTo := time.Parse(time.DateOnly, string(day))
	if errFrom != nil || errTo != nil {
		return 0, false // they come from clocks
	}
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	x = math.Round(to.Sub(from).Hours()/24) + clock.Hours()/24
	return x, x >= 0 && x <= trend.Days
}

func (p plotted) chart(c *templates.Course, drawn []trend.Measurement, samples []chart.Sample) *components.TrendChart {
	first := p.known.Today.Add(1 - trend.Days)
	axes := chart.Axes{
		From: 0, To: trend.Days, Label: p.number,
		// Joined are the measurements of one day and of days that follow each other.
		Apart: func(before, x float64) bool { return math.Floor(x)-math.Floor(before) > 1 },
	}
	for i := 0; i < trend.Days; i += 6 {
		axes.X = append(axes.X, chart.Tick{At: float64(i), Label: p.dayLabel(first.Add(i))})
	}
	t := components.TrendChart{
		ChartText: components.ChartText{ID: c.ID + "-chart", Title: c.Heading, Desc: c.Says},
		Trend:     chart.Points(courseFrame, samples, axes), Rings: map[int]bool{},
	}
	for i, m := range drawn {
		t.Says = append(t.Says, p.at(m)+": "+m.Value)
		t.Rings[i] = samples[i].Mark != ""
	}
	for _, a := range p.alerts {
		x, on := p.place(a.CreatedAt)
		if !on {
			continue
		}
		at, _ := t.Trend.Place(x)
		mark, own := components.FlagMark(p.l, a.Flag), a.ID == p.alert.ID
		says := mark.Word + ", " + p.moment(a.CreatedAt.In(p.s.Zone))
		if own {
			says += " (" + p.l.T("trend.this") + ")"
		}
		t.Events = append(t.Events, components.TrendEvent{X: at, Shape: mark.Shape, Says: says, Own: own})
	}
	slices.SortStableFunc(t.Events, func(a, b components.TrendEvent) int { // this alert's lies on top
		switch {
		case a.Own == b.Own:
			return 0
		case a.Own:
			return 1
		}
		return -1
	})
	plot := courseFrame.Plot()
	for i := range trend.Days {
		if _, loaded := p.known.Loaded[first.Add(i)]; loaded {
			continue
		}
		from, _ := t.Trend.Place(float64(i))
		to, _ := t.Trend.Place(float64(i + 1))
		t.Blank = append(t.Blank, chart.Rect{X: from, Y: plot.Y, W: to - from, H: plot.H})
	}
	return &t
}

// number is a label of the axis.
func (p plotted) number(v float64) string {
	if v == math.Trunc(v) {
		return p.l.Number(int(v))
	}
	return p.l.Decimal(v)
}

func (p plotted) dayLabel(d triage.Day) string {
	t, err := time.ParseInLocation(time.DateOnly, string(d), p.s.Zone)
	if err != nil {
		return string(d)
	}
	return p.l.DayMonth(t)
}
