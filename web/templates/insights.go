package templates

import (
	"github.com/a-h/templ"

	"triageboard/web/templates/components"
)

// Insights is the page of figures.
type Insights struct {
	Page
	Periods []Choice
	Form    InsightsForm
	AsOf    string
	Notices []components.Notice
	Tiles   []Tile
	Columns [][]InsightCard // beside each other where there is room
	Below   []InsightCard   // as wide as the page
}

// InsightsForm is what is asked for, as typed.
type InsightsForm struct {
	From, To string
	Days     string // of a chosen period, kept when only the group changes; empty: dates are typed
	Groups   []Category
	Errors   map[string]string // by field
}

// Tile is one figure at a glance, and where more of it stands.
type Tile struct{ Label, Value, Note, Href string }

// InsightCard is one question with its answer: a sentence, a chart, the figures as
// a table, and what they rest on.
type InsightCard struct {
	ID, Title string
	Says      string // the answer in a sentence
	Legend    []components.Legend
	Charts    []templ.Component
	Table     *components.Table
	Open      bool   // the table stands there itself, without a chart before it
	Rests     string // period, source, how many, as of when
	How       string // how it was computed
	Missing   string // why there is no figure; empty: there is one
}
