package templates

import (
	"triageboard/web/templates/components"
)

// Course is what the patient of an alert measured in the last month, in the part of
// the detail that comes by its own request.
type Course struct {
	ID         string // of its place on the page
	Href       string // where it is asked for; empty: it isn't yet, as in what is read ahead
	Heading    string
	Value      string   // what raised the alert; empty: that isn't known
	ValueID    string   // where that stands among the alert's facts
	Choices    []Choice // the patient's other measurements; none: there is one at most
	Says       string   // the course in a sentence
	Key        string   // what the chart's marks stand for
	Chart      *components.TrendChart
	Answers    []CourseAnswer // in place of a chart: the latest answers in words
	Table      *components.Table
	Basis      string // where it comes from, how old it is and what of it is loaded
	Unreadable bool
}

// CourseAnswer is an answer in words.
type CourseAnswer struct{ Moment, Value string }

// CoursePage is the course on a page of its own.
type CoursePage struct {
	Page
	Detail Detail
	Course Course
}
