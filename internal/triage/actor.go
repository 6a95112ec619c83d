package triage

import (
	"maps"
	"strings"
)

// Role is a Luscii role. Values the pages don't name are kept as they came and
// grant nothing.
type Role string

// The roles of the API's pages.
const (
	RoleAdmin     Role = "HC_ADMIN"     // reads and changes everything
	RoleViewAll   Role = "HC_VIEW_ALL"  // reads everything, changes nothing
	RolePrimary   Role = "HC_PRIMARY"   // reads and changes the alerts of its groups
	RoleSecondary Role = "HC_SECONDARY" // reads and changes what was escalated in its groups
)

// ParseRole reads a role regardless of case ("hc_primary" in the exports).
// Anything else is kept as it came.
func ParseRole(raw string) Role {
	switch r := Role(strings.ToUpper(strings.TrimSpace(raw))); r {
	case RoleAdmin, RoleViewAll, RolePrimary, RoleSecondary:
		return r
	}
	return Role(raw)
}

// Actor is the signed-in professional on whose behalf something is asked.
type Actor struct {
	ID     HCPID
	SignIn string // the sign-in they act under; its key is what they write with
	Name   string
	Role   Role
	Groups map[GroupID]bool // what HC_PRIMARY and HC_SECONDARY are limited to
}

// DefaultView is the view the board opens with: what was escalated for
// HC_SECONDARY, the open alerts for everybody else.
func (a Actor) DefaultView() Status {
	if a.Role == RoleSecondary {
		return StatusEscalated
	}
	return StatusOpen
}

// SameScope reports whether two actors are the same professional and may see and
// do the same.
func (a Actor) SameScope(b Actor) bool {
	return a.ID == b.ID && a.Role == b.Role && maps.Equal(a.Groups, b.Groups)
}
