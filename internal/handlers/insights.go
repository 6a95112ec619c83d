package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"triageboard/internal/audit"
	"triageboard/internal/insight"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// Insights is how the service is doing.
type Insights interface {
	Report(ctx context.Context, q insight.Query) (insight.Report, error)
}

// usualDays are the periods that are offered; the first is taken unless asked
// otherwise.
var usualDays = []int{7, 30}

// showInsights is how the service is doing, in figures. No patient is in them, but
// what single professionals did may be, so that looking is audited.
func (s *Server) showInsights(w http.ResponseWriter, r *http.Request) error {
	actor := s.actor(r)
	if !actor.May(triage.OpInsights) {
		return denied(s.auditRequest(r, audit.InsightsShown, audit.Denied), triage.ErrForbidden)
	}
	v := s.look(r)
	asked := r.URL.Query()
	q, wrong := v.insightQuery(asked)
	q.Workload = actor.May(triage.OpWorkload)
	page := templates.Insights{Page: s.page(r, v.l.T("insight.page")), Periods: v.insightPeriods(asked)}
	report, err := s.Insights.Report(r.Context(), q)
	if err != nil {
		return fmt.Errorf("compute the insights: %w", err)
	}
	page.Form = v.insightForm(asked, report.Groups, wrong)
	if len(wrong) > 0 {
		page.Notices = []components.Notice{{Kind: "error", Title: v.l.T("error.422"), Lines: slices.Compact(slices.Sorted(maps.Values(wrong)))}}
		return s.render(w, r, http.StatusUnprocessableEntity, templates.InsightsPage(page))
	}
	f := figures{v.scribe, q, report}
	page.AsOf, page.Notices, page.Tiles, page.Columns, page.Below = f.asOf(), f.notices(), f.tiles(), f.columns(), f.below()
	if err := s.auditRequest(r, audit.InsightsShown, audit.Done); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.InsightsPage(page))
}

// insightQuery reads what is asked for; wrong says in words what can't be read, by
// field. Typed dates go before a number of days.
func (v *view) insightQuery(asked url.Values) (q insight.Query, wrong map[string]string) {
	q.Group = triage.GroupID(asked.Get("group"))
	if q.Group != "" {
		q.GroupName = v.groupName(q.Group)
	}
	from, to := strings.TrimSpace(asked.Get("from")), strings.TrimSpace(asked.Get("to"))
	if from == "" && to == "" {
		q.Period = insight.Last(daysOf(asked), v.now, v.s.Zone)
		return q, nil
	}
	var err error
	q.Period, err = insight.Between(from, to, v.now, v.s.Zone)
	switch {
	case errors.Is(err, insight.ErrDateMissing) && from == "":
		wrong = map[string]string{"from": v.l.T("insight.date_missing")}
	case errors.Is(err, insight.ErrDateMissing):
		wrong = map[string]string{"to": v.l.T("insight.date_missing")}
	case errors.Is(err, insight.ErrEndBeforeStart):
		wrong = map[string]string{"to": v.l.T("insight.end_before_start")}
	case errors.Is(err, insight.ErrFuture):
		wrong = map[string]string{"from": v.l.T("insight.future")}
	case err != nil:
		wrong = map[string]string{}
		for field, typed := range map[string]string{"from": from, "to": to} {
			if _, err := time.Parse(time.DateOnly, typed); err != nil {
				wrong[field] = v.l.T("invalid.date")
			}
		}
	}
	if err != nil {
		q.Period = insight.Last(usualDays[0], v.now, v.s.Zone)
	}
	return q, wrong
}

// daysOf is the period that is chosen, or the usual one.
func daysOf(asked url.Values) int {
	if n, err := strconv.Atoi(asked.Get("days")); err == nil && slices.Contains(usualDays, n) {
		return n
	}
	return usualDays[0]
}

func typesDates(asked url.Values) bool { return asked.Get("from") != "" || asked.Get("to") != "" }

func (v *view) insightPeriods(asked url.Values) []templates.Choice {
	var all []templates.Choice
	for _, days := range usualDays {
		query := url.Values{"days": {strconv.Itoa(days)}}
		if group := asked.Get("group"); group != "" {
			query.Set("group", group)
		}
		all = append(all, templates.Choice{
			Label: v.l.T("insight.last_days", days), Href: v.s.link("/insights", query),
			Active: !typesDates(asked) && daysOf(asked) == days,
		})
	}
	return all
}

func (v *view) insightForm(asked url.Values, groups []triage.GroupID, wrong map[string]string) templates.InsightsForm {
	form := templates.InsightsForm{From: asked.Get("from"), To: asked.Get("to"), Errors: wrong}
	if !typesDates(asked) {
		form.Days = strconv.Itoa(daysOf(asked))
	}
	chosen := triage.GroupID(asked.Get("group"))
	if chosen != "" && !slices.Contains(groups, chosen) {
		groups = append(slices.Clone(groups), chosen)
	}
	for _, g := range groups {
		if g != "" {
			form.Groups = append(form.Groups, templates.Category{Value: string(g), Label: v.groupName(g), Selected: g == chosen})
		}
	}
	slices.SortFunc(form.Groups, func(x, y templates.Category) int {
		return strings.Compare(strings.ToLower(x.Label)+x.Value, strings.ToLower(y.Label)+y.Value)
	})
	return form
}

// figures puts a report in words.
type figures struct {
	scribe
	q insight.Query
	r insight.Report
}

func (f figures) asOf() string {
	if f.r.Since.IsZero() {
		return f.l.T("insight.as_of", f.l.Clock(f.r.AsOf.In(f.s.Zone)))
	}
	return f.l.T("insight.as_of_since", f.l.Clock(f.r.AsOf.In(f.s.Zone)), f.date(f.r.Since))
}

// notices are what to know of all figures.
func (f figures) notices() []components.Notice {
	b := f.r.Alerts.Basis
	switch {
	case b.Missing == insight.NothingRead && f.r.Since.IsZero():
		return []components.Notice{{Kind: "info", Title: f.l.T("insight.nothing_yet"), Lines: []string{f.l.T("insight.nothing_yet_text")}}}
	case b.Missing == insight.NothingRead:
		return []components.Notice{{Kind: "info", Title: f.l.T("insight.before_data"), Lines: []string{f.l.T("insight.before_data_text", f.date(f.r.Since))}}}
	case b.Partial(f.s.Zone):
		return []components.Notice{{Kind: "info", Title: f.l.T("insight.partial", f.date(b.From)), Lines: []string{f.l.T("insight.partial_text")}}}
	}
	return nil
}

// date is a date without its year, unless it is another one than this.
func (f figures) date(t time.Time) string {
	t = t.In(f.s.Zone)
	if t.Year() == f.now.Year() {
		return f.l.DayMonth(t)
	}
	return f.l.DayMonth(t) + " " + strconv.Itoa(t.Year())
}

func (f figures) day(d triage.Day) string {
	t, err := time.ParseInLocation(time.DateOnly, string(d), f.s.Zone)
	if err != nil {
		return string(d)
	}
	return f.date(t)
}

// rests says what a figure rests on.
func (f figures) rests(b insight.Basis) string {
	if b.Missing != insight.NotMissing {
		return ""
	}
	parts := []string{f.l.T("insight.source." + string(b.Source))}
	if b.From.Equal(b.To) {
		parts = append(parts, f.l.T("insight.now"))
	} else if first, last := f.date(b.From), f.date(b.To.Add(-time.Nanosecond)); first == last {
		parts = append(parts, first)
	} else {
		parts = append(parts, f.l.T("insight.from_to", first, last))
	}
	switch {
	case b.Whole:
		parts = append(parts, f.l.T("insight.whole"))
	case f.q.Group != "":
		parts = append(parts, f.groupName(f.q.Group))
	}
	if b.Source == insight.FromExport || b.Method == insight.OpenNow {
		parts = append(parts, f.l.T("insight.as_of", f.l.Moment(b.AsOf.In(f.s.Zone), f.now)))
	}
	return strings.Join(parts, " · ")
}

// card is a card with what its figure rests on; where there is no figure it says
// why.
func (f figures) card(id, title string, b insight.Basis) templates.InsightCard {
	c := templates.InsightCard{ID: id, Title: title, Rests: f.rests(b), How: f.l.T("insight.how." + string(b.Method))}
	if b.Missing != insight.NotMissing {
		c.Missing = f.l.T("insight.missing." + string(b.Missing))
	}
	return c
}

// share is a part of something in percent; what isn't nothing is never 0%.
func (f figures) share(s insight.Share) string {
	if s.N > 0 && s.Of1() < 0.005 {
		return "<1%"
	}
	return f.l.Number(int(s.Of1()*100+0.5)) + "%"
}

// span is a length of time, or a dash where there is none.
func (f figures) span(d time.Duration, known bool) string {
	if !known {
		return "–"
	}
	return f.l.Span(d)
}

// tiles are the figures at a glance; what there is no figure of is left out.
func (f figures) tiles() []templates.Tile {
	var all []templates.Tile
	add := func(b insight.Basis, id, label, value, note string) {
		if b.Missing == insight.NotMissing {
			all = append(all, templates.Tile{Label: f.l.T(label), Value: value, Note: note, Href: "#" + id})
		}
	}
	r := f.r
	came := r.Alerts.Value.ByFlag.Total()
	add(r.Alerts.Basis, "by-day", "insight.tile.alerts", f.l.Number(came), f.l.T("insight.a_day", f.l.Decimal(perDay(came, r.Alerts.Basis))))
	reds := r.Waits.Value.ByFlag[1]
	if reds.Processed > 0 {
		add(r.Waits.Basis, "waits", "insight.tile.red", f.l.Span(reds.Median), f.l.T("insight.nine_in_ten", f.l.Span(reds.P90)))
	}
	open := r.Open.Value
	add(r.Open.Basis, "open", "insight.tile.open", f.l.Number(open.ByFlag.Total()), f.l.T("insight.oldest", f.span(open.Oldest, open.ByFlag.Total() > 0)))
	escalated := r.Escalated.Value.All
	add(r.Escalated.Basis, "escalated", "insight.tile.escalated", f.share(escalated), f.l.T("insight.n_of", escalated.N, escalated.Of))
	flood := r.Floods.Value.All
	add(r.Floods.Basis, "floods", "insight.tile.floods", f.l.Span(flood.Time), f.l.T("insight.floods_n", flood.N))
	add(r.Reopened.Basis, "reopened", "insight.tile.reopened", f.l.Number(r.Reopened.Value), f.l.T("insight.within_ten"))
	if stars := r.Stars.Value; stars.N > 0 {
		add(r.Stars.Basis, "stars", "insight.tile.stars", f.l.Decimal(stars.Mean), f.l.T("insight.ratings_n", stars.N))
	}
	return all
}

// perDay is how many a day, by the time there are data for.
func perDay(n int, b insight.Basis) float64 {
	return float64(n) / max(1.0/24, b.To.Sub(b.From).Hours()/24)
}
