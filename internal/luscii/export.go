package luscii

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"triageboard/internal/export"
	"triageboard/internal/triage"
)

// maxReportPages ends a report that never would: fifty million rows at the 50 a
// page of the reference page, a week and a half of reading.
const maxReportPages = 1_000_000

func exportCall(kind export.Type) string { return "export " + string(kind) }

// Report reads a report page by page, with the service key, from the asked
// cursor on: POST /v1/export/{reportType}. Unless somebody is waiting for it
// (triage.Urgent) it goes behind everything else that is asked of Luscii (see
// pace), and it keeps next to nothing of what it gave.
//
// A non-nil error ends it, and the page beside that error is empty. Only a
// report that ends without one is complete; what stood beside the data as an
// error is a warning of its page and ends nothing. Rows can come twice where
// pages shift while they are read.
//
// The texts of a page share their memory: who keeps some of them for long keeps
// all of them, unless by copies.
//
// The error matches export.ErrUnknownReport where the API, or the table, doesn't
// know the report; export.ErrCursor where Luscii doesn't take the cursor any
// more; one of those of export.Report.Check, and triage.ErrRejected, where the
// range can't be asked for: then nothing was sent.
func (c *Client) Report(ctx context.Context, asked export.Request) iter.Seq2[export.Page, error] {
	call := exportCall(asked.Type)
	report, known := export.Lookup(string(asked.Type))
	if !known {
		return rejected[export.Page](&Error{Call: "export", Kinds: []error{triage.ErrRejected, export.ErrUnknownReport}})
	}
	if err := report.Check(asked.Range, time.Now().In(c.zone)); err != nil {
		return rejected[export.Page](&Error{Call: call, Kinds: []error{triage.ErrRejected, innermost(err)}})
	}
	return func(yield func(export.Page, error) bool) {
		var found findings
		defer func() { c.report(ctx, call, &found) }()
		for page, err := range c.sheets(ctx, report, asked, reportRank(ctx)) {
			if page != nil {
				for _, e := range page.errs {
					found.note("error " + e.shownCode())
				}
				if !yield(page.page(), nil) {
					return
				}
			}
			if err != nil {
				yield(export.Page{}, err)
				return
			}
		}
	}
}

// reportRank is the rank of a report's pages.
func reportRank(ctx context.Context) rank {
	if triage.IsUrgent(ctx) {
		return forClinician
	}
	return forReport
}

// innermost is what an error is at heart, without what was typed.
func innermost(err error) error {
	for next := err; next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// sheets follows a report's pages. The request's range must have been checked.
func (c *Client) sheets(ctx context.Context, report export.Report, asked export.Request, r rank) iter.Seq2[*sheet, error] {
	call := exportCall(report.Type)
	return follow(call, asked.Cursor, maxReportPages, func(cursor string) (*sheet, error) {
		query := url.Values{}
		if asked.Range != (export.Range{}) {
			query.Set("startDate", asked.Range.From)
			query.Set("endDate", asked.Range.To)
		}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		sent := request{call: call, path: []string{"export", string(report.Type)}, query: query, key: c.key, rank: r}
		got, err := c.readExport(ctx, &sent)
		if err != nil {
			return nil, aboutReport(err, cursor)
		}
		return c.openSheet(ctx, sent, got, report)
	})
}

// readExport reads one page of an export. The reference page says POST while its
// example says GET: the method that worked last goes first, and 404 or 405 mean
// that the other is tried once.
func (c *Client) readExport(ctx context.Context, r *request) (answer, error) {
	byGET := c.exportByGET.Load()
	r.method = exportMethod(byGET)
	got, err := c.read(ctx, *r)
	if !methodRefused(err) {
		return got, err
	}
	r.method = exportMethod(!byGET)
	other, otherErr := c.read(ctx, *r)
	switch {
	case otherErr == nil:
		c.exportByGET.Store(!byGET)
	case methodRefused(otherErr) && !errors.Is(otherErr, triage.ErrNotFound):
		return got, err // 405 says least
	}
	return other, otherErr
}

func exportMethod(byGET bool) string {
	if byGET {
		return http.MethodGet
	}
	return http.MethodPost
}

func methodRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotFound)
}

// openSheet takes a page of a report out of a 2xx answer.
func (c *Client) openSheet(ctx context.Context, r request, got answer, report export.Report) (*sheet, error) {
	if !got.saysJSON() {
		return nil, c.malformed(ctx, r, got, notJSON)
	}
	page, bad := parseSheet(got.body, report)
	if bad != nil {
		return nil, c.malformed(ctx, r, got, *bad)
	}
	if !page.hasData {
		// Errors alone are no page without rows: a report must not end by them.
		return nil, (&findings{errs: page.errs}).partial(r.call)
	}
	return page, nil
}

// aboutReport adds to a refusal what it says about the report or the cursor. No
// page shows how either is refused: what is gone or not found on a continued
// listing is taken for its cursor, at its beginning for the report.
func aboutReport(err error, cursor string) error {
	var e *Error
	if !errors.As(err, &e) || !e.envelope {
		return err
	}
	missing := e.Status == http.StatusNotFound || e.Status == http.StatusGone
	refused := e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
	switch {
	case refused && e.names("reporttype"):
		e.Kinds = append(e.Kinds, export.ErrUnknownReport)
	case cursor != "" && (missing || refused && e.names("cursor")):
		e.Kinds = append(e.Kinds, export.ErrCursor)
	case cursor == "" && missing:
		e.Kinds = append(e.Kinds, export.ErrUnknownReport)
	}
	return e
}

// names reports whether the API's error is about the thing, by its attribute or
// code: report_type and ReportType are the same.
func (e *Error) names(thing string) bool {
	said := strings.ToLower(e.Attribute + " " + e.Code)
	return strings.Contains(strings.NewReplacer("_", "", "-", "").Replace(said), thing)
}

// shownCode is the error's code, if it is one that may be shown in a log.
func (e apiError) shownCode() string {
	if codeShaped.MatchString(e.code) {
		return e.code
	}
	return "without code"
}
