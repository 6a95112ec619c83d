package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"triageboard/internal/triage"
)

// namesakes are two patients whose names differ by a letter, and one whose name
// is another.
func namesakes(h *house) {
	for id, last := range map[triage.PatientID]string{"p-bakker": "Bakker", "p-bekker": "Bekker", "p-mulder": "Mulder"} {
		h.names.patient(triage.Patient{ID: id, FirstName: "Henk", LastName: last, BirthDate: "1950-01-01", Number: "n-" + string(id)})
	}
}

// R10: marked wherever the name stands that could be mistaken, whether or not the
// viewer may see the other, whose name isn't told.
func TestLookAlikesAreMarked(t *testing.T) {
	h := newHouse(t, namesakes)
	h.board.put(
		anAlert("a-bakker", triage.FlagRed, ofPatient("p-bakker"), inGroup("g-copd")),
		anAlert("a-bekker", triage.FlagGray, ofPatient("p-bekker"), inGroup("g-heart"), escalated),
		anAlert("a-mulder", triage.FlagGray, ofPatient("p-mulder"), inGroup("g-copd")),
	)
	b := h.as(primary)

	page := b.get("/")
	assert.Equal(t, []string{"a-bakker", "a-mulder"}, page.rows())
	assert.Equal(t, h.say("patient.similar"), page.text("#a-a-bakker .similar"))
	assert.Zero(t, page.all("#a-a-mulder .similar").Length())

	detail := b.get("/alerts/a-bakker").all("#detail")
	assert.Equal(t, h.say("patient.similar"), detail.Find(".banner .similar").First().Text())
	assert.Contains(t, detail.Find(".facts").Text(), h.say("fact.similar_n", 1))
	assert.NotContains(t, detail.Text(), "Bekker")
	assert.Zero(t, b.get("/alerts/a-mulder").all("#detail .similar").Length())
	assert.NotContains(t, b.get("/alerts/a-mulder").text("#detail .facts"), h.say("fact.similar"))

	bulk := b.get("/alerts/bulk?id=a-bakker&id=a-mulder")
	assert.Equal(t, 1, bulk.all(".pick .similar").Length())
}

// Who was processed is no longer on the board to be mistaken for.
func TestProcessedLookAlikesAreNotMarked(t *testing.T) {
	h := newHouse(t, namesakes)
	h.board.put(
		anAlert("a-bakker", triage.FlagRed, ofPatient("p-bakker")),
		anAlert("a-bekker", triage.FlagRed, ofPatient("p-bekker"), processed),
	)
	assert.Zero(t, h.as(admin).get("/").all(".similar").Length())
}

// R10: the marks follow who is on the board and what they are called, and every
// stream is told.
func TestStreamTellsLookAlikes(t *testing.T) {
	h := newHouse(t, namesakes)
	h.board.put(anAlert("a-1", triage.FlagRed, ofPatient("p-bakker")), anAlert("a-other", triage.FlagRed, ofPatient("p-mulder")))
	b := h.as(admin)
	l := b.listen("")
	l.next("counts")
	marked := func(e told, id string) bool { return e.doc(t).Find("#a-"+id+" .similar").Length() == 1 }

	h.board.put(anAlert("a-2", triage.FlagGray, ofPatient("p-bekker")))
	e := l.next("rows")
	assert.ElementsMatch(t, []string{"a-1 update", "a-2 new"}, e.moves(t))
	assert.True(t, marked(e, "a-1"))
	assert.True(t, marked(e, "a-2"))

	h.board.put(anAlert("a-3", triage.FlagGray, ofPatient("p-bekker")))
	assert.Equal(t, []string{"a-3 new"}, l.next("rows").moves(t), "nothing new about the others")

	h.names.patient(triage.Patient{ID: "p-bekker", FirstName: "Ali", LastName: "Yılmaz", Number: "1"})
	h.server.Renamed(map[triage.PatientID]bool{"p-bekker": true}, false)
	e = l.next("rows")
	assert.ElementsMatch(t, []string{"a-1 update", "a-2 update", "a-3 update"}, e.moves(t))
	assert.Zero(t, e.doc(t).Find(".similar").Length())
	assert.Zero(t, b.get("/").all(".similar").Length())

	h.names.patient(triage.Patient{ID: "p-mulder", FirstName: "H.", LastName: "Bakker", Number: "2"})
	h.server.Renamed(map[triage.PatientID]bool{"p-mulder": true}, false)
	e = l.next("rows")
	assert.ElementsMatch(t, []string{"a-1 update", "a-other update"}, e.moves(t))
	assert.True(t, marked(e, "a-1"))
	assert.True(t, marked(e, "a-other"))

	h.board.put(anAlert("a-other", triage.FlagRed, ofPatient("p-mulder"), processed))
	e = l.next("rows")
	assert.Contains(t, e.moves(t), "a-1 update")
	assert.False(t, marked(e, "a-1"))

	h.board.put(anAlert("a-other", triage.FlagRed, ofPatient("p-mulder")))
	assert.True(t, marked(l.next("rows"), "a-1"), "reopened")
	h.board.remove("a-other")
	e = l.next("rows")
	assert.Contains(t, e.moves(t), "a-1 update")
	assert.False(t, marked(e, "a-1"))
}
