package sandbox

import (
	"time"
)

// The values of the reference page.
const (
	statusOpen      = "open"
	statusProcessed = "processed"
	statusEscalated = "escalated"

	flagRed    = "red"
	flagOrange = "orange"
	flagGray   = "gray"

	typeMeasurement = "mea"
	typeRemark      = "rem"
	typeOverdue     = "ovd"
	typeCombination = "combination"

	sourcePage       = "alerts_page"
	sourceProcessAll = "alerts_page_process_all"
	sourceAuto       = "autoprocessed"
	sourceUnknown    = "" // null

	// The page shows "process" alone; the other two are the sandbox's guess.
	actionProcess  = "process"
	actionEscalate = "escalate"
	actionReopen   = "reopen"
)

// named is a group, a program or a protocol.
type named struct {
	id   uuid
	name string
}

// ref is the id of something that may be missing.
func (n *named) ref() uuid {
	if n == nil {
		return uuid{}
	}
	return n.id
}

// patient is one patient. Empty texts and zero times are given as null.
type patient struct {
	id          uuid
	name        fullName
	born        string // YYYY-MM-DD
	sex         string
	status      string
	email       string
	phone       string
	account     string
	language    string
	number      string // the hospital's own
	bsn         string
	createdAt   time.Time
	activatedAt time.Time
	dateOnly    bool // activatedAt is given as a date
	cohort      *cohort
	program     *named
	protocol    *named
	place       uint32 // in the store's list
}

// traits are what many alerts have in common.
type traits struct {
	group      *named
	program    *named
	protocol   *named
	instrument uuid
	kind       string // the API's "type"
	flag       string
	status     string
}

// alert is one alert, as it is worked with; the archive keeps it. Zero times
// and ids are given as null.
type alert struct {
	id      uuid
	patient *patient
	traits
	measurement uuid
	processedAt time.Time
	processedBy uuid
	escalatedAt time.Time
	escalatedBy uuid
	createdAt   time.Time
	updatedAt   time.Time
	records     []record // that the archive doesn't have yet, oldest first
}

// record is one information record.
type record struct {
	deed
	at time.Time
}

// deed is what a record tells. Empty texts are given as null.
type deed struct {
	remark
	action string
	source string
}

// change is what a PUT asks for, and by whom.
type change struct {
	User     uuid   `json:"user"`
	Alert    uuid   `json:"alert"`
	Status   string `json:"status"`
	Category text   `json:"category"`
	Note     text   `json:"additionalInfo"`
}

// next is the earliest moment a change may carry: now, but always after the
// last update, by a second where need be, so that updatedAt tells any two
// states apart.
func (a *alert) next(now time.Time) time.Time {
	if least := a.updatedAt.Add(time.Second); now.Before(least) {
		return least
	}
	return now
}

// apply makes a change. The pages give the three statuses and one example;
// beyond it the sandbox decides:
//
//   - processed sets who and when, again if it is repeated, and leaves the
//     escalation before it visible;
//   - escalated sets who and when and is no longer processed;
//   - open is no longer processed; that it once was escalated stays visible;
//   - each adds a record, a repeated status too.
func (a *alert) apply(c change, source string, at time.Time) {
	r := record{deed{remark: remark{string(c.Category), string(c.Note)}, source: source}, at}
	switch c.Status {
	case statusProcessed:
		r.action = actionProcess
		a.processedAt, a.processedBy = at, c.User
	case statusEscalated:
		r.action = actionEscalate
		a.processedAt, a.processedBy = time.Time{}, uuid{}
		a.escalatedAt, a.escalatedBy = at, c.User
	case statusOpen:
		r.action = actionReopen
		a.processedAt, a.processedBy = time.Time{}, uuid{}
	}
	a.status = c.Status
	a.updatedAt = at
	a.records = append(a.records, r)
}
