package directory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// named is a patient as the patients report gives one: names without ids.
func named(id triage.PatientID, group, program string) triage.Patient {
	return triage.Patient{ID: id, LastName: "Jansen", GroupName: group, ProgramName: program, ProtocolName: "Standaard"}
}

// at is an alert of a patient in a group and program.
func at(id triage.PatientID, group triage.GroupID, program triage.ProgramID, created time.Time) *triage.Entry {
	return &triage.Entry{Alert: triage.Alert{Patient: id, Group: group, Program: program, Protocol: "o-1", CreatedAt: created}}
}

// NOTES: "A key may lack access (403): then fall back to the export reports".
func TestNamesFromTheExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{
			patients: people[triage.Patient]{err: triage.ErrForbidden},
			report:   people[triage.Patient]{rows: []triage.Patient{named("p-1", "COPD, Noord", "Thuis"), named("p-2", "COPD, Noord", "Kliniek")}},
			hcps:     oneHCP,
		}
		d, log := logging(src)
		assert.Empty(t, d.Source())
		run(t, d)
		begun := time.Now()
		p, ok := d.Patient("p-1")
		assert.True(t, ok)
		assert.Equal(t, "Jansen", p.Name())
		assert.Equal(t, triage.NamesFromExport, d.Source())
		assert.Equal(t, begun, d.At())
		assert.True(t, d.Ready())
		assert.Empty(t, d.Groups(), "no id has a name yet")
		assert.Contains(t, log.String(), "names come from the patients export")

		version := d.Version()
		d.Meet([]*triage.Entry{at("p-1", "g-1", "x-1", begun), at("p-2", "g-1", "x-2", begun)})
		assert.Equal(t, "COPD, Noord", d.GroupName("g-1"))
		assert.Equal(t, []string{"Thuis", "Kliniek"}, []string{d.ProgramName("x-1"), d.ProgramName("x-2")})
		assert.Equal(t, "Standaard", d.ProtocolName("o-1"))
		assert.Greater(t, d.Version(), version)
		ids, unmatched := d.GroupsOf(triage.HCP{Groups: "COPD, Noord"})
		assert.Equal(t, map[triage.GroupID]bool{"g-1": true}, ids)
		assert.Empty(t, unmatched)

		// Somebody new comes by another reading of the report, not by a look-up.
		src.change(func(s *source) { s.report.rows = append(s.report.rows, named("p-3", "Hartfalen", "Thuis")) })
		src.readings()
		d.Meet([]*triage.Entry{at("p-3", "g-3", "x-1", begun)})
		pass(time.Minute)
		assert.Equal(t, "Hartfalen", d.GroupName("g-3"))
		assert.Empty(t, src.asked())
		assert.Equal(t, 1, countOf(log.String(), "names come from the patients export"), "said once")

		// And the Patients API is preferred as soon as it answers.
		src.change(func(s *source) { s.patients = twoPatients })
		pass(15 * time.Minute)
		assert.Equal(t, triage.NamesFromAPI, d.Source())
		assert.Equal(t, "COPD", d.GroupName("g-1"))
		assert.Empty(t, d.GroupName("g-3"), "what was only concluded is gone")
	})
}

func countOf(text, part string) (n int) {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i:i+len(part)] == part {
			n++
		}
	}
	return n
}

// A name is an id's only if everybody who sits there says so: whatever else may
// be read into it grants nothing.
func TestSeatsThatDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		src := &source{
			patients: people[triage.Patient]{err: triage.ErrForbidden},
			report: people[triage.Patient]{rows: []triage.Patient{
				named("p-1", "COPD", ""), named("p-2", "COPD", ""), named("p-3", "Hartfalen", ""), named("p-4", "", ""),
			}},
		}
		d := newDirectory(src)
		d.Meet([]*triage.Entry{at("p-1", "g-1", "", now), at("p-4", "g-1", "", now), at("p-9", "g-1", "", now), at("p-1", "", "", now.Add(-time.Hour))})
		run(t, d)
		assert.Equal(t, "COPD", d.GroupName("g-1"), "also by alerts met before; who has no group says nothing")

		d.Meet([]*triage.Entry{at("p-2", "g-2", "", now)})
		ids, unmatched := d.GroupsOf(triage.HCP{Groups: "COPD"})
		assert.Empty(t, ids, "two groups of one name")
		assert.Equal(t, []string{"COPD"}, unmatched)

		d.Meet([]*triage.Entry{at("p-3", "g-1", "", now)})
		assert.Empty(t, d.GroupName("g-1"), "they differ")

		d.Meet([]*triage.Entry{at("p-3", "g-5", "", now.Add(time.Minute))})
		assert.Equal(t, "COPD", d.GroupName("g-1"), "a newer alert says where they are")
		assert.Equal(t, "Hartfalen", d.GroupName("g-5"))
	})
}

// What once came with its id keeps its name when the right is taken away.
func TestGroupsOutlastTheRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d := newDirectory(src)
		run(t, d)
		src.change(func(s *source) {
			s.patients.err = triage.ErrForbidden
			s.report.rows = []triage.Patient{named("p-1", "Longen", "")}
		})
		pass(15 * time.Minute)
		assert.Equal(t, triage.NamesFromExport, d.Source())
		assert.Equal(t, "COPD", d.GroupName("g-1"))
		_, ok := d.Patient("p-2")
		assert.False(t, ok)
	})
}

// What may pass is no reason to turn to the export; what comes three times in a
// row doesn't pass. Luscii out of reach never is one.
func TestOnlyALastingFailureTurnsToTheExport(t *testing.T) {
	for kind, readings := range map[error]int{
		triage.ErrForbidden: 1, triage.ErrNotFound: 3, triage.ErrRejected: 3, triage.ErrMalformed: 3, triage.ErrUnavailable: 0, triage.ErrBusy: 0,
		triage.ErrKeyRefused: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			src := &source{patients: people[triage.Patient]{err: kind}, report: people[triage.Patient]{rows: []triage.Patient{named("p-1", "COPD", "")}}}
			d := newDirectory(src)
			run(t, d)
			for n := 1; n < 6; n++ {
				assert.Equal(t, readings > 0 && n >= readings, d.Source() == triage.NamesFromExport, "%v, %d", kind, n)
				pass(10 * time.Second)
			}
		})
	}
}

// Where neither can be read, what was known stays, and both causes are told.
func TestNeitherSourceCanBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d, log := logging(src)
		run(t, d)
		src.change(func(s *source) { s.patients.err, s.report.err = triage.ErrForbidden, triage.ErrUnavailable })
		pass(15 * time.Minute)
		_, ok := d.Patient("p-1")
		assert.True(t, ok)
		assert.Equal(t, triage.NamesFromAPI, d.Source())
		assert.Contains(t, log.String(), "not permitted")
		assert.Contains(t, log.String(), "Luscii unavailable")
	})
}
