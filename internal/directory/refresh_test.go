package directory_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

var (
	twoPatients = people[triage.Patient]{rows: []triage.Patient{inGroup("p-1", "g-1", "COPD"), inGroup("p-2", "g-1", "COPD")}}
	oneHCP      = people[triage.HCP]{rows: []triage.HCP{active("h-1", "a@hospital.test")}}
)

func met(ids ...triage.PatientID) []*triage.Entry {
	var entries []*triage.Entry
	for _, id := range ids {
		entries = append(entries, &triage.Entry{Alert: triage.Alert{Patient: id}})
	}
	return entries
}

func TestRefreshedEveryQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d := newDirectory(src)
		run(t, d)
		begun := time.Now()
		src.change(func(s *source) {
			s.patients.rows = []triage.Patient{inGroup("p-1", "g-2", "Hartfalen")}
			s.hcps.rows = []triage.HCP{active("h-2", "b@hospital.test")}
		})
		pass(15*time.Minute - 1)
		assert.Equal(t, "COPD", d.GroupName("g-1"))
		pass(1)
		assert.Equal(t, "Hartfalen", d.GroupName("g-2"))
		assert.Empty(t, d.GroupName("g-1"), "names of before are gone")
		_, ok := d.Patient("p-2")
		assert.False(t, ok)
		_, ok = d.HCP("h-1")
		assert.False(t, ok)
		assert.Empty(t, find(t, d, "a@hospital.test"))
		assert.Equal(t, triage.HCPID("h-2"), find(t, d, "b@hospital.test"))
		assert.Equal(t, []time.Time{begun, begun.Add(15 * time.Minute)}, src.patientsRead)
		assert.Equal(t, src.patientsRead, src.hcpsRead)
	})
}

// A refresh that fails or ends early keeps what was known, and is soon repeated.
func TestAFailedRefreshKeepsWhatWasKnown(t *testing.T) {
	for _, kind := range []error{triage.ErrUnavailable, triage.ErrForbidden} {
		synctest.Test(t, func(t *testing.T) {
			src := &source{patients: twoPatients, hcps: oneHCP}
			d, log := logging(src)
			run(t, d)
			src.change(func(s *source) {
				s.patients = people[triage.Patient]{rows: []triage.Patient{inGroup("p-3", "g-3", "Vanzelf")}, err: kind}
				s.hcps = people[triage.HCP]{rows: []triage.HCP{active("h-3", "c@hospital.test")}, err: kind}
			})
			src.readings()
			pass(15 * time.Minute)
			for _, id := range []triage.PatientID{"p-1", "p-2"} {
				_, ok := d.Patient(id)
				assert.True(t, ok, id)
			}
			_, ok := d.Patient("p-3")
			assert.False(t, ok, "half a reading is none")
			assert.Equal(t, triage.HCPID("h-1"), find(t, d, "a@hospital.test"), "and sign-in goes on")
			assert.Empty(t, find(t, d, "c@hospital.test"))
			assert.Equal(t, 2, strings.Count(log.String(), "the ones known are kept"))
			patients, hcps := src.readings()
			assert.Equal(t, []int{1, 1}, []int{patients, hcps}, "one that fails doesn't keep the other from being tried")

			src.change(func(s *source) {
				s.patients, s.hcps = people[triage.Patient]{rows: []triage.Patient{inGroup("p-4", "g-4", "Hartfalen")}}, oneHCP
			})
			pass(10*time.Second - 1)
			patients, _ = src.readings()
			assert.Zero(t, patients)
			pass(1)
			_, ok = d.Patient("p-1")
			assert.False(t, ok, "tried again after ten seconds")
			src.readings()
			pass(15*time.Minute - 1)
			patients, _ = src.readings()
			assert.Zero(t, patients, "then at the usual pace")
		})
	}
}

// NOTES: "Keep the data, surface the errors": a listing with gaps adds to what is
// known and takes nothing away.
func TestAListingWithGapsIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d, log := logging(src)
		run(t, d)
		src.change(func(s *source) {
			s.patients = people[triage.Patient]{rows: []triage.Patient{inGroup("p-3", "g-3", "Vanzelf")}, err: triage.ErrPartial}
			s.hcps = people[triage.HCP]{rows: []triage.HCP{active("h-3", "c@hospital.test")}, err: triage.ErrPartial}
		})
		pass(15 * time.Minute)
		for _, id := range []triage.PatientID{"p-1", "p-2", "p-3"} {
			_, ok := d.Patient(id)
			assert.True(t, ok, id)
		}
		assert.Equal(t, "Vanzelf", d.GroupName("g-3"))
		assert.NotEmpty(t, d.GroupName(twoPatients.rows[0].Group), "and the groups known before")
		assert.Equal(t, triage.HCPID("h-1"), find(t, d, "a@hospital.test"))
		assert.Equal(t, triage.HCPID("h-3"), find(t, d, "c@hospital.test"))
		assert.Equal(t, 2, strings.Count(log.String(), "has gaps"))
	})
}

// A new organisation has nobody yet: that is an answer, no failure.
func TestAnEmptyFirstListingIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := logging(&source{})
		run(t, d)
		assert.True(t, d.Ready())
		assert.Empty(t, find(t, d, "a@hospital.test"))
		assert.Empty(t, log.String())
	})
}

// What came in a listing with gaps is newer than what was known.
func TestAListingWithGapsBringsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patient := func(id triage.PatientID, group, program string) triage.Patient {
			return triage.Patient{ID: id, Group: "g-" + triage.GroupID(id), GroupName: group, Program: "x-" + triage.ProgramID(id), ProgramName: program}
		}
		src := &source{
			patients: people[triage.Patient]{rows: []triage.Patient{patient("1", "COPD", "Thuis"), patient("2", "Hartfalen", "Kliniek")}},
			hcps:     people[triage.HCP]{rows: []triage.HCP{active("h-1", "a@hospital.test"), active("h-2", "b@hospital.test")}},
		}
		d := newDirectory(src)
		run(t, d)
		left := triage.HCP{ID: "h-1", Email: "a@hospital.test"}
		src.change(func(s *source) {
			s.patients = people[triage.Patient]{rows: []triage.Patient{patient("1", "Longen", "Op afstand")}, err: triage.ErrPartial}
			s.hcps = people[triage.HCP]{rows: []triage.HCP{left}, err: triage.ErrPartial}
		})
		pass(15 * time.Minute)
		p, _ := d.Patient("1")
		assert.Equal(t, "Longen", p.GroupName)
		assert.Equal(t, []string{"Longen", "Hartfalen"}, []string{d.GroupName("g-1"), d.GroupName("g-2")})
		assert.Equal(t, []string{"Op afstand", "Kliniek"}, []string{d.ProgramName("x-1"), d.ProgramName("x-2")})
		assert.Len(t, d.Groups(), 2)
		assert.Len(t, d.Programs(), 2)
		assert.Empty(t, find(t, d, "a@hospital.test"), "who left can't sign in any more")
		assert.Equal(t, triage.HCPID("h-2"), find(t, d, "b@hospital.test"))
	})
}

// An empty answer where there were names is more likely a mistake than the
// truth: believing it would sign everybody out.
func TestAnEmptyListingIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d, log := logging(src)
		run(t, d)
		src.change(func(s *source) { s.patients, s.hcps = people[triage.Patient]{}, people[triage.HCP]{} })
		pass(15 * time.Minute)
		_, ok := d.Patient("p-1")
		assert.True(t, ok)
		assert.Equal(t, triage.HCPID("h-1"), find(t, d, "a@hospital.test"))
		assert.Equal(t, 2, strings.Count(log.String(), "the ones known are kept"))
	})
}

// Either of the two failing alone is tried again soon, whichever it is.
func TestOneOfTwoReadingsFails(t *testing.T) {
	for _, spoil := range []func(*source){
		func(s *source) { s.patients.err = triage.ErrUnavailable },
		func(s *source) { s.hcps.err = triage.ErrUnavailable },
	} {
		synctest.Test(t, func(t *testing.T) {
			src := &source{patients: twoPatients, hcps: oneHCP}
			spoil(src)
			d := newDirectory(src)
			run(t, d)
			_, known := d.HCP("h-1")
			assert.NotEqual(t, d.Ready(), known, "the other is there")
			src.change(func(s *source) { s.patients.err, s.hcps.err = nil, nil })
			pass(10 * time.Second)
			assert.True(t, d.Ready())
			_, known = d.HCP("h-1")
			assert.True(t, known)
		})
	}
}

// Meet is called while the board publishes: it never blocks, whoever listens.
func TestMeetNeverBlocks(_ *testing.T) {
	d := newDirectory(&source{})
	for range 100 {
		d.Meet(met("p-9"))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	for name, tc := range map[string]struct {
		patients people[triage.Patient]
		hcps     people[triage.HCP]
		after    time.Duration
	}{
		"within the rest after a reading": {after: time.Second},
		"long after a reading":            {after: time.Minute},
		"during a reading":                {patients: people[triage.Patient]{takes: time.Hour}, after: time.Minute},
		"after a failure":                 {hcps: people[triage.HCP]{err: triage.ErrUnavailable}, after: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := &source{patients: tc.patients, hcps: tc.hcps}
				d, log := logging(src)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					d.Run(ctx)
				}()
				pass(tc.after)
				logged := log.String()
				src.readings()
				cancel()
				synctest.Wait()
				select {
				case <-done:
				default:
					t.Fatal("still running")
				}
				assert.Equal(t, logged, log.String(), "an ending is no failure")
				patients, _ := src.readings()
				assert.Zero(t, patients, "nothing is begun any more")
			})
		})
	}
}

// Names are read while they are refreshed; the race detector watches.
func TestNamesDuringRefreshes(t *testing.T) {
	src := &source{patients: twoPatients, hcps: oneHCP}
	d := newDirectory(src)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				_, _, err := d.HCPByEmail(t.Context(), "a@hospital.test")
				assert.NoError(t, err)
				d.Meet(met("p-1", "p-9"))
				d.GroupsOf(triage.HCP{Groups: "COPD"})
				if p, ok := d.Patient("p-1"); ok {
					assert.Equal(t, "COPD", p.GroupName)
				}
			}
		})
	}
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.Run(ctx)
		}()
		require.Eventually(t, d.Ready, 10*time.Second, time.Millisecond)
		cancel()
		<-done
	}
	readers.Wait()
}

// A listing with gaps is soon followed by another.
func TestGapsAreSoonFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: people[triage.Patient]{rows: twoPatients.rows[:1], err: triage.ErrPartial}, hcps: oneHCP}
		d := newDirectory(src)
		run(t, d)
		src.change(func(s *source) { s.patients = twoPatients })
		pass(time.Minute)
		_, ok := d.Patient("p-2")
		assert.True(t, ok)
		pass(14 * time.Minute)
		assert.Len(t, src.patientsRead, 2, "and then no more than usual")
	})
}

// Whoever shows names is told which became known or changed, and nothing of what
// stayed as it was.
func TestTellsWhatWasRenamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d := newDirectory(src)
		type told struct {
			patients map[triage.PatientID]bool
			others   bool
		}
		var heard []told
		d.OnRename(func(patients map[triage.PatientID]bool, others bool) { heard = append(heard, told{patients, others}) })
		_, _, known := d.HCPInMemory("a@hospital.test")
		assert.False(t, known, "nobody was read yet")

		run(t, d)
		assert.Equal(t, []told{{map[triage.PatientID]bool{"p-1": true, "p-2": true}, true}, {nil, true}}, heard)
		hcp, isActive, known := d.HCPInMemory(" A@Hospital.test")
		assert.True(t, isActive && known)
		assert.Equal(t, triage.HCPID("h-1"), hcp.ID)

		version := d.Version()
		pass(15 * time.Minute)
		assert.Len(t, heard, 2, "nothing has changed")
		assert.Equal(t, version, d.Version())

		src.change(func(s *source) {
			renamed := inGroup("p-2", "g-1", "COPD")
			renamed.LastName = "married"
			s.patients.rows = []triage.Patient{renamed, inGroup("p-3", "g-1", "COPD")}
		})
		pass(15 * time.Minute)
		assert.Equal(t, told{map[triage.PatientID]bool{"p-1": true, "p-2": true, "p-3": true}, false}, heard[2])
		assert.Greater(t, d.Version(), version)
	})
}
