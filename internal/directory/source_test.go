package directory_test

import (
	"bytes"
	"context"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"triageboard/internal/directory"
	"triageboard/internal/triage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// people is what a listing of people gives, and how it ends.
type people[T any] struct {
	rows  []T
	err   error         // nil: complete
	takes time.Duration // until the first row
}

func (p people[T]) list(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if p.takes > 0 {
			t := time.NewTimer(p.takes)
			defer t.Stop()
			select {
			case <-ctx.Done():
				yield(zero, ctx.Err())
				return
			case <-t.C:
			}
		}
		for _, row := range p.rows {
			if !yield(row, nil) {
				return
			}
		}
		if p.err != nil {
			yield(zero, p.err)
		}
	}
}

// source is a Luscii whose people can be changed. It notes when it was asked.
type source struct {
	mu           sync.Mutex
	patients     people[triage.Patient]
	report       people[triage.Patient]
	single       map[triage.PatientID]error // how looking one up ends, if not by finding them among patients
	hcps         people[triage.HCP]
	patientsRead []time.Time
	hcpsRead     []time.Time
	reportsRead  []time.Time
	lookedUp     []triage.PatientID
}

func (s *source) Patients(ctx context.Context) iter.Seq2[triage.Patient, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patientsRead = append(s.patientsRead, time.Now())
	return s.patients.list(ctx)
}

func (s *source) PatientsReport(ctx context.Context) iter.Seq2[triage.Patient, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reportsRead = append(s.reportsRead, time.Now())
	return s.report.list(ctx)
}

func (s *source) Patient(_ context.Context, id triage.PatientID) (triage.Patient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lookedUp = append(s.lookedUp, id)
	if err := s.single[id]; err != nil {
		return triage.Patient{}, err
	}
	for _, p := range s.patients.rows {
		if p.ID == id {
			return p, nil
		}
	}
	return triage.Patient{}, triage.ErrNotFound
}

func (s *source) HCPs(ctx context.Context) iter.Seq2[triage.HCP, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hcpsRead = append(s.hcpsRead, time.Now())
	return s.hcps.list(ctx)
}

func (s *source) change(f func(*source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// readings is how often patients and professionals were read, and forgets it.
func (s *source) readings() (patients, hcps int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	patients, hcps = len(s.patientsRead), len(s.hcpsRead)
	s.patientsRead, s.hcpsRead = nil, nil
	return patients, hcps
}

func newDirectory(s *source) *directory.Directory {
	return directory.New(s, slog.New(slog.DiscardHandler))
}

// logging is a Directory and what it logs.
func logging(s *source) (*directory.Directory, *bytes.Buffer) {
	var log bytes.Buffer
	return directory.New(s, slog.New(slog.NewTextHandler(&log, nil))), &log
}

// run runs the Directory until the test ends, and waits until it has nothing
// more to do at this moment of the bubble.
func run(t *testing.T, d *directory.Directory) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(t.Context())
	}()
	t.Cleanup(func() { <-done }) // the test's context ends before
	synctest.Wait()
}

// pass lets time go by in the bubble, and the Directory do what is due then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// filled is a Directory that has read these people.
func filled(t *testing.T, s *source) *directory.Directory {
	t.Helper()
	d := newDirectory(s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	require.Eventually(t, func() bool {
		_, _, known := d.HCPInMemory("")
		return d.Ready() && known
	}, 10*time.Second, time.Millisecond)
	cancel()
	<-done
	return d
}
