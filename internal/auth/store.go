// Package auth knows who is signed in: sign-in by e-mail and key or as a
// persona, the session behind the cookie, and the sealed keys with which
// professionals act.
package auth

import (
	"context"
	"time"

	"triageboard/internal/triage"
)

// SignIn is one sign-in of a professional. The session points to it by its id;
// it alone decides whether the session is still good.
type SignIn struct {
	ID        string
	HCP       triage.HCPID
	CreatedAt time.Time
	EndsAt    time.Time // when it ends at the latest
	EndedAt   time.Time // zero: not ended before EndsAt
}

// live reports whether the sign-in is good at the given moment.
func (s SignIn) live(now time.Time) bool { return s.EndedAt.IsZero() && now.Before(s.EndsAt) }

// LinkedKey is the Luscii key with which a professional acts under one sign-in,
// sealed. It isn't shared between sign-ins: until a write has proven whose key
// it is, one sign-in must not put its key under another's hands.
type LinkedKey struct {
	SignIn   string
	HCP      triage.HCPID
	Sealed   []byte
	LinkedAt time.Time
}

// Store keeps sign-ins and linked keys. Times are kept to the microsecond and
// answered in UTC.
type Store interface {
	// AddSignIn records a new sign-in.
	AddSignIn(ctx context.Context, s SignIn) error
	// SignIn is the sign-in with the given id; false if there is none.
	SignIn(ctx context.Context, id string) (SignIn, bool, error)
	// EndSignIn records that a sign-in ended, and erases its key. One that
	// ended before keeps its time; an unknown one is no error.
	EndSignIn(ctx context.Context, id string, at time.Time) error
	// LinkKey keeps a sign-in's key in place of an earlier one.
	LinkKey(ctx context.Context, k LinkedKey) error
	// LinkedKey is the key of the given sign-in; false if there is none.
	LinkedKey(ctx context.Context, signIn string) (LinkedKey, bool, error)
}
