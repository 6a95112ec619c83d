package handlers

import (
	"strconv"

	"github.com/a-h/templ"

	"triageboard/internal/chart"
	"triageboard/internal/insight"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

func (f figures) escalated() templates.InsightCard {
	c := f.card("escalated", f.l.T("insight.escalated"), f.r.Escalated.Basis)
	e := f.r.Escalated.Value
	places, _ := f.flagMarks(f.r.Alerts.Value.ByFlag)
	table := components.Table{Caption: c.Title, Head: []string{f.l.T("filters.flag"), f.l.T("insight.share"), f.l.T("insight.escalated_of")}}
	for _, n := range places {
		table.Rows = append(table.Rows, []string{f.flagMark(n).Word, f.share(e.ByFlag[n]), f.l.T("insight.n_of", e.ByFlag[n].N, e.ByFlag[n].Of)})
	}
	c.Says = f.l.T("insight.none")
	if e.All.Of > 0 {
		c.Says, c.Table, c.Open = f.l.T("insight.escalated_says", f.share(e.All), e.All.N, e.All.Of), &table, true
	}
	return c
}

func (f figures) stars() templates.InsightCard {
	c := f.card("stars", f.l.T("insight.stars"), f.r.Stars.Basis)
	s := f.r.Stars.Value
	table := components.Table{Caption: c.Title, Head: []string{f.l.T("insight.stars_n"), f.l.T("insight.ratings"), f.l.T("insight.share")}}
	var columns [][]float64
	var says []string
	labels := map[int]string{}
	for n, count := range s.ByStars {
		stars := strconv.Itoa(n + 1)
		share := f.share(insight.Share{N: count, Of: s.N})
		columns, labels[n] = append(columns, []float64{float64(count)}), stars+" ★"
		says = append(says, stars+" ★: "+f.l.Number(count))
		table.Rows = append(table.Rows, []string{stars, f.l.Number(count), share})
	}
	c.Says = f.l.T("insight.no_stars")
	if s.N > 0 {
		c.Says, c.Table = f.l.T("insight.stars_says", s.N, f.l.Decimal(s.Mean)), &table
		c.Charts = []templ.Component{components.BarFigure(components.BarChart{
			ChartText: components.ChartText{ID: "stars-chart", Title: c.Title, Desc: c.Says},
			Bars:      chart.Stack(wideFrame, columns, labels, 0, f.count), Fills: []string{"plain"}, Says: says,
		})}
	}
	if s.Other > 0 {
		c.Says += " " + f.l.T("insight.stars_other", s.Other)
	}
	return c
}

// reopened is R17's count.
func (f figures) reopened() templates.InsightCard {
	c := f.card("reopened", f.l.T("insight.reopened"), f.r.Reopened.Basis)
	c.Says = f.l.T("insight.reopened_none")
	if n := f.r.Reopened.Value; n > 0 {
		c.Says = f.l.T("insight.reopened_says", n)
	}
	return c
}

func (f figures) workload() templates.InsightCard {
	c := f.card("workload", f.l.T("insight.workload"), f.r.Workload.Basis)
	var all insight.ByFlag
	for _, w := range f.r.Workload.Value {
		for n := range w.Processed {
			all[n] += w.Processed[n]
		}
	}
	places, marks := f.flagMarks(all)
	table := components.Table{Caption: f.l.T("insight.workload_caption"), Head: append([]string{f.l.T("insight.who")}, make([]string, len(marks))...), Columns: marks}
	table.Shown = true
	table.Head = append(table.Head, f.l.T("insight.processed"), f.l.T("insight.escalated_n"))
	for _, w := range f.r.Workload.Value {
		name := f.l.T("insight.nobody")
		if w.HCP != "" {
			name = f.hcpName(w.HCP)
		}
		row := []string{name}
		for _, n := range places {
			row = append(row, f.l.Number(w.Processed[n]))
		}
		table.Rows = append(table.Rows, append(row, f.l.Number(w.Processed.Total()), f.l.Number(w.Escalated)))
	}
	c.Says = f.l.T("insight.workload_none")
	if len(table.Rows) > 0 {
		c.Says, c.Table, c.Open = f.l.T("insight.workload_says", all.Total(), len(table.Rows)), &table, true
	}
	return c
}
