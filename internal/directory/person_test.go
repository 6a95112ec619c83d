package directory

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// somebody is a patient each of whose fields says its name and mark.
func somebody(id triage.PatientID, mark string) triage.Patient {
	var p triage.Patient
	all := reflect.ValueOf(&p).Elem()
	for i := range all.NumField() {
		all.Field(i).SetString(strings.ToLower(all.Type().Field(i).Name) + mark)
	}
	p.ID = id
	return p
}

func TestNothingOfAPatientIsLost(t *testing.T) {
	first := newHolder(&patients{})
	known := &patients{byID: map[triage.PatientID]person{}}
	for _, id := range []triage.PatientID{"p-1", "p-2"} {
		p := somebody(id, "")
		known.byID[id] = first.hold(p)
		assert.Equal(t, p, known.byID[id].patient(id))
	}
	assert.Same(t, known.byID["p-1"].care, known.byID["p-2"].care, "shared")

	again := newHolder(known)
	same := again.hold(somebody("p-1", ""))
	assert.Equal(t, known.byID["p-1"], same)
	assert.Same(t, unsafe.StringData(known.byID["p-1"].phone), unsafe.StringData(same.phone), "what was read before")
	changes := reflect.TypeFor[triage.Patient]().NumField()
	for i := range changes {
		p := somebody("p-1", "")
		if field := reflect.ValueOf(&p).Elem().Field(i); field.Type() != reflect.TypeFor[triage.PatientID]() {
			field.SetString("another")
			is := again.hold(p)
			assert.NotEqual(t, known.byID["p-1"], is, i)
			assert.True(t, known.byID["p-1"] != is, "and is told so by ==: %d", i)
			assert.Equal(t, p, is.patient("p-1"))
		}
	}
}
