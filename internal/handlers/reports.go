package handlers

import (
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"triageboard/internal/audit"
	"triageboard/internal/download"
	"triageboard/internal/export"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// report finds the report a request is about, for who may see reports. Whoever may
// not learns nothing of which there are.
func (s *Server) report(r *http.Request) (export.Report, error) {
	if !s.actor(r).May(triage.OpReports) {
		return export.Report{}, denied(s.auditRequest(r, audit.ReportShown, audit.Denied), triage.ErrForbidden)
	}
	report, ok := export.Lookup(chi.URLParam(r, "type"))
	if !ok {
		return export.Report{}, errNoReport
	}
	return report, nil
}

// showReports lists the reports, and what the user has fetched of them.
func (s *Server) showReports(w http.ResponseWriter, r *http.Request) error {
	if !s.actor(r).May(triage.OpReports) {
		return denied(s.auditRequest(r, audit.ReportShown, audit.Denied), triage.ErrForbidden)
	}
	v := s.look(r)
	page := templates.Reports{Page: s.page(r, v.l.T("reports"))}
	for _, report := range export.Reports() {
		item := templates.ReportItem{
			Name: string(report.Type), Title: v.reportTitle(report.Type), Text: v.l.T("report." + string(report.Type) + ".text"),
			Href: page.To("/reports/"+string(report.Type), nil), Dates: v.l.T(dateRuleKey(report.Dates)),
		}
		if report.Newer {
			item.Newer = v.l.T("reports.newer")
		}
		page.Reports = append(page.Reports, item)
	}
	own := s.Downloads.Of(string(v.actor.ID))
	for i := len(own) - 1; i >= 0; i-- {
		page.Downloads = append(page.Downloads, v.download(r, own[i]))
	}
	return s.render(w, r, http.StatusOK, templates.ReportsPage(page))
}

func (v scribe) reportTitle(t export.Type) string { return v.l.T("report." + string(t)) }

func dateRuleKey(rule export.DateRule) string {
	switch rule {
	case export.DatesForbidden:
		return "reports.dates_forbidden"
	case export.DatesOptional:
		return "reports.dates_optional"
	}
	return "reports.dates_required"
}

// asked is the range a form or an address asks for, and what is wrong with it, by
// field.
func (v *view) asked(report export.Report, values url.Values) (export.Range, map[string]string) {
	asked := export.Range{From: strings.TrimSpace(values.Get("from")), To: strings.TrimSpace(values.Get("to"))}
	field, key := wrongRange(report.Check(asked, v.now))
	if field == "" {
		return asked.Until(v.now), nil
	}
	if _, err := time.Parse(time.DateOnly, asked.From); field == "from" && err == nil && (asked.To == "" || key == "invalid.date") {
		field = "to"
	}
	return asked, map[string]string{field: v.l.T(key)}
}

// wrongRange is the field a refused range is shown at, and what is said of it.
func wrongRange(err error) (field, key string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, export.ErrDatesForbidden):
		return "from", "reports.wrong_forbidden"
	case errors.Is(err, export.ErrDatesMissing):
		return "from", "reports.wrong_missing"
	case errors.Is(err, export.ErrEndBeforeStart):
		return "to", "reports.wrong_order"
	case errors.Is(err, export.ErrFuture):
		return "from", "reports.wrong_future"
	}
	return "from", "invalid.date"
}

// showReport says what a report holds, and shows its rows page by page.
func (s *Server) showReport(w http.ResponseWriter, r *http.Request) error {
	report, err := s.report(r)
	if err != nil {
		return err
	}
	v, values := s.look(r), r.URL.Query()
	page := v.reportPage(r, report)
	// Without a word about dates the page only asks for them.
	wanted := values.Has("preview") || values.Has("from") || values.Has("to")
	if !wanted {
		if report.Dates != export.DatesForbidden {
			page.From = v.now.AddDate(0, 0, -7).Format(time.DateOnly)
			page.To = v.now.Format(time.DateOnly)
		} else {
			v.offerAll(&page, report)
		}
		return s.render(w, r, http.StatusOK, templates.ReportPage(page))
	}
	asked, wrong := v.asked(report, values)
	page.From, page.To, page.Errors = asked.From, asked.To, wrong
	if len(wrong) > 0 {
		page.Problem = v.wrongInput(wrong)
		return s.render(w, r, http.StatusUnprocessableEntity, templates.ReportPage(page))
	}
	page.HowLong = v.howLong(asked)
	v.offerAll(&page, report)
	if !s.previews.enter() {
		page.Problem = &components.Notice{Kind: "error", Title: v.l.T("reports.failed"), Lines: []string{v.l.T("reports.cause_crowded")}}
		return s.render(w, r, http.StatusTooManyRequests, templates.ReportPage(page))
	}
	defer s.previews.leave()
	status := http.StatusOK
	if err := s.preview(r, v, &page, report, asked); err != nil {
		if errors.Is(err, errUnrecorded) {
			return err
		}
		s.Log.Warn("a report's preview failed", slog.String("request_id", requestIDOf(r.Context())),
			slog.String("report", string(report.Type)), slog.Any("error", err))
		status = http.StatusBadGateway
		page.Problem = &components.Notice{Kind: "error", Title: v.l.T("reports.failed"), Lines: []string{v.reportCause(err)}}
	}
	return s.render(w, r, status, templates.ReportPage(page))
}

func (v *view) wrongInput(wrong map[string]string) *components.Notice {
	return &components.Notice{Kind: "error", Title: v.l.T("error.422"), Lines: slices.Sorted(maps.Values(wrong))}
}

// reportPage is a report's page before anything was asked of it.
func (v *view) reportPage(r *http.Request, report export.Report) templates.Report {
	name := string(report.Type)
	page := templates.Report{
		Page: v.s.page(r, v.reportTitle(report.Type)), Name: name, Text: v.l.T("report." + name + ".text"),
		Dated: report.Dates != export.DatesForbidden, Required: report.Dates == export.DatesRequired,
		Zone: v.l.T("reports.zone", v.s.Zone.String()),
	}
	for _, c := range report.Columns {
		column := templates.ReportColumn{Name: c.Name, Kind: v.l.T(kindKey(c.Kind))}
		if c.National {
			column.Aside = v.l.T("reports.national")
		}
		page.Columns = append(page.Columns, column)
	}
	return page
}

// offerAll is the way to all rows.
func (v *view) offerAll(p *templates.Report, report export.Report) {
	p.Fetch = p.Page.To("/reports/"+string(report.Type)+"/downloads", nil)
	p.WithNational = v.actor.May(triage.OpNational) && holdsNational(report)
}

func holdsNational(report export.Report) bool {
	for _, c := range report.Columns {
		if c.National {
			return true
		}
	}
	return false
}

func rangeValues(asked export.Range) url.Values {
	values := url.Values{}
	if asked.From != "" {
		values.Set("from", asked.From)
		values.Set("to", asked.To)
	}
	return values
}

func kindKey(k export.Kind) string {
	return "kind." + [...]string{"text", "count", "number", "flag", "day", "moment"}[k]
}

// howLong says about how long a long range takes at least: each day is asked for
// by itself.
func (v *view) howLong(asked export.Range) string {
	days := asked.Length()
	if days < 31 || v.s.ReportPace <= 0 {
		return ""
	}
	least := time.Duration(math.Ceil(float64(days)/v.s.ReportPace)) * time.Second
	return v.l.T("reports.how_long", v.l.Number(days), v.l.Span(least))
}

// warning is what Luscii said beside the data, in its own words.
func (v scribe) warning(w export.Warning) string {
	parts := []string{w.Code, w.Attribute, w.Message}
	said := ""
	for _, part := range parts {
		if part != "" {
			said = strings.TrimPrefix(said+" · "+part, " · ")
		}
	}
	return v.l.T("reports.warning", said)
}

// reportCause says why a report didn't come.
func (v scribe) reportCause(err error) string {
	switch {
	case errors.Is(err, export.ErrUnknownReport):
		return v.l.T("reports.cause_unknown")
	case errors.Is(err, export.ErrCursor):
		return v.l.T("reports.cause_cursor")
	case errors.Is(err, triage.ErrForbidden):
		return v.l.T("reports.cause_forbidden")
	case errors.Is(err, download.ErrTooBig):
		return v.l.T("reports.cause_room")
	case errors.Is(err, download.ErrBusy):
		return v.l.T("reports.cause_busy")
	case errors.Is(err, download.ErrDamaged):
		return v.l.T("reports.cause_damaged")
	}
	return v.l.T("reports.cause", causeWord(v.l, err))
}

// auditReport records that rows of a report are shown or given.
func (s *Server) auditReport(r *http.Request, action audit.Action, file string, rows int) error {
	e := s.event(r, action, audit.Done)
	e.Object, e.Details.Rows = audit.Object{Kind: audit.KindReport, ID: file}, rows
	return s.record(r.Context(), e)
}

// reportFile is the name of a report's file, such as
// "measurements_2026-11-01_2026-11-07.csv".
func reportFile(t export.Type, asked export.Range, ending string) string {
	name := string(t)
	if asked.From != "" {
		name += "_" + asked.From + "_" + asked.To
	}
	return name + ending
}
