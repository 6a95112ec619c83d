package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// What can go wrong before the domain is asked.
var (
	errNoPage     = errors.New("no such page")
	errNoSearch   = errors.New("no such search")
	errNoReport   = errors.New("no such report")
	errNoDownload = errors.New("no such download")
	errMethod     = errors.New("method not allowed")
	errOrigin     = errors.New("request from another site")
	errSignedOut  = errors.New("not signed in")
	errOtherUser  = errors.New("another user's page")
	// errUnrecorded is what doesn't happen because it can't be audited (R20).
	errUnrecorded = errors.New("can't be recorded in the audit trail")
)

// problem is an error as a person gets to see it: a status, and what happened
// and what to do in catalogue keys.
type problem struct {
	status int
	title  string
	text   string
}

// ownMistake is what is said when the fault is the program's.
var ownMistake = problem{http.StatusInternalServerError, "error.500", "error.500_text"}

func (p problem) notice(l *i18n.Locale) components.Notice {
	return components.Notice{Kind: "error", Title: l.T(p.title), Lines: []string{l.T(p.text)}}
}

// problemOf maps every error to what is said about it. What it doesn't know is
// our own mistake: a 500, logged.
func problemOf(err error) problem {
	var invalid *triage.InvalidError
	switch {
	case errors.Is(err, errUnrecorded):
		return problem{http.StatusInternalServerError, "error.500", "error.unrecorded"}
	case errors.Is(err, errNoPage):
		return problem{http.StatusNotFound, "error.404", "error.404_text"}
	case errors.Is(err, errNoSearch):
		return problem{http.StatusNotFound, "error.404", "error.404_search"}
	case errors.Is(err, errNoReport):
		return problem{http.StatusNotFound, "error.404", "error.404_report"}
	case errors.Is(err, errNoDownload):
		return problem{http.StatusNotFound, "error.404", "error.404_download"}
	case errors.Is(err, errMethod):
		return problem{http.StatusMethodNotAllowed, "error.405", "error.405_text"}
	case errors.Is(err, errOrigin):
		return problem{http.StatusForbidden, "error.403", "error.403_origin"}
	case errors.Is(err, errSignedOut):
		return problem{http.StatusUnauthorized, "error.signed_out", "error.signed_out_text"}
	case errors.Is(err, errOtherUser):
		return problem{http.StatusUnauthorized, "error.other_user", "error.other_user_text"}
	case errors.As(err, &invalid):
		return problem{http.StatusUnprocessableEntity, "error.422", invalid.Reason}
	case errors.Is(err, triage.ErrNotFound):
		return problem{http.StatusNotFound, "error.404", "error.404_alert"}
	case errors.Is(err, triage.ErrForbidden):
		return problem{http.StatusForbidden, "error.403", "error.403_text"}
	}
	return ownMistake
}

// Fail answers a request whose session or sign-in can't be read.
func (s *Server) Fail(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, withoutSession(r), err)
}

func withoutSession(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), noSessionKey, true))
}

// fail renders an error: as a page, or for htmx as a fragment that leaves what
// is on the page alone. The error itself goes to the log only.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status == http.StatusInternalServerError {
		s.Log.Error("a request failed",
			slog.String("request_id", requestIDOf(r.Context())),
			slog.String("route", routeOf(r)), slog.Any("error", err))
	}
	s.tell(w, r, p.status, p.notice(s.words(r)))
}

// tell answers with a notice alone.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, status int, notice components.Notice) {
	var rendered error
	switch {
	case isHTMX(r) && r.Method == http.MethodGet && r.Header.Get("HX-Target") == "section#detail":
		rendered = s.render(w, r, status, templates.ProblemPart(notice))
	case isHTMX(r):
		w.Header().Set("HX-Reswap", "none")
		rendered = s.render(w, r, status, templates.NoticePartial(notice))
	default:
		rendered = s.render(w, r, status, templates.FailurePage(s.failure(r, status, notice)))
	}
	if rendered != nil {
		s.Log.Error("an error page could not be rendered",
			slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", rendered))
		http.Error(w, http.StatusText(status), status)
	}
}

func (s *Server) failure(r *http.Request, status int, notice components.Notice) templates.Failure {
	l := s.words(r)
	f := templates.Failure{Page: s.page(r, notice.Title), Status: status, Message: notice}
	f.Here = s.base + "/"
	f.Href, f.Link = s.base+"/", l.T("error.back")
	return f
}

// causeWord says why the board isn't live, in the middle of a sentence.
func causeWord(l *i18n.Locale, err error) string {
	switch {
	case errors.Is(err, triage.ErrKeyRefused):
		return l.T("cause.key")
	case errors.Is(err, triage.ErrForbidden):
		return l.T("cause.forbidden")
	case errors.Is(err, triage.ErrBusy):
		return l.T("cause.busy")
	case errors.Is(err, triage.ErrOverdue):
		return l.T("cause.overdue")
	case errors.Is(err, triage.ErrPartial):
		return l.T("cause.partial")
	case errors.Is(err, triage.ErrMalformed):
		return l.T("cause.malformed")
	case errors.Is(err, triage.ErrRejected), errors.Is(err, triage.ErrNotFound):
		return l.T("cause.rejected")
	}
	return l.T("cause.unavailable")
}
