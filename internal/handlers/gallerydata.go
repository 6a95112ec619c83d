package handlers

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"triageboard/internal/triage"
)

// What the gallery shows: invented people, with an alert in every state. It is a
// board, a directory and an outbox of its own, so that the pages' own code puts it
// in words.
type specimens struct {
	now     time.Time
	entries []triage.Entry
	actions map[triage.AlertID]triage.Action
}

// The gallery's professionals: who looks, and a colleague.
const (
	galleryViewer    triage.HCPID = "hcp-viewer"
	galleryColleague triage.HCPID = "hcp-colleague"
)

// longName is sixty characters long: no name may be cut (R9).
var longName = triage.Patient{
	ID: "long", FirstName: "Wilhelmina Johanna Maria", MiddleName: "van den", LastName: "Broek-van Amerongen Hoogendoorn",
	BirthDate: "1938-02-28", Sex: "female", Number: "P104 233",
}

// galleryPatients are invented. Two of them look alike (R10), and of one no name is
// known.
var galleryPatients = map[triage.PatientID]triage.Patient{
	"berg":    {ID: "berg", FirstName: "Willemijn", MiddleName: "van den", LastName: "Berg-Jansen", BirthDate: "1945-07-14", Sex: "female", Number: "P104 231", Phone: "+31 6 00000000"},
	"vries":   {ID: "vries", FirstName: "Joris", MiddleName: "de", LastName: "Vries", BirthDate: "1949-09-09", Sex: "male", Number: "P100 862"},
	"vries-2": {ID: "vries-2", FirstName: "Jorus", MiddleName: "de", LastName: "Vries", BirthDate: "1951-03-02", Sex: "male", Number: "P100 871"},
	"hart":    {ID: "hart", FirstName: "Mei", MiddleName: "'t", LastName: "Hart", BirthDate: "1972-08-11", Sex: "female", Number: "P103 377"},
	"yilmaz":  {ID: "yilmaz", FirstName: "Ibrahim", LastName: "Yılmaz", BirthDate: "1957-01-30", Sex: "male", Number: "P102 110"},
	"obrien":  {ID: "obrien", FirstName: "Seán", LastName: "O'Brien", BirthDate: "1960-04-28", Number: "P106 019"},
	"long":    longName,
}

func newSpecimens(now time.Time) *specimens {
	g := &specimens{now: now, actions: map[triage.AlertID]triage.Action{}}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	add := func(id triage.AlertID, patient triage.PatientID, flag triage.Flag, kind triage.Type, since time.Duration, changes ...func(*triage.Entry)) {
		e := triage.Entry{
			Alert: triage.Alert{
				ID: "gallery-" + id, Patient: patient, Group: "group", Program: "program", Type: kind, Flag: flag,
				Status: triage.StatusOpen, CreatedAt: ago(since), UpdatedAt: ago(since),
			},
			Day: triage.DayOf(now, now.Location()), ConfirmedAt: ago(5 * time.Second),
		}
		for _, change := range changes {
			change(&e)
		}
		g.entries = append(g.entries, e)
	}
	acted := func(state triage.ActionState, reason triage.Reason) func(*triage.Entry) {
		return func(e *triage.Entry) {
			a := triage.Action{
				ID: triage.ActionID("action-" + e.ID), Alert: e.ID, Patient: e.Patient, Actor: galleryViewer, State: state, Reason: reason,
				Change: triage.Change{Status: triage.StatusProcessed, Category: "request_visit", Note: "Rust 15 minuten, daarna opnieuw gemeten."},
				Was:    triage.StatusOpen, RecordedAt: ago(40 * time.Second), NextAt: now.Add(20 * time.Second),
			}
			g.actions[e.ID] = a
			e.Delivery = a.Delivery()
		}
	}

	add("open", "berg", triage.FlagRed, triage.TypeMeasurement, 12*time.Minute)
	add("overdue", "obrien", triage.FlagRed, triage.TypeMeasurement, 72*time.Minute)
	add("similar", "vries", triage.FlagOrange, triage.TypeCombination, 3*time.Hour)
	add("lookalike", "vries-2", triage.FlagRed, triage.TypeRemark, 24*time.Minute)
	add("nameless", "nobody", triage.FlagGray, triage.TypeOverdue, 20*time.Hour)
	add("long", "long", triage.FlagOrange, triage.TypeMeasurement, 5*time.Hour)
	add("flag", "hart", "violet", triage.TypeRemark, 6*time.Minute)
	add("type", "hart", triage.FlagRed, "telepathy", 8*time.Minute)
	add("status", "hart", triage.FlagGray, triage.TypeOverdue, 26*time.Hour, func(e *triage.Entry) { e.Status = "snoozed" })
	add("pending", "yilmaz", triage.FlagOrange, triage.TypeCombination, 2*time.Hour, acted(triage.StateRecorded, triage.ReasonNone))
	add("failed", "berg", triage.FlagOrange, triage.TypeOverdue, 40*time.Minute, acted(triage.StateFailed, triage.ReasonUnavailable))
	add("conflict", "obrien", triage.FlagGray, triage.TypeRemark, 4*time.Hour, acted(triage.StateConflict, triage.ReasonChanged))
	add("unknown", "hart", triage.FlagRed, triage.TypeCombination, 28*time.Minute, acted(triage.StateUnknown, triage.ReasonNoAnswer))
	add("missing", "yilmaz", triage.FlagGray, triage.TypeMeasurement, 9*time.Hour, func(e *triage.Entry) { e.Missing, e.ConfirmedAt = true, ago(time.Hour) })
	add("escalated", "long", triage.FlagRed, triage.TypeMeasurement, 3*time.Hour, func(e *triage.Entry) {
		e.Status, e.EscalatedAt, e.EscalatedBy = triage.StatusEscalated, ago(2*time.Hour), galleryColleague
	})
	add("processed", "obrien", triage.FlagGray, triage.TypeOverdue, 3*time.Hour, func(e *triage.Entry) {
		e.Status, e.ProcessedAt, e.ProcessedBy = triage.StatusProcessed, ago(time.Hour), galleryColleague
	})
	return g
}

// entry is one of them.
func (g *specimens) entry(id triage.AlertID) triage.Entry {
	for _, e := range g.entries {
		if e.ID == "gallery-"+id {
			return e
		}
	}
	return triage.Entry{}
}

// Snapshot is the gallery's board.
func (g *specimens) Snapshot() *triage.Snapshot {
	s := triage.Snapshot{Version: 1}
	for _, e := range g.entries {
		if e.Status == triage.StatusProcessed {
			s.Processed = append(s.Processed, &e)
		} else {
			s.Entries = append(s.Entries, &e)
		}
	}
	return s.Freeze()
}

// Find is one alert.
func (g *specimens) Find(_ context.Context, id triage.AlertID) (triage.Entry, bool, error) {
	e := g.entry(triage.AlertID(strings.TrimPrefix(string(id), "gallery-")))
	return e, e.ID != "", nil
}

// OfPatient is a patient's alerts, newest first.
func (g *specimens) OfPatient(_ context.Context, id triage.PatientID) ([]triage.Entry, error) {
	var of []triage.Entry
	for _, e := range g.entries {
		if e.Patient == id {
			of = append(of, e)
		}
	}
	slices.SortFunc(of, func(a, b triage.Entry) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return of, nil
}

// History has records of every kind, for one alert; those of another can't be read.
func (g *specimens) History(_ context.Context, a triage.Alert) ([]triage.Record, error) {
	if a.ID == g.entry("failed").ID {
		return nil, triage.ErrUnavailable
	}
	if a.ID != g.entry("open").ID {
		return nil, nil
	}
	return []triage.Record{
		{Action: "reopen", CreatedAt: g.now.Add(-40 * time.Minute), Source: "alerts_page", Note: "Twee keer gebeld, geen gehoor.\nVoor 12:30 opnieuw proberen."},
		{Action: "escalate", Category: "request_visit", CreatedAt: g.now.Add(-5 * time.Hour), Source: "alerts_page"},
		{Action: "process", Category: "medication_changed", CreatedAt: g.now.Add(-26 * time.Hour), Source: "autoprocessed", Note: "<b>Tekst</b>, geen opmaak."},
		{Action: "transmogrify", CreatedAt: g.now.Add(-50 * time.Hour)},
	}, nil
}

// Patient is one of the invented.
func (g *specimens) Patient(id triage.PatientID) (triage.Patient, bool) {
	p, ok := galleryPatients[id]
	return p, ok
}

// HCP is one of the two.
func (g *specimens) HCP(id triage.HCPID) (triage.HCP, bool) {
	switch id {
	case galleryViewer:
		return triage.HCP{ID: id, FirstName: "Nora", LastName: "Bos"}, true
	case galleryColleague:
		return triage.HCP{ID: id, FirstName: "Anna", MiddleName: "de", LastName: "Vries"}, true
	}
	return triage.HCP{}, false
}

// GroupName is every group's.
func (g *specimens) GroupName(triage.GroupID) string { return "Hypertensie" }

// ProgramName is every program's.
func (g *specimens) ProgramName(triage.ProgramID) string { return "Thuismeten" }

// GroupNames is none: nobody types a query here.
func (g *specimens) GroupNames() iter.Seq2[triage.GroupID, string] {
	return func(func(triage.GroupID, string) bool) {}
}

// ProgramNames is none, likewise.
func (g *specimens) ProgramNames() iter.Seq2[triage.ProgramID, string] {
	return func(func(triage.ProgramID, string) bool) {}
}

// Patients is none, likewise.
func (g *specimens) Patients() iter.Seq[triage.Patient] { return func(func(triage.Patient) bool) {} }

// NotesWith is none, likewise.
func (g *specimens) NotesWith(triage.Term) map[triage.AlertID]bool { return nil }

// ProtocolName is none: no specimen has one.
func (g *specimens) ProtocolName(triage.ProtocolID) string { return "" }

// Source is the usual one.
func (g *specimens) Source() triage.NameSource { return triage.NamesFromAPI }

// At is never: only what comes from elsewhere shows its age.
func (g *specimens) At() time.Time { return time.Time{} }

// Version never changes.
func (g *specimens) Version() uint64 { return 1 }

// On is the action on an alert.
func (g *specimens) On(id triage.AlertID) []triage.Action {
	if a, ok := g.actions[id]; ok {
		return []triage.Action{a}
	}
	return nil
}

// Unfinished is none: the notice about some is shown by itself.
func (g *specimens) Unfinished(triage.HCPID) []triage.Action { return nil }

// Recent is all actions, in the order of their alerts.
func (g *specimens) Recent(context.Context, triage.HCPID, time.Time) ([]triage.Action, error) {
	var all []triage.Action
	for _, e := range g.entries {
		all = append(all, g.On(e.ID)...)
	}
	return all, nil
}

// OfBatch is none.
func (g *specimens) OfBatch(context.Context, triage.HCPID, triage.BatchID) ([]triage.Action, error) {
	return nil, nil
}
