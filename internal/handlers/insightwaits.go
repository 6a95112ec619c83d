package handlers

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/chart"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// waitTicks are what an axis of times to process may show, in seconds.
var waitTicks = []float64{1, 10, 60, 5 * 60, 15 * 60, 60 * 60, 4 * 60 * 60, 24 * 60 * 60, 7 * 24 * 60 * 60, 30 * 24 * 60 * 60}

// waitBounds divide medians into the sizes of a strip's squares.
var waitBounds = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour}

// waitCells are a wait in three cells of a table.
func (f figures) waitCells(w insight.Wait) []string {
	return []string{f.span(w.Median, w.Processed > 0), f.span(w.P90, w.Processed > 0), f.l.T("insight.n_of", w.Processed, w.Came), f.l.Number(w.Nameless)}
}

func (f figures) waitHead(first string) []string {
	return []string{first, f.l.T("insight.median"), f.l.T("insight.p90"), f.l.T("insight.processed_of"), f.l.T("insight.nameless")}
}

// waitSays is a wait in a sentence's part.
func (f figures) waitSays(name string, w insight.Wait) string {
	if w.Processed == 0 {
		return f.l.T("insight.wait_none", name)
	}
	return f.l.T("insight.wait_says", name, f.l.Span(w.Median), f.l.Span(w.P90))
}

func (f figures) waits() templates.InsightCard {
	c := f.card("waits", f.l.T("insight.waits"), f.r.Waits.Basis)
	w := f.r.Waits.Value
	places, _ := f.flagMarks(f.r.Alerts.Value.ByFlag)
	table := components.Table{Caption: c.Title, Head: f.waitHead(f.l.T("filters.flag"))}
	var spans []*chart.Span
	var fills, says []string
	for _, n := range places {
		wait, word := w.ByFlag[n], f.flagMark(n).Word
		table.Rows = append(table.Rows, append([]string{word}, f.waitCells(wait)...))
		fills, says = append(fills, flagFills[n]), append(says, f.waitSays(word, wait))
		if wait.Processed == 0 {
			spans = append(spans, nil)
			continue
		}
		spans = append(spans, &chart.Span{Middle: max(1, wait.Median.Seconds()), Far: max(1, wait.P90.Seconds())})
	}
	table.Rows = append(table.Rows, append([]string{f.l.T("insight.all")}, f.waitCells(w.All)...))
	c.Says = f.l.T("insight.none_processed")
	if w.All.Processed > 0 {
		c.Says = says[0]
		for _, part := range says[1:] {
			c.Says += " " + part
		}
	}
	frame := chart.Frame{Width: 640, Height: 40 + 36*float64(len(spans)), Left: 20, Right: 32, Top: 8, Bottom: 28}
	c.Legend, c.Table = f.flagLegend(places), &table
	c.Charts = []templ.Component{components.SpanFigure(components.SpanChart{
		ChartText: components.ChartText{ID: "waits-chart", Title: c.Title, Desc: c.Says},
		Spans:     chart.Lay(frame, spans, waitTicks, f.seconds), Fills: fills, Says: says,
	})}
	return c
}

func (f figures) seconds(v float64) string { return f.l.Span(time.Duration(v) * time.Second) }

// waitsByHour shows by squares how long what came in each hour took to process.
func (f figures) waitsByHour() templates.InsightCard {
	c := f.card("hours", f.l.T("insight.by_hour"), f.r.Waits.Basis)
	w := f.r.Waits.Value
	places, marks := f.flagMarks(f.r.Alerts.Value.ByFlag)
	table := components.Table{Caption: c.Title, Head: append([]string{f.l.T("insight.hour")}, make([]string, len(marks))...), Columns: marks}
	var values [][]float64
	var names, says []string
	slowest, worst := -1, insight.Wait{}
	for _, n := range places {
		var line []float64
		names = append(names, f.flagMark(n).Word)
		for hour, at := range w.ByHour {
			wait := at.ByFlag[n]
			says = append(says, f.waitSays(stands(hour)+" "+f.flagMark(n).Word, wait))
			if wait.Processed == 0 {
				line = append(line, -1)
				continue
			}
			line = append(line, wait.Median.Seconds())
			if insight.Flags[n] == triage.FlagRed && wait.Median >= worst.Median {
				slowest, worst = hour, wait
			}
		}
		values = append(values, line)
	}
	labels := map[int]string{}
	for hour, at := range w.ByHour {
		if hour%6 == 0 {
			labels[hour] = stands(hour)
		}
		row := []string{stands(hour)}
		for _, n := range places {
			wait := at.ByFlag[n]
			row = append(row, f.span(wait.Median, wait.Processed > 0))
		}
		table.Rows = append(table.Rows, row)
	}
	c.Says = f.l.T("insight.none_processed")
	switch {
	case slowest >= 0:
		c.Says = f.l.T("insight.by_hour_says", stands(slowest), f.l.Span(worst.Median))
	case w.All.Processed > 0:
		c.Says = f.l.T("insight.by_hour_no_red")
	}
	bounds := make([]float64, 0, len(waitBounds))
	words := make([]any, 0, len(waitBounds))
	for _, b := range waitBounds {
		bounds, words = append(bounds, b.Seconds()), append(words, f.l.Span(b))
	}
	frame := chart.Frame{Width: 640, Height: 30 + 36*float64(len(places)), Left: 84, Right: 4, Top: 2, Bottom: 28}
	c.Table = &table
	c.Charts = []templ.Component{
		components.StripFigure(components.StripChart{
			ChartText: components.ChartText{ID: "hours-chart", Title: c.Title, Desc: c.Says},
			Strip:     chart.Heat(frame, values, bounds, labels, names), Levels: len(bounds) + 1, Says: says,
		}),
		templates.Captioned(f.l.T("insight.squares", words...)),
	}
	return c
}

func (f figures) waitsByGroup() templates.InsightCard {
	c := f.card("groups", f.l.T("insight.by_group"), f.r.Waits.Basis)
	w := f.r.Waits.Value
	places, marks := f.flagMarks(f.r.Alerts.Value.ByFlag)
	table := components.Table{Caption: f.l.T("insight.by_group_caption"), Head: append([]string{f.l.T("filters.group")}, make([]string, len(marks))...), Columns: marks}
	table.Head, table.Shown = append(table.Head, f.l.T("insight.processed_of")), true
	for _, g := range f.byGroupName(len(w.ByGroup), func(n int) triage.GroupID { return w.ByGroup[n].Group }) {
		group := w.ByGroup[g]
		row := []string{firstOf(f.groupName(group.Group), f.l.T("insight.no_group"))}
		for _, n := range places {
			wait := group.ByFlag[n]
			cell := "–"
			if wait.Processed > 0 {
				cell = f.l.Span(wait.Median) + " · " + f.l.Span(wait.P90)
			}
			row = append(row, cell)
		}
		table.Rows = append(table.Rows, append(row, f.l.T("insight.n_of", group.All.Processed, group.All.Came)))
	}
	c.Says = f.l.T("insight.none")
	if len(table.Rows) > 0 {
		c.Says, c.Table, c.Open = f.l.T("insight.by_group_says", len(table.Rows)), &table, true
	}
	return c
}

func (f figures) busiest() templates.InsightCard {
	c := f.card("busiest", f.l.T("insight.busiest"), f.r.Busiest.Basis)
	b := f.r.Busiest.Value
	table := components.Table{Caption: c.Title, Head: []string{f.l.T("insight.rank"), f.l.T("insight.alerts"), f.l.T("insight.share")}}
	var columns [][]float64
	var says []string
	labels := map[int]string{}
	for n, count := range b.Ranks {
		rank := strconv.Itoa(n + 1)
		columns, labels[n] = append(columns, []float64{float64(count)}), rank
		share := f.share(insight.Share{N: count, Of: b.All})
		says = append(says, rank+": "+f.l.Number(count)+" ("+share+")")
		table.Rows = append(table.Rows, []string{rank, f.l.Number(count), share})
	}
	c.Says = f.l.T("insight.none")
	if b.All == 0 {
		return c
	}
	c.Table = &table
	c.Says = f.l.T("insight.busiest_says", len(b.Ranks), b.Patients, f.share(insight.Share{N: b.Alerts, Of: b.All}))
	c.Charts = []templ.Component{components.BarFigure(components.BarChart{
		ChartText: components.ChartText{ID: "busiest-chart", Title: c.Title, Desc: c.Says},
		Bars:      chart.Stack(wideFrame, columns, labels, 0, f.count), Fills: []string{"plain"}, Says: says,
	})}
	return c
}
