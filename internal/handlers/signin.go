package handlers

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"

	"triageboard/internal/audit"
	"triageboard/internal/auth"
	"triageboard/internal/desk"
	"triageboard/internal/triage"
	"triageboard/web/templates"
	"triageboard/web/templates/components"
)

// showSignIn is the page before all others.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	if _, ok := s.Auth.Actor(r.Context()); ok {
		http.Redirect(w, r, s.base+"/", http.StatusSeeOther)
		return nil
	}
	return s.signInPage(w, r, http.StatusOK, "", "")
}

// signInPage shows the form, with what was typed and why it didn't work.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, status int, email, problem string) error {
	l := s.words(r)
	page := templates.SignIn{Page: s.page(r, l.T("signin")), Email: email}
	page.Here = s.base + "/signin"
	for _, p := range s.Auth.Personas() {
		page.Personas = append(page.Personas, templates.Persona{
			ID: string(p.ID), Name: p.Name(), Role: roleWord(l, p.Role) + " (" + string(p.Role) + ")", Groups: p.Groups,
		})
	}
	if problem != "" {
		page.Problem = &components.Notice{Kind: "error", Title: l.T("signin.refused"), Lines: []string{l.T(problem)}}
	}
	return s.render(w, r, status, templates.SignInPage(page))
}

// signIn begins a session, as a persona or by e-mail and own key.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	email := strings.TrimSpace(r.PostForm.Get("email"))
	before, wasSignedIn := s.Auth.Actor(r.Context())
	refused := "signin.refused_text"
	var err error
	if len(s.Auth.Personas()) > 0 {
		refused = "signin.persona_unknown"
		err = s.Auth.SignInAsPersona(r.Context(), triage.HCPID(r.PostForm.Get("persona")))
	} else {
		err = s.Auth.SignInWithKey(r.Context(), email, triage.Key(strings.TrimSpace(r.PostForm.Get("key"))))
	}
	if unrecorded := s.auditSignIn(r, before, wasSignedIn, err); unrecorded != nil {
		return unrecorded
	}
	switch {
	case err == nil:
		http.Redirect(w, r, s.base+"/", http.StatusSeeOther)
		return nil
	case errors.Is(err, auth.ErrSignIn):
		return s.signInPage(w, r, http.StatusUnprocessableEntity, email, refused)
	case upstreamFailed(err):
		s.Log.Warn("a sign-in could not be checked", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
		return s.signInPage(w, r, http.StatusBadGateway, email, "signin.unavailable")
	}
	return err
}

// upstreamFailed reports that Luscii, not the person, is why a sign-in failed.
func upstreamFailed(err error) bool {
	for _, kind := range []error{
		triage.ErrUnavailable, triage.ErrBusy, triage.ErrMalformed, triage.ErrPartial, triage.ErrKeyRefused, triage.ErrForbidden, triage.ErrRejected, triage.ErrNotFound,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// signOut ends the session for good.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	e := s.sessionEvent(r, audit.SignOut, s.actor(r))
	if err := s.Auth.SignOut(r.Context()); err != nil {
		return err
	}
	s.recordDone(r.Context(), e)
	http.Redirect(w, r, s.base+"/signin", http.StatusSeeOther)
	return nil
}

// setLanguage keeps the chosen language, for this session and among the settings
// of who is signed in, and returns to where it was chosen.
func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &triage.InvalidError{Field: "form", Reason: "invalid.form"}
	}
	language := s.Words.Match(r.PostForm.Get("lang"), "").Lang
	s.Auth.SetLanguage(r.Context(), language)
	if actor, ok := s.Auth.Actor(r.Context()); ok {
		err := s.Settings.Change(r.Context(), actor.ID, func(own *desk.Settings) error {
			own.Language = language
			return nil
		})
		if err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.localPath(r.PostForm.Get("back")), http.StatusSeeOther) //nolint:gosec // localPath lets nothing through that leads outside
	return nil
}

// localPath is the path given if it leads nowhere but into this program, else
// the board: a form field must not send anyone to another site, nor by ".." to
// what else is hosted beside this one.
func (s *Server) localPath(back string) string {
	u, err := url.Parse(back)
	inside := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(back, "/") && !strings.HasPrefix(back, "//") &&
		!strings.Contains(back, "\\") && strings.HasPrefix(path.Clean(u.Path)+"/", s.base+"/")
	if !inside {
		return s.base + "/"
	}
	return back
}
