package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"triageboard/internal/triage"
)

// heads are the patients' headings.
func (a answer) heads() []string {
	a.t.Helper()
	return a.all("#board .patient-row").Map(func(_ int, s *goquery.Selection) string { return words(s) })
}

// R7, R8: grouped by patient nothing is merged and nothing hidden; every heading
// has the three things a patient is known by.
func TestByPatient(t *testing.T) {
	h := newHouse(t)
	ward(h)
	page := h.as(admin).get("/?by=patient")
	assert.Equal(t, []string{"red-heart", "red-mea", "orange-ovd", "gray-heart", "red-rem"}, page.rows())
	heads := page.heads()
	require.Len(t, heads, 2)
	assert.Regexp(t, `^Saskia van den Berg-de Wit 14-Jul-1945 \(\d+ y\) · 7001234 4 alerts$`, heads[0])
	assert.Regexp(t, `^Jan Smit 02-Jan-1950 \(\d+ y\) · 7005678 1 alert$`, heads[1])
	for _, head := range page.all("#board .patient-row").EachIter() {
		assert.True(t, head.Next().Is(".row"), "a heading stands before its rows")
	}
	assert.Equal(t, "true", page.chip("By patient").AttrOr("aria-current", ""))
	assert.Equal(t, "/?status=open", page.chip("By patient").AttrOr("href", ""))
	assert.Equal(t, "by:patient", page.box())
	assert.Empty(t, h.as(admin).get("/").heads())
}

func TestByPatientOverPages(t *testing.T) {
	h := newHouse(t)
	want := map[string]bool{}
	for i := range 450 {
		id := fmt.Sprintf("a-%03d", i)
		want[id] = true
		h.board.put(anAlert(triage.AlertID(id), []triage.Flag{triage.FlagRed, triage.FlagGray}[i%2], ofPatient(triage.PatientID(fmt.Sprintf("p-%d", i%7)))))
	}
	b := h.as(admin)
	var order []string
	pages := 0
	for path := "/?by=patient"; path != ""; pages++ {
		page := b.get(path)
		order = append(order, page.rows()...)
		assert.True(t, page.all("#board .rows").Children().First().Is(".patient-row"), "a page of its own says whose the first is")
		more := b.get(path, append(slices.Clone(htmx), "HX-Target", "li#more")...)
		if pages > 0 {
			assert.False(t, more.all("li").First().Is(".patient-row"), "rows put behind others go on")
		}
		if path = ""; page.has(`a[rel="next"]`) {
			path = page.attr(`a[rel="next"]`, "href")
		}
	}
	assert.Equal(t, 3, pages)
	var patients []triage.PatientID
	for i, id := range order {
		assert.True(t, want[id], "%s is there twice", id)
		delete(want, id)
		if p := mustFind(h, id).Patient; i == 0 || mustFind(h, order[i-1]).Patient != p {
			assert.NotContains(t, patients, p)
			patients = append(patients, p)
		}
	}
	assert.Empty(t, want, "rows that no page showed")
}

// R7: grouping is offered when more than ten came within ten minutes.
func TestByPatientIsOffered(t *testing.T) {
	h := newHouse(t)
	b := h.as(admin)
	for i := range 11 {
		ago := time.Duration(i) * 30 * time.Second
		h.board.put(anAlert(triage.AlertID(fmt.Sprintf("a-%d", i)), triage.FlagGray, func(a *triage.Alert) { a.CreatedAt = time.Now().Add(-ago) }))
		if i < 10 {
			assert.False(t, b.get("/").has(".list-aside"), "%d is not many", i+1)
		}
	}
	h.board.put(anAlert("old", triage.FlagRed))
	page := b.get("/?flag=gray")
	assert.True(t, strings.HasPrefix(page.text(".list-aside"), h.say("list.many", 11)))
	grouped := b.get(page.attr(".list-aside a", "href"))
	assert.Len(t, grouped.heads(), 1)
	assert.Len(t, grouped.rows(), 11, "the filter stays")
	assert.False(t, grouped.has(".list-aside"))
	require.False(t, b.get("/?flag=red").has(".list-aside"), "not in this list")
}
