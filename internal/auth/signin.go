package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"triageboard/internal/triage"
)

// Nobody's e-mail or key is longer; what is isn't sent anywhere.
const (
	maxEmail = 254 // RFC 5321's limit
	maxKey   = 4096
)

// identity is what a session knows of the one signed in.
type identity struct {
	SignIn string           `json:"signIn"`
	HCP    triage.HCPID     `json:"hcp"`
	Email  string           `json:"email"`
	Name   string           `json:"name"`
	Role   triage.Role      `json:"role"`
	Groups []triage.GroupID `json:"groups"`
	Named  string           `json:"named"` // the group names Groups was resolved from, as the export gave them
}

// SignInWithKey signs in by work e-mail and the professional's own Luscii key.
// The key must be one Luscii accepts, and must fit the role of the active
// professional with that e-mail. The error is ErrSignIn when refused, matches
// triage.ErrUnavailable or triage.ErrBusy when nobody could say.
//
// The actor is known from the next request on.
func (m *Manager) SignInWithKey(ctx context.Context, email string, key triage.Key) error {
	email = strings.TrimSpace(email)
	key = triage.Key(strings.TrimSpace(key.Reveal()))
	if m.keys == nil || !plausible(email, maxEmail) || !plausible(key.Reveal(), maxKey) {
		return m.refuse("no usable e-mail or key", "")
	}
	hcp, known, err := m.directory.HCPByEmail(ctx, email)
	if err != nil {
		return fmt.Errorf("looking up who signs in: %w", err)
	}
	// Asked for an unknown e-mail too: how long the answer takes tells nothing.
	listsAll, err := m.keys.CheckKey(ctx, key)
	switch {
	case errors.Is(err, triage.ErrKeyRefused):
		return m.refuse("Luscii refuses the key", hcp.ID)
	case err != nil:
		return fmt.Errorf("checking the key of who signs in: %w", err)
	case !known:
		return m.refuse("no active professional has this e-mail", "")
	case !fits(hcp.Role, listsAll):
		return m.refuse("the key doesn't fit the role", hcp.ID)
	}
	return m.start(ctx, hcp, key)
}

// SignInAsPersona signs in as a persona of the sandbox. The error is ErrSignIn
// for any other id.
func (m *Manager) SignInAsPersona(ctx context.Context, id triage.HCPID) error {
	i := slices.IndexFunc(m.personas, func(p Persona) bool { return p.HCP.ID == id })
	if i < 0 {
		return m.refuse("no such persona", "")
	}
	return m.start(ctx, m.personas[i].HCP, m.personas[i].Key)
}

// SignOut ends the sign-in and the session; the language chosen stays. The
// row goes first: a request in flight may still save the session it loaded and
// so bring it back, but not the sign-in.
func (m *Manager) SignOut(ctx context.Context) error {
	if err := m.endSignIn(ctx); err != nil {
		return err
	}
	language := m.Language(ctx)
	if err := m.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	if language != "" {
		m.SetLanguage(ctx, language)
	}
	return nil
}

// fits reports whether what a key may do is what its supposed owner's role
// may. An unknown role fits no key.
func fits(role triage.Role, listsAll bool) bool {
	switch role {
	case triage.RoleAdmin, triage.RoleViewAll:
		return listsAll
	case triage.RolePrimary, triage.RoleSecondary:
		return !listsAll
	}
	return false
}

// plausible keeps out what can't be an e-mail or a key and would do harm in a
// request header.
func plausible(text string, limit int) bool {
	harmful := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }
	return text != "" && len(text) <= limit && !strings.ContainsFunc(text, harmful)
}

func (m *Manager) refuse(reason string, hcp triage.HCPID) error {
	m.log.Warn("sign-in refused", "reason", reason, "hcp", string(hcp))
	return &RefusedError{Reason: reason, HCP: hcp}
}

// start begins a sign-in: a row, its linked key, and a session under a new
// token with nothing of an earlier one but the language.
func (m *Manager) start(ctx context.Context, hcp triage.HCP, key triage.Key) error {
	if err := m.endSignIn(ctx); err != nil {
		return err
	}
	now := m.now()
	signIn := SignIn{ID: rand.Text(), HCP: hcp.ID, CreatedAt: now, EndsAt: now.Add(m.lifetime)}
	if err := m.store.AddSignIn(ctx, signIn); err != nil {
		return fmt.Errorf("recording the sign-in: %w", err)
	}
	if err := m.linkKey(ctx, signIn.ID, hcp.ID, key); err != nil {
		return err
	}
	if err := m.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing the session: %w", err)
	}
	groups, _ := m.directory.GroupsOf(hcp)
	m.sessions.Remove(ctx, sessionFlash)
	err := m.put(ctx, sessionIdentity, identity{
		SignIn: signIn.ID,
		HCP:    hcp.ID,
		Email:  hcp.Email,
		Name:   hcp.Name(),
		Role:   hcp.Role,
		Groups: slices.Sorted(maps.Keys(granted(groups))),
		Named:  hcp.Groups,
	})
	if err != nil {
		return err
	}
	// Saved here already, where a failure can still be answered.
	if _, _, err := m.sessions.Commit(ctx); err != nil {
		return fmt.Errorf("saving the session: %w", err)
	}
	m.log.Info("signed in", "hcp", string(hcp.ID))
	return nil
}

// endSignIn ends the session's sign-in, if it has one.
func (m *Manager) endSignIn(ctx context.Context) error {
	var id identity
	if !m.get(ctx, sessionIdentity, &id) {
		return nil
	}
	if err := m.store.EndSignIn(ctx, id.SignIn, m.now()); err != nil {
		return fmt.Errorf("ending the sign-in: %w", err)
	}
	m.log.Info("signed out", "hcp", string(id.HCP))
	return nil
}

// granted is a copy of groups without those that are marked false.
func granted(groups map[triage.GroupID]bool) map[triage.GroupID]bool {
	all := make(map[triage.GroupID]bool, len(groups))
	for id, in := range groups {
		if in {
			all[id] = true
		}
	}
	return all
}
