package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"triageboard/internal/triage"
)

// visitor is who makes a request.
type visitor struct {
	actor     triage.Actor
	unmatched []string // names of groups that grant nothing because no id fits
}

type (
	visitorKey struct{}
	passageKey struct{}
)

// passage is one request on its way through the session middleware.
type passage struct {
	again   http.Handler // the way to go without a session
	entered bool         // the session was loaded
}

// Middleware loads the session and learns who makes the request. It answers
// nothing itself: a request without a live sign-in goes on without an actor.
// Keep it off event streams: it saves the session with the first byte only.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	through := m.sessions.LoadAndSave(m.recognise(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), passageKey{}, &passage{again: through})
		through.ServeHTTP(w, r.WithContext(ctx))
	})
}

// ReadOnly is Middleware for event streams: it learns who makes the request, and
// never writes the session, which a stream would hold for hours while others
// change it.
func (m *Manager) ReadOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := ""
		if cookie, err := r.Cookie(m.sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := m.sessions.Load(r.Context(), token)
		if errors.Is(err, errUnreadable) {
			ctx, err = m.sessions.Load(r.Context(), "")
		}
		if err != nil {
			m.failed(w, r, fmt.Errorf("loading the session: %w", err))
			return
		}
		m.recognise(next).ServeHTTP(w, r.WithContext(ctx))
	})
}

// Look is who makes the request by now: false once the sign-in has ended. It
// needs a request that went through Middleware or ReadOnly.
func (m *Manager) Look(r *http.Request) (triage.Actor, bool, error) {
	v, ok, err := m.visitor(r.Context())
	return v.actor, ok, err
}

// Actor is who makes the request; false when nobody is signed in.
func (m *Manager) Actor(ctx context.Context) (triage.Actor, bool) {
	v, ok := ctx.Value(visitorKey{}).(visitor)
	return v.actor, ok
}

// UnmatchedGroups names the actor's groups that grant nothing because no id,
// or more than one, fits the name.
func (m *Manager) UnmatchedGroups(ctx context.Context) []string {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v.unmatched
}

func (m *Manager) recognise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if p, ok := ctx.Value(passageKey{}).(*passage); ok {
			p.entered = true
		}
		v, signedIn, err := m.visitor(ctx)
		if err != nil {
			m.failed(w, r, err)
			return
		}
		if signedIn {
			r = r.WithContext(context.WithValue(ctx, visitorKey{}, v))
		}
		next.ServeHTTP(w, r)
	})
}

// visitor is who the session says, if the sign-in is live and the directory
// doesn't know better.
func (m *Manager) visitor(ctx context.Context) (visitor, bool, error) {
	var id identity
	if !m.get(ctx, sessionIdentity, &id) {
		return visitor{}, false, nil
	}
	signIn, found, err := m.store.SignIn(ctx, id.SignIn)
	if err != nil {
		return visitor{}, false, fmt.Errorf("reading the sign-in: %w", err)
	}
	if !found || !signIn.live(m.now()) {
		return visitor{}, false, nil
	}
	v, ok := m.current(ctx, id)
	return v, ok, nil
}

// saysWithin is how long the directory may take to say who somebody signed in is
// by now. Only just after a start it takes long: then the last board must not
// wait for a Luscii that may be down. Ours.
const saysWithin = 50 * time.Millisecond

// current is the visitor with the role and groups the directory gives at this
// moment; those resolved at sign-in where it can't say. False when the
// professional isn't active any more, or when their role now reads all alerts
// or no longer does: the key proved the former kind of role only.
func (m *Manager) current(ctx context.Context, id identity) (visitor, bool) {
	resolved := make(map[triage.GroupID]bool, len(id.Groups))
	for _, group := range id.Groups {
		resolved[group] = true
	}
	asking, cancel := context.WithTimeout(ctx, saysWithin)
	defer cancel()
	hcp, active, err := m.directory.HCPByEmail(asking, id.Email)
	if err != nil {
		return visitor{actor: triage.Actor{ID: id.HCP, SignIn: id.SignIn, Name: id.Name, Role: id.Role, Groups: resolved}}, true
	}
	if !active || hcp.ID != id.HCP || !fits(hcp.Role, id.Role.ReadsAll()) {
		return visitor{}, false
	}
	ids, unmatched := m.directory.GroupsOf(hcp)
	groups := granted(ids)
	if len(unmatched) > 0 && hcp.Groups == id.Named {
		// The same names matched more before: the directory knows fewer groups
		// at present, as after a restart.
		for group := range resolved {
			groups[group] = true
		}
	}
	return visitor{triage.Actor{ID: hcp.ID, SignIn: id.SignIn, Name: hcp.Name(), Role: hcp.Role, Groups: groups}, unmatched}, true
}

// sessionFailed is scs's ErrorFunc. A session that can't be read, as after a
// change of keys, is forgotten and the request goes on signed out. One that
// can't be saved costs a flash or a language, while the answer, which may tell
// of a deed done, is already being written: it goes on.
func (m *Manager) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	p, ok := r.Context().Value(passageKey{}).(*passage)
	switch {
	case ok && p.entered:
		m.log.Error("session not saved", "err", err)
	case ok && errors.Is(err, errUnreadable):
		m.log.Info("session forgotten", "err", err)
		m.forgetCookie(w, r)
		p.again.ServeHTTP(w, r)
	default:
		m.failed(w, r, fmt.Errorf("loading the session: %w", err))
	}
}

// forgetCookie takes the session cookie from the browser and from the request.
func (m *Manager) forgetCookie(w http.ResponseWriter, r *http.Request) {
	gone := m.sessions.Cookie
	http.SetCookie(w, &http.Cookie{
		Name: gone.Name, Path: gone.Path, Secure: gone.Secure, HttpOnly: gone.HttpOnly, SameSite: gone.SameSite, MaxAge: -1,
	})
	cookies := r.Cookies()
	r.Header = r.Header.Clone()
	r.Header.Del("Cookie")
	for _, c := range cookies {
		if c.Name != gone.Name {
			r.AddCookie(c)
		}
	}
}
