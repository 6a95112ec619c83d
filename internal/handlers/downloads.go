package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
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

const (
	// fetchedAnew is how old what was fetched may be when it is asked for again.
	fetchedAnew = 10 * time.Minute
	// leastReason is how many characters a reason for the citizen service number
	// has, that it says anything at all.
	leastReason = 8
	mostReason  = 200
)

// startDownload fetches a whole report in the background and leads to the page that
// follows it. The citizen service number comes along for an HC_ADMIN who gives a
// reason (R27).
func (s *Server) startDownload(w http.ResponseWriter, r *http.Request) error {
	report, err := s.report(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	v := s.look(r)
	asked, wrong := v.asked(report, r.PostForm)
	national, reason := r.PostForm.Get("bsn") != "", strings.TrimSpace(r.PostForm.Get("reason"))
	if national && !v.actor.May(triage.OpNational) {
		return denied(s.auditRequest(r, audit.Downloaded, audit.Denied), triage.ErrForbidden)
	}
	if n := len([]rune(reason)); national && (n < leastReason || n > mostReason) {
		if wrong == nil {
			wrong = map[string]string{}
		}
		wrong["reason"] = v.l.T("reports.wrong_reason", leastReason, mostReason)
	}
	page := v.reportPage(r, report)
	page.From, page.To, page.Errors, page.National, page.Reason = asked.From, asked.To, wrong, national, reason
	v.offerAll(&page, report)
	if len(wrong) > 0 {
		page.Problem = v.wrongInput(wrong)
		return s.render(w, r, http.StatusUnprocessableEntity, templates.ReportPage(page))
	}
	task := download.Task{Owner: string(v.actor.ID), Type: report.Type, Range: asked, National: national}
	j, err := s.startTask(r, task, reason)
	if errors.Is(err, download.ErrBusy) || errors.Is(err, download.ErrTooBig) {
		page.Problem = &components.Notice{Kind: "error", Title: v.l.T("reports.failed"), Lines: []string{v.reportCause(err)}}
		return s.render(w, r, http.StatusTooManyRequests, templates.ReportPage(page))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.base+"/downloads/"+j.ID(), http.StatusSeeOther) //nolint:gosec // to an id of our own
	return nil
}

// startTask begins a download, or joins the same one, once that is audited.
func (s *Server) startTask(r *http.Request, task download.Task, reason string) (*download.Job, error) {
	if err := s.auditFetch(r, task, reason); err != nil {
		return nil, err
	}
	j, err := s.Downloads.Renew(task, fetchedAnew)
	if err != nil {
		return nil, fmt.Errorf("start a download: %w", err)
	}
	return j, nil
}

// auditFetch records that a report is fetched.
func (s *Server) auditFetch(r *http.Request, task download.Task, reason string) error {
	e := s.event(r, audit.Downloaded, audit.Begun)
	e.Object = audit.Object{Kind: audit.KindReport, ID: reportFile(task.Type, task.Range, "")}
	if task.National {
		e.Details.Reason, e.Private.Note = "with_bsn", reason
	}
	return s.record(r.Context(), e)
}

// ownDownload finds the download a request is about among the user's own.
func (s *Server) ownDownload(r *http.Request) (*download.Job, error) {
	if !s.actor(r).May(triage.OpReports) {
		return nil, denied(s.auditRequest(r, audit.Downloaded, audit.Denied), triage.ErrForbidden)
	}
	j, ok := s.Downloads.Find(string(s.actor(r).ID), chi.URLParam(r, "id"))
	if !ok {
		return nil, errNoDownload
	}
	if j.Task().National && !s.actor(r).May(triage.OpNational) { // the role has changed since
		return nil, denied(s.auditRequest(r, audit.Downloaded, audit.Denied), triage.ErrForbidden)
	}
	return j, nil
}

// showDownload follows a download.
func (s *Server) showDownload(w http.ResponseWriter, r *http.Request) error {
	j, err := s.ownDownload(r)
	if err != nil {
		return err
	}
	d := s.look(r).download(r, j)
	if isHTMX(r) {
		return s.render(w, r, http.StatusOK, templates.DownloadPart(d))
	}
	return s.render(w, r, http.StatusOK, templates.DownloadPage(d))
}

// changeDownload cancels, resumes or removes one.
func (s *Server) changeDownload(w http.ResponseWriter, r *http.Request) error {
	j, err := s.ownDownload(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	to := "/downloads/" + j.ID()
	switch r.PostForm.Get("do") {
	case templates.CancelDownload:
		j.Cancel()
		if err := j.Wait(r.Context()); err != nil {
			return fmt.Errorf("cancel a download: %w", err)
		}
	case templates.ResumeDownload:
		if err := s.auditFetch(r, j.Task(), ""); err != nil {
			return err
		}
		_, err := s.Downloads.Start(j.Task())
		if errors.Is(err, download.ErrBusy) || errors.Is(err, download.ErrTooBig) {
			v := s.look(r)
			s.tell(w, r, http.StatusTooManyRequests, components.Notice{Kind: "error", Title: v.l.T("reports.failed"), Lines: []string{v.reportCause(err)}})
			return nil
		}
		if err != nil {
			return fmt.Errorf("resume a download: %w", err)
		}
	case templates.RemoveDownload:
		to = "/reports"
		if err := s.Downloads.Remove(j); err != nil && !errors.Is(err, download.ErrRunning) {
			return fmt.Errorf("remove a download: %w", err)
		}
	default:
		return &triage.InvalidError{Field: "do", Reason: "invalid.form"}
	}
	http.Redirect(w, r, s.base+to, http.StatusSeeOther)
	return nil
}

// downloadFile gives what was fetched as a file; of a download that isn't complete
// only where that is asked for, and then its name says so.
func (s *Server) downloadFile(w http.ResponseWriter, r *http.Request) error {
	j, err := s.ownDownload(r)
	if err != nil {
		return err
	}
	format, err := export.ParseFormat(r.URL.Query().Get("format"))
	if err != nil {
		return &triage.InvalidError{Field: "format", Reason: "reports.wrong_format"}
	}
	partial := r.URL.Query().Get("partial") != ""
	if p := j.Progress(); p.State == download.Running || (p.State != download.Done && !partial) {
		http.Redirect(w, r, s.base+"/downloads/"+j.ID(), http.StatusSeeOther)
		return nil
	}
	return s.sendFile(w, r, j, format, partial)
}

// downloadReport gives a whole report as a file: it is fetched first, which is
// waited for. Another request for the same joins, or takes up what came. A link on
// another site must not set that off, though it is a GET (R24).
func (s *Server) downloadReport(w http.ResponseWriter, r *http.Request) error {
	report, err := s.report(r)
	if err != nil {
		return err
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return denied(s.auditRequest(r, audit.Downloaded, audit.Denied), errOrigin)
	}
	v, values := s.look(r), r.URL.Query()
	format, err := export.ParseFormat(values.Get("format"))
	if err != nil {
		return &triage.InvalidError{Field: "format", Reason: "reports.wrong_format"}
	}
	asked, wrong := v.asked(report, values)
	if len(wrong) > 0 {
		page := v.reportPage(r, report)
		page.From, page.To, page.Errors, page.Problem = asked.From, asked.To, wrong, v.wrongInput(wrong)
		return s.render(w, r, http.StatusUnprocessableEntity, templates.ReportPage(page))
	}
	j, err := s.startTask(r, download.Task{Owner: string(v.actor.ID), Type: report.Type, Range: asked}, "")
	failed := func(status int, err error) error {
		s.tell(w, r, status, components.Notice{Kind: "error", Title: v.l.T("reports.failed"), Lines: []string{v.reportCause(err)}})
		return nil
	}
	if errors.Is(err, download.ErrBusy) || errors.Is(err, download.ErrTooBig) {
		return failed(http.StatusTooManyRequests, err)
	}
	if err != nil {
		return err
	}
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil { // the fetching may take long
		return fmt.Errorf("wait for a report: %w", err)
	}
	if err := j.Wait(r.Context()); err != nil {
		return fmt.Errorf("wait for a report: %w", err)
	}
	if err := s.stillSees(r); err != nil {
		return err
	}
	if p := j.Progress(); p.State != download.Done {
		return failed(http.StatusBadGateway, p.Err)
	}
	return s.sendFile(w, r, j, format, false)
}

// stillSees says whether who asked may have the reports by now: somebody may have
// signed out, or become something else, while a report was waited for.
func (s *Server) stillSees(r *http.Request) error {
	switch actor, ok, err := s.Auth.Look(r); {
	case err != nil:
		return fmt.Errorf("look who asks: %w", err)
	case !ok:
		return denied(s.auditRequest(r, audit.Downloaded, audit.Denied), errSignedOut)
	case !actor.May(triage.OpReports):
		return denied(s.auditRequest(r, audit.Downloaded, audit.Denied), triage.ErrForbidden)
	}
	return nil
}

// sendFile writes a file, once that is audited. Where it can't be written to its
// end the connection breaks, so that nobody takes a part for the whole.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, j *download.Job, format export.Format, partial bool) error {
	task, p := j.Task(), j.Progress()
	ending := "." + string(format)
	if p.State != download.Done {
		ending = "_incomplete" + ending
	}
	name := reportFile(task.Type, task.Range, ending)
	e := s.event(r, audit.Downloaded, audit.Done)
	e.Object, e.Details.Rows = audit.Object{Kind: audit.KindReport, ID: name}, p.Rows
	if task.National {
		e.Details.Reason = "with_bsn"
	}
	if err := s.record(r.Context(), e); err != nil {
		return err
	}
	file := &bounded{ResponseWriter: w, out: http.NewResponseController(w), begin: func() {
		w.Header().Set("Content-Type", format.ContentType())
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}}
	_, err := j.Encode(r.Context(), file, download.Output{Format: format, Zone: s.Zone, Partial: partial})
	switch {
	case err == nil && !file.begun: // a file of nothing
		file.begin()
		w.WriteHeader(http.StatusOK)
		return nil
	case err == nil:
		return nil
	case !file.begun && errors.Is(err, export.ErrCellTooLong):
		return &triage.InvalidError{Field: "format", Reason: "reports.wrong_cell"}
	case !file.begun:
		return fmt.Errorf("write a report: %w", err)
	}
	s.Log.Warn("a report's file broke off", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
	panic(http.ErrAbortHandler)
}

// bounded writes an answer of any length: each part of it has to be taken in time.
type bounded struct {
	http.ResponseWriter
	out   *http.ResponseController
	begin func() // before the first byte
	begun bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		b.begin()
	}
	if err := b.out.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, fmt.Errorf("bound a write: %w", err)
	}
	return b.ResponseWriter.Write(p)
}

// download is how far a download has come, in words.
func (v *view) download(r *http.Request, j *download.Job) templates.Download {
	p := j.Progress()
	path := "/downloads/" + p.ID
	d := templates.Download{
		Page: v.s.page(r, v.reportTitle(p.Task.Type)), ID: p.ID, Title: v.reportTitle(p.Task.Type), Range: v.l.T("downloads.everything"),
		State: string(p.State), Word: v.l.T("downloads." + string(p.State)),
		Running: p.State == download.Running, Done: p.State == download.Done,
		Fetched: p.Fetched, Parts: p.Parts, Lines: v.downloadLines(p),
	}
	d.Resumable = !d.Running && !d.Done
	d.Href, d.Poll, d.Act = d.To(path, nil), d.To(path, nil), d.To(path, nil)
	if p.Task.Range.From != "" {
		d.Range = v.l.T("downloads.range", p.Task.Range.From, p.Task.Range.To)
	}
	if d.Running {
		d.Refresh = 2 * time.Second
	}
	if p.State == download.Failed {
		d.Error = v.reportCause(p.Err)
	}
	if !d.Running {
		d.Missing, d.Keeps = v.gaps(p), v.l.T("downloads.keeps")
	}
	for _, told := range p.Told {
		d.Warnings = append(d.Warnings, v.warning(told.Warning))
	}
	if p.Untold > 0 {
		d.Warnings = append(d.Warnings, v.l.T("downloads.more_warnings", p.Untold))
	}
	if p.Task.National {
		d.National = v.l.T("downloads.national")
	}
	files := func(query url.Values) (links []templates.FileLink) {
		for _, f := range export.Formats() {
			query.Set("format", string(f))
			links = append(links, templates.FileLink{Format: v.l.T("format." + string(f)), Href: d.To(path+"/file", query)})
		}
		return links
	}
	switch {
	case d.Done:
		d.Files = files(url.Values{})
	case d.Resumable && p.Rows > 0:
		d.Partial = files(url.Values{"partial": {"1"}})
	}
	return d
}

func (v *view) downloadLines(p download.Progress) []string {
	lines := []string{v.l.T("downloads.rows", p.Rows, p.Pages)}
	if p.Parts > 1 {
		lines = append(lines, v.l.T("downloads.days", v.l.Number(p.Fetched), v.l.Number(p.Parts)))
	}
	lines = append(lines, v.l.T("downloads.rate", v.l.Number(int(p.Rate)), v.l.Span(p.Elapsed)))
	if !p.Ended.IsZero() && p.State != download.Running {
		lines = append(lines, v.l.T("downloads.ended", v.l.Moment(p.Ended.In(v.s.Zone), v.now)))
	}
	return lines
}

// gaps are the days that aren't there.
func (v *view) gaps(p download.Progress) []string {
	var said []string
	for _, g := range p.Missing {
		text := v.l.T("downloads.everything")
		switch {
		case g.Range.From != "" && g.Range.From == g.Range.To:
			text = g.Range.From
		case g.Range.From != "":
			text = v.l.T("downloads.range", g.Range.From, g.Range.To)
		}
		if g.Rows > 0 {
			text = v.l.T("downloads.gap_rows", text, g.Rows)
		}
		said = append(said, text)
	}
	return said
}
