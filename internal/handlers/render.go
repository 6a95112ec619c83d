package handlers

import (
	"log/slog"
	"net/http"

	"github.com/a-h/templ"

	"triageboard/internal/desk"
	"triageboard/internal/i18n"
	"triageboard/internal/triage"
	"triageboard/web/static"
	"triageboard/web/templates"
)

// handler answers one request, or says why it can't.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle makes an http.HandlerFunc whose errors are rendered in one place.
func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// render writes components with a status, or answers why they can't be rendered.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, parts ...templ.Component) error {
	coding := static.Coding(r.Header.Values("Accept-Encoding"), codings...)
	page, err := s.pressed(r.Context(), coding, parts)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Encoding")
	if coding != "" {
		w.Header().Set("Content-Encoding", coding)
	}
	w.WriteHeader(status)
	if _, err := w.Write(page); err != nil { //nolint:gosec // templates escape what they are given
		s.Log.Debug("an answer could not be written", slog.Any("error", err))
	}
	return nil
}

// words is the language of the one who asks: of their settings, else the one
// chosen in this session, else their browser's.
func (s *Server) words(r *http.Request) *i18n.Locale {
	chosen := s.settings(r).Language
	if chosen == "" && r.Context().Value(noSessionKey) == nil {
		chosen = s.Auth.Language(r.Context())
	}
	return s.Words.Match(chosen, r.Header.Get("Accept-Language"))
}

// settings are those of the one who asks, as far as they can be read: that they
// can't must not keep a page from being shown.
func (s *Server) settings(r *http.Request) desk.Settings {
	actor, ok := s.Auth.Actor(r.Context())
	if !ok {
		return desk.UsualSettings()
	}
	own, err := s.Settings.Of(r.Context(), actor.ID)
	if err != nil {
		s.Log.Error("settings could not be read", slog.String("request_id", requestIDOf(r.Context())), slog.Any("error", err))
	}
	return own
}

// page is what every page carries.
func (s *Server) page(r *http.Request, title string) templates.Page {
	l := s.words(r)
	p := templates.Page{
		L: l, Base: s.base, Title: title, Sandbox: s.Sandbox,
		Assets: templates.AssetURLs{
			CSS: s.Assets.CSS, DeskCSS: s.Assets.DeskCSS, JS: s.Assets.JS,
			Icon: s.Assets.Icon, IconLate: s.Assets.IconLate, IconNotLive: s.Assets.IconNotLive,
		},
		Here: s.base + "/",
	}
	if r.Method == http.MethodGet {
		p.Here = s.base + r.URL.RequestURI()
	}
	if a, ok := s.Auth.Actor(r.Context()); ok {
		own := s.settings(r)
		p.User = &templates.User{
			Name: a.Name, Role: roleWord(l, a.Role), Tag: tagOf(a), SeesAudit: a.May(triage.OpAudit), SeesReports: a.May(triage.OpReports), SeesInsights: a.May(triage.OpInsights),
			Theme: string(own.Theme), Density: string(own.Density), AutoAdvance: own.AutoAdvance, Sound: own.Sound,
			Keymap: keymapOf(own.Keys), KeyOf: shownKeys(own.Keys),
		}
	}
	return p
}
