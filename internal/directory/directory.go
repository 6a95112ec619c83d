// Package directory knows the names behind the ids an alert carries: patients,
// professionals, groups, programs. It holds them in memory only (R25) and
// refreshes them in the background; a name it doesn't know yet is said to be
// unknown, never guessed.
package directory

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"triageboard/internal/triage"
)

// The pace of refreshing; ours.
const (
	refreshEvery = 15 * time.Minute
	retryAfter   = 10 * time.Second // after a failure, and between refreshes asked for by unknown ids
	fillAfter    = time.Minute      // after a listing with gaps
	firstWait    = 5 * time.Second  // how long somebody waits for the first reading of the professionals
)

// Source lists the people Luscii knows. A sequence that ends in an error is
// incomplete.
type Source interface {
	Patients(ctx context.Context) iter.Seq2[triage.Patient, error]
	// PatientsReport is the same people where Patients can't be read: without ids
	// of groups, programs and protocols.
	PatientsReport(ctx context.Context) iter.Seq2[triage.Patient, error]
	// Patient is one of them; the error matches triage.ErrNotFound where there is
	// no such patient.
	Patient(ctx context.Context, id triage.PatientID) (triage.Patient, error)
	HCPs(ctx context.Context) iter.Seq2[triage.HCP, error]
}

// Named is an id with its name.
type Named[ID ~string] struct {
	ID   ID
	Name string
}

// Directory answers names. Its methods may be called concurrently.
type Directory struct {
	source Source
	log    *slog.Logger

	patients atomic.Pointer[patients]
	hcps     atomic.Pointer[hcps]
	wanted   chan struct{} // asks for an early refresh; holds one
	strays   strays        // unknown patients to look up
	refusals int           // of the Patients API, in a row; Run's own

	publishing sync.Mutex // one change of patients at a time; guards seats
	seats      map[triage.PatientID]seat

	gaps    atomic.Bool // the newest listings had some
	version atomic.Uint64
	renamed atomic.Pointer[func(map[triage.PatientID]bool, bool)]

	loading sync.Mutex // one first reading of the professionals at a time; guards what follows
	failed  error      // how the last one failed
	tried   time.Time  // when it ended
}

// New makes an empty Directory. Run fills it.
func New(source Source, log *slog.Logger) *Directory {
	d := &Directory{source: source, log: log, wanted: make(chan struct{}, 1), strays: newStrays(), seats: map[triage.PatientID]seat{}}
	d.patients.Store(&patients{})
	d.hcps.Store(&hcps{})
	return d
}

// OnRename has f called with every change of names: which patients became known
// or changed, and whether others did, professionals, groups or programs. f must
// not block.
func (d *Directory) OnRename(f func(patients map[triage.PatientID]bool, others bool)) {
	d.renamed.Store(&f)
}

// Version grows with every change of names.
func (d *Directory) Version() uint64 { return d.version.Load() }

// tell is called when names are in place that differ from those before.
func (d *Directory) tell(patients map[triage.PatientID]bool, others bool) {
	if len(patients) == 0 && !others {
		return
	}
	d.version.Add(1)
	if f := d.renamed.Load(); f != nil {
		(*f)(patients, others)
	}
}

// Run reads patients and professionals at once, every quarter of an hour, soon
// after a failure or a listing with gaps, and soon after many unknown ids were
// met, until ctx ends. Beside that it looks up single unknown ids.
func (d *Directory) Run(ctx context.Context) {
	var beside sync.WaitGroup
	beside.Go(func() { d.lookUp(ctx) })
	defer beside.Wait()
	for {
		next := refreshEvery
		d.gaps.Store(false)
		for _, load := range []func(context.Context) error{d.loadPatients, d.loadHCPs} {
			if err := load(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("names could not be refreshed; the ones known are kept", slog.Any("error", err))
				next = retryAfter
			}
		}
		if d.gaps.Load() {
			next = min(next, fillAfter)
		}
		rest := retryAfter
		if d.patients.Load().source == triage.NamesFromExport {
			rest = fillAfter // a report takes many requests
		}
		if !d.waitForNext(ctx, max(next, rest), rest) {
			return
		}
	}
}

// waitForNext waits until a refresh is due or asked for, but never less than
// least, so that ids Luscii doesn't know can't cause a storm.
func (d *Directory) waitForNext(ctx context.Context, due, least time.Duration) bool {
	rest := time.NewTimer(least)
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-rest.C:
	}
	timer := time.NewTimer(due - least)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-d.wanted:
	}
	return true
}

// Patient is the patient behind an id, if known yet. One who isn't is looked up
// in the background.
func (d *Directory) Patient(id triage.PatientID) (triage.Patient, bool) {
	known := d.patients.Load()
	p, ok := known.byID[id]
	if !ok {
		d.want(known, id)
		return triage.Patient{}, false
	}
	return p.patient(id), true
}

// Source is where the patients' names came from; empty while none were read.
func (d *Directory) Source() triage.NameSource { return d.patients.Load().source }

// At is when the patients were last read to the end.
func (d *Directory) At() time.Time { return d.patients.Load().at }

// GroupName is the name of a group, empty if not known yet.
func (d *Directory) GroupName(id triage.GroupID) string { return d.patients.Load().group[id] }

// ProgramName is the name of a program, empty if not known yet.
func (d *Directory) ProgramName(id triage.ProgramID) string { return d.patients.Load().program[id] }

// ProtocolName is the name of a protocol, empty if not known yet.
func (d *Directory) ProtocolName(id triage.ProtocolID) string { return d.patients.Load().protocol[id] }

// Groups is every known group by name.
func (d *Directory) Groups() []Named[triage.GroupID] { return d.patients.Load().groups }

// Programs is every known program by name.
func (d *Directory) Programs() []Named[triage.ProgramID] { return d.patients.Load().programs }

// GroupNames is every known group's name.
func (d *Directory) GroupNames() iter.Seq2[triage.GroupID, string] {
	return maps.All(d.patients.Load().group)
}

// ProgramNames is every known program's name.
func (d *Directory) ProgramNames() iter.Seq2[triage.ProgramID, string] {
	return maps.All(d.patients.Load().program)
}

// Patients is every known patient, in no order.
func (d *Directory) Patients() iter.Seq[triage.Patient] {
	return func(yield func(triage.Patient) bool) {
		for id, p := range d.patients.Load().byID {
			if !yield(p.patient(id)) {
				return
			}
		}
	}
}

// Ready reports whether the patients were read at least once.
func (d *Directory) Ready() bool { return d.patients.Load().byID != nil }

// errEmptied says that nobody came where there were some before: more likely a
// mistake of the upstream than the truth, and believing it would sign everybody
// out and take all names from the board.
var errEmptied = errors.New("an empty list came where there were names before")

// incomplete tells of a listing with gaps: what came is taken, and what is known
// already and didn't come again is kept, until soon another listing fills them.
func (d *Directory) incomplete(what string, err error) {
	d.gaps.Store(true)
	d.log.Warn("a listing has gaps; what came is taken", slog.String("listing", what), slog.Any("error", err))
}
