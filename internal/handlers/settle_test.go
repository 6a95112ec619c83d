package handlers

import (
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// onePatient is a directory that knows of one patient.
type onePatient struct {
	Names
	name    string
	version uint64
	asked   int
}

func (n *onePatient) Version() uint64 { return n.version }

func (n *onePatient) Patients() iter.Seq[triage.Patient] {
	n.asked++
	return maps.Values(map[int]triage.Patient{0: {ID: "p-1", LastName: n.name}})
}

type noNotes struct{ Board }

func (noNotes) NotesWith(triage.Term) map[triage.AlertID]bool { return nil }

// What everybody asks alike is settled once, until the minute or a name changes.
func TestAQueryIsSettledOnce(t *testing.T) {
	names := &onePatient{name: "Yılmaz"}
	s := &Server{Options: Options{Names: names, Board: noNotes{}}}
	noon := time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC)
	q := triage.Query{Status: triage.StatusOpen, Terms: []string{"yilmaz"}}
	alert := &triage.Alert{Patient: "p-1", Status: triage.StatusOpen}

	first := s.selection(q, noon)
	assert.True(t, first.Match(alert))
	theirs := q
	theirs.Search = &triage.Search{ID: "of another user"}
	assert.Same(t, first, s.selection(theirs, noon.Add(29*time.Second)))
	assert.Nil(t, first.Search, "whose it is isn't shared")
	q.NotFlags = []triage.Flag{triage.FlagRed}
	assert.NotSame(t, first, s.selection(q, noon))
	assert.Equal(t, 1, names.asked, "names are folded once")

	minute := s.selection(theirs, noon.Add(30*time.Second))
	assert.NotSame(t, first, minute, "another minute: other notes may have been read")
	assert.Equal(t, 1, names.asked)
	names.name, names.version = "Bakker", 1
	renamed := s.selection(theirs, noon.Add(31*time.Second))
	assert.NotSame(t, minute, renamed)
	assert.False(t, renamed.Match(alert))
	assert.True(t, first.Match(alert), "what was settled stays as it was")

	plain := triage.Query{Status: triage.StatusOpen, Flags: []triage.Flag{triage.FlagRed}}
	s.selection(plain, noon.Add(time.Hour))
	assert.Equal(t, 2, names.asked, "a query of filters alone asks for no names")
}
