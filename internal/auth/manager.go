package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"triageboard/internal/triage"
)

// ErrSignIn says that a sign-in was refused. It is one answer for every
// reason, an unknown e-mail and a wrong key among them: a stranger must not
// learn who works here, nor whose key they found. A RefusedError tells the reason.
var ErrSignIn = errors.New("sign-in refused")

// RefusedError is the ErrSignIn of one refusal, with what only the log and the
// audit trail may know of it.
type RefusedError struct {
	Reason string
	HCP    triage.HCPID // whose e-mail it was; empty: nobody's
}

func (*RefusedError) Error() string { return ErrSignIn.Error() }

// Unwrap makes every refusal an ErrSignIn.
func (*RefusedError) Unwrap() error { return ErrSignIn }

// ErrNoKey says that no Luscii key is linked to the actor, or that it can't be
// opened any more. Signing in with the key links it again.
var ErrNoKey = errors.New("no Luscii key linked")

// Directory knows the organisation's professionals.
type Directory interface {
	// HCPByEmail finds a professional by work e-mail, whatever its case, among
	// the active ones; false if there is none. It may have to ask Luscii. An error
	// means it can't say at present, and matches triage.ErrUnavailable where that
	// is why.
	HCPByEmail(ctx context.Context, email string) (triage.HCP, bool, error)
	// HCPInMemory is the same without asking anybody, for it is needed at every
	// request; known is false while the professionals were never read.
	HCPInMemory(email string) (hcp triage.HCP, active, known bool)
	// GroupsOf gives the ids of a professional's groups, and the names it found
	// none or several for; those grant nothing.
	GroupsOf(hcp triage.HCP) (ids map[triage.GroupID]bool, unmatched []string)
}

// KeyChecker tries a key against Luscii.
type KeyChecker interface {
	// CheckKey reports whether the key may list the organisation's alerts: only
	// those of HC_ADMIN and HC_VIEW_ALL may. A key Luscii doesn't accept is
	// triage.ErrKeyRefused; no answer is triage.ErrUnavailable or ErrBusy.
	CheckKey(ctx context.Context, key triage.Key) (listsAll bool, err error)
}

// Persona is a professional of the embedded sandbox as whom one may sign in.
type Persona struct {
	HCP triage.HCP
	Key triage.Key
}

// Options are what a Manager needs.
type Options struct {
	Store     Store
	Sessions  scs.Store
	Sealer    *Sealer
	Directory Directory
	Keys      KeyChecker // nil: nobody signs in by key
	Personas  []Persona  // only with the embedded sandbox; empty: nobody signs in as one
	PublicURL *url.URL   // decides the cookie's name, path and Secure
	Lifetime  time.Duration
	Now       func() time.Time
	Log       *slog.Logger
	// Failed answers a request whose session or sign-in can't be read.
	Failed func(w http.ResponseWriter, r *http.Request, err error)
}

// Manager signs people in and out, and knows who makes a request. Its methods
// that take a context need one that went through Middleware.
type Manager struct {
	store     Store
	sealer    *Sealer
	directory Directory
	keys      KeyChecker
	personas  []Persona
	lifetime  time.Duration
	now       func() time.Time
	log       *slog.Logger
	failed    func(http.ResponseWriter, *http.Request, error)
	sessions  *scs.SessionManager
}

// New makes a Manager.
func New(o Options) *Manager {
	m := &Manager{
		store:     o.Store,
		sealer:    o.Sealer,
		directory: o.Directory,
		keys:      o.Keys,
		personas:  o.Personas,
		lifetime:  o.Lifetime,
		now:       o.Now,
		log:       o.Log,
		failed:    o.Failed,
		sessions:  newSessions(o.Sessions, o.Sealer, o.PublicURL, o.Lifetime),
	}
	m.sessions.ErrorFunc = m.sessionFailed
	return m
}

// Personas are those one may sign in as, for the sign-in page.
func (m *Manager) Personas() []triage.HCP {
	hcps := make([]triage.HCP, len(m.personas))
	for i, p := range m.personas {
		hcps[i] = p.HCP
	}
	return hcps
}

// KeyOf is the Luscii key the actor signed in with, or ErrNoKey.
func (m *Manager) KeyOf(ctx context.Context, actor triage.Actor) (triage.Key, error) {
	linked, found, err := m.store.LinkedKey(ctx, actor.SignIn)
	if err != nil {
		return "", fmt.Errorf("reading the linked key of %s: %w", actor.ID, err)
	}
	if !found {
		return "", ErrNoKey
	}
	plain, err := m.sealer.Open(linked.Sealed, purposeKey(actor.SignIn, actor.ID))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	return triage.Key(plain), nil
}

func (m *Manager) linkKey(ctx context.Context, signIn string, hcp triage.HCPID, key triage.Key) error {
	sealed := m.sealer.Seal([]byte(key.Reveal()), purposeKey(signIn, hcp))
	if err := m.store.LinkKey(ctx, LinkedKey{signIn, hcp, sealed, m.now()}); err != nil {
		return fmt.Errorf("linking the key of %s: %w", hcp, err)
	}
	return nil
}

// purposeKey names sign-in and owner, so that a key moved to another row won't
// open.
func purposeKey(signIn string, hcp triage.HCPID) string {
	return "key of " + string(hcp) + " under " + signIn
}
