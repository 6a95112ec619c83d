package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"
)

// exportRows is how many rows a page of an export holds: the page knows no
// perPage for it, and its sample shows 50.
const exportRows = 50

// dateRule says whether a report takes dates.
type dateRule int

const (
	datesRequired dateRule = iota
	datesForbidden
	datesOptional
)

// report is one report type of the Export API.
type report struct {
	dates dateRule
	newer bool // only a newer page of the API names it
	page  func(*Sandbox, span, paging) ([]line, cursors, error)
}

// span is the dates a report is asked for, both included, in the hospital's time
// zone.
type span struct{ first, last day }

// allTime is the span of a report without dates.
var allTime = span{math.MinInt32, math.MaxInt32}

// reports are the reference page's, with its rules on dates. It is silent on the
// last five of the eleven; a newer page requires dates there. The two behind
// them are that newer page's own.
var reports = map[string]report{
	"patients":                 {dates: datesForbidden, page: (*Sandbox).patientsReport},
	"measurements":             {dates: datesRequired, page: (*Sandbox).measurementsReport},
	"alerts":                   {dates: datesRequired, page: (*Sandbox).alertsReport},
	"hcps":                     {dates: datesForbidden, page: (*Sandbox).hcpsReport},
	"patientsMutations":        {dates: datesForbidden, page: (*Sandbox).mutationsReport},
	"starRatings":              {dates: datesForbidden, page: (*Sandbox).ratingsReport},
	"plannedActions":           {dates: datesRequired, page: (*Sandbox).plannedReport},
	"patientsWorkflowHistory":  {dates: datesRequired, page: (*Sandbox).workflowsReport},
	"patientsProgramsHistory":  {dates: datesRequired, page: (*Sandbox).programsReport},
	"patientsSettingsHistory":  {dates: datesRequired, page: (*Sandbox).settingsReport},
	"usersStatusChangeReasons": {dates: datesRequired, page: (*Sandbox).statusesReport},

	"measurementsWithQuestionnaires": {dates: datesOptional, newer: true, page: (*Sandbox).measurementsReport},
	"measurementsForQuestionnaires":  {dates: datesOptional, newer: true, page: (*Sandbox).answersReport},
}

// export is POST /v1/export/{report}. The example that says GET is refused
// with 405.
func (s *Sandbox) export(r *http.Request, _ *hcp) (any, error) {
	name := r.PathValue("report")
	of, ok := reports[name]
	if !ok || of.newer && !s.newer {
		return nil, errNotFound("report type")
	}
	query := r.URL.Query()
	dates, err := of.readSpan(query)
	if err != nil {
		return nil, err
	}
	p := paging{
		scope:    fmt.Sprintf("%s %d %d", name, dates.first, dates.last),
		cursor:   query.Get("cursor"),
		perPage:  exportRows,
		disorder: disorderOf(r),
	}
	rows, c, err := of.page(s, dates, p)
	return reportPage{cursors: c, next: pageURL(r, c.Next), prev: pageURL(r, c.Prev), rows: rows}, err
}

// readSpan reads the dates by the report's rule.
func (of report) readSpan(query url.Values) (span, error) {
	given := false
	for _, name := range []string{"startDate", "endDate"} {
		switch has := query.Has(name); {
		case has && of.dates == datesForbidden:
			return span{}, errValidation(name, "The "+name+" is forbidden for this report type.")
		case !has && (of.dates == datesRequired || given):
			return span{}, errValidation(name, "The "+name+" is required for this report type.")
		case has:
			given = true
		}
	}
	if !given {
		return allTime, nil
	}
	first, err := readDay(query, "startDate", allTime.first)
	if err != nil {
		return span{}, err
	}
	last, err := readDay(query, "endDate", allTime.last)
	if err != nil {
		return span{}, err
	}
	if last < first {
		return span{}, errValidation("endDate", "The endDate must not be before the startDate.")
	}
	return span{first, last}, nil
}

// pageURL is the absolute address of another page; nil without a cursor.
func pageURL(r *http.Request, cursor *string) *string {
	if cursor == nil {
		return nil
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	query := r.URL.Query()
	query.Set("cursor", *cursor)
	address := scheme + r.Host + r.URL.Path + "?" + query.Encode()
	return &address
}

// midnight is when a date begins in the hospital's time zone.
func (s *Sandbox) midnight(d day) time.Time {
	return time.Date(1970, 1, 1+int(d), 0, 0, 0, 0, s.zone)
}

// dateOf is the date of a moment in the hospital's time zone.
func (s *Sandbox) dateOf(t time.Time) day {
	year, month, date := t.In(s.zone).Date()
	return dayOf(time.Date(year, month, date, 0, 0, 0, 0, time.UTC))
}

// covers reports whether a moment is of one of the dates.
func (s *Sandbox) covers(dates span, t time.Time) bool {
	d := s.dateOf(t)
	return !t.IsZero() && dates.first <= d && d <= dates.last
}
