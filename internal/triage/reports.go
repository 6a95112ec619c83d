package triage

// SeesReports reports whether somebody may see and download the reports of the
// Export API: the roles that page names, HC_ADMIN and HC_VIEW_ALL.
func (a Actor) SeesReports() bool { return a.Role.ReadsAll() }

// SeesNational reports whether somebody may have the citizen service number in a
// download, with a reason (R27).
func (a Actor) SeesNational() bool { return a.Role == RoleAdmin }
