// Package directory knows the names behind the ids an alert carries: patients,
// professionals, groups, programs. It holds them in memory only (R25) and
// refreshes them in the background; a name it doesn't know yet is said to be
// unknown, never guessed.
package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	gaps     atomic.Bool   // the newest listings had some
	version  atomic.Uint64
	renamed  atomic.Pointer[func(map[triage.PatientID]bool, bool)]

	loading sync.Mutex // one first reading of the professionals at a time; guards what follows
	failed  error      // how the last one failed
	tried   time.Time  // when it ended
}

// patients is one immutable reading of the Patients API.
type patients struct {
	byID     map[triage.PatientID]person
	groups   []Named[triage.GroupID]   // by name
	programs []Named[triage.ProgramID] // by name
	group    map[triage.GroupID]string
	program  map[triage.ProgramID]string
}

// hcps is one immutable reading of the hcps export.
type hcps struct {
	byID    map[triage.HCPID]triage.HCP
	byEmail map[string]triage.HCP // active ones, lower-case e-mail; ambiguous ones left out
}

// New makes an empty Directory. Run fills it.
func New(source Source, log *slog.Logger) *Directory {
	d := &Directory{source: source, log: log, wanted: make(chan struct{}, 1)}
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
// after a failure or a listing with gaps, and soon after an unknown id was met, until ctx ends.
func (d *Directory) Run(ctx context.Context) {
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
		if !d.waitForNext(ctx, next) {
			return
		}
	}
}

// waitForNext waits until a refresh is due or asked for, but never less than
// retryAfter, so that an id Luscii doesn't know can't cause a storm.
func (d *Directory) waitForNext(ctx context.Context, due time.Duration) bool {
	rest := time.NewTimer(retryAfter)
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-rest.C:
	}
	timer := time.NewTimer(due - retryAfter)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-d.wanted:
	}
	return true
}

// Meet is told of alerts that are new on the board; a patient not known yet
// causes an early refresh.
func (d *Directory) Meet(entries []*triage.Entry) {
	known := d.patients.Load()
	for _, e := range entries {
		if _, ok := known.byID[e.Patient]; !ok {
			select {
			case d.wanted <- struct{}{}:
			default:
			}
			return
		}
	}
}

func (d *Directory) loadPatients(ctx context.Context) error {
	p := &patients{
		byID:    map[triage.PatientID]person{},
		group:   map[triage.GroupID]string{},
		program: map[triage.ProgramID]string{},
	}
	known := d.patients.Load()
	held := newHolder(known)
	for patient, err := range d.source.Patients(ctx) {
		if errors.Is(err, triage.ErrPartial) {
			d.incomplete("patients", err)
			p.keep(known)
			break
		}
		if err != nil {
			return fmt.Errorf("list the patients: %w", err)
		}
		p.byID[patient.ID] = held.hold(patient)
		if patient.Group != "" && normalName(patient.GroupName) != "" {
			p.group[patient.Group] = patient.GroupName
		}
		if patient.Program != "" && normalName(patient.ProgramName) != "" {
			p.program[patient.Program] = patient.ProgramName
		}
	}
	if len(p.byID) == 0 && len(known.byID) > 0 {
		return errEmptied
	}
	p.groups, p.programs = byName(p.group), byName(p.program)
	was := d.patients.Swap(p)
	d.tell(differing(was.byID, p.byID), !maps.Equal(was.group, p.group) || !maps.Equal(was.program, p.program))
	return nil
}

// differing is the ids under which two readings don't say the same.
func differing[ID comparable, V comparable](was, is map[ID]V) map[ID]bool {
	out := map[ID]bool{}
	for id, v := range is {
		if before, ok := was[id]; !ok || before != v {
			out[id] = true
		}
	}
	for id := range was {
		if _, ok := is[id]; !ok {
			out[id] = true
		}
	}
	return out
}

// errEmptied says that nobody came where there were some before: more likely a
// mistake of the upstream than the truth, and believing it would sign everybody
// out and take all names from the board.
var errEmptied = errors.New("an empty list came where there were names before")

// keep adds what is known already and didn't come again.
func (p *patients) keep(known *patients) {
	for id, patient := range known.byID {
		if _, ok := p.byID[id]; !ok {
			p.byID[id] = patient
		}
	}
	for id, name := range known.group {
		if p.group[id] == "" {
			p.group[id] = name
		}
	}
	for id, name := range known.program {
		if p.program[id] == "" {
			p.program[id] = name
		}
	}
}

// incomplete tells of a listing with gaps: what came is taken, and what is known
// already and didn't come again is kept, until soon another listing fills them.
func (d *Directory) incomplete(what string, err error) {
	d.gaps.Store(true)
	d.log.Warn("a listing has gaps; what came is taken", slog.String("listing", what), slog.Any("error", err))
}

func byName[ID ~string](names map[ID]string) []Named[ID] {
	out := make([]Named[ID], 0, len(names))
	for id, name := range names {
		out = append(out, Named[ID]{id, name})
	}
	slices.SortFunc(out, func(a, b Named[ID]) int {
		if d := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); d != 0 {
			return d
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return out
}

func (d *Directory) loadHCPs(ctx context.Context) error {
	err := d.readHCPs(ctx)
	d.loading.Lock()
	defer d.loading.Unlock()
	d.failed, d.tried = err, time.Now()
	return err
}

// firstHCPs reads the professionals if that was never done. While Luscii
// doesn't answer it tries only now and then: whoever asks meanwhile is told how
// the last attempt failed, at once.
func (d *Directory) firstHCPs(ctx context.Context) error {
	if d.hcps.Load().byID != nil {
		return nil
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	if d.hcps.Load().byID != nil {
		return nil
	}
	if d.failed != nil && time.Since(d.tried) < retryAfter {
		return d.failed
	}
	// Whoever asks first may hang up; that must not fail the others.
	ctx, cancel := context.WithTimeout(triage.Urgent(context.WithoutCancel(ctx)), firstWait)
	defer cancel()
	d.failed, d.tried = d.readHCPs(ctx), time.Now()
	return d.failed
}

func (d *Directory) readHCPs(ctx context.Context) error {
	h := &hcps{byID: map[triage.HCPID]triage.HCP{}, byEmail: map[string]triage.HCP{}}
	ambiguous := map[string]bool{}
	for hcp, err := range d.source.HCPs(ctx) {
		if errors.Is(err, triage.ErrPartial) {
			d.incomplete("professionals", err)
			for id, known := range d.hcps.Load().byID {
				if _, ok := h.byID[id]; !ok {
					h.byID[id] = known
				}
			}
			break
		}
		if err != nil {
			return fmt.Errorf("list the professionals: %w", err)
		}
		h.byID[hcp.ID] = hcp // a row may come twice while pages shift
	}
	if len(h.byID) == 0 && len(d.hcps.Load().byID) > 0 {
		return errEmptied
	}
	for _, hcp := range h.byID {
		email := normalEmail(hcp.Email)
		if !hcp.Active || email == "" {
			continue
		}
		if _, twice := h.byEmail[email]; twice {
			ambiguous[email] = true
		}
		h.byEmail[email] = hcp
	}
	for email := range ambiguous {
		delete(h.byEmail, email)
	}
	if len(ambiguous) > 0 {
		d.log.Warn("some e-mail addresses belong to several active professionals, who cannot sign in by them", slog.Int("count", len(ambiguous)))
	}
	was := d.hcps.Swap(h)
	d.tell(nil, len(differing(was.byID, h.byID)) > 0)
	return nil
}

func normalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Patient is the patient behind an id, if known yet.
func (d *Directory) Patient(id triage.PatientID) (triage.Patient, bool) {
	p, ok := d.patients.Load().byID[id]
	if !ok {
		return triage.Patient{}, false
	}
	return p.patient(id), true
}

// HCP is the professional behind an id, if known yet.
func (d *Directory) HCP(id triage.HCPID) (triage.HCP, bool) {
	h, ok := d.hcps.Load().byID[id]
	return h, ok
}

// HCPByEmail finds the one active professional with this e-mail address,
// regardless of case. Where professionals were never read, they are read now;
// the error is that reading's.
func (d *Directory) HCPByEmail(ctx context.Context, email string) (triage.HCP, bool, error) {
	if err := d.firstHCPs(ctx); err != nil {
		return triage.HCP{}, false, err
	}
	h, ok := d.hcps.Load().byEmail[normalEmail(email)]
	return h, ok, nil
}

// HCPInMemory is HCPByEmail without asking Luscii; known is false while the
// professionals were never read.
func (d *Directory) HCPInMemory(email string) (hcp triage.HCP, active, known bool) {
	h := d.hcps.Load()
	hcp, active = h.byEmail[normalEmail(email)]
	return hcp, active, h.byID != nil
}

// GroupName is the name of a group, empty if not known yet.
func (d *Directory) GroupName(id triage.GroupID) string { return d.patients.Load().group[id] }

// ProgramName is the name of a program, empty if not known yet.
func (d *Directory) ProgramName(id triage.ProgramID) string { return d.patients.Load().program[id] }

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

// GroupsOf maps the group names of a professional, which the export joins by
// commas, to ids. Names may hold commas themselves, so the longest known name
// is taken first. A name that no group has, or several have, or that may as
// well be a list of other groups' names, grants nothing and is returned as it
// stood.
func (d *Directory) GroupsOf(h triage.HCP) (ids map[triage.GroupID]bool, unmatched []string) {
	byName := map[string][]triage.GroupID{}
	for _, g := range d.Groups() {
		byName[normalName(g.Name)] = append(byName[normalName(g.Name)], g.ID)
	}
	known := func(parts []string) bool { return len(byName[joined(parts)]) > 0 }
	ids = map[triage.GroupID]bool{}
	parts := strings.Split(h.Groups, ",")
	for len(parts) > 0 {
		n := len(parts)
		for n > 1 && !known(parts[:n]) {
			n--
		}
		found := byName[joined(parts[:n])]
		if len(found) == 1 && !readsAsSeveral(parts[:n], known) {
			ids[found[0]] = true
		} else if name := strings.TrimSpace(strings.Join(parts[:n], ",")); name != "" {
			unmatched = append(unmatched, name)
		}
		parts = parts[n:]
	}
	return ids, unmatched
}

// joined is the normal form of parts of a name.
func joined(parts []string) string { return normalName(strings.Join(parts, ",")) }

// readsAsSeveral reports whether all of parts can be read as two or more known
// names in a row.
func readsAsSeveral(parts []string, known func([]string) bool) bool {
	for n := 1; n < len(parts); n++ {
		rest := parts[n:]
		if known(parts[:n]) && (known(rest) || readsAsSeveral(rest, known)) {
			return true
		}
	}
	return false
}

// normalName makes names comparable: case and runs of space don't matter.
func normalName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
