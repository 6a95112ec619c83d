package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/a-h/templ"

	"triageboard/internal/trend"
	"triageboard/internal/triage"
	"triageboard/web/templates"
)

// galleryTrends knows what it is told.
type galleryTrends struct {
	course trend.Course
	err    error
}

// Of implements Trends.
func (g *galleryTrends) Of(context.Context, triage.PatientID) (trend.Course, error) {
	return g.course, g.err
}

// Known implements Trends.
func (g *galleryTrends) Known() (int, trend.Missing) { return g.course.LoadedN(), g.course.Missing }

// courses is what a patient measured, in every state: numbers, two at once with days
// that aren't loaded, answers, nothing, and what can't be read.
func (g gallery) courses() ([]templ.Component, error) {
	told := &galleryTrends{}
	g.v.s.Trends = told
	defer func() { g.v.s.Trends = nil }()
	e := g.all.entry("open")
	today := triage.DayOf(g.v.now, g.v.s.Zone)
	month := func(name string, value func(day int) string) trend.Course {
		c := trend.Course{Today: today, Loaded: map[triage.Day]time.Time{}}
		for i := trend.Days - 1; i > 0; i-- {
			c.Loaded[today.Add(-i)] = g.v.now.Add(-time.Minute)
			if v := value(i); v != "" {
				c.Measurements = append(c.Measurements, trend.Measurement{At: g.v.now.AddDate(0, 0, -i), Name: name, Value: v})
			}
		}
		c.Loaded[today] = g.v.now.Add(-time.Minute)
		c.Measurements = append(c.Measurements, trend.Measurement{
			At: e.CreatedAt.Add(-time.Minute), Name: name, Value: value(0), Flag: e.Flag, Type: e.Type, AlertAt: e.CreatedAt,
		})
		return c
	}
	heart := month("Heart rate", func(i int) string { return []string{"118", "72", "75", "", "71", "69", "74"}[min(i, 1+i%6)] })
	pressure := month("Blood pressure", func(i int) string { return []string{"171/98", "132/84", "128/80", "135/86", "141/88"}[min(i, 1+i%4)] })
	pressure.Missing = trend.NoAnswer
	for i := 12; i < trend.Days; i++ {
		delete(pressure.Loaded, today.Add(-i))
	}
	pressure.Measurements = pressure.Measurements[len(pressure.Measurements)-12:]
	answers := month("Shortness of breath", func(i int) string { return []string{"Much worse than yesterday", "As usual", "Better"}[min(i, 1+i%2)] })
	both := heart
	both.Measurements = append(append([]trend.Measurement{}, heart.Measurements[:len(heart.Measurements)-1]...), answers.Measurements[:20]...)
	nothing := trend.Course{Today: today, Missing: trend.NoRight}
	var shown []templ.Component
	for _, state := range []galleryTrends{{course: heart}, {course: pressure}, {course: answers}, {course: both}, {course: nothing}, {err: errors.New("gallery")}} {
		*told = state
		c, err := g.v.course(g.r, e, triage.Query{Status: triage.StatusOpen}, -1)
		if err != nil {
			return nil, err
		}
		shown = append(shown, templates.CourseCard(g.page, c))
	}
	return shown, nil
}
