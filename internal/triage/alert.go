// Package triage is the domain of the board: alerts, the order they are
// worked in, what a clinician may do to them, how fresh the picture is, and
// what a decision about one becomes. It does no I/O; everything it needs from
// the outside it states as an interface, and time is always handed in.
package triage

import (
	"strings"
	"time"
)

// The identifiers of Luscii's alert object. They are opaque: mostly UUIDs, but
// the reference page's neighbour shows one that is not, so nothing parses them.
// Each has its own type so that a patient can never be passed where an alert
// is meant.
type (
	AlertID       string
	PatientID     string
	GroupID       string
	ProgramID     string
	ProtocolID    string
	MeasurementID string
	InstrumentID  string
	HCPID         string // a health-care professional, the API's "user"
)

// Flag is an alert's severity. Values the reference page doesn't know are kept
// as they came and rank before red, so that nothing new is ever overlooked (R1).
type Flag string

// The flags of the reference page.
const (
	FlagRed    Flag = "red"
	FlagOrange Flag = "orange"
	FlagGray   Flag = "gray"
)

// ParseFlag reads a flag regardless of case, with "grey" for "gray" (the exports
// spell it so). Anything else is kept as it came.
func ParseFlag(raw string) Flag {
	switch f := Flag(strings.ToLower(strings.TrimSpace(raw))); f {
	case FlagRed, FlagOrange, FlagGray:
		return f
	case "grey":
		return FlagGray
	}
	return Flag(raw)
}

// Known reports whether the reference page names this flag.
func (f Flag) Known() bool { return f == FlagRed || f == FlagOrange || f == FlagGray }

// rank places a flag in R1's order: unknown first, then red, orange, gray.
func (f Flag) rank() int {
	switch f {
	case FlagRed:
		return 1
	case FlagOrange:
		return 2
	case FlagGray:
		return 3
	}
	return 0
}

// Type says what triggered an alert. Unknown values are kept as they came.
type Type string

// The types of the reference page.
const (
	TypeMeasurement Type = "mea"         // a measurement crossed its threshold
	TypeRemark      Type = "rem"         // the patient left a remark
	TypeOverdue     Type = "ovd"         // a measurement is overdue
	TypeCombination Type = "combination" // a combination of thresholds
)

// ParseType reads a type regardless of case, with the words the exports use
// ("Measurement") beside the API's own. Anything else is kept as it came.
func ParseType(raw string) Type {
	switch strings.ToLower(strings.TrimSpace(raw)) {
	case "mea", "measurement", "measurements":
		return TypeMeasurement
	case "rem", "remark", "remarks":
		return TypeRemark
	case "ovd", "overdue", "overdues":
		return TypeOverdue
	case "combination", "combinations":
		return TypeCombination
	}
	return Type(raw)
}

// Known reports whether the reference page names this type.
func (t Type) Known() bool {
	switch t {
	case TypeMeasurement, TypeRemark, TypeOverdue, TypeCombination:
		return true
	}
	return false
}

// Status is where an alert stands. Unknown values are kept as they came and
// belong to the open view, so that they are looked at.
type Status string

// The statuses of the reference page.
const (
	StatusOpen      Status = "open"
	StatusProcessed Status = "processed"
	StatusEscalated Status = "escalated"
)

// ParseStatus reads a status regardless of case. Anything the reference page
// doesn't name is kept as it came.
func ParseStatus(raw string) Status {
	switch s := Status(strings.ToLower(strings.TrimSpace(raw))); s {
	case StatusOpen, StatusProcessed, StatusEscalated:
		return s
	}
	return Status(raw)
}

// Known reports whether the reference page names this status. Only a known
// status may be written.
func (s Status) Known() bool {
	return s == StatusOpen || s == StatusProcessed || s == StatusEscalated
}

// View is the view an alert of this status belongs to: its own for the three
// known ones, the open view for every other.
func (s Status) View() Status {
	if s == StatusProcessed || s == StatusEscalated {
		return s
	}
	return StatusOpen
}

// Alert is the sixteen fields of the reference page's alert object and nothing
// else: names, values and notes come from elsewhere. Empty ids and zero times
// are what the API gave as null. Times are UTC.
type Alert struct {
	ID          AlertID
	Patient     PatientID // userId
	Group       GroupID
	Protocol    ProtocolID    // empty: none
	Program     ProgramID     // empty: none
	Measurement MeasurementID // empty: none given, even for some TypeMeasurement
	Instrument  InstrumentID  // empty: none
	Type        Type
	Flag        Flag
	Status      Status
	ProcessedAt time.Time // zero: not processed
	ProcessedBy HCPID
	EscalatedAt time.Time // zero: not escalated
	EscalatedBy HCPID
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Compare is R1's order, the only one the board uses: flag (unknown, red,
// orange, gray), then oldest first, then id. It is total: zero only for equal
// ids created at the same instant with the same flag.
func Compare(a, b Alert) int { return compare(&a, &b) }

// compare is Compare without the copying, for long lists.
func compare(a, b *Alert) int {
	if d := a.Flag.rank() - b.Flag.rank(); d != 0 {
		return d
	}
	if d := a.CreatedAt.Compare(b.CreatedAt); d != 0 {
		return d
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

// ActedBy is who brought the alert into its present status and when, as far as
// Luscii says; the id is empty where it doesn't.
func (a Alert) ActedBy() (HCPID, time.Time) {
	switch a.Status {
	case StatusProcessed:
		return a.ProcessedBy, a.ProcessedAt
	case StatusEscalated:
		return a.EscalatedBy, a.EscalatedAt
	}
	return "", time.Time{}
}

// Record is one information record of an alert: something a professional, or
// Luscii itself, did to it. Luscii gives records neither an id nor an actor.
type Record struct {
	Action    string // "process" and the like, as it came
	Category  string // empty: none
	Note      string // additionalInfo; text, never markup (R26)
	Source    string // actionSource: alerts_page, alerts_page_process_all, autoprocessed, empty (unknown), or as it came
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Change is what a clinician wants of an alert: the body of the API's PUT.
type Change struct {
	Status   Status
	Category string // empty: none, sent as null
	Note     string // empty: none, sent as null; at most MaxNote characters
}

// Patient is what Luscii's Patients API says of one patient. Empty fields were
// null or not there.
type Patient struct {
	ID             PatientID
	FirstName      string
	MiddleName     string // Dutch name parts such as "van den" stand here, as given
	LastName       string
	BirthDate      string // YYYY-MM-DD; text, because it has no time zone
	Sex            string // as it came
	Number         string // the hospital's own number; never a national one such as the BSN (R27)
	Status         string
	Phone          string
	Email          string
	Group          GroupID
	GroupName      string
	Program        ProgramID
	ProgramName    string
	Protocol       ProtocolID
	ProtocolName   string
	OrganizationID string
	Organization   string
}

// Name is the full name as Luscii gives it, its parts joined by single spaces;
// empty when no part is known.
func (p Patient) Name() string {
	return strings.Join(strings.Fields(p.FirstName+" "+p.MiddleName+" "+p.LastName), " ")
}

// HCP is a health-care professional as the hcps export describes one.
type HCP struct {
	ID         HCPID
	FirstName  string
	MiddleName string
	LastName   string
	Email      string
	Role       Role
	Active     bool
	Groups     string // group names joined by commas, as the export gives them; names may hold commas themselves
}

// Name is the full name as Luscii gives it, its parts joined by single spaces.
func (h HCP) Name() string {
	return strings.Join(strings.Fields(h.FirstName+" "+h.MiddleName+" "+h.LastName), " ")
}
