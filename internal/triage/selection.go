package triage

import (
	"slices"
	"time"
)

// Index knows what a term stands in, among what is known at this moment.
type Index interface {
	// PatientsWith is the patients whose name or number holds the term.
	PatientsWith(Term) map[PatientID]bool
	// NotesWith is the alerts in whose history, where it was read already, a note
	// holds the term.
	NotesWith(Term) map[AlertID]bool
}

// Selection is a query settled for a moment: time and names, on which it may
// depend, are looked at once, and afterwards it matches by the alert alone. It is
// never changed, and may be shared.
type Selection struct {
	Query
	before, after time.Time // came before the one and after the other; zero: whenever
	terms, not    []found
}

// found is what one term stands in.
type found struct {
	patients map[PatientID]bool
	alerts   map[AlertID]bool
}

// Settle settles the query. For one that depends neither on time nor on names it
// costs nothing, and index may be nil.
func (q Query) Settle(now time.Time, index Index) *Selection {
	s := &Selection{Query: q}
	if q.WaitingOver > 0 {
		s.before = now.Add(-q.WaitingOver)
	}
	if q.WaitingUnder > 0 {
		s.after = now.Add(-q.WaitingUnder)
	}
	s.terms, s.not = find(index, q.Terms), find(index, q.NotTerms)
	return s
}

func find(index Index, terms []string) []found {
	var out []found
	for _, text := range terms {
		term := NewTerm(text)
		out = append(out, found{index.PatientsWith(term), index.NotesWith(term)})
	}
	return out
}

// Match reports whether the alert belongs to what the query asks for. One that
// Luscii gives no time for is never left out for its waiting.
func (s *Selection) Match(a *Alert) bool {
	return a.Status.View() == s.Status &&
		(len(s.Flags) == 0 || in(s.Flags, a.Flag, a.Flag.Known())) && !in(s.NotFlags, a.Flag, a.Flag.Known()) &&
		(len(s.Types) == 0 || in(s.Types, a.Type, a.Type.Known())) && !in(s.NotTypes, a.Type, a.Type.Known()) &&
		(len(s.Groups) == 0 || in(s.Groups, a.Group, true)) && !in(s.NotGroups, a.Group, true) &&
		(len(s.Programs) == 0 || in(s.Programs, a.Program, true)) && !in(s.NotPrograms, a.Program, true) &&
		(s.before.IsZero() || a.CreatedAt.Before(s.before)) &&
		(s.after.IsZero() || a.CreatedAt.IsZero() || a.CreatedAt.After(s.after)) &&
		!slices.ContainsFunc(s.terms, func(f found) bool { return !f.holds(a) }) &&
		!slices.ContainsFunc(s.not, func(f found) bool { return f.holds(a) })
}

// in reports whether a value is among a filter's.
func in[T ~string](values []T, value T, known bool) bool {
	return len(values) > 0 && (slices.Contains(values, value) || !known && slices.Contains(values, unknownValue))
}

func (f found) holds(a *Alert) bool { return f.patients[a.Patient] || f.alerts[a.ID] }

// Differs reports whether two settlings of a query don't find the same in a
// snapshot.
func (s *Selection) Differs(other *Selection, snap *Snapshot) bool {
	for _, list := range [][]*Entry{snap.Entries, snap.Processed} {
		for _, e := range list {
			if s.Match(&e.Alert) != other.Match(&e.Alert) {
				return true
			}
		}
	}
	return false
}
