package handlers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"triageboard/internal/audit"
	"triageboard/internal/triage"
)

// contentSecurityPolicy lets a page load nothing but its own assets and run
// nothing inline (R24).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// maxBody bounds a request's body in bytes. It leaves room for a note far over
// its limit, so that one pasted too long is kept and told of, not cut off.
const maxBody = 1 << 20

type contextKey int

const (
	requestIDKey  contextKey = iota
	withoutTLSKey            // set where a trusted proxy was asked without TLS
	noSessionKey             // set where the session couldn't be loaded: nothing may be asked of it
)

// requestID gives each request a random id, for the log and for the person who
// reports a failure.
func (s *Server) requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:16]
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// accessLog writes a line for each request: its route, never its path or query,
// which name alerts and filters (R25).
func (s *Server) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		s.Log.Debug("request",
			slog.String("request_id", requestIDOf(r.Context())),
			slog.String("method", r.Method),
			slog.String("route", routeOf(r)),
			slog.Int("status", ww.Status()),
			slog.Int("bytes", ww.BytesWritten()),
			slog.Duration("took", time.Since(start)))
	})
}

// routeOf is the pattern that matched, such as "/alerts/{id}".
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return ""
}

// recoverPanics turns a panic into an error page and a log entry.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			switch {
			case cause == nil:
				return
			case cause == http.ErrAbortHandler: //nolint:errorlint // the sentinel net/http panics with, compared as it documents
				panic(cause)
			}
			s.Log.Error("a handler panicked",
				slog.String("request_id", requestIDOf(r.Context())),
				slog.String("route", routeOf(r)),
				slog.Any("panic", cause),
				slog.String("stack", string(debug.Stack())))
			r := withoutSession(r)
			s.tell(w, r, ownMistake.status, ownMistake.notice(s.words(r)))
		}()
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers every answer carries (R24).
func (s *Server) secure(next http.Handler) http.Handler {
	https := s.PublicURL.Scheme == "https"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// noDocument leaves out the headers that say something of documents alone: a first
// visit pays for every byte of every asset's.
func noDocument(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del("Cross-Origin-Opener-Policy")
		w.Header().Del("Permissions-Policy")
		next.ServeHTTP(w, r)
	})
}

// private keeps pages out of every cache and tells caches what they vary by.
func private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Add("Vary", "HX-Request")
		next.ServeHTTP(w, r)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses requests that change something and come from another site.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.handle(func(_ http.ResponseWriter, r *http.Request) error {
		return denied(s.auditRequest(r, audit.PageAsked, audit.Denied), errOrigin)
	}))
	return guard.Handler(next)
}

// requireActor lets only the signed-in through: others are sent to sign in, and
// htmx is told so without losing what is on the page.
func (s *Server) requireActor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if actor, ok := s.Auth.Actor(r.Context()); ok {
			if !isPageOf(r, actor) {
				s.handle(func(http.ResponseWriter, *http.Request) error { return errOtherUser })(w, r)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		s.handle(func(w http.ResponseWriter, r *http.Request) error {
			if isHTMX(r) {
				return errSignedOut
			}
			http.Redirect(w, r, s.base+"/signin", http.StatusSeeOther)
			return nil
		})(w, r)
	})
}

// requireStreamActor answers 401 to those not signed in: an event stream can't
// show a page, and one sent to the sign-in page would be read as a stream.
func (s *Server) requireStreamActor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if actor, ok := s.Auth.Actor(r.Context()); !ok || !isPageOf(r, actor) {
			s.plain(w, http.StatusUnauthorized, "not signed in\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isPageOf reports whether the page that asks was made for the actor, as far as
// it tells. On a shared computer somebody else may have signed in since, whose
// session the browser sends along: nothing may be shown or done under a wrong
// name.
func isPageOf(r *http.Request, actor triage.Actor) bool {
	tag := firstOf(r.Header.Get("X-As"), r.URL.Query().Get("as"))
	return tag == "" || tag == tagOf(actor)
}

// tagOf tells an actor's pages from others' without naming them.
func tagOf(actor triage.Actor) string {
	sum := sha256.Sum256([]byte("page of " + actor.ID))
	return hex.EncodeToString(sum[:8])
}

// actor is who asks; only for handlers behind requireActor.
func (s *Server) actor(r *http.Request) triage.Actor {
	a, _ := s.Auth.Actor(r.Context())
	return a
}

// isHTMX reports whether htmx asks for fragments. When it restores history it
// wants the whole page.
func isHTMX(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") != "true"
}

// isPoll reports whether a page asks for news of its list.
func isPoll(r *http.Request) bool { return r.Method == http.MethodGet && isHTMX(r) }

// livez looks at the process only (R52).
func (s *Server) livez(w http.ResponseWriter, _ *http.Request) { s.plain(w, http.StatusOK, "ok\n") }

// readyz looks at storage; that Luscii is down is the board's to say (R52).
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil && !errors.Is(err, context.Canceled) {
		s.Log.Error("storage doesn't answer", slog.Any("error", err))
		s.plain(w, http.StatusServiceUnavailable, "storage doesn't answer\n")
		return
	}
	s.plain(w, http.StatusOK, "ok\n")
}

func (s *Server) plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text)); err != nil {
		s.Log.Debug("an answer could not be written", slog.Any("error", err))
	}
}
