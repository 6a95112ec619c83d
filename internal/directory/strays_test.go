package directory_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// asked is who was looked up one by one, and forgets it.
func (s *source) asked() []triage.PatientID {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.lookedUp
	s.lookedUp = nil
	return asked
}

// Issue 6: "an unknown id … is looked up": alone, at once, without another
// listing of everybody.
func TestAnUnknownPatientIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d := newDirectory(src)
		var heard []map[triage.PatientID]bool
		d.OnRename(func(patients map[triage.PatientID]bool, _ bool) { heard = append(heard, patients) })
		run(t, d)
		src.readings()
		src.change(func(s *source) {
			s.patients.rows = append(s.patients.rows, inGroup("p-3", "g-3", "Vanzelf"), inGroup("p-4", "g-1", "COPD"))
		})

		d.Meet(met("p-1", "p-2"))
		d.Meet(nil)
		pass(time.Minute)
		assert.Empty(t, src.asked(), "everybody is known")

		d.Meet(met("p-1", "p-3"))
		synctest.Wait()
		p, ok := d.Patient("p-3")
		assert.True(t, ok)
		assert.Equal(t, triage.PatientID("p-3"), p.ID)
		assert.Equal(t, "Vanzelf", d.GroupName("g-3"), "with the names that came with it")
		assert.Equal(t, "COPD", d.GroupName("g-1"))
		assert.Equal(t, map[triage.PatientID]bool{"p-3": true}, heard[len(heard)-1])
		pass(time.Second)

		_, ok = d.Patient("p-4")
		assert.False(t, ok)
		synctest.Wait()
		_, ok = d.Patient("p-4")
		assert.True(t, ok, "shown is met, too")
		assert.Equal(t, []triage.PatientID{"p-3", "p-4"}, src.asked())
		patients, _ := src.readings()
		assert.Zero(t, patients)
	})
}

// However often a patient is met whom Luscii doesn't know: asked for once in ten
// minutes, and nobody sooner than a second after another.
func TestAnUnknownPatientCausesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP, single: map[triage.PatientID]error{"p-7": triage.ErrUnavailable}}
		d := newDirectory(src)
		run(t, d)
		src.readings()
		for range 5990 { // almost ten minutes
			d.Meet(met("p-9", "p-8"))
			d.Patient("p-9")
			pass(100 * time.Millisecond)
		}
		assert.ElementsMatch(t, []triage.PatientID{"p-8", "p-9"}, src.asked())
		pass(5 * time.Second)
		d.Meet(met("p-9"))
		synctest.Wait()
		assert.Equal(t, []triage.PatientID{"p-9"}, src.asked())

		for range 300 { // thirty seconds
			d.Patient("p-7")
			pass(100 * time.Millisecond)
		}
		assert.InDelta(t, 3, len(src.asked()), 1, "out of reach for a moment: soon again")
		patients, _ := src.readings()
		assert.Zero(t, patients)
	})
}

// Many at once come faster by a listing of everybody, which isn't repeated for
// those it doesn't bring.
func TestManyUnknownPatientsCauseARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: twoPatients, hcps: oneHCP}
		d := newDirectory(src)
		run(t, d)
		src.readings()
		var many []triage.PatientID
		for i := range 50 {
			many = append(many, triage.PatientID(fmt.Sprintf("q-%d", i)))
		}
		src.change(func(s *source) { s.patients.rows = append(s.patients.rows, inGroup("q-7", "g-1", "COPD")) })
		d.Meet(met(many...))
		pass(10 * time.Second)
		_, ok := d.Patient("q-7")
		assert.True(t, ok)
		for range 60 {
			d.Meet(met(many...))
			pass(time.Second)
		}
		patients, hcps := src.readings()
		assert.Equal(t, []int{1, 1}, []int{patients, hcps})
		assert.Empty(t, src.asked())
	})
}

// Before the first reading nobody is unknown.
func TestNobodyIsLookedUpBeforeTheFirstReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{patients: people[triage.Patient]{takes: time.Minute, rows: twoPatients.rows}}
		d := newDirectory(src)
		run(t, d)
		d.Patient("p-1")
		d.Meet(met("p-1"))
		pass(30 * time.Second)
		assert.Empty(t, src.asked())
	})
}
