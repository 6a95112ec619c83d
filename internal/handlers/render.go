package handlers

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"triageboard/internal/desk"
	"triageboard/internal/i18n"
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
	if _, err := w.Write(page); err != nil {
		s.Log.Debug("an answer could not be written", slog.Any("error", err))
	}
	return nil
}

// words is the language of the one who asks: the one they chose, else their
// browser's.
func (s *Server) words(r *http.Request) *i18n.Locale {
	chosen := ""
	if r.Context().Value(noSessionKey) == nil {
		chosen = s.Auth.Language(r.Context())
	}
	return s.Words.Match(chosen, r.Header.Get("Accept-Language"))
}

// page is what every page carries.
func (s *Server) page(r *http.Request, title string) templates.Page {
	l := s.words(r)
	p := templates.Page{
		L: l, Base: s.base, Title: title, Sandbox: s.Sandbox,
		Assets: templates.AssetURLs{
			CSS: s.Assets.CSS, JS: s.Assets.JS,
			Icon: s.Assets.Icon, IconLate: s.Assets.IconLate, IconNotLive: s.Assets.IconNotLive,
		},
		Here: s.base + "/",
	}
	if r.Method == http.MethodGet {
		p.Here = s.base + r.URL.RequestURI()
	}
	if a, ok := s.Auth.Actor(r.Context()); ok {
		p.User = &templates.User{Name: a.Name, Role: roleWord(l, a.Role), Tag: tagOf(a), SeesAudit: seesAudit(a), Keys: plainKeys()}
	}
	return p
}

// plainKeys is which command each key gives, as the page binds them.
var plainKeys = sync.OnceValue(func() string {
	keys, err := desk.KeyChanges{}.Keymap()
	if err != nil { // a test reads the table
		panic(err)
	}
	text, err := json.Marshal(keys)
	if err != nil {
		panic(err) // a map of strings can't fail
	}
	return string(text)
})
