package triage

// Op is what an actor wants to do.
type Op int

// What a right is asked for. Alerts and their histories are read and changed one
// by one, each in its group; the others are about the whole organisation.
const (
	OpRead     Op = iota // see an alert and its history
	OpAct                // change its status
	OpReports            // see and download the reports of the Export API
	OpNational           // have the citizen service number in a download, with a reason (R27)
	OpInsights           // see the figures of the organisation
	OpWorkload           // see what single professionals did, among these figures
	OpAudit              // see what everybody did, in the audit trail
)

// reach is how far a right goes.
type reach int

const (
	nowhere              reach = iota
	escalatedInOwnGroups       // alerts that were escalated in the actor's groups
	ownGroups                  // alerts of the actor's groups
	everywhere
)

// reach is the table of all rights: nothing that a role may do is decided anywhere
// else. The Alerts API's page lets HC_ADMIN and HC_VIEW_ALL list all alerts and
// their information records, and lets HC_ADMIN change all, HC_PRIMARY and
// HC_SECONDARY those of their groups; that HC_SECONDARY deals with what was
// escalated is what its name means at Luscii. Reports, and the figures that are
// made of the same data, go to those who read all. What tells of single
// professionals or holds the citizen service number (R27) is for HC_ADMIN alone;
// that is ours. A role that no page names may nothing.
func (r Role) reach(op Op) reach {
	switch r {
	case RoleAdmin:
		return everywhere
	case RoleViewAll:
		if op == OpRead || op == OpReports || op == OpInsights {
			return everywhere
		}
	case RolePrimary:
		if op == OpRead || op == OpAct {
			return ownGroups
		}
	case RoleSecondary:
		if op == OpRead || op == OpAct {
			return escalatedInOwnGroups
		}
	}
	return nowhere
}

// ReadsAll reports whether somebody of this role sees the alerts of every group,
// as a key of theirs lists them through the API.
func (r Role) ReadsAll() bool { return r.reach(OpRead) == everywhere }

// Can decides about one alert.
func (a Actor) Can(op Op, alert Alert) bool { return a.can(op, &alert) }

// can is Can without the copying, for long lists.
func (a Actor) can(op Op, alert *Alert) bool {
	switch a.Role.reach(op) {
	case everywhere:
		return true
	case ownGroups:
		return a.Groups[alert.Group]
	case escalatedInOwnGroups:
		return a.Groups[alert.Group] && (alert.Status == StatusEscalated || !alert.EscalatedAt.IsZero())
	}
	return false
}

// May decides about what isn't one alert: whether the right reaches anywhere at
// all. For OpRead and OpAct it says no more than that the role allows it
// somewhere; Can has the last word.
func (a Actor) May(op Op) bool { return a.Role.reach(op) != nowhere }

// KnowsGroup reports whether alerts of the group may be among those the actor
// sees, so that the group's name may be told.
func (a Actor) KnowsGroup(id GroupID) bool {
	switch a.Role.reach(OpRead) {
	case everywhere:
		return true
	case ownGroups, escalatedInOwnGroups:
		return a.Groups[id]
	}
	return false
}
