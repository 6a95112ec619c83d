package directory

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"triageboard/internal/triage"
)

// The pace of looking up single patients; ours.
const (
	lookUpPause = time.Second      // after each
	missingFor  = 10 * time.Minute // how long somebody Luscii doesn't know isn't asked for again
	// maxStrays is how many are looked up one by one: more come faster by a
	// refresh.
	maxStrays = 10
)

// strays are the patients somebody wants to see and nobody knows.
type strays struct {
	wake chan struct{} // holds one

	mu     *sync.Mutex
	wanted map[triage.PatientID]bool
	not    map[triage.PatientID]time.Time // until when not to ask for them
}

func newStrays() strays {
	return strays{
		wake: make(chan struct{}, 1), mu: new(sync.Mutex),
		wanted: map[triage.PatientID]bool{}, not: map[triage.PatientID]time.Time{},
	}
}

// want has a patient looked up, unless that was tried just now. It never blocks.
func (s *strays) want(id triage.PatientID, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" || s.wanted[id] || now.Before(s.not[id]) {
		return
	}
	s.wanted[id] = true
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// want has a patient looked up, once the first reading is there: before it
// everybody is unknown.
func (d *Directory) want(known *patients, id triage.PatientID) {
	if known.byID != nil {
		d.strays.want(id, time.Now())
	}
}

// take gives who is wanted.
func (s *strays) take() map[triage.PatientID]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.wanted
	s.wanted = map[triage.PatientID]bool{}
	return taken
}

// rest keeps patients from being asked for again until then.
func (s *strays) rest(ids map[triage.PatientID]bool, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.not, func(_ triage.PatientID, over time.Time) bool { return !time.Now().Before(over) })
	for id := range ids {
		s.not[id] = until
		delete(s.wanted, id)
	}
}

// lookUp asks for single patients until ctx ends: one a second at most, and
// nobody twice in ten minutes. For many, and where single ones can't be read, the
// next refresh comes early instead.
func (d *Directory) lookUp(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.strays.wake:
		}
		known := d.patients.Load()
		ids := d.strays.take()
		maps.DeleteFunc(ids, func(id triage.PatientID, _ bool) bool { _, ok := known.byID[id]; return ok })
		if len(ids) > maxStrays || known.source == triage.NamesFromExport {
			d.refreshSoon(ids)
			continue
		}
		for id := range ids {
			d.lookUpOne(ctx, id)
			pause := time.NewTimer(lookUpPause)
			select {
			case <-ctx.Done():
				pause.Stop()
				return
			case <-pause.C:
			}
		}
	}
}

// refreshSoon asks for an early refresh. Whom it doesn't bring is not to be asked
// for again for a while.
func (d *Directory) refreshSoon(ids map[triage.PatientID]bool) {
	if len(ids) == 0 {
		return
	}
	d.strays.rest(ids, time.Now().Add(missingFor))
	select {
	case d.wanted <- struct{}{}:
	default:
	}
}

func (d *Directory) lookUpOne(ctx context.Context, id triage.PatientID) {
	self := map[triage.PatientID]bool{id: true}
	patient, err := d.source.Patient(ctx, id)
	switch {
	case err == nil:
		d.add(patient)
	case ctx.Err() != nil:
	case errors.Is(err, triage.ErrNotFound):
		d.strays.rest(self, time.Now().Add(missingFor))
	case errors.Is(err, triage.ErrForbidden):
		d.refreshSoon(self)
	default:
		d.log.Info("a patient could not be looked up", slog.Any("error", err))
		d.strays.rest(self, time.Now().Add(retryAfter))
	}
}

// add puts one more patient beside those known.
func (d *Directory) add(patient triage.Patient) {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	again := *d.patients.Load()
	again.byID = maps.Clone(again.byID)
	again.byID[patient.ID] = newHolder(&again).hold(patient)
	said := newLabels()
	said.add(patient)
	said.fill(again.said)
	again.said = said
	d.publish(&again)
}
