package triage

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// R7: grouping merges nothing and hides nothing, and changes no order.
func TestGroupByPatient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []*Entry
		for i, a := range rapid.SliceOfN(anyAlert, 0, 12).Draw(t, "alerts") {
			a.ID, a.Patient = AlertID(fmt.Sprint("a-", i)), rapid.SampledFrom([]PatientID{"p-1", "p-2", "p-3"}).Draw(t, "patient")
			list = append(list, &Entry{Alert: a})
		}
		sortEntries(list)
		grouped := GroupByPatient(list)
		assert.ElementsMatch(t, list, grouped)

		var patients, firsts []PatientID
		for i, e := range grouped {
			if i == 0 || grouped[i-1].Patient != e.Patient {
				assert.NotContains(t, patients, e.Patient, "one patient's stand together")
				patients = append(patients, e.Patient)
			} else {
				assert.Negative(t, CompareEntries(grouped[i-1], e), "in R1's order")
			}
		}
		for _, e := range list {
			if !slices.Contains(firsts, e.Patient) {
				firsts = append(firsts, e.Patient)
			}
		}
		assert.Equal(t, firsts, patients)

		for i, e := range list {
			assert.Equal(t, i+1, After(list, &e.Alert))
		}
		for i, e := range grouped {
			assert.Equal(t, i+1, AfterByPatient(grouped, &e.Alert))
			without := slices.Delete(slices.Clone(grouped), i, i+1)
			if slices.ContainsFunc(without, func(o *Entry) bool { return o.Patient == e.Patient }) {
				assert.Equal(t, i, AfterByPatient(without, &e.Alert), "it has left meanwhile")
			} else {
				assert.Zero(t, AfterByPatient(without, &e.Alert), "nothing is passed over")
			}
		}
	})
}
