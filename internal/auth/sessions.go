package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"triageboard/internal/triage"
)

const cookieName = "triage_session"

// What a session holds. All values are strings.
const (
	sessionIdentity = "identity"
	sessionFlash    = "flash"
	sessionLanguage = "language"
)

// newSessions sets up the session manager. Sessions expire by their sign-in's
// row, never by idleness here: with an idle time-out scs rewrites the session
// at every request, and one in flight during sign-out would bring it back.
func newSessions(store scs.Store, sealer *Sealer, public *url.URL, lifetime time.Duration) *scs.SessionManager {
	s := scs.New()
	s.Store = store
	s.Lifetime = lifetime
	s.IdleTimeout = 0
	s.HashTokenInStore = true
	s.Codec = sealedCodec{sealer}
	s.Cookie = sessionCookie(public)
	return s
}

// sessionCookie is Lax, not Strict: a link to the board in a message must find
// its reader signed in; requests that change something are checked by origin.
// It isn't kept beyond the browser's own session, because wards share computers.
func sessionCookie(public *url.URL) scs.SessionCookie {
	cookie := scs.SessionCookie{
		Name:     cookieName,
		Path:     public.Path,
		Secure:   public.Scheme == "https",
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
	if cookie.Path == "" {
		cookie.Path = "/"
	}
	if cookie.Secure {
		// Browsers hold a cookie of this prefix to Secure and the path "/", so
		// that no neighbouring host can plant one (R23). Boards below different
		// paths of one host are told apart by its name.
		cookie.Name = "__Host-" + cookieName + strings.ReplaceAll(strings.TrimRight(public.Path, "/"), "/", "_")
		cookie.Path = "/"
	}
	return cookie
}

// sealedCodec keeps session data unreadable to whoever gets hold of the
// database.
type sealedCodec struct{ sealer *Sealer }

const purposeSession = "session"

type sessionData struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode implements scs.Codec.
func (c sealedCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	data := sessionData{deadline, make(map[string]string, len(values))}
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("session value %q is a %T instead of a string", name, value)
		}
		data.Values[name] = text
	}
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encoding the session: %w", err)
	}
	return c.sealer.Seal(plain, purposeSession), nil
}

// errUnreadable says that a session can't be read: the keys changed, or it was
// saved by another version of the program.
var errUnreadable = errors.New("session unreadable")

// Decode implements scs.Codec. The error is errUnreadable.
func (c sealedCodec) Decode(sealed []byte) (time.Time, map[string]any, error) {
	plain, err := c.sealer.Open(sealed, purposeSession)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	var data sessionData
	if err := json.Unmarshal(plain, &data); err != nil {
		return time.Time{}, nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	values := make(map[string]any, len(data.Values))
	for name, text := range data.Values {
		values[name] = text
	}
	return data.Deadline, values, nil
}

// Flash is what the page after a redirect has to tell. It names no person.
type Flash struct {
	Kind   string          `json:"kind"` // a key of the catalogue
	Alert  triage.AlertID  `json:"alert"`
	Action triage.ActionID `json:"action,omitempty"`
	Status triage.Status   `json:"status"`
	Note   bool            `json:"note,omitempty"` // only a note was added
}

// Flash keeps f for the page after the redirect, in place of an earlier one.
func (m *Manager) Flash(ctx context.Context, f Flash) error { return m.put(ctx, sessionFlash, f) }

// PopFlash is the flash kept for this page; it is given once.
func (m *Manager) PopFlash(ctx context.Context) (Flash, bool) {
	var f Flash
	ok := m.get(ctx, sessionFlash, &f)
	m.sessions.Remove(ctx, sessionFlash)
	return f, ok
}

// SetLanguage keeps the language chosen, signed in or not.
func (m *Manager) SetLanguage(ctx context.Context, language string) {
	m.sessions.Put(ctx, sessionLanguage, language)
}

// Language is the language chosen; empty if none was.
func (m *Manager) Language(ctx context.Context) string {
	return m.sessions.GetString(ctx, sessionLanguage)
}

func (m *Manager) put(ctx context.Context, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keeping %s in the session: %w", name, err)
	}
	m.sessions.Put(ctx, name, string(text))
	return nil
}

// get reads what put kept. What can't be read, from another version of the
// program, counts as not there.
func (m *Manager) get(ctx context.Context, name string, value any) bool {
	text := m.sessions.GetString(ctx, name)
	return text != "" && json.Unmarshal([]byte(text), value) == nil
}
