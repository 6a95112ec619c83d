package handlers

import (
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/chart"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// wideFrame is the area of most charts, narrower than a card on a wide screen, so
// that the labels are no larger than the page's text.
var wideFrame = chart.Frame{Width: 640, Height: 220, Left: 52, Right: 12, Top: 12, Bottom: 28}

// flagFills are the fills of insight.Flags.
var flagFills = []string{"unknown", "red", "orange", "gray"}

// columns are the cards that stand beside each other: how many come and wait, and
// how they are dealt with.
func (f figures) columns() [][]templates.InsightCard {
	return [][]templates.InsightCard{
		{f.byDay(), f.byType(), f.busiest(), f.stars()},
		{f.openByAge(), f.waits(), f.waitsByHour(), f.escalated(), f.floods(), f.reopened()},
	}
}

// below are the cards with the wide tables.
func (f figures) below() []templates.InsightCard {
	cards := []templates.InsightCard{f.waitsByGroup()}
	if f.r.Workload != nil {
		cards = append(cards, f.workload())
	}
	return cards
}

// flagMarks are those of insight.Flags that occur, by place.
func (f figures) flagMarks(counts insight.ByFlag) (places []int, marks []components.Mark) {
	for n, flag := range insight.Flags {
		if flag == "" && counts[n] == 0 {
			continue // nobody needs to hear of what there isn't
		}
		places = append(places, n)
		marks = append(marks, f.flagMark(n))
	}
	return places, marks
}

func (f figures) flagMark(n int) components.Mark {
	if insight.Flags[n] == "" {
		return components.Mark{Shape: "unknown", Word: f.l.T("unknown")}
	}
	return components.FlagMark(f.l, insight.Flags[n])
}

func (f figures) typeWord(n int) string {
	if insight.Types[n] == "" {
		return f.l.T("unknown")
	}
	return components.TypeMark(f.l, insight.Types[n]).Word
}

func (f figures) flagLegend(places []int) (all []components.Legend) {
	for _, n := range places {
		all = append(all, components.Legend{Fill: flagFills[n], Mark: f.flagMark(n)})
	}
	return all
}

// list is some counts in words: "3 red, 2 gray".
func (f figures) list(places []int, counts insight.ByFlag) string {
	text := ""
	for _, n := range places {
		if counts[n] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += f.l.Number(counts[n]) + " " + f.l.T("count."+firstOf(string(insight.Flags[n]), "unknown"))
	}
	return firstOf(text, f.l.Number(0))
}

func (f figures) count(v float64) string { return f.l.Number(int(v)) }

// dayLabels are the dates that stand below a chart.
func (f figures) dayLabels(days []insight.DayCount) map[int]string {
	labels := map[int]string{}
	for _, n := range chart.Spread(len(days), 7) {
		labels[n] = f.day(days[n].Day)
	}
	return labels
}

func (f figures) byDay() templates.InsightCard {
	c := f.card("by-day", f.l.T("insight.by_day"), f.r.Alerts.Basis)
	a := f.r.Alerts.Value
	places, marks := f.flagMarks(a.ByFlag)
	busiest := insight.DayCount{}
	var columns [][]float64
	var says []string
	table := components.Table{Caption: c.Title, Head: append([]string{f.l.T("insight.day")}, make([]string, len(marks))...), Columns: marks}
	table.Head = append(table.Head, f.l.T("insight.all"))
	for _, d := range a.Days {
		if d.ByFlag.Total() > busiest.ByFlag.Total() {
			busiest = d
		}
		var column []float64
		row := []string{f.day(d.Day)}
		for n := range d.ByFlag {
			column = append(column, float64(d.ByFlag[n]))
		}
		for _, n := range places {
			row = append(row, f.l.Number(d.ByFlag[n]))
		}
		slices.Reverse(column) // the most urgent stands on top
		columns = append(columns, column)
		says = append(says, f.day(d.Day)+": "+f.list(places, d.ByFlag))
		table.Rows = append(table.Rows, append(row, f.l.Number(d.ByFlag.Total())))
	}
	c.Says = f.l.T("insight.none")
	if n := a.ByFlag.Total(); n > 0 {
		c.Says = f.l.T("insight.by_day_says", n, f.list(places, a.ByFlag), f.day(busiest.Day), busiest.ByFlag.Total())
	}
	c.Legend, c.Table = f.flagLegend(places), &table
	fills := slices.Clone(flagFills)
	slices.Reverse(fills)
	c.Charts = []templ.Component{components.BarFigure(components.BarChart{
		ChartText: components.ChartText{ID: "by-day-chart", Title: c.Title, Desc: c.Says},
		Bars:      chart.Stack(wideFrame, columns, f.dayLabels(a.Days), 0, f.count), Fills: fills, Says: says,
	})}
	return c
}

// byType has a small chart for each type, all on one scale.
func (f figures) byType() templates.InsightCard {
	c := f.card("by-type", f.l.T("insight.by_type"), f.r.Alerts.Basis)
	a := f.r.Alerts.Value
	small := chart.Frame{Width: 640, Height: 96, Left: 52, Right: 12, Top: 10, Bottom: 24}
	most := 0
	for _, d := range a.Days {
		most = max(most, slices.Max(d.ByType[:]))
	}
	table := components.Table{Caption: c.Title, Head: []string{f.l.T("insight.day")}}
	var shown []int
	all := a.ByFlag.Total()
	for n, kind := range insight.Types {
		if kind == "" && a.ByType[n] == 0 {
			continue
		}
		shown = append(shown, n)
		table.Head = append(table.Head, f.typeWord(n))
		var columns [][]float64
		var says []string
		for _, d := range a.Days {
			columns = append(columns, []float64{float64(d.ByType[n])})
			says = append(says, f.day(d.Day)+": "+f.l.Number(d.ByType[n]))
		}
		title := f.l.T("insight.type_n", f.typeWord(n), a.ByType[n], f.share(insight.Share{N: a.ByType[n], Of: all}))
		c.Charts = append(c.Charts, templates.Captioned(title), components.BarFigure(components.BarChart{
			ChartText: components.ChartText{ID: "by-type-" + strconv.Itoa(n), Title: f.typeWord(n), Desc: title},
			Bars:      chart.Stack(small, columns, f.dayLabels(a.Days), float64(most), f.count), Fills: []string{"plain"}, Says: says,
		}))
	}
	for _, d := range a.Days {
		row := []string{f.day(d.Day)}
		for _, n := range shown {
			row = append(row, f.l.Number(d.ByType[n]))
		}
		table.Rows = append(table.Rows, row)
	}
	c.Table, c.Says = &table, f.l.T("insight.none")
	if all > 0 {
		top := slices.Index(a.ByType[:], slices.Max(a.ByType[:]))
		c.Says = f.l.T("insight.by_type_says", f.typeWord(top), f.share(insight.Share{N: a.ByType[top], Of: all}))
	}
	return c
}

// ageWord names a bucket of ages.
func (f figures) ageWord(n int) string {
	if n == len(insight.AgeBounds) {
		return f.l.T("insight.older", f.l.Span(insight.AgeBounds[n-1]))
	}
	return f.l.T("insight.up_to", f.l.Span(insight.AgeBounds[n]))
}

func (f figures) openByAge() templates.InsightCard {
	c := f.card("open", f.l.T("insight.open"), f.r.Open.Basis)
	a := f.r.Open.Value
	places, marks := f.flagMarks(a.ByFlag)
	table := components.Table{Caption: c.Title, Head: append([]string{f.l.T("insight.age")}, make([]string, len(marks))...), Columns: marks}
	var columns [][]float64
	var says []string
	labels := map[int]string{}
	for n, counts := range a.Buckets {
		var column []float64
		row := []string{f.ageWord(n)}
		for _, at := range slices.Backward(counts[:]) {
			column = append(column, float64(at))
		}
		for _, p := range places {
			row = append(row, f.l.Number(counts[p]))
		}
		columns = append(columns, column)
		table.Rows = append(table.Rows, row)
		labels[n] = f.ageWord(n)
		says = append(says, f.ageWord(n)+": "+f.list(places, counts))
	}
	c.Says = f.l.T("insight.none_open")
	if n := a.ByFlag.Total(); n > 0 {
		c.Says = f.l.T("insight.open_says", n, f.list(places, a.ByFlag), f.l.Span(a.Oldest))
	}
	fills := slices.Clone(flagFills)
	slices.Reverse(fills)
	c.Legend, c.Table = f.flagLegend(places), &table
	c.Charts = []templ.Component{components.BarFigure(components.BarChart{
		ChartText: components.ChartText{ID: "open-chart", Title: c.Title, Desc: c.Says},
		Bars:      chart.Stack(wideFrame, columns, labels, 0, f.count), Fills: fills, Says: says,
	})}
	return c
}

func (f figures) floods() templates.InsightCard {
	c := f.card("floods", f.l.T("insight.floods"), f.r.Floods.Basis)
	a := f.r.Floods.Value
	table := components.Table{Caption: c.Title, Head: []string{
		f.l.T("filters.group"), f.l.T("insight.floods_often"), f.l.T("insight.floods_time"), f.l.T("insight.floods_longest"),
		f.l.T("insight.floods_alerts"), f.l.T("insight.floods_peak"),
	}}
	row := func(name string, x insight.Flood) {
		table.Rows = append(table.Rows, []string{name, f.l.Number(x.N), f.l.Span(x.Time), f.l.Span(x.Longest), f.l.Number(x.Alerts), f.l.Number(x.Peak)})
	}
	if f.q.Group == "" {
		row(f.l.T("insight.all_groups"), a.All)
	}
	for _, g := range f.byGroupName(len(a.ByGroup), func(n int) triage.GroupID { return a.ByGroup[n].Group }) {
		row(f.groupName(a.ByGroup[g].Group), a.ByGroup[g].Flood)
	}
	c.Says = f.l.T("insight.no_floods", a.All.Peak)
	if a.All.N > 0 {
		part := insight.Share{N: int(a.All.Time.Seconds()), Of: int(f.r.Floods.Basis.To.Sub(f.r.Floods.Basis.From).Seconds())}
		c.Says = f.l.T("insight.floods_says", a.All.N, f.l.Span(a.All.Time), f.share(part), a.All.Peak)
		c.Table, c.Open = &table, true
	}
	return c
}

// byGroupName is the order of some groups by their names.
func (f figures) byGroupName(n int, of func(int) triage.GroupID) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		if f.groupName(of(x)) < f.groupName(of(y)) {
			return -1
		}
		return 1
	})
	return order
}

// stands is an hour of the day as it stands below a chart.
func stands(hour int) string { return time.Date(0, 1, 1, hour, 0, 0, 0, time.UTC).Format("15:04") }
