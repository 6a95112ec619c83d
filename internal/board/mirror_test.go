package board

import (
	"context"
	"errors"
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
	broken bool
}

var errDisk = errors.New("disk full")

func newMemory() *memory {
	return &memory{kept: map[triage.AlertID]triage.Entry{}, days: map[triage.Day]time.Time{}}
}

func (m *memory) begin() (unlock func(), err error) {
	m.mu.Lock()
	if m.broken {
		return m.mu.Unlock, errDisk
	}
	return m.mu.Unlock, nil
}

func (m *memory) choose(want func(triage.Entry) bool) ([]triage.Entry, error) {
	unlock, err := m.begin()
	defer unlock()
	var out []triage.Entry
	for _, e := range m.kept {
		if err == nil && want(e) {
			out = append(out, e)
		}
	}
	return out, err
}

func (m *memory) Working(_ context.Context, since time.Time) ([]triage.Entry, error) {
	return m.choose(func(e triage.Entry) bool {
		return e.Status != triage.StatusProcessed || !processedAt(e).Before(since)
	})
}

func (m *memory) Entries(_ context.Context, ids []triage.AlertID) ([]triage.Entry, error) {
	wanted := map[triage.AlertID]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	return m.choose(func(e triage.Entry) bool { return wanted[e.ID] })
}

func (m *memory) EntriesOfPatient(_ context.Context, id triage.PatientID) ([]triage.Entry, error) {
	return m.choose(func(e triage.Entry) bool { return e.Patient == id })
}

func (m *memory) PutEntries(_ context.Context, entries []triage.Entry) error {
	unlock, err := m.begin()
	defer unlock()
	for _, e := range entries {
		if err == nil {
			m.kept[e.ID] = e
			m.puts++
		}
	}
	return err
}

func (m *memory) ConfirmDay(_ context.Context, day triage.Day, at time.Time) error {
	unlock, err := m.begin()
	defer unlock()
	if err == nil {
		m.days[day] = at
	}
	return err
}

func (m *memory) ConfirmedDays(context.Context) (map[triage.Day]time.Time, error) {
	unlock, err := m.begin()
	defer unlock()
	days := map[triage.Day]time.Time{}
	for day, at := range m.days {
		days[day] = at
	}
	return days, err
}

func (m *memory) ForgetBefore(_ context.Context, first triage.Day) error {
	unlock, err := m.begin()
	defer unlock()
	for id, e := range m.kept {
		if err == nil && e.Day < first && e.Status == triage.StatusProcessed {
			delete(m.kept, id)
		}
	}
	for day := range m.days {
		if err == nil && day < first {
			delete(m.days, day)
		}
	}
	return err
}
