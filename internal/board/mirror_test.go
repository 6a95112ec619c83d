package board

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// memory is a Mirror that keeps everything in memory, or fails.
type memory struct {
	mu     sync.Mutex
	kept   map[triage.AlertID]triage.Entry
	days   map[triage.Day]time.Time
	puts   int // entries written so far
	asked  int // look-ups by id so far
	broken error
}

var errDisk = errors.New("disk full")

func newMemory() *memory {
	return &memory{kept: map[triage.AlertID]triage.Entry{}, days: map[triage.Day]time.Time{}}
}

// breakDown makes everything fail from now on; nil: works again.
func (m *memory) breakDown(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// entry is what is kept of an alert.
func (m *memory) entry(id triage.AlertID) triage.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[id]
}

// written is how many entries were written since it was asked last.
func (m *memory) written() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.puts
	m.puts = 0
	return n
}

func (m *memory) choose(want func(*triage.Entry) bool) ([]triage.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	var out []triage.Entry
	for _, e := range m.kept {
		if want(&e) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) change(do func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == nil {
		do()
	}
	return m.broken
}

func (m *memory) Working(_ context.Context, since time.Time) ([]triage.Entry, error) {
	return m.choose(func(e *triage.Entry) bool { return isWorking(e) || processedSince(e, since) })
}

func (m *memory) Entries(_ context.Context, ids []triage.AlertID) ([]triage.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	var out []triage.Entry
	for _, id := range ids {
		if e, ok := m.kept[id]; ok && m.broken == nil {
			out = append(out, e)
		}
	}
	return out, m.broken
}

func (m *memory) EntriesOfPatient(_ context.Context, id triage.PatientID) ([]triage.Entry, error) {
	return m.choose(func(e *triage.Entry) bool { return e.Patient == id })
}

func (m *memory) PutEntries(_ context.Context, entries []triage.Entry) error {
	return m.change(func() {
		for _, e := range entries {
			m.kept[e.ID] = e
			m.puts++
		}
	})
}

func (m *memory) ConfirmDay(_ context.Context, day triage.Day, at time.Time) error {
	return m.change(func() { m.days[day] = at })
}

func (m *memory) ConfirmedDays(context.Context) (map[triage.Day]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.days), m.broken
}

func (m *memory) ForgetBefore(_ context.Context, first triage.Day) error {
	return m.change(func() {
		working := map[triage.Day]bool{}
		for id, e := range m.kept {
			if isWorking(&e) {
				working[e.Day] = true
			} else if e.Day < first {
				delete(m.kept, id)
			}
		}
		maps.DeleteFunc(m.days, func(d triage.Day, _ time.Time) bool { return d < first && !working[d] })
	})
}
