package triage

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

func TestShareKeepsEachTextOnce(t *testing.T) {
	w := Words{}
	first, again := GroupID(strings.Clone("g-1")), GroupID(strings.Clone("g-1"))
	name := strings.Clone("g-1")
	none := PatientID("")
	Share(w, &first, &again)
	Share(w, &name)
	Share(w, &none)
	assert.Equal(t, GroupID("g-1"), again)
	assert.Equal(t, "g-1", name)
	assert.Empty(t, none)
	assert.Same(t, unsafe.StringData(string(first)), unsafe.StringData(string(again)))
	assert.Same(t, unsafe.StringData(string(first)), unsafe.StringData(name), "whatever it names")
}
