package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/trend"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// Trends is what patients measured in the last month, as far as it is loaded from
// the export. Nothing of it is asked of Luscii while somebody waits.
type Trends interface {
	Of(ctx context.Context, patient triage.PatientID) (trend.Course, error)
	// Known is how many days are loaded, and why no more can be; at no cost.
	Known() (days int, why trend.Missing)
}

// answersShown is how many answers in words are listed; ours.
const answersShown = 8

// showTrend is the course of what an alert's patient measured: the part of an open
// alert that comes by its own request, or a page of its own.
func (s *Server) showTrend(w http.ResponseWriter, r *http.Request) error {
	if s.Trends == nil {
		return errNoPage
	}
	e, err := s.readable(r)
	if err != nil {
		return err
	}
	q, err := s.query(r)
	if err != nil {
		return err
	}
	v := s.look(r)
	if err := s.auditAlert(r, e, audit.Done); err != nil {
		return err
	}
	chosen, err := strconv.Atoi(r.URL.Query().Get("m"))
	if err != nil {
		chosen = -1
	}
	c, err := v.course(r, e, q, chosen)
	if err != nil {
		return err
	}
	if isHTMX(r) {
		return s.render(w, r, http.StatusOK, templates.CoursePart(s.page(r, ""), c))
	}
	p, _ := s.Names.Patient(e.Patient)
	d := templates.Detail{
		Alert: e.Alert, Who: v.identity(e.Patient), Sex: sexWord(v.l, p.Sex), Self: v.alertLink(e.ID, q),
		Flag: components.FlagMark(v.l, e.Flag), Type: components.TypeMark(v.l, e.Type), Status: components.StatusMark(v.l, e.Status),
		Facts: v.facts(e, p),
	}
	for i := range d.Facts {
		if d.Facts[i].ID == c.ValueID && c.Value != "" {
			d.Facts[i].Value = c.Value
		}
	}
	return s.render(w, r, http.StatusOK, templates.CoursePageOf(templates.CoursePage{
		Page: s.page(r, v.l.T("trend.heading")), Detail: d, Course: c,
	}))
}

// coursePlace is where the course will stand in a detail. What is read ahead asks
// for nothing; nor does one for which nothing is loaded, which says so.
func (v *view) coursePlace(e triage.Entry, q triage.Query, ahead bool) *templates.Course {
	if v.s.Trends == nil {
		return nil
	}
	c := templates.Course{ID: courseID(e.ID), Heading: v.l.T("trend.heading")}
	days, why := v.s.Trends.Known()
	switch {
	case days == 0:
		c.Basis = v.l.T("trend.loaded", 0, trend.Days) + " " + v.missing(why)
	case !ahead:
		c.Href = v.s.link(alertPath(e.ID)+"/trend", q.Values())
	}
	return &c
}

func courseID(id triage.AlertID) string { return "course-" + string(id) }

func valueID(id triage.AlertID) string { return "value-" + string(id) }

func (v *view) missing(why trend.Missing) string {
	if why == trend.NotMissing {
		return ""
	}
	return v.l.T("trend.missing." + string(why))
}

// course puts what is known in words and in a chart. chosen is the place of the
// measurement to show among the patient's; -1: the one that raised the alert.
func (v *view) course(r *http.Request, e triage.Entry, q triage.Query, chosen int) (templates.Course, error) {
	c := templates.Course{ID: courseID(e.ID), ValueID: valueID(e.ID), Heading: v.l.T("trend.heading")}
	known, err := v.s.Trends.Of(r.Context(), e.Patient)
	if err != nil {
		v.s.Log.Error("measurements could not be read", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
		c.Unreadable = true
		return c, nil
	}
	entries, err := v.s.Board.OfPatient(r.Context(), e.Patient)
	if err != nil {
		return c, fmt.Errorf("find a patient's other alerts: %w", err)
	}
	all := make([]triage.Alert, 0, len(entries))
	for _, other := range entries {
		all = append(all, other.Alert)
	}
	p := plotted{view: v, alert: e.Alert, known: known}
	p.cause, p.matched = trend.Raised(known.Measurements, e.Alert, all, v.s.Zone)
	for _, a := range all {
		if a.ID == e.ID || v.actor.Can(triage.OpRead, a) {
			p.alerts = append(p.alerts, a)
		}
	}
	if !slices.ContainsFunc(p.alerts, func(a triage.Alert) bool { return a.ID == e.ID }) {
		p.alerts = append(p.alerts, e.Alert)
	}
	c.Basis = p.basis()
	if p.matched {
		c.Value = v.l.T("trend.value", p.cause.Value, p.cause.Name, v.moment(p.cause.At.In(v.s.Zone)), p.listed(p.cause.At))
	}
	names := namesOf(known.Measurements)
	if len(names) == 0 {
		c.Says = v.l.T("trend.none")
		return c, nil
	}
	name := p.choose(names, chosen)
	if len(names) > 1 {
		for i, n := range names {
			query := q.Values()
			query.Set("m", strconv.Itoa(i))
			c.Choices = append(c.Choices, templates.Choice{Label: n, Href: v.s.link(alertPath(e.ID)+"/trend", query), Active: n == name})
		}
	}
	c.Heading = v.l.T("trend.heading_of", name)
	p.fill(&c, name)
	if !p.matched {
		c.Says += " " + v.l.T("trend.unmatched")
	}
	return c, nil
}

// namesOf are the measurements of a patient, in alphabetical order.
func namesOf(all []trend.Measurement) (names []string) {
	for _, m := range all {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// plotted is what one patient's course is made of.
type plotted struct {
	*view
	alert   triage.Alert
	known   trend.Course
	cause   trend.Measurement
	matched bool           // cause raised the alert
	alerts  []triage.Alert // those the viewer may see, this one among them
}

// choose is the measurement that is shown: the chosen one, else the one that raised
// the alert, else the one that was made most often.
func (p plotted) choose(names []string, chosen int) string {
	if chosen >= 0 && chosen < len(names) {
		return names[chosen]
	}
	if p.matched {
		return p.cause.Name
	}
	counts := map[string]int{}
	best := names[0]
	for _, m := range p.known.Measurements {
		counts[m.Name]++
	}
	for _, name := range names {
		if counts[name] > counts[best] {
			best = name
		}
	}
	return best
}

// basis says where it comes from, how old it is and how much of it there is.
func (p plotted) basis() string {
	text := p.l.T("trend.loaded", p.known.LoadedN(), trend.Days)
	if at := p.known.AsOf(); !at.IsZero() {
		text = p.l.T("trend.as_of", p.moment(at.In(p.s.Zone))) + " " + text
	}
	if p.known.LoadedN() > 0 {
		text += " " + p.l.T("trend.zone", p.s.Zone.String())
	}
	if why := p.missing(p.known.Missing); why != "" {
		text += " " + why
	}
	return text
}

// listed is when the day of a measurement was read from the export.
func (p plotted) listed(at time.Time) string {
	day := triage.DayOf(at, p.s.Zone)
	for _, d := range []triage.Day{day, day.Add(1), day.Add(-1)} {
		if begun, ok := p.known.Loaded[d]; ok {
			return p.moment(begun.In(p.s.Zone))
		}
	}
	return p.moment(p.known.AsOf().In(p.s.Zone))
}
