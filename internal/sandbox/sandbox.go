// Package sandbox is a simulated Luscii behind real HTTP: the Alerts API, the
// Patients API and the Export API, over an invented hospital whose patients,
// professionals, alerts and measurements follow from a seed.
//
// It is made from the API's reference pages and shares no type with the
// client, so that one misreading can't hide in both. It serves no field the
// pages don't document. Where they are silent the sandbox has to choose, and a
// client must not rely on what it chose:
//
//   - Alerts are listed in an order of the sandbox's own (see alertRuns), never
//     by creation time, and dates are filtered by their UTC day.
//   - The Patients and Export APIs answer to HC_ADMIN and HC_VIEW_ALL, the
//     roles that read the whole organisation.
//   - HC_SECONDARY may update what is or once was escalated in its groups.
//   - What a PUT does beyond the status is told at (*alert).apply.
//   - Zoneless times in reports are Amsterdam time, and so are the dates they
//     are filtered by: a measurement's by when it was made, of everything else
//     by its Created_Date.
//   - What the words and numbers in reports are beyond those of the samples, and
//     in which order the rows come.
//
// What the sandbox promises beside that: the same seed and start give the same
// bytes; a journal (Options.StateFile) holds every change it applied, one line
// each, written before the change is answered; and GET /sandbox/changes lists
// them, also where there is no file. Paths below /sandbox are its controls and
// no part of the API.
//
// What goes wrong, and how to say so, stands at Faults.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	_ "time/tzdata" // reports are in Amsterdam time, also where the machine has no time zones
)

// Sandbox is one simulated Luscii. Its methods may be used concurrently.
type Sandbox struct {
	seed     seed
	clock    func() time.Time // the right time
	logger   *slog.Logger
	zone     *time.Location // of zoneless times
	measures float64        // a patient makes on a usual day
	newer    bool           // the newer reports are served
	staff    *staff
	store    *store
	signer   signer
	faults   *injector
	arrivals *tempo
	others   *tempo
}

// New makes a sandbox: the population of the options' seed as it was at the
// epoch, and upon it whatever the state file's journal holds. The epoch is now,
// or the journal's own. The error lists every wrong option at once, or says why
// the state file can't be used: unreadable, damaged, or made with other options.
//
// A population ages: 30 days after the epoch all it began with lies outside
// the last 30 days. Deleting the state file starts anew. Where the journal's
// newest line is more than a day old, alerts that "came in meanwhile" fill the
// open ones up to Options.Open.
func New(o Options) (*Sandbox, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return nil, fmt.Errorf("time zone of reports: %w", err)
	}
	seed, clock := seed(o.Seed), o.clock()
	s := &Sandbox{
		seed:     seed,
		clock:    clock,
		logger:   o.Logger,
		zone:     zone,
		measures: o.Measurements,
		newer:    o.NewerReports,
		signer:   newSigner(seed),
		faults:   newInjector(seed, clock, o.Faults),
		arrivals: newTempo(o.Arrivals),
		others:   newTempo(o.Faults.Others),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}

	journal, err := openJournal(o.StateFile, header{
		Version: journalVersion, Seed: o.Seed, Patients: o.Patients, Open: o.Open, Alerts: o.Alerts, Epoch: stamp{s.now()},
	}, s.logger)
	if err != nil {
		return nil, err
	}
	s.populate(o, journal)
	if err := s.restore(journal, o.Open); err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return s, nil
}

// populate invents the people and alerts of the journal's epoch.
func (s *Sandbox) populate(o Options, journal *journal) {
	epoch, total := journal.header.Epoch.Time, o.total()
	cohorts := newCohorts(s.seed)
	s.staff = newStaff(s.seed, epoch, cohorts)
	patients := newPatients(s.seed, epoch, o.Patients, cohorts)
	alerts := newHistory(s.seed, epoch, patients, s.staff, o.Open, total)
	s.store = newStore(cohorts, patients, alerts, total, journal)
}

// restore replays the journal and, after a long absence, tops the open alerts
// up to about open.
func (s *Sandbox) restore(journal *journal, open int) error {
	newest := journal.header.Epoch.Time
	err := journal.replay(func(e entry) error {
		newest = e.At.Time
		return s.store.replay(e)
	})
	if err != nil {
		return err
	}
	return s.topUp(newest, open)
}

// now is the time by the sandbox's clock, which may be wrong: UTC, whole
// seconds.
func (s *Sandbox) now() time.Time {
	return s.clock().Add(s.faults.get().Skew).UTC().Truncate(time.Second)
}

// Handler serves the API below /v1, with the faults in force, and the
// sandbox's own controls below /sandbox, without.
func (s *Sandbox) Handler() http.Handler {
	api := s.faults.wrap(s.api(), s.fail)
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().Format(http.TimeFormat))
		api.ServeHTTP(w, r)
	})
	mux.HandleFunc("/sandbox/faults", s.controlFaults)
	mux.HandleFunc("/sandbox/mishaps", s.countMishaps)
	mux.HandleFunc("/sandbox/changes", s.listChanges)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errNotFound("path")) })
	return mux
}

// Run lets alerts arrive and colleagues act at the rates in force until ctx
// ends, which is no error. It fails when that can't be written to the journal.
// One Run at a time.
func (s *Sandbox) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	others := make(chan error, 1)
	go func() {
		defer cancel()
		rng := s.seed.stream("others")
		others <- s.others.run(ctx, rng, func() error { return s.actAsColleague(ctx, rng) })
	}()
	err := s.arrivals.run(ctx, s.seed.stream("tempo"), func() error { return s.arrive(s.now()) })
	cancel()
	return errors.Join(err, <-others)
}

// Close closes the journal: changes that would have to be written to it fail
// from then on. Requests that were still to be served late never are.
func (s *Sandbox) Close() error {
	s.faults.late.close()
	return s.store.close()
}

// ServiceKey is the key of a HC_VIEW_ALL user that belongs to no person: what a
// hospital would put into LUSCII_API_KEY.
func (s *Sandbox) ServiceKey() string { return s.staff.service.key }

// InactiveKey is the key of somebody whose account is no longer active: every
// request with it is refused.
func (s *Sandbox) InactiveKey() string { return s.staff.inactive().key }

// Persona is a professional one may act as in the sandbox.
type Persona struct {
	ID     string
	Name   string
	Email  string
	Role   string   // HC_ADMIN, HC_VIEW_ALL, HC_PRIMARY or HC_SECONDARY
	Groups []string // names; empty for the roles without
	Key    string   // follows from the seed: stays valid across restarts
}

// Personas are the professionals offered for sign-in, at least one of each
// role. The hcps report lists many more colleagues.
func (s *Sandbox) Personas() []Persona {
	personas := make([]Persona, 0, len(s.staff.personas))
	for _, h := range s.staff.personas {
		p := Persona{ID: h.id.String(), Name: h.name.String(), Email: h.email, Role: string(h.role), Key: h.key}
		for _, g := range h.groups {
			p.Groups = append(p.Groups, g.name)
		}
		personas = append(personas, p)
	}
	return personas
}
