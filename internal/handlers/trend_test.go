package handlers_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/audit"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
)

// fakeTrends knows a course for each patient.
type fakeTrends struct {
	of  map[triage.PatientID]trend.Course
	err error
}

func (f *fakeTrends) Of(_ context.Context, p triage.PatientID) (trend.Course, error) {
	c := f.of[p]
	c.Today = triage.DayOf(time.Now(), time.UTC)
	return c, f.err
}

func (f *fakeTrends) Known() (int, trend.Missing) {
	for _, c := range f.of {
		return len(c.Loaded), c.Missing
	}
	return 0, trend.NoRight
}

// pressures are those of three days, the last of which raised the alert a-1.
func pressures() trend.Course {
	today := triage.DayOf(time.Now(), time.UTC)
	c := trend.Course{Loaded: map[triage.Day]time.Time{}}
	for i := range 3 {
		c.Loaded[today.Add(-i)] = time.Now().Add(-time.Minute)
	}
	for i, value := range []string{"131/82", "135/84", "172/98"} {
		c.Measurements = append(c.Measurements, trend.Measurement{At: created.Add(time.Duration(i-2)*24*time.Hour - time.Minute), Name: "Blood pressure", Value: value})
	}
	last := &c.Measurements[2]
	last.Flag, last.Type, last.AlertAt = triage.FlagRed, triage.TypeMeasurement, created.Truncate(time.Second)
	return c
}

func withTrends(trends *fakeTrends) func(*house) {
	return func(h *house) { h.options.Trends = trends }
}

// R11: the value stands with its time, and says where it comes from and how old
// that is; the course beside it, by its own request.
func TestCourse(t *testing.T) {
	trends := &fakeTrends{of: map[triage.PatientID]trend.Course{"p-berg": pressures()}}
	h := newHouse(t, withTrends(trends))
	h.board.put(anAlert("a-1", triage.FlagRed), anAlert("a-2", triage.FlagGray, func(a *triage.Alert) { a.CreatedAt = created.Add(-30 * time.Hour) }))
	b := h.as(admin)

	detail := b.get("/alerts/a-1")
	assert.Equal(t, "/alerts/a-1/trend?status=open", detail.attr(".course", "hx-get"))
	assert.Equal(t, "load", detail.attr(".course", "hx-trigger"))
	assert.True(t, detail.has(".course noscript a"))
	assert.Equal(t, h.say("not_given"), facts(detail)[h.say("fact.value")], "the alert waits for nothing")
	assert.NotContains(t, detail.body, "172/98")
	ahead := b.get("/alerts/a-1", "HX-Request", "true", "X-Prefetch", "true")
	assert.True(t, ahead.has(".course"), "it has its room")
	assert.False(t, ahead.has(".course[hx-get]"), "what is read ahead asks for nothing (R41)")

	part := b.get("/alerts/a-1/trend", htmx...)
	assert.Contains(t, part.body, "172/98 (Blood pressure, ")
	assert.Equal(t, 6, part.all("circle.dot, .column circle.ring").Length(), "two values of two, and the ringed ones")
	assert.Equal(t, 2, part.all(".ring").Length(), "the alert's own by shape")
	assert.Equal(t, 3, part.all(".pair").Length())
	assert.Equal(t, 2, part.all(".lane").Length(), "both alerts on the axis")
	assert.Contains(t, part.body, "131 to 172 / 82 to 98")
	assert.Contains(t, part.body, h.say("trend.loaded", 3, 31))
	assert.Equal(t, 28, part.all(".blank").Length())
	assert.Equal(t, 3, part.all("details tbody tr").Length())

	page := b.get("/alerts/a-1/trend")
	assert.True(t, page.has("html .course .chart"))
	assert.Contains(t, facts(page)[h.say("fact.value")], "172/98")
	assert.Equal(t, "Saskia van den Berg-de Wit", page.text("#patient"), "R8")

	gray := b.get("/alerts/a-2/trend", htmx...)
	assert.NotContains(t, gray.body, "hx-partial", "only a unique match is shown")
	assert.Contains(t, gray.body, html.EscapeString(h.say("trend.unmatched")))
}

// Answers in words are a list, and of several measurements one is chosen.
func TestCourseOfAnswers(t *testing.T) {
	c := pressures()
	for i, value := range []string{"As usual", "<b>Worse</b>", "As usual", "Much worse"} {
		c.Measurements = append(c.Measurements, trend.Measurement{At: created.Add(time.Duration(i-9) * time.Minute), Name: "Complaints", Value: value})
	}
	h := newHouse(t, withTrends(&fakeTrends{of: map[triage.PatientID]trend.Course{"p-berg": c}}))
	h.board.put(anAlert("a-1", triage.FlagRed))
	b := h.as(admin)
	page := b.get("/alerts/a-1/trend?m=1")
	assert.Equal(t, 2, page.all(".course-choices a").Length())
	assert.Equal(t, "Complaints", page.text(".course-choices [aria-current]"))
	assert.False(t, page.has(".chart"))
	assert.Equal(t, 4, page.all(".course-answers dd").Length())
	assert.Contains(t, page.text(".course-answers"), "<b>Worse</b>", "R26: text, never markup")
	for _, odd := range []string{"?m=7", "?m=-1", "?m=x"} {
		assert.Equal(t, "Blood pressure", b.get("/alerts/a-1/trend"+odd).text(".course-choices [aria-current]"), "the one that raised the alert")
	}
}

// Who may not see the alert sees nothing of its patient; who may, is recorded.
func TestCourseIsForWhoMaySeeTheAlert(t *testing.T) {
	h := newHouse(t, withTrends(&fakeTrends{of: map[triage.PatientID]trend.Course{"p-berg": pressures()}}))
	h.board.put(anAlert("a-1", triage.FlagRed, inGroup("g-heart")), anAlert("a-2", triage.FlagRed), anAlert("a-3", triage.FlagOrange, inGroup("g-heart")))
	b := h.as(primary)
	for _, headers := range [][]string{nil, htmx} {
		refused := b.get("/alerts/a-1/trend", headers...)
		assert.Equal(t, http.StatusNotFound, refused.status)
		assert.NotContains(t, refused.body, "172/98")
	}
	assert.Equal(t, http.StatusNotFound, b.get("/alerts/nobody/trend").status)
	mine := b.get("/alerts/a-2/trend", htmx...)
	assert.Equal(t, http.StatusOK, mine.status)
	assert.Equal(t, 1, mine.all(".lane").Length(), "no alert of another group")
	events := h.audit.taken()
	last := events[len(events)-1]
	assert.Equal(t, audit.AlertShown, last.Action)
	assert.Equal(t, "p-berg", last.Patient)
}

// Turned off, there is nothing of it; where nothing is loaded or it can't be read,
// that is said, and the alert stays as it is.
func TestNoCourse(t *testing.T) {
	off := newHouse(t)
	off.board.put(anAlert("a-1", triage.FlagRed))
	b := off.as(admin)
	assert.Equal(t, http.StatusNotFound, b.get("/alerts/a-1/trend").status)
	assert.False(t, b.get("/alerts/a-1").has(".course"))

	trends := &fakeTrends{}
	h := newHouse(t, withTrends(trends))
	h.board.put(anAlert("a-1", triage.FlagRed))
	b = h.as(admin)
	page := b.get("/alerts/a-1")
	assert.Contains(t, page.text(".course"), h.say("trend.missing.no_right"))
	assert.False(t, page.has(".course[hx-get]"))
	assert.Contains(t, b.get("/alerts/a-1/trend").text(".course"), h.say("trend.none"))

	trends.err = errors.New("broken")
	part := b.get("/alerts/a-1/trend", htmx...)
	assert.Equal(t, http.StatusOK, part.status)
	assert.Contains(t, part.body, h.say("trend.unreadable"))
	assert.Contains(t, h.log.String(), "broken")
	assert.Equal(t, http.StatusOK, b.get("/alerts/a-1").status)
}
