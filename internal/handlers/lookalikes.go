package handlers

import (
	"slices"
	"sync"

	"triageboard/internal/triage"
)

// lookAlikes knows which patients with an alert on the board, open or escalated,
// look alike by name (R10), whoever looks: to be warned, one needn't be allowed to
// see the other. It follows the board and the names from change to change.
type lookAlikes struct {
	names Names

	mu     sync.RWMutex
	index  *triage.LookAlikes
	alerts map[triage.PatientID]int // how many each has that wait
}

func newLookAlikes(names Names, first *triage.Snapshot) *lookAlikes {
	l := &lookAlikes{names: names, index: triage.NewLookAlikes(), alerts: map[triage.PatientID]int{}}
	l.follow(triage.Delta{Added: first.Entries})
	return l
}

// like is how many others a patient looks like.
func (l *lookAlikes) like(id triage.PatientID) int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.index.Like(id)
}

// follow counts what changed on the board, and answers whose mark did.
func (l *lookAlikes) follow(d triage.Delta) map[triage.PatientID]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	touched := map[triage.PatientID]bool{}
	count := func(e *triage.Entry, n int) {
		if e.Status != triage.StatusProcessed {
			l.alerts[e.Patient] += n
			touched[e.Patient] = true
		}
	}
	for _, e := range d.Added {
		count(e, 1)
	}
	for _, c := range d.Changed {
		count(c.Was, -1)
		count(c.Is, 1)
	}
	for _, e := range d.Removed {
		count(e, -1)
	}
	return l.put(touched)
}

// renamed is told that some patients' names became known or changed, and answers
// whose mark did.
func (l *lookAlikes) renamed(patients map[triage.PatientID]bool) map[triage.PatientID]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.put(patients)
}

// put brings the index in line about some patients. mu is held.
func (l *lookAlikes) put(patients map[triage.PatientID]bool) map[triage.PatientID]bool {
	for id := range patients {
		p, known := l.names.Patient(id)
		switch {
		case l.alerts[id] == 0:
			delete(l.alerts, id)
			l.index.Remove(id)
		case known:
			l.index.Put(id, p)
		default:
			l.index.Remove(id)
		}
	}
	return l.index.Changed()
}

// withRows adds to what is told the rows of patients whose mark has changed, as
// they stand in the snapshot.
func withRows(d triage.Delta, snap *triage.Snapshot, patients map[triage.PatientID]bool) triage.Delta {
	if len(patients) == 0 {
		return d
	}
	told := map[triage.AlertID]bool{}
	for _, e := range d.Added {
		told[e.ID] = true
	}
	for _, c := range d.Changed {
		told[c.Is.ID] = true
	}
	for _, list := range [][]*triage.Entry{snap.Entries, snap.Processed} {
		for _, e := range list {
			if patients[e.Patient] && !told[e.ID] && len(d.Changed) <= changesAtOnce { // more aren't told
				d.Changed = append(d.Changed, triage.EntryChange{Was: e, Is: e})
			}
		}
	}
	slices.SortFunc(d.Changed, func(a, b triage.EntryChange) int { return triage.CompareEntries(a.Is, b.Is) })
	return d
}
