// Package audit says what happened in the program and who did it (R19, R20), in
// records nobody can change unseen (R21): their canonical encoding, the keyed
// hash chain that ties them together, its verification, and the recorder that
// writes them while the program runs. It is a leaf.
package audit

import "time"

// Action is what was done, or tried.
type Action string

// The actions. Switching the language isn't one.
const (
	ListShown       Action = "list_shown"
	Searched        Action = "searched" // what for is sealed
	AlertShown      Action = "alert_shown"
	AlertPrefetched Action = "alert_prefetched" // read ahead, not shown
	Printed         Action = "printed"          // a list or an alert, as the browser tells
	AlertChanged    Action = "alert_changed"    // Details.Was to Details.Is
	NoteAdded       Action = "note_added"       // the status stays
	SignIn          Action = "sign_in"
	SignOut         Action = "sign_out"
	SessionEnded    Action = "session_ended" // by something else than its sign-out
	ReportShown     Action = "report_shown"  // a preview's rows
	Downloaded      Action = "downloaded"    // begun: fetched from Luscii; done: a file was given
	AuditShown      Action = "audit_shown"
	AuditExported   Action = "audit_exported"
	AuditPurged     Action = "audit_purged"
	KeysReplaced    Action = "keys_replaced" // what the database keeps sealed was sealed anew
	InsightsShown   Action = "insights_shown"
	PageAsked       Action = "page_asked" // a request refused before it was known what it is about
)

// Actions are all of them, in the order they are offered.
var Actions = []Action{
	ListShown, Searched, AlertShown, AlertPrefetched, Printed, AlertChanged, NoteAdded, SignIn, SignOut, SessionEnded,
	ReportShown, Downloaded, AuditShown, AuditExported, AuditPurged, KeysReplaced, InsightsShown, PageAsked,
}

// Outcome is what became of it.
type Outcome string

// The outcomes.
const (
	Begun     Outcome = "begun" // recorded before it is tried; another record tells how it ended
	Done      Outcome = "done"
	Denied    Outcome = "denied"    // no right to it, or a sign-in refused
	Conflict  Outcome = "conflict"  // somebody else acted meanwhile: nothing was written
	Failed    Outcome = "failed"    // nothing was written
	Uncertain Outcome = "uncertain" // sent, and nothing says what became of it
	Withdrawn Outcome = "withdrawn" // taken back before it was sent
	Discarded Outcome = "discarded" // whoever did it has taken note of how it ended
)

// Outcomes are all of them.
var Outcomes = []Outcome{Begun, Done, Denied, Conflict, Failed, Uncertain, Withdrawn, Discarded}

// The users that are no professional of Luscii's.
const (
	System   = "system"   // the program by itself
	Operator = "operator" // whoever runs the program's commands on its machine
)

// Event is one thing that happened. All ids are Luscii's opaque ones; what could
// name a person stands in Private alone.
type Event struct {
	At           time.Time // zero: when it is recorded. Kept in UTC, to the microsecond
	Action       Action
	Outcome      Outcome
	User         string // the professional's id, System or Operator; empty: not known
	Role         string
	Organisation string
	AccessPoint  string // this instance's public URL and the route
	Patient      string
	Object       Object
	Basis        Basis
	RequestID    string
	Details      Details
	Private      Private
}

// Object is what was acted on or looked at.
type Object struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// The kinds of objects.
const (
	KindAlert   = "alert"
	KindReport  = "report"  // ID is its file's name: type and dates
	KindSession = "session" // ID is the sign-in's, which opens nothing
)

// Basis is why it was allowed.
type Basis struct {
	Rule   Rule     `json:"rule"`
	Groups []string `json:"groups,omitempty"` // those that allowed it; none: the whole organisation
}

// Rule is one way to be allowed something.
type Rule string

// The rules.
const (
	ByRole         Rule = "role"           // the role alone allows it
	ByRoleAndGroup Rule = "role_and_group" // the role, in these groups
	ByKey          Rule = "key"            // Luscii accepted the professional's key
	ByPersona      Rule = "persona"        // anybody may be a persona of the sandbox
	ByMachine      Rule = "machine"        // whoever may run commands on the program's machine
	ByNothing      Rule = "none"           // it was refused
)

// Details are the few things some actions have beside. None of them holds text
// that somebody typed.
type Details struct {
	Was      string   `json:"was,omitempty"`      // the alert's status before
	Is       string   `json:"is,omitempty"`       // and after
	View     string   `json:"view,omitempty"`     // the view of a list
	Rows     int      `json:"rows,omitempty"`     // how many rows were shown, exported or purged
	Total    int      `json:"total,omitempty"`    // how many there were
	Patients []string `json:"patients,omitempty"` // those in a list who weren't shown to this sign-in before
	Reason   string   `json:"reason,omitempty"`   // in the program's own words, such as "busy"
	Undo     bool     `json:"undo,omitempty"`     // it takes back what the user did before
	// ReopenedSoon marks that the user reopens what they processed within the last
	// ten minutes (R17).
	ReopenedSoon bool `json:"reopened_soon,omitempty"`
}

// Private is what nobody may read who has the records alone: it is sealed before
// it is kept.
type Private struct {
	Note     string `json:"note,omitempty"`
	Category string `json:"category,omitempty"`
	Terms    string `json:"terms,omitempty"` // what was searched or filtered for
	Email    string `json:"email,omitempty"`
	Asked    string `json:"asked,omitempty"` // an id that is none of ours
}

// String shows nothing, so that no log does.
func (Private) String() string { return "[private]" }

// GoString shows nothing, so that no %#v does.
func (Private) GoString() string { return "[private]" }

// Patients are all the event is about.
func (e Event) Patients() []string {
	if e.Patient == "" {
		return e.Details.Patients
	}
	return append([]string{e.Patient}, e.Details.Patients...)
}
