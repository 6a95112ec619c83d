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
	"time"

	"triageboard/internal/triage"
)

// patients is one immutable reading of the patients.
type patients struct {
	source   triage.NameSource
	at       time.Time // when it came to its end
	byID     map[triage.PatientID]person
	said     labels                    // names that came with their ids
	labels                             // those, and the ones found by seats
	groups   []Named[triage.GroupID]   // by name
	programs []Named[triage.ProgramID] // by name
}

// labels are the names of what patients have in common.
type labels struct {
	group    map[triage.GroupID]string
	program  map[triage.ProgramID]string
	protocol map[triage.ProtocolID]string
}

func newLabels() labels {
	return labels{
		group: map[triage.GroupID]string{}, program: map[triage.ProgramID]string{}, protocol: map[triage.ProtocolID]string{},
	}
}

func (l labels) equal(m labels) bool {
	return maps.Equal(l.group, m.group) && maps.Equal(l.program, m.program) && maps.Equal(l.protocol, m.protocol)
}

// fill adds those of m that l doesn't have.
func (l labels) fill(m labels) {
	fill(l.group, m.group)
	fill(l.program, m.program)
	fill(l.protocol, m.protocol)
}

func fill[ID ~string](names, more map[ID]string) {
	for id, name := range more {
		if names[id] == "" {
			names[id] = name
		}
	}
}

// stubborn is how many failures in a row make one that may pass one for good.
const stubborn = 3

// loadPatients reads the Patients API; where that is forbidden or fails for good,
// the patients report.
func (d *Directory) loadPatients(ctx context.Context) error {
	read, err := d.readPatients(d.source.Patients(ctx), triage.NamesFromAPI)
	if d.failsForGood(err) {
		if d.Source() != triage.NamesFromExport {
			d.log.Warn("the Patients API can't be read; names come from the patients export", slog.Any("error", err))
		}
		var other error
		if read, other = d.readPatients(d.source.PatientsReport(ctx), triage.NamesFromExport); other != nil {
			return errors.Join(err, other)
		}
		err = nil
	}
	if err != nil {
		return err
	}
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if read.source == triage.NamesFromExport {
		read.said.fill(d.patients.Load().said) // what once came with its id keeps its name
	}
	d.publish(read)
	return nil
}

// failsForGood reports whether there is no use in trying the Patients API again:
// the key lacks the right, or what can't be helped by waiting came again and
// again. Luscii being out of reach is no reason, for its reports are, too.
func (d *Directory) failsForGood(err error) bool {
	refused := errors.Is(err, triage.ErrNotFound) || errors.Is(err, triage.ErrRejected) || errors.Is(err, triage.ErrMalformed)
	if !refused {
		d.refusals = 0
		return errors.Is(err, triage.ErrForbidden)
	}
	d.refusals++
	return d.refusals >= stubborn
}

func (d *Directory) readPatients(listing iter.Seq2[triage.Patient, error], source triage.NameSource) (*patients, error) {
	p := &patients{source: source, byID: map[triage.PatientID]person{}, said: newLabels()}
	known := d.patients.Load()
	held := newHolder(known)
	for patient, err := range listing {
		if errors.Is(err, triage.ErrPartial) {
			d.incomplete("patients", err)
			keep(p.byID, known.byID)
			p.said.fill(known.said)
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list the patients: %w", err)
		}
		p.byID[patient.ID] = held.hold(patient)
		p.said.add(patient)
	}
	if len(p.byID) == 0 && len(known.byID) > 0 {
		return nil, errEmptied
	}
	p.at = time.Now()
	return p, nil
}

// add takes the names that came with a patient, where their ids came, too.
func (l labels) add(p triage.Patient) {
	if p.Group != "" && normalName(p.GroupName) != "" {
		l.group[p.Group] = p.GroupName
	}
	if p.Program != "" && normalName(p.ProgramName) != "" {
		l.program[p.Program] = p.ProgramName
	}
	if p.Protocol != "" && normalName(p.ProtocolName) != "" {
		l.protocol[p.Protocol] = p.ProtocolName
	}
}

// publish puts a reading in place of the one before. The caller holds publishing.
func (d *Directory) publish(p *patients) {
	p.labels = newLabels()
	p.labels.fill(p.said)
	if p.source == triage.NamesFromExport {
		p.labels.fill(d.matched(p))
	}
	p.groups, p.programs = byName(p.group), byName(p.program)
	was := d.patients.Swap(p)
	d.tell(differing(was.byID, p.byID), !was.labels.equal(p.labels))
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

// keep adds who is known already and didn't come again.
func keep(byID, known map[triage.PatientID]person) {
	for id, p := range known {
		if _, ok := byID[id]; !ok {
			byID[id] = p
		}
	}
}
